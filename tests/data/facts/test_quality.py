"""Comments, strings, repeated lines, tables of numbers and minified lines, counted by hand."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tilth.data.facts import linear_scorer, parsed, quality
from tilth.data.facts.batch import Batch
from tilth.data.facts.code.syntaxes import syntax_of_language
from tilth.data.facts.linear_scorer import LinearScorer
from tilth.errors import UserError


def facts(text: str | bytes, language: str = "") -> dict[str, Any]:
    raw = text.encode() if isinstance(text, str) else text
    found = quality.compute(Batch.of(["x"], [syntax_of_language().get(language, "")], [raw]))
    return {name: (v[0].as_py() if hasattr(v[0], "as_py") else v[0]) for name, v in found.items()}


@pytest.mark.parametrize(
    ("text", "language", "comments", "strings"),
    [
        ('# ab\nx = "cd"\n', "Python", 4, 4),
        ('"""ab"""\n\n\ndef f():\n    """cd"""\n    return """ef"""\n', "Python", 16, 8),
        ('f(\n"""ab"""\n)\n', "Python", 0, 8),
        ("int a; /* b */ // c\n", "C", 11, 0),
        ('let a = r#"b"#; // c\n', "Rust", 4, 6),
        ("const a = `b ${c} d`; /* e", "JavaScript", 0, 10),
        ('/* "a" */ "/* b */"', "C", 9, 9),
    ],
)
def test_bytes_of_comments_and_strings(text: str, language: str, comments: int, strings: int) -> None:
    found = facts(text, language)
    assert found["comment_fraction"] == pytest.approx(comments / len(text))
    assert found["string_fraction"] == pytest.approx(strings / len(text))
    assert found["longest_string_bytes"] <= strings


def test_without_a_lexer_nothing_is_said_of_comments() -> None:
    found = facts("# a\n")
    assert found["comment_fraction"] is found["string_fraction"] is found["longest_string_bytes"] is None


@pytest.mark.parametrize(
    ("text", "share"), [("", 0), ("\n\n", 0), ("a\nb\n", 0), ("a\n a\n\ta\nb", 0.5), ("{\n{\n{\n", 0)]
)
def test_repeated_lines(text: str, share: float) -> None:
    assert facts(text)["duplicate_line_fraction"] == pytest.approx(share)


def test_tables_of_numbers() -> None:
    assert facts("0x1f, 22, -3.5,\n" * 20)["number_fraction"] == 1
    assert facts("0x1f, 22,\n" * 10)["number_fraction"] == 0
    assert facts("def f(a, b):\n    return a[0] + b[1]\n" * 50)["number_fraction"] == 0
    mixed = "values = [" + "12, " * 100 + "]\n"
    assert facts(mixed)["number_fraction"] == pytest.approx(1, abs=0.05)


def test_minified_lines() -> None:
    tight = "a=b;" * 100
    assert facts(tight)["minified_fraction"] == 1
    assert facts(f"{tight}\n{'word by word ' * 40}\n")["minified_fraction"] == pytest.approx(
        400 / 922, abs=0.01
    )
    assert facts("a=b;" * 70)["minified_fraction"] == 0


@pytest.mark.parametrize(
    "raw", [b"", b"\0\1\2", b"\xff\xfe\x00", b"\xef\xbb\xbf<?xml version='1.0'?>", b"\n" * 9]
)
def test_odd_bytes(raw: bytes) -> None:
    found = facts(raw, "Python")
    assert found["is_xml"] == (b"xml" in raw)
    assert all(np.isfinite(found[name]) for name in found if found[name] is not None)


@given(
    st.lists(st.text("ab\"'#/*\n `x0, ", max_size=60), max_size=5),
    st.sampled_from(["Python", "C", "JavaScript", ""]),
)
def test_a_document_has_the_same_facts_alone_and_beside_others(texts: list[str], language: str) -> None:
    name = syntax_of_language().get(language, "")
    batch = Batch.of(["x"] * len(texts), [name] * len(texts), [text.encode() for text in texts])
    together = quality.compute(batch)
    for row, text in enumerate(texts):
        alone = facts(text, language)
        for column, values in together.items():
            one = values[row].as_py() if hasattr(values[row], "as_py") else values[row]
            assert one == alone[column]
            assert one is None or column == "longest_string_bytes" or 0 <= one <= 1


GOOD = {
    "C": "int main(void) { return 0; }\n",
    "C#": "class A { int F() { return 1; } }\n",
    "C++": "template <class T> T f(T a) { return a; }\n",
    "Go": "package a\n\nfunc f() int { return 1 }\n",
    "Java": "class A { int f() { return 1; } }\n",
    "JavaScript": "const f = (a) => a + 1;\n",
    "PHP": "<?php function f($a) { return $a; }\n",
    "Python": "def f(a):\n    return a\n",
    "Ruby": "def f(a)\n  a\nend\n",
    "Rust": "fn f(a: u8) -> u8 { a + 1 }\n",
    "Shell": 'f() { echo "$1"; }\n',
    "TSX": "const f = (a: number) => <b>{a}</b>;\n",
    "TypeScript": "const f = (a: number): number => a + 1;\n",
}


def error_fraction(text: str | bytes, language: str) -> float | None:
    pytest.importorskip("tree_sitter", reason="the grammars are an extra: pip install 'tilth[parse]'")
    raw = text.encode() if isinstance(text, str) else text
    (found,) = parsed.group().compute(Batch.of(["x"], [language], [raw]))["parse_error_fraction"]
    return found


@pytest.mark.parametrize("language", parsed.GRAMMARS)
def test_every_grammar_takes_in_its_language(language: str) -> None:
    assert error_fraction(GOOD[language], language) == 0
    assert (
        error_fraction(GOOD[language] + "}} )) = = %% 0x\n" * 20, language) or 0
    ) > 0.05 or language == "PHP"


def test_what_cannot_be_parsed() -> None:
    assert error_fraction("def f(:\n    return 1\n", "Python") == pytest.approx(1 / 21, abs=0.1)
    assert error_fraction("", "Python") == 0
    assert error_fraction("x" * (parsed.PARSED_BYTES_MAX + 1), "Python") is None
    assert error_fraction("x", "Markdown") is None
    assert error_fraction("(" * 50_000, "C") > 0


def test_a_linear_scorer_comes_back_as_it_was_written(tmp_path: Any) -> None:
    random = np.random.default_rng(1)
    scorer = LinearScorer(
        random.normal(size=1 << linear_scorer.BITS).astype(np.float16).astype(np.float32), 0.5
    )
    scorer.save(tmp_path / "w.npz", files=3)
    again = LinearScorer.load(tmp_path / "w.npz")
    texts = ["", "def f(a): return a", "été \ud800", "x" * 200_000]
    assert again(texts) == pytest.approx(scorer(texts))
    assert all(0 <= one <= 1 for one in again(texts))


@pytest.mark.parametrize("raw", [b"", b"PK\x03\x04", b"\x93NUMPY", b"plain"])
def test_what_are_no_weights(tmp_path: Any, raw: bytes) -> None:
    (tmp_path / "w.npz").write_bytes(raw)
    with pytest.raises(UserError, match="weights"):
        LinearScorer.load(tmp_path / "w.npz")


def test_weights_of_another_size_are_refused(tmp_path: Any) -> None:
    np.savez(tmp_path / "w.npz", weights=np.zeros(7), bias=0.0)
    with pytest.raises(UserError, match="another model"):
        LinearScorer.load(tmp_path / "w.npz")
