"""Process reward models: how good each step of a solution is."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from tilth.train.batches.packed import Packed
from tilth.train.faces import Method, without_reference
from tilth.train.heads.scores import Scores
from tilth.train.losses.output import LossOutput
from tilth.train.losses.reward import process_reward
from tilth.train.settings import Settings
from tilth.train.trainer import Trainer


@dataclass
class PRMConfig(Settings):
    """Settings of process reward models."""

    learning_rate: float = 1e-5
    """Of the optimizer, at its highest."""
    step_separator: str = "\n"
    """What stands behind each step; its last token carries the label."""
    train_on_last_step_only: bool = False
    """Label the last step alone."""

    def row_options(self) -> dict[str, Any]:
        """How rows become tokens."""
        return {"step_separator": self.step_separator, "last_step_only": self.train_on_last_step_only}


@dataclass(frozen=True, slots=True)
class JudgeSteps:
    """Say of each step how good it is."""

    config: PRMConfig
    columns: Sequence[str] = ("step_ends", "step_labels")
    needs_reference: bool = False

    def asks(self, packed: Packed) -> dict[str, Any]:
        """Values of the last token of each step."""
        groups = zip(packed.groups, packed.columns["step_ends"], strict=True)
        places = [group.prompt_end + end for group, ends in groups for end in ends]
        return {"value_places": torch.tensor(places, dtype=torch.long, device=packed.ids.device)}

    def counts(self, packed: Packed) -> Sequence[int]:
        """The steps."""
        return (sum(map(len, packed.columns["step_ends"])),)

    def terms(self, packed: Packed, scores: Scores, reference: Tensor | None) -> Sequence[LossOutput]:
        """One sum over steps."""
        labels = [float(one) for row in packed.columns["step_labels"] for one in row]
        return (process_reward(scores["values"].float(), torch.tensor(labels, device=packed.ids.device)),)


class PRMTrainer(Trainer):
    """Trains on solutions whose steps are labelled, hard (good or bad) or soft (from 0 to 1)."""

    __init__ = without_reference(
        Method("PRM", "stepwise", PRMConfig, JudgeSteps, kind="token", paper="arXiv:2305.20050")
    )
