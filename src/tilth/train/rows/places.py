"""Token ids of a text, and which token holds which character."""

from typing import Any, Protocol

_DROPPED_MAX = 4
"""Characters without a token that are stepped over one by one; more are rare, and looked for among all tokens."""


class Found(Protocol):
    """A text as tokens."""

    ids: list[int]

    def first(self, char: int) -> int:
        """Number of the first token that holds the character or one behind it; the number of all where none does."""
        ...

    def cuts(self, char: int) -> bool:
        """Whether a token begins before the character and reaches over its beginning."""
        ...


class Offsets:
    """Told by the tokenizer itself. Characters that it drops (blanks, mostly) belong to no token."""

    __slots__ = ("_found", "ids")

    def __init__(self, found: Any) -> None:
        self._found = found
        self.ids: list[int] = found.ids

    def first(self, char: int) -> int:
        """See `Found`."""
        if not char:
            return 0
        for near in range(char, char + _DROPPED_MAX):
            if (token := self._found.char_to_token(near)) is not None:
                return int(token)
        offsets = self._found.offsets
        return next((at for at, (_, stop) in enumerate(offsets) if stop > char), len(offsets))

    def cuts(self, char: int) -> bool:
        """See `Found`."""
        first = self.first(char)
        return first > 0 and self._found.token_to_chars(first - 1)[1] != char
