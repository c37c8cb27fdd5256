"""Whatever happens in whatever order: no answer is lost or counted twice, none gets too old, and the run goes on."""

import json
from collections import Counter

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tests.train.asynchronous.world import Run
from tilth.train.asynchronous.groups import Part
from tilth.train.asynchronous.settings import Bounds

pick = st.integers(0, 1_000)


class Faults(RuleBasedStateMachine):
    """Replies, failures, silence, lost servers, late replies and kills in any order."""

    @initialize(
        servers=st.integers(1, 3),
        groups=st.integers(1, 3),
        answers=st.integers(1, 3),
        staleness=st.integers(0, 3),
        in_order=st.booleans(),
        losses=st.integers(1, 5),
    )
    def start(
        self, servers: int, groups: int, answers: int, staleness: int, in_order: bool, losses: int
    ) -> None:
        bounds = Bounds(groups, answers, staleness, in_order, 2, 4, losses)
        self.run = Run(bounds, [f"s{number}" for number in range(servers)])
        self.trained: list[int] = []
        self.saved = json.dumps(self.run.it.record())
        self.trained_then: list[int] = []
        self.late: list[int] = []

    def some(self, at: int, kind: str = "") -> int | None:
        found = sorted(self.run.world.of(kind) if kind else self.run.world.open)
        return found[at % len(found)] if found else None

    @rule(at=pick)
    def reply(self, at: int) -> None:
        if (ticket := self.some(at)) is not None:
            self.run.reply(ticket)

    @rule(at=pick, tokens=st.integers(0, 3))
    def stops_short(self, at: int, tokens: int) -> None:
        if (ticket := self.some(at, "answer")) is not None:
            self.run.reply(ticket, tokens=tokens, finish="")

    @rule(at=pick)
    def goes_on(self, at: int) -> None:
        if (ticket := self.some(at, "answer")) is not None:
            server = self.run.world.open[ticket][1]
            version = self.run.it.fleet.servers[server].version
            if version >= 0:
                self.run.it.heard(ticket, Part([(version, 2)]), self.run.now)

    @rule(at=pick)
    def fail(self, at: int) -> None:
        if (ticket := self.some(at)) is not None:
            self.run.world.open.pop(ticket)
            self.run.it.failed(ticket, self.run.now)
            self.late.append(ticket)

    @rule(at=pick)
    def reply_too_late(self, at: int) -> None:
        if self.late:
            ticket = self.late[at % len(self.late)]
            self.run.it.heard(ticket, Part([(0, 1)]), self.run.now)
            self.run.it.done(ticket, Part([(0, 1)], "stop"), self.run.now)

    @rule(seconds=st.sampled_from([0.5, 5.0, 30.0, 700.0]))
    def pass_time(self, seconds: float) -> None:
        self.run.now += seconds
        before = set(self.run.world.open)
        self.run.it.tick(self.run.now)
        self.late += [ticket for ticket in before if self.run.it.tickets.get(ticket) is None]
        for ticket in before & set(self.late):
            self.run.world.open.pop(ticket, None)

    @rule(kinds=st.sets(st.sampled_from(["restart", "probe", "push", "answer", "judge"]), min_size=2))
    def a_good_stretch(self, kinds: set[str]) -> None:
        self.run.settle(*sorted(kinds))

    @rule()
    def a_good_step(self) -> None:
        self.a_good_stretch({"restart", "probe", "push", "answer", "judge"})
        self.train()

    @rule()
    def train(self) -> None:
        run = self.run.it
        groups = run.take(self.run.now)
        if groups is not None:
            assert len(groups) == self.run.bounds.groups
            assert [one.serial for one in groups] == sorted(one.serial for one in groups)
            assert all(one.oldest >= run.step - self.run.bounds.max_staleness for one in groups)
            self.trained += [one.prompt for one in groups]
            run.stepped(self.run.now)

    @rule()
    def save(self) -> None:
        self.saved, self.trained_then = json.dumps(self.run.it.record()), list(self.trained)

    @rule()
    def kill_everything(self) -> None:
        self.late = []
        self.run.begin(json.loads(self.saved))
        self.trained = list(self.trained_then)

    @invariant()
    def everything_is_in_one_place(self) -> None:
        run, answers = self.run.it, self.run.bounds.answers
        account = run.account
        assert account.produced == account.trained + sum(account.dropped.values()) + account.in_flight
        assert account.in_flight == len(run.groups) * answers
        assert account.trained == len(self.trained) * answers
        assert account.produced == run.source.at * answers  # type: ignore[attr-defined]
        dropped = sum(account.dropped.values()) // answers
        assert max(Counter([*self.trained, *(one.prompt for one in run.groups.values())]).values()) == 1
        assert len(self.trained) + len(run.groups) + dropped == run.source.at  # type: ignore[attr-defined]
        assert all(one.prompt == one.serial for one in run.groups.values())

    @invariant()
    def admission_keeps_its_bound(self) -> None:
        run, bounds = self.run.it, self.run.bounds
        assert (
            run.account.in_flight + run.account.trained
            <= (bounds.max_staleness + run.step + 1) * bounds.batch
        )
        assert run.account.dropped["too_stale"] == 0

    @invariant()
    def every_answer_is_asked_for_once(self) -> None:
        run = self.run.it
        running = [ticket for server in run.fleet.servers.values() for ticket in server.running]
        places = []
        for number in running:
            ticket = run.tickets.get(number)
            assert ticket is not None and ticket.kind == "answer"
            places.append((ticket.serial, ticket.place))
        places += [one for one in run._waiting if one[0] in run.groups]
        open_places = [
            (group.serial, place)
            for group in run.groups.values()
            for place, sample in enumerate(group.samples)
            if not sample.finish
        ]
        assert sorted(places) == open_places
        assert all(len(server.running) <= int(server.limit_max) for server in run.fleet.servers.values())

    def teardown(self) -> None:
        """Without faults, the trainer gets its next steps."""
        if not hasattr(self, "run"):
            return
        goal = self.run.it.step + 3
        for _ in range(400):
            if self.run.it.step >= goal:
                break
            self.a_good_stretch({"restart", "probe", "push", "answer", "judge"})
            self.train()
            self.run.now += 31.0
            self.run.it.tick(self.run.now)
            for ticket in list(self.run.world.open):
                if self.run.it.tickets.get(ticket) is None:
                    self.run.world.open.pop(ticket)
        assert self.run.it.step >= goal


Faults.TestCase.settings = settings(
    max_examples=60, stateful_step_count=60, deadline=None, suppress_health_check=list(HealthCheck)
)
TestFaults = Faults.TestCase
