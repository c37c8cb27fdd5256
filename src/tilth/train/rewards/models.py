"""Rewards by models: one that scores answers, one that scores their steps."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from tilth.errors import UserError
from tilth.train.batches.packed import Packed, pack
from tilth.train.credit.steps import aggregate
from tilth.train.heads.scores import attach
from tilth.train.references import evaluating
from tilth.train.rewards.signature import Reward, RewardFunction, name_of, text_of
from tilth.train.rows.steps import split_steps

_BATCH_TOKENS = 16_384


def reward_model(given: Any, tokenizer: Any = None) -> RewardFunction:
    """A reward: what a model with a scoring head says of prompt and answer, read at the last token.

    Messages go through the model's chat template; behind plain text comes the token that ends it, as in the training of
    reward models. Without padding, so no token can be taken for it.

    Args:
        given: A model with one label, or its folder or name.
        tokenizer: Its own; loaded with it where none is given.

    Raises:
        UserError: There is no such model, or it has more than one label.
    """
    model, tokenizer = _loaded(given, tokenizer, "AutoModelForSequenceClassification", 1)

    def judge(prompts: list[Any], completions: list[Any], **kwargs: Any) -> list[Reward]:
        texts = [_ids(tokenizer, prompt, said) for prompt, said in zip(prompts, completions, strict=True)]
        return [float(one[0, 0]) for one in _values(model, texts, [[len(ids) - 1] for ids in texts])]

    return _named(judge, model)


def step_reward_model(
    given: Any, tokenizer: Any = None, *, how: str = "min", steps: str = "auto", separator: str = "\n"
) -> RewardFunction:
    """A reward: a score of each step by a process reward model, and one score of them all.

    Args:
        given: A model with two labels, of which the second is for right steps, or its folder or name.
        tokenizer: Its own.
        how: From the scores of steps to one: a name of `credit.steps.AGGREGATIONS`.
        steps: How steps are told: a name of `rows.steps.PARSERS`, or auto.
        separator: Behind each step; its last token is where the step is scored.

    Raises:
        UserError: There is no such model, or no such way.
    """
    model, tokenizer = _loaded(given, tokenizer, "AutoModelForTokenClassification", 2)
    aggregate(torch.ones(1), torch.ones(1, dtype=torch.long), how)

    def judge(prompts: list[Any], completions: list[Any], **kwargs: Any) -> list[Reward]:
        texts, ends = [], []
        for prompt, said in zip(prompts, completions, strict=True):
            ids = _plain(tokenizer, prompt)
            places = []
            for step in split_steps(text_of(said), steps):
                ids = [*ids, *tokenizer(step + separator, add_special_tokens=False)["input_ids"]]
                places.append(len(ids) - 1)
            texts.append(ids)
            ends.append(places)
        scores = [one.softmax(-1)[:, 1] for one in _values(model, texts, ends)]
        lengths = torch.tensor([len(one) for one in ends])
        found = aggregate(torch.cat(scores) if scores else torch.zeros(0), lengths, how)
        # An answer without a step was not judged.
        return [float(value) if places else None for value, places in zip(found, ends, strict=True)]

    return _named(judge, model)


def _loaded(given: Any, tokenizer: Any, kind: str, labels: int) -> tuple[Any, Any]:
    import transformers

    try:
        model = getattr(transformers, kind).from_pretrained(given) if isinstance(given, str) else given
        if tokenizer is None:
            tokenizer = transformers.AutoTokenizer.from_pretrained(model.config._name_or_path)
    except (OSError, ValueError) as error:
        raise UserError(
            f"the reward model `{given}` could not be loaded: {str(error).splitlines()[0]}"
        ) from error
    if model.config.num_labels != labels:
        raise UserError(
            f"the reward model `{model.config._name_or_path}` has {model.config.num_labels} labels, not {labels}"
        )
    attach(model)
    return model, tokenizer


def _named(judge: Any, model: Any) -> RewardFunction:
    judge.__name__ = name_of(model)
    # A model cannot go to another process.
    judge.runs_in_this_process = True
    found: RewardFunction = judge
    return found


def _ids(tokenizer: Any, prompt: Any, said: Any) -> list[int]:
    if isinstance(prompt, str):
        ids = list(tokenizer(prompt + said)["input_ids"])
        end = tokenizer.eos_token_id
        return ids if end is None or ids[-1:] == [end] else [*ids, end]
    found: list[int] = tokenizer.apply_chat_template([*prompt, *said], tokenize=True, return_dict=False)
    return found


def _plain(tokenizer: Any, prompt: Any) -> list[int]:
    if isinstance(prompt, str):
        return list(tokenizer(prompt)["input_ids"])
    found: list[int] = tokenizer.apply_chat_template(
        prompt, tokenize=True, add_generation_prompt=True, return_dict=False
    )
    return found


def _values(model: Any, texts: Sequence[list[int]], places: Sequence[list[int]]) -> list[Tensor]:
    """What the model's head says at these tokens of each text, [places, labels] each."""
    found: list[Tensor] = []
    device = next(model.parameters()).device
    with evaluating(model):
        for some in _batches(texts):
            packed: Packed = pack([_row(texts[at]) for at in some]).to(device)
            starts = [0]
            for at in some:
                starts.append(starts[-1] + len(texts[at]))
            flat = [start + place for start, at in zip(starts, some, strict=False) for place in places[at]]
            values = model(packed=packed, value_places=torch.tensor(flat, dtype=torch.long, device=device))[
                "values"
            ]
            found += values.float().cpu().split([len(places[at]) for at in some])
    return found


def _row(ids: list[int]) -> dict[str, Any]:
    return {"prompt_ids": [], "answers": [ids], "trained": [[True] * len(ids)]}


def _batches(texts: Sequence[list[int]]) -> list[list[int]]:
    """Places of texts, in order, so many at a time that their tokens fit."""
    found: list[list[int]] = []
    tokens = _BATCH_TOKENS
    for at, ids in enumerate(texts):
        tokens += len(ids)
        if tokens > _BATCH_TOKENS:
            found.append([])
            tokens = len(ids)
        found[-1].append(at)
    return found
