"""Personal data is found where it stands, and what only looks like it is left alone.

All values are invented, or published as examples.
"""

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tilth.data.facts import personal_data
from tilth.data.facts.batch import Batch
from tilth.data.facts.findings import FINDINGS
from tilth.data.facts.personal_data.kinds import HOW, KINDS, NATIONAL_ID, NUMBER_OF
from tilth.data.facts.personal_data.national_ids import COUNTRIES


def find(text: str | bytes, least: float = 0.5, name: str = "a.py") -> list[tuple[str, str]]:
    """(kind, text) of what is found in a text."""
    raw = text.encode() if isinstance(text, str) else text
    batch = Batch.of([""], [name], [raw])
    found = personal_data.compute(batch)["personal_data"].to_pylist()[0]
    return [
        (one["kind"], batch.utf8[0][one["start"] : one["end"]].decode())
        for one in found
        if round(one["confidence"], 4) >= least
    ]


def kinds(text: str, least: float = 0.5) -> list[str]:
    return [kind for kind, _ in find(text, least)]


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("mail r.diaz@uni-bonn.de now", "email", "r.diaz@uni-bonn.de"),
        ("r.diaz@uni-bonn.de", "email", "r.diaz@uni-bonn.de"),
        ("<R.Diaz+code@Uni-Bonn.DE>.", "email", "R.Diaz+code@Uni-Bonn.DE"),
        ('"\\nr.diaz@uni-bonn.de\\n"', "email", "r.diaz@uni-bonn.de"),
        ('"\\u003cr.diaz@uni-bonn.de\\u003e"', "email", "r.diaz@uni-bonn.de"),
        ("mailto:%3Cr.diaz%40uni-bonn.de%3E", "email", "r.diaz%40uni-bonn.de"),
        ("邮箱r.diaz@uni-bonn.de。", "email", "r.diaz@uni-bonn.de"),
        ("r.diaz@uni-bonn.de.The next", "email", "r.diaz@uni-bonn.de"),
        ("me@rosadiaz.name", "email", "me@rosadiaz.name"),
        ("r.diaz [at] uni-bonn [dot] de", "email", "r.diaz [at] uni-bonn [dot] de"),
        ("r.diaz(at)uni-bonn.de", "email", "r.diaz(at)uni-bonn.de"),
        ("1+rdiaz@users.noreply.github.com", "email.noreply", "1+rdiaz@users.noreply.github.com"),
        ("phone: +49 30 25934412", "phone", "+49 30 25934412"),
        ("tel 212-736-5000", "phone", "212-736-5000"),
        ("fon = '(212) 736-5000' # phone (212) 736-5000", "phone", "(212) 736-5000"),
        ("server = 81.2.69.142", "ip.v4", "81.2.69.142"),
        ("http://81.2.69.142:80/", "ip.v4", "81.2.69.142"),
        ("[2a02:8071:b91::1]", "ip.v6", "2a02:8071:b91::1"),
        ("2a00:1450:4001:082b:0:0:0:200e", "ip.v6", "2a00:1450:4001:082b:0:0:0:200e"),
        ("eth0 3c:22:fb:9a:01:7e up", "mac", "3c:22:fb:9a:01:7e"),
        ("card: 4539 1488 0343 6467", "card", "4539 1488 0343 6467"),
        ("creditCard=4539148803436467", "card", "4539148803436467"),
        ("to DE75512108001245126199", "iban", "DE75512108001245126199"),
        ("to DE75 5121 0800 1245 1261 99", "iban", "DE75 5121 0800 1245 1261 99"),
        ("@author Rosa Diaz", "name", "Rosa Diaz"),
        ("__author__ = 'Jan van der Berg'", "name", "Jan van der Berg"),
        ('"author": {\n  "name": "Rosa Diaz"', "name", "Rosa Diaz"),
        ("Written by Rosa M. Diaz, 2004", "name", "Rosa M. Diaz"),
        ("Signed-off-by: Rosa Diaz", "name", "Rosa Diaz"),
        ("* Rosa Díaz <r.diaz@uni-bonn.de>", "name", "Rosa Díaz"),
        ("Copyright (c) 2011-2014 Rosa Diaz", "name.copyright", "Rosa Diaz"),
        ("© 2014 Rosa Diaz", "name.copyright", "Rosa Diaz"),
        ("// TODO(rdiaz): more", "username", "rdiaz"),
        ("rdiaz <r.diaz@uni-bonn.de>", "username", "rdiaz"),
        ("/home/rdiaz/src/x.py", "home", "rdiaz"),
        ("C:\\Users\\rdiaz\\Desktop", "home", "rdiaz"),
        ('"C:\\\\Users\\\\rdiaz\\\\x"', "home", "rdiaz"),
        ("file:///Users/rdiaz/code", "home", "rdiaz"),
        ("17 Elm Grove Road, London", "address", "17 Elm Grove Road"),
    ],
)
def test_found(text: str, kind: str, value: str) -> None:
    assert (kind, value) in find(text)


@pytest.mark.parametrize(
    "text",
    [
        "user@example.com a@mail.example.org b@example.co.uk c@d.test root@localhost me@host.local",
        "noreply@uni-bonn.de git@github.com:org/repo ssh://git@host.com/x https://me:pw@host.com/ svn@host.com",
        "user@host.com:/srv/x deploy@host.com:src/app somebody@host.com:~/x",
        "pkg@1.2.3 icon@2x.png @decorator a@b.T foo@plt x@@GLIBC_2.2 @user.name lodash@4.17.21 go@1.21.dev",
        "your.name@gmail.com foo@bar.com test@test.com",
        "version 1.2.3.4 v2.3.4.5 Chrome/90.0.4430.212 foo==91.0.2.33 AssemblyVersion('91.0.12.33') 1.3.6.1.4.1.311",
        "10.1.2.3 192.168.0.1 172.20.1.1 127.0.0.1 0.0.0.0 255.255.255.0 169.254.1.1 224.0.0.251 100.64.0.1",
        "192.0.2.7 198.51.100.7 203.0.113.7 198.18.0.1 8.8.8.8 1.1.1.1 33.01.33.33 256.1.1.1 1.2.3.4",
        "::1 fe80::1 fd00::1 ff02::1 2001:db8::1 2001:4860:4860::8888 std::vector a::b::c 12:34:56 2002:7f00:1::",
        "00:00:00:00:00:00 ff:ff:ff:ff:ff:ff 00:11:22:33:44:55 01:23:45:67:89:ab de:ad:be:ef:00:01",
        "aa:bb:cc:dd:ee:ff 3c:22:fb:9a:01:7e:00:11 02:42:ac:11:00:02",
        "card 4111 1111 1111 1111, 4242424242424242 and 4539 1488 0343 6468",
        "order 4539148803436467 1611234567890",
        "IBAN DE89370400440532013000 GB82 WEST 1234 5698 7654 32 DE75512108001245126198",
        "0b3e1a2c-8f1d-4c5e-9a7b-123456789012 d41d8cd98f00b204e9800998ecf8427e",
        "sha512-AbCd1234+/efGHijKLmn0987opQRst5678UVwxYZ0123abCDefGH4567ijKLmnOP8901qrST==",
        "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk",
        "phone: +1-555-0100 tel:+1-800-555-0100 phone +1 212 555 0123",
        "2024-01-31 12:34:56 1700000000 3.14159265358979 1 2 3 4 5 6 7 8 9 10 11 12",
        "Author: The Foo Team, author = models.ForeignKey(User), authors: string[], Author: Example Inc.",
        "Copyright (c) 2020 Google Inc. and 2021 The Foo Authors. Copyright holders shall",
        "Licensed by Foo Bar, powered by Big Data, generated by Some Tool, stand by Me",
        "/home/user/x /home/runner/work /Users/Shared/x C:\\Users\\Public\\x https://a.org/home/index/x",
        "51 Franklin Street, Fifth Floor, 123 Main Street, 2 Way binding, on The Road",
        "<EMAIL_1> <NAME_2> <IP_ADDRESS_3>",
    ],
)
def test_left_alone(text: str) -> None:
    assert find(text) == []


PUBLISHED = {
    "br": "111.444.777-35",
    "pl": "PESEL 44051401359",
    "de": "Steuer-ID 86095742719",
    "nl": "BSN 100000009",
    "be": "85.07.30-033.28",
    "se": "811218-9876",
    "no": "fnr 151086 95088",
    "fr": "2 55 08 14 168 025 38",
    "ch": "756.9217.0769.85",
    "cn": "id 11010519491231002X",
    "in": "aadhaar 2341 2341 2346",
    "kr": "971013-9019902",
    "tr": "kimlik 10000000146",
    "ro": "CNP 1630615123457",
    "za": "identity 7503305044089",
    "ca": "SIN 130 692 544",
    "gb": "NHS 943 476 5919",
    "us": "ssn 536-90-4399",
    "es": "DNI 54362315K",
    "it": "RSSMRA85T10A562S",
    "fi": "131052A308T",
    "tw": "identity A123456789",
    "sg": "nric S1234567D",
}
"""Numbers that the offices or manuals give as examples; no one's."""


def test_every_country_has_an_example() -> None:
    assert PUBLISHED.keys() == {name for name, _ in COUNTRIES} and len(COUNTRIES) >= 10


@pytest.mark.parametrize("country", PUBLISHED)
def test_national_numbers(country: str) -> None:
    assert kinds(PUBLISHED[country]) == [f"national_id.{country}"]


@pytest.mark.parametrize("country", PUBLISHED)
def test_a_wrong_check_digit_is_no_national_number(country: str) -> None:
    text = PUBLISHED[country]
    if country == "us":
        text = "ssn 000-90-4399"  # without check digits, but with areas that are never given
    elif text[-1].isdigit():
        text = text[:-1] + str((int(text[-1]) + 1) % 10)
    else:
        text = text[:-1] + chr((ord(text[-1]) - 64) % 26 + 65)
    assert f"national_id.{country}" not in kinds(text)


def test_numbers_without_a_word_need_a_telling_form() -> None:
    assert kinds("x = 44051401359") == [] and kinds("x = 86095742719") == []


def test_who_holds_the_copyright_is_told_once() -> None:
    assert find("Copyright 2014 Rosa Diaz <r.diaz@uni-bonn.de>") == [
        ("name.copyright", "Rosa Diaz"),
        ("email", "r.diaz@uni-bonn.de"),
    ]


def test_several_authors() -> None:
    assert kinds("Authors: Rosa Diaz, Jan Berg and Mia Holm <m@holm.se>") == ["name", "name", "name", "email"]


@pytest.mark.parametrize("codec", ["utf-8-sig", "utf-16", "utf-16-le", "latin-1", "gb18030"])
def test_spans_are_those_of_the_text_as_utf8(codec: str) -> None:
    text = "# é ü\nmail r.diaz@uni-bonn.de\n"
    assert find(text.encode(codec)) == [("email", "r.diaz@uni-bonn.de")]


def test_documents_of_a_batch_do_not_touch() -> None:
    raw = [b"r.diaz@uni", b"-bonn.de 81.2.69", b".142", b"", b"r.diaz@uni-bonn.de"]
    column = personal_data.compute(Batch.of([""] * 5, [""] * 5, raw))["personal_data"]
    assert column.type == FINDINGS
    assert [len(one) for one in column.to_pylist()] == [0, 0, 0, 0, 1]


def test_ends_of_a_file_and_a_long_line() -> None:
    assert find("81.2.69.142")[0][0] == "ip.v4"
    middle = "x = 1; " * 300_000
    found = find(f"r.diaz@uni-bonn.de {middle} r.diaz@uni-bonn.de")
    assert found == [("email", "r.diaz@uni-bonn.de")] * 2


def test_ten_thousand_findings() -> None:
    text = "".join(f"a{number}@uni-bonn.de\n" for number in range(10_000))
    assert len(find(text)) == 10_000


def test_telephone_numbers_beyond_the_bound_keep_what_their_form_says() -> None:
    lines = [f"phone +49 30 2{number:07d}" for number in range(100, 2_100)]
    assert len(find("\n".join(lines), least=0.2)) >= 1_900


def test_kinds_and_ways_have_their_numbers() -> None:
    assert KINDS[NATIONAL_ID].name == "national_id.br" and NUMBER_OF["email"] == 0
    assert len(HOW) == len(set(HOW))


ODD = st.text(st.sampled_from("ab1.9:@-(<[+ /\\%40é张\n\r\"'DEhomeUsrsauthor,;"), max_size=60)


@given(st.lists(ODD, min_size=1, max_size=4))
def test_any_text(texts: list[str]) -> None:
    """Spans lie in their text, on the borders of characters, in order; the same alone as in a batch."""
    raw = [text.encode() for text in texts]
    batch = Batch.of([""] * len(raw), [""] * len(raw), raw)
    column: pa.Array = personal_data.compute(batch)["personal_data"]
    for text, found in zip(batch.utf8, column.to_pylist(), strict=True):
        assert [one["start"] for one in found] == sorted(one["start"] for one in found)
        for one in found:
            assert 0 <= one["start"] < one["end"] <= len(text)
            text[one["start"] : one["end"]].decode()
        alone = personal_data.compute(Batch.of([""], [""], [text]))["personal_data"].to_pylist()[0]
        assert alone == found
