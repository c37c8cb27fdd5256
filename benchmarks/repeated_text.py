"""Repeated blocks of lines, and files with the same tokens: speed, and what is right, against named peers.

    python benchmarks/repeated_text.py [--folder FOLDER] [--quick]

Rows: the small set of near_rows.py (django, twisted, pandas, numpy in two versions, ansible-core), files of code and
documents, each content once. Figures are megabytes of text for each second of the processor, one process, texts in
memory, the better of two rounds.

- Tokens: tilth's hash of a file's tokens against Pygments' lexers (one file in fifty: speed is all that is asked).
  What is right is asked of Python's own `tokenize`: two Python files that tilth calls the same and it does not, and two
  that it calls the same and tilth does not, each a share of the files with a twin by either. One Python file in ten
  is also compared with a copy without its comments; `bare_copies_found` is the share that tilth calls the same.
- Blocks: five lines in a row that stand in two files, against datatrove's sentence deduplication on lines.
  `blocks_lost` is the share of the blocks that stand in two files or more of which no file keeps a whole copy.

--quick takes one row in six, datatrove's time included.
"""

import argparse
import hashlib
import io
import json
import subprocess
import sys
import time
import tokenize
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from measure import ROOT, environment, finish
from near_rows import small_rows

from tilth.data.dedup.repeated import REPEATED, repeated_in, settle, windows_of
from tilth.data.facts.code.syntaxes import syntax_of_language
from tilth.data.facts.code.tokens import tokens_of
from tilth.data.facts.line_scan import lines_of
from tilth.data.facts.tables.languages import language_table

LINES, FILES = 5, 2
ARROW = "pyarrow>=24"
PYGMENTS = ["pygments==2.18.0", ARROW]
PYGMENTS_EACH = 50
DATATROVE = ["datatrove[io,processing,multilingual]==0.10.1", "spacy==3.8.18", "xxhash<4"]
LEXERS = {
    "c": "cpp",
    "python": "python",
    "javascript": "typescript",
    "css": "css",
    "json": "json",
    "shell": "bash",
}
BARE_EACH = 10
BATCH_BYTES = 4 << 20
GOALS = {
    "tokens_mb_per_second": ">= 150",
    "lines_mb_per_second": ">= 150",
    "tokens_to_pygments": ">= 50",
    "blocks_to_datatrove": ">= 20",
    "wrongly_the_same": "<= 0",
    "bare_copies_found": ">= 0.999",
    "blocks_lost": "<= 0",
}


def main() -> None:
    """Runs both halves and prints the line."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--folder", type=Path, default=Path.home() / ".cache" / "tilth-benchmarks")
    options.add_argument("--quick", action="store_true", help="one row in six")
    given = options.parse_args()
    work = given.folder / "repeated"
    work.mkdir(parents=True, exist_ok=True)
    table = pq.read_table(small_rows(given.folder / "near"), columns=["path", "content"])
    table = table.take(np.arange(0, len(table), 6 if given.quick else 1))
    texts = [text.encode() for text in table["content"].to_pylist()]
    families = [_family(path) for path in table["path"].to_pylist()]
    tokens = _tokens(texts, families)
    blocks, left = _blocks(texts)
    pygments = _pygments(given.folder, work, texts, families)
    datatrove, their_left = _datatrove(given.folder, work, table)
    ours = tokens | blocks | {"blocks_lost": _lost(texts, left), "bytes_left": sum(map(len, left))}
    peers = {
        "pygments": pygments,
        "datatrove": datatrove
        | {"blocks_lost": _lost(texts, their_left), "bytes_left": sum(map(len, their_left))},
    }
    ratios = {name: ours[name] for name in GOALS if name in ours}
    ratios["tokens_to_pygments"] = ours["tokens_mb_per_second"] / pygments["mb_per_second"]
    ratios["blocks_to_datatrove"] = ours["blocks_mb_per_second"] / datatrove["mb_per_second"]
    finish("repeated_text", ours, peers, ratios, GOALS)


def _family(path: str) -> str | None:
    languages = language_table().extensions.get(Path(path).suffix.lower(), ())
    families = [syntax_of_language()[one] for one in languages if one in syntax_of_language()]
    return families[0] if families else None


def _timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """Seconds of the processor, the better of two rounds, and the outcome."""
    rounds = []
    for _ in range(2):
        start = time.process_time()
        outcome = work()
        rounds.append(time.process_time() - start)
    return min(rounds), outcome


def _speed(size: int, seconds: float) -> float:
    return round(size / seconds / 1e6, 2)


def _tokens(texts: Sequence[bytes], families: Sequence[str | None]) -> dict[str, Any]:
    parts: list[tuple[str, list[int]]] = []
    for family in sorted({one for one in families if one}):
        size = BATCH_BYTES
        for row in (row for row, one in enumerate(families) if one == family):
            if size >= BATCH_BYTES:
                parts.append((family, []))
                size = 0
            parts[-1][1].append(row)
            size += len(texts[row])
    tokens_of([b"warm"], "c")
    rows = [row for _, part in parts for row in part]

    def work() -> dict[int, bytes]:
        ids: dict[int, bytes] = {}
        for family, part in parts:
            found, _ = tokens_of([texts[row] for row in part], family)
            ids.update(
                (row, hashlib.sha256(one).digest()) for row, one in zip(part, found, strict=True) if len(one)
            )
        return ids

    seconds, ids = _timed(work)
    size = sum(len(texts[row]) for row in rows)
    return {"tokens_mb_per_second": _speed(size, seconds), "tokens_files": len(rows)} | _judged(
        texts, [row for row in rows if families[row] == "python"], ids
    )


def _judged(texts: Sequence[bytes], rows: Sequence[int], ids: dict[int, bytes]) -> dict[str, Any]:
    """Twins by tilth against twins by Python's tokenizer."""
    theirs = {row: found for row in rows if (found := _python_tokens(texts[row]))}
    ours = {row: ids[row] for row in theirs if row in ids}
    wrong = _split(ours, theirs)
    missed = _split(theirs, ours)
    twins = {row for answer in (ours, theirs) for row, count in _counts(answer).items() if count > 1}
    bare = {
        row: found
        for row in list(theirs)[::BARE_EACH]
        if (found := _without_comments(texts[row])) != texts[row]
    }
    ids_of_bare = [hashlib.sha256(one).digest() for one in tokens_of(list(bare.values()), "python")[0]]
    same = [
        ids.get(row, hashlib.sha256().digest()) == one for row, one in zip(bare, ids_of_bare, strict=True)
    ]
    return {
        "bare_copies": len(bare),
        "bare_copies_found": sum(same) / max(len(same), 1),
        "twins": len(twins),
        "wrongly_the_same": len(wrong) / max(len(twins), 1),
        "missed": len(missed) / max(len(twins), 1),
    }


def _without_comments(text: bytes) -> bytes:
    lines = text.decode().split("\n")
    for token in tokenize.tokenize(io.BytesIO(text).readline):
        if token.type == tokenize.COMMENT:
            row, column = token.start
            lines[row - 1] = lines[row - 1][:column]
    return "\n".join(lines).encode()


def _counts(answer: dict[int, bytes]) -> dict[int, int]:
    counts = Counter(answer.values())
    return {row: counts[one] for row, one in answer.items()}


def _split(one: dict[int, bytes], other: dict[int, bytes]) -> list[int]:
    """Rows that the first answer puts with a row before them, and the other does not put with that row."""
    first: dict[bytes, int] = {}
    return [row for row, value in one.items() if other.get(first.setdefault(value, row)) != other.get(row)]


def _python_tokens(text: bytes) -> bytes | None:
    digest = hashlib.sha256()
    count = 0
    try:
        for token in tokenize.tokenize(io.BytesIO(text).readline):
            if token.type in (tokenize.COMMENT, tokenize.NL, tokenize.ENCODING, tokenize.ENDMARKER):
                continue
            said = "" if token.type in (tokenize.INDENT, tokenize.DEDENT, tokenize.NEWLINE) else token.string
            digest.update(f"{token.type} {said}\0".encode())
            count += 1
    except (tokenize.TokenError, SyntaxError, UnicodeError):
        return None
    return digest.digest() if count else None


def _blocks(texts: Sequence[bytes]) -> tuple[dict[str, Any], list[bytes]]:
    data = np.frombuffer(b"".join(texts), np.uint8)
    starts = np.cumsum([0, *map(len, texts)], dtype=np.int64)
    facts_seconds, (lines, lengths, begins) = _timed(lambda: lines_of(data, starts))

    def work() -> list[bytes]:
        hashes, firsts = windows_of(lines, begins, LINES)
        known = repeated_in(hashes, np.searchsorted(begins, firsts, side="right") - 1, FILES)
        at = np.searchsorted(known, hashes)
        there = at < len(known)
        there[there] = known[at[there]] == hashes[there]
        keepers = np.full(len(known), -1, np.int64)
        found = settle(lines, lengths, begins, (firsts[there], at[there]), keepers, 0, LINES, 1.0)
        cut = found.state == REPEATED
        left = list(texts)
        spans: dict[int, list[tuple[int, int]]] = defaultdict(list)
        for text, begin, end in zip(*(column[cut].tolist() for column in found[:3]), strict=True):
            spans[text].append((begin, end))
        for number, listed in spans.items():
            bounds = [0, *(bound for span in listed for bound in span), len(texts[number])]
            left[number] = b"".join(
                texts[number][b:e] for b, e in zip(bounds[::2], bounds[1::2], strict=True)
            )
        return left

    seconds, left = _timed(work)
    both = facts_seconds + seconds
    speeds = {
        "lines_mb_per_second": _speed(len(data), facts_seconds),
        "blocks_mb_per_second": _speed(len(data), both),
    }
    return speeds | {"bytes": len(data), "lines": len(lines)}, left


def _lost(before: Sequence[bytes], after: Sequence[bytes]) -> float:
    """Share of the blocks that stood in two texts or more and stand in none any more."""
    stood = Counter(block for text in before for block in _set_of_blocks(text))
    repeated = {block for block, count in stood.items() if count >= FILES}
    stands = {block for text in after for block in _set_of_blocks(text) if block in repeated}
    return 1 - len(stands) / max(len(repeated), 1)


def _set_of_blocks(text: bytes) -> set[int]:
    """By hashes of Python's own; the definition is that of the design page."""
    lines = (b"".join(line.split()) for line in text.split(b"\n"))
    saying = [line for line in lines if line.isascii() is False or any(map(_says, line))]
    return {hash(tuple(saying[at : at + LINES])) for at in range(len(saying) - LINES + 1)}


def _says(byte: int) -> bool:
    return chr(byte).isalnum()


def _pygments(
    folder: Path, work: Path, texts: Sequence[bytes], families: Sequence[str | None]
) -> dict[str, Any]:
    rows = [row for row, family in enumerate(families) if family in LEXERS][::PYGMENTS_EACH]
    columns = {
        "lexer": [LEXERS[families[row] or ""] for row in rows],
        "content": [texts[row].decode() for row in rows],
    }
    pq.write_table(pa.table(columns), work / "pygments.parquet")
    python = environment(folder, "tokens_pygments", PYGMENTS)
    answer = _ask(python, "tokens_pygments", work / "pygments.parquet", out=work / "pygments.json")
    return {"files": len(rows), "mb_per_second": _speed(answer["bytes"], answer["cpu_seconds"])}


def _datatrove(folder: Path, work: Path, table: pa.Table) -> tuple[dict[str, Any], list[bytes]]:
    pq.write_table(table.select(["content"]), work / "rows.parquet")
    python = environment(folder, "near_datatrove", [*DATATROVE, ARROW])
    texts_at = work / "datatrove.parquet"
    answer = _ask(python, "repeated_datatrove", work / "rows.parquet", texts_at, out=work / "datatrove.json")
    left = [text.encode() for text in pq.read_table(texts_at)["content"].to_pylist()]
    return {"mb_per_second": _speed(answer["bytes"], answer["cpu_seconds"])}, left


def _ask(python: Path, name: str, *given: Path, out: Path) -> dict[str, Any]:
    command = [str(python), str(ROOT / "benchmarks" / "peers" / f"{name}.py"), *map(str, given), str(out)]
    subprocess.run(command, check=True, stdout=sys.stderr)
    answer: dict[str, Any] = json.loads(out.read_text())
    return answer


if __name__ == "__main__":
    main()
