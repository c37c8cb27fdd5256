"""The report of a release: names and values of what left, never contents, whatever the names are."""

import os
from pathlib import Path

import pytest

from tests.docs.sample_repository import MIT
from tilth.config.load import check
from tilth.config.recipe import Recipe
from tilth.data.build import build
from tilth.data.release.report import default_target, write_report
from tilth.engine.local import InProcess
from tilth.errors import UserError
from tilth.report.progress import Progress
from tilth.store.layout import Store

HOSTILE = "<img src=x onerror=alert(1)>.py"


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A release of a folder with a file that stays, and some that leave."""
    place = tmp_path_factory.mktemp("report")
    files = {
        "LICENSE": MIT,
        "kept.py": "def kept() -> str:\n    return 'words that stay'\n",
        HOSTILE: "# SPDX-License-Identifier: GPL-3.0-or-later\nwords_that_left = 1\n",
        "empty.py": "\n",
    }
    (place / "code").mkdir()
    for name, text in files.items():
        (place / "code" / name).write_text(text)
    os.symlink("kept.py", place / "code" / "link.py")
    source = {"kind": "folder", "paths": [str(place / "code")]}
    recipe = check(Recipe, {"name": "small", "sources": [source]})
    with Progress() as progress:
        build(recipe, place / "small", store=Store(place / "store"), engine=InProcess(), progress=progress)
    return place / "small"


def test_no_release_no_report(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"has no manifest\.json"):
        write_report(tmp_path, tmp_path / "page.html")


def test_a_release_stays_sealed(release: Path) -> None:
    with pytest.raises(UserError, match="is sealed"):
        write_report(release, release / "metadata" / "report.html")
    assert not (release / "metadata" / "report.html").exists()


def test_the_page_tells_what_left_and_why(release: Path, tmp_path: Path) -> None:
    write_report(release, tmp_path / "new" / "page.html")
    page = (tmp_path / "new" / "page.html").read_text()
    for words in ("licence_copyleft", "GPL-3.0-or-later", "empty.py", "link", "2 of 5 files kept (40.0 %)"):
        assert words in page


def test_the_page_holds_no_contents(release: Path, tmp_path: Path) -> None:
    write_report(release, tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text()
    assert "words that stay" not in page
    assert "words_that_left" not in page


def test_names_stay_names(release: Path, tmp_path: Path) -> None:
    write_report(release, tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text()
    assert "<img" not in page
    assert "&lt;img src=x" in page


def test_equal_releases_have_equal_pages(release: Path, tmp_path: Path) -> None:
    for name in ("a.html", "b.html"):
        write_report(release, tmp_path / name)
    assert (tmp_path / "a.html").read_bytes() == (tmp_path / "b.html").read_bytes()


def test_the_page_lies_beside_the_release() -> None:
    assert default_target(Path("releases/mine")) == Path("releases/mine.report.html")
    assert default_target(Path(".")) == Path.cwd().with_name(f"{Path.cwd().name}.report.html")
