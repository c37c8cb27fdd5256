"""The ledger: entries that follow one another, each with the hash of the one before it, in SQLite or PostgreSQL.

An entry's hash is also its leaf in a Merkle tree (RFC 6962), so one number, the root, stands for all of them. Writers
take turns by a lock of the database; the number of an entry is unique, so that even without the lock two of them could
never write the same one. What is committed is there after a `kill -9`; what is not, never was.
"""

import json
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError, OperationalError, SQLAlchemyError

from tilth.errors import UserError, WorkFailed
from tilth.governance import merkle
from tilth.governance.canonical import canonical

Body = dict[str, Any]
T = TypeVar("T")

NOTHING_BEFORE = "0" * 64
ATTEMPTS = 60
"""How often a writer tries to get its turn before it gives up: about a minute."""

_TABLES = sa.MetaData()
ENTRIES = sa.Table(
    "entries",
    _TABLES,
    sa.Column("sequence", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("kind", sa.String(40), nullable=False),
    sa.Column("request", sa.String(40), nullable=False, index=True),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("previous", sa.String(64), nullable=False),
    sa.Column("hash", sa.String(64), nullable=False, unique=True),
)
ATTACHED = sa.Table(
    "attached",
    _TABLES,
    sa.Column("request", sa.String(40), primary_key=True),
    sa.Column("name", sa.String(40), primary_key=True),
    sa.Column("data", sa.LargeBinary, nullable=False),
)
"""What goes with a request and has only its hash in an entry: words that may be forgotten, reaches that are long."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the ledger."""

    sequence: int
    kind: str
    request: str
    body: Body
    previous: str
    """Hash of the entry before it, hex."""

    @property
    def leaf(self) -> bytes:
        """Hash of all that it says, and of all that came before it."""
        names = ("sequence", "kind", "request", "body", "previous")
        return merkle.leaf_hash(canonical({name: getattr(self, name) for name in names}))


@dataclass(frozen=True, slots=True)
class Head:
    """How much the ledger holds, and the root over it."""

    size: int
    root: str


class Writer:
    """One turn at the ledger: what it reads is the newest, and what it writes is there when the turn is over."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection
        last = connection.execute(sa.select(ENTRIES).order_by(ENTRIES.c.sequence.desc()).limit(1)).first()
        self._new: list[dict[str, Any]] = []
        self._size = last.sequence + 1 if last else 0
        self._previous = last.hash if last else NOTHING_BEFORE

    def entries_of(self, request: str) -> list[Entry]:
        """What the ledger says of a request, in its order."""
        self.flush()
        return list(_entries(self._connection, ENTRIES.c.request == request))

    def known(self, requests: list[str]) -> set[str]:
        """Those of some requests that the ledger says something of."""
        self.flush()
        query = sa.select(ENTRIES.c.request).where(ENTRIES.c.request.in_(requests)).distinct()
        return {row.request for row in self._connection.execute(query)}

    def flush(self) -> None:
        """Sends what was written to the database; the turn's end does it too."""
        if self._new:
            self._connection.execute(ENTRIES.insert(), self._new)
            self._new = []

    def append(self, kind: str, request: str, body: Body) -> Entry:
        """Writes one entry."""
        entry = Entry(self._size, kind, request, body, self._previous)
        self._previous = entry.leaf.hex()
        self._size += 1
        row = {"sequence": entry.sequence, "kind": kind, "request": request}
        row |= {"body": canonical(body).decode(), "previous": entry.previous, "hash": self._previous}
        self._new.append(row)
        return entry

    def attach(self, request: str, name: str, data: bytes) -> None:
        """Keeps data beside the ledger, in the place of what had that name."""
        same = (ATTACHED.c.request == request) & (ATTACHED.c.name == name)
        self._connection.execute(ATTACHED.delete().where(same))
        self._connection.execute(ATTACHED.insert().values(request=request, name=name, data=data))

    def forget(self, request: str, name: str) -> bool:
        """Takes away what was kept beside the ledger."""
        same = (ATTACHED.c.request == request) & (ATTACHED.c.name == name)
        return bool(self._connection.execute(ATTACHED.delete().where(same)).rowcount)


class Ledger:
    """A ledger in a database."""

    def __init__(self, where: str) -> None:
        self.url = url_of(where)
        self._engine = _engine(self.url)

    @property
    def engine(self) -> sa.Engine:
        """The database, for what lies beside the entries."""
        return self._engine

    @classmethod
    def open(cls, where: str, *, make: bool = False) -> "Ledger":
        """The ledger at a path (SQLite) or a URL (`postgresql://…`).

        Raises:
            UserError: There is none, or the database cannot be reached.
        """
        ledger = cls(where)
        try:
            if make:
                ledger._make()
            elif not sa.inspect(ledger._engine).has_table(ENTRIES.name):
                raise UserError(f"there is no ledger at `{_shown(ledger.url)}`", hint=_MAKE)
        except SQLAlchemyError as error:
            raise _unreachable(ledger.url, error) from error
        return ledger

    def _make(self) -> None:
        if path := self.url.database if self.url.get_backend_name() == "sqlite" else None:
            Path(path).parent.mkdir(parents=True, exist_ok=True)
        for attempt in range(ATTEMPTS):
            try:
                _TABLES.create_all(self._engine)
                return
            except (IntegrityError, OperationalError, sa.exc.ProgrammingError):
                # Another one makes the tables at the same time.
                if attempt == ATTEMPTS - 1:
                    raise
                _wait(attempt)

    def write(self, turn: Callable[[Writer], T]) -> T:
        """Runs one turn; it is taken again from the start where another writer came first.

        Raises:
            WorkFailed: The database gave no turn for a minute.
        """
        for attempt in range(ATTEMPTS):
            try:
                with self._writing() as connection:
                    writer = Writer(connection)
                    made = turn(writer)
                    writer.flush()
                return made
            except (IntegrityError, OperationalError) as error:
                last = error
            _wait(attempt)
        raise WorkFailed(
            f"the ledger at `{_shown(self.url)}` gave no turn: {_first_line(last)}",
            hint="run the same command again: nothing was written",
        )

    @contextmanager
    def _writing(self) -> Iterator[sa.Connection]:
        with self._engine.connect().execution_options(writes=True) as connection, connection.begin():
            if connection.dialect.name == "postgresql":
                connection.exec_driver_sql(f"LOCK TABLE {ENTRIES.name} IN EXCLUSIVE MODE")
            yield connection

    def entries(self, request: str | None = None) -> list[Entry]:
        """All entries, or those of one request, in their order."""
        with self._engine.connect() as connection:
            return list(_entries(connection, sa.true() if request is None else ENTRIES.c.request == request))

    def hashes(self) -> list[bytes]:
        """The hash of each entry, as it stands in the database."""
        query = sa.select(ENTRIES.c.hash).order_by(ENTRIES.c.sequence)
        with self._engine.connect() as connection:
            return [bytes.fromhex(row.hash) for row in connection.execute(query)]

    def head(self) -> Head:
        """How much there is now, and the root over it."""
        leaves = self.hashes()
        return Head(len(leaves), merkle.root(leaves).hex())

    def attached(self, request: str, name: str) -> bytes | None:
        """What is kept beside the ledger under that name."""
        query = sa.select(ATTACHED.c.data).where((ATTACHED.c.request == request) & (ATTACHED.c.name == name))
        with self._engine.connect() as connection:
            row = connection.execute(query).first()
        return bytes(row.data) if row else None

    def rows(self) -> list[tuple[Entry, str]]:
        """Every entry with the hash that stands beside it, for who checks them.

        Raises:
            UserError: A row is not what an entry is.
        """
        with self._engine.connect() as connection:
            rows = connection.execute(sa.select(ENTRIES).order_by(ENTRIES.c.sequence)).all()
        return [(_entry(row), row.hash) for row in rows]

    def close(self) -> None:
        """Gives the connections back."""
        self._engine.dispose()


def url_of(where: str) -> sa.URL:
    """The database that a path or a URL names.

    Raises:
        UserError: It is a database that a ledger cannot be in.
    """
    if "://" not in where:
        return sa.URL.create("sqlite", database=where)
    try:
        url = sa.make_url(where)
    except sa.exc.ArgumentError as error:
        raise UserError(
            "the address of the ledger is not a URL", hint="`postgresql://user@host/database`"
        ) from error
    if url.get_backend_name() not in ("sqlite", "postgresql"):
        raise UserError(
            f"a ledger cannot be in `{url.drivername}`", hint="SQLite (a path) and PostgreSQL are known"
        )
    return url.set(drivername="postgresql+psycopg") if url.drivername == "postgresql" else url


def now() -> str:
    """This second, UTC, as the ledger writes times."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _entries(connection: sa.Connection, where: sa.ColumnElement[bool]) -> Iterator[Entry]:
    for row in connection.execute(sa.select(ENTRIES).where(where).order_by(ENTRIES.c.sequence)):
        yield _entry(row)


def _entry(row: Any) -> Entry:
    try:
        body = json.loads(row.body)
    except ValueError as error:
        raise UserError(f"entry {row.sequence} of the ledger is no entry: {error}", hint=_ALTERED) from error
    return Entry(row.sequence, row.kind, row.request, body, row.previous)


def _engine(url: sa.URL) -> sa.Engine:
    if url.get_backend_name() != "sqlite":
        return sa.create_engine(url, pool_pre_ping=True)
    engine = sa.create_engine(url, connect_args={"timeout": 30})

    @sa.event.listens_for(engine, "connect")
    def _connected(connection: Any, _: object) -> None:
        # The driver would begin on its own, and too late to keep two writers apart.
        connection.isolation_level = None
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")

    @sa.event.listens_for(engine, "begin")
    def _begun(connection: sa.Connection) -> None:
        writes = connection.get_execution_options().get("writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _wait(attempt: int) -> None:
    time.sleep(random.uniform(0.01, min(0.05 * (attempt + 1), 1.5)))


def _shown(url: sa.URL) -> str:
    path = url.database if url.get_backend_name() == "sqlite" else None
    return path or url.render_as_string(hide_password=True)


def _first_line(error: Exception) -> str:
    return str(getattr(error, "orig", error)).strip().split("\n")[0]


def _unreachable(url: sa.URL, error: Exception) -> UserError:
    return UserError(
        f"the ledger at `{_shown(url)}` cannot be reached: {_first_line(error)}",
        hint="name it with `--ledger`: a path, or `postgresql://user@host/database`",
    )


_MAKE = "`tilth governance init` makes one; name another with `--ledger`"
_ALTERED = "the database was altered: `tilth governance verify` says where"
