"""Credit by groups: what GRPO, RLOO and their relatives make of judged answers."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from tilth.train.credit.groups import normalise_then_sum, standardised
from tilth.train.credit.rewards import less_divergence
from tilth.train.reduce import gathered
from tilth.train.references import COLUMN as REFERENCE
from tilth.train.rollouts.answered import Answered
from tilth.train.rollouts.feed import Feed
from tilth.train.rollouts.objective import ADVANTAGES, OLD
from tilth.train.rollouts.settings import OnlineSettings


@dataclass(frozen=True, slots=True)
class ByGroup:
    """One advantage for all tokens of an answer.

    Attributes:
        config: The settings.
        estimate: Advantages [A] from rewards [A] and groups [A].
        each_first: Standardise every reward function by itself, then add them up (GDPO).
        standardise: Bring all advantages to a mean of 0 and a spread of 1.
    """

    config: OnlineSettings
    estimate: Callable[[Tensor, Tensor], Tensor]
    each_first: bool = False
    standardise: bool = False

    def needs_old(self, feed: Feed) -> bool:
        """For the divergence in the reward, unless the engine says the same as the trainer."""
        return self._has_divergence and feed.compares_with_sampler

    @property
    def _has_divergence(self) -> bool:
        return self.config.beta != 0 and self.config.kl_estimator == "k1"

    def assign(self, feed: Feed, answers: Sequence[Answered]) -> Sequence[Answered]:
        """Advantages over the groups of all processes; answers that nobody judged are not learnt from."""
        rewards = torch.tensor([one.reward for one in answers])
        if self._has_divergence:
            rewards = self._less_divergence(feed, answers, rewards)
        everywhere = gathered(rewards)
        groups = gathered(torch.tensor([one.group for one in answers]))
        if self.each_first:
            parts = gathered(torch.where(rewards.isnan()[:, None], torch.nan, feed.parts(answers)))
            advantages = normalise_then_sum(parts, feed.weights, groups)
        else:
            advantages = self.estimate(everywhere, groups)
        if self.standardise:
            advantages = standardised(advantages, ~everywhere.isnan())
        own = feed.own_part(advantages, answers).tolist()
        for one, advantage in zip(answers, own, strict=True):
            one.columns[ADVANTAGES] = [advantage] * one.num_trained
        if self.config.mask_truncated_completions:
            for one in answers:
                if one.finish == "length":
                    one.silence()
        return [one for one in answers if not math.isnan(one.reward)]

    def _less_divergence(self, feed: Feed, answers: Sequence[Answered], rewards: Tensor) -> Tensor:
        owners = torch.tensor([at for at, one in enumerate(answers) for _ in range(one.num_trained)])
        policy = torch.tensor(
            [v for one in answers for v in one.columns.get(OLD) or one.of_trained(one.logps)]
        )
        reference = torch.tensor([v for one in answers for v in one.columns[REFERENCE]])
        gap = policy - reference
        feed.account.add("kl", gap.mean().item() if len(gap) else 0.0)
        return less_divergence(rewards, policy, reference, owners, self.config.beta)
