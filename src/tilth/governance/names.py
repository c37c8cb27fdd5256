"""Which addresses a repository has had: a forge's own number stays when a repository is renamed or moved."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow.csv as csv
import pyarrow.parquet as pq

from tilth.errors import UserError
from tilth.store.addresses import address_of, is_below


@dataclass(slots=True)
class Names:
    """The addresses of each number, in the order of time: the last one is the present one."""

    addresses: dict[str, list[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, rows: Iterable[tuple[str, str]]) -> "Names":
        """From (number as `host/NUMBER`, address), the oldest first."""
        made = cls()
        for number, address in rows:
            made.addresses.setdefault(f"id:{number.removeprefix('id:')}", []).append(address_of(address))
        return made

    def numbers_of(self, address: str) -> list[str]:
        """The repositories that have an address now; where none has, those that had it."""
        now = [number for number, known in self.addresses.items() if known[-1] == address]
        return now or [number for number, known in self.addresses.items() if address in known]

    def of_account(self, account: str) -> list[str]:
        """The repositories that were ever in an account."""
        return [n for n, known in self.addresses.items() if any(is_below(one, account) for one in known)]

    def others_now_at(self, address: str, number: str) -> bool:
        """Whether another repository has an address now."""
        return any(known[-1] == address for other, known in self.addresses.items() if other != number)


def read_names(path: Path) -> Names:
    """A table (CSV or parquet) with columns `id` (`host/NUMBER`) and `address`, the oldest rows first.

    Raises:
        UserError: It cannot be read, or lacks a column.
    """
    try:
        table = pq.read_table(path) if path.suffix == ".parquet" else csv.read_csv(path)
        columns = [table[name].cast("string").to_pylist() for name in ("id", "address")]
    except (OSError, ValueError, KeyError) as error:
        raise UserError(
            f"the table of names `{path}` cannot be read: {error}",
            hint="CSV or parquet with columns `id` (such as `github.com/1234`) and `address`, the oldest rows first",
        ) from error
    return Names.of((number, address) for number, address in zip(*columns, strict=True) if number and address)
