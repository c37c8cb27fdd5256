"""Sentences that put a file under a licence: "licensed under the Apache License, Version 2.0".

Works on words alone, so comment marks and line breaks inside a sentence do not matter. A sentence that is
denied, or is about a dependency, says nothing; one about a part of the file leaves the rest unknown.
"""

import re
from dataclasses import dataclass

import re2

from tilth.data.facts.licence.expressions import canonical, joined
from tilth.data.facts.licence.finding import PUBLIC_DOMAIN, UNKNOWN, Finding
from tilth.data.facts.licence.gnu import stated_version
from tilth.data.facts.licence.spellings import read_name
from tilth.data.facts.licence.words import Words

# A word that stands for a passage already explained by a whole text.
MASK = "#"

_ANCHOR = re2.compile(r"\b(?:under|subject to|governed by|in accordance with|covered by|same terms as)\b")
_VERB = re2.compile(
    r"\b(?:(?:re|sub|dual|tri|multi)?licen[sc](?:ed|es|e|ing)|released?|(?:re)?distributed?|redistribute|"
    r"published|provided|available|"
    r"covered|open sourced?|free software|used?|copy|modify|is|are|offered|contributed|subject|governed)\b"
)
_NEGATED = re.compile(
    r"\b(?:not|never|isn|aren|wasn|longer|neither|nor|cannot|previously|formerly|unlike|instead|if)\b"
)
_DEPENDS = re2.compile(
    r"\b(?:depends?|depending|requires?|required|uses|using|links?|linked|dependency|dependencies|"
    r"compatible|incompatible|unlike|combine|other software|"
    r"for example|think|question)\b"
)
_RELATIVE = re.compile(r"\b(?:which|that|whose|others?|most|many)\b")
_PORTION = re2.compile(
    r"\b(?:portions?|parts of|parts? from|derived|based on|adapted|borrowed|includes?|contains?|bundles?|"
    r"bundled|incorporates|copied|taken|"
    r"ported|third|some|originally|except for|components?|fragments?|snippets?)\b"
)
_SUBJECT = re.compile(
    r"\b(?:this|it|project|code|repository|contents|documentation|all files)\b(?=(?: \w+){0,5}\Z)"
)
_FILL = frozenset(
    "the terms term of and conditions condition following either both one any these licenses license "
    "licences licence a an provisions "
    "same as free open source permissive liberal standard very simple full its own our version your choice "
    "two".split()
)
# "## Licence" right above "Licensed under ..."
_HEADING = re.compile(
    r"\blicen[sc](?:e|es|ing)(?: information| terms| notice)? (?:dual )?(?:licensed|released|distributed)\Z"
)
_CHOICE = re.compile(r"\b(?:dual|dually|double|tri|triple|multi|alternatively|choice|choose)\b")
_OPTION = re.compile(r"\b(?:at your (?:option|choice)|whichever|you may choose|your choice)\b")
_BACK_WORDS = 10
_PUBLIC_DOMAIN = re.compile(
    r"\b(?:(?:this|the) (?:file|code|software|program|work|source code|source|module|library|header|script|"
    r"implementation|data)(?: \w+){0,4}|"
    r"(?:hereby|has been|have been|is|been|i)(?: \w+){0,3} (?:placed|released|dedicated|donated|"
    r"put)(?: \w+){0,4}|placed|dedicated|donated) "
    r"(?:in|into|to|as) (?:the )?public domain\b"
)


@dataclass(frozen=True, slots=True)
class _Named:
    expression: str
    end: int
    choice: bool
    rule: str


def notices_in(words: Words, listed: list[str], *, is_prose: bool, is_licence: bool) -> list[Finding]:
    """The licence sentences of a text.

    Args:
        words: The words of the text.
        listed: The same words, those of passages already explained replaced by `MASK`.
        is_prose: True for a document such as a README: there, the sentence must be about "this".
        is_licence: True for a file whose name promises a licence.
    """
    text = " ".join(listed)
    findings: list[Finding] = []
    taken = -1
    for anchor in _ANCHOR.finditer(text):
        at = text.count(" ", 0, anchor.start())
        begin = at + anchor.group().count(" ") + 1
        before = " ".join(listed[max(0, at - _BACK_WORDS) : at])
        if at <= taken or not _is_statement(before, is_prose=is_prose):
            continue
        named = _names_from(listed, begin)
        if named is None or not (anchor.group() != "under" or _is_clear(before, listed[begin : named.end])):
            continue
        taken = named.end
        expression = named.expression
        is_part = not is_licence and _PORTION.search(before) is not None
        if is_part:
            expression = joined([expression, UNKNOWN], "AND") or UNKNOWN
        choice = "alternatively" in " ".join(listed[max(0, at - 20) : at]).split()
        rule = f"{'portion' if is_part else 'notice'}:{named.rule}"
        findings.append(Finding(*words.span(at, named.end - 1), "notice", rule, expression, 0.9, choice))
    return findings + _public_domain(words, listed, text)


def _is_clear(before: str, name: list[str]) -> bool:
    """True where "under" means a licence: `licensed under X`, `under the terms of X`."""
    return _VERB.search(before) is not None or not {"license", "licence", "terms"}.isdisjoint(name)


def _is_statement(before: str, *, is_prose: bool) -> bool:
    if is_prose:
        # In a document only what is said of "this" counts, wherever the sentence before it ended.
        about = list(_SUBJECT.finditer(before))
        if about:
            before = before[about[-1].start() :]
        elif not _HEADING.search(before):
            return False
    near = " ".join(before.split()[-5:])
    if _NEGATED.search(near) or _DEPENDS.search(before):
        return False
    return not (is_prose and _RELATIVE.search(near))


def _names_from(listed: list[str], at: int) -> _Named | None:
    """The licences named one after another from `at` on, as one expression."""
    first = _one_name(listed, at)
    if first is None:
        return None
    names, end, operators = [first[0]], first[1], set()
    rule = next((word for word in listed[at:end] if word not in _FILL), "name")
    while True:
        connector, start = _connector(listed, end)
        following = _one_name(listed, start) if connector else None
        if following is None:
            break
        names.append(following[0])
        operators.add(connector)
        end = following[1]
    around = " ".join(
        [*listed[max(0, at - _BACK_WORDS) : at], "either" if "either" in listed[at : at + 6] else ""]
    )
    after = " ".join(listed[end : end + 8])
    is_choice = (
        "or" in operators or bool(_CHOICE.search(around)) or "either" in around or bool(_OPTION.match(after))
    )
    expression = joined(names, "OR" if is_choice else "AND")
    return _Named(expression or UNKNOWN, end, is_choice, rule)


def _one_name(listed: list[str], at: int) -> tuple[str, int] | None:
    version = ""
    for place in range(at, min(len(listed), at + 12)):
        found = read_name(listed, place) if listed[place] not in ("of", "terms", "and") else None
        if found is not None and found[1] > place:
            return stated_version(listed, place, found, version)
        if listed[place] in ("version", "v") and place + 1 < len(listed) and listed[place + 1][0].isdigit():
            version = " ".join(word for word in listed[place + 1 : place + 3] if word[0].isdigit())
        elif listed[place] not in _FILL and not (
            version and (listed[place][0].isdigit() or listed[place] in _LATER_WORDS)
        ):
            return None
    return None


_LATER_WORDS = frozenset(["or", "at", "your", "option", "any", "later", "newer"])


def _connector(listed: list[str], at: int) -> tuple[str, int]:
    for place in range(at, min(len(listed), at + 9)):
        word = listed[place]
        if (
            word in _LATER_WORDS
            and "later" in listed[place : place + 6]
            and not {"the", "gnu"} & set(listed[place : place + 3])
        ):
            continue
        if word in ("or", "and"):
            behind = place + 1
            while listed[behind : behind + 1] in (["or"], ["and"]):
                behind += 1
            return ("or" if "or" in listed[place:behind] else "and"), behind
        if word not in (
            "license",
            "licence",
            "the",
            "gpl",
            "lgpl",
            "mit",
            "apache",
            "version",
            "asl",
            "later",
        ):
            return "", at
    return "", at


def _public_domain(words: Words, listed: list[str], text: str) -> list[Finding]:
    findings: list[Finding] = []
    if "public domain" not in text:
        return findings
    for found in _PUBLIC_DOMAIN.finditer(text):
        at, end = text.count(" ", 0, found.start()), text.count(" ", 0, found.end())
        around = " ".join(listed[max(0, at - 6) : end + 1])
        if _NEGATED.search(around) or _PORTION.search(around) or _DEPENDS.search(around):
            continue
        findings.append(Finding(*words.span(at, end), "notice", "notice:public-domain", PUBLIC_DOMAIN, 0.8))
    return findings


def is_choice_of_texts(listed: list[str]) -> bool:
    """True where the words around whole texts offer them as alternatives."""
    text = " ".join(word for word in listed if word != MASK)
    if _PORTION.search(text) or text.count(" ") > 300:
        return False
    text = re.sub(r"at your (?:option|choice) any", "", text)
    return bool(
        _OPTION.search(text)
        or re.search(r"\b(?:dual|dually|tri|multi) ?licen[sc]|\beither of\b|\balternatively\b", text)
    )


def exceptions_in(text: str) -> tuple[str, ...]:
    """The exceptions to the GPL that a text states."""
    if not any(word in text for word in _EXCEPTION_WORDS):
        return ()
    return tuple(name for pattern, name in _EXCEPTIONS if pattern.search(text))


def with_exceptions(findings: list[Finding], stated: list[str]) -> list[Finding]:
    """Put a stated exception behind the GPL of a notice: `GPL-2.0-only WITH Classpath-exception-2.0`."""
    if not stated or not any(_is_plain_gpl(one) for one in findings):
        return findings
    changed = []
    for one in findings:
        with_one = canonical(f"{one.expression} WITH {stated[0]}") if _is_plain_gpl(one) else None
        if with_one is None:
            changed.append(one)
        else:
            changed.append(Finding(one.start, one.end, one.kind, one.rule, with_one, one.score, one.choice))
    return changed


def _is_plain_gpl(one: Finding) -> bool:
    return (
        one.expression is not None
        and one.kind != "tag"
        and re.fullmatch(r"L?GPL-\d\.\d-[a-z-]+", one.expression) is not None
    )


def llvm_exception(findings: list[Finding], listed: list[str]) -> list[Finding]:
    """The LLVM exceptions printed behind the Apache text belong to it; their words are masked in `listed`."""
    text = " ".join(listed)
    found = _LLVM.search(text)
    if found is None:
        return findings
    at, end = text.count(" ", 0, found.start()), text.count(" ", 0, found.end())
    listed[at : end + 1] = [MASK] * (end + 1 - at)
    return [
        Finding(
            one.start, one.end, one.kind, one.rule, "Apache-2.0 WITH LLVM-exception", one.score, one.choice
        )
        if one.expression == "Apache-2.0"
        else one
        for one in findings
    ]


_LLVM = re.compile(r"llvm exceptions to the apache 2 0 license(?: [^# ]+){0,140}")
_EXCEPTION_WORDS = ("exception", "autoconf", "libtool", "bison")
_EXCEPTIONS = (
    (
        re.compile(r"classpath exception|special exception(?: \w+){0,30} independent modules"),
        "Classpath-exception-2.0",
    ),
    (re.compile(r"gcc runtime library exception"), "GCC-exception-3.1"),
    (re.compile(r"configur(?:e|ation) script generated by autoconf"), "Autoconf-exception-generic"),
    (re.compile(r"(?:built|build|distribute)(?: \w+){0,12} (?:using|uses) gnu libtool"), "Libtool-exception"),
    (re.compile(r"bison parser skeleton|(?:part or all of )?the bison parser"), "Bison-exception-2.2"),
)
