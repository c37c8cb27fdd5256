"""Where one file of a table ends and the next begins: decided by the rows themselves, not by how many came before.

A row begins a new file when a hash of its key, as a fraction of one, is less than the row's size over the size aimed
at. The files then have that size on average, and a row that comes or goes changes the file that it is in, not those
after it. A floor and a ceiling avoid files much smaller or larger than the aim; after one of them the cuts fall back
into step at the next cut that both sides share (content-defined chunking, as in LBFS, Muthitacharoen et al., SOSP
2001).
"""

import numpy as np
from numpy.typing import NDArray

FLOOR_FRACTION = 0.25
CEILING_FRACTION = 4.0


class Cutter:
    """Cuts a stream of rows, given in pieces of any length; the cuts do not depend on the pieces."""

    def __init__(self, aim: int) -> None:
        self._aim = aim
        self._since = -1
        """Size of the file so far; -1 before the first row."""

    def feed(self, fractions: NDArray[np.float64], sizes: NDArray[np.int64]) -> list[int]:
        """Indices of the rows [N] that begin a file; the stream's first row always does.

        Args:
            fractions: For each row [N] a hash of its key, uniform in [0, 1).
            sizes: Size [N] of each row, in the unit of the aim.
        """
        if len(sizes) == 0:
            return []
        wanted = np.flatnonzero(fractions < sizes / self._aim)
        before = np.concatenate([[0], np.cumsum(sizes)])
        begins: list[int] = []
        # `start` is the size, on the scale of `before`, at which the open file began.
        start = -self._since
        if self._since < 0:
            begins, start = [0], 0
        row = 0
        while True:
            row = self._next(wanted, before, start, row)
            if row >= len(sizes):
                break
            if not begins or row > begins[-1]:
                begins.append(row)
                start = int(before[row])
            row += 1
        self._since = int(before[-1]) - start
        return begins

    def _next(self, wanted: NDArray[np.int64], before: NDArray[np.int64], start: int, row: int) -> int:
        """The first row from `row` on at which a file begins."""
        floor_row = max(row, int(np.searchsorted(before, start + FLOOR_FRACTION * self._aim)))
        ceiling_row = max(row, int(np.searchsorted(before, start + CEILING_FRACTION * self._aim)))
        at = int(np.searchsorted(wanted, floor_row))
        natural = int(wanted[at]) if at < len(wanted) else len(before)
        return min(natural, ceiling_row)


def fractions_of(hex_ids: list[str]) -> NDArray[np.float64]:
    """Ids of at least 13 hex digits as fractions of one."""
    return np.array([int(text[:13], 16) for text in hex_ids], dtype=np.float64) / float(1 << 52)
