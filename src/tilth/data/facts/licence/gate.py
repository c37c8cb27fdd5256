"""The cheap test that lets most files pass: a licence word in the head, or an SPDX tag anywhere.

Horspool's search over pairs of letters (Wu and Manber, "A fast algorithm for multi-pattern searching", 1994):
where no needle can end, it skips almost a needle's length, so it reads only a part of the bytes.
"""

import numba
import numpy as np
from numpy.typing import NDArray

HEAD_BYTES = 8_192

# Every notice known to this package has one of these; all of one length, which is what lets the search skip.
_HINTS = (b"licens", b"licenc", b"permis", b"redist", b"c doma", b"propri", b"unauth", b"confid", b"warran")
_TAG = (b"spdx-license-identifier",)


def _classes() -> NDArray[np.uint8]:
    table = np.zeros(256, np.uint8)
    for letter in range(26):
        table[ord("a") + letter] = table[ord("A") + letter] = letter + 1
    table[ord(" ")] = 27
    return table


_CLASSES = _classes()


def _skips(needles: tuple[bytes, ...]) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    length = len(needles[0])
    skips = np.full(1024, length - 1, np.uint8)
    for needle in needles:
        kinds = [int(_CLASSES[byte]) for byte in needle]
        for at in range(1, length):
            pair = kinds[at - 1] * 32 + kinds[at]
            skips[pair] = min(int(skips[pair]), length - 1 - at)
    return skips, np.array([list(needle) for needle in needles], np.uint8)


_HINT_SKIPS, _HINT_NEEDLES = _skips(_HINTS)
_TAG_SKIPS, _TAG_NEEDLES = _skips(_TAG)


@numba.njit(cache=True, nogil=True)
def place_of_any(
    data: NDArray[np.uint8],
    low: int,
    high: int,
    classes: NDArray[np.uint8],
    skips: NDArray[np.uint8],
    needles: NDArray[np.uint8],
) -> int:
    """Where the first needle that lies in data[low:high] ends, or -1.

    `needles` are in lower case, `skips` has for two classes how far no needle can end.
    """
    length = needles.shape[1]
    at = low + length - 1
    while at < high:
        skip = skips[classes[data[at - 1]] * 32 + classes[data[at]]]
        if skip > 0:
            at += skip
            continue
        for which in range(needles.shape[0]):
            is_same = True
            for back in range(length):
                byte = data[at - back]
                if 65 <= byte <= 90:
                    byte += 32
                if byte != needles[which, length - 1 - back]:
                    is_same = False
                    break
            if is_same:
                return int(at)
        at += 1
    return -1


@numba.njit(cache=True, nogil=True)
def _hinted(
    joined: NDArray[np.uint8],
    starts: NDArray[np.int64],
    head_bytes: int,
    classes: NDArray[np.uint8],
    hint_skips: NDArray[np.uint8],
    hints: NDArray[np.uint8],
    tag_skips: NDArray[np.uint8],
    tags: NDArray[np.uint8],
) -> NDArray[np.uint8]:
    found = np.zeros(starts.size - 1, np.uint8)
    for which in range(starts.size - 1):
        low, high = starts[which], starts[which + 1]
        head = min(high, low + head_bytes)
        if place_of_any(joined, low, head, classes, hint_skips, hints) >= 0:
            found[which] |= 1
        if place_of_any(joined, low, high, classes, tag_skips, tags) >= 0:
            found[which] |= 2
    return found


def hinted(joined: NDArray[np.uint8], starts: NDArray[np.int64]) -> NDArray[np.uint8]:
    """For each document: bit 1 for a licence word in its head, bit 2 for an SPDX tag anywhere."""
    answer: NDArray[np.uint8] = _hinted(
        joined, starts, HEAD_BYTES, _CLASSES, _HINT_SKIPS, _HINT_NEEDLES, _TAG_SKIPS, _TAG_NEEDLES
    )
    return answer
