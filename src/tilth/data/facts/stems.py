"""A first look at the texts of a batch: which hold what a modeline or a maker's signature cannot do without.

Most texts hold neither, and one pass over their first bytes in compiled code spares them the searches one by one.
"""

from typing import Any, Final

import numba
import numpy as np

from tilth.data.facts.batch import Batch
from tilth.data.facts.generated import HEAD_BYTES as SIGNED_BYTES
from tilth.data.facts.modeline import HEAD_BYTES, TAIL_BYTES

MODELINE: Final = 1
SIGNATURE: Final = 2

_STEM = np.frombuffer(b"generat", np.uint8)


def _folded() -> Any:
    return np.array([ord(chr(byte).lower()) if byte < 128 else byte for byte in range(256)], np.uint8)


def _skips() -> Any:
    """How far the search may go on, by the byte that stands where the stem's last one would."""
    skips = np.full(256, len(_STEM), np.int64)
    for at, byte in enumerate(_STEM[:-1]):
        skips[byte] = skips[byte - 32] = len(_STEM) - 1 - at
    return skips


_FOLDED, _SKIPS = _folded(), _skips()


def stems_of(batch: Batch) -> list[int]:
    """For each text MODELINE where it may have a modeline, and SIGNATURE where it has the stem of "generated"."""
    found = np.zeros(len(batch.names), np.uint8)
    _look(batch.joined, batch.starts, _STEM, _FOLDED, _SKIPS, found)
    stems: list[int] = found.tolist()
    return stems


@numba.njit(cache=True)
def _has_stem(text: Any, start: int, end: int, stem: Any, folded: Any, skips: Any) -> bool:
    last = len(stem) - 1
    at = start + last
    while at < end:
        if folded[text[at]] == stem[last]:
            back = 1
            while back <= last and folded[text[at - back]] == stem[last - back]:
                back += 1
            if back > last:
                return True
        at += skips[text[at]]
    return False


@numba.njit(cache=True)
def _has_modeline(text: Any, start: int, end: int) -> bool:
    """Whether there is ``-*-``, or an equals sign behind ``ft``, ``type`` or ``syntax``, by their last letters."""
    for at in range(start + 2, end):
        byte = text[at]
        if byte == 61:
            before, first = text[at - 1], text[at - 2]
            if (
                (before == 116 and first == 102)
                or (before == 101 and first == 112)
                or (before == 120 and first == 97)
            ):
                return True
        elif byte == 42 and text[at - 1] == 45 and at + 1 < end and text[at + 1] == 45:
            return True
    return False


@numba.njit(cache=True)
def _look(text: Any, starts: Any, stem: Any, folded: Any, skips: Any, found: Any) -> None:
    for i in range(len(found)):
        start, end = starts[i], starts[i + 1]
        if _has_modeline(text, start, min(end, start + HEAD_BYTES)) or (
            end - start > HEAD_BYTES and _has_modeline(text, max(start, end - TAIL_BYTES), end)
        ):
            found[i] |= MODELINE
        if _has_stem(text, start, min(end, start + SIGNED_BYTES), stem, folded, skips):
            found[i] |= SIGNATURE
