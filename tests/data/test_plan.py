from pathlib import Path
from typing import Any

import pytest

from tests.data.releases import code, recipe_of, repository
from tests.data.sources.git.repositories import make
from tilth.data.plan import plan
from tilth.errors import UserError
from tilth.store.layout import Store


def planned(tmp_path: Path, *sources: Any) -> dict[str, Any]:
    return plan(recipe_of(*sources), tmp_path / "release", Store(tmp_path / "store"))


def test_counts_what_is_here_and_writes_nothing(tmp_path: Path) -> None:
    one = repository(tmp_path / "one", {b"a.py": code(1)}).path
    (tmp_path / "fo[l]der").mkdir()
    (tmp_path / "fo[l]der/x.py").write_bytes(code(2))
    before = sorted(tmp_path.rglob("*"))
    found = planned(
        tmp_path,
        one,
        make(tmp_path / "empty").path,
        {"kind": "folder", "paths": [str(tmp_path / "fo[l]der")]},
    )
    assert (found["units"], found["files"], found["refused"], found["fits"]) == ("2", "3", "1", True)
    new = [path for path in set(tmp_path.rglob("*")) - set(before) if "empty" not in path.parts]
    assert new == []


def test_what_must_be_fetched_first(tmp_path: Path) -> None:
    (tmp_path / "names.txt").write_text("left-pad@1.3.0\n\nother@1.0.0\n")
    package = {
        "kind": "package",
        "index": "npm",
        "packages": ["x@1.0.0"],
        "list": str(tmp_path / "names.txt"),
    }
    urls = {"kind": "git", "repositories": ["https://example.org/a/b.git"]}
    assert (
        planned(tmp_path, package, urls, {"kind": "archive", "paths": ["s3://bucket/x.tar"]})[
            "to_fetch_first"
        ]
        == "5"
    )


@pytest.mark.parametrize(
    "source",
    [
        {"kind": "folder", "paths": ["absent"]},
        {"kind": "archive", "paths": ["absent*.tar"]},
        {"kind": "parquet", "paths": ["absent.parquet"]},
        {"kind": "git", "list": "absent.txt"},
        {"kind": "package", "index": "pypi", "list": "absent.txt"},
    ],
)
def test_what_is_not_there_is_an_error(tmp_path: Path, source: dict[str, Any]) -> None:
    with pytest.raises(UserError):
        planned(tmp_path, source)


def test_broken_repository_does_not_stop_a_plan(tmp_path: Path) -> None:
    broken = make(tmp_path / "broken")
    people = b"author A <a@example.org> 1 +0000\ncommitter A <a@example.org> 1 +0000\n"
    broken.raw_commit(b"tree " + b"1" * 40 + b"\n" + people + b"\nx\n")
    assert planned(tmp_path, broken.path)["files"] == "0"
