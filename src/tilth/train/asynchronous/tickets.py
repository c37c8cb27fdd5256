"""Everything that was asked of somebody and not answered yet, each with the time by which it has to be."""

import heapq
import itertools
from dataclasses import dataclass
from typing import Literal

Kind = Literal["answer", "judge", "push", "probe", "restart", "rest"]


@dataclass(slots=True)
class Ticket:
    """One question."""

    number: int
    kind: Kind
    deadline: float
    server: str = ""
    serial: int = -1
    """Of the group."""
    place: int = 0
    """Of the answer in its group."""


class Tickets:
    """Open questions. A number is never used twice, so that a late reply finds nobody and is counted for nothing."""

    def __init__(self) -> None:
        self._open: dict[int, Ticket] = {}
        self._deadlines: list[tuple[float, int]] = []
        self._numbers = itertools.count()

    def open(self, kind: Kind, deadline: float, server: str = "", serial: int = -1, place: int = 0) -> int:
        """Ask; returns the number that the reply has to carry."""
        number = next(self._numbers)
        self._open[number] = Ticket(number, kind, deadline, server, serial, place)
        heapq.heappush(self._deadlines, (deadline, number))
        return number

    def get(self, number: int) -> Ticket | None:
        """The question, where it is still open."""
        return self._open.get(number)

    def extend(self, number: int, deadline: float) -> None:
        """Something was heard: wait longer."""
        self._open[number].deadline = deadline

    def close(self, number: int) -> Ticket | None:
        """The question is answered, or nobody waits for the answer any more."""
        return self._open.pop(number, None)

    def due(self, now: float) -> Ticket | None:
        """Take away one whose time is over."""
        ahead = self.wake_at()
        if ahead is None or ahead > now:
            return None
        return self._open.pop(heapq.heappop(self._deadlines)[1])

    def wake_at(self) -> float | None:
        """When the next time is over."""
        while self._deadlines:
            deadline, number = self._deadlines[0]
            ticket = self._open.get(number)
            if ticket is not None and ticket.deadline <= deadline:
                return deadline
            heapq.heappop(self._deadlines)
            if ticket is not None:
                heapq.heappush(self._deadlines, (ticket.deadline, number))
        return None

    def __len__(self) -> int:
        return len(self._open)
