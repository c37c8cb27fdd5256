"""What is found, what is left alone, and where exactly."""

import base64
from hashlib import sha256
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.data.facts.secrets.made import aws_key_id, github_token, private_key, some, web_token
from tilth.data.facts import secrets
from tilth.data.facts.batch import Batch
from tilth.data.facts.findings import PLACEHOLDERS
from tilth.data.facts.secrets import automaton, known, matches
from tilth.data.facts.secrets.tokens import tokens


def found(text: bytes | str, name: str = "a.py", least: float = 0.5) -> list[tuple[str, str, str]]:
    """Kind, how and text of the findings of one document."""
    raw = text.encode() if isinstance(text, str) else text
    batch = Batch.of([""], [name], [raw])
    (rows,) = secrets.compute(batch)["secrets"].to_pylist()
    data = batch.utf8[0]
    return [
        (one["kind"], one["how"], data[one["start"] : one["end"]].decode())
        for one in rows
        if one["confidence"] >= least
    ]


@pytest.mark.parametrize(
    "text", [b"", b"\n", b"\x00\xff\xfe", b"key = ", b"password:", b"://:@", b"-----BEGIN"]
)
def test_nothing_in_almost_nothing(text: bytes) -> None:
    assert found(text, least=0) == []


def test_a_checksum_makes_sure() -> None:
    token = github_token()
    assert found(f'x = "{token}"') == [("github.token", "checksum", token)]
    ((kind, how, _),) = found(f"x = '{token[:-1]}{'a' if token[-1] != 'a' else 'b'}'")
    assert (kind, how) == ("github.token", "pattern")
    assert found(f'x = "{token}"', least=0.9) != []


def test_a_part_of_something_longer_is_none() -> None:
    token = github_token()
    assert found(f"x{token}", least=0) == found(f"{token}x", least=0) == []
    assert found(f"a\\n{token}\\n")[0][2] == token


@pytest.mark.parametrize("text", [
    "AK" + "IAIOSFODNN7EXAMPLE",
    'api_key = "your-api-key"',
    'password = "${PASSWORD}"',
    'password = os.environ["PASSWORD"]',
    'token = "xxxxxxxxxxxxxxxxxxxxxxxx"',
    'password = "********"',
    "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQ" + some(80),
    '"integrity": "sha512-' + some(86) + '=="',
    "url = 'http://localhost:8080/a@b'",
    "key = '" + "abcdefghijklmnopqrstuvwxyz" + "'",
])  # fmt: skip
def test_what_is_no_secret(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    ("password", "is_told"), [("bar", False), ("some-Password1", False), ("kT7-vQ2x9Lw0", True)]
)
def test_basic_credentials_are_read(password: str, is_told: bool) -> None:
    value = base64.b64encode(f"rosa:{password}".encode()).decode()
    assert bool(found(f'headers = {{"Authorization": "Basic {value}"}}')) is is_told


def test_private_keys_as_a_whole() -> None:
    key = private_key()
    ((kind, how, text),) = found(f"key = '''\n{key}\n'''\n")
    assert (kind, how, text) == ("private_key.pem", "structure", key)
    ((kind, _, text),) = found('{"private_key": "' + key.replace("\n", "\\n") + '\\n"}', "a.json")
    assert (kind, text) == ("private_key.pem", key.replace("\n", "\\n"))


def test_web_token() -> None:
    token = web_token()
    assert ("jwt", "structure", token) in found(f"curl -H 'X: {token}'.")


def test_password_in_a_url() -> None:
    password = some(12)
    assert found(f"DSN = 'postgres://admin:{password}@db.internal:5432/x'")[0][0] == "password.url"
    assert found(f"DSN = 'postgres://admin:{password}@db.internal:5432/x'")[0][2] == password


@pytest.mark.parametrize("codec", ["utf-16", "utf-16-le", "latin-1", "utf-8-sig", "gbk"])
def test_encodings(codec: str) -> None:
    token = github_token()
    text = f"# comment\nname = 1\ntoken = '{token}'\n" * 3
    assert [one[2] for one in found(text.encode(codec))] == [token] * 3


def test_disguises() -> None:
    token, key = github_token(), aws_key_id()
    assert found(base64.b64encode(f"token={token};".encode()))[0][0] == "github.token"
    assert found("x=" + "".join(f"%{ord(c):02X}" for c in token))[0][0] == "github.token"
    assert found('{"a": "' + "".join(f"\\u{ord(c):04x}" for c in token) + '"}')[0][0] == "github.token"
    assert found(f'a = "{token[:18]}" + "{token[18:]}"')[0][2] == token[:18] + '" + "' + token[18:]
    assert found(f"a = '{token[:9]}\u200b{token[9:]}'")[0][2] == token[:9] + "\u200b" + token[9:]
    assert found(f"url = '{quote(f'https://h/?k={key}')}'")[0][0] == "aws.access_key_id"


def test_what_was_redacted_is_not_found_again() -> None:
    assert found('password = "<PASSWORD_1>"\ntoken: <API_KEY_23>\n', least=0) == []


def test_what_is_hidden_is_redacted_where_it_stands() -> None:
    token = github_token()
    text = base64.b64encode(f"# some words before\ntoken={token}\n# and some behind".encode()).decode()
    ((_, _, span),) = found(f"data = '{text}'")
    assert token.encode() in base64.b64decode(span)
    assert len(span) <= len(token) * 4 / 3 + 8


def test_a_password_with_the_sign_in_it_leaves_no_tail() -> None:
    first, last = some(8), some(8, seed=2)
    assert found(f"DSN = 'postgres://admin:{first}@{last}@db.internal/x'")[0][2] == f"{first}@{last}"


def test_a_locked_key_counts_for_who_is_strict() -> None:
    locked = private_key().replace("\n", "\nProc-Type: 4,ENCRYPTED\n\n", 1)
    assert found(locked) == []
    assert [one[:2] for one in found(locked, least=0.2)] == [("private_key.pem", "encrypted")]


def test_keys_that_everybody_knows_are_none(monkeypatch: pytest.MonkeyPatch) -> None:
    token, value = github_token("glpat" + "-")[:26], some(40)
    text = f"x = '{token}'\napi_secret_key = '{value}'"
    assert len(found(text)) == 2
    hashes = frozenset(sha256(one.encode()).hexdigest() for one in (token, value))
    monkeypatch.setattr(known, "_table", lambda: (hashes, frozenset((26, 40))))
    assert found(text) == []


def test_the_name_of_a_file_is_no_token() -> None:
    digits = "7a388b69018576d24b59331fd60aab0c"
    assert found(f"src = 'http://assets.internal/video.ico-{digits}.png'") == []


def test_both_engines_find_the_same() -> None:
    if automaton.hyperscan_module() is None:
        pytest.skip("hyperscan is not installed")
    other = automaton.Automaton(matches.patterns(), None)
    parts = [
        github_token(),
        aws_key_id(),
        private_key(),
        web_token(),
        f"password = '{some(14)}'",
        "key: x",
        "",
    ]
    texts = ["\n".join([*parts[turn:], "/".join(parts[:turn])]).encode() for turn in range(len(parts))]
    batch = Batch.of([""] * len(texts), ["a.yml"] * len(texts), texts)
    one, two = matches.automaton().hits(batch), other.hits(batch)
    assert {*zip(one.patterns, one.ends, strict=True)} == {*zip(two.patterns, two.ends, strict=True)}


def test_a_document_is_judged_alone() -> None:
    texts = [b'password = "', some(16).encode() + b'"', b"gh", b"p_" + some(36).encode(), b"123456", b"7"]
    together = secrets.compute(Batch.of([""] * len(texts), ["a.py"] * len(texts), texts))[
        "secrets"
    ].to_pylist()
    alone = [secrets.compute(Batch.of([""], ["a.py"], [text]))["secrets"].to_pylist()[0] for text in texts]
    assert together == alone


def test_ten_thousand() -> None:
    lines = [f'token_{turn} = "{github_token(seed=turn)}"' for turn in range(10_000)]
    assert [one[2] for one in found("\n".join(lines))] == [line.split('"')[1] for line in lines]


@settings(max_examples=50, deadline=None)
@given(st.lists(st.sampled_from(
    ["password", " = ", '"', "'", ":", "://", "@", "\\", "\n", "eyJ", ".", "%41", "\\u0041", "-----BEGIN",
     "PRIVATE KEY-----", "é", "\u200b", "a" * 30, "+", "key", "YWJj" * 8, "\x00", "Basic ",
     "-u "]), max_size=40))  # fmt: skip
def test_spans_are_whole_and_inside(parts: list[str]) -> None:
    batch = Batch.of([""], ["a.py"], ["".join(parts).encode()])
    (rows,) = secrets.compute(batch)["secrets"].to_pylist()
    for one in rows:
        assert 0 <= one["start"] < one["end"] <= len(batch.utf8[0])
        assert 0 < one["confidence"] <= 1


def test_kinds_are_many_and_known() -> None:
    kinds = {kind.name: kind for kind in secrets.all_kinds()}
    assert len(kinds) >= 200
    assert {kind.group for kind in kinds.values()} <= PLACEHOLDERS.keys()
    assert all(0 < token.confidence <= 1 for token in tokens())
