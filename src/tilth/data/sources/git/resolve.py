"""Git source -> units: one for each repository (or branch) at the point that the recipe names."""

import logging
import os
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from tilth.config.sources import GitSource
from tilth.data.sources.git import command
from tilth.data.sources.git.commit import Commit, read_commit
from tilth.data.sources.git.layout import CannotRead, Layout, find, read_config
from tilth.data.sources.git.lists import Target, is_url, path_of, targets, without_secrets
from tilth.data.sources.git.mirror import mirror
from tilth.data.sources.git.refs import Refs, read_refs
from tilth.records import Refusal, Unit

_log = logging.getLogger(__name__)
_DEFAULT_BRANCHES = ("refs/heads/main", "refs/heads/master")
_TRACKED = "refs/remotes/origin/"


def resolve(source: GitSource, cache: Path, *, offline: bool = False) -> Iterator[Unit | Refusal]:
    """Resolve each repository of a source, in order.

    Args:
        source: The recipe's entry.
        cache: Folder for mirrors of URLs, where the source names none.
        offline: Use mirrors as they are.

    Raises:
        UserError: The source's patterns or list are wrong (see `lists.targets`), or git is not installed.
    """
    mirrors = Path(source.mirrors).expanduser() if source.mirrors else cache
    for target in targets(source):
        origin, name = _origin_and_name(target)
        path: str | os.PathLike[str] = target.location
        if target.is_url:
            copy = mirror(target.location, mirrors, offline=offline)
            if copy.path is None:
                yield Refusal(origin=origin, repo_name=name, reason="unreachable", value=copy.note)
                continue
            if copy.note:
                _log.warning("%s: %s", origin, copy.note)
            path = copy.path
        yield from _resolve_local(target, path, every_branch=source.every_branch)


def _resolve_local(
    target: Target, path: str | os.PathLike[str], *, every_branch: bool
) -> Iterator[Unit | Refusal]:
    origin, name = _origin_and_name(target)
    try:
        layout = find(path)
        config = read_config(layout)
        if not target.is_url:
            origin, name = _origin_and_name(target, config.get("remote.origin.url"), layout.folder)
        if config.get("extensions.objectformat", "sha1").lower() != "sha1":
            raise CannotRead("sha256_repository", config["extensions.objectformat"])
        refs = read_refs(layout)
        points = _every_branch(refs) if every_branch else [_point(target, refs)]
    except CannotRead as error:
        yield Refusal(origin=origin, repo_name=name, reason=error.reason, value=error.value)
        return
    with command.objects_only(layout) as (folder, environment):
        reader = _Reader(folder, environment, shallow=layout.shallow_file is not None)
        for branch, wanted in points:
            try:
                yield _unit(target, layout, origin, name, refs, branch, reader.commit(wanted, target), reader)
            except CannotRead as error:
                value = error.value or branch or wanted
                yield Refusal(origin=origin, repo_name=name, reason=error.reason, value=value)


class _Reader:
    """Reads commits of one repository through a folder that borrows its objects."""

    def __init__(self, folder: str, environment: dict[str, str], *, shallow: bool) -> None:
        self._folder = folder
        self._environment = environment
        self._shallow = shallow

    def commit(self, wanted: str, target: Target) -> Commit:
        """The commit that an id, a prefix or a tag's id leads to, or the last one before a date."""
        if target.until is not None:
            wanted = self._last_before(wanted, target.until)
        elif target.commit is not None:
            wanted = self._expand(wanted)
        _, out, messages = self._run("cat-file", "--batch", given=f"{wanted}^{{commit}}\n".encode())
        header, _, rest = out.partition(b"\n")
        found = re.fullmatch(rb"([0-9a-f]{40}) commit (\d+)", header)
        commit = read_commit(found[1].decode(), rest[: int(found[2])]) if found else None
        if commit is None:
            raise CannotRead(*self._why_no_commit(wanted, target, messages))
        return commit

    def root(self, revision_id: str) -> str | None:
        """First commit of the history by first parents; None where the history is cut off or broken."""
        if self._shallow:
            return None
        code, out, _ = self._run("rev-list", "--max-parents=0", "--first-parent", revision_id)
        lines = out.decode("ascii", "replace").split()
        return lines[-1] if code == 0 and lines else None

    def _run(self, *arguments: str, given: bytes = b"") -> tuple[int, bytes, str]:
        return command.run(command.local(self._folder, *arguments), self._environment, given)

    def _expand(self, prefix: str) -> str:
        if not re.fullmatch(r"[0-9a-f]{4,40}", prefix):
            raise CannotRead("no_such_commit", prefix)
        if len(prefix) == 40:
            return prefix
        _, out, _ = self._run("rev-parse", f"--disambiguate={prefix}")
        asked = out.replace(b"\n", b"^{commit}\n")
        _, found, _ = self._run("cat-file", "--batch-check=%(objectname) %(objecttype)", given=asked)
        commits = {line.split()[0].decode() for line in found.splitlines() if line.endswith(b" commit")}
        if len(commits) != 1:
            raise CannotRead("ambiguous_commit" if commits else "no_such_commit", prefix)
        return commits.pop()

    def _last_before(self, tip: str, day: date) -> str:
        code, out, messages = self._run("rev-list", "-1", f"--before={day.isoformat()}T23:59:59+0000", tip)
        if code:
            raise CannotRead("corrupt_repository", command.last_line(messages))
        if not out.strip():
            raise CannotRead("no_commit_before_date", day.isoformat())
        return out.decode("ascii", "replace").strip()

    def _why_no_commit(self, wanted: str, target: Target, messages: str) -> tuple[str, str]:
        if "Permission denied" in messages:
            return "unreadable", command.last_line(messages)
        if target.commit is not None:
            return "no_such_commit", target.commit
        # Git gives no reason: the type of the object itself tells a broken one from another kind.
        _, out, _ = self._run("cat-file", "--batch-check=%(objecttype)", given=f"{wanted}\n".encode())
        kind = out.decode("ascii", "replace").split()
        if kind and kind[-1] in ("tree", "blob"):
            return "not_a_commit", kind[-1]
        return "corrupt_repository", command.last_line(messages) or f"missing object {wanted}"


def _point(target: Target, refs: Refs) -> tuple[str | None, str]:
    """(reference, object id or prefix) that a target asks for."""
    if target.commit is not None:
        return None, target.commit.lower() if re.fullmatch(r"[0-9A-Fa-f]+", target.commit) else target.commit
    if target.tag is not None:
        full = "refs/tags/" + target.tag.removeprefix("refs/tags/")
        return _known(full, refs, "no_such_tag", target.tag)
    if target.branch is not None:
        short = target.branch.removeprefix("refs/heads/")
        full = "refs/heads/" + short
        # A plain clone has its other branches as references to the remote's.
        return _known(
            full if full in refs.targets else _TRACKED + short, refs, "no_such_branch", target.branch
        )
    return _default_point(refs)


def _known(full: str, refs: Refs, reason: str, asked: str) -> tuple[str, str]:
    if full not in refs.targets:
        raise CannotRead(reason, asked)
    return full, refs.targets[full]


def _default_point(refs: Refs) -> tuple[str | None, str]:
    if refs.head_branch is not None and refs.head_branch in refs.targets:
        return refs.head_branch, refs.targets[refs.head_branch]
    if refs.head_branch is None and refs.head_id is not None:
        return None, refs.head_id
    if not refs.targets:
        raise CannotRead("empty_repository")
    branches = refs.branches
    guesses = [name for name in _DEFAULT_BRANCHES if name in refs.targets] or branches
    if not guesses or (len(branches) > 1 and guesses is branches):
        raise CannotRead("no_head", f"{len(branches)} branches, none of them main or master")
    return guesses[0], refs.targets[guesses[0]]


def _every_branch(refs: Refs) -> list[tuple[str | None, str]]:
    local = refs.branches
    short = {name.removeprefix("refs/heads/") for name in local} | {"HEAD"}
    tracked = [n for n in refs.targets if n.startswith(_TRACKED) and n.removeprefix(_TRACKED) not in short]
    if not local and not tracked:
        raise CannotRead("no_head" if refs.targets else "empty_repository")
    return [(name, refs.targets[name]) for name in local + tracked]


def _unit(
    target: Target,
    layout: Layout,
    origin: str,
    name: str,
    refs: Refs,
    branch: str | None,
    commit: Commit,
    reader: _Reader,
) -> Unit:
    return Unit(
        source="git",
        origin=origin,
        repo_name=name,
        tree_key=f"git:{commit.tree_id}",
        location=layout.git_dir,
        snapshot_id=refs.snapshot_id,
        revision_id=commit.revision_id,
        directory_id=commit.tree_id,
        branch_name=branch.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
        if branch
        else None,
        revision_date=commit.author_date,
        committer_date=commit.committer_date,
        history_id=reader.root(commit.revision_id),
        star_events_count=target.star_events_count,
        fork_events_count=target.fork_events_count,
        gha_license_id=target.gha_license_id,
    )


def _origin_and_name(target: Target, remote: str | None = None, folder: str | None = None) -> tuple[str, str]:
    """URL that names the repository, and its name: `owner/name` for a forge, else the folder's name."""
    url = target.location if target.is_url else remote
    if url and is_url(url):
        origin = without_secrets(url)
    else:
        origin = Path(os.path.abspath(url or folder or target.location)).as_uri()
    if target.repo_name:
        return origin, target.repo_name
    if url and is_url(url) and not url.startswith("file:"):
        return origin, "/".join(path_of(url).split("/")[-2:])
    own = os.path.basename(folder or path_of(target.location)).removesuffix(".git")
    return origin, os.fsencode(own).decode("utf-8", "backslashreplace")
