"""Rows in, a better model out: `from tilth.train import SFTConfig, SFTTrainer`. What is not used is not imported."""

from importlib import import_module
from typing import Any

METHODS = {
    "SFT": "sft",
    "DPO": "dpo",
    "KTO": "kto",
    "BCO": "bco",
    "ORPO": "orpo",
    "CPO": "cpo",
    "TPO": "tpo",
    "Reward": "reward",
    "PRM": "prm",
    "GRPO": "grpo",
    "RLOO": "rloo",
    "PPO": "ppo",
    "OnlineDPO": "online_dpo",
}
"""As classes begin -> the module of the method."""

_HOMES = {
    f"{name}{kind}": f"tilth.train.methods.{module}"
    for name, module in METHODS.items()
    for kind in ("Config", "Trainer")
} | {"ModelConfig": "tilth.train.adapters"}

__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES])
