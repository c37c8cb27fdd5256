"""Whether an answer has the form that was asked for: thinking tags, a pattern, a JSON schema."""

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from tilth.errors import UserError
from tilth.train.rewards.signature import Reward, RewardFunction, text_of


def think_format_reward(completions: list[Any], **kwargs: Any) -> list[Reward]:
    """1 where an answer is one `<think>…</think>` at its beginning and something behind it; else 0."""
    return [float(_is_thought(text_of(said))) for said in completions]


def _is_thought(text: str) -> bool:
    is_once = text.count("<think>") == 1 and text.count("</think>") == 1
    head, _, tail = text.partition("</think>")
    return is_once and head.lstrip().startswith("<think>") and bool(tail.strip())


def pattern_reward(pattern: str, *, is_whole: bool = False) -> RewardFunction:
    """A reward: 1 where an answer holds a pattern (RE2's syntax, which never hangs), or is one; else 0.

    Raises:
        UserError: The pattern is none.
    """
    import re2

    try:
        found = re2.compile(pattern)
    except re2.error as error:
        raise UserError(
            f"`{pattern}` is no pattern: {error}", hint="RE2's syntax, without look-around"
        ) from error
    look = found.fullmatch if is_whole else found.search

    def matches(completions: list[Any], **kwargs: Any) -> list[Reward]:
        return [float(look(_clean(text_of(said))) is not None) for said in completions]

    return matches


def _clean(text: str) -> str:
    """Text that can be written as UTF-8."""
    return text.encode("utf-8", "replace").decode("utf-8")


def json_schema_reward(completions: list[Any], schema: list[Any], **kwargs: Any) -> list[Reward]:
    """1 where an answer is JSON that fits the column `schema`, 0.5 where it is JSON that does not, else 0.

    JSON may stand in a fenced block, of which the last one counts.
    """
    return [_fits(text_of(said), wanted) for said, wanted in zip(completions, schema, strict=True)]


def _fits(text: str, schema: Any) -> Reward:
    if schema is None:
        return None
    try:
        found = json.loads(_fenced(text))
    except (ValueError, RecursionError):
        return 0.0
    written = schema if isinstance(schema, str) else json.dumps(schema)
    return 1.0 if _validator(written).is_valid(found) else 0.5


def _fenced(text: str) -> str:
    parts = text.split("```")
    if len(parts) < 3:
        return text
    return parts[-2].removeprefix("json").strip()


@lru_cache(maxsize=256)
def _validator(schema: str) -> Any:
    try:
        from jsonschema import exceptions, validators  # type: ignore[import-untyped]
    except ImportError as error:
        raise UserError(
            "JSON schemas need the package `jsonschema`", hint="pip install jsonschema"
        ) from error
    read: Mapping[str, Any] = json.loads(schema)
    kind = validators.validator_for(read)
    try:
        kind.check_schema(read)
    except exceptions.SchemaError as error:
        raise UserError(f"a schema of the rows is none: {error.message}") from error
    return kind(read)
