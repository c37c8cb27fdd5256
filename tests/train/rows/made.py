"""Tokenizers trained in the tests: byte-level and with a BOS of their own, with and without other special tokens."""

from functools import cache

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
from transformers import PreTrainedTokenizerFast

TEXT = """
def read(path):
    with open(path) as file:
        return file.read()
The answer is forty-two, because six times seven is forty-two. What is the capital of France? Paris is.
user assistant system tool 1 2 3 4 5 6 7 8 9 0 {"name": "add", "arguments": {"a": 1, "b": 2}} <think> </think>
Below is an instruction that describes a task. ### Instruction: ### Response: USER: ASSISTANT:
Step 1: first Step 2: then
"""

MARKERS = {
    "alpaca": (),
    "chatml": ("<|im_start|>", "<|im_end|>"),
    "deepseek": ("<｜User｜>", "<｜Assistant｜>"),
    "gemma": ("<start_of_turn>", "<end_of_turn>"),
    "llama2": (),
    "llama3": ("<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"),
    "mistral": ("[INST]", "[/INST]", "[TOOL_CALLS]"),
    "phi3": ("<|user|>", "<|assistant|>", "<|system|>", "<|end|>"),
    "qwen3": ("<|im_start|>", "<|im_end|>", "<think>"),
    "vicuna": (),
    "zephyr": (),
}
"""Tokens that a tokenizer made for a template has."""


@cache
def tokenizer(
    *markers: str,
    bos: bool = False,
    eos: bool = True,
    pad: bool = True,
    metaspace: bool = False,
    size: int = 400,
) -> PreTrainedTokenizerFast:
    """A tokenizer; with `bos` it puts one in front of a text by itself."""
    made = Tokenizer(models.BPE())
    if metaspace:
        made.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first")
        made.decoder = decoders.Metaspace(prepend_scheme="first")
    else:
        made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        made.decoder = decoders.ByteLevel()
    special = [*(["<s>"] if bos else []), *(["</s>"] if eos else []), *(["<pad>"] if pad else []), *markers]
    alphabet = (
        pre_tokenizers.ByteLevel.alphabet() if not metaspace else [chr(code) for code in range(32, 383)]
    )
    trainer = trainers.BpeTrainer(
        vocab_size=size, special_tokens=special, initial_alphabet=alphabet, show_progress=False
    )
    made.train_from_iterator(TEXT.splitlines() * 3, trainer)
    if bos:
        made.post_processor = processors.TemplateProcessing(
            single="<s> $A", special_tokens=[("<s>", made.token_to_id("<s>"))]
        )
    names = {
        "bos_token": "<s>" if bos else None,
        "eos_token": "</s>" if eos else None,
        "pad_token": "<pad>" if pad else None,
    }
    return PreTrainedTokenizerFast(
        tokenizer_object=made,
        additional_special_tokens=list(markers),
        **{name: token for name, token in names.items() if token},
    )


MARKED = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n"
    "{% if m.role == 'assistant' %}{% generation %}{{ m.content }}<|im_end|>{% endgeneration %}"
    "{% else %}{{ m.content }}<|im_end|>{% endif %}\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
"""ChatML with generation marks."""

REWRITING = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n"
    "{% if m.role == 'assistant' and loop.last %}<think>\n\n</think>\n\n{% endif %}"
    "{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
"""Qwen3's way: the last answer has an empty thinking block, and loses it once more turns follow."""


def chat(*contents: str) -> list[dict[str, str]]:
    """User and assistant by turns."""
    return [
        {"role": ("user", "assistant")[at % 2], "content": content} for at, content in enumerate(contents)
    ]
