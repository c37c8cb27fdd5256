import os
import socket
from pathlib import Path
from threading import Event

import pytest

from tests.data.sources.git.repositories import ENVIRONMENT, Repository, make
from tilth.config.sources import GitSource
from tilth.data.sources.git.contents import read_contents
from tilth.data.sources.git.mirror import mirror
from tilth.data.sources.git.resolve import resolve
from tilth.data.sources.git.tree import list_tree
from tilth.records import Refusal, Unit


@pytest.fixture(autouse=True)
def nobodys_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GIT_CONFIG_GLOBAL", "GIT_CONFIG_NOSYSTEM"):
        monkeypatch.setenv(name, ENVIRONMENT[name])


@pytest.fixture
def origin(tmp_path: Path) -> Repository:
    made = make(tmp_path / "owner/name.git", "--bare")
    made.commit({b"a": b"1"})
    return made


def url_of(repository: Repository) -> str:
    return f"file://{repository.path}"


def test_unreachable(tmp_path: Path) -> None:
    for url in (f"file://{tmp_path}/none", "https://localhost:1/a/b", "nosuchscheme://x/y"):
        copy = mirror(url, tmp_path / "mirrors")
        assert copy.path is None and copy.note
    assert list((tmp_path / "mirrors").iterdir()) == []
    source = GitSource(kind="git", repositories=("https://user:secret@localhost:1/a/b",))
    (refusal,) = resolve(source, tmp_path / "mirrors")
    assert isinstance(refusal, Refusal) and refusal.reason == "unreachable"
    assert "secret" not in repr(refusal)


def test_a_url_starts_no_program(tmp_path: Path) -> None:
    for url in (
        f"ext::touch {tmp_path}/sprung",
        f"--upload-pack=touch {tmp_path}/sprung",
        f"-ufile://{tmp_path}",
    ):
        assert mirror(url, tmp_path / "mirrors").path is None
    assert not (tmp_path / "sprung").exists()


def test_timeout(origin: Repository, tmp_path: Path) -> None:
    copy = mirror(url_of(origin), tmp_path / "mirrors", timeout_seconds=0)
    assert (copy.path, copy.note) == (None, "no end within 0 s")


def test_another_thread_can_stop_it(tmp_path: Path) -> None:
    # A server that takes the connection and never says a word.
    with socket.create_server(("127.0.0.1", 0)) as server:
        stop = Event()
        stop.set()
        copy = mirror(f"git://127.0.0.1:{server.getsockname()[1]}/a", tmp_path / "mirrors", stop=stop)
    assert copy.path is None and copy.note
    assert list((tmp_path / "mirrors").iterdir()) == []


def test_one_url_twice_at_the_same_time(origin: Repository, tmp_path: Path) -> None:
    source = GitSource(kind="git", repositories=(url_of(origin),) * 6)
    for _ in range(2):
        found = list(resolve(source, tmp_path / "mirrors"))
        assert len(found) in (1, 6) and all(unit == found[0] for unit in found)
        assert isinstance(found[0], Unit)
    assert len(list((tmp_path / "mirrors").glob("*.git"))) == 1


def test_clone_then_fetch(origin: Repository, tmp_path: Path) -> None:
    first = mirror(url_of(origin), tmp_path / "mirrors")
    assert first.path is not None and first.note == ""
    new = origin.commit({b"a": b"2"}, branch="new")
    origin.git("symbolic-ref", "HEAD", "refs/heads/new")
    origin.git("update-ref", "-d", "refs/heads/main")
    again = mirror(url_of(origin), tmp_path / "mirrors")
    assert again == first
    copy = Repository(first.path)
    assert copy.git("rev-parse", "HEAD") == new
    assert copy.git("for-each-ref", "--format=%(refname)") == "refs/heads/new"
    assert [path.name for path in (tmp_path / "mirrors").iterdir()] == [first.path.name]


def test_an_older_mirror_serves_where_the_network_fails(origin: Repository, tmp_path: Path) -> None:
    assert mirror(url_of(origin), tmp_path / "mirrors", offline=True).path is None
    first = mirror(url_of(origin), tmp_path / "mirrors")
    assert mirror(url_of(origin), tmp_path / "mirrors", offline=True).path == first.path
    os.rename(origin.path, tmp_path / "moved")
    again = mirror(url_of(origin), tmp_path / "mirrors")
    assert again.path == first.path and again.note.startswith("older mirror used: fatal:")


def test_two_of_one_name_have_two_mirrors(origin: Repository, tmp_path: Path) -> None:
    other = make(tmp_path / "else/owner/name.git", "--bare")
    other.commit({b"b": b""})
    found = {mirror(url_of(one), tmp_path / "mirrors").path for one in (origin, other)}
    assert len(found) == 2


def test_hooks_and_templates_are_left_out(origin: Repository, tmp_path: Path) -> None:
    copy = mirror(url_of(origin), tmp_path / "mirrors")
    assert copy.path is not None and not (copy.path / "hooks").exists()


def test_from_url_to_bytes(origin: Repository, tmp_path: Path) -> None:
    source = GitSource(kind="git", repositories=(url_of(origin), url_of(origin) + "/"))
    (unit,) = resolve(source, tmp_path / "mirrors")
    assert isinstance(unit, Unit)
    assert (unit.origin, unit.repo_name) == (url_of(origin), "name")
    (entry,) = list_tree(unit)
    assert entry.content_id is not None
    assert list(read_contents(Path(unit.location), [entry.content_id])) == [(entry.content_id, b"1", "")]


def test_an_empty_origin(tmp_path: Path) -> None:
    made = make(tmp_path / "empty", "--bare")
    (refusal,) = resolve(GitSource(kind="git", repositories=(url_of(made),)), tmp_path / "mirrors")
    assert isinstance(refusal, Refusal) and refusal.reason == "empty_repository"
