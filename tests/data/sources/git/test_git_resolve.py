import os
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

import pytest

from tests.data.sources.git.repositories import Repository, make, refusal_of, resolved, unit_of
from tests.permissions import permissions_hold
from tilth.data.sources.git.commit import moment, read_commit
from tilth.records import Refusal, Unit


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    made = make(tmp_path / "project")
    first = made.commit({b"a": b"1"}, date="2020-01-01T10:00:00+0000")
    made.commit({b"a": b"2"}, parent=first, date="2020-01-02T23:59:59+0000")
    return made


# What cannot be read


def test_no_folder(tmp_path: Path) -> None:
    assert refusal_of(tmp_path / "nothing")[0] == "not_a_repository"


def test_a_folder_inside_a_repository_is_not_one(repository: Repository) -> None:
    (repository.path / "inner").mkdir()
    assert refusal_of(repository.path / "inner")[0] == "not_a_repository"


def test_a_file_and_a_gitfile_to_nowhere(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    assert refusal_of(tmp_path / "file")[0] == "not_a_repository"
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder/.git").write_text("gitdir: ../nowhere\n")
    assert refusal_of(tmp_path / "folder")[0] == "not_a_repository"
    (tmp_path / "folder/.git").write_bytes(b"\xff\0\n")
    assert refusal_of(tmp_path / "folder")[0] == "not_a_repository"


def test_empty(tmp_path: Path) -> None:
    assert refusal_of(make(tmp_path / "a").path) == ("empty_repository", "")
    assert refusal_of(make(tmp_path / "b", "--bare").path, every_branch=True) == ("empty_repository", "")


def test_sha256(tmp_path: Path) -> None:
    made = make(tmp_path / "a", "--object-format=sha256")
    assert refusal_of(made.path) == ("sha256_repository", "sha256")


def test_no_permission(repository: Repository) -> None:
    repository.git_dir.chmod(0)
    try:
        with permissions_hold():
            assert refusal_of(repository.path)[0] == "unreadable"
    finally:
        repository.git_dir.chmod(0o755)


def test_no_permission_as_the_system_says_it(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: str) -> list[str]:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "listdir", refuse)
    assert refusal_of(repository.path) == ("unreadable", "Permission denied")


def test_the_commit_is_missing(repository: Repository) -> None:
    commit = repository.git("rev-parse", "main")
    (repository.git_dir / "objects" / commit[:2] / commit[2:]).unlink()
    reason, value = refusal_of(repository.path)
    assert (reason, value) == ("corrupt_repository", f"missing object {commit}")


def test_the_commit_is_damaged(repository: Repository) -> None:
    commit = repository.git("rev-parse", "main")
    path = repository.git_dir / "objects" / commit[:2] / commit[2:]
    path.chmod(0o644)
    path.write_bytes(path.read_bytes()[:20])
    assert refusal_of(repository.path)[0] == "corrupt_repository"


def test_a_truncated_pack(repository: Repository) -> None:
    pack = repository.pack()
    pack.chmod(0o644)
    pack.write_bytes(pack.read_bytes()[:40])
    assert refusal_of(repository.path)[0] == "corrupt_repository"


def test_a_broken_reference_does_not_hide_the_others(repository: Repository) -> None:
    (repository.git_dir / "refs/heads/broken").write_text("not an id\n")
    (repository.git_dir / "refs/heads/lost").write_text("1" * 40 + "\n")
    assert unit_of(repository.path).branch_name == "refs/heads/main"
    found = resolved(repository.path, every_branch=True)
    assert [getattr(one, "reason", "unit") for one in found] == ["corrupt_repository", "unit"]


def test_one_bad_repository_does_not_stop_the_next(tmp_path: Path, repository: Repository) -> None:
    make(tmp_path / "an-empty-one")
    found = resolved(tmp_path / "*")
    assert [(type(one), one.repo_name) for one in found] == [(Refusal, "an-empty-one"), (Unit, "project")]


# Which commit


def test_default_branch(repository: Repository) -> None:
    unit = unit_of(repository.path)
    assert unit.revision_id == repository.git("rev-parse", "main")
    assert unit.directory_id == repository.git("rev-parse", "main^{tree}")
    assert unit.tree_key == f"git:{unit.directory_id}"
    assert unit.branch_name == "refs/heads/main"
    assert unit.history_id == repository.git("rev-parse", "main~1")
    assert unit.revision_date == datetime(2020, 1, 2, 23, 59, 59, tzinfo=UTC)
    assert (unit.origin, unit.repo_name) == (repository.path.as_uri(), "project")


def test_author_date_is_not_committer_date(tmp_path: Path) -> None:
    made = make(tmp_path / "a")
    made.commit({b"a": b""})
    unit = unit_of(made.path)
    assert unit.revision_date == datetime(2020, 2, 1, 9, tzinfo=UTC)
    assert unit.committer_date == datetime(2020, 2, 2, 12, tzinfo=UTC)


def test_head_to_an_unborn_branch(repository: Repository) -> None:
    repository.git("symbolic-ref", "HEAD", "refs/heads/unborn")
    assert unit_of(repository.path).branch_name == "refs/heads/main"
    repository.git("branch", "-m", "main", "trunk")
    assert unit_of(repository.path).branch_name == "refs/heads/trunk"
    repository.git("branch", "other", "trunk")
    repository.git("symbolic-ref", "HEAD", "refs/heads/unborn")
    assert refusal_of(repository.path)[0] == "no_head"


def test_no_head_file(repository: Repository) -> None:
    # Git itself takes such a folder for no repository at all.
    (repository.git_dir / "HEAD").unlink()
    assert refusal_of(repository.path)[0] in ("no_head", "corrupt_repository")


def test_detached(repository: Repository) -> None:
    repository.git("checkout", "-q", "--detach", "main~1")
    unit = unit_of(repository.path)
    assert (unit.branch_name, unit.revision_id) == (None, repository.git("rev-parse", "main~1"))


def test_branch_named_like_a_tag(repository: Repository) -> None:
    repository.git("tag", "-a", "-m", "x", "same", "main~1")
    repository.git("branch", "same", "main")
    assert unit_of(repository.path, tag="same").revision_id == repository.git("rev-parse", "main~1")
    assert unit_of(repository.path, branch="same").revision_id == repository.git("rev-parse", "main")
    assert unit_of(repository.path, tag="same").branch_name == "refs/tags/same"


def test_branch_named_like_a_commit(repository: Repository) -> None:
    first, second = repository.git("rev-parse", "main~1"), repository.git("rev-parse", "main")
    repository.git("branch", first[:7], "main")
    assert unit_of(repository.path, commit=first[:7]).revision_id == first
    assert unit_of(repository.path, commit=second.upper()).revision_id == second
    assert unit_of(repository.path, branch=first[:7]).revision_id == second


def test_points_that_are_not_there(repository: Repository) -> None:
    assert refusal_of(repository.path, branch="x") == ("no_such_branch", "x")
    assert refusal_of(repository.path, tag="x") == ("no_such_tag", "x")
    assert refusal_of(repository.path, commit="1" * 40) == ("no_such_commit", "1" * 40)
    for commit in ("11111", "abc", "main", "--all", "x\ny"):
        assert refusal_of(repository.path, commit=commit) == ("no_such_commit", commit)
    blob = repository.git("rev-parse", "main:a")
    assert refusal_of(repository.path, commit=blob)[0] == "no_such_commit"
    repository.git("tag", "of-a-blob", blob)
    assert refusal_of(repository.path, tag="of-a-blob") == ("not_a_commit", "blob")


def test_date(repository: Repository) -> None:
    first, second = repository.git("rev-parse", "main~1"), repository.git("rev-parse", "main")
    assert unit_of(repository.path, date="2020-01-01").revision_id == first
    assert unit_of(repository.path, date="2020-01-02").revision_id == second
    assert refusal_of(repository.path, date="2019-12-31") == ("no_commit_before_date", "2019-12-31")
    assert unit_of(repository.path, date="2020-01-01", branch="main").revision_id == first


def test_every_branch(repository: Repository, tmp_path: Path) -> None:
    repository.git("branch", "dev", "main~1")
    names = [one.branch_name for one in resolved(repository.path, every_branch=True) if isinstance(one, Unit)]
    assert names == ["refs/heads/dev", "refs/heads/main"]
    clone = repository.clone(tmp_path / "clone")
    names = [one.branch_name for one in resolved(clone.path, every_branch=True) if isinstance(one, Unit)]
    assert names == ["refs/heads/main", "refs/remotes/origin/dev"]
    assert unit_of(clone.path, branch="dev").branch_name == "refs/remotes/origin/dev"


# Which kind of repository


def test_bare_packed_worktree_gitfile_and_alternates(repository: Repository, tmp_path: Path) -> None:
    wanted = unit_of(repository.path)
    bare = repository.clone(tmp_path / "bare.git", "--bare")
    bare.git("pack-refs", "--all")
    borrowing = Repository(tmp_path / "borrowing")
    repository.git("clone", "-q", "--shared", str(repository.path), str(borrowing.path))
    separate = Repository(tmp_path / "separate")
    repository.git(
        "clone",
        "-q",
        "--separate-git-dir",
        str(tmp_path / "elsewhere"),
        str(repository.path),
        str(separate.path),
    )
    repository.git("worktree", "add", "-q", "-b", "tree", str(tmp_path / "worktree"), "main~1")
    for other in (bare, borrowing, separate):
        assert unit_of(other.path).tree_key == wanted.tree_key, other
        assert unit_of(other.path).history_id == wanted.history_id
        assert unit_of(other.path).origin == wanted.origin
    assert unit_of(bare.path).repo_name == "bare"
    worktree = unit_of(tmp_path / "worktree")
    assert (worktree.branch_name, worktree.revision_id) == ("refs/heads/tree", wanted.history_id)
    assert worktree.repo_name == "worktree"


def test_shallow_has_no_history_id(repository: Repository, tmp_path: Path) -> None:
    clone = repository.clone(tmp_path / "clone", "--depth=1")
    unit = unit_of(clone.path)
    assert unit.revision_id == repository.git("rev-parse", "main")
    assert unit.history_id is None


def test_a_hostile_configuration_starts_nothing(repository: Repository, tmp_path: Path) -> None:
    trap = tmp_path / "trap.sh"
    trap.write_text(f"#!/bin/sh\ntouch {tmp_path}/sprung\n")
    trap.chmod(0o755)
    for key in (
        "core.fsmonitor",
        "core.pager",
        "core.sshCommand",
        "diff.external",
        "core.alternateRefsCommand",
    ):
        repository.git("config", key, str(trap))
    assert unit_of(repository.path).branch_name == "refs/heads/main"
    assert not (tmp_path / "sprung").exists()


# Names


@pytest.mark.parametrize(
    ("url", "origin", "name"),
    [
        ("https://git.example.org/owner/name.git", "https://git.example.org/owner/name.git", "owner/name"),
        (
            "https://user:secret@git.example.org/owner/name",
            "https://git.example.org/owner/name",
            "owner/name",
        ),
        (
            "https://token@git.example.org/group/sub/name/",
            "https://git.example.org/group/sub/name/",
            "sub/name",
        ),
        ("git@git.example.org:owner/name.git", "git@git.example.org:owner/name.git", "owner/name"),
        ("ssh://git:secret@git.example.org/owner/name", "ssh://git@git.example.org/owner/name", "owner/name"),
        ("https://git.example.org/name", "https://git.example.org/name", "name"),
    ],
)
def test_origin_and_name(repository: Repository, url: str, origin: str, name: str) -> None:
    repository.git("remote", "add", "origin", url)
    unit = unit_of(repository.path)
    assert (unit.origin, unit.repo_name) == (origin, name)


def test_two_of_one_name(tmp_path: Path) -> None:
    for owner in ("a", "b"):
        make(tmp_path / owner / "same").commit({b"x": owner.encode()})
    found = resolved(tmp_path / "*/same")
    assert [one.repo_name for one in found] == ["same", "same"]
    assert len({one.origin for one in found}) == 2


# Clocks


@pytest.mark.parametrize(
    "clock", ["-1", "+5", "1.5", "1_000", "253402300800", "99999999999999999999", "9" * 5000, "", "x", "nan"]
)
def test_absurd_clocks(tmp_path: Path, clock: str) -> None:
    made = make(tmp_path / "a")
    tree = made.tree()
    person = f"A <a@example.org> {clock} +0000"
    made.raw_commit(f"tree {tree}\nauthor {person}\ncommitter {person}\n\nx\n".encode())
    unit = unit_of(made.path)
    assert (unit.revision_date, unit.committer_date) == (None, None)


def test_clocks_at_the_edges() -> None:
    assert moment("0") == datetime(1970, 1, 1, tzinfo=UTC)
    assert moment("0031536000") == datetime(1971, 1, 1, tzinfo=UTC)
    assert moment(b"4294967296") == datetime(2106, 2, 7, 6, 28, 16, tzinfo=UTC)
    assert moment("253402300799") == datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
    assert moment("253402300800") is None


def test_a_commit_that_is_none() -> None:
    assert read_commit("0" * 40, b"") is None
    assert read_commit("0" * 40, b"tree short\n") is None
    commit = read_commit("0" * 40, b"tree " + b"1" * 40 + b"\nauthor A > <x> 5> 1600000000 +0000\n\n")
    assert commit is not None and commit.author_date == datetime(2020, 9, 13, 12, 26, 40, tzinfo=UTC)


# Snapshots


@pytest.mark.parametrize("detached", [False, True])
def test_snapshot_as_software_heritage_computes_it(repository: Repository, detached: bool) -> None:
    oracle = import_module("swh.model.cli").swhid_of_git_repo
    repository.git("tag", "-a", "-m", "x", "annotated")
    repository.git("tag", "light", "main~1")
    repository.git("tag", "of-a-blob", repository.git("rev-parse", "main:a"))
    repository.git("tag", "of-a-tree", repository.git("rev-parse", "main^{tree}"))
    repository.git("symbolic-ref", "refs/remotes/origin/HEAD", "refs/heads/main")
    repository.git("pack-refs", "--all")
    repository.git("branch", "loose")
    if detached:
        repository.git("checkout", "-q", "--detach")
    assert unit_of(repository.path).snapshot_id == str(oracle(str(repository.path)))
