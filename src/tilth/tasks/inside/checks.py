"""Runs the tests of a task beside an answer; what does not pass raises."""

import ast
import doctest
import unittest
from typing import Any


def run_examples(text: str, namespace: dict[str, Any], name: str) -> None:
    """Every example of a documentation must give what it says."""
    examples = doctest.DocTestParser().get_doctest(text, namespace, name, None, 0)
    examples.examples = [one for one in examples.examples if not _is_there(one.source, namespace)]
    told: list[str] = []
    done = doctest.DocTestRunner(verbose=False).run(examples, out=told.append, clear_globs=False)
    if done.failed or not done.attempted:
        raise AssertionError("".join(told) or "there is no example")


def _is_there(source: str, namespace: dict[str, Any]) -> bool:
    """Whether an example only imports names that the program has already."""
    try:
        (statement,) = ast.parse(source).body
    except (SyntaxError, ValueError):
        return False
    return isinstance(statement, ast.ImportFrom) and all(
        one.asname is None and one.name in namespace for one in statement.names
    )


def run_tests(*tests: Any) -> None:
    """Every test must pass, and there must be one."""
    count = 0
    for test in tests:
        if isinstance(test, type) and issubclass(test, unittest.TestCase):
            result = unittest.TestResult()
            unittest.defaultTestLoader.loadTestsFromTestCase(test).run(result)
            for _, told in result.failures + result.errors:
                raise AssertionError(told)
            count += result.testsRun - len(result.skipped)
            continue
        for case in getattr(test, "cases", [{}]):
            test(**case)
            count += 1
    if not count:
        raise AssertionError("there is no test")
