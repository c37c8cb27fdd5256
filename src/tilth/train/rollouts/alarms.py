"""Says so when a run goes wrong in one of the ways that runs go wrong."""

import math
import sys
from collections import deque
from collections.abc import Mapping

_REMEMBERED = 50
_FIRST = 5
# Rounds that an alarm compares with, and rounds that it waits for.

_COLLAPSED = 0.05
_CREPT = 2.0
_ALL_EQUAL = 0.95


class Alarms:
    """Looks at the metrics of each round; says each alarm once, until it was over."""

    def __init__(self) -> None:
        self._lengths: deque[float] = deque(maxlen=_REMEMBERED)
        self._entropies: deque[float] = deque(maxlen=_REMEMBERED)
        self._flat: deque[float] = deque(maxlen=_FIRST)
        self._on: set[str] = set()

    def look(self, metrics: Mapping[str, float]) -> list[str]:
        """The alarms that began with these metrics; they are also written to standard error."""
        found = {
            "nan": self._not_a_number(metrics),
            "flat": self._all_equal(metrics.get("frac_reward_zero_std")),
            "length": self._creeping(metrics.get("completions/mean_length")),
            "entropy": self._collapsing(metrics.get("entropy")),
            "unjudged": self._unjudged(metrics.get("unjudged_fraction")),
        }
        new = [line for name, line in found.items() if line and name not in self._on]
        self._on = {name for name, line in found.items() if line}
        for line in new:
            self.say(line)
        return new

    @staticmethod
    def say(line: str) -> None:
        """One line on standard error."""
        sys.stderr.write(f"alarm: {line}\n")

    @staticmethod
    def _not_a_number(metrics: Mapping[str, float]) -> str | None:
        wrong = [name for name, value in metrics.items() if not math.isfinite(value)]
        return f"{wrong[0]} is not a number" if wrong else None

    @staticmethod
    def _unjudged(share: float | None) -> str | None:
        return f"{share:.0%} of the answers were judged by no reward" if share and share > 0.1 else None

    def _all_equal(self, share: float | None) -> str | None:
        if share is None:
            return None
        self._flat.append(share)
        if len(self._flat) < _FIRST or min(self._flat) < _ALL_EQUAL:
            return None
        return (
            f"in {share:.0%} of the groups all rewards are equal, which teaches nothing: prompts are too easy or too"
            " hard, or the reward does not tell answers apart"
        )

    def _creeping(self, length: float | None) -> str | None:
        if length is None:
            return None
        self._lengths.append(length)
        first = list(self._lengths)[:_FIRST]
        if len(self._lengths) <= _FIRST or length <= _CREPT * max(sum(first) / len(first), 1):
            return None
        return f"answers grew from {sum(first) / len(first):.0f} to {length:.0f} tokens"

    def _collapsing(self, entropy: float | None) -> str | None:
        if entropy is None:
            return None
        self._entropies.append(entropy)
        first = list(self._entropies)[:_FIRST]
        before = sum(first) / len(first)
        if len(self._entropies) <= _FIRST or entropy >= _COLLAPSED * before:
            return None
        return (
            f"entropy fell from {before:.3g} to {entropy:.3g} nats: answers hardly differ any more; raise the"
            " temperature, `epsilon_high` or the entropy bonus"
        )
