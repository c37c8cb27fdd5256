"""The rows that cross a border between parts: frozen, plain, each documented once, here."""

from dataclasses import dataclass
from datetime import datetime

SCHEMA_VERSION = 1
"""Version of the tables in the store and in a release; raised when a column changes its meaning."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """One snapshot of one origin: what a source resolves to before its files are read."""

    source: str
    """Kind of the source: git, package, archive, folder or parquet."""
    origin: str
    """URL that names where the files come from (`file://` for local ones, a package URL for packages)."""
    repo_name: str
    """Name as The Stack writes it: `owner/name` for a forge, else the last part of the origin."""
    tree_key: str
    """Address of the listing: equal keys mean equal paths and contents."""
    location: str
    """Path or URL that the bytes are read from."""
    snapshot_id: str | None = None
    """SWHID of the snapshot (all branches), `swh:1:snp:…`."""
    revision_id: str | None = None
    """Commit, 40 hex digits."""
    directory_id: str | None = None
    """Root tree, 40 hex digits; None until it is known."""
    branch_name: str | None = None
    """Full reference, such as `refs/heads/main`."""
    revision_date: datetime | None = None
    """Author date of the revision, UTC; None where it is unknown or outside the years 1970 to 9999."""
    committer_date: datetime | None = None
    """Committer date of the revision, UTC."""
    history_id: str | None = None
    """What forks and versions share: the first root commit, or the package's name."""
    star_events_count: int | None = None
    fork_events_count: int | None = None
    gha_license_id: str | None = None
    """SPDX id that the forge's metadata states, where the source's list has one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A unit that could not be read at all, with the reason; counted, never fatal."""

    origin: str
    repo_name: str
    reason: str
    value: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One path of a unit. Every path has one; `refused` says why it cannot be a candidate."""

    path: str
    """Path in the unit, `/` between parts; bytes that are not UTF-8 written as `\\xNN`."""
    path_raw: bytes | None = None
    """The path's own bytes where they are not UTF-8."""
    mode: int = 0o100644
    """Git's file mode."""
    content_id: str | None = None
    """Git blob id of the bytes (sha1_git), 40 hex digits; None where they were not read."""
    size: int = 0
    """Bytes."""
    refused: str | None = None
    refused_value: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One file that a commit changed, before and after."""

    revision_id: str
    parent_id: str | None
    message: str
    revision_date: datetime | None
    committer_date: datetime | None
    status: str
    """A added, M modified, D deleted, T type changed."""
    path: str
    old_content_id: str | None
    new_content_id: str | None
