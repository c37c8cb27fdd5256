"""What is believed about one file, and why: the facts, the licence and the rules of a build, on one file.

The file and those above it that may speak of its licence are taken in, joined and judged by the functions that a build
uses; only the telling is done here. A build may know more: other places with the same bytes, the forge's word, copies.
"""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tilth.data.decide import judge
from tilth.data.facts import groups as fact_groups
from tilth.data.facts import path_flags
from tilth.data.facts.batch import Batch
from tilth.data.facts.licence.expressions import parse
from tilth.data.facts.licence.names import is_licence_file, metadata_format
from tilth.data.join import view_joining
from tilth.data.policy.compatibility import compatible
from tilth.data.policy.corrections import place
from tilth.data.policy.licence import is_readme, licences_over_places, see_licences
from tilth.data.policy.licence_classes import list_versions, marks_of
from tilth.data.policy.presets import PRESETS
from tilth.data.policy.rules import Setting, active, drops_sql
from tilth.data.policy.stated_paths import SPEAKING_BELOW
from tilth.data.policy.terms import terms_of, verdict
from tilth.data.release.columns import METRICS
from tilth.data.sources import folder
from tilth.data.stages import listing
from tilth.errors import UserError
from tilth.records import Entry
from tilth.store.sql import Sql

LINE_CHARACTERS = 100
"""Longest piece of a line that is shown."""
_KEY = "explained"


def explain(path: Path) -> dict[str, Any]:
    """All that is believed about the file at `path`, with the reasons, as plain values.

    Paths are told from the root of the git repository that the file lies in; else from the working folder, or from
    the file's own folder where that is elsewhere.

    Raises:
        UserError: There is no file, or it cannot be read.
    """
    _check(path)
    full = Path(os.path.abspath(path))
    root = root_of(full)
    relative = full.relative_to(root)
    taken = [folder.one(root, name) for name in [relative, *_speakers(root, relative)]]
    if taken[0][0].refused == "unreadable":
        raise UserError(f"`{path}` cannot be read: {taken[0][0].refused_value}", hint="check who may read it")
    with TemporaryDirectory() as spill, Sql(Path(spill)) as sql:
        text = _take_in(sql, taken)
        row = _row_of(sql, PRESETS["none"], taken[0][0].path)
        return {
            "path": row["path"],
            "root": str(root),
            "encoding": _encoding(row),
            "language": {name.removeprefix("language_"): row[name] for name in _LANGUAGE},
            "flags": _flags(row),
            "licence": _licence(sql, row, text),
            "metrics": {name: row[name] for name in METRICS},
            "policies": {name: _verdict(sql, settings, row["path"]) for name, settings in PRESETS.items()},
        }


_LANGUAGE = ("language", "language_how", "language_type", "language_group")


def root_of(full: Path) -> Path:
    """The folder that stands for the unit of a file."""
    above = full.parents
    if found := next((one for one in above if os.path.lexists(one / ".git")), None):
        return found
    here = Path.cwd()
    return here if here in above else full.parent


def _check(path: Path) -> None:
    if not os.path.lexists(path):
        raise UserError(
            f"`{path}` does not exist", hint="name a file, or the folder of a release with `--path`"
        )
    if path.is_dir():
        raise UserError(
            f"`{path}` is a folder", hint="name a file in it; of a release, name one with `--path`"
        )


def _speakers(root: Path, relative: Path) -> Iterator[Path]:
    """Paths of the files at or above a path that may say something of its licence."""
    beside = relative.with_name(f"{relative.name}.license")
    for above in relative.parents:
        try:
            names = sorted(os.listdir(root / above))
        except OSError:
            continue
        for name in names:
            speaks = is_licence_file(name) or metadata_format(name) is not None or is_readme(name)
            # The tag of another file says nothing of this one.
            if speaks and (not name.lower().endswith(".license") or above / name == beside):
                if above / name != relative and (root / above / name).is_file():
                    yield above / name
        for spoken in SPEAKING_BELOW:
            if above / spoken != relative and (root / above / spoken).is_file():
                yield above / spoken


def _take_in(sql: Sql, taken: list[tuple[Entry, bytes | None]]) -> bytes:
    """Fills a session with what a build has when it joins; gives the text of the first file."""
    sql.add("listings", listing.table_of(_KEY, [entry for entry, _ in taken]))
    read = {(entry.content_id, entry.path.rpartition("/")[2]): raw for entry, raw in taken if raw is not None}
    batch = Batch.of([str(key[0]) for key in read], [key[1] for key in read], list(read.values()))
    for group in fact_groups.groups():
        sql.add(f"facts_{group.NAME}", fact_groups.compute(group, batch))
    for table, columns in _EMPTY.items():
        sql.run(f"CREATE TEMP TABLE {table} ({columns})")
    sql.run(f"CREATE TEMP TABLE new_trees AS SELECT '{_KEY}' AS tree_key")
    sql.run(
        f"CREATE TEMP TABLE units AS SELECT 0 AS unit_ix, '{_KEY}' AS tree_key, NULL::VARCHAR AS gha_license_id"
    )
    view_joining(sql)
    sql.run("CREATE TEMP TABLE joined AS FROM joining")
    place(sql, None)
    see_licences(sql)
    return batch.utf8[0] if taken[0][1] is not None else b""


_EMPTY = {
    "absent": "content_id VARCHAR",
    "lacking": "content_id VARCHAR",
    "copies": "unit_ix INTEGER, reason VARCHAR, kept VARCHAR",
}


def _row_of(sql: Sql, settings: Mapping[str, Setting], path: str) -> dict[str, Any]:
    """Facts and judgement of a path under a policy."""
    licences_over_places(sql, "seen_licences", "licence_of_bytes", terms_of(settings))
    judge(sql, settings, [])
    return sql.records(
        f"""SELECT * FROM joined JOIN (SELECT path, licence, licence_source, licence_path, licence_class,
          licence_contradiction, stage, reason, "value" FROM judged) USING (path) WHERE path = {_quoted(path)}"""
    )[0]


def _encoding(row: Mapping[str, Any]) -> str:
    if row["refused"]:
        return f"not read: {row['refused']}"
    return row["src_encoding"] or "binary"


def _flags(row: Mapping[str, Any]) -> dict[str, str]:
    """Each flag that holds, and why."""
    reasons = {name: f"path: {pattern}" for name, pattern in path_flags.reasons_of(row["path"]).items()}
    place = reasons.pop("is_generated_place", None)
    if row["is_generated"]:
        reasons["is_generated"] = place if row["generated_how"] == "place" and place else row["generated_how"]
    return {name.removeprefix("is_"): why for name, why in sorted(reasons.items())}


def _licence(sql: Sql, row: Mapping[str, Any], text: bytes) -> dict[str, Any]:
    levels = sql.records("SELECT claims FROM folders ORDER BY length(dir) DESC, dir")
    parsed = parse(row["licence"]) if row["licence"] else None
    symbols = () if parsed is None else parsed.symbols
    names = sorted({str(getattr(one, "license_symbol", one).key) for one in symbols})
    return {
        "expression": row["licence"],
        "class": {
            name: _row_of(sql, settings, row["path"])["licence_class"] for name, settings in PRESETS.items()
        },
        "source": row["licence_source"],
        "from": row["licence_path"],
        "own": row["licence_expression"],
        "evidence": [_shown(span, text) for span in row["licence_evidence"] or ()],
        "folders": [claim for level in levels for claim in level["claims"]],
        "contradiction": row["licence_contradiction"],
        "compatible": _compatible(row),
        "lists": {name: _marks(name) for name in names},
    }


def _compatible(row: Mapping[str, Any]) -> str | None:
    """OSADL's word on the file's own licence in a work under its folder's, where the two contradict each other."""
    own, near = row["licence_expression"], row["near_licence"]
    if not row["licence_contradiction"] or not own or not near or own == near:
        return None
    return f"{own} in a work under {near}: {compatible(own, near)}"


def _marks(name: str) -> dict[str, Any]:
    marks, versions = marks_of(name), list_versions()
    return {
        versions["blue_oak"]: marks.blue_oak,
        versions["scancode"]: marks.scancode,
        versions["tilth"]: marks.tilth,
        "OSI approved": marks.osi_approved,
        "FSF free": marks.fsf_free,
    }


def _shown(span: Mapping[str, Any], text: bytes) -> dict[str, Any]:
    """Evidence with the lines that it stands on, from 1, and the first of them."""
    start, end = span["start"], span["end"]
    begin = text.rfind(b"\n", 0, start) + 1
    stop = text.find(b"\n", begin)
    line = text[begin : len(text) if stop < 0 else stop].decode("utf-8", "replace").strip()
    first = text.count(b"\n", 0, start) + 1
    return {
        "lines": [first, first + text.count(b"\n", start, max(start, end - 1))],
        "kind": span["kind"],
        "rule": span["rule"],
        "score": span["score"],
        "text": line if len(line) <= LINE_CHARACTERS else line[:LINE_CHARACTERS] + "…",
    }


def _verdict(sql: Sql, settings: Mapping[str, Setting], path: str) -> list[dict[str, Any]]:
    """Every rule of a policy that would drop the file, with the value that decides and the setting's own."""
    row = _row_of(sql, settings, path)
    if row["stage"] == "read":
        return [{"stage": "read", "reason": row["reason"], "value": row["value"]}]
    where = f"FROM joined WHERE path = {_quoted(path)}"
    drops = []
    for rule in active(settings):
        [(holds, value)] = sql.rows(
            f"SELECT {drops_sql(rule, settings)}, CAST({rule.value} AS VARCHAR) {where}"
        )
        if holds:
            drops.append(
                {
                    "stage": "quality",
                    "reason": rule.reason,
                    "value": value,
                    "setting": rule.setting,
                    "bound": settings[rule.setting],
                }
            )
    if reason := verdict(row["licence"], terms_of(settings)).reason:
        drops.append(
            {
                "stage": "licence",
                "reason": reason,
                "value": row["licence"] or "",
                "setting": "licences",
                "bound": settings["licences"],
            }
        )
    return drops


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
