"""What other scanners still find in files that were redacted, and whether it is anything that `strict` would take.

    python benchmarks/redacted_scan.py WORK --corpus FOLDER [--peer NAME=PROGRAM ...] [--quick]

The files are made secrets, one each, and ordinary source code (--corpus, any folder). They are redacted at `strict` and
scanned by gitleaks and detect-secrets, before and after. A line that a peer reports afterwards counts where the facts,
computed anew, have a finding in it that `strict` takes; the other lines are printed as a number beside it.
"""

import argparse
import shutil
from pathlib import Path

import facts_secrets_made as generated
from measure import finish
from peers.secret_scanners import Scanner, ours, scanners

from tilth.config.findings import Findings
from tilth.data.facts.findings import SENSITIVITIES
from tilth.data.policy.findings import least_of
from tilth.data.redact_bytes import redact_bytes

PEERS = ("gitleaks", "detect-secrets")


def laid_out(files: list[tuple[str, bytes]], folder: Path) -> Path:
    """A folder with nothing but the files."""
    shutil.rmtree(folder, ignore_errors=True)
    for path, raw in files:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(raw)
    return folder


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
    peers: list[Scanner] = [one for one in scanners(asked.work, given)[0] if one.name in PEERS]
    corpus = generated.ordinary(asked.corpus, 1_000_000 if asked.quick else 5_000_000)
    files = generated.files(corpus)[0] + [(f"source/{path}", raw) for path, raw in corpus]
    least = least_of(Findings(sensitivity="strict"))
    clean = [(path, redact_bytes(raw, path.split("/")[-1], least).raw) for path, raw in files]
    again = ours([clean], SENSITIVITIES["strict"])[0]
    told = {}
    for peer in peers:
        before = peer.scan(laid_out(files, asked.work / "as-it-was"), asked.work)[0]
        after = peer.scan(laid_out(clean, asked.work / "redacted"), asked.work)[0]
        told[peer.name] = {"before": len(before), "after": len(after), "strict": len(after & again)}
        print(peer.name, told[peer.name])
    left = sum(one["strict"] for one in told.values())
    figures = {"files": len(files), "left_by_own_scan": len(again)}
    ratios = {"left_that_strict_takes": left, "peers": len(peers)}
    finish("redacted_scan", figures, told, ratios, {"left_that_strict_takes": "<= 0", "peers": ">= 2"})


if __name__ == "__main__":
    main()
