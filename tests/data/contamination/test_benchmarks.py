"""Files of benchmarks, in the shapes that they are published in."""

import gzip
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tilth.data.contamination.benchmarks import items_of
from tilth.errors import UserError

HUMANEVAL = {
    "task_id": "HumanEval/0",
    "prompt": "def f():\n    '''Say it.'''\n",
    "entry_point": "f",
    "canonical_solution": "    return 1\n",
    "test": "assert f() == 1",
}
MBPP = {
    "task_id": 11,
    "text": "Write a function.",
    "code": "def f(): pass",
    "test_list": ["assert f() is None"],
}
DS_1000 = {
    "prompt": "Problem:\nA frame.",
    "reference_code": "df = 1",
    "metadata": {"problem_id": 4, "library": "Pandas"},
}
APPS = {"problem_id": 3, "question": "Add.", "solutions": json.dumps(["a = 1", "b = 2"])}


def lines(path: Path, *rows: Any) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


@pytest.mark.parametrize(
    ("row", "name", "texts"),
    [
        (HUMANEVAL, "HumanEval/0", [HUMANEVAL["prompt"], HUMANEVAL["canonical_solution"]]),
        (MBPP, "11", [MBPP["text"], MBPP["code"]]),
        (DS_1000, "4", [DS_1000["prompt"], DS_1000["reference_code"]]),
        (APPS, "3", ["Add.", "a = 1", "b = 2"]),
    ],
)
def test_known_shapes(tmp_path: Path, row: dict[str, Any], name: str, texts: list[str]) -> None:
    found = items_of(lines(tmp_path / "bench.v1.jsonl", row))
    assert {(one.benchmark, one.item) for one in found} == {("bench.v1", name)}
    assert [one.text for one in found] == texts


def test_the_same_rows_in_every_container(tmp_path: Path) -> None:
    plain = lines(tmp_path / "b.jsonl", HUMANEVAL, MBPP)
    (tmp_path / "b.jsonl.gz").write_bytes(gzip.compress(plain.read_bytes()))
    (tmp_path / "b.json").write_text(json.dumps([HUMANEVAL, MBPP]))
    pq.write_table(pa.Table.from_pylist([HUMANEVAL | MBPP]), tmp_path / "b.parquet")
    wanted = items_of(plain)
    assert len(wanted) == 4
    assert items_of(tmp_path / "b.jsonl.gz") == items_of(tmp_path / "b.json") == wanted
    assert {one.field for one in items_of(tmp_path / "b.parquet")} == {
        "prompt",
        "canonical_solution",
        "text",
        "code",
    }


def test_named_fields_only(tmp_path: Path) -> None:
    path = lines(tmp_path / "b.jsonl", MBPP)
    assert [one.text for one in items_of(path, ["test_list"])] == ["assert f() is None"]
    with pytest.raises(UserError, match="tests") as error:
        items_of(path, ["code", "tests"])
    assert "test_list" in str(error.value.hint)


def test_plain_text_is_one_item(tmp_path: Path) -> None:
    (tmp_path / "essay.md").write_text("All of it.\n")
    (one,) = items_of(tmp_path / "essay.md")
    assert (one.benchmark, one.item, one.text) == ("essay.md", "essay.md", "All of it.\n")
    (tmp_path / "picture.png").write_bytes(b"\x89PNG\0\0\0")
    with pytest.raises(UserError, match="no text"):
        items_of(tmp_path / "picture.png")


@pytest.mark.parametrize(
    ("name", "raw", "said"),
    [
        ("b.jsonl", b"", "no item"),
        ("b.jsonl", b'{"prompt": 1}\nnull\n', "no object"),
        ("b.jsonl", b"\xff\xfe", "no JSON"),
        ("b.json", b"[" * 100_000, "no JSON"),
        ("b.jsonl.gz", b"plain", "cannot be read"),
        ("b.jsonl.gz", gzip.compress(b'{"prompt": "x"}\n', mtime=0)[:-9], "cannot be read"),
        ("b.parquet", b"PAR1", "cannot be read"),
    ],
)
def test_what_is_no_benchmark(tmp_path: Path, name: str, raw: bytes, said: str) -> None:
    (tmp_path / name).write_bytes(raw)
    with pytest.raises(UserError, match=said):
        items_of(tmp_path / name)


def test_odd_values_are_passed_over(tmp_path: Path) -> None:
    rows = [{"prompt": None}, {"prompt": 7}, {"prompt": " "}, {"prompt": '["broken'}, {"prompt": "\ud800 x"}]
    assert [one.text for one in items_of(lines(tmp_path / "b.jsonl", *rows))] == ['["broken', "? x"]
