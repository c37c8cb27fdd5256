"""A row as text: each answer behind its prompt, and which characters are trained on. Nothing is tokenised yet."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tilth.errors import UserError
from tilth.train.rows.jinja import Span
from tilth.train.rows.messages import conversation, shared_beginning, without_none
from tilth.train.rows.options import RowOptions
from tilth.train.rows.shapes import Shape, writing_of
from tilth.train.rows.steps import math_shepherd
from tilth.train.rows.template import ChatTemplate, Message

Row = Mapping[str, Any]


@dataclass(slots=True)
class Draft:
    """One row to be."""

    texts: list[str]
    """Prompt and answer together, for each answer; for steps: the prompt, then each step with its separator."""
    border: int = 0
    """Character at which the answers begin. It is the same in all texts."""
    spans: list[list[Span]] | None = None
    """Trained characters of each text; None: all from the border on."""
    is_chat: bool = False
    """The text has its special tokens already."""
    is_steps: bool = False
    is_prompt: bool = False
    """There are no answers yet."""
    beside: dict[str, Any] = field(default_factory=dict)
    """Columns of the method: label, margin, step_labels."""


Drafter = Callable[[Row], Iterator[Draft]]


def drafter(shape: Shape, template: ChatTemplate | None, options: RowOptions) -> Drafter:
    """The function that makes drafts from a row of this shape. It raises UserError where a row does not have it."""
    if shape.need == "stepwise":
        return lambda row: steps(row, shape, template, options)
    if shape.writing == "text":
        return lambda row: texts(row, shape)
    if template is None:
        raise UserError("the rows are conversations, and there is no chat template for them")
    if shape.form.name == "language modelling":
        return lambda row: turns(row, shape, template, options)
    return lambda row: answers(row, shape, template, options)


def texts(row: Row, shape: Shape) -> Iterator[Draft]:
    """Rows of plain text."""
    prompt, *rest = (text_of(row, name) for name in shape.form.columns if name != "label")
    match shape.need, shape.form.columns:
        case ("prompt", _):
            yield Draft([prompt], is_prompt=True)
        case ("sft", (_,)):
            yield Draft([prompt])
        case (_, ("chosen", "rejected")):
            # What they begin with alike is the prompt, which is found among the tokens.
            yield from pairs(Draft([prompt, *rest], beside=margin(row)), shape)
        case _:
            beside = margin(row) | label(row, shape)
            yield from pairs(Draft([prompt + answer for answer in rest], len(prompt), beside=beside), shape)


def answers(row: Row, shape: Shape, template: ChatTemplate, options: RowOptions) -> Iterator[Draft]:
    """Prompts and answers that are messages."""
    asks = template_options(row, options)
    names = [name for name in shape.form.columns if name != "label"]
    told = [conversation(value_of(row, name), name) for name in names]
    if shape.form.columns == ("chosen", "rejected"):
        length = shared_beginning(*told)
        told = [told[0][:length], *(one[length:] for one in told)]
    prompt, *rest = told
    if shape.need == "prompt":
        yield Draft([template.render(prompt, ready=True, **asks)], is_chat=True, is_prompt=True)
        return
    border, found = template.answers(prompt, rest, **asks)
    spans = [
        completion_spans(template, prompt, answer, text, border, asks)
        for answer, text in zip(rest, found, strict=True)
    ]
    beside = margin(row) | label(row, shape)
    yield from pairs(Draft(found, border, spans, True, beside=beside), shape)


def completion_spans(
    template: ChatTemplate,
    prompt: list[dict[str, Any]],
    answer: list[dict[str, Any]],
    text: str,
    border: int,
    asks: Mapping[str, Any],
) -> list[Span]:
    """All behind the prompt, but for an empty thinking block of the template's and for turns that are no answers."""
    if len(answer) == 1:
        return [(template.thought(text, border, answer[0]), len(text))]
    _, spans = template.turns([*prompt, *answer], first=len(prompt), **asks)
    if spans and answer[-1]["role"] == "assistant":
        spans[-1] = (spans[-1][0], len(text))
    return spans


def turns(row: Row, shape: Shape, template: ChatTemplate, options: RowOptions) -> Iterator[Draft]:
    """Whole conversations."""
    asks = template_options(row, options)
    told: list[dict[str, Any]] = conversation(value_of(row, shape.form.columns[0]), shape.form.columns[0])
    if options.turns == "all":
        if options.assistant_only:
            text, spans = template.turns(told, **asks)
            yield Draft([text], 0, [spans], True)
        else:
            yield Draft([template.whole(told, **asks)], is_chat=True)
        return
    places = [at for at, message in enumerate(told) if message["role"] == "assistant"]
    if not places:
        yield Draft([template.whole(told, **asks)], 0, [[]], True)
    for at in places if options.turns == "each" else places[-1:]:
        before: list[Message] = list(told[:at])
        border, [text] = template.answers(before, [[told[at]]], **asks)
        yield Draft([text], border, [[(template.thought(text, border, told[at]), len(text))]], True)


def steps(row: Row, shape: Shape, template: ChatTemplate | None, options: RowOptions) -> Iterator[Draft]:
    """A problem, the steps of a solution, and a label for each."""
    if shape.form.columns == ("input", "label"):
        prompt, pieces, given = math_shepherd(text_of(row, "input"), text_of(row, "label"))
    else:
        if template is None:
            prompt = text_of(row, "prompt")
        else:
            told = conversation(value_of(row, "prompt"), "prompt")
            prompt = template.render(told, ready=True, **template_options(row, options))
        pieces, given = list_of(row, "completions"), list_of(row, "labels")
    if len(pieces) != len(given):
        raise UserError(f"it has {len(pieces)} steps and {len(given)} labels", hint="each step has one label")
    for at, one in enumerate(pieces):
        if not isinstance(one, str):
            raise UserError(f"step {at + 1} is a {type(one).__name__} where text is expected")
    labels = [step_label(one, at + 1) for at, one in enumerate(given)]
    told_steps = [prompt, *(piece + options.step_separator for piece in pieces)]
    yield Draft(told_steps, is_chat=template is not None, is_steps=True, beside={"step_labels": labels})


def pairs(draft: Draft, shape: Shape) -> Iterator[Draft]:
    """The draft itself; or both answers of a pair one by one, where the method learns from single answers."""
    if shape.need != "unpaired" or "label" in shape.form.columns:
        yield draft
        return
    for at, is_good in enumerate((True, False)):
        spans = None if draft.spans is None else [draft.spans[at]]
        yield Draft([draft.texts[at]], draft.border, spans, draft.is_chat, beside={"label": is_good})


def label(row: Row, shape: Shape) -> dict[str, Any]:
    """The label of an unpaired answer."""
    if "label" not in shape.form.columns:
        return {}
    value = row.get("label")
    if isinstance(value, bool) or value in (0, 1):
        return {"label": bool(value)}
    raise UserError(f"`label` is {value!r}", hint="a label is true or false")


def step_label(value: Any, number: int) -> float:
    """Hard (true, false, 0, 1) or soft (a share of solutions that went well from here)."""
    if isinstance(value, bool | int | float) and 0 <= value <= 1:
        return float(value)
    raise UserError(
        f"the label of step {number} is {value!r}", hint="a label is true, false, or a number from 0 to 1"
    )


def margin(row: Row) -> dict[str, Any]:
    """How much better the chosen answer is, where the row says so."""
    if (value := row.get("margin")) is None:
        return {}
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise UserError(f"`margin` is {value!r} where a number is expected")
    return {"margin": float(value)}


def template_options(row: Row, options: RowOptions) -> dict[str, Any]:
    """What the template is given besides the messages."""
    tools = row.get("tools")
    if isinstance(tools, str):
        try:
            tools = json.loads(tools)
        except ValueError as error:
            raise UserError(
                f"`tools` is text that is no JSON: {error}", hint="a list of JSON schemas"
            ) from error
    own = without_none(row.get("chat_template_kwargs") or {})
    return {**options.chat_template_kwargs, **own, **({"tools": without_none(tools)} if tools else {})}


def value_of(row: Row, name: str) -> Any:
    """The value of a column that has to be there."""
    value = row.get(name)
    if value is None:
        raise UserError(f"`{name}` is empty (null)")
    return value


def text_of(row: Row, name: str) -> str:
    """The value of a column that is text in this dataset."""
    value = value_of(row, name)
    if not isinstance(value, str):
        raise UserError(f"`{name}` holds {writing_of(value, name)} where the first rows have text")
    return value


def list_of(row: Row, name: str) -> list[Any]:
    """The value of a column that is a list in this dataset."""
    value = value_of(row, name)
    if not isinstance(value, list):
        raise UserError(f"`{name}` is a {type(value).__name__} where a list is expected")
    return value
