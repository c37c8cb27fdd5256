import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.data.releases import Made
from tilth.data.release.export import Selection, export
from tilth.errors import UserError
from tilth.store.hashes import sha256_of


def exported(folder: Path) -> list[dict[str, object]]:
    return [
        row for path in sorted(folder.glob("data/*/*.parquet")) for row in pq.read_table(path).to_pylist()
    ]


SELECTIONS = [
    (Selection(), lambda row: True),
    (Selection(languages=("Python",)), lambda row: row["language"] == "Python"),
    (Selection(languages=("Python", "C")), lambda row: row["language"] in ("Python", "C")),
    (Selection(licences=("Apache-2.0",)), lambda row: row["license_expression"] == "Apache-2.0"),
    (Selection(repositories=("two",)), lambda row: row["repo_name"] == "two"),
    (Selection(path="src/?.py"), lambda row: row["path"].startswith("src/") and len(row["path"]) == 8),
    (Selection(path="*.c"), lambda row: row["path"].endswith(".c")),
    (
        Selection(languages=("Python",), licences=("MIT",), repositories=("one",), path="src/[0-2].py"),
        lambda row: row["path"] in ("src/0.py", "src/1.py", "src/2.py") and row["repo_name"] == "one",
    ),
    (Selection(repositories=("o'ne\"",)), lambda row: False),
]


@pytest.mark.parametrize(("wanted", "holds"), SELECTIONS)
def test_export_is_what_matches(tmp_path: Path, example: Made, wanted: Selection, holds: object) -> None:
    expected = [row for row in example.table("data") if holds(row)]  # type: ignore[operator]
    dry = export(example.path, tmp_path / "out", wanted, dry_run=True)
    assert not (tmp_path / "out").exists()
    summary = export(example.path, tmp_path / "out", wanted)
    assert summary == dry
    assert exported(tmp_path / "out") == expected
    assert (summary["rows"], summary["bytes"]) == (
        len(expected),
        sum(row["length_bytes"] for row in expected),
    )


def test_other_languages_are_not_read(tmp_path: Path, example: Made) -> None:
    summary = export(example.path, tmp_path / "out", Selection(languages=("C",)))
    assert summary["files_read"] == 1
    assert summary["files_left_alone"] >= 2
    assert [path.name for path in (tmp_path / "out/data").iterdir()] == ["c"]


def test_note_says_where_it_came_from(tmp_path: Path, example: Made) -> None:
    export(example.path, tmp_path / "out", Selection(languages=("C",)))
    note = json.loads((tmp_path / "out/export.json").read_text())
    assert note["manifest_sha256"] == sha256_of(example.path / "manifest.json")
    assert note["selection"]["languages"] == ["C"]


def test_mistakes(tmp_path: Path, example: Made) -> None:
    with pytest.raises(UserError, match="no COBOL"):
        export(example.path, tmp_path / "out", Selection(languages=("COBOL",)))
    (tmp_path / "full").mkdir()
    (tmp_path / "full/x").write_text("")
    with pytest.raises(UserError, match="not empty"):
        export(example.path, tmp_path / "full", Selection())
    with pytest.raises(UserError, match="not a release"):
        export(tmp_path / "full", tmp_path / "out", Selection())
