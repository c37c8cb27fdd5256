"""Walking a model's annotations beside the data: which keys a place allows, which branch of a union is meant."""

import types
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel

Model = type[BaseModel]


def choices(annotation: Any) -> list[Any]:
    """The alternatives of an annotation, `Annotated` and unions taken apart, None left out."""
    if get_origin(annotation) is Annotated:
        return choices(get_args(annotation)[0])
    if get_origin(annotation) in (Union, types.UnionType):
        return [choice for member in get_args(annotation) for choice in choices(member)]
    return [] if annotation is None or annotation is type(None) else [annotation]


def is_model(annotation: Any) -> bool:
    """Whether the annotation is a pydantic model's class."""
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def keys(model: Model) -> dict[str, Any]:
    """What may be written in YAML under a model: key -> annotation."""
    return {field.alias or name: field.annotation for name, field in model.model_fields.items()}


def tags(model: Model) -> dict[str, tuple[Any, ...]]:
    """The fields that tell one branch of a union from another: key -> values that mean this model."""
    return {key: get_args(kind) for key, kind in keys(model).items() if get_origin(kind) is Literal}


def models(annotation: Any, value: Any = None) -> list[Model]:
    """The models that may stand here; only the meant one where the value's tag (`kind: git`) says which."""
    found = [choice for choice in choices(annotation) if is_model(choice)]
    if len(found) < 2 or not isinstance(value, Mapping):
        return found
    meant = [
        model
        for model in found
        if any(value.get(key) in allowed for key, allowed in tags(model).items() if key in value)
    ]
    return meant or found


def child(annotation: Any, value: Any, key: Any) -> Any:
    """The annotation of `value[key]`, or None where the key is not known there."""
    for model in models(annotation, value):
        if key in keys(model):
            return keys(model)[key]
    for choice in choices(annotation):
        arguments = [argument for argument in get_args(choice) if argument is not Ellipsis]
        origin: Any = get_origin(choice)
        # A Literal's origin is no class.
        if not (arguments and isinstance(origin, type)):
            continue
        if issubclass(origin, Mapping):
            return arguments[-1]
        if isinstance(key, int):
            return arguments[key] if origin is tuple and key < len(arguments) > 1 else arguments[0]
    return None


def paths(annotation: Any, above: str = "", seen: tuple[Model, ...] = ()) -> Iterator[str]:
    """Every dotted path that a model knows, list items left out of the path (`sources.branch`)."""
    for choice in choices(annotation):
        if is_model(choice) and choice not in seen:
            for key, kind in keys(choice).items():
                path = f"{above}.{key}" if above else key
                yield path
                yield from paths(kind, path, (*seen, choice))
        for argument in get_args(choice) if get_origin(choice) is not Literal else ():
            yield from paths(argument, above, seen)
