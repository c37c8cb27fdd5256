"""The pipeline, top to bottom: a recipe in, a release out.

pin      what the sources name, fixed in the build's folder
collect  listings, contents and facts, from the store where it has them
decide   keep, or drop with a reason
write    files of the release, from the store where it has them
seal     manifest, card, checksums, and the release's own name
"""

import difflib
import os
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tilth.config.load import resolved_yaml
from tilth.config.recipe import Recipe
from tilth.data import inspection
from tilth.data import units as pinned
from tilth.data.collect import Collector
from tilth.data.decide import decide
from tilth.data.dedup.exact import mark_duplicates
from tilth.data.history import decide_changes
from tilth.data.join import join_trees, view_joined
from tilth.data.policy.opt_outs import match_units
from tilth.data.release.manifest import Sealed, seal
from tilth.data.release.sealed import read_manifest
from tilth.data.release.write import ReleaseWriter
from tilth.engine.task import Engine
from tilth.errors import UserError
from tilth.records import Refusal
from tilth.report.progress import Progress
from tilth.store.atomic import check_room, write_text
from tilth.store.layout import Store
from tilth.store.notice import refuse_withdrawn
from tilth.store.opt_outs import OptOuts, read_opt_outs
from tilth.store.sql import Sql


@dataclass(frozen=True, slots=True)
class Built:
    """What a build made, or found made already."""

    path: Path
    manifest: dict[str, Any]
    was_there: bool
    reused_files: int = 0


def build(
    recipe: Recipe,
    into: Path,
    *,
    store: Store,
    engine: Engine,
    progress: Progress,
    device: str | None = None,
    fresh: bool = False,
    replace: bool = False,
) -> Built:
    """Builds the release of a recipe at `into`, going on where a killed build of the same recipe stopped.

    Args:
        recipe: What to build.
        into: Folder of the release; it appears when the release is whole.
        store: What outlives builds.
        engine: What runs the tasks.
        progress: Where to tell how it goes.
        device: Name of torch's device that brings near-duplicates together, if not the processor.
        fresh: Forget an unfinished build of another recipe at `into`.
        replace: Put the new release in the place of another one at `into`.

    Raises:
        UserError: `into` holds another release, or an unfinished build of another recipe; a sensitivity is stated for a
            kind of finding that there is not; torch has no such device.
        WorkFailed: The disk is full, or a worker died twice at one task.
    """
    building = into.with_name(f"{into.name}.building")
    if device is not None:
        from tilth.data.dedup.near.on_torch import check_device

        check_device(device)
    requests = read_opt_outs(Path(recipe.opt_outs)) if recipe.opt_outs else None
    if recipe.about.previous is not None:
        read_manifest(Path(recipe.about.previous), withdrawn=True)  # hours before it is needed
    with store.held():
        # What is looked with is asked for first: a mistake in a recipe leaves nothing behind.
        groups = inspection.groups_for(recipe, store)
        _begin(recipe, building, fresh)
        check_room(building)
        units = _pin(recipe, building, store, progress)
        versions = inspection.versions(groups)
        fingerprint = pinned.fingerprint(building, versions)
        if there := _already_built(recipe, into, fingerprint, requests, replace):
            shutil.rmtree(building)
            return Built(into, there, was_there=True)
        with Sql(store.spill, threads=engine.workers) as sql:
            collector = Collector(recipe, store, building, units, engine, progress)
            view_joined(sql, store, building)
            _collect(sql, collector, building, requests)
            with progress.stage("decide", total=None, unit="files") as stage, sql.alone():
                join_trees(sql, store, building)
                decide(sql, recipe, collector.missing, requests)
                decide_changes(sql, recipe)
                stage.advance(sql.rows("SELECT count(*) FROM judged")[0][0])
            inspection.inspect(sql, recipe, groups, store, building, engine, progress)
            with sql.alone():
                mark_duplicates(sql, keep_all=recipe.duplicates.files == "keep_all")
            _look_for_likes(sql, recipe, store, building, engine, progress, device)
            release = building / "release"
            shutil.rmtree(release, ignore_errors=True)
            writer = ReleaseWriter(recipe, store, release, engine, progress)
            files = writer.write(sql)
            with progress.stage("seal", total=len(files), unit="files", already=len(files)):
                manifest = seal(Sealed(recipe, release, files, fingerprint, versions, requests), sql)
        _publish(release, into, replace)
        shutil.rmtree(building)
    return Built(into, manifest, was_there=False, reused_files=writer.reused)


def _look_for_likes(
    sql: Sql,
    recipe: Recipe,
    store: Store,
    building: Path,
    engine: Engine,
    progress: Progress,
    device: str | None,
) -> None:
    """Duplicates of other bytes: what is the same to a lexer, what is alike, what is partly the same."""
    # Compiled code, which other builds do not load.
    wanted = recipe.duplicates
    if wanted.tokens != "keep_all":
        from tilth.data.same_tokens import mark_same_tokens

        mark_same_tokens(sql, wanted, store, building, engine, progress)
    if wanted.near == "keep_one":
        from tilth.data.near import mark_near_duplicates

        mark_near_duplicates(sql, wanted, store, building, engine, progress, device)
    if wanted.repeated != "keep":
        from tilth.data.repeated import mark_repeated

        mark_repeated(sql, wanted, store, building, engine, progress)


def _begin(recipe: Recipe, building: Path, fresh: bool) -> None:
    """Makes the build's folder, or goes on with the one that a killed build of the same recipe left."""
    text = resolved_yaml(recipe)
    lock = building / "recipe.yaml"
    if lock.exists() and fresh:
        shutil.rmtree(building)
    if lock.exists() and lock.read_text() != text:
        lines = difflib.unified_diff(
            lock.read_text().splitlines(),
            text.splitlines(),
            "unfinished build",
            "this recipe",
            lineterm="",
            n=1,
        )
        raise UserError(
            f"an unfinished build of another recipe is at `{building}`\n" + "\n".join(lines),
            hint="`--fresh` forgets it (finished work in the store is kept), or choose another `--into`",
        )
    building.mkdir(parents=True, exist_ok=True)
    if not lock.exists():
        write_text(lock, text)


def _pin(recipe: Recipe, building: Path, store: Store, progress: Progress) -> list[Any]:
    if not pinned.is_there(building):
        with progress.stage("resolve", total=None, unit="units") as stage:
            pinned.pin(_counted(pinned.resolve(recipe, store), stage.advance), building)
    return pinned.load(building)


def _counted(found: Any, advance: Callable[[int], None]) -> Any:
    for item in found:
        advance(1)
        yield item


def _already_built(
    recipe: Recipe, into: Path, fingerprint: str, asked: OptOuts | None, replace: bool
) -> dict[str, Any] | None:
    """The manifest of the same release at `into`; an error where another one is there."""
    if not into.exists():
        return None
    if into.is_dir() and not any(into.iterdir()):
        return None
    manifest = read_manifest(into, withdrawn=True) if (into / "manifest.json").exists() else None
    if manifest and manifest["inputs"]["fingerprint"] == fingerprint:
        same_asked = manifest.get("opt_outs", {}).get("sha256") == (asked.sha256 if asked else None)
        if same_asked and (into / "recipe.yaml").read_text() == resolved_yaml(recipe):
            refuse_withdrawn(into)
            return manifest
    if replace and manifest:
        return None
    what = "another release" if manifest else "something that is not a release"
    raise UserError(
        f"`{into}` holds {what}: a finished release is never rewritten",
        hint="choose another `--into`" + (", or `--replace` it" if manifest else ""),
    )


def _collect(sql: Sql, collector: Collector, building: Path, requests: OptOuts | None) -> None:
    """Lists the units, finds those that are to be left out, and reads what is left to be read."""
    collector.list_units(sql)
    _load_units(sql, building, collector.refused)
    match_units(sql, requests)
    collector.read(sql)


def _load_units(sql: Sql, building: Path, refused: list[Refusal]) -> None:
    """Tables `units` and `refusals`; root tree ids that are only known once a unit is listed are filled in."""
    sql.add("units", pq.read_table(building / "units.parquet"))
    sql.run(
        """UPDATE units SET directory_id = t.directory_id FROM listed_trees AS t
        WHERE units.directory_id IS NULL AND units.tree_key = t.tree_key"""
    )
    late = pa.Table.from_pylist([asdict(refusal) for refusal in refused], pinned.REFUSAL_SCHEMA)
    sql.add("refusals", pa.concat_tables([pq.read_table(building / "refusals.parquet"), late]))


def _publish(release: Path, into: Path, replace: bool) -> None:
    """Gives the whole release its name, in one step; what it replaces goes when it is there."""
    old = into.with_name(f"{into.name}.replaced")
    if replace and into.exists():
        shutil.rmtree(old, ignore_errors=True)
        os.replace(into, old)
    into.parent.mkdir(parents=True, exist_ok=True)
    os.replace(release, into)
    if replace:
        shutil.rmtree(old, ignore_errors=True)
