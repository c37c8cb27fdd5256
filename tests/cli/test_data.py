"""`tilth data`, as a user types it: exit codes, and data on standard output."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.data.releases import code, repository
from tilth.cli.main import main

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    def once(*words: object) -> tuple[int, str, str]:
        exit_code = main([str(word) for word in words])
        out, err = capsys.readouterr()
        return exit_code, out, err

    return once


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    one = repository(tmp_path / "one", {b"a.py": code(1), b"b.c": b"int b;\n"})
    said = {"name": "mine", "sources": [{"kind": "git", "repositories": [str(one.path)]}]}
    path = tmp_path / "recipe.yaml"
    path.write_text(yaml.safe_dump(said | {"policy": {"preset": "none"}}))
    return path


@pytest.fixture
def release(tmp_path: Path, recipe: Path, run: Run) -> Path:
    exit_code, _, err = run("data", "build", recipe, "--into", tmp_path / "release", "--workers", 1)
    assert exit_code == 0, err
    return tmp_path / "release"


def answer(found: tuple[int, str, str]) -> Any:
    assert found[0] == 0, found[2]
    return json.loads(found[1])


def test_build_says_what_it_made(tmp_path: Path, recipe: Path, run: Run) -> None:
    words = ("data", "build", recipe, "--into", tmp_path / "r", "--workers", 1, "--output", "json")
    found = answer(run(*words, "--events", tmp_path / "events.jsonl"))
    assert (found["files"], found["kept"], found["units"]) == (3, 3, 1)
    stages = {json.loads(line)["stage"] for line in (tmp_path / "events.jsonl").read_text().splitlines()}
    assert {"resolve", "list", "read", "decide", "write"} <= stages
    _, _, err = run(*words)
    assert "was there already" in err


def test_dry_run_writes_nothing(tmp_path: Path, recipe: Path, run: Run) -> None:
    before = sorted(tmp_path.rglob("*"))
    assert run("data", "build", recipe, "--into", tmp_path / "r", "--dry-run")[0] == 0
    assert run("data", "plan", recipe, "--into", tmp_path / "r")[0] == 0
    assert sorted(tmp_path.rglob("*")) == before


def test_override_of_a_key(tmp_path: Path, recipe: Path, run: Run) -> None:
    words = ("data", "build", recipe, "--into", tmp_path / "r", "--workers", 1, "--policy.lines_max", 5)
    assert answer(run(*words, "--output", "json"))["kept"] == 1


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"nmae": "x"}, "nmae"),
        ({"policy": {"line_max": "long"}}, "line_max"),
        ({"sources": [{"kind": "folder", "paths": ["/absent"]}]}, "/absent"),
    ],
)
def test_mistakes_in_a_recipe_exit_with_2(
    tmp_path: Path, recipe: Path, run: Run, change: Any, words: str
) -> None:
    said = yaml.safe_load(recipe.read_text()) | change
    recipe.write_text(yaml.safe_dump(said))
    exit_code, _, err = run("data", "build", recipe, "--into", tmp_path / "r", "--workers", 1)
    assert exit_code == 2
    assert words in err and "Traceback" not in err


def test_another_release_is_not_overwritten(release: Path, recipe: Path, run: Run) -> None:
    words = ("data", "build", recipe, "--into", release, "--workers", 1, "--version", "2")
    exit_code, _, err = run(*words)
    assert exit_code == 2 and "never rewritten" in err and "--replace" in err
    assert run(*words, "--replace")[0] == 0


def test_verify_exits_with_3_where_a_claim_does_not_hold(release: Path, run: Run) -> None:
    assert run("data", "verify", release)[0] == 0
    path = next(release.glob("data/python/*.parquet"))
    shutil.copy(path, path.with_name("stranger.parquet"))
    exit_code, out, err = run("data", "verify", release)
    assert exit_code == 3 and "stranger" in out and "Traceback" not in err


@pytest.mark.parametrize("harm", [b"{}", b"[", b"\xff"])
def test_verify_of_a_broken_manifest_exits_with_3(release: Path, run: Run, harm: bytes) -> None:
    (release / "manifest.json").write_bytes(harm)
    assert run("data", "verify", release)[0] == 3


def test_looking(release: Path, run: Run) -> None:
    assert run("data", "show", release)[0] == 0
    rows = answer(run("data", "sample", release, "--limit", 2, "--seed", 3, "--output", "json"))
    assert len(rows) == 2
    found = answer(run("data", "show", release, "swh:1:cnt:" + rows[0]["content_id"], "--output", "json"))
    assert found["path"] == rows[0]["path"] and found["content"]
    told = answer(run("data", "drops", release, "--what-if", "lines_max=5", "--output", "json"))
    assert {row["reason"]: row["then"] for row in told} == {"too_many_lines": 2, "passes": 1}
    assert run("data", "drops", release, "--output", "json")[0] == 0


@pytest.mark.parametrize(
    "words",
    [
        ("show", "{}", "0" * 40),
        ("drops", "{}", "--reason", "nonsense"),
        ("drops", "{}", "--what-if", "nonsense=1"),
        ("drops", "{}", "--what-if", "lines_max"),
        ("drops", "{}", "--what-if", "lines_max=many"),
        ("export", "{}", "{}/out", "--language", "COBOL"),
        ("verify", "{}/absent"),
        ("diff", "{}", "{}/absent"),
        ("sample", "{}/data"),
    ],
)
def test_mistakes_exit_with_2(release: Path, run: Run, words: tuple[str, ...]) -> None:
    exit_code, _, err = run("data", *(word.format(release) for word in words))
    assert exit_code == 2 and "Traceback" not in err


def test_export_and_diff(tmp_path: Path, release: Path, run: Run) -> None:
    words = ("data", "export", release, tmp_path / "out", "--language", "C", "--output", "json")
    assert answer(run(*words, "--dry-run"))["rows"] == 1
    assert not (tmp_path / "out").exists()
    assert answer(run(*words))["rows"] == 1
    assert answer(run("data", "diff", release, release, "--output", "json"))["rows"].keys() == {"same"}
    assert run("data", "diff", release, release)[0] == 0


def test_explain_a_file(tmp_path: Path, run: Run) -> None:
    path = tmp_path / "a.py"
    path.write_bytes(b"# SPDX-License-Identifier: MIT\n" + code(1))
    exit_code, out, _ = run("data", "explain", path)
    assert exit_code == 0
    lines = dict(line.split("\t", 1) for line in out.splitlines())
    assert lines["licence"].startswith("MIT (by tag:")
    assert lines["policy tilth"] == "stays (class permissive)"
    exit_code, out, _ = run("data", "explain", path, "--json")
    assert json.loads(out)["language"]["language"] == "Python"
    assert len(run("data", "explain", path, "--output", "table")[1].splitlines()) < 40


def test_explain_bad_input(tmp_path: Path, run: Run) -> None:
    for words in ((tmp_path / "none",), (tmp_path,), (tmp_path, "--path", "a.py")):
        exit_code, out, err = run("data", "explain", *words)
        assert (exit_code, out) == (2, "")
        assert err.startswith("error: ")


def test_explain_a_row_of_a_release(release: Path, run: Run) -> None:
    exit_code, out, _ = run("data", "explain", release, "--path", "a.py", "--json")
    assert exit_code == 0
    assert json.loads(out)["license_expression"] == "MIT"
    assert run("data", "explain", release)[0] == 2
    assert run("data", "explain", release, "--path", "none")[0] == 2
    assert run("data", "explain", release, "--path", "a.py", "--repo", "no/such")[0] == 2
