"""Which shape a dataset has, told from its columns and said in one line; what each need accepts."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Literal

from tilth.errors import UserError

Need = Literal["sft", "preference", "unpaired", "triple", "stepwise", "prompt"]
"""What a method learns from. sft: SFT. preference: DPO, CPO, ORPO, reward. unpaired: KTO, BCO. triple: TPO. stepwise:
PRM. prompt: the online methods."""

Writing = Literal["text", "conversation", "tokens"]


@dataclass(frozen=True, slots=True)
class Form:
    """A set of columns that makes rows for a need."""

    name: str
    columns: tuple[str, ...]
    writing: Writing | None = None
    """None: text or conversations, whichever the values are."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What a dataset was recognised as."""

    need: Need
    form: Form
    writing: Writing
    beside: tuple[str, ...]
    """Columns that are read as well: tools, template options, margin."""
    unread: tuple[str, ...]

    def line(self, rows: int | None = None) -> str:
        """One line for the user."""
        number = f"{rows:,} rows" if rows is not None else "rows"
        written = {"text": "as text", "conversation": "as conversations", "tokens": "as token ids"}[
            self.writing
        ]
        beside = f", with {', '.join(self.beside)}" if self.beside else ""
        unread = f"; not read: {', '.join(self.unread)}" if self.unread else ""
        return f"{number} of {self.form.name}, {written} ({', '.join(self.form.columns)}){beside}{unread}"


_PREFERENCE = (
    Form("preference", ("prompt_ids", "chosen_ids", "rejected_ids"), "tokens"),
    Form("preference", ("chosen_ids", "rejected_ids"), "tokens"),
    Form("preference", ("prompt", "chosen", "rejected")),
    Form("preference with the prompt inside", ("chosen", "rejected")),
)

FORMS: Mapping[Need, tuple[Form, ...]] = {
    "sft": (
        Form("language modelling", ("input_ids",), "tokens"),
        Form("prompt and completion", ("prompt", "completion")),
        Form("language modelling", ("messages",), "conversation"),
        Form("language modelling", ("conversations",), "conversation"),
        Form("language modelling", ("text",)),
    ),
    "preference": _PREFERENCE,
    "unpaired": (
        Form("unpaired preference", ("prompt_ids", "completion_ids", "label"), "tokens"),
        Form("unpaired preference", ("prompt", "completion", "label")),
        *_PREFERENCE,
    ),
    "triple": (
        Form(
            "preference with a reference answer",
            ("prompt_ids", "chosen_ids", "rejected_ids", "reference_ids"),
            "tokens",
        ),
        Form("preference with a reference answer", ("prompt", "chosen", "rejected", "reference")),
    ),
    "stepwise": (
        Form("stepwise supervision", ("prompt", "completions", "labels")),
        Form("stepwise supervision in Math-Shepherd's shape", ("input", "label"), "text"),
    ),
    "prompt": (
        Form("prompts", ("prompt_ids",), "tokens"),
        Form("prompts", ("prompt",)),
    ),
}
"""Need -> forms that serve it, the first one whose columns are all there holds."""

_BESIDE: Mapping[Need, tuple[str, ...]] = {
    "sft": ("tools", "chat_template_kwargs", "labels", "completion_mask", "assistant_masks"),
    "preference": ("tools", "chat_template_kwargs", "margin"),
    "unpaired": ("tools", "chat_template_kwargs"),
    "triple": ("tools", "chat_template_kwargs"),
    "stepwise": (),
    "prompt": ("tools", "chat_template_kwargs"),
}
_ONLY_WITH_TOKENS = {"labels", "completion_mask", "assistant_masks"}
_NEVER_WITH_TOKENS = {"tools", "chat_template_kwargs"}
_NOT_WRITTEN = {"label", "labels", "completions"}
"""Columns of a form that are neither text nor conversations."""
_PICTURES = {"image", "images", "video", "videos", "audio", "audios"}


def recognise(sample: Sequence[Mapping[str, Any]], need: Need, *, text_column: str = "text") -> Shape:
    """The shape of a dataset.

    Args:
        sample: Its first rows. How a column is written is told from its first value that is there.
        need: What the method learns from.
        text_column: The column that is called `text` here.

    Raises:
        UserError: No form fits, or some columns are text and others conversations.
    """
    if not sample:
        raise UserError("the dataset has no rows", hint="check the file, the split and the filters")
    columns = tuple(dict.fromkeys(name for row in sample for name in row))
    form = _form(columns, need, text_column)
    seen = {name: _written(name, sample) for name in form.columns if name not in _NOT_WRITTEN}
    writing = next(iter(seen.values())) if form.writing is None else form.writing
    other = next((name for name, how in seen.items() if how != writing), None)
    if other is not None and form.writing is not None:
        raise UserError(f"column `{other}` holds {_a(seen[other])}, not {_a(writing)}")
    if other is not None:
        first = next(iter(seen))
        raise UserError(
            f"column `{first}` holds {_a(seen[first])} and column `{other}` holds {_a(seen[other])}",
            hint="write all of them as text, or all as lists of messages",
        )
    for name in sorted(_PICTURES & set(columns)):
        if any(row.get(name) for row in sample):
            raise UserError(
                f"column `{name}` holds pictures or sound, and these rows are prepared as text alone",
                hint="remove the column, or train a model that sees with its own method",
            )
    left_out = _NEVER_WITH_TOKENS if writing == "tokens" else _ONLY_WITH_TOKENS
    beside = tuple(
        name for name in _BESIDE[need] if name in columns and name not in (*form.columns, *left_out)
    )
    unread = tuple(name for name in columns if name not in (*form.columns, *beside))
    return Shape(need, form, writing, beside, unread)


def _form(columns: tuple[str, ...], need: Need, text_column: str) -> Form:
    forms = [_renamed(form, text_column) for form in FORMS[need]]
    for form in forms:
        if set(form.columns) <= set(columns):
            return form
    wanted = dict.fromkeys(name for form in forms for name in form.columns)
    close = {
        name: near[0]
        for name in columns
        if name not in wanted and (near := get_close_matches(name, wanted, 1, 0.75))
    }
    kinds = dict.fromkeys(" + ".join(form.columns) for form in forms)
    hint = f"wanted: {'; or '.join(kinds)}"
    if close:
        hint = f"did you mean {', '.join(f'`{new}` by `{old}`' for old, new in close.items())}? {hint}"
    raise UserError(f"the columns {', '.join(columns) or '(none)'} make no rows for this method", hint=hint)


def _renamed(form: Form, text_column: str) -> Form:
    return Form(
        form.name, tuple(text_column if name == "text" else name for name in form.columns), form.writing
    )


def _written(name: str, sample: Iterable[Mapping[str, Any]]) -> Writing:
    for row in sample:
        if (value := row.get(name)) is not None:
            return writing_of(value, name)
    raise UserError(f"column `{name}` holds nothing in the first rows", hint="check how the file was written")


def writing_of(value: Any, name: str) -> Writing:
    """How one value is written.

    Raises:
        UserError: It is neither text, nor a list of messages, nor a list of token ids.
    """
    if isinstance(value, str):
        return "text"
    if isinstance(value, list | tuple):
        if all(isinstance(one, Mapping) and ("role" in one or "from" in one) for one in value):
            return "conversation"
        if all(isinstance(one, int) for one in value):
            return "tokens"
    raise UserError(
        f"column `{name}` holds a {type(value).__name__} that is neither text nor a list of messages",
        hint="a message has `role` and `content`, or `from` and `value`",
    )


def _a(writing: Writing) -> str:
    return {"text": "text", "conversation": "conversations", "tokens": "token ids"}[writing]
