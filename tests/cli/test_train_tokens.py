"""`tilth train tokens`."""

import json
from pathlib import Path

import pytest

from tests.train.rows.made import MARKERS, chat, tokenizer
from tilth.cli.train_tokens import tokens
from tilth.errors import UserError


@pytest.fixture
def recipe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", tmp_path / "cache")
    made = tokenizer(*MARKERS["chatml"])
    made.save_pretrained(tmp_path / "model")
    rows = [{"messages": chat("one", "two", "three", f"four{number}")} for number in range(7)]
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    path = tmp_path / "sft.yaml"
    path.write_text(
        f"model_name_or_path: {tmp_path / 'model'}\ndataset_name: {tmp_path / 'rows.jsonl'}\n"
        "assistant_only_loss: true\nlearning_rate: 1e-5\n"
    )
    return path


def test_five_rows_with_their_trained_tokens(recipe: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tokens(recipe)
    shown = capsys.readouterr()
    assert shown.out.count("row ") == 5
    assert "assistant\n⟦two<|im_end|>⟧\n<|im_start|>user\nthree" in shown.out
    assert "⟦four4<|im_end|>⟧" in shown.out
    assert "7 rows of language modelling, as conversations (messages)" in shown.err
    assert "tokens: " in shown.err


def test_as_json(recipe: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tokens(recipe, limit=1, output="json")
    shown = json.loads(capsys.readouterr().out)
    account = shown["account"]
    assert account["read"] == account["masked"] + account["trained"] and len(shown["rows"]) == 1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("dataset_name: x", "names no model"),
        ("method: sfd", "no method `sfd`"),
        ("model_name_or_path: ./x", "`./x`"),
    ],
)
def test_recipes_that_are_refused(text: str, words: str, tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(text)
    with pytest.raises(UserError, match=words):
        tokens(path)
