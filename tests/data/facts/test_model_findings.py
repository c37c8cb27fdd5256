"""A model from a folder adds findings; a tiny one with random weights is enough to see where they lie."""

import sys
from pathlib import Path

import pytest

from tilth.data.facts import model_findings
from tilth.data.facts.model_findings import WINDOW, Labeller, labeller
from tilth.data.redact_bytes import redact_bytes
from tilth.errors import UserError


def told(text: str) -> list[dict[str, object]]:
    """Stands for a pipeline: every `Ada` is a person."""
    places = [at for at in range(len(text)) if text.startswith("Ada", at)]
    return [{"entity_group": "PERSON", "score": 0.9, "start": at, "end": at + 3} for at in places]


def test_places_are_bytes_of_the_whole_text() -> None:
    text = ("é Ada\n" * WINDOW + "語Ada").encode()
    found = Labeller(told).find(text)
    assert len(found) == WINDOW + 1
    assert {text[one.start : one.end] for one in found} == {b"Ada"}
    assert {(one.kind, one.how) for one in found} == {("name", "model")}


def test_nothing_in_nothing() -> None:
    assert Labeller(told).find(b"") == []


def test_a_line_without_end_is_cut() -> None:
    assert model_findings._cuts("x" * (2 * WINDOW + 1)) == [0, WINDOW, 2 * WINDOW, 2 * WINDOW + 1]


def test_what_a_model_tells_is_redacted_at_its_confidence() -> None:
    made = redact_bytes(b"call Ada\n", "a.txt", {"name": 0.5}, model=Labeller(told))
    assert made.raw == b"call <NAME_1>\n"
    assert redact_bytes(b"call Ada\n", "a.txt", {"name": 0.95}, model=Labeller(told)).raw == b"call Ada\n"


def test_without_the_package_it_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(UserError, match="transformers"):
        labeller("anything")


def test_a_real_model_of_random_weights(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    transformers = pytest.importorskip("transformers")
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *"abcdefghijklmnopqrstuvwxyz"]
    words += [f"##{word}" for word in words[5:]]
    (tmp_path / "vocab.txt").write_text("\n".join(words))
    tokenizer = transformers.BertTokenizerFast(str(tmp_path / "vocab.txt"))
    config = transformers.BertConfig(
        vocab_size=len(words), hidden_size=8, num_hidden_layers=1, num_attention_heads=1, intermediate_size=8,
        max_position_embeddings=64, id2label={0: "B-NAME", 1: "I-NAME"}, label2id={"B-NAME": 0, "I-NAME": 1},
    )  # fmt: skip
    tokenizer.save_pretrained(tmp_path / "model")
    transformers.BertForTokenClassification(config).save_pretrained(tmp_path / "model")
    text = ("é some words\n" * 60).encode()
    found = labeller(str(tmp_path / "model")).find(text)
    assert found
    assert all(0 <= one.start < one.end <= len(text) and one.kind == "name" for one in found)
    with pytest.raises(UserError, match="no token-classification model"):
        labeller(str(tmp_path / "none"))
