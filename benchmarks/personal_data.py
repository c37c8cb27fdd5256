"""Personal data in code: ours, BigCode's regular expressions and presidio's on spans labelled by hand, and redaction.

    python benchmarks/personal_data.py FOLDER [--quick]

FOLDER keeps what is fetched and the peers. The set is `judged/personal_data.jsonl`: windows of files of packages, drawn
by `personal_data_draw.py` and labelled whole by reading them, as positions. A file is known by the hash of its text;
spans have no hash of their own, since that of an address could be turned back into it. What was not clear (`?`) counts
neither way. A finding is right where it overlaps a label of its family; names with and without a copyright are one.

Speed is bytes of the packages' own texts a second of processor time on one core. Inputs that a search
could be slow on are those of `findings_fuzz.py`. The generator of redactions draws texts, encodings and spans, and
checks that what is left is what stood outside the spans, byte for byte.
"""

import argparse
import json
import random
import subprocess
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import findings_fuzz
from measure import environment, finish
from personal_data_draw import unpacked

from tilth.data.facts import personal_data
from tilth.data.facts.batch import Batch
from tilth.data.facts.findings import SENSITIVITIES, Finding
from tilth.data.redact import applied_to_raw, merged, redact

HERE = Path(__file__).parent
FAMILIES = {"email.noreply": "email", "ip.v4": "ip", "ip.v6": "ip", "name.copyright": "name"}
PEERS = {"bigcode": ["regex==2026.1.15"], "presidio": ["presidio-analyzer==2.2.366"]}
GOALS = {
    "email_precision": ">= 0.88",
    "email_recall": ">= 0.96",
    "ip_precision": ">= 0.80",
    "ip_recall": ">= 0.83",
    "megabytes_per_second": ">= 100",
    "slowest_ms_per_mb": "<= 50",
    "wrong_redactions": "<= 0",
}
"""BigCode's published figures for the first four (its notebook of 400 annotated files)."""
Spans = list[tuple[str, int, int]]


def texts_of(folder: Path, windows: Sequence[dict[str, Any]]) -> list[bytes]:
    """The text of each window's file, by its hash; an error where the registry gives another one."""
    packages = sorted({(row["package"], row["version"]) for row in windows})
    paths = {(row["package"], row["path"], row["sha256"]): b"" for row in windows}
    for package, version in packages:
        index, _, name = package.partition(":")
        for _, path, text in unpacked(folder, index, name, version):
            for key in paths:
                if key[:2] == (package, path):
                    paths[key] = text
    return [paths[row["package"], row["path"], row["sha256"]] for row in windows]


def ours_on(texts: Sequence[bytes], names: Sequence[str]) -> list[list[dict[str, Any]]]:
    """Our findings in each text."""
    batch = Batch.of([""] * len(texts), list(names), list(texts))
    found: list[list[dict[str, Any]]] = personal_data.compute(batch)["personal_data"].to_pylist()
    return found


def family(kind: str) -> str:
    """What kinds are scored together."""
    return FAMILIES.get(kind, kind)


def scores(rows: Sequence[dict[str, Any]], answers: Sequence[Spans]) -> dict[str, dict[str, float]]:
    """Precision, recall and counts by family; answers have positions in the file, and only those in windows count."""
    right: Counter[str] = Counter()
    wrong: Counter[str] = Counter()
    missed: Counter[str] = Counter()
    labelled: Counter[str] = Counter()
    for row, answer in zip(rows, answers, strict=True):
        first, last = row["window"]
        labels = [(family(kind), start, end) for kind, start, end in row["spans"]]
        found = [one for one in answer if one[1] >= first and one[2] <= last]
        for kind, start, end in found:
            if any(kind == other and start < e and s < end for other, s, e in labels):
                right[kind] += 1
            elif not any(other == "?" and start < e and s < end for other, s, e in labels):
                wrong[kind] += 1
        for kind, start, end in labels:
            labelled[kind] += 1
            missed[kind] += not any(kind == other and start < e and s < end for other, s, e in found)
    return {
        kind: {
            "labelled": labelled[kind],
            "precision": round(right[kind] / max(1, right[kind] + wrong[kind]), 4),
            "recall": round(1 - missed[kind] / max(1, labelled[kind]), 4),
            "wrong": wrong[kind],
        }
        for kind in sorted((labelled + wrong).keys() - {"?"})
    }


def peer_answers(folder: Path, name: str, texts: Sequence[bytes]) -> tuple[list[Spans], float]:
    """What a peer says, in bytes, and its megabytes a second."""
    python = environment(folder, f"personal-data-{name}", PEERS[name])
    driver = HERE / "peers" / "drivers" / f"personal_data_{name}.py"
    given = "".join(json.dumps(text.decode()) + "\n" for text in texts)
    done = subprocess.run([str(python), str(driver)], input=given, capture_output=True, text=True, check=True)
    answers, seconds = [], 0.0
    for text, line in zip(texts, done.stdout.splitlines(), strict=True):
        said = json.loads(line)
        seconds += said["seconds"]
        chars = text.decode()
        answers.append(
            [
                (kind, len(chars[:start].encode()), len(chars[:end].encode()))
                for kind, start, end in said["found"]
            ]
        )
    return answers, sum(map(len, texts)) / 1e6 / max(1e-9, seconds)


def in_windows(
    rows: Sequence[dict[str, Any]], texts: Sequence[bytes], around: int = 300
) -> tuple[list[int], list[bytes]]:
    """Where the windows with some lines around begin in their files, and their texts: what slow peers are given."""
    begins, parts = [], []
    for row, text in zip(rows, texts, strict=True):
        first, last = max(0, row["window"][0] - around), row["window"][1] + around
        first = text.rfind(b"\n", 0, first + 1) + 1 if first else 0
        begins.append(first)
        parts.append(text[first:last].decode("utf-8", "ignore").encode())
    return begins, parts


def speed(folder: Path, rows: Sequence[dict[str, Any]]) -> float:
    """Megabytes a second of the texts of some packages, the best of three."""
    texts: list[bytes] = []
    for package, version in sorted({(row["package"], row["version"]) for row in rows})[:12]:
        index, _, name = package.partition(":")
        texts += [text for _, _, text in unpacked(folder, index, name, version)][:400]
    batch = Batch.of([""] * len(texts), ["x"] * len(texts), texts)
    seconds = []
    for _ in range(3):
        start = time.process_time()
        personal_data.compute(batch)
        seconds.append(time.process_time() - start)
    return sum(map(len, texts)) / 1e6 / min(seconds)


LETTERS = "ab <>@_1\n\r\t\u00e9\u5f20\U0001f600EMAIL"
CODECS = ("utf-8", "utf-8", "utf-8-sig", "utf-16", "utf-16-be", "gb18030", "utf-32")


def wrong_redactions(seed: int, number: int) -> int:
    """How many of generated texts and spans come out of redaction with a byte too many or too few."""
    draw = random.Random(seed)
    wrong = 0
    for _ in range(number):
        chars = "".join(draw.choices(LETTERS, k=draw.randint(0, 24))) + draw.choice(
            ("", "<EMAIL_1>", "<KEY_2>")
        )
        text = chars.encode()
        found = []
        for _ in range(draw.randint(0, 5)):
            start = draw.randint(0, len(text))
            kind = draw.choice(("email", "name", "ip.v4", "other"))
            found.append(Finding(kind, start, draw.randint(start, len(text)), draw.random(), "pattern"))
        codec = draw.choice(CODECS)
        made = applied_to_raw(chars.encode(codec), codec, text, redact(text, found)).decode(codec)
        wrong += not is_right(text, made.encode(), found)
    return wrong


def is_right(text: bytes, made: bytes, found: Iterable[Finding]) -> bool:
    """Whether a text is another one with its spans, and nothing else, replaced by placeholders and their line ends."""
    at = done = 0
    for span in merged(text, found):
        outside = text[at : span.start]
        if (
            made[done : done + len(outside)] != outside
            or made[done + len(outside) : done + len(outside) + 1] != b"<"
        ):
            return False
        done = made.index(b">", done + len(outside)) + 1
        ends = bytes(byte for byte in text[span.start : span.end] if byte in b"\r\n")
        if made[done : done + len(ends)] != ends:
            return False
        done, at = done + len(ends), span.end
    return made[done:] == text[at:]


def main() -> None:
    """Fetch, ask, score, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--quick", action="store_true")
    given = parser.parse_args()
    rows = [json.loads(line) for line in (HERE / "judged" / "personal_data.jsonl").read_text().splitlines()]
    texts = texts_of(given.folder, rows)
    found = ours_on(texts, [row["path"].rpartition("/")[2] for row in rows])
    ours: dict[str, Any] = {}
    for name, least in SENSITIVITIES.items():
        answers: list[Spans] = [
            [(family(f["kind"]), f["start"], f["end"]) for f in one if round(f["confidence"], 4) >= least]
            for one in found
        ]
        ours[name] = scores(rows, answers)
    begins, parts = in_windows(rows, texts)
    peers: dict[str, Any] = {}
    for name in PEERS:
        told, rate = peer_answers(given.folder, name, parts)
        moved = [
            [(kind, start + first, end + first) for kind, start, end in one]
            for first, one in zip(begins, told, strict=True)
        ]
        peers[name] = scores(rows, moved) | {"megabytes_per_second": round(rate, 2)}
    slowest = findings_fuzz.slowest("personal_data", 1, 100 if given.quick else 1_000)
    cases = 50_000 if given.quick else 1_000_000
    ratios = {
        f"{kind}_{what}": ours["balanced"][kind][what]
        for kind in ("email", "ip")
        for what in ("precision", "recall")
    }
    ratios |= {"megabytes_per_second": speed(given.folder, rows), "slowest_ms_per_mb": max(slowest.values())}
    ratios["wrong_redactions"] = wrong_redactions(1, cases)
    labelled = Counter(kind for row in rows for kind, *_ in row["spans"])
    ours |= {
        "windows": len(rows),
        "labelled": dict(labelled),
        "slowest": slowest,
        "redactions_checked": cases,
    }
    finish("personal_data", ours, peers, ratios, GOALS)


if __name__ == "__main__":
    main()
