"""Byte-level BPE by tiktoken: the same ids as the tokenizer's own, some eight times as fast.

Most tokenizers of language models are of this kind. One that is not, or may differ in any way that is known, is used as
it is; and what was made of one that is must agree with it on texts that are chosen to be hard, and on the first rows.
"""

import json
import os
from bisect import bisect_right
from concurrent.futures import ThreadPoolExecutor
from itertools import accumulate, pairwise
from typing import Any
from unicodedata import is_normalized

_GPT2 = r"'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
"""How `ByteLevel` with `use_regex` cuts a text into words."""

_HARD = (
    "",
    " a  b   c\n\n  d\t\te \r\n\r\n f\u00a0g\u3000h\u2028i\x0b\x1c\x85",
    "I'LL he'S they'Re don't 'tis ſ'ſ K'K we’ve",
    "0 12 123 1234 12345 ١٢٣ ½ ² ⅷ 1,000.50 -1e-5",
    "naïve café e\u0301 n\u0303 Å \u0301a ﬁ ǆ İi ß ẞ",
    "日本語テキスト 한국어 ไทย עברית العربية हिन्दी 𝔘𝔫𝔦 🏳️‍🌈👩🏽‍🚀🌱",
    "def f(x):\n    return x+1  # !!! ??? ...\n\n\n\tif a!=b: pass;;;{}[]()<>/\\|`~@#$%^&*_-+=",
    "\x00\x01\x7f\ufeff\ufffd\u200b\u200d\ud7ff\ue000 end",
    "aaaaaaaaaaaaaaaaaaaaaaaa        bbbbbbbb\n\n\n\n\n\n========----------",
)


class Bytes:
    """Tokens with their lengths in bytes, told from the vocabulary."""

    __slots__ = ("_lengths", "_starts", "_text", "ids")

    def __init__(self, text: str, ids: list[int], lengths: list[int]) -> None:
        self.ids = ids
        self._text = text
        self._lengths = lengths
        self._starts: list[int] | None = None

    def first(self, char: int) -> int:
        """See `places.Found`."""
        starts, byte = self._at(char)
        return bisect_right(starts, byte) - 1 if byte < starts[-1] else len(self.ids)

    def cuts(self, char: int) -> bool:
        """See `places.Found`."""
        starts, byte = self._at(char)
        return starts[bisect_right(starts, byte) - 1] != byte

    def _at(self, char: int) -> tuple[list[int], int]:
        if self._starts is None:
            self._starts = list(accumulate(map(self._lengths.__getitem__, self.ids), initial=0))
        text = self._text
        return self._starts, char if text.isascii() else len(text[:char].encode())


class Quick:
    """The fast way for one tokenizer; see `of`."""

    def __init__(self, encoding: Any, lengths: list[int], form: Any) -> None:
        self._encoding = encoding
        self._lengths = lengths
        self._form = form
        self._threads = (
            len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        )

    @classmethod
    def of(cls, tokenizer: Any) -> "Quick | None":
        """The fast way for a tokenizer of `tokenizers`, or None where it is not known to be the same."""
        try:
            import tiktoken
        except ImportError:
            return None
        spec = json.loads(tokenizer.to_str())
        pattern, form = _pattern(spec["pre_tokenizer"]), _normal_form(spec["normalizer"])
        added = {one["content"]: one["id"] for one in spec["added_tokens"]}
        ranks = _ranks(spec["model"], added)
        if pattern is None or form == "other" or ranks is None or not _are_plain(spec["added_tokens"]):
            return None
        if not spec["model"].get("ignore_merges") and not _are_their_own(
            tokenizer.model, spec["model"], added
        ):
            return None
        encoding = tiktoken.Encoding("rows", pat_str=pattern, mergeable_ranks=ranks, special_tokens=added)
        lengths = [0] * (max(*ranks.values(), *added.values(), 0) + 1)
        for words in (ranks, {token.encode(): number for token, number in added.items()}):
            for token, number in words.items():
                lengths[number] = len(token)
        made = cls(encoding, lengths, form)
        return made if made.agrees(tokenizer, [*_HARD, "".join(added) + " a".join(added)]) else None

    def takes(self, text: str) -> bool:
        """Whether this text is one whose tokens are sure: nothing of it would be normalised."""
        return self._form is None or is_normalized(self._form, text)

    def encode(self, texts: list[str]) -> list[Bytes]:
        """Token ids of texts that it takes."""
        if self._threads == 1:
            return self._encoded(texts)
        # One task for each thread: tiktoken's own, one for each text, take as long as the texts.
        step = -(-len(texts) // self._threads) or 1
        parts = [texts[start : start + step] for start in range(0, len(texts), step)]
        with ThreadPoolExecutor(self._threads) as threads:
            return [one for part in threads.map(self._encoded, parts) for one in part]

    def _encoded(self, texts: list[str]) -> list[Bytes]:
        encode = self._encoding.encode
        return [Bytes(text, encode(text, allowed_special="all"), self._lengths) for text in texts]

    def agrees(self, tokenizer: Any, texts: list[str]) -> bool:
        """Whether both ways give the same ids."""
        known = [text for text in texts if self.takes(text)]
        found = tokenizer.encode_batch(known, add_special_tokens=False)
        return all(one.ids == other.ids for one, other in zip(self.encode(known), found, strict=True))


def _pattern(spec: Any) -> str | None:
    """The expression that cuts words, where words are cut by one and written as bytes."""
    match spec:
        case {"type": "ByteLevel", "add_prefix_space": False, "use_regex": True}:
            return _GPT2
        case {
            "type": "Sequence",
            "pretokenizers": [
                {
                    "type": "Split",
                    "pattern": {"Regex": str(pattern)},
                    "behavior": "Isolated",
                    "invert": False,
                },
                {"type": "ByteLevel", "add_prefix_space": False, "use_regex": False},
            ],
        }:
            return pattern
    return None


def _normal_form(spec: Any) -> str | None:
    """None where nothing is normalised; a form of Unicode; `other`."""
    if spec is None:
        return None
    return str(spec["type"]) if spec["type"] in ("NFC", "NFKC", "NFD", "NFKD") else "other"


def _are_plain(added: list[dict[str, Any]]) -> bool:
    """Whether added tokens are found as they are written, and none begins like another."""
    contents = sorted(one["content"] for one in added)
    alone = not any(after.startswith(one) for one, after in pairwise(contents))
    return alone and not any(one["lstrip"] or one["rstrip"] or one["single_word"] for one in added)


def _ranks(model: dict[str, Any], added: dict[str, int]) -> dict[bytes, int] | None:
    """Tokens as bytes with their numbers, where those are in the order in which tokens were merged."""
    odd = (
        "dropout",
        "continuing_subword_prefix",
        "end_of_word_suffix",
        "byte_fallback",
        "fuse_unk",
        "unk_token",
    )
    if model.get("type") != "BPE" or any(model.get(name) for name in odd):
        return None
    of_byte = _letters()
    words = {token: number for token, number in model["vocab"].items() if token not in added}
    if not all(letter in of_byte for token in words for letter in token):
        return None
    pairs = (one.split(" ") if isinstance(one, str) else one for one in model["merges"])
    order = [words.get("".join(pair), -1) for pair in pairs]
    kept = list(dict.fromkeys(order))
    letters = [number for token, number in words.items() if len(token) == 1]
    if kept != sorted(kept) or -1 in kept or len(letters) != 256 or len(kept) + 256 != len(words):
        return None
    return {bytes(of_byte[letter] for letter in token): number for token, number in words.items()}


def _are_their_own(model: Any, spec: dict[str, Any], added: dict[str, int]) -> bool:
    """Whether each token is what its own text is merged into, as tiktoken takes for granted."""
    return all(
        [one.id for one in model.tokenize(token)] == [number]
        for token, number in spec["vocab"].items()
        if token not in added
    )


def _letters() -> dict[str, int]:
    """The printable character by which byte-level vocabularies write each byte."""
    shown = [*range(33, 127), *range(161, 173), *range(174, 256)]
    hidden = [byte for byte in range(256) if byte not in shown]
    return {chr(byte): byte for byte in shown} | {chr(256 + at): byte for at, byte in enumerate(hidden)}
