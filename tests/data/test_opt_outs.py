"""What was asked to be left out is left out, whatever else holds, by decision alone, and nothing tells of it."""

import shutil
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.data.releases import Made, build_release, code, hashes, listing, recipe_of, repository
from tests.data.sources.git.repositories import Repository
from tilth.data.release.verify import verify
from tilth.errors import UserError
from tilth.report.progress import Progress
from tilth.store.opt_outs import SCHEMA, Key, KeyKind, read_opt_outs, write_opt_outs
from tilth.store.swhid import content_id

SHARED = code(900)


def forge(tmp_path: Path) -> dict[str, Repository]:
    """Three repositories of two accounts; what one has, another has too."""
    made = {
        "alice/one": repository(
            tmp_path / "a1", {b"src/%d.py" % n: code(n) for n in range(4)} | {b"s.py": SHARED}
        ),
        "alice/two": repository(tmp_path / "a2", {b"two.py": code(20), b"both.py": code(21)}),
        "bob/three": repository(
            tmp_path / "b3", {b"three.py": code(30), b"both.py": code(21), b"s.py": SHARED}
        ),
    }
    for name, one in made.items():
        one.git("config", "remote.origin.url", f"https://GitHub.com/{name}.git")
    return made


def asked(tmp_path: Path, *keys: Key) -> str:
    path = tmp_path / "opt_outs.parquet"
    write_opt_outs(path, keys, ledger_head="ab" * 32, ledger_size=3)
    return str(path)


def key(kind: KeyKind, value: str, path: str = "", request: str = "req-1") -> Key:
    return Key(request, kind, value, path)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the repositories, and a store that has read them."""
    folder = tmp_path_factory.mktemp("world")
    build_release(
        recipe_of(*[one.path for one in forge(folder).values()]), folder / "release", store=folder / "store"
    )
    return folder


def release(world: Path, tmp_path: Path, *keys: Key, **said: Any) -> Made:
    recipe = recipe_of(*sources_in(world), opt_outs=asked(tmp_path, *keys), **said)
    made = build_release(recipe, tmp_path / "out" / "release", store=world / "store")
    assert made.is_balanced()
    with Progress.open("none") as progress:
        assert verify(made.path, progress) == []
    return made


def sources_in(world: Path) -> list[Path]:
    return [world / name for name in ("a1", "a2", "b3")]


def everything_said(made: Made) -> str:
    """All that the tables and papers of a release say, as one text."""
    said = [str(pq.read_table(path).to_pylist()) for path in sorted(made.path.rglob("*.parquet"))]
    papers = [made.path / name for name in ("manifest.json", "README.md")]
    return "\n".join([*said, *(path.read_text() for path in papers), *map(str, made.path.rglob("*"))])


def test_an_account(world: Path, tmp_path: Path) -> None:
    made = release(world, tmp_path, key("account", "github.com/alice"))
    assert set(made.texts()) == {"LICENSE", "three.py", "both.py", "s.py"}
    said = everything_said(made)
    assert "alice" not in said and content_id(code(20)) not in said and "two.py" not in said
    assert made.manifest["ledger_head"] == "ab" * 32
    assert made.manifest["opt_outs"]["withheld_units"] == 2 and made.manifest["opt_outs"]["requests"] == 1
    drops = [row for row in made.table("metadata/drops") if row["stage"] == "opt_out"]
    assert len(drops) == 9 and {row["value"] for row in drops} == {"req-1"}
    assert all(
        value is None
        for row in drops
        for name, value in row.items()
        if name not in ("stage", "reason", "value")
    )


@pytest.mark.parametrize(
    ("kind", "value", "path", "left"),
    [
        ("repository", "github.com/alice/two", "", {"two.py"}),
        ("account", "github.com/ali", "", set()),
        ("account", "gitlab.com/alice", "", set()),
        ("content", content_id(SHARED), "", {"s.py"}),
        ("copy", content_id(SHARED), "s.py", {"s.py"}),
        ("copy", content_id(SHARED), "t.py", set()),
        ("content", content_id(SHARED)[:-1] + "x", "", set()),
        ("path", "github.com/alice/one", "src/", {f"src/{n}.py" for n in range(4)}),
        ("path", "github.com/alice/one", "src/1.py", {"src/1.py"}),
        ("path", "github.com/alice/one", "src", set()),
        ("path", "github.com/alice/two", "src/1.py", set()),
        ("path", "github.com/alice/one", "s%.py", set()),
        ("path", "github.com/alice/one", "' OR 1=1; --", set()),
    ],
)
def test_each_kind_of_key(
    world: Path, tmp_path: Path, kind: KeyKind, value: str, path: str, left: set[str]
) -> None:
    everything = {"LICENSE", "two.py", "both.py", "three.py", "s.py", *(f"src/{n}.py" for n in range(4))}
    assert set(release(world, tmp_path, key(kind, value, path)).texts()) == everything - left


def test_a_history_and_a_tree(world: Path, tmp_path: Path) -> None:
    units = pq.read_table(world / "release" / "metadata" / "units.parquet").to_pylist()
    (unit,) = [row for row in units if row["repo_name"] == "alice/two"]
    for number, one in enumerate((key("history", unit["history_id"]), key("tree", unit["directory_id"]))):
        made = release(world, tmp_path / str(number), one)
        assert "two.py" not in made.texts() and "both.py" in made.texts()


def test_what_leaves_stands_for_nothing(tmp_path: Path) -> None:
    """A copy of a repository, or of bytes, that would have left for what is left out, stays."""
    copy = repository(tmp_path / "copy", {b"two.py": code(20), b"both.py": code(21)})
    copy.git("config", "remote.origin.url", "https://example.org/zoe/copy")
    repositories = [*(one.path for one in forge(tmp_path / "forge").values()), copy.path]
    keys = asked(tmp_path, key("account", "github.com/alice"))
    made = build_release(recipe_of(*repositories, opt_outs=keys), tmp_path / "out" / "release")
    (row,) = [row for row in made.table("data") if row["path"] == "two.py"]
    assert row["repo_name"] == "zoe/copy" and "alice" not in everything_said(made)


def test_near_duplicates_and_forks_too(world: Path, tmp_path: Path) -> None:
    said = {"near": "keep_one", "forks": "drop", "alike_repositories": "drop", "repeated": "cut"}
    made = release(world, tmp_path, key("account", "github.com/alice"), duplicates=said)
    assert "alice" not in everything_said(made)


def test_history_mode(tmp_path: Path) -> None:
    made = forge(tmp_path / "forge")
    first = made["bob/three"].git("rev-parse", "HEAD")
    second = made["bob/three"].commit(
        {b"s.py": SHARED, b"new.py": code(40), b"three.py": code(30)}, parent=first
    )
    source = {"kind": "git", "repositories": [str(one.path) for one in made.values()], "history": True}

    def commits(*keys: Key, name: str) -> list[tuple[str, str]]:
        recipe = recipe_of(source, opt_outs=asked(tmp_path, *keys))
        rows = build_release(recipe, tmp_path / name / "release", store=tmp_path / "store").table("commits")
        return [(row["revision_id"], row["path"]) for row in rows]

    assert {path for _, path in commits(name="all")} >= {"two.py", "new.py", "three.py", "s.py"}
    after = commits(key("account", "github.com/alice"), key("content", content_id(SHARED)), name="some")
    assert {path for _, path in after} == {"LICENSE", "three.py", "both.py", "new.py"}
    after = commits(key("revision", second), name="none")
    assert second not in {revision for revision, _ in after}
    after = commits(key("path", "github.com/bob/three", "new.py"), name="path")
    assert "new.py" not in {path for _, path in after}


def test_by_decision_alone(tmp_path: Path) -> None:
    """No content is read and no fact computed again, and the bytes are those from nothing."""
    repositories = [one.path for one in forge(tmp_path / "forge").values()]
    store = tmp_path / "store"
    first = build_release(recipe_of(*repositories), tmp_path / "first", store=store)
    before = {
        part: listing(store / part)
        for part in ("packs", "facts", "listings", "joined")
        if (store / part).exists()
    }
    assert before
    recipe = recipe_of(*repositories, opt_outs=asked(tmp_path, key("account", "github.com/alice")))
    again = build_release(recipe, tmp_path / "again" / "release", store=store)
    assert before == {part: listing(store / part) for part in before}
    fresh = build_release(recipe, tmp_path / "fresh" / "release", store=tmp_path / "other-store")
    assert hashes(again.path) == hashes(fresh.path) != hashes(first.path)


def test_the_same_request_is_the_same_release(world: Path, tmp_path: Path) -> None:
    made = release(world, tmp_path, key("account", "github.com/alice"))
    recipe = recipe_of(*sources_in(world), opt_outs=str(tmp_path / "opt_outs.parquet"))
    assert build_release(recipe, made.path, store=world / "store").built.was_there
    asked(tmp_path, key("account", "github.com/bob"))
    with pytest.raises(UserError, match="another release"):
        build_release(recipe, made.path, store=world / "store")


def test_a_refused_unit_is_not_named(tmp_path: Path) -> None:
    broken = forge(tmp_path / "forge")["alice/two"].path
    shutil.rmtree(broken / ".git" / "refs" / "heads", ignore_errors=True)
    source = [str(tmp_path / "forge" / name) for name in ("a1", "a2", "b3")]
    made = build_release(
        recipe_of(*source, opt_outs=asked(tmp_path, key("account", "github.com/alice"))),
        tmp_path / "out" / "r",
    )
    assert "alice" not in everything_said(made)


def test_bad_files(tmp_path: Path) -> None:
    source = forge(tmp_path / "forge")["alice/two"].path
    path = tmp_path / "bad.parquet"
    with pytest.raises(UserError, match="cannot be read"):
        build_release(recipe_of(source, opt_outs=str(path)), tmp_path / "r")
    path.write_bytes(b"PAR1 is not enough")
    with pytest.raises(UserError, match="cannot be read"):
        read_opt_outs(path)
    pq.write_table(pa.table({"request": ["x"]}), path)
    with pytest.raises(UserError, match="not a file of opt-outs"):
        read_opt_outs(path)
    write_opt_outs(path, [Key("r", "everything", "*")], ledger_head="", ledger_size=0)  # type: ignore[arg-type]
    with pytest.raises(UserError, match="unknown kinds: everything"):
        read_opt_outs(path)
    assert not (tmp_path / "r").exists()


def test_the_file_is_the_same_for_the_same_keys(tmp_path: Path) -> None:
    keys = [key("account", "github.com/alice"), key("content", "0" * 40), key("content", "0" * 40)]
    sums = []
    for order in (keys, keys[::-1]):
        write_opt_outs(tmp_path / "file", order, ledger_head="00", ledger_size=1)
        sums.append(read_opt_outs(tmp_path / "file"))
    assert sums[0].sha256 == sums[1].sha256 and sums[0].requests == ["req-1"]
    assert sums[0].rows.schema.equals(SCHEMA) and len(sums[0].rows) == 2
