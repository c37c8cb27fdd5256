"""What a user sees of the answers: metrics, a file with every answer, a table of one group, alarms."""

import math
import sys
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from tilth.report.tables import text_table
from tilth.train.credit.groups import without_spread
from tilth.train.rewards.pool import Verdict
from tilth.train.rewards.signature import text_of
from tilth.train.rollouts.alarms import Alarms
from tilth.train.rollouts.answered import Answered
from tilth.train.rollouts.objective import ADVANTAGES
from tilth.train.rollouts.settings import OnlineSettings

FOLDER = "completions"
_SHOWN = 60
"""Characters of a text that a table shows."""


class Account:
    """Takes in what a round was.

    Attributes:
        resampled: Groups without spread that made room for others since the last line.
    """

    def __init__(self, args: OnlineSettings, names: Sequence[str]) -> None:
        self.args, self.names, self.resampled = args, list(names), 0
        self.alarms = Alarms()
        self.failures: dict[str, int] = defaultdict(int)
        self._metrics: dict[str, list[float]] = defaultdict(list)
        self._last: list[Answered] = []

    def add(self, name: str, value: float) -> None:
        """Take in a number of this round."""
        self._metrics[name].append(value)

    def said(self, name: str, verdict: Verdict) -> None:
        """Take in what a reward function said beside its rewards."""
        self.failures[name] += len(verdict.failures)
        self._metrics[f"rewards/{name}/seconds"].append(verdict.seconds)
        for line in verdict.failures[:1]:
            self.alarms.say(f"the reward `{name}` failed for {len(verdict.failures)} answers: {line}")
        for key, values in verdict.metrics.items():
            self._metrics[key].extend(values)

    def take(self, feed: Any, answers: Sequence[Answered]) -> None:
        """Take in a round: metrics go to the trainer, answers to a file."""
        found = self.means(feed, answers)
        for name, value in found.items():
            feed.trainer._averages["train"].add(name, torch.tensor([value]))
        self.alarms.look(found)
        self._last = list(answers)
        if self.args.save_completions:
            self._write(feed, answers)

    def means(self, feed: Any, answers: Sequence[Answered]) -> dict[str, float]:
        """The metrics of some answers, under TRL's names where it has them."""
        found: dict[str, float] = {}
        parts = feed.parts(answers)
        for at, name in enumerate(self.names):
            _spread(found, f"rewards/{name}", parts[:, at])
            if self.failures[name]:
                found[f"rewards/{name}/failed"] = float(self.failures[name])
        rewards = torch.tensor([one.reward for one in answers])
        groups = torch.tensor([one.group for one in answers])
        judged = rewards[~rewards.isnan()]
        if len(judged):
            found["reward"] = judged.mean().item()
            found["reward_std"] = judged.std().item() if len(judged) > 1 else 0.0
            found["passed"] = (judged > self.args.pass_threshold).float().mean().item()
        found["unjudged_fraction"] = 1 - len(judged) / max(len(rewards), 1)
        if len(groups) and self.args.num_generations > 1:
            found["frac_reward_zero_std"] = without_spread(rewards, groups).float().mean().item()
        found |= _lengths(answers)
        found["groups_resampled"] = float(self.resampled)
        found["prompts_left_out"] = float(feed.prompts.left_out)
        found |= {name: sum(values) / len(values) for name, values in self._metrics.items() if values}
        found |= {f"seconds/{name}": value for name, value in feed.times.items()}
        self.resampled = 0
        self.failures.clear()
        self._metrics.clear()
        feed.times.clear()
        return found

    def _write(self, feed: Any, answers: Sequence[Answered]) -> None:
        """Every answer of a round, one file for each round and process."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        step = feed.trainer.state.global_step
        rows = [self._row(one) | {"step": step} for one in answers]
        rank = f"_{self.args.process_index}" if self.args.world_size > 1 else ""
        path = Path(self.args.output_dir) / FOLDER / f"completions_{feed._round:05d}{rank}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.Table.from_pylist(rows), path, compression="zstd")

    def _row(self, one: Answered) -> dict[str, Any]:
        gains = one.columns.get(ADVANTAGES) or [0.0]
        rewards = dict(zip(self.names, one.rewards, strict=True))
        versions = one.version if isinstance(one.version, tuple) else (one.version,)
        return {
            "task": one.prompt.task,
            "row": one.prompt.index,
            "group": one.group,
            "prompt": _written(one.prompt.said),
            "completion": _written(one.completion),
            "completion_ids": one.token_ids,
            "sampler_logps": one.logps,
            "finish": one.finish,
            "reward": None if math.isnan(one.reward) else one.reward,
            "advantage": sum(gains) / len(gains),
            "version": min(versions),
            "newest_version": max(versions),
            **{f"reward/{name}": value for name, value in rewards.items()},
            **{name: value if value is None else str(value) for name, value in one.extras.items()},
        }

    def show(self) -> None:
        """The last group, as a table on standard error."""
        if not self._last or self.args.process_index:
            return
        group = [one for one in self._last if one.group == self._last[0].group]
        rows = [
            {
                "answer": _clipped(text_of(one.completion)),
                "tokens": len(one.token_ids),
                "finish": one.finish,
                **{name: value for name, value in zip(self.names, one.rewards, strict=True)},
                "reward": round(one.reward, 4),
                "advantage": round((one.columns.get(ADVANTAGES) or [0.0])[0], 4),
            }
            for one in group[: self.args.num_completions_to_print]
        ]
        prompt = _clipped(_written(group[0].prompt.said), 3 * _SHOWN)
        sys.stderr.write(f"prompt  {prompt}\n{text_table(rows)}\n")


def _spread(found: dict[str, float], name: str, values: torch.Tensor) -> None:
    seen = values[~values.isnan()]
    if len(seen):
        found[f"{name}/mean"] = seen.mean().item()
        found[f"{name}/std"] = seen.std().item() if len(seen) > 1 else 0.0


def _lengths(answers: Sequence[Answered]) -> dict[str, float]:
    lengths = [len(one.token_ids) for one in answers]
    ended = [len(one.token_ids) for one in answers if one.finish == "stop"]
    found = {}
    for label, values in (("", lengths), ("terminated_", ended)):
        if values:
            found[f"completions/mean_{label}length"] = sum(values) / len(values)
            found[f"completions/min_{label}length"] = float(min(values))
            found[f"completions/max_{label}length"] = float(max(values))
    found["completions/clipped_ratio"] = 1 - len(ended) / max(len(lengths), 1)
    return found


def _written(said: Any) -> str:
    """Text, or messages as text, that any file can hold."""
    import json

    text = said if isinstance(said, str) else json.dumps(said, ensure_ascii=False, default=str)
    return text.encode("utf-8", "replace").decode("utf-8")


def _clipped(text: str, limit: int = _SHOWN) -> str:
    line = " ".join(text.encode("utf-8", "replace").decode("utf-8").replace("\x00", "\\0").split())
    return line if len(line) <= limit else f"{line[: limit - 1]}…"
