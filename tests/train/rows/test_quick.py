"""The fast way to token ids gives those of the tokenizer itself, or is not taken."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

from tests.train.rows.made import TEXT, tokenizer
from tilth.train.rows.places import Offsets
from tilth.train.rows.quick import Quick

LLAMA3 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)
QWEN2 = LLAMA3.replace(r"\p{N}{1,3}", r"\p{N}")


def made(pattern: str | None = None, normalizer: Any = None, ignore_merges: bool = False) -> Tokenizer:
    tokens = Tokenizer(models.BPE(ignore_merges=ignore_merges))
    bytes_of = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=pattern is None, trim_offsets=False)
    cut = [pre_tokenizers.Split(Regex(pattern), "isolated")] if pattern else []
    tokens.pre_tokenizer = pre_tokenizers.Sequence([*cut, bytes_of]) if cut else bytes_of
    tokens.decoder = decoders.ByteLevel()
    if normalizer:
        tokens.normalizer = normalizer
    trainer = trainers.BpeTrainer(
        vocab_size=420,
        special_tokens=["<s>", "<|im_start|>", "<|im_end|>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokens.train_from_iterator(TEXT.splitlines() * 3, trainer)
    tokens.add_tokens([AddedToken("<think>", normalized=False)])
    return tokens


KINDS = {
    "gpt2": made(),
    "llama3": made(LLAMA3, ignore_merges=True),
    "qwen2": made(QWEN2, normalizers.NFC()),
}
QUICK = {name: Quick.of(tokens) for name, tokens in KINDS.items()}

texts = st.lists(
    st.one_of(
        st.text(st.characters(codec="utf-8"), max_size=12),
        st.sampled_from(
            [
                "<s>",
                "<|im_end|>",
                "<think>",
                "<|im_",
                "\n",
                "  ",
                "don't",
                "I'LL",
                "1234",
                "e\u0301",
                "🌱",
                *TEXT.split(),
            ]
        ),
    ),
    max_size=12,
).map("".join)


@pytest.mark.parametrize("kind", KINDS)
@given(text=texts, char=st.integers(0, 40))
def test_the_same_ids_at_the_same_places(kind: str, text: str, char: int) -> None:
    quick = QUICK[kind]
    assert quick is not None
    if not quick.takes(text):
        return
    expected = KINDS[kind].encode(text, add_special_tokens=False)
    [found] = quick.encode([text])
    assert found.ids == expected.ids
    char = min(char, len(text))
    slow = Offsets(expected)
    # A character of several tokens is told by its first one, or by any: only whole characters are compared.
    assert found.first(char) == slow.first(char)


def test_what_would_be_normalised_is_not_taken() -> None:
    quick = QUICK["qwen2"]
    assert quick is not None
    assert quick.takes("é") and not quick.takes("e\u0301")


def changed(**parts: Any) -> Tokenizer:
    tokens = made()
    for name, value in parts.items():
        setattr(tokens, name, value)
    return tokens


def with_token(token: AddedToken) -> Tokenizer:
    tokens = made()
    tokens.add_special_tokens([token])
    return tokens


@pytest.mark.parametrize(
    "tokens",
    [
        tokenizer(metaspace=True).backend_tokenizer,
        changed(pre_tokenizer=pre_tokenizers.ByteLevel(add_prefix_space=True)),
        changed(pre_tokenizer=pre_tokenizers.Whitespace()),
        changed(normalizer=normalizers.Lowercase()),
        changed(normalizer=normalizers.Prepend("a")),
        with_token(AddedToken("<mask>", lstrip=True)),
        with_token(AddedToken("<s>x")),
        Tokenizer(models.WordLevel({"a": 0}, "a")),
    ],
    ids=str,
)
def test_other_kinds_are_left_alone(tokens: Tokenizer) -> None:
    assert Quick.of(tokens) is None


def test_a_vocabulary_whose_tokens_are_not_their_own_is_left_alone() -> None:
    letters = {letter: at for at, letter in enumerate(sorted(pre_tokenizers.ByteLevel.alphabet()))}
    # `abc` is merged from `a` and `bc` alone, and `ab` goes first: the text abc never becomes the token.
    vocabulary = letters | {"ab": 256, "bc": 257, "abc": 258}
    tokens = Tokenizer(models.BPE(vocabulary, [("a", "b"), ("b", "c"), ("a", "bc")]))
    tokens.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    assert Quick.of(tokens) is None
