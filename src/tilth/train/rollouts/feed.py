"""Feeds a trainer with what its own model answers: prompts in, batches of judged answers out.

A round samples groups of answers with the weights of now, judges them, and makes them batches; the trainer learns from
those, as often as is wished, and asks for the next round.
"""

import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import Tensor
from torch.utils.data import DataLoader

from tilth.train.batches.packed import Packed
from tilth.train.credit.groups import without_spread
from tilth.train.credit.rewards import weighted
from tilth.train.reduce import gathered
from tilth.train.references import COLUMN as REFERENCE
from tilth.train.references import evaluating
from tilth.train.rewards.pool import Pool
from tilth.train.rollouts.account import Account
from tilth.train.rollouts.answered import Answered, batches_of, packed_of, split_tokens
from tilth.train.rollouts.objective import OLD, SAMPLER
from tilth.train.rollouts.prompts import Prompt, Prompts
from tilth.train.rollouts.protocol import Engine, Sampling
from tilth.train.rollouts.settings import OnlineSettings
from tilth.train.rollouts.turns import Conversations
from tilth.train.rollouts.weights import handed_over

_STATE = "rollouts_{}.pt"


class Credit(Protocol):
    """What a method makes of judged answers."""

    def needs_old(self, feed: "Feed") -> bool:
        """Whether it needs what the trainer's weights thought when they answered, before the first batch."""
        ...

    def assign(self, feed: "Feed", answers: Sequence[Answered]) -> Sequence[Answered]:
        """Give the trained tokens of answers their columns; returns those that are learnt from, in order."""
        ...


class Feed:
    """What stands between an engine and a trainer.

    Args:
        args: The settings.
        prompts: To train on.
        eval_prompts: Name -> prompts to evaluate on; the name is empty where there is one set.
        pool: Judges answers.
        engine: Answers, given the trainer.
        conversations: How engine and tools make an answer together.
        credit: Of the method.
        columns: Names of columns that batches carry.
        stops: Tokens that end an answer.
    """

    def __init__(
        self,
        args: OnlineSettings,
        prompts: Prompts,
        eval_prompts: dict[str, Prompts],
        pool: Pool,
        engine: Callable[[Any], Engine],
        conversations: Conversations,
        credit: Credit,
        columns: Sequence[str],
        stops: tuple[int, ...],
    ) -> None:
        self.args, self.prompts, self.eval_prompts, self.pool = args, prompts, eval_prompts, pool
        self.conversations, self.credit, self.columns, self.stops = (
            conversations,
            credit,
            tuple(columns),
            stops,
        )
        self._make_engine = engine
        weights = args.reward_weights or [1.0] * len(pool.names)
        self.weights = torch.tensor(weights, dtype=torch.float32)
        self.account = Account(args, pool.names)
        self.times: dict[str, float] = defaultdict(float)
        self._batches: list[Packed] = []
        self._next, self._round, self._version = 0, 0, -1

    def begin(self, trainer: Any) -> None:
        """The trainer is there: make the engine."""
        self.trainer = trainer
        self.engine = self._make_engine(trainer)

    # What the trainer's loop sees

    @property
    def steps_per_round(self) -> int:
        """Batches of a process that a round makes, each as often as it is learnt from."""
        return int(self.args.steps_per_generation or 1) * self.args.num_iterations

    def ticks(self) -> Any:
        """One item for every batch of an epoch, the same on all processes: batches are made when they are due."""
        rounds = max(len(self.prompts) // self.args.groups_per_round, 1)
        ticks: Any = range(rounds * self.steps_per_round)
        return DataLoader(ticks, batch_size=1, collate_fn=list)

    def batches(self, number: int) -> list[dict[str, Packed]]:
        """The next batches of this process."""
        found = []
        for at in range(number):
            if self._next >= self.steps_per_round or not self._batches:
                self._batches, self._next = self._make_round(number - at), 0
            found.append({"packed": self._batches[self._next % len(self._batches)]})
            self._next += 1
        return found

    def _make_round(self, left: int) -> list[Packed]:
        """A round's batches.

        Args:
            left: Batches until the weights change: what comes behind them needs the old log-probabilities before.
        """
        answers = self._fresh_answers()
        size = self.args.per_device_train_batch_size
        own = batches_of(answers, size)
        with self.timed("scoring"):
            later = list(range(len(own)))[0 if self.credit.needs_old(self) else left :]
            for at in later:
                self._score(own[at], OLD, self._own_logps)
            reference = getattr(self.trainer, "reference", None)
            if reference is not None:
                for part in own:
                    self._score(part, REFERENCE, reference.live)
            if self.compares_with_sampler:
                for one in answers:
                    one.columns[SAMPLER] = one.of_trained(one.logps)
        place = {id(one): at for at, one in enumerate(self.credit.assign(self, answers))}
        kept = [
            sorted((one for one in part if id(one) in place), key=lambda one: place[id(one)])
            or _nothing(part)
            for part in own
        ]
        self.account.take(self, answers)
        return [packed_of(part, self.columns).to(self.args.device) for part in kept]

    @property
    def compares_with_sampler(self) -> bool:
        """Whether what the engine says of its tokens is anything but what the trainer would."""
        return not getattr(self.engine, "is_shared", False) or self.args.is_cut

    def _own_logps(self, packed: Packed, temperature: float) -> Tensor:
        model = self.trainer.model_wrapped
        with evaluating(model):
            found: Tensor = model(packed=packed, temperature=temperature)["logps"]
        return found

    def _score(
        self, answers: Sequence[Answered], name: str, logps: Callable[[Packed, float], Tensor]
    ) -> None:
        packed = packed_of(answers).to(self.args.device)
        with torch.no_grad(), self.trainer.accelerator.autocast():
            found = logps(packed, self.args.temperature)
        for one, values in zip(answers, split_tokens(found, answers), strict=True):
            one.columns[name] = values

    # A round

    def _fresh_answers(self) -> list[Answered]:
        """Judged answers of this process, group by group."""
        self._push()
        args = self.args
        prompts = self.prompts.draw(args.groups_per_round)
        answers = self._answered(prompts, list(range(len(prompts))), args.num_generations, attempt=0)
        for attempt in range(1, args.dynamic_sampling_rounds + 1):
            flat = self._flat_groups(answers)
            if not flat:
                break
            self.account.resampled += len(flat)
            for group, prompt in zip(flat, self.prompts.draw(len(flat)), strict=True):
                prompts[group] = prompt
            anew = iter(self._answered(prompts, flat, args.num_generations, attempt))
            answers = [next(anew) if one.group in flat else one for one in answers]
        self._learn_pass_rates(prompts, answers)
        self._round += 1
        return answers

    def _push(self) -> None:
        version = self.trainer.state.global_step
        if version == self._version:
            return
        with self.timed("weights"):
            self.engine.load(handed_over(self.trainer), version)
        self._version = version

    def _answered(
        self, prompts: Sequence[Prompt], groups: Sequence[int], answers: int, attempt: int
    ) -> list[Answered]:
        """Answers of this process in these groups, judged."""
        rank = self.args.process_index
        share = len(prompts) * answers // self.args.world_size
        own = [slot // answers for slot in range(rank * share, (rank + 1) * share)]
        own = [group for group in own if group in set(groups)]
        seed = hash((self.args.seed, self._round, attempt, rank)) % 2**63
        with self.timed("generation"):
            found = self.conversations.hold(
                self.engine, [(group, prompts[group]) for group in own], self.args.sampling(self.stops, seed)
            )
        with self.timed("rewards"):
            self.judge(found)
        return found

    def judge(self, answers: Sequence[Answered]) -> None:
        """Let all reward functions judge answers."""
        verdicts = self.pool.judge(self._calls(answers))
        for name, verdict in zip(self.pool.names, verdicts, strict=True):
            self.account.said(name, verdict)
        clip = self.args.reward_clip_range
        for at, one in enumerate(answers):
            one.rewards = [verdict.rewards[at] for verdict in verdicts]
            if one.environment is not None and (own := self.conversations.reward(one)) is not None:
                one.rewards[self.conversations.at] = own
            one.extras = {name: values[at] for verdict in verdicts for name, values in verdict.extras.items()}
        totals = weighted(self.parts(answers), self.weights)
        if clip is not None:
            totals = totals.clamp(clip[0], clip[1])
        for one, total in zip(answers, totals.tolist(), strict=True):
            one.reward = total if one.finish != "abort" else float("nan")

    @staticmethod
    def parts(answers: Sequence[Answered]) -> Tensor:
        """What each function said, NaN where it did not, [A, F]."""
        return torch.tensor(
            [[float("nan") if one is None else one for one in answer.rewards] for answer in answers],
            dtype=torch.float32,
        ).reshape(len(answers), -1)

    def _calls(self, answers: Sequence[Answered]) -> dict[str, Any]:
        names = {name for one in answers for name in one.prompt.columns}
        return {name: [one.prompt.columns.get(name) for one in answers] for name in sorted(names)} | {
            "prompts": [one.prompt.said for one in answers],
            "completions": [one.completion for one in answers],
            "completion_ids": [one.token_ids for one in answers],
            "trainer_state": self.trainer.state,
        }

    def _flat_groups(self, answers: Sequence[Answered]) -> list[int]:
        """Groups that teach nothing, the same on all processes."""
        rewards, groups = self.everywhere(answers)
        flat = without_spread(rewards, groups)
        return sorted(set(groups[flat].tolist()))

    def everywhere(self, answers: Sequence[Answered]) -> tuple[Tensor, Tensor]:
        """Rewards and groups of the answers of all processes, [A] each."""
        rewards = torch.tensor([one.reward for one in answers])
        return gathered(rewards), gathered(torch.tensor([one.group for one in answers]))

    def own_part(self, everywhere: Tensor, answers: Sequence[Answered]) -> Tensor:
        """Of values for the answers of all processes, those of this one's."""
        start = self.args.process_index * len(answers)
        return everywhere[start : start + len(answers)]

    def _learn_pass_rates(self, prompts: Sequence[Prompt], answers: Sequence[Answered]) -> None:
        rewards, groups = self.everywhere(answers)
        for group, prompt in enumerate(prompts):
            own = rewards[(groups == group) & ~rewards.isnan()]
            if len(own):
                share = float((own > self.args.pass_threshold).float().mean())
                self.prompts.streams[prompt.task].saw(prompt.index, share)

    # Evaluation

    def evaluate(self, prefix: str = "eval") -> dict[str, float]:
        """Answers to all prompts of evaluation, and what they were worth."""
        found: dict[str, float] = {}
        self._push()
        for name, prompts in self.eval_prompts.items():
            label = f"{prefix}_{name}" if name else prefix
            found |= {f"{label}_{key}": value for key, value in self._evaluated(prompts).items()}
        return found

    def _evaluated(self, prompts: Prompts) -> dict[str, float]:
        number = self.args.num_generations_eval or self.args.num_generations
        places = [(name, at) for name, rows in prompts.tasks.items() for at in range(len(rows))]
        rank, world = self.args.process_index, self.args.world_size
        asked = [(at, prompts.at(*place)) for at, place in enumerate(places)][rank::world]
        sampling: Sampling = self.args.sampling(self.stops, self.args.seed)
        before = self.account
        self.account = Account(self.args, self.pool.names)
        try:
            slots = [one for one in asked for _ in range(number)]
            answers = self.conversations.hold(self.engine, slots, sampling)
            self.judge(answers)
            return self.account.means(self, answers)
        finally:
            self.account = before

    # Checkpoints

    def save(self, folder: Path) -> None:
        """Write what a resumed run needs."""
        state = {
            "prompts": self.prompts.record(),
            "batches": [one.to("cpu") for one in self._batches] if self._next < self.steps_per_round else [],
            "next": self._next,
            "round": self._round,
        }
        torch.save(state, folder / _STATE.format(self.args.process_index))

    def load(self, folder: Path) -> None:
        """Go on from there."""
        path = folder / _STATE.format(self.args.process_index)
        if not path.exists():
            return
        state = torch.load(path, weights_only=False)
        self.prompts.restore(state["prompts"])
        self._batches = [one.to(self.args.device) for one in state["batches"]]
        self._next, self._round = state["next"], state["round"]

    @contextmanager
    def timed(self, part: str) -> Iterator[None]:
        """Count the seconds of a part of the round."""
        began = time.perf_counter()
        yield
        self.times[part] += time.perf_counter() - began

    def close(self) -> None:
        """End what was started."""
        self.pool.close()
        self.engine.close()


def _nothing(part: Sequence[Answered]) -> list[Answered]:
    """A batch from which nothing is learnt still goes through the model, as all processes must together."""
    first = [one for one in part if one.group == part[0].group]
    for one in first:
        one.silence()
    return first
