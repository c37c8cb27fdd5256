import json
import subprocess

import pytest

from tilth.cli import env
from tilth.cli.main import main
from tilth.engine.choose import cores


def test_json_is_complete(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["env", "--output", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert {
        "tilth",
        "python",
        "system",
        "git",
        "cores",
        "memory_bytes",
        "disk_free_bytes",
        "gpu",
    } <= found.keys()
    assert set(env.OPTIONAL) <= found.keys()
    assert 0 < found["cores"] and 0 < found["memory_bytes"]


def test_it_names_no_user_and_no_folder(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["env"]) == 0
    assert "/" not in capsys.readouterr().out.replace("GNU/Linux", "")


@pytest.mark.parametrize(
    "error",
    [FileNotFoundError(), subprocess.TimeoutExpired("git", 1), subprocess.CalledProcessError(9, "git")],
)
def test_tools_that_are_not_there(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def fails(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(subprocess, "run", fails)
    found = env.environment()
    assert (found["git"], found["gpu"]) == (None, None)


def test_cores_are_those_that_a_build_would_use() -> None:
    assert env.environment()["cores"] == cores()


def test_a_container_has_the_memory_it_may_use(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(env, "_read", lambda _: "1000")
    assert env._memory_bytes() == 1000


@pytest.mark.parametrize(
    "text", ["duckdb>=2.0", "duckdb", "duckdb[x]>1 ; python_version > '3'", "duckdb (>=2)"]
)
def test_the_name_in_a_requirement(text: str) -> None:
    assert env._bare_name(text) == "duckdb"
