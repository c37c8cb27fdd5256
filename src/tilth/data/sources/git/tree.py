"""Tree of a unit -> one entry for each path, nothing left out."""

import re
from collections.abc import Iterable, Iterator

from tilth.data.sources.git import command
from tilth.data.sources.git.layout import find
from tilth.data.sources.limits import READ_MAX_BYTES
from tilth.records import Entry, Unit

_ROW = re.compile(rb"(\d{6}) [a-z]+ ([0-9a-f]{40}) +([0-9]+|-|BAD)\t([^\0]+)\0")
_UNKNOWN_SIZE = -1
_FOLDER = 0o40000
_LINK = 0o120000
_SUBMODULE = 0o160000

Row = tuple[bytes, bytes, bytes, bytes]
"""Mode in octal digits, object id, size in digits (`-` or `BAD` where it is not known), path."""


def list_tree(unit: Unit) -> list[Entry]:
    """List every path of a unit: files, and as refused entries the links, submodules and lost folders.

    A size that is not known (the object is missing, as in a partial clone) is -1: reading decides.

    Raises:
        CannotRead: The repository is gone since it was resolved.
        ValueError: The unit has no directory id.
    """
    if unit.directory_id is None:
        raise ValueError("a unit without a directory id cannot be listed")
    with command.objects_only(find(unit.location)) as (folder, environment):
        order = ["ls-tree", "-r", "-z", "--long", "--full-tree", unit.directory_id]
        code, out, _ = command.run(command.local(folder, *order), environment)
        if code == 0:
            return _entries(_ROW.findall(out))
        walk = _Walk(folder, environment)
        rows = walk.rows(unit.directory_id)
    entries = [*_entries(rows), *(_lost(path, tree_id) for path, tree_id in walk.lost)]
    return sorted(entries, key=lambda entry: entry.path_raw or entry.path.encode())


def _entries(rows: Iterable[Row]) -> list[Entry]:
    modes: dict[bytes, int] = {}
    entries: list[Entry] = []
    for mode_text, object_id, size_text, path_raw in rows:
        mode = modes.get(mode_text)
        if mode is None:
            mode = modes[mode_text] = int(mode_text, 8)
        try:
            path, raw = path_raw.decode(), None
        except UnicodeDecodeError:
            path, raw = path_raw.decode("utf-8", "backslashreplace"), path_raw
        size = int(size_text) if size_text.isdigit() else _UNKNOWN_SIZE
        if size <= READ_MAX_BYTES and mode != _LINK and mode != _SUBMODULE:
            entry = Entry(path=path, path_raw=raw, mode=mode, content_id=object_id.decode(), size=size)
        else:
            entry = _refused(path, raw, mode, object_id.decode(), size)
        entries.append(entry)
    return entries


def _refused(path: str, raw: bytes | None, mode: int, object_id: str, size: int) -> Entry:
    if mode == _SUBMODULE:
        return Entry(path=path, path_raw=raw, mode=mode, refused="submodule", refused_value=object_id)
    reason, value = ("link", "") if mode == _LINK else ("too_large_to_read", str(size))
    return Entry(
        path=path,
        path_raw=raw,
        mode=mode,
        content_id=object_id,
        size=size,
        refused=reason,
        refused_value=value,
    )


def _lost(path_raw: bytes, tree_id: str) -> Entry:
    path = path_raw.decode("utf-8", "backslashreplace")
    raw = path_raw if path.encode() != path_raw else None
    return Entry(path=path, path_raw=raw, mode=_FOLDER, refused="missing_object", refused_value=tree_id)


class _Walk:
    """Lists a tree of which some folders are missing or damaged, a level of folders at a time."""

    def __init__(self, folder: str, environment: dict[str, str]) -> None:
        self._folder = folder
        self._environment = environment
        self.lost: list[tuple[bytes, str]] = []
        """Path and id of each folder that could not be read."""

    def rows(self, root_id: str) -> list[Row]:
        """Every path below the root, sizes looked up at the end."""
        files: list[tuple[bytes, bytes, bytes]] = []
        level = [(b"", root_id)]
        while level:
            found = self._read([tree_id for _, tree_id in level])
            below: list[tuple[bytes, str]] = []
            for prefix, tree_id in level:
                children = _children(found.get(tree_id))
                if children is None:
                    self.lost.append((prefix.rstrip(b"/"), tree_id))
                    continue
                for mode, name, object_id in children:
                    if int(mode, 8) == _FOLDER:
                        below.append((prefix + name + b"/", object_id))
                    else:
                        files.append((mode, object_id.encode(), prefix + name))
            level = below
        sizes = self._sizes([object_id for _, object_id, _ in files])
        return [(mode, object_id, sizes.get(object_id, b"-"), path) for mode, object_id, path in files]

    def _read(self, tree_ids: list[str]) -> dict[str, bytes]:
        """Contents of the trees that can be read; git stops at a damaged one, the rest is asked for again."""
        found: dict[str, bytes] = {}
        waiting = list(dict.fromkeys(tree_ids))
        while waiting:
            given = "".join(f"{tree_id}\n" for tree_id in waiting).encode()
            _, out, _ = command.run(
                command.local(self._folder, "cat-file", "--batch"), self._environment, given
            )
            answered = 0
            for kind, body in _answers(out):
                if kind == b"tree":
                    found[waiting[answered]] = body
                answered += 1
            waiting = waiting[answered + 1 :]
        return found

    def _sizes(self, ids: list[bytes]) -> dict[bytes, bytes]:
        given = b"".join(object_id + b"\n" for object_id in dict.fromkeys(ids))
        order = ["cat-file", "--batch-check=%(objectname) %(objectsize)"]
        _, out, _ = command.run(command.local(self._folder, *order), self._environment, given)
        pairs = [line.split() for line in out.splitlines()]
        return {pair[0]: pair[1] for pair in pairs if len(pair) == 2 and pair[1].isdigit()}


def _answers(out: bytes) -> Iterator[tuple[bytes, bytes]]:
    """(type, content) of each whole answer of `cat-file --batch`; a missing object has the type `missing`."""
    at = 0
    while (end := out.find(b"\n", at)) >= 0:
        words = out[at:end].split()
        at = end + 1
        if len(words) != 3:
            yield b"missing", b""
            continue
        size = int(words[2])
        if at + size >= len(out):
            return  # cut off: git stopped inside this object
        yield words[1], out[at : at + size]
        at += size + 1


def _children(body: bytes | None) -> list[tuple[bytes, bytes, str]] | None:
    """(mode, name, object id) of each entry of a tree object; None for one that is missing or malformed."""
    if body is None:
        return None
    children: list[tuple[bytes, bytes, str]] = []
    at = 0
    while at < len(body):
        end = body.find(b"\0", at)
        mode, space, name = body[at:end].partition(b" ")
        if end < 0 or not space or not name or not mode.isdigit() or end + 21 > len(body):
            return None
        children.append((mode, name, body[end + 1 : end + 21].hex()))
        at = end + 21
    return children
