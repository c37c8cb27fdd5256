"""Rewards by models, against what transformers says of the same texts alone."""

from typing import Any

import pytest
import torch

from tests.train.tiny import tiny_model
from tilth.errors import UserError
from tilth.train.rewards.models import _batches, reward_model, step_reward_model
from tilth.train.rewards.named import functions_of


class Letters:
    """A tokenizer of letters, whose token 1 ends a text."""

    eos_token_id = 1

    def __call__(self, text: str, add_special_tokens: bool = True) -> dict[str, list[int]]:
        return {"input_ids": [2 + ord(letter) % 90 for letter in text]}

    def apply_chat_template(
        self, messages: list[Any], add_generation_prompt: bool = False, **_: Any
    ) -> list[int]:
        return [3, *(token for one in messages for token in self(one["content"])["input_ids"])]


def alone(model: Any, ids: list[int], kind: str) -> Any:
    with torch.no_grad():
        found = model.eval()(
            input_ids=torch.tensor([ids]), attention_mask=torch.ones(1, len(ids), dtype=torch.long)
        )
    return found.logits[0] if kind == "token" else found.logits[0, 0].item()


@pytest.mark.parametrize("family", ["qwen3", "llama"])
def test_a_reward_is_what_the_model_says_at_the_last_token(family: str) -> None:
    prompts, answers = ["one", "", "a longer prompt"], ["two", "x", ""]
    texts = [[*Letters()(a + b)["input_ids"], 1] for a, b in zip(prompts, answers, strict=True)]
    wanted = [alone(tiny_model(family, kind="sequence"), ids, "sequence") for ids in texts]
    reward = reward_model(tiny_model(family, kind="sequence"), Letters())
    assert reward(prompts=prompts, completions=answers) == pytest.approx(wanted, abs=1e-5)


def test_messages_go_through_the_template() -> None:
    prompt, said = [{"role": "user", "content": "hi"}], [{"role": "assistant", "content": "you"}]
    ids = [3, *Letters()("hi")["input_ids"], *Letters()("you")["input_ids"]]
    wanted = alone(tiny_model(kind="sequence"), ids, "sequence")
    function = reward_model(tiny_model(kind="sequence"), Letters())
    assert function(prompts=[prompt], completions=[said]) == pytest.approx([wanted], abs=1e-5)


@pytest.mark.parametrize(("how", "fold"), [("min", min), ("last", lambda scores: scores[-1])])
def test_steps_are_scored_at_the_end_of_each(how: str, fold: Any) -> None:
    ids = Letters()("p")["input_ids"]
    scores = []
    for step in ("one", "two"):
        ids = [*ids, *Letters()(step + "\n")["input_ids"]]
        scores.append(alone(tiny_model(kind="token"), ids, "token")[-1].softmax(-1)[1].item())
    reward = step_reward_model(tiny_model(kind="token"), Letters(), how=how, steps="lines")
    found = reward(prompts=["p", "p"], completions=["one\ntwo", ""])
    assert found == [pytest.approx(fold(scores), abs=1e-5), None]


def test_a_model_that_is_none_or_another() -> None:
    with pytest.raises(UserError, match="could not be loaded"):
        reward_model("/no/such/folder", Letters())
    with pytest.raises(UserError, match="2 labels, not 1"):
        reward_model(tiny_model(kind="token"), Letters())
    with pytest.raises(UserError):
        step_reward_model(tiny_model(kind="token"), Letters(), how="no such way")
    with pytest.raises(UserError, match="could not be loaded"):
        functions_of("/no/such/folder")


def test_batches_hold_every_text_once() -> None:
    texts = [[0] * length for length in (5, 20_000, 1, 9_000, 9_000, 3)]
    assert _batches(texts) == [[0], [1], [2, 3], [4, 5]]
