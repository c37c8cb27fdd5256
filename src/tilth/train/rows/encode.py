"""Drafts to token ids: one call of the tokenizer for a whole batch, and the border between prompt and answer exact.

A prompt and its answer are tokenised together, as the model will see them. Where a token reaches over the border it
counts as the answer's, so prompt and answers together are always the tokens of the whole text, and a prompt is the same
for all its answers.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tilth.errors import UserError
from tilth.train.rows.drafts import Draft
from tilth.train.rows.jinja import Span
from tilth.train.rows.places import Found, Offsets
from tilth.train.rows.quick import Quick

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase


@dataclass(slots=True)
class Coded:
    """A row as token ids."""

    prompt: list[int]
    answers: list[list[int]]
    trained: list[list[bool]]
    beside: dict[str, Any] = field(default_factory=dict)
    is_merged: bool = False
    """The prompt's text ends inside a token."""


class Encoder:
    """A tokenizer without padding, truncation or special tokens of its own accord.

    Args:
        tokenizer: A fast one, which knows the characters of its tokens.
        eos_token: Token that ends a text; the tokenizer's by default.

    Raises:
        UserError: The tokenizer is not a fast one, or `eos_token` is no token of it.
    """

    def __init__(self, tokenizer: "PreTrainedTokenizerBase", eos_token: str | None = None) -> None:
        self._fast: Any = getattr(tokenizer, "backend_tokenizer", None)
        if self._fast is None:
            raise UserError(
                f"the tokenizer `{type(tokenizer).__name__}` does not know which characters its tokens stand for",
                hint="load the fast one (`tokenizer.json`)",
            )
        self._bos, self._end = _ends(tokenizer)
        eos = tokenizer.eos_token_id
        if eos_token is not None:
            eos = self._fast.token_to_id(eos_token)
            if eos is None:
                raise UserError(f"`eos_token` `{eos_token}` is no token of this tokenizer")
        self._eos: int | None = eos
        self._quick: Quick | None = None
        self._has_begun = False

    def encode(self, drafts: Sequence[Draft]) -> list[Coded]:
        """Token ids of a batch, in its order."""
        without_extras(self._fast)
        found = self._tokens([text for draft in drafts for text in draft.texts])
        coded = []
        at = 0
        for draft in drafts:
            part = found[at : at + len(draft.texts)]
            at += len(draft.texts)
            if draft.is_steps:
                coded.append(self._steps(draft, part))
            elif draft.is_prompt:
                coded.append(Coded(self._begun(part[0].ids, draft), [], []))
            else:
                coded.append(self._answers(draft, part))
        return coded

    def _tokens(self, texts: list[str]) -> list[Found]:
        """The fast way, where it is known to be the same and proved on the first texts."""
        if not self._has_begun:
            self._has_begun = True
            made = Quick.of(self._fast)
            self._quick = made if made is not None and made.agrees(self._fast, texts) else None
        quick = self._quick
        if quick is None or not all(map(quick.takes, texts)):
            return [Offsets(one) for one in self._fast.encode_batch(texts, add_special_tokens=False)]
        return list(quick.encode(texts))

    def _answers(self, draft: Draft, found: Sequence[Found]) -> Coded:
        ids = [one.ids for one in found]
        spans = draft.spans or [[(draft.border, len(text))] for text in draft.texts]
        border = min(one.first(draft.border) for one in found)
        if len(ids) > 1:
            # Without a border the prompt is what the answers begin with alike, but for the last token of either.
            most = border if draft.border else min(map(len, ids)) - 1
            border = alike(ids, most)
        flags = [
            trained_flags(one, part, len(text))
            for one, part, text in zip(found, spans, draft.texts, strict=True)
        ]
        prompt, answers, trained = (
            ids[0][:border],
            [row[border:] for row in ids],
            [row[border:] for row in flags],
        )
        merged = border > 0 and draft.border > 0 and found[0].cuts(draft.border)
        if not draft.is_chat:
            prompt, answers, trained = self._ended(prompt, answers, trained)
        if not prompt:
            # Nothing stands before a first token that could predict it.
            trained = [[False, *row[1:]] for row in trained]
        return Coded(prompt, answers, trained, draft.beside, merged)

    def _ended(
        self, prompt: list[int], answers: list[list[int]], trained: list[list[bool]]
    ) -> tuple[list[int], list[list[int]], list[list[bool]]]:
        """Plain text with the BOS that its tokenizer puts in front, once, and an EOS behind each answer, once."""
        end = self._end or ([self._eos] if self._eos is not None else [])
        if not end:
            raise UserError(
                "the tokenizer has no token that ends a text, so a model would never learn to stop",
                hint="say which token it is: `eos_token: TOKEN`",
            )
        for at, row in enumerate(answers):
            if row[-len(end) :] != end:
                answers[at] = row + end
                trained[at] = trained[at] + [True] * len(end)
        whole = prompt or answers[0]
        if self._bos and whole[: len(self._bos)] != self._bos:
            if prompt:
                prompt = self._bos + prompt
            elif len(answers) > 1:
                prompt = list(self._bos)
            else:
                answers = [self._bos + answers[0]]
                trained = [[False] * len(self._bos) + trained[0]]
        return prompt, answers, trained

    def _begun(self, prompt: list[int], draft: Draft) -> list[int]:
        """A prompt with the BOS that its tokenizer puts in front, once."""
        has_bos = draft.is_chat or prompt[: len(self._bos)] == self._bos
        return prompt if has_bos else self._bos + prompt

    def _steps(self, draft: Draft, found: Sequence[Found]) -> Coded:
        """A solution whose steps are tokenised one by one, so that no token reaches over the end of a step."""
        prompt, *pieces = (one.ids for one in found)
        prompt = self._begun(prompt, draft)
        answer: list[int] = []
        ends = []
        for piece in pieces:
            answer += piece
            ends.append(len(answer) - 1)
        flags = [False] * len(answer)
        for end in ends:
            flags[end] = True
        return Coded(prompt, [answer], [flags], {**draft.beside, "step_ends": ends})


def alike(rows: Sequence[list[int]], most: int) -> int:
    """How many tokens all rows begin with alike, `most` at the most."""
    most = max(most, 0)
    first = rows[0][:most]
    if all(row[:most] == first for row in rows):
        return most
    return next(at for at in range(most) if any(row[at] != first[at] for row in rows))


def trained_flags(found: Found, spans: Sequence[Span], length: int) -> list[bool]:
    """Which tokens are trained on: those that hold a character of a span, but for one that reaches out behind it."""
    number = len(found.ids)
    flags: list[bool] = []
    for start, stop in spans:
        first = max(found.first(start), len(flags))
        last = number if stop >= length else found.first(stop)
        flags += [False] * (first - len(flags))
        flags += [True] * (last - first)
    return flags + [False] * (number - len(flags))


def without_extras(fast: Any) -> None:
    """Padding and truncation stay with a tokenizer from its last use."""
    fast.no_padding()
    fast.no_truncation()


def _ends(tokenizer: "PreTrainedTokenizerBase") -> tuple[list[int], list[int]]:
    """What the tokenizer puts before and behind a text by itself."""
    fast = tokenizer.backend_tokenizer
    without_extras(fast)
    plain, full = (
        fast.encode("a", add_special_tokens=False).ids,
        fast.encode("a", add_special_tokens=True).ids,
    )
    at = next((at for at in range(len(full)) if full[at : at + len(plain)] == plain), None)
    return (full[:at], full[at + len(plain) :]) if at is not None and plain else ([], [])
