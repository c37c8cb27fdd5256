"""What online runs need, small: a tokenizer of letters, prompts, rewards, a trainer."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from datasets import Dataset

from tests.train.tiny import tiny_model

LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789+=. "
TEMPLATE = (
    "{% for message in messages %}{{ '<' + message['role'] + '>' + (message['content'] or '') }}"
    "{% if message['tool_calls'] %}{{ message['tool_calls'][0]['function'] | tojson }}{% endif %}"
    "{{ '<end>' }}{% endfor %}{% if add_generation_prompt %}{{ '<assistant>' }}{% endif %}"
)


def tokenizer() -> Any:
    """One token for each letter."""
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    marks = ["<pad>", "<end>", "<user>", "<assistant>", "<tool>", "<system>", "<other>"]
    words = {word: at for at, word in enumerate([*marks, *LETTERS, *'{}[]":,<>/_'])}
    inner = Tokenizer(models.WordLevel(words, unk_token="<other>"))
    inner.pre_tokenizer = pre_tokenizers.Split(Regex(r"[\s\S]"), "isolated")
    inner.decoder = decoders.Fuse()
    made = PreTrainedTokenizerFast(
        tokenizer_object=inner, pad_token="<pad>", eos_token="<end>", unk_token="<other>",
        additional_special_tokens=marks[2:-1],
    )  # fmt: skip
    made.chat_template = TEMPLATE
    return made


PROMPTS = Dataset.from_list(
    [
        {"prompt": text, "answer": answer}
        for text, answer in [
            ("1+1=", "2"),
            ("2+3=", "5"),
            ("a", "b"),
            ("say no", "no"),
            ("x=y.", "z"),
            ("0", "1"),
        ]
    ]
)


def many_e(completions: list[Any], **kwargs: Any) -> list[float]:
    """How often `e` comes, and how many letters."""
    texts = [one if isinstance(one, str) else one[-1]["content"] for one in completions]
    return [one.count("e") + 0.1 * len(set(one)) for one in texts]


def settings(name: str, folder: Path, **changes: Any) -> Any:
    import tilth.train

    given = {
        "output_dir": str(folder),
        "max_steps": 3,
        "per_device_train_batch_size": 8,
        "num_generations": 4,
        "max_completion_length": 8,
        "learning_rate": 1e-2,
        "logging_steps": 1,
        "save_strategy": "no",
        "report_to": "none",
        "disable_tqdm": True,
        "reward_workers": 0,
        "seed": 1,
    }
    return getattr(tilth.train, f"{name}Config")(**{**given, **changes})


def trainer(
    name: str,
    folder: Path,
    reward: Callable[..., Any] | list[Any] | str = many_e,
    model: Any = None,
    prompts: Any = PROMPTS,
    **changes: Any,
) -> Any:
    import tilth.train

    names = {"ref_model", "peft_config", "eval_dataset", "engine", "value_model", "callbacks", "tools"}
    arguments = {key: changes.pop(key) for key in names if key in changes}
    return getattr(tilth.train, f"{name}Trainer")(
        tiny_model() if model is None else model,
        reward,
        args=settings(name, folder, **changes),
        train_dataset=prompts,
        processing_class=tokenizer(),
        **arguments,
    )
