"""Tar, read forward once from a stream: POSIX ustar and pax, GNU long names, and headers that lie.

Format: POSIX.1-2024 `pax`, and the GNU tar manual's "Basic Tar Format". The standard library's reader is not
used: it takes a damaged header in the middle for the end, and holds names of any stated length in memory.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field

from tilth.data.sources.archive_inflow import Inflow
from tilth.data.sources.archive_member import PLACE, Member, git_mode, place
from tilth.data.sources.limits import READ_MAX_BYTES

_BLOCK = 512
_ZEROS = bytes(_BLOCK)
_EXTENSION_MAX_BYTES = 2**20
"""A pax header or a long name that claims more than this is a lie."""

_FILE_TYPES = (b"0", b"\0", b"7")
_FOLDER = b"5"
_LINKS = {b"1": "hard link", b"2": "symbolic link"}
_ENDS = ("truncated_archive", "bomb", "unreadable")
_DEVICES = {b"3": "character", b"4": "block"}


@dataclass(slots=True)
class _Header:
    name: bytes
    mode: int
    size: int
    kind: bytes
    link: bytes
    is_extended: bool


@dataclass(slots=True)
class _Ahead:
    """What extension headers said about the member that follows them."""

    name: bytes | None = None
    link: bytes | None = None
    pax: dict[bytes, bytes] = field(default_factory=dict)


def members(inflow: Inflow, *, read: bool = True) -> Iterator[Member]:
    """Every path of a tar but its folders, in its order; without `read`, names only.

    Damage never raises: what was read before it has been yielded, and one member says what was lost.
    """
    ahead = _Ahead()
    lost = zeros = 0
    while True:
        at = inflow.offset
        block = inflow.take(_BLOCK)
        zeros = zeros + 1 if block == _ZEROS else 0
        if lost and (zeros or len(block) < _BLOCK):
            yield _lost(at - lost, lost)
            lost = 0
        if len(block) < _BLOCK:
            yield from _end(inflow, at, len(block))
            return
        if zeros == 2:
            yield from _after_end(inflow)
            return
        if zeros:
            continue
        header = _parse(block)
        if header is None:
            lost += _BLOCK
            continue
        if lost:
            yield _lost(at - lost, lost)
            lost = 0
        if header.kind in (b"x", b"g", b"L", b"K"):
            refusal = _extension(inflow, header, ahead, at)
            if refusal:
                yield refusal
            continue
        _apply(header, ahead)
        sparse = header.kind == b"S" or any(key.startswith(b"GNU.sparse.") for key in ahead.pax)
        ahead = _Ahead()
        if header.kind == _FOLDER or (header.kind == b"\0" and header.name.endswith(b"/")):
            inflow.pass_over(_padded(header.size) if header.kind == b"\0" else 0)
            continue
        member = _contents(inflow, header, sparse=sparse, read=read)
        yield member
        if member.refused in _ENDS:
            return


def _parse(block: bytes) -> _Header | None:
    stated = _number(block[148:156])
    blank = sum(block) - sum(block[148:156]) + 256
    if stated != blank and stated != blank - 256 * sum(byte > 127 for byte in block[:148] + block[156:]):
        return None
    size, mode = _number(block[124:136]), _number(block[100:108])
    if size is None or size < 0:
        return None
    name = _until_nul(block[:100])
    prefix = _until_nul(block[345:500]) if block[257:263] == b"ustar\0" else b""
    return _Header(
        name=prefix + b"/" + name if prefix else name,
        mode=mode or 0,
        size=size,
        kind=block[156:157],
        link=_until_nul(block[157:257]),
        is_extended=block[156:157] == b"S" and block[482] != 0,
    )


def _number(digits: bytes) -> int | None:
    """Octal text, or GNU's base 256 where the first bit is set; None where it is neither."""
    if digits[0] & 0x80:
        value = int.from_bytes(digits, "big") - (digits[0] << 8 * (len(digits) - 1))
        return value if digits[0] == 0x80 else -1
    text = digits.split(b"\0", 1)[0].strip()
    if not text:
        return 0
    try:
        return int(text, 8)
    except ValueError:
        return None


def _until_nul(name: bytes) -> bytes:
    return name.split(b"\0", 1)[0]


def _padded(size: int) -> int:
    return size + -size % _BLOCK


def _extension(inflow: Inflow, header: _Header, ahead: _Ahead, at: int) -> Member | None:
    if header.size > _EXTENSION_MAX_BYTES:
        inflow.pass_over(_padded(header.size))
        return Member(place(at), refused="corrupt_member", refused_value=f"extension of {header.size} bytes")
    data = inflow.take(_padded(header.size))[: header.size]
    if header.kind == b"L":
        ahead.name = _until_nul(data)
    elif header.kind == b"K":
        ahead.link = _until_nul(data)
    elif header.kind == b"x":
        pax = _pax(data)
        if pax is None:
            return Member(place(at), refused="corrupt_member", refused_value="pax header that cannot be read")
        ahead.pax.update(pax)
    return None


def _pax(data: bytes) -> dict[bytes, bytes] | None:
    """Records `length key=value` and a line end, the length that of the whole record."""
    found = {}
    at = 0
    while at < len(data) and data[at] != 0:
        digits, _, _ = data[at : at + 12].partition(b" ")
        if not digits.isdigit():
            return None
        record = data[at : at + int(digits)]
        key, equals, value = record[len(digits) + 1 :].partition(b"=")
        if len(record) != int(digits) or not equals or not value.endswith(b"\n"):
            return None
        found[key] = value[:-1]
        at += len(record)
    return found


def _apply(header: _Header, ahead: _Ahead) -> None:
    if ahead.name is not None:
        header.name = ahead.name
    if ahead.link is not None:
        header.link = ahead.link
    pax = ahead.pax
    header.name = pax.get(b"GNU.sparse.name", pax.get(b"path", header.name))
    header.link = pax.get(b"linkpath", header.link)
    size = pax.get(b"size", b"")
    if size.isdigit():
        header.size = int(size)


def _contents(inflow: Inflow, header: _Header, *, sparse: bool, read: bool) -> Member:
    member = Member(header.name, size=header.size, mode=git_mode(header.mode))
    if header.kind in _LINKS:
        member.size, member.mode = 0, 0o120000
        member.refused, member.refused_value = "link", header.link.decode("utf-8", "backslashreplace")
        # A hard link's size counts bytes that follow in a few pax files and none in old ones. Taking none is
        # the mistake that shows: such bytes are reported as lost; passing over them could hide members.
        return member
    if header.kind in _DEVICES:
        member.size, member.refused, member.refused_value = 0, "device", _DEVICES[header.kind]
        return member
    if header.kind == b"6":
        member.size, member.refused, member.refused_value = 0, "not_a_file", "fifo"
        return member
    while header.is_extended:
        header.is_extended = inflow.take(_BLOCK)[504:505] not in (b"", b"\0")
    if sparse or header.kind not in _FILE_TYPES:
        member.refused = "not_a_file"
        member.refused_value = "sparse" if sparse else f"tar type {header.kind.decode('latin-1')!r}"
        got = inflow.pass_over(_padded(header.size))
    elif not read:
        got = inflow.pass_over(_padded(header.size))
    elif header.size > READ_MAX_BYTES:
        got = _hash_only(inflow, member)
    else:
        member.data = inflow.take(header.size)
        got = len(member.data)
        inflow.pass_over(-header.size % _BLOCK)
    if got < header.size:
        _cut(inflow, member, got)
    return member


def _hash_only(inflow: Inflow, member: Member) -> int:
    digest = hashlib.sha1(b"blob %d\0" % member.size, usedforsecurity=False)
    got = inflow.pass_over(member.size, digest.update)
    inflow.pass_over(-member.size % _BLOCK)
    member.content_id = digest.hexdigest()
    member.refused, member.refused_value = "too_large_to_read", str(member.size)
    return got


def _cut(inflow: Inflow, member: Member, got: int) -> None:
    member.data = member.content_id = None
    reason, value = "truncated_archive", f"{got} of {member.size} bytes"
    if inflow.damage:
        reason, value = inflow.damage.reason, f"{value}; {inflow.damage.value}"
    member.refused, member.refused_value = reason, value


def _lost(at: int, num_bytes: int) -> Member:
    return Member(
        place(at), refused="corrupt_member", refused_value=f"{num_bytes} bytes without a readable header"
    )


def _end(inflow: Inflow, at: int, num_bytes: int) -> Iterator[Member]:
    """An end without the two blocks of zeros is an end, unless something says that there was more."""
    if inflow.damage:
        yield Member(place(at), refused=inflow.damage.reason, refused_value=inflow.damage.value)
    elif num_bytes or at == 0:
        yield Member(place(at), refused="truncated_archive", refused_value=f"{num_bytes} bytes of a header")


def _after_end(inflow: Inflow) -> Iterator[Member]:
    """Reads on so that the packed data's own check sum is seen; counts bytes that no member claims."""
    at = inflow.offset
    num_bytes = 0

    def see(part: bytes) -> None:
        nonlocal num_bytes
        num_bytes += len(part) - part.count(0)

    while inflow.pass_over(2**20, see):
        pass
    if num_bytes:
        yield Member(place(at), refused="corrupt_member", refused_value=f"{num_bytes} bytes after the end")
    if inflow.damage:
        yield Member(PLACE + b"end", refused=inflow.damage.reason, refused_value=inflow.damage.value)
