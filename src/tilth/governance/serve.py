"""Requests over HTTP: takes them in, tells how they stand, and gives receipts.

What comes in is hostile until it is proved otherwise: only whole, small, plainly typed bodies are read, each within a
time, so many at once, so many a minute; nothing but a request that holds is written. It speaks plain HTTP to a proxy
on the same machine, which does the encryption.

    POST /requests              a request as JSON -> its id
    GET  /requests/ID           its state, the day it is due, what is still to be proved
    GET  /requests/ID/receipt   the receipt of what the ledger last said of it
    GET  /key, GET /head        the public key; how much the ledger holds, and its root
"""

import json
import re
import socket
import time
from collections import deque
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import BoundedSemaphore, Lock
from typing import Any

from tilth.errors import UserError
from tilth.governance import receipts
from tilth.governance.cases import case, receive
from tilth.governance.intake import from_fields, reason_of
from tilth.governance.keys import Keys, fingerprint, raw_public
from tilth.governance.ledger import Ledger

BODY_BYTES_MAX = 2**18
SECONDS_MAX = 10.0
"""In which a client has to say all that it wants."""
AT_ONCE_MAX = 32
CLIENTS_MAX = 10_000
"""Addresses whose requests of the last minute are remembered."""
_PATH = re.compile(r"/requests/(req-[0-9a-f]{16})(/receipt)?")

Answer = tuple[int, dict[str, Any]]


class Refused(Exception):
    """What a client said is not taken: a status and a reason."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


class Intake(ThreadingHTTPServer):
    """A ledger's door.

    Args:
        address: Host and port to listen at.
        ledger: Where requests go.
        keys: Its keys.
        per_minute: Requests that one client may send in a minute.
    """

    daemon_threads = True
    request_queue_size = 2 * AT_ONCE_MAX

    def __init__(self, address: tuple[str, int], ledger: Ledger, keys: Keys, *, per_minute: int = 30) -> None:
        self.ledger, self.keys, self._per_minute = ledger, keys, per_minute
        self._room, self._lock = BoundedSemaphore(AT_ONCE_MAX), Lock()
        self._seen: dict[str, deque[float]] = {}
        super().__init__(address, _Client)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Starts a thread for a client, where there is room for one."""
        if self._room.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Answers one client."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._room.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away in the middle is nothing to tell of."""

    def is_too_often(self, client: str) -> bool:
        """Counts a request of a client, and says whether it had as many in the last minute as it may."""
        with self._lock:
            if client not in self._seen and len(self._seen) >= CLIENTS_MAX:
                self._seen.pop(next(iter(self._seen)))
            times = self._seen.setdefault(client, deque())
            now = time.monotonic()
            while times and times[0] < now - 60:
                times.popleft()
            if len(times) >= self._per_minute:
                return True
            times.append(now)
            return False


class _Client(BaseHTTPRequestHandler):
    server: Intake
    server_version, sys_version = "tilth", ""
    timeout = SECONDS_MAX

    def setup(self) -> None:
        super().setup()
        self._until = time.monotonic() + SECONDS_MAX
        self.rfile = _Timed(self.connection, self._until)  # type: ignore[assignment]

    def do_GET(self) -> None:
        self._answer(self._told)

    def do_POST(self) -> None:
        self._answer(self._taken)

    def _answer(self, make: Callable[[], Answer]) -> None:
        try:
            status, said = make()
        except Refused as refused:
            status, said = refused.status, {"error": str(refused)}
        except UserError as error:
            status, said = 503, {"error": "the ledger cannot be reached"}
            if error.what.startswith("there is no request"):
                status, said = 404, {"error": "there is no such request"}
        data = json.dumps(said).encode("ascii") + b"\n"
        self.send_response(status)
        for name, value in (
            ("Content-Type", "application/json"),
            ("Content-Length", str(len(data))),
            ("X-Content-Type-Options", "nosniff"),
            ("Cache-Control", "no-store"),
        ):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def _told(self) -> Answer:
        ledger, keys = self.server.ledger, self.server.keys
        if self.path == "/key":
            said = {"public_key": raw_public(keys.public).hex(), "fingerprint": fingerprint(keys.public)}
            return 200, said
        if self.path == "/head":
            head = ledger.head()
            return 200, {"entries": head.size, "root": head.root}
        if not (match := _PATH.fullmatch(self.path)):
            raise Refused(404, "there is nothing here")
        if match[2]:
            return 200, receipts.receipt(ledger, keys, match[1])
        found = case(ledger, match[1])
        said = {"request": match[1], "state": found.state, "due": found.due.isoformat()}
        return 200, said | {"unproved": found.unproved()}

    def _taken(self) -> Answer:
        if self.path != "/requests":
            raise Refused(404, "requests are sent to /requests")
        if self.server.is_too_often(self.client_address[0]):
            raise Refused(429, "too many requests in a minute")
        try:
            fields = json.loads(self._body().decode("utf-8"))
            if isinstance(fields, dict) and "reference" in fields:
                raise ValueError("`reference` is for those who import requests")
            wanted = from_fields(fields, self.server.keys)
        except (ValueError, RecursionError) as error:
            reason = reason_of(error) if isinstance(error, ValueError) else "too deeply nested"
            raise Refused(400, reason) from error
        ((name, is_new),) = receive(self.server.ledger, self.server.keys, [wanted])
        return 201 if is_new else 200, {"request": name, "is_new": is_new}

    def _body(self) -> bytes:
        if self.headers.get_content_type() != "application/json":
            raise Refused(415, "a request is application/json")
        lengths = self.headers.get_all("Content-Length") or []
        if self.headers.get("Transfer-Encoding") or len(lengths) != 1 or not lengths[0].isdecimal():
            raise Refused(411, "a request has one Content-Length")
        length = int(lengths[0][:20])
        if length > BODY_BYTES_MAX:
            raise Refused(413, f"a request has at most {BODY_BYTES_MAX} bytes")
        data = self.rfile.read(length)
        if len(data) < length:
            raise Refused(400, "the request was cut short")
        return data

    def log_message(self, format: str, *args: Any) -> None:
        """Who asks is nobody's business."""


class _Timed:
    """What a client says, until its time is over: drop by drop is no way to hold a thread."""

    def __init__(self, connection: socket.socket, until: float) -> None:
        self._connection, self._until = connection, until
        self._held = b""

    def _more(self) -> bool:
        left = self._until - time.monotonic()
        if left <= 0:
            raise TimeoutError("the client took too long")
        self._connection.settimeout(left)
        data = self._connection.recv(2**16)
        self._held += data
        return bool(data)

    def read(self, size: int = -1) -> bytes:
        """As many bytes; fewer where the client has closed."""
        while len(self._held) < size and self._more():
            pass
        data, self._held = self._held[:size], self._held[size:]
        return data

    def readline(self, size: int | None = -1) -> bytes:
        """A line, or as many bytes of it."""
        limit = size if size and size > 0 else BODY_BYTES_MAX
        while b"\n" not in self._held and len(self._held) < limit and self._more():
            pass
        end = self._held.find(b"\n") + 1 or len(self._held)
        return self.read(min(end, limit))

    def close(self) -> None:
        """The connection is closed by who opened it."""
