"""`tilth train eval` on files in the shapes of HumanEval and MBPP, with a model that answers what it is told."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import torch

from tests.train.rows import made
from tests.train.tiny import tiny_model
from tilth.errors import UserError
from tilth.report.progress import Progress
from tilth.tasks.sandbox.pool import Pool
from tilth.train.evaluation.passing import passing, reasons, tried
from tilth.train.evaluation.perplexities import perplexities
from tilth.train.evaluation.problems import problems
from tilth.train.evaluation.run import Asked, evaluate
from tilth.train.rollouts.protocol import Answer, Sampling

HUMANEVAL = {
    "task_id": "HumanEval/0",
    "prompt": 'def add(a, b):\n    """Their sum."""\n',
    "canonical_solution": "    return a + b\n",
    "test": "def check(candidate):\n    assert candidate(1, 2) == 3\n",
    "entry_point": "add",
}
MBPP = {
    "task_id": 7,
    "text": "Write a function `sub`.",
    "code": "def sub(a, b):\n    return a - b\n",
    "test_list": ["assert sub(3, 2) == 1"],
    "test_setup_code": "import math",
}


class Letters:
    """A tokenizer of characters."""

    eos_token_id = 0

    def encode(self, text: str, **_: Any) -> list[int]:
        return [ord(one) for one in text]

    def decode(self, ids: Sequence[int], **_: Any) -> str:
        return "".join(chr(one) for one in ids if one)


class Told:
    """An engine that answers what it was told."""

    def __init__(self, *answers: str) -> None:
        self.answers = answers

    def generate(self, prompts: Any, sampling: Sampling, answers: int = 1) -> list[list[Answer]]:
        given = [Answer([ord(one) for one in text] + [0], [0.0], "stop", 0) for text in self.answers]
        return [given[:answers] for _ in prompts]


def written(path: Path, *rows: Any) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_answers_are_cut_run_and_counted(tmp_path: Path) -> None:
    found = problems(written(tmp_path / "h.jsonl", HUMANEVAL, HUMANEVAL | {"task_id": "HumanEval/1"}))
    engine = Told(
        "    return a + b\n\ndef other():\n    this is not Python\n", "    return a - b\n", "    exit(0)\n"
    )
    with Pool(2, allow_weaker=True) as pool:
        rows = tried(found, engine, Letters(), Sampling(max_tokens=99), 3, pool)
    assert [row.passed for row in rows] == [True, False, False] * 2
    assert reasons(rows) == {"AssertionError": 2, "ended_early": 2}
    told = passing(rows, (1, 3))
    assert told["pass@1"].value == pytest.approx(1 / 3) and told["pass@3"].value == 1


def test_whole_programs_may_stand_between_fences(tmp_path: Path) -> None:
    [problem] = problems(written(tmp_path / "m.jsonl", MBPP))
    assert "assert sub(3, 2) == 1" in problem.prompt
    engine = Told(MBPP["code"], f"Here it is:\n```python\n{MBPP['code']}```\nDone.", "return a - b")
    with Pool(2, allow_weaker=True) as pool:
        rows = tried([problem], engine, Letters(), Sampling(max_tokens=99), 3, pool)
    assert [row.passed for row in rows] == [True, True, False]


@pytest.fixture
def model(tmp_path: Path) -> Path:
    tokenizer = made.tokenizer()
    tiny_model("llama", vocabulary=len(tokenizer)).save_pretrained(tmp_path / "model")
    tokenizer.save_pretrained(tmp_path / "model")
    return tmp_path / "model"


def test_a_model_from_its_folder_to_the_files(model: Path, tmp_path: Path) -> None:
    bench = written(tmp_path / "h.jsonl", HUMANEVAL)
    texts = written(
        tmp_path / "t.jsonl",
        {"text": "def f(): pass", "language": "Python"},
        {"text": "f()", "language": "C"},
    )
    asked = Asked(str(model), (bench,), (str(texts),), answers=2, ks=(1, 2), max_tokens=8)
    with Pool(2, allow_weaker=True) as pool:
        found = evaluate(asked, tmp_path / "one", pool, Progress())
        again = Asked(str(model), (bench,), answers=2, ks=(1,), max_tokens=8, against=tmp_path / "one")
        later = evaluate(again, tmp_path / "two", pool, Progress())
    told = found["tasks"][str(bench)]
    assert (told["tasks"], told["answers"]) == (1, 2)
    assert told["pass@2"]["low"] == 0 and told["pass@2"]["high"] > 0.5
    assert json.loads((tmp_path / "one" / "eval.json").read_text()) == json.loads(json.dumps(found))
    rows = pq.read_table(tmp_path / "one" / "answers.parquet").to_pylist()
    assert [row["passed"] for row in rows] == [False, False]
    assert set(found["perplexity"][str(texts)]) == {"all", "Python", "C"}
    assert later["tasks"][str(bench)]["pass@1 gained"]["value"] == 0


def test_perplexity_is_that_of_the_model_itself() -> None:
    tokenizer = made.tokenizer()
    model = tiny_model("llama", vocabulary=len(tokenizer))
    text = "def f(a):\n    return a + 1\n"
    ids = tokenizer.encode(text, add_special_tokens=False)
    start = tokenizer.bos_token_id if tokenizer.bos_token_id is not None else tokenizer.eos_token_id
    whole = torch.tensor([[start, *ids]])
    with torch.no_grad():
        logps = model(input_ids=whole).logits.log_softmax(-1)[0, :-1]
    wanted = -logps[range(len(ids)), ids].double().sum().item()
    found = perplexities(model, tokenizer, [("Python", text)])
    assert found["Python"].nats == [pytest.approx(wanted, rel=1e-5)]
    assert found["all"].tokens == [len(ids)]


def test_bad_input(tmp_path: Path, model: Path) -> None:
    with pytest.raises(UserError, match="nothing to evaluate on"):
        evaluate(Asked("model"), tmp_path, None, Progress())
    with pytest.raises(UserError, match="pass@10 needs 10 answers"):
        evaluate(Asked("model", (tmp_path,), answers=2), tmp_path, None, Progress())
    with pytest.raises(UserError, match="cannot be read"):
        problems(tmp_path / "nothing.jsonl")
    (tmp_path / "b.jsonl").write_text("{]\n")
    with pytest.raises(UserError, match="cannot be read"):
        problems(tmp_path / "b.jsonl")
    with pytest.raises(UserError, match="neither like HumanEval nor like MBPP"):
        problems(written(tmp_path / "c.jsonl", {"question": "?"}))
    (tmp_path / "d.jsonl").write_text("")
    with pytest.raises(UserError, match="has no problem"):
        problems(tmp_path / "d.jsonl")
    bench = written(tmp_path / "e.jsonl", HUMANEVAL)
    with pytest.raises(UserError, match="could not be loaded"):
        evaluate(Asked(str(tmp_path / "none"), (bench,), ks=(1,)), tmp_path, None, Progress())
