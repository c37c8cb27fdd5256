"""The licence that a package's metadata states, in the formats of the common package managers.

Formats: PyPA core metadata 2.4, package.json (npm) and its like (bower.json, component.json), CPAN's META.json
(CPAN::Meta::Spec 2), MANIFEST.json of Ansible's collections, Cargo.toml, pyproject.toml (PEP 621, PEP 639, Poetry),
setup.cfg, composer.json, DESCRIPTION (CRAN), REUSE.toml (REUSE 3.2), and those with a module of their own. A file that
cannot be read states nothing.
"""

import configparser
import json
import re
import tomllib
from collections.abc import Callable
from typing import Any
from xml.parsers.expat import ExpatError

from tilth.data.facts.licence.debian import debian_copyright
from tilth.data.facts.licence.expressions import joined
from tilth.data.facts.licence.finding import UNRECOGNISED, Finding
from tilth.data.facts.licence.gemspec import gemspec
from tilth.data.facts.licence.maven import pom
from tilth.data.facts.licence.meanings import Stated, many_values, meaning, one_value

MAX_BYTES = 1_000_000
_CLASSIFIER = "License :: "
# PyPI's classifiers have one for all versions; those before 2.0 are older than PyPI.
_CLASSIFIED = {"Apache Software License": "Apache-2.0"}
# CPAN::Meta::Spec 2, "license".
_CPAN = {
    "agpl_3": "AGPL-3.0-only",
    "apache_1_1": "Apache-1.1",
    "apache_2_0": "Apache-2.0",
    "artistic_1": "Artistic-1.0",
    "artistic_2": "Artistic-2.0",
    "bsd": "BSD-3-Clause",
    "freebsd": "BSD-2-Clause",
    "gfdl_1_2": "GFDL-1.2-only",
    "gfdl_1_3": "GFDL-1.3-only",
    "gpl_1": "GPL-1.0-only",
    "gpl_2": "GPL-2.0-only",
    "gpl_3": "GPL-3.0-only",
    "lgpl_2_1": "LGPL-2.1-only",
    "lgpl_3_0": "LGPL-3.0-only",
    "mit": "MIT",
    "mozilla_1_0": "MPL-1.0",
    "mozilla_1_1": "MPL-1.1",
    "openssl": "OpenSSL",
    "perl_5": "Artistic-1.0-Perl OR GPL-1.0-or-later",
    "qpl_1_0": "QPL-1.0",
    "zlib": "Zlib",
}

ONLY_WHERE_STATED = frozenset({"gemspec", "pom.xml", "debian-copyright", "meta.json", "manifest.json"})
"""Formats of files that are read like others where they state nothing: programs, prose of the same name."""


def metadata_in(data: bytes, form: str) -> list[Finding]:
    """The licence statement of a metadata file of format `form` (see `names.metadata_format`)."""
    if len(data) > MAX_BYTES:
        return []
    text = data.decode("utf-8", "replace")
    try:
        stated = _READERS[form](text)
    except (ValueError, RecursionError, configparser.Error, TypeError, AttributeError, KeyError, ExpatError):
        return []
    findings = []
    for value, expression in stated:
        start, end = _place(data, value)
        kind = "reference" if expression is None else "metadata"
        findings.append(
            Finding(start, end, kind, form, expression, 0.5 if expression == UNRECOGNISED else 0.9)
        )
    return findings


def _core_metadata(text: str) -> Stated:
    head = re.split(r"\r?\n\r?\n", text, maxsplit=1)[0]
    fields = re.findall(r"^([\w-]+):[ \t]*([^\r\n]*(?:\r?\n[ \t]+[^\r\n]*)*)", head, re.MULTILINE)
    if not any(name.lower() == "metadata-version" for name, _ in fields):
        return []
    by_name: dict[str, list[str]] = {}
    for name, value in fields:
        by_name.setdefault(name.lower(), []).append(value)
    for value in by_name.get("license-expression", []):
        return one_value(value)
    classified = _classifiers(by_name.get("classifier", []))
    for value in by_name.get("license", []):
        # A licence field with the whole text in it is told by its first line, or by the classifiers.
        first = value.strip().splitlines()[0] if value.strip() else ""
        stated = one_value(first)
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
        stated.append((value, _CLASSIFIED.get(last) or meaning(last)))
    return stated


def _package_json(text: str) -> Stated:
    loaded = json.loads(text)
    value = loaded.get("license", loaded.get("licence"))
    if isinstance(value, dict):
        return one_value(value.get("type") or value.get("name"))
    many = value if isinstance(value, list) else loaded.get("licenses")
    if isinstance(many, (list, str)) and not isinstance(value, str):
        return _alternatives(many if isinstance(many, list) else [many])
    return one_value(value)


def _cpan(text: str) -> Stated:
    loaded = json.loads(text)
    names = loaded["license"] if "meta-spec" in loaded else []
    if isinstance(names, str):
        names = [names]
    # The specification: several hold together or are a choice; the careful reading.
    return [(names[0], joined([_CPAN.get(name, UNRECOGNISED) for name in names], "AND"))] if names else []


def _collection(text: str) -> Stated:
    names = json.loads(text)["collection_info"]["license"]
    return many_values(names, "AND") if isinstance(names, list) else one_value(names)


def _composer_json(text: str) -> Stated:
    value = json.loads(text).get("license")
    # Composer's manual: several licences in an array are a choice.
    return _alternatives(value) if isinstance(value, list) else one_value(value)


def _alternatives(values: list[Any]) -> Stated:
    names = [value.get("type") or value.get("name") if isinstance(value, dict) else value for value in values]
    return many_values([name for name in names if isinstance(name, str)], "OR")


def _cargo(text: str) -> Stated:
    package = tomllib.loads(text).get("package", {})
    # Cargo's reference: `/` between names is an old spelling of OR.
    return one_value(package.get("license"), slash="OR") or [
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
            return one_value(one.strip().splitlines()[0])
    return _classifiers(project.get("classifiers", poetry.get("classifiers", [])))


def _setup_cfg(text: str) -> Stated:
    parser = configparser.RawConfigParser(strict=False)
    parser.read_string(text)
    if not parser.has_section("metadata"):
        return []
    values = dict(parser.items("metadata"))
    stated = one_value(values.get("license", values.get("licence", "")))
    if stated and stated[0][1] not in (None, UNRECOGNISED):
        return stated
    # pbr has it in the singular.
    listed = values.get("classifiers", values.get("classifier", ""))
    return _classifiers([line.strip() for line in listed.splitlines()]) or stated


def _description(text: str) -> Stated:
    found = re.search(r"^License:[ \t]*([^\r\n]+(?:\r?\n[ \t]+[^\r\n]+)*)", text, re.MULTILINE)
    if found is None or re.search(r"^(?:Package|Version):", text, re.MULTILINE) is None:
        return []
    # `MIT + file LICENSE`: the file holds the names that the template leaves open.
    value = re.sub(r"\s*[+|]\s*file\s+LICEN[SC]E\b", "", found[1]).strip()
    return one_value(re.sub(r"\b(A?L?GPL)-(\d)", r"\1 \2", value)) or [(value, None)]


def _reuse_toml(text: str) -> Stated:
    annotations = tomllib.loads(text).get("annotations", [])
    said: list[tuple[bool, list[str]]] = []
    for one in annotations:
        paths, names = one.get("path"), one.get("SPDX-License-Identifier")
        is_everything = bool({"**", "*", "./**"} & set([paths] if isinstance(paths, str) else paths))
        said.append((is_everything, [names] if isinstance(names, str) else list(names or [])))
    # What holds for everything is the folder's; without it, what holds for some of it.
    chosen = [names for is_everything, names in said if is_everything] or [names for _, names in said]
    return many_values([name for names in chosen for name in names], "AND")


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
    "meta.json": _cpan,
    "manifest.json": _collection,
    "description": _description,
    "reuse.toml": _reuse_toml,
    "debian-copyright": debian_copyright,
    "dep5": debian_copyright,
    "gemspec": gemspec,
    "pom.xml": pom,
}
