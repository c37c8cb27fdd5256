"""A licence that was corrected on request: it holds at the places named, and the request stands as the evidence."""

from pathlib import Path

import pytest

from tests.data.releases import GPL, MIT, Made, build_release, code, recipe_of, repository
from tilth.errors import UserError
from tilth.governance.check import check
from tilth.store.opt_outs import Key, KeyKind, read_opt_outs, write_opt_outs
from tilth.store.swhid import content_id

OWN, SHARED = code(1, 30), code(2, 30)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("world")
    for name, files in {
        "alice/one": {b"src/own.py": OWN, b"src/shared.py": SHARED, b"doc.py": code(3, 30)},
        "bob/two": {b"shared.py": SHARED, b"two.py": code(4, 30)},
    }.items():
        made = repository(folder / name.replace("/", "_"), files)
        made.git("config", "remote.origin.url", f"https://github.com/{name}")
    build_release(recipe_of(*sources(folder)), folder / "release", store=folder / "store")
    return folder


def sources(folder: Path) -> list[Path]:
    return [folder / "alice_one", folder / "bob_two"]


def built(world: Path, tmp_path: Path, *keys: tuple[KeyKind, str, str, str], **said: object) -> Made:
    path = tmp_path / "asked.parquet"
    rows = [
        Key(f"req-{n}", kind, value, part, licence=licence)
        for n, (kind, value, part, licence) in enumerate(keys)
    ]
    write_opt_outs(path, rows, ledger_head="ab" * 32, ledger_size=1)
    recipe = recipe_of(*sources(world), opt_outs=str(path), **said)
    return build_release(recipe, tmp_path / "out" / "release", store=world / "store")


def licences(made: Made) -> dict[tuple[str, str], tuple[str, str, str]]:
    return {
        (row["origin"].rpartition("/")[2], row["path"]): (
            row["license_expression"],
            row["license_source"],
            row["license_path"],
        )
        for row in made.table("metadata/occurrences")
    }


def test_the_nearest_correction_holds(world: Path, tmp_path: Path) -> None:
    made = built(
        world,
        tmp_path,
        ("account", "github.com/alice", "", "Apache-2.0"),
        ("path", "github.com/alice/one", "src/", "BSD-3-Clause"),
        ("path", "github.com/alice/one", "src/own.py", "gpl-3.0-only"),
    )
    found = licences(made)
    assert found["one", "doc.py"] == ("Apache-2.0", "correction", "req-0")
    assert found["one", "src/shared.py"] == ("BSD-3-Clause", "correction", "req-1")
    assert found["one", "src/own.py"] == ("GPL-3.0-only", "correction", "req-2")
    assert found["two", "shared.py"] == ("MIT", "file", "LICENSE")
    row = made.one("data", "src/own.py")
    assert (row["license_class"], row["license_source"], row["license_path"]) == (
        "copyleft",
        "correction",
        "req-2",
    )
    assert made.manifest["opt_outs"]["requests"] == 3
    assert check(made.path, read_opt_outs(tmp_path / "asked.parquet")) == []


def test_it_counts_wherever_the_bytes_are(world: Path, tmp_path: Path) -> None:
    policy = {"preset": "none", "licences": ["permissive"]}
    made = built(
        world, tmp_path, ("path", "github.com/alice/one", "src/shared.py", "GPL-3.0-only"), policy=policy
    )
    assert made.reasons()["shared.py"] == "licence_copyleft"
    made = built(world, tmp_path / "contents", ("content", content_id(OWN), "", "Apache-2.0"), policy=policy)
    assert licences(made)["one", "src/own.py"] == ("Apache-2.0", "correction", "req-0")


def test_it_settles_a_contradiction(tmp_path: Path) -> None:
    files = {b"a.py": b"# " + GPL + code(7, 30)}
    made = repository(tmp_path / "one", files, licence=MIT)
    made.git("config", "remote.origin.url", "https://github.com/alice/one")
    path = tmp_path / "asked.parquet"
    keys = [Key("req-9", "path", "github.com/alice/one", "a.py", licence="MIT")]
    write_opt_outs(path, keys, ledger_head="ab" * 32, ledger_size=1)
    store = tmp_path / "store"
    before = build_release(recipe_of(made.path), tmp_path / "before", store=store)
    assert before.one("data", "a.py")["license_contradiction"]
    after = build_release(recipe_of(made.path, opt_outs=str(path)), tmp_path / "after", store=store)
    row = after.one("data", "a.py")
    assert not row["license_contradiction"] and row["license_expression"] == "MIT"


def test_what_is_no_expression(world: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no SPDX expression"):
        built(world, tmp_path, ("content", content_id(OWN), "", "MIT AND ("))
