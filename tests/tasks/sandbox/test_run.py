import os
import shutil
from pathlib import Path

import pytest

from tilth.errors import UserError, WorkFailed
from tilth.tasks.sandbox import PROTECTIONS, Limits, Pool, Program, Protections, pool, protections, run
from tilth.tasks.sandbox.means import MEANS, Means, there
from tilth.tasks.sandbox.protections import probe
from tilth.tasks.sandbox.running import run_by

needs_a_wall = pytest.mark.skipif(bool(protections().missing), reason="this machine lacks protections")


@pytest.mark.parametrize("name", ["/etc/passwd", "../out", "a/../../b", "", "a\0b"])
def test_a_file_out_of_the_folder_is_refused(name: str) -> None:
    with pytest.raises(UserError, match="no path below"):
        Program(("true",), {name: b""})


@pytest.mark.parametrize("command", [(), ("a\0b",)])
def test_a_command_that_no_system_takes_is_refused(command: tuple[str, ...]) -> None:
    with pytest.raises(UserError):
        Program(command)


@pytest.mark.parametrize("limit", ["wall_seconds", "memory_bytes", "processes", "output_bytes"])
def test_a_limit_is_above_nothing(limit: str) -> None:
    with pytest.raises(UserError, match=limit):
        Limits(**{limit: 0})


def test_untrusted_programs_are_refused_under_weaker_protections(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        pool, "protections", lambda: Protections("limits", ("memory", "rights", "system_calls"))
    )
    with pytest.raises(UserError, match="network, files, processes, process_count"):
        run(Program.python("print(1)"))
    assert run(Program.python("print(1)"), allow_weaker=True).stdout == b"1\n"


def test_limits_alone_are_not_taken_for_a_wall() -> None:
    assert set(probe("limits").missing) >= {"network", "files", "processes"}


@pytest.mark.parametrize("means", MEANS)
def test_what_a_program_does_is_told(means: Means) -> None:
    if not there(means) or (means != "limits" and probe(means).missing):
        pytest.skip(f"{means} does not work on this machine")
    source = (
        "import sys\nprint(input()[::-1], sys.argv[1:], open('d/x').read(), file=sys.stderr)\nsys.exit(200)"
    )
    outcome = run_by(means, Program.python(source, "a b", files={"d/x": b"y"}, stdin=b"abc\n"), Limits())
    assert (outcome.ended, outcome.exit_code) == ("exit", 200)
    assert (outcome.stdout, outcome.stderr, outcome.passed) == (b"", b"cba ['a b'] y\n", False)


@needs_a_wall
def test_a_signal_is_told_from_a_code() -> None:
    killed = run(Program.python("import os; os.kill(os.getpid(), 11)"))
    assert (killed.ended, killed.exit_code, killed.passed) == ("signal", None, False)


@needs_a_wall
def test_a_program_that_is_not_there() -> None:
    outcome = run(Program(("no-such-program",)))
    assert (outcome.ended, outcome.exit_code) == ("exit", 127)
    assert b"no-such-program" in outcome.stderr


@needs_a_wall
def test_any_language_by_its_command() -> None:
    outcome = run(
        Program(
            ("sh", "main.sh"), {"main.sh": b"echo $GREETING; cat </dev/null"}, environment={"GREETING": "hi"}
        )
    )
    assert (outcome.passed, outcome.stdout) == (True, b"hi\n")


@needs_a_wall
def test_nothing_is_left_of_a_run() -> None:
    assert run(
        Program.python("open('/tmp/left', 'w').write('x'); open('/dev/shm/left', 'w').write('x')")
    ).passed
    assert (
        run(Program.python("import os; print(os.listdir('/tmp'), os.listdir())")).stdout
        == b"['work'] ['main.py']\n"
    )


@needs_a_wall
def test_a_folder_is_shown_where_it_is_asked_for(tmp_path: Path) -> None:
    (tmp_path / "there").write_text("shown")
    tmp_path.chmod(0o755)
    source = (
        f"import os\nprint(open({str(tmp_path / 'there')!r}).read())\nopen({str(tmp_path / 'new')!r}, 'w')"
    )
    assert b"FileNotFoundError" in run(Program.python(source)).stderr
    outcome = run(Program.python(source, visible=(tmp_path,)))
    assert outcome.stdout == b"shown\n" and b"Read-only" in outcome.stderr


@needs_a_wall
def test_what_cannot_be_shown_is_said_before(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot be shown"):
        run(Program.python("", visible=(tmp_path / "no",)))
    tmp_path.chmod(0o700)
    if os.geteuid() == 0:
        with pytest.raises(UserError, match="by its owner only"):
            run(Program.python("", visible=(tmp_path,)))


@needs_a_wall
def test_installed_packages_are_not_there_unless_shown() -> None:
    source = "import sys, os\nprint(any(os.listdir(p) for p in sys.path if p.endswith('-packages')))\nexit()"
    assert run(Program.python(source)).stdout == b"False\n"


@needs_a_wall
def test_text_that_no_file_can_hold() -> None:
    outcome = run(Program.python("print('\ud800')"))
    assert (outcome.passed, outcome.stdout) == (True, b"?\n")
    assert b"null bytes" in run(Program.python("print(1)\0")).stderr


@needs_a_wall
def test_what_is_given_does_not_fit() -> None:
    with pytest.raises(WorkFailed, match="could not be set up"):
        run(Program.python("", files={"large": bytes(2**20)}), Limits(disk_bytes=2**16))


@needs_a_wall
def test_each_process_has_its_own_user_limit_beside_others() -> None:
    """Runs that each fork to their limit do not take it from each other."""
    source = (
        "import os, time\nfor _ in range(4):\n    os.fork() or (time.sleep(.3), os._exit(0))\nprint('all')"
    )
    with Pool(4) as running:
        outcomes = running.run_all([Program.python(source)] * 8, Limits(processes=6))
    assert [outcome.stdout for outcome in outcomes] == [b"all\n"] * 8


@needs_a_wall
def test_a_pool_keeps_the_order_and_one_that_hangs_costs_one() -> None:
    programs = [Program.python(f"print({number})") for number in range(6)]
    programs[2] = Program.python("while True: pass")
    with Pool(2) as running:
        outcomes = running.run_all(programs, Limits(wall_seconds=5))
    assert [outcome.stdout for outcome in outcomes] == [b"0\n", b"1\n", b"", b"3\n", b"4\n", b"5\n"]
    assert outcomes[2].ended == "wall_time"


@needs_a_wall
def test_no_files_or_processes_are_left_open() -> None:
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(3):
        run(Program.python("print(1)"))
    assert len(os.listdir("/proc/self/fd")) == before


@needs_a_wall
def test_common_things_work() -> None:
    """Threads, subprocesses, process pools, event loops, temporary files: what tests of ordinary code use."""
    source = """
import asyncio, multiprocessing, subprocess, sys, tempfile, threading, resource
done = []
thread = threading.Thread(target=done.append, args=(1,)); thread.start(); thread.join()
print(done, subprocess.check_output([sys.executable, "-c", "print(2)"]).decode().strip())
async def three(): return 3
print(asyncio.run(three()), resource.getrlimit(resource.RLIMIT_CORE)[0])
with tempfile.TemporaryFile() as file: file.write(b"4")
if __name__ == "__main__":
    with multiprocessing.Pool(2) as pool: print(pool.map(abs, [-5]))
"""
    outcome = run(Program.python(source))
    assert (outcome.stdout, outcome.stderr) == (b"[1] 2\n3 0\n[5]\n", b"")


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
@needs_a_wall
def test_a_runtime_that_reserves_much_more_than_it_uses() -> None:
    node = Path(shutil.which("node") or "").resolve()
    program = Program((str(node), "-e", "console.log(1 + 1)"), visible=(node.parent,))
    assert run(program, Limits(processes=64)).stdout == b"2\n"


def test_every_protection_has_a_name_of_its_own() -> None:
    assert set(protections().holds) | set(protections().missing) == set(PROTECTIONS)
