"""A request reaches forks, copies, near copies and former names; what may be another's is listed, not taken."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.data.releases import GPL, MIT, build_release, code, recipe_of, repository
from tests.data.sources.git.repositories import Repository, make
from tilth.cli.main import main
from tilth.errors import UserError
from tilth.governance.authors import written_by
from tilth.governance.closure import Reach, reach_of
from tilth.governance.keys import Keys
from tilth.governance.names import Names, read_names
from tilth.governance.requests import Request
from tilth.governance.seen import seen
from tilth.store.sql import Sql
from tilth.store.swhid import content_id

LIBRARY, BOILERPLATE, GRADLE = code(700, 30), code(701, 30), code(702, 30)
SHORT = b"from .things import *\n"


def prose(number: int, words: int = 300) -> list[str]:
    return [f"word{(number * 7919 + at * 31) % 9973}" for at in range(words)]


def changed(number: int, every: int) -> bytes:
    words = [f"other{at}" if at % every == 1 else word for at, word in enumerate(prose(number))]
    return "\n".join(" ".join(words[at : at + 10]) for at in range(0, len(words), 10)).encode() + b"\n"


OWN: Mapping[bytes, bytes] = {
    **{b"src/own_%d.py" % n: code(n, 20) for n in range(6)},
    b"src/__init__.py": SHORT,
    b"vendor/lib/lib.py": LIBRARY,
    b"setup/common.py": BOILERPLATE,
    b"notes.md": changed(1, 10_000),
}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("world")
    rows: list[dict[str, object]] = []

    def there(
        name: str, files: Mapping[bytes, bytes], stars: int = 1, of: Repository | None = None
    ) -> Repository:
        path = folder / name.replace("/", "_")
        made = repository(path, files) if of is None else Repository(path)
        if of:
            of.git("clone", "-q", str(of.path), str(path))
            made.commit({b"LICENSE": MIT, **files}, parent=made.git("rev-parse", "HEAD"))
        made.git("config", "remote.origin.url", f"https://github.com/{name}")
        rows.append({"path": str(path), "star_events_count": stars, "fork_events_count": 0})
        return made

    own = there("alice/own", OWN, stars=5)
    there("bob/fork", {**OWN, b"more.py": code(50, 20)}, of=own)
    copy = there("carl/copy", OWN)
    copy.commit({b"LICENSE": MIT, **OWN}, date="2021-01-01T12:00:00+0000")
    there("dora/renamed", {b"lib/%d.py" % n: code(n, 20) for n in range(3)} | {b"x.py": code(60, 20)})
    there("emil/one_file", {b"src/own_4.py": code(4, 20), b"y.py": code(61, 20)})
    there("fred/famous", {b"src/own_5.py": code(5, 20), b"z.py": code(62, 20)}, stars=99)
    there("gail/near", {b"n.md": changed(1, 150), b"g.py": code(63, 20)})
    there("hugo/less_near", {b"h.md": changed(1, 40), b"h.py": code(64, 20)})
    for number in range(8):
        files = {b"setup/common.py": BOILERPLATE, b"src/__init__.py": SHORT, b"o.py": code(80 + number, 20)}
        there(f"many/{number}", files | ({b"lib.py": LIBRARY} if number < 2 else {}))
    upstream = there("up/stream", {b"up.py": code(90, 20)}, stars=500)
    there("alice/fork_of_stream", {b"up.py": code(90, 20), b"patch.py": code(91, 20)}, of=upstream)
    there("old/name", {b"old.py": code(95, 20)})
    there("unrelated/one", {b"u.py": code(99, 20), b"LICENSE": MIT})
    (folder / "list.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    source = {"kind": "git", "list": str(folder / "list.jsonl")}
    build_release(recipe_of(source, duplicates={"near": "keep_one"}), folder / "release")
    return folder / "release"


@pytest.fixture(scope="module")
def sql(world: Path) -> Iterator[Sql]:
    with seen(world) as session:
        yield session


def reach(sql: Sql, names: Names | None = None, take: tuple[str, ...] = (), **said: object) -> Reach:
    return reach_of(sql, Request.model_validate({"kind": "opt_out", **said}), "req-1", names=names, take=take)


def gone(found: Reach) -> set[tuple[str, str]]:
    return {(place["origin"].removeprefix("https://github.com/"), place["path"]) for place in found.places}


def listed(found: Reach) -> set[tuple[str, str, str]]:
    return {
        (row["reason"], row["origin"].removeprefix("https://github.com/"), row.get("path", ""))
        for row in found.undecided
    }


def test_a_repository(sql: Sql) -> None:
    found = reach(sql, repositories=["github.com/alice/own"])
    places = gone(found)
    whole = {name for name, _ in places}
    assert {path for name, path in places if name == "bob/fork"} >= {"more.py", "src/own_0.py", "LICENSE"}
    assert {path for name, path in places if name == "carl/copy"} >= {"src/own_0.py", "vendor/lib/lib.py"}
    assert {path for name, path in places if name == "dora/renamed"} == {f"lib/{n}.py" for n in range(3)}
    assert {path for name, path in places if name == "emil/one_file"} == {"src/own_4.py"}
    assert {path for name, path in places if name == "gail/near"} == {"n.md"}
    assert whole == {"alice/own", "bob/fork", "carl/copy", "dora/renamed", "emil/one_file", "gail/near"}
    assert found.counts()["files"].keys() == {"named", "fork", "same_tree", "moved", "same_bytes", "near"}


def test_what_is_listed(sql: Sql) -> None:
    told = listed(reach(sql, repositories=["github.com/alice/own"]))
    assert ("better_known", "fred/famous", "src/own_5.py") in told
    assert ("less_alike", "hugo/less_near", "h.md") in told
    assert ("vendored", "many/0", "lib.py") in told
    assert {("widespread", f"many/{n}", "setup/common.py") for n in range(8)} <= told
    assert ("short", "many/3", "src/__init__.py") in told
    assert not any(name == "unrelated/one" or path == "LICENSE" for _, name, path in told)


def test_a_person_may_decide(sql: Sql) -> None:
    found = reach(sql, repositories=["github.com/alice/own"], take=("better_known",))
    assert ("fred/famous", "src/own_5.py") in gone(found) and ("fred/famous", "z.py") not in gone(found)
    assert not any(reason == "better_known" for reason, _, _ in listed(found))


def test_who_forked_does_not_take_the_origin_along(sql: Sql) -> None:
    found = reach(sql, repositories=["github.com/alice/fork_of_stream"])
    assert {name for name, _ in gone(found)} == {"alice/fork_of_stream"}
    assert ("better_known", "up/stream", "") in listed(found)
    assert not any(key.kind == "history" for key in found.keys)


def test_an_account(sql: Sql) -> None:
    found = reach(sql, accounts=["github.com/alice"])
    assert {"alice/own", "alice/fork_of_stream", "bob/fork", "carl/copy"} <= {name for name, _ in gone(found)}
    assert ("better_known", "up/stream", "") in listed(found)


def test_what_is_not_followed(sql: Sql) -> None:
    found = reach(sql, repositories=["github.com/alice/own"], follow=[])
    assert {name for name, _ in gone(found)} == {"alice/own"} and found.undecided == []
    assert {key.kind for key in found.keys} == {"repository"}


def test_paths_and_contents(sql: Sql) -> None:
    path = [{"repository": "github.com/alice/own", "path": "src/own_0.py"}]
    assert gone(reach(sql, paths=path)) == {
        ("alice/own", "src/own_0.py"), ("bob/fork", "src/own_0.py"), ("carl/copy", "src/own_0.py"),
        ("dora/renamed", "lib/0.py"),
    }  # fmt: skip
    one = f"swh:1:cnt:{content_id(code(61, 20))};origin=https://github.com/emil/one_file"
    assert gone(reach(sql, contents=[one])) == {("emil/one_file", "y.py")}


def test_former_names(sql: Sql, tmp_path: Path) -> None:
    table = tmp_path / "names.csv"
    table.write_text(
        "id,address\ngithub.com/7,https://github.com/old/name\ngithub.com/7,https://github.com/older/name\n"
        "github.com/7,https://github.com/New/Name\ngithub.com/8,https://github.com/new/gone\n"
        "github.com/8,https://github.com/other/gone\ngithub.com/9,https://github.com/older/name\n"
    )
    names = read_names(table)
    for said in ({"repositories": ["github.com/new/name"]}, {"repositories": ["id:github.com/7"]}):
        found = reach(sql, names, **said)
        assert gone(found) == {("old/name", "old.py"), ("old/name", "LICENSE")}
        assert ("address_reused", "github.com/older/name", "") in listed(found)
    found = reach(sql, names, accounts=["github.com/new"])
    assert ("old/name", "old.py") in gone(found)
    assert ("moved_away", "github.com/other/gone", "") in listed(found)
    assert listed(reach(sql, names, repositories=["id:github.com/1"])) == {
        ("unknown_id", "id:github.com/1", "")
    }
    (tmp_path / "bad.csv").write_text("a,b\n1,2\n")
    for bad in ("bad.csv", "none.csv"):
        with pytest.raises(UserError, match="table of names"):
            read_names(tmp_path / bad)


def test_nothing_there(sql: Sql, tmp_path: Path) -> None:
    found = reach(sql, repositories=["github.com/no/body"])
    assert found.places == [] and len(found.keys) == 1
    with pytest.raises(UserError, match="not a release"), seen(tmp_path):
        pass


def test_an_author(sql: Sql, keys: Keys, tmp_path: Path) -> None:
    """The commits, the files that nobody else touched with their copies, and those that others touched, listed."""
    wrote = make(tmp_path / "clone")
    wrote.git("config", "remote.origin.url", "https://github.com/alice/own")
    files = {b"src/own_0.py": code(0, 20), b"src/own_1.py": b"draft\n"}
    first = wrote.commit(files)
    later = wrote.git(
        "commit-tree", second_tree(wrote, files), "-p", first, "-m", "x", GIT_AUTHOR_EMAIL="other@example.org"
    )
    wrote.git("update-ref", "refs/heads/main", later)
    author = keys.author("Author@example.org")
    request = Request(kind="erasure", authors=(author,))
    written = written_by([wrote.path], request, "req-1", keys.author)
    assert {(key.kind, key.value, key.path) for key in written.keys} == {
        ("revision", first, ""), ("path", "github.com/alice/own", "src/own_0.py"),
    }  # fmt: skip
    found = reach_of(sql, request, "req-1", written=written)
    assert ("alice/own", "src/own_0.py") in gone(found) and ("dora/renamed", "lib/0.py") in gone(found)
    assert ("several_authors", "alice/own", "src/own_1.py") in listed(found)
    found = reach_of(sql, request, "req-1", written=written, take=["several_authors"])
    assert ("alice/own", "src/own_1.py") in gone(found)


def second_tree(wrote: Repository, files: Mapping[bytes, bytes]) -> str:
    return wrote.git("rev-parse", f"{wrote.commit({**files, b'src/own_1.py': code(1, 20)})}^{{tree}}")


def test_near_copies_of_what_left_before(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = []
    for name, stars, licence, text in (
        ("alice/own", 5, GPL, changed(1, 10_000)),
        ("gail/near", 1, MIT, changed(1, 150)),
        ("ivan/other", 1, MIT, changed(2, 10_000)),
    ):
        made = repository(tmp_path / name.replace("/", "_"), {b"notes.md": text}, licence=licence)
        made.git("config", "remote.origin.url", f"https://github.com/{name}")
        rows.append({"path": str(made.path), "star_events_count": stars, "fork_events_count": 0})
    (tmp_path / "list.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    source = {"kind": "git", "list": str(tmp_path / "list.jsonl")}
    policy = {"preset": "none", "licences": ["permissive"]}
    recipe = recipe_of(source, policy=policy, duplicates={"near": "keep_one"})
    made = build_release(recipe, tmp_path / "release", store=tmp_path / "store")
    assert made.reasons()["notes.md"] == "licence_copyleft"
    ledger, keys = ("--ledger", str(tmp_path / "ledger.sqlite")), ("--keys", str(tmp_path / "keys"))
    main(["governance", "key", keys[1]])
    main(["governance", "init", *ledger])
    main(["governance", "request", json.dumps({"kind": "opt_out", "repositories": ["github.com/alice/own"]}), *ledger,
          *keys, "--output", "quiet"])  # fmt: skip
    name = capsys.readouterr().out.split()[-1]
    for store, found in (
        ((), set()),
        (("--store", str(tmp_path / "store")), {"https://github.com/gail/near"}),
    ):
        close = [
            "governance",
            "close",
            str(made.path),
            name,
            "--dry-run",
            *ledger,
            *store,
            "--output",
            "json",
        ]
        assert main(close) == 0
        told = json.loads(capsys.readouterr().out)
        assert {row["origin"] for row in told if row["why"] == "near"} == found


def test_who_is_the_origin_is_not_guessed(tmp_path: Path) -> None:
    up = repository(tmp_path / "up", {b"up.py": code(90, 20)})
    fork = Repository(tmp_path / "fork")
    up.git("clone", "-q", str(up.path), str(fork.path))
    fork.commit(
        {b"LICENSE": MIT, b"up.py": code(90, 20), b"p.py": code(91, 20)}, parent=fork.git("rev-parse", "HEAD")
    )
    up.git("config", "remote.origin.url", "https://github.com/up/stream")
    fork.git("config", "remote.origin.url", "https://github.com/alice/fork")
    made = build_release(recipe_of(up.path, fork.path), tmp_path / "release")
    with seen(made.path) as session:
        found = reach(session, repositories=["github.com/alice/fork"])
        assert {place["origin"] for place in found.places} == {"https://github.com/alice/fork"}
        assert {reason for reason, _, _ in listed(found)} == {"origin_unknown"}
        assert not any(key.kind == "history" for key in found.keys)
        found = reach(session, take=("origin_unknown",), repositories=["github.com/alice/fork"])
        assert ("up/stream", "up.py") in gone(found)
