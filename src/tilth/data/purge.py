"""Deletes from a store the bytes that no served release has: what an erasure asks for beyond the next release.

Listings and facts stay, which hold no text, so that later builds stay quick. A build whose opt-outs name such bytes
does not read them again; one that keeps them reads them from their source.
"""

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tilth.data.release.sealed import read_manifest
from tilth.store.atomic import whole_file
from tilth.store.layout import Store
from tilth.store.packs import PackReader, PackWriter, index_files


@dataclass(slots=True)
class Purged:
    """What was deleted."""

    contents: int = 0
    num_bytes: int = 0
    """Of these contents, before they were packed."""
    shards: int = 0
    """Files of releases that no served release has."""


def purge(store: Store, served: Sequence[Path], *, dry_run: bool = False) -> Purged:
    """Deletes the contents and the finished files that none of the served releases has.

    Args:
        store: Whose.
        served: Folders of all releases that were built with it and may still be read.
        dry_run: Count only.

    Raises:
        UserError: One of them is no release, or a build is using the store.
    """
    found = Purged()
    with store.held():
        kept, files = _kept(served)
        gone: set[str] = set()
        for index in index_files(store.packs):
            gone |= _pack(index, kept, found, dry_run)
        for note in sorted(store.shards.glob("*.json")):
            said = json.loads(note.read_text()).get("files", {}).get("", {})
            if said.get("sha256") not in files:
                found.shards += 1
                if not dry_run:
                    for path in store.shards.glob(f"{note.stem}*"):
                        path.unlink()
        if gone and not dry_run:
            _unjoin(store, pa.array(sorted(gone), pa.string()))
            shutil.rmtree(store.search, ignore_errors=True)
    return found


def _kept(served: Sequence[Path]) -> tuple[set[str], set[str]]:
    """Ids of the contents of some releases, and hashes of their files."""
    kept: set[str] = set()
    files: set[str] = set()
    for release in served:
        files |= {file["sha256"] for file in read_manifest(release, withdrawn=True)["files"]}
        for folder, names in (
            ("metadata/occurrences", ["content_id"]),
            ("commits", ["old_content_id", "new_content_id"]),
        ):
            for path in release.glob(f"{folder}/*.parquet"):
                for column in pq.read_table(path, columns=names).columns:
                    kept.update(pc.unique(column).to_pylist())
    return kept, files


def _pack(index: Path, kept: set[str], found: Purged, dry_run: bool) -> set[str]:
    """Writes a pack anew without what is not kept, under its own name; gives the ids that went."""
    rows = pq.read_table(index).to_pylist()
    gone = [row for row in rows if row["content_id"] not in kept]
    found.contents += len(gone)
    found.num_bytes += sum(row["length_bytes"] for row in gone)
    if gone and not dry_run:
        again = index.with_name(f"purged-{index.name}")
        with PackReader(index.parent) as packs, PackWriter(again.with_suffix(".pack")) as pack:
            for row in rows:
                if row["content_id"] in kept:
                    place = (row["offset"], row["packed_bytes"], row["length_bytes"])
                    pack.add(row["content_id"], packs.read(index.stem, *place))
        # A pack without an index does not exist: whatever stops this, no index speaks of another pack.
        index.unlink()
        again.with_suffix(".pack").replace(index.with_suffix(".pack"))
        again.replace(index)
    return {row["content_id"] for row in gone}


def _unjoin(store: Store, gone: pa.Array) -> None:
    """Takes the trees that have such contents out of what is joined: what is there counts as complete."""
    for listed in sorted(store.joined.glob("*/*.trees")):
        parts = sorted(listed.parent.glob(f"{listed.stem}-*.parquet"))
        trees: set[str] = set()
        for part in parts:
            rows = pq.read_table(part, columns=["tree_key", "content_id"])
            trees |= set(rows.filter(pc.is_in(rows["content_id"], gone))["tree_key"].unique().to_pylist())
        if not trees:
            continue
        wanted = pa.array(sorted(trees), pa.string())
        # Rows of trees that are not listed would be there twice once they are joined again.
        for path in (*parts, listed):
            table = pq.read_table(path)
            left = table.filter(pc.invert(pc.is_in(table["tree_key"], wanted)))
            with whole_file(path) as temporary:
                pq.write_table(
                    left, temporary, compression="zstd", compression_level=1, row_group_size=50_000
                )
