"""The class of a licence expression: never permissive by mistake."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tilth.data.policy.licence_classes import (
    CLASS_ORDER,
    DEFAULT_LISTS,
    PERMISSIVE_LISTS,
    licence_class,
    stack_license_type,
)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        (None, "no_license"),
        ("", "no_license"),
        ("NONE", "no_license"),
        ("NOASSERTION", "unknown"),
        ("MIT", "permissive"),
        ("mit", "permissive"),
        ("Apache-2.0+", "permissive"),
        ("Unlicense", "permissive"),
        ("LicenseRef-tilth-public-domain", "permissive"),
        ("Apache-2.0 WITH LLVM-exception", "permissive"),
        ("MPL-2.0", "weak_copyleft"),
        ("LGPL-2.1+", "weak_copyleft"),
        ("GPL-2.0", "copyleft"),
        ("GPL-2.0+", "copyleft"),
        ("AGPL-3.0-only", "copyleft"),
        ("CC-BY-SA-4.0", "copyleft"),
        ("CC-BY-NC-4.0", "non_commercial"),
        ("CC-BY-NC-ND-4.0", "non_commercial"),
        ("BUSL-1.1", "proprietary"),
        ("JSON", "proprietary"),
        ("LicenseRef-tilth-proprietary", "proprietary"),
        ("LicenseRef-tilth-commons-clause AND MIT", "proprietary"),
        ("LicenseRef-anything", "unknown"),
        ("CC-BY-4.0", "permissive"),
        ("CC-BY-3.0", "permissive"),
        ("CC-BY-2.0", "unknown"),
        ("Python-2.0.1", "permissive"),
        ("PSF-2.0", "permissive"),
        ("CNRI-Python", "permissive"),
        ("MIT OR GPL-3.0-only", "permissive"),
        ("MIT AND GPL-3.0-only", "copyleft"),
        ("MIT AND LicenseRef-tilth-unknown", "unknown"),
        ("GPL-3.0-only OR LicenseRef-tilth-unknown", "copyleft"),
        ("(MIT OR GPL-2.0-only) AND MPL-2.0", "weak_copyleft"),
        ("GPL-2.0-only WITH Classpath-exception-2.0", "weak_copyleft"),
        ("GPL-2.0-only WITH Linux-syscall-note", "weak_copyleft"),
        ("GPL-3.0-only WITH GPL-CC-1.0", "copyleft"),
        ("GPL-2.0-only WITH No-Such-exception", "unknown"),
        ("MIT OR No-Such-1.0", "unknown"),
        ("MIT OR", "unknown"),
        ("(MIT", "unknown"),
        ("MIT;Apache-2.0", "unknown"),
        ("MIT/X11", "unknown"),
        ("AND", "unknown"),
        ("(" * 500 + "MIT" + ")" * 500, "unknown"),
        ("MIT OR " * 5000 + "MIT", "unknown"),
        ("\x00", "unknown"),
    ],
)
def test_classes(expression: str | None, expected: str) -> None:
    assert licence_class(expression) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [("permissive", "permissive"), ("no_license", "no_license")]
    + [(name, "non_permissive") for name in CLASS_ORDER if name not in ("permissive", "no_license")],
)
def test_the_stacks_words(name: str, expected: str) -> None:
    assert stack_license_type(name) == expected


@given(st.text(max_size=60))
def test_any_text_has_a_class(text: str) -> None:
    assert licence_class(text) in CLASS_ORDER


IDS = ["MIT", "MPL-2.0", "GPL-3.0-only", "CC-BY-NC-4.0", "LicenseRef-x", "BUSL-1.1"]


@given(st.lists(st.sampled_from(IDS), min_size=2, max_size=4))
def test_or_is_the_freest_and_and_the_strictest(ids: list[str]) -> None:
    ranks = [CLASS_ORDER.index(licence_class(one)) for one in ids]
    assert CLASS_ORDER.index(licence_class(" OR ".join(ids))) == min(ranks)
    assert CLASS_ORDER.index(licence_class(" AND ".join(ids))) == max(ranks)


@pytest.mark.parametrize(
    ("expression", "lists", "expected"),
    [
        ("MIT", ("blue_oak",), "permissive"),
        ("MIT", (), "unknown"),
        ("CC-BY-4.0", ("blue_oak",), "unknown"),
        ("CC-BY-4.0", ("scancode",), "permissive"),
        ("Ruby", ("scancode",), "weak_copyleft"),
        ("JSON", ("scancode",), "permissive"),
        ("LicenseRef-scancode-3com-microcode", DEFAULT_LISTS, "unknown"),
        ("LicenseRef-scancode-3com-microcode", ("scancode",), "permissive"),
        ("LicenseRef-scancode-public-domain", DEFAULT_LISTS, "permissive"),
        ("LicenseRef-scancode-proprietary-license", PERMISSIVE_LISTS, "proprietary"),
        ("LicenseRef-scancode-unknown", PERMISSIVE_LISTS, "unknown"),
        ("LicenseRef-scancode-no-such-key", PERMISSIVE_LISTS, "unknown"),
        ("LicenseRef-tilth-unknown", PERMISSIVE_LISTS, "unknown"),
    ],
)
def test_lists_decide_what_is_permissive(expression: str, lists: tuple[str, ...], expected: str) -> None:
    assert licence_class(expression, lists) == expected
