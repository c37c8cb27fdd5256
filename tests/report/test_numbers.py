import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tilth.report import numbers


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.00 kB"),
        (1536, "1.54 kB"),
        (12_345, "12.3 kB"),
        (999_499, "999 kB"),
        (999_999, "1.00 MB"),
        (1_536_000_000, "1.54 GB"),
        (2.5e15, "2.50 PB"),
        (5e19, "50,000 PB"),
        (-2_000_000, "-2.00 MB"),
    ],
)
def test_size(value: float, text: str) -> None:
    assert numbers.size(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "?"),
        (math.inf, "?"),
        (math.nan, "?"),
        (-5, "-5.0 s"),
        (0, "0 ms"),
        (0.42, "420 ms"),
        (0.9999, "1.0 s"),
        (9.96, "10 s"),
        (59.6, "1 min"),
        (75, "1 min 15 s"),
        (3599.6, "1 h"),
        (3700, "1 h 2 min"),
        (86_399, "1 d"),
        (90_000, "1 d 1 h"),
    ],
)
def test_duration(value: float | None, text: str) -> None:
    assert numbers.duration(value) == text


@pytest.mark.parametrize(
    ("part", "whole", "text"),
    [
        (0, 0, "–"),
        (0, 5, "0.0 %"),
        (1, 3, "33.3 %"),
        (5, 5, "100.0 %"),
        (1, 10**6, "< 0.1 %"),
        (10**6 - 1, 10**6, "> 99.9 %"),
    ],
)
def test_percent(part: float, whole: float, text: str) -> None:
    assert numbers.percent(part, whole) == text


def test_rates_and_counts() -> None:
    assert numbers.rate(2.5e8, "bytes") == "250 MB/s"
    assert numbers.rate(1234.5, "files") == "1,234 files/s"
    assert numbers.rate(0.25, "units") == "0.25 units/s"
    assert numbers.quantity(1234, "files") == "1,234 files"
    assert numbers.quantity(1234, "bytes") == "1.23 kB"
    assert numbers.count(1234567.0) == "1,234,567"


@given(st.floats(allow_nan=False, allow_infinity=False, min_value=-1e30, max_value=1e30))
def test_every_number_has_a_short_text(value: float) -> None:
    assert 0 < len(numbers.duration(value)) < 60
    assert 0 < len(numbers.size(value)) < 60
