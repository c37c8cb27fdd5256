r"""Whether two pieces of mathematics have the same value: numbers, fractions, LaTeX, expressions with letters.

Nothing is evaluated as code. Text is read as arithmetic, and two expressions are equal where they have the same value
at several points.
"""

import cmath
import math
import random
import re
from collections.abc import Callable, Mapping

_TOKEN = re.compile(r"\s*(\\[A-Za-z]+|\d+\.?\d*|\.\d+|[A-Za-z]|\*\*|.)", re.DOTALL)
_NUMBER = re.compile(r"-?\d[\d,]*(?:\.\d+)?(?:/\d+)?%?")
_SPACING = re.compile(r"\\(?:left|right|big|Big|bigg|Bigg|displaystyle|limits|,|;|:|!|\s)|~|\\quad|\\qquad")
_TEXT = re.compile(r"\\(?:text|mathrm|mathbf|operatorname|textbf|mbox)\s*\{([^{}]*)\}")
_UNITS = re.compile(r"\\?\$|\\?%|\^\s*\{?\s*\\(?:circ|degree)\s*\}?|\\(?:circ|degree)|°")
_LARGEST_POWER = 512
_MOST_TOKENS = 400
_POINTS = 4
_CLOSE = 1e-9
_LETTERS = "abcdfghjklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
# Without e and i, which are numbers.

_FUNCTIONS: Mapping[str, Callable[[complex], complex]] = {
    "sin": cmath.sin, "cos": cmath.cos, "tan": cmath.tan, "log": cmath.log, "ln": cmath.log, "exp": cmath.exp,
    "arcsin": cmath.asin, "arccos": cmath.acos, "arctan": cmath.atan, "sqrt": cmath.sqrt,
}  # fmt: skip
_CONSTANTS = {"pi": math.pi, "e": math.e, "i": 1j, "infty": math.inf}


class _NoMathematics(Exception):
    """The text is none that is understood."""


def same_value(said: str, wanted: str) -> float | None:
    """1 where the last value of `said` is that of `wanted`, else 0; None where `wanted` has no value."""
    right = last_value(wanted) or wanted.strip()
    if not right:
        return None
    found = last_value(said)
    return float(found is not None and equal(found, right))


def last_value(text: str) -> str | None:
    r"""What stands in the last `\boxed{}`, or in the last dollar signs, or the last number; None without any."""
    boxed = _boxed(text)
    if boxed is not None:
        return boxed
    pieces = text.split("$")
    if len(pieces) >= 3 and (within := pieces[-2].strip()):
        return within.rpartition("=")[2].strip() or within
    numbers = _NUMBER.findall(text)
    return numbers[-1] if numbers else None


def _boxed(text: str) -> str | None:
    start = max(text.rfind("\\boxed{"), text.rfind("\\fbox{"))
    if start < 0:
        return None
    depth, begin = 0, text.index("{", start) + 1
    for at in range(begin - 1, len(text)):
        depth += (text[at] == "{") - (text[at] == "}")
        if not depth:
            return text[begin:at].strip()
    return None


def equal(one: str, other: str) -> bool:
    """Whether two expressions, tuples, sets or words are the same."""
    one, other = _plain(one), _plain(other)
    if one == other:
        return True
    first, second = _members(one), _members(other)
    if first is None or second is None:
        return _equal_values(one, other)
    (brackets, mine), (others, theirs) = first, second
    if brackets != others or len(mine) != len(theirs):
        return False
    if brackets == "{}":
        left = list(theirs)
        for part in mine:
            match = next((whole for whole in left if equal(part, whole)), None)
            if match is None:
                return False
            left.remove(match)
        return True
    return all(equal(a, b) for a, b in zip(mine, theirs, strict=True))


def _plain(text: str) -> str:
    text = _SPACING.sub(" ", _TEXT.sub(r"\1", text.strip().rstrip(".")))
    text = _UNITS.sub("", text).replace("\\dfrac", "\\frac").replace("\\tfrac", "\\frac")
    text = text.replace("\\{", "{").replace("\\}", "}").replace("−", "-")
    head, sign, tail = text.rpartition("=")
    if sign and len(head.strip()) <= 2:
        text = tail
    return re.sub(r"(?<=\d),(?=\d{3}(?!\d))", "", " ".join(text.split()))


def _members(text: str) -> tuple[str, list[str]] | None:
    """Brackets and parts of a tuple, an interval or a set."""
    if len(text) < 3 or text[0] not in "([{" or text[-1] not in ")]}":
        return None
    parts, depth, last = [], 0, 1
    for at, sign in enumerate(text[1:-1], 1):
        depth += (sign in "([{") - (sign in ")]}")
        if depth < 0:
            return None
        if sign == "," and not depth:
            parts.append(text[last:at])
            last = at + 1
    if not parts:
        return None
    return text[0] + text[-1], [*parts, text[last:-1]]


def _equal_values(one: str, other: str) -> bool:
    rng = random.Random(0)
    try:
        for _ in range(_POINTS):
            letters = {letter: rng.uniform(0.5, 2.5) for letter in _LETTERS}
            first, second = (_Reader(text, letters).value() for text in (one, other))
            if first == second:
                continue
            if cmath.isinf(first) or cmath.isinf(second) or cmath.isnan(first) or cmath.isnan(second):
                return False
            if abs(first - second) > _CLOSE * max(1.0, abs(first), abs(second)):
                return False
    except (_NoMathematics, ArithmeticError, ValueError, RecursionError):
        return False
    return True


class _Reader:
    """Reads an expression by recursive descent, and values it as it goes."""

    def __init__(self, text: str, letters: Mapping[str, float]) -> None:
        self._tokens = [token for token in _TOKEN.findall(text) if token.strip()]
        if len(self._tokens) > _MOST_TOKENS:
            raise _NoMathematics
        self._at, self._letters = 0, letters

    def value(self) -> complex:
        found = self._sum()
        if self._at < len(self._tokens):
            raise _NoMathematics
        return found

    def _peek(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _take(self, *wanted: str) -> bool:
        if self._peek() in wanted and self._peek():
            self._at += 1
            return True
        return False

    def _sum(self) -> complex:
        found = -self._product() if self._take("-") else (self._take("+"), self._product())[1]
        while self._peek() in ("+", "-") and self._peek():
            sign = 1 if self._take("+") else (self._take("-"), -1)[1]
            found += sign * self._product()
        return found

    def _product(self) -> complex:
        found = self._power()
        while token := self._peek():
            if self._take("*", "\\cdot", "\\times"):
                found *= self._signed()
            elif self._take("/", "\\div"):
                found /= self._signed()
            elif token[0].isalnum() or token in ("(", "{", "[") or token[0] == "\\":
                found *= self._power()
            else:
                break
        return found

    def _signed(self) -> complex:
        return -self._signed() if self._take("-") else self._power()

    def _power(self) -> complex:
        base = self._atom()
        while self._take("!"):
            if base.imag or base.real != int(base.real) or not 0 <= base.real <= 100:
                raise _NoMathematics
            base = complex(math.factorial(int(base.real)))
        if self._take("^", "**"):
            power = self._signed()
            if abs(power) > _LARGEST_POWER:
                raise _NoMathematics
            return complex(base**power)
        return base

    def _atom(self) -> complex:
        token = self._peek()
        self._at += 1
        if not token:
            raise _NoMathematics
        if token[0].isdigit() or token[0] == ".":
            return complex(float(token))
        for opening, closing in (("(", ")"), ("{", "}"), ("[", "]")):
            if token == opening:
                found = self._sum()
                if not self._take(closing):
                    raise _NoMathematics
                return found
        if token == "|":
            found = self._sum()
            if not self._take("|"):
                raise _NoMathematics
            return complex(abs(found))
        if token == "√":
            return cmath.sqrt(self._atom())
        name = token.lstrip("\\")
        if token[0] == "\\":
            return self._command(name)
        if name in self._letters:
            return complex(self._letters[name])
        if name in _CONSTANTS:
            return complex(_CONSTANTS[name])
        raise _NoMathematics

    def _command(self, name: str) -> complex:
        if name == "frac":
            above = self._argument()
            return above / self._argument()
        if name == "sqrt" and self._take("["):
            root = self._sum()
            if not self._take("]"):
                raise _NoMathematics
            return complex(self._argument() ** (1 / root))
        if name in _FUNCTIONS:
            power = self._signed() if self._take("^") else 1
            return complex(_FUNCTIONS[name](self._argument()) ** power)
        if name in _CONSTANTS:
            return complex(_CONSTANTS[name])
        raise _NoMathematics

    def _argument(self) -> complex:
        r"""What a command is applied to: a group, or one sign (`\frac12`)."""
        token = self._peek()
        if len(token) > 1 and token.isdigit():
            self._tokens[self._at : self._at + 1] = list(token)
        return self._power() if token and token not in "{(" else self._atom()
