"""Which column of a parquet file holds what: The Stack's names, and those that other sets on the hub use."""

from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from tilth.errors import UserError

CONTENT, PATH, REPO_NAME = "content", "path", "repo_name"

# Column names of The Stack v1 and v2, and of code sets on the hub, each list in order of preference.
_KNOWN = {
    CONTENT: ("content", "text", "code"),
    PATH: ("path", "max_stars_repo_path", "filename", "file_path", "file_name", "filepath"),
    REPO_NAME: ("repo_name", "repository_name", "repo", "max_stars_repo_name", "repository"),
    "snapshot_id": ("snapshot_id",),
    "revision_id": ("revision_id", "max_stars_repo_head_hexsha", "commit_id"),
    "directory_id": ("directory_id",),
    "branch_name": ("branch_name",),
    "revision_date": ("revision_date",),
    "committer_date": ("committer_date",),
    "star_events_count": ("star_events_count", "max_stars_count"),
    "fork_events_count": ("fork_events_count", "max_forks_count"),
    "gha_license_id": ("gha_license_id",),
}


@dataclass(frozen=True, slots=True)
class Columns:
    """Column names by what they hold; `content` is always there."""

    names: dict[str, str]

    @property
    def content(self) -> str:
        """Column of the files' bytes."""
        return self.names[CONTENT]

    @property
    def path(self) -> str | None:
        """Column of the files' paths."""
        return self.names.get(PATH)

    @property
    def repo_name(self) -> str | None:
        """Column of the repositories' names."""
        return self.names.get(REPO_NAME)

    @property
    def small(self) -> list[str]:
        """All columns but the content."""
        return [name for key, name in self.names.items() if key != CONTENT]


def find(schema: Any, chosen: dict[str, str], where: str) -> Columns:
    """The columns of a file with this Arrow schema; `chosen` comes before the known names.

    Raises:
        UserError: No column holds the content, a chosen one is not there, or holds the wrong type.
    """
    has = list(schema.names)
    for key, name in chosen.items():
        if key not in _KNOWN:
            raise UserError(
                f"`columns: {key}` is not known", where=where, hint=f"use one of {', '.join(_KNOWN)}"
            )
        if name not in has:
            what = f"the file has no column `{name}`, it has {', '.join(has)}"
            raise UserError(what, where=where, hint=f"correct `columns: {key}`")
    names = {
        key: chosen.get(key) or next((n for n in known if n in has), "") for key, known in _KNOWN.items()
    }
    names = {key: name for key, name in names.items() if name}
    if CONTENT not in names:
        what = f"no column holds the files' content; the file has {', '.join(has)}"
        raise UserError(what, where=where, hint="name it in the recipe: `columns: {content: your_column}`")
    for key in (CONTENT, PATH, REPO_NAME):
        if key in names and not _is_bytes(schema.field(names[key]).type):
            what = f"column `{names[key]}` is {schema.field(names[key]).type}, not text or bytes"
            raise UserError(what, where=where, hint=f"name another one in `columns: {{{key}: …}}`")
    return Columns(names)


def as_bytes(column: Any) -> list[bytes | None]:
    """The values of a text or binary column as bytes, None where null."""
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    values: list[bytes | None] = column.cast(pa.large_binary()).to_pylist()
    return values


def _is_bytes(kind: Any) -> bool:
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    tests = (
        "is_string",
        "is_large_string",
        "is_binary",
        "is_large_binary",
        "is_string_view",
        "is_binary_view",
    )
    return any(getattr(pa.types, test)(kind) for test in tests)
