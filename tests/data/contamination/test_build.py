"""Files with the text of benchmarks, in whole builds."""

import json
from pathlib import Path

import pytest

from tests.data.releases import Made, build_release, code, recipe_of, repository
from tilth.data.release.verify import verify
from tilth.errors import UserError
from tilth.report.progress import Progress

PROBLEM = {
    "task_id": "Made/7",
    "prompt": "def widest_gap(readings, limit):\n    '''Give the widest gap between two readings that lie next to "
    "each other in ascending order, or limit where it is less.'''\n",
    "canonical_solution": "    ordered = sorted(readings)\n    gaps = [b - a for a, b in zip(ordered, ordered[1:])]\n"
    "    return min(max(gaps, default=0), limit)\n",
}
SOLVED = (PROBLEM["prompt"] + PROBLEM["canonical_solution"]).encode()


def benchmark(folder: Path, *rows: dict[str, object]) -> str:
    path = folder / "made.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows or (PROBLEM,)))
    return str(path)


def built(tmp_path: Path, content: dict[bytes, bytes], into: str = "release", **said: object) -> Made:
    one = tmp_path / "one"
    where = one if one.exists() else repository(one, content).path
    asked = {"against": [benchmark(tmp_path)], **said}
    return build_release(recipe_of(where, contamination=asked), tmp_path / into)


FILES = {
    b"solved.py": b"import math\n\n" + SOLVED,
    b"own.py": code(1),
    b"copy/again.py": b"import math\n\n" + SOLVED,
}


def test_files_with_an_item_leave_with_the_item_as_value(tmp_path: Path) -> None:
    made = built(tmp_path, FILES)
    assert made.is_balanced()
    assert made.reasons() == dict.fromkeys(("solved.py", "copy/again.py"), "contaminated")
    assert {row["value"] for row in made.table("metadata/drops")} == {"made Made/7 prompt exact 1.0000"}
    rows = made.table("metadata/contamination.parquet")
    assert {
        (row["path"], row["field"], row["first_line"], row["last_line"], row["is_dropped"]) for row in rows
    } == {
        (path, *where, True)
        for path in ("solved.py", "copy/again.py")
        for where in (("prompt", 3, 4), ("canonical_solution", 5, 7))
    }
    assert "contamination" in made.manifest["tool"]["facts"]
    with Progress.open("none") as progress:
        assert verify(made.path, progress) == []


def test_files_that_are_kept_are_listed(tmp_path: Path) -> None:
    made = built(tmp_path, FILES, files="keep")
    assert set(made.reasons().values()) == {"duplicate_file"}
    assert {row["is_dropped"] for row in made.table("metadata/contamination.parquet")} == {False}


def test_another_benchmark_under_the_same_name_is_another_release(tmp_path: Path) -> None:
    first = built(tmp_path, FILES)
    again = built(tmp_path, FILES)
    assert again.built.was_there
    recipe = recipe_of(
        tmp_path / "one", contamination={"against": [benchmark(tmp_path, {"text": "x " * 60})]}
    )
    with pytest.raises(UserError, match="another release"):
        build_release(recipe, tmp_path / "release")
    other = build_release(recipe, tmp_path / "other")
    assert "contaminated" not in other.reasons().values()
    assert other.manifest["inputs"]["fingerprint"] != first.manifest["inputs"]["fingerprint"]


def test_a_build_without_benchmarks_has_no_table_of_them(tmp_path: Path) -> None:
    one = repository(tmp_path / "one", FILES)
    made = build_release(recipe_of(one.path), tmp_path / "release")
    assert not (made.path / "metadata" / "contamination.parquet").exists()
    assert "contamination" not in made.manifest["tool"]["facts"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "cannot be read"),
        ("", "no item"),
        ("{}\n", "no field that is known"),
        ('{"prompt": "x"}\n{"prompt": \n', "line 2"),
        ("[1, 2]\n", "no object"),
        ('{"prompt": ""}\n', "no text"),
    ],
)
def test_a_broken_benchmark_ends_a_build_before_anything_is_read(
    tmp_path: Path, text: str | None, said: str
) -> None:
    one = repository(tmp_path / "one", FILES)
    path = tmp_path / "made.jsonl"
    if text is not None:
        path.write_text(text)
    with pytest.raises(UserError, match=said):
        build_release(recipe_of(one.path, contamination={"against": [str(path)]}), tmp_path / "release")
