"""What a token-classification model tells, from a folder or a hub: findings of its own labels, beside those of rules.

The packages `torch` and `transformers` are asked for only here, and only where somebody names a model. In a build the
findings of one model are a group of facts.
"""

from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from tilth.data.facts import encoding
from tilth.data.facts.batch import Batch
from tilth.data.facts.findings import FINDINGS, Finding, as_column
from tilth.errors import UserError
from tilth.store.hashes import sha256_of

NAME: Final = "model_findings"

WINDOW = 4_000
"""Characters of a text that a model is given at a time, cut at a line end where there is one."""
OVERLAP_TOKENS = 64
"""Tokens that two parts of a window share where it is longer than what the model reads."""
KINDS = {"key": "secret", "user": "username", "ip": "ip_address", "person": "name", "phone_number": "phone"}
"""Labels that have another name here; any other is a kind of its own."""


@dataclass(frozen=True, slots=True)
class Labeller:
    """A model that labels parts of a text."""

    pipeline: Any
    version: str
    """Says which model it is: another one of the same name has another."""

    def find(self, text: bytes) -> list[Finding]:
        """The findings in a text as UTF-8: a label is a kind, and the model's score its confidence."""
        characters = text.decode()
        found = []
        for first, last in pairwise(_cuts(characters)):
            window = characters[first:last]
            for one in self.pipeline(window):
                start = len(characters[: first + one["start"]].encode())
                end = start + len(window[one["start"] : one["end"]].encode())
                label = str(one["entity_group"]).lower()
                if start < end:
                    found.append(Finding(KINDS.get(label, label), start, end, float(one["score"]), "model"))
        return found


def _cuts(text: str) -> list[int]:
    """Where the windows of a text begin, and where the last one ends."""
    cuts = [0]
    while cuts[-1] < len(text):
        stop = min(len(text), cuts[-1] + WINDOW)
        line = text.rfind("\n", cuts[-1], stop) + 1 if stop < len(text) else stop
        cuts.append(line if line > cuts[-1] else stop)
    return cuts


def labeller(name: str) -> Labeller:
    """The model of a folder, or of a hub's name.

    Raises:
        UserError: `transformers` is not installed, or there is no such model, or its tokenizer tells no places.
    """
    try:
        import transformers
    except ImportError as error:
        raise UserError(
            "a model needs the packages `torch` and `transformers`", hint="`pip install torch transformers`"
        ) from error
    try:
        tokenizer = transformers.AutoTokenizer.from_pretrained(name)
        model = transformers.AutoModelForTokenClassification.from_pretrained(name)
    except (OSError, ValueError) as error:
        raise UserError(f"there is no token-classification model `{name}`", hint=str(error)) from error
    if not tokenizer.is_fast:
        raise UserError(f"the tokenizer of `{name}` does not tell where its tokens stand")
    most = min(tokenizer.model_max_length, getattr(model.config, "max_position_embeddings", 512))
    tokenizer.model_max_length = most
    made = transformers.pipeline(
        "token-classification",
        model=model,
        tokenizer=tokenizer,
        aggregation_strategy="simple",
        stride=min(OVERLAP_TOKENS, most // 4),
    )
    return Labeller(made, _version(Path(name), model.config))


def _version(folder: Path, config: Any) -> str:
    """The hash of a folder's files, or the commit of a hub's repository."""
    if not folder.is_dir():
        return str(getattr(config, "_commit_hash", None) or "unknown")
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    told = "".join(f"{path.relative_to(folder)} {sha256_of(path)}\n" for path in files)
    return sha256(told.encode()).hexdigest()[:16]


class Group:
    """The findings of one model, as facts."""

    NAME = NAME
    SCHEMA = pa.schema([pa.field(NAME, FINDINGS)])

    def __init__(self, name: str) -> None:
        self._labeller = labeller(name)
        self.VERSION = f"1-encoding{encoding.VERSION}-{self._labeller.version}"

    def compute(self, batch: Batch) -> dict[str, Any]:
        """The findings of each document; bytes that are no text have none."""
        found = [
            self._labeller.find(text) if encoding else []
            for text, encoding in zip(batch.utf8, batch.encodings, strict=True)
        ]
        return {NAME: as_column(found)}


@cache
def group(name: str) -> Group:
    """The group of a model, which is loaded once.

    Raises:
        UserError: As `labeller` does.
    """
    return Group(name)
