"""OSADL's matrix: the part first, the whole second."""

import pytest

from tilth.data.policy.compatibility import compatible


@pytest.mark.parametrize(
    ("part", "whole", "expected"),
    [
        ("MIT", "GPL-3.0-only", "yes"),
        ("GPL-3.0-only", "MIT", "no"),
        ("Apache-2.0", "GPL-2.0-only", "no"),
        ("Apache-2.0", "GPL-3.0-only", "yes"),
        ("MIT OR GPL-2.0-only", "Apache-2.0", "yes"),
        ("MIT AND GPL-2.0-only", "Apache-2.0", "no"),
        ("GPL-2.0-only", "MIT OR GPL-2.0-only", "no"),
        ("mit", "MIT", "yes"),
        ("LicenseRef-mine", "LicenseRef-mine", "yes"),
        ("LicenseRef-mine", "MIT", "unknown"),
        ("MIT OR", "MIT", "unknown"),
        ("", "MIT", "unknown"),
        ("MIT", "", "unknown"),
    ],
)
def test_compatible(part: str, whole: str, expected: str) -> None:
    assert compatible(part, whole) == expected
