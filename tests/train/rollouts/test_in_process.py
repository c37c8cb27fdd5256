"""The engine in this process: what it says of its own answers is what the model says of them."""

from typing import Any

import pytest
import torch

from tests.train.tiny import ARCHITECTURES, tiny_model
from tilth.errors import UserError
from tilth.train.heads.scores import attach
from tilth.train.rollouts.drawing import shaped
from tilth.train.rollouts.in_process import InProcess
from tilth.train.rollouts.protocol import Answer, Sampling

PROMPTS = [[5, 9, 3], [7], [1, 2, 3, 4, 5, 6, 7, 8], [11, 12]]


def said(model: Any, prompt: list[int], answer: Answer, how: Sampling) -> torch.Tensor:
    """Log-probabilities of an answer, by one plain pass over it alone."""
    ids = torch.tensor([[*prompt, *answer.token_ids]])
    logits = model(input_ids=ids, use_cache=False).logits[0].float()
    places = range(len(prompt) - 1, ids.shape[1] - 1)
    found = []
    for place, token in zip(places, answer.token_ids, strict=True):
        seen = torch.zeros(1, logits.shape[-1], dtype=torch.bool)
        seen[0, ids[0, : place + 1]] = True
        found.append(torch.log_softmax(shaped(logits[place][None].clone(), how, seen), -1)[0, token])
    return torch.stack(found)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("rows", [3, 64])
@torch.no_grad()
def test_pitfall_31_log_probabilities_are_of_what_was_drawn_from(architecture: str, rows: int) -> None:
    """Rows join and leave all the time (3 at a time, of 8), answers end at different lengths, and no number changes."""
    model = tiny_model(architecture)
    attach(model)
    for more in (
        {},
        {"temperature": 0.7},
        {"top_p": 0.8, "top_k": 20},
        {"min_p": 0.01, "repetition_penalty": 1.3},
    ):
        how = Sampling(max_tokens=12, stop_token_ids=tuple(range(0, 90, 9)), seed=1, **more)  # type: ignore[arg-type]
        found = InProcess(model, rows=rows).generate(PROMPTS, how, answers=2)
        assert [len(one) for one in found] == [2] * 4
        for prompt, answers in zip(PROMPTS, found, strict=True):
            for answer in answers:
                assert 1 <= len(answer.token_ids) <= 12
                ended = answer.token_ids[-1] in how.stop_token_ids
                assert answer.finish == ("stop" if ended else "length")
                assert not set(answer.token_ids[:-1]) & set(how.stop_token_ids)
                torch.testing.assert_close(
                    torch.tensor(answer.logps), said(model, prompt, answer, how), atol=2e-5, rtol=1e-4
                )
    lengths = {len(answer.token_ids) for answers in found for answer in answers}
    assert len(lengths) > 2


def test_the_same_seed_gives_the_same_answers() -> None:
    engine = InProcess(tiny_model())
    how = Sampling(max_tokens=6, seed=3)
    assert engine.generate(PROMPTS, how) == engine.generate(PROMPTS, how)
    other = engine.generate(PROMPTS, Sampling(max_tokens=6, seed=4))
    assert other != engine.generate(PROMPTS, how)


def test_answers_follow_the_distribution() -> None:
    """Of 4,000 first tokens, each of the likeliest is drawn as often as its probability says."""
    model = tiny_model(seed=2)
    with torch.no_grad():
        chances = torch.softmax(model(input_ids=torch.tensor([[5, 9, 3]])).logits[0, -1].float(), -1)
    found = InProcess(model, rows=1000).generate([[5, 9, 3]], Sampling(max_tokens=1, seed=0), 4000)
    counts = torch.bincount(torch.tensor([one.token_ids[0] for one in found[0]]), minlength=len(chances))
    spread = (4000 * chances * (1 - chances)).sqrt()
    assert ((counts - 4000 * chances).abs() < 5 * spread + 1).all()


def test_zero_temperature_takes_the_likeliest() -> None:
    model = tiny_model()
    (answer,) = InProcess(model).generate([[5, 9, 3]], Sampling(max_tokens=5, temperature=0.0))[0]
    with torch.no_grad():
        expected = model.generate(torch.tensor([[5, 9, 3]]), max_new_tokens=5, do_sample=False)
    assert answer.token_ids == expected[0, 3:].tolist()


def test_a_mixture_is_geometric() -> None:
    models = [tiny_model(seed=seed) for seed in (0, 1)]
    engine = InProcess(models[0], mixed=(models[1], 0.25))
    (answer,) = engine.generate([[5, 9, 3]], Sampling(max_tokens=1, seed=0))[0]
    with torch.no_grad():
        one, two = (
            model(input_ids=torch.tensor([[5, 9, 3]])).logits[0, -1].log_softmax(-1) for model in models
        )
    mixed = torch.log_softmax(0.75 * one + 0.25 * two, -1)
    assert answer.logps[0] == pytest.approx(mixed[answer.token_ids[0]].item(), abs=1e-5)


def test_weights_of_another_model_are_taken_over_with_their_version() -> None:
    model, other = tiny_model("qwen3", seed=0), tiny_model("qwen3", seed=1)
    engine = InProcess(model, is_shared=False)
    how = Sampling(max_tokens=4, temperature=0.0)
    engine.load(other.state_dict().items(), 7)
    found, expected = (one.generate([[5]], how)[0][0] for one in (engine, InProcess(other)))
    assert found.token_ids == expected.token_ids
    assert found.version == 7


def test_prompts_that_cannot_be_answered() -> None:
    engine = InProcess(tiny_model())
    with pytest.raises(UserError, match="256"):
        engine.generate([[1] * 256], Sampling(max_tokens=4))
    with pytest.raises(UserError, match="no tokens"):
        engine.generate([[]], Sampling(max_tokens=4))
    (answer,) = engine.generate([[1] * 254], Sampling(max_tokens=9))[0]
    assert len(answer.token_ids) == 2 and answer.finish == "length"
