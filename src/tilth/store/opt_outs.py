"""The file of accepted requests: what a ledger exports and a build heeds.

One row is one thing that must not stay or, where it names a licence, one whose licence was corrected.

The half that keeps requests writes it and the half that builds releases reads it; neither knows the other. Rows are
plain matches, so leaving them out is a join: how far a request reaches was worked out before.
"""

from collections.abc import Iterable
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Literal, get_args

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tilth.errors import UserError
from tilth.store.atomic import whole_file
from tilth.store.hashes import sha256_of

FORMAT = "tilth-opt-outs-2"
KeyKind = Literal["account", "repository", "history", "tree", "path", "content", "copy", "revision"]
KINDS: tuple[KeyKind, ...] = get_args(KeyKind)
"""What a key matches. `account`: every repository of an address. `repository`: one address. `history`: units with that
first commit. `tree`: units with that root tree. `path`: a path (a folder, where it ends with `/`) of an address.
`content`: these bytes anywhere. `copy`: these bytes at that path, anywhere. `revision`: a commit."""
SCHEMA = pa.schema([(name, pa.string()) for name in ("request", "kind", "value", "path", "why", "licence")])


@dataclass(frozen=True, slots=True, order=True)
class Key:
    """One thing that must not stay, or whose licence is another."""

    request: str
    """Id of the request."""
    kind: KeyKind
    value: str
    """Address, or 40 hex digits."""
    path: str = ""
    """Path, for the kinds that have one."""
    why: str = "named"
    """How the request came to it: named, or the way from what is named."""
    licence: str = ""
    """What its licence is; empty where it must not stay."""


@dataclass(frozen=True, slots=True)
class OptOuts:
    """An exported file."""

    rows: pa.Table
    """What must not stay."""
    corrections: pa.Table
    """What has another licence than was found, in the order in which it was asked for."""
    ledger_head: str
    """Root over the ledger that it was exported from, hex."""
    ledger_size: int
    sha256: str
    """Of the file."""

    @property
    def requests(self) -> list[str]:
        """Ids of the requests, in order."""
        return sorted({*self.rows["request"].to_pylist(), *self.corrections["request"].to_pylist()})


def write_opt_outs(path: Path, keys: Iterable[Key], *, ledger_head: str, ledger_size: int) -> None:
    """Writes the file; equal keys from an equal ledger give equal bytes."""
    rows = [astuple(key) for key in sorted(set(keys))]
    columns = [list(column) for column in zip(*rows, strict=True)] if rows else [[] for _ in SCHEMA]
    said = {"format": FORMAT, "ledger_head": ledger_head, "ledger_size": str(ledger_size)}
    with whole_file(path) as temporary:
        pq.write_table(
            pa.table(columns, schema=SCHEMA).replace_schema_metadata(said), temporary, compression="zstd"
        )


def read_opt_outs(path: Path) -> OptOuts:
    """Reads the file.

    Raises:
        UserError: It is not there, or not such a file: nothing may be built as if nobody had asked for anything.
    """
    try:
        table = pq.read_table(path)
    except (OSError, pa.ArrowException) as error:
        raise UserError(f"the file of opt-outs `{path}` cannot be read: {error}", hint=_HINT) from error
    said = {name.decode(): value.decode() for name, value in (table.schema.metadata or {}).items()}
    if said.get("format") != FORMAT or table.schema.names != SCHEMA.names:
        raise UserError(f"`{path}` is not a file of opt-outs of this version ({FORMAT})", hint=_HINT)
    strange = set(table["kind"].to_pylist()) - set(KINDS)
    if strange:
        raise UserError(f"`{path}` has keys of unknown kinds: {', '.join(sorted(strange))}", hint=_HINT)
    table = table.replace_schema_metadata(None)
    leaves = pc.equal(table["licence"], "")
    return OptOuts(
        table.filter(leaves),
        table.filter(pc.invert(leaves)),
        said["ledger_head"],
        int(said["ledger_size"]),
        sha256_of(path),
    )


_HINT = "`tilth governance export` writes it"
