"""From a YAML file and dotted overrides to a checked model, all mistakes told at once; and back to YAML."""

from collections.abc import Sequence
from pathlib import Path as FilePath
from typing import Any, TypeVar

from pydantic import ValidationError

from tilth.config.overrides import Path, apply, place, put
from tilth.config.problems import line, locate, problems
from tilth.config.strict import Strict
from tilth.config.yaml_text import read_yaml, write_yaml
from tilth.errors import UserError

M = TypeVar("M", bound=Strict)

_COMMAND_LINE = "command line"


def load_yaml(path: str | FilePath) -> dict[str, Any]:
    """The keys of a YAML file; an empty file has none.

    Raises:
        UserError: The file cannot be read, is no YAML (with line and column), or holds something else than keys.
    """
    try:
        text = FilePath(path).read_bytes()
    except FileNotFoundError as error:
        raise UserError(f"there is no file `{path}`", hint="check the path") from error
    except OSError as error:
        raise UserError(f"`{path}` cannot be read: {error.strerror}") from error
    data = read_yaml(text, where=str(path))
    if data is None:
        return {}
    if not isinstance(data, dict):
        raise UserError(f"`{path}` must hold keys and values (`key: value`)")
    return data


def load(model: type[M], path: str | FilePath, overrides: Sequence[tuple[str, str]] = ()) -> M:
    """Read a YAML file, write the overrides into it, and check it against a model.

    Args:
        model: What the file must be.
        path: The file.
        overrides: (dotted key, value as typed), as `tilth.config.overrides.parse` returns them; later ones win.

    Raises:
        UserError: Anything is wrong; its text has one line for each mistake.
    """
    return check(model, load_yaml(path), overrides, where=FilePath(path).name)


def check(
    model: type[M], data: dict[str, Any], overrides: Sequence[tuple[str, str]] = (), *, where: str = "config"
) -> M:
    """Check data that were read already; otherwise as `load`.

    Raises:
        UserError: Anything is wrong; its text has one line for each mistake.
    """
    changed = apply(model, data, overrides)
    typed = {place(model, changed, key): text for key, text in overrides}
    try:
        return model.model_validate(changed)
    except ValidationError as error:
        if not _keep_as_text(model, changed, error, typed):
            raise _refusal(model, changed, error, typed, where) from error
    try:
        return model.model_validate(changed)
    except ValidationError as error:
        raise _refusal(model, changed, error, typed, where) from error


def resolved_yaml(model: Strict) -> str:
    """A loaded model as YAML, every default written out, in the order of the fields.

    Equal models give equal bytes, and loading the text gives an equal model.
    """
    return write_yaml(model.model_dump(mode="json", by_alias=True))


def _keep_as_text(model: type[M], data: Any, error: ValidationError, typed: dict[Path, str]) -> bool:
    """Where text is wanted, an override is the text that was typed: `--tag 1.10` is not the number 1.1."""
    wanted = {
        locate(model, data, detail["loc"])[0]
        for detail in error.errors(include_url=False)
        if detail["type"] == "string_type"
    }
    for path in wanted & typed.keys():
        put(data, path, typed[path])
    return bool(wanted & typed.keys())


def _refusal(
    model: type[M], data: Any, error: ValidationError, typed: dict[Path, str], where: str
) -> UserError:
    lines = [
        line(_COMMAND_LINE if any(path[: len(key)] == key for key in typed) else where, path, text)
        for path, text in problems(model, data, error)
    ]
    if len(lines) == 1:
        return UserError(lines[0])
    return UserError("\n".join([f"{len(lines)} mistakes", *(f"  {one}" for one in lines)]))
