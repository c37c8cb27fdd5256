"""Who contradicts whom about the licence of a place."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tilth.data.policy.contradictions import Said, contradicts, same_licences

NAMES = ["tag", "file", "metadata", "readme", "forge"]


def said(*expressions: str) -> list[Said]:
    return [Said(name, one) for name, one in zip(NAMES, expressions, strict=False)]


@pytest.mark.parametrize(
    ("expressions", "expected"),
    [
        (("GPL-3.0-only", "MIT"), True),
        (("MIT", "GPL-3.0-only"), True),
        (("MIT", "MIT", "Apache-2.0"), True),
        (("MIT", "MIT", "MIT", "GPL-2.0-only"), True),
        (("MIT", "MIT", "MIT", "MIT", "Apache-2.0"), True),
        (("MIT", "MIT", "MIT", "MIT", "mit"), False),
        # One operand of a choice, or of what holds together.
        (("MIT", "Apache-2.0 OR MIT"), False),
        (("GPL-2.0-only", "MIT OR GPL-2.0-only"), False),
        (("MIT", "BSD-3-Clause AND MIT"), False),
        # More than the folder names: the notice of bundled code, but not a stricter licence.
        (("MIT AND BSD-3-Clause", "MIT"), False),
        (("MIT OR GPL-2.0-only", "MIT"), False),
        (("MIT AND GPL-2.0-only", "MIT"), True),
        # The same text in another form, with or without an exception, under its older name.
        (("GPL-2.0-or-later", "GPL-2.0-only"), False),
        (("GPL-2.0+", "GPL-2.0"), False),
        (("GPL-2.0-only WITH Linux-syscall-note", "GPL-2.0-only"), False),
        (("GPL-2.0-only", "GPL-3.0-only"), True),
        (("LicenseRef-tilth-public-domain", "Unlicense"), False),
        # What cannot be told contradicts nobody.
        (("LicenseRef-tilth-unknown", "MIT"), False),
        (("LicenseRef-tilth-unrecognised AND GPL-3.0-only", "MIT"), False),
        (("LicenseRef-scancode-unknown-license-reference", "MIT"), False),
        (("MIT OR", "MIT"), False),
        (("", "MIT"), False),
        (("MIT",), False),
        ((), False),
    ],
)
def test_contradictions(expressions: tuple[str, ...], expected: bool) -> None:
    assert contradicts(said(*expressions)) is expected


def test_licences_of_parts_may_be_named_and_contradict_nobody() -> None:
    parts = [Said("file", "GPL-3.0-only"), Said("part", "LGPL-3.0-only")]
    assert not contradicts([Said("notice", "LGPL-3.0-or-later"), *parts])
    assert not contradicts([*parts, Said("metadata", "LGPL-3.0-only")])
    assert not contradicts([Said("file", "MIT"), Said("part", "GPL-2.0-only")])
    assert contradicts([Said("notice", "Apache-2.0"), *parts])


@given(
    st.lists(st.sampled_from(["MIT", "GPL-2.0-only", "Apache-2.0 OR MIT", "no such", "X AND"]), max_size=5)
)
def test_agreement_with_oneself(expressions: list[str]) -> None:
    assert not contradicts(said(*expressions[:1] * len(expressions)))
    contradicts(said(*expressions))


def test_same_licences() -> None:
    assert same_licences("MIT OR Apache-2.0", "Apache-2.0 AND MIT")
    assert not same_licences("MIT OR Apache-2.0", "MIT")
    assert not same_licences("MIT OR", "MIT OR")
