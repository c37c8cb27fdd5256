"""What a model learnt from, written beside its weights: `lineage.json`, and the same in words on its card."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final

from tilth import __version__
from tilth.store.atomic import write_text
from tilth.store.hashes import sha256_of
from tilth.tasks.origins import reference_of, rows_by_origin, stands_on

LINEAGE: Final = "lineage.json"
LINEAGE_VERSION: Final = 1
_BEGIN, _END = "<!-- lineage: written by tilth -->", "<!-- end of lineage -->"
_PACKAGES: Final = ("torch", "transformers", "accelerate", "peft", "datasets")
_SHOWN: Final = 20


def lineage(
    model: Path, method: str, base: str, config: Mapping[str, Any], datasets: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """The record of a run.

    Args:
        model: Folder with the trained weights.
        method: How it was trained.
        base: The model that the run began from: a folder, or a name.
        config: The resolved settings.
        datasets: For each: `path`, `name` (a language of a release), and `used`, the numbers of its rows that were
            trained on, where they are known.
    """
    weights = sorted(model.glob("*.safetensors"))
    return {
        "lineage_version": LINEAGE_VERSION,
        "name": model.name,
        "method": method,
        "weights": [{"path": path.name, "sha256": sha256_of(path)} for path in weights],
        "base": _base(base),
        "datasets": [_dataset(one) for one in datasets],
        "config": {key: value for key, value in config.items() if _is_plain(value)},
        "tool": {"tilth": __version__} | _versions(),
    }


def write(model: Path, record: Mapping[str, Any]) -> Path:
    """Writes the record, and its words into the card beside it; what else the card says stays."""
    write_text(model / LINEAGE, json.dumps(record, indent=1, ensure_ascii=False, default=str) + "\n")
    card = model / "README.md"
    before = card.read_text("utf-8") if card.exists() else f"# {record['name']}\n"
    if _BEGIN in before and _END in before:
        head, _, rest = before.partition(_BEGIN)
        before = head + rest.partition(_END)[2].lstrip("\n")
    write_text(card, f"{before.rstrip()}\n\n{_BEGIN}\n{words(record)}{_END}\n")
    return model / LINEAGE


def words(record: Mapping[str, Any]) -> str:
    """The record as a section of a card."""
    lines = ["## What it learnt from", ""]
    base = record["base"]
    known = " (its own lineage is part of this record)" if base["lineage"] else ""
    lines += [f"Trained by `{record['method']}` from `{base['name']}`{known}, on:", ""]
    for one in record["datasets"]:
        made_of = [f"{ref['kind']} {ref['name']} {ref['version']}".strip() for ref in one["stands_on"]]
        told = ", made of ".join(made_of) or f"`{one['path']}`, of which nothing is known"
        lines.append(f"- {told}: {one['rows']:,} rows of {len(one['rows_by_repository']):,} repositories")
    total: dict[str, int] = {}
    for one in record["datasets"]:
        for origin, number in one["rows_by_repository"].items():
            total[origin] = total.get(origin, 0) + number
    if total:
        most = sorted(total.items(), key=lambda pair: (-pair[1], pair[0]))
        lines += ["", "| repository | rows |", "| --- | --: |"]
        lines += [f"| {origin} | {number:,} |" for origin, number in most[:_SHOWN]]
        if len(most) > _SHOWN:
            lines.append(
                f"| {len(most) - _SHOWN} more, in `{LINEAGE}` | {sum(n for _, n in most[_SHOWN:]):,} |"
            )
    lines += [
        "",
        f"`tilth governance reach REPOSITORY` says whether a repository is among them; `{LINEAGE}` has all.",
    ]
    return "\n".join(lines) + "\n"


def _base(name: str) -> dict[str, Any]:
    folder = Path(name)
    held = folder / LINEAGE
    record = json.loads(held.read_text("utf-8")) if held.is_file() else None
    sha256 = sha256_of(held) if record is not None else None
    weights = [
        {"path": path.name, "sha256": sha256_of(path)} for path in sorted(folder.glob("*.safetensors"))
    ]
    return {"name": name, "weights": weights, "lineage_sha256": sha256, "lineage": record}


def _dataset(said: Mapping[str, Any]) -> dict[str, Any]:
    path, used = Path(str(said["path"])), said.get("used")
    references = [asdict(one) for one in stands_on(path)] if path.is_dir() else []
    counts = rows_by_origin(path, language=said.get("name"), used=used) if reference_of(path) else {}
    rows = len(used) if used is not None else said.get("rows", 0)
    return {
        "path": str(said["path"]),
        "stands_on": references,
        "rows": rows,
        "rows_by_repository": dict(counts),
    }


def _versions() -> dict[str, str]:
    found = {}
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def _is_plain(value: Any) -> bool:
    return value is None or isinstance(value, str | int | float | bool | list | dict)
