"""Reward functions from what a user gives: functions, names of built-in ones, paths to functions, models."""

import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from tilth.errors import UserError
from tilth.train.rewards.signature import RewardFunction

BUILT_IN: dict[str, str] = {
    "accuracy_reward": "tilth.train.rewards.equality",
    "exact_reward": "tilth.train.rewards.equality",
    "reasoning_accuracy_reward": "tilth.train.rewards.equality",
    "think_format_reward": "tilth.train.rewards.form",
    "pattern_reward": "tilth.train.rewards.form",
    "json_schema_reward": "tilth.train.rewards.form",
    "get_soft_overlong_punishment": "tilth.train.rewards.length",
    "get_cosine_scaled_reward": "tilth.train.rewards.length",
    "get_repetition_penalty_reward": "tilth.train.rewards.repetition",
    "get_code_reward": "tilth.train.rewards.code",
    "get_judge_reward": "tilth.train.rewards.judge",
}
"""Name -> its module. Names that begin with `get_` make a reward from settings."""


def functions_of(given: Any) -> list[RewardFunction]:
    """One function for each thing given.

    Args:
        given: A function, a name, a model, or a list of them.

    Raises:
        UserError: There is none, or one of them is not there.
    """
    several = given if isinstance(given, list | tuple) else [given]
    if given is None or not several:
        raise UserError("`reward_funcs` is missing: nothing would judge the answers")
    return [_function(one) for one in several]


def _function(given: Any) -> RewardFunction:
    if isinstance(given, str):
        return named(given)
    if hasattr(given, "config") and hasattr(given, "parameters"):
        return _model(given)
    if not callable(given):
        raise UserError(f"`reward_funcs` holds {given!r}, which is no function")
    found: RewardFunction = given
    return found


def named(name: str) -> RewardFunction:
    """A built-in reward, a function by its path (`package.module.function`), or a reward model by its folder or name.

    Settings of a built-in one stand in brackets: `get_soft_overlong_punishment(1280, 256)`.

    Raises:
        UserError: There is none of that name.
    """
    plain, _, settings = name.partition("(")
    if plain in BUILT_IN:
        function = getattr(import_module(BUILT_IN[plain]), plain)
        if not plain.startswith("get_") and not settings:
            return function
        return function(*_settings(name, settings))
    if Path(name).exists() or "/" in name:
        return _model(name)
    module, _, attribute = name.rpartition(".")
    if "" not in sys.path:
        sys.path.insert(0, "")
    try:
        found: Callable[..., Any] = getattr(import_module(module), attribute)
    except (ImportError, AttributeError, ValueError) as error:
        raise UserError(
            f"there is no reward `{name}`",
            hint=f"one of {', '.join(BUILT_IN)}, `module.function`, or the folder of a reward model",
        ) from error
    return found


def _settings(name: str, text: str) -> list[Any]:
    from tilth.config.yaml_text import read_yaml

    found: Any = read_yaml(f"[{text.rstrip(') ')}]", where=name)
    return list(found)


def _model(given: Any) -> RewardFunction:
    from tilth.train.rewards.models import reward_model

    return reward_model(given)
