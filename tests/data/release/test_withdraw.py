"""A release that was withdrawn: who reads it is stopped, unless told otherwise."""

import json
import shutil
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.data.releases import Made, build_release, hashes, recipe_of
from tilth.cli.main import main
from tilth.data.release.diff import diff
from tilth.data.release.look import drops_by_reason
from tilth.data.release.publish import publish
from tilth.data.release.verify import verify
from tilth.data.release.withdraw import publish_notice, withdraw
from tilth.errors import UserError
from tilth.report.progress import Progress
from tilth.store.notice import NOTICE, notice_of, reading_withdrawn

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def release(example: Made, tmp_path: Path) -> Path:
    return Path(shutil.copytree(example.path, tmp_path / "release"))


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    def once(*words: object) -> tuple[int, str, str]:
        code = main([str(word) for word in words])
        return code, *capsys.readouterr()

    return once


def test_nothing_else_in_the_release_changes(release: Path) -> None:
    before = hashes(release)
    withdraw(release, "opted out", replaced_by="2.0.0")
    after = hashes(release)
    assert after.keys() - before.keys() == {NOTICE}
    assert before.items() <= after.items()
    with Progress.open("none") as progress:
        assert verify(release, progress) == []


def test_readers_stop(release: Path, tmp_path: Path, run: Run) -> None:
    (tmp_path / "x.py").write_text("x = 1\n")
    content = "0" * 40
    withdraw(release, "opted out", replaced_by="small 2.0.0")
    for words in (
        ["show", release],
        ["show", release, content],
        ["sample", release],
        ["drops", release],
        ["drops", release, "--what-if", "line_max=9"],
        ["report", release],
        ["export", release, tmp_path / "out"],
        ["explain", release, "--path", "src/1.py"],
        ["similar", release, tmp_path / "x.py"],
        ["duplicates", "list", release],
    ):
        code, out, err = run("data", *words)
        assert (code, out) == (2, ""), words
        assert "opted out" in err and "small 2.0.0" in err and "--withdrawn" in err
    assert not (tmp_path / "out").exists()
    with pytest.raises(UserError, match="may not be used"), Progress.open("none") as progress:
        publish(release, str(tmp_path / "elsewhere"), progress)


def test_who_is_told_to_reads_all_the_same(release: Path, tmp_path: Path, run: Run) -> None:
    withdraw(release, "opted out")
    assert run("data", "sample", release, "--withdrawn")[0] == 0
    assert run("data", "export", release, tmp_path / "out", "--withdrawn")[0] == 0
    with reading_withdrawn():
        assert drops_by_reason(release)
    with pytest.raises(UserError):
        drops_by_reason(release)


def test_it_can_be_compared_and_checked(release: Path, example: Made) -> None:
    withdraw(release, "opted out")
    assert set(diff(release, example.path)["rows"]) == {"same"}


def test_a_later_day_deprecates_until_then(release: Path, run: Run) -> None:
    notice = withdraw(release, "a better one is coming", date="9999-12-31")
    assert not notice.is_in_force()
    code, _, err = run("data", "sample", release)
    assert code == 0 and "9999-12-31" in err
    assert withdraw(release, "now").is_in_force()
    with pytest.raises(UserError, match="was withdrawn on"):
        withdraw(release, "again")


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"reason": 1}', '"x"'])
def test_a_notice_that_cannot_be_understood_stops_too(release: Path, text: str) -> None:
    (release / NOTICE).write_text(text)
    with pytest.raises(UserError, match="cannot be understood"):
        drops_by_reason(release)


@pytest.mark.parametrize("change", [{"date": "soon"}, {"notice_version": 2}, {"reason": None}, {"more": 1}])
def test_a_notice_of_another_form_stops_too(release: Path, change: dict[str, object]) -> None:
    withdraw(release, "x", date="9999-01-01")
    said = json.loads((release / NOTICE).read_text())
    (release / NOTICE).write_text(json.dumps(said | change))
    with pytest.raises(UserError, match="cannot be understood"):
        drops_by_reason(release)


def test_a_notice_about_another_release_is_found(release: Path) -> None:
    withdraw(release, "x")
    said = json.loads((release / NOTICE).read_text())
    (release / NOTICE).write_text(json.dumps(said | {"manifest_sha256": "0" * 64}))
    with Progress.open("none") as progress:
        assert [one.path for one in verify(release, progress)] == [NOTICE]


@pytest.mark.parametrize("reason", ["", "  ", "two\nlines", "\x1b[31m", "x" * 2001])
def test_what_is_no_reason(release: Path, reason: str) -> None:
    with pytest.raises(UserError, match="one line"):
        withdraw(release, reason)
    assert notice_of(release) is None


@pytest.mark.parametrize("date", ["tomorrow", "2026-13-01", "2026-02-30"])
def test_what_is_no_day(release: Path, date: str) -> None:
    with pytest.raises(UserError, match="no day"):
        withdraw(release, "x", date=date)


def test_what_is_no_release(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="not a release"):
        withdraw(tmp_path, "x")


def test_the_notice_is_published(release: Path, tmp_path: Path, run: Run) -> None:
    code, out, _ = run(
        "data", "withdraw", release, "--reason", "x", "--publish", tmp_path / "bucket", "--output", "json"
    )
    assert code == 0 and json.loads(out)["reason"] == "x"
    assert (tmp_path / "bucket" / NOTICE).read_bytes() == (release / NOTICE).read_bytes()
    publish_notice(release, (tmp_path / "other").as_uri())
    assert (tmp_path / "other" / NOTICE).exists()


def test_a_build_from_its_files_leaves_them_out(release: Path, tmp_path: Path) -> None:
    withdraw(release, "opted out")
    source = {"kind": "parquet", "paths": [str(release / "data/*/*.parquet")]}
    made = build_release(recipe_of(source), tmp_path / "made")
    assert {reason for _, reason in made.refusals()} == {"withdrawn"}
    assert made.manifest["counts"]["files"] == 0
    told = build_release(recipe_of(source | {"withdrawn": True}), tmp_path / "told")
    assert told.manifest["counts"]["files"] > 0


@pytest.fixture
def served(tmp_path: Path) -> Iterator[str]:
    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(tmp_path))) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.mark.parametrize("words", ["opted out", None, "<html>no such page</html>"])
def test_a_notice_elsewhere_is_heeded_too(
    release: Path, tmp_path: Path, served: str, words: str | None
) -> None:
    if words == "opted out":
        withdraw(release, words)
    elif words:
        (release / NOTICE).write_text(words)
    paths = [f"{served}/{path.relative_to(tmp_path).as_posix()}" for path in release.glob("data/*/*.parquet")]
    made = build_release(recipe_of({"kind": "parquet", "paths": paths}), tmp_path / "made")
    if words == "opted out":
        assert {reason for _, reason in made.refusals()} == {"withdrawn"}
    else:
        assert made.refusals() == [] and made.manifest["counts"]["files"] > 0


def test_a_notice_elsewhere_that_is_bent(release: Path, tmp_path: Path, served: str) -> None:
    (release / NOTICE).write_text('{"release": 5')
    path = next(release.glob("data/*/*.parquet")).relative_to(tmp_path).as_posix()
    with pytest.raises(UserError, match="cannot be understood"):
        build_release(recipe_of({"kind": "parquet", "paths": [f"{served}/{path}"]}), tmp_path / "made")
