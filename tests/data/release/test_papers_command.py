"""`tilth data papers`, as a user types it."""

import json
from pathlib import Path

import pytest

from tests.data.releases import Made, hashes
from tilth.cli.main import main
from tilth.data.release.papers.governance import read_requests
from tilth.errors import UserError

GOOD = {"request": "r1", "kind": "opt_out", "state": "accepted", "received": "2026-01-01T00:00:00Z"}


def lines(*rows: object) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


def test_papers_are_the_same_beside_the_release(example: Made, tmp_path: Path) -> None:
    before = hashes(example.path)
    assert main(["data", "papers", str(example.path), str(tmp_path / "papers")]) == 0
    made = hashes(tmp_path / "papers")
    assert made.items() <= before.items() and "README.md" in made
    assert hashes(example.path) == before


def test_requests_are_counted(example: Made, tmp_path: Path) -> None:
    rows = [
        GOOD | {"decided": "2026-01-03T00:00:00Z"},
        GOOD | {"request": "r2", "state": "rejected", "decided": "2026-01-07T00:00:00Z"},
        GOOD | {"request": "r3", "state": "received"},
    ]
    (tmp_path / "requests.jsonl").write_text(lines(*rows))
    words = [str(example.path), str(tmp_path / "papers"), "--requests", str(tmp_path / "requests.jsonl")]
    assert main(["data", "papers", *words]) == 0
    found = json.loads((tmp_path / "papers/papers/governance.json").read_text())["requests"]
    assert (found["received"], found["decided"]) == (3, 2)
    assert found["days_to_decision"] == {"median": 4.0, "longest": 6.0}
    assert found["by_state"] == {"accepted": 1, "received": 1, "rejected": 1}


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        "null",
        lines({"request": "r1"}),
        lines(GOOD | {"received": "yesterday"}),
        lines(GOOD | {"received": 7}),
        lines(GOOD | {"decided": "2026-01-03T00:00:00"}),
    ],
)
def test_what_is_no_request_is_named_by_its_line(tmp_path: Path, text: str) -> None:
    (tmp_path / "x").write_text(lines(GOOD) + text)
    with pytest.raises(UserError, match="x:2: is no request"):
        read_requests(tmp_path / "x")


def test_a_sealed_release_is_not_written_into(example: Made, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data", "papers", str(example.path), str(example.path / "more")]) == 2
    assert "sealed" in capsys.readouterr().err
