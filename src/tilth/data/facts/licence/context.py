"""What the words before a statement make of it: a denial, a word about somebody else's work, a part, a choice."""

import re

import re2

_GAP = re.compile(rb"[^a-z0-9+.]+|\.(?=[^0-9]|\Z)")
_SENTENCE = re.compile(rb"[.;:!?]\s+(?=[A-Z\n\r*#/ ])|\n[\s*#/;-]*\n")
_BEFORE_BYTES = 300
_NEAR_WORDS = 5
_FAR_WORDS = 10
_NEGATED = re.compile(
    r"\b(?:not|never|isn|aren|wasn|longer|neither|nor|cannot|previously|formerly|unlike|instead|if)\b"
)
_DEPENDS = re2.compile(
    r"\b(?:depends?|depending|requires?|required|uses|using|links?|linked|dependency|dependencies|"
    r"compatible|incompatible|unlike|combine|other software|for example|think|question)\b"
)
_RELATIVE = re.compile(r"\b(?:which|that|whose|others?|most|many)\b")
_PORTION = re2.compile(
    r"\b(?:portions?|parts of|parts? from|derived|adapted|borrowed|bundles?|bundled|incorporates|copied|taken|ported)\b"
)
_SUBJECT = re.compile(
    r"\b(?:this|it|its|project|code|repository|contents|documentation|all files|licen[sc]ed?|licensing|copyright)\b"
    r"(?=(?: \S+){0,5}\Z)"
)
_GRANTED = re2.compile(
    r"\b(?:licen[sc]ed|released|available|distributed|published|provided|offered|open source|open sourced|free)"
    r"(?: \S+){0,3} (?:under|with)\b"
)
_ITEM = re.compile(rb"[ \t]*(?:[-*+|]|\d+[.)])[ \t]")
_HEADING = re.compile(rb"^(?:#+|=+)[ \t]+([^\n]+)$|^([^\n]{1,80})\n[-=~^]{3,}[ \t]*$", re.MULTILINE)
_LEGAL_HEADING = re.compile(rb"licen[sc]|copying|copyright|legal", re.IGNORECASE)
_SECTION_BYTES = 1_500


def words_before(data: bytes, at: int) -> list[str]:
    """The words of its sentence before `at`, in lower case; the first may be cut."""
    sentence = _SENTENCE.split(data[max(0, at - _BEFORE_BYTES) : at])[-1]
    return _GAP.sub(b" ", sentence.lower()).decode("utf-8", "replace").split()


def is_denied(before: list[str], *, is_prose: bool) -> bool:
    """True where a statement behind these words does not put the file under a licence.

    Args:
        before: The words before it.
        is_prose: True for a document such as a README: there, a sentence about "which" is about another's work.
    """
    near = " ".join(before[-_NEAR_WORDS:])
    if _NEGATED.search(near) or _DEPENDS.search(" ".join(before[-_FAR_WORDS:])):
        return True
    return is_prose and _RELATIVE.search(near) is not None


def is_about_this(before: list[str]) -> bool:
    """True where the words before a statement in a document say that it is about this work."""
    return _SUBJECT.search(" ".join(before[-_FAR_WORDS:])) is not None


def is_granted(said: list[str]) -> bool:
    """True where a sentence, up to the licence that it names, says that something is available under it."""
    return _GRANTED.search(" ".join(said[-2 * _FAR_WORDS :])) is not None


def is_listed(data: bytes, at: int) -> bool:
    """True for a place in an item of a list: there, a document names the works of others."""
    return _ITEM.match(data, data.rfind(b"\n", 0, at) + 1, at) is not None


def is_under_heading(data: bytes, at: int) -> bool:
    """True where the nearest heading above a place in a document promises a licence."""
    headings = _HEADING.findall(data[max(0, at - _SECTION_BYTES) : at])
    return bool(headings) and _LEGAL_HEADING.search(b" ".join(headings[-1])) is not None


def is_of_part(before: list[str]) -> bool:
    """True where a statement behind these words holds for a part of the file."""
    return _PORTION.search(" ".join(before[-_FAR_WORDS:])) is not None


def is_offered(before: list[str]) -> bool:
    """True where a statement behind these words is an alternative to what stands before it."""
    return "alternatively" in before[-20:]
