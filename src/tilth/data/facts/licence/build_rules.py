"""Makes `licence_rules.npz` from ScanCode's published rules and the SPDX texts.

Run `python -m tilth.data.facts.licence.build_rules DATA VERSION SPDX SPDX_VERSION`.

DATA is the folder `licensedcode/data` of the PyPI package `scancode-toolkit` (its data: CC-BY-4.0, Copyright (c) nexB
Inc. and others), SPDX is `package/` of the npm package `spdx-license-list` (CC0-1.0). A rule becomes the numbers of
its words; which word a number stands for is not kept, only its hash.
"""

import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import yaml

from tilth.data.facts.licence.expressions import canonical
from tilth.data.facts.licence.rule_kinds import (
    CLUE,
    CONTINUOUS,
    FALSE_POSITIVE,
    INTRO,
    NOTICE,
    REFERENCE,
    TAG,
    TEXT,
)
from tilth.data.facts.licence.tokens import hash_of

# A Chinese or Japanese letter is a word by itself, as `tokens` reads it.
_LETTER = r"[^_\W\u3000-\u9fff]"
_WORD = re.compile(rf"[\u3040-\u9fff]|{_LETTER}+\+?{_LETTER}*|\{{\{{|\}}\}}")
_ADDRESS = re.compile(r"(?:\bhttps?://|\bwww\.|[\w.+-]+@)[^\s<>\"']+")
# Words that a reader of a page does not see: mark-up, names of characters, comment marks made of letters.
_STOP = frozenset(
    "a abbr alt amp apos auto bdquo blockquote body border br bull bullet class colon comma div dnl echo em emdash "
    "emsp ensp ge gt h1 h2 h3 h4 h5 hairsp head1 head2 head3 height hr href img ldquo ldquor le li lists lpar lsaquo "
    "lsquo lsquor lt mdash nav nbsp ndash numsp ol p padding para period pre printf puncsp quot raquo rdquo rdquor "
    "rel rem rpar rsaquo rsquo rsquor sbquo script semi side span src td th thinsp tilde tr ul ulink width x3c "
    "x3e".split()
)
# Spellings of one word.
_ALIASES = {
    "licence": "license",
    "licences": "licenses",
    "licenced": "licensed",
    "licencing": "licensing",
    "licencee": "licensee",
    "sublicence": "sublicense",
    "https": "http",
}
_KINDS = {
    "is_license_text": TEXT,
    "is_license_notice": NOTICE,
    "is_license_reference": REFERENCE,
    "is_license_tag": TAG,
    "is_license_intro": INTRO,
    "is_license_clue": CLUE,
}


_NOTICE_WORDS = 250
_LATER = "or at your option any later version"
_ONLY = re.compile(r"\A([AL]?GPL-\d\.\d)-only\Z")
_SAME_TEXT = 0.85
_SAME_LANGUAGE = 0.9
_LANGUAGE = re.compile(r"-(?:en|fr|de|es|it|ja|zh|cn)\Z")


@dataclass(slots=True)
class _Rule:
    name: str
    expression: str
    kind: int
    flags: int
    relevance: int
    coverage: int
    words: list[str]
    phrases: list[tuple[int, int]] = field(default_factory=list)
    said: set[str] = field(default_factory=set)


def main(data: str, version: str, spdx: str, spdx_version: str) -> None:
    """Write the table beside this file."""
    licences = dict(_licences(Path(data, "licenses")))
    own = list(_spdx_rules(Path(spdx, "licenses")))
    Path(__file__).with_name("spdx_identifiers.txt").write_text(
        f"# spdx-license-list {spdx_version} (npm, CC0-1.0)\n"
        + "".join(f"{rule.expression}\n" for rule in own)
    )
    named = _successors(own, licences)
    kept: dict[tuple[str, ...], _Rule] = {}
    for rule in [*_scancode_rules(Path(data), licences), *own]:
        rule.expression = re.sub(
            r"LicenseRef-[\w.-]+", lambda one: named.get(one[0], one[0]), rule.expression
        )
        rule.expression = _as_worded(rule)
        held = kept.get(tuple(rule.words))
        # Where SPDX names a text and ScanCode does not, SPDX's name holds.
        if rule.words and (
            held is None or ("LicenseRef-" in held.expression and rule.name.startswith("spdx:"))
        ):
            kept[tuple(rule.words)] = rule
    source = (
        f"scancode-toolkit {version} (PyPI), its licence rules: Copyright (c) nexB Inc. and others, CC-BY-4.0, "
        f"https://github.com/aboutcode-org/scancode-toolkit, changed: words replaced by numbers; "
        f"spdx-license-list {spdx_version} (npm, CC0-1.0)"
    )
    _write([kept[words] for words in sorted(kept)], source)


def _as_worded(rule: _Rule) -> str:
    """The expression of a rule, with "any later version" where a notice says so and its label does not."""
    is_later = len(rule.words) <= _NOTICE_WORDS and _LATER in " ".join(rule.words)
    return _ONLY.sub(r"\1-or-later", rule.expression) if is_later else rule.expression


def _successors(own: list[_Rule], licences: dict[str, dict[str, Any]]) -> dict[str, str]:
    """ScanCode licences without an SPDX identifier whose text has got one since, by their LicenseRef."""
    stated = {head.get("spdx_license_key") for head in licences.values()}
    every = [(rule.expression, _runs(rule.words)) for rule in own]
    fresh = [(name, runs) for name, runs in every if name not in stated]
    found = {}
    for key, head in licences.items():
        reference = spdx_of(key, licences)
        if not reference.startswith("LicenseRef-") or head.get("is_deprecated"):
            continue
        runs = _runs(_with_words(_Rule(key, key, TEXT, 0, 100, 0, []), head["text"]).words)
        translated = _LANGUAGE.sub("", key)
        for name, others in every:
            # One language of a licence that SPDX lists in several, or under another one.
            if name.lower() == translated and len(runs & others) >= _SAME_LANGUAGE * len(runs):
                found[reference] = name
        for name, others in fresh:
            if runs and len(runs & others) >= _SAME_TEXT * max(len(runs), len(others)):
                found[reference] = name
    return found


def _runs(words: list[str]) -> set[tuple[str, ...]]:
    return set(zip(words, words[1:], words[2:], words[3:], strict=False))


def _read(path: Path) -> tuple[dict[str, Any], str]:
    text = path.read_text("utf-8")
    if not text.startswith("---"):
        return {}, text
    _, head, body = re.split(r"^---[ ]*\n", text + "\n", maxsplit=2, flags=re.MULTILINE)
    return yaml.load(head, Loader=yaml.CSafeLoader) or {}, body


def _licences(folder: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    for path in sorted(folder.glob("*.LICENSE")):
        head, body = _read(path)
        yield head["key"], head | {"text": body}


def spdx_of(expression: str, licences: dict[str, dict[str, Any]]) -> str:
    """An expression of ScanCode keys in SPDX identifiers; a key without one is `LicenseRef-scancode-KEY`."""

    def named(found: re.Match[str]) -> str:
        key = found.group().lower()
        if key in ("and", "or", "with"):
            return key.upper()
        stated = licences.get(key, {}).get("spdx_license_key")
        return str(stated or f"LicenseRef-scancode-{key}")

    return re.sub(r"[\w.+-]+", named, expression)


def _scancode_rules(folder: Path, licences: dict[str, dict[str, Any]]) -> Iterator[_Rule]:
    for path in sorted((folder / "rules").glob("*.RULE")):
        head, body = _read(path)
        if head.get("is_deprecated"):
            continue
        expression = head.get("license_expression") or ""
        kind = next((number for name, number in _KINDS.items() if head.get(name)), NOTICE)
        flags = FALSE_POSITIVE * bool(head.get("is_false_positive"))
        flags |= CONTINUOUS * bool(head.get("is_continuous") or head.get("is_required_phrase"))
        rule = _Rule(
            path.stem,
            spdx_of(expression, licences),
            kind,
            flags,
            int(head.get("relevance", 100)),
            int(head.get("minimum_coverage", 0)),
            [],
        )
        yield _with_words(rule, body)
    for key, head in licences.items():
        if head.get("is_deprecated") or head.get("is_generic") or head.get("is_unknown"):
            continue
        rule = _Rule(
            f"{key}.LICENSE", spdx_of(key, licences), TEXT, 0, 100, int(head.get("minimum_coverage", 0)), []
        )
        yield _with_words(rule, head["text"])


def _spdx_rules(folder: Path) -> Iterator[_Rule]:
    # Texts that are the same, word for word, go by the narrowest promise: `-only`, and the name without additions.
    def preference(name: str) -> tuple[int, str]:
        return (0 if name.endswith("-only") else 1) + name.count("invariants") + 2 * name.count("RFN"), name

    for path in sorted(folder.glob("*.json"), key=lambda path: preference(path.stem)):
        if canonical(path.stem) in (path.stem, None):
            text = json.loads(path.read_text("utf-8"))["licenseText"]
            if path.stem.startswith("LGPL-3.0"):
                text = text.split("\nGNU GENERAL PUBLIC LICENSE", 1)[0]
            yield _with_words(_Rule(f"spdx:{path.stem}", path.stem, TEXT, 0, 100, 0, []), text)


def _with_words(rule: _Rule, body: str) -> _Rule:
    opened = -1
    rule.said.update(_WORD.findall(_ADDRESS.sub(" ", body.lower())))
    for word in _WORD.findall(body.lower()):
        if word == "{{":
            opened = len(rule.words)
        elif word == "}}":
            if opened >= 0 and len(rule.words) > opened:
                rule.phrases.append((opened, len(rule.words)))
            opened = -1
        elif word not in _STOP:
            rule.words.append(_ALIASES.get(word, word))
    return rule


def _write(rules: list[_Rule], source: str) -> None:
    vocabulary = {word: at for at, word in enumerate(sorted({word for rule in rules for word in rule.words}))}
    hashes = np.array([_hash(word) for word in vocabulary], np.uint64)
    order = np.argsort(hashes)
    number = np.empty(order.size, np.int64)
    number[order] = np.arange(order.size)
    spelled = [
        (_hash(word), number[vocabulary[other]]) for word, other in _ALIASES.items() if other in vocabulary
    ]
    tokens = np.concatenate([number[[vocabulary[word] for word in rule.words]] for rule in rules]).astype(
        np.uint16
    )
    expressions = sorted({rule.expression for rule in rules})
    place = {expression: at for at, expression in enumerate(expressions)}
    phrases = [(at, *phrase) for at, rule in enumerate(rules) for phrase in rule.phrases]
    # A word that stands in addresses alone is the name of a place.
    said = {_ALIASES.get(word, word) for rule in rules for word in rule.said}
    packed = pa.Codec("zstd", 19).compress(tokens.tobytes())
    texts = json.dumps({"expressions": expressions, "names": [rule.name for rule in rules]}).encode()
    np.savez(
        Path(__file__).with_name("licence_rules.npz"),
        source=np.array(source),
        words=hashes[order],
        aliases=np.array([pair[0] for pair in spelled], np.uint64),
        alias_ids=np.array([pair[1] for pair in spelled], np.int32),
        places=np.sort(number[[at for word, at in vocabulary.items() if word not in said]]).astype(np.uint16),
        stops=np.array([_hash(word) for word in sorted(_STOP)], np.uint64),
        lengths=np.array([len(rule.words) for rule in rules], np.uint16),
        expressions=np.array([place[rule.expression] for rule in rules], np.uint16),
        kinds=np.array([rule.kind for rule in rules], np.uint8),
        flags=np.array([rule.flags for rule in rules], np.uint8),
        relevances=np.array([rule.relevance for rule in rules], np.uint8),
        coverages=np.array([rule.coverage for rule in rules], np.uint8),
        phrases=np.array(phrases, np.uint16).reshape(-1, 3),
        tokens=np.frombuffer(packed, np.uint8),
        texts=np.frombuffer(pa.Codec("zstd", 19).compress(texts), np.uint8),
        sizes=np.array([tokens.nbytes, len(texts)], np.int64),
    )


def _hash(word: str) -> np.uint64:
    return np.uint64(hash_of(np.frombuffer(word.encode(), np.uint8)))


if __name__ == "__main__":
    main(*sys.argv[1:5])
