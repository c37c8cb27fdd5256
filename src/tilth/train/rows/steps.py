"""Solutions cut into steps, as process reward models read them."""

import re
from collections.abc import Callable, Mapping

from tilth.errors import UserError

SHEPHERD_MARK = "ки"
"""What stands behind each step in Math-Shepherd (arXiv:2312.08935); in `label`, `+` or `-` stands in its place."""

_NUMBERED = re.compile(r"^[ \t]*(?:\(\d+\)|\d+[.):])[ \t]+", re.MULTILINE)
_NAMED = re.compile(
    r"^[ \t]*(?:#+[ \t]*|\*\*)?step[ \t]+\d+\b[ \t]*(?:\*\*)?[ \t]*[.:)\-–—]?(?:\*\*)?[ \t]*",
    re.IGNORECASE | re.MULTILINE,
)
_TAGGED = re.compile(r"<step(?:\s[^>]*)?>(.*?)</step>", re.DOTALL | re.IGNORECASE)
_BLANK = re.compile(r"\n[ \t]*\n\s*")


def separated(text: str, separator: str = "\n") -> list[str]:
    """Steps between separators; empty ones are none."""
    if not separator:
        raise UserError("the separator of steps is empty")
    return _full(text.split(separator))


def numbered(text: str) -> list[str]:
    """Steps that begin a line with `1.`, `2)`, `3:` or `(4)`; text before the first one is a step of its own."""
    return _at_heads(text, _NUMBERED)


def named(text: str) -> list[str]:
    """Steps that begin a line with `Step 1:` in any case, with or without Markdown's marks."""
    return _at_heads(text, _NAMED)


def tagged(text: str) -> list[str]:
    """Steps in `<step>…</step>`; text outside them, such as the final answer, is a step where it stands."""
    pieces: list[str] = []
    end = 0
    for found in _TAGGED.finditer(text):
        pieces += [text[end : found.start()], found.group(1)]
        end = found.end()
    return _full([*pieces, text[end:]])


def paragraphs(text: str) -> list[str]:
    """Steps between blank lines."""
    return _full(_BLANK.split(text))


PARSERS: Mapping[str, Callable[[str], list[str]]] = {
    "tagged": tagged,
    "named": named,
    "numbered": numbered,
    "paragraphs": paragraphs,
    "lines": separated,
}
"""Name -> parser, from the surest sign of a step to the least."""


def split_steps(text: str, how: str = "auto") -> list[str]:
    """The steps of a solution.

    Args:
        text: The solution.
        how: A name of `PARSERS`; `auto` takes the first of them that finds two steps or more.

    Raises:
        UserError: There is no parser of that name.
    """
    if how != "auto":
        if how not in PARSERS:
            raise UserError(f"there is no parser of steps `{how}`", hint=f"auto, {', '.join(PARSERS)}")
        return PARSERS[how](text)
    for parse in PARSERS.values():
        if len(found := parse(text)) > 1:
            return found
    return _full([text])


def math_shepherd(text: str, label: str) -> tuple[str, list[str], list[bool]]:
    """Prompt, steps and labels of a row in Math-Shepherd's shape.

    `text` has a mark behind each step, and `label` is the same text with `+` or `-` instead of the mark. The prompt is
    what stands before the first step, which begins with `Step 1:`.

    Raises:
        UserError: The two do not fit each other.
    """
    *pieces, tail = text.split(SHEPHERD_MARK)
    if not pieces:
        raise UserError(f"`input` holds no mark `{SHEPHERD_MARK}`, which ends each step")
    labels = []
    rest = label
    for at, piece in enumerate(pieces):
        if not rest.startswith(piece) or (sign := rest[len(piece) : len(piece) + 1]) not in ("+", "-"):
            raise UserError(
                f"`label` differs from `input` at step {at + 1}, or has neither + nor - behind it"
            )
        labels.append(sign == "+")
        rest = rest[len(piece) + 1 :]
    if rest.strip() != tail.strip():
        raise UserError("`label` differs from `input` behind the last step")
    start = max(pieces[0].rfind("Step 1"), 0)
    return pieces[0][:start], _stripped([pieces[0][start:], *pieces[1:]]), labels


def _at_heads(text: str, head: re.Pattern[str]) -> list[str]:
    places = [found.start() for found in head.finditer(text)]
    if not places:
        return _full([text])
    return _full(
        [text[: places[0]], *(text[a:b] for a, b in zip(places, [*places[1:], len(text)], strict=True))]
    )


def _full(pieces: list[str]) -> list[str]:
    return [piece for piece in _stripped(pieces) if piece]


def _stripped(pieces: list[str]) -> list[str]:
    return [piece.strip() for piece in pieces]
