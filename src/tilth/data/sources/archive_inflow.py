"""A packed file as one stream of bytes, bounded in memory, that ends early where it is damaged."""

import bz2
import lzma
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Protocol, cast

from tilth.data.sources.limits import CHUNK_BYTES

RATIO_FREE_BYTES = 64 * 2**20
"""Below this many unpacked bytes no ratio makes a bomb: a small file of zeros is no harm."""

# An xz file states how much memory it needs; `xz -9` needs 65 MiB.
_XZ_MEMORY_BYTES = 512 * 2**20
_READ_BYTES = 2**18
_ZSTANDARD_BYTES = 2**14

MAGIC = {b"\x1f\x8b": "gz", b"BZh": "bz2", b"\xfd7zXZ\0": "xz", b"\x28\xb5\x2f\xfd": "zst"}


class Damaged(Exception):
    """The stream cannot go on; `reason` is that of the entry that says so."""

    def __init__(self, reason: str, value: str) -> None:
        super().__init__(value)
        self.reason = reason
        self.value = value


class _Decompressor(Protocol):
    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int = -1) -> bytes: ...


def unpacked(path: Path, codec: str, *, max_bytes: int, ratio_max: float) -> Iterator[bytes]:
    """The unpacked bytes of a file in pieces of at most CHUNK_BYTES.

    Raises:
        Damaged: `truncated_archive` where the packed bytes end or go wrong, `bomb` past the limits.
    """
    unpacked_bytes = 0
    with path.open("rb") as file:
        for piece in _pieces(file, codec):
            if unpacked_bytes + len(piece) > max_bytes:
                yield piece[: max_bytes - unpacked_bytes]
            unpacked_bytes += len(piece)
            check_bomb(unpacked_bytes, file.tell(), max_bytes=max_bytes, ratio_max=ratio_max)
            yield piece


def check_bomb(unpacked_bytes: int, packed_bytes: int, *, max_bytes: int, ratio_max: float) -> None:
    """Raises Damaged with reason `bomb` where an archive has unpacked to more than it may."""
    if unpacked_bytes > max_bytes:
        raise Damaged("bomb", f"unpacks to more than {max_bytes} bytes")
    if unpacked_bytes > RATIO_FREE_BYTES and unpacked_bytes > ratio_max * max(packed_bytes, 1):
        raise Damaged("bomb", f"{unpacked_bytes} bytes from {packed_bytes}")


class Inflow:
    """Takes bytes from pieces by count; after damage it is at its end, and `damage` says why."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._piece = b""
        self._at = 0
        self.offset = 0
        self.damage: Damaged | None = None

    def take(self, num_bytes: int) -> bytes:
        """The next bytes; fewer where the stream ends before."""
        end = self._at + num_bytes
        if end <= len(self._piece):
            taken = self._piece[self._at : end]
            self._at = end
        else:
            taken = b"".join(self._slices(num_bytes))
        self.offset += len(taken)
        return taken

    def pass_over(self, num_bytes: int, see: Callable[[bytes], object] | None = None) -> int:
        """Goes forward without holding the bytes, shows them to `see`, and returns how many there were."""
        passed = 0
        for part in self._slices(num_bytes):
            passed += len(part)
            if see:
                see(part)
        self.offset += passed
        return passed

    def _slices(self, num_bytes: int) -> Iterator[bytes]:
        while num_bytes > 0:
            if self._at == len(self._piece) and not self._refill():
                return
            part = self._piece[self._at : self._at + num_bytes]
            self._at += len(part)
            num_bytes -= len(part)
            yield part

    def _refill(self) -> bool:
        try:
            self._piece = next(self._pieces, b"")
        except Damaged as damage:
            self.damage = damage
            self._piece = b""
        except OSError as error:
            self.damage = Damaged("unreadable", error.strerror or str(error))
            self._piece = b""
        self._at = 0
        return bool(self._piece)


def _pieces(file: IO[bytes], codec: str) -> Iterator[bytes]:
    if codec == "tar":
        return iter(lambda: file.read(CHUNK_BYTES), b"")
    if codec == "zst":
        return _zstandard(file)
    if codec == "gz":
        return _gzip(file)
    if codec == "bz2":
        return _streams(file, bz2.BZ2Decompressor, b"BZh", (OSError, ValueError))
    return _streams(file, _new_xz, b"\xfd7zXZ\0", (lzma.LZMAError,))


def _gzip(file: IO[bytes]) -> Iterator[bytes]:
    # Imported late: machine code that only packed archives need.
    from isal import igzip_lib

    def new() -> _Decompressor:
        return cast(_Decompressor, igzip_lib.IgzipDecompressor(flag=igzip_lib.DECOMP_GZIP))

    return _streams(file, new, b"\x1f\x8b", (cast(type[Exception], igzip_lib.IsalError),))


def _new_xz() -> _Decompressor:
    return lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_XZ_MEMORY_BYTES)


def _streams(
    file: IO[bytes], new: Callable[[], _Decompressor], magic: bytes, errors: tuple[type[Exception], ...]
) -> Iterator[bytes]:
    """Streams of one codec back to back; ignores zeros between and other bytes after them, as the tools do."""
    data = b""
    while True:
        while len(data) < len(magic):
            more = file.read(_READ_BYTES)
            data = (data + more).lstrip(b"\0")
            if not more:
                break
        if not data.startswith(magic):
            return
        stream = new()
        yield from _one_stream(file, stream, data, errors)
        data = stream.unused_data.lstrip(b"\0")


def _one_stream(
    file: IO[bytes], stream: _Decompressor, data: bytes, errors: tuple[type[Exception], ...]
) -> Iterator[bytes]:
    while not stream.eof:
        if not data and stream.needs_input:
            data = file.read(_READ_BYTES)
            if not data:
                raise Damaged("truncated_archive", f"the packed data ends at byte {file.tell()}")
        try:
            piece = stream.decompress(data, CHUNK_BYTES)
        except errors as error:
            raise Damaged(
                "truncated_archive", f"packed data damaged before byte {file.tell()}: {error}"
            ) from error
        data = b""
        if piece:
            yield piece


def _zstandard(file: IO[bytes]) -> Iterator[bytes]:
    import pyarrow as pa

    # A read that fails gives nothing back, so a small one loses little of what lies before a cut.
    with pa.CompressedInputStream(pa.PythonFile(file, mode="r"), "zstd") as stream:
        while True:
            try:
                piece = stream.read(_ZSTANDARD_BYTES)
            except OSError as error:
                raise Damaged("truncated_archive", f"packed data damaged: {error}") from error
            if not piece:
                return
            yield piece
