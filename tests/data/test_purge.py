"""What no served release has is deleted from the store; later builds go on, and do not read it again."""

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.data.releases import Made, build_release, code, hashes, recipe_of, repository
from tilth.data.purge import purge
from tilth.errors import UserError
from tilth.store.layout import Store
from tilth.store.opt_outs import Key, write_opt_outs
from tilth.store.packs import PackReader, index_files
from tilth.store.swhid import content_id

SHARED, SECOND, OTHER = code(1, 30), code(2, 30), code(3, 30)


def held(store: Store) -> dict[str, bytes]:
    """Every content of the packs, by its id."""
    with PackReader(store.packs) as packs:
        return {
            row["content_id"]: packs.read(index.stem, row["offset"], row["packed_bytes"], row["length_bytes"])
            for index in index_files(store.packs)
            for row in pq.read_table(index).to_pylist()
        }


def repositories(tmp_path: Path) -> list[Path]:
    made = []
    for name, files in {
        "alice/one": {b"shared.py": SHARED, b"second.py": SECOND},
        "bob/two": {b"shared.py": SHARED, b"other.py": OTHER, b"gone.py": code(4, 30)},
    }.items():
        one = repository(tmp_path / name.replace("/", "_"), files)
        one.git("config", "remote.origin.url", f"https://github.com/{name}")
        made.append(one.path)
    return made


@pytest.mark.parametrize("contents", ["inline", "ids"])
def test_bytes_that_left_are_gone(tmp_path: Path, contents: str) -> None:
    sources, store = repositories(tmp_path), Store(tmp_path / "store")
    path = tmp_path / "asked.parquet"
    keys = [
        Key("req-1", "repository", "github.com/alice/one"),
        Key("req-1", "path", "github.com/bob/two", "gone.py"),
    ]
    write_opt_outs(path, keys, ledger_head="ab" * 32, ledger_size=1)
    said = {"release": {"contents": contents}}

    def built(name: str, place: Store = store, **more: object) -> Made:
        return build_release(
            recipe_of(*sources, **said, **more), tmp_path / name / "release", store=place.root
        )

    old, new = built("old"), built("new", opt_outs=str(path))
    before = hashes(new.path)
    lost = {content_id(SECOND), content_id(code(4, 30))}
    assert lost <= held(store).keys()
    found = purge(store, [old.path, new.path], dry_run=True)
    assert (found.contents, found.shards) == (0, 0)
    found = purge(store, [new.path], dry_run=True)
    assert found.contents == 2 and found.shards >= 1 and lost <= held(store).keys()
    assert purge(store, [new.path]) == found
    kept = held(store)
    assert not lost & kept.keys() and {content_id(SHARED), content_id(OTHER)} <= kept.keys()
    everything = b"".join(one.read_bytes() for one in store.root.rglob("*") if one.is_file())
    assert all(content_id(data) == name for name, data in kept.items()) and SECOND not in everything
    assert hashes(new.path) == before and purge(store, [new.path]).contents == 0
    # The next build has no need of what is gone, and does not bring it back.
    again = built("again", opt_outs=str(path))
    assert hashes(again.path) == before and not lost & held(store).keys()
    assert hashes(built("anew", Store(tmp_path / "fresh"), opt_outs=str(path)).path) == before
    # Without the opt-outs it is read from where it was found at first.
    assert hashes(built("without").path) == hashes(old.path) and lost <= held(store).keys()


def test_a_kill_in_between(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sources, store = repositories(tmp_path), Store(tmp_path / "store")
    first = build_release(recipe_of(*sources), tmp_path / "first" / "release", store=store.root)
    other = build_release(recipe_of(sources[1]), tmp_path / "second" / "release", store=store.root)

    def killed(self: Path, target: Path) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", killed)
        with pytest.raises(KeyboardInterrupt):
            purge(store, [other.path])
    again = build_release(recipe_of(*sources), tmp_path / "again" / "release", store=store.root)
    assert hashes(again.path) == hashes(first.path)


def test_what_is_no_release(tmp_path: Path) -> None:
    with pytest.raises(UserError):
        purge(Store(tmp_path / "store"), [tmp_path])
