"""Builders: what a task says, what it is made of, and that nothing is in it that the release left out."""

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.data.releases import MIT, Made, build_release, recipe_of, repository
from tests.tasks.conftest import DROPPED_LINE, SECRET
from tilth.config.load import check
from tilth.errors import UserError
from tilth.report.progress import Progress
from tilth.store.hashes import sha256_of
from tilth.tasks.build import Wanted, build, text_of
from tilth.tasks.builders.fim import MARKS, prompt
from tilth.tasks.builders.kinds import BUILDERS
from tilth.tasks.release import Release
from tilth.tasks.task import all_of
from tilth.tasks.task_set import TaskSet


def built(release: Path, into: Path, kind: str, **options: Any) -> TaskSet:
    """A task set of one kind."""
    builder = BUILDERS[kind]
    wanted = Wanted(builder, check(builder.options, options))
    return build(Release.open(release), into, wanted, Progress())


@pytest.mark.parametrize("kind", BUILDERS)
def test_every_row_says_what_it_is_made_of(shapes: Made, place: Path, kind: str) -> None:
    found = built(shapes.path, place, kind)
    rows = list(found.rows())
    assert rows
    assert len({row["task_id"] for row in rows}) == len(rows)
    manifest = sha256_of(shapes.path / "manifest.json")
    contents = {row["content_id"]: row for row in shapes.table("data")}
    for row in rows:
        assert row["release_sha256"] == manifest
        assert row["license_expression"] == "MIT"
        assert row["files"]
        for part in row["files"]:
            if kind != "edit":
                text = contents[part["content_id"]]["content"]
                assert 1 <= part["first_line"] <= part["last_line"] <= text.count("\n") + 1
    counts = found.manifest["counts"]
    assert counts["candidates"] == counts["kept"] + sum(counts["rejected"].values())
    assert len(found.rejected()) == sum(counts["rejected"].values())
    assert found.manifest["stands_on"][0]["sha256"] == manifest
    assert found.damaged() == []


@pytest.mark.parametrize("kind", BUILDERS)
def test_the_same_release_gives_the_same_tasks(shapes: Made, tmp_path: Path, kind: str) -> None:
    first, second = (built(shapes.path, tmp_path / name, kind) for name in ("a", "b"))
    assert [row["task_id"] for row in first.rows()] == [row["task_id"] for row in second.rows()]
    assert [sha256_of(path) for path in first.files] == [sha256_of(path) for path in second.files]


@pytest.mark.parametrize("kind", BUILDERS)
def test_nothing_that_was_dropped_or_redacted_is_in_a_task(shapes: Made, place: Path, kind: str) -> None:
    found = built(shapes.path, place, kind)
    for file in sorted(place.rglob("*")):
        if file.suffix == ".parquet":
            said = json.dumps(pq.read_table(file).to_pylist(), default=str)
            assert SECRET not in said
            assert DROPPED_LINE not in said
    assert all(SECRET not in text_of(row) for row in found.rows())


words = st.text("abcdefgh_", min_size=6, max_size=12)


@settings(max_examples=6)
@given(lines=st.lists(words, min_size=4, max_size=12, unique=True), dropped=st.sets(st.integers(0, 3)))
def test_no_task_has_text_of_a_dropped_file(
    tmp_path_factory: pytest.TempPathFactory, lines: list[str], dropped: set[int]
) -> None:
    """Whichever files are dropped, and whatever they say."""
    folder = tmp_path_factory.mktemp("drops")
    files, marks = {b"LICENSE": MIT}, {}
    for number in range(4):
        own = [f"zq{number}_{line}" for line in lines]
        head = "# SPDX-License-Identifier: GPL-3.0-only\n" if number in dropped else ""
        body = "".join(f"    {line} = {at}\n" for at, line in enumerate(own))
        text = (
            f'{head}def zq{number}_f(value):\n    """Says what is done with it."""\n{body}    return value\n'
        )
        files[b"a/%d.py" % number] = text.encode()
        marks[number] = f"zq{number}_"
    recipe = recipe_of(
        repository(folder / "r", files).path, policy={"preset": "none", "licences": ["permissive"]}
    )
    release = build_release(recipe, folder / "release").path
    for kind in ("repository", "fim", "function", "documentation"):
        found = built(release, folder / kind, kind) if len(dropped) < 4 else None
        texts = [text_of(row) for row in found.rows()] if found else []
        for number in dropped:
            assert not any(marks[number] in text for text in texts)
        assert found is None or texts


@given(st.text(max_size=60), st.text(max_size=60), st.text(max_size=60), st.sampled_from(sorted(MARKS)))
def test_the_parts_of_fim_give_the_text_again(prefix: str, middle: str, suffix: str, marks: str) -> None:
    before, after, mid = MARKS[marks]
    if any(mark in part for mark in MARKS[marks] for part in (prefix, middle, suffix)):
        return
    psm = prompt(prefix, suffix, "psm", marks) + middle
    head, _, rest = psm.removeprefix(before).partition(after)
    tail, _, answer = rest.partition(mid)
    assert head + answer + tail == prefix + middle + suffix
    spm = prompt(prefix, suffix, "spm", marks) + middle
    tail, _, rest = spm.removeprefix(before + after).partition(mid)
    assert rest + tail == prefix + middle + suffix


def test_fim_is_cut_from_the_file_both_ways(shapes: Made, place: Path) -> None:
    found = built(shapes.path, place, "fim", per_file=8, syntax_fraction=0.5)
    texts = {row["content_id"]: row["content"] for row in shapes.table("data")}
    seen = set()
    for row in found.rows():
        assert row["prefix"] + row["completion"] + row["suffix"] in texts[row["files"][0]["content_id"]]
        seen.add((row["order"], row["cut"]))
    assert len(seen) == 4


def test_imports_come_before_what_imports_them(shapes: Made, place: Path) -> None:
    rows = list(built(shapes.path, place, "repository").rows())
    paths = [part["path"] for row in rows for part in row["files"]]
    for first, second in [
        ("shapes/numbers.py", "shapes/plane.py"),
        ("shapes/plane.py", "shapes/__init__.py"),
        ("shapes/plane.py", "tests/test_shapes.py"),
        ("web/numbers.js", "web/index.js"),
    ]:
        assert paths.index(first) < paths.index(second)


def test_a_long_repository_is_split_and_nothing_is_lost(shapes: Made, place: Path) -> None:
    found = built(shapes.path, place, "repository", chars_max=1000)
    rows = list(found.rows())
    assert len(rows) > 1
    assert all(len(row["text"]) <= 1000 for row in rows)
    together: dict[str, str] = {}
    for row in rows:
        pieces = row["text"].removesuffix("<|endoftext|>").split("<file_sep>")[1:]
        for piece in pieces:
            path, _, text = piece.partition("\n")
            together[path] = together.get(path, "") + text
    kept = {
        row["path"]: row["content"]
        for row in shapes.table("data")
        if row["language"] in ("Python", "JavaScript")
    }
    assert together == {path: text for path, text in kept.items() if text.strip()}


LANGUAGES = {
    "a.py": ("Python", b'def f(a):\n    """Adds one to a number."""\n    b = a + 1\n    return b\n'),
    "a.js": (
        "JavaScript",
        b"/**\n * Adds one to a number.\n */\nexports.f = function (a) {\n  const b = a + 1\n  return b\n}\n",
    ),
    "a.ts": (
        "TypeScript",
        b"/** Adds one to a number. */\n"
        b"export function f(a: number): number {\n  const b = a + 1\n  return b\n}\n",
    ),
    "A.java": (
        "Java",
        b"class A {\n  /** Adds one to a number. */\n"
        b"  int f(int a) {\n    int b = a + 1;\n    return b;\n  }\n}\n",
    ),
    "a.go": (
        "Go",
        b"package a\n\n// F adds one to a number.\nfunc F(a int) int {\n\tb := a + 1\n\treturn b\n}\n",
    ),
    "a.rs": (
        "Rust",
        b"/// Adds one to a number.\n#[inline]\npub fn f(a: i32) -> i32 {\n    let b = a + 1;\n    b\n}\n",
    ),
    "a.c": ("C", b"/* Adds one to a number. */\nint f(int a)\n{\n  int b = a + 1;\n  return b;\n}\n"),
    "a.cpp": (
        "C++",
        b"#include <vector>\n// Adds one to a number.\n"
        b"template <class T>\nT f(T a) {\n  T b = a + std::vector<T>(1).size();\n  return b;\n}\n",
    ),
}


@pytest.fixture(scope="module")
def eight(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A release with a documented function in each of eight languages."""
    folder = tmp_path_factory.mktemp("eight")
    files = {name.encode(): text for name, (_, text) in LANGUAGES.items()}
    return build_release(recipe_of(repository(folder / "r", files).path), folder / "release").path


def test_functions_and_their_documentation_in_eight_languages(eight: Path, tmp_path: Path) -> None:
    bodies = {row["language"]: row for row in built(eight, tmp_path / "f", "function").rows()}
    docs = {row["language"]: row for row in built(eight, tmp_path / "d", "documentation").rows()}
    assert set(bodies) == set(docs) == {language for language, _ in LANGUAGES.values()}
    for name, (language, text) in LANGUAGES.items():
        row = bodies[language]
        whole = row["prompt"] + row["completion"]
        assert whole in text.decode(), name
        assert "number" in row["prompt"]
        assert "return b" in row["completion"] or language == "Rust"
        assert "number" not in row["completion"].replace("number):", "")
        assert "dds one to a number" in docs[language]["completion"]
        assert "dds one to a number" not in docs[language]["prompt"]
        assert "a + " in docs[language]["prompt"]


def test_an_edit_is_what_the_commit_did(shapes: Made, place: Path) -> None:
    [row] = built(shapes.path, place, "edit").rows()
    assert row["message"] == "Multiply instead of dividing in half"
    assert "value / 2" in row["prompt"] and "value * 0.5" in row["completion"]
    assert row["changed_lines"] == 2
    assert [part["content_id"] for part in row["files"]] != []


def test_a_function_with_its_checks_runs_alone(shapes: Made, place: Path) -> None:
    found = built(shapes.path, place, "checked")
    rows = {row["entry_point"]: row for row in found.rows()}
    assert set(rows) == {"area", "ring", "half", "nothing", "broken", "unstable"}
    assert rows["ring"]["checks"] == "unit_tests" and rows["area"]["checks"] == "doctests"
    assert "import math" in rows["ring"]["before"] and "UNIT = 1" in rows["area"]["before"]
    reasons = found.manifest["counts"]["rejected"]
    assert reasons["imports_other"] == 1
    assert reasons["test_several_functions"] == 1
    assert {part["path"] for part in rows["ring"]["files"]} == {"shapes/plane.py", "tests/test_shapes.py"}


def test_a_task_with_the_text_of_a_benchmark_is_rejected(shapes: Made, place: Path) -> None:
    builder = BUILDERS["function"]
    wanted = Wanted(builder, builder.options())
    found = build(
        Release.open(shapes.path),
        place,
        wanted,
        Progress(),
        marks=lambda texts: ["bench 1" if "circles" in text else "" for text in texts],
    )
    assert found.manifest["counts"]["rejected"]["contaminated"] == 1
    assert not any("circles" in row["prompt"] for row in found.rows())


def test_limits_and_licences() -> None:
    assert all_of(["MIT", "MIT"]) == "MIT"
    assert all_of(["MIT", "Apache-2.0 OR MIT", "NONE"]) == "(Apache-2.0 OR MIT) AND MIT AND NONE"


def test_bad_input(shapes: Made, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="is not a release"):
        Release.open(tmp_path)
    with pytest.raises(UserError, match="is not a task set"):
        TaskSet.open(tmp_path)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").touch()
    with pytest.raises(UserError, match="is not empty"):
        built(shapes.path, tmp_path / "full", "fim")
    builder = BUILDERS["fim"]
    with pytest.raises(UserError, match="no tasks are made of `Cobol`"):
        build(
            Release.open(shapes.path),
            tmp_path / "x",
            Wanted(builder, builder.options(), ["Cobol"]),
            Progress(),
        )
    with pytest.raises(UserError, match="per_fil"):
        check(builder.options, {"per_fil": 2})


def test_texts_beside_the_rows_are_refused(tmp_path: Path) -> None:
    made = repository(tmp_path / "r", {b"a.py": b"def f():\n    return 1\n"})
    recipe = recipe_of(made.path, release={"contents": "ids"})
    release = build_release(recipe, tmp_path / "release").path
    with pytest.raises(UserError, match="texts in packs"):
        built(release, tmp_path / "t", "fim")
