"""The orchestrator with a clock in the place of models: what admission, staleness and speed would be.

A server writes each of its answers at one rate, up to `concurrency` at a time at no loss; new weights hold all up.
Lengths are log-normal, drawn by the place in the data, so that every run writes the same answers.
"""

import heapq
import itertools
import math
import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tilth.train.asynchronous.groups import Group, Part
from tilth.train.asynchronous.orchestrator import Orchestrator
from tilth.train.asynchronous.servers import Load
from tilth.train.asynchronous.settings import Bounds


@dataclass(frozen=True, slots=True)
class Setting:
    """What is simulated; all of it is assumed, and none of it measured.

    Attributes:
        bounds: Of the orchestrator; `concurrency` is the slots of a server.
        servers: How many.
        rate: Tokens a second of one answer.
        slowest: Rate of the slowest server, as a share of that of the fastest; the others lie evenly between.
        mean_tokens: Of an answer.
        spread: Standard deviation of the logarithm of the length.
        train_seconds: Of a step.
        push_seconds: In which a server writes nothing.
        judge_seconds: For a group.
        seed: Of the lengths.
    """

    bounds: Bounds
    servers: int = 1
    rate: float = 50.0
    slowest: float = 1.0
    mean_tokens: float = 500.0
    spread: float = 0.8
    train_seconds: float = 20.0
    push_seconds: float = 0.5
    judge_seconds: float = 0.5
    seed: int = 0


class _Prompts:
    """Numbers from 0 on."""

    def __init__(self) -> None:
        self.at = -1

    def next(self) -> int:
        self.at += 1
        return self.at

    def record(self) -> Mapping[str, Any]:
        return {"at": self.at}

    def restore(self, record: Mapping[str, Any]) -> None:
        self.at = record["at"]


class Simulation:
    """One run; is the transport of its orchestrator."""

    def __init__(self, setting: Setting, steps: int) -> None:
        self.setting, self.steps, self.now = setting, steps, 0.0
        last = max(setting.servers - 1, 1)
        self._rates = {
            f"server{at}": setting.rate * (1 - (1 - setting.slowest) * at / last)
            for at in range(setting.servers)
        }
        self.rows: list[dict[str, Any]] = []
        self._events: list[tuple[float, int, int, Any]] = []
        self._order = itertools.count()
        self._writing: dict[str, dict[int, tuple[float, int]]] = {name: {} for name in self._rates}
        self.it = Orchestrator(setting.bounds, _Prompts(), self, list(self._rates))
        self.it.figures.tell = self.rows.append

    def run(self) -> list[dict[str, Any]]:
        """To the last step; a row for each."""
        self.it.begin(self.now)
        is_training = False
        while self.it.step < self.steps:
            if not is_training and self.it.take(self.now) is not None:
                is_training = True
                self._later(self.setting.train_seconds, -1, None)
            wake = self.it.wake_at()
            if self._events and (wake is None or self._events[0][0] <= wake):
                self.now, _, ticket, result = heapq.heappop(self._events)
                if ticket == -1:
                    is_training = False
                    self.it.stepped(self.now)
                else:
                    self._reply(ticket, result)
            elif wake is not None:
                self.now = wake
                self.it.tick(self.now)
        return self.rows

    def _reply(self, ticket: int, result: Any) -> None:
        if isinstance(result, str):
            writing = self._writing[result].get(ticket)
            # The end of an answer that was held up since comes by itself, later.
            if writing is None or writing[0] + writing[1] / self._rates[result] > self.now + 1e-6:
                return
            del self._writing[result][ticket]
            version = self.it.fleet.servers[result].version
            result = Part([(version, writing[1])], "stop")
        self.it.done(ticket, result, self.now)

    def _later(self, seconds: float, ticket: int, result: Any) -> None:
        heapq.heappush(self._events, (self.now + seconds, next(self._order), ticket, result))

    def answer(self, ticket: int, server: str, group: Group, place: int) -> None:
        """Write for as long as the length asks."""
        drawn = random.Random(f"{self.setting.seed}-{group.serial}-{place}")
        mean = math.log(self.setting.mean_tokens) - self.setting.spread**2 / 2
        left = max(int(drawn.lognormvariate(mean, self.setting.spread)) - group.samples[place].num_tokens, 1)
        self._writing[server][ticket] = (self.now, left)
        self._later(left / self._rates[server], ticket, server)

    def judge(self, ticket: int, group: Group) -> None:
        """All groups take the same time."""
        self._later(self.setting.judge_seconds, ticket, 1.0)

    def push(self, ticket: int, server: str, version: int) -> None:
        """Hold up what is written; what there is of it comes from the weights before."""
        resumes = self.now + self.setting.push_seconds
        for number, (since, left) in list(self._writing[server].items()):
            done = min(max(int((self.now - since) * self._rates[server]), 0), left - 1)
            if done:
                self.it.heard(number, Part([(self.it.fleet.servers[server].version, done)]), self.now)
            self._writing[server][number] = (resumes, left - done)
            self._later(resumes - self.now + (left - done) / self._rates[server], number, server)
        self._later(self.setting.push_seconds, ticket, version)

    def probe(self, ticket: int, server: str) -> None:
        """Servers are well here."""
        self._later(0.0, ticket, Load())

    def restart(self, ticket: int, server: str) -> None:
        """As above."""
        self._later(0.0, ticket, None)

    def cancel(self, ticket: int, server: str) -> None:
        """Forget an answer."""
        self._writing[server].pop(ticket, None)
