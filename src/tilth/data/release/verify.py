"""Checks a release against its own claims: every file's hash, every row's content, every count."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow.parquet as pq

from tilth.data.release.encoded import may_differ, originals
from tilth.data.release.sealed import CHECKSUMS, read_manifest
from tilth.data.stages.cutting import CUTS, restored
from tilth.report.progress import Progress
from tilth.store.hashes import sha256_of
from tilth.store.notice import NOTICE, is_about, notice_of
from tilth.store.packs import PackReader
from tilth.store.sql import Sql, parquet
from tilth.store.swhid import content_id


@dataclass(frozen=True, slots=True)
class Finding:
    """One claim that does not hold."""

    path: str
    problem: str


def verify(release: Path, progress: Progress, *, contents: bool = True) -> list[Finding]:
    """What does not hold in a release; nothing where all of it does.

    Args:
        release: Folder of the release.
        progress: Where to tell how it goes.
        contents: Also compute the hash of every row's text (rows whose original was not UTF-8 are encoded back first).

    Raises:
        UserError: There is no release there.
    """
    if not (release / "manifest.json").is_file():
        read_manifest(release, withdrawn=True)
    listed = _listed(release)
    # What a manifest says that is not the one that was sealed is not worth checking.
    if listed and listed.get("manifest.json") != sha256_of(release / "manifest.json"):
        return [Finding("manifest.json", f"its hash is not the one in {CHECKSUMS}")]
    manifest = read_manifest(release, withdrawn=True)
    findings = list(_checksums(release, manifest, listed, progress))
    broken = {finding.path for finding in findings}
    findings += _strangers(release, manifest)
    findings += _notice(release)
    findings += _counts(manifest)
    whole = [file for file in manifest["files"] if file["path"] not in broken]
    data = [file for file in whole if file["path"].startswith("data/")]
    findings += _rows(release, whole, manifest)
    findings += _twins(release, data, manifest)
    if contents:
        with progress.stage("contents", total=sum(file["rows"] for file in data), unit="rows") as stage:
            for file in data:
                findings += _contents(release, file["path"])
                stage.advance(file["rows"])
    return findings


def _listed(release: Path) -> dict[str, str]:
    """Path -> hash, as the file of checksums says; empty where there is none."""
    sums = release / CHECKSUMS
    text = sums.read_text("utf-8", "backslashreplace") if sums.is_file() else ""
    pairs = (line.partition("  ") for line in text.splitlines())
    return {path: digest for digest, _, path in pairs}


def _checksums(
    release: Path, manifest: dict[str, Any], listed: dict[str, str], progress: Progress
) -> Iterator[Finding]:
    claimed = {file["path"]: file["sha256"] for file in manifest["files"]}
    if not listed:
        yield Finding(CHECKSUMS, "missing")
    with progress.stage("checksums", total=len(claimed), unit="files") as stage:
        for path, digest in claimed.items():
            stage.advance()
            if not (release / path).is_file():
                yield Finding(path, "missing")
            elif sha256_of(release / path) != digest:
                yield Finding(path, "its hash is not the one in manifest.json")
            elif listed and listed.get(path) != digest:
                yield Finding(path, f"{CHECKSUMS} and manifest.json disagree")


def _strangers(release: Path, manifest: dict[str, Any]) -> Iterator[Finding]:
    known = {file["path"] for file in manifest["files"]} | {"manifest.json", CHECKSUMS, NOTICE}
    for path in sorted(release.rglob("*")):
        name = path.relative_to(release).as_posix()
        # The hub adds these two of its own.
        if (
            path.is_file()
            and name not in known
            and name != ".gitattributes"
            and not name.startswith(".cache/")
        ):
            yield Finding(name, "not in the manifest")


def _notice(release: Path) -> Iterator[Finding]:
    notice = notice_of(release)
    if notice and not is_about(notice, release):
        yield Finding(NOTICE, "it is about another manifest")


def _counts(manifest: dict[str, Any]) -> Iterator[Finding]:
    counts = manifest["counts"]
    remaining = counts["files"]
    for stage in counts["stages"]:
        dropped = sum(reason["files"] for reason in stage["dropped"].values())
        if stage["in"] != remaining or stage["kept"] != remaining - dropped:
            yield Finding("manifest.json", f"stage {stage['stage']}: in is not kept + dropped")
        remaining = stage["kept"]
    if remaining != counts["kept"]["files"]:
        yield Finding("manifest.json", "the last stage's files are not those kept")


def _rows(release: Path, whole: list[dict[str, Any]], manifest: dict[str, Any]) -> Iterator[Finding]:
    """Rows of the files whose hashes hold against the counts; a file that is broken is told of already."""
    counts = manifest["counts"]
    kept = counts["kept"]["files"]
    expected = {
        "data/": kept,
        "metadata/occurrences/": counts["files"],
        "metadata/drops/": counts["files"] - kept,
    }
    for folder, number in expected.items():
        claimed = [file["path"] for file in manifest["files"] if file["path"].startswith(folder)]
        there = [file for file in whole if file["path"].startswith(folder)]
        found = 0
        for file in there:
            rows = pq.read_metadata(release / file["path"]).num_rows
            found += rows
            if rows != file["rows"]:
                yield Finding(file["path"], f"{rows} rows, the manifest says {file['rows']}")
        if found != number and len(there) == len(claimed):
            yield Finding(folder.rstrip("/"), f"{found} rows, the manifest counts {number}")


def _twins(release: Path, data: list[dict[str, Any]], manifest: dict[str, Any]) -> Iterator[Finding]:
    if not data or "duplicate_file" not in manifest["counts"]["stages"][-1]["dropped"]:
        return
    with TemporaryDirectory() as spill, Sql(Path(spill)) as sql:
        rows = parquet(release / file["path"] for file in data)
        for (twin,) in sql.rows(
            f"SELECT content_id FROM {rows} GROUP BY content_id HAVING count(*) > 1 LIMIT 5"
        ):
            yield Finding("data", f"content {twin} stands there twice")


def _contents(release: Path, path: str) -> Iterator[Finding]:
    file = pq.ParquetFile(release / path)
    inline = "content" in file.schema_arrow.names
    if not inline:
        yield from _packed_contents(release, path)
        return
    is_cut = CUTS in file.schema_arrow.names
    columns = ["content_id", "blob_id", "src_encoding", "redactions", "content", *[CUTS] * is_cut]
    for group in range(file.num_row_groups):
        table = file.read_row_group(group, columns=columns)
        for wanted, blob_id, encoding, redactions, left, *cuts in zip(
            *(c.to_pylist() for c in table.columns), strict=True
        ):
            text = restored(left, *cuts)
            # The ids are those of the original bytes, which a redacted text no longer has.
            if not redactions and not _same_bytes(wanted, blob_id, encoding, text):
                yield Finding(path, f"the text of {wanted} has another hash")


def _same_bytes(wanted: str, blob_id: str, encoding: str, text: str) -> bool:
    for data in originals(text, encoding):
        if content_id(data) == wanted:
            return hashlib.sha1(data, usedforsecurity=False).hexdigest() == blob_id
    return may_differ(text, encoding)


def _packed_contents(release: Path, path: str) -> Iterator[Finding]:
    index = release / path.replace("data/", "contents/", 1)
    if not index.is_file():
        return  # told of with the checksums
    rows = pq.read_table(release / path, columns=["content_id", "redactions"]).to_pylist()
    redacted = {row["content_id"] for row in rows if row["redactions"]}
    with PackReader(index.parent) as packs:
        for row in pq.read_table(index).to_pylist():
            try:
                data = packs.read(index.stem, row["offset"], row["packed_bytes"], row["length_bytes"])
            except OSError:
                yield Finding(path, f"the content of {row['content_id']} cannot be read")
                continue
            if row["content_id"] not in redacted and content_id(data) != row["content_id"]:
                yield Finding(path, f"the content of {row['content_id']} has another hash")
