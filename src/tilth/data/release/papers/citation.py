"""How to cite a release: CITATION.cff (format 1.2.0) and BibTeX."""

import re
from typing import Any

from tilth.config.yaml_text import write_yaml
from tilth.data.release.papers.subject import Subject

_TEX = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
}
_TEX |= {sign: f"\\{sign}" for sign in "&%$#_"}


def citation_cff(subject: Subject) -> str:
    """The text of CITATION.cff."""
    about = subject.about
    found: dict[str, Any] = {
        "cff-version": "1.2.0",
        "message": "If you use this data set, please cite it as below.",
        "type": "dataset",
        "title": subject.name,
        "version": subject.version,
        "abstract": subject.description,
        "authors": [{"name": name} for name in subject.creators],
        "date-released": subject.day,
        "license": about.get("licence"),
        "url": about.get("url"),
        "doi": about.get("doi"),
        "identifiers": [
            {
                "type": "other",
                "value": subject.manifest["inputs"]["fingerprint"],
                "description": "SHA-256 of the pinned inputs that the release was built from.",
            }
        ],
        "keywords": ["source code", "data set"],
    }
    return write_yaml({key: value for key, value in found.items() if value is not None})


def bibtex(subject: Subject) -> str:
    """One `@misc` entry."""
    about = subject.about
    year = (subject.day or "")[:4]
    key = "_".join(filter(None, [re.sub(r"[^A-Za-z0-9]+", "_", f"{subject.name}_{subject.version}"), year]))
    fields = {
        "title": "{" + _tex(subject.name) + "}",
        # Braces keep an organisation's name whole.
        "author": " and ".join("{" + _tex(name) + "}" for name in subject.creators),
        "year": year,
        "version": _tex(subject.version),
        "doi": about.get("doi") or "",
        "url": about.get("url") or "",
        "note": _tex(f"Inputs sha256:{subject.manifest['inputs']['fingerprint']}"),
    }
    lines = [f"  {name} = {{{value}}},\n" for name, value in fields.items() if value]
    return f"@misc{{{key},\n{''.join(lines)}}}\n"


def _tex(text: str) -> str:
    return "".join(_TEX.get(sign, sign) for sign in text)
