"""What is to be seen of a run: where time goes, how old what is learnt from is, what went wrong."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from tilth.train.asynchronous.groups import Group
from tilth.train.asynchronous.tickets import Ticket

if TYPE_CHECKING:
    from tilth.train.asynchronous.orchestrator import Orchestrator


class Figures:
    """Counts as things happen, and makes a row of every step.

    Args:
        tell: Called with each row.
    """

    def __init__(self, tell: Callable[[dict[str, Any]], None] | None = None) -> None:
        self.tell = tell
        self.tokens = 0
        """Written by servers, in all."""
        self.trained_tokens = 0
        self.staleness: Counter[int] = Counter()
        """Steps between the weights that wrote a token and those that learnt from it -> tokens."""
        self.failures: Counter[str] = Counter()
        """Kind of question -> how often it failed or took too long."""
        self.trainer_idle_seconds = 0.0
        self.began_at = self._row_at = 0.0
        self._waits_since: float | None = None
        self._row: dict[str, Any] = {}
        self._before = (0, 0.0, 0.0)

    def began(self, run: "Orchestrator", now: float) -> None:
        """The run begins, or goes on."""
        self.began_at = self._row_at = now

    def waits(self, now: float) -> None:
        """The trainer asked for a batch, and there is none."""
        if self._waits_since is None:
            self._waits_since = now

    def failed(self, ticket: Ticket, now: float) -> None:
        """A question failed, or took too long."""
        if ticket.kind != "rest":
            self.failures[ticket.kind] += 1

    def ready(self, group: Group, now: float) -> None:
        """A group is written and judged."""

    def dropped(self, group: Group, reason: str, now: float) -> None:
        """A group leaves without being trained on."""

    def handed(self, step: int, groups: Sequence[Group], now: float) -> None:
        """The trainer got its batch."""
        if self._waits_since is not None:
            self.trainer_idle_seconds += now - self._waits_since
            self._waits_since = None
        ages: Counter[int] = Counter()
        for group in groups:
            for sample in group.samples:
                for version, number in sample.spans:
                    ages[step - version] += number
        self.staleness += ages
        tokens = ages.total()
        self.trained_tokens += tokens
        self._row = {
            "tokens": tokens,
            "staleness_mean": sum(age * number for age, number in ages.items()) / max(tokens, 1),
            "staleness_max": max(ages, default=0),
            "mixed_fraction": _mixed(groups),
        }

    def stepped(self, run: "Orchestrator", now: float) -> None:
        """The trainer finished a step."""
        servers = run.fleet.servers.values()
        for server in servers:
            server.passed(now)
        busy = sum(server.busy_seconds for server in servers)
        tokens, idle, was_busy = self._before
        took = max(now - self._row_at, 1e-9)
        row = {
            "step": run.step,
            "at_seconds": now - self.began_at,
            "seconds": took,
            **self._row,
            "written_tokens_per_second": (self.tokens - tokens) / took,
            "trained_tokens_per_second": self._row.get("tokens", 0) / took,
            "trainer_idle_fraction": min((self.trainer_idle_seconds - idle) / took, 1.0),
            "servers_idle_fraction": max(1 - (busy - was_busy) / (took * max(len(servers), 1)), 0.0),
            "servers_up": sum(server.is_up for server in servers),
            "running": sum(len(server.running) for server in servers),
            "in_flight": run.account.in_flight,
            "ready": run.num_ready * run.bounds.answers,
            "produced": run.account.produced,
            "trained": run.account.trained,
            "dropped": sum(run.account.dropped.values()),
        }
        self._before, self._row_at = (self.tokens, self.trainer_idle_seconds, busy), now
        if self.tell is not None:
            self.tell(row)


def _mixed(groups: Sequence[Group]) -> float:
    """Share of answers that more than one version wrote."""
    answers = [len(sample.spans) > 1 for group in groups for sample in group.samples]
    return sum(answers) / max(len(answers), 1)
