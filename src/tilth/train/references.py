"""What a preference loss compares with, without a second model wherever that is exact.

A reference is the model as it is before the first step. Its log-probabilities can be computed once and kept; or the
adapter that is trained is switched off; or, where neither will do, a frozen copy is kept.
"""

import copy
import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import torch
from torch import Tensor, nn
from transformers import TrainerCallback

from tilth.errors import UserError
from tilth.train.batches import others
from tilth.train.batches.collate import rows_at
from tilth.train.batches.packed import Packed, pack
from tilth.train.heads.scores import attach, causal_lm
from tilth.train.settings import ReferenceSettings

COLUMN = "reference_logps"
"""Log-probabilities of a row's trained tokens, one after the other through its answers."""

CACHE = "reference"

_REFERENCE_ADAPTER = "tilth_reference"


class Precomputed:
    """Reads what was computed before training from the rows."""

    columns = (COLUMN,)

    def logps(self, packed: Packed) -> Tensor:
        """Of the trained tokens, [N]."""
        found = [one for row in packed.columns[COLUMN] for one in row]
        return torch.tensor(found, dtype=torch.float32, device=packed.ids.device)


class AdapterOff:
    """The model without the adapter that is trained, or with a frozen copy of one that had been trained before."""

    columns = ()

    def __init__(self, model: Any, *, had_adapter: bool) -> None:
        self.model = model
        self.adapter = _copy_adapter(model) if had_adapter else None

    def logps(self, packed: Packed, temperature: float = 1.0) -> Tensor:
        """Of the trained tokens, [N]."""
        with evaluating(self.model), self.switched():
            return self.model(packed=packed, temperature=temperature)["logps"]

    @contextmanager
    def switched(self) -> Iterator[None]:
        """Inside, the model is the reference."""
        if self.adapter is None:
            with self.model.disable_adapter():
                yield
            return
        active = self.model.active_adapter
        trained = {name for name, one in self.model.named_parameters() if one.requires_grad}
        self.model.set_adapter(self.adapter)
        try:
            yield
        finally:
            self.model.set_adapter(active)
            for name, one in self.model.named_parameters():
                one.requires_grad_(name in trained)


def _copy_adapter(model: Any) -> str:
    from peft import get_peft_model_state_dict, set_peft_model_state_dict

    trained = {name for name, one in model.named_parameters() if one.requires_grad}
    state = {name: one.clone() for name, one in get_peft_model_state_dict(model).items()}
    model.add_adapter(_REFERENCE_ADAPTER, model.peft_config[model.active_adapter])
    set_peft_model_state_dict(model, state, adapter_name=_REFERENCE_ADAPTER)
    for name, one in model.named_parameters():
        one.requires_grad_(name in trained)
    return _REFERENCE_ADAPTER


class Copy(TrainerCallback):
    """A second model with frozen weights, in evaluation mode; it may follow the first (TR-DPO)."""

    columns = ()

    def __init__(self, model: nn.Module, alpha: float | None = None, every: int = 512) -> None:
        self.model = model.eval().requires_grad_(False)
        self.alpha, self.every = alpha, every
        attach(self.model)

    def logps(self, packed: Packed, temperature: float = 1.0) -> Tensor:
        """Of the trained tokens, [N]."""
        return self.model(packed=packed, temperature=temperature)["logps"]

    def on_step_end(self, args: Any, state: Any, control: Any, model: Any = None, **_: Any) -> None:
        """Move towards the model: alpha * model + (1 - alpha) * reference (arXiv:2404.09656, equation 4)."""
        if self.alpha is None or state.global_step % self.every:
            return
        with torch.no_grad():
            for mine, theirs in zip(self.model.parameters(), model.parameters(), strict=True):
                mine.lerp_(theirs.to(mine.dtype), self.alpha)


@contextmanager
def evaluating(model: nn.Module) -> Iterator[None]:
    """The model without dropout and without gradients, and then as it was."""
    was_training = model.training
    model.eval()
    try:
        with torch.no_grad():
            yield
    finally:
        model.train(was_training)


def reference_for(trainer: Any, ref_model: Any, *, had_adapter: bool) -> Any:
    """The cheapest exact reference that the settings allow.

    Args:
        trainer: Has `args`, `model`, `accelerator`, `train_dataset` and `eval_dataset`; rows that are scored now get a
            column in both.
        ref_model: What the user gave as the reference: a model, the name of one, or None for the model itself.
        had_adapter: Whether the model came with an adapter that had been trained before.
    """
    args: ReferenceSettings = trainer.args
    wants = args.precompute_ref_log_probs
    is_adapter = hasattr(trainer.model, "disable_adapter")
    is_sharded = trainer.is_fsdp_enabled or trainer.is_deepspeed_enabled
    can_precompute = hasattr(trainer.train_dataset, "add_column") and not is_sharded
    if wants and not can_precompute:
        raise UserError(
            "`precompute_ref_log_probs` needs a dataset of known length, and a model that is not sharded",
            hint="leave it out",
        )
    if args.sync_ref_model and is_adapter:
        raise UserError(
            "`sync_ref_model` moves a reference model, and with an adapter there is none",
            hint="train without an adapter, or without `sync_ref_model`",
        )
    if not args.sync_ref_model and (wants or (wants is None and can_precompute and not is_adapter)):
        scorer = trainer.model if ref_model is None else _copy(trainer, ref_model).model
        trainer.train_dataset, trainer.eval_dataset = (
            _with_reference(trainer, scorer, rows) for rows in (trainer.train_dataset, trainer.eval_dataset)
        )
        return Precomputed()
    if is_adapter and ref_model is None:
        return AdapterOff(trainer.model, had_adapter=had_adapter)
    found = _copy(trainer, ref_model)
    if found.alpha is not None:
        trainer.add_callback(found)
    return found


def _copy(trainer: Any, ref_model: Any) -> Copy:
    args: ReferenceSettings = trainer.args
    if isinstance(ref_model, str):
        from tilth.train.models import load

        ref_model = load(ref_model, args)
    if ref_model is trainer.model:
        raise UserError(
            "`ref_model` is the model that is trained",
            hint="leave it out: the reference is then the model at the start",
        )
    model = _twin(trainer.model) if ref_model is None else ref_model
    alpha = args.ref_model_mixup_alpha if args.sync_ref_model else None
    found = Copy(model, alpha, args.ref_model_sync_steps)
    if trainer.is_fsdp_enabled or trainer.is_deepspeed_enabled:
        found.model = trainer.accelerator.prepare_model(found.model, evaluation_mode=True)
    else:
        found.model.to(trainer.args.device)
    return found


def _twin(model: nn.Module) -> nn.Module:
    """A copy of a model that is its own (a bound `forward` would be copied with the model that it is bound to)."""
    inner: Any = causal_lm(model)
    bound = {
        name: inner.__dict__.pop(name) for name in ("forward", "_is_tilth_attached") if name in inner.__dict__
    }
    try:
        return copy.deepcopy(model)
    finally:
        inner.__dict__.update(bound)


def _with_reference(trainer: Any, scorer: Any, rows: Any) -> Any:
    if isinstance(rows, dict):
        return {name: _with_reference(trainer, scorer, one) for name, one in rows.items()}
    if rows is None or COLUMN in rows.column_names:
        return rows
    key = fingerprint(scorer, rows)
    path = Path(trainer.args.output_dir) / CACHE / f"{key}.arrow"
    with trainer.args.main_process_first(desc="reference", local=False):
        found = _read(path)
    if found is None:
        found = _scored(trainer, scorer, rows)
        if trainer.args.should_save:
            _write(path, found)
    rows = rows.add_column(COLUMN, found)
    if others.ANSWER in rows.column_names and others.REFERENCE not in rows.column_names:
        scored = _with_reference(trainer, scorer, others.as_rows(rows))[COLUMN]
        rows = rows.add_column(others.REFERENCE, [sum(one) for one in scored])
    return rows


def _scored(trainer: Any, scorer: nn.Module, rows: Any) -> pa.Array:
    """Log-probabilities for every row; each process scores every n-th batch."""
    args: ReferenceSettings = trainer.args
    size = args.precompute_ref_batch_size or args.per_device_train_batch_size
    places = list(range(0, len(rows), size))[args.process_index :: args.world_size]
    found: dict[int, list[float]] = {}
    with evaluating(scorer), trainer.accelerator.autocast():
        for at in places:
            # No DataLoader: it would draw a random number, and the run would depend on what is kept.
            packed = pack(rows_at(rows, slice(at, at + size))).to(args.device)
            logps = scorer(packed=packed)["logps"].float().cpu().numpy()
            ends = np.cumsum(_per_row(packed))
            for offset, part in enumerate(np.split(logps, ends[:-1])):
                found[at + offset] = part.tolist()
    if args.world_size > 1:
        shares: list[Any] = [None] * args.world_size
        torch.distributed.all_gather_object(shares, found)
        found = {index: values for share in shares for index, values in share.items()}
    return pa.array([found[index] for index in range(len(rows))], pa.list_(pa.float32()))


def _per_row(packed: Packed) -> list[int]:
    """Trained tokens of each row."""
    lengths = iter(packed.answer_lengths().tolist())
    return [sum(next(lengths) for _ in group.answer_ends) for group in packed.groups]


def fingerprint(model: nn.Module, rows: Any) -> str:
    """Changes with any weight and any token: the key under which log-probabilities are kept."""
    digest = hashlib.blake2b(digest_size=16)
    config = getattr(causal_lm(model), "config", None)
    digest.update(json.dumps(config.to_dict() if config else {}, sort_keys=True, default=str).encode())
    with torch.no_grad():
        for name, one in model.state_dict().items():
            flat = one.detach().flatten().float()
            slope = torch.linspace(1, 2, flat.numel(), device=flat.device)
            digest.update(
                f"{name} {tuple(one.shape)} {flat.sum()} {flat @ slope} {flat.abs().sum()}".encode()
            )
    for name in ("prompt_ids", "answers", "trained"):
        column = rows.with_format("arrow")[:][name].combine_chunks()
        for buffer in pa.concat_arrays([column]).buffers() if isinstance(column, pa.Array) else ():
            digest.update(buffer or b"")
    return digest.hexdigest()


def _read(path: Path) -> pa.Array | None:
    if not path.exists():
        return None
    with pa.OSFile(str(path)) as file:
        return pa.ipc.open_file(file).read_all()[COLUMN].combine_chunks()


def _write(path: Path, found: pa.Array) -> None:
    from tilth.store.atomic import whole_file

    table = pa.table({COLUMN: found})
    with whole_file(path) as temporary, pa.OSFile(str(temporary), "wb") as file:
        with pa.ipc.new_file(file, table.schema) as writer:
            writer.write_table(table)
