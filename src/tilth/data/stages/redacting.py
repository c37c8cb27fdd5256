"""Takes findings out of the texts of some rows while they are written."""

from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from tilth.data.facts import personal_data
from tilth.data.facts.batch import Batch
from tilth.data.facts.findings import Finding
from tilth.data.policy.findings import counted
from tilth.data.redact import applied, applied_to_raw, redact


def redacted(
    table: pa.Table, text: str, contents: list[bytes | None], how: dict[str, Any], *, as_text: bool
) -> tuple[pa.Table, list[bytes | None]]:
    """The rows as they are written, and their contents.

    Args:
        table: The rows.
        text: Column of text that the contents are of.
        contents: The original bytes.
        how: `tells` keeps the column of findings, `redacts` applies them, `least` has the thresholds, `keeps_holders`
            the column of copyright holders; `stand_ins` as in `redact`.
        as_text: Give UTF-8 text where it redacts, not bytes in the encoding of the original.
    """
    if not how["redacts"]:
        return (table if how["tells"] else _without(table, "personal_data")), contents
    batch = Batch.of([""] * len(contents), _names(table), [data or b"" for data in contents])
    if "personal_data" in table.column_names:
        found = table["personal_data"].to_pylist()
    else:
        found = personal_data.compute(batch)["personal_data"].to_pylist()
    made: list[bytes | None] = []
    numbers = []
    for at, data in enumerate(contents):
        spans = counted((Finding(**one) for one in found[at] or ()), how["least"])
        replacements = redact(batch.utf8[at], spans, stand_ins=how["stand_ins"])
        numbers.append(len(replacements))
        if data is None:
            made.append(None)
        elif as_text:
            made.append(applied(batch.utf8[at], replacements))
        else:
            made.append(applied_to_raw(data, batch.encodings[at] or "utf-8", batch.utf8[at], replacements))
    # Of the two sides of a change, the first does for the rest of the row.
    return (table if text == "new_content" else _told(table, numbers, how)), made


def _told(table: pa.Table, numbers: Sequence[int], how: dict[str, Any]) -> pa.Table:
    """The rows with their number of replacements, and what else in them names people."""
    if "redactions" in table.column_names:
        table = _with(table, "redactions", pa.array(numbers, pa.int32()))
    if "message" in table.column_names:
        table = _with(table, "message", _messages(table["message"].to_pylist(), how))
    return table if how["keeps_holders"] else _without(table, "copyright_holders")


def _messages(messages: Sequence[str | None], how: dict[str, Any]) -> pa.Array:
    raw = [(message or "").encode() for message in messages]
    batch = Batch.of([""] * len(raw), [""] * len(raw), raw)
    found = personal_data.compute(batch)["personal_data"].to_pylist()
    made = []
    for at, message in enumerate(messages):
        spans = counted((Finding(**one) for one in found[at]), how["least"])
        text = applied(batch.utf8[at], redact(batch.utf8[at], spans, stand_ins=how["stand_ins"]))
        made.append(None if message is None else text.decode())
    return pa.array(made, pa.string())


def _names(table: pa.Table) -> list[str]:
    return [path.rpartition("/")[2] for path in table["path"].to_pylist()]


def _with(table: pa.Table, name: str, values: pa.Array) -> pa.Table:
    at = table.column_names.index(name)
    return table.set_column(at, table.schema.field(name), values)


def _without(table: pa.Table, name: str) -> pa.Table:
    """The rows with nothing in a column that they may have."""
    if name not in table.column_names:
        return table
    return _with(table, name, pa.nulls(len(table), table.schema.field(name).type))
