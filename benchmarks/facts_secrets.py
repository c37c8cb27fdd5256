"""Secrets: what is found and left alone, beside the scanners that people use, and how fast.

    python benchmarks/facts_secrets.py WORK --corpus FOLDER [--creddata CLONE --repositories FOLDER]
        [--gitleaks URL] [--reggen URL] [--peer NAME=PROGRAM ...] [--quick]

Five parts: the examples of gitleaks' rules; secrets made by `facts_secrets_made.py` among as many lines of real
files that only look like some; CredData's repositories that nothing was written or learnt from; ordinary source code
(--corpus, any folder) for speed and false alarms; and inputs made to be slow. Peers run over the same files; one that
cannot be had is named with its reason. Time is process time on one core.

The line at the end has `balanced` and `strict` of this project. Examples of gitleaks are negative for their own rule
alone, and many are keys of another rule. So three shares are told: `left_alone` counts any finding as an alarm, and
`left_alone_of_none` the same over those in which gitleaks finds nothing with all of its rules; the goal is for
`left_alone_by_own_rule`, where only a finding of the rule's provider and of a kind that finds the rule's positives is
an alarm. What is found in ordinary source code is written to WORK/alarms.jsonl, as places, to be judged.
"""

import argparse
import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import facts_secrets_creddata as creddata
import facts_secrets_made as generated
import findings_fuzz
from facts_secrets_cases import cases
from measure import finish
from peers.debian import NotInstallable
from peers.secret_scanners import Places, Scanner, ours, scanners

from tilth.data.facts import secrets
from tilth.data.facts.batch import Batch
from tilth.data.facts.findings import SENSITIVITIES

BATCH_BYTES = 4_000_000
GITLEAKS = "https://github.com/gitleaks/gitleaks"
REGGEN = "https://github.com/lucasjones/reggen"
Files = list[tuple[str, bytes]]


def batches(files: Files) -> list[Files]:
    """The files in parts of about four megabytes."""
    parts: list[Files] = [[]]
    size = 0
    for path, raw in files:
        if size > BATCH_BYTES:
            parts.append([])
            size = 0
        parts[-1].append((path, raw))
        size += len(raw)
    return parts


def laid_out(files: Files, folder: Path) -> Path:
    """A folder with the files, for the peers."""
    for path, raw in files:
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(raw)
    return folder


def reports(files: Files, folder: Path, peers: list[Scanner], work: Path) -> dict[str, tuple[Places, float]]:
    """What each of all reports of some files, and its processor seconds."""
    parts = batches(files)
    found = {name: ours(parts, least) for name, least in SENSITIVITIES.items()}
    laid_out(files, folder)
    for peer in peers:
        print(f"  {peer.name} …", file=sys.stderr)
        found[peer.name] = peer.scan(folder, work)
    return found


def examples(work: Path, gitleaks: str, reggen: str, peers: list[Scanner]) -> dict[str, dict[str, float]]:
    """Share of gitleaks' positives found and of its negatives left alone."""
    chosen = cases(work, gitleaks, reggen)
    files = [(f"{at:05d}/{case.name}", case.text.encode()) for at, case in enumerate(chosen)]
    positive = {path for (path, _), case in zip(files, chosen, strict=True) if case.positive}
    negative = {path for path, _ in files} - positive
    hits = {
        name: {path for path, _ in places}
        for name, (places, _) in reports(files, work / "cases", peers, work).items()
    }
    result = {
        name: {
            "found": len(hit & positive) / len(positive),
            "left_alone": 1 - len(hit & negative) / len(negative),
        }
        for name, hit in hits.items()
    }
    if "gitleaks" in hits:
        none = negative - hits["gitleaks"]
        for name, hit in hits.items():
            result[name]["left_alone_of_none"] = 1 - len(hit & none) / len(none)
    column = secrets.compute(
        Batch.of([""] * len(files), [case.name for case in chosen], [raw for _, raw in files])
    )["secrets"].to_pylist()
    for name, least in SENSITIVITIES.items():
        told = [{one["kind"] for one in row if one["confidence"] >= least} for row in column]
        own: dict[str, set[str]] = {}
        for case, kinds in zip(chosen, told, strict=True):
            if case.positive:
                own.setdefault(case.rule, set()).update(kinds)
        alarms = sum(
            not case.positive and any(_is_own(case.rule, kind) for kind in kinds & own.get(case.rule, set()))
            for case, kinds in zip(chosen, told, strict=True)
        )
        result[name]["left_alone_by_own_rule"] = 1 - alarms / len(negative)
    return result


def _is_own(rule: str, kind: str) -> bool:
    """Whether a kind is of the rule's provider, or of no provider as the rule for any key is."""
    provider, dot, _ = kind.partition(".")
    generic = rule == "generic-api-key" and not dot
    return generic or rule.replace("-", "").startswith(provider.replace("_", ""))


def made(work: Path, corpus: Files, peers: list[Scanner]) -> dict[str, dict[str, float]]:
    """Precision, recall and F1 on made secrets and real lines that look like some, one file each."""
    files, positive = generated.files(corpus)
    result = {}
    for name, (places, _) in reports(files, work / "made", peers, work).items():
        hit = {path for path, _ in places}
        precision, recall = len(hit & positive) / max(1, len(hit)), len(hit & positive) / len(positive)
        f1 = 2 * precision * recall / max(1e-9, precision + recall)
        result[name] = {"precision": precision, "recall": recall, "f1": f1}
    return result


def held_out(
    work: Path, clone: Path, repositories: Path, peers: list[Scanner]
) -> dict[str, dict[str, float]]:
    """Precision and recall by lines on the half of CredData that nothing was learnt from."""
    chosen = creddata.files(work, clone, repositories, held_out=True)
    result = {}
    for name, (places, _) in reports(
        [(file.path, file.raw) for file in chosen], work / "held", peers, work
    ).items():
        precision, recall = creddata.scored(chosen, places)
        formless = creddata.scored(chosen, places, creddata.PASSWORDS)[1]
        result[name] = {"precision": precision, "recall": recall, "recall_of_passwords": formless}
    return result


def source(work: Path, corpus: Files, peers: list[Scanner]) -> dict[str, float]:
    """Megabytes of source code a second of each."""
    size = sum(len(raw) for _, raw in corpus) / 1e6
    ours(batches(corpus[:50]), 0.5)  # compiled before it is timed
    found = reports(corpus, work / "source", peers, work)
    return {name: size / max(seconds, 1e-9) for name, (_, seconds) in found.items()}


def alarms(work: Path, corpus: Files) -> dict[str, float]:
    """Findings at `balanced` in a million lines of source code, by kind; their places are written down."""
    lines = sum(raw.count(b"\n") for _, raw in corpus) / 1e6
    kinds: Counter[str] = Counter()
    with (work / "alarms.jsonl").open("w") as file:
        for part in batches(corpus):
            names = [path.split("/")[-1] for path, _ in part]
            batch = Batch.of([""] * len(part), names, [raw for _, raw in part])
            column = secrets.compute(batch)["secrets"].to_pylist()
            for (path, _), text, row in zip(part, batch.utf8, column, strict=True):
                for one in row:
                    if one["confidence"] >= SENSITIVITIES["balanced"]:
                        kinds[one["kind"]] += 1
                        line = text.count(b"\n", 0, one["start"]) + 1
                        file.write(json.dumps({"path": path, "line": line, **one}) + "\n")
    return {"million_lines": round(lines, 3)} | {
        kind: round(count / lines, 2) for kind, count in kinds.most_common()
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("work", type=Path)
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--creddata", type=Path)
    parser.add_argument("--repositories", type=Path)
    parser.add_argument("--gitleaks", default=GITLEAKS)
    parser.add_argument("--reggen", default=REGGEN)
    parser.add_argument(
        "--peer", action="append", default=[], help="a program, or the Python of an environment"
    )
    parser.add_argument("--quick", action="store_true", help="less source code, and no peers on CredData")
    asked = parser.parse_args()
    asked.work.mkdir(parents=True, exist_ok=True)
    given = {name: Path(path) for name, _, path in (one.partition("=") for one in asked.peer)}
    peers, missing = scanners(asked.work, given)
    print("not to be had:", json.dumps(missing), file=sys.stderr)
    corpus = generated.ordinary(asked.corpus, 3_000_000 if asked.quick else 12_000_000)
    parts: dict[str, Any] = {"made": made(asked.work, corpus, peers)}
    try:
        parts["examples"] = examples(asked.work, asked.gitleaks, asked.reggen, peers)
    except NotInstallable as error:
        print(error, file=sys.stderr)
    if asked.creddata:
        some = [] if asked.quick else peers
        parts["held_out"] = held_out(asked.work, asked.creddata, asked.repositories, some)
    speeds = source(asked.work, corpus, peers)
    told = alarms(asked.work, generated.ordinary(asked.corpus, 12_000_000 if asked.quick else 120_000_000))
    slowest = findings_fuzz.slowest("secrets", 1, 200 if asked.quick else 1_000)
    _tell(parts, speeds, told, slowest)


def _tell(
    parts: dict[str, Any], speeds: dict[str, float], found: dict[str, float], slowest: dict[str, float]
) -> None:
    """Prints the figures, the goals and the last line."""
    for name, part in {
        **parts,
        "megabytes_per_second": speeds,
        "per_million_lines": found,
        "ms_per_mb": slowest,
    }.items():
        print(name)
        for key, value in part.items():
            shown = (
                {key: round(one, 3) for key, one in value.items()}
                if isinstance(value, dict)
                else round(value, 2)
            )
            print(f"  {key}: {shown}")
    others = [name for name in speeds if name not in SENSITIVITIES]
    best = max((parts["made"][name]["f1"] for name in others), default=0)
    ratios = {
        "megabytes_per_second": speeds["balanced"],
        "slowest_ms_per_mb": max(slowest.values()),
        "f1_against_best_peer": parts["made"]["balanced"]["f1"] / max(best, 1e-9),
        "strict_recall_against_best_peer": parts["made"]["strict"]["recall"]
        / max(1e-9, max((parts["made"][name]["recall"] for name in others), default=0)),
    }
    goals = {
        "megabytes_per_second": ">= 100",
        "slowest_ms_per_mb": "<= 50",
        "f1_against_best_peer": "> 1",
        "strict_recall_against_best_peer": "> 1",
    }
    if "examples" in parts:
        ratios["examples_found"] = parts["examples"]["balanced"]["found"]
        ratios["examples_left_alone"] = parts["examples"]["balanced"]["left_alone_by_own_rule"]
        goals |= {"examples_found": ">= 0.98", "examples_left_alone": ">= 0.98"}
    if "held_out" in parts:
        ratios["held_out_precision"] = parts["held_out"]["balanced"]["precision"]
        ratios["held_out_recall"] = parts["held_out"]["balanced"]["recall"]
        goals |= {"held_out_precision": ">= 0.95", "held_out_recall": ">= 0.60"}
    mine = {name: {part: parts[part][name] for part in parts} for name in SENSITIVITIES}
    theirs = {name: {part: parts[part].get(name) for part in parts} for name in others}
    finish("facts_secrets", mine, theirs, ratios, goals)


if __name__ == "__main__":
    main()
