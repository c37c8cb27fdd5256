"""Rows as a user has them -> rows as a method trains on them, with the account of every token."""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from tilth.errors import UserError
from tilth.store.atomic import check_room, whole_file, write_text
from tilth.store.hashes import segment_name
from tilth.train.rows.account import Account
from tilth.train.rows.cut import settle
from tilth.train.rows.drafts import drafter
from tilth.train.rows.encode import Coded, Encoder
from tilth.train.rows.named import choose
from tilth.train.rows.options import RowOptions
from tilth.train.rows.pretokenised import coded_rows
from tilth.train.rows.shapes import Need, Shape, recognise
from tilth.train.rows.table import Writer, schema, table
from tilth.train.rows.template import ChatTemplate

if TYPE_CHECKING:
    from datasets import Dataset, IterableDataset
    from transformers import PreTrainedTokenizerBase

Made = TypeVar("Made")

VERSION = "1"
"""Raised whenever the same rows and options may give other tokens: what was prepared before is not used then."""

BATCH_ROWS = 500
_SAMPLE_ROWS = 100


@dataclass(frozen=True, slots=True)
class Prepared:
    """What a method trains on."""

    rows: "Dataset | IterableDataset"
    """`row`, `prompt_ids`, `answers`, `trained`, and the method's own columns; see `table.schema`."""
    account: Account
    """Complete for a `Dataset`; for an iterable one it grows as rows are read."""
    shape: Shape
    template: ChatTemplate | None
    fingerprint: str
    """Of tokenizer, template, options and rows; empty for an iterable dataset."""
    is_ordered: bool = False
    """The order of the rows is part of what was asked for: they are not to be shuffled."""


def prepare(
    dataset: "Dataset | IterableDataset",
    tokenizer: "PreTrainedTokenizerBase",
    need: Need,
    options: RowOptions | None = None,
    *,
    cache: Path | None = None,
) -> Prepared:
    """Recognises, renders, tokenises, cuts and accounts for the rows of a dataset.

    Args:
        dataset: In any of TRL's shapes.
        tokenizer: A fast one.
        need: What the method learns from.
        options: How rows become token ids.
        cache: Folder for prepared rows, which are used again for the same tokenizer, template, options and rows; that
            of `datasets` by default.

    Raises:
        UserError: A row cannot be used (it is named), or rows have nothing to train on.
    """
    from datasets import Dataset

    options = options or RowOptions()
    work = Work.of(dataset, tokenizer, need, options)
    if not isinstance(dataset, Dataset):
        return work.streamed(dataset)
    name = _fingerprint(dataset, tokenizer, work)
    path = (cache or _cache_home()) / f"{name}.arrow"
    beside = path.with_suffix(".json")
    if beside.is_file() and path.is_file():
        account = Account.of(json.loads(beside.read_text("utf-8")))
    else:
        account = work.write(dataset, path)
        write_text(beside, json.dumps(account.record()))
    account.check(stops=options.on_empty == "stop")
    return Prepared(Dataset.from_file(str(path)), account, work.shape, work.template, name)


@dataclass(frozen=True, slots=True)
class Work:
    """What it takes to prepare the rows of one dataset."""

    shape: Shape
    template: ChatTemplate | None
    options: RowOptions
    encoder: Encoder
    has_margin: bool

    @classmethod
    def of(
        cls, dataset: Any, tokenizer: "PreTrainedTokenizerBase", need: Need, options: RowOptions
    ) -> "Work":
        """Looks at the first rows."""
        if getattr(dataset, "format", {}).get("type") == "custom":
            raise UserError(
                "the dataset changes its rows as they are read (`with_transform`), so what is prepared once may differ",
                hint="make the change with `map`",
            )
        sample = list(islice(_plain(dataset), _SAMPLE_ROWS))
        shape = recognise(sample, need, text_column=options.text_column)
        if options.completion_only and shape.form.name == "language modelling" and not shape.beside:
            raise UserError(
                "`completion_only` needs a completion apart from its prompt, and the rows have none"
            )
        template = None
        if shape.writing == "conversation":
            template = choose(tokenizer, options.chat_template, has_tools="tools" in shape.beside)
        elif options.assistant_only and shape.writing == "text":
            raise UserError("`assistant_only` needs conversations, and the rows are text")
        return cls(shape, template, options, Encoder(tokenizer, options.eos_token), "margin" in shape.beside)

    def rows(
        self, batch: Sequence[tuple[int, Mapping[str, Any]]], account: Account
    ) -> list[tuple[int, Coded]]:
        """Rows with their numbers, ready: those that are not trained on are in the account."""
        if self.shape.writing == "tokens":
            found = list(_each(batch, lambda row: coded_rows(row, self.shape, self.options)))
        else:
            drafts = list(_each(batch, drafter(self.shape, self.template, self.options)))
            coded = self.encoder.encode([draft for _, draft in drafts])
            found = [(number, one) for (number, _), one in zip(drafts, coded, strict=True)]
        account.rows_read += len(batch)
        account.rows_added += len(found) - len(batch)
        need = self.shape.need
        for _, one in found:
            self._choose_trained(one)
        return [
            (number, one)
            for number, one in found
            if settle(
                one,
                number,
                self.options,
                account,
                is_pair=need in ("preference", "triple"),
                asks_only=need == "prompt",
            )
        ]

    def write(self, dataset: "Dataset", path: Path) -> Account:
        """All rows to a file, one batch in memory at a time."""
        account = Account()
        labels: set[Any] = set()
        path.parent.mkdir(parents=True, exist_ok=True)
        check_room(path.parent)
        with whole_file(path) as temporary, Writer(temporary, self.columns) as writer:
            for batch in _batches(_plain(dataset)):
                rows = self.rows(batch, account)
                labels.update(*(_labels(one) for _, one in rows))
                writer.write(rows)
        _check_labels(labels, account)
        return account

    def streamed(self, dataset: "IterableDataset") -> Prepared:
        """Rows that are prepared as they are read."""
        account = Account()

        def ready(batch: dict[str, list[Any]]) -> dict[str, list[Any]]:
            names = list(batch)
            rows = [dict(zip(names, values, strict=True)) for values in zip(*batch.values(), strict=True)]
            first = account.rows_read
            found = self.rows(list(enumerate(rows, first)), account)
            if self.options.on_empty == "stop" and account.reasons:
                account.check(stops=True)
            made: dict[str, list[Any]] = table(found, self.columns).to_pydict()
            return made

        names = dataset.column_names or list(next(iter(dataset)))
        rows = dataset.map(ready, batched=True, batch_size=BATCH_ROWS, remove_columns=names)
        return Prepared(rows, account, self.shape, self.template, "")

    @property
    def columns(self) -> Any:
        """The schema of the prepared rows."""
        return schema(self.shape.need, has_margin=self.has_margin)

    def _choose_trained(self, coded: Coded) -> None:
        """Whole rows of prompt and completion, where the prompt is to be learnt too."""
        options = self.options
        if self.shape.need == "sft" and options.completion_only is False and coded.prompt:
            if not options.assistant_only:
                coded.trained[0] = [False, *[True] * (len(coded.prompt) - 1), *coded.trained[0]]
            else:
                coded.trained[0] = [False] * len(coded.prompt) + coded.trained[0]
            coded.answers[0] = coded.prompt + coded.answers[0]
            coded.prompt = []
        if options.last_step_only and coded.beside.get("step_ends"):
            coded.beside = {name: values[-1:] for name, values in coded.beside.items()}
            end = coded.beside["step_ends"][0]
            coded.trained[0] = [at == end for at in range(len(coded.answers[0]))]


def _plain(dataset: Any) -> Iterator[dict[str, Any]]:
    """Rows as Python values, whatever form the dataset is set to."""
    from datasets import Dataset

    if not isinstance(dataset, Dataset):
        yield from dataset
        return
    for batch in dataset.with_format("arrow").iter(BATCH_ROWS):
        yield from batch.to_pylist()


def _batches(rows: Iterable[dict[str, Any]]) -> Iterator[list[tuple[int, dict[str, Any]]]]:
    numbered = enumerate(rows)
    while batch := list(islice(numbered, BATCH_ROWS)):
        yield batch


def _each(
    batch: Iterable[tuple[int, Mapping[str, Any]]], make: Callable[[Mapping[str, Any]], Iterable[Made]]
) -> Iterator[tuple[int, Made]]:
    """What `make` gives for each row, with its number; a row that it refuses is named."""
    for number, row in batch:
        try:
            found = list(make(row))
        except UserError as error:
            where = f"row {number}" + (f", {error.where}" if error.where else "")
            raise type(error)(error.what, where=where, hint=error.hint) from error
        yield from ((number, one) for one in found)


def _labels(coded: Coded) -> list[Any]:
    beside = coded.beside
    return [beside["label"]] if "label" in beside else list(beside.get("step_labels", ()))


def _check_labels(labels: set[Any], account: Account) -> None:
    if len(labels) == 1 and account.rows_made > 1:
        raise UserError(
            f"all {account.rows_made:,} rows have the label {next(iter(labels))}, so there is nothing to tell apart",
            hint="add rows of the other kind, or train by `sft` on these",
        )


def _fingerprint(dataset: "Dataset", tokenizer: "PreTrainedTokenizerBase", work: Work) -> str:
    parts = [
        VERSION,
        str(dataset._fingerprint),
        hashlib.sha256(tokenizer.backend_tokenizer.to_str().encode()).hexdigest(),
        json.dumps(work.template.text if work.template else None),
        json.dumps({key: str(value) for key, value in tokenizer.special_tokens_map.items()}, sort_keys=True),
        json.dumps(asdict(work.options), sort_keys=True, default=str),
        repr(work.shape),
    ]
    return segment_name(*parts)


def _cache_home() -> Path:
    from datasets import config

    return Path(config.HF_DATASETS_CACHE) / "tilth_rows"
