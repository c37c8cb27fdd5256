"""Tiny releases, built in this process from real repositories."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tests.data.sources.git.repositories import Repository, make
from tilth.config.load import check
from tilth.config.recipe import Recipe
from tilth.data.build import Built, build
from tilth.engine.local import InProcess
from tilth.engine.task import Engine
from tilth.report.progress import Progress
from tilth.store.layout import Store

KEEP = {"preset": "none"}
"""A policy without any rule."""

MIT = (
    b"MIT License\n\nCopyright (c) 2020 The Authors\n\n"
    b"Permission is hereby granted, free of charge, to any person obtaining a copy\n"
    b'of this software and associated documentation files (the "Software"), to deal\n'
    b"in the Software without restriction, including without limitation the rights\n"
    b"to use, copy, modify, merge, publish, distribute, sublicense, and/or sell\n"
    b"copies of the Software, and to permit persons to whom the Software is\n"
    b"furnished to do so, subject to the following conditions:\n\n"
    b"The above copyright notice and this permission notice shall be included in all\n"
    b"copies or substantial portions of the Software.\n\n"
    b'THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR\n'
    b"IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,\n"
    b"FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE\n"
    b"AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER\n"
    b"LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,\n"
    b"OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE\n"
    b"SOFTWARE.\n"
)
GPL = b"SPDX-License-Identifier: GPL-3.0-only\n"


def code(number: int = 0, lines: int = 6) -> bytes:
    """A Python file like no other with another number."""
    parts = [
        f"def function_{number}_{line}(argument):\n    return argument + {number}\n\n"
        for line in range(lines)
    ]
    return "\n".join(parts).encode()


def repository(folder: Path, files: Mapping[bytes, bytes], *, licence: bytes | None = MIT) -> Repository:
    """A repository of one commit."""
    made = make(folder)
    made.commit({**({b"LICENSE": licence} if licence else {}), **files})
    return made


def recipe_of(*sources: Any, policy: Any = None, **said: Any) -> Recipe:
    """A recipe over local repositories (paths) or sources as a recipe writes them."""
    local = [str(one) for one in sources if isinstance(one, str | Path)]
    listed: list[Any] = [{"kind": "git", "repositories": local}] if local else []
    listed += [one for one in sources if not isinstance(one, str | Path)]
    data = {"name": "small", "sources": listed, "policy": policy or KEEP, **said}
    return check(Recipe, data)


@dataclass(frozen=True)
class Made:
    """A release at hand."""

    built: Built

    @property
    def path(self) -> Path:
        return self.built.path

    @property
    def manifest(self) -> dict[str, Any]:
        return self.built.manifest

    def table(self, folder: str) -> list[dict[str, Any]]:
        """The rows of a parquet file, or of every one under a folder of the release."""
        place = self.path / folder
        files = [place] if place.suffix else sorted(place.rglob("*.parquet"))
        return pa.concat_tables([pq.read_table(file) for file in files]).to_pylist() if files else []

    def one(self, folder: str, path: str) -> dict[str, Any]:
        """The one row of that path."""
        (row,) = [row for row in self.table(folder) if row["path"] == path]
        return row

    def texts(self) -> dict[str, str]:
        """Path -> text of every row."""
        return {row["path"]: row["content"] for row in self.table("data")}

    def reasons(self) -> dict[str, str]:
        """Path -> reason of every drop."""
        return {row["path"]: row["reason"] for row in self.table("metadata/drops")}

    def refusals(self) -> list[tuple[str, str]]:
        """(name, reason) of every unit that could not be read."""
        return [(row["repo_name"], row["reason"]) for row in self.table("metadata/refusals.parquet")]

    def is_balanced(self) -> bool:
        """Whether every path is counted once at every stage, and has its row."""
        counts = self.manifest["counts"]
        remaining = counts["files"]
        for stage in counts["stages"]:
            dropped = sum(drop["files"] for drop in stage["dropped"].values())
            if stage["in"] != remaining or stage["kept"] != remaining - dropped:
                return False
            remaining = stage["kept"]
        rows = {name: len(self.table(name)) for name in ("data", "metadata/occurrences", "metadata/drops")}
        return (
            remaining == counts["kept"]["files"] == rows["data"]
            and rows["metadata/occurrences"] == counts["files"]
            and rows["metadata/drops"] == counts["files"] - remaining
        )


def build_release(
    recipe: Recipe, into: Path, *, store: Path | None = None, engine: Engine | None = None, **how: Any
) -> Made:
    """Builds a recipe in this process."""
    place = Store(store or into.parent / ".tilth")
    progress = Progress.open("none")
    with progress:
        return Made(build(recipe, into, store=place, engine=engine or InProcess(), progress=progress, **how))


def hashes(release: Path) -> dict[str, str]:
    """Path in the release -> sha256 of the file."""
    files = sorted(path for path in release.rglob("*") if path.is_file())
    return {
        path.relative_to(release).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files
    }


def tables(release: Path) -> dict[str, str]:
    """The hashes of data and metadata alone: what does not hold the recipe's text."""
    return {path: digest for path, digest in hashes(release).items() if path.endswith(".parquet")}


def listing(folder: Path) -> dict[str, tuple[int, int]]:
    """Every file below a folder with what changes when it is written again."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            status = path.stat()
            found[path.relative_to(folder).as_posix()] = (status.st_ino, status.st_mtime_ns)
    return found


def made(tmp_path: Path, *sources: Any, **said: Any) -> Made:
    """The release of some sources, in which every file is accounted for."""
    release = build_release(recipe_of(*sources, **said), tmp_path / "release")
    assert release.is_balanced()
    return release


def lose(inside: Repository, object_id: str) -> None:
    """Takes a loose object away."""
    (inside.git_dir / "objects" / object_id[:2] / object_id[2:]).unlink()


def upon_and_from_nothing(tmp_path: Path, earlier: Recipe, recipe: Recipe) -> tuple[Made, Made]:
    """A release that uses what the build of an earlier recipe left in the store, and the same one from nothing."""
    build_release(earlier, tmp_path / "first", store=tmp_path / "store")
    again = build_release(recipe, tmp_path / "again" / "release", store=tmp_path / "store")
    return again, build_release(recipe, tmp_path / "fresh" / "release", store=tmp_path / "none")
