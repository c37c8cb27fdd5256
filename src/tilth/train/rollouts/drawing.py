"""From logits to a token and its log-probability in the very distribution that it was drawn from."""

import torch
from torch import Tensor

from tilth.train.rollouts.protocol import Sampling


def draw(
    logits: Tensor, how: Sampling, generator: torch.Generator, seen: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """One token for each row.

    Args:
        logits: Of the model, [B, V]; changed in place.
        how: Temperature, penalty and cuts, applied in this order: penalty, temperature, min-p, top-k, top-p.
        generator: Where the one random number of a row comes from.
        seen: Which tokens the row has already, [B, V]; needed for a penalty.

    Returns:
        Tokens [B], and their log-probabilities [B].
    """
    logits = shaped(logits.float(), how, seen)
    if how.temperature == 0:
        return logits.argmax(-1), torch.zeros(len(logits), device=logits.device)
    logps = torch.log_softmax(logits, -1)
    sums = logps.exp().cumsum(-1)
    # In (0, total]: the first sum that reaches it belongs to a token with a chance.
    uniform = 1 - torch.rand(len(sums), generator=generator, device=generator.device).to(sums)
    tokens = torch.searchsorted(sums, (uniform * sums[:, -1])[:, None])[:, 0].clamp(max=logits.shape[-1] - 1)
    return tokens, logps.gather(-1, tokens[:, None])[:, 0]


def shaped(logits: Tensor, how: Sampling, seen: Tensor | None = None) -> Tensor:
    """Logits of the distribution that is drawn from, [B, V]; minus infinity where a token was cut."""
    if how.repetition_penalty != 1.0 and seen is not None:
        rate = how.repetition_penalty
        logits = torch.where(seen, torch.where(logits > 0, logits / rate, logits * rate), logits)
    if how.temperature not in (0.0, 1.0):
        logits = logits / how.temperature
    if how.min_p > 0:
        least = torch.log_softmax(logits, -1).amax(-1, keepdim=True) + torch.tensor(how.min_p).log().item()
        logits = logits.masked_fill(torch.log_softmax(logits, -1) < least, -torch.inf)
    if 0 < how.top_k < logits.shape[-1]:
        smallest = logits.topk(how.top_k, -1).values[:, -1:]
        logits = logits.masked_fill(logits < smallest, -torch.inf)
    if how.top_p < 1:
        ordered, places = logits.sort(-1, descending=True)
        chances = ordered.softmax(-1)
        # A token stays where those before it do not yet reach the share: the likeliest always does.
        ordered = ordered.masked_fill(chances.cumsum(-1) - chances >= how.top_p, -torch.inf)
        logits = torch.empty_like(logits).scatter_(-1, places, ordered)
    return logits
