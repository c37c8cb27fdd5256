"""What a user may choose about rows."""

from dataclasses import dataclass, field
from typing import Any, Literal

from tilth.errors import UserError

Turns = Literal["all", "last", "each"]
Truncation = Literal["keep_start", "keep_end", "drop"]
OnEmpty = Literal["stop", "drop"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RowOptions:
    """How rows become token ids. The defaults are TRL's, and where TRL is silent about a loss, the run stops."""

    text_column: str = "text"
    """Column that holds the text of language modelling."""
    chat_template: str | None = None
    """A name (see `named.TEMPLATES`), a Jinja file, a folder with a tokenizer, or Jinja; the tokenizer's by default."""
    chat_template_kwargs: dict[str, Any] = field(default_factory=dict)
    """What the template may ask for besides; a row's own column `chat_template_kwargs` goes first."""
    eos_token: str | None = None
    """Token that ends a text; the tokenizer's by default."""
    max_length: int | None = 1024
    """Tokens of a prompt with any one of its answers; None for no limit."""
    truncation: Truncation = "keep_start"
    """Which end stays of what is longer; `drop` leaves the row out. A prompt stays the same for all its answers."""
    completion_only: bool | None = None
    """Train on the completion alone; None: yes where there is a prompt (and always for pairs)."""
    assistant_only: bool = False
    """Train on what the assistant wrote alone, and on the token that ends each of its turns."""
    turns: Turns = "all"
    """all: a conversation is one row. last: its last answer alone. each: a row for every answer, as it was asked."""
    step_separator: str = "\n"
    """What stands behind each step of a solution; its last token carries the label."""
    last_step_only: bool = False
    """Label the last step alone."""
    on_empty: OnEmpty = "stop"
    """What rows without a trained token do: stop the run, or be left out and counted."""

    def __post_init__(self) -> None:
        for name, known in (
            ("truncation", ("keep_start", "keep_end", "drop")),
            ("turns", ("all", "last", "each")),
            ("on_empty", ("stop", "drop")),
        ):
            if getattr(self, name) not in known:
                raise UserError(f"`{name}` is {getattr(self, name)!r}", hint=f"one of {', '.join(known)}")
        if self.max_length is not None and self.max_length < 1:
            raise UserError(
                f"`max_length` is {self.max_length}", hint="a number of tokens, or null for no limit"
            )
        if not self.step_separator:
            raise UserError("`step_separator` is empty", hint="the label of a step sits on its last token")
