"""Git source -> units: one for each repository (or branch) at the point that the recipe names."""

import logging
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Lock

from tilth.config.sources import GitSource
from tilth.data.sources.git.commit import Commit
from tilth.data.sources.git.commits import CommitReader
from tilth.data.sources.git.first_commits import FirstCommits
from tilth.data.sources.git.in_order import in_order
from tilth.data.sources.git.layout import CannotRead, Layout, find, read_config
from tilth.data.sources.git.lists import Target, is_url, path_of, targets, without_secrets
from tilth.data.sources.git.mirror import mirror
from tilth.data.sources.git.refs import Refs, read_refs
from tilth.records import Refusal, Unit

AT_ONCE = 4
"""Repositories that are fetched or looked at at the same time: more would trouble a forge."""

_log = logging.getLogger(__name__)
_DEFAULT_BRANCHES = ("refs/heads/main", "refs/heads/master")
_TRACKED = "refs/remotes/origin/"


def resolve(source: GitSource, cache: Path, *, offline: bool = False) -> Iterator[Unit | Refusal]:
    """Resolve each repository of a source, several at once, in the order of the source.

    Args:
        source: The recipe's entry.
        cache: Folder for mirrors of URLs, where the source names none, and for what is remembered of histories.
        offline: Use mirrors as they are.

    Raises:
        UserError: The source's patterns or list are wrong (see `lists.targets`), or git is not installed.
    """
    resolver = _Resolver(
        mirrors=Path(source.mirrors).expanduser() if source.mirrors else cache,
        known=FirstCommits(cache / "first_commits.txt"),
        every_branch=source.every_branch,
        offline=offline,
    )
    for found in in_order(resolver.resolve, targets(source), AT_ONCE, stop=resolver.stop):
        yield from found


@dataclass(frozen=True, slots=True)
class _Resolver:
    """What the repositories of one source share; used by several threads."""

    mirrors: Path
    known: FirstCommits
    every_branch: bool
    offline: bool
    stop: Event = field(default_factory=Event)
    _locks: dict[str, Lock] = field(default_factory=dict)

    def resolve(self, target: Target) -> list[Unit | Refusal]:
        path: str | os.PathLike[str] = target.location
        if target.is_url:
            origin, name = _origin_and_name(target)
            # Two fetches into one mirror would fail on each other's locks.
            with self._locks.setdefault(origin, Lock()):
                copy = mirror(target.location, self.mirrors, offline=self.offline, stop=self.stop)
            if copy.path is None:
                return [Refusal(origin=origin, repo_name=name, reason="unreachable", value=copy.note)]
            if copy.note:
                _log.warning("%s: %s", origin, copy.note)
            path = copy.path
        return list(_resolve_local(target, path, self.known, every_branch=self.every_branch))


def _resolve_local(
    target: Target, path: str | os.PathLike[str], known: FirstCommits, *, every_branch: bool
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
    with CommitReader(layout, known) as reader:
        for branch, wanted in points:
            try:
                yield _unit(target, layout, origin, name, refs, branch, reader.commit(wanted, target), reader)
            except CannotRead as error:
                value = error.value or branch or wanted
                yield Refusal(origin=origin, repo_name=name, reason=error.reason, value=value)


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
    reader: CommitReader,
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
        history_id=reader.root(commit),
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
