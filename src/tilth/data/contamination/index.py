"""Benchmarks laid out to be looked for, all at once, and what of them is found in texts."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from tilth.config.contamination import Thresholds
from tilth.data.contamination.benchmarks import Item
from tilth.data.contamination.scan import (
    SPREAD,
    WINDOW_SIGNS,
    Numbers,
    shared_runs,
    table_of,
    whole_items,
)
from tilth.data.contamination.words import grams_of, power_of, signs_of, words_of
from tilth.data.facts.kernels import Bytes, Counts
from tilth.data.facts.shingles import Hashes, laid, word_characters
from tilth.store.atomic import whole_file

NEAR_WORDS: Final = 5
"""Words of the runs by which near-duplicates are measured, as elsewhere."""
NEAR_RUNS_MIN: Final = 16
"""Least distinct runs of an item that is looked for by near-duplicates: with fewer, some words make a large share."""
_TRIED: Final = 9
METHODS: Final = ("exact", "ngrams", "near")
"""How an item was found, the surest first."""


@dataclass(frozen=True, slots=True)
class Match:
    """An item that a document has."""

    document: int
    item: int
    method: str
    """exact: from end to end; ngrams, near: as much of its runs of words as asked for, close together."""
    share: float
    """Share of its runs of words that are there."""
    begin: int
    """First byte of it in the document, as UTF-8."""
    end: int
    """A byte on the last line of it."""


@dataclass(frozen=True, slots=True)
class _Whole:
    """Items of at least `WINDOW_SIGNS` signs."""

    items: Numbers
    signs: Bytes
    begins: Counts
    windows: Counts
    table: Hashes
    places: Numbers
    chains: Counts
    chained: Numbers

    @classmethod
    def of(cls, texts: Sequence[bytes]) -> "_Whole":
        signs = [signs_of(np.frombuffer(text, np.uint8)) for text in texts]
        items = [number for number, own in enumerate(signs) if len(own) >= WINDOW_SIGNS]
        long = [signs[number] for number in items]
        begins = np.cumsum([0, *map(len, long)], dtype=np.int64)
        laid_out = np.concatenate([*long, np.empty(0, np.uint8)])
        # The hash of a window is that of the signs as words of one byte.
        hashes, firsts = grams_of(laid_out.astype(np.uint64), begins, WINDOW_SIGNS, power_of(WINDOW_SIGNS))
        tried = np.linspace(firsts[:-1], np.maximum(firsts[1:] - 1, 0), _TRIED).astype(np.int64)
        # Items that begin or end alike are looked for by what few of them have.
        _, at, shared = np.unique(hashes[tried], return_inverse=True, return_counts=True)
        best = np.argmin(shared[at.reshape(tried.shape)], axis=0)
        chosen = tried[best, np.arange(len(items))]
        distinct, chains, chained = _grouped(hashes[chosen], np.arange(len(items)))
        tables = (*table_of(distinct), chains, chained)
        return cls(np.array(items, np.int32), laid_out, begins, chosen - firsts[:-1], *tables)

    def find(self, data: Bytes, starts: Counts) -> Iterable[Match]:
        leaving = power_of(WINDOW_SIGNS)
        tables = (self.windows, self.table, self.places, self.chains, self.chained)
        for row in whole_items(data, starts, self.signs, self.begins, *tables, leaving).tolist():
            document, item, _, begin, end = row
            start = int(starts[document])
            yield Match(document, int(self.items[item]), "exact", 1.0, begin - start, end - start)


@dataclass(frozen=True, slots=True)
class _Runs:
    """Runs of `length` words of all items."""

    method: str
    length: int
    table: Hashes
    places: Numbers
    posts: Counts
    posted: Numbers
    owns: Counts
    owned: Numbers
    widths: Counts
    needs: Counts

    @classmethod
    def of(
        cls, method: str, length: int, least: float, runs_min: int, words: Hashes, documents: Counts
    ) -> "_Runs":
        grams, begins = grams_of(words, documents, length, power_of(length))
        item = np.repeat(np.arange(len(begins) - 1), np.diff(begins))
        distinct, at = np.unique(grams, return_inverse=True)
        # Each run counts once for an item.
        pairs = np.unique(np.stack([item, at], axis=1), axis=0) if len(at) else np.empty((0, 2), np.int64)
        sizes = np.bincount(pairs[:, 0], minlength=len(begins) - 1)
        owns = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
        by_gram = np.argsort(pairs[:, 1], kind="stable")
        posts = np.searchsorted(pairs[by_gram, 1], np.arange(len(distinct) + 1)).astype(np.int64)
        posted, owned = pairs[by_gram, 0].astype(np.int32), pairs[:, 1].astype(np.int32)
        needs = np.where(sizes >= runs_min, np.maximum(np.ceil(sizes * least - 1e-9), 1), 0).astype(np.int64)
        widths = (SPREAD * np.diff(documents)).astype(np.int64)
        return cls(method, length, *table_of(distinct), posts, posted, owns, owned, widths, needs)

    def find(self, words: Hashes, documents: Counts, begins: Counts, starts: Counts) -> Iterable[Match]:
        tables = (self.table, self.places, self.posts, self.posted, self.owns, self.owned)
        length, limits = self.length, (self.widths, self.needs)
        for row in shared_runs(words, documents, length, power_of(length), *tables, *limits).tolist():
            document, item, runs, first, last = row
            share = runs / int(self.owns[item + 1] - self.owns[item])
            start = starts[document]
            yield Match(
                document, item, self.method, share, int(begins[first] - start), int(begins[last] - start)
            )


def _grouped(keys: Hashes, numbers: Counts) -> tuple[Hashes, Counts, Numbers]:
    """Distinct keys, where the numbers of each begin, and the numbers."""
    order = np.argsort(keys, kind="stable")
    distinct, first = np.unique(keys[order], return_index=True)
    return distinct, np.append(first, len(keys)).astype(np.int64), numbers[order].astype(np.int32)


class Index:
    """The texts of benchmarks, ready to be looked for in any number of documents."""

    def __init__(self, items: Sequence[Item], asked: Thresholds) -> None:
        self.items = items
        self.asked = asked
        texts = [item.text.encode("utf-8", "replace") for item in items]
        data, starts = laid(texts)
        words, _, documents = words_of(data, starts, word_characters())
        self._whole = _Whole.of(texts if asked.exact else [])
        self._runs = []
        if asked.ngram_share is not None:
            self._runs.append(_Runs.of("ngrams", asked.ngram_words, asked.ngram_share, 1, words, documents))
        if asked.near is not None:
            self._runs.append(_Runs.of("near", NEAR_WORDS, asked.near, NEAR_RUNS_MIN, words, documents))
        looked_for = np.zeros(len(items), bool)
        looked_for[self._whole.items] = True
        for runs in self._runs:
            looked_for |= runs.needs > 0
        self.too_short = [
            item for item, is_there in zip(items, looked_for.tolist(), strict=True) if not is_there
        ]
        """Items that no method can find: `WINDOW_SIGNS` signs, or a run of words, are the least."""

    def find(self, texts: Sequence[bytes]) -> list[Match]:
        """What texts in UTF-8 have of the items: of each pair the surest method, by document and item."""
        data, starts = laid(texts)
        found = list(self._whole.find(data, starts))
        words, begins, documents = words_of(data, starts, word_characters())
        for runs in self._runs:
            found += runs.find(words, documents, begins, starts)
        best: dict[tuple[int, int], Match] = {}
        for match in found:
            best.setdefault((match.document, match.item), match)
        return [best[pair] for pair in sorted(best)]

    def save(self, folder: Path) -> Path:
        """Writes the items to a folder under a name that is a hash of them and of what is asked; gives the file."""
        table = pa.Table.from_pylist([asdict(item) for item in self.items], _ITEMS)
        asked = self.asked.model_dump_json()
        parts = (part for row in table.to_pylist() for part in row.values())
        digest = hashlib.sha256("\0".join([asked, *parts]).encode("utf-8", "replace")).hexdigest()[:32]
        path = folder / f"{digest}.parquet"
        if not path.exists():
            with whole_file(path) as temporary:
                pq.write_table(table.replace_schema_metadata({"asked": asked}), temporary, compression="zstd")
        return path

    @classmethod
    def load(cls, path: Path) -> "Index":
        """The index that `save` wrote."""
        table = pq.read_table(path)
        asked = Thresholds.model_validate_json(table.schema.metadata[b"asked"])
        return cls([Item(**row) for row in table.to_pylist()], asked)


_ITEMS = pa.schema([(name, pa.string()) for name in ("benchmark", "item", "field", "text")])
