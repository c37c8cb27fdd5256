"""The same recipe and inputs give the same bytes, however the work is shared out."""

from pathlib import Path
from typing import Any

import pytest

from tests.data.releases import build_release, code, hashes, recipe_of, repository, tables
from tests.house.modules import ROOT
from tilth.data.preload import PRELOAD
from tilth.engine.choose import engine

HOW = {
    "policy": {"preset": "tilth"},
    "duplicates": {"near": "keep_one"},
    "release": {"shard_bytes": 2**16},
}


@pytest.fixture
def repositories(tmp_path: Path) -> list[Path]:
    made = []
    for number in range(40):
        # Some contents are shared, so several places could give them; more than one listing task.
        files = {
            b"own.py": code(1000 + number),
            b"shared/%d.py" % number: code(number % 7),
            b"x.c": b"int x%d;\n" % number,
            b"alike.py": code(500 + number % 5, lines=40) + b"\nown = %d\n" % number,
        }
        made.append(repository(tmp_path / f"repository-{number}", files).path)
    return made


def recipe(repositories: list[Path], **said: Any) -> Any:
    return recipe_of(*repositories, **HOW, **said)


@pytest.mark.parametrize("workers", [2, 4])
def test_number_of_workers_does_not_show(tmp_path: Path, repositories: list[Path], workers: int) -> None:
    expected = hashes(build_release(recipe(repositories), tmp_path / "alone", store=tmp_path / "s1").path)
    runner = engine("local", workers, folder=tmp_path / "jobs", preload=PRELOAD)
    try:
        made = build_release(recipe(repositories), tmp_path / "many", store=tmp_path / "s2", engine=runner)
    finally:
        runner.close()
    assert hashes(made.path) == expected
    assert made.is_balanced()
    assert "near_duplicate" in made.reasons().values()


def test_order_of_the_list_does_not_show_in_the_tables(tmp_path: Path, repositories: list[Path]) -> None:
    few = repositories[:6]
    straight = build_release(recipe(few), tmp_path / "straight", store=tmp_path / "s1")
    shuffled = build_release(recipe(few[::-1]), tmp_path / "shuffled", store=tmp_path / "s2")
    apart = [{"kind": "git", "repositories": [str(path)]} for path in (few[3], few[0], *few[4:], *few[1:3])]
    split = recipe_of(*apart, **HOW)
    built = build_release(split, tmp_path / "split", store=tmp_path / "s3")
    assert tables(straight.path) == tables(shuffled.path) == tables(built.path)


def test_name_of_the_store_and_of_the_release_do_not_show(tmp_path: Path, repositories: list[Path]) -> None:
    one = recipe(repositories[:2])
    names = ["plain", "we[i]rd 'name' *", "size=3", "sp ace?;--"]
    made = [build_release(one, tmp_path / name / "release") for name in names]
    assert all(release.is_balanced() for release in made)
    assert all(hashes(release.path) == hashes(made[0].path) for release in made)


@pytest.fixture
def importable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Jobs start from nothing: they must find this package and this Python."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT / "src"))


@pytest.mark.usefixtures("importable")
def test_ray_gives_the_same_bytes(tmp_path: Path, repositories: list[Path]) -> None:
    same_bytes_with("ray", tmp_path, repositories)


@pytest.mark.usefixtures("importable")
def test_slurm_gives_the_same_bytes(tmp_path: Path, repositories: list[Path]) -> None:
    same_bytes_with("slurm-local", tmp_path, repositories)


def same_bytes_with(name: str, tmp_path: Path, repositories: list[Path]) -> None:
    expected = hashes(build_release(recipe(repositories), tmp_path / "alone", store=tmp_path / "s1").path)
    runner = engine(name, 2, folder=tmp_path / "jobs", preload=PRELOAD)
    try:
        made = build_release(recipe(repositories), tmp_path / "cluster", store=tmp_path / "s2", engine=runner)
    finally:
        runner.close()
    assert hashes(made.path) == expected
