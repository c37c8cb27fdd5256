import hashlib
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import tilth
from tilth.data.facts import text
from tilth.data.facts.batch import Batch
from tilth.data.facts.kernels import ALPHA, ALPHANUM, character_flags

RUNS = (
    re.compile(r"[a-zA-Z0-9+/\n=]{64,}"),
    re.compile(r"(?:\b(?:0x|\\x)?[0-9a-fA-F]{2}(?:,|\b\s*)){8,}"),
    re.compile(r"(?:\\u[0-9a-fA-F]{4}){8,}"),
)


def facts(*documents: str | bytes, name: str = "a.py") -> list[dict[str, Any]]:
    raw = [document.encode() if isinstance(document, str) else document for document in documents]
    columns = text.compute(Batch.of(["0" * 40] * len(raw), [name] * len(raw), raw))
    arrays = [pa.array(columns[field.name], field.type) for field in text.SCHEMA]
    rows: list[dict[str, Any]] = pa.Table.from_arrays(arrays, schema=text.SCHEMA).to_pylist()
    return rows


def reference(document: str) -> dict[str, float]:
    lines = document.split("\n")
    last = lines.pop()
    lengths = [len(line.removesuffix("\r")) for line in lines] + [len(last)] * bool(last)
    runs = [[len(match.group()) for match in run.finditer(document)] for run in RUNS]
    size = len(document) or 1
    return {
        "num_chars": len(document),
        "num_lines": len(lengths),
        "max_line_length": max(lengths, default=0),
        "avg_line_length": sum(lengths) / (len(lengths) or 1),
        "alpha_fraction": sum(map(str.isalpha, document)) / size,
        "alphanum_fraction": sum(map(str.isalnum, document)) / size,
        "encoded_max_run": max(max(found, default=0) for found in runs),
        "encoded_fraction": max(map(sum, runs)) / size,
    }


def check(*documents: str) -> None:
    for document, found in zip(documents, facts(*documents), strict=True):
        wanted = reference(document)
        assert {key: found[key] for key in wanted} == wanted, document


# NUL makes a file binary, and a leading byte order mark is no part of the text.
characters = st.characters(exclude_characters="\0\ufeff", exclude_categories=["Cs"])
spaces = st.sampled_from(
    [" ", "\n", "\t", "\r\n", "\x1c", "\x85", "\xa0", "\u1680", "\u2009", "\u3000", "  \u2028"]
)
hex_pieces = st.one_of(
    st.sampled_from(
        ["41", "0x41", "\\x41", "aF", ",", "4", "0x", "x", "\\", "_", "é", "\u4e2d", "ab,", "0x0f,", "12 "]
    ),
    spaces,
)
escape_pieces = st.sampled_from(["\\u00e9", "\\u4E2D", "\\", "u", "\\u", "\\u12", "12", "\\\\u1234"])


@given(st.lists(st.text(characters, max_size=80), max_size=4))
def test_any_text(documents: list[str]) -> None:
    check(*documents)


@given(st.lists(st.text(st.sampled_from("ab \r\né\u4e2d"), max_size=40), max_size=4))
def test_lines(documents: list[str]) -> None:
    check(*documents)


@given(
    st.lists(
        st.one_of(st.text(st.sampled_from("aZ09+/=\n"), min_size=20, max_size=70), characters), max_size=8
    )
)
def test_base64_runs(pieces: list[str]) -> None:
    check("".join(pieces), "x" * 63, "-" + "".join(pieces) + "-")


@given(
    st.lists(
        st.tuples(st.integers(0, 30), st.sampled_from(["\n", "\r\n", "\r", "é\n", "\n\n", ""])), max_size=30
    )
)
def test_lines_of_many_lengths(lines: list[tuple[int, str]]) -> None:
    check("".join("x" * length + end for length, end in lines))


@given(
    st.lists(
        st.one_of(
            st.integers(0, 20_000).map(str),
            st.sampled_from([",", " ", ", ", "\n", "0x", ".", "ab", "ab, cd, "]),
        ),
        max_size=60,
    ),
    st.lists(st.sampled_from(["12,", "ab ", "0x4f,", "\\x41", "1,2"]), min_size=6, max_size=10),
    st.integers(0, 60),
)
def test_runs_among_columns_of_numbers(pieces: list[str], run: list[str], at: int) -> None:
    check("".join(pieces[:at] + run + pieces[at:]))


@settings(max_examples=400)
@given(
    st.lists(hex_pieces, max_size=40),
    st.lists(st.sampled_from(["\\x41", "0x41,", "41 ", "e9\n\n"]), max_size=14),
)
@example(["é"], ["41 "] * 9)
@example(["_"], ["\\x41"] * 9)
def test_hex_runs(pieces: list[str], run: list[str]) -> None:
    check("".join(pieces), "".join(pieces + run + pieces), "".join(run), "".join(run + pieces + run))


@settings(max_examples=200)
@given(st.lists(escape_pieces, max_size=12), st.integers(0, 14), st.integers(0, 50))
def test_escape_runs(pieces: list[str], length: int, padding: int) -> None:
    run = "\\u00e9" * length
    check(" " * padding + run + "".join(pieces), "".join(pieces) + run + "".join(pieces) + run)


def test_runs_at_every_offset() -> None:
    for offset in range(70):
        check(" " * offset + "A" * 64 + "-", " " * offset + "\\u1234" * 8, "-" * offset + "0x41," * 8)


def test_worked_out_by_hand() -> None:
    # Lines of 3, 0 and 4 characters; 12 characters with their ends; letters a b é ц d, and the digit 1.
    (found,) = facts("abé\r\n\nц1 d")
    assert found["num_chars"] == 10
    assert found["num_lines"] == 3
    assert found["max_line_length"] == 4
    assert found["avg_line_length"] == 7 / 3
    assert found["alpha_fraction"] == 5 / 10
    assert found["alphanum_fraction"] == 6 / 10
    assert found["encoded_max_run"] == 0 and found["encoded_fraction"] == 0.0
    assert found["length_bytes"] == 12
    assert found["src_encoding"] == "utf-8" and found["is_binary"] is False
    assert found["visible_chars"] is None


def test_largest_kind_of_encoded_data_counts() -> None:
    # 70 characters of Base64 in one run, 8 x 5 of bytes in another: the first is longer in run and in sum.
    (found,) = facts("A" * 70 + "!" + "0x41," * 8 + "!" * 29)
    assert found["encoded_max_run"] == 70
    assert found["encoded_fraction"] == 70 / 140


def test_file_without_text_counts_as_an_empty_one() -> None:
    empty, binary = facts(b"", b"\x00\x01")
    assert binary["is_binary"] is True and binary["src_encoding"] is None
    assert binary["length_bytes"] == 2 and binary["blob_id"] == hashlib.sha1(b"\x00\x01").hexdigest()
    same = set(empty) - {"blob_id", "length_bytes", "src_encoding", "is_binary"}
    assert {key: empty[key] for key in same} == {key: binary[key] for key in same}
    assert empty["blob_id"] == "da39a3ee5e6b4b0d3255bfef95601890afd80709"
    assert facts() == []


def test_characters_are_those_of_the_text_and_bytes_those_of_the_file() -> None:
    (found,) = facts("größer\n".encode("utf-16"))
    assert (found["num_chars"], found["length_bytes"], found["src_encoding"]) == (7, 16, "utf-16")


def test_columns_are_those_of_the_schema() -> None:
    columns = text.compute(Batch.of(["0" * 40], ["a.py"], [b"x\n"]))
    assert list(columns) == text.SCHEMA.names
    assert re.fullmatch(r"[\w.-]+", text.VERSION)


def test_letters_are_those_of_str() -> None:
    flags = character_flags()
    alpha = np.fromiter((chr(point).isalpha() for point in range(0x110000)), dtype=bool)
    alphanum = np.fromiter((chr(point).isalnum() for point in range(0x110000)), dtype=bool)
    assert np.array_equal(flags & ALPHA != 0, alpha)
    assert np.array_equal(flags & ALPHANUM != 0, alphanum)


POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"ab" * 32 + b"\nsize 12345\n"


@pytest.mark.parametrize(
    ("raw", "is_pointer"),
    [
        (POINTER, True),
        (POINTER + b"x" * 1024, False),
        (b"\n" + POINTER, False),
        (POINTER.splitlines()[0], False),
        (b"", False),
    ],
)
def test_lfs_pointers(raw: bytes, is_pointer: bool) -> None:
    assert facts(raw)[0]["is_lfs_pointer"] is is_pointer


@pytest.mark.parametrize(
    ("page", "visible"),
    [
        ("", ""),
        ("  \n", ""),
        ("<p>Hello,   <b>wor</b>ld</p>\n", "Hello, world"),
        ("<title>T</title><script>var x = '<p>no</p>';</script>yes", "Tyes"),
        ("<SCRIPT src='a.js'></SCRIPT>a<style>\nb { }\n</style >c", "ac"),
        ("<scripted>kept</scripted>", "kept"),
        ("<script>never closed", ""),
        ("<a title='1 > 2' href=\"x\">link</a>", "link"),
        ("<!-- <p>gone</p> --><!DOCTYPE html><?php echo 1 > 2; ?>text", "text"),
        ("a < b &amp; c &lt;&#233;&bogus", "a < b & c <é&bogus"),
        ("größer 中", "größer 中"),
        ("a<", "a<"),
        ("a<b", "a"),
    ],
)
def test_visible_text(page: str, visible: str) -> None:
    assert facts(page, name="INDEX.HTML")[0]["visible_chars"] == len(visible)


@given(st.text(st.sampled_from("<>/!-?&;#'\" ascriptSTYLE=é\n"), max_size=80))
def test_any_markup_has_an_answer(page: str) -> None:
    # Neighbours must not be read: the same page between two others has the same answer.
    alone, *_ = facts(page, name="a.htm")
    _, between, _ = facts("<script>", page, "</script>x", name="a.htm")
    assert alone == between
    assert 0 <= alone["visible_chars"] <= alone["num_chars"]


def test_kernels_are_cached_for_the_user_where_the_package_cannot_be_written(tmp_path: Path) -> None:
    package = tmp_path / "site"
    package.mkdir()
    (package / "small.py").write_text(
        "from tilth.data.facts.kernels import kernel\n\n\n"
        "@kernel('int64(int64)')\ndef double(number):\n    return 2 * number\n"
    )
    # A file where the folder would go stops root too, whom no permission stops.
    (package / "__pycache__").write_bytes(b"")
    source = Path(tilth.__path__[0]).parent
    environment = {
        **os.environ,
        "PYTHONPATH": f"{package}{os.pathsep}{source}",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    environment |= {"XDG_CACHE_HOME": str(tmp_path / "cache")}
    environment.pop("NUMBA_CACHE_DIR", None)
    code = "from small import double; assert double(21) == 42"
    run = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    assert list((tmp_path / "cache").rglob("*.nbi"))


def test_blank_is_nothing_but_white_space() -> None:
    raw = [b"", b" \n\t\r\n", b"\n", b"x", b" \n.", b"\x00\x01"]
    facts = text.compute(Batch.of([str(at) for at in range(6)], ["a"] * 6, raw))
    assert facts["is_blank"] == [True, True, True, False, False, True]
