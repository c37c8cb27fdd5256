"""Code that passes its tests, and code that only says so."""

import pytest

from tilth.errors import UserError
from tilth.tasks.sandbox import protections
from tilth.train.rewards.code import code_of, get_code_reward

pytestmark = pytest.mark.skipif(bool(protections().missing), reason="this machine lacks protections")

TESTS = ["assert add(1, 2) == 3", "assert add(-1, 1) == 0"]


@pytest.mark.parametrize(
    ("said", "share"),
    [
        ("def add(a, b): return a + b", 1.0),
        ("So:\n```python\nno = 1\n```\nbetter:\n```python\ndef add(a, b): return a + b\n```\nDone.", 1.0),
        ("def add(a, b): return 3", 0.5),
        ("def add(a, b): return a * b + 7", 0.0),
        ("", 0.0),
        ("this is no Python", 0.0),
        ("def add(a, b):\n    while True: pass", 0.0),
        ("\ud800\0", 0.0),
    ],
)
def test_the_share_of_tests_that_pass(said: str, share: float) -> None:
    reward = get_code_reward(wall_seconds=2, is_shared=True)
    assert reward(prompts=[""], completions=[said], tests=[TESTS]) == [share]
    assert get_code_reward(wall_seconds=2)(prompts=[""], completions=[said], tests=[TESTS]) == [
        float(share == 1)
    ]


@pytest.mark.parametrize(
    "said",
    [
        "import sys; sys.exit(0)",
        "import os; os._exit(0)",
        "print('ok'); print('PASSED'); raise SystemExit",
        "class Equal:\n    def __eq__(self, other): import os; os._exit(0)\ndef add(a, b): return Equal()",
        "import os\nfor name in os.listdir(): name.endswith('.py') and os.unlink(name)\nos._exit(0)",
    ],
)
def test_an_answer_that_ends_before_its_tests_has_passed_none(said: str) -> None:
    assert get_code_reward(is_shared=True)(prompts=[""], completions=[said], tests=[TESTS]) == [0.0]


def test_messages_and_rows_without_tests() -> None:
    said = [[{"role": "assistant", "content": "def add(a, b): return a + b"}]] * 3
    assert get_code_reward()(prompts=[""] * 3, completions=said, tests=[TESTS, None, TESTS[0]]) == [
        1.0,
        None,
        1.0,
    ]


@pytest.mark.parametrize("tests", [[], [3], 7])
def test_tests_that_are_none(tests: object) -> None:
    with pytest.raises((UserError, TypeError)):
        get_code_reward()(prompts=[""], completions=["x"], tests=[tests])


def test_what_is_taken_for_code() -> None:
    assert code_of("x = 1") == "x = 1"
    assert code_of("```py\na\n```\ntext\n```\nb\nc\n") == "b\nc\n"
