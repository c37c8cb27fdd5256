"""What a change asks of a version (semantic versioning 2.0.0, with the meaning that Croissant 1.1 gives it for data).

Major: something that was there is gone or is another text. Minor: something was added. Patch: the same texts, but what
is said of them, or how they are packed, is another. That a version begins with 0 changes nothing.
"""

import re
from collections.abc import Mapping
from typing import Any

STEPS = ("major", "minor", "patch")
_VERSION = re.compile(r"(0|[1-9]\d*)(?:\.(0|[1-9]\d*))?(?:\.(0|[1-9]\d*))?(?:[-+].*)?\Z")


def step_of(found: Mapping[str, Any]) -> str | None:
    """The step that a difference (`diff`) asks for; None where there is none."""
    changes = {change for change, counts in found["rows"].items() if counts["files"]}
    columns = found["columns"]
    if changes & {"removed", "edited"} or columns["removed"]:
        return "major"
    if "added" in changes or columns["added"]:
        return "minor"
    files = found["files"]
    return "patch" if changes - {"same"} or files["only_old"] or files["only_new"] else None


def parts_of(version: str) -> tuple[int, int, int] | None:
    """Major, minor and patch number, those left out as 0; None where it is no such version."""
    match = _VERSION.match(version)
    return (int(match[1]), int(match[2] or 0), int(match[3] or 0)) if match else None


def raised(version: str, step: str) -> str:
    """The version after a step: `1.4.2`, `minor` -> `1.5.0`; the same one where it is no semantic version."""
    parts = parts_of(version)
    if parts is None:
        return version
    at = STEPS.index(step)
    return ".".join(str(number + (place == at) if place <= at else 0) for place, number in enumerate(parts))


def fits(old: str, new: str, step: str | None) -> bool | None:
    """Whether the step from one version to the next is at least `step`; None where that cannot be told."""
    before, after = parts_of(old), parts_of(new)
    if before is None or after is None:
        return None
    if step is None:
        return after >= before
    at = STEPS.index(step)
    return after[: at + 1] > before[: at + 1]


def step_between(found: Mapping[str, Any], old: str, new: str) -> dict[str, Any]:
    """What a difference asks of the version: `step`, the least version that fits, and whether the new one does."""
    step = step_of(found)
    return {"step": step, "least": raised(old, step) if step else old, "fits": fits(old, new, step)}
