"""One small release with something of everything, for tests that only look at it."""

from pathlib import Path

import pytest

from tests.data.releases import MIT, Made, build_release, code, recipe_of, repository

APACHE_HEADER = b"# SPDX-License-Identifier: Apache-2.0\n"
EXAMPLE_POLICY = {"preset": "tilth", "line_max": 200}


@pytest.fixture(scope="session")
def example_repositories(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two repositories that share one file."""
    folder = tmp_path_factory.mktemp("repositories")
    one = {b"src/%d.py" % number: code(number) for number in range(6)}
    one[b"src/apache.py"] = APACHE_HEADER + code(50)
    one[b"src/long.py"] = b"x = '" + b"a b" * 100 + b"'\n" + code(51)
    one[b"src/longer.py"] = b"x = '" + b"a b" * 200 + b"'\n" + code(52)
    one[b"src/main.c"] = b'#include <stdio.h>\nint main(void) { puts("hello"); return 0; }\n'
    one[b"src/main.cpp"] = b"#include <vector>\nint main() { std::vector<int> v; return v.size(); }\n"
    one[b"picture.png"] = b"\x89PNG\r\n\x1a\n" + b"\0\1\2\3" * 20
    one[b"empty.py"] = b""
    two = {b"lib/%d.py" % number: code(100 + number) for number in range(3)}
    two[b"lib/shared.py"] = code(0)
    two[b"README.md"] = b"# The second one\n\nA few words about it.\n"
    return (
        repository(folder / "one", one, licence=MIT).path,
        repository(folder / "two", two, licence=MIT).path,
    )


@pytest.fixture(scope="session")
def example(tmp_path_factory: pytest.TempPathFactory, example_repositories: tuple[Path, Path]) -> Made:
    """The release of both; not to be written to."""
    recipe = recipe_of(*example_repositories, policy=EXAMPLE_POLICY)
    return build_release(recipe, tmp_path_factory.mktemp("releases") / "example")


@pytest.fixture
def neighbour(tmp_path: Path) -> Path:
    """A repository with nothing wrong."""
    return repository(tmp_path / "neighbour", {b"good.py": code(1)}).path
