"""What the rules found in a document say as evidence: statements that hold, joined where they offer a choice."""

import re
from dataclasses import replace

from tilth.data.facts.licence.context import (
    is_about_this,
    is_denied,
    is_granted,
    is_listed,
    is_of_part,
    is_offered,
    is_under_heading,
    words_before,
)
from tilth.data.facts.licence.expressions import canonical, is_exception, joined
from tilth.data.facts.licence.finding import (
    INVALID_TAG,
    PROPRIETARY,
    PUBLIC_DOMAIN,
    UNKNOWN,
    Finding,
)
from tilth.data.facts.licence.one_statement import without_pieces
from tilth.data.facts.licence.rule_kinds import INTRO, NOTICE, TEXT
from tilth.data.facts.licence.rules import rules
from tilth.data.facts.licence.scan import Match

_OWN_NAMES = {
    "LicenseRef-scancode-public-domain": PUBLIC_DOMAIN,
    "LicenseRef-scancode-proprietary-license": PROPRIETARY,
    "LicenseRef-scancode-unknown": UNKNOWN,
    "LicenseRef-scancode-unknown-spdx": INVALID_TAG,
}
REFERENCE_ONLY = "LicenseRef-scancode-unknown-license-reference"
# A sentence that denies warranties grants nothing and takes nothing back.
_NO_LICENCE = frozenset({REFERENCE_ONLY, "LicenseRef-scancode-warranty-disclaimer"})
_KINDS = ("text", "notice", "notice", "notice", "notice", "notice")
SHORT_WORDS = 30
"""Statements of at most so many words depend on what stands around them."""
_NAME_WORDS = 4
_BRIEF_WORDS = 8
_NEAR_BYTES = 120
_MAY_HAVE_EXCEPTION = re.compile(
    r"(?:[AL]?GPL-[\d.]+(?:-only|-or-later)|Apache-2\.0|CDDL-1\.[01]|CPL-1\.0|EPL-[12]\.0)\Z"
)
_CUT_SHARE = 0.75
_FOREIGN_WORDS = 40
_CODE = re.compile(rb"==|!=|['\"] ?[,:]|&&|\|\||->|\(\)")
_KEYED = re.compile(rb"licen[sc]e[sd]?['\"]\s*(?::|=>)\s*\[?\s*['\"]", re.IGNORECASE)
_ACROSS = re.compile(rb"['\"]\s*,\s*['\"]")
_OF_OTHER = re.compile(rb"(?<!licen[sc]e)(?<!licen[sc]es)['\"]\s*(?::|=>|,)\s*['\"]\Z", re.IGNORECASE)
_KEY = re.compile(rb"licen[sc]e[sd]?(?:_\w+|__)?['\"]?\s*(?:[:=]|=>|\()?\s*[\[(]?['\"]\Z", re.IGNORECASE)
_LEGAL = re.compile(rb"licen[sc]|\bunder\b|\bterms\b|copying|copyright|public", re.IGNORECASE)
_ADDRESS = re.compile(rb"https?://|www\.")
_OF_LICENCE = re.compile(rb"licen[sc]|legal", re.IGNORECASE)
# "(public domain)", "a public domain implementation"
_QUALIFIES = re.compile(rb"\)|[ \t]+(?!(?:and|or|by|as|with|in|for)\b)[a-z]")
_DEDICATES = re.compile(
    rb"licen[sc]|copyright|disclaim|\b(?:placed|put|released|dedicat\w+|donated|this is)\b", re.IGNORECASE
)
_PUBLIC_DOMAIN = "LicenseRef-scancode-public-domain"
_OR = re.compile(
    rb"\b(?:and/)?or\b(?!\W+(?:\(?at your|any|later|newer|above|greater|higher|subsequent|modify|use))|\|",
    re.I,
)
_EITHER = re.compile(r"\b(?:either|dual|dually|double|tri|triple|multi|alternatively|choice|choose)\b")
_CHOICE_BEHIND = re.compile(
    rb"\W{0,6}(?:licen[sc]es?\W+)?(?:,? ?at your (?:option|choice)|whichever)", re.IGNORECASE
)
_TEXT_WORDS = 250
_PART = "part:"
_BETWEEN_BYTES = 160
_TITLE_BYTES = 200
_COMPATIBLE = re.compile(rb"[\s-]compatib", re.IGNORECASE)


def statements(data: bytes, matches: list[Match], *, is_prose: bool, is_licence: bool) -> list[Finding]:
    """The findings that the rules in a document stand for.

    Args:
        data: The document.
        matches: The rules in it, in order of place.
        is_prose: True for a document such as a README, which speaks of other people's licences as well.
        is_licence: True for a file whose name promises a licence: all that it says is meant.
    """
    table = rules()
    numbers = table.numbers
    found: list[Finding] = []
    for match in matches:
        kind = int(numbers.kinds[match.rule])
        stated = table.expressions[numbers.expression_of[match.rule]]
        length = int(numbers.bounds[match.rule + 1] - numbers.bounds[match.rule])
        kind = TEXT if length > _TEXT_WORDS else kind
        is_name = kind != TEXT and match.matched <= _NAME_WORDS
        if is_name and _COMPATIBLE.search(data, match.start, match.end + 12):
            continue
        if kind not in (INTRO, TEXT) and not is_licence:
            if match.matched <= _BRIEF_WORDS and _is_of_table(data, match):
                continue
            if is_name and not _is_meant(data, match, kind):
                continue
            if match.matched <= _BRIEF_WORDS and _is_aside(data, match, stated):
                continue
        one = _finding(match, kind, stated, length, table.names[match.rule])
        if kind != TEXT and match.matched <= SHORT_WORDS:
            before = words_before(data, match.start)
            if not is_licence and one.expression is not None and is_denied(before, is_prose=is_prose):
                continue
            if is_prose and match.matched <= _BRIEF_WORDS and not _is_own(data, match, before):
                continue
            if is_offered(before):
                one = replace(one, choice=True)
            if (
                not is_licence
                and match.matched <= _BRIEF_WORDS
                and one.expression is not None
                and is_of_part(before)
            ):
                one = replace(one, rule=f"{_PART}{one.rule}")
        found.append(one)
        if kind == TEXT:
            found += _alterations(one, match, length, is_licence=is_licence)
    found = _without_titles(without_pieces(_with_rest(found)))
    return _with_exceptions(_with_choices(data, found))


def _is_short(one: Finding) -> bool:
    return one.kind != "text" and one.words <= SHORT_WORDS


def _with_rest(found: list[Finding]) -> list[Finding]:
    """Where all statements are about parts of a file, what holds for the rest of it is not known."""
    if any(one.expression and not one.rule.startswith(_PART) for one in found):
        return found
    return [
        replace(one, expression=joined([one.expression, UNKNOWN], "AND")) if one.expression else one
        for one in found
    ]


def _without_titles(found: list[Finding]) -> list[Finding]:
    """Drop "MIT License" right above the text of MIT-0: a title is no statement of its own."""
    return [
        one
        for at, one in enumerate(found)
        if not (
            _is_short(one)
            and at + 1 < len(found)
            and found[at + 1].kind == "text"
            and found[at + 1].start - one.end <= _TITLE_BYTES
            and (found[at + 1].expression or "").startswith(f"{one.expression}-")
        )
    ]


def _with_exceptions(found: list[Finding]) -> list[Finding]:
    """Put an exception that stands by itself behind the licence beside it (`... WITH Classpath-exception-2.0`)."""
    for at, one in enumerate(found):
        if one.expression is None or not is_exception(one.expression):
            continue
        beside = [*reversed(found[:at]), *found[at + 1 :]]
        licences = (other.expression for other in beside if other.expression)
        base = next((name for name in licences if _MAY_HAVE_EXCEPTION.match(name)), None)
        whole = canonical(f"{base or UNKNOWN} WITH {one.expression}")
        if whole is None:
            continue
        found = [
            replace(other, expression=whole) if other is one or other.expression == base else other
            for other in found
        ]
    return found


def _finding(match: Match, kind: int, stated: str, length: int, name: str) -> Finding:
    score = round(match.matched / max(length, match.words), 4)
    if stated in _NO_LICENCE:
        said = "reference" if stated == REFERENCE_ONLY else "notice"
        return Finding(match.start, match.end, said, name, None, score, match.matched)
    expression = re.sub(r"LicenseRef-scancode-[\w.-]+", lambda one: _OWN_NAMES.get(one[0], one[0]), stated)
    return Finding(match.start, match.end, _KINDS[kind], name, expression, score, match.matched)


def _alterations(one: Finding, match: Match, length: int, *, is_licence: bool) -> list[Finding]:
    """What makes a text another one than its rule: words of restriction, a foreign passage, a part cut off."""
    if match.stern:
        return [replace(one, rule=f"restricted:{one.rule}", expression=UNKNOWN)]
    if not is_licence:
        return []
    if match.foreign > _FOREIGN_WORDS:
        return [replace(one, rule=f"altered:{one.rule}", expression=UNKNOWN)]
    if match.matched < _CUT_SHARE * length and length > 60:
        return [replace(one, rule=f"cut:{one.rule}", expression=UNKNOWN)]
    return []


def _is_meant(data: bytes, match: Match, kind: int) -> bool:
    """True where a bare name of a licence is a statement, not a word of code or of a table."""
    raw = data[match.start : match.end]
    if _KEYED.match(raw):
        return True
    if _CODE.search(raw):
        return False
    before, behind = data[max(0, match.start - 60) : match.start], data[match.end : match.end + 4]
    opening, closing = before.rstrip(b" ("), behind.lstrip(b" )+")
    if opening[-1:] in (b"'", b'"') and closing[:1] in (b"'", b'"'):
        return _KEY.search(opening) is not None
    if match.matched <= 2 and (
        before[-1:] in (b"_", b".", b"$", b"-", b">") or behind[:1] in (b"(", b"_", b"[")
    ):
        return False
    if (
        (match.matched > 1 and kind == NOTICE)
        or match.matched >= 4
        or 2 * (match.end - match.start) > len(data)
    ):
        return True
    around = data[max(0, match.start - _NEAR_BYTES) : match.end + _NEAR_BYTES]
    return _LEGAL.search(around) is not None


def _is_of_table(data: bytes, match: Match) -> bool:
    """True where a brief name runs from one string of a program into the next, or is one with another as its key."""
    if _KEYED.match(data, match.start, match.end):
        return False
    if _ACROSS.search(data, match.start, match.end):
        return True
    before = data[max(0, match.start - 60) : match.start]
    opening = before.rstrip(b" (")
    is_string = opening[-1:] in (b"'", b'"') and data[match.end : match.end + 1] == opening[-1:]
    return is_string and _OF_OTHER.search(opening) is not None


def _is_aside(data: bytes, match: Match, stated: str) -> bool:
    """True for an address, or words about the public domain, that nothing around them makes a statement."""
    raw = data[match.start : match.end]
    is_address = _ADDRESS.match(raw) is not None and not _OF_LICENCE.search(raw)
    is_dedication = stated == _PUBLIC_DOMAIN and _QUALIFIES.match(data, match.end) is not None
    if not (is_address or is_dedication) or 2 * len(raw) > len(data):
        return False
    around = data[max(0, match.start - _NEAR_BYTES) : match.start] + data[match.end : match.end + _NEAR_BYTES]
    return (_LEGAL if is_address else _DEDICATES).search(around) is None


def _is_own(data: bytes, match: Match, before: list[str]) -> bool:
    """True where a brief statement in a document is about this work."""
    own = words_before(data[match.start : match.end], match.end - match.start)
    return (
        is_about_this(before)
        or (is_granted([*before, *own]) and not is_listed(data, match.start))
        or _opens_line(data, match)
        or is_under_heading(data, match.start)
    )


def _opens_line(data: bytes, match: Match) -> bool:
    """True where the statement opens its line, but for marks; a bare name needs a heading about licences above it."""
    before = data[max(0, match.start - 80) : match.start]
    if re.search(rb"\w", before.rsplit(b"\n", 1)[-1]):
        return False
    return match.matched > 2 or _LEGAL.search(before) is not None


def _with_choices(data: bytes, found: list[Finding]) -> list[Finding]:
    """Names one behind the other with "or" between them become one statement of a choice."""
    kept: list[Finding] = []
    groups: list[bool] = []
    for one in found:
        last = kept[-1] if kept else None
        if (
            last is not None
            and _is_short(one)
            and groups[-1]
            and last.expression
            and one.expression
            and UNKNOWN not in (last.expression, one.expression)
            and 0 <= one.start - last.end <= _BETWEEN_BYTES
            and _is_choice(data, last, one)
        ):
            kept[-1] = replace(
                last,
                end=one.end,
                rule=f"{last.rule}|{one.rule}",
                expression=joined([last.expression, one.expression], "OR"),
                score=min(last.score, one.score),
            )
            continue
        kept.append(one)
        groups.append(_is_short(one))
    return kept


def _is_choice(data: bytes, last: Finding, one: Finding) -> bool:
    between = data[last.end : one.start]
    if re.search(rb"[.;]\s+[A-Z]|\n\s*\n", between):
        return False
    if _OR.search(between):
        return True
    around = " ".join(words_before(data, last.start)[-10:])
    return len(between) <= 60 and bool(_EITHER.search(around) or _CHOICE_BEHIND.match(data, one.end))
