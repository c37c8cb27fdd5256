"""What is told by looking into the texts of the files that would stay, and only where a recipe asks for it.

Each look is a group of facts, fixed when the build begins with all that its answers depend on beside the bytes, such as
the text of benchmarks. Its version is part of what identifies the release.
"""

from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa

from tilth.config.recipe import Recipe
from tilth.data import asked_quality, findings
from tilth.data.asked import ask
from tilth.data.contents import view_packs
from tilth.data.facts.kinds import GROUPS
from tilth.data.malware import marking as malware
from tilth.data.policy.presets import settings_of
from tilth.data.release.columns import ASKED, MALWARE_SCHEMA
from tilth.data.stages.asked import group_of
from tilth.engine.task import Engine
from tilth.report.progress import Progress
from tilth.store.layout import Store
from tilth.store.sql import Sql


def groups_for(recipe: Recipe, store: Store) -> dict[str, str]:
    """What a build looks for, in this order, and the group of facts that tells it.

    Raises:
        UserError: Something that it needs is not there.
    """
    groups = malware.groups_for(recipe.malware, store)
    if recipe.contamination.against:
        from tilth.data.contamination.marking import group_for

        groups["contamination"] = group_for(recipe.contamination, store)
    return (
        groups | asked_quality.groups_for(settings_of(recipe.policy)) | findings.groups_for(recipe.findings)
    )


def versions(groups: Mapping[str, str]) -> dict[str, str]:
    """The versions of these groups."""
    return {name: group_of(module).VERSION for name, module in groups.items()}


def inspect(
    sql: Sql,
    recipe: Recipe,
    groups: Mapping[str, str],
    store: Store,
    building: Path,
    engine: Engine,
    progress: Progress,
) -> None:
    """Drops from table `judged` what the recipe says of what is found in the texts of the files that would stay."""
    sql.add("no_answers", pa.schema([(column, kind) for column, kind, _ in ASKED]).empty_table())
    for column, kind, *_ in sql.rows("DESCRIBE no_answers"):
        sql.run(f"ALTER TABLE judged ADD COLUMN {column} {kind}")
    sql.add("malware", MALWARE_SCHEMA.empty_table())
    if groups:
        view_packs(sql, store)
    for name, module in groups.items():
        wanted = _FILES
        if name in asked_quality.MODULES:
            wanted = asked_quality.wanted(sql, name)
        elif name in (findings.MODEL, *GROUPS):
            wanted = findings.wanted(name)
        ask(sql, module, wanted, store, building, engine, progress)
        if name in malware.SCANNERS:
            malware.mark_malware(sql, recipe.malware, name)
        elif name == "contamination":
            from tilth.data.contamination.marking import mark_contaminated

            mark_contaminated(sql, recipe.contamination, module.partition(":")[2])
        elif name in GROUPS:
            findings.mark_findings(sql, recipe.findings, name)
        elif name in asked_quality.MODULES:
            asked_quality.take(sql, name, module)
            asked_quality.drop(sql, settings_of(recipe.policy))


_FILES = "SELECT DISTINCT content_id, '' AS name FROM judged WHERE stage IS NULL"
