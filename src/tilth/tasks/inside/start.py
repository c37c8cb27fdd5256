"""Runs an answer and then its tests in one namespace, and says the word that it was given once all of it passed.

The word is new for each run, so a program that ends early, or prints what it likes, has not passed.
"""

import sys
import types


def main() -> None:
    """Reads the word, runs `answer.py` and `test.py`, writes the word."""
    word = sys.stdin.readline()
    # Classes look for their module there.
    module = types.ModuleType("answer")
    sys.modules["answer"] = module
    for name in ("answer.py", "test.py"):
        with open(name, encoding="utf-8") as file:
            exec(compile(file.read(), name, "exec"), module.__dict__)
    sys.stdout.flush()
    sys.__stdout__.write(f"\n{word}")  # type: ignore[union-attr]


if __name__ == "__main__":
    main()
