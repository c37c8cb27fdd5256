"""Archives: tar in its packings, zip and wheels, read from front to back and never unpacked to disk."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from tilth.config.sources import ArchiveSource
from tilth.data.sources import archive_tar, archive_zip
from tilth.data.sources.archive_inflow import MAGIC, Damaged, Inflow, unpacked
from tilth.data.sources.archive_member import PLACE, Member
from tilth.data.sources.unsafe_paths import as_text, check, shorten
from tilth.records import Entry, Refusal, Unit
from tilth.store import remote
from tilth.store.swhid import content_id

UNPACKED_MAX_BYTES = 8 * 2**30
RATIO_MAX = 200.0

WHOLE = "."
"""Path of an entry that is about the whole archive."""

# An archive that unpacks to no more than this is unpacked once, though its paths are looked at twice.
_HELD_MAX_BYTES = 64 * 2**20

_ENDINGS = (".tar", ".tgz", ".tbz2", ".tbz", ".txz", ".tzst", ".zip", ".whl", ".gz", ".bz2", ".xz", ".zst")
_TAR_MARK_AT = 257


def resolve(source: ArchiveSource, cache: Path) -> Iterator[Unit | Refusal]:
    """One unit for each archive that the paths name; URLs are downloaded into `cache`.

    Raises:
        UserError: A path or glob that names nothing.
    """
    for url in remote.found(source.paths):
        name = bare_name(url)
        try:
            path = remote.local(url, cache / "archives")
            codec = detect(path)
        except OSError as error:
            yield Refusal(origin=remote.as_url(url), repo_name=name, reason="unreadable", value=str(error))
            continue
        if codec is None:
            num_bytes = path.stat().st_size
            reason = "truncated_archive" if num_bytes == 0 else "not_an_archive"
            yield Refusal(
                origin=remote.as_url(url), repo_name=name, reason=reason, value=f"{num_bytes} bytes"
            )
            continue
        yield Unit(
            source="archive",
            origin=remote.as_url(url),
            repo_name=name,
            tree_key=f"archive:{remote.sha256_of(path)}",
            location=str(path),
        )


def stream(unit: Unit, source: ArchiveSource) -> Iterator[tuple[Entry, bytes | None]]:
    """Every path of an archive but its folders, once, with its bytes."""
    path = Path(unit.location)
    if remote.sha256_of(path) != unit.tree_key.removeprefix("archive:"):
        yield (
            Entry(path=WHOLE, refused="changed_while_read", refused_value="not the archive that was listed"),
            None,
        )
        return
    yield from read(path, max_bytes=source.unpacked_max_bytes, ratio_max=source.ratio_max)


def read(
    path: Path,
    *,
    max_bytes: int = UNPACKED_MAX_BYTES,
    ratio_max: float = RATIO_MAX,
    strip: bool = True,
    under: str = "",
) -> Iterator[tuple[Entry, bytes | None]]:
    """Entries of one archive file; with `strip` a folder that holds all members is left out of the paths.

    `under` is put before every path. A damaged archive gives what lies before the damage, and an entry about
    the rest.
    """
    codec = detect(path)
    if codec is None:
        yield Entry(path=under + WHOLE, refused="truncated_archive", refused_value="not an archive"), None
        return
    if codec == "zip":
        top = top_folder(archive_zip.names(path)) if strip else b""
        found = archive_zip.members(path, max_bytes=max_bytes, ratio_max=ratio_max)
    else:
        top, inflow = _open_tar(path, codec, strip, max_bytes=max_bytes, ratio_max=ratio_max)
        found = archive_tar.members(inflow)
    yield from entries(found, top=top, under=under)


def entries(found: Iterable[Member], *, top: bytes, under: str = "") -> Iterator[tuple[Entry, bytes | None]]:
    """Members as entries: paths checked and freed of `top`, second copies of a path refused."""
    seen: set[str] = set()
    for member in found:
        entry = _entry(member, top, under)
        if entry.path in seen:
            entry = second_copy(entry)
        seen.add(entry.path)
        yield entry, None if entry.refused else member.data


def second_copy(entry: Entry) -> Entry:
    """The entry of a path that was there before; it has no content id, since it is no part of the tree."""
    return replace(entry, content_id=None, refused="duplicate_path", refused_value=entry.refused or "")


def detect(path: Path) -> str | None:
    """What packs an archive, by its first bytes: gz, bz2, xz, zst, tar or zip; None for anything else."""
    with path.open("rb") as file:
        head = file.read(_TAR_MARK_AT + 5)
    for magic, codec in MAGIC.items():
        if head.startswith(magic):
            return codec
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return "zip"
    if head[_TAR_MARK_AT:] == b"ustar" or (path.suffix == ".tar" and head):
        return "tar"
    return None


def bare_name(url: str) -> str:
    """The file's name without the endings of archives."""
    name = url.rstrip("/").rsplit("/", 1)[-1]
    while name.lower().endswith(_ENDINGS):
        name = name[: name.rindex(".")]
    return name or url


def top_folder(names: Iterable[bytes]) -> bytes:
    """`name-1.0/` where every path lies in that folder, else nothing."""
    top = b""
    for name in names:
        part, slash, _ = name.removeprefix(b"./").partition(b"/")
        if part == b"" and slash == b"":
            continue
        if not slash or part in (b"", b".", b"..") or (top and part + b"/" != top):
            return b""
        top = part + b"/"
    return b"" if check(top).unsafe else top


def _open_tar(
    path: Path, codec: str, strip: bool, *, max_bytes: int, ratio_max: float
) -> tuple[bytes, Inflow]:
    """The folder that holds all members, and a stream that repeats what had to be unpacked to find it."""

    def pieces() -> Iterator[bytes]:
        return unpacked(path, codec, max_bytes=max_bytes, ratio_max=ratio_max)

    if not strip:
        return b"", Inflow(pieces())
    held = _Held(pieces())
    paths = (member.raw for member in archive_tar.members(Inflow(held.first()), read=False))
    top = top_folder(path for path in paths if not path.startswith(PLACE))
    return top, Inflow(pieces() if held.overflowed else held.again())


class _Held:
    """Pieces that can be gone through twice, as long as they are few."""

    def __init__(self, source: Iterator[bytes]) -> None:
        self._source = source
        self._pieces: list[bytes] = []
        self._num_bytes = 0
        self._failure: Damaged | None = None
        self.overflowed = False

    def first(self) -> Iterator[bytes]:
        try:
            for piece in self._source:
                self._hold(piece)
                yield piece
        except Damaged as damage:
            self._failure = damage
            raise

    def again(self) -> Iterator[bytes]:
        yield from self._pieces
        if self._failure:
            raise self._failure
        yield from self._source

    def _hold(self, piece: bytes) -> None:
        self._num_bytes += len(piece)
        if self._num_bytes > _HELD_MAX_BYTES:
            self.overflowed = True
            self._pieces.clear()
        else:
            self._pieces.append(piece)


def _entry(member: Member, top: bytes, under: str) -> Entry:
    if member.raw.startswith(PLACE) and member.refused:
        return Entry(
            path=under + member.raw.decode(),
            refused=member.refused,
            refused_value=shorten(member.refused_value),
        )
    checked = check(member.raw)
    refused, value = member.refused, member.refused_value
    if checked.unsafe:
        refused, value = (
            "unsafe_path",
            checked.unsafe if not refused else f"{checked.unsafe}; {refused} {value}",
        )
    path, raw = checked.path, checked.raw
    if top and not checked.unsafe:
        path, raw = _without_top(path, raw, top)
    data_id = member.content_id
    if data_id is None and member.data is not None:
        data_id = content_id(member.data)
    return Entry(
        path=under + path,
        path_raw=None if raw is None else under.encode() + raw,
        mode=member.mode,
        content_id=data_id,
        size=member.size,
        refused=refused,
        refused_value=shorten(value),
    )


def _without_top(path: str, raw: bytes | None, top: bytes) -> tuple[str, bytes | None]:
    if raw is None:
        return path.removeprefix(top.decode()), None
    return as_text(raw.removeprefix(top))
