"""Dotted overrides: `--policy.line_max 2000` on the command line changes one key of a YAML file."""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any

from tilth.config.shapes import child, keys, models
from tilth.config.yaml_text import read_yaml
from tilth.errors import UserError

Path = tuple[str | int, ...]


def parse(tokens: Sequence[str]) -> list[tuple[str, str]]:
    """Turn what is left of a command line into (dotted key, value as it was typed).

    `--a.b 2`, `--a.b=2`, `--set a.b=2` and `--set=a.b=2` mean the same; `--a.b` alone means true. A value that
    begins with two dashes needs the form with `=`.

    Raises:
        UserError: A token belongs to no key.
    """
    left = list(reversed(tokens))
    found: list[tuple[str, str]] = []
    while left:
        token = left.pop()
        if not token.startswith("--") or token == "--":
            raise UserError(
                f"unexpected argument `{token}`",
                hint="a change to one key is written `--part.key VALUE`",
            )
        key, equals, value = token[2:].partition("=")
        if not equals and left and not left[-1].startswith("--"):
            equals, value = "=", left.pop()
        if key == "set":
            key, equals, value = value.partition("=")
            if not (key and equals):
                raise UserError("`--set` needs a key and a value", hint="write `--set part.key=VALUE`")
        found.append((key, value if equals else "true"))
    return found


def place(model: Any, data: Mapping[str, Any], key: str) -> Path:
    """Where a dotted key leads: numbers are list items, dashes are underscores in the names of fields.

    Raises:
        UserError: A part of the key is empty.
    """
    path: list[str | int] = []
    annotation, value = model, data
    for part in key.split("."):
        if not part:
            raise UserError(f"`--{key}` is not a key", hint="a key is written `--part.key VALUE`")
        step = _step(annotation, value, part)
        path.append(step)
        annotation = child(annotation, value, step)
        value = _get(value, step)
    return tuple(path)


def apply(model: Any, data: Mapping[str, Any], overrides: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """A copy of the data with the overrides written into it, in their order; values are read as YAML.

    Raises:
        UserError: A key leads through something that holds no keys, or past the end of a list.
    """
    changed: dict[str, Any] = deepcopy(dict(data))
    for key, text in overrides:
        put(changed, place(model, changed, key), read_yaml(text, where=f"--{key}"))
    return changed


def put(data: Any, path: Path, value: Any) -> None:
    """Write one value into nested data, making the mappings on the way.

    Raises:
        UserError: The path leads through something that holds no keys, or past the end of a list.
    """
    for depth, step in enumerate(path[:-1]):
        below = _get(data, step)
        if below is None:
            below = [] if isinstance(path[depth + 1], int) else {}
            _set(data, step, below, path)
        data = below
    _set(data, path[-1], value, path)


def dotted(path: Sequence[str | int]) -> str:
    """A path as the user writes it."""
    return ".".join(str(step) for step in path)


def _step(annotation: Any, value: Any, part: str) -> str | int:
    known = {key for model in models(annotation, value) for key in keys(model)}
    if isinstance(value, Mapping) and part in value:
        return part
    if part.isascii() and part.isdigit() and part not in known and not isinstance(value, Mapping):
        return int(part)
    # Only fields know underscores: a key of a free mapping may hold dashes of its own.
    is_free = child(annotation, {}, part) is not None and part not in known
    return part if is_free else part.replace("-", "_")


def _get(data: Any, step: str | int) -> Any:
    if isinstance(data, Mapping):
        return data.get(step)
    if isinstance(data, list) and isinstance(step, int) and step < len(data):
        return data[step]
    return None


def _set(data: Any, step: str | int, value: Any, path: Path) -> None:
    if isinstance(data, dict):
        data[step] = value
    elif isinstance(data, list) and isinstance(step, int) and step <= len(data):
        data[step : step + 1] = [value]
    elif isinstance(data, list):
        raise UserError(
            f"`--{dotted(path)}`: the list has {len(data)} items, counted from 0",
            hint=f"`{len(data)}` in place of `{step}` adds one at the end",
        )
    else:
        raise UserError(f"`--{dotted(path)}`: there is no key `{step}` below a plain value ({data!r})")
