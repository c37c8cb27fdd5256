"""Looks after servers: looks in on them, starts them again, brings weights. It asks one thing at a time of each."""

from collections.abc import Callable, Sequence
from typing import Any

from tilth.train.asynchronous.servers import Balance, Server
from tilth.train.asynchronous.settings import Bounds
from tilth.train.asynchronous.tickets import Kind, Ticket, Tickets
from tilth.train.asynchronous.transport import Transport

_REST_SECONDS = 1.0
_REST_MAX_SECONDS = 30.0
# Between tries: twice as long after each failure.


class Fleet:
    """The servers of a run.

    Args:
        names: Of the servers.
        lose: Called with tickets of answers whose server was lost, and the time.
    """

    def __init__(
        self,
        names: Sequence[str],
        bounds: Bounds,
        transport: Transport,
        tickets: Tickets,
        lose: Callable[[Sequence[int], float], None],
    ) -> None:
        self.bounds, self.transport, self.tickets, self._lose = bounds, transport, tickets, lose
        self.servers = {
            name: Server(name, float(bounds.concurrency), float(bounds.concurrency_max)) for name in names
        }
        self.balance = Balance()
        self.newest = 0
        self.pushes = 0

    def begin(self, version: int, now: float) -> None:
        """Look at all of them for the first time."""
        self.newest = version
        for server in self.servers.values():
            server.passed(now)
            self._go_on(server, now)

    def renew(self, version: int, now: float) -> None:
        """There are new weights."""
        self.newest = version
        for server in self.servers.values():
            self._wake(server, now)

    def take(self, version: int, now: float) -> Server | None:
        """The best server with room and with weights at least this new, which now gets an answer."""
        name = self.balance.take(version)
        if name is None:
            return None
        server = self.servers[name]
        server.passed(now)
        return server

    def gave(self, server: Server, ticket: int) -> None:
        """The server got an answer to write."""
        server.running.add(ticket)
        self.balance.offer(server)

    def freed(self, ticket: Ticket, now: float) -> None:
        """An answer is no longer on its server."""
        server = self.servers[ticket.server]
        server.passed(now)
        server.running.discard(ticket.number)
        self.balance.offer(server)

    def suspect(self, name: str, now: float) -> None:
        """An answer failed there: look at the server at once."""
        server = self.servers[name]
        if self._rests(server):
            self._end_rest(server)
            self._ask("probe", server, now)

    def done(self, ticket: Ticket, result: Any, now: float) -> None:
        """An operation succeeded, with what its question says it is `done` with."""
        server = self.servers[ticket.server]
        server.operation = None
        server.failures = 0
        if ticket.kind == "push":
            server.version, server.stage = int(result), "up"
            self.pushes += 1
        elif ticket.kind == "restart":
            server.stage = "answers"
        elif server.is_up and result.version in (None, server.version):
            server.passed(now)
            server.measure()
            server.adapt(result)
        else:
            server.stage = "answers"
        self.balance.offer(server)
        self._go_on(server, now)

    def failed(self, ticket: Ticket, now: float) -> None:
        """An operation failed, or took too long; a rest that is over takes too long by intention."""
        server = self.servers[ticket.server]
        server.operation = None
        if ticket.kind == "rest":
            self._go_on(server, now, rested=True)
            return
        server.failures += 1
        # A push that failed leaves weights that nobody knows: what runs on them is taken away as well.
        server.version, server.stage = -1, "gone" if ticket.kind == "probe" else "unknown"
        self.balance.offer(server)
        self._lose(sorted(server.running), now)
        if ticket.kind == "probe":
            self._ask("restart", server, now)
        else:
            self._rest(server, now, min(_REST_SECONDS * 2 ** (server.failures - 1), _REST_MAX_SECONDS))

    def _go_on(self, server: Server, now: float, *, rested: bool = False) -> None:
        """Ask of a server what is due next."""
        if server.stage == "answers" or (server.is_up and server.version < self.newest):
            self._ask("push", server, now)
        elif server.stage == "unknown" or rested:
            self._ask("probe", server, now)
        else:
            self._rest(server, now, self.bounds.probe_seconds)

    def _wake(self, server: Server, now: float) -> None:
        if self._rests(server) and server.is_up:
            self._end_rest(server)
            self._go_on(server, now)

    def _rests(self, server: Server) -> bool:
        ticket = self.tickets.get(server.operation) if server.operation is not None else None
        return ticket is not None and ticket.kind == "rest"

    def _end_rest(self, server: Server) -> None:
        if server.operation is not None:
            self.tickets.close(server.operation)
            server.operation = None

    def _rest(self, server: Server, now: float, seconds: float) -> None:
        server.operation = self.tickets.open("rest", now + seconds, server.name)

    def _ask(self, kind: Kind, server: Server, now: float) -> None:
        bounds = self.bounds
        seconds = {
            "push": bounds.push_timeout_seconds,
            "probe": bounds.probe_timeout_seconds,
            "restart": bounds.restart_timeout_seconds,
        }[kind]
        ticket = server.operation = self.tickets.open(kind, now + seconds, server.name)
        if kind == "push":
            self.transport.push(ticket, server.name, self.newest)
        elif kind == "probe":
            self.transport.probe(ticket, server.name)
        else:
            self.transport.restart(ticket, server.name)
