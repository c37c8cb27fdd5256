"""What a builder is: candidates from a release, each a task or a reason why it is none."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from tilth.config.strict import Strict
from tilth.tasks.release import Release
from tilth.tasks.task import Rejected, Task

Found = Task | Rejected


@dataclass(frozen=True, slots=True)
class Builder:
    """One kind of tasks."""

    kind: str
    says: str
    """What its tasks ask for, in one line."""
    columns: pa.Schema
    """Columns beside those of every task."""
    languages: tuple[str, ...]
    options: type[Strict]
    find: Callable[[Release, Sequence[str], Any], Iterator[Found]]
    """Candidates of a release in some languages, in an order that is always the same."""
    holds: Callable[[Task], str]
    """Looks at a finished task alone: the reason why it cannot be solved by its own solution, or nothing."""
    reasons: tuple[str, ...]
    """Every reason for which a candidate may be rejected, beside those of `build`."""
