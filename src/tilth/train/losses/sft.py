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


def smoothed_nll(logps: Tensor, mean_logps: Tensor, *, label_smoothing: float) -> LossOutput:
    """Label smoothing (arXiv:1512.00567, section 7): a share of the target spread evenly over the vocabulary.

    Args:
        logps: Of the trained tokens, [N].
        mean_logps: Mean log-probability over the vocabulary at each of them, [N].
        label_smoothing: The share.
    """
    losses = -(1 - label_smoothing) * logps - label_smoothing * mean_logps
    return LossOutput(losses.sum(), logps.numel())
