"""A training run from the keys of a recipe: all mistakes at once, before any model is loaded."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import Field, dataclass, fields
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import tilth.train
from tilth.errors import UserError
from tilth.store.atomic import write_text
from tilth.train.adapters import ModelConfig
from tilth.train.memory import Estimate, estimate
from tilth.train.rows.prepare import Prepared
from tilth.train.rows.recipe import NEEDS, OPTION_KEYS, datasets_of, from_keys

METHODS = {module.replace("_", "-"): name for name, module in tilth.train.METHODS.items()}
"""As on the command line -> as classes begin."""

DATA_KEYS = (
    "dataset_name", "dataset_config", "dataset_train_split", "dataset_test_split", "datasets", "curriculum", "order_by",
    "method", "env", "reward_funcs",
)  # fmt: skip
"""Keys of a recipe beside those of the method, of the model and of `OPTION_KEYS`."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A run that was checked."""

    method: str
    config: Any
    model: ModelConfig
    keys: Mapping[str, Any]

    def rows(self) -> tuple[Prepared, Any]:
        """The rows and the tokenizer."""
        return from_keys({**self.keys, "max_length": self.config.max_length}, self.method)

    def memory(self) -> Estimate:
        """What the run will need on one device."""
        return estimate(self.method, self.config, self.model)

    def resolved(self) -> dict[str, Any]:
        """Every setting that is not its default, and what the recipe says of data and model."""
        config_fields = {one.name: one for one in fields(self.config)}
        return {
            key: getattr(self.config, key) if key in config_fields else value
            for key, value in self.keys.items()
        }

    def run(self) -> Any:
        """Tokenise, load, train, save; returns the trainer.

        Raises:
            UserError: The data or the model do not fit.
        """
        os.environ.update({key: str(value) for key, value in (self.keys.get("env") or {}).items()})
        if NEEDS[self.method] == "prompt":
            return self._run_online()
        prepared, tokenizer = self.rows()
        _say(prepared)
        config = self.config
        if prepared.is_ordered:
            config.train_sampling_strategy = "sequential"
        config.model_init_kwargs = {**self.model.load_keywords(), **(config.model_init_kwargs or {})}
        trainer = getattr(tilth.train, f"{METHODS[self.method]}Trainer")(
            self.model.model_name_or_path,
            args=config,
            train_dataset=prepared.rows,
            processing_class=tokenizer,
            peft_config=self.model.peft(),
            **({"quantization_config": found} if (found := self.model.quantization()) else {}),
        )
        if config.should_save:
            _store(Path(config.output_dir), self, prepared)
        trainer.train(resume_from_checkpoint=config.resume_from_checkpoint)
        trainer.save_model()
        return trainer

    def _run_online(self) -> Any:
        """Answer, judge, train, save; returns the trainer."""
        config = self.config
        config.model_init_kwargs = {**self.model.load_keywords(), **(config.model_init_kwargs or {})}
        trainer = getattr(tilth.train, f"{METHODS[self.method]}Trainer")(
            self.model.model_name_or_path,
            self.keys.get("reward_funcs"),
            args=config,
            train_dataset=datasets_of(self.keys),
            peft_config=self.model.peft(),
            **({"quantization_config": found} if (found := self.model.quantization()) else {}),
        )
        trainer.train(resume_from_checkpoint=config.resume_from_checkpoint)
        trainer.save_model()
        return trainer


def plan(method: str, keys: Mapping[str, Any]) -> Plan:
    """Check the keys of a recipe.

    Raises:
        UserError: Anything is wrong with them; one line for each mistake.
    """
    config_class = getattr(tilth.train, f"{METHODS[method]}Config")
    known = {one.name: one for one in (*fields(config_class), *fields(ModelConfig)) if one.init}
    others = {*DATA_KEYS, *OPTION_KEYS}
    mistakes = list(_mistakes(keys, known, others))
    if not keys.get("model_name_or_path"):
        mistakes.append("`model_name_or_path` is missing")
    if not keys.get("dataset_name") and not keys.get("datasets"):
        mistakes.append("`dataset_name` is missing, and so is `datasets`")
    if NEEDS[method] == "prompt" and not keys.get("reward_funcs"):
        mistakes.append("`reward_funcs` is missing: nothing would judge the answers")
    if mistakes:
        lines = "".join(f"\n  {line}" for line in mistakes)
        raise UserError(mistakes[0] if len(mistakes) == 1 else f"{len(mistakes)} mistakes{lines}")
    model_names = {one.name for one in fields(ModelConfig)}
    own = {key: value for key, value in keys.items() if key in known and key not in model_names}
    own.setdefault("output_dir", f"{Path(str(keys['model_name_or_path'])).name}-{METHODS[method]}")
    resumes = str(own.get("resume_from_checkpoint", False)).lower()
    if resumes in ("true", "false"):
        own["resume_from_checkpoint"] = resumes == "true"
    model = ModelConfig(**{key: value for key, value in keys.items() if key in model_names})
    try:
        return Plan(method, config_class(**own), model, keys)
    except (ValueError, TypeError) as error:
        raise UserError(" ".join(str(error).split())) from error


def _mistakes(keys: Mapping[str, Any], known: Mapping[str, Field[Any]], others: set[str]) -> Iterator[str]:
    for key, value in keys.items():
        if key not in known and key not in others:
            close = get_close_matches(key, [*known, *others], 1)
            yield f"`{key}`: unknown key" + (f"; did you mean `{close[0]}`?" if close else "")
        elif key in known and (wanted := _wanted(str(known[key].type), value)):
            yield f"`{key}`: {value!r} is not {wanted}"


def _wanted(kind: str, value: Any) -> str | None:
    """What a value should be, where it is not; settings of several kinds are left to the settings themselves."""
    if value is None or "str" in kind or "dict" in kind or "list" in kind:
        return None
    if "float" in kind or "int" in kind:
        try:
            number = float(value) if not isinstance(value, bool) or "bool" in kind else None
        except (TypeError, ValueError):
            return "a number"
        is_whole = "float" in kind or (number is not None and number.is_integer())
        return None if number is not None and is_whole else "a number" if number is None else "a whole number"
    return None if "bool" not in kind or isinstance(value, bool) else "true or false"


def _say(prepared: Prepared) -> None:
    import sys

    size = len(prepared.rows) if hasattr(prepared.rows, "__len__") else None
    sys.stderr.write("\n  ".join([prepared.shape.line(size), *prepared.account.lines()]) + "\n")


def _store(folder: Path, made: Plan, prepared: Prepared) -> None:
    """The resolved config and the token account, in the run's folder."""
    import json

    from tilth.config.yaml_text import write_yaml

    write_text(folder / "recipe.yaml", write_yaml({"method": made.method, **made.resolved()}))
    write_text(folder / "tokens.json", json.dumps(prepared.account.record(), indent=1, default=str) + "\n")
