"""The change log of a release, written from its difference to the one before it."""

from collections.abc import Mapping
from typing import Any

from tilth.data.release.diff import CHANGES
from tilth.report.numbers import count, size

CHANGELOG = "papers/changelog.md"
LISTED_MAX = 50
"""Languages, licences and units that are listed: `tilth data diff` has all."""
_WORDS = {
    "major": "Something that was there is gone, or is another text.",
    "minor": "Something was added; all that was there still is.",
    "patch": "The same texts; what is said of them or how they are packed is another.",
    None: "Nothing changed.",
}


def changelog(found: Mapping[str, Any], date: str | None = None) -> str:
    """The section of one release, from `diff`.

    Args:
        found: The difference.
        date: Day of the release.
    """
    lines = [f"## {found['new']}{f' ({date})' if date else ''}", ""]
    step = found["version"]["step"]
    lines += [f"Against {found['old']}: {step or 'no'} change. {_WORDS[step]}", ""]
    lines += [
        f"- {change}: {count(found['rows'][change]['files'])} files, {size(found['rows'][change]['bytes'])}"
        for change in CHANGES
        if change in found["rows"]
    ]
    for name in ("added", "removed"):
        if found["columns"][name]:
            lines.append(f"- columns {name}: {', '.join(found['columns'][name])}")
    lines.append("")
    lines += _listed(
        "Why files were removed", [f"{k}: {count(n)}" for k, n in found["removed_because"].items()]
    )
    for title, key in (("Languages", "by_language"), ("Licences", "by_licence")):
        lines += _listed(title, [f"{name}: {_counts(changes)}" for name, changes in found[key].items()])
    lines += _listed("Settings", [f"`{name}`: {_change(one)}" for name, one in found["policy"].items()])
    units = found["units"]
    lines += _listed("Units", [f"{kind}: {origin}" for kind, origins in units.items() for origin in origins])
    return "\n".join(lines).rstrip() + "\n"


def _listed(title: str, rows: list[str]) -> list[str]:
    if not rows:
        return []
    more = [f"- and {count(len(rows) - LISTED_MAX)} more"] if len(rows) > LISTED_MAX else []
    return [f"### {title}", "", *(f"- {row}" for row in rows[:LISTED_MAX]), *more, ""]


def _counts(changes: Mapping[str, int]) -> str:
    return ", ".join(f"{change} {count(number)}" for change, number in changes.items())


def _change(one: Mapping[str, Any]) -> str:
    return f"{_said(one['old'])} to {_said(one['new'])}"


def _said(value: Any) -> str:
    return "off" if value is None else ", ".join(map(str, value)) if isinstance(value, list) else str(value)
