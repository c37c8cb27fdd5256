"""What a repository's folder says by itself, read without starting git."""

import os
import re
from dataclasses import dataclass

_SECTION = re.compile(r'\[\s*([A-Za-z0-9.-]+)(?:\s+"((?:[^"\\]|\\.)*)")?\s*\]')
_KEY = re.compile(r"([A-Za-z][A-Za-z0-9-]*)\s*(?:=\s*(.*))?$", re.DOTALL)
_VALUE = re.compile(r'\\(.)|"|([#;])|([^\\"#;]+)', re.DOTALL)
_ESCAPED = re.compile(r"\\(.)")
_ESCAPES = {"n": "\n", "t": "\t", "b": "\b"}
_ALTERNATES_DEPTH = 5  # git's own limit


class CannotRead(Exception):
    """A repository that cannot be used, with the reason that is counted."""

    def __init__(self, reason: str, value: str = "") -> None:
        super().__init__(f"{reason}: {value}")
        self.reason = reason
        self.value = value


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the parts of one repository lie."""

    git_dir: str
    """Folder with this work tree's own HEAD."""
    common_dir: str
    """Folder with references, objects and configuration; differs from `git_dir` in a linked work tree."""
    folder: str
    """Folder that a person would name: the work tree, or the bare repository."""

    @property
    def objects_dir(self) -> str:
        """Folder with the repository's own objects."""
        return os.path.join(self.common_dir, "objects")

    @property
    def shallow_file(self) -> str | None:
        """File with the commits whose parents were cut off; None for a complete history."""
        path = os.path.join(self.common_dir, "shallow")
        return path if os.path.isfile(path) and os.path.getsize(path) else None


def find(path: str | os.PathLike[str]) -> Layout:
    """Find the repository in exactly this folder; parents are not searched.

    Raises:
        CannotRead: `not_a_repository` or `unreadable`.
    """
    folder = os.path.abspath(path)
    try:
        inner = os.path.join(folder, ".git")
        git_dir = _gitfile(inner) if os.path.isfile(inner) else inner
        if os.path.isdir(git_dir):
            return _layout(git_dir, folder)
        named = os.path.dirname(folder) if os.path.basename(folder) == ".git" else folder
        return _layout(folder, named)
    except PermissionError as error:
        raise CannotRead("unreadable", error.strerror or "permission denied") from error
    except (OSError, ValueError) as error:
        raise CannotRead("not_a_repository", type(error).__name__) from error


def head(layout: Layout) -> tuple[str | None, str | None]:
    """HEAD as (reference, None) or, detached, (None, object id); (None, None) where it is missing."""
    try:
        text = _text(os.path.join(layout.git_dir, "HEAD")).strip()
    except (OSError, ValueError):
        return None, None
    if text.startswith("ref:"):
        return text[4:].strip(), None
    return None, text if re.fullmatch(r"[0-9a-f]{40}", text) else None


def read_config(layout: Layout) -> dict[str, str]:
    """Repository's own configuration, first value of each key, without included files."""
    try:
        lines = _text(os.path.join(layout.common_dir, "config")).replace("\\\n", "").splitlines()
    except OSError:
        return {}
    found: dict[str, str] = {}
    prefix = ""
    for line in lines:
        rest = line.strip()
        if section := _SECTION.match(rest):
            name, inner = section[1].lower(), section[2]
            prefix = f"{name}." if inner is None else name + "." + _ESCAPED.sub(r"\1", inner) + "."
            rest = rest[section.end() :].strip()
        if key := _KEY.match(rest):
            found.setdefault(prefix + key[1].lower(), "true" if key[2] is None else _config_value(key[2]))
    return found


def object_folders(layout: Layout) -> list[str]:
    """Folders that hold objects: the repository's own, then those it borrows from (alternates)."""
    found = [layout.objects_dir]
    level = found[:]
    for _ in range(_ALTERNATES_DEPTH):
        level = [path for folder in level for path in _alternates(folder) if path not in found]
        found += level
    return found


def _layout(git_dir: str, folder: str) -> Layout:
    common_dir = git_dir
    names = set(os.listdir(git_dir))
    if "commondir" in names:
        common_dir = os.path.normpath(
            os.path.join(git_dir, _text(os.path.join(git_dir, "commondir")).strip())
        )
        names |= set(os.listdir(common_dir))
    if not {"objects", "refs"} <= names:
        raise CannotRead("not_a_repository", "no objects or references in the folder")
    # As git does: the folder's real place counts, so that one repository has one location.
    return Layout(os.path.realpath(git_dir), os.path.realpath(common_dir), folder)


def _gitfile(path: str) -> str:
    text = _text(path).strip()
    if not text.startswith("gitdir:"):
        raise CannotRead("not_a_repository", "`.git` is a file that names no folder")
    return os.path.join(os.path.dirname(path), text[7:].strip())


def _alternates(folder: str) -> list[str]:
    try:
        lines = _text(os.path.join(folder, "info", "alternates")).splitlines()
    except OSError:
        return []
    return [
        os.path.normpath(os.path.join(folder, line)) for line in lines if line and not line.startswith("#")
    ]


def _config_value(text: str) -> str:
    parts: list[str] = []
    quoted = False
    for match in _VALUE.finditer(text):
        escaped, comment, plain = match.groups()
        if comment and not quoted:
            break
        if match[0] == '"':
            quoted = not quoted
        else:
            parts.append(_ESCAPES.get(escaped, escaped) if escaped else comment or plain)
    return "".join(parts).strip()


def _text(path: str) -> str:
    with open(path, encoding="utf-8", errors="surrogateescape", newline="") as file:
        return file.read()
