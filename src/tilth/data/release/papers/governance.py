"""The report on requests: how many there were, how they were decided, how long it took, and what left for them."""

import datetime
import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from statistics import median
from typing import Any

from tilth.data.release.papers import sayings
from tilth.data.release.papers.subject import Subject
from tilth.errors import UserError

STATES_OF_DECISION = ("accepted", "rejected", "applied")
_KEYS = ("request", "kind", "state", "received")


def governance(subject: Subject, requests: Iterable[dict[str, Any]] | None = None) -> dict[str, Any]:
    """The counts: of the manifest alone, and of the requests of a ledger where they are given.

    Args:
        subject: The release.
        requests: Rows of `read_requests`.
    """
    found: dict[str, Any] = {
        "release": f"{subject.name} {subject.version}",
        "ledger_head": subject.manifest.get("ledger_head"),
        "files_left_out_on_request": subject.opted_out(),
        "files_left_out": {reason: files for _, reason, files, _ in subject.dropped()},
        "refused_units": subject.manifest["counts"]["refused_units"],
        "licence_contradictions": subject.manifest["licence_contradictions"],
    }
    return found if requests is None else found | {"requests": _counted(list(requests))}


def read_requests(path: Path) -> list[dict[str, Any]]:
    """The requests of a ledger, as JSON lines: `request`, `kind`, `state`, `received`, and `decided` where they are.

    Raises:
        UserError: The file cannot be read, or a line is not of that form; it is named.
    """
    found = []
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"`{path}` cannot be read: {error}") from error
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            times = [
                datetime.datetime.fromisoformat(row[key]) for key in ("received", "decided") if row.get(key)
            ]
            [str(row[key]) for key in _KEYS]
            if len({moment.tzinfo is None for moment in times}) > 1:
                raise ValueError("one time has a zone, the other has none")
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise UserError(
                f"is no request: {error}", where=f"{path}:{number}", hint=f"a line has {', '.join(_KEYS)}"
            ) from error
        found.append(row)
    return found


def _counted(rows: list[dict[str, Any]]) -> dict[str, Any]:
    days = sorted(
        (_moment(row["decided"]) - _moment(row["received"])).total_seconds() / 86_400
        for row in rows
        if row.get("decided")
    )
    found: dict[str, Any] = {
        "received": len(rows),
        "by_kind": _sorted(Counter(str(row["kind"]) for row in rows)),
        "by_state": _sorted(Counter(str(row["state"]) for row in rows)),
        "decided": len(days),
    }
    if days:
        found["days_to_decision"] = {"median": round(median(days), 2), "longest": round(days[-1], 2)}
    return found


def _moment(text: str) -> datetime.datetime:
    return datetime.datetime.fromisoformat(text)


def _sorted(counts: Counter[str]) -> dict[str, int]:
    return dict(sorted(counts.items()))


def governance_markdown(subject: Subject, found: dict[str, Any]) -> str:
    """The same for people."""
    lines = [f"# Governance of {found['release']}", "", sayings.reservations(subject), ""]
    lines += ["| left out for | files |", "|---|--:|"]
    lines += [f"| {reason} | {files} |" for reason, files in found["files_left_out"].items()]
    lines.append("")
    requests = found.get("requests")
    if requests is None:
        lines.append(
            "The counts of requests come with an export of the ledger: `tilth data papers --requests FILE`."
        )
    else:
        lines += [f"{requests['received']} requests were received, {requests['decided']} are decided."]
        if days := requests.get("days_to_decision"):
            lines.append(f"Days to decision: {days['median']} (median), {days['longest']} (longest).")
        for by in ("by_kind", "by_state"):
            lines += ["", f"| {by.removeprefix('by_')} | requests |", "|---|--:|"]
            lines += [f"| {name} | {number} |" for name, number in requests[by].items()]
    lines += ["", sayings.upkeep(subject)]
    return "\n".join(lines) + "\n"
