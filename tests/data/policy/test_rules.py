"""Each quality rule with a file just inside and one just outside, at the thresholds of The Stack v2 and others."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tilth.config.policy import Policy
from tilth.data.policy.presets import PRESETS
from tilth.data.policy.rules import ASSEMBLY, DATA_LIKE, LONG_LINED, RULES, active, verdict_sql
from tilth.store.sql import Sql

FILE: dict[str, Any] = {
    "name": "a.py",
    "path": "a.py",
    "extension": "py",
    "language": "Python",
    "generated_how": None,
    "is_generated": False,
    "is_vendor": False,
    "is_blank": False,
    "length_bytes": 1000,
    "num_chars": 1000,
    "num_lines": 50,
    "max_line_length": 80,
    "avg_line_length": 20.0,
    "alpha_fraction": 0.6,
    "alphanum_fraction": 0.7,
    "encoded_max_run": 0,
    "encoded_fraction": 0.0,
    "visible_chars": None,
}
"""A file that no rule drops."""
TYPES = pa.schema(
    [
        *((name, pa.string()) for name in ("name", "path", "extension", "language", "generated_how")),
        *((name, pa.bool_()) for name in ("is_generated", "is_vendor", "is_blank")),
        *(
            (name, pa.int64())
            for name in ("length_bytes", "num_chars", "num_lines", "max_line_length", "visible_chars")
        ),
        *((name, pa.float64()) for name in ("avg_line_length", "alpha_fraction", "alphanum_fraction")),
        *(("encoded_max_run", pa.int64()), ("encoded_fraction", pa.float64())),
    ]
)


def verdict(policy: dict[str, Any], **facts: Any) -> tuple[str | None, str | None]:
    reason, value = verdict_sql(policy)
    with TemporaryDirectory() as spill, Sql(Path(spill)) as sql:
        sql.add("given", pa.Table.from_pylist([FILE | facts], schema=TYPES))
        query = f"SELECT reason, {value} FROM (SELECT *, {reason} AS reason FROM given)"
        (row,) = sql.rows(query)
    return row[0], row[1]


STACK = [
    ("too_large", {"length_bytes": 10 * 2**20 - 1}, {"length_bytes": 10 * 2**20}),
    ("too_many_lines", {"num_lines": 100_000}, {"num_lines": 100_001}),
    ("long_line", {"max_line_length": 1000}, {"max_line_length": 1001}),
    ("long_mean_line", {"avg_line_length": 100.0}, {"avg_line_length": 100.0001}),
    ("few_letters", {"alpha_fraction": 0.25}, {"alpha_fraction": 0.2499}),
    ("encoded_run", {"encoded_max_run": 1024}, {"encoded_max_run": 1025}),
    ("encoded_fraction", {"encoded_fraction": 0.5}, {"encoded_fraction": 0.5001}),
    ("unknown_language", {}, {"language": None}),
    ("generated", {}, {"is_generated": True, "generated_how": "header"}),
    ("text_name", {"language": "Text", "name": "requirements-dev.txt"}, {"language": "Text", "name": "words.txt"}),
    *(("long_line_data", {"language": one, "max_line_length": 100_000, "name": "readme", "visible_chars": 900},
       {"language": one, "max_line_length": 100_001, "name": "readme", "visible_chars": 900}) for one in LONG_LINED),
    *(("long_data", {"language": one, "num_lines": 512, "name": "notes"},
       {"language": one, "num_lines": 513, "name": "notes"}) for one in DATA_LIKE),
    *(("few_letters_assembly", {"language": one, "alphanum_fraction": 0.25, "alpha_fraction": 0.0},
       {"language": one, "alphanum_fraction": 0.2499, "alpha_fraction": 0.9}) for one in ASSEMBLY),
    ("little_html_text", {"language": "HTML", "visible_chars": 100, "num_chars": 500},
     {"language": "HTML", "visible_chars": 99, "num_chars": 100}),
    ("small_html_share", {"language": "HTML", "visible_chars": 200, "num_chars": 1000},
     {"language": "HTML", "visible_chars": 199, "num_chars": 1000}),
]  # fmt: skip


@pytest.mark.parametrize(("reason", "inside", "outside"), STACK)
def test_stack_v2_thresholds(reason: str, inside: dict[str, Any], outside: dict[str, Any]) -> None:
    policy = PRESETS["stack-v2"]
    assert verdict(policy, **inside) == (None, None)
    assert verdict(policy, **outside)[0] == reason


def test_every_rule_of_stack_v2_was_tried() -> None:
    tried = {reason for reason, _, _ in STACK}
    assert tried == {rule.reason for rule in active(PRESETS["stack-v2"])}


@pytest.mark.parametrize(
    ("policy", "inside", "outside", "reason"),
    [
        ({"empty": "drop"}, {}, {"num_chars": 0, "is_blank": True}, "empty"),
        ({"languages": ("C", "it's")}, {"language": "it's"}, {}, "language"),
        ({"languages": ("C",)}, {"language": "C"}, {"language": None}, "language"),
        ({"vendored": "drop"}, {}, {"is_vendor": True}, "vendored"),
    ],
)
def test_other_rules(policy: Any, inside: dict[str, Any], outside: dict[str, Any], reason: str) -> None:
    assert verdict(policy, **inside)[0] is None
    assert verdict(policy, **outside)[0] == reason


@pytest.mark.parametrize("value", [None, "keep", "any", ()])
def test_settings_that_turn_a_rule_off(value: Any) -> None:
    assert active(dict.fromkeys((rule.setting for rule in RULES), value)) == []
    assert verdict(dict.fromkeys((rule.setting for rule in RULES), value), is_generated=True) == (None, None)


def test_rules_that_are_off_let_everything_stay() -> None:
    assert (
        verdict(PRESETS["none"], num_chars=0, language=None, is_generated=True, alpha_fraction=0.0)[0] is None
    )


def test_first_rule_gives_the_reason_and_its_value() -> None:
    found = verdict(PRESETS["stack-v2"], length_bytes=10**9, num_lines=10**6, is_generated=True)
    assert found == ("too_large", "1000000000")


@pytest.mark.parametrize("limit", [float("inf"), 1e300, 1e-9, 0.0])
def test_limits_that_are_hard_to_write(limit: float) -> None:
    expected = None if limit > 20 else "long_mean_line"
    assert verdict({"line_mean_max": limit})[0] == expected


def test_rules_and_settings_fit() -> None:
    assert len({rule.reason for rule in RULES}) == len(RULES)
    assert {rule.setting for rule in RULES} <= set(Policy.model_fields)


# Each example opens a session.
@settings(max_examples=25)
@given(st.lists(st.text(max_size=8), min_size=1, max_size=4))
def test_names_cannot_break_out(names: list[str]) -> None:
    names = [name.replace("\0", "") for name in names]
    assert verdict({"languages": tuple(names)}, language=names[0])[0] is None
