from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.data.sources.git.repositories import Repository, make
from tilth.config.sources import GitSource
from tilth.data.sources.git import command
from tilth.data.sources.git.first_commits import FirstCommits
from tilth.data.sources.git.resolve import resolve
from tilth.records import Unit

A, B, C = "a" * 40, "b" * 40, "c" * 40


def orders(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the git commands that are run from now on."""
    seen: list[str] = []
    run = command.run

    def noted(order: list[str], environment: dict[str, str], given: bytes = b"") -> tuple[int, bytes, str]:
        seen.append(next(word for word in order[1:] if word in ("for-each-ref", "rev-list", "cat-file")))
        return run(order, environment, given)

    monkeypatch.setattr(command, "run", noted)
    return seen


def unit_of(repository: Repository, cache: Path) -> Unit:
    (unit,) = resolve(GitSource(kind="git", repositories=(str(repository.path),)), cache)
    assert isinstance(unit, Unit)
    return unit


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    made = make(tmp_path / "a")
    parent = made.commit({b"file": b"first"})
    for number in range(3):
        parent = made.commit({b"file": b"%d" % number}, parent=parent)
    return made


def test_what_was_added_is_known_to_the_next_run(tmp_path: Path) -> None:
    path = tmp_path / "store" / "file"
    tmp_path.joinpath("store").mkdir()
    known = FirstCommits(path)
    assert known.get(A) is None
    known.add(A, B)
    FirstCommits(path).add(C, C)
    later = FirstCommits(path)
    assert (known.get(A), later.get(A), later.get(B), later.get(C)) == (B, B, None, C)


@given(st.integers(0, 180), st.binary(max_size=4))
def test_damage_is_never_believed(at: int, new: bytes) -> None:
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as folder:
        path = Path(folder) / "file"
        FirstCommits(path).add(A, B)
        FirstCommits(path).add(C, A)
        whole = path.read_bytes()
        path.write_bytes(whole[:at] + new + whole[at + len(new) :])
        found = FirstCommits(path)
        assert found.get(A) in (B, None) and found.get(C) in (A, None)
        found.add(A, B)
        assert FirstCommits(path).get(A) == B


def test_a_store_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    FirstCommits(tmp_path / "store" / "mirrors" / "file").add(A, B)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_in_the_way_is_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / "file").mkdir()
    known = FirstCommits(tmp_path / "file")
    known.add(A, B)
    assert known.get(A) is None


@pytest.mark.parametrize("packed", [False, True])
def test_one_process_for_a_repository_that_was_seen(
    repository: Repository, packed: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if packed:
        repository.pack()
    first = repository.git("rev-list", "--max-parents=0", "main")
    seen = orders(monkeypatch)
    fresh = unit_of(repository, tmp_path / "mirrors")
    assert (fresh.history_id, seen) == (first, ["for-each-ref", "rev-list"])
    seen.clear()
    assert (unit_of(repository, tmp_path / "mirrors"), seen) == (fresh, ["for-each-ref"])
    (tmp_path / "mirrors" / "first_commits.txt").write_bytes(b"\xff rubbish\n" * 9)
    assert unit_of(repository, tmp_path / "mirrors") == fresh


def test_one_process_for_one_commit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = make(tmp_path / "a")
    commit = made.commit({b"file": b"only"})
    made.git("tag", "-a", "-m", "a tag", "v1")
    seen = orders(monkeypatch)
    source = GitSource(kind="git", repositories=(str(made.path),), tag="v1")
    (unit,) = resolve(source, tmp_path / "mirrors")
    assert isinstance(unit, Unit)
    assert (unit.revision_id, unit.history_id, seen) == (commit, commit, ["for-each-ref"])


def test_a_shallow_clone_does_not_ask_what_is_remembered(repository: Repository, tmp_path: Path) -> None:
    whole = unit_of(repository, tmp_path / "mirrors")
    shallow = repository.clone(tmp_path / "shallow", "--depth=1")
    cut_off = unit_of(shallow, tmp_path / "mirrors")
    assert (cut_off.revision_id, cut_off.history_id) == (whole.revision_id, None)
