"""Whether the code in an answer passes its tests, run in the sandbox."""

import re
import secrets
from collections.abc import Sequence
from typing import Any, Final

from tilth.errors import UserError
from tilth.tasks.sandbox import Limits, Outcome, Pool, Program
from tilth.train.rewards.signature import Reward, RewardFunction, text_of

_FENCED: Final = re.compile(r"```[^\n`]*\n(.*?)(?:```|\Z)", re.DOTALL)

_RUNNER: Final = """
import os
import sys


def run():
    token, number = sys.stdin.readline().split()
    said, write, leave = os.dup(1), os.write, os._exit
    with open("answer.py", encoding="utf-8") as file:
        code = compile(file.read(), "answer.py", "exec")
    tests = []
    for at in range(int(number)):
        with open(f"test{at}.py", encoding="utf-8") as file:
            tests.append(compile(file.read(), f"test{at}.py", "exec"))
    found = {"__name__": "answer"}
    exec(code, found)
    for at, test in enumerate(tests):
        try:
            exec(test, found)
        except Exception as error:
            sys.stderr.write(f"test {at}: {error!r}\\n")
        else:
            write(said, f"\\n{token} {at}\\n".encode())
    leave(0)


run()
"""
"""Says a token that the answer is not told for each test that passed: an answer that ends early has passed none."""


def code_of(text: str) -> str:
    """The last block between fences, or all of it where there is none."""
    blocks = _FENCED.findall(text)
    return str(blocks[-1]) if blocks else text


def get_code_reward(
    wall_seconds: float = 5.0,
    memory_bytes: int = 512 * 2**20,
    is_shared: bool = False,
    workers: int | None = None,
) -> RewardFunction:
    """A reward: 1 where the Python code of an answer passes all tests of the column `tests`, else 0.

    `tests` holds a text, or a list of texts, each of them code that runs behind the answer's and raises where it fails.
    A row whose `tests` is None is not judged.

    Args:
        wall_seconds: For an answer with all its tests.
        memory_bytes: For the same.
        is_shared: The share of the tests that passed instead.
        workers: Answers that are run at a time; one for each core by default.
    """
    limits = Limits(
        wall_seconds=wall_seconds, cpu_seconds=max(round(wall_seconds), 1), memory_bytes=memory_bytes
    )

    def code_reward(
        completions: list[Any], tests: Sequence[str | Sequence[str] | None], **kwargs: Any
    ) -> list[Reward]:
        several = [_several(one) for one in tests]
        tokens = [secrets.token_hex(16) for _ in completions]
        with Pool(workers) as pool:
            running = [
                None if of is None else pool.submit(_program(text_of(said), of, token), limits)
                for said, of, token in zip(completions, several, tokens, strict=True)
            ]
            found: list[Reward] = []
            for one, of, token in zip(running, several, tokens, strict=True):
                share = None if one is None or of is None else _passed(one.result(), token) / len(of)
                found.append(share if share is None or is_shared else float(share == 1))
        return found

    # The sandbox has processes and time-outs of its own.
    judge: Any = code_reward
    judge.runs_in_this_process = True
    found: RewardFunction = judge
    return found


def _several(tests: str | Sequence[str] | None) -> list[str] | None:
    if tests is None:
        return None
    found = [tests] if isinstance(tests, str) else list(tests)
    if not found or not all(isinstance(one, str) for one in found):
        raise UserError(
            "`tests` holds no code", hint="a text, or a list of texts; None where there is nothing to run"
        )
    return found


def _program(said: str, tests: list[str], token: str) -> Program:
    files = {"answer.py": code_of(said), **{f"test{at}.py": test for at, test in enumerate(tests)}}
    given = {name: text.encode("utf-8", "replace") for name, text in files.items()}
    return Program.python(_RUNNER, files=given, stdin=f"{token} {len(tests)}\n".encode())


def _passed(outcome: Outcome, token: str) -> int:
    said = (line.split() for line in outcome.stdout.decode("utf-8", "replace").splitlines())
    return len({line[1] for line in said if len(line) == 2 and line[0] == token})
