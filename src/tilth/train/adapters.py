"""The keys of a run that say how its model is loaded and adapted, by TRL's names."""

from dataclasses import dataclass
from typing import Any

import torch

from tilth.errors import UserError


@dataclass
class ModelConfig:
    """Model, adapter and quantisation of a run."""

    model_name_or_path: str | None = None
    """Folder of a model, or its name on the hub."""
    model_revision: str = "main"
    """Branch, tag or commit on the hub."""
    dtype: str = "float32"
    """Type of the weights: float32, bfloat16, float16, or auto for that of the file."""
    use_peft: bool = False
    """Train a LoRA adapter instead of the model."""
    lora_r: int = 16
    """Rank of the adapter."""
    lora_alpha: int = 32
    """Scale of the adapter, in ranks."""
    lora_dropout: float = 0.05
    """Dropout before the adapter; needs `disable_dropout: false`."""
    lora_target_modules: list[str] | str | None = None
    """Layers that get one; all linear layers but the head by default."""
    lora_target_parameters: list[str] | None = None
    """Weights that get one without being layers: experts."""
    lora_modules_to_save: list[str] | None = None
    """Layers that are trained whole beside the adapter."""
    lora_task_type: str = "CAUSAL_LM"
    """What the model is for, as peft names it."""
    use_rslora: bool = False
    """Scale by the square root of the rank."""
    use_dora: bool = False
    """Train direction and length of the weights apart."""
    load_in_8bit: bool = False
    """Load the model in 8 bits (needs bitsandbytes)."""
    load_in_4bit: bool = False
    """Load the model in 4 bits (needs bitsandbytes)."""
    bnb_4bit_quant_type: str = "nf4"
    """Kind of 4 bits: nf4 or fp4."""
    use_bnb_nested_quant: bool = False
    """Quantise the scales too."""

    def load_keywords(self) -> dict[str, Any]:
        """For `model_init_kwargs`."""
        revision = {} if self.model_revision == "main" else {"revision": self.model_revision}
        return {"dtype": self.dtype, **revision}

    def peft(self) -> Any:
        """The adapter that is asked for, or None."""
        if not self.use_peft:
            return None
        from peft import LoraConfig

        return LoraConfig(
            r=self.lora_r,
            lora_alpha=self.lora_alpha,
            lora_dropout=self.lora_dropout,
            target_modules=self.lora_target_modules or "all-linear",
            target_parameters=self.lora_target_parameters,
            modules_to_save=self.lora_modules_to_save,
            task_type=self.lora_task_type,
            use_rslora=self.use_rslora,
            use_dora=self.use_dora,
        )

    def quantization(self) -> Any:
        """How the model is loaded in fewer bits, or None."""
        if not (self.load_in_4bit or self.load_in_8bit):
            return None
        if self.load_in_4bit and self.load_in_8bit:
            raise UserError("`load_in_4bit` and `load_in_8bit` exclude each other", hint="choose one")
        from transformers import BitsAndBytesConfig

        if self.load_in_8bit:
            return BitsAndBytesConfig(load_in_8bit=True)
        return BitsAndBytesConfig(
            load_in_4bit=True,
            bnb_4bit_compute_dtype=torch.bfloat16,
            bnb_4bit_quant_type=self.bnb_4bit_quant_type,
            bnb_4bit_use_double_quant=self.use_bnb_nested_quant,
        )
