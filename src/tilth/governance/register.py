"""The register: which releases, task sets and models there are, and which of them stand on which others.

It lies in the database of the ledger. What it says of an artefact is what the artefact's own manifest says, which is
known by its hash; registering it again changes nothing but the folder where it is.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pyarrow.parquet as pq
import sqlalchemy as sa

from tilth.errors import UserError
from tilth.governance.ledger import Ledger, now
from tilth.store.addresses import address_of
from tilth.store.hashes import sha256_of

_TABLES = sa.MetaData()
REGISTERED = sa.Table(
    "registered",
    _TABLES,
    sa.Column("sha256", sa.String(64), primary_key=True),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("version", sa.Text, nullable=False),
    sa.Column("path", sa.Text, nullable=False),
    sa.Column("repositories", sa.Text, nullable=False),
    sa.Column("at", sa.String(20), nullable=False),
)
STANDS_ON = sa.Table(
    "stands_on",
    _TABLES,
    sa.Column("sha256", sa.String(64), primary_key=True),
    sa.Column("on_sha256", sa.String(64), primary_key=True, index=True),
)
MANIFESTS: Final = {"tasks": "tasks.json", "model": "lineage.json", "release": "manifest.json"}
"""Kind -> the file that says what an artefact of this kind is; the first that is there tells the kind."""


@dataclass(frozen=True, slots=True)
class Artefact:
    """A release, a task set or a model."""

    sha256: str
    """Of its manifest."""
    kind: str
    name: str
    version: str
    path: str
    repositories: Mapping[str, int]
    """Address of a repository -> rows of it."""
    stands_on: frozenset[str]
    """Hashes of what it was made of, and of what these were made of."""


class Register:
    """The register in the database of a ledger."""

    def __init__(self, ledger: Ledger) -> None:
        self._engine = ledger.engine
        _TABLES.create_all(self._engine)

    def add(self, folder: Path) -> list[Artefact]:
        """Registers what is in a folder, and all that it says it was made of.

        Raises:
            UserError: Neither a release, nor a task set, nor a model with a lineage is there.
        """
        found = list(_artefacts(folder))
        with self._engine.execution_options(writes=True).begin() as connection:
            for one in found:
                row = {name: getattr(one, name) for name in ("sha256", "kind", "name", "version", "path")}
                row |= {"repositories": json.dumps(dict(one.repositories)), "at": now()}
                known = connection.execute(
                    sa.select(REGISTERED).where(REGISTERED.c.sha256 == one.sha256)
                ).first()
                if known is not None and not one.repositories:
                    continue
                connection.execute(REGISTERED.delete().where(REGISTERED.c.sha256 == one.sha256))
                connection.execute(REGISTERED.insert().values(**row))
                connection.execute(STANDS_ON.delete().where(STANDS_ON.c.sha256 == one.sha256))
                for other in sorted(one.stands_on):
                    connection.execute(STANDS_ON.insert().values(sha256=one.sha256, on_sha256=other))
        return found

    def all(self) -> list[Artefact]:
        """Every artefact, in the order of their kinds and names."""
        with self._engine.connect() as connection:
            links: dict[str, set[str]] = {}
            for row in connection.execute(sa.select(STANDS_ON)):
                links.setdefault(row.sha256, set()).add(row.on_sha256)
            query = sa.select(REGISTERED).order_by(
                REGISTERED.c.kind, REGISTERED.c.name, REGISTERED.c.version, REGISTERED.c.sha256
            )
            rows = connection.execute(query).all()
        return [
            Artefact(
                row.sha256,
                row.kind,
                row.name,
                row.version,
                row.path,
                json.loads(row.repositories),
                frozenset(links.get(row.sha256, ())),
            )
            for row in rows
        ]


def _artefacts(folder: Path) -> Iterator[Artefact]:
    kind = next((kind for kind, name in MANIFESTS.items() if (folder / name).is_file()), None)
    if kind is None:
        raise UserError(
            f"`{folder}` is no release, no task set and no model with a lineage",
            hint=f"one of {', '.join(MANIFESTS.values())} must be there",
        )
    path = folder / MANIFESTS[kind]
    try:
        said = json.loads(path.read_text("utf-8"))
        whole = {"release": _release, "tasks": _tasks, "model": _model}[kind](folder, sha256_of(path), said)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise UserError(f"`{path}` cannot be understood: {error}") from error
    yield from whole


def _release(folder: Path, sha256: str, said: Mapping[str, Any]) -> list[Artefact]:
    counts: Counter[str] = Counter()
    for file in sorted(folder.glob("data/*/*.parquet")):
        for pair in pq.read_table(file, columns=["origin"])["origin"].value_counts().to_pylist():
            counts[address_of(pair["values"])] += pair["counts"]
    own = Artefact(
        sha256, "release", said["name"], said["version"], str(folder.absolute()), counts, frozenset()
    )
    return [own]


def _tasks(folder: Path, sha256: str, said: Mapping[str, Any]) -> list[Artefact]:
    counts = _addressed(said["repositories"])
    references = said["stands_on"]
    own = Artefact(
        sha256, "tasks", said["name"], "", str(folder.absolute()), counts,
        frozenset(one["sha256"] for one in references),
    )  # fmt: skip
    return [own, *_beneath(references)]


def _model(folder: Path, sha256: str, said: Mapping[str, Any]) -> list[Artefact]:
    found: list[Artefact] = []
    counts: Counter[str] = Counter()
    below: set[str] = set()
    if said["base"]["lineage"] is not None:
        base = Path(said["base"]["name"])
        found = _model(base, said["base"]["lineage_sha256"], said["base"]["lineage"])
        counts += Counter(found[0].repositories)
        below |= {found[0].sha256, *found[0].stands_on}
    for one in said["datasets"]:
        counts += _addressed(one["rows_by_repository"])
        below |= {reference["sha256"] for reference in one["stands_on"]}
        found += _beneath(one["stands_on"])
    own = Artefact(sha256, "model", said["name"], "", str(folder.absolute()), counts, frozenset(below))
    return [own, *found]


def _addressed(counts: Mapping[str, int]) -> Counter[str]:
    found: Counter[str] = Counter()
    for origin, number in counts.items():
        found[address_of(origin)] += number
    return found


def _beneath(references: list[dict[str, Any]]) -> list[Artefact]:
    """What was used: as it is in its folder, where that is unchanged, or else as it is named."""
    found: list[Artefact] = []
    for place, one in enumerate(references):
        folder, name = Path(one["path"]), MANIFESTS.get(one["kind"], "")
        if name and (folder / name).is_file() and sha256_of(folder / name) == one["sha256"]:
            found += _artefacts(folder)
            continue
        # The list goes from the nearest to the farthest.
        later = frozenset(other["sha256"] for other in references[place + 1 :])
        found.append(
            Artefact(one["sha256"], one["kind"], one["name"], one["version"], one["path"], {}, later)
        )
    return found
