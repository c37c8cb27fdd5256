"""How many answers may be on their way, and which of them are trained on next, so that none gets too old.

A group that is admitted at step `s` is due by step `s + max_staleness`. Admission keeps the answers that were ever
admitted and not dropped within `(max_staleness + step + 1) x batch`: then there is always an order in which every group
is trained on by the step it is due at. `choose` never leaves that order, and waits where it otherwise would. So
nothing has to be dropped for its age, which would be a bias against long answers and slow servers.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from tilth.train.asynchronous.groups import Group

REASONS = {
    "too_stale": "A server answered with weights older than it was asked for, and the group is past its step.",
    "unanswered": "One of its answers was lost too often, each time without a token more.",
    "unjudged": "Its rewards failed too often.",
}
"""Why a group leaves without being trained on."""


@dataclass(slots=True)
class Account:
    """Answers ever admitted, and where they are; `produced = trained + dropped + in flight` by construction."""

    produced: int = 0
    trained: int = 0
    dropped: dict[str, int] = field(default_factory=lambda: dict.fromkeys(REASONS, 0))

    @property
    def in_flight(self) -> int:
        """Being written or judged, or waiting for the trainer."""
        return self.produced - self.trained - sum(self.dropped.values())

    def room(self, step: int, batch: int, max_staleness: int) -> int:
        """Answers that may be admitted now: in flight and accepted together stay within (S + step + 1) x batch."""
        return (max_staleness + step + 1) * batch - self.in_flight - self.trained

    def record(self) -> dict[str, Any]:
        """For a checkpoint."""
        return {"produced": self.produced, "trained": self.trained, "dropped": dict(self.dropped)}


def choose(
    waiting: Sequence[Group], step: int, batch: int, max_staleness: int, *, in_order: bool = False
) -> list[Group] | int:
    """The groups of the next step, in the order of the data.

    The first ones that are ready leave the fewest behind at every due step at once; if those that are left could not
    all be trained on in time, one that is still being written is due, and has to be waited for.

    Args:
        waiting: All that are in flight, in the order of the data.
        step: Of the trainer.
        batch: Groups of a step.
        max_staleness: Steps between the weights that write and those that learn.
        in_order: Take groups strictly in the order of the data.

    Returns:
        The groups; or a place in `waiting`: there is nothing to be had before a group up to it gets ready.
    """
    chosen: list[Group] = []
    for place, group in enumerate(waiting):
        if group.verdict is not None and len(chosen) < batch:
            chosen.append(group)
        elif in_order and len(chosen) < batch:
            return place
        left = place + 1 - len(chosen)
        if left > (group.step + max_staleness - step) * batch:
            return place
    return chosen if len(chosen) == batch else len(waiting)
