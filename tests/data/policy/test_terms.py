"""Which licences a policy allows, and under which part of an expression."""

from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tilth.config.load import check
from tilth.config.policy import Policy
from tilth.data.policy.presets import settings_of
from tilth.data.policy.terms import Terms, terms_of, verdict
from tilth.errors import UserError

LISTS = ("blue_oak", "tilth")
PERMISSIVE = Terms(LISTS, ("permissive",))
CLASSPATH = "GPL-2.0-only WITH Classpath-exception-2.0"


def terms(**said: Any) -> Terms:
    return terms_of(settings_of(check(Policy, {"preset": "none", **said})))


@pytest.mark.parametrize(
    ("expression", "chosen", "reason"),
    [
        ("MIT", "MIT", None),
        ("GPL-3.0-only", None, "licence_copyleft"),
        ("MIT OR GPL-3.0-only", "MIT", None),
        ("GPL-3.0-only OR LGPL-2.1-only", None, "licence_weak_copyleft"),
        ("MIT AND GPL-3.0-only", None, "licence_copyleft"),
        ("MIT AND (Apache-2.0 OR GPL-3.0-only)", "Apache-2.0 AND MIT", None),
        ("(MIT AND GPL-3.0-only) OR Apache-2.0", "Apache-2.0", None),
        ("Apache-2.0 OR MIT", "Apache-2.0 OR MIT", None),
        ("MIT OR", None, "licence_unknown"),
        ("NOASSERTION", None, "licence_unknown"),
        ("no such licence at all", None, "licence_unknown"),
        ("(" * 60 + "MIT" + ")" * 60, None, "licence_unknown"),
        ("LicenseRef-mine", None, "licence_unknown"),
        ("", None, "licence_no_license"),
        (None, None, "licence_no_license"),
        ("NONE", None, "licence_no_license"),
    ],
)
def test_by_class(expression: str | None, chosen: str | None, reason: str | None) -> None:
    found = verdict(expression, PERMISSIVE)
    assert (found.chosen, found.reason) == (chosen, reason)


def test_exceptions() -> None:
    weak = terms(licences=["permissive", "weak_copyleft"])
    assert verdict(CLASSPATH, weak).chosen == CLASSPATH
    assert verdict("GPL-2.0-only", weak).reason == "licence_copyleft"
    kept = terms(licences=["permissive"], licence_ids_keep=[CLASSPATH])
    assert verdict(CLASSPATH, kept).chosen == CLASSPATH
    assert verdict("GPL-2.0-only", kept).reason == "licence_copyleft"
    dropped = terms(licence_ids_drop=["GPL-2.0-only"])
    assert verdict(CLASSPATH, dropped).reason == "licence_listed"


def test_by_rating() -> None:
    silver = terms(blue_oak_min="silver")
    assert verdict("MIT", silver).chosen == "MIT"
    assert verdict("0BSD", silver).reason == "licence_rating"
    assert verdict("0BSD OR MIT", silver).chosen == "MIT"
    assert verdict("0BSD", terms(blue_oak_min="bronze")).chosen == "0BSD"
    assert verdict("GPL-3.0-only", terms(blue_oak_min="lead")).reason == "licence_rating"


def test_by_category() -> None:
    found = terms(scancode_categories=["Permissive", "Copyleft Limited"])
    assert verdict("LGPL-2.1-only", found).chosen == "LGPL-2.1-only"
    assert verdict("GPL-3.0-only", found).reason == "licence_category"
    assert verdict("LicenseRef-nobody-knows", found).reason == "licence_category"


def test_by_what_it_is_to_be_part_of() -> None:
    found = terms(compatible_with="GPL-2.0-only")
    assert verdict("MIT", found).chosen == "MIT"
    assert verdict("Apache-2.0", found).reason == "licence_incompatible"
    assert verdict("Apache-2.0 OR MIT", found).chosen == "MIT"
    assert verdict("LicenseRef-mine", found).reason == "licence_incompatible"
    lax = terms(compatible_with="GPL-2.0-only", compatible_min="unknown")
    assert verdict("LicenseRef-mine", lax).chosen == "LicenseRef-mine"
    assert verdict("Apache-2.0", lax).reason == "licence_incompatible"


def test_all_questions_must_be_passed_by_one_and_the_same_choice() -> None:
    found = terms(licences=["permissive"], compatible_with="GPL-2.0-only")
    # One operand passes the first question, the other the second one.
    assert verdict("Apache-2.0 OR GPL-2.0-only", found).reason == "licence_incompatible"


def test_lists_go_before_everything() -> None:
    found = terms(licences=["permissive"], licence_ids_keep=["GPL-3.0-only", "MIT"], licence_ids_drop=["MIT"])
    assert verdict("GPL-3.0-only", found).chosen == "GPL-3.0-only"
    assert verdict("MIT", found).reason == "licence_listed"
    assert verdict("MIT OR ISC", found).chosen == "ISC"
    assert verdict("MIT-0", found).chosen == "MIT-0"


@pytest.mark.parametrize(
    ("said", "allowed"),
    [
        ({}, True),
        ({"licence_ids_drop": ["MIT"]}, True),
        ({"licences": ["permissive", "no_license"]}, True),
        ({"licences": ["permissive", "no_license"], "blue_oak_min": "lead"}, True),
        ({"licences": ["permissive"]}, False),
        ({"blue_oak_min": "lead"}, False),
        ({"scancode_categories": ["Permissive"]}, False),
        ({"compatible_with": "MIT"}, False),
    ],
)
def test_no_licence_is_a_class_of_its_own(said: Any, allowed: bool) -> None:
    assert verdict(None, terms(**said)).reason == (None if allowed else "licence_no_license")


@pytest.mark.parametrize(
    "said",
    [
        {"compatible_with": "MIT OR"},
        {"compatible_with": ""},
        {"licence_ids_keep": ["MIT OR ISC"]},
        {"licence_ids_keep": ["mine"]},
        {"licence_ids_drop": [""]},
        {"blue_oak_min": "platinum"},
        {"scancode_categories": ["Free"]},
        {"compatible_min": "no"},
    ],
)
def test_what_is_no_policy(said: Any) -> None:
    with pytest.raises(UserError):
        terms(**said)


IDS = ("MIT", "Apache-2.0", "GPL-3.0-only", "0BSD")
EXPRESSIONS = st.recursive(
    st.sampled_from(IDS),
    lambda inner: st.tuples(inner, st.sampled_from(["AND", "OR"]), inner).map(
        lambda t: f"({t[0]} {t[1]} {t[2]})"
    ),
    max_leaves=6,
)


@given(EXPRESSIONS, st.sets(st.sampled_from(IDS)))
def test_as_boolean_algebra_says(expression: str, dropped: set[str]) -> None:
    said = terms(licence_ids_drop=sorted(dropped))
    python = expression.replace("AND", "and").replace("OR", "or")
    for name in IDS:
        python = python.replace(name, str(name not in dropped))
    found = verdict(expression, said)
    assert (found.reason is None) == eval(python)
    if found.chosen:
        assert not any(name in found.chosen for name in dropped)
        assert verdict(found.chosen, said) == found


def test_a_stricter_policy_never_lets_more_in() -> None:
    for expression, classes in product(
        ["MIT OR GPL-3.0-only", "MIT AND GPL-3.0-only", "GPL-3.0-only"], range(2)
    ):
        wide = terms(licences=["permissive", "copyleft"][: 2 - classes])
        narrow = terms(licences=["permissive"], blue_oak_min="silver")
        if verdict(expression, narrow).reason is None:
            assert verdict(expression, wide).reason is None
