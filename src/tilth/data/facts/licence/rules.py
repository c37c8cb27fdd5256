"""The licence rules as numbers: sequences of words, and what finds them in a text.

A rule is looked for by its rarest run of three words (or by all its words, where it has fewer); where that run stands
in a text, the hash of the whole rule decides. Texts that differ from a rule are found by a sample of its runs of four.
The table `licence_rules.npz` holds hashes and numbers only; it says in `source` where they come from.
"""

import json
import re
from functools import cache
from importlib.resources import as_file, files
from typing import NamedTuple

import numba
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tilth.data.facts.licence.rule_kinds import CONTINUOUS, FALSE_POSITIVE
from tilth.data.facts.licence.tokens import STOP_ID, hash_of, id_of

BASE = np.uint64(0x9E3779B97F4A7C15 | 1)
SAMPLE = 48
"""Runs of four words that stand for a rule; a shorter rule keeps all of its own."""
MIN_APPROXIMATE = 12
"""Words of the shortest rule that may differ from the text."""
# Words that, added to a permissive text, take something back: "for Good, not Evil", "non-commercial use only".
_STERN = (
    "noncommercial commercial commercially prohibit prohibited forbidden evil military nuclear academic "
    "educational research personal evaluation training"
)
# Words by which licences of nearly the same text differ.
_TELLING = (
    _STERN + " non sharealike share alike noderivs noderivatives invariant invariants endorse advertising "
    "lesser library affero mozilla netscape apache gnu sun ibm python only later 1 2 3 4 5 0"
)
# Words that say which licence is meant, and which version of it.
_NAME = (
    "gpl lgpl agpl fdl gfdl mpl epl cpl cddl asl apache mit bsd isc zlib boost artistic perl eupl cecill x11 "
    "lesser affero nc nd sa noncommercial noderivs noderivatives sharealike"
)
_VERSION = "0 1 2 3 4 5 later newer " + " ".join(
    f"{name}{v}{number}{plus}"
    for name in ("gpl", "lgpl", "agpl", "fdl", "gfdl", "mpl", "epl", "asl", "apache", "bsd", "")
    for v in ("", "v")
    for number in (1, 2, 3, 4)
    for plus in ("", "+")
)
_RARE_RULES = 40
_VAGUE = re.compile(
    r"scancode-(?:proprietary-license|other-\w+|free-unknown|unknown|commercial-license|warranty-disclaimer|"
    r"public-domain|generic-\w+)"
)
_ONE, _TWO = np.uint64(1 << 62), np.uint64(1 << 63)


class Numbers(NamedTuple):
    """The rules as the search reads them."""

    expression_of: NDArray[np.uint16]
    kinds: NDArray[np.uint8]
    flags: NDArray[np.uint8]
    relevances: NDArray[np.uint8]
    coverages: NDArray[np.uint8]
    tokens: NDArray[np.uint16]
    bounds: NDArray[np.int64]
    phrases: NDArray[np.int32]
    phrase_bounds: NDArray[np.int64]
    word_keys: NDArray[np.uint64]
    word_ids: NDArray[np.int32]
    values: NDArray[np.uint64]
    stern: NDArray[np.int64]
    telling: NDArray[np.int64]
    names: NDArray[np.int64]
    version: NDArray[np.int64]
    is_rare: NDArray[np.bool_]
    is_place: NDArray[np.bool_]
    is_vague: NDArray[np.bool_]
    hashes: NDArray[np.uint64]
    anchor_keys: NDArray[np.uint64]
    anchor_first: NDArray[np.int32]
    anchor_next: NDArray[np.int32]
    anchor_at: NDArray[np.int32]
    single: NDArray[np.int32]
    anchor_bits: NDArray[np.uint8]
    sample_bits: NDArray[np.uint8]
    sample_keys: NDArray[np.uint64]
    sample_places: NDArray[np.int32]
    sample_bounds: NDArray[np.int32]
    sample_rules: NDArray[np.uint16]
    sample_counts: NDArray[np.int32]
    atoms: NDArray[np.int32]
    atom_bounds: NDArray[np.int32]


class Rules(NamedTuple):
    """The table of rules."""

    source: str
    names: list[str]
    expressions: list[str]
    numbers: Numbers


@cache
def rules() -> Rules:
    """The table, read on first use."""
    with (
        as_file(files("tilth.data.facts.licence").joinpath("licence_rules.npz")) as path,
        np.load(path) as file,
    ):
        held = dict(file)
    codec = pa.Codec("zstd")
    num_token_bytes, num_text_bytes = held["sizes"].tolist()
    tokens = np.frombuffer(codec.decompress(held["tokens"].tobytes(), num_token_bytes), np.uint16)
    texts = json.loads(bytes(codec.decompress(held["texts"].tobytes(), num_text_bytes)))
    bounds = np.zeros(held["lengths"].size + 1, np.int64)
    np.cumsum(held["lengths"], out=bounds[1:])
    num_words = held["words"].size
    word_keys, word_ids = _addressed(
        np.concatenate((held["words"], held["aliases"], held["stops"])),
        np.concatenate(
            (np.arange(num_words), held["alias_ids"], np.full(held["stops"].size, STOP_ID))
        ).astype(np.int32),
    )
    values = _values(num_words)
    anchors = _anchors(tokens, bounds)
    may_differ = (held["lengths"] >= MIN_APPROXIMATE) & (held["flags"] & (FALSE_POSITIVE | CONTINUOUS) == 0)
    keys, owners = _each_once(*_samples(tokens, bounds, values, may_differ))
    firsts = np.flatnonzero(np.append(True, keys[1:] != keys[:-1]))
    sample_keys, sample_places = _addressed(spread(keys[firsts]), np.arange(firsts.size, dtype=np.int32))
    numbers = Numbers(
        held["expressions"],
        held["kinds"],
        held["flags"],
        held["relevances"],
        held["coverages"],
        tokens,
        bounds,
        held["phrases"][:, 1:].astype(np.int32),
        np.searchsorted(held["phrases"][:, 0], np.arange(bounds.size)).astype(np.int64),
        word_keys,
        word_ids,
        values,
        _marked(_STERN, num_words, word_keys, word_ids),
        _marked(_TELLING, num_words, word_keys, word_ids),
        _marked(_NAME, num_words, word_keys, word_ids),
        _marked(_VERSION, num_words, word_keys, word_ids),
        _num_rules(tokens, bounds, num_words) <= _RARE_RULES,
        np.isin(np.arange(num_words), held["places"]),
        np.array([_VAGUE.search(expression) is not None for expression in texts["expressions"]]),
        _hashes(tokens, bounds, values),
        *anchors,
        _singles(num_words, anchors[0], anchors[1]),
        bits_of(slot_mixed(anchors[0][anchors[0] != 0])),
        bits_of(keys[firsts].astype(np.uint64)),
        sample_keys,
        sample_places,
        np.append(firsts, keys.size).astype(np.int32),
        owners,
        np.bincount(owners, minlength=bounds.size - 1).astype(np.int32),
        *_atoms(texts["expressions"]),
    )
    return Rules(str(held["source"]), texts["names"], texts["expressions"], numbers)


def _atoms(expressions: list[str]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """The licences in each expression, as numbers."""
    known: dict[str, int] = {}
    atoms: list[int] = []
    bounds = [0]
    for expression in expressions:
        names = [name for name in re.findall(r"[\w.+-]+", expression) if name not in ("AND", "OR", "WITH")]
        atoms += sorted({known.setdefault(name, len(known)) for name in names})
        bounds.append(len(atoms))
    return np.array(atoms, np.int32), np.array(bounds, np.int32)


def spread(keys: NDArray[np.uint32]) -> NDArray[np.uint64]:
    """Keys of samples as a table of addresses takes them: well mixed in their low bits, never 0."""
    mixed: NDArray[np.uint64] = keys.astype(np.uint64) | np.uint64(1 << 32)
    return mixed


def _each_once(
    keys: NDArray[np.uint32], owners: NDArray[np.uint16]
) -> tuple[NDArray[np.uint32], NDArray[np.uint16]]:
    """Samples with the rules that have them, in order, none twice."""
    pairs = np.sort(keys.astype(np.uint64) << np.uint64(16) | owners)
    pairs = pairs[np.append(True, pairs[1:] != pairs[:-1])]
    return (pairs >> np.uint64(16)).astype(np.uint32), pairs.astype(np.uint16)


def _marked(
    words: str, num_words: int, keys: NDArray[np.uint64], ids: NDArray[np.int32]
) -> NDArray[np.int64]:
    marks = np.zeros(num_words, np.int64)
    for word in words.split():
        number = id_of(np.uint64(hash_of(np.frombuffer(word.encode(), np.uint8))), keys, ids)
        if number >= 0:
            marks[number] = 1
    return marks


@numba.njit(cache=True, nogil=True)
def _num_rules(tokens: NDArray[np.uint16], bounds: NDArray[np.int64], num_words: int) -> NDArray[np.int32]:
    """How many rules have each word."""
    counts = np.zeros(num_words, np.int32)
    last = np.full(num_words, -1, np.int32)
    for rule in range(bounds.size - 1):
        for at in range(bounds[rule], bounds[rule + 1]):
            word = tokens[at]
            if last[word] != rule:
                last[word] = rule
                counts[word] += 1
    return counts


def _values(count: int) -> NDArray[np.uint64]:
    """A fixed number without pattern for each word (Steele and others, "SplitMix", 2014)."""
    mixed = (np.arange(count, dtype=np.uint64) + np.uint64(1)) * BASE
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))


@numba.njit(cache=True, nogil=True)
def _addressed(
    keys: NDArray[np.uint64], numbers: NDArray[np.int32]
) -> tuple[NDArray[np.uint64], NDArray[np.int32]]:
    size = 16
    while size < 2 * keys.size:
        size *= 2
    table = np.zeros(size, np.uint64)
    held = np.zeros(size, np.int32)
    mask = np.uint64(size - 1)
    for at in range(keys.size):
        slot = keys[at] & mask
        while table[slot] != 0 and table[slot] != keys[at]:
            slot = (slot + np.uint64(1)) & mask
        if table[slot] == 0:
            table[slot], held[slot] = keys[at], numbers[at]
    return table, held


@numba.njit(cache=True, nogil=True)
def _hashes(
    tokens: NDArray[np.uint16], bounds: NDArray[np.int64], values: NDArray[np.uint64]
) -> NDArray[np.uint64]:
    found = np.zeros(bounds.size - 1, np.uint64)
    for rule in range(found.size):
        value = np.uint64(0)
        for at in range(bounds[rule], bounds[rule + 1]):
            value = value * BASE + values[tokens[at]]
        found[rule] = value
    return found


@numba.njit(cache=True, nogil=True)
def run_key(a: int, b: int, c: int) -> np.uint64:
    """A run of one to three words as one number; absent words are -1."""
    if b < 0:
        return np.uint64(a) | _ONE
    if c < 0:
        return np.uint64(a) | (np.uint64(b) << np.uint64(16)) | _TWO
    return np.uint64(a) | (np.uint64(b) << np.uint64(16)) | (np.uint64(c) << np.uint64(32))


FILTER_BITS = 1 << 21
"""Bits of the filters that spare most look-ups (Bloom, 1970, with one hash): a quarter of a megabyte each."""


def slot_mixed(keys: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """The numbers from which `slot_of` takes its low bits."""
    mixed = keys * BASE
    return mixed ^ (mixed >> np.uint64(29))


def bits_of(numbers: NDArray[np.uint64]) -> NDArray[np.uint8]:
    """A filter with the low bits of each number set."""
    bits = np.zeros(FILTER_BITS, np.uint8)
    bits[numbers & np.uint64(FILTER_BITS - 1)] = 1
    return np.packbits(bits, bitorder="little")


def _singles(num_words: int, keys: NDArray[np.uint64], first: NDArray[np.int32]) -> NDArray[np.int32]:
    """For each word the first rule that is this word alone, or -1."""
    found = np.full(num_words, -1, np.int32)
    is_single = (keys & (_ONE | _TWO)) == _ONE
    found[(keys[is_single] ^ _ONE).astype(np.int64)] = first[is_single]
    return found


@numba.njit(cache=True, nogil=True)
def slot_of(key: np.uint64, mask: np.uint64) -> np.uint64:
    """Where the search for a run begins in its table."""
    mixed = key * BASE
    return (mixed ^ (mixed >> np.uint64(29))) & mask


@numba.njit(cache=True, nogil=True)
def _count_runs(tokens: NDArray[np.uint16], bounds: NDArray[np.int64]) -> NDArray[np.uint16]:
    """How often a run of three stands in the rules, by its hash; clashes only make a run look less rare."""
    counts = np.zeros(1 << 22, np.uint16)
    mask = np.uint64(counts.size - 1)
    for rule in range(bounds.size - 1):
        for at in range(bounds[rule], bounds[rule + 1] - 2):
            slot = slot_of(run_key(tokens[at], tokens[at + 1], tokens[at + 2]), mask)
            if counts[slot] < 65535:
                counts[slot] += 1
    return counts


@numba.njit(cache=True, nogil=True)
def _anchors(
    tokens: NDArray[np.uint16], bounds: NDArray[np.int64]
) -> tuple[NDArray[np.uint64], NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]]:
    """A table from runs to the rules they are the rarest run of; each rule leads to the next with the same run."""
    counts = _count_runs(tokens, bounds)
    count_mask = np.uint64(counts.size - 1)
    count = bounds.size - 1
    size = 1 << 17
    keys = np.zeros(size, np.uint64)
    first = np.full(size, -1, np.int32)
    following = np.full(count, -1, np.int32)
    places = np.zeros(count, np.int32)
    mask = np.uint64(size - 1)
    for rule in range(count):
        low, length = bounds[rule], bounds[rule + 1] - bounds[rule]
        best, rarest = 0, 1 << 30
        for at in range(min(length - 2, 400)):
            seen = counts[
                slot_of(run_key(tokens[low + at], tokens[low + at + 1], tokens[low + at + 2]), count_mask)
            ]
            if seen < rarest:
                best, rarest = at, int(seen)
        places[rule] = best
        b = int(tokens[low + best + 1]) if length > 1 else -1
        c = int(tokens[low + best + 2]) if length > 2 else -1
        key = run_key(tokens[low + best], b, c)
        slot = slot_of(key, mask)
        while keys[slot] != 0 and keys[slot] != key:
            slot = (slot + np.uint64(1)) & mask
        keys[slot] = key
        following[rule] = first[slot]
        first[slot] = rule
    return keys, first, following, places


@numba.njit(cache=True, nogil=True)
def sample_key(a: np.uint64, b: np.uint64, c: np.uint64, d: np.uint64) -> np.uint32:
    """Hash of the values of four words in a row."""
    value = ((a * BASE + b) * BASE + c) * BASE + d
    value ^= value >> np.uint64(31)
    return np.uint32((value * BASE) >> np.uint64(32))


@numba.njit(cache=True, nogil=True)
def _samples(
    tokens: NDArray[np.uint16],
    bounds: NDArray[np.int64],
    values: NDArray[np.uint64],
    chosen: NDArray[np.bool_],
) -> tuple[NDArray[np.uint32], NDArray[np.uint16]]:
    total = 0
    for rule in range(bounds.size - 1):
        total += min(bounds[rule + 1] - bounds[rule], 4 * SAMPLE) if chosen[rule] else 0
    keys = np.zeros(total, np.uint32)
    owners = np.zeros(total, np.uint16)
    count = 0
    for rule in range(bounds.size - 1):
        runs = bounds[rule + 1] - bounds[rule] - 3
        if not chosen[rule] or runs <= 0:
            continue
        limit = min(2.0**32, 2.0**32 * SAMPLE / runs)
        stop = min(total, count + 4 * SAMPLE)
        for at in range(bounds[rule], bounds[rule + 1] - 3):
            key = sample_key(
                values[tokens[at]], values[tokens[at + 1]], values[tokens[at + 2]], values[tokens[at + 3]]
            )
            if key < limit and count < stop:
                keys[count], owners[count] = key, rule
                count += 1
    return keys[:count], owners[:count]
