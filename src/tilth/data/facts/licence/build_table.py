"""Makes `licence_texts.npz` from the SPDX texts.

Run `python -m tilth.data.facts.licence.build_table FOLDER VERSION`.

FOLDER is `package/` of the npm package `spdx-license-list` (CC0-1.0), VERSION its version. Of a long text
only a sample of its shingles is kept, always the same one, chosen by the hash alone, so that a document's
sample meets it.
"""

import json
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tilth.data.facts.licence.expressions import canonical
from tilth.data.facts.licence.shingles import LENGTH, shingles
from tilth.data.facts.licence.words import Words

KEPT_SHINGLES = 320
_MIN_WORDS = 12


def main(folder: str, version: str) -> None:
    """Write the table beside this file."""
    texts: dict[bytes, tuple[str, NDArray[np.uint32], int]] = {}
    for path in sorted(Path(folder, "licenses").glob("*.json"), key=lambda path: _preference(path.stem)):
        name = canonical(path.stem)
        if name != path.stem:
            continue
        data = _text(name, json.loads(path.read_text("utf-8"))["licenseText"]).encode()
        made = shingles(Words(data), data)
        if len(made.compared) >= _MIN_WORDS:
            texts.setdefault(np.unique(made.keys).tobytes(), (name, made.keys, len(made.compared)))
    _write(list(texts.values()), f"spdx-license-list {version} (npm, CC0-1.0)")


def _text(name: str, text: str) -> str:
    # SPDX's LGPL-3.0 has the whole GPL-3.0 behind it, which COPYING.LESSER has not.
    return text.split("\nGNU GENERAL PUBLIC LICENSE", 1)[0] if name.startswith("LGPL-3.0") else text


def _preference(name: str) -> tuple[int, str]:
    # Texts that are the same, word for word, go by the narrowest promise: `-only`, and the name without
    # additions.
    return (0 if name.endswith("-only") else 1) + name.count("invariants") + 2 * name.count("RFN"), name


def _write(texts: list[tuple[str, NDArray[np.uint32], int]], source: str) -> None:
    limits, kept = [], []
    for _, keys, _ in texts:
        distinct = np.unique(keys)
        limit = 2**32 - 1 if distinct.size <= KEPT_SHINGLES else int(distinct[KEPT_SHINGLES])
        limits.append(limit)
        kept.append(distinct[distinct <= limit])
    keys = np.unique(np.concatenate(kept))
    owners = [(np.searchsorted(keys, own), np.full(own.size, at, np.uint16)) for at, own in enumerate(kept)]
    key_of = np.concatenate([pair[0] for pair in owners])
    text_of = np.concatenate([pair[1] for pair in owners])
    order = np.lexsort((text_of, key_of))
    bounds = np.searchsorted(key_of[order], np.arange(keys.size + 1)).astype(np.uint32)
    np.savez_compressed(
        Path(__file__).with_name("licence_texts.npz"),
        source=np.array(source),
        shingle_length=np.array(LENGTH),
        names=np.array([name for name, _, _ in texts]),
        num_words=np.array([count for _, _, count in texts], np.int32),
        num_kept=np.array([own.size for own in kept], np.int32),
        limits=np.array(limits, np.uint32),
        keys=keys,
        bounds=bounds,
        texts=text_of[order],
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
