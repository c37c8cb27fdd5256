"""A build that stops, whenever it does, goes on; and what is finished is never rewritten by mistake."""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest
import yaml

from tests.data.releases import build_release, code, hashes, listing, recipe_of, repository
from tests.house.modules import ROOT
from tilth.data import build as building
from tilth.errors import UserError
from tilth.store.layout import Store

KILLS = 30
SEED = 20240229
PATIENCE_SECONDS = 20


def command(folder: Path, name: str) -> list[str]:
    return [
        *(sys.executable, "-m", "tilth", "data", "build", str(folder / "recipe.yaml"), "--workers", "2"),
        *("--into", str(folder / name), "--store", str(folder / f"{name}.store")),
    ]


def environment(folder: Path) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT / "src"), "BUILD_OF": str(folder)}


def running_below(folder: Path) -> set[int]:
    """The processes that a build of this folder started, at this moment: they inherit its environment."""
    mark = f"BUILD_OF={folder}".encode()
    found = set()
    for place in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            state = (place / "stat").read_text("utf-8", "replace").rpartition(")")[2].split()[0]
            if state != "Z" and mark in (place / "environ").read_bytes().split(b"\0"):
                found.add(int(place.name))
    return found


def run_and_kill(folder: Path, name: str, delay_seconds: float) -> bool:
    """Whether the build came to its end before it was killed, and its workers ended with it."""
    process = subprocess.Popen(
        command(folder, name), env=environment(folder), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    try:
        _, errors = process.communicate(timeout=delay_seconds)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        process.communicate()
        limit = time.monotonic() + PATIENCE_SECONDS
        while left := running_below(folder):
            assert time.monotonic() < limit, f"still running: {left}"
            time.sleep(0.01)
        return False
    assert process.returncode == 0, errors.decode()
    return True


@pytest.fixture
def small_corpus(tmp_path: Path) -> Path:
    repositories = []
    for number in range(6):
        files = {b"src/%d.py" % at: code(100 * number + at, lines=20) for at in range(8)}
        files[b"alike.py"] = code(5000, lines=40) + b"\nown = %d\n" % number
        files[b"data.bin"] = bytes([number]) * 50 + b"\0\1"
        repositories.append(str(repository(tmp_path / f"repository-{number}", files).path))
    recipe = {
        "name": "killed",
        "sources": [{"kind": "git", "repositories": repositories, "history": True}],
        "policy": {"preset": "none"},
        "duplicates": {"near": "keep_one"},
        "release": {"shard_bytes": 2**16},
    }
    (tmp_path / "recipe.yaml").write_text(yaml.safe_dump(recipe))
    return tmp_path


def test_killed_at_any_moment_it_ends_with_the_same_bytes(small_corpus: Path) -> None:
    assert run_and_kill(small_corpus, "reference", 10 * PATIENCE_SECONDS)
    # The first run may have compiled kernels: the second says how long one takes.
    begun = time.monotonic()
    assert run_and_kill(small_corpus, "second", 10 * PATIENCE_SECONDS)
    length = time.monotonic() - begun
    expected = hashes(small_corpus / "reference")
    assert hashes(small_corpus / "second") == expected
    moments = random.Random(SEED)
    kills = 0
    while kills < KILLS:
        # Most of what can break lies after the start of the program.
        if not run_and_kill(small_corpus, "killed", moments.uniform(0.3, 1.05) * length):
            kills += 1
            continue
        release, store = small_corpus / "killed", small_corpus / "killed.store"
        assert hashes(release) == expected
        assert not (small_corpus / "killed.building").exists()
        shutil.rmtree(release)
        shutil.rmtree(store)
        length *= 0.9  # the machine is faster than when it was measured
    assert run_and_kill(small_corpus, "killed", 10 * PATIENCE_SECONDS)
    assert hashes(small_corpus / "killed") == expected
    left = [
        path.name for path in small_corpus.rglob("*") if ".partial" in path.name or "building" in path.name
    ]
    assert left == []


def test_again_it_was_there(tmp_path: Path) -> None:
    recipe = recipe_of(repository(tmp_path / "one", {b"a.py": code(1)}).path)
    first = build_release(recipe, tmp_path / "release")
    before = listing(tmp_path / "release")
    again = build_release(recipe, tmp_path / "release")
    assert (first.built.was_there, again.built.was_there) == (False, True)
    assert listing(tmp_path / "release") == before
    assert not (tmp_path / "release.building").exists()


def test_finished_release_is_never_rewritten(tmp_path: Path) -> None:
    one = repository(tmp_path / "one", {b"a.py": code(1)}).path
    build_release(recipe_of(one), tmp_path / "release")
    before = listing(tmp_path / "release")
    changed = recipe_of(one, version="2")
    with pytest.raises(UserError, match=r"another release.*never rewritten"):
        build_release(changed, tmp_path / "release")
    assert listing(tmp_path / "release") == before
    shutil.rmtree(tmp_path / "release.building")
    made = build_release(changed, tmp_path / "release", replace=True)
    assert made.manifest["version"] == "2"
    assert sorted(path.name for path in tmp_path.iterdir()) == [".tilth", "one", "release"]


def test_release_of_changed_inputs_is_not_the_one_that_is_there(tmp_path: Path) -> None:
    one = repository(tmp_path / "one", {b"a.py": code(1)})
    build_release(recipe_of(one.path), tmp_path / "release")
    one.commit({b"a.py": code(2)})
    with pytest.raises(UserError, match="another release"):
        build_release(recipe_of(one.path), tmp_path / "release")


def test_what_is_no_release_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "release").mkdir()
    (tmp_path / "release/diary.txt").write_text("mine")
    recipe = recipe_of(repository(tmp_path / "one", {b"a.py": code(1)}).path)
    with pytest.raises(UserError, match="not a release"):
        build_release(recipe, tmp_path / "release", replace=True)
    assert (tmp_path / "release/diary.txt").read_text() == "mine"


def test_empty_folder_is_filled(tmp_path: Path) -> None:
    (tmp_path / "release").mkdir()
    recipe = recipe_of(repository(tmp_path / "one", {b"a.py": code(1)}).path)
    assert build_release(recipe, tmp_path / "release").is_balanced()


class Stopped(Exception):
    pass


def stop_at(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    def stop(*_: object, **__: object) -> None:
        raise Stopped

    monkeypatch.setattr(building, name, stop)


def test_resume_is_refused_under_another_recipe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = repository(tmp_path / "one", {b"a.py": code(1)}).path
    stop_at(monkeypatch, "decide")
    with pytest.raises(Stopped):
        build_release(recipe_of(one), tmp_path / "release")
    monkeypatch.undo()
    other = recipe_of(one, policy={"preset": "none", "line_max": 99})
    with pytest.raises(UserError) as refused:
        build_release(other, tmp_path / "release")
    assert "+  line_max: 99" in str(refused.value)
    assert "--fresh" in str(refused.value)
    assert build_release(other, tmp_path / "release", fresh=True).manifest["policy"]["line_max"] == 99


def test_resume_reads_the_inputs_that_were_pinned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = repository(tmp_path / "one", {b"a.py": code(1)}, licence=None)
    stop_at(monkeypatch, "decide")
    with pytest.raises(Stopped):
        build_release(recipe_of(one.path), tmp_path / "release")
    monkeypatch.undo()
    one.commit({b"a.py": code(2)})
    made = build_release(recipe_of(one.path), tmp_path / "release")
    assert made.texts() == {"a.py": code(1).decode()}


@pytest.mark.parametrize("name", ["decide", "seal", "_publish"])
def test_stop_between_the_steps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    recipe = recipe_of(repository(tmp_path / "one", {b"a.py": code(1)}).path)
    expected = hashes(build_release(recipe, tmp_path / "reference", store=tmp_path / "other").path)
    stop_at(monkeypatch, name)
    with pytest.raises(Stopped):
        build_release(recipe, tmp_path / "release")
    assert not (tmp_path / "release").exists()
    monkeypatch.undo()
    assert hashes(build_release(recipe, tmp_path / "release").path) == expected


def test_stop_between_the_two_names_of_a_replacement(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = repository(tmp_path / "one", {b"a.py": code(1)}).path
    build_release(recipe_of(one), tmp_path / "release")
    replace = os.replace

    def stop(source: Path, target: Path) -> None:
        if Path(target) == tmp_path / "release":
            raise Stopped
        replace(source, target)

    monkeypatch.setattr(os, "replace", stop)
    with pytest.raises(Stopped):
        build_release(recipe_of(one, version="2"), tmp_path / "release", replace=True)
    monkeypatch.undo()
    made = build_release(recipe_of(one, version="2"), tmp_path / "release", replace=True)
    assert made.manifest["version"] == "2"
    assert sorted(path.name for path in tmp_path.iterdir()) == [".tilth", "one", "release"]


def test_two_builds_of_one_store_at_a_time_are_refused(tmp_path: Path) -> None:
    recipe = recipe_of(repository(tmp_path / "one", {b"a.py": code(1)}).path)
    with (
        Store(tmp_path / ".tilth").held(),
        pytest.raises(UserError, match="another build is using the store"),
    ):
        build_release(recipe, tmp_path / "release")
