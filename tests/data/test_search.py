"""What is like a text in a release."""

from pathlib import Path

import pytest

from tests.data.releases import Made, build_release, code, recipe_of, repository
from tilth.data.search import Index
from tilth.engine.local import InProcess
from tilth.errors import UserError
from tilth.report.progress import Progress
from tilth.store.layout import Store


def index_of(made: Made, store: Path | None = None) -> Index:
    place = Store(store or made.path.parent / ".tilth")
    with Progress.open("none") as progress:
        return Index.of(made.path, place, InProcess(), progress)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    folder = tmp_path_factory.mktemp("searched")
    files = {b"%d.py" % number: code(number, lines=40) for number in range(30)}
    return build_release(recipe_of(repository(folder / "one", files).path), folder / "release")


def test_the_file_itself_comes_first(made: Made) -> None:
    (first, *_) = index_of(made).nearest(code(7, lines=40), limit=3)
    assert (first["path"], first["similarity"], first["contained"]) == ("7.py", 1.0, 1.0)
    assert first["license_expression"] == "MIT"


def test_a_snippet_is_in_its_file(made: Made) -> None:
    snippet = b"\n".join(code(7, lines=40).split(b"\n")[20:40])
    (first, *_) = index_of(made).nearest(snippet)
    assert first["path"] == "7.py"
    assert first["contained"] > 0.9
    assert 0 < first["similarity"] < 0.5


@pytest.mark.parametrize("text", [b"", b"x", b"one two three four"])
def test_too_short(made: Made, text: bytes) -> None:
    assert index_of(made).nearest(text) == []


def test_nothing_alike(made: Made) -> None:
    assert index_of(made).nearest(b"completely other words stand here and nowhere else " * 3) == []


def test_a_second_time_nothing_is_made(made: Made) -> None:
    index = index_of(made)
    before = (index.folder / "files.arrow").stat().st_mtime_ns
    assert (index_of(made).folder / "files.arrow").stat().st_mtime_ns == before
    assert {path.name for path in index.folder.iterdir()} == {"files.arrow", "signatures.npy"}


def test_release_of_nothing(tmp_path: Path) -> None:
    recipe = recipe_of(repository(tmp_path / "one", {b"a.bin": b"\0\1"}, licence=None).path)
    assert index_of(build_release(recipe, tmp_path / "release")).nearest(code(1)) == []


def test_another_store(made: Made, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="does not have"):
        index_of(made, tmp_path / "none")
    assert not (tmp_path / "none").exists()
    other = build_release(
        recipe_of(repository(tmp_path / "x", {b"x.py": code(99)}).path), tmp_path / "release"
    )
    with pytest.raises(UserError, match="does not have"):
        index_of(made, other.path.parent / ".tilth")


def test_store_that_lost_its_packs(tmp_path: Path) -> None:
    made = build_release(
        recipe_of(repository(tmp_path / "x", {b"x.py": code(99)}).path), tmp_path / "release"
    )
    index = index_of(made)
    for pack in index.store.packs.glob("*.pack"):
        pack.unlink()
    with pytest.raises(UserError, match="lost"):
        index.nearest(code(99))
