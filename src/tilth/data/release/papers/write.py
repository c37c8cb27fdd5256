"""Writes every paper of a release."""

import json
from pathlib import Path
from typing import Any

from tilth.data.release.card import card
from tilth.data.release.papers.attribution import write_attribution
from tilth.data.release.papers.citation import bibtex, citation_cff
from tilth.data.release.papers.croissant import croissant
from tilth.data.release.papers.governance import governance, governance_markdown
from tilth.data.release.papers.spdx import spdx
from tilth.data.release.papers.subject import Subject
from tilth.data.release.papers.training_summary import summary_markdown, training_summary
from tilth.store.atomic import whole_file, write_text

ATTRIBUTION = "papers/attribution.txt"


def write_papers(
    release: Path, folder: Path, manifest: dict[str, Any], requests: list[dict[str, Any]] | None = None
) -> list[str]:
    """Writes the papers of the release at `release`, whose manifest is given, into `folder`.

    Returns:
        Their paths in it.
    """
    texts = paper_texts(Subject(manifest), requests)
    for name, text in texts.items():
        write_text(folder / name, text)
    with whole_file(folder / ATTRIBUTION) as temporary:
        write_attribution(Subject(manifest), release, temporary)
    return [*texts, ATTRIBUTION]


def paper_texts(subject: Subject, requests: list[dict[str, Any]] | None = None) -> dict[str, str]:
    """Path -> text of the papers that the manifest alone decides."""
    summary = training_summary(subject)
    governed = governance(subject, requests)
    return {
        "README.md": card(subject),
        "CITATION.cff": citation_cff(subject),
        "croissant.json": _json(croissant(subject)),
        "papers/citation.bib": bibtex(subject),
        "papers/governance.json": _json(governed),
        "papers/governance.md": governance_markdown(subject, governed),
        "papers/spdx.json": _json(spdx(subject)),
        "papers/training_summary.json": _json(summary),
        "papers/training_summary.md": summary_markdown(summary),
    }


def _json(found: dict[str, Any]) -> str:
    """A line for each member, and one for each element of a list: releases of many languages have a million values."""
    members = [f" {_text(name)}: {_lines(value)}" for name, value in found.items()]
    return "{\n" + ",\n".join(members) + "\n}\n"


def _lines(value: Any) -> str:
    if not isinstance(value, list):
        return _text(value)
    return "[" + ",".join(f"\n  {_text(element)}" for element in value) + "]"


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
