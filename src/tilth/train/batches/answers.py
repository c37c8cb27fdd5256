"""Sums over the answers of a packed batch, as the losses on pairs and on single answers read them."""

from torch import Tensor

from tilth.train.batches.packed import Packed
from tilth.train.losses.pairs import Pairs


def paired(per_answer: Tensor) -> Pairs:
    """Values of chosen and rejected answers, which take turns: [2 B] -> [B] each."""
    chosen, rejected = per_answer.view(-1, 2).unbind(1)
    return Pairs(chosen, rejected)


def pair_sums(packed: Packed, logps: Tensor) -> Pairs:
    """Summed log-probabilities of the answers of each pair."""
    return paired(packed.row_sums(logps))


def pair_lengths(packed: Packed) -> Pairs:
    """Trained tokens of the answers of each pair."""
    return paired(packed.answer_lengths())
