"""One vLLM server as it is asked over HTTP."""

import http.client
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from tilth.errors import UserError, WorkFailed

_SAID = 400
"""Characters of a server's refusal that are repeated."""


class Unreachable(WorkFailed):
    """A server does not answer, answers too late, or breaks off: another may do the same work."""


@dataclass(slots=True)
class Client:
    """A server.

    Attributes:
        url: Where it answers, such as `http://10.0.0.2:8000`.
        timeout_seconds: For one request.
        model: What it calls its model; known after `meet`.
        context: Tokens that its model reads; known after `meet`.
    """

    url: str
    timeout_seconds: float
    model: str = ""
    context: int = 0

    def meet(self, wait_seconds: float) -> None:
        """Waits until the server answers, and learns what it serves.

        Raises:
            Unreachable: It does not answer in time.
            UserError: It serves no model.
        """
        end = time.monotonic() + wait_seconds
        while True:
            try:
                served = self._ask("GET", "/v1/models", None, min(self.timeout_seconds, 10.0))
                break
            except Unreachable:
                if time.monotonic() > end:
                    raise
                time.sleep(0.5)
        if not isinstance(served, dict) or not served.get("data"):
            raise UserError(f"{self.url} serves no model", hint="start it with `tilth train vllm-serve`")
        self.model = served["data"][0]["id"]
        self.context = int(served["data"][0].get("max_model_len") or 0) or 2**31

    def complete(self, request: Mapping[str, Any]) -> list[dict[str, Any]]:
        """The choices that answer a request to `/v1/completions`."""
        said = self._ask("POST", "/v1/completions", {"model": self.model, **request}, self.timeout_seconds)
        found: list[dict[str, Any]] = said["choices"]
        return found

    def tell_workers(self, method: str, *arguments: str) -> list[dict[str, Any]]:
        """What each worker answers to a call.

        Raises:
            UserError: The server's workers do not know it.
        """
        try:
            said = self._ask(
                "POST", "/collective_rpc", {"method": method, "args": arguments}, self.timeout_seconds
            )
        except UserError as error:
            raise UserError(
                f"{self.url} does not take weights: {error.what}",
                hint="start it with `tilth train vllm-serve`",
            ) from error
        found: list[dict[str, Any]] = said["results"]
        return found

    def forget(self) -> None:
        """Keys and values of earlier weights are not used again."""
        self._ask("POST", "/reset_prefix_cache", None, self.timeout_seconds)

    def _ask(self, verb: str, path: str, body: Mapping[str, Any] | None, timeout_seconds: float) -> Any:
        parts = urlsplit(self.url)
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        connection = kind(parts.netloc, timeout=timeout_seconds)
        text = None if body is None else json.dumps(body)
        try:
            connection.request(
                verb, parts.path.rstrip("/") + path, text, {"Content-Type": "application/json"}
            )
            answered = connection.getresponse()
            said = answered.read()
        except (OSError, http.client.HTTPException) as error:
            raise Unreachable(f"{self.url} does not answer: {error or type(error).__name__}") from error
        finally:
            connection.close()
        if answered.status >= 500 and path != "/collective_rpc":
            raise Unreachable(f"{self.url} failed with {answered.status}: {_line(said)}")
        if answered.status >= 400:
            raise UserError(f"{self.url} refuses {path} with {answered.status}: {_line(said)}")
        try:
            return json.loads(said) if said else None
        except ValueError as error:
            raise UserError(f"{self.url} is no vLLM server: it answers {path} with {_line(said)}") from error


def address(url: str) -> str:
    """An address as it is used.

    Raises:
        UserError: It is none.
    """
    found = url if "//" in url else f"http://{url}"
    if not urlsplit(found).hostname or urlsplit(found).scheme not in ("http", "https"):
        raise UserError(f"`{url}` is no address of a server", hint="such as http://127.0.0.1:8000")
    return found.rstrip("/").removesuffix("/v1")


def _line(said: bytes) -> str:
    return " ".join(said.decode("utf-8", "replace").split())[:_SAID]
