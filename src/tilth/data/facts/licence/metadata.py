"""The licence that a package's metadata states, in the formats of the common package managers.

Formats: PyPA core metadata 2.4, package.json (npm), Cargo.toml, pyproject.toml (PEP 621, PEP 639, Poetry),
setup.cfg, composer.json, DESCRIPTION (CRAN). A file that cannot be read states nothing.
"""

import configparser
import json
import re
import tomllib
from collections.abc import Callable
from typing import Any

from tilth.data.facts.licence.expressions import canonical, joined
from tilth.data.facts.licence.finding import UNRECOGNISED, Finding
from tilth.data.facts.licence.spellings import named

MAX_BYTES = 1_000_000
_MAX_VALUE_CHARACTERS = 400
_CLASSIFIER = "License :: "
_NOTHING = frozenset({"", "unknown", "none", "null", "n/a", "tbd", "todo", "dynamic"})
_POINTS = re.compile(
    r"(?:see|file|read)?[ :]*(?:in )?(?:the )?(?:file )?[\w./-]*(?:licen[sc]e|"
    r"copying)(?:[-.]?\w{0,10}){0,2}(?: file)?\Z",
    re.I,
)

Stated = list[tuple[str, str | None]]
"""Values as they stand in the file, each with the expression it means (None where it points at a file)."""


def metadata_in(data: bytes, form: str) -> list[Finding]:
    """The licence statement of a metadata file of format `form` (see `names.metadata_format`)."""
    if len(data) > MAX_BYTES:
        return []
    text = data.decode("utf-8", "replace")
    try:
        stated = _READERS[form](text)
    except (ValueError, RecursionError, configparser.Error, TypeError, AttributeError, KeyError):
        return []
    findings = []
    for value, expression in stated:
        start, end = _place(data, value)
        kind = "reference" if expression is None else "metadata"
        findings.append(
            Finding(start, end, kind, form, expression, 0.5 if expression == UNRECOGNISED else 0.9)
        )
    return findings


def meaning(value: str, *, slash: str = "AND") -> str | None:
    """What one value means as an SPDX expression.

    Args:
        value: What the metadata says.
        slash: How `/` and `,` join names: `OR` where the format says so (Cargo), else `AND`, the careful
            reading.

    Returns:
        An expression, `LicenseRef-tilth-unrecognised` for a name that is not surely a licence, or None for a
        reference or nothing.
    """
    value = " ".join(value.split())[:_MAX_VALUE_CHARACTERS]
    if value.lower() in _NOTHING or value.lower().startswith("see license in"):
        return None
    whole = canonical(value) or named(value)
    if whole is not None:
        return whole
    if _POINTS.fullmatch(value):
        return None
    for pattern, operator in ((r"\s*\|+\s*|\s+or\s+", "OR"), (r"\s*[/,;&]\s*|\s+and\s+", "AND")):
        parts = [part for part in re.split(pattern, value.strip("()"), flags=re.IGNORECASE) if part]
        if len(parts) > 1:
            meanings = [meaning(part, slash=slash) or UNRECOGNISED for part in parts]
            return joined(meanings, slash if operator == "AND" and re.search(r"[/,]", value) else operator)
    return UNRECOGNISED


def _one(value: object, *, slash: str = "AND") -> Stated:
    if not isinstance(value, str) or value.strip().lower() in _NOTHING:
        return []
    return [(value, meaning(value, slash=slash))]


def _core_metadata(text: str) -> Stated:
    head = re.split(r"\r?\n\r?\n", text, maxsplit=1)[0]
    fields = re.findall(r"^([\w-]+):[ \t]*([^\r\n]*(?:\r?\n[ \t]+[^\r\n]*)*)", head, re.MULTILINE)
    if not any(name.lower() == "metadata-version" for name, _ in fields):
        return []
    by_name: dict[str, list[str]] = {}
    for name, value in fields:
        by_name.setdefault(name.lower(), []).append(value)
    for value in by_name.get("license-expression", []):
        return _one(value)
    classified = _classifiers(by_name.get("classifier", []))
    for value in by_name.get("license", []):
        # A licence field with the whole text in it is told by its first line, or by the classifiers.
        first = value.strip().splitlines()[0] if value.strip() else ""
        stated = _one(first)
        is_clear = bool(stated) and stated[0][1] not in (None, UNRECOGNISED)
        if is_clear or not classified:
            return stated
    return classified


def _classifiers(values: list[str]) -> Stated:
    stated: Stated = []
    for value in values:
        if not value.startswith(_CLASSIFIER):
            continue
        last = value.split(" :: ")[-1].strip()
        if last in ("OSI Approved", "DFSG approved"):
            continue
        stated.append((value, meaning(last)))
    return stated


def _package_json(text: str) -> Stated:
    loaded = json.loads(text)
    value = loaded.get("license", loaded.get("licence"))
    if isinstance(value, dict):
        return _one(value.get("type") or value.get("name"))
    many = value if isinstance(value, list) else loaded.get("licenses")
    if isinstance(many, (list, str)) and not isinstance(value, str):
        return _alternatives(many if isinstance(many, list) else [many])
    return _one(value)


def _composer_json(text: str) -> Stated:
    value = json.loads(text).get("license")
    # Composer's manual: several licences in an array are a choice.
    return _alternatives(value) if isinstance(value, list) else _one(value)


def _alternatives(values: list[Any]) -> Stated:
    names = [value.get("type") or value.get("name") if isinstance(value, dict) else value for value in values]
    texts = [name for name in names if isinstance(name, str) and name.strip()]
    meanings = [meaning(text) or UNRECOGNISED for text in texts]
    return [(texts[0], joined(meanings, "OR"))] if texts else []


def _cargo(text: str) -> Stated:
    package = tomllib.loads(text).get("package", {})
    # Cargo's reference: `/` between names is an old spelling of OR.
    return _one(package.get("license"), slash="OR") or [
        (value, None) for value in [package.get("license-file")] if isinstance(value, str)
    ]


def _pyproject(text: str) -> Stated:
    loaded = tomllib.loads(text)
    project = loaded.get("project", {})
    value = project.get("license")
    if isinstance(value, dict):
        if isinstance(value.get("file"), str) and "text" not in value:
            return _classifiers(project.get("classifiers", [])) or [(value["file"], None)]
        value = value.get("text", "")
    poetry = loaded.get("tool", {}).get("poetry", {})
    for one in (value, poetry.get("license")):
        if isinstance(one, str) and one.strip():
            return _one(one.strip().splitlines()[0])
    return _classifiers(project.get("classifiers", poetry.get("classifiers", [])))


def _setup_cfg(text: str) -> Stated:
    parser = configparser.RawConfigParser(strict=False)
    parser.read_string(text)
    if not parser.has_section("metadata"):
        return []
    values = dict(parser.items("metadata"))
    stated = _one(values.get("license", values.get("licence", "")))
    if stated and stated[0][1] not in (None, UNRECOGNISED):
        return stated
    return _classifiers([line.strip() for line in values.get("classifiers", "").splitlines()]) or stated


def _description(text: str) -> Stated:
    found = re.search(r"^License:[ \t]*([^\r\n]+(?:\r?\n[ \t]+[^\r\n]+)*)", text, re.MULTILINE)
    if found is None or re.search(r"^(?:Package|Version):", text, re.MULTILINE) is None:
        return []
    # `MIT + file LICENSE`: the file holds the names that the template leaves open.
    value = re.sub(r"\s*[+|]\s*file\s+LICEN[SC]E\b", "", found[1]).strip()
    return _one(re.sub(r"\b(A?L?GPL)-(\d)", r"\1 \2", value)) or [(value, None)]


def _place(data: bytes, value: str) -> tuple[int, int]:
    raw = value.encode("utf-8", "surrogatepass")
    key = re.search(rb"licen[sc]e", data, re.IGNORECASE)
    at = data.find(raw, key.start() if key else 0)
    if at < 0:
        at, raw = (key.start(), b"") if key else (0, b"")
    return at, at + len(raw)


_READERS: dict[str, Callable[[str], Stated]] = {
    "core-metadata": _core_metadata,
    "package.json": _package_json,
    "cargo.toml": _cargo,
    "pyproject.toml": _pyproject,
    "setup.cfg": _setup_cfg,
    "composer.json": _composer_json,
    "description": _description,
}
