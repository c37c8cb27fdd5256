"""A request on its way: received, proof asked, proved, accepted or rejected, applied; and the clock beside it.

States follow from the entries of the ledger alone. Every step is one turn at the ledger: it looks at the state and
writes the next one, so of two writers who decide at once the second is told what the first decided.
"""

import calendar
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Literal, get_args

from tilth.errors import UserError
from tilth.governance.ledger import Entry, Ledger, Writer, now
from tilth.governance.requests import TEXT_MAX, Request

if TYPE_CHECKING:
    from tilth.governance.keys import Keys  # ciphers, which closing and applying do not need

State = Literal["received", "proof_asked", "proved", "accepted", "rejected", "applied"]
STATES: tuple[State, ...] = get_args(State)
FOLLOWS: dict[str, tuple[State, ...]] = {
    "proof_asked": ("received", "proof_asked", "proved"),
    "proved": ("received", "proof_asked", "proved"),
    "accepted": ("received", "proof_asked", "proved"),
    "rejected": ("received", "proof_asked", "proved"),
    "applied": ("accepted", "applied"),
    "extended": ("received", "proof_asked", "proved"),
    "purged": ("applied",),
    "reach": ("received", "proof_asked", "proved", "accepted", "applied"),
}
"""Kind of entry -> the states in which it may be written. Those that are no states change none: `extended` (there is
more time), `purged` (bytes were deleted) and `reach` (how far a request goes)."""
WORDS, REACH = "words", "reach"
"""What is kept beside a request: its free text, which may be forgotten, and how far it goes."""
CLOCK_MONTHS = {"erasure": 1, "opt_out": 1, "licence_correction": 1, "take_down": 1}
"""Months within which a request is answered: GDPR Article 12(3) for an erasure, the same promise for the others."""
EXTENSION_MONTHS = 2
"""By which the same article lets the time be extended once, for a reason of which the requester is told in time."""


@dataclass(slots=True)
class Case:
    """A request with all that came of it."""

    request_id: str
    request: Request
    state: State
    received_at: str
    words_hash: str
    """Keyed hash of the free text that came with it; empty where there was none."""
    steps: list[Entry] = field(default_factory=list)
    proved: dict[str, str] = field(default_factory=dict)
    """Target -> how it was proved."""
    reach_hash: str = ""
    """SHA-256 of how far it was last found to go."""
    releases: list[str] = field(default_factory=list)
    """Those that it was applied in."""
    is_extended: bool = False

    @property
    def due(self) -> date:
        """The day by which it has to be answered."""
        months = CLOCK_MONTHS[self.request.kind] + EXTENSION_MONTHS * self.is_extended
        return months_later(date.fromisoformat(self.received_at[:10]), months)

    @property
    def answered_at(self) -> str | None:
        """When it was accepted or rejected."""
        return next((e.body["at"] for e in self.steps if e.kind in ("accepted", "rejected")), None)

    def is_overdue(self, today: date) -> bool:
        """Whether its day has passed without an answer."""
        return self.answered_at is None and today > self.due

    def unproved(self) -> list[str]:
        """Targets that nobody has proved to own."""
        return [target for target in self.request.targets() if target not in self.proved]


def months_later(day: date, months: int) -> date:
    """The same day of a later month, or its last day where it has no such day.

    Source: Regulation (EEC, Euratom) No 1182/71, Article 3(2)(c).
    """
    year, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + year, month + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def case_of(entries: Iterable[Entry]) -> Case:
    """What the entries of one request come to.

    Raises:
        ValueError: They do not follow one another as they must.
    """
    case: Case | None = None
    for entry in entries:
        if case is None:
            if entry.kind != "received":
                raise ValueError(f"entry {entry.sequence}: {entry.kind} without a request")
            request = Request.model_validate(entry.body["request"])
            case = Case(entry.request, request, "received", entry.body["at"], entry.body.get("words", ""))
        elif case.state not in FOLLOWS.get(entry.kind, ()):
            raise ValueError(f"entry {entry.sequence}: {entry.kind} after {case.state}")
        else:
            _take(case, entry)
        case.steps.append(entry)
    if case is None:
        raise ValueError("no entries")
    return case


def _take(case: Case, entry: Entry) -> None:
    if entry.kind == "proved":
        case.proved[entry.body["target"]] = entry.body["how"]
        case.state = "proved" if not case.unproved() else case.state
    elif entry.kind == "reach":
        case.reach_hash = entry.body["sha256"]
    elif entry.kind == "extended":
        case.is_extended = True
    elif entry.kind in STATES:
        case.state = entry.kind
    if entry.kind == "applied":
        case.releases.append(entry.body["release"])


def receive(ledger: Ledger, keys: "Keys", requests: Iterable[tuple[Request, str]]) -> list[tuple[str, bool]]:
    """Takes in requests with their free text, all in one turn.

    Returns:
        For each its id, and whether it is new: one that is there already is left as it is.
    """
    wanted = list(requests)

    def turn(writer: Writer) -> list[tuple[str, bool]]:
        found: list[tuple[str, bool]] = []
        known = writer.known([request.request_id() for request, _ in wanted])
        for request, text in wanted:
            name = request.request_id()
            is_new = name not in known
            known.add(name)
            if is_new:
                kept = text[:TEXT_MAX]
                body: dict[str, Any] = {"at": now(), "request": request.body()}
                if kept:
                    body["words"] = keys.hidden("words", kept)
                    writer.attach(name, WORDS, kept.encode("utf-8", "backslashreplace"))
                writer.append("received", name, body)
            found.append((name, is_new))
        return found

    return ledger.write(turn)


def step(ledger: Ledger, request_id: str, kind: str, make_body: Callable[[Case], dict[str, Any]]) -> Entry:
    """Writes the next entry of a request.

    Args:
        ledger: Where.
        request_id: Which.
        kind: What happened.
        make_body: Given the request as it stands at this turn, what the entry says; may refuse with a UserError.

    Raises:
        UserError: There is no such request, or it is in a state in which this cannot happen.
    """

    def turn(writer: Writer) -> Entry:
        case = _case(writer.entries_of(request_id), request_id)
        if case.state not in FOLLOWS[kind]:
            raise UserError(
                f"`{request_id}` is {case.state}: it cannot become {kind}",
                hint="`tilth governance show` tells how it came to that",
            )
        return writer.append(kind, request_id, {"at": now()} | make_body(case))

    return ledger.write(turn)


def accept(ledger: Ledger, request_id: str, *, by: str, without_proof: str = "") -> Entry:
    """Accepts a request that is proved, or, with a reason that is written down, one that is not."""

    def body(case: Case) -> dict[str, Any]:
        missing = case.unproved()
        if missing and not without_proof:
            raise UserError(
                f"nobody has proved to own {', '.join(missing[:5])}",
                hint="`tilth governance ask` says how to, or give the reason to do without: `--without-proof`",
            )
        return {"by": by} | ({"without_proof": without_proof} if missing else {})

    return step(ledger, request_id, "accepted", body)


def reject(ledger: Ledger, request_id: str, *, by: str, reason: str) -> Entry:
    """Rejects a request, for a reason."""
    if not reason.strip():
        raise UserError("a request is not rejected without a reason", hint="`--reason`")
    return step(ledger, request_id, "rejected", lambda _: {"by": by, "reason": reason[:TEXT_MAX]})


def extend(ledger: Ledger, request_id: str, *, by: str, reason: str, today: date | None = None) -> Entry:
    """Gives a request two more months, once, for a reason that its receipt states (GDPR Article 12(3))."""
    if not reason.strip():
        raise UserError("the time is not extended without a reason", hint="`--reason`")

    def body(case: Case) -> dict[str, Any]:
        if case.is_extended:
            raise UserError(f"the time of `{request_id}` was extended before: that is done once")
        if (today or datetime.now(UTC).date()) > case.due:
            raise UserError(
                f"`{request_id}` was due on {case.due}: who asked has to be told of more time before",
                hint="answer it now: `tilth governance accept`, or `reject`",
            )
        return {"by": by, "reason": reason[:TEXT_MAX]}

    return step(ledger, request_id, "extended", body)


def set_reach(ledger: Ledger, request_id: str, data: bytes, said: dict[str, Any]) -> Entry:
    """Writes down how far a request goes: the hash and some counts in the ledger, the data beside it."""
    body = {"at": now(), "sha256": sha256(data).hexdigest(), **said}

    def turn(writer: Writer) -> Entry:
        case = _case(writer.entries_of(request_id), request_id)
        if case.state not in FOLLOWS["reach"]:
            raise UserError(
                f"`{request_id}` is {case.state}", hint="only what may still be applied has a reach"
            )
        writer.attach(request_id, REACH, data)
        return writer.append("reach", request_id, body)

    return ledger.write(turn)


def case(ledger: Ledger, request_id: str) -> Case:
    """One request as it stands.

    Raises:
        UserError: There is none of that id.
    """
    return _case(ledger.entries(request_id), request_id)


def cases(ledger: Ledger) -> list[Case]:
    """All requests as they stand, in the order in which they came."""
    grouped: dict[str, list[Entry]] = {}
    for entry in ledger.entries():
        grouped.setdefault(entry.request, []).append(entry)
    return [_case(entries, name) for name, entries in grouped.items()]


def _case(entries: list[Entry], request_id: str) -> Case:
    if not entries:
        raise UserError(f"there is no request `{request_id}`", hint="`tilth governance list` names them")
    try:
        return case_of(entries)
    except (ValueError, KeyError) as error:
        raise UserError(
            f"what the ledger says of `{request_id}` cannot be: {error}",
            hint="the database was altered: `tilth governance verify` says where",
        ) from error
