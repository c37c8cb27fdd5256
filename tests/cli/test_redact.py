"""`tilth data redact`, `restore` and `findings` as a user meets them."""

import io
import sys
from pathlib import Path

import pytest

from tilth.cli.main import main

TEXT = b"x = 1\n# Author: Rosa Diaz <r.diaz@uni-bonn.de>\r\n"
CLEAN = b"x = 1\n# Author: <NAME_1> <<EMAIL_1>>\r\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "a.py"
    path.write_bytes(TEXT)
    path.chmod(0o755)
    return path


def test_from_standard_input_to_standard_output(
    monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(TEXT)))
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO()))
    assert main(["data", "redact"]) == 0
    sys.stdout.flush()
    assert sys.stdout.buffer.getvalue() == CLEAN  # type: ignore[attr-defined]


def test_in_place_as_a_hook(file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    clean = tmp_path / "clean.py"
    clean.write_bytes(b"x = 1\n")
    before = clean.stat().st_mtime_ns
    assert main(["data", "redact", "--in-place", str(file), str(clean)]) == 3
    assert file.read_bytes() == CLEAN and file.stat().st_mode & 0o777 == 0o755
    assert clean.stat().st_mtime_ns == before
    told = capsys.readouterr()
    assert "diaz" not in (told.out + told.err).lower()
    assert main(["data", "redact", "--in-place", str(file), str(clean)]) == 0


def test_check_writes_nothing_and_says_where(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data", "redact", "--check", str(file)]) == 3
    assert file.read_bytes() == TEXT
    assert capsys.readouterr().out.splitlines()[1:] == [f"{file}\t2\tname", f"{file}\t2\temail"]


def test_kinds(file: Path) -> None:
    options = ["--in-place", "--kind", "email=1", "--kind", "name=strict"]
    assert main(["data", "redact", *options, str(file)]) == 3
    assert file.read_bytes() == CLEAN.replace(b"<EMAIL_1>", b"r.diaz@uni-bonn.de")


def test_back_with_the_key(file: Path, tmp_path: Path) -> None:
    key = tmp_path / "key"
    assert main(["data", "redact", "--in-place", "--key", str(key), str(file)]) == 3
    assert file.read_bytes() == CLEAN
    assert main(["data", "restore", str(file), "--key", str(key)]) == 0
    assert file.read_bytes() == TEXT


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--kind", "mail=strict"], "there is no kind `mail`"),
        (["--kind", "email"], "not KIND=SENSITIVITY"),
        (["--kind", "email=2"], "sensitivity_by_kind"),
        (["--key", "k"], "--in-place"),
        (["no/such/file"], "cannot be read"),
    ],
)
def test_mistakes(options: list[str], words: str, file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data", "redact", *options, str(file)]) == 2
    told = capsys.readouterr().err
    assert words in told and "diaz" not in told.lower()
