"""Proof of absence: reads a release again, all of it, and finds any trace of what must not be there."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tilth.governance.seen import manifest_of
from tilth.store.addresses import address_of
from tilth.store.opt_outs import OptOuts
from tilth.store.packs import PackReader
from tilth.store.swhid import content_id

Alike = Callable[[], Iterator[tuple[str, str]]]
"""Gives (request, content id) of what is alike to what left and still there."""

_PAPERS_BYTES_MAX = 2**30
_BATCH_ROWS = 4096
_ID_LENGTH = pa.scalar(40, pa.int32())
"""As Arrow's own: what a number of Python's is Arrow finds out anew at every use."""
_WORD = re.compile(r"[\w.~:/@%+-]+")
"""What an id or an address may be written with."""


@dataclass(frozen=True, slots=True, order=True)
class Trace:
    """Something that should not be there."""

    path: str
    """File of the release."""
    what: str
    """Content id, address or path that is there."""
    request: str


def check(release: Path, opt_outs: OptOuts, alike: Alike | None = None) -> list[Trace]:
    """Every trace of what was asked to be left out; nothing where there is none.

    Contents are hashed anew, ids and addresses are looked for in every column of every table, and in every paper.

    Args:
        release: Folder of the release.
        opt_outs: What must not be there.
        alike: What finds near copies; without it, those that the closure found are looked for, by their content.

    Raises:
        UserError: There is no release.
    """
    manifest = manifest_of(release)
    wanted = _Wanted(opt_outs)
    found: set[Trace] = set()
    for path in sorted(release.rglob("*")):
        name = path.relative_to(release).as_posix()
        if path.suffix == ".parquet":
            found.update(_table(path, name, wanted))
        elif path.suffix == ".pack":
            found.update(_pack(path, name, wanted))
        elif path.is_file():
            found.update(_paper(path, name, wanted))
    if manifest.get("ledger_head") != opt_outs.ledger_head:
        found.add(Trace("manifest.json", f"ledger_head is {manifest.get('ledger_head')}", ""))
    if alike is not None:
        found.update(Trace("data", f"near copy {content}", request) for request, content in alike())
    return sorted(found)


class _Wanted:
    """What is looked for."""

    def __init__(self, opt_outs: OptOuts) -> None:
        self.ids: dict[str, str] = {}
        self.copies: dict[tuple[str, str], str] = {}
        self.paths: dict[str, list[tuple[str, str]]] = {}
        self.accounts: dict[str, str] = {}
        self.addresses: dict[str, str] = {}
        for row in opt_outs.rows.to_pylist():
            kind, value, request = row["kind"], row["value"], row["request"]
            if kind == "account":
                self.accounts[value] = request
            elif kind == "repository":
                self.addresses[value] = request
            elif kind == "path":
                self.paths.setdefault(value, []).append((row["path"], request))
            elif kind == "copy":
                self.copies[value, row["path"]] = request
            else:
                self.ids[value] = request
        self.id_values = pa.array(list(self.ids), pa.string())
        self.copied = pa.array(sorted({content for content, _ in self.copies}), pa.string())

    def of_address(self, text: str) -> str | None:
        """The request that an address, or one above it, is in."""
        address = address_of(text)
        if address in self.addresses:
            return self.addresses[address]
        parts = address.split("/")
        above = ("/".join(parts[:count]) for count in range(2, len(parts) + 1))
        return next((self.accounts[one] for one in above if one in self.accounts), None)

    def of_place(self, address: str | None, path: str | None, content: str | None) -> str | None:
        """The request that a path of an address, or bytes at a path, are in."""
        if path is None:
            return None
        for part, request in self.paths.get(address or "", ()):
            if path == part or (part.endswith("/") and path.startswith(part)):
                return request
        return self.copies.get((content or "", path))


def _table(path: Path, name: str, wanted: _Wanted) -> Iterator[Trace]:
    file = pq.ParquetFile(path)
    has_places = {"origin", "path", "content_id"} <= set(file.schema_arrow.names)
    addresses: dict[str, str | None] = {}
    origins: dict[str, str] = {}
    # Ids, addresses and texts are strings; the rest is numbers and what is made of the texts.
    columns = [field.name for field in file.schema_arrow if pa.types.is_string(field.type)]
    for batch in file.iter_batches(_BATCH_ROWS, columns=columns, use_threads=False):
        for column in columns:
            values = batch[column]
            if column in ("content", "old_content", "new_content"):
                yield from _texts(values, name, wanted)
            else:
                yield from _values(values, column, name, wanted, addresses)
        if has_places and (wanted.paths or wanted.copies):
            for origin, place, content in _suspects(batch, wanted, origins):
                if request := wanted.of_place(origins.get(origin or ""), place, content):
                    yield Trace(name, " ".join(filter(None, (origin, place, content))), request)


def _suspects(
    batch: pa.RecordBatch, wanted: _Wanted, origins: dict[str, str]
) -> Iterator[tuple[str | None, str | None, str | None]]:
    """(origin, path, content id) of the rows that may be at a wanted place: few of many. Fills in their addresses."""
    for origin in pc.unique(batch["origin"]).to_pylist():
        if origin is not None and origin not in origins:
            origins[origin] = address_of(origin)
    asked = pa.array([one for one, address in origins.items() if address in wanted.paths], pa.string())
    rows = pc.or_(pc.is_in(batch["origin"], asked), pc.is_in(batch["content_id"], wanted.copied))
    yield from zip(
        *(batch[one].filter(rows).to_pylist() for one in ("origin", "path", "content_id")), strict=True
    )


def _values(
    values: pa.Array, column: str, name: str, wanted: _Wanted, addresses: dict[str, str | None]
) -> Iterator[Trace]:
    """Ids and addresses among the values of a column."""
    like_ids = values.filter(pc.equal(pc.binary_length(values), _ID_LENGTH))
    if len(like_ids):
        for value in like_ids.filter(pc.is_in(like_ids, wanted.id_values)).to_pylist():
            yield Trace(name, value, wanted.ids[value])
    if column not in ("origin", "kept_origin", "value", "repo_name", "message"):
        return
    for value in pc.unique(values).to_pylist():
        # `value` names the place that stays for one that left, as `origin path`.
        for word in (value or "").split(" ") if column != "message" else (value or "").split():
            if "/" in word or ":" in word:
                if word not in addresses:
                    addresses[word] = wanted.of_address(word)
                if request := addresses[word]:
                    yield Trace(name, word, request)


def _texts(values: pa.Array, name: str, wanted: _Wanted) -> Iterator[Trace]:
    """Texts whose bytes, hashed anew, are what was asked for, whatever the row calls them."""
    for text in values:
        if text.is_valid:
            found = content_id(memoryview(text.as_buffer()))
            if found in wanted.ids:
                yield Trace(name, found, wanted.ids[found])


def _pack(path: Path, name: str, wanted: _Wanted) -> Iterator[Trace]:
    index = pq.read_table(path.with_suffix(".parquet")).to_pylist()
    with PackReader(path.parent) as packs:
        for row in index:
            try:
                data = packs.read(path.stem, row["offset"], row["packed_bytes"], row["length_bytes"])
            except OSError:
                yield Trace(name, f"{row['content_id']} cannot be read", "")
                continue
            if (found := content_id(data)) in wanted.ids:
                yield Trace(name, found, wanted.ids[found])


def _paper(path: Path, name: str, wanted: _Wanted) -> Iterator[Trace]:
    """Ids and addresses in a text that goes with the release."""
    if path.stat().st_size > _PAPERS_BYTES_MAX:
        yield Trace(name, "a paper too large to be read", "")
        return
    text = path.read_text("utf-8", "replace")
    for word in {word.strip(".:") for word in _WORD.findall(text)}:
        bare = word.rpartition(":")[2]
        if bare in wanted.ids:
            yield Trace(name, word, wanted.ids[bare])
        elif "/" in word and (request := wanted.of_address(word)):
            yield Trace(name, word, request)
