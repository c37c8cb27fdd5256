"""vLLM servers over HTTP: one, or several that share the work; one that is lost costs time and no answers."""

import time
from collections import deque
from collections.abc import Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Any, Final

from torch import Tensor

from tilth.errors import UserError, WorkFailed
from tilth.train.rollouts.protocol import Answer, Sampling
from tilth.train.rollouts.transport import Transport
from tilth.train.rollouts.vllm_client import Client, Unreachable, address
from tilth.train.rollouts.vllm_requests import answer, room, settings

_IN_FLIGHT: Final = 64
"""Requests at one time to one server, which batches them itself."""
_TRIES: Final = 3
"""A request that so many servers did not answer in time is at fault itself."""
_LOOK_SECONDS: Final = 1.0


class Servers:
    """An engine of servers that were started with `tilth train vllm-serve`.

    Args:
        urls: Their addresses.
        transport: How weights reach them.
        timeout_seconds: For a request, and for a server that is not there yet or was lost.
        pushes: Whether this process brings the weights: one of those that train does.

    Raises:
        UserError: An address is none, or serves no model.
        Unreachable: A server does not answer in time.
    """

    is_shared = False

    def __init__(
        self,
        urls: Sequence[str],
        transport: Transport,
        *,
        timeout_seconds: float = 240.0,
        pushes: bool = True,
    ) -> None:
        if not urls:
            raise UserError(
                "there is no address of a vLLM server", hint="vllm_server_base_url: http://127.0.0.1:8000"
            )
        self.clients = [Client(address(url), timeout_seconds) for url in dict.fromkeys(urls)]
        self.transport, self.timeout_seconds, self.pushes = transport, timeout_seconds, pushes
        self.version = 0
        self.lost = 0
        """Requests that a server did not answer and another one did."""
        self._has_weights = False
        self._away: set[str] = set()
        for client in self.clients:
            client.meet(timeout_seconds)
            client.tell_workers("tilth_state")
        self._threads = ThreadPoolExecutor(_IN_FLIGHT * len(self.clients), "vllm")

    def generate(
        self, prompts: Sequence[Sequence[int]], sampling: Sampling, answers: int = 1
    ) -> list[list[Answer]]:
        """So many answers to each prompt, in order.

        Raises:
            UserError: A prompt is empty or leaves no room for an answer, or a server refuses it.
            WorkFailed: No server is left, or none answers a request.
        """
        context = min(client.context for client in self.clients)
        requests = [
            settings(sampling, at, room(prompt, sampling, context), answers)
            | {"prompt": list(prompt), "return_token_ids": True}
            for at, prompt in enumerate(prompts)
        ]
        found = self._ask(requests)
        return [[_answer(one, sampling, self.version) for one in choices] for choices in found]

    def score(self, sequences: Sequence[Sequence[int]]) -> list[list[float]]:
        """Log-probability of each token of some texts but the first, at temperature 1, by the first server that is up.

        All servers are asked, and where they differ from the first, theirs is what is returned.
        """
        requests = [
            {"prompt": list(ids), "max_tokens": 1, "prompt_logprobs": 0, "return_token_ids": True}
            for ids in sequences
        ]
        found: list[list[float]] = []
        for client in self._up():
            said = [
                _scores(client.complete(request)[0], ids)
                for request, ids in zip(requests, sequences, strict=True)
            ]
            found = said if not found else [_farther(a, b) for a, b in zip(found, said, strict=True)]
        return found

    def load(self, weights: Iterable[tuple[str, Tensor]], version: int) -> None:
        """Bring weights to all servers; one that is away gets them when it is back.

        Raises:
            UserError: A server does not take them.
            WorkFailed: No server is left.
        """
        if self.pushes:
            self.transport.hold(weights, version)
        self.version, self._has_weights = version, True
        self._look(self.clients)
        self._wait_for_one()

    def close(self) -> None:
        """Give back what is held; the servers go on."""
        self._threads.shutdown(cancel_futures=True)
        self.transport.close()

    def _ask(self, requests: Sequence[dict[str, Any]]) -> list[list[dict[str, Any]]]:
        """The choices of each request: the server with the fewest waiting gets the next."""
        self._look(self.clients)
        self._wait_for_one()
        found: dict[int, list[dict[str, Any]]] = {}
        waiting = deque(range(len(requests)))
        tries = [0] * len(requests)
        running: dict[Future[Any], tuple[int, Client]] = {}
        looked = time.monotonic()
        try:
            while len(found) < len(requests):
                while waiting and (client := self._freest(running)) is not None:
                    at = waiting.popleft()
                    running[self._threads.submit(client.complete, requests[at] | self._salt())] = (at, client)
                done, _ = wait(running, _LOOK_SECONDS, FIRST_COMPLETED)
                for one in done:
                    at, client = running.pop(one)
                    try:
                        found[at] = one.result()
                    except Unreachable as error:
                        self._lose(client, at, tries, error)
                        waiting.append(at)
                if not running or time.monotonic() - looked > _LOOK_SECONDS:
                    self._wait_for_one()
                    looked = time.monotonic()
        finally:
            for one in running:
                one.cancel()
        return [found[at] for at in range(len(requests))]

    def _salt(self) -> dict[str, str]:
        """Keys and values of other weights are not found under it."""
        return {"cache_salt": f"tilth-{self.version}"}

    def _freest(self, running: dict[Future[Any], tuple[int, Client]]) -> Client | None:
        load = {client.url: 0 for client in self._up()}
        for _, client in running.values():
            if client.url in load:
                load[client.url] += 1
        free = [client for client in self._up() if load[client.url] < _IN_FLIGHT]
        return min(free, key=lambda client: load[client.url]) if free else None

    def _up(self) -> list[Client]:
        return [client for client in self.clients if client.url not in self._away]

    def _lose(self, client: Client, at: int, tries: list[int], error: Unreachable) -> None:
        self.lost += 1
        self._away.add(client.url)
        tries[at] += 1
        if tries[at] >= _TRIES:
            raise WorkFailed(f"{tries[at]} times, a server did not answer a request: {error.what}") from error

    def _look(self, clients: Sequence[Client]) -> None:
        """Those that are up and have the newest weights get work; to others, the weights are brought first."""
        for client in clients:
            self._away.add(client.url)
            try:
                client.meet(0)
                if not self._is_current(client) and self.pushes:
                    self.transport.bring([client], self.version)
                    client.forget()
                if self._is_current(client):
                    self._away.discard(client.url)
            except Unreachable:
                continue

    def _is_current(self, client: Client) -> bool:
        """Whether a server has the newest weights; before the first, it has those it was started with."""
        if self._has_weights:
            return all(worker["version"] == self.version for worker in client.tell_workers("tilth_state"))
        return True

    def _wait_for_one(self) -> None:
        """Until one server is up.

        Raises:
            WorkFailed: None is, for as long as a server may take.
        """
        end = time.monotonic() + self.timeout_seconds
        self._look([client for client in self.clients if client.url in self._away])
        while not self._up():
            if time.monotonic() > end:
                raise WorkFailed(
                    f"for {self.timeout_seconds:g} s no vLLM server has answered: {', '.join(sorted(self._away))}",
                    hint="start them again with `tilth train vllm-serve`, and resume the run",
                )
            time.sleep(_LOOK_SECONDS)
            self._look(self.clients)


def _answer(choice: dict[str, Any], sampling: Sampling, version: int) -> Answer:
    logps = (choice.get("logprobs") or {}).get("token_logprobs") or []
    return answer(choice.get("token_ids") or [], logps, choice.get("finish_reason"), sampling, version)


def _scores(choice: dict[str, Any], ids: Sequence[int]) -> list[float]:
    known = choice.get("prompt_logprobs") or []
    return [float(said[str(token)]["logprob"]) for said, token in zip(known[1:], ids[1:], strict=True)]


def _farther(first: list[float], other: list[float]) -> list[float]:
    """The other's where it is another: no server that differs is hidden by one that does not."""
    return other if max(abs(a - b) for a, b in zip(first, other, strict=True)) > 1e-6 else first
