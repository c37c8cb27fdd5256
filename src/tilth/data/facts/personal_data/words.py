"""Words that speak for or against a candidate, as hashes that compiled code can look up."""

from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

MEANINGS = (
    "tld", "tld_new", "filler_local", "filler_domain", "role", "account", "silent", "machine_user", "home_folder",
    "about_card", "about_phone", "about_ip", "about_version", "about_bank", "about_id", "not_a_name",
    "organisation", "particle", "and", "street", "known_street", "example_number", "about_number", "deed", "lead",
    "mail_provider",
)  # fmt: skip
"""The first word of each line of words.txt; a word can have several."""
(
    TLD, TLD_NEW, FILLER_LOCAL, FILLER_DOMAIN, ROLE, ACCOUNT, SILENT, MACHINE_USER, HOME_FOLDER,
    ABOUT_CARD, ABOUT_PHONE, ABOUT_IP, ABOUT_VERSION, ABOUT_BANK, ABOUT_ID, NOT_A_NAME,
    ORGANISATION, PARTICLE, AND, STREET, KNOWN_STREET, EXAMPLE_NUMBER, ABOUT_NUMBER, DEED, LEAD,
    MAIL_PROVIDER,
) = (1 << bit for bit in range(len(MEANINGS)))  # fmt: skip

_TABLES = Path(__file__).parent / "tables"
_OLD_TLDS = (
    "com org net edu gov mil int info biz io dev aero coop museum name pro jobs cat tel travel".split()
)


@cache
def lexicon() -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """Hashes of the words, each at its own value or the next free place behind it, and the meanings as bits."""
    meanings: dict[int, int] = {}
    for line in (_TABLES / "words.txt").read_text("utf-8").splitlines():
        meaning, _, words = line.partition(":")
        if words and not line.startswith("#"):
            for word in words.split():
                _add(meanings, word.replace("~", " "), 1 << MEANINGS.index(meaning))
    for number in range(100):
        _add(meanings, f"user{number}", MACHINE_USER | FILLER_LOCAL)
    for line in (_TABLES / "tlds.txt").read_text("utf-8").split():
        is_old = len(line) == 2 or line in _OLD_TLDS
        _add(meanings, line, TLD if is_old else TLD_NEW)
    size = 1 << (4 * len(meanings)).bit_length()
    hashes, flags = np.zeros(size, np.uint64), np.zeros(size, np.int64)
    for value, bits in meanings.items():
        at = value & size - 1
        while hashes[at]:
            at = at + 1 & size - 1
        hashes[at], flags[at] = value, bits
    return hashes, flags


def _add(meanings: dict[int, int], word: str, meaning: int) -> None:
    value = int(hash_of_word(word))
    meanings[value] = meanings.get(value, 0) | meaning


def hash_of_word(word: str) -> np.uint64:
    """What `bytes.hash_of` gives for a word."""
    value = 0xCBF29CE484222325
    for byte in word.lower().encode("utf-8"):
        value = (value ^ byte) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
    return np.uint64(value)
