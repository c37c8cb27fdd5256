"""What bounds a run whose generation does not wait."""

from dataclasses import dataclass

from tilth.errors import UserError


@dataclass(frozen=True, slots=True)
class Bounds:
    """Numbers that the orchestrator keeps to."""

    groups: int
    """Prompts of a step of the trainer."""
    answers: int
    """To each prompt."""
    max_staleness: int = 4
    """Steps between the oldest weights that wrote a token and those that learn from it; 0 is synchronous."""
    in_order: bool = False
    """Train strictly in the order of the data, instead of on what is ready first where nothing gets too old by it."""
    concurrency: int = 16
    """Answers that a server is given at a time to begin with."""
    concurrency_max: int = 256
    """Answers at a time at most."""
    losses_max: int = 5
    """An answer that was lost so often in a row, or rewards that failed so often, are given up."""
    answer_timeout_seconds: float = 600.0
    """For an answer, since it was last heard of."""
    judge_timeout_seconds: float = 120.0
    """For the rewards of a group."""
    push_timeout_seconds: float = 60.0
    """For new weights."""
    probe_seconds: float = 10.0
    """Between two looks at a server."""
    probe_timeout_seconds: float = 5.0
    """For such a look."""
    restart_timeout_seconds: float = 300.0
    """For a server to come up."""

    def __post_init__(self) -> None:
        for name in ("groups", "answers", "concurrency", "concurrency_max", "losses_max"):
            if getattr(self, name) < 1:
                raise UserError(f"`{name}` is {getattr(self, name)}", hint="1 or more")
        if self.max_staleness < 0:
            raise UserError(f"`max_staleness` is {self.max_staleness}", hint="0 or more; 0 is synchronous")

    @property
    def batch(self) -> int:
        """Answers of a step."""
        return self.groups * self.answers
