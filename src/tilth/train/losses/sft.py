"""Losses of supervised fine-tuning: pure functions of token log-probabilities."""

from torch import Tensor

from tilth.train.losses.output import LossOutput


def nll(logps: Tensor) -> LossOutput:
    """Negative log-likelihood of the trained tokens, [N]."""
    return LossOutput(-logps.sum(), logps.numel())


def dft(logps: Tensor) -> LossOutput:
    """Dynamic fine-tuning (arXiv:2508.05629, equation 9): each token weighted by its own probability, held fixed.

    Args:
        logps: Of the trained tokens, [N].
    """
    return LossOutput(-(logps.detach().exp() * logps).sum(), logps.numel())
