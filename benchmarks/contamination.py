"""The text of a benchmark in code: what is found of it under disguises, what is wrongly, and how fast.

    python benchmarks/contamination.py WORK --corpus FOLDER --items HUMANEVAL.jsonl[.gz] [--quick]

Each problem of HumanEval (`data/HumanEval.jsonl.gz` of github.com/openai/human-eval) is put whole into a file of
--corpus, any folder of source code: as it is, with tabs for spaces, with comments between its lines, with its first
local variable renamed, and without its docstring. As many other files have nothing of it. The peer is datatrove's
n-gram decontamination at its defaults, over the same files. Time is process time on one core.
"""

import argparse
import gzip
import json
import re
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import facts_secrets_made as generated
import pyarrow as pa
import pyarrow.parquet as pq
from measure import environment, finish

from tilth.config.contamination import Thresholds
from tilth.data.contamination.benchmarks import items_of
from tilth.data.contamination.index import Index

DRIVER = Path(__file__).parent / "peers" / "drivers" / "ask_datatrove_contamination.py"
PEER = ["datatrove[io,processing]==0.10.1", "xxhash<4", "spacy"]
_DOCSTRING = re.compile(r'(?s)\n\s*("""|\'\'\').*?\1')
_LOCAL = re.compile(r"(?m)^    (\w+) = ")
GOALS = {
    "found_verbatim": ">= 1",
    "found_tabs": ">= 1",
    "found_to_datatrove": ">= 1",
    "wrong_to_datatrove": "<= 1",
    "speed_to_datatrove": ">= 20",
}


def _renamed(text: str) -> str:
    local = _LOCAL.search(text)
    return re.sub(rf"\b{local[1]}\b", "chosen_one", text) if local else text


def _commented(prompt: str, solution: str) -> str:
    # Within a docstring a comment is none.
    return prompt + re.sub(r"(?m)^(    \w.*)$", r"\1\n    # go on", solution)


DISGUISES: dict[str, Callable[[str, str], str]] = {
    "verbatim": lambda prompt, solution: prompt + solution,
    "tabs": lambda prompt, solution: (prompt + solution).replace("    ", "\t"),
    "comments": _commented,
    "renamed": lambda prompt, solution: _renamed(prompt + solution),
    "no_docstring": lambda prompt, solution: _DOCSTRING.sub("", prompt + solution, count=1),
}


def texts_of(problems: list[dict[str, Any]], corpus: list[str]) -> tuple[list[str], list[str]]:
    """The files, and the disguise of the problem that each has ("" without one)."""
    texts, kinds = [], []
    for turn, (name, disguise) in enumerate(DISGUISES.items()):
        for number, row in enumerate(problems):
            around = corpus[(turn * len(problems) + number) % len(corpus)]
            middle = around.find("\n", len(around) // 2) + 1
            planted = disguise(row["prompt"], row["canonical_solution"])
            texts.append(f"{around[:middle]}\n\n{planted}\n\n{around[middle:]}")
            kinds.append(name)
    clean = corpus[-len(texts) :]
    return texts + clean, kinds + [""] * len(clean)


def _ours(items: Path, texts: list[str]) -> tuple[list[bool], float]:
    index = Index(items_of(items), Thresholds())
    raw = [text.encode() for text in texts]
    index.find(raw[:2])
    start = time.process_time()
    hit = {match.document for match in index.find(raw)}
    return [at in hit for at in range(len(raw))], time.process_time() - start


def _datatrove(work: Path, problems: list[dict[str, Any]], texts: list[str]) -> tuple[list[bool], float]:
    python = environment(work, "contamination_datatrove", PEER)
    (work / "items.jsonl").write_text("\n".join(map(json.dumps, problems)))
    pq.write_table(pa.table({"content": texts}), work / "texts.parquet")
    files = [str(work / name) for name in ("items.jsonl", "texts.parquet", "out.json")]
    subprocess.run([str(python), str(DRIVER), *files], check=True)
    told = json.loads((work / "out.json").read_text())
    return told["found"], told["cpu_seconds"]


def _scores(found: list[bool], kinds: list[str], size: int, seconds: float) -> dict[str, float]:
    shares = {}
    for name in (*DISGUISES, ""):
        own = [hit for hit, kind in zip(found, kinds, strict=True) if kind == name]
        shares[f"found_{name}" if name else "wrong"] = round(sum(own) / len(own), 4)
    return shares | {"mb_per_second": round(size / max(seconds, 1e-9) / 1e6, 2)}


def main() -> None:
    """Plant, look, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("work", type=Path)
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--items", type=Path, required=True)
    parser.add_argument("--quick", action="store_true", help="one problem in four")
    given = parser.parse_args()
    given.work.mkdir(parents=True, exist_ok=True)
    raw = given.items.read_bytes()
    lines = (gzip.decompress(raw) if given.items.suffix == ".gz" else raw).decode().splitlines()
    problems = [json.loads(line) for line in lines][:: 4 if given.quick else 1]
    files = generated.ordinary(given.corpus, 40_000_000)
    corpus = [
        text.decode("utf-8", "replace")
        for path, text in files
        if path.endswith(".py") and 1_000 < len(text) < 20_000
    ]
    texts, kinds = texts_of(problems, corpus)
    size = sum(len(text.encode()) for text in texts)
    found, seconds = _ours(given.items, texts)
    ours = _scores(found, kinds, size, seconds)
    found, seconds = _datatrove(given.work, problems, texts)
    theirs = _scores(found, kinds, size, seconds)
    planted = [f"found_{name}" for name in DISGUISES]
    ratios = {name: ours[name] for name in planted}
    ratios["found_to_datatrove"] = sum(ours[name] for name in planted) / sum(theirs[name] for name in planted)
    ratios["wrong_to_datatrove"] = ours["wrong"] / max(theirs["wrong"], 1 / len(texts))
    ratios["speed_to_datatrove"] = ours["mb_per_second"] / theirs["mb_per_second"]
    finish("contamination", ours | {"files": len(texts)}, {"datatrove": theirs}, ratios, GOALS)


if __name__ == "__main__":
    main()
