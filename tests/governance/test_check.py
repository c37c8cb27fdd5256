"""From an accepted request to a release without it, and the check that finds whatever is left."""

import json
import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.data.releases import Made, build_release, code, recipe_of, repository
from tilth.cli.main import main
from tilth.data.build import Built
from tilth.governance.check import check
from tilth.governance.keys import Keys
from tilth.store.opt_outs import Key, OptOuts, read_opt_outs, write_opt_outs
from tilth.store.swhid import content_id


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("sources")
    files = {
        "alice/own": {b"own.py": code(1, 30), b"more.py": code(2, 30)},
        "bob/other": {b"copy.py": code(1, 30), b"bob.py": code(3, 30)},
    }
    made = []
    for number, (name, content) in enumerate(files.items()):
        one = repository(folder / str(number), content)
        one.git("config", "remote.origin.url", f"https://github.com/{name}")
        made.append(one.path)
    return made


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory, sources: list[Path]) -> Made:
    return build_release(recipe_of(*sources), tmp_path_factory.mktemp("old") / "release")


KEYS = (
    Key("req-1", "account", "github.com/alice"),
    Key("req-1", "content", content_id(code(1, 30))),
    Key("req-2", "path", "github.com/bob/other", "bob.py"),
    Key("req-3", "copy", content_id(code(2, 30)), "more.py"),
)


def asked(tmp_path: Path, *keys: Key) -> tuple[Path, OptOuts]:
    path = tmp_path / "asked.parquet"
    write_opt_outs(path, keys, ledger_head="ab" * 32, ledger_size=1)
    return path, read_opt_outs(path)


def test_what_is_there_is_found(old: Made, tmp_path: Path) -> None:
    """In rows, in the lists of places and units, in the manifest: each file that says it is named."""
    _, given = asked(tmp_path, *KEYS)
    found = check(old.path, given)
    named = {trace.path.rpartition("/")[0] or trace.path for trace in found}
    assert {"data/python", "metadata/occurrences", "metadata/drops", "metadata", "manifest.json"} <= named
    assert {trace.request for trace in found} == {"req-1", "req-2", "req-3", ""}
    assert any("ledger_head" in trace.what for trace in found)


def test_nothing_is_left(old: Made, sources: list[Path], tmp_path: Path) -> None:
    path, given = asked(tmp_path, *KEYS)
    new = build_release(
        recipe_of(*sources, opt_outs=str(path)), tmp_path / "new", store=old.path.parent / ".tilth"
    )
    assert check(new.path, given) == []
    recipe = recipe_of(*sources, opt_outs=str(path), version="1.0.0", about={"previous": str(old.path)})
    told = build_release(recipe, tmp_path / "told", store=old.path.parent / ".tilth").path
    assert check(told, given) == []
    assert not any(b"alice" in path.read_bytes() for path in told.glob("*.*"))
    assert check(new.path, given, lambda: iter([("", "x")]))[0].what == "near copy x"


@pytest.mark.parametrize("contents", ["inline", "ids"])
def test_what_is_slipped_in_is_found(sources: list[Path], tmp_path: Path, contents: str) -> None:
    path, given = asked(tmp_path, *KEYS[:2])
    recipe = recipe_of(*sources, opt_outs=str(path), release={"contents": contents})
    new = build_release(recipe, tmp_path / "new").path
    assert check(new, given) == []

    def with_text(name: str, text: str) -> Path:
        copy = tmp_path / "copy"
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(new, copy)
        (copy / name).parent.mkdir(exist_ok=True)
        (copy / name).unlink(missing_ok=True)
        (copy / name).write_text(text)
        return copy

    card = (new / "README.md").read_text()
    for name, text in {
        "README.md": f"{card}\n[code](https://github.com/Alice/own)\n",
        "notes.txt": f"swh:1:cnt:{content_id(code(1, 30))}",
        "samples/a.jsonl": json.dumps({"repo": "git@github.com:alice/else.git"}),
    }.items():
        assert [trace.path for trace in check(with_text(name, text), given)] == [name]
    copy = with_text("x", "")
    pq.write_table(
        pa.table({"content": [code(1, 30).decode()], "content_id": ["0" * 40]}), copy / "index.parquet"
    )
    assert [trace.path for trace in check(copy, given)] == ["index.parquet"]


def run(*words: object) -> int:
    return main(["governance", *map(str, words)])


def test_the_whole_way(
    old: Made, sources: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ledger = ("--ledger", tmp_path / "ledger.sqlite")
    keys = ("--keys", tmp_path / "keys")
    fields = {"kind": "opt_out", "repositories": ["github.com/alice/own"], "text": "please"}
    assert run("key", tmp_path / "keys") == 0 and run("init", *ledger) == 0 and run("init", *ledger) == 0
    assert run("request", json.dumps(fields), *ledger, *keys, "--output", "json") == 0
    assert run("list", *ledger, "--output", "quiet") == 0
    name = capsys.readouterr().out.strip().splitlines()[-1]
    assert run("ask", name, *ledger, *keys, "--output", "json") == 0
    (word,) = [one["challenge"] for one in json.loads(capsys.readouterr().out)]
    assert run("accept", name, "--by", "ann", *ledger) == 2
    prove = ("prove", name, "github.com/alice/own", "--clone", sources[0], *ledger, *keys)
    assert run(*prove) == 3
    shutil.copytree(sources[0], tmp_path / "clone")
    head = (tmp_path / "clone/.git/refs/heads/main").read_text()
    with (tmp_path / "clone/.git/config").open("a") as config:
        config.write("[core]\n\tbare = true\n")
    (tmp_path / f"clone/.git/refs/heads/{word}").write_text(head)
    assert run("prove", name, "github.com/alice/own", "--clone", tmp_path / "clone", *ledger, *keys) == 0
    assert run("close", old.path, name, "--dry-run", *ledger) == 0
    assert run("close", old.path, name, "--take", "origin_unknown", *ledger) == 0
    assert run("accept", name, "--by", "ann", *ledger) == 0
    assert run("receipt", name, "--into", tmp_path / "receipt.json", *ledger, *keys) == 0
    path = tmp_path / "asked.parquet"
    assert run("export", path, *ledger) == 0
    new = build_release(
        recipe_of(*sources, opt_outs=str(path)), tmp_path / "new", store=old.path.parent / ".tilth"
    )
    assert new.texts().keys() == {"LICENSE", "bob.py"}
    assert run("check", new.path, "--opt-outs", path) == 0
    assert run("check", old.path, "--opt-outs", path) == 3
    store = old.path.parent / ".tilth"
    assert run("check", new.path, "--opt-outs", path, "--old", old.path, "--store", store) == 0
    assert run("applied", old.path, "--opt-outs", path, *ledger) == 3
    assert run("applied", new.path, "--opt-outs", path, *ledger) == 0
    assert run("applied", new.path, "--opt-outs", path, *ledger) == 0
    assert run("verify", "--receipt", tmp_path / "receipt.json", *ledger, *keys) == 0
    assert run("verify-receipt", tmp_path / "receipt.json", "--public-key", tmp_path / "keys/ledger.pub") == 0
    bent = (tmp_path / "receipt.json").read_text().replace("accepted", "rejected")
    (tmp_path / "receipt.json").write_text(bent)
    assert run("verify-receipt", tmp_path / "receipt.json") == 3
    assert run("forget", name, *ledger) == 0 and run("show", name, *ledger) == 0
    assert run("close", old.path, "--take", "nonsense", *ledger) == 2


def test_the_way_in_one(
    old: Made, sources: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ledger, keys = ("--ledger", tmp_path / "ledger.sqlite"), ("--keys", tmp_path / "keys")
    run("key", tmp_path / "keys"), run("init", *ledger)
    asks = {"kind": "erasure", "repositories": ["github.com/alice/own"]}
    corrects = {
        "kind": "licence_correction",
        "repositories": ["github.com/bob/other"],
        "licence": "Apache-2.0",
    }
    names = []
    for fields in (asks, corrects):
        capsys.readouterr()
        assert run("request", json.dumps(fields), *ledger, *keys, "--output", "quiet") == 0
        names.append(capsys.readouterr().out.strip())
        assert run("accept", names[-1], "--by", "ann", "--without-proof", "a test", *ledger) == 0
    recipe, store = tmp_path / "recipe.yaml", shutil.copytree(old.path.parent / ".tilth", tmp_path / ".tilth")
    recipe.write_text((old.path / "recipe.yaml").read_text())
    new = tmp_path / "new"
    way = ("apply", old.path, recipe, "--version", "2.0.0", "--into", new, "--workers", "1")
    assert run(*way, "--dry-run", *ledger) == 0 and not new.exists()
    assert run(*way, "--take", "origin_unknown", *ledger) == 0
    made = Made(Built(new, json.loads((new / "manifest.json").read_text()), was_there=False))
    assert made.texts().keys() == {"LICENSE", "bob.py"} and made.manifest["counts"]["units"] == 1
    row = made.one("data", "bob.py")
    assert (row["license_expression"], row["license_source"], row["license_path"]) == (
        "Apache-2.0",
        "correction",
        names[1],
    )
    assert run("purge", store, *ledger) == 2 and run("purge", tmp_path / "none", new, *ledger) == 2
    assert run("purge", store, new, "--dry-run", *ledger) == 0
    assert run("purge", store, new, *ledger) == 0
    capsys.readouterr()
    assert run("receipt", names[0], "--into", tmp_path / "receipt.json", *ledger, *keys) == 0
    entry = json.loads((tmp_path / "receipt.json").read_text())["entry"]
    assert (
        entry["kind"] == "purged"
        and entry["body"]["contents"] > 0
        and "small-2.0.0" in entry["body"]["served"]
    )
    assert run("verify", *ledger, *keys) == 0
    assert run("extend", names[0], "--by", "ann", "--reason", "late", *ledger) == 2


def test_mistakes(tmp_path: Path, keys: Keys, capsys: pytest.CaptureFixture[str]) -> None:
    ledger = ("--ledger", tmp_path / "ledger.sqlite")
    assert run("list", *ledger) == 2 and "governance init" in capsys.readouterr().err
    run("init", *ledger)
    run("key", tmp_path / "keys")
    place = ("--keys", tmp_path / "keys")
    for fields in ("{", '{"kind": "opt_out", "accounts": ["*"]}', "[]"):
        assert run("request", fields, *ledger, *place) == 2
    assert run("check", tmp_path, "--opt-outs", tmp_path / "none") == 2
    assert run("show", "req-0", *ledger) == 2
    assert run("verify-receipt", tmp_path / "keys/ledger.pub") == 2
