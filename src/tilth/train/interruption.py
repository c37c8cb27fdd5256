"""SIGTERM and Ctrl-C end a run after the step it is in, with a checkpoint and a word on how to go on."""

import signal
from types import FrameType
from typing import Any

import torch
from transformers import TrainerCallback

from tilth.errors import WorkFailed
from tilth.train.reduce import is_distributed

SIGNALS = (signal.SIGTERM, signal.SIGINT)


class Stopped(WorkFailed):
    """The run was asked to stop, and did after saving; exit code 130."""

    exit_code = 130


class Interruption(TrainerCallback):
    """Listens while a run trains. A second signal of the same kind ends it at once, as it would without this."""

    def __init__(self) -> None:
        self.signal: signal.Signals | None = None
        self._before: dict[signal.Signals, Any] = {}

    def listen(self) -> None:
        """Begin to listen; does nothing outside the main thread, where Python forbids it."""
        self.signal = None
        try:
            self._before = {one: signal.signal(one, self._hear) for one in SIGNALS}
        except ValueError:
            self._before = {}

    def rest(self) -> None:
        """Let signals do again what they did before."""
        for one, handler in self._before.items():
            signal.signal(one, handler)
        self._before = {}

    def _hear(self, number: int, frame: FrameType | None) -> None:
        self.signal = signal.Signals(number)
        self.rest()

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Save and stop, on all processes where one of them heard a signal."""
        if self._heard_anywhere():
            control.should_save = True
            control.should_training_stop = True

    def _heard_anywhere(self) -> bool:
        if not is_distributed():
            return self.signal is not None
        device = torch.accelerator.current_accelerator() if torch.accelerator.is_available() else None
        heard = torch.tensor(int(self.signal or 0), device=device)
        torch.distributed.all_reduce(heard, torch.distributed.ReduceOp.MAX)
        if heard and self.signal is None:
            self.signal = signal.Signals(int(heard))
        return bool(heard)

    def raise_if_stopped(self, step: int, folder: str) -> None:
        """Raises Stopped where a signal ended the run."""
        if self.signal is not None:
            raise Stopped(
                f"stopped by {self.signal.name} after step {step}, which is saved in `{folder}`",
                hint="go on with `trainer.train(resume_from_checkpoint=True)`, or `--resume_from_checkpoint true`",
            )
