"""Estimates with intervals: pass@k, means, differences, perplexity. Pure functions of numbers."""

from collections.abc import Sequence
from math import comb, exp, sqrt
from typing import NamedTuple

Z = 1.959963984540054
"""Two-sided 95 %."""


class Estimate(NamedTuple):
    """A value and its 95 % interval."""

    value: float
    low: float
    high: float


def pass_at_k(samples: int, passed: int, k: int) -> float:
    """Chance that at least one of k answers passes, without bias: 1 - C(n - c, k) / C(n, k).

    Chen et al. 2021, "Evaluating Large Language Models Trained on Code" (arXiv:2107.03374), equation 1.

    Args:
        samples: n, answers to a task.
        passed: c, how many of them passed.
        k: At most n.

    Raises:
        ValueError: k is larger than n, or the numbers cannot be.
    """
    if not 0 <= passed <= samples or not 1 <= k <= samples:
        raise ValueError(f"pass@{k} of {passed} among {samples}")
    return 1.0 - comb(samples - passed, k) / comb(samples, k)


def share(values: Sequence[float]) -> Estimate:
    """The mean of values between 0 and 1, one for each task, by Wilson's interval.

    Of all values between 0 and 1 with a mean, those that are 0 or 1 vary most; so the interval of a share (Wilson
    1927, equation 4) is wide enough for any of them, and says something where all tasks fail or all pass.
    """
    n = len(values)
    if not n:
        return Estimate(0.0, 0.0, 1.0)
    mean = sum(values) / n
    centre = (mean + Z * Z / (2 * n)) / (1 + Z * Z / n)
    half = Z / (1 + Z * Z / n) * sqrt(mean * (1 - mean) / n + Z * Z / (4 * n * n))
    return Estimate(mean, max(0.0, min(mean, centre - half)), min(1.0, max(mean, centre + half)))


def difference(before: Sequence[float], after: Sequence[float]) -> Estimate:
    """How much larger the mean is after than before, on the same tasks, by the normal interval of paired differences.

    Raises:
        ValueError: They are not as many.
    """
    gaps = [new - old for old, new in zip(before, after, strict=True)]
    n = len(gaps)
    if n < 2:
        return Estimate(sum(gaps), -1.0, 1.0)
    mean = sum(gaps) / n
    half = Z * sqrt(sum((gap - mean) ** 2 for gap in gaps) / (n - 1) / n)
    return Estimate(mean, mean - half, mean + half)


def perplexity(nats: Sequence[float], tokens: Sequence[int]) -> Estimate:
    """Exp of the mean negative log-probability of a token; documents vary as wholes (Cochran 1977, section 6.3).

    Args:
        nats: Sum of the negative log-probabilities of each document.
        tokens: How many tokens each sum is over.
    """
    n, total = len(nats), sum(tokens)
    if not total:
        return Estimate(float("nan"), float("nan"), float("nan"))
    mean = sum(nats) / total
    spread = sum((own - mean * count) ** 2 for own, count in zip(nats, tokens, strict=True))
    half = Z * sqrt(spread * n / max(n - 1, 1)) / total
    return Estimate(exp(mean), exp(mean - half), exp(mean + half))
