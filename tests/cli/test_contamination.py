"""`tilth data contamination`."""

import json
from pathlib import Path

import pytest

from tests.data.contamination.test_build import FILES, benchmark
from tests.data.releases import Made, build_release, recipe_of, repository
from tilth.cli.main import main


@pytest.fixture(scope="module", params=["inline", "ids"])
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Made:
    folder = tmp_path_factory.mktemp("made")
    one = repository(folder / "one", FILES)
    return build_release(recipe_of(one.path, release={"contents": request.param}), folder / "release")


def test_places_are_listed_with_their_lines(
    made: Made, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["data", "contamination", str(made.path), "--against", benchmark(tmp_path), "--output", "json"]
    assert main(command) == 0
    out, err = capsys.readouterr()
    rows = json.loads(out)
    assert [
        (row["item"], row["field"], row["method"], row["first_line"], row["last_line"]) for row in rows
    ] == [
        ("Made/7", "prompt", "exact", 3, 4),
        ("Made/7", "canonical_solution", "exact", 5, 7),
    ]
    assert rows[0]["line"] == "def widest_gap(readings, limit):"
    assert "2 texts were looked for; 2 places have one" in err
    assert main([*command, "--check"]) == 3


def test_a_clean_release_passes_the_check(
    made: Made, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = benchmark(
        tmp_path, {"prompt": "x"}, {"prompt": "Name every river of the land in the order of its length."}
    )
    assert main(["data", "contamination", str(made.path), "--against", other, "--check"]) == 0
    out, err = capsys.readouterr()
    assert out == "" and "1 more are too short" in err


@pytest.mark.parametrize("options", [["--near", "2"], ["--ngram-words", "1"], ["--field", "nothing"]])
def test_mistakes_end_with_code_2(
    made: Made, tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[str]
) -> None:
    assert main(["data", "contamination", str(made.path), "--against", benchmark(tmp_path), *options]) == 2
    assert "Traceback" not in capsys.readouterr().err
    assert main(["data", "contamination", str(tmp_path / "none"), "--against", benchmark(tmp_path)]) == 2
