"""What a function needs to run alone."""

import pytest

from tilth.tasks.slices import Alone, Import, Module
from tilth.tasks.unit_tests import UnitTest, unit_tests

SOURCE = """from __future__ import annotations
import math, re
from os import path as p
from .near import other
import numpy as np
LIMIT = BASE = 3
try:
    import fast
except ImportError:
    fast = None


def helper(a):
    return a * LIMIT


def f(a, unused=p):
    b = [math.pi for re in a]
    return helper(b), fast


def g():
    return other() + np.zeros(1)


def h():
    return missing_name


def r(n):
    return r(n - 1) if n else 0


class K:
    def m(self):
        return helper(LIMIT)
"""


def needed(name: str) -> list[str]:
    module = Module(SOURCE)
    return [module.text_of(one).split("\n")[0] for one in module.needed(module.functions[name])]


def test_all_that_is_needed_in_the_order_of_the_module() -> None:
    assert needed("f") == [
        "from __future__ import annotations",
        "import math, re",
        "from os import path as p",
        "LIMIT = BASE = 3",
        "try:",
        "def helper(a):",
    ]
    assert needed("r") == ["from __future__ import annotations"]


@pytest.mark.parametrize(
    ("name", "reason", "value"), [("g", "imports_other", ".near"), ("h", "unknown_name", "missing_name")]
)
def test_what_cannot_run_alone(name: str, reason: str, value: str) -> None:
    with pytest.raises(Alone) as found:
        needed(name)
    assert found.value.reason == reason
    assert found.value.value in (value, "numpy")


def test_tests_of_one_function() -> None:
    source = (
        "import unittest\nimport shapes as s\nfrom shapes.plane import area as ar, ring\nimport requests\n"
        "class A(unittest.TestCase):\n    def test(self): self.assertEqual(s.area(1, 1), 1)\n"
        "def test_renamed(): assert ar(1, 1)\n"
        "def test_two(): assert ar(1, 1) == ring(1, 1)\n"
        "def test_other(): assert requests.get(ar(1, 1))\n"
        "def test_fixture(tmp_path): assert ar(1, 1)\n"
        "def helper(): return 1\n"
    )
    found = list(unit_tests(Module(source), lambda one: one.module.startswith("shapes")))
    good = [one for one in found if isinstance(one, UnitTest)]
    assert [(one.name, one.function, one.module) for one in good] == [
        ("A", "area", "shapes"),
        ("test_renamed", "area", "shapes.plane"),
    ]
    space: dict[str, object] = {"area": lambda a, b: a * b}
    for one in good:
        exec(one.text, space)
    space["test_renamed"]()  # type: ignore[operator]
    bad = [one[1].reason for one in found if not isinstance(one, UnitTest)]
    assert bad == ["several_functions", "imports_other"]


def test_a_module_of_python_is_there() -> None:
    assert Import("os.path", "join").is_standard and not Import(".os", None).is_standard
