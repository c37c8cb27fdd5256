import itertools
from pathlib import Path

import pytest

from tests.data.sources.git.repositories import Repository, make, unit_of
from tilth.data.sources.git.contents import read_contents
from tilth.data.sources.git.layout import CannotRead, find
from tilth.data.sources.git.packs import places
from tilth.data.sources.git.tree import list_tree
from tilth.store.swhid import content_id

LINES = [f"line {number} of a file that changes a little\n".encode() for number in range(200)]
FILES = {
    f"file {number}".encode(): b"".join([*LINES[:number], b"changed\n", *LINES[number:]])
    for number in range(40)
} | {b"empty": b"", b"no line end": b"x", b"binary": bytes(range(256)) * 300}


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    made = make(tmp_path / "project")
    made.commit(FILES)
    return made


def read(repository: Repository, ids: list[str]) -> dict[str, tuple[bytes | None, str]]:
    found = list(read_contents(repository.path, ids))
    assert len(found) == len({name for name, _, _ in found}), "each once"
    return {name: (data, problem) for name, data, problem in found}


def ids_of(repository: Repository) -> list[str]:
    return [entry.content_id for entry in list_tree(unit_of(repository.path)) if entry.content_id]


def damage(path: Path, at: int) -> None:
    path.chmod(0o644)
    data = bytearray(path.read_bytes())
    data[at] ^= 255
    path.write_bytes(data)


@pytest.mark.parametrize("packed", [False, True])
def test_all_contents(repository: Repository, packed: bool) -> None:
    if packed:
        repository.pack()
    wanted = {content_id(data): (data, "") for data in FILES.values()}
    assert read(repository, ids_of(repository)) == wanted


def test_nothing_asked() -> None:
    with pytest.raises(CannotRead):
        list(read_contents(Path("/nowhere/at/all"), []))


def test_nothing_to_read(repository: Repository) -> None:
    assert read(repository, []) == {}


def test_an_id_that_is_none(repository: Repository) -> None:
    with pytest.raises(ValueError):
        read(repository, ["main"])


def test_asked_twice_read_once(repository: Repository) -> None:
    ids = ids_of(repository)
    assert read(repository, [*ids, *ids]).keys() == set(ids)


@pytest.mark.parametrize("packed", [False, True])
def test_missing(repository: Repository, packed: bool) -> None:
    ids = ids_of(repository)
    if packed:
        repository.pack()
    found = read(repository, ["1" * 40, *ids, "f" * 40])
    assert found["1" * 40] == found["f" * 40] == (None, "missing_object")
    assert all(found[name][0] is not None for name in ids)


@pytest.mark.parametrize("cut", [0, 5, 15, None])
def test_a_damaged_loose_object_does_not_take_its_neighbours(repository: Repository, cut: int | None) -> None:
    ids = ids_of(repository)
    bad = content_id(FILES[b"file 7"])
    path = repository.git_dir / "objects" / bad[:2] / bad[2:]
    if cut is None:
        damage(path, path.stat().st_size - 2)
    else:
        path.chmod(0o644)
        path.write_bytes(path.read_bytes()[:cut])
    found = read(repository, ids)
    assert found.keys() == set(ids)
    assert {name for name, (data, _) in found.items() if data is None} == {bad}
    assert found[bad] == (None, "corrupt_object")


def test_an_object_under_another_name_is_corrupt(repository: Repository) -> None:
    ids = ids_of(repository)
    bad, other = content_id(FILES[b"file 7"]), content_id(FILES[b"file 8"])
    objects = repository.git_dir / "objects"
    path = objects / bad[:2] / bad[2:]
    path.chmod(0o644)
    path.write_bytes((objects / other[:2] / other[2:]).read_bytes())
    found = read(repository, ids)
    assert found[bad] == (None, "corrupt_object")
    assert found[other] == (FILES[b"file 8"], "")


def test_damage_inside_a_pack_is_counted_and_nothing_else_is_lost(tmp_path: Path) -> None:
    # Files without deltas, so that one damaged byte hurts one object.
    made = make(tmp_path / "a")
    files = {f"{n}".encode(): bytes((n * 37 + k * k) % 251 for k in range(3000)) for n in range(10)}
    made.commit(files)
    made.git("-c", "pack.depth=0", "-c", "pack.window=0", "repack", "-a", "-d", "-q", "-f")
    (pack,) = made.git_dir.glob("objects/pack/*.pack")
    ids = ids_of(made)
    found_at = places(find(made.path), ids)
    assert set(found_at.pack.tolist()) == {0}
    middle = ids[found_at.order()[5]]
    offset = made.git("verify-pack", "-v", str(pack.with_suffix(".idx")))
    (at,) = [int(line.split()[4]) for line in offset.splitlines() if line.startswith(middle)]
    damage(pack, at + 200)
    found = read(made, ids)
    assert found.pop(middle) == (None, "corrupt_object")
    assert found == {content_id(data): (data, "") for data in files.values() if content_id(data) != middle}


def test_a_truncated_pack_is_corrupt_not_missing(repository: Repository) -> None:
    ids = ids_of(repository)
    pack = repository.pack()
    pack.chmod(0o644)
    pack.write_bytes(pack.read_bytes()[:100])
    found = read(repository, ids)
    assert set(found) == set(ids)
    assert {problem for data, problem in found.values() if data is None} == {"corrupt_object"}


def test_not_a_file(repository: Repository) -> None:
    tree = repository.git("rev-parse", "main^{tree}")
    assert read(repository, [tree]) == {tree: (None, "corrupt_object")}


def test_too_large(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("contents", "pack_reader"):
        monkeypatch.setattr(f"tilth.data.sources.git.{module}.READ_MAX_BYTES", 50_000, raising=False)
    found = read(repository, ids_of(repository))
    assert found.pop(content_id(FILES[b"binary"])) == (None, "too_large_to_read")
    assert all(problem == "" for _, problem in found.values())


def test_partial_clone_fetches_nothing(repository: Repository, tmp_path: Path) -> None:
    repository.git("config", "uploadpack.allowFilter", "true")
    clone = repository.clone(tmp_path / "clone", "--filter=blob:none", "--no-checkout")
    found = read(clone, ids_of(clone))
    assert set(found.values()) == {(None, "missing_object")}
    assert len(found) == len(FILES)


def test_alternates(repository: Repository, tmp_path: Path) -> None:
    repository.pack()
    repository.git("clone", "-q", "--shared", str(repository.path), str(tmp_path / "borrowing"))
    ids = ids_of(repository)
    assert set(places(find(tmp_path / "borrowing"), ids).pack.tolist()) == {0}
    assert all(data is not None for data, _ in read(Repository(tmp_path / "borrowing"), ids).values())


def test_pack_order_is_the_order_on_disk(repository: Repository) -> None:
    first = set(ids_of(repository))
    repository.pack()
    parent = repository.git("rev-parse", "main")
    repository.commit({**FILES, b"newer": b"in a second pack"}, parent=parent)
    repository.git("repack", "-d", "-q")
    repository.commit({**FILES, b"newer": b"in a second pack", b"loose": b"in no pack"}, parent=parent)
    ids = ids_of(repository)
    found = places(find(repository.path), ids)
    order, packed = found.order(), len(first) + 1
    numbers = found.pack.tolist()
    assert [numbers.count(2), packed, len(ids)] == [1, len(ids) - 1, len(FILES) + 2]
    assert ids[order[-1]] == content_id(b"in no pack")
    where: dict[str, tuple[int, int]] = {}
    for number, index in enumerate(sorted(repository.git_dir.glob("objects/pack/*.idx"))):
        lines = repository.git("verify-pack", "-v", str(index)).splitlines()
        where |= {line[:40]: (number, int(line.split()[4])) for line in lines if line[41:45] == "blob"}
    on_disk = [where[ids[at]] for at in order[:packed]]
    assert all(a < b for a, b in itertools.pairwise(on_disk))


def test_a_broken_index_is_no_obstacle(repository: Repository) -> None:
    ids = ids_of(repository)
    for name, data in (("a", b""), ("b", b"x" * 3000), ("c", b"\xfftOc\0\0\0\2" + b"\xff" * 2000)):
        (repository.git_dir / f"objects/pack/pack-{name * 40}.idx").write_bytes(data)
    assert all(data is not None for data, _ in read(repository, ids).values())


def test_stopping_early_leaves_nothing_behind(repository: Repository) -> None:
    found = read_contents(repository.path, ids_of(repository))
    next(found)
    found.close()
