"""Takes findings out of the texts of some rows while they are written."""

from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from tilth.data.facts import model_findings
from tilth.data.facts.batch import Batch
from tilth.data.facts.findings import Finding
from tilth.data.facts.kinds import find, secret_kinds
from tilth.data.policy.findings import counted
from tilth.data.redact import Replacement, applied, applied_to_raw, redact


def redacted(
    table: pa.Table, text: str, contents: list[bytes | None], how: dict[str, Any], *, as_text: bool
) -> tuple[pa.Table, list[bytes | None]]:
    """The rows as they are written, and their contents.

    Args:
        table: The rows.
        text: Column of text that the contents are of.
        contents: The original bytes.
        how: `groups` of findings to take out, with `least` of what counts; `keeps_holders` the column of copyright
            holders; `stand_ins` as in `redact`.
        as_text: Give UTF-8 text, not bytes in the encoding of the original.
    """
    names = [path.rpartition("/")[2] for path in table["path"].to_pylist()]
    batch = Batch.of([""] * len(contents), names, [data or b"" for data in contents])
    replacements = _replacements(batch, _found(table, batch, how), how)
    made: list[bytes | None] = []
    for at, data in enumerate(contents):
        if data is None:
            made.append(None)
        elif as_text:
            made.append(applied(batch.utf8[at], replacements[at]))
        else:
            made.append(
                applied_to_raw(data, batch.encodings[at] or "utf-8", batch.utf8[at], replacements[at])
            )
    # Of the two sides of a change, the first does for the rest of the row.
    return (table if text == "new_content" else _told(table, list(map(len, replacements)), how)), made


def _found(table: pa.Table, batch: Batch, how: dict[str, Any]) -> list[list[Finding]]:
    """The findings of each row: those of its columns, or, in a table without them, those that its text has."""
    groups = how["groups"]
    if not set(groups) <= set(table.column_names):
        return _looked_for(batch, how)
    columns = [table[group].to_pylist() for group in groups]
    return [[Finding(**one) for found in row for one in found or ()] for row in zip(*columns, strict=True)]


def _looked_for(batch: Batch, how: dict[str, Any]) -> list[list[Finding]]:
    """The findings of texts that no build looked into, a model's among them."""
    found = find(batch, how["groups"])
    if how["model"]:
        told = model_findings.group(how["model"]).compute(batch)[model_findings.NAME]
        for document, rows in zip(found, told.to_pylist(), strict=True):
            document += [
                Finding(**row)
                for row in rows
                if ("secrets" if row["kind"] in secret_kinds() else "personal_data") in how["groups"]
            ]
    return found


def _replacements(
    batch: Batch, found: Sequence[Sequence[Finding]], how: dict[str, Any]
) -> list[list[Replacement]]:
    return [
        redact(text, counted(spans, how["least"]), stand_ins=how["stand_ins"])
        for text, spans in zip(batch.utf8, found, strict=True)
    ]


def _told(table: pa.Table, numbers: Sequence[int], how: dict[str, Any]) -> pa.Table:
    """The rows with their number of replacements, and without what else in them was found or names people."""
    if "redactions" in table.column_names:
        table = _with(table, "redactions", pa.array(numbers, pa.int32()))
    if "message" in table.column_names:
        table = _with(table, "message", _messages(table["message"].to_pylist(), how))
    if "copyright_holders" in table.column_names and not how["keeps_holders"]:
        table = _with(
            table, "copyright_holders", pa.nulls(len(table), table.schema.field("copyright_holders").type)
        )
    return table


def _messages(messages: Sequence[str | None], how: dict[str, Any]) -> pa.Array:
    raw = [(message or "").encode() for message in messages]
    batch = Batch.of([""] * len(raw), [""] * len(raw), raw)
    made = _replacements(batch, _looked_for(batch, how), how)
    texts = [
        applied(text, replacements).decode() for text, replacements in zip(batch.utf8, made, strict=True)
    ]
    given = [None if message is None else text for message, text in zip(messages, texts, strict=True)]
    return pa.array(given, pa.string())


def _with(table: pa.Table, name: str, values: pa.Array) -> pa.Table:
    at = table.column_names.index(name)
    return table.set_column(at, table.schema.field(name), values)
