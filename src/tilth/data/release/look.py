"""Looks at a finished release: its rows, its drops, and what other thresholds would do. Nothing is rebuilt."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa

from tilth.config.findings import Findings
from tilth.config.load import check
from tilth.config.policy import Policy
from tilth.data.facts.kinds import GROUPS
from tilth.data.policy.findings import counts_by_kind
from tilth.data.policy.licence_classes import CLASS_ORDER, licence_class
from tilth.data.policy.rules import RULES, Setting, verdict_sql
from tilth.data.policy.terms import SETTINGS as LICENCE_SETTINGS
from tilth.data.policy.terms import Terms, terms_of, verdict
from tilth.data.release.sealed import read_manifest
from tilth.errors import UserError
from tilth.store.sql import Sql, parquet

Row = dict[str, Any]


@contextmanager
def opened(release: Path) -> Iterator[Sql]:
    """A session with views `rows` (the data), `drops` and `occurrences` over a release.

    Raises:
        UserError: There is no release there.
    """
    read_manifest(release)
    with TemporaryDirectory() as spill, Sql(Path(spill), threads=2) as sql:
        for view, pattern in (
            ("rows", "data/*/*"),
            ("drops", "metadata/drops/*"),
            ("occurrences", "metadata/occurrences/*"),
        ):
            files = sorted(release.glob(f"{pattern}.parquet"))
            if files:
                sql.run(f"CREATE VIEW {view} AS SELECT * FROM {parquet(files)}")
            else:
                sql.run(f"CREATE VIEW {view} AS SELECT NULL AS nothing WHERE false")
        yield sql


def drops_by_reason(release: Path) -> list[Row]:
    """Stage, reason, files, bytes: what left and why, from the manifest."""
    stages = read_manifest(release)["counts"]["stages"]
    return [
        {"stage": stage["stage"], "reason": reason} | drop
        for stage in stages
        for reason, drop in stage["dropped"].items()
    ]


def drops_of(release: Path, reason: str | None, limit: int, *, seed: int = 0) -> list[Row]:
    """Some files that left for `reason` (any, where it is None), the same ones for the same seed.

    Raises:
        UserError: No file left for that reason.
    """
    known = {row["reason"] for row in drops_by_reason(release)}
    if reason is not None and reason not in known:
        raise UserError(
            f"no file left for the reason `{reason}`", hint=f"reasons here: {', '.join(sorted(known))}"
        )
    if not known:
        return []
    where = "" if reason is None else f"WHERE reason = '{reason}'"
    with opened(release) as sql:
        return sql.records(
            f"""SELECT stage, reason, "value", repo_name, path, language, size FROM drops {where}
            ORDER BY hash(concat(content_id, ' ', path, ' ', '{int(seed)}')), origin, branch_name, path, path_raw
            LIMIT {int(limit)}"""
        )


def sample(release: Path, limit: int, *, language: str | None = None, seed: int = 0) -> list[Row]:
    """Some rows of the release, the same ones for the same seed, without their texts."""
    with opened(release) as sql:
        names = {row[0] for row in sql.rows("SELECT column_name FROM (DESCRIBE rows)")}
        if "content_id" not in names:
            return []
        where = "" if language is None else "WHERE language = " + _quoted(language)
        return sql.records(
            f"""SELECT content_id, repo_name, path, language, length_bytes, license_expression FROM rows {where}
            ORDER BY hash(content_id || '{int(seed)}'), origin, branch_name, path LIMIT {int(limit)}"""
        )


def one_file(release: Path, content_id: str) -> Row:
    """Everything that the release says of one content, with every place where it was seen.

    Raises:
        UserError: The release has not seen it.
    """
    wanted = _quoted(content_id.removeprefix("swh:1:cnt:"))
    with opened(release) as sql:
        found = sql.records(f"SELECT * FROM rows WHERE content_id = {wanted}") if _has_rows(sql) else []
        places = sql.records(
            f"""SELECT origin, revision_id, path, license_expression, license_source, stage, reason
            FROM occurrences WHERE content_id = {wanted} ORDER BY origin, branch_name, revision_id, path"""
        )
    if not found and not places:
        raise UserError(
            f"`{content_id}` is not in `{release}`", hint="give a content id, 40 hex digits, or its SWHID"
        )
    row: Row = found[0] if found else {"content_id": content_id, "kept": False}
    return row | {"occurrences": places}


def one_path(release: Path, path: str | None, repository: str | None = None) -> Row:
    """Everything that the release says of one path: its row where it stays, else the facts of its drop.

    Raises:
        UserError: No path is named, the release does not have it, or several repositories have it.
    """
    read_manifest(release)
    if path is None:
        raise UserError(f"`{release}` is a release", hint="name one of its paths with `--path`")
    where = f"path = {_quoted(path)}"
    if repository is not None:
        where += f" AND {_quoted(repository)} IN (repo_name, origin)"
    with opened(release) as sql:
        found = sql.records(f"SELECT * FROM occurrences WHERE {where} ORDER BY origin, branch_name LIMIT 100")
        if not found:
            raise UserError(
                f"`{release}` has no path `{path}`" + (f" of `{repository}`" if repository else "")
            )
        places = [f"{row['repo_name']} {row['branch_name'] or ''}".rstrip() for row in found]
        if len(set(row["origin"] for row in found)) > 1:
            raise UserError(
                f"{len(found)} places have the path `{path}`",
                hint="name one with `--repository`: " + ", ".join(dict.fromkeys(places)),
            )
        same = f"""origin = {_quoted(found[0]["origin"])} AND path = {_quoted(path)}
          AND coalesce(revision_id, '') = {_quoted(found[0]["revision_id"] or "")}"""
        table = "rows" if found[0]["stage"] is None else "drops"
        return found[0] | next(iter(sql.records(f"SELECT * FROM {table} WHERE {same} LIMIT 1")), {})


def findings(release: Path, policy: Findings) -> list[Row]:
    """Group, kind, files, spans, and the spans that count under a policy, of the files that stay."""
    with opened(release) as sql:
        if not _has_rows(sql):
            return []
        return [
            {"group": group} | row
            for group in GROUPS
            for row in sql.records(counts_by_kind(policy, group, f"SELECT {group} FROM rows"))
        ]


def _has_rows(sql: Sql) -> bool:
    return any(name == "content_id" for (name, *_) in sql.rows("DESCRIBE rows"))


def what_if(release: Path, changes: Mapping[str, Setting]) -> list[Row]:
    """How many contents each rule would drop under changed settings, against how many it drops now.

    Exact for the stages quality and licence: every content that they dropped, and every one that passed, is judged
    again on its stored facts and the licences of all its places. Copies are not looked for again. A rule over facts
    that are asked for sees the files that had them computed: those that all other rules, and the licence, let pass.

    Raises:
        UserError: A setting that no rule has, or a value that a recipe could not give it.
    """
    known = {rule.setting for rule in RULES} | set(LICENCE_SETTINGS)
    for name in changes:
        if name not in known:
            raise UserError(f"no rule has a setting `{name}`", hint=f"settings: {', '.join(sorted(known))}")
    manifest = read_manifest(release)
    said = {name: list(value) if isinstance(value, tuple) else value for name, value in changes.items()}
    changed = check(Policy, {"scorer": manifest["policy"].get("scorer")} | said)
    after = {name: getattr(changed, name) for name in changes}
    for rule in RULES:
        if rule.asks and rule.setting in changes and rule.asks not in manifest["tool"]["facts"]:
            raise UserError(
                f"the release does not have the facts that `{rule.setting}` needs",
                hint="they are computed where a rule of the recipe asks for them: build it with one",
            )
    before: dict[str, Setting] = {k: _plain(v) for k, v in manifest["policy"].items()}
    with opened(release) as sql:
        _judged(sql)
        counts = [_counted(sql, settings) for settings in (before, before | after)]
    reasons = [rule.reason for rule in RULES if rule.reason in counts[0] or rule.reason in counts[1]]
    others = sorted((counts[0].keys() | counts[1].keys()) - {*reasons, "passes"})
    return [
        {"reason": reason, "now": counts[0].get(reason, 0), "then": counts[1].get(reason, 0)}
        for reason in [*reasons, *others, "passes"]
    ]


def _plain(value: Any) -> Setting:
    return tuple(value) if isinstance(value, list) else value


def _judged(sql: Sql) -> None:
    """Table `judged`: what the quality rules saw, once for each content and name."""
    columns = [row[0] for row in sql.rows("DESCRIBE drops")]
    parts = []
    if "reason" in columns:
        parts.append(
            """SELECT * EXCLUDE (reason, stage) FROM drops
            WHERE stage IN ('quality', 'licence', 'inspection', 'findings', 'duplicate')"""
        )
    if _has_rows(sql):
        parts.append(
            """SELECT *, regexp_extract(path, '[^/]*$') AS name, NULL AS generated_how
            FROM rows"""
        )
    if not parts:
        raise UserError("the release has no file that a quality rule saw")
    sql.run(f"CREATE TEMP TABLE judged AS {' UNION ALL BY NAME '.join(parts)}")
    # Licences are judged over all places where the bytes were seen, kept or not.
    sql.run(
        """CREATE TEMP TABLE stated AS SELECT content_id,
          list_sort(list(DISTINCT license_expression) FILTER (license_expression IS NOT NULL)) AS licences
        FROM occurrences WHERE content_id IN (SELECT content_id FROM judged) GROUP BY content_id"""
    )


def _counted(sql: Sql, settings: Mapping[str, Setting]) -> dict[str, int]:
    reason, _ = verdict_sql(settings, RULES)
    terms = terms_of(settings)
    found = [row[0] for row in sql.rows("SELECT DISTINCT licences FROM stated ORDER BY ALL")]
    reasons = [_refusal(licences, terms) for licences in found]
    types = pa.schema([("licences", pa.list_(pa.string())), ("refusal", pa.string())])
    sql.add("verdicts", pa.table([found, reasons], schema=types))
    return dict(
        sql.rows(
            f"""SELECT coalesce({reason}, refusal, 'passes'), count(DISTINCT content_id)
            FROM judged LEFT JOIN stated USING (content_id)
              LEFT JOIN verdicts ON verdicts.licences IS NOT DISTINCT FROM stated.licences GROUP BY 1"""
        )
    )


def _refusal(licences: list[str] | None, terms: Terms) -> str | None:
    """Why bytes with these expressions may not stay: the reason of the most restrictive one."""
    refused = [
        (CLASS_ORDER.index(licence_class(one, terms.permissive_lists)), one, reason)
        for one in licences or ()
        if (reason := verdict(one, terms).reason)
    ]
    return max(refused)[2] if refused else None if licences else verdict(None, terms).reason


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
