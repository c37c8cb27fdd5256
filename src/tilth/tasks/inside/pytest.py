"""A stand-in for pytest, for tests that need of it only `raises`, `approx` and `mark.parametrize`."""

import re
from collections.abc import Callable, Sequence
from typing import Any


class raises:
    """Passes where the block raises what is expected."""

    def __init__(self, expected: Any, *call: Any, match: str | None = None, **keywords: Any) -> None:
        self.expected, self.match = expected, match
        self.value: BaseException | None = None
        if call:
            with self:
                call[0](*call[1:], **keywords)

    def __enter__(self) -> "raises":
        return self

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> bool:
        if error is None:
            raise AssertionError(f"did not raise {self.expected}")
        self.value = error
        if not isinstance(error, self.expected):
            return False
        if self.match is not None and not re.search(self.match, str(error)):
            raise AssertionError(f"{error} does not match {self.match}")
        return True


class approx:
    """Equal to numbers near by."""

    def __init__(self, expected: Any, rel: float = 1e-6, abs: float = 1e-12) -> None:
        self.expected, self.rel, self.abs = expected, rel, abs

    def __eq__(self, other: object) -> bool:
        pairs: Any = [(self.expected, other)]
        if isinstance(self.expected, list | tuple) and isinstance(other, list | tuple):
            pairs = list(zip(self.expected, other, strict=True))
        return all(abs(a - b) <= max(self.rel * abs(a), self.abs) for a, b in pairs)

    __hash__ = None  # type: ignore[assignment]


class mark:
    """Marks of tests."""

    @staticmethod
    def parametrize(
        names: str | Sequence[str], values: Sequence[Any], ids: Any = None
    ) -> Callable[[Any], Any]:
        """Run a test once for each of some values."""
        listed = [one.strip() for one in names.split(",")] if isinstance(names, str) else list(names)

        def marked(test: Any) -> Any:
            own = [dict(zip(listed, [one] if len(listed) == 1 else one, strict=True)) for one in values]
            test.cases = [old | new for old in getattr(test, "cases", [{}]) for new in own]
            return test

        return marked
