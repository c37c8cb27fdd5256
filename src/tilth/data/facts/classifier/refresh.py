"""Remake the classifier's table of weights from the repositories in ``tables/sources.py``.

Run ``python -m tilth.data.facts.classifier.refresh FOLDER [CLONE...]``: what is fetched is kept in FOLDER; clones of
Linguist, Rouge and highlight.js, in that order, are taken instead where they are named.
"""

import sys
from collections.abc import Iterable
from pathlib import Path

from tilth.data.facts.classifier.labelled import (
    Labelled,
    highlight_examples,
    linguist_samples,
    rouge_examples,
)
from tilth.data.facts.classifier.model import TABLE, save
from tilth.data.facts.classifier.train import train
from tilth.data.facts.encoding import decode
from tilth.data.facts.tables.sources import HIGHLIGHT, LINGUIST, ROUGE, unpacked
from tilth.errors import UserError

SOURCES = (LINGUIST, ROUGE, HIGHLIGHT)


def texts_of(examples: Iterable[Labelled]) -> list[tuple[str, bytes]]:
    """Pairs of language and text in UTF-8; bytes that come a second time, and those that are no text, are left out."""
    found: dict[bytes, tuple[str, bytes]] = {}
    for example in examples:
        codec, text = decode(example.raw)
        if codec is not None and text.strip():
            found.setdefault(text, (example.language, text))
    return list(found.values())


def main(arguments: list[str]) -> None:
    """Fetch, learn and write the table."""
    if not arguments:
        raise UserError("no folder is named", hint="name one to keep what is fetched in")
    folder, *clones = map(Path, arguments)
    roots = [
        unpacked(source, folder, clones[i] if i < len(clones) else None) for i, source in enumerate(SOURCES)
    ]
    examples = [*linguist_samples(roots[0]), *rouge_examples(roots[1]), *highlight_examples(roots[2])]
    texts = texts_of(examples)
    weights = train(texts)
    save(
        weights, TABLE, {source.name: f"{source.url} {source.commit} {source.licence}" for source in SOURCES}
    )
    sys.stdout.write(
        f"{TABLE.name}: {len(texts)} texts, {len(weights.languages)} languages, {len(weights.hashes)} features, "
        f"{len(weights.codes)} weights, {TABLE.stat().st_size} bytes\n"
    )


if __name__ == "__main__":
    main(sys.argv[1:])
