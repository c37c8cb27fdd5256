"""A copy of the old release and the delta make the new one, or nothing at all."""

import json
import shutil
import zipfile
from pathlib import Path

import pytest

from tests.data.releases import Made, build_release, code, hashes, recipe_of, repository
from tilth.data.release.delta import HEAD, update, write_delta
from tilth.errors import CheckFailed, UserError
from tilth.report.progress import Progress
from tilth.store.opt_outs import Key, write_opt_outs
from tilth.store.swhid import content_id

QUIET = Progress.open("none")


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> tuple[Made, Made]:
    folder = tmp_path_factory.mktemp("two")
    source = repository(folder / "source", {b"%d.py" % n: code(n, lines=200) for n in range(30)}).path
    layout = {"shard_bytes": 2**16}
    old = build_release(recipe_of(source, release=layout), folder / "old", store=folder / "store")
    keys = [Key("req-1", "content", content_id(code(3, lines=200)))]
    write_opt_outs(folder / "asked", keys, ledger_head="00" * 32, ledger_size=1)
    recipe = recipe_of(source, release=layout, version="1.0.0", opt_outs=str(folder / "asked"))
    return old, build_release(recipe, folder / "new", store=folder / "store")


def copied(made: Made, to: Path) -> Path:
    shutil.copytree(made.path, to)
    return to


def test_up_to_date(two: tuple[Made, Made], tmp_path: Path) -> None:
    old, new = two
    said = write_delta(old.path, new.path, tmp_path / "delta", QUIET)
    again = write_delta(old.path, new.path, tmp_path / "again", QUIET)
    assert said == again and (tmp_path / "delta").read_bytes() == (tmp_path / "again").read_bytes()
    assert 0 < said["carried_files"] < said["kept_files"] + said["carried_files"]
    assert content_id(code(3, lines=200)).encode() not in (tmp_path / "delta").read_bytes()
    copy = copied(old, tmp_path / "copy")
    assert not update(copy, tmp_path / "delta", None, QUIET)["was_there"]
    assert hashes(copy) == hashes(new.path)
    assert update(copy, tmp_path / "delta", None, QUIET)["was_there"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["again", "copy", "delta"]


def test_elsewhere(two: tuple[Made, Made], tmp_path: Path) -> None:
    old, new = two
    write_delta(old.path, new.path, tmp_path / "delta", QUIET)
    before = hashes(old.path)
    update(old.path, tmp_path / "delta", tmp_path / "there", QUIET)
    assert hashes(tmp_path / "there") == hashes(new.path) and hashes(old.path) == before
    with pytest.raises(UserError, match="already"):
        update(old.path, tmp_path / "delta", tmp_path / "there", QUIET)


def test_from_another_release(two: tuple[Made, Made], tmp_path: Path) -> None:
    old, new = two
    write_delta(new.path, old.path, tmp_path / "back", QUIET)
    third = copied(old, tmp_path / "third")
    (third / "manifest.json").write_text((third / "manifest.json").read_text().replace("0.1.0", "0.1.1"))
    with pytest.raises(UserError, match="begins at another release"):
        update(third, tmp_path / "back", None, QUIET)


def test_a_file_that_is_not_what_it_was(two: tuple[Made, Made], tmp_path: Path) -> None:
    old, new = two
    write_delta(old.path, new.path, tmp_path / "delta", QUIET)
    copy = copied(old, tmp_path / "copy")
    kept = next(
        p for p in hashes(new.path) if p.endswith(".parquet") and hashes(copy).get(p) == hashes(new.path)[p]
    )
    (copy / kept).chmod(0o644)
    (copy / kept).write_bytes(b"x" + (copy / kept).read_bytes()[1:])
    before = hashes(copy)
    with pytest.raises(CheckFailed, match="another hash"):
        update(copy, tmp_path / "delta", None, QUIET)
    assert hashes(copy) == before and not (tmp_path / "copy.updating").exists()
    (copy / kept).unlink()
    with pytest.raises(CheckFailed, match="neither"):
        update(copy, tmp_path / "delta", None, QUIET)
    data = (tmp_path / "delta").read_bytes()
    at = data.index(b"PAR1") + 40
    (tmp_path / "delta").write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
    with pytest.raises(CheckFailed, match="damaged"):
        update(old.path, tmp_path / "delta", tmp_path / "x", QUIET)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["copy", "delta"]


def test_what_is_no_delta(two: tuple[Made, Made], tmp_path: Path) -> None:
    old, new = two
    write_delta(old.path, new.path, tmp_path / "delta", QUIET)
    bad = tmp_path / "bad"
    for data in (b"", b"PK", b"no"):
        bad.write_bytes(data)
        with pytest.raises(UserError, match="not a delta"):
            update(old.path, bad, tmp_path / "x", QUIET)
    with zipfile.ZipFile(tmp_path / "delta") as given:
        head = json.loads(given.read(HEAD))
    for bent in (
        {},
        [],
        head | {"format": "other"},
        head | {"files": [{"path": "../../evil", "sha256": "0"}]},
    ):
        with zipfile.ZipFile(bad, "w") as out:
            out.writestr(HEAD, json.dumps(bent))
        with pytest.raises(UserError, match="not a delta"):
            update(old.path, bad, tmp_path / "x", QUIET)
    assert not (tmp_path.parent / "evil").exists() and not (tmp_path / "x").exists()
