"""The root tree of a unit whose bytes came as a stream."""

from collections.abc import Iterable

from tilth.records import Entry
from tilth.store.swhid import directory_id

_DIRECTORY = 0o40000
_Tree = dict[bytes, "tuple[int, str] | _Tree"]


def root_directory_id(entries: Iterable[Entry]) -> str | None:
    """The git tree id of the unit's root; None where a path was not read, since it would be of another tree."""
    root: _Tree = {}
    for entry in entries:
        if entry.content_id is None:
            return None
        *folders, name = (entry.path_raw or entry.path.encode()).split(b"/")
        at = root
        for folder in folders:
            below = at.setdefault(folder, {})
            if not isinstance(below, dict):
                return None
            at = below
        at[name] = (entry.mode, entry.content_id)
    return _id(root)


def _id(tree: _Tree) -> str:
    entries = []
    for name, target in tree.items():
        entries.append(
            (_DIRECTORY, name, _id(target)) if isinstance(target, dict) else (target[0], name, target[1])
        )
    return directory_id(entries)
