"""An adapter and its model made one, and read back to see that nothing was lost."""

import shutil
from pathlib import Path
from typing import Any

import torch

from tilth.errors import UserError, WorkFailed
from tilth.train.batches.packed import pack
from tilth.train.heads.scores import attach

_TOKENS = 16

_TOKENIZER = ("tokenizer", "special_tokens", "added_tokens", "chat_template", "vocab", "merges")
"""How the names of a tokenizer's files begin."""


def merge(adapter: str, folder: Path, *, tolerance: float = 1e-3) -> float:
    """Saves an adapter's model with the adapter merged into it, and checks the saved one by its log-probabilities.

    Args:
        adapter: Folder of the adapter, which names its model.
        folder: Where the whole model goes.
        tolerance: Largest difference of a log-probability, in nats.

    Returns:
        The largest difference that was found.

    Raises:
        UserError: There is no adapter.
        WorkFailed: What was saved differs by more.
    """
    from peft import PeftConfig, PeftModel
    from transformers import AutoModelForCausalLM

    try:
        # Not by peft's own class for both: it changes the number of embeddings to that of the tokenizer's tokens.
        base = PeftConfig.from_pretrained(adapter).base_model_name_or_path
        model = PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(base), adapter)
    except (OSError, ValueError) as error:
        raise UserError(f"`{adapter}` is no adapter: {str(error).splitlines()[0]}") from error
    expected = _logps(model)
    model.merge_and_unload().save_pretrained(folder)
    for path in Path(adapter).iterdir():
        if path.name.startswith(_TOKENIZER):
            shutil.copyfile(path, folder / path.name)
    found = _logps(AutoModelForCausalLM.from_pretrained(folder))
    difference = float((found - expected).abs().max())
    if not difference <= tolerance:
        raise WorkFailed(
            f"the merged model differs from the adapter's by {difference:.2g} nats",
            where=str(folder),
            hint="merge in float32: weights of fewer bits lose what a small adapter adds",
        )
    return difference


@torch.no_grad()
def _logps(model: Any) -> torch.Tensor:
    model.eval()
    vocabulary = model.get_input_embeddings().num_embeddings
    ids = [(31 * index + 7) % vocabulary for index in range(_TOKENS)]
    attach(model)
    packed = pack([{"prompt_ids": ids[:1], "answers": [ids[1:]], "trained": [[True] * (_TOKENS - 1)]}])
    found: torch.Tensor = model(packed=packed.to(model.device))["logps"]
    return found
