"""Zip: read by its directory; where that is lost or cannot be read, by the headers before each member.

Format: PKWARE APPNOTE 6.3.10.
"""

import lzma
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from tilth.data.sources.archive_inflow import Damaged, check_bomb
from tilth.data.sources.archive_member import Member, git_mode, place
from tilth.data.sources.limits import READ_MAX_BYTES

_LOCAL = struct.Struct("<4s5H3I2H")
_LOCAL_MAGIC = b"PK\x03\x04"
_UTF8_NAME = 0x800
_ENCRYPTED = 0x1
_SIZES_FOLLOW = 0x8
_MADE_ON_UNIX = 3
_LINK_MAX_BYTES = 4096
_FAULTS = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    OSError,
    ValueError,
    NotImplementedError,
    RuntimeError,
    struct.error,
)


def members(path: Path, *, max_bytes: int, ratio_max: float) -> Iterator[Member]:
    """Every path of a zip but its folders, in the directory's order; damage never raises, members tell it."""
    try:
        archive = zipfile.ZipFile(path)
    except _FAULTS as error:
        yield from _without_directory(path, str(error), max_bytes=max_bytes, ratio_max=ratio_max)
        return
    with archive:
        packed_bytes = path.stat().st_size
        unpacked_bytes = 0
        for info in archive.infolist():
            member = _described(info)
            if member.raw.endswith(b"/"):
                continue
            if member.refused is None:
                try:
                    check_bomb(
                        unpacked_bytes + info.file_size,
                        packed_bytes,
                        max_bytes=max_bytes,
                        ratio_max=ratio_max,
                    )
                    _fill(archive, info, member)
                except Damaged as damage:
                    member.refused, member.refused_value = damage.reason, damage.value
                    member.data = None
            # A member refused as a bomb counts for nothing: what comes after it may be small and sound.
            unpacked_bytes += len(member.data or b"")
            yield member


def names(path: Path) -> list[bytes]:
    """The paths that the directory states; none where it cannot be read."""
    try:
        with zipfile.ZipFile(path) as archive:
            return [_raw_name(info) for info in archive.infolist()]
    except _FAULTS:
        return []


def _raw_name(info: zipfile.ZipInfo) -> bytes:
    # `filename` is cut at a NUL by the standard library, `orig_filename` is not.
    return info.orig_filename.encode("utf-8" if info.flag_bits & _UTF8_NAME else "cp437", "surrogateescape")


def _described(info: zipfile.ZipInfo) -> Member:
    unix_mode = info.external_attr >> 16 if info.create_system == _MADE_ON_UNIX else 0
    kind = unix_mode & 0o170000
    member = Member(_raw_name(info), size=info.file_size, mode=git_mode(unix_mode))
    if info.flag_bits & _ENCRYPTED:
        member.refused = "encrypted"
    elif kind == 0o120000:
        member.mode = 0o120000
    elif kind in (0o020000, 0o060000):
        member.refused = "device"
    elif kind not in (0, 0o100000, 0o040000):
        member.refused = "not_a_file"
    if info.file_size > READ_MAX_BYTES and member.refused is None:
        member.refused, member.refused_value = "too_large_to_read", str(info.file_size)
    return member


def _fill(archive: zipfile.ZipFile, info: zipfile.ZipInfo, member: Member) -> None:
    is_link = member.mode == 0o120000
    try:
        with archive.open(info) as file:
            data = file.read(_LINK_MAX_BYTES if is_link else -1)
    except _FAULTS as error:
        member.refused, member.refused_value = "corrupt_member", str(error)
        return
    if is_link:
        member.refused, member.refused_value = "link", data.decode("utf-8", "backslashreplace")
    elif len(data) != info.file_size:
        member.refused, member.refused_value = (
            "corrupt_member",
            f"{len(data)} bytes instead of {info.file_size}",
        )
    else:
        member.data = data


def _without_directory(path: Path, why: str, *, max_bytes: int, ratio_max: float) -> Iterator[Member]:
    unpacked_bytes = at = 0
    with path.open("rb") as file:
        while True:
            file.seek(at)
            head = file.read(_LOCAL.size)
            if len(head) < _LOCAL.size or not head.startswith(_LOCAL_MAGIC):
                break
            found = _one_local(file, head)
            if found is None:
                break
            member, at = found
            unpacked_bytes += member.size
            try:
                check_bomb(unpacked_bytes, at, max_bytes=max_bytes, ratio_max=ratio_max)
            except Damaged as damage:
                yield Member(member.raw, size=member.size, refused="bomb", refused_value=damage.value)
                return
            if not member.raw.endswith(b"/"):
                yield member
            if member.refused == "truncated_archive":
                return
    yield Member(place(at), refused="truncated_archive", refused_value=f"no directory: {why}")


def _one_local(file: IO[bytes], head: bytes) -> tuple[Member, int] | None:
    """The member whose header was just read, and where the next header should be."""
    _, _, flags, method, _, _, crc, packed, size, name_bytes, extra_bytes = _LOCAL.unpack(head)
    raw = file.read(name_bytes)
    if len(raw) < name_bytes:
        return None
    file.seek(extra_bytes, 1)
    start = file.tell()
    sizes_follow = bool(flags & _SIZES_FOLLOW)
    if method not in (0, 8) or flags & _ENCRYPTED or packed == 0xFFFFFFFF or (method == 0 and sizes_follow):
        reason = "encrypted" if flags & _ENCRYPTED else "corrupt_member"
        member = Member(raw, refused=reason, refused_value=f"method {method}, no directory")
        return member, start + (0 if sizes_follow else packed)
    if method == 0:
        data = file.read(min(packed, READ_MAX_BYTES))
        is_whole = len(data) == min(packed, READ_MAX_BYTES)
        end = start + packed
    else:
        data, is_whole, end = _inflate(file, start)
    member = Member(raw, size=size if not sizes_follow else len(data))
    if not is_whole:
        member.refused, member.refused_value = "truncated_archive", f"{len(data)} bytes before the cut"
    elif len(data) >= READ_MAX_BYTES:
        member.refused, member.refused_value = "too_large_to_read", str(member.size)
    elif not sizes_follow and zlib.crc32(data) != crc:
        member.refused, member.refused_value = "corrupt_member", "check sum differs"
    else:
        member.data, member.size = data, len(data)
    return member, end + (_descriptor_bytes(file, end) if sizes_follow else 0)


def _inflate(file: IO[bytes], start: int) -> tuple[bytes, bool, int]:
    """At most READ_MAX_BYTES of deflated data, whether its end was seen, and where it ends in the file."""
    stream = zlib.decompressobj(-15)
    pieces: list[bytes] = []
    held = 0
    try:
        while not stream.eof and held < READ_MAX_BYTES:
            data = stream.unconsumed_tail or file.read(2**16)
            piece = stream.decompress(data, READ_MAX_BYTES - held)
            if not data and not piece:
                return b"".join(pieces), False, file.tell()
            held += len(piece)
            pieces.append(piece)
    except zlib.error:
        return b"".join(pieces), False, file.tell()
    return b"".join(pieces), True, file.tell() - len(stream.unused_data) - len(stream.unconsumed_tail)


def _descriptor_bytes(file: IO[bytes], end: int) -> int:
    """The sizes after a member: numbers of 4, 4, 4 or 4, 8, 8 bytes, with or without a mark before them."""
    file.seek(end)
    tail = file.read(28)
    for length in (16, 24, 12, 20):
        if tail[length : length + 2] == b"PK" or len(tail) == length:
            return length
    return 0
