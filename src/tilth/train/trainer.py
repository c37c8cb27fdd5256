"""The one trainer: transformers' loop, around any objective. It knows steps, not algorithms.

The loss of a step is the sum over the global batch divided by its count, so it is the same under any split of the batch
into micro-batches and processes.
"""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

import torch
import transformers
from torch import Tensor, nn
from transformers.trainer_utils import PREFIX_CHECKPOINT_DIR, rotate_checkpoints

from tilth.errors import WorkFailed
from tilth.train import checkpoints
from tilth.train.batches.collate import Bins, Collator
from tilth.train.batches.packed import Packed
from tilth.train.heads.scores import Scores, attach, causal_lm, check_packing
from tilth.train.interruption import Interruption
from tilth.train.losses.output import LossOutput
from tilth.train.objective import Objective
from tilth.train.runlog import Averages, MetricsFile
from tilth.train.settings import Settings

_TOKEN_METRICS = {"entropy": "entropy", "is_top": "mean_token_accuracy"}
_MEANS = "running_means.json"
_OPTIMIZER_BYTES = 8
# AdamW keeps two float32 numbers for each trained weight.


class Reference(Protocol):
    """Log-probabilities that a loss compares with."""

    def logps(self, packed: Packed) -> Tensor:
        """Of the trained tokens, [N]."""
        ...


class Feed(Protocol):
    """Makes batches as they are due, instead of a dataset."""

    def begin(self, trainer: "Trainer") -> None:
        """The trainer is ready."""
        ...

    def ticks(self) -> Any:
        """One item for each batch of an epoch."""
        ...

    def batches(self, number: int) -> list[dict[str, Packed]]:
        """The next ones of this process."""
        ...

    def evaluate(self, prefix: str) -> dict[str, float]:
        """Metrics of an evaluation."""
        ...

    def save(self, folder: Path) -> None:
        """Write what a resumed run needs."""
        ...

    def load(self, folder: Path) -> None:
        """Go on from there."""
        ...


class Trainer(transformers.Trainer):
    """Runs an objective over rows.

    Args:
        model: A model of transformers, or an adapter around one.
        args: The settings.
        objective: The method.
        train_rows: Rows as `tilth.train.rows` makes them.
        eval_rows: The same for evaluation.
        tokenizer: Saved beside the model.
        reference: Makes the reference, for objectives that compare with one, once the model is where it will be.
        capacity: Fill bins of this many tokens with rows, and count those as the rows of a batch.
        feed: Makes batches, in place of rows.
        callbacks: Further callbacks of transformers.
        optimizers: An optimizer and a schedule, to use instead of those the settings name.
        **others: What transformers' Trainer takes beside.
    """

    train_dataset: Any
    eval_dataset: Any
    reference: Any

    def __init__(
        self,
        model: nn.Module,
        args: Settings,
        objective: Objective,
        *,
        train_rows: Any = None,
        eval_rows: Any = None,
        tokenizer: Any = None,
        reference: Callable[["Trainer"], Reference] | None = None,
        capacity: int | None = None,
        feed: Feed | None = None,
        callbacks: Sequence[Any] | None = None,
        optimizers: tuple[Any, Any] = (None, None),
        **others: Any,
    ) -> None:
        attach(model)
        self.objective, self.feed = objective, feed
        self.interruption = Interruption()
        names = getattr(objective, "__dataclass_fields__", ())
        members = {name: getattr(objective, name) for name in names}
        self._running_means: dict[str, Any] = {
            name: one
            for name, one in members.items()
            if isinstance(one, transformers.TrainerCallback) and hasattr(one, "restore")
        }
        self._averages = {"train": Averages(), "eval": Averages()}
        self._stage: Path | None = None
        if args.n_gpu > 1:
            # One process drives one GPU: torch's DataParallel cannot split a packed batch.
            args._n_gpu = 1
        super().__init__(
            model=model,
            args=args,
            data_collator=Collator(),
            train_dataset=train_rows,
            eval_dataset=eval_rows,
            processing_class=tokenizer,
            callbacks=[self.interruption, MetricsFile(), *self._running_means.values(), *(callbacks or ())],
            optimizers=optimizers,
            **others,
        )
        self.model_accepts_loss_kwargs = True
        self.loss_is_scaled_for_ga = True
        self._extend_rows()
        self.reference = reference(self) if reference is not None and objective.needs_reference else None
        self.data_collator = Collator((*objective.columns, *getattr(self.reference, "columns", ())))
        if capacity is not None and train_rows is not None:
            self.train_dataset = binned(self.train_dataset, capacity)
        self._num_weights = sum(one.numel() for one in model.parameters())
        if feed is not None:
            feed.begin(self)

    def _extend_rows(self) -> None:
        """Let the method add its columns."""
        extend = getattr(self.objective, "extend", None)
        if extend is None:
            return
        self.train_dataset, self.eval_dataset = (
            {name: extend(one, self.args.seed) for name, one in rows.items()}
            if isinstance(rows, dict)
            else rows and extend(rows, self.args.seed)
            for rows in (self.train_dataset, self.eval_dataset)
        )

    # One step

    def get_batch_samples(self, *args: Any, **kwargs: Any) -> Any:
        """The micro-batches of a step; the method may look at all of them before the first is trained on."""
        found, counts = super().get_batch_samples(*args, **kwargs)
        if self.feed is not None:
            found = self.feed.batches(len(found))
            counts = self._get_num_items_in_batch(found, self.args.device)
        self._before_step([batch["packed"] for batch in found])
        return found, counts

    def get_train_dataloader(self) -> Any:
        """Of rows; or, where batches are made as they are due, of the times when they are."""
        return super().get_train_dataloader() if self.feed is None else self.feed.ticks()

    def _before_step(self, batches: Sequence[Packed]) -> None:
        before = getattr(self.objective, "before_step", None)
        if before is not None and batches:
            before(self, batches)

    def compute_loss(
        self,
        model: nn.Module,
        inputs: dict[str, Any],
        return_outputs: bool = False,
        num_items_in_batch: Tensor | int | None = None,
    ) -> Any:
        """This process's part of the loss; the mean over processes is the loss of the step."""
        packed: Packed = inputs["packed"]
        scores, terms = self._terms(model, packed, self._averages["train"])
        counts = self._counts([inputs])[:-1] if num_items_in_batch is None else num_items_in_batch
        loss = _mean(terms, counts) * self.accelerator.num_processes
        if not torch.isfinite(loss):
            self._stop_at(packed, loss)
        return (loss, scores) if return_outputs else loss

    def _terms(
        self, model: nn.Module, packed: Packed, averages: Averages
    ) -> tuple[Scores, Sequence[LossOutput]]:
        asks = self.objective.asks(packed)
        if "value_places" not in asks and self._logs_after_this_step():
            asks["with_entropy"] = True
        scores = model(packed=packed, **asks)
        terms = self.objective.terms(packed, scores, self._reference_logps(packed))
        for key, name in _TOKEN_METRICS.items():
            if key in scores:
                averages.add(name, scores[key])
        for term in terms:
            for name, values in term.metrics.items():
                averages.add(name, values)
        return scores, terms

    def _logs_after_this_step(self) -> bool:
        every = max(int(self.state.logging_steps or 0), 1)
        return (self.state.global_step + 1) % every == 0

    def _reference_logps(self, packed: Packed) -> Tensor | None:
        if self.reference is None:
            return None
        with torch.no_grad():
            return self.reference.logps(packed)

    def _get_num_items_in_batch(
        self, batch_samples: list[dict[str, Any]], device: torch.device
    ) -> Tensor | None:
        if not batch_samples or not isinstance(batch_samples[0], dict):
            return None
        *counts, tokens = self._counts(batch_samples)
        self.state.num_input_tokens_seen += int(tokens)
        return torch.stack(counts)

    def _counts(self, batches: Sequence[dict[str, Any]]) -> Tensor:
        """What each sum of the loss is divided by, over all micro-batches and processes; and last, their tokens."""
        packs: list[Packed] = [batch["packed"] for batch in batches]
        own = torch.tensor([(*self.objective.counts(packed), packed.num_tokens) for packed in packs])
        own = own.sum(0).to(self.args.device)
        return self.accelerator.reduce(own, "sum") if self.accelerator.num_processes > 1 else own

    def _stop_at(self, packed: Packed, loss: Tensor) -> None:
        path = (
            Path(self.args.output_dir) / f"not_finite_{self.state.global_step}_{self.args.process_index}.pt"
        )
        path.parent.mkdir(parents=True, exist_ok=True)
        torch.save(packed.to("cpu"), path)
        raise WorkFailed(
            f"the loss of step {self.state.global_step + 1} is {loss.item()}",
            where=str(path),
            hint="the batch is saved there; lower the learning rate, or resume from the last checkpoint",
        )

    def floating_point_ops(self, inputs: dict[str, Any]) -> int:
        """Six operations for each weight and token."""
        return 6 * self._num_weights * int(inputs["packed"].num_tokens)

    # Evaluation

    def prediction_step(
        self,
        model: nn.Module,
        inputs: dict[str, Any],
        prediction_loss_only: bool,
        ignore_keys: list[str] | None = None,
    ) -> tuple[Tensor, None, None]:
        """The loss of one batch; the sums over all batches are kept aside, so that `eval_loss` is exact."""
        inputs = self._prepare_inputs(inputs)
        packed: Packed = inputs["packed"]
        averages = self._averages["eval"]
        self._before_step([packed])
        with torch.no_grad(), self.compute_loss_context_manager():
            _, terms = self._terms(model, packed, averages)
        counts = torch.tensor(self.objective.counts(packed), device=self.args.device)
        for number, (term, count) in enumerate(zip(terms, counts.tolist(), strict=True)):
            averages.add_sum(f"loss_{number}", term.total, count)
        return _mean(terms, counts), None, None

    def evaluate(self, *args: Any, metric_key_prefix: str = "eval", **kwargs: Any) -> dict[str, float]:
        """Over the rows of evaluation; or of answers to its prompts."""
        if self.feed is None:
            return super().evaluate(*args, metric_key_prefix=metric_key_prefix, **kwargs)
        found = self.feed.evaluate(metric_key_prefix)
        self.log(dict(found))
        handler, control = self.callback_handler, self.control  # type: ignore[has-type]
        self.control = handler.on_evaluate(self.args, self.state, control, found)
        return found

    def evaluation_loop(self, *args: Any, metric_key_prefix: str = "eval", **kwargs: Any) -> Any:
        """As transformers', with the loss and the metrics over all rows instead of means of batches' means."""
        found = super().evaluation_loop(*args, metric_key_prefix=metric_key_prefix, **kwargs)
        means = self._averages["eval"].take()
        losses = [means.pop(name) for name in sorted(means) if name.startswith("loss_")]
        found.metrics[f"{metric_key_prefix}_loss"] = sum(losses)
        found.metrics.update({f"{metric_key_prefix}_{name}": value for name, value in means.items()})
        return found

    def log(self, logs: dict[str, float], start_time: float | None = None) -> None:
        """Adds the metrics since the last line."""
        if "loss" in logs:
            logs.update(self._averages["train"].take())
            logs["num_tokens"] = self.state.num_input_tokens_seen
        super().log(logs, start_time)

    # The run

    def train(self, resume_from_checkpoint: str | bool | None = None, **kwargs: Any) -> Any:
        """Train to the end, or until SIGTERM or Ctrl-C.

        Args:
            resume_from_checkpoint: A checkpoint's folder, or True for the last one of this run: goes on exactly.
            **kwargs: As transformers' Trainer takes them.

        Raises:
            UserError: The checkpoint is damaged, or the model cannot be packed.
            WorkFailed: The loss is not finite, the disk is full, or a signal stopped the run after saving.
        """
        found = checkpoints.find(Path(self.args.output_dir), resume_from_checkpoint)
        self._load_means(found)
        if found is not None and self.feed is not None:
            self.feed.load(Path(found))
        if not self.args.skip_packing_check and hasattr(causal_lm(self.model), "lm_head"):
            check_packing(self.model)
        if self.args.save_strategy != "no" and self.args.should_save:
            checkpoints.check_room(Path(self.args.output_dir), self._checkpoint_bytes())
        self.interruption.listen()
        try:
            result = super().train(resume_from_checkpoint=found, **kwargs)
        finally:
            self.interruption.rest()
        self.interruption.raise_if_stopped(self.state.global_step, self.args.output_dir)
        return result

    def _checkpoint_bytes(self) -> int:
        weights = list(self.model.parameters())
        trained = [one for one in weights if one.requires_grad]
        # An adapter is saved alone.
        saved = trained if hasattr(self.model, "get_base_model") else weights
        state = 0 if self.args.save_only_model else sum(one.numel() for one in trained) * _OPTIMIZER_BYTES
        return sum(one.numel() * one.element_size() for one in saved) + state

    def _get_output_dir(self, trial: Any) -> str:
        return super()._get_output_dir(trial) if self._stage is None else str(self._stage)

    def _save_checkpoint(self, model: nn.Module, trial: Any) -> None:
        run = Path(self._get_output_dir(trial))
        name = f"{PREFIX_CHECKPOINT_DIR}-{self.state.global_step}"
        pushes, self.args.push_to_hub = self.args.push_to_hub, False
        try:
            with checkpoints.staged(run, name, is_writer=self.args.should_save) as self._stage:
                super()._save_checkpoint(model, trial)
                self._place_best(run, name)
                self._save_means(self._stage / name)
                if self.feed is not None:
                    self.feed.save(self._stage / name)
        finally:
            self._stage, self.args.push_to_hub = None, pushes
        if pushes:
            self._push_from_checkpoint(str(run / name))
        if self.args.should_save:
            rotate_checkpoints(
                output_dir=str(run),
                save_total_limit=self.args.save_total_limit,
                best_model_checkpoint=self.state.best_model_checkpoint,
                use_mtime=True,
            )

    def _save_means(self, folder: Path) -> None:
        if self.args.should_save and self._running_means:
            record = {name: one.record() for name, one in self._running_means.items()}
            (folder / _MEANS).write_text(json.dumps(record), encoding="utf-8")

    def _load_means(self, checkpoint: str | None) -> None:
        path = Path(checkpoint or "") / _MEANS
        if checkpoint is not None and path.exists():
            for name, record in json.loads(path.read_text("utf-8")).items():
                self._running_means[name].restore(record)

    def _place_best(self, run: Path, name: str) -> None:
        """The state that is saved must name the best checkpoint by the place it will have."""
        best = self.state.best_model_checkpoint
        if self._stage is not None and best is not None and Path(best).parent == self._stage:
            self.state.best_model_checkpoint = str(run / name)
            if self.args.should_save:
                self.state.save_to_json(str(self._stage / name / "trainer_state.json"))


def binned(rows: Any, capacity: int) -> Bins:
    """Rows in bins of so many tokens, over the whole dataset."""
    import pyarrow.compute as pc

    table = rows.data.table if rows._indices is None else rows.flatten_indices().data.table
    prompts = pc.list_value_length(table["prompt_ids"]).to_numpy()
    answers = [sum(map(len, one)) for one in table["answers"].to_pylist()]
    return Bins(rows, [int(a) + b for a, b in zip(prompts, answers, strict=True)], capacity)


def _mean(terms: Sequence[LossOutput], counts: Tensor) -> Tensor:
    """Each sum over its count; a sum over nothing is nothing."""
    parts = [term.total / count.clamp_min(1) for term, count in zip(terms, counts, strict=True)]
    return torch.stack(parts).sum()
