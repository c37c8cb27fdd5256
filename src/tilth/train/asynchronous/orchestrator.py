"""Keeps servers, rewards and trainer busy, and every answer in exactly one place.

It does nothing by itself: it is told what happened and when, and says through a transport what is to be done. So the
same code runs with models, with a clock in their place, and with faults that a test makes up. Calls must not overlap.
"""

import heapq
from collections.abc import Mapping, Sequence
from typing import Any

from tilth.train.asynchronous.admission import Account, choose
from tilth.train.asynchronous.figures import Figures
from tilth.train.asynchronous.fleet import Fleet
from tilth.train.asynchronous.groups import Group, Part, Sample
from tilth.train.asynchronous.settings import Bounds
from tilth.train.asynchronous.tickets import Tickets
from tilth.train.asynchronous.transport import Source, Transport


class Orchestrator:
    """What stands between prompts, servers, rewards and a trainer.

    Args:
        bounds: What it keeps to.
        source: Of prompts.
        transport: To the world.
        servers: Their names.
        steps: Of the trainer in all: nothing is admitted that none of them could use; None for no end.
        figures: Told of everything that happens.
    """

    def __init__(
        self,
        bounds: Bounds,
        source: Source,
        transport: Transport,
        servers: Sequence[str],
        *,
        steps: int | None = None,
        figures: Figures | None = None,
    ) -> None:
        self.bounds, self.source, self.transport, self.steps = bounds, source, transport, steps
        self.figures = figures if figures is not None else Figures()
        self.tickets = Tickets()
        self.fleet = Fleet(servers, bounds, transport, self.tickets, self._lose)
        self.account = Account()
        self.step = 0
        self.groups: dict[int, Group] = {}
        """All in flight, by their place in the data, in order."""
        self.num_ready = 0
        self._serial = 0
        self._waiting: list[tuple[int, int]] = []
        self._handed: list[Group] = []
        self._blocked: int | None = None
        """No batch can be made before a group up to this place is ready, or the step changes."""

    def begin(self, now: float) -> None:
        """Look at the servers, and go on with what is there."""
        self.figures.began(self, now)
        self.fleet.begin(self.step, now)
        for group in self.groups.values():
            if group.is_written and group.verdict is None:
                self._judge(group, now)
        self._fill(now)

    # What happens

    def heard(self, number: int, part: Part, now: float) -> None:
        """More of an answer; it goes on."""
        ticket = self.tickets.get(number)
        if ticket is None or ticket.kind != "answer":
            return
        self.tickets.extend(number, now + self.bounds.answer_timeout_seconds)
        self._take_in(self.groups[ticket.serial].samples[ticket.place], part, ticket.server)

    def done(self, number: int, result: Any, now: float) -> None:
        """A question was answered; a reply nobody waits for any more changes nothing."""
        ticket = self.tickets.close(number)
        if ticket is None:
            return
        if ticket.kind == "answer":
            self.fleet.freed(ticket, now)
            group = self.groups[ticket.serial]
            sample = group.samples[ticket.place]
            before = sample.num_tokens
            self._take_in(sample, result, ticket.server)
            if not sample.finish:
                self._again(group, ticket.place, now, lost=sample.num_tokens == before)
            elif group.is_written:
                self._judge(group, now)
        elif ticket.kind == "judge":
            group = self.groups[ticket.serial]
            group.verdict = result
            self._ready(group, now)
        else:
            self.fleet.done(ticket, result, now)
        self._fill(now)

    def failed(self, number: int, now: float) -> None:
        """A question could not be answered."""
        ticket = self.tickets.close(number)
        if ticket is None:
            return
        self.figures.failed(ticket, now)
        if ticket.kind == "answer":
            self.fleet.freed(ticket, now)
            self._again(self.groups[ticket.serial], ticket.place, now)
            self.fleet.suspect(ticket.server, now)
        elif ticket.kind == "judge":
            self._judge_again(self.groups[ticket.serial], now)
        else:
            self.fleet.failed(ticket, now)
        self._fill(now)

    def tick(self, now: float) -> None:
        """Time passed."""
        while (ticket := self.tickets.due(now)) is not None:
            self.figures.failed(ticket, now)
            if ticket.kind == "answer":
                self.transport.cancel(ticket.number, ticket.server)
                self.fleet.freed(ticket, now)
                self._again(self.groups[ticket.serial], ticket.place, now)
                self.fleet.suspect(ticket.server, now)
            elif ticket.kind == "judge":
                self._judge_again(self.groups[ticket.serial], now)
            else:
                self.fleet.failed(ticket, now)
        self._fill(now)

    def wake_at(self) -> float | None:
        """When `tick` is due."""
        return self.tickets.wake_at()

    # What the trainer asks

    def take(self, now: float) -> list[Group] | None:
        """The groups of this step, in the order of the data; the same ones until `stepped`. None: not yet."""
        if self._handed:
            return self._handed
        if self._blocked is not None or self.num_ready < self.bounds.groups:
            self.figures.waits(now)
            return None
        self._drop_stale(now)
        waiting = list(self.groups.values())
        bounds = self.bounds
        chosen = choose(waiting, self.step, bounds.groups, bounds.max_staleness, in_order=bounds.in_order)
        if isinstance(chosen, int):
            self._blocked = waiting[chosen].serial if chosen < len(waiting) else None
            self.figures.waits(now)
            return None
        self._handed = chosen
        self.figures.handed(self.step, chosen, now)
        return chosen

    def stepped(self, now: float) -> None:
        """The trainer has learnt from what it took, and has new weights."""
        for group in self._handed:
            del self.groups[group.serial]
        self.num_ready -= len(self._handed)
        self.account.trained += len(self._handed) * self.bounds.answers
        self._handed, self._blocked = [], None
        self.step += 1
        self.figures.stepped(self, now)
        self.fleet.renew(self.step, now)
        self._fill(now)

    # What follows

    def _fill(self, now: float) -> None:
        """Admit what there is room for, and give servers what they have room for."""
        self._admit(now)
        while self._waiting:
            serial, place = self._waiting[0]
            group = self.groups.get(serial)
            if group is None:
                heapq.heappop(self._waiting)
                continue
            # Steps never fall along the queue: where the first one finds no server, the others do not either.
            server = self.fleet.take(group.step, now)
            if server is None:
                break
            heapq.heappop(self._waiting)
            number = self.tickets.open(
                "answer", now + self.bounds.answer_timeout_seconds, server.name, serial, place
            )
            self.fleet.gave(server, number)
            self.transport.answer(number, server.name, group, place)

    def _admit(self, now: float) -> None:
        bounds, account = self.bounds, self.account
        room = account.room(self.step, bounds.batch, bounds.max_staleness)
        if self.steps is not None:
            room = min(room, account.room(self.steps - 1, bounds.batch, 0))
        for _ in range(room // bounds.answers):
            group = Group(
                self._serial, self.source.next(), self.step, [Sample() for _ in range(bounds.answers)]
            )
            self._serial += 1
            self.groups[group.serial] = group
            account.produced += bounds.answers
            for place in range(bounds.answers):
                heapq.heappush(self._waiting, (group.serial, place))

    def _take_in(self, sample: Sample, part: Part, server: str) -> None:
        sample.extend(part)
        written = sum(number for _, number in part.spans)
        self.fleet.servers[server].tokens += written
        self.figures.tokens += written

    def _again(self, group: Group, place: int, now: float, *, lost: bool = True) -> None:
        """An answer came back unfinished: another server goes on with the tokens it has."""
        sample = group.samples[place]
        sample.losses += lost
        if sample.losses >= self.bounds.losses_max:
            self._drop(group, "unanswered", now)
        else:
            heapq.heappush(self._waiting, (group.serial, place))

    def _lose(self, numbers: Sequence[int], now: float) -> None:
        """A server is gone with these answers."""
        for number in numbers:
            ticket = self.tickets.close(number)
            if ticket is not None:
                self.transport.cancel(number, ticket.server)
                self.fleet.freed(ticket, now)
                self._again(self.groups[ticket.serial], ticket.place, now)

    def _judge(self, group: Group, now: float) -> None:
        number = self.tickets.open("judge", now + self.bounds.judge_timeout_seconds, serial=group.serial)
        self.transport.judge(number, group)

    def _judge_again(self, group: Group, now: float) -> None:
        group.losses += 1
        if group.losses >= self.bounds.losses_max:
            self._drop(group, "unjudged", now)
        else:
            self._judge(group, now)

    def _ready(self, group: Group, now: float) -> None:
        self.num_ready += 1
        if self._blocked is not None and group.serial <= self._blocked:
            self._blocked = None
        self.figures.ready(group, now)

    def _drop_stale(self, now: float) -> None:
        oldest = self.step - self.bounds.max_staleness
        for group in [one for one in self.groups.values() if one.verdict is not None and one.oldest < oldest]:
            self._drop(group, "too_stale", now)
        self._admit(now)

    def _drop(self, group: Group, reason: str, now: float) -> None:
        """Account for a group that nobody will train on; the answers to it that still run are called off."""
        del self.groups[group.serial]
        self.num_ready -= group.verdict is not None
        self._blocked = None
        self.account.dropped[reason] += self.bounds.answers
        self.figures.dropped(group, reason, now)
        for server in self.fleet.servers.values():
            for number in sorted(server.running):
                ticket = self.tickets.get(number)
                if ticket is not None and ticket.serial == group.serial:
                    self.tickets.close(number)
                    self.transport.cancel(number, server.name)
                    self.fleet.freed(ticket, now)

    # Checkpoints

    def record(self) -> dict[str, Any]:
        """All that a resumed run needs, as JSON: the queue, the order of the data, and the counts."""
        return {
            "step": self.step,
            "serial": self._serial,
            "account": self.account.record(),
            "source": dict(self.source.record()),
            "groups": [group.record() for group in self.groups.values()],
        }

    def restore(self, record: Mapping[str, Any]) -> None:
        """Go on from there; call before `begin`. What was being written or judged is asked for again."""
        self.step, self._serial = record["step"], record["serial"]
        self.account = Account(**{**record["account"], "dropped": dict(record["account"]["dropped"])})
        self.source.restore(record["source"])
        for one in record["groups"]:
            group = Group.restored(one)
            self.groups[group.serial] = group
            self.num_ready += group.verdict is not None
            for place, sample in enumerate(group.samples):
                if not sample.finish:
                    heapq.heappush(self._waiting, (group.serial, place))
