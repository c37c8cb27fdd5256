"""The licence facts against labelled files: ScanCode's own cases, whole SPDX texts, and ordinary source code.

    python benchmarks/facts_licence.py FOLDER [--quick] [--repositories FOLDER] [--clone NAME=CLONE ...] [--no-peer]

FOLDER keeps what is fetched: ScanCode's labelled cases and the SPDX list's texts at fixed commits, and an environment
with ScanCode from PyPI, which reads a sample of the same cases beside us (--no-peer takes its published figures
instead). --clone takes `scancode-toolkit` or `license-list-XML` from a clone instead. Speed on ordinary source is taken
on the files of bare repositories, without them on ScanCode's own source.

The labelled cases are split by the SHA-256 of their path: one half was used to find faults, the other half is only
ever reported as a whole. Time is process time on one core. SPDX texts that are the same word for word count as one
licence, and identifiers that SPDX gave up are left out.
"""

import argparse
import hashlib
import json
import random
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from facts_language_sets import folder_files, repository_files
from facts_licence_texts import alike, family, perturbations
from measure import environment, finish

from tilth.data.facts import licence
from tilth.data.facts.batch import Batch
from tilth.data.facts.licence.rules import rules
from tilth.data.facts.tables.sources import Source, unpacked

SCANCODE = Source(
    "scancode-toolkit",
    "https://github.com/aboutcode-org/scancode-toolkit",
    "bc787214ed21f313be84a1e6a571051cdfdd4003",
    "Apache-2.0, its data CC-BY-4.0",
)
SPDX = Source(
    "license-list-XML",
    "https://github.com/spdx/license-list-XML",
    "e4c1f276b8befa364960e288c6a17f5433353b1b",
    "CC0-1.0",
)
PATHS = {
    SCANCODE: ("tests/licensedcode/data/datadriven", "src/licensedcode", "src/packagedcode"),
    SPDX: ("src", "test/simpleTestForGenerator"),
}
PEER = ("scancode-toolkit==32.5.0", "pluggy<1.6")

# ScanCode 32.5 called at its matcher, on 300 of its own cases (alarms: on all that have no licence).
PUBLISHED = {
    "exact": 0.983,
    "alarms": 1,
    "files_per_second": 2.2,
    "texts_clean": 0.967,
    "texts_perturbed": 0.925,
}
_OWN_NAMES = {
    "LicenseRef-tilth-public-domain": "LicenseRef-scancode-public-domain",
    "LicenseRef-tilth-proprietary": "LicenseRef-scancode-proprietary-license",
    "LicenseRef-tilth-invalid-tag": "LicenseRef-scancode-unknown-spdx",
    "LicenseRef-tilth-unknown": "LicenseRef-scancode-unknown",
    "LicenseRef-tilth-commons-clause": "LicenseRef-scancode-commons-clause",
}
# Labels that name no licence: a pointer to another file, a denial of warranties. Facts hold them as evidence only.
_NO_LICENCE = frozenset(
    {"LicenseRef-scancode-unknown-license-reference", "LicenseRef-scancode-warranty-disclaimer"}
)
_BATCH = 200


@dataclass(frozen=True)
class Case:
    """A labelled file."""

    path: Path
    data: bytes
    expressions: tuple[str, ...]
    is_reported: bool


def names_of(expression: str | None) -> set[str]:
    """The licences and exceptions in an expression, those of this package under ScanCode's names."""
    # An exception to a licence that is not known is what a label with the exception alone means.
    found = re.findall(r"[\w.+-]+", (expression or "").replace("LicenseRef-tilth-unknown WITH", ""))
    return {_OWN_NAMES.get(name, name) for name in found if name not in ("AND", "OR", "WITH")}


def cases(root: Path) -> Iterator[Case]:
    """ScanCode's labelled cases, labels in SPDX names."""
    keys = dict(_keys(root / "src/licensedcode/data/licenses"))
    folder = root / "tests/licensedcode/data/datadriven"
    for label in sorted(folder.rglob("*.yml")):
        path = (
            label.with_suffix("") if not label.name.endswith(".yml.yml") else label.with_name(label.name[:-4])
        )
        if not path.exists():
            continue
        said = yaml.safe_load(label.read_text("utf-8")) or {}
        if said.get("expected_failure"):
            continue
        half = hashlib.sha256(str(path.relative_to(folder)).encode()).digest()[0] & 1
        stated = tuple(
            re.sub(r"[\w.+-]+", lambda one: keys.get(one[0].lower(), one[0]), expression)
            for expression in said.get("license_expressions") or []
        )
        yield Case(path, path.read_bytes(), stated, bool(half))


def _keys(folder: Path) -> Iterator[tuple[str, str]]:
    yield from (("and", "AND"), ("or", "OR"), ("with", "WITH"))
    table = rules()
    own = {
        name: table.expressions[number]
        for name, number in zip(table.names, table.numbers.expression_of.tolist(), strict=True)
    }
    for path in folder.glob("*.LICENSE"):
        head = path.read_text("utf-8").split("---", 2)[1]
        said = yaml.load(head, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        # The rule of the licence's own text: SPDX has named some licences since ScanCode's table was made.
        named = own.get(f"{said['key']}.LICENSE", "")
        stated = said.get("spdx_license_key") or f"LicenseRef-scancode-{said['key']}"
        yield said["key"], named if stated.startswith("LicenseRef") and named else stated


def computed(
    files: Sequence[tuple[str, bytes]],
) -> tuple[list[str | None], list[list[dict[str, Any]]], float]:
    """Expressions and evidence of files, and the seconds they took."""
    expressions: list[str | None] = []
    evidence: list[list[dict[str, Any]]] = []
    seconds = 0.0
    for at in range(0, len(files), _BATCH):
        some = files[at : at + _BATCH]
        batch = Batch.of(["0" * 40] * len(some), [name for name, _ in some], [data for _, data in some])
        start = time.process_time()
        columns = licence.compute(batch)
        seconds += time.process_time() - start
        expressions += columns["licence_expression"]
        evidence += columns["licence_evidence"]
    return expressions, evidence, seconds


def labelled(chosen: Sequence[Case]) -> dict[str, float]:
    """Exact sets, choices read as choices, alarms and speed on labelled cases."""
    files = [(case.path.name, case.data) for case in chosen]
    computed(files[:_BATCH])
    expressions, evidence, seconds = computed(files)
    exact, alarms, empty, dual, dual_right = 0, 0, 0, 0, 0
    strict = 0
    for case, ours, pieces in zip(chosen, expressions, evidence, strict=True):
        stated = set().union(*map(names_of, case.expressions))
        found = names_of(ours)
        exact += stated - _NO_LICENCE == found - _NO_LICENCE
        points = {"LicenseRef-scancode-unknown-license-reference"} if _points(pieces) else set()
        denies = {"LicenseRef-scancode-warranty-disclaimer"} if _denies(pieces) else set()
        strict += stated == found | points | denies
        if not stated:
            empty += 1
            alarms += bool(found)
        if any(" OR " in one for one in case.expressions) and len(case.expressions) == 1:
            dual += 1
            dual_right += stated == found and " OR " in (ours or "")
    return {
        "cases": len(chosen),
        "exact": exact / len(chosen),
        "exact_with_references_and_disclaimers": strict / len(chosen),
        "without_licence": empty,
        "alarms": alarms,
        "choices": dual,
        "choices_right": dual_right / max(dual, 1),
        "files_per_second": len(chosen) / seconds,
    }


def _points(pieces: list[dict[str, Any]]) -> bool:
    return any(one["kind"] == "reference" for one in pieces)


def _denies(pieces: list[dict[str, Any]]) -> bool:
    return any(one["rule"].startswith("warranty-disclaimer") for one in pieces)


def texts(root: Path) -> dict[str, float]:
    """Share of the SPDX texts whose licence, and nothing else but its family, is the answer.

    Identifiers that SPDX gave up are left out.
    """
    known = {
        path.stem
        for path in (root / "src").glob("*.xml")
        if "deprecatedVersion=" not in path.read_text("utf-8").split("<text>")[0]
    }
    samples = [
        (path.stem, path.read_text("utf-8", "replace"))
        for path in sorted((root / "test/simpleTestForGenerator").glob("*.txt"))
        if path.stem in known
    ]
    same = alike(samples)
    shares: dict[str, float] = {"texts": len(samples)}
    for kind, change in perturbations().items():
        name = "a.c" if kind == "comment" else "LICENSE"
        expressions, _, _ = computed([(name, change(text).encode()) for _, text in samples])
        answers = [{same.get(one, family(one)) for one in names_of(ours)} for ours in expressions]
        right = [same[stem] in answer for (stem, _), answer in zip(samples, answers, strict=True)]
        only = [{same[stem]} == answer for (stem, _), answer in zip(samples, answers, strict=True)]
        shares[kind] = sum(right) / len(samples)
        shares[f"{kind}_alone"] = sum(only) / len(samples)
    return shares


def ordinary(files: Sequence[tuple[str, bytes]]) -> dict[str, float]:
    """Speed on source code as it comes, in batches as a build makes them."""
    computed(files[:_BATCH])
    seconds = min(computed(files)[2] for _ in range(3))
    size = sum(len(data) for _, data in files)
    return {
        "files": len(files),
        "files_per_second": len(files) / seconds,
        "megabytes_per_second": size / seconds / 1e6,
    }


def pathological() -> dict[str, float]:
    """Milliseconds a megabyte on inputs that were made to be slow."""
    draw = random.Random(3)
    words = "license the software mit gpl permission hereby granted apache warranty bsd copyright of to any".split()
    inputs = {
        "one word": b"gpl " * 250_000,
        "shuffled words": " ".join(draw.choice(words) for _ in range(160_000)).encode(),
        "one long line": b"x" * 400_000 + b" license " + b"y" * 600_000,
        "names as JSON": json.dumps(
            [{"licenseId": name} for name in ("MIT", "GPL-2.0-only", "Zlib") * 12_000]
        ).encode(),
        "parser table": b"  {0x1f, 12, 3, -1, license, 44},\n" * 30_000,
        "one text again and again": (
            b"Permission is hereby granted, free of charge, to any person obtaining a copy. " * 13_000
        ),
        "open brackets": b"(license[" * 110_000,
    }
    found = {}
    computed([("LICENSE", b"MIT License")])
    for name, data in inputs.items():
        for file in ("LICENSE", "a.c"):
            seconds = computed([(file, data)])[2]
            found[f"{name} in {file}"] = seconds * 1000 / (len(data) / 1e6)
    return found


def load_seconds() -> tuple[float, float]:
    """Seconds to load the index, and the peak memory in megabytes, in a process of its own."""
    code = (
        "import re, time, numba, numpy, pyarrow\n"
        "start = time.process_time()\n"
        "from tilth.data.facts.licence.rules import rules\nrules()\n"
        "taken = time.process_time() - start\n"
        # What getrusage tells includes the process that this one was forked from.
        "peak = int(re.search(r'VmHWM:\\s+(\\d+)', open('/proc/self/status').read())[1])\n"
        "print(taken, peak / 1024)"
    )
    runs = [
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        for _ in range(2)
    ]
    seconds, megabytes = map(float, runs[-1].stdout.split())
    return seconds, megabytes


def peer(python: str, chosen: Sequence[Case]) -> dict[str, Any]:
    """ScanCode's matcher on the same files."""
    with tempfile.NamedTemporaryFile("w", suffix=".json") as listing:
        json.dump([str(case.path) for case in chosen], listing)
        listing.flush()
        script = Path(__file__).parent / "peers" / "drivers" / "scancode_cases.py"
        done = subprocess.run([python, str(script), listing.name], capture_output=True, text=True, check=True)
    answers = json.loads(done.stdout.splitlines()[-1])
    right, alarms = 0, 0
    for case, expressions in zip(chosen, answers["expressions"], strict=True):
        stated = set().union(*map(names_of, case.expressions))
        found = set().union(*map(names_of, expressions))
        right += stated - _NO_LICENCE == found - _NO_LICENCE
        alarms += not stated and bool(found)
    return {
        "cases": len(chosen),
        "exact": right / len(chosen),
        "alarms": alarms,
        "files_per_second": len(chosen) / answers["seconds"],
        "index_seconds": answers["index_seconds"],
        "megabytes": answers["megabytes"],
    }


def main() -> None:
    """Measure, print, and end with 0 where every goal is met."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--repositories", type=Path)
    parser.add_argument("--clone", action="append", default=[])
    parser.add_argument("--no-peer", action="store_true")
    parser.add_argument("--half", choices=("learn", "reported"), default="reported")
    parser.add_argument(
        "--faults", action="store_true", help="list the cases of the learning half that are wrong"
    )
    parser.add_argument("--quick", action="store_true")
    given = parser.parse_args()
    clones = {name: Path(clone) for name, _, clone in (one.partition("=") for one in given.clone)}
    scancode, spdx = (
        unpacked(one, given.folder, clones.get(one.name), paths=paths) for one, paths in PATHS.items()
    )
    source = (
        repository_files(given.repositories, 20_000)
        if given.repositories
        else folder_files([scancode / "src" / "packagedcode", scancode / "src" / "licensedcode"])
    )
    every = list(cases(scancode))
    chosen = [case for case in every if case.is_reported == (given.half == "reported")]
    if given.faults:
        return _list_faults([case for case in every if not case.is_reported])
    ours: dict[str, Any] = {"labelled": labelled(chosen)}
    without = [case for case in every if not case.expressions]
    ours["all_without_licence"] = labelled(without)
    ours["index_seconds"], ours["index_megabytes"] = load_seconds()
    ours["pathological_ms_per_mb"] = pathological()
    ours["texts"] = texts(spdx)
    ours["ordinary"] = ordinary(source[:2_000] if given.quick else source)
    ours["megabytes"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    peers: dict[str, Any] = {"scancode published": PUBLISHED}
    if not given.no_peer:
        python = environment(given.folder, "scancode", PEER)
        sample = sorted(chosen, key=lambda case: hashlib.sha256(str(case.path.name).encode()).digest())
        peers["scancode"] = peer(str(python), sample[: 60 if given.quick else 300])
        peers["scancode"]["alarms"] = peer(str(python), without)["alarms"]
    speed = peers.get("scancode", PUBLISHED)["files_per_second"]
    ratios = {
        "exact": ours["labelled"]["exact"],
        "alarms": float(ours["all_without_licence"]["alarms"]),
        "choices_right": ours["labelled"]["choices_right"],
        "speed_over_scancode": ours["labelled"]["files_per_second"] / speed,
        "index_seconds": ours["index_seconds"],
        "index_megabytes": ours["index_megabytes"],
        "slowest_ms_per_mb": max(ours["pathological_ms_per_mb"].values()),
        "texts_clean": ours["texts"]["clean"],
        "texts_perturbed": min(ours["texts"][kind] for kind in ("copyright", "comment", "noise", "upper")),
        "ordinary_files_per_second": ours["ordinary"]["files_per_second"],
    }
    goals = {
        "exact": ">= 0.95",
        "alarms": f"<= {peers.get('scancode', PUBLISHED)['alarms']}",
        "choices_right": ">= 0.95",
        "speed_over_scancode": ">= 100",
        "index_seconds": "<= 0.5",
        "index_megabytes": "<= 300",
        "slowest_ms_per_mb": "<= 100",
        "texts_clean": ">= 0.98",
        "texts_perturbed": ">= 0.97",
        "ordinary_files_per_second": ">= 3000",
    }
    finish("facts_licence", ours, peers, ratios, goals)


def _list_faults(chosen: Sequence[Case]) -> None:
    expressions, evidence, _ = computed([(case.path.name, case.data) for case in chosen])
    for case, ours, pieces in zip(chosen, expressions, evidence, strict=True):
        stated = set().union(*map(names_of, case.expressions)) - _NO_LICENCE
        found = names_of(ours) - _NO_LICENCE
        if stated != found:
            rules = [(one["rule"], one["start"], one["end"]) for one in pieces]
            print(
                case.path.name, "missing", sorted(stated - found), "extra", sorted(found - stated), rules[:6]
            )


if __name__ == "__main__":
    main()
