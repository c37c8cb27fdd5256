"""Which version of a GNU licence a sentence means, and whether later ones too."""

import re

_FAMILY = re.compile(r"(A?L?GPL|GFDL)-(\d\.\d)-(only|or-later)\Z")
_VERSIONS = {
    "GPL": ("1.0", "2.0", "3.0"),
    "LGPL": ("2.0", "2.1", "3.0"),
    "AGPL": ("1.0", "3.0"),
    "GFDL": ("1.1", "1.2", "1.3"),
}
# Where the sentence that names the licence is over.
_END = re.compile(
    r"\b(?:without any warranty|without even|distributed in the hope|alternatively|see the gnu|"
    r"you should have|or the gnu|and the gnu|"
    r"under|or the|and the|apache|mit|bsd|mozilla|#)\b"
)
_VERSION = re.compile(r"\b(?:either )?v(?:ersion|er)? ?(\d)(?: (\d))?\b")
_LATER = re.compile(
    r"\b(?:(?:or|and)(?: \w+){0,4} (?:later|newer|higher|greater|above|subsequent)|any later)\b"
)
_SECOND = re.compile(r"\b(?:or|and)(?: the)?(?: version| v)? ?(\d)(?: 0)?\b")
_TAIL_WORDS = 36


def stated_version(listed: list[str], at: int, found: tuple[str, int], before: str) -> tuple[str, int]:
    """`found` with the version that the words around it state.

    Args:
        listed: The words of the text.
        at: Index of the first word of the name.
        found: What the name alone means, and the index behind it.
        before: Digits of a version stated before the name ("version 2 of the GNU ..."), or "".

    Returns:
        Expression and the index behind the last word that was used. A GNU licence without a version is its
        first one or later, as the licences themselves say.
    """
    family = _FAMILY.match(found[0])
    if family is None:
        return found
    has_version = any(character.isdigit() for word in listed[at : found[1]] for character in word)
    if has_version and family[3] == "or-later":
        return found
    tail = " ".join(listed[found[1] : found[1] + _TAIL_WORDS])
    tail = _cut(tail)
    used = 0
    version = family[2] if has_version else _known(family[1], before)
    if version is None:
        stated = _VERSION.search(tail)
        if stated is not None:
            version = _known(family[1], " ".join(filter(None, stated.groups())))
            used = stated.end()
    if version is None:
        return found
    is_later = "later" in " ".join(listed[max(0, at - 10) : at]) if before else False
    later = _LATER.search(tail, used, used + 110)
    second = _SECOND.search(tail, used, used + 24)
    form = f"{family[1]}-{version}-{'or-later' if later or is_later else 'only'}"
    if second is not None and later is None and _known(family[1], second[1]):
        form, used = f"{form} OR {family[1]}-{_known(family[1], second[1])}-only", second.end()
    used = max(used, later.end() if later else 0)
    return form, found[1] + len(tail[:used].split())


def _cut(tail: str) -> str:
    # "or the GNU Lesser ..." opens the next licence; "under" may still belong to "version 2 as published
    # under".
    over = _END.search(tail)
    masked = tail.find("#")
    ends = [place for place in (over.start() if over else -1, masked) if place >= 0]
    return tail[: min(ends)] if ends else tail


def _known(family: str, digits: str) -> str | None:
    if not digits:
        return None
    parts = digits.split()
    versions = _VERSIONS[family]
    for candidate in (".".join(parts[:2]), f"{parts[0]}.0"):
        if candidate in versions:
            return candidate
    return None
