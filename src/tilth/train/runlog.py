"""The metrics of a run: averaged between two lines, and one JSON line for each in the run's folder."""

import json
import os
from collections import defaultdict
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from transformers import TrainerCallback

from tilth.store.atomic import write_text
from tilth.train.reduce import is_distributed

METRICS_FILE = "metrics.jsonl"


class Averages:
    """Means of what was added since they were last taken, over all processes."""

    def __init__(self) -> None:
        self._sums: dict[str, Tensor] = {}
        self._counts: dict[str, float] = defaultdict(float)

    def add(self, name: str, values: Tensor) -> None:
        """Add any number of values."""
        self.add_sum(name, values.float().sum(), values.numel())

    def add_sum(self, name: str, total: Tensor, count: float) -> None:
        """Add the sum of so many values."""
        total = total.detach()
        self._sums[name] = self._sums[name] + total if name in self._sums else total
        self._counts[name] += count

    def take(self) -> dict[str, float]:
        """The means so far; begins anew. All processes must call it together."""
        found = {name: (total.item(), self._counts[name]) for name, total in self._sums.items()}
        self._sums, self._counts = {}, defaultdict(float)
        if is_distributed():
            shares: list[Any] = [None] * torch.distributed.get_world_size()
            torch.distributed.all_gather_object(shares, found)
            names = sorted({name for share in shares for name in share})
            pairs = {name: [share[name] for share in shares if name in share] for name in names}
            found = {name: (sum(a for a, _ in of), sum(b for _, b in of)) for name, of in pairs.items()}
        return {name: total / count for name, (total, count) in found.items() if count}


class MetricsFile(TrainerCallback):
    """Writes every line of metrics to `metrics.jsonl`; a resumed run takes back the lines after its checkpoint."""

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Drop what a run wrote that was cut off after the step it resumes from."""
        path = Path(args.output_dir) / METRICS_FILE
        if not state.is_world_process_zero or not path.exists():
            return
        lines = path.read_text("utf-8").splitlines(keepends=True) if state.global_step else []
        kept = [
            line for line in lines if line.endswith("\n") and json.loads(line)["step"] <= state.global_step
        ]
        write_text(path, "".join(kept))

    def on_log(
        self, args: Any, state: Any, control: Any, logs: dict[str, Any] | None = None, **_: Any
    ) -> None:
        """Append one line."""
        if not state.is_world_process_zero:
            return
        line = json.dumps({"step": state.global_step, **(logs or {})}) + "\n"
        os.makedirs(args.output_dir, exist_ok=True)
        with (Path(args.output_dir) / METRICS_FILE).open("a", encoding="utf-8") as file:
            file.write(line)
