"""Models and adapters from what a user gives: a name, a model, an adapter around one."""

from typing import Any

import torch
from torch import nn

from tilth.errors import UserError
from tilth.train.settings import Settings

KINDS = {
    "causal": ("AutoModelForCausalLM", {}),
    "sequence": ("AutoModelForSequenceClassification", {"num_labels": 1}),
    "token": ("AutoModelForTokenClassification", {"num_labels": 2}),
}
"""What a method trains -> (class of transformers, its keywords)."""


def load(model: Any, args: Settings, kind: str = "causal", quantization_config: Any = None) -> Any:
    """A model, where only its name was given; float32 unless `model_init_kwargs` says otherwise.

    Raises:
        UserError: There is no such model, or settings for loading come with a model that is loaded already.
    """
    given = _keywords(args)
    if not isinstance(model, str):
        if given or quantization_config is not None:
            raise UserError(
                "`model_init_kwargs` and `quantization_config` are for a model that is given by its name",
                hint="give the name, or load the model with them",
            )
        return model
    import transformers

    name, own = KINDS[kind]
    keywords = {"dtype": torch.float32, **own, **given}
    if isinstance(keywords["dtype"], str) and keywords["dtype"] != "auto":
        keywords["dtype"] = _dtype(keywords["dtype"])
    if quantization_config is not None:
        keywords["quantization_config"] = quantization_config
    try:
        return getattr(transformers, name).from_pretrained(
            model, trust_remote_code=args.trust_remote_code, **keywords
        )
    except OSError as error:
        raise UserError(
            f"the model `{model}` could not be loaded: {str(error).splitlines()[0]}",
            hint="give a folder with a model, or the name of one on the hub",
        ) from error


def _keywords(args: Settings) -> dict[str, Any]:
    given = args.model_init_kwargs
    if isinstance(given, str):
        from tilth.config.yaml_text import read_yaml

        given = read_yaml(given, where="model_init_kwargs")
    if given is not None and not isinstance(given, dict):
        raise UserError("`model_init_kwargs` must hold keys and values")
    return dict(given or {})


def _dtype(name: str) -> torch.dtype:
    found = getattr(torch, name.removeprefix("torch."), None)
    if not isinstance(found, torch.dtype) or not found.is_floating_point:
        raise UserError(f"`{name}` is no type of weights", hint="float32, bfloat16 or float16")
    return found


def adapt(model: Any, args: Settings, peft_config: Any) -> Any:
    """Wrap a model into a new adapter, where one is asked for, and take its dropout away, where that is asked for.

    Raises:
        UserError: The model has an adapter already, or the adapter works by tokens of its own before the prompt.
    """
    if args.disable_dropout:
        disable_dropout(model)
    if peft_config is not None:
        if hasattr(model, "peft_config"):
            raise UserError(
                "the model has an adapter already, and `peft_config` asks for another one",
                hint="merge the first one (`model.merge_and_unload()`), or go on training it without `peft_config`",
            )
        from peft import get_peft_model, prepare_model_for_kbit_training

        if getattr(model, "is_loaded_in_4bit", False) or getattr(model, "is_loaded_in_8bit", False):
            model = prepare_model_for_kbit_training(
                model, args.gradient_checkpointing, args.gradient_checkpointing_kwargs
            )
        model = get_peft_model(model, peft_config)
    if getattr(getattr(model, "active_peft_config", None), "is_prompt_learning", False):
        raise UserError(
            "adapters that put tokens before the prompt cannot be packed",
            hint="use LoRA or one of its relatives",
        )
    return model


def disable_dropout(model: nn.Module) -> None:
    """Set every dropout to zero, those that attention reads from the config too."""
    for module in model.modules():
        if isinstance(module, nn.Dropout):
            module.p = 0.0
        if isinstance(getattr(module, "attention_dropout", None), float):
            module.attention_dropout = 0.0
