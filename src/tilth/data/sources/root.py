"""The root tree of a unit whose bytes came as a stream."""

from tilth.records import Entry
from tilth.store.swhid import directory_id

_DIRECTORY = 0o40000
_Tree = dict[bytes, "tuple[int, str] | _Tree"]


class RootTree:
    """Gathers the paths of a unit, in any order, for the git tree id of its root."""

    def __init__(self) -> None:
        self._root: _Tree = {}
        self._is_whole = True

    def add(self, entry: Entry) -> None:
        """Takes one path; without its content the root would be that of another tree, so there will be none."""
        if not self._is_whole or entry.content_id is None:
            self._is_whole = False
            self._root.clear()
            return
        *folders, name = (entry.path_raw or entry.path.encode()).split(b"/")
        at = self._root
        for folder in folders:
            below = at.setdefault(folder, {})
            if not isinstance(below, dict):
                self._is_whole = False
                return
            at = below
        at[name] = (entry.mode, entry.content_id)

    def directory_id(self) -> str | None:
        """The id, 40 hex digits; None where a path was not read."""
        return _id(self._root) if self._is_whole else None


def _id(tree: _Tree) -> str:
    entries = []
    for name, target in tree.items():
        if isinstance(target, dict):
            entries.append((_DIRECTORY, name, _id(target)))
        else:
            entries.append((target[0], name, target[1]))
    return directory_id(entries)
