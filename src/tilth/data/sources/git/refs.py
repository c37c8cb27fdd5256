"""A repository's references, and the snapshot that they are."""

from dataclasses import dataclass

from tilth.data.sources.git import command
from tilth.data.sources.git.layout import CannotRead, Layout, head
from tilth.store.swhid import KIND_OF_GIT_TYPE, BranchType, snapshot_id, swhid

_FORMAT = "%(objectname) %(objecttype) %(symref)%00%(refname)"
_FORMAT_WITHOUT_TYPES = "%(objectname) - %(symref)%00%(refname)"


@dataclass(frozen=True, slots=True)
class Refs:
    """References at one moment."""

    targets: dict[str, str]
    """Full name to object id, symbolic references followed."""
    head_branch: str | None
    """Reference that HEAD names, born or not."""
    head_id: str | None
    """Object that a detached HEAD names."""
    snapshot_id: str
    """SWHID of all of it."""

    @property
    def branches(self) -> list[str]:
        """Full names of the local branches."""
        return [name for name in self.targets if name.startswith("refs/heads/")]


def read_refs(layout: Layout) -> Refs:
    """Read all references with one process.

    Raises:
        CannotRead: `unreadable` or `corrupt_repository`.
    """
    branch, detached = head(layout)
    rows = _for_each_ref(layout, _FORMAT)
    if rows is None:
        rows = _without_types(layout)
    aims: dict[bytes, tuple[BranchType, str | bytes] | None] = {}
    targets: dict[str, str] = {}
    for name, object_id, kind, symref in rows:
        targets[name] = object_id
        known = KIND_OF_GIT_TYPE.get(kind)
        aims[_raw(name)] = ("alias", _raw(symref)) if symref else (known, object_id) if known else None
    if branch is not None:
        aims[b"HEAD"] = ("alias", _raw(branch))
    elif detached is not None:
        aims[b"HEAD"] = ("revision", detached)
    return Refs(targets, branch, detached, swhid("snp", snapshot_id(aims)))


Row = tuple[str, str, str, str]


def _for_each_ref(layout: Layout, form: str) -> list[Row] | None:
    """Rows of (name, object id, type, symbolic target); None where git stopped."""
    order = command.local(layout.git_dir, "for-each-ref", f"--format={form}")
    code, out, messages = command.run(order, command.local_environment())
    if code and form == _FORMAT:
        return None
    if code:
        reason = "unreadable" if "Permission denied" in messages else "corrupt_repository"
        raise CannotRead(reason, command.last_line(messages))
    rows: list[Row] = []
    # Not splitlines: a reference's name may hold what Unicode calls a line end.
    for line in out.decode("utf-8", "surrogateescape").split("\n")[:-1]:
        facts, _, name = line.partition("\0")
        object_id, kind, symref = facts.split(" ", 2)
        rows.append((name, object_id, kind, symref))
    return rows


def _without_types(layout: Layout) -> list[Row]:
    """The rows of a repository in which an object that a reference names is missing."""
    rows = _for_each_ref(layout, _FORMAT_WITHOUT_TYPES) or []
    with command.objects_only(layout) as (folder, environment):
        order = command.local(folder, "cat-file", "--batch-check=%(objecttype)")
        asked = "".join(f"{object_id}\n" for _, object_id, _, _ in rows).encode()
        _, out, _ = command.run(order, environment, asked)
    kinds = out.decode("ascii", "replace").splitlines()
    kinds += ["missing"] * (len(rows) - len(kinds))
    return [(name, oid, kind, symref) for (name, oid, _, symref), kind in zip(rows, kinds, strict=False)]


def _raw(name: str) -> bytes:
    return name.encode("utf-8", "surrogateescape")
