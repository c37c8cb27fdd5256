"""Pydantic's findings as one line each, in plain words: `policy.longst_line: unknown key; did you mean …?`."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from difflib import get_close_matches
from pathlib import Path as FilePath
from typing import Any, Literal, get_args, get_origin

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from tilth.config.overrides import Path, dotted
from tilth.config.shapes import Model, child, choices, is_model, keys, models, paths, tags

_PLAIN = {
    str: "text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    date: "a date such as 2026-11-23",
    datetime: "a time such as 2026-11-23T08:00:00Z",
    FilePath: "a path",
    bytes: "text",
}
_BOUNDS = {
    "greater_than": ("more than", "gt"),
    "greater_than_equal": ("at least", "ge"),
    "less_than": ("less than", "lt"),
    "less_than_equal": ("at most", "le"),
    "multiple_of": ("a multiple of", "multiple_of"),
}


def problems(model: Model, data: Any, error: ValidationError) -> list[tuple[Path, str]]:
    """Every mistake that validation found, as (path, what is wrong there).

    The alternatives of a union that all failed at one place become one line; where one alternative got further, only
    what stopped it counts.
    """
    found: dict[Path, list[tuple[str, str, ErrorDetails]]] = {}
    for detail in error.errors(include_url=False):
        path, annotation, holder = locate(model, data, detail["loc"])
        if detail["type"].startswith("union_tag"):
            path = (*path, _tag_name(detail))
        text = _say(model, detail, path, annotation, holder)
        wanted = expected(annotation) if _is_type_error(detail) else ""
        found.setdefault(path, []).append((wanted, text, detail))
    above = {path[:depth] for path in found for depth in range(len(path))}
    return [
        (path, text)
        for path, parts in found.items()
        for text in _merged([part for part in parts if path not in above or not _is_echo(part[2])])
    ]


def locate(model: Model, data: Any, loc: Sequence[str | int]) -> tuple[Path, Any, Any]:
    """Pydantic's location as a path in the data, without its labels for the branches of a union.

    Returns:
        The path, the annotation of its end, and (annotation, value) of what holds the end.
    """
    annotation: Any = model
    value, path = data, []
    holder = (annotation, value)
    for step in loc:
        if step == "[key]":
            break
        if len(choices(annotation)) > 1:
            annotation = _branch(annotation, step)
            continue
        holder = (annotation, value)
        path.append(step)
        annotation = child(annotation, value, step)
        try:
            value = value[step]
        except (KeyError, IndexError, TypeError):
            value = None
    return tuple(path), annotation, holder


def expected(annotation: Any) -> str:
    """What a value must be, in plain words."""
    return " or ".join(dict.fromkeys(_expected_one(choice) for choice in choices(annotation)))


def given(value: Any) -> str:
    """What a value is, in plain words; long text is cut."""
    if value is None:
        return "empty"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return f"the number {value}"
    if isinstance(value, str):
        return f"`{value if len(value) <= 60 else value[:57] + '…'}`"
    if isinstance(value, Mapping):
        return "a mapping of keys"
    return "a list" if isinstance(value, Sequence) else f"`{value}`"


def nearest(word: Any, known: Sequence[Any]) -> str:
    """`; did you mean …?` where a known word is near, else nothing."""
    close = get_close_matches(str(word), [str(one) for one in known], n=1, cutoff=0.6)
    return f"; did you mean `{close[0]}`?" if close else ""


def _branch(annotation: Any, label: str | int) -> Any:
    """The alternative that pydantic's label means: a tag, or a name such as `constrained-int` or `tuple[str, ...]`."""
    name = str(label).split("[")[0].removeprefix("constrained-").lower()
    for choice in choices(annotation):
        if is_model(choice) and any(label in allowed for allowed in tags(choice).values()):
            return choice
        origin = get_origin(choice) or choice
        if name == ("literal" if origin is Literal else getattr(origin, "__name__", "").lower()):
            return choice
    return None


def _tag_name(detail: ErrorDetails) -> str:
    return str(detail.get("ctx", {}).get("discriminator", "kind")).strip("'")


def _is_type_error(detail: ErrorDetails) -> bool:
    kind = detail["type"]
    return kind.endswith(("_type", "_parsing")) or kind in ("int_from_float", "literal_error", "enum")


def _is_echo(detail: ErrorDetails) -> bool:
    """Whether a mistake further down brings this one with it: pydantic counts only the items that are right."""
    return _is_type_error(detail) or detail["type"] == "too_short"


def _merged(parts: list[tuple[str, str, ErrorDetails]]) -> list[str]:
    wanted = list(dict.fromkeys(part[0] for part in parts))
    if len(wanted) > 1 and all(wanted):
        return [f"must be {' or '.join(wanted)}, but is {given(parts[0][2]['input'])}"]
    # An alternative whose type fitted got further than the others: what stopped it is what counts.
    further = [text for wants, text, _ in parts if not wants]
    return list(dict.fromkeys(further or [part[1] for part in parts]))


def _expected_one(choice: Any) -> str:
    origin = get_origin(choice) or choice
    if origin is Literal:
        values = [f"`{_yaml_word(value)}`" for value in get_args(choice)]
        return values[0] if len(values) == 1 else "one of " + ", ".join(values)
    if choice in _PLAIN:
        return _PLAIN[choice]
    if is_model(choice) or (isinstance(origin, type) and issubclass(origin, Mapping)):
        return "a mapping of keys"
    if isinstance(origin, type) and issubclass(origin, list | tuple | set | frozenset | Sequence):
        return "a list"
    return f"a {getattr(choice, '__name__', choice)}"


def _yaml_word(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _say(model: Model, detail: ErrorDetails, path: Path, annotation: Any, holder: tuple[Any, Any]) -> str:
    kind, value, context = detail["type"], detail["input"], detail.get("ctx", {})
    if kind == "extra_forbidden":
        return _unknown_key(model, path, *holder)
    if kind == "missing":
        return f"missing; it must be {expected(annotation)}"
    if kind in ("union_tag_not_found", "union_tag_invalid"):
        return _wrong_tag(annotation, _tag_name(detail), value)
    if kind in ("literal_error", "enum"):
        known = [one for choice in choices(annotation) for one in get_args(choice)]
        return f"must be {expected(annotation)}, but is {given(value)}{nearest(value, known)}"
    if _is_type_error(detail) and annotation is not None:
        quotes = kind == "string_type" and isinstance(value, int | float)
        return f"must be {expected(annotation)}, but is {given(value)}" + "; put it in quotes" * quotes
    if kind == "finite_number":
        return f"must be a finite number, but is {value}"
    if kind in _BOUNDS:
        words, name = _BOUNDS[kind]
        return f"must be {words} {context[name]}, but is {value}"
    if "actual_length" in context or kind.startswith("string_too"):
        return _wrong_length(kind, value, context)
    if kind == "string_pattern_mismatch":
        return f"must match the pattern `{context['pattern']}`, but is {given(value)}"
    if kind in ("value_error", "assertion_error"):
        return str(context["error"])
    return detail["msg"][:1].lower() + detail["msg"][1:] + f", but is {given(value)}"


def _unknown_key(model: Model, path: Path, annotation: Any, value: Any) -> str:
    key = str(path[-1])
    known = [name for found in models(annotation, value) for name in keys(found)]
    if hint := nearest(key, known):
        return "unknown key" + hint
    homes = [home for home in paths(model) if home.rpartition(".")[2] == key]
    if homes:
        return "unknown key here; it belongs in " + " or ".join(f"`{home}`" for home in dict.fromkeys(homes))
    listed = ", ".join(f"`{name}`" for name in dict.fromkeys(known))
    return f"unknown key; known here: {listed}" if known else "unknown key"


def _wrong_tag(annotation: Any, name: str, value: Any) -> str:
    found = [choice for choice in choices(annotation) if is_model(choice)]
    known = [one for choice in found for one in tags(choice).get(name, ())]
    allowed = "one of " + ", ".join(f"`{one}`" for one in known)
    if isinstance(value, Mapping) and name not in value:
        misspelt = get_close_matches(name, [str(key) for key in value], n=1, cutoff=0.6)
        return f"missing; it must be {allowed}" + (f"; is `{misspelt[0]}` meant for it?" if misspelt else "")
    tag = value.get(name) if isinstance(value, Mapping) else value
    return f"must be {allowed}, but is {given(tag)}{nearest(tag, known)}"


def _wrong_length(kind: str, value: Any, context: Mapping[str, Any]) -> str:
    unit = "characters" if kind.startswith("string") else "items"
    actual = context.get("actual_length", len(value) if isinstance(value, Sequence) else None)
    words, limit = (
        ("least", context["min_length"]) if "min_length" in context else ("most", context["max_length"])
    )
    return f"must have at {words} {limit} {unit[:-1] if limit == 1 else unit}, but has {actual}"


def line(where: str, path: Path, text: str) -> str:
    """One mistake as it is printed."""
    return f"{where}: {dotted(path)}: {text}" if path else f"{where}: {text}"
