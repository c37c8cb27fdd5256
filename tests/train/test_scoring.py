"""Trained reward models as functions of prompts and answers."""

import json
from pathlib import Path

import pytest
import torch

from tests.train.rows import made
from tests.train.tiny import ARCHITECTURES, tiny_model
from tilth.cli.main import main
from tilth.errors import UserError
from tilth.train.scoring import Scorer

PROMPTS = ["six times seven", "six times seven", "the capital"]
ANSWERS = ["Step 1: first\nStep 2: then", "forty", "Paris is."]


def scorer(kind: str, architecture: str = "llama", **options: object) -> Scorer:
    tokenizer = made.tokenizer()
    model = tiny_model(architecture, kind=kind, vocabulary=len(tokenizer))
    return Scorer(model, tokenizer, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_a_reward_is_what_the_model_itself_says(architecture: str) -> None:
    tokenizer = made.tokenizer()
    model = tiny_model(
        architecture, kind="sequence", vocabulary=len(tokenizer), pad_token_id=tokenizer.pad_token_id
    )
    expected = []
    for prompt, answer in zip(PROMPTS, ANSWERS, strict=True):
        ids = [*tokenizer(prompt + answer, add_special_tokens=False).input_ids, tokenizer.eos_token_id]
        with torch.no_grad():
            expected.append(model(input_ids=torch.tensor([ids]), use_cache=False).logits.item())
    assert Scorer(model, tokenizer)(PROMPTS, ANSWERS) == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_steps_are_judged_one_by_one(architecture: str) -> None:
    judge = scorer("token", architecture, how="product")
    steps = judge.step_scores(PROMPTS, ANSWERS)
    assert [len(one) for one in steps] == [2, 1, 1] and all(0 < value < 1 for one in steps for value in one)
    assert judge(PROMPTS, ANSWERS) == pytest.approx([steps[0][0] * steps[0][1], steps[1][0], steps[2][0]])
    alone = [
        judge.step_scores([prompt], [answer])[0] for prompt, answer in zip(PROMPTS, ANSWERS, strict=True)
    ]
    assert [value for one in alone for value in one] == pytest.approx(
        [v for one in steps for v in one], abs=1e-6
    )


def test_conversations_and_nothing_at_all() -> None:
    # One of its own: what tests share must keep its template.
    tokenizer = made.tokenizer("<|im_start|>", "<|im_end|>", size=390)
    tokenizer.chat_template = made.MARKED
    judge = Scorer(tiny_model(kind="sequence", vocabulary=len(tokenizer)), tokenizer)
    prompt, answer = made.chat("two?", "three")
    assert judge([[prompt]], [[answer]])[0] is not None
    assert judge([], []) == []


def test_what_scores_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="scores neither answers nor steps"):
        scorer("causal")
    with pytest.raises(UserError, match="no way `most`"):
        scorer("token", how="most")
    with pytest.raises(UserError, match="could not be loaded"):
        Scorer.load(str(tmp_path / "nowhere"))


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    judge = scorer("token")
    judge.model.save_pretrained(tmp_path / "prm")
    judge.tokenizer.save_pretrained(tmp_path / "prm")
    rows = tmp_path / "rows.jsonl"
    rows.write_text(json.dumps({"prompt": PROMPTS[0], "completions": ANSWERS[:2]}) + "\n")
    assert main(["train", "score", str(tmp_path / "prm"), str(rows)]) == 0
    [line] = [json.loads(one) for one in capsys.readouterr().out.splitlines()]
    assert line["scores"] == pytest.approx(judge(PROMPTS[:2], ANSWERS[:2]), abs=1e-6)
    assert main(["train", "score", str(tmp_path / "prm"), str(rows), "--best"]) == 0
    [best] = [json.loads(one) for one in capsys.readouterr().out.splitlines()]
    assert best["score"] == max(line["scores"])
    rows.write_text(json.dumps({"prompt": "x"}) + "\n")
    assert main(["train", "score", str(tmp_path / "prm"), str(rows)]) == 2
    assert "row 0" in capsys.readouterr().err
