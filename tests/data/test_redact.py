"""Redaction: no byte of any span is left, and every other one is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tilth.config.findings import Findings
from tilth.data.facts.findings import Finding
from tilth.data.facts.kinds import kinds, word_of
from tilth.data.policy.findings import counted, least_of
from tilth.data.redact import applied, applied_to_raw, merged, redact
from tilth.data.redact_bytes import redact_bytes
from tilth.data.stand_ins import stand_in

LEAST = least_of(Findings())


def spans(*places: tuple[int, int], kind: str = "email") -> list[Finding]:
    return [Finding(kind, start, end, 0.9, "pattern") for start, end in places]


def made(text: bytes, found: list[Finding]) -> bytes:
    return applied(text, redact(text, found))


@pytest.mark.parametrize(
    ("places", "expected"),
    [
        ([(4, 16), (7, 13)], b"tok=<EMAIL_1>!"),  # one inside another
        ([(4, 10), (7, 16)], b"tok=<EMAIL_1>!"),  # one over the end of another
        ([(4, 10), (10, 16)], b"tok=<EMAIL_1><EMAIL_1>!"),  # side by side, of the same value
        ([(0, 17)], b"<EMAIL_1>"),
        ([(0, 0), (17, 17)], b"tok=abcdefabcdef!"),
        ([(0, 4)], b"<EMAIL_1>abcdefabcdef!"),
        ([(16, 17)], b"tok=abcdefabcdef<EMAIL_1>"),
        ([(4, 7), (4, 16), (4, 16)], b"tok=<EMAIL_1>!"),
        ([(4, 7), (10, 13)], b"tok=<EMAIL_1>def<EMAIL_1>def!"),
        ([(4, 7), (4, 10)], b"tok=<EMAIL_1>abcdef!"),  # a value that is a part of another one
    ],
)
def test_where_spans_meet(places: list[tuple[int, int]], expected: bytes) -> None:
    assert made(b"tok=abcdefabcdef!", spans(*places)) == expected


def test_the_longest_part_names_the_whole() -> None:
    found = [*spans((0, 3)), *spans((2, 9), kind="name"), *spans((8, 10), kind="phone")]
    assert made(b"0123456789", found) == b"<NAME_1>"


def test_the_same_value_has_the_same_placeholder_and_another_kind_another() -> None:
    found = [*spans((0, 1), (2, 3), (4, 5)), *spans((6, 7), kind="name")]
    assert made(b"a b a a", found) == b"<EMAIL_1> <EMAIL_2> <EMAIL_1> <NAME_1>"


def test_a_placeholder_that_was_there_is_nobodys() -> None:
    assert (
        made(b"<EMAIL_2> x <EMAIL_9> <NAME_3>", spans((10, 11))) == b"<EMAIL_2> <EMAIL_10> <EMAIL_9> <NAME_3>"
    )
    assert made(b"<EMAIL_1> x", spans((0, 9))) == b"<EMAIL_2> x"


def test_lines_stay_as_many() -> None:
    assert made(b"a\r\nb\nc\rd", spans((0, 8))) == b"<EMAIL_1>\r\n\n\r"
    assert made(b"ab\r\nc", spans((1, 3))) == b"a<EMAIL_1>\r\nc"  # the span ends between the two


def test_spans_inside_of_characters_take_the_whole_ones() -> None:
    text = "é张x".encode()
    assert made(text, spans((1, 3))) == b"<EMAIL_1>x"
    assert made(text, spans((4, 5))) == "é<EMAIL_1>x".encode()


@pytest.mark.parametrize("place", [(-1, 2), (2, 1), (0, 9)])
def test_spans_of_another_text(place: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="in a text of 3 bytes"):
        redact(b"abc", spans(place))


CODECS = [
    "utf-8",
    "utf-8-sig",
    "utf-16",
    "utf-16-be",
    "utf-32",
    "gb18030",
    "cp932",
    "big5hkscs",
    "euc_jp",
    "koi8-r",
]


@pytest.mark.parametrize("codec", CODECS)
def test_every_encoding_stays(codec: str) -> None:
    text = "Ы x\r\nЫ y\n"
    raw, utf8 = text.encode(codec), text.encode()
    start = utf8.index(b"x")
    assert applied_to_raw(raw, codec, utf8, redact(utf8, spans((start, start + 1)))) == (
        text.replace("x", "<EMAIL_1>").encode(codec)
    )


def test_a_character_with_two_forms_keeps_its_own() -> None:
    raw = b"\xfa\x54 x \x81\xca\n"  # two ways to write a sign in Shift-JIS, one of which Python writes
    text = raw.decode("cp932").encode()
    at = text.index(b"x")
    assert applied_to_raw(raw, "cp932", text, redact(text, spans((at, at + 1)))) == raw.replace(
        b"x", b"<EMAIL_1>"
    )


def test_utf16_keeps_its_order() -> None:
    raw = b"\xfe\xff" + "a x".encode("utf-16-be")
    assert applied_to_raw(raw, "utf-16", b"a x", redact(b"a x", spans((2, 3)))) == (
        b"\xfe\xff" + "a <EMAIL_1>".encode("utf-16-be")
    )


TEXTS = st.text(st.sampled_from("ab <>@_1\n\ré张😀"), max_size=30)


@given(
    TEXTS,
    st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=6),
    st.sampled_from(CODECS[:6]),
)
def test_what_is_left_is_what_stood_outside(text: str, places: list[tuple[int, int]], codec: str) -> None:
    utf8 = text.encode()
    found = spans(*[(min(a, len(utf8)), min(a + b, len(utf8))) for a, b in places])
    replacements = redact(utf8, found)
    result = applied_to_raw(text.encode(codec), codec, utf8, replacements).decode(codec).encode()
    covered = {at for one in merged(utf8, found) for at in range(one.start, one.end)}
    assert {at for one in found for at in range(one.start, one.end)} <= covered
    at = 0
    rest = result
    for one in replacements:
        outside = utf8[at : one.start]
        assert rest.startswith(outside + one.text)
        rest, at = rest[len(outside) + len(one.text) :], one.end
        assert set(one.text) <= set(b"<>_EMAIL0123456789\r\n")
    assert rest == utf8[at:]
    assert result.count(b"\n") == utf8.count(b"\n") and result.count(b"\r") == utf8.count(b"\r")


MIXED = (
    "# Rosa Diaz <r.diaz@uni-bonn.de> {0}\r\nhost = '81.2.69.142' # 2a02:8071:b91::1\n"
    "/home/rdiaz/src 3c:22:fb:9a:01:7e\n"
)


@pytest.mark.parametrize("stand_ins", [False, True])
def test_what_was_redacted_is_not_redacted_again(stand_ins: bool) -> None:
    raw = MIXED.encode()
    once = redact_bytes(raw, "a.py", LEAST, stand_ins=stand_ins)
    assert len(once.replacements) == 6 and b"rdiaz" not in once.raw
    again = redact_bytes(once.raw, "a.py", LEAST, stand_ins=stand_ins)
    assert again.raw == once.raw and not again.replacements


@pytest.mark.parametrize("kind", [name for name in kinds() if stand_in(name, 1)])
def test_stand_ins_are_ascii_and_each_is_another(kind: str) -> None:
    values = [stand_in(kind, number) for number in range(1, 2_000)]
    there = [value for value in values if value is not None]
    assert len(set(there)) == len(there) and values[: len(there)] == there


def test_a_stand_in_that_the_text_has_is_not_taken() -> None:
    text = b"person1@example.org x"
    (one,) = redact(text, spans((20, 21)), stand_ins=True)
    assert one.text == b"person2@example.org"


def test_where_stand_ins_run_out_there_are_placeholders() -> None:
    text = b" ".join(b"%04d" % number for number in range(200))
    found = spans(*[(5 * at, 5 * at + 4) for at in range(200)], kind="phone")
    assert b"<PHONE_1>" in applied(text, redact(text, found, stand_ins=True))


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (
            b"\xff\xfe\xfa r.diaz@uni-bonn.de \xc3\x28 \xc3\xa9\n",
            b"\xff\xfe\xfa <EMAIL_1> \xc3\x28 \xc3\xa9\n",
        ),
        (
            b"\0\1\2 r.diaz@uni-bonn.de",
            b"\0\1\2 r.diaz@uni-bonn.de",
        ),  # a binary format: its lengths must hold
        (b"", b""),
        (b"r.diaz@uni-bonn.de", b"<EMAIL_1>"),
        (b"\xc3\xa9r.diaz@uni-bonn.de\xc3\xa9", b"\xc3\xa9<EMAIL_1>\xc3\xa9"),
    ],
)
def test_odd_files(raw: bytes, expected: bytes) -> None:
    assert redact_bytes(raw, "x", LEAST).raw == expected


def test_a_long_line_and_many_findings() -> None:
    raw = b"".join(b"a%d@uni-bonn.de " % number for number in range(10_000))
    made_of_it = redact_bytes(raw, "x", LEAST)
    assert len(made_of_it.replacements) == 10_000 and b"@" not in made_of_it.raw


def test_a_key_of_two_lines_in_one_span() -> None:
    text = b'key = "abc\r\n  def"\n'
    assert made(text, spans((7, 17))) == b'key = "<EMAIL_1>\r\n"\n'


def test_holders_stay_unless_the_policy_says_otherwise() -> None:
    raw = b"// Copyright (c) 2014 Rosa Diaz <r.diaz@uni-bonn.de>\n"
    assert redact_bytes(raw, "x", LEAST).raw == b"// Copyright (c) 2014 Rosa Diaz <<EMAIL_1>>\n"
    least = least_of(Findings(copyright_holders="redact"))
    assert redact_bytes(raw, "x", least).raw == b"// Copyright (c) 2014 <NAME_1> <<EMAIL_1>>\n"


def test_thresholds() -> None:
    strict = least_of(Findings(sensitivity="strict", sensitivity_by_kind={"ip": "lenient", "ip.v6": 0.1}))
    assert (strict["email"], strict["ip.v4"], strict["ip.v6"]) == (0.2, 0.8, 0.1)
    nine_tenths = [Finding("email", 0, 1, 0.8999999761581421, "pattern")]
    assert counted(nine_tenths, {"email": 0.9}) == nine_tenths


def test_a_kind_that_no_table_has() -> None:
    assert word_of("PER-son.x") == "PER_SON_X" and word_of("…") == "REDACTED"
