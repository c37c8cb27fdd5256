"""How likely the prompt of a bad answer is among those of good ones: the weights of BCO (arXiv:2404.04656, section 4).

Where good and bad answers come from different prompts, a classifier of answers could learn to tell the prompts apart.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits

COLUMN = "density"
"""Column: the weight of a row."""

_BATCH_ROWS = 64


def density_ratios(
    states: Tensor, is_good: Tensor, *, low: float, high: float, sample: int, seed: int = 0
) -> Tensor:
    """Weights of rows: 1 of good ones, and p / (1 - p) of bad ones, where p says that the prompt is one of a good row.

    p is a logistic regression on both kinds as if they were equally many, with a penalty of half the squared weights.

    Args:
        states: A vector of each prompt, [R, H].
        is_good: Labels, [R].
        low: Least weight.
        high: Greatest weight.
        sample: Rows of each kind that the regression is fitted on, drawn by chance.
        seed: Of the draw.
    """
    states = states.double()
    drawn = torch.Generator().manual_seed(seed)
    kinds = [torch.nonzero(is_good)[:, 0], torch.nonzero(~is_good)[:, 0]]
    chosen = [kind[torch.randperm(len(kind), generator=drawn)[:sample]] for kind in kinds]
    at = torch.cat(chosen)
    size = torch.cat([torch.full((len(one),), len(at) / (2 * max(len(one), 1))) for one in chosen]).to(states)
    weights = torch.zeros(states.shape[1] + 1, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS([weights], max_iter=200, line_search_fn="strong_wolfe")

    def objective() -> Tensor:
        optimizer.zero_grad()
        logits = states[at] @ weights[:-1] + weights[-1]
        losses = binary_cross_entropy_with_logits(logits, is_good[at].double(), weight=size, reduction="sum")
        total: Tensor = losses + weights[:-1].square().sum() / 2
        total.backward()
        return total

    optimizer.step(objective)
    with torch.no_grad():
        ratios = torch.exp(states @ weights[:-1] + weights[-1]).clamp(low, high)
    return torch.where(is_good, 1.0, ratios).float()


def with_density(
    rows: Any, tokenizer: Any, embed: Callable[..., Any], embed_tokenizer: Any, **options: Any
) -> Any:
    """Rows with the column of their weights.

    Args:
        rows: A dataset of rows with a label, or several by name, or None.
        tokenizer: What the prompts were tokenised by.
        embed: From `input_ids` and `attention_mask` [B, T] to a vector of each text, [B, H].
        embed_tokenizer: Its tokenizer.
        **options: As `density_ratios` takes them.
    """
    if rows is None or isinstance(rows, dict):
        return rows and {
            name: with_density(one, tokenizer, embed, embed_tokenizer, **options)
            for name, one in rows.items()
        }
    texts = [tokenizer.decode(ids) for ids in rows["prompt_ids"]]
    states = []
    with torch.no_grad():
        for start in range(0, len(texts), _BATCH_ROWS):
            batch = embed_tokenizer(
                texts[start : start + _BATCH_ROWS], padding=True, truncation=True, return_tensors="pt"
            )
            states.append(embed(input_ids=batch["input_ids"], attention_mask=batch["attention_mask"]).cpu())
    is_good = torch.tensor(list(rows["label"]))
    return rows.add_column(COLUMN, density_ratios(torch.cat(states), is_good, **options).tolist())
