"""A world for the orchestrator in which everything is asked, and nothing happens unless a test says so."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tilth.train.asynchronous.groups import Group, Part
from tilth.train.asynchronous.orchestrator import Orchestrator
from tilth.train.asynchronous.servers import Load
from tilth.train.asynchronous.settings import Bounds


@dataclass
class Numbers:
    """Prompts 0, 1, 2, …"""

    at: int = 0

    def next(self) -> int:
        self.at += 1
        return self.at - 1

    def record(self) -> dict[str, Any]:
        return {"at": self.at}

    def restore(self, record: Mapping[str, Any]) -> None:
        self.at = record["at"]


@dataclass
class World:
    """Open questions by ticket: (kind, server, more)."""

    open: dict[int, tuple[str, str, Any]] = field(default_factory=dict)
    cancelled: list[int] = field(default_factory=list)

    def answer(self, ticket: int, server: str, group: Group, place: int) -> None:
        self.open[ticket] = ("answer", server, (group.serial, place))

    def judge(self, ticket: int, group: Group) -> None:
        assert group.is_written
        self.open[ticket] = ("judge", "", group.serial)

    def push(self, ticket: int, server: str, version: int) -> None:
        self.open[ticket] = ("push", server, version)

    def probe(self, ticket: int, server: str) -> None:
        self.open[ticket] = ("probe", server, None)

    def restart(self, ticket: int, server: str) -> None:
        self.open[ticket] = ("restart", server, None)

    def cancel(self, ticket: int, server: str) -> None:
        self.cancelled.append(ticket)
        self.open.pop(ticket, None)

    def of(self, kind: str) -> list[int]:
        return [ticket for ticket, (what, _, _) in self.open.items() if what == kind]


@dataclass
class Run:
    """An orchestrator in such a world, with the clock in the hand of the test."""

    bounds: Bounds
    servers: list[str]
    steps: int | None = None
    now: float = 0.0

    def __post_init__(self) -> None:
        self.begin(None)

    def begin(self, record: Mapping[str, Any] | None) -> None:
        self.world = World()
        self.it = Orchestrator(self.bounds, Numbers(), self.world, self.servers, steps=self.steps)
        if record is not None:
            self.it.restore(record)
        self.it.begin(self.now)

    def reply(self, ticket: int, *, tokens: int = 3, finish: str = "stop") -> None:
        """The good answer to a question."""
        kind, server, more = self.world.open.pop(ticket)
        result: Any = None
        if kind == "answer":
            result = Part([(self.it.fleet.servers[server].version, tokens)] if tokens else [], finish)
        elif kind == "judge":
            result = {"reward": 1.0}
        elif kind == "push":
            result = more
        elif kind == "probe":
            result = Load()
        self.it.done(ticket, result, self.now)

    def settle(self, *kinds: str) -> None:
        """Answer all questions of these kinds, and those that follow from them."""
        while found := [ticket for kind in kinds for ticket in self.world.of(kind)]:
            self.reply(found[0])

    def train(self) -> list[Any] | None:
        """A step of the trainer, where there is a batch; the prompts it learnt from."""
        groups = self.it.take(self.now)
        if groups is None:
            return None
        prompts = [group.prompt for group in groups]
        self.it.stepped(self.now)
        return prompts
