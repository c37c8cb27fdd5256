"""From a face's arguments to what the trainer needs: model, tokenizer, rows."""

import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tilth.errors import UserError
from tilth.store.atomic import write_text
from tilth.train.models import adapt, load
from tilth.train.rows.options import RowOptions
from tilth.train.rows.prepare import prepare
from tilth.train.rows.shapes import Need
from tilth.train.settings import Settings

_PREPARED = {"prompt_ids", "answers", "trained"}


@dataclass(frozen=True, slots=True)
class Parts:
    """What the arguments of a face became."""

    model: Any
    tokenizer: Any
    train_rows: Any
    eval_rows: Any
    had_adapter: bool
    """Whether the model came with an adapter that had been trained before."""

    def for_trainer(self) -> dict[str, Any]:
        """As keywords of the trainer."""
        return {
            "model": self.model,
            "tokenizer": self.tokenizer,
            "train_rows": self.train_rows,
            "eval_rows": self.eval_rows,
        }


def assemble(
    need: Need,
    model: Any,
    args: Settings,
    *,
    train_dataset: Any = None,
    eval_dataset: Any = None,
    processing_class: Any = None,
    peft_config: Any = None,
    quantization_config: Any = None,
    kind: str = "causal",
    row_options: Mapping[str, Any] | None = None,
    data_collator: Any = None,
    **unused: Any,
) -> Parts:
    """Load, adapt, tokenise; says what became of every token before anything is trained.

    Args:
        need: What the method learns from, which decides what shapes its rows may have.
        model: A model, or its name.
        args: The settings.
        train_dataset: A dataset of any shape that the method knows, or rows that are prepared already.
        eval_dataset: The same, or several by name.
        processing_class: The tokenizer; the model's own by default.
        peft_config: A new adapter.
        quantization_config: For a model that is given by its name.
        kind: Which head the model needs (see `models.KINDS`).
        row_options: How rows become tokens, beside what all settings share.
        data_collator: Must be None.
        **unused: Arguments of TRL that have no meaning here; must be None.

    Raises:
        UserError: Anything is wrong with them.
    """
    for name, value in {"data_collator": data_collator, **unused}.items():
        if value is not None:
            raise UserError(
                f"`{name}` has no effect here: rows are packed, and the loss sees no logits",
                hint="leave it out",
            )
    tokenizer = processing_class or _tokenizer(model, args)
    loaded = load(model, args, kind, quantization_config)
    had_adapter = hasattr(loaded, "peft_config")
    options = RowOptions(
        max_length=args.max_length,
        truncation=args.truncation_mode,
        on_empty=args.on_empty,
        **(row_options or {}),
    )
    rows = {
        name: _rows(need, dataset, tokenizer, args, options, name)
        for name, dataset in (("train", train_dataset), ("eval", eval_dataset))
    }
    return Parts(adapt(loaded, args, peft_config), tokenizer, rows["train"], rows["eval"], had_adapter)


def _tokenizer(model: Any, args: Settings) -> Any:
    from transformers import AutoTokenizer

    name = model if isinstance(model, str) else model.config._name_or_path
    if not name:
        return None
    try:
        return AutoTokenizer.from_pretrained(name, trust_remote_code=args.trust_remote_code)
    except (OSError, ValueError) as error:
        raise UserError(
            f"`{name}` has no tokenizer: {str(error).splitlines()[0]}", hint="give one as `processing_class`"
        ) from error


def _rows(need: Need, dataset: Any, tokenizer: Any, args: Settings, options: RowOptions, name: str) -> Any:
    if dataset is None:
        return None
    if isinstance(dataset, dict):
        return {
            key: _rows(need, one, tokenizer, args, options, f"{name}/{key}") for key, one in dataset.items()
        }
    if set(getattr(dataset, "column_names", None) or ()) >= _PREPARED:
        return dataset
    if tokenizer is None:
        raise UserError("the model says nothing of its tokenizer", hint="give one as `processing_class`")
    with args.main_process_first(desc="tokenising"):
        prepared = prepare(dataset, tokenizer, need, options)
    if args.process_index == 0:
        size = len(prepared.rows) if hasattr(prepared.rows, "__len__") else None
        lines = [
            f"{name}: {prepared.shape.line(size)}",
            *(prepared.account.lines() if size is not None else ()),
        ]
        sys.stderr.write("\n  ".join(lines) + "\n")
        _record(args, name, prepared.account.record())
    return prepared.rows


def _record(args: Settings, name: str, record: dict[str, Any]) -> None:
    """Store the account of a dataset in the run's folder."""
    path = Path(args.output_dir) / f"tokens_{name.replace('/', '_')}.json"
    write_text(path, json.dumps(record, indent=1, default=str) + "\n")


def default_folder(model: Any, name: str) -> str:
    """Where a run without settings goes: the model's name and the method's."""
    whole = model if isinstance(model, str) else model.config._name_or_path
    return f"{str(whole).rstrip('/').split('/')[-1] or 'model'}-{name}"


def formatted(dataset: Any, write: Callable[[Any], Any] | None) -> Any:
    """A dataset of the texts that a user's own function writes for its rows."""
    if write is None or dataset is None:
        return dataset
    return dataset.map(lambda row: {"text": write(row)}, remove_columns=dataset.column_names)
