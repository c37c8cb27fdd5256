"""SPDX expressions: valid or not, one canonical spelling, and how several become one.

Syntax: SPDX specification 3.0, annex "SPDX license expressions"; parsed by `license-expression`.
"""

import re
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

_MAX_CHARACTERS = 2_000
_KEPT_EXPRESSIONS = 16_384
# The parser of boolean.py recurses: deep nesting must not end the process.
_MAX_PARENTHESES = 40
_REFERENCE = re.compile(r"(?:DocumentRef-[A-Za-z0-9.-]+:)?LicenseRef-[A-Za-z0-9.-]+\Z")
_GNU_FORM = re.compile(r"(A?L?GPL|GFDL)-(\d\.\d)-(only|or-later)\Z")
# Identifiers that SPDX gave up for a licence WITH an exception (licence list 3.0 and later), by their lower-case name.
_SUCCESSORS = {
    "gpl-2.0-with-autoconf-exception": "GPL-2.0-only WITH Autoconf-exception-2.0",
    "gpl-2.0-with-bison-exception": "GPL-2.0-or-later WITH Bison-exception-2.2",
    "gpl-2.0-with-classpath-exception": "GPL-2.0-only WITH Classpath-exception-2.0",
    "gpl-2.0-with-font-exception": "GPL-2.0-only WITH Font-exception-2.0",
    "gpl-2.0-with-gcc-exception": "GPL-2.0-only WITH GCC-exception-2.0",
    "gpl-3.0-with-autoconf-exception": "GPL-3.0-only WITH Autoconf-exception-3.0",
    "gpl-3.0-with-gcc-exception": "GPL-3.0-only WITH GCC-exception-3.1",
    "ecos-2.0": "GPL-2.0-or-later WITH eCos-exception-2.0",
    "wxwindows": "LGPL-2.0-or-later WITH WxWindows-exception-3.1",
    "standardml-nj": "SMLNJ",
}
_DEPRECATED = re.compile(
    r"(?<![\w.-])(?:" + "|".join(map(re.escape, _SUCCESSORS)) + r")(?![\w.+-])", re.IGNORECASE
)


def identifiers() -> list[str]:
    """The identifiers of the SPDX licence list."""
    lines = files("tilth.data.facts.licence").joinpath("spdx_identifiers.txt").read_text("utf-8").splitlines()
    return [line for line in lines if not line.startswith("#")]


@cache
def licensing() -> Any:
    """The parser with the SPDX identifiers (60 ms to build, hence on first use).

    The licence list has identifiers that `license-expression` does not know yet; they are added.
    """
    from license_expression import LicenseSymbol, Licensing, get_spdx_licensing

    known = get_spdx_licensing().known_symbols
    lowered = {name.lower() for name in known}
    added = [LicenseSymbol(line) for line in identifiers() if line.lower() not in lowered]
    return Licensing([*known.values(), *added])


@lru_cache(_KEPT_EXPRESSIONS)
def canonical(expression: str) -> str | None:
    """The canonical spelling of a valid SPDX expression, or None where it is not one.

    Deprecated identifiers become their successors (`GPL-2.0+` -> `GPL-2.0-or-later`); operands are sorted and
    duplicates removed. Nothing that is stated is lost: `(MIT OR GPL-2.0-only) AND GPL-2.0-only` stays as it is, for it
    says that some of a file may be had under MIT, which `GPL-2.0-only` alone does not.
    """
    parsed = parse(_DEPRECATED.sub(lambda one: _SUCCESSORS[one[0].lower()], expression))
    if parsed is None:
        return None
    return str(_tidy(parsed).render())


def _tidy(parsed: Any) -> Any:
    """An expression without nesting of like operators, its operands in order and each once."""
    if parsed.isliteral:
        return parsed
    operands: dict[str, Any] = {}
    for one in map(_tidy, parsed.args):
        for operand in one.args if type(one) is type(parsed) else (one,):
            operands[str(operand.render())] = operand
    ordered = sorted(operands.values())
    return ordered[0] if len(ordered) == 1 else type(parsed)(*ordered)


@lru_cache(_KEPT_EXPRESSIONS)
def parse(expression: str) -> Any | None:
    """The parsed expression, or None where a part of it is neither an SPDX identifier nor a LicenseRef."""
    if (
        not expression.strip()
        or len(expression) > _MAX_CHARACTERS
        or expression.count("(") > _MAX_PARENTHESES
    ):
        return None
    from boolean import ParseError
    from license_expression import ExpressionError, LicenseWithExceptionSymbol

    try:
        parsed = licensing().parse(expression, validate=False)
        keys = parsed.symbols if parsed is not None else ()
    except (ExpressionError, ParseError, AttributeError, TypeError, ValueError, LookupError):
        return None
    if not keys:
        return None
    for symbol in keys:
        if isinstance(symbol, LicenseWithExceptionSymbol):
            exception = symbol.exception_symbol
            if not (
                _is_known(symbol.license_symbol, exception=False) and _is_known(exception, exception=True)
            ):
                return None
        elif not _is_known(symbol, exception=False):
            return None
    return parsed


def is_exception(name: str) -> bool:
    """True for the identifier of an exception, which is no licence without one."""
    symbol = licensing().known_symbols.get(name)
    return symbol is not None and bool(symbol.is_exception)


def _is_known(symbol: Any, *, exception: bool) -> bool:
    key = str(symbol.key)
    known = licensing().known_symbols.get(key)
    if known is not None:
        return bool(known.is_exception) == exception
    if not exception and key.endswith("+"):
        return key[:-1] in licensing().known_symbols
    return _REFERENCE.match(key) is not None


def family(name: str) -> str:
    """A GNU licence without `-only` and `-or-later`, for their texts are the same; another one as it is."""
    form = _GNU_FORM.match(name)
    return f"{form[1]}-{form[2]}" if form else name


def joined(operands: list[str], operator: str) -> str | None:
    """Valid expressions joined by `AND` or `OR`, canonical; None for none."""
    distinct = list(dict.fromkeys(operands))
    if not distinct:
        return None
    if len(distinct) == 1:
        return canonical(distinct[0])
    return canonical(f" {operator} ".join(f"({one})" for one in distinct))


def without_shadowed(operands: list[str], texts: set[str]) -> list[str]:
    """Drop `X-only` where `X-or-later` is stated too, if only a bare text (`texts`) says so: it takes back nothing."""
    present = set(operands)
    kept = []
    for one in operands:
        form = _GNU_FORM.match(one)
        if (
            one in texts
            and form
            and form.group(3) == "only"
            and f"{form.group(1)}-{form.group(2)}-or-later" in present
        ):
            continue
        kept.append(one)
    return kept
