"""What other scanners still find in a redacted release, and whether it is anything that `strict` would take.

    python benchmarks/redacted_scan.py WORK --corpus FOLDER [--peer NAME=PROGRAM ...] [--quick]

The files are made secrets, one each, and ordinary source code (--corpus, any folder). A release is
built of them with secrets and personal data redacted at `strict`, and its texts are scanned by gitleaks and
detect-secrets, as the same files were before. A line that a peer reports afterwards counts where the facts, computed
anew, have a finding in it that `strict` takes; the other lines are printed as a number beside it.
"""

import argparse
import json
import shutil
import subprocess
import sys
from pathlib import Path

import facts_secrets_made as generated
import pyarrow.parquet as pq
from measure import finish
from peers.secret_scanners import Scanner, ours, scanners

from tilth.data.facts.findings import SENSITIVITIES

PEERS = ("gitleaks", "detect-secrets")


def laid_out(files: list[tuple[str, bytes]], folder: Path) -> Path:
    """A folder with nothing but the files."""
    shutil.rmtree(folder, ignore_errors=True)
    for path, raw in files:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(raw)
    return folder


def released(folder: Path, work: Path) -> list[tuple[str, bytes]]:
    """Paths and texts of a redacted release of the files in a folder: all of them, copies too."""
    recipe = {
        "name": "redacted",
        "sources": [{"kind": "folder", "paths": [str(folder.absolute())]}],
        "policy": {"preset": "none"},
        "duplicates": {"files": "keep_all"},
        "findings": {"secrets": "redact", "personal_data": "redact", "sensitivity": "strict"},
    }
    (work / "recipe.yaml").write_text(json.dumps(recipe))
    into = work / "release"
    shutil.rmtree(into, ignore_errors=True)
    places = ["--into", str(into), "--store", str(work / "store")]
    command = [sys.executable, "-m", "tilth", "data", "build", str(work / "recipe.yaml"), *places]
    subprocess.run(command, check=True, stdout=sys.stderr)
    found = []
    for path in sorted((into / "data").rglob("*.parquet")):
        rows = pq.read_table(path, columns=["path", "content"]).to_pylist()
        found += [(row["path"], row["content"].encode()) for row in rows]
    return found


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("work", type=Path)
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--peer", action="append", default=[])
    parser.add_argument("--quick", action="store_true", help="a megabyte of source code")
    asked = parser.parse_args()
    asked.work.mkdir(parents=True, exist_ok=True)
    given = {name: Path(path) for name, _, path in (one.partition("=") for one in asked.peer)}
    peers: list[Scanner] = scanners(asked.work, given, PEERS)[0]
    corpus = generated.ordinary(asked.corpus, 1_000_000 if asked.quick else 5_000_000)
    files = generated.files(corpus)[0] + [(f"source/{path}", raw) for path, raw in corpus]
    clean = released(laid_out(files, asked.work / "as-it-was"), asked.work)
    again = ours([clean], SENSITIVITIES["strict"])[0]
    told = {}
    for peer in peers:
        before = peer.scan(asked.work / "as-it-was", asked.work)[0]
        after = peer.scan(laid_out(clean, asked.work / "redacted"), asked.work)[0]
        told[peer.name] = {"before": len(before), "after": len(after), "strict": len(after & again)}
        print(peer.name, told[peer.name])
    left = sum(one["strict"] for one in told.values())
    figures = {"files": len(files), "in_the_release": len(clean), "left_by_own_scan": len(again)}
    ratios = {"left_that_strict_takes": left, "peers": len(peers)}
    finish("redacted_scan", figures, told, ratios, {"left_that_strict_takes": "<= 0", "peers": ">= 2"})


if __name__ == "__main__":
    main()
