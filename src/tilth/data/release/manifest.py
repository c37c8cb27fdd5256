"""The manifest: what a release claims about itself, and the sealing that writes it, the card and the checksums.

Nothing in it depends on when, where or by how many workers it was built: the same recipe, inputs and tool give the same
bytes.
"""

import json
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from tilth import __version__
from tilth.config.load import resolved_yaml
from tilth.config.recipe import Recipe
from tilth.data.decide import STAGES
from tilth.data.facts.kinds import GROUPS
from tilth.data.history import counts as counts_of_changes
from tilth.data.policy.findings import NAME, asked, counts_by_kind
from tilth.data.policy.licence_classes import list_versions
from tilth.data.policy.presets import settings_of
from tilth.data.release import told
from tilth.data.release.changelog import CHANGELOG, changelog
from tilth.data.release.diff import compare
from tilth.data.release.languages import folder_of
from tilth.data.release.papers.write import write_papers
from tilth.data.release.sealed import CHECKSUMS, MANIFEST_VERSION, read_manifest
from tilth.data.release.tables import fact_versions
from tilth.data.release.write import Written
from tilth.errors import UserError
from tilth.store.atomic import write_text
from tilth.store.hashes import sha256_of
from tilth.store.opt_outs import OptOuts
from tilth.store.sql import Sql


@dataclass(frozen=True, slots=True)
class Sealed:
    """What goes into a manifest."""

    recipe: Recipe
    folder: Path
    files: list[Written]
    inputs_fingerprint: str
    inspections: dict[str, str]
    """Versions of the groups of facts that the recipe asked for."""
    opt_outs: OptOuts | None = None


def seal(sealed: Sealed, sql: Sql) -> dict[str, Any]:
    """Writes recipe.yaml, the papers, manifest.json and SHA256SUMS into a release whose other files are written."""
    folder = sealed.folder
    folder.mkdir(parents=True, exist_ok=True)
    write_text(folder / "recipe.yaml", resolved_yaml(sealed.recipe))
    manifest = _manifest(sealed, sql)
    papers = write_papers(folder, folder, manifest)
    if sealed.recipe.about.previous is not None:
        papers.append(write_changelog(folder, manifest, Path(sealed.recipe.about.previous)))
    for name in ("recipe.yaml", *papers):
        manifest["files"].append({"path": name} | _hash(folder / name))
    write_text(folder / "manifest.json", json.dumps(manifest, indent=1, ensure_ascii=False) + "\n")
    sums = [(file["sha256"], file["path"]) for file in manifest["files"]]
    sums.append((sha256_of(folder / "manifest.json"), "manifest.json"))
    lines = [f"{digest}  {path}\n" for digest, path in sorted(sums, key=lambda pair: pair[1])]
    write_text(folder / CHECKSUMS, "".join(lines))
    return manifest


def write_changelog(folder: Path, manifest: dict[str, Any], previous: Path) -> str:
    """Writes the change log of a release that is being sealed, on top of that of the one before it.

    Raises:
        UserError: The version is too low for what changed.
    """
    found = compare(previous, read_manifest(previous, withdrawn=True), folder, manifest)
    if found["version"]["fits"] is False:
        step = found["version"]["step"] or "none"
        raise UserError(
            f"the version {manifest['version']} is too low: the change from {found['old']} is {step}",
            hint=f"`version: {found['version']['least']}`; `about.previous: null` asks for no comparison",
        )
    before = previous / CHANGELOG
    text = before.read_text("utf-8") if before.is_file() else ""
    write_text(
        folder / CHANGELOG, "\n".join(filter(None, [changelog(found, manifest["about"]["date"]), text]))
    )
    return CHANGELOG


def _hash(path: Path) -> dict[str, Any]:
    return {"sha256": sha256_of(path), "bytes": path.stat().st_size}


def _manifest(sealed: Sealed, sql: Sql) -> dict[str, Any]:
    files = []
    for file in sealed.files:
        known = file.note if "sha256" in file.note else file.note | _hash(sealed.folder / file.path)
        files.append({"path": file.path} | {key: known[key] for key in sorted(known)})
    dates = told.dates(sql)
    return {
        "manifest_version": MANIFEST_VERSION,
        "name": sealed.recipe.name,
        "version": sealed.recipe.version,
        **_asked(sealed.opt_outs, sql),
        "about": told.about(sealed.recipe, dates),
        "tool": {
            "tilth": __version__,
            "pyarrow": version("pyarrow"),
            "facts": fact_versions(asked(sealed.recipe.findings)) | sealed.inspections,
            "licence_lists": list_versions(),
        },
        "policy": {name: value for name, value in sorted(settings_of(sealed.recipe.policy).items())},
        "duplicates": sealed.recipe.duplicates.model_dump(mode="json"),
        "inputs": {
            "fingerprint": sealed.inputs_fingerprint,
            "dates": dates,
            "places": told.places(sql),
            "units": _units(sql),
        },
        "counts": _counts(sql) | {"refused_units": sql.rows("SELECT count(*) FROM refusals")[0][0]},
        "history": counts_of_changes(sql),
        "languages": _languages(sql),
        "licences": _licences(sql),
        "licence_classes": told.licence_classes(sql),
        "licence_contradictions": sql.rows(
            "SELECT count(*) FROM files WHERE stage IS NULL AND licence_contradiction IS NOT NULL"
        )[0][0],
        "findings": {"policy": sealed.recipe.findings.model_dump()} | _found(sql, sealed.recipe),
        "files": files,
    }


def _asked(opt_outs: OptOuts | None, sql: Sql) -> dict[str, Any]:
    """What was left out on request: how much, and by which state of the ledger."""
    if opt_outs is None:
        return {}
    withheld = sql.rows("SELECT (SELECT count(*) FROM opted_units) + (SELECT count(*) FROM opted_refusals)")
    told = {"sha256": opt_outs.sha256, "ledger_size": opt_outs.ledger_size}
    told |= {"requests": len(opt_outs.requests), "withheld_units": withheld[0][0]}
    return {"ledger_head": opt_outs.ledger_head, "opt_outs": told}


def _units(sql: Sql) -> list[dict[str, Any]]:
    rows = sql.rows(
        """SELECT origin, branch_name, snapshot_id, revision_id, directory_id
        FROM units ANTI JOIN opted_units USING (unit_ix) ORDER BY unit_ix"""
    )
    return [
        {
            "origin": origin,
            "branch": branch,
            "snapshot": snapshot,
            "revision": f"swh:1:rev:{revision}" if revision else None,
            "directory": f"swh:1:dir:{directory}" if directory else None,
        }
        for origin, branch, snapshot, revision, directory in rows
    ]


def _counts(sql: Sql) -> dict[str, Any]:
    """Files in and kept, and dropped by stage and reason; in = kept + dropped, at every stage."""
    rows = sql.rows(
        "SELECT stage, reason, count(*), coalesce(sum(greatest(size, 0)), 0) FROM files GROUP BY ALL ORDER BY ALL"
    )
    kept = next(((n, size) for stage, _, n, size in rows if stage is None), (0, 0))
    stages, remaining = [], sum(row[2] for row in rows)
    counts: dict[str, Any] = {"files": remaining, "bytes": int(sum(row[3] for row in rows))}
    for name in STAGES:
        reasons = {r: {"files": n, "bytes": int(size)} for stage, r, n, size in rows if stage == name}
        dropped = sum(reason["files"] for reason in reasons.values())
        stages.append({"stage": name, "in": remaining, "kept": remaining - dropped, "dropped": reasons})
        remaining -= dropped
    contents = sql.rows("SELECT count(DISTINCT content_id) FROM files")[0][0]
    return counts | {
        "contents": contents,
        "kept": {"files": kept[0], "bytes": int(kept[1])},
        "units": sql.rows("SELECT count(*) FROM units ANTI JOIN opted_units USING (unit_ix)")[0][0],
        "stages": stages,
    }


def _languages(sql: Sql) -> dict[str, Any]:
    rows = sql.rows(
        "SELECT language, count(*), sum(length_bytes) FROM files WHERE stage IS NULL GROUP BY 1 ORDER BY 1"
    )
    return {
        language or "unknown": {"folder": folder_of(language), "files": files, "bytes": int(size)}
        for language, files, size in rows
    }


def _found(sql: Sql, recipe: Recipe) -> dict[str, Any]:
    """Group of findings -> kind -> files that stay with such findings, spans, and the spans that count."""
    found: dict[str, Any] = {group: {} for group in GROUPS}
    for group in asked(recipe.findings):
        rows = f"""SELECT {group} FROM (SELECT content_id, {NAME} AS name FROM files WHERE stage IS NULL)
          JOIN found_{group} USING (content_id, name)"""
        counts = sql.records(counts_by_kind(recipe.findings, group, rows))
        found[group] = {row.pop("kind"): row for row in counts}
    return found


def _licences(sql: Sql) -> dict[str, Any]:
    rows = sql.rows(
        """SELECT coalesce(licence, 'none'), count(*), sum(length_bytes) FROM files WHERE stage IS NULL GROUP BY ALL
        ORDER BY 2 DESC, 1"""
    )
    return {expression: {"files": files, "bytes": int(size)} for expression, files, size in rows}
