"""Models with random weights, a tokenizer and rows for the training benchmarks: always the same ones."""

import json
import random
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from typing import Any

TEMPLATE = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' }}"
    "{% if message['role'] == 'assistant' %}{% generation %}{{ message['content'] + '<|im_end|>' }}{% endgeneration %}"
    "{% else %}{{ message['content'] + '<|im_end|>' }}{% endif %}{{ '\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)

SHAPES: dict[str, dict[str, Any]] = {
    "tiny": {"vocab_size": 8192, "hidden_size": 64, "intermediate_size": 256, "num_hidden_layers": 2,
             "num_attention_heads": 2, "num_key_value_heads": 1},
    "m5": {"vocab_size": 8192, "hidden_size": 256, "intermediate_size": 704, "num_hidden_layers": 4,
           "num_attention_heads": 4, "num_key_value_heads": 2},
    "bigvocab": {"vocab_size": 151_936, "hidden_size": 256, "intermediate_size": 704, "num_hidden_layers": 4,
                 "num_attention_heads": 4, "num_key_value_heads": 2},
    "half_b": {"vocab_size": 151_936, "hidden_size": 896, "intermediate_size": 4864, "num_hidden_layers": 24,
               "num_attention_heads": 14, "num_key_value_heads": 2},
}  # fmt: skip
"""Qwen2, tied; half_b is the shape of Qwen2.5-0.5B."""


def sources() -> list[Path]:
    """The first 400 source files of the standard library."""
    return sorted(Path(sysconfig.get_path("stdlib")).rglob("*.py"))[:400]


def make_tokenizer(folder: Path) -> Any:
    """Byte-level BPE of 8,192 tokens with the marks of ChatML."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    marks = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    inner = Tokenizer(models.BPE())
    inner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    inner.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=8192,
        special_tokens=marks,
        show_progress=False,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
    )
    texts = (path.read_text("utf-8", "replace") for path in sources())
    inner.train_from_iterator(texts, trainer)
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=inner, pad_token=marks[0], eos_token=marks[2])
    tokenizer.chat_template = TEMPLATE
    tokenizer.save_pretrained(folder)
    return tokenizer


def make_model(folder: Path, name: str, kind: str = "ForCausalLM") -> None:
    """One shape with random weights."""
    import torch
    import transformers

    config = transformers.Qwen2Config(
        **SHAPES[name], tie_word_embeddings=True, max_position_embeddings=4096, pad_token_id=0, eos_token_id=2
    )
    torch.manual_seed(0)
    transformers.Qwen2ForCausalLM(config).save_pretrained(folder)
    if name == "half_b":
        return
    config.num_labels = 1
    torch.manual_seed(0)
    transformers.Qwen2ForSequenceClassification(config).save_pretrained(
        folder.with_name(f"{folder.name}_reward")
    )


def rows(
    method: str, number: int, prompt_words: int | None = None, answer_words: int | None = None
) -> Iterator[Any]:
    """Rows of a method; lengths are long-tailed, or fixed where they are given."""
    rng = random.Random(1234)
    lines = [
        line.strip()
        for path in sources()
        for line in path.read_text("utf-8", "replace").splitlines()
        if line.strip()
    ]
    words = " ".join(lines[:200_000]).split()

    def text(median: float, spread: float, low: int, high: int, fixed: int | None) -> str:
        length = fixed or min(max(int(rng.lognormvariate(median, spread)), low), high)
        start = rng.randrange(len(words) - length)
        return " ".join(words[start : start + length])

    def prompt() -> str:
        return text(3.0, 0.7, 4, 120, prompt_words)

    def answer() -> str:
        return text(3.4, 0.9, 3, 300, answer_words)

    def said(role: str, content: str) -> list[dict[str, str]]:
        return [{"role": role, "content": content}]

    for _ in range(number):
        row: dict[str, Any] = {"prompt": said("user", prompt())}
        if method in ("dpo", "reward"):
            row |= {"chosen": said("assistant", answer()), "rejected": said("assistant", answer())}
        else:
            row |= {"completion": said("assistant", answer())}
        if method == "kto":
            row["label"] = rng.random() < 0.5
        yield row


def make_rows(path: Path, method: str, number: int, **lengths: int) -> None:
    """One file of JSON lines."""
    path.write_text("".join(json.dumps(row) + "\n" for row in rows(method, number, **lengths)))
