"""A small release with functions, tests of them, imports, findings and a history."""

from pathlib import Path

import pytest

from tests.data.releases import MIT, Made, build_release, recipe_of
from tests.data.sources.git.repositories import make

SECRET = "ghp_" + "x7Kq2mZp9Rt4Wv8Yb3Nc6Hd1Jf5Lg0SaQe2U"
DROPPED_LINE = "a_line_that_only_the_dropped_file_has = 8125467"

SHAPES = b'''"""Shapes."""

import math

from shapes.numbers import half

UNIT = 1


def area(width, height):
    """The area of a rectangle with these sides.

    >>> area(2, 3)
    6
    """
    if width < 0 or height < 0:
        raise ValueError("sides are not negative")
    return width * height * UNIT


def ring(outer, inner):
    """Difference of the areas of two circles around one point."""
    large = math.pi * outer**2
    return large - math.pi * inner**2


def middle(low, high):
    """The number half way between two others.

    >>> middle(2, 4)
    3.0
    """
    total = low + high
    return half(total)


def nothing(value):
    """Does what its example does not look at.

    >>> nothing(3) is None or True
    True
    """
    kept = value
    return kept


def broken(value):
    """Says another thing than it does.

    >>> broken(1)
    7
    """
    found = value
    return found


def unstable(values):
    """The first letter of a set of letters.

    >>> unstable("ab")
    'a'
    """
    letters = {chr(ord(one)) for one in values}
    return next(iter(letters))
'''
TESTS = b"""import pytest
import unittest

from shapes.plane import area, ring
import shapes.numbers as numbers


class RingTest(unittest.TestCase):
    def test_ring(self):
        self.assertAlmostEqual(ring(1, 1), 0)
        self.assertAlmostEqual(ring(1, 0), 3.14159, 4)


@pytest.mark.parametrize("value,wanted", [(2, 1.0), (5, 2.5)])
def test_half(value, wanted):
    assert numbers.half(value) == wanted
    with pytest.raises(TypeError, match="type"):
        numbers.half("a")


def test_both():
    assert area(1, 1) == ring(0, 0) + 1


def test_with_fixture(tmp_path):
    assert area(1, 1) == 1
"""
NUMBERS = b'''def half(value):
    """Half of a value, as a float."""
    found = value / 2
    return found
'''
FILES: dict[bytes, bytes] = {
    b"LICENSE": MIT,
    b"shapes/__init__.py": b"from shapes.plane import area, ring\n",
    b"shapes/plane.py": SHAPES,
    b"shapes/numbers.py": NUMBERS,
    b"tests/test_shapes.py": TESTS,
    b"shapes/keys.py": f'TOKEN = "{SECRET}"\n\n\ndef token():\n    """The token that is used everywhere here."""\n'
    f'    local = "{SECRET}"\n    return local or TOKEN\n'.encode(),
    b"shapes/copyleft.py": f"# SPDX-License-Identifier: GPL-3.0-only\n{DROPPED_LINE}\n".encode(),
    b"web/index.js": b"import { twice } from './numbers.js'\n\n"
    b"/** Writes a number, doubled, where a page has room. */\n"
    b"export function show(number) {\n  const text = String(twice(number))\n  return `<b>${text}</b>`\n}\n",
    b"web/numbers.js": b"/**\n * Twice a number of any size.\n */\nexport function twice(number) {\n"
    b"  const sum = number + number\n  return sum\n}\n",
}


@pytest.fixture(scope="session")
def shapes(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """The release; not to be written to."""
    folder = tmp_path_factory.mktemp("shapes")
    made = make(folder / "shapes")
    first = made.commit(FILES, message="Shapes and numbers")
    changed = NUMBERS.replace(b"found = value / 2", b"found = value * 0.5")
    made.commit(
        FILES | {b"shapes/numbers.py": changed}, parent=first, message="Multiply instead of dividing in half"
    )
    source = {"kind": "git", "repositories": [str(made.path)], "history": True}
    recipe = recipe_of(
        source,
        policy={"preset": "none", "licences": ["permissive"]},
        findings={"secrets": "redact"},
        release={"contents": "inline"},
    )
    return build_release(recipe, folder / "release")


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder that is not there yet."""
    return tmp_path / "tasks"
