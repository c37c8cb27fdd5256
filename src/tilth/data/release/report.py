"""The report: one page that tells what is in a release, what left it and why, and how to load and check it.

It is made from the manifest and the tables beside the data; it shows names, paths and deciding values, never contents.
"""

import os
from pathlib import Path
from typing import Any

from tilth.data.policy.rules import RULES
from tilth.data.release.look import drops_by_reason, opened
from tilth.data.release.sealed import CHECKSUMS, read_manifest
from tilth.errors import UserError
from tilth.report import page
from tilth.report.numbers import count, percent, size
from tilth.report.svg import FlowStage, bars, flow
from tilth.store.atomic import write_text

SAMPLES = 5
"""Files shown for each reason."""
ROWS_MAX = 100
"""Languages, licences, units and refusals that a table shows; the release itself has all of them."""
BARS_MAX = 15

_SAYS = {rule.reason: rule.says.replace("`", "").rstrip(".") for rule in RULES}


def default_target(release: Path) -> Path:
    """Beside the release, never inside it: a release is sealed."""
    named = release if release.name not in ("", "..") else release.resolve()
    return named.with_name(f"{named.name}.report.html")


def write_report(release: Path, target: Path) -> None:
    """Writes the page of `release` to `target`.

    Raises:
        UserError: There is no release there, or `target` lies inside it.
    """
    manifest = read_manifest(release)
    if target.resolve().is_relative_to(release.resolve()):
        raise UserError(
            f"`{target}` is inside the release, which is sealed", hint="write the report beside it"
        )
    tables = _tables(release)
    parts = [
        page.head(f"{manifest['name']} {manifest['version']}", "A release of source code, made by tilth."),
        _figures(manifest),
        _flow(manifest),
        _drops(release, tables["samples"]),
        _shares("Languages", "language", manifest["languages"]),
        _shares("Licences", "licence", manifest["licences"]),
        _units(tables["units"], manifest["counts"]["units"]),
        _refusals(tables["refusals"], manifest["counts"]["refused_units"]),
        *_history(manifest),
        _policy(manifest),
        _loading(release, manifest),
    ]
    target.parent.mkdir(parents=True, exist_ok=True)
    write_text(target, page.page(f"{manifest['name']} {manifest['version']}", parts))


def _tables(release: Path) -> dict[str, list[dict[str, Any]]]:
    """Samples of drops, units and refusals; the same ones for the same release."""
    with opened(release) as sql:
        samples = []
        if any(name == "reason" for (name, *_) in sql.rows("DESCRIBE drops")):
            samples = sql.table(
                f"""SELECT reason, "value", repo_name, path, language, size FROM drops
                QUALIFY row_number() OVER (PARTITION BY stage, reason
                  ORDER BY hash(coalesce(content_id, '') || path), origin) <= {SAMPLES}
                ORDER BY reason, repo_name, path"""
            ).to_pylist()
        found = {"samples": samples}
        for name, columns in (
            ("units", "repo_name, origin, branch_name, revision_id, num_files, num_kept"),
            ("refusals", 'repo_name, origin, reason, "value"'),
        ):
            path = str(release / "metadata" / f"{name}.parquet").replace("'", "''")
            order = "num_kept DESC, origin" if name == "units" else "origin, reason"
            query = f"SELECT {columns} FROM read_parquet('{path}') ORDER BY {order} LIMIT {ROWS_MAX}"
            found[name] = sql.table(query).to_pylist()
    return found


def _figures(manifest: dict[str, Any]) -> page.Markup:
    counts = manifest["counts"]
    return page.figures(
        {
            "files kept": count(counts["kept"]["files"]),
            "of files": count(counts["files"]),
            "text": size(counts["kept"]["bytes"]),
            "units": count(counts["units"]),
            "languages": count(len(manifest["languages"])),
            "licences": count(len(manifest["licences"])),
        }
    )


def _flow(manifest: dict[str, Any]) -> page.Markup:
    stages = [
        FlowStage(stage["stage"], {reason: drop["files"] for reason, drop in stage["dropped"].items()})
        for stage in manifest["counts"]["stages"]
    ]
    drawn = flow(manifest["counts"]["files"], stages, title="From all files to those kept")
    return page.section("From all files to those kept", page.drawing(drawn))


def _drops(release: Path, samples: list[dict[str, Any]]) -> page.Markup:
    lines = []
    for drop in drops_by_reason(release):
        reason = drop["reason"]
        shown = [
            {k: v for k, v in row.items() if k != "reason"} for row in samples if row["reason"] == reason
        ]
        said = f": {_SAYS[reason]}" if reason in _SAYS else ""
        files = "1 file" if drop["files"] == 1 else f"{count(drop['files'])} files"
        figure = f"{files}, {size(drop['bytes'])}"
        lines.append(page.folded(f"{drop['stage']} / {reason}{said}", figure, page.table(shown)))
    words = page.text(f"Each reason opens to at most {SAMPLES} of its files, with the value that decided.")
    return page.section("What left, and why", words, *lines)


def _shares(title: str, name: str, entries: dict[str, Any]) -> page.Markup:
    ordered = sorted(entries.items(), key=lambda entry: (-entry[1]["bytes"], entry[0]))
    whole = sum(entry["bytes"] for _, entry in ordered)
    rows: list[tuple[str, float]] = [(label, entry["bytes"]) for label, entry in ordered[:BARS_MAX]]
    if rest := ordered[BARS_MAX:]:
        rows.append((f"{len(rest)} more", sum(entry["bytes"] for _, entry in rest)))
    listed = [
        {
            name: label,
            "files": entry["files"],
            "text": size(entry["bytes"]),
            "share": percent(entry["bytes"], whole),
        }
        for label, entry in ordered[:ROWS_MAX]
    ]
    figure = "" if len(ordered) <= ROWS_MAX else f"the first {ROWS_MAX} of {count(len(ordered))}"
    return page.section(
        title,
        page.drawing(bars(rows, title=f"{title}, by bytes of text", shown=size)),
        page.folded("As a table", figure, page.table(listed)),
    )


def _units(units: list[dict[str, Any]], number: int) -> page.Markup:
    figure = count(number) if number <= ROWS_MAX else f"the first {ROWS_MAX} of {count(number)}"
    return page.section("Units", page.folded("What was read, by files kept", figure, page.table(units)))


def _refusals(refusals: list[dict[str, Any]], number: int) -> page.Markup:
    words = [page.text(f"The first {ROWS_MAX} of {count(number)}.")] if number > ROWS_MAX else []
    return page.section("Units that could not be read", *words, page.table(refusals))


def _history(manifest: dict[str, Any]) -> list[page.Markup]:
    history = manifest["history"]
    if not history["in"]:
        return []
    words = f"{count(history['kept'])} of {count(history['in'])} changed files of commits were kept."
    rows = [{"reason": reason, "changes": number} for reason, number in history["dropped"].items()]
    return [page.section("History", page.text(words), page.table(rows))]


def _policy(manifest: dict[str, Any]) -> page.Markup:
    settings = [
        {"setting": name, "value": ", ".join(value) if isinstance(value, list) else str(value)}
        for name, value in manifest["policy"].items()
        if value is not None
    ]
    tool = manifest["tool"]
    facts = ", ".join(f"{name} {version}" for name, version in tool["facts"].items())
    words = page.text(f"tilth {tool['tilth']}, pyarrow {tool['pyarrow']}; facts: {facts}.")
    return page.section("Policy and tool", words, page.folded("Settings that hold", "", page.table(settings)))


def _loading(release: Path, manifest: dict[str, Any]) -> page.Markup:
    name = release.absolute().name
    first = max(
        manifest["languages"].values(), key=lambda entry: entry["files"], default={"folder": "python"}
    )["folder"]
    load = (
        "from datasets import load_dataset\n\n"
        f'load_dataset("{name}", split="train", streaming=True)\n'
        f'load_dataset("{name}", "{first}", split="train")'
    )
    verify = f"cd {name} && sha256sum -c {CHECKSUMS}\ntilth data verify {name}"
    words = f"Inputs have the fingerprint {manifest['inputs']['fingerprint']}."
    return page.section("Load it, check it", page.code(load), page.code(verify), page.text(words))


def has_display() -> bool:
    """Whether a browser can be shown here."""
    return os.name == "nt" or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
