"""A chat template, and which characters of a rendered conversation an assistant wrote.

Nothing here knows a template by name. Where a template marks the assistant's text (`{% generation %}`), its marks hold.
Otherwise the marks are derived: an answer is what the conversation up to it has more than the conversation before it,
ready for an answer. That is right only where the shorter renderings are beginnings of the whole one, which is checked
for each conversation; a template that writes earlier turns otherwise than it wrote them at first is refused.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tilth.errors import UserError
from tilth.train.rows.jinja import Span, program

Message = Mapping[str, Any]

_MARKS = re.compile(r"\{%-?\s*generation\s*-?%\}")
_EMPTY_THOUGHT = re.compile(
    r"\s*<(think|thinking|thought|reasoning)>\s*</\1>\s*|\s*\[THINK\]\s*\[/THINK\]\s*"
)
_REASONING = ("reasoning_content", "reasoning", "thinking")
_ABSENT = {"tools": None, "documents": None}
_SHOWN = 60
"""Characters of a rendering that an error shows."""


class Rewritten(UserError):
    """The template renders the same turns otherwise once more turns follow."""


@dataclass(frozen=True, slots=True)
class ChatTemplate:
    """A Jinja template and the strings that it may print."""

    text: str
    special: Mapping[str, Any] = field(default_factory=dict)
    """Special tokens by their names (`bos_token`), as the template asks for them."""
    closing: tuple[str, ...] = ()
    """Tokens that can end a turn: all that the tokenizer keeps whole. Empty: not checked."""
    name: str = "the chat template"

    @property
    def has_marks(self) -> bool:
        """Whether the template itself says what an assistant wrote."""
        return _MARKS.search(self.text) is not None

    def render(self, messages: Sequence[Message], *, ready: bool = False, **options: Any) -> str:
        """The conversation as text.

        Args:
            messages: Roles and contents.
            ready: Also print what stands before the next answer (the generation prompt).
            options: `tools`, and whatever else the template asks for.

        Raises:
            UserError: The template refuses the conversation.
        """
        return self._render(messages, ready, options)[0]

    def whole(self, messages: Sequence[Message], **options: Any) -> str:
        """The conversation as text, with nothing of it left out.

        Raises:
            UserError: The template prints a message without its content or its tool calls.
        """
        text = self.render(messages, **options)
        for message in messages:
            for what, words in _said(message):
                if words not in text:
                    raise UserError(
                        f"{self.name} leaves out {what} of a message of the {message['role']}",
                        hint="name a `chat_template` with a form for it, or take it out of the rows",
                    )
        return text

    def marked(self, messages: Sequence[Message], **options: Any) -> tuple[str, list[Span]]:
        """The conversation as text, and what the template marks as written by an assistant."""
        return self._render(messages, False, options)

    def answers(
        self, before: Sequence[Message], answers: Sequence[Sequence[Message]], **options: Any
    ) -> tuple[int, list[str]]:
        """A prompt with each of its answers as text, and the character at which the answers begin.

        Raises:
            Rewritten: The prompt is rendered otherwise once an answer stands behind it.
            UserError: An answer does not end with a token that stops a model.
        """
        prompt = self.render(before, ready=True, **options)
        texts = [self.whole([*before, *answer], **options) for answer in answers]
        for whole, answer in zip(texts, answers, strict=True):
            self._check_begins(whole, prompt, len(before))
            self._turn_end(whole, whole, len(prompt), answer[-1], len(before) + len(answer))
        return len(prompt), texts

    def turns(self, messages: Sequence[Message], *, first: int = 0, **options: Any) -> tuple[str, list[Span]]:
        """The conversation as text, and its answers: from behind the generation prompt to the token that ends the turn.

        Args:
            messages: Roles and contents.
            first: Answers before this message are not listed.
            options: As for `render`.

        Raises:
            Rewritten: Earlier turns are rendered otherwise once more turns follow.
            UserError: An answer does not end with a token that stops a model.
        """
        if self.has_marks and not first:
            text, spans = self.marked(messages, **options)
            self._check_marks(text, spans, messages)
            return text, spans
        whole = self.whole(messages, **options)
        spans = []
        for at, message in enumerate(messages):
            if at < first or message["role"] != "assistant":
                continue
            before = self.render(messages[:at], ready=True, **options)
            until = whole if at + 1 == len(messages) else self.render(messages[: at + 1], **options)
            self._check_begins(until, before, at)
            end = self._turn_end(whole, until, len(before), message, at + 1)
            spans.append((self.thought(whole, len(before), message), end))
        return whole, spans

    @staticmethod
    def thought(text: str, start: int, message: Message) -> int:
        """Where an answer begins in truth: behind an empty thinking block that the template put there by itself."""
        if str(message.get("content") or "").lstrip().startswith(("<think", "[THINK]")):
            return start
        found = _EMPTY_THOUGHT.match(text, start)
        return found.end() if found else start

    def _render(
        self, messages: Sequence[Message], ready: bool, options: Mapping[str, Any]
    ) -> tuple[str, list[Span]]:
        values = {**_ABSENT, **self.special, **options, "messages": messages, "add_generation_prompt": ready}
        try:
            text, spans = program(self.text).render(values)
        except Exception as error:
            # A template is a program of somebody else's: whatever it raises is about the template and the conversation.
            raise UserError(
                f"{self.name} refuses the conversation: {' '.join(str(error).split()) or type(error).__name__}",
                hint="mend the conversation, or name another `chat_template`",
            ) from error
        bos = self.special.get("bos_token")
        if bos and text.startswith(bos + bos):
            raise UserError(
                f"{self.name} begins the text with `{bos}` twice",
                hint="leave `bos_token` out of the template or out of the first message",
            )
        return text, spans

    def _check_begins(self, whole: str, part: str, length: int) -> None:
        if not whole.startswith(part):
            raise self._rewritten(whole, part, length)

    def _rewritten(self, whole: str, part: str, length: int) -> Rewritten:
        at = next((i for i, (a, b) in enumerate(zip(whole, part, strict=False)) if a != b), len(whole))
        return Rewritten(
            f"{self.name} rewrites history: the first {length} message{'s' * (length != 1)} are rendered as "
            f"{_shown(part, at)} alone, and as {_shown(whole, at)} once more follows, so no mask is faithful to both",
            hint="set what the template asks for (say, `chat_template_kwargs: {enable_thinking: false}`); train on "
            "each answer as it was asked for (`turns: each`), or on the last one (`turns: last`); or name a "
            "`chat_template` that does not rewrite, such as qwen3 or chatml",
        )

    def _turn_end(self, whole: str, until: str, start: int, message: Message, length: int) -> int:
        """Character behind the token that ends an answer, where both renderings have it."""
        for key in _REASONING:
            if (words := message.get(key)) and str(words).strip() not in until[start:]:
                raise UserError(
                    f"{self.name} leaves out `{key}` of an answer",
                    hint="name a `chat_template` with thinking blocks, such as qwen3, or remove the key",
                )
        end = len(until.rstrip())
        if self.closing and not until.endswith(self.closing, start, end):
            raise UserError(
                f"{self.name} ends an answer with {until[start:][-20:]!r}, which holds no special token of this "
                "tokenizer, so a model would never learn to stop",
                hint="print `eos_token` behind the answer in the template, or name a `chat_template` made for this "
                "tokenizer",
            )
        while not whole.startswith(until[:end]):
            # Some print one more token behind the last turn of all (EOS behind <|end|>).
            token = max((one for one in self.closing if until.endswith(one, start, end)), key=len, default="")
            end = len(until[: end - len(token)].rstrip())
            if not token or not until.endswith(self.closing, start, end):
                raise self._rewritten(whole, until, length)
        return end

    def _check_marks(self, text: str, spans: list[Span], messages: Sequence[Message]) -> None:
        if spans and not any(message["role"] == "assistant" for message in messages):
            raise UserError(f"{self.name} marks text of a conversation without an answer")
        if not spans and any(message["role"] == "assistant" for message in messages):
            raise UserError(
                f"{self.name} marks nothing of a conversation with answers",
                hint="move `{% generation %}` around what the assistant wrote, or out: the mask is derived then",
            )
        for start, end in spans:
            part = text[start:end]
            if self.closing and not part.rstrip().endswith(self.closing):
                raise UserError(
                    f"{self.name} marks an answer without the token that ends it ({part[-20:]!r}), so a model would "
                    "never learn to stop",
                    hint="move `{% endgeneration %}` behind the end-of-turn token, or take the marks out: the mask is "
                    "derived then",
                )


def _said(message: Message) -> Iterator[tuple[str, str]]:
    """What of a message has to stand in the text. Results of tools do not count: templates write JSON anew."""
    if message["role"] != "tool":
        # Thinking inside the content may go; what was said after it may not.
        yield "the content", str(message.get("content") or "").rpartition("</think>")[2].strip()
    for call in message.get("tool_calls") or ():
        yield "a tool call", str((call.get("function") or call).get("name", ""))


def _shown(text: str, at: int) -> str:
    start = max(0, at - _SHOWN // 2)
    part = text[start : at + _SHOWN // 2]
    return repr(("…" if start else "") + part)
