"""Which ledger and which keys a command means."""

import os
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

LedgerPlace = Annotated[
    str | None,
    Parameter(
        name="--ledger",
        help="The ledger: a path (SQLite), or `postgresql://…`; TILTH_LEDGER, or governance/ledger.sqlite.",
    ),
]
KeysPlace = Annotated[
    Path | None, Parameter(name="--keys", help="Folder of the keys; TILTH_KEYS, or governance/keys.")
]


def installed() -> None:
    """Tells what to install where a package of the ledger is lacking."""
    from importlib.util import find_spec

    from tilth.errors import UserError

    for name in ("sqlalchemy", "cryptography"):
        if find_spec(name) is None:
            raise UserError(f"a ledger needs the package `{name}`", hint="pip install 'tilth[governance]'")


def opened(where: str | None, *, make: bool = False) -> Any:
    """The ledger that is meant."""
    installed()
    from tilth.governance.ledger import Ledger

    return Ledger.open(where or os.environ.get("TILTH_LEDGER") or "governance/ledger.sqlite", make=make)


def keys_at(where: Path | None) -> Any:
    """The keys that are meant."""
    installed()
    from tilth.governance.keys import read_keys

    return read_keys(where or Path(os.environ.get("TILTH_KEYS") or "governance/keys"))
