"""Messages as people store them, made into those that templates read."""

from collections.abc import Mapping, Sequence
from typing import Any

from tilth.errors import UserError

_ROLES = {
    "human": "user",
    "user": "user",
    "gpt": "assistant",
    "chatgpt": "assistant",
    "bot": "assistant",
    "model": "assistant",
    "assistant": "assistant",
    "system": "system",
    "developer": "developer",
    "function_call": "assistant",
    "function": "tool",
    "function_response": "tool",
    "observation": "tool",
    "tool": "tool",
}
"""Names of the `from`/`value` form -> roles."""

_MAY_LACK_CONTENT = ("tool_calls", "reasoning_content", "reasoning", "thinking")


def conversation(value: Any, column: str) -> list[dict[str, Any]]:
    """A list of messages, each with `role` and `content` as text, without keys that hold nothing.

    Arrow gives every message of a column the keys of all, the missing ones as None, and a template that asks
    `'tool_calls' in message` would see them: so None is left out, at every depth.

    Raises:
        UserError: It is no list of messages, or a message has no role or no text.
    """
    if not isinstance(value, Sequence) or isinstance(value, str):
        raise UserError(f"`{column}` is {_a(value)} where a list of messages is expected")
    if not value:
        raise UserError(f"`{column}` is an empty list of messages")
    return [_message(one, f"`{column}`, message {at + 1}") for at, one in enumerate(value)]


def _message(value: Any, where: str) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise UserError(f"{where} is {_a(value)}, not a message", hint="a message has `role` and `content`")
    message: dict[str, Any] = {key: without_none(one) for key, one in value.items() if one is not None}
    if "role" not in message and "from" in message:
        told = str(message.pop("from"))
        if told not in _ROLES:
            raise UserError(
                f"{where} is from `{told}`, which is no known role", hint=f"known: {', '.join(_ROLES)}"
            )
        message["role"] = _ROLES[told]
        message["content"] = message.pop("value", None)
    if not isinstance(message.get("role"), str):
        raise UserError(f"{where} has no `role`")
    content = message.get("content")
    if isinstance(content, list):
        message["content"] = _joined(content, where)
    elif content is None:
        if not any(message.get(key) for key in _MAY_LACK_CONTENT):
            raise UserError(f"{where} has no `content`")
        message["content"] = ""
    elif not isinstance(content, str):
        raise UserError(f"{where} has {_a(content)} as `content` where text is expected")
    return message


def _joined(parts: list[Any], where: str) -> str:
    """Parts of text as one text."""
    texts = []
    for part in parts:
        kind = part.get("type", "text") if isinstance(part, Mapping) else type(part).__name__
        if kind != "text" or not isinstance(part.get("text"), str):
            raise UserError(
                f"{where} holds a part of the kind `{kind}`, and these rows are prepared as text alone",
                hint="remove the part, or train a model that sees with its own method",
            )
        texts.append(part["text"])
    return "".join(texts)


def without_none(value: Any) -> Any:
    """A value without the keys that hold None, at every depth."""
    if isinstance(value, Mapping):
        return {key: without_none(one) for key, one in value.items() if one is not None}
    return [without_none(one) for one in value] if isinstance(value, list) else value


def shared_beginning(first: list[dict[str, Any]], second: list[dict[str, Any]]) -> int:
    """Messages that two conversations begin with alike: the prompt of a pair that has none of its own.

    The last message of either is an answer, even where they are the same.
    """
    most = min(len(first), len(second)) - 1
    return next((at for at in range(most) if first[at] != second[at]), max(most, 0))


def _a(value: Any) -> str:
    return "nothing" if value is None else f"a {type(value).__name__}"
