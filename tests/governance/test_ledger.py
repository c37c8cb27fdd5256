"""The ledger holds what was committed, in one order, whoever else writes and whoever dies; what is altered shows."""

import json
import os
import signal
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.house.modules import ROOT
from tilth.errors import UserError
from tilth.governance import audit, receipts
from tilth.governance.cases import accept, case, cases, extend, months_later, receive, reject, set_reach, step
from tilth.governance.keys import PUBLIC, Keys, make_keys, read_keys, read_public
from tilth.governance.ledger import ENTRIES, Ledger, url_of
from tilth.governance.requests import Request

WRITERS, EACH = 8, 6


def asked(number: int = 0, **said: object) -> Request:
    return Request.model_validate({"kind": "opt_out", "repositories": [f"github.com/alice/{number}"], **said})


def altered(ledger: Ledger, statement: str, **values: object) -> None:
    with ledger._engine.connect().execution_options(writes=True) as connection, connection.begin():
        connection.execute(sa.text(statement), values)


def filled(ledger: Ledger, keys: Keys, count: int = 4) -> list[str]:
    names = [name for name, _ in receive(ledger, keys, [(asked(n), f"please {n}") for n in range(count)])]
    accept(ledger, names[0], by="ann", without_proof="known in person")
    reject(ledger, names[1], by="ann", reason="not the owner")
    set_reach(ledger, names[0], b"[]", {"files": 0})
    return names


def test_a_request_on_its_way(ledger: Ledger, keys: Keys) -> None:
    ((name, is_new),) = receive(ledger, keys, [(asked(), "words")])
    assert is_new and case(ledger, name).state == "received"
    assert receive(ledger, keys, [(asked(), "other words")]) == [(name, False)]
    with pytest.raises(UserError, match="nobody has proved"):
        accept(ledger, name, by="ann")
    step(ledger, name, "proof_asked", lambda _: {"token": "t"})
    step(ledger, name, "proved", lambda c: {"target": c.unproved()[0], "how": "file"})
    assert case(ledger, name).state == "proved"
    accept(ledger, name, by="ann")
    with pytest.raises(UserError, match="cannot become rejected"):
        reject(ledger, name, by="bob", reason="too late")
    step(ledger, name, "applied", lambda _: {"release": "a-2.0.0"})
    step(ledger, name, "applied", lambda _: {"release": "a-3.0.0"})
    assert case(ledger, name).releases == ["a-2.0.0", "a-3.0.0"]
    assert audit.problems_of(ledger, keys) == []
    assert len(ledger.entries()) == ledger.head().size == 6


def test_what_is_not_there(tmp_path: Path, ledger: Ledger, keys: Keys) -> None:
    with pytest.raises(UserError, match="no ledger"):
        Ledger.open(str(tmp_path / "none.sqlite"))
    with pytest.raises(UserError, match="no request"):
        case(ledger, "req-0")
    with pytest.raises(UserError, match="no request"):
        receipts.receipt(ledger, keys, "req-0")
    with pytest.raises(UserError, match="cannot be reached"):
        Ledger.open("postgresql://user:hunter2@127.0.0.1:9/none", make=False)
    with pytest.raises(UserError, match="cannot be in"):
        url_of("mysql://localhost/x")
    with pytest.raises(UserError, match="without a reason"):
        reject(ledger, "req-0", by="ann", reason=" ")


def test_a_password_is_not_shown() -> None:
    with pytest.raises(UserError) as caught:
        Ledger.open("postgresql://user:hunter2@127.0.0.1:9/none")
    assert "hunter2" not in str(caught.value)


def test_keys(tmp_path: Path) -> None:
    made = make_keys(tmp_path / "keys")
    assert read_keys(tmp_path / "keys").secret == made.secret
    assert read_public(tmp_path / "keys" / PUBLIC).public_bytes_raw() == made.public.public_bytes_raw()
    assert (tmp_path / "keys" / "ledger.key").stat().st_mode & 0o077 == 0
    assert made.author(" A@Example.ORG ") == made.author("a@example.org") != made.author("b@example.org")
    with pytest.raises(UserError, match="already"):
        make_keys(tmp_path / "keys")
    with pytest.raises(UserError, match="no keys"):
        read_keys(tmp_path)
    with pytest.raises(UserError, match="not a public key"):
        read_public(tmp_path / "keys" / "ledger.secret")


@pytest.mark.parametrize(
    ("day", "later"),
    [
        ("2026-01-31", "2026-02-28"),
        ("2026-03-15", "2026-04-15"),
        ("2026-12-31", "2027-01-31"),
        ("2028-01-30", "2028-02-29"),
    ],
)
def test_the_clock(day: str, later: str) -> None:
    assert months_later(date.fromisoformat(day), 1) == date.fromisoformat(later)


def test_overdue(ledger: Ledger, keys: Keys) -> None:
    names = filled(ledger, keys)
    waiting, answered = case(ledger, names[2]), case(ledger, names[0])
    assert not waiting.is_overdue(waiting.due) and waiting.is_overdue(months_later(waiting.due, 1))
    assert not answered.is_overdue(months_later(answered.due, 12))


def test_more_time(ledger: Ledger, keys: Keys) -> None:
    names = filled(ledger, keys)
    name = names[2]
    due = case(ledger, name).due
    with pytest.raises(UserError, match="without a reason"):
        extend(ledger, name, by="ann", reason=" ")
    with pytest.raises(UserError, match="was due on"):
        extend(ledger, name, by="ann", reason="late", today=due + timedelta(days=1))
    extend(ledger, name, by="ann", reason="forks on three forges", today=due)
    assert case(ledger, name).due == months_later(date.fromisoformat(case(ledger, name).received_at[:10]), 3)
    assert not case(ledger, name).is_overdue(months_later(due, 1))
    with pytest.raises(UserError, match="done once"):
        extend(ledger, name, by="ann", reason="more", today=due)
    with pytest.raises(UserError, match="cannot become extended"):
        extend(ledger, names[0], by="ann", reason="it is accepted")
    assert case(ledger, name).state == "received" and audit.problems_of(ledger, keys) == []
    assert receipts.receipt(ledger, keys, name)["entry"]["body"]["reason"] == "forks on three forges"


def test_receipts(ledger: Ledger, keys: Keys) -> None:
    names = filled(ledger, keys)
    given = json.loads(json.dumps(receipts.receipt(ledger, keys, names[0])))
    assert receipts.problems_of(given, keys.public) == []
    assert receipts.problems_of(given, None) == []
    receive(ledger, keys, [(asked(99), "")])
    assert receipts.problems_with_ledger(given, ledger) == []
    altered(ledger, "DELETE FROM entries WHERE sequence >= 3")
    assert "cut off" in receipts.problems_with_ledger(given, ledger)[0]


def test_a_receipt_of_another_key(ledger: Ledger, keys: Keys, tmp_path: Path) -> None:
    names = filled(ledger, keys)
    given = receipts.receipt(ledger, make_keys(tmp_path / "others"), names[0])
    assert any("another key" in problem for problem in receipts.problems_of(given, keys.public))


@pytest.mark.parametrize("given", [None, [], {}, "x", {"signature": 3}, {"signature": "zz"}])
def test_what_is_no_receipt(given: object) -> None:
    assert "not a receipt" in receipts.problems_of(given, None)[0]


ALTERATIONS = {
    "body": "UPDATE entries SET body = replace(body, 'alice', 'alyce') WHERE sequence = 0",
    "state": "UPDATE entries SET kind = 'rejected' WHERE kind = 'accepted'",
    "request": "UPDATE entries SET request = 'req-0000000000000000' WHERE sequence = 2",
    "cut": "DELETE FROM entries WHERE sequence = 2",
    "first": "DELETE FROM entries WHERE sequence = 0",
    "hash": "UPDATE entries SET hash = '00' WHERE sequence = 6",
    "previous": "UPDATE entries SET previous = hash WHERE sequence = 3",
    "order": "UPDATE entries SET sequence = 90 WHERE sequence = 3",
    "not json": "UPDATE entries SET body = 'no JSON' WHERE sequence = 3",
    "reach": "UPDATE attached SET data = CAST('[1]' AS {blob}) WHERE name = 'reach'",
    "reach gone": "DELETE FROM attached WHERE name = 'reach'",
    "words": "UPDATE attached SET data = CAST('thanks' AS {blob}) WHERE name = 'words'",
}


@pytest.mark.parametrize("alteration", ALTERATIONS)
def test_alterations_are_found(ledger: Ledger, keys: Keys, alteration: str) -> None:
    filled(ledger, keys)
    assert audit.problems_of(ledger, keys) == []
    blob = "BLOB" if ledger.url.get_backend_name() == "sqlite" else "BYTEA"
    altered(ledger, ALTERATIONS[alteration].format(blob=blob))
    assert audit.problems_of(ledger, keys) != []


def test_words_may_be_forgotten(ledger: Ledger, keys: Keys) -> None:
    names = filled(ledger, keys)
    assert ledger.write(lambda writer: writer.forget(names[0], "words"))
    assert audit.problems_of(ledger, keys) == []


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_bit_of_a_ledger(tmp_path: Path, keys: Keys, data: st.DataObject) -> None:
    """One bit of one column of one row, anywhere: it shows, in the ledger or against an earlier receipt."""
    path = tmp_path / "any.sqlite"
    path.unlink(missing_ok=True)
    ledger = Ledger.open(str(path), make=True)
    filled(ledger, keys)
    given_before = receipts.receipt(ledger, keys, ledger.entries()[-1].request)
    row = data.draw(st.integers(0, ledger.head().size - 1))
    column = data.draw(st.sampled_from([c.name for c in ENTRIES.c if c.name != "sequence"]))
    with ledger._engine.connect() as connection:
        query = sa.select(ENTRIES.c[column]).where(ENTRIES.c.sequence == row)
        text = connection.execute(query).scalar_one()
    at = data.draw(st.integers(0, len(text) - 1))
    bent = text[:at] + chr(ord(text[at]) ^ 1 << data.draw(st.integers(0, 6))) + text[at + 1 :]
    altered(ledger, f"UPDATE entries SET {column} = :bent WHERE sequence = :row", bent=bent, row=row)
    try:
        problems = audit.problems_of(ledger, keys) + receipts.problems_with_ledger(given_before, ledger)
    except ValueError:  # a hash that is no longer hex
        problems = ["unreadable"]
    ledger.close()
    assert problems != []


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_bit_of_a_receipt(tmp_path: Path, keys: Keys, data: st.DataObject) -> None:
    path = tmp_path / "receipt.json"
    if not path.exists():
        ledger = Ledger.open(str(tmp_path / "for-receipts.sqlite"), make=True)
        names = filled(ledger, keys)
        path.write_text(json.dumps(receipts.receipt(ledger, keys, names[0])))
        ledger.close()
    whole = path.read_bytes()
    at = data.draw(st.integers(0, len(whole) - 1))
    bent = whole[:at] + bytes([whole[at] ^ 1 << data.draw(st.integers(0, 7))]) + whole[at + 1 :]
    try:
        given = json.loads(bent)
    except ValueError:
        return
    # Hex may be written in capitals, and white space may change: what it says is the same.
    if given != json.loads(whole) and str(given).lower() != str(json.loads(whole)).lower():
        assert receipts.problems_of(given, keys.public) != []


def start(where: str, keys: Path, writer: int, count: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.governance.writing", where, str(keys), str(writer), str(count)]
    path = os.pathsep.join([str(ROOT / "src"), os.environ.get("PYTHONPATH", "")])
    environment = os.environ | {"PYTHONPATH": path}
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=environment)


def test_writers_at_once_and_kill_9(where: str, tmp_path: Path) -> None:
    """Half of the writers are killed in the middle; whatever any of them said was done is there."""
    made = make_keys(tmp_path / "keys")
    writers = [
        start(where, tmp_path / "keys", number, 500 if number % 2 else EACH) for number in range(WRITERS)
    ]
    said: list[list[str]] = []
    for number, process in enumerate(writers):
        assert process.stdout
        if number % 2:
            said.append([process.stdout.readline().strip() for _ in range(EACH)])
            process.send_signal(signal.SIGKILL)
            said[-1] += process.stdout.read().split()
        else:
            said.append(process.stdout.read().split())
            assert len(said[-1]) == EACH
    codes = [process.wait() for process in writers]
    for process in writers:
        assert process.stdout
        process.stdout.close()
    assert codes == [0, -signal.SIGKILL] * (WRITERS // 2)
    ledger = Ledger.open(where)
    accepted = {one.request_id for one in cases(ledger) if one.state == "accepted"}
    # A line that was cut short by the kill is no id.
    ids = {name for names in said for name in names if len(name) == 20}
    assert len(ids) >= WRITERS * EACH and ids <= accepted
    assert audit.problems_of(ledger, made) == []
    receive(ledger, made, [(asked(), "")])
    ledger.close()
