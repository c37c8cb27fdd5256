"""What the scanner measures on its way: bytes of comments and of strings."""

from typing import Final

from tilth.data.facts.code.constructs import FLAGS, KIND, Row
from tilth.data.facts.code.syntaxes import COMMENT, DELIMITED, HASHED, INDENTED, MULTILINE, STRING, TEMPLATE
from tilth.data.facts.kernels import Counts, part

MEASURES: Final = 3
"""Bytes of comments, of strings, and of the longest string."""


@part
def measure(found: Counts, row: Row, length: int, begins_line: bool, layout: int) -> None:
    """Counts a comment or a string; a string that begins a statement where lines are statements is a comment.

    Such a string is a docstring, or text that nobody uses.
    """
    kind, flags = row[KIND], row[FLAGS]
    if flags & COMMENT or (kind == STRING and flags & MULTILINE and begins_line and layout >= INDENTED):
        found[0] += length
    elif kind == STRING or kind == HASHED or kind == DELIMITED or kind == TEMPLATE:
        found[1] += length
        found[2] = max(found[2], length)
