"""Versions: what a change asks for."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tilth.data.release.steps import STEPS, fits, parts_of, raised, step_of

VERSIONS = st.tuples(*[st.integers(0, 50)] * 3).map(lambda parts: ".".join(map(str, parts)))


def found(*changes: str, added: tuple[str, ...] = (), removed: tuple[str, ...] = (), other: int = 0) -> Any:
    return {
        "rows": {change: {"files": 1} for change in changes},
        "columns": {"added": list(added), "removed": list(removed)},
        "files": {"same": 1, "only_old": other, "only_new": other},
    }


@pytest.mark.parametrize(
    ("difference", "step"),
    [
        (found("same"), None),
        (found("same", other=1), "patch"),
        (found("moved", "same"), "patch"),
        (found("relicensed"), "patch"),
        (found("added", "moved"), "minor"),
        (found(added=("x",)), "minor"),
        (found("added", "removed"), "major"),
        (found("edited"), "major"),
        (found("added", removed=("x",)), "major"),
    ],
)
def test_step(difference: Any, step: str | None) -> None:
    assert step_of(difference) == step


@pytest.mark.parametrize(
    ("old", "new", "step", "fit"),
    [
        ("1.2.3", "2.0.0", "major", True),
        ("1.2.3", "1.3.0", "major", False),
        ("0.1.0", "0.2.0", "major", False),
        ("0.1.0", "1.0.0", "major", True),
        ("1.2.3", "1.3.0", "minor", True),
        ("1.2.3", "2.0.0", "minor", True),
        ("1.2.3", "1.2.4", "minor", False),
        ("1.2.3", "1.2.3", "patch", False),
        ("1.2.3", "1.2.3", None, True),
        ("1.2.3", "1.2.2", None, False),
        ("9.0.0", "10.0.0", "major", True),
        ("1", "2", "major", True),
        ("spring", "summer", "major", None),
        ("1.02.0", "2.0.0", "major", None),
    ],
)
def test_fits(old: str, new: str, step: str | None, fit: bool | None) -> None:
    assert fits(old, new, step) is fit


@given(VERSIONS, st.sampled_from(STEPS))
def test_raised_version_is_the_least_that_fits(version: str, step: str) -> None:
    higher = raised(version, step)
    assert fits(version, higher, step)
    parts = list(parts_of(higher) or ())
    parts[STEPS.index(step)] -= 1
    assert not fits(version, ".".join(map(str, parts)), step)
