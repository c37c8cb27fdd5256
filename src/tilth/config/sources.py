"""What a recipe may say about where files come from."""

import datetime
from typing import Annotated, Literal

from pydantic import Field, model_validator

from tilth.config.limits import Count, Length
from tilth.config.strict import Strict


class GitSource(Strict):
    """Git repositories, local or by URL, at one point or at several."""

    kind: Literal["git"]
    """Repositories read through git's object store."""
    repositories: tuple[str, ...] = ()
    """Local paths (bare or not, `*` allowed) or URLs."""
    list: str | None = None
    """File with more of them: text (one a line), CSV, JSONL or parquet with a column `url`, `path`, `origin` or `repository`; `star_events_count`, `fork_events_count`, `gha_license_id`, `repo_name`, `branch`, `tag`, `commit` and `date` are read where they stand."""  # noqa: E501
    branch: str | None = None
    """Branch to read instead of the default one."""
    tag: str | None = None
    """Tag to read instead of the default branch."""
    commit: str | None = None
    """Commit to read, 40 hex digits or an unambiguous prefix."""
    date: datetime.date | None = None
    """Read the last commit on the branch that is not after the end of this day, UTC."""
    every_branch: bool = False
    """Read the head of every branch, each as a unit of its own."""
    history: bool = False
    """Also write each commit's message and changed files, before and after."""
    mirrors: str | None = None
    """Folder for the local mirrors of URLs; the store's `mirrors` folder by default."""

    @model_validator(mode="after")
    def _names_something(self) -> "GitSource":
        if not self.repositories and self.list is None:
            raise ValueError("a git source needs `repositories` or `list`")
        chosen = [name for name in ("branch", "tag", "commit") if getattr(self, name)]
        if len(chosen) > 1 or (self.every_branch and (chosen or self.date)):
            raise ValueError("choose one of `branch`, `tag`, `commit` and `every_branch`")
        if self.date and (self.tag or self.commit):
            raise ValueError("`date` goes with a branch, not with `tag` or `commit`")
        return self


class PackageSource(Strict):
    """Source packages of PyPI, npm or Debian, through the clients and indexes that the user has configured."""

    kind: Literal["package"]
    """Source packages of a registry."""
    index: Literal["pypi", "npm", "debian"]
    """Which registry the names belong to."""
    packages: tuple[str, ...] = ()
    """Names with a version: `requests==2.32.3`, `left-pad@1.3.0`, `hello=2.10-3`; without one, the newest."""
    list: str | None = None
    """Text file with more of them, one a line."""

    @model_validator(mode="after")
    def _names_something(self) -> "PackageSource":
        if not self.packages and self.list is None:
            raise ValueError("a package source needs `packages` or `list`")
        return self


class ArchiveSource(Strict):
    """Archives: tar (plain, gz, bz2, xz, zst), zip and wheels."""

    kind: Literal["archive"]
    """Files inside archives."""
    paths: tuple[str, ...] = Field(min_length=1)
    """Paths, globs or URLs (`s3://…`) of the archives."""
    unpacked_max_bytes: Count = 8 * 2**30
    """An archive that unpacks to more than this is refused as a bomb from there on."""
    ratio_max: Length = 200.0
    """An archive that unpacks to more than this many times its size (past 64 MiB) is refused as a bomb."""


class FolderSource(Strict):
    """Folders of files."""

    kind: Literal["folder"]
    """Files in a folder, links not followed."""
    paths: tuple[str, ...] = Field(min_length=1)
    """Paths or globs; each folder is one unit."""
    repo_name: str | None = None
    """Name to give the files' repository; the folder's own name by default."""


class ParquetSource(Strict):
    """Rows of parquet files in the hub's layout, The Stack's column names understood."""

    kind: Literal["parquet"]
    """Files stored as rows."""
    paths: tuple[str, ...] = Field(min_length=1)
    """Paths, globs or URLs of the parquet files."""
    withdrawn: bool = False
    """Read files of releases that were withdrawn all the same."""
    columns: dict[str, str] = Field(default_factory=dict)
    """Which column holds what, for names that are not recognised: `content: body`, `path: file_name`, …"""


Source = Annotated[
    GitSource | PackageSource | ArchiveSource | FolderSource | ParquetSource, Field(discriminator="kind")
]
