"""Files that are the same but for comments, white space and layout: of those that would stay, one does.

It is chosen as among copies of the same bytes: stricter licence claims first, so that a copy without its header never
stands for the file that has it.
"""

from pathlib import Path

import pyarrow as pa

from tilth.config.recipe import Duplicates
from tilth.data.asked import ask
from tilth.data.contents import view_packs
from tilth.data.dedup.exact import SURVIVOR_ORDER
from tilth.data.facts.code.syntaxes import syntax_of_language
from tilth.engine.task import Engine
from tilth.report.progress import Progress
from tilth.store.layout import Store
from tilth.store.sql import Sql


def mark_same_tokens(
    sql: Sql, duplicates: Duplicates, store: Store, building: Path, engine: Engine, progress: Progress
) -> None:
    """Drops from table `files` those with the tokens of a file that stays; the value is the place of that file.

    The session must hold tables `units` and `files`, whose exact copies are marked.
    """
    folder = building / "tokens"
    folder.mkdir(parents=True, exist_ok=True)
    view_packs(sql, store)
    families = syntax_of_language()
    schema = pa.schema([("language", pa.string()), ("name", pa.string())])
    sql.add("syntaxes", pa.table([list(families), list(families.values())], schema=schema))
    sql.run(
        f"""CREATE OR REPLACE TEMP TABLE token_files AS
        SELECT files.rowid AS file, content_id, language, name, origin || ' ' || path AS place,
          row_number() OVER (ORDER BY {SURVIVOR_ORDER}) AS number
        FROM files JOIN units USING (unit_ix) JOIN syntaxes USING (language) WHERE stage IS NULL"""
    )
    wanted = "SELECT DISTINCT content_id, name FROM token_files"
    ask(sql, "tilth.data.facts.code.tokens", wanted, store, folder, engine, progress)
    shared = "tokens_id, language" if duplicates.tokens == "keep_one_per_language" else "tokens_id"
    sql.run(
        f"""UPDATE files SET stage = 'duplicate', reason = 'same_tokens', "value" = kept FROM (
          SELECT file, first_value(place) OVER w AS kept, row_number() OVER w AS turn
          FROM token_files JOIN (SELECT DISTINCT content_id, name, tokens_id FROM facts_tokens
            SEMI JOIN token_files USING (content_id, name)) USING (content_id, name)
          WHERE tokens_id IS NOT NULL WINDOW w AS (PARTITION BY {shared} ORDER BY number))
        WHERE files.rowid = file AND turn > 1"""
    )
