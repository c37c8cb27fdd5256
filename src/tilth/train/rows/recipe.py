"""Rows as a recipe names them, by TRL's keys: one dataset, or a mixture with shares, stages or an order."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from tilth.errors import UserError
from tilth.train.rows.account import Account
from tilth.train.rows.mixture import Part, Stage, mix, ordered, staged
from tilth.train.rows.options import RowOptions
from tilth.train.rows.prepare import Prepared, prepare
from tilth.train.rows.shapes import Need
from tilth.train.rows.sources import Source, load

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

NEEDS: Mapping[str, Need] = {
    "sft": "sft",
    "dpo": "preference",
    "cpo": "preference",
    "orpo": "preference",
    "reward": "preference",
    "kto": "unpaired",
    "bco": "unpaired",
    "tpo": "triple",
    "prm": "stepwise",
    "grpo": "prompt",
    "rloo": "prompt",
    "ppo": "prompt",
    "online-dpo": "prompt",
}
"""Method -> what it learns from."""

OPTION_KEYS = {
    "dataset_text_field": "text_column",
    "chat_template_path": "chat_template",
    "chat_template_kwargs": "chat_template_kwargs",
    "eos_token": "eos_token",
    "max_length": "max_length",
    "truncation_mode": "truncation",
    "completion_only_loss": "completion_only",
    "assistant_only_loss": "assistant_only",
    "turns": "turns",
    "step_separator": "step_separator",
    "train_on_last_step_only": "last_step_only",
    "on_empty": "on_empty",
}
"""Key of a recipe -> the option of rows that it sets."""

DATASET_KEYS = (
    "path",
    "name",
    "data_dir",
    "data_files",
    "split",
    "columns",
    "fraction",
    "weight",
    "streaming",
)
"""Keys of an entry of `datasets`; all but `path` may be left out. `path` is whatever `sources.load` takes."""


def from_keys(keys: Mapping[str, Any], method: str) -> tuple[Prepared, "PreTrainedTokenizerBase"]:
    """The rows of a recipe, and the tokenizer of its model. Keys that say nothing of rows are left alone.

    Args:
        keys: TRL's: `model_name_or_path`, `dataset_name` or `datasets`, and those of `OPTION_KEYS`.
        method: A name of `NEEDS`.

    Raises:
        UserError: There is no such method, tokenizer or dataset, or the rows cannot be used.
    """
    from transformers import AutoTokenizer

    if method not in NEEDS:
        raise UserError(f"there is no method `{method}`", hint=f"one of {', '.join(NEEDS)}")
    model = keys.get("model_name_or_path")
    if not model:
        raise UserError(
            "the recipe names no model", hint="`model_name_or_path: PATH`, whose tokenizer reads the rows"
        )
    try:
        tokenizer = AutoTokenizer.from_pretrained(model)
    except (OSError, ValueError) as error:
        words = str(error).splitlines()[0]
        raise UserError(
            f"the tokenizer of `{model}` cannot be read: {words}", hint="check the name"
        ) from error
    prepared = rows_of(
        _entries(keys),
        tokenizer,
        NEEDS[method],
        RowOptions(**{name: keys[key] for key, name in OPTION_KEYS.items() if key in keys}),
        curriculum=keys.get("curriculum") or (),
        order_by=keys.get("order_by"),
        seed=int(keys.get("seed", 0)),
    )
    return prepared, tokenizer


def _entries(keys: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """An entry for each dataset that a recipe names."""
    entries = list(keys.get("datasets") or [])
    if not entries and keys.get("dataset_name"):
        names = {"path": "dataset_name", "name": "dataset_config", "split": "dataset_train_split"}
        entries = [{name: keys[key] for name, key in names.items() if keys.get(key) is not None}]
    return entries


def datasets_of(keys: Mapping[str, Any]) -> Any:
    """The datasets of a recipe as they are, for methods that draw prompts: one, or several by their paths.

    Raises:
        UserError: There is none, or one cannot be read.
    """
    found = {}
    for at, entry in enumerate(_entries(keys)):
        known = _known(entry, DATASET_KEYS, f"datasets[{at}]")
        asked = {name: known[name] for name in ("split", "name", "data_dir", "data_files") if name in known}
        found[str(known["path"])] = load(known["path"], **asked).rows
    if not found:
        raise UserError(
            "the recipe names no dataset", hint="`dataset_name: PATH`, or a list under `datasets`"
        )
    return found if len(found) > 1 else next(iter(found.values()))


def rows_of(
    datasets: Sequence[Mapping[str, Any]],
    tokenizer: "PreTrainedTokenizerBase",
    need: Need,
    options: RowOptions,
    *,
    curriculum: Sequence[Mapping[str, Any]] = (),
    order_by: str | None = None,
    seed: int = 0,
) -> Prepared:
    """Reads and prepares the datasets of a recipe, and lays them together.

    Args:
        datasets: An entry for each, with `DATASET_KEYS`.
        tokenizer: A fast one.
        need: What the method learns from.
        options: How rows become token ids.
        curriculum: Stages (`share`, `weights` by path), where training has some.
        order_by: Column of the datasets to learn by, least first; `-column` for greatest first.
        seed: Which rows a mixture draws.

    Raises:
        UserError: A key is unknown, or a dataset cannot be read or used.
    """
    if not datasets:
        raise UserError(
            "the recipe names no dataset", hint="`dataset_name: PATH`, or a list under `datasets`"
        )
    entries = [_known(entry, DATASET_KEYS, f"datasets[{at}]") for at, entry in enumerate(datasets)]
    prepared = [_prepared(entry, tokenizer, need, options, order_by) for entry in entries]
    if len(prepared) == 1 and entries[0].get("fraction") is None and not curriculum:
        return replace(prepared[0], is_ordered=bool(order_by))
    if any(not hasattr(one.rows, "select") for one in prepared):
        raise UserError("datasets that are streamed cannot be mixed", hint="leave `streaming` out")
    if order_by and len(prepared) > 1:
        raise UserError("`order_by` is for one dataset", hint="order several with stages: `curriculum`")
    parts = [
        Part(one.rows, str(entry["path"]), entry.get("fraction"), entry.get("weight"))
        for entry, one in zip(entries, prepared, strict=True)
    ]
    stages = [
        Stage(**_known(one, ("share", "weights"), f"curriculum[{at}]")) for at, one in enumerate(curriculum)
    ]
    rows = staged(parts, stages, seed=seed) if stages else mix(parts, seed=seed)
    account = Account()
    for one in prepared:
        account.add(one.account)
    return replace(prepared[0], rows=rows, account=account, is_ordered=bool(stages))


def _prepared(
    entry: Mapping[str, Any],
    tokenizer: "PreTrainedTokenizerBase",
    need: Need,
    options: RowOptions,
    order_by: str | None,
) -> Prepared:
    asked = {
        name: entry[name]
        for name in ("split", "name", "data_dir", "data_files", "streaming")
        if name in entry
    }
    source = load(entry["path"], **asked)
    rows = source.rows
    if columns := entry.get("columns"):
        rows = _chosen(rows, columns, source)
    if order_by:
        rows = ordered(rows, order_by.removeprefix("-"), descending=order_by.startswith("-"))
    if source.text_column and options.text_column not in (rows.column_names or ()):
        options = replace(options, text_column=source.text_column)
    try:
        return prepare(rows, tokenizer, need, options)
    except UserError as error:
        where = f"{source.name}" + (f", {error.where}" if error.where else "")
        raise type(error)(error.what, where=where, hint=error.hint) from error


def _chosen(rows: Any, columns: Sequence[str], source: Source) -> Any:
    known = rows.column_names or columns
    if missing := [name for name in columns if name not in known]:
        raise UserError(f"{source.name} has no column `{missing[0]}`", hint=f"it has {', '.join(known)}")
    return rows.select_columns(list(columns))


def _known(entry: Mapping[str, Any], keys: Sequence[str], where: str) -> dict[str, Any]:
    for key in entry:
        if key not in keys:
            close = get_close_matches(key, keys, 1)
            raise UserError(
                f"there is no key `{key}`",
                where=where,
                hint=f"did you mean `{close[0]}`?" if close else f"there are {', '.join(keys)}",
            )
    if keys[0] not in entry:
        raise UserError(f"`{keys[0]}` is missing", where=where)
    return dict(entry)
