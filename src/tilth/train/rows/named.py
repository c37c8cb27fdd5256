"""Templates by name, for tokenizers that carry none, and which of them fits a tokenizer.

Each is written from the public description of its format, puts one BOS in front at most, never rewrites earlier turns,
and prints no thinking block that a message does not have.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from tilth.errors import UserError
from tilth.train.rows.template import ChatTemplate

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

TEMPLATES = {
    "alpaca": "### Instruction: and ### Response:, plain text, ended by EOS",
    "chatml": "<|im_start|>role … <|im_end|>",
    "deepseek": "<｜User｜> … <｜Assistant｜> …, ended by EOS; thinking blocks",
    "gemma": "<start_of_turn>role … <end_of_turn>; a system message joins the first user turn",
    "llama2": "[INST] … [/INST] …, ended by EOS; one BOS, at the front only",
    "llama3": "<|start_header_id|>role<|end_header_id|> … <|eot_id|>; tools",
    "mistral": "[INST] … [/INST] …, ended by EOS; tools, listed before the first turn",
    "phi3": "<|role|> … <|end|>",
    "qwen3": "ChatML with tools and thinking blocks, kept in every turn",
    "vicuna": "USER: … ASSISTANT: …, plain text, ended by EOS",
    "zephyr": "<|role|> …, ended by EOS",
}
"""Name -> its form in a few words."""

_SIGNS = (
    ("qwen3", ("<|im_start|>", "<|im_end|>", "<think>")),
    ("chatml", ("<|im_start|>", "<|im_end|>")),
    ("llama3", ("<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>")),
    ("gemma", ("<start_of_turn>", "<end_of_turn>")),
    ("phi3", ("<|user|>", "<|assistant|>", "<|end|>")),
    ("deepseek", ("<｜User｜>", "<｜Assistant｜>")),
    ("mistral", ("[INST]", "[/INST]")),
)
"""The first name whose tokens a tokenizer all has is the one that it was made for."""


def choose(
    tokenizer: "PreTrainedTokenizerBase", asked: str | None = None, *, has_tools: bool = False
) -> ChatTemplate:
    """The chat template for a tokenizer.

    Args:
        tokenizer: Its own template holds where none is asked for, then the one that its special tokens point to.
        asked: A name of `TEMPLATES`, a file with a Jinja template, a folder with a tokenizer, or Jinja itself.
        has_tools: Whether the rows have tools, for tokenizers with a template of its own for them.

    Raises:
        UserError: There is no such template, or none is asked for and none can be told.
    """
    words, text = _words(tokenizer, asked, has_tools)
    special = {
        key: str(value) for key, value in tokenizer.special_tokens_map.items() if isinstance(value, str)
    }
    added = tokenizer.added_tokens_decoder.values()
    closing = tuple({token.content for token in added if token.special} | set(special.values()))
    return ChatTemplate(text, special, closing, words)


def detect(tokenizer: "PreTrainedTokenizerBase") -> str | None:
    """The name of the template that a tokenizer's special tokens were made for, or None."""
    known = tokenizer.get_vocab()
    return next((name for name, tokens in _SIGNS if all(token in known for token in tokens)), None)


def named(name: str, tokenizer: "PreTrainedTokenizerBase") -> str:
    """A built-in template for a tokenizer: with BOS only where the tokenizer itself would put one in front."""
    text = named_text(name)
    if not puts_bos(tokenizer):
        text = text.removeprefix("{{- bos_token }}\n")
    if "eos_token" in text and not tokenizer.eos_token:
        raise UserError(
            f"the template {name} ends answers with EOS, and this tokenizer has none",
            hint="say which token it is: `eos_token: TOKEN`",
        )
    return text


def named_text(name: str) -> str:
    """A built-in template as it is written, with BOS in front."""
    return (Path(__file__).parent / "templates" / f"{name}.jinja").read_text("utf-8").rstrip("\n")


def puts_bos(tokenizer: "PreTrainedTokenizerBase") -> bool:
    """Whether the tokenizer puts a BOS before a text by itself."""
    if tokenizer.bos_token_id is None:
        return False
    return bool(tokenizer("a")["input_ids"][:1] == [tokenizer.bos_token_id])


def _words(tokenizer: "PreTrainedTokenizerBase", asked: str | None, has_tools: bool) -> tuple[str, str]:
    """(what errors call it, its Jinja)."""
    if asked is None:
        if tokenizer.chat_template:
            own = tokenizer.get_chat_template(None, [{}] if has_tools else None)
            return "the tokenizer's chat template", own
        name = detect(tokenizer)
        if name is None:
            raise UserError(
                "the rows are conversations, and this tokenizer has no chat template, nor tokens that point to one",
                hint=f"name one: `chat_template: NAME` ({', '.join(TEMPLATES)}), or the path of a Jinja file",
            )
        asked = name
    if asked in TEMPLATES:
        return f"the template {asked}", named(asked, tokenizer)
    if "{{" in asked or "{%" in asked:
        return "the chat template", asked
    path = Path(asked)
    if path.is_dir():
        from transformers import AutoTokenizer

        other = AutoTokenizer.from_pretrained(path)
        return f"the chat template of `{asked}`", other.get_chat_template(None, [{}] if has_tools else None)
    if path.is_file():
        return f"the chat template `{asked}`", path.read_text("utf-8")
    from difflib import get_close_matches

    close = get_close_matches(asked, TEMPLATES, 1)
    raise UserError(
        f"there is no chat template `{asked}`",
        hint=f"did you mean {close[0]}?"
        if close
        else f"there are {', '.join(TEMPLATES)}; or name a Jinja file",
    )
