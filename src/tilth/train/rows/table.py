"""Prepared rows as Arrow: the schema that batches read, and a writer that holds one batch at a time."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import pyarrow as pa

from tilth.train.rows.encode import Coded
from tilth.train.rows.shapes import Need

BESIDE: dict[str, Any] = {
    "label": pa.bool_(),
    "margin": pa.float32(),
    "step_ends": pa.list_(pa.int32()),
    "step_labels": pa.list_(pa.float32()),
}
"""Columns that some methods have beside the tokens."""

_COLUMNS_OF: dict[Need, tuple[str, ...]] = {
    "sft": (),
    "preference": ("margin",),
    "unpaired": ("label",),
    "triple": (),
    "stepwise": ("step_ends", "step_labels"),
    "prompt": (),
}


def schema(need: Need, *, has_margin: bool = False) -> pa.Schema:
    """Columns of prepared rows.

    `prompt_ids`; `answers` and `trained`, of the same shape; `row`, the number in what the user gave; and those that
    the method has.
    """
    names = [name for name in _COLUMNS_OF[need] if name != "margin" or has_margin]
    return pa.schema(
        [
            ("row", pa.int64()),
            ("prompt_ids", pa.list_(pa.int32())),
            ("answers", pa.list_(pa.list_(pa.int32()))),
            ("trained", pa.list_(pa.list_(pa.bool_()))),
            *((name, BESIDE[name]) for name in names),
        ]
    )


def table(rows: Sequence[tuple[int, Coded]], columns: pa.Schema) -> pa.RecordBatch:
    """Rows with their numbers, as one batch."""
    coded = [row for _, row in rows]
    arrays = {
        "row": pa.array([number for number, _ in rows], pa.int64()),
        "prompt_ids": _lists([one.prompt for one in coded], pa.int32()),
        "answers": _nested([one.answers for one in coded], pa.int32()),
        "trained": _nested([one.trained for one in coded], pa.bool_()),
    }
    arrays |= {
        name: pa.array([one.beside.get(name) for one in coded], BESIDE[name])
        for name in columns.names
        if name in BESIDE
    }
    return pa.record_batch([arrays[name] for name in columns.names], schema=columns)


class Writer:
    """Rows into an Arrow stream that `datasets` maps into memory."""

    def __init__(self, path: Path, columns: pa.Schema) -> None:
        self._columns = columns
        self._sink = pa.OSFile(str(path), "wb")
        self._stream = pa.ipc.new_stream(self._sink, columns)

    def write(self, rows: Sequence[tuple[int, Coded]]) -> None:
        """A batch of rows; none is fine."""
        if rows:
            self._stream.write_batch(table(rows, self._columns))

    def __enter__(self) -> "Writer":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stream.close()
        self._sink.close()


def _lists(rows: Iterable[Sequence[Any]], kind: Any) -> pa.ListArray:
    flat: list[Any] = []
    ends = [0]
    for row in rows:
        flat += row
        ends.append(len(flat))
    return pa.ListArray.from_arrays(pa.array(ends, pa.int32()), pa.array(flat, kind))


def _nested(rows: Iterable[Sequence[Sequence[Any]]], kind: Any) -> pa.ListArray:
    inner: list[Sequence[Any]] = []
    ends = [0]
    for row in rows:
        inner += row
        ends.append(len(inner))
    return pa.ListArray.from_arrays(pa.array(ends, pa.int32()), _lists(inner, kind))
