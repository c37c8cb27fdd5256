"""A token classifier with random weights, which labels nearly everything."""

from pathlib import Path

import pytest


def tiny_labeller(folder: Path, label: str = "NAME") -> Path:
    """Writes one whose tokens all have one label; skips the test where its packages are not installed."""
    torch = pytest.importorskip("torch")
    transformers = pytest.importorskip("transformers")
    torch.manual_seed(1)
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *"abcdefghijklmnopqrstuvwxyz"]
    words += [f"##{word}" for word in words[5:]]
    folder.mkdir(exist_ok=True)
    vocabulary = folder.with_name("vocab.txt")
    vocabulary.write_text("\n".join(words))
    config = transformers.BertConfig(
        vocab_size=len(words), hidden_size=8, num_hidden_layers=1, num_attention_heads=1, intermediate_size=8,
        max_position_embeddings=64, id2label={0: f"B-{label}", 1: f"I-{label}"},
        label2id={f"B-{label}": 0, f"I-{label}": 1},
    )  # fmt: skip
    transformers.BertTokenizerFast(str(vocabulary)).save_pretrained(folder)
    transformers.BertForTokenClassification(config).save_pretrained(folder)
    return folder
