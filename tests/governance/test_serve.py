"""The door for requests: what holds is taken in and receipted, whatever else comes is refused and writes nothing."""

import http.client
import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.governance.test_intake import HOSTILE
from tilth.governance import audit, receipts, serve
from tilth.governance.cases import accept, cases
from tilth.governance.keys import Keys
from tilth.governance.ledger import Ledger
from tilth.governance.serve import BODY_BYTES_MAX, Intake

REQUEST = {"kind": "opt_out", "repositories": ["https://github.com/alice/own"], "text": "please"}
PLAIN = {"Content-Type": "application/json"}


@pytest.fixture
def door(tmp_path: Path, keys: Keys) -> Iterator[Intake]:
    ledger = Ledger.open(str(tmp_path / "served.sqlite"), make=True)
    with Intake(("127.0.0.1", 0), ledger, keys, per_minute=1000) as made:
        thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        yield made
        made.shutdown()


def ask(
    door: Intake, method: str, path: str, body: bytes | None = None, **headers: str
) -> tuple[int, dict[str, object]]:
    connection = http.client.HTTPConnection(*door.server_address[:2], timeout=20)
    connection.request(method, path, body, PLAIN | {k.replace("_", "-"): v for k, v in headers.items()})
    answer = connection.getresponse()
    return answer.status, json.loads(answer.read() or b"{}")


def raw(door: Intake, said: bytes) -> bytes:
    with socket.create_connection(door.server_address[:2], timeout=20) as connection:
        connection.sendall(said)
        connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(2**16), b""))


def test_a_request_on_its_way(door: Intake, keys: Keys) -> None:
    status, said = ask(door, "POST", "/requests", json.dumps(REQUEST).encode())
    assert status == 201 and said["is_new"] is True
    assert ask(door, "POST", "/requests", json.dumps(REQUEST).encode()) == (200, said | {"is_new": False})
    name = str(said["request"])
    status, told = ask(door, "GET", f"/requests/{name}")
    assert (status, told["state"], told["unproved"]) == (200, "received", ["github.com/alice/own"])
    accept(door.ledger, name, by="ann", without_proof="known")
    assert ask(door, "GET", f"/requests/{name}")[1]["state"] == "accepted"
    status, given = ask(door, "GET", f"/requests/{name}/receipt")
    assert status == 200 and receipts.problems_of(given, keys.public) == []
    assert ask(door, "GET", "/head")[1]["entries"] == 2
    assert ask(door, "GET", "/key")[1]["public_key"] == given["public_key"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 404), ("GET", "/requests", 404), ("GET", "/requests/../../etc/passwd", 404),
        ("GET", "/requests/req-0123456789abcdef", 404), ("GET", "/requests/req-0123456789abcdef'--", 404),
        ("GET", "/requests/req-0123456789abcdef/receipt", 404), ("POST", "/key", 404), ("PUT", "/requests", 501),
        ("DELETE", "/requests/req-0123456789abcdef", 501),
    ],
)  # fmt: skip
def test_what_is_not_there(door: Intake, method: str, path: str, status: int) -> None:
    connection = http.client.HTTPConnection(*door.server_address[:2], timeout=20)
    connection.request(method, path, b"{}", PLAIN)
    assert connection.getresponse().status == status


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"null", b"[]", b'"x"', b"\xff\xfe", b"[" * 100_000, b'{"kind": "opt_out"}',
        json.dumps(REQUEST | {"repositories": ["*"]}).encode(), json.dumps(REQUEST | {"more": 1}).encode(),
        json.dumps(REQUEST | {"repositories": ["github.com/аlice/own"]}).encode(),
        json.dumps(REQUEST | {"reference": "https://github.com/o/r/issues/5"}).encode(),
        json.dumps(REQUEST | {"text": 5}).encode(), json.dumps(REQUEST | {"repositories": ["a/b/c"] * 1001}).encode(),
        json.dumps(REQUEST | {"author_emails": ["x" * 500]}).encode(),
    ],
)  # fmt: skip
def test_what_is_no_request(door: Intake, body: bytes) -> None:
    status, said = ask(door, "POST", "/requests", body)
    assert status == 400 and said["error"] and len(str(said["error"])) <= 300
    assert door.ledger.head().size == 0


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_words_are_words(door: Intake, keys: Keys, text: str) -> None:
    body = json.dumps(REQUEST | {"text": text}).encode()
    assert ask(door, "POST", "/requests", body)[0] == 201
    assert [one.state for one in cases(door.ledger)] == ["received"]
    assert audit.problems_of(door.ledger, keys) == []


@pytest.mark.parametrize(
    ("said", "status"),
    [
        (b"POST /requests HTTP/1.1\r\nContent-Type: application/json\r\n\r\n{}", b" 411 "),
        (b"POST /requests HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: -5\r\n\r\n{}", b" 411 "),
        (b"POST /requests HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: 2\r\n"
         b"Transfer-Encoding: chunked\r\n\r\n{}", b" 411 "),
        (b"POST /requests HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: 2\r\n"
         b"Content-Length: 9\r\n\r\n{}", b" 411 "),
        (b"POST /requests HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{}", b" 400 "),
        (b"POST /requests HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
         % (BODY_BYTES_MAX + 1), b" 413 "),
        (b"POST /requests HTTP/1.1\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\n{}", b" 415 "),
        (b"GET /" + b"x" * 70_000 + b" HTTP/1.1\r\n\r\n", b" 414 "),
        (b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * 200 + b"\r\n", b" 431 "),
        (b"\0\0\0\n", b"400"), (b"", b""),
    ],
)  # fmt: skip
def test_bent_messages(door: Intake, said: bytes, status: bytes) -> None:
    assert status in raw(door, said)[:300]
    assert ask(door, "GET", "/head")[1]["entries"] == 0


def test_who_says_nothing_is_left_alone(door: Intake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serve, "SECONDS_MAX", 0.2)
    with socket.create_connection(door.server_address[:2], timeout=20) as connection:
        connection.sendall(
            b"POST /requests HTTP/1.1\r\nContent-Length: 5\r\nContent-Type: application/json\r\n\r\n{"
        )
        assert connection.recv(2**16) == b""
    assert ask(door, "GET", "/head")[0] == 200


def test_many_at_once_and_too_often(tmp_path: Path, keys: Keys) -> None:
    ledger = Ledger.open(str(tmp_path / "many.sqlite"), make=True)
    with Intake(("127.0.0.1", 0), ledger, keys, per_minute=20) as door:
        threading.Thread(target=door.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        statuses: list[int] = []

        def send(number: int) -> None:
            body = json.dumps(REQUEST | {"repositories": [f"github.com/alice/{number}"]}).encode()
            statuses.append(ask(door, "POST", "/requests", body)[0])

        threads = [threading.Thread(target=send, args=(number,)) for number in range(25)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        door.shutdown()
    assert sorted(statuses) == [201] * 20 + [429] * 5
    assert ledger.head().size == 20 and audit.problems_of(ledger, keys) == []
