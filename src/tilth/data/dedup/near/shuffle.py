"""Candidates among more signatures than memory holds: files that meet are brought together on disk.

    spread    a block of files             ->  its files in every band, cut in parts by their hash
    meet      one part of the hashes       ->  pairs that meet, cut by the block of the second file
    agree     one block of second files    ->  candidates, each once, in order

Every step reads and writes whole files, from front to back, and holds one part or two blocks at a time; any machine
that sees the folder can do it, any number of times. What comes out depends on the signatures, not on how it was cut.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

import numpy as np

from tilth.data.dedup.near.bands import (
    LOW,
    NUMBER_BITS,
    Packed,
    Signatures,
    Sizes,
    banded,
    num_bands,
    ordered,
    pairs_in_order,
    rows_of,
)
from tilth.data.dedup.near.candidates import agreeing, meetings, merged
from tilth.data.facts.kernels import Counts
from tilth.store.atomic import whole_file

SIGNATURES: Final = "signatures.npy"
SIZES: Final = "sizes-alone.npy"
"""Sizes of the sets of shingles; 0 for a file that is to meet none."""


@dataclass(frozen=True)
class Shuffle:
    """The shuffle of the signatures in a folder, and how it is cut: for memory of some hundred megabytes a worker."""

    folder: Path
    threshold: float
    block_bits: int = 18
    """A block has so many files, as a power of two."""
    part_files: int = 1 << 21
    """A part has so many files at the most, those of all bands together, where hashes are evenly spread."""
    pairs_at_once: int = 1 << 22

    @cached_property
    def sizes(self) -> Sizes:
        """[n] What is in SIZES."""
        sizes: Sizes = np.load(self.folder / SIZES)
        return sizes

    @property
    def blocks(self) -> int:
        """Number of blocks."""
        return -(-len(self.sizes) >> self.block_bits)

    @property
    def parts(self) -> int:
        """Number of parts."""
        return 1 << self._part_bits if self.blocks else 0

    @property
    def _part_bits(self) -> int:
        return min((len(self.sizes) * num_bands(self.threshold) // self.part_files).bit_length(), 16)

    def steps(self) -> Iterator[tuple[str, int]]:
        """The steps in their order, and the turns of each, that can be taken in any order."""
        yield from (("spread", self.blocks), ("meet", self.parts), ("agree", self.blocks))

    def take(self, step: str, turn: int) -> None:
        """Takes one turn of a step."""
        {"spread": self.spread, "meet": self.meet, "agree": self.agree}[step](turn)

    def forget_before(self, step: str) -> None:
        """Deletes what a step that is done was made from, but the signatures."""
        for path in self.folder.glob({"spread": "none", "meet": "spread-*", "agree": "met-*"}[step]):
            path.unlink()

    def spread(self, block: int) -> None:
        """Writes the files of a block, by part and band."""
        begin, rows, bands = block << self.block_bits, rows_of(self.threshold), num_bands(self.threshold)
        sizes = self.sizes[begin : begin + (1 << self.block_bits)]
        files, begins = banded(self._signatures(block), sizes, begin, rows, 0, bands, self._part_bits)
        _write(self.folder / f"spread-{block:06d}", files, begins)

    def meet(self, part: int) -> None:
        """Writes the pairs that meet in a part of the hashes, by the block of the second file."""
        for turn, met in enumerate(
            meetings(self._bands(part), self.sizes, self.threshold, self.pairs_at_once)
        ):
            pairs = ordered(met, (self.block_bits, max(len(self.sizes).bit_length(), self.block_bits)))
            blocks = (pairs & LOW) >> np.uint64(self.block_bits)
            begins = np.searchsorted(blocks, np.arange(self.blocks + 1, dtype=np.uint64))
            _write(self.folder / f"met-{part:05d}-{turn:05d}", pairs, begins)

    def agree(self, block: int) -> None:
        """Writes the candidates whose second file is in a block."""
        count, seconds = len(self.sizes), self._signatures(block)
        found = []
        for pairs in self._met(block):
            pairs = pairs_in_order(pairs, count)
            bounds = np.arange(block + 2, dtype=np.uint64) << np.uint64(self.block_bits + NUMBER_BITS)
            for first, part in enumerate(np.split(pairs, np.searchsorted(pairs, bounds[1:-1]))):
                if len(part):
                    firsts = seconds if first == block else self._signatures(first)
                    at = (first << self.block_bits, block << self.block_bits)
                    found.append(agreeing(part, firsts, seconds, *at, self.sizes, self.threshold))
        self._keep(block, merged(found, count))

    def give(self, pairs: Packed) -> None:
        """Takes the candidates, in order, that something else has found in the place of these steps."""
        blocks = (pairs & LOW) >> np.uint64(self.block_bits)
        for block in range(self.blocks):
            self._keep(block, pairs[blocks == block])

    def _keep(self, block: int, pairs: Packed) -> None:
        with whole_file(self.folder / f"candidates-{block:06d}") as temporary, temporary.open("wb") as file:
            file.write(pairs.data)

    def candidates(self) -> Iterator[Packed]:
        """The pairs that may be alike, those of one block of second files after another."""
        for block in range(self.blocks):
            yield np.fromfile(self.folder / f"candidates-{block:06d}", np.uint64)

    def _signatures(self, block: int) -> Signatures:
        begin = block << self.block_bits
        mapped = np.load(self.folder / SIGNATURES, mmap_mode="r")
        return np.array(mapped[begin : begin + (1 << self.block_bits)])

    def _bands(self, part: int) -> Iterator[Packed]:
        """The files of each band in a part, in the order of their hash and their number."""
        bands = num_bands(self.threshold)
        cuts = self.parts * bands
        blocks = [
            _read(self.folder / f"spread-{block:06d}", cuts, part * bands, (part + 1) * bands)
            for block in range(self.blocks)
        ]
        for band in range(bands):
            files = np.concatenate([files[begins[band] : begins[band + 1]] for files, begins in blocks])
            yield ordered(files, (NUMBER_BITS, 2 * NUMBER_BITS - self._part_bits))

    def _met(self, block: int) -> Iterator[Packed]:
        """The pairs whose second file is in a block, some at a time."""
        held: list[Packed] = []
        for path in sorted(self.folder.glob("met-?????-?????")):
            held.append(_read(path, self.blocks, block, block + 1)[0])
            if sum(map(len, held)) >= self.pairs_at_once:
                yield np.concatenate(held)
                held = []
        if held:
            yield np.concatenate(held)


def _write(path: Path, values: Packed, begins: Counts) -> None:
    with whole_file(path) as temporary, temporary.open("wb") as file:
        file.write(begins.data)
        file.write(values.data)


def _read(path: Path, cuts: int, first: int, last: int) -> tuple[Packed, Counts]:
    """What lies between two cuts of a file that has so many, and where each begins there."""
    begins = np.fromfile(path, np.int64, last - first + 1, offset=8 * first)
    at = 8 * (cuts + 1 + int(begins[0]))
    return np.fromfile(path, np.uint64, int(begins[-1] - begins[0]), offset=at), begins - begins[0]
