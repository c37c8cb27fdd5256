"""Where rows come from, and recipes that name several."""

import gzip
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from datasets import Dataset, DatasetDict

from tests.train.rows.made import MARKERS, chat, tokenizer
from tilth.errors import UserError
from tilth.train.rows.options import RowOptions
from tilth.train.rows.recipe import rows_of
from tilth.train.rows.show import stretches
from tilth.train.rows.sources import load

ROWS = [{"text": "one"}, {"text": "two"}]
CHATML = tokenizer(*MARKERS["chatml"])


def jsonl(path: Path, rows: list[dict[str, Any]] = ROWS) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def texts(what: Any, **options: Any) -> list[str]:
    source = load(what, **options)
    return [row[source.text_column or "text"] for row in source.rows]


@pytest.mark.parametrize("streaming", [False, True])
@pytest.mark.parametrize("kind", ["jsonl", "json", "parquet", "jsonl.gz", "folder", "saved", "release"])
def test_files_and_folders(kind: str, streaming: bool, tmp_path: Path) -> None:
    path = tmp_path / f"rows.{kind}"
    if kind in ("jsonl", "json"):
        jsonl(path)
    elif kind == "parquet":
        pq.write_table(pa.Table.from_pylist(ROWS), path)
    elif kind == "jsonl.gz":
        path.write_bytes(gzip.compress(jsonl(tmp_path / "a").read_bytes()))
    elif kind == "folder":
        jsonl(path / "train-0.jsonl", ROWS[:1])
        jsonl(path / "train-1.jsonl", ROWS[1:])
        jsonl(path / "test.jsonl")
    elif kind == "saved":
        Dataset.from_list(ROWS).save_to_disk(path)
    else:
        (path / "data" / "Python").mkdir(parents=True)
        (path / "manifest.json").write_text('{"name": "first", "version": "0.1.0"}')
        table = pa.Table.from_pylist([{"content": row["text"], "path": "a.py"} for row in ROWS])
        pq.write_table(table, path / "data" / "Python" / "0.parquet")
        assert load(path).release == "first 0.1.0"
    assert texts(path, streaming=streaming) == texts(str(path)) == ["one", "two"]


def test_rows_in_memory() -> None:
    dataset = Dataset.from_list(ROWS)
    for what in (ROWS, dataset, DatasetDict(train=dataset)):
        assert texts(what) == ["one", "two"]


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda folder: [], "no rows"),
        (lambda folder: DatasetDict(test=Dataset.from_list(ROWS)), "no split `train`"),
        (lambda folder: folder / "nothing.jsonl", "neither a file nor a folder"),
        (lambda folder: "./nothing", "neither a file nor a folder"),
        (lambda folder: "nobody/has-this", "cannot be read as rows"),
        (lambda folder: folder, "holds no files of rows"),
        (lambda folder: jsonl(folder / "a.jsonl", []), "is empty"),
        (lambda folder: (folder / "a.exe", (folder / "a.exe").write_text("x"))[0], "no file of rows"),
        (
            lambda folder: (folder / "a.jsonl", (folder / "a.jsonl").write_text('{"a": 1}\n{"a"'))[0],
            "cannot be read",
        ),
        (
            lambda folder: (folder / "a.parquet", (folder / "a.parquet").write_text("PAR1"))[0],
            "cannot be read",
        ),
    ],
)
def test_what_cannot_be_read(make, words: str, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(UserError, match=words):
        load(make(tmp_path))


def test_a_release_without_texts_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text("{}")
    with pytest.raises(UserError, match="has no rows"):
        load(tmp_path)
    (tmp_path / "data" / "C").mkdir(parents=True)
    pq.write_table(pa.table({"path": ["a.c"]}), tmp_path / "data" / "C" / "0.parquet")
    with pytest.raises(UserError, match="packs"):
        load(tmp_path)
    with pytest.raises(UserError) as raised:
        load(tmp_path, name="Rust")
    assert raised.value.hint == "it has C"


def test_a_mixture_of_shapes(tmp_path: Path) -> None:
    talk = jsonl(tmp_path / "talk.jsonl", [{"messages": chat("a", "b")}] * 4)
    plain = jsonl(tmp_path / "plain.jsonl", ROWS * 4)
    entries = [{"path": str(talk), "weight": 1}, {"path": str(plain), "weight": 2, "columns": ["text"]}]
    found = rows_of(entries, CHATML, "sft", RowOptions(chat_template="chatml"))
    assert len(found.rows) == 12
    assert found.account.rows_read == 12
    stages = [{"share": 1, "weights": {str(plain): 1}}, {"share": 1, "weights": {str(talk): 1}}]
    found = rows_of(
        [{"path": str(talk)}, {"path": str(plain)}],
        CHATML,
        "sft",
        RowOptions(chat_template="chatml"),
        curriculum=stages,
    )
    kinds = [len(answers[0]) > 5 for answers in found.rows["answers"]]
    assert kinds == [False] * 4 + [True] * 4
    assert found.is_ordered


def test_an_order(tmp_path: Path) -> None:
    path = jsonl(tmp_path / "a.jsonl", [{"text": "a b c", "hard": 2}, {"text": "a", "hard": 1}])
    found = rows_of([{"path": str(path)}], CHATML, "sft", RowOptions(), order_by="hard")
    assert CHATML.batch_decode([answers[0] for answers in found.rows["answers"]]) == ["a</s>", "a b c</s>"]
    assert found.is_ordered


@pytest.mark.parametrize(
    ("entries", "words"),
    [
        ([], "names no dataset"),
        ([{"path": "x", "colums": []}], r"datasets\[0\]: there is no key `colums`"),
        ([{"name": "x"}], "`path` is missing"),
        ([{"path": ROWS, "columns": ["txt"]}], "no column `txt`"),
        ([{"path": [{"text": None}, {"text": "a"}]}], "rows in memory, row 0: `text` is empty"),
    ],
)
def test_recipes_that_are_refused(entries: list[dict[str, Any]], words: str) -> None:
    with pytest.raises(UserError, match=words):
        rows_of(entries, CHATML, "sft", RowOptions())


def test_what_is_shown_is_the_whole_row() -> None:
    rows = [{"prompt": "Ask ☃?", "completion": " Say 🌱."}]
    found = rows_of([{"path": rows}], CHATML, "sft", RowOptions())
    assert stretches(found.rows[0], CHATML) == [[("Ask ☃?", False)], [(" Say 🌱.</s>", True)]]
