from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.data.releases import Made, build_release, code, recipe_of, repository
from tilth.data.release.clusters import largest_clusters, members, side_by_side, texts_of
from tilth.errors import UserError
from tilth.store.layout import Store


@pytest.fixture(scope="module")
def alike(tmp_path_factory: pytest.TempPathFactory) -> Made:
    folder = tmp_path_factory.mktemp("alike")
    files = {b"%d.py" % turn: code(1, lines=40) + b"\nown = %d\n" % turn for turn in range(4)}
    files |= {b"other%d.py" % turn: code(2, lines=40) + b"\nown = %d\n" % turn for turn in range(2)}
    recipe = recipe_of(repository(folder / "one", files).path, duplicates={"near": "keep_one"})
    return build_release(recipe, folder / "release")


def test_release_without_near_duplicates(example: Made) -> None:
    with pytest.raises(UserError, match="without looking"):
        largest_clusters(example.path, 5)


def test_no_release(tmp_path: Path) -> None:
    with pytest.raises(UserError):
        largest_clusters(tmp_path, 5)


def test_largest_first(alike: Made) -> None:
    rows = largest_clusters(alike.path, 5)
    assert [(row["kept_path"], row["members"]) for row in rows] == [("0.py", 3), ("other0.py", 1)]
    assert largest_clusters(alike.path, 1) == rows[:1]


@pytest.mark.parametrize("head", ["", "zz", "'; DROP TABLE near; --"])
def test_cluster_that_is_not_told_apart(alike: Made, head: str) -> None:
    with pytest.raises(UserError, match="begin"):
        members(alike.path, head)


def test_members_and_their_texts(alike: Made) -> None:
    cluster = largest_clusters(alike.path, 1)[0]["cluster"]
    rows = members(alike.path, cluster[:12])
    assert {row["path"] for row in rows} == {"1.py", "2.py", "3.py"}
    store = Store(alike.path.parent / ".tilth")
    one, other = texts_of(store, [cluster, rows[0]["content_id"]])
    assert one == alike.texts()["0.py"]
    assert "own = 0" in one
    shown = side_by_side(one, other, 80)
    assert [line for line in shown if "|" in line] == [
        "own = 0".ljust(38) + " | " + other.rstrip().splitlines()[-1]
    ]


def test_store_of_another_build(alike: Made, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="does not have"):
        texts_of(Store(tmp_path / "none"), [largest_clusters(alike.path, 1)[0]["cluster"]])
    assert not (tmp_path / "none").exists()


@given(st.text(max_size=300), st.text(max_size=300), st.integers(1, 200))
def test_any_two_texts_fit_the_width(one: str, other: str, width: int) -> None:
    lines = side_by_side(one, other, width)
    assert all(len(line) <= max(width, 23) for line in lines[1:] if not line.startswith("lines"))
    assert bool(lines) == (one.splitlines() != other.splitlines())
