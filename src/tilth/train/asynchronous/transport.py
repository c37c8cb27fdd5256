"""What the orchestrator asks of the world. Every question has a ticket; replies come as calls of the orchestrator."""

from collections.abc import Mapping
from typing import Any, Protocol

from tilth.train.asynchronous.groups import Group


class Transport(Protocol):
    """Carries questions to servers, rewards and back. No call waits or raises: what cannot be done is `failed`."""

    def answer(self, ticket: int, server: str, group: Group, place: int) -> None:
        """Write the answer at a place of a group, going on behind the tokens it has; `heard` and `done` with a Part."""
        ...

    def judge(self, ticket: int, group: Group) -> None:
        """Let the rewards judge a group; `done` with their verdict."""
        ...

    def push(self, ticket: int, server: str, version: int) -> None:
        """Pause, bring weights, resume; `done` with the version that the server has now."""
        ...

    def probe(self, ticket: int, server: str) -> None:
        """Look whether a server lives; `done` with its Load."""
        ...

    def restart(self, ticket: int, server: str) -> None:
        """Start a server again; `done` when it answers."""
        ...

    def cancel(self, ticket: int, server: str) -> None:
        """Nobody waits for this answer any more."""
        ...


class Source(Protocol):
    """Where prompts come from: the same ones in the same order, whoever asks."""

    def next(self) -> Any:
        """What names the next prompt; goes into checkpoints as JSON."""
        ...

    def record(self) -> Mapping[str, Any]:
        """For a checkpoint."""
        ...

    def restore(self, record: Mapping[str, Any]) -> None:
        """From a checkpoint."""
        ...
