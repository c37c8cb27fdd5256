"""Where rows come from: a dataset in memory, a file, a folder, a release or task set of tilth, or a name on the hub."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tilth.errors import UserError
from tilth.tasks.task_set import MANIFEST, TaskSet

if TYPE_CHECKING:
    from datasets import Dataset, IterableDataset

_BUILDERS = {
    ".parquet": "parquet",
    ".jsonl": "json",
    ".json": "json",
    ".ndjson": "json",
    ".csv": "csv",
    ".arrow": "arrow",
    ".txt": "text",
}
"""Ending of a file -> what `datasets` reads it with; compressed ones (`.jsonl.gz`, `.jsonl.zst`) too."""

_PACKED = {".gz", ".zst", ".xz", ".bz2"}


@dataclass(frozen=True, slots=True)
class Source:
    """Rows and what they are called."""

    rows: "Dataset | IterableDataset"
    name: str
    text_column: str | None = None
    """Column with the text, where the source knows it."""
    release: str | None = None
    """Name and version of the release of tilth, for the record of what a model learnt from."""


def load(
    what: Any,
    *,
    split: str = "train",
    name: str | None = None,
    data_dir: str | None = None,
    data_files: Any = None,
    streaming: bool = False,
) -> Source:
    """Rows from whatever a user names.

    Args:
        what: A dataset of `datasets`, rows in a list, the path of a file or folder, or a name on the hub.
        split: Which split, where there are several.
        name: Configuration on the hub; language of a release.
        data_dir: Folder inside a dataset of the hub.
        data_files: Files inside it, or files for one of the readers (`json`, `parquet`, `csv`, `text`).
        streaming: Read as training goes on, and hold nothing on disk.

    Raises:
        UserError: It cannot be read, or has no such split.
    """
    from datasets import Dataset, IterableDataset

    if isinstance(what, Dataset | IterableDataset):
        return Source(what, "rows in memory")
    if isinstance(what, Mapping):
        return Source(_split(what, split), "rows in memory")
    if isinstance(what, Sequence) and not isinstance(what, str):
        if not what:
            raise UserError("the dataset has no rows", hint="check the file, the split and the filters")
        return Source(Dataset.from_list(list(what)), "rows in memory")
    path = Path(what)
    if (path / MANIFEST).is_file():
        return _task_set(path, streaming)
    if (path / "manifest.json").is_file():
        return _release(path, name, streaming)
    if path.is_file():
        return Source(_files([path], streaming), str(path))
    if path.is_dir():
        return _folder(path, split, streaming)
    if isinstance(what, Path) or what.startswith((".", "/", "~")) or _builder(path):
        raise UserError(f"`{what}` is neither a file nor a folder", hint="check the path")
    found = _loaded(
        str(what), name=name, split=split, streaming=streaming, data_dir=data_dir, data_files=data_files
    )
    return Source(found, str(what))


def _release(path: Path, language: str | None, streaming: bool) -> Source:
    """The rows of a release: the texts of its files."""
    import json

    manifest = json.loads((path / "manifest.json").read_text("utf-8"))
    files = sorted((path / "data").glob(f"{language or '*'}/*.parquet"))
    label = f"{manifest.get('name', path.name)} {manifest.get('version', '')}".strip()
    if not files:
        known = sorted(one.name for one in (path / "data").glob("*") if one.is_dir())
        raise UserError(
            f"the release `{path}` has no rows" + (f" of `{language}`" if language else ""),
            hint=f"it has {', '.join(known)}" if known else "build it again: nothing was kept",
        )
    rows = _files(files, streaming)
    if "content" not in (rows.column_names or ()):
        raise UserError(
            f"the release `{path}` has its texts in packs beside the rows",
            hint="build it with `release.contents: inline`, or write one with `tilth data export`",
        )
    return Source(rows, str(path), "content", label)


def _task_set(path: Path, streaming: bool) -> Source:
    """The rows of a task set."""
    found = TaskSet.open(path)
    if not found.manifest["counts"]["kept"]:
        raise UserError(f"the task set `{path}` has no tasks", hint="`tilth tasks show` says why")
    return Source(_files(found.files, streaming), str(path))


def _folder(path: Path, split: str, streaming: bool) -> Source:
    """A folder that `datasets` saved, or one with files of one kind."""
    from datasets import load_from_disk

    if (path / "state.json").is_file() or (path / "dataset_dict.json").is_file():
        saved = load_from_disk(str(path))
        return Source(_split(saved, split) if isinstance(saved, Mapping) else saved, str(path))
    files = sorted(one for one in path.rglob("*") if one.is_file() and _builder(one))
    named = [one for one in files if one.name.startswith(split) or one.parent.name == split]
    files = named or files
    if not files:
        raise UserError(f"`{path}` holds no files of rows", hint=f"one of {', '.join(_BUILDERS)} is read")
    if len({_builder(one) for one in files}) > 1:
        raise UserError(f"`{path}` holds files of several kinds", hint="name the files of one kind")
    return Source(_files(files, streaming), str(path))


def _files(files: Sequence[Path], streaming: bool) -> "Dataset | IterableDataset":
    builder = _builder(files[0])
    if builder is None:
        raise UserError(f"`{files[0]}` is no file of rows", hint=f"one of {', '.join(_BUILDERS)} is read")
    empty = [one for one in files if not one.stat().st_size]
    if len(empty) == len(files):
        raise UserError(f"`{files[0]}` is empty")
    paths = [str(one) for one in files if one not in empty]
    return _loaded(builder, split="train", streaming=streaming, data_files=paths)


def _loaded(what: str, **options: Any) -> "Dataset | IterableDataset":
    from datasets import load_dataset

    try:
        return load_dataset(what, **{key: value for key, value in options.items() if value is not None})
    except Exception as error:
        # Readers of files and of the hub raise whatever their formats do; the cause underneath has the words.
        words = " ".join(str(error.__cause__ or error).split())
        where = options.get("data_files") or what
        shown = where[0] if isinstance(where, list) and len(where) == 1 else where
        raise UserError(
            f"`{shown}` cannot be read as rows: {words[:300]}",
            hint="check the path or name, the split, and that each line of JSONL is one object",
        ) from error


def _split(splits: Mapping[str, Any], split: str) -> Any:
    if split not in splits:
        raise UserError(f"there is no split `{split}`", hint=f"there are {', '.join(splits)}")
    return splits[split]


def _builder(path: Path) -> str | None:
    name = path.with_suffix("") if path.suffix in _PACKED else path
    return _BUILDERS.get(name.suffix)
