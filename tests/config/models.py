"""A small recipe of the tests' own, with every shape that a model may have."""

from datetime import date
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from tilth.config.strict import Strict


class Git(Strict):
    kind: Literal["git"]
    repositories: tuple[str, ...] = ()
    branch: str | None = None
    tag: str | None = None
    day: date | None = None

    @model_validator(mode="after")
    def _one_point(self) -> "Git":
        if self.branch and self.tag:
            raise ValueError("choose one of `branch` and `tag`")
        return self


class Folder(Strict):
    kind: Literal["folder"]
    paths: tuple[str, ...] = Field(min_length=1)
    columns: dict[str, str] = Field(default_factory=dict)


class Policy(Strict):
    longest_line_max: int = Field(1000, ge=1)
    """Characters."""
    mean_line_max: float = 100.0
    mode: Literal["fast", "exact"] = "fast"
    languages: tuple[str, ...] | Literal["any"] = "any"
    is_strict: bool = False
    limit: int | Literal["auto"] = "auto"


class Recipe(Strict):
    name: str
    policy: Policy = Policy()
    sources: tuple[Annotated[Git | Folder, Field(discriminator="kind")], ...] = ()
    into: Path | None = None
    notes: dict[str, str | int | float | bool | None] = Field(default_factory=dict)


class Bounded(Strict):
    """Alternatives with bounds of their own, which pydantic labels in other ways."""

    whole: Annotated[int, Field(ge=5)] | Literal["auto"] = 5
    share: Annotated[float, Field(ge=0, le=1)] | None = None
    names: Annotated[tuple[str, ...], Field(min_length=1)] | Literal["any"] = "any"
    word: Annotated[str, Field(pattern="^a")] | int = 4
