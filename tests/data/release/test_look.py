from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.data.conftest import EXAMPLE_POLICY
from tests.data.releases import Made, build_release, code, recipe_of, repository
from tilth.data.release import look
from tilth.errors import UserError


def test_drops_by_reason_are_all_drops(example: Made) -> None:
    found = {row["reason"]: row["files"] for row in look.drops_by_reason(example.path)}
    assert found == Counter(row["reason"] for row in example.table("metadata/drops"))
    assert found == {"binary": 1, "empty": 1, "long_line": 2, "duplicate_file": 2}


def test_drops_of_one_reason(example: Made) -> None:
    rows = look.drops_of(example.path, "long_line", 10)
    assert {(row["path"], row["value"]) for row in rows} == {("src/long.py", "306"), ("src/longer.py", "606")}
    assert len(look.drops_of(example.path, None, 100)) == 6
    assert look.drops_of(example.path, None, 3, seed=4) == look.drops_of(example.path, None, 3, seed=4)
    with pytest.raises(UserError, match="no file left for the reason"):
        look.drops_of(example.path, "x' OR 1=1 --", 1)


def test_drops_without_bytes_are_sampled_too(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    for number in range(20):
        (folder / f"link-{number}").symlink_to("/nowhere")
    made = build_release(recipe_of({"kind": "folder", "paths": [str(folder)]}), tmp_path / "release")
    picks = [[row["path"] for row in look.drops_of(made.path, "link", 5, seed=seed)] for seed in (1, 1, 2, 3)]
    assert picks[0] == picks[1]
    assert len({tuple(pick) for pick in picks}) > 1


def test_sample_is_the_same_for_the_same_seed(example: Made) -> None:
    samples = [look.sample(example.path, 5, seed=seed) for seed in (1, 1, 2, 3, 4)]
    assert samples[0] == samples[1]
    assert len({tuple(row["content_id"] for row in sample) for sample in samples}) > 1
    assert {row["language"] for row in look.sample(example.path, 50, language="C")} == {"C"}
    assert look.sample(example.path, 50, language="it's") == []
    assert len(look.sample(example.path, 1000)) == len(example.table("data"))


@pytest.mark.parametrize("prefix", ["", "swh:1:cnt:"])
def test_one_file_and_every_place_where_it_was_seen(example: Made, prefix: str) -> None:
    row = example.one("data", "src/0.py")
    found = look.one_file(example.path, prefix + row["content_id"])
    assert found["content"] == code(0).decode()
    assert [(place["path"], place["stage"]) for place in found["occurrences"]] == [
        ("src/0.py", None),
        ("lib/shared.py", "duplicate"),
    ]


def test_one_file_that_left(example: Made) -> None:
    row = example.one("metadata/drops", "picture.png")
    found = look.one_file(example.path, row["content_id"])
    assert found["kept"] is False
    assert [place["reason"] for place in found["occurrences"]] == ["binary"]


@pytest.mark.parametrize("content", ["0" * 40, "", "x' OR '1'='1", "swh:1:dir:" + "0" * 40])
def test_one_file_that_is_not_there(example: Made, content: str) -> None:
    with pytest.raises(UserError, match="is not in"):
        look.one_file(example.path, content)


CHANGES: list[dict[str, Any]] = [
    {"line_max": 400},
    {"line_max": None},
    {"lines_max": 10},
    {"languages": ("C", "C++")},
    {"alpha_min": 0.6},
    {"empty": "keep"},
    {"size_max": 100, "line_max": 50},
]


@pytest.mark.parametrize("changes", CHANGES)
def test_what_if_is_what_a_rebuild_drops(
    tmp_path: Path, example: Made, example_repositories: tuple[Path, Path], changes: dict[str, Any]
) -> None:
    # Other thresholds, really built: contents that each quality rule drops.
    as_written = {name: list(value) if isinstance(value, tuple) else value for name, value in changes.items()}
    recipe = recipe_of(*example_repositories, policy={**EXAMPLE_POLICY, **as_written})
    rebuilt = build_release(recipe, tmp_path / "rebuilt")
    real: dict[str, set[str]] = {}
    for row in rebuilt.table("metadata/drops"):
        if row["stage"] == "quality":
            real.setdefault(row["reason"], set()).add(row["content_id"])
    told = {row["reason"]: row["then"] for row in look.what_if(example.path, changes)}
    assert {reason: count for reason, count in told.items() if reason != "passes" and count} == {
        reason: len(contents) for reason, contents in real.items()
    }


def test_what_if_nothing_changes(example: Made) -> None:
    assert all(row["now"] == row["then"] for row in look.what_if(example.path, {"line_max": 200}))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"nonsense": 1}, "no rule has a setting"),
        ({"line_max": "many"}, "whole number"),
        ({"languages": "Python"}, "list"),
        ({"generated": "maybe"}, "keep"),
    ],
)
def test_what_if_mistakes(example: Made, changes: dict[str, Any], words: str) -> None:
    with pytest.raises(UserError, match=words):
        look.what_if(example.path, changes)


def test_looking_at_a_release_without_rows(tmp_path: Path) -> None:
    one = repository(tmp_path / "one", {b"a.py": code(1)}).path
    made = build_release(recipe_of(one, policy={"preset": "none", "licences": []}), tmp_path / "release")
    assert look.sample(made.path, 5) == []
    content = made.table("metadata/drops")[0]["content_id"]
    assert look.one_file(made.path, content)["kept"] is False
    assert look.what_if(made.path, {"lines_max": 1})[0]["then"] == 2


@pytest.mark.parametrize("question", [look.drops_by_reason, lambda path: look.sample(path, 1)])
def test_what_is_no_release(tmp_path: Path, question: Any) -> None:
    with pytest.raises(UserError, match="not a release"):
        question(tmp_path)
