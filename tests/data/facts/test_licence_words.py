"""Words of a text: what is left out, and the way back to the bytes."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tilth.data.facts.licence.words import Words

MARKS = re.compile(rb"[Hh][Tt][Tt][Pp][Ss]?://[^\s<>\"'()]{1,300}|<[A-Za-z/][^<>\n]{0,200}>")
PIECES = st.sampled_from(
    [
        b"http",
        b"HTTPS",
        b"s",
        b"://",
        b":/",
        b"a",
        b" ",
        b"\n",
        b"<",
        b"</",
        b"<b",
        b">",
        b"(",
        b'"',
        b"x" * 150,
        b"\xc3\xa9",
    ]
)


@given(st.lists(PIECES, max_size=40).map(b"".join))
def test_marks_are_what_the_pattern_says(data: bytes) -> None:
    blank = MARKS.sub(lambda found: b" " * len(found.group()), data)
    words = Words(data)
    assert words.listed == Words(blank.replace(b"<", b" ").replace(b"://", b"   ")).listed
    assert words.starts().tolist() == [found.start() for found in re.finditer(rb"[a-zA-Z0-9+]+", blank)]


@pytest.mark.parametrize("data", [b"", b"<", b"<a", b"http", b"https:/", b"http://", b"a<b>", b"h"])
def test_ends_of_a_text(data: bytes) -> None:
    assert Words(data).listed == [
        word.lower().decode() for word in re.findall(rb"[a-zA-Z0-9+]+", MARKS.sub(b" ", data))
    ]
