"""Servers of different speed: how fast each is, how much it is given at a time, and who gets the next answer."""

import heapq
from dataclasses import dataclass, field
from typing import Literal

Stage = Literal["unknown", "answers", "up", "gone"]
"""Of a server: not looked at yet; it answers, with weights nobody vouches for; it may be asked; it does not answer."""

_GROWS = 0.1
_SHRINKS = 0.75
# Of the limit, at each look: more where all of it is used and nothing waits, a quarter less where answers wait.

_FORGETS = 0.2
# Weight of the newest measurement of a speed.

_FULL = 0.9
# Share of the key-value cache beyond which a server is going to evict answers.


@dataclass(frozen=True, slots=True)
class Load:
    """What a server says of itself."""

    waiting: int = 0
    """Answers that it has not begun."""
    cache_fraction: float = 0.0
    """Of its key-value cache in use."""
    version: int | None = None
    """Of its weights, where it says so: one that somebody else started again has not those it was given."""


@dataclass(slots=True)
class Server:
    """What is known of one server."""

    name: str
    limit: float
    """Answers at a time; adapts."""
    limit_max: float
    version: int = -1
    """Of its weights; -1 where they are not known."""
    running: set[int] = field(default_factory=set)
    """Tickets of the answers it writes."""
    operation: int | None = None
    """Ticket of the push, probe, restart or rest under way; there is one at a time."""
    stage: Stage = "unknown"
    failures: int = 0
    """In a row."""
    speed: float = 0.0
    """Tokens a second of one of its answers; 0 until measured."""
    tokens: int = 0
    """Written in all."""
    busy_seconds: float = 0.0
    """Seconds with anything to write."""
    _tokens_before: int = 0
    _answer_seconds: float = 0.0
    _changed_at: float = 0.0

    @property
    def is_up(self) -> bool:
        """Whether it may be asked."""
        return self.stage == "up"

    def measure(self) -> None:
        """Take in how fast it was since the last look."""
        written, self._tokens_before = self.tokens - self._tokens_before, self.tokens
        if written and self._answer_seconds > 0:
            rate = written / self._answer_seconds
            self.speed = rate if not self.speed else (1 - _FORGETS) * self.speed + _FORGETS * rate
        self._answer_seconds = 0.0

    def adapt(self, load: Load) -> None:
        """Give it more or less at a time, by what it says of itself."""
        if load.waiting or load.cache_fraction > _FULL:
            self.limit = max(1.0, self.limit * _SHRINKS)
        elif len(self.running) >= int(self.limit):
            self.limit = min(self.limit_max, self.limit + max(1.0, _GROWS * self.limit))

    def passed(self, now: float) -> None:
        """Count the time since the last change; called before each."""
        took, self._changed_at = now - self._changed_at, now
        if self.running:
            self.busy_seconds += took
            self._answer_seconds += took * len(self.running)


class Balance:
    """Servers with room, best first: the one that would have the least to do for its speed with one answer more."""

    def __init__(self) -> None:
        self._heaps: dict[int, list[tuple[float, int, str]]] = {}
        self._stamps: dict[str, int] = {}
        self._stamp = 0
        self._typical = 1.0

    def offer(self, server: Server) -> None:
        """The server changed: its earlier place no longer counts."""
        self._stamp += 1
        self._stamps[server.name] = self._stamp
        if server.speed:
            self._typical += 0.01 * (server.speed - self._typical)
        if not server.is_up or len(server.running) >= int(server.limit):
            return
        key = (len(server.running) + 1) / (server.speed or self._typical)
        heapq.heappush(self._heaps.setdefault(server.version, []), (key, self._stamp, server.name))

    def take(self, version: int) -> str | None:
        """Name of the best server whose weights are at least of this version; it has to be offered again."""
        found: list[tuple[float, int, str]] | None = None
        for known in list(self._heaps):
            heap = self._heaps[known]
            while heap and self._stamps[heap[0][2]] != heap[0][1]:
                heapq.heappop(heap)
            if not heap:
                del self._heaps[known]
            elif known >= version and (found is None or heap[0] < found[0]):
                found = heap
        return heapq.heappop(found)[2] if found else None
