"""How far three families of signatures with 256 slots are from the exact similarity, by the size of the sets.

tilth's signature as it is stored (fast similarity sketching, eight bits a slot, corrected for what agrees by chance),
256 permutations, and one permutation whose empty slots borrow from filled ones (optimal densification, Shrivastava,
ICML 2017), the last two with all bits of their values. The pairs are all those of the small set of rows within 0.7, but
for those of equal sets.

    python benchmarks/near_sketches.py [--folder FOLDER]
"""

import argparse
import json
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
from near_ours import sketch
from near_rows import small_rows
from near_truth import shingle_sets, truth
from numba import njit

SLOTS = 256
SIZES = (0, 32, 64, 128, 256, 512, 1024, 4096, 1 << 30)
FIRST, SECOND = np.uint64(0xFF51AFD7ED558CCD), np.uint64(0xC4CEB9FE1A85EC53)
STEP, SHIFT, TOP = np.uint64(0x9E3779B97F4A7C15), np.uint64(33), np.uint64(56)
HIGHEST = np.uint64(2**64 - 1)


@njit
def mixed(value):  # type: ignore[no-untyped-def]
    value = (value ^ (value >> SHIFT)) * FIRST
    value = (value ^ (value >> SHIFT)) * SECOND
    return value ^ (value >> SHIFT)


@njit
def permutations(sets, begins):  # type: ignore[no-untyped-def]
    """[n, 256] Least value of each set under 256 hash functions."""
    out = np.full((len(begins) - 1, SLOTS), HIGHEST)
    for text in range(len(begins) - 1):
        for at in range(begins[text], begins[text + 1]):
            for slot in range(SLOTS):
                out[text, slot] = min(out[text, slot], mixed(sets[at] + STEP * np.uint64(slot)))
    return out


@njit
def one_permutation(sets, begins):  # type: ignore[no-untyped-def]
    """[n, 256] Least value of each set in 256 bins of one hash function; an empty bin has that of a random other."""
    out = np.full((len(begins) - 1, SLOTS), HIGHEST)
    for text in range(len(begins) - 1):
        for at in range(begins[text], begins[text + 1]):
            value = mixed(sets[at])
            out[text, value >> TOP] = min(out[text, value >> TOP], value)
        empty = out[text] == HIGHEST
        if begins[text] == begins[text + 1]:
            continue
        for slot in range(SLOTS):
            turn = np.uint64(slot) * STEP
            at = slot
            while empty[at]:
                turn = mixed(turn + STEP)
                at = np.int64(turn >> TOP)
            out[text, slot] = out[text, at]
    return out


def main() -> None:
    """Prints the errors by size, and what each family takes."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--folder", type=Path, default=Path.home() / ".cache" / "tilth-benchmarks")
    folder = options.parse_args().folder / "near"
    texts = pq.read_table(small_rows(folder), columns=["content"])["content"].to_pylist()
    pairs, exact = truth(texts, folder / "truth.npz")
    pairs, exact = pairs[exact < 1], exact[exact < 1]
    files, at = np.unique(pairs, return_inverse=True)
    at = at.reshape(-1, 2)
    chosen = [texts[file] for file in files]
    sets, begins = shingle_sets(chosen)
    print(json.dumps({"pairs": len(pairs), "shingles": len(sets), "speed": _speeds(sets, begins)}))
    signatures = {
        "stored": sketch([text.encode() for text in chosen])[2],
        "permutations": permutations(sets, begins),
        "one_permutation": one_permutation(sets, begins),
    }
    sizes = np.diff(begins)[at].min(axis=1)
    for low, high in pairwise(SIZES):
        some = (sizes >= low) & (sizes < high)
        if some.any():
            print(json.dumps({"sizes": [low, high], **_errors(signatures, at[some], exact[some])}))


def _errors(signatures: dict[str, Any], pairs: Any, exact: Any) -> dict[str, Any]:
    row: dict[str, Any] = {
        "pairs": len(pairs),
        "expected_rms": float(np.sqrt((exact * (1 - exact)).mean() / SLOTS)),
    }
    for name, table in signatures.items():
        agree = (table[pairs[:, 0]] == table[pairs[:, 1]]).mean(axis=1)
        estimate = (agree - 1 / 256) / (1 - 1 / 256) if name == "stored" else agree
        error = estimate - exact
        row[name] = {"mean": float(error.mean()), "rms": float(np.sqrt((error**2).mean()))}
    return row


def _speeds(sets: Any, begins: Any) -> dict[str, float]:
    """Nanoseconds of the processor for a shingle, of signatures from sets."""
    found = {}
    for function in (permutations, one_permutation):
        function(sets[:10], np.array([0, 10]))
        start = time.process_time()
        function(sets, begins)
        found[function.__name__] = (time.process_time() - start) / len(sets) * 1e9
    return found


if __name__ == "__main__":
    main()
