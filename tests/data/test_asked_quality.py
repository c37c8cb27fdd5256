"""Quality rules whose facts are asked for, and spam repositories, in whole builds."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.data.releases import Made, build_release, code, made, recipe_of, repository, upon_and_from_nothing
from tilth.data.policy.asked_rules import ASKED_RULES
from tilth.data.release.look import what_if
from tilth.errors import UserError, WorkFailed

PLAIN = code(1)
COMMENTED = b"# What it is for, and what it is not for.\n" * 3 + code(2)
STRINGS = b"NAMES = [\n" + b"".join(b'    "name number %d of all",\n' % n for n in range(40)) + b"]\n"
REPEATED = b"def f():\n" + b"    step()\n" * 30
NUMBERS = b"TABLE = [\n" + b"".join(b"    %d, %d, %d,\n" % (n, n * 7, n * 13) for n in range(60)) + b"]\n"
MINIFIED = b"".join(b"function f%d(a,b){return a+b*%d};" % (n, n) for n in range(40)) + b"\n"
XML = b'<?xml version="1.0"?>\n<project><name>made</name></project>\n'
FILES = {
    b"plain.py": PLAIN, b"commented.py": COMMENTED, b"strings.py": STRINGS, b"repeated.py": REPEATED,
    b"numbers.py": NUMBERS, b"tight.js": MINIFIED, b"made.xml": XML,
}  # fmt: skip
POLICY: dict[str, Any] = {"preset": "none"}


def built(tmp_path: Path, **policy: Any) -> Made:
    one = repository(tmp_path / "one", FILES)
    return made(tmp_path, one.path, policy=POLICY | policy)


@pytest.mark.parametrize(
    ("setting", "value", "reason", "gone"),
    [
        ("comment_max", 0.2, "many_comments", {"commented.py"}),
        ("string_fraction_max", 0.5, "mostly_strings", {"strings.py"}),
        ("string_bytes_max", 20, "long_string", {"strings.py"}),
        ("duplicate_lines_max", 0.5, "duplicate_lines", {"repeated.py"}),
        ("numbers_max", 0.5, "number_table", {"numbers.py"}),
        ("minified_max", 0.5, "minified", {"tight.js"}),
        ("xml_declared", "drop", "xml_declared", {"made.xml"}),
    ],
)
def test_each_rule_takes_out_its_file(
    tmp_path: Path, setting: str, value: Any, reason: str, gone: set[str]
) -> None:
    release = built(tmp_path, **{setting: value})
    assert release.reasons() == dict.fromkeys(gone, reason)
    (drop,) = release.table("metadata/drops")
    assert drop["stage"] == "inspection" and drop["value"] and drop["duplicate_line_fraction"] is not None
    row = release.one("data", "plain.py")
    assert row["comment_fraction"] == 0 and row["parse_error_fraction"] is None
    assert "quality" in release.manifest["tool"]["facts"]


def test_what_if_judges_by_the_facts_that_were_asked_for(tmp_path: Path) -> None:
    release = built(tmp_path, comment_max=0.2, numbers_max=1)
    told = {row["reason"]: (row["now"], row["then"]) for row in what_if(release.path, {"numbers_max": 0.5})}
    assert told == {"many_comments": (1, 1), "number_table": (0, 1), "passes": (7, 6)}
    told = {row["reason"]: (row["now"], row["then"]) for row in what_if(release.path, {"comment_max": None})}
    assert told == {"many_comments": (1, 0), "passes": (7, 8)}
    with pytest.raises(UserError, match="parse_errors_max"):
        what_if(release.path, {"parse_errors_max": 0.1})


def test_facts_that_nobody_asks_for_are_not_computed(tmp_path: Path) -> None:
    release = built(tmp_path)
    assert all(row["comment_fraction"] is None for row in release.table("data"))
    assert not list((tmp_path / ".tilth" / "facts").glob("quality-*"))


def test_a_later_build_asks_only_for_what_is_new(tmp_path: Path) -> None:
    one = repository(tmp_path / "one", FILES)
    earlier = recipe_of(one.path, policy=POLICY | {"comment_max": 0.9})
    again, fresh = upon_and_from_nothing(
        tmp_path, earlier, recipe_of(one.path, policy=POLICY | {"comment_max": 0.2})
    )
    assert again.table("metadata/drops") == fresh.table("metadata/drops")
    assert again.table("data") == fresh.table("data")


def test_data_of_tests_and_settings_by_path_and_size(tmp_path: Path) -> None:
    long = json.dumps({f"key {n}": "some words of text" for n in range(300)}, indent=1).encode()
    files = {
        b"tests/fixtures/a.py": code(1),
        b"pkg/testdata/b.go": b"package b\n",
        b"ui/__snapshots__/c.snap": b"x y\n",
        b"fixture.py": code(4),
        b"short.json": b"{}\n",
        b"long.json": long,
        b"fine.yaml": b"name: widgets of all kinds\n" * 3,
        b"few.json": b'{"a": [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]}\n',
    }
    one = repository(tmp_path / "one", files)
    policy = {
        "fixtures": "drop",
        "settings_chars_min": 50,
        "settings_chars_max": 5000,
        "settings_alpha_min": 0.5,
    }
    assert made(tmp_path, one.path, policy=POLICY | policy).reasons() == {
        "tests/fixtures/a.py": "test_fixture",
        "pkg/testdata/b.go": "test_fixture",
        "ui/__snapshots__/c.snap": "test_fixture",
        "short.json": "short_settings",
        "long.json": "long_settings",
        "few.json": "few_letters_settings",
    }


def length_scorer(texts: list[str]) -> list[float]:
    return [float(len(text)) for text in texts]


class Unsure:
    VERSION = "7"

    def __call__(self, texts: list[str]) -> list[float]:
        return [float("nan") for _ in texts]


VERSION = "1"
HERE = "tests.data.test_asked_quality"


def test_a_scorer_gives_each_text_a_number(tmp_path: Path) -> None:
    release = built(tmp_path, scorer=f"{HERE}:length_scorer", score_min=200)
    assert release.reasons() == {"made.xml": "low_score"}
    assert release.one("data", "plain.py")["score"] == len(PLAIN)
    told = {row["reason"]: (row["now"], row["then"]) for row in what_if(release.path, {"score_min": 1})}
    assert told == {"low_score": (1, 0), "passes": (7, 8)}
    assert "length_scorer-1" in release.manifest["tool"]["facts"]["scored"]


@pytest.mark.parametrize(
    ("scorer", "said"),
    [
        ("nowhere.at_all:score", "no scorer"),
        (f"{HERE}:missing", "no scorer"),
        (f"{HERE}:PLAIN", "cannot be called"),
        ("math:fsum", "no VERSION"),
        ("weights/none.npz", "cannot be read"),
    ],
)
def test_a_scorer_that_is_not_there_ends_the_build_before_anything_is_read(
    tmp_path: Path, scorer: str, said: str
) -> None:
    with pytest.raises(UserError, match=said):
        built(tmp_path, scorer=scorer)


def test_a_scorer_that_gives_no_numbers_is_told(tmp_path: Path) -> None:
    with pytest.raises(WorkFailed, match="not finite"):
        built(tmp_path, scorer=f"{HERE}:Unsure")


def test_a_score_without_a_scorer_is_a_mistake() -> None:
    with pytest.raises(UserError, match="scorer"):
        recipe_of("x", policy={"score_min": 1})


def test_every_asked_rule_names_a_group_and_a_column() -> None:
    assert {rule.asks for rule in ASKED_RULES} == {"quality", "parsed", "scored"}


def pages(count: int, text: str) -> dict[bytes, bytes]:
    return {f"page-{number}.html".encode(): text.format(number).encode() for number in range(count)}


TEMPLATE = """<html><head><title>City {0}</title></head>
<body><p>The best offers in city {0}, today only.</p></body>
</html>
"""


@pytest.mark.parametrize(
    ("files", "sign"),
    [
        ({f"{number}/notes.txt".encode(): b"%d\n" % number for number in range(30)}, "near_empty"),
        (pages(40, TEMPLATE), "one_template"),
        (pages(10, TEMPLATE), None),
        (
            {f"src/{number}/module_{number}.py".encode(): code(number, 3 + number) for number in range(30)},
            None,
        ),
    ],
)
def test_spam_repositories_leave_where_they_are_asked_to(
    tmp_path: Path, files: dict[bytes, bytes], sign: str | None
) -> None:
    one = repository(tmp_path / "one", files, licence=None)
    other = repository(tmp_path / "other", {b"own.py": code(99)})
    release = made(tmp_path, one.path, other.path, policy=POLICY | {"spam_repositories": "drop"})
    drops = release.table("metadata/drops")
    assert {row["reason"] for row in drops} == ({"spam_repository"} if sign else set())
    assert len(drops) == (len(files) if sign else 0)
    assert {row["value"].split()[0] for row in drops} == ({sign} if sign else set())
    assert build_release(recipe_of(one.path, policy=POLICY), tmp_path / "kept").reasons() == {}


def test_what_does_not_parse_leaves(tmp_path: Path) -> None:
    pytest.importorskip("tree_sitter", reason="the grammars are an extra: pip install 'tilth[parse]'")
    files = {
        b"good.py": PLAIN,
        b"bad.py": b"This is no Python, is it? No (really).\n" * 5,
        b"x.go": b"package {{ name }}\n" * 4,
    }
    one = repository(tmp_path / "one", files)
    release = made(tmp_path, one.path, policy=POLICY | {"parse_errors_max": 0.1})
    assert release.reasons() == {"bad.py": "parse_errors", "x.go": "parse_errors"}
    assert release.one("data", "good.py")["parse_error_fraction"] == 0
    assert release.one("data", "LICENSE")["parse_error_fraction"] is None
