"""`tilth data contamination`: the text of benchmarks in a release."""

import os
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from tilth.cli.options import Output
from tilth.cli.output import emit, say


def contamination(
    release: Path,
    /,
    *,
    against: Annotated[list[Path], Parameter(consume_multiple=True)],
    field: list[str] | None = None,
    ngram_words: int = 10,
    ngram_share: float = 0.5,
    near: float = 0.7,
    check: bool = False,
    output: Output = "auto",
) -> None:
    """List the files of a release that have the text of a benchmark, with the lines where it stands.

    A text is found whole, white space and case aside (exact), by the runs of words that it shares with a place in the
    file (ngrams), or by its runs of five words, of which small changes leave more (near).

    Example: tilth data contamination releases/first-0.1.0 --against HumanEval.jsonl mbpp.jsonl

    Parameters
    ----------
    release
        Folder of the release.
    against
        Files of benchmarks: JSON lines (also `.gz`), a JSON list, parquet, or plain text, which is one item.
    field
        A field that has texts; may be given several times. Those that benchmarks use, by default.
    ngram_words
        Words of a run: 10 as in DeepSeek-Coder, 13 as in GPT-3.
    ngram_share
        Least share of a text's runs that a file has close together; 0 takes a single one.
    near
        The same for runs of five words.
    check
        End with exit code 3 where something is found.
    """
    from tilth.config.contamination import Thresholds
    from tilth.config.load import check as checked
    from tilth.data.contamination.index import Index
    from tilth.data.contamination.marking import read_benchmarks
    from tilth.data.release.contamination import contamination as found_in
    from tilth.errors import CheckFailed
    from tilth.report.progress import Progress

    asked = checked(Thresholds, {"ngram_words": ngram_words, "ngram_share": ngram_share, "near": near})
    index = Index(read_benchmarks(against, tuple(field or ())), asked)
    with Progress.open("auto") as progress:
        rows = found_in(release, index, progress, threads=len(os.sched_getaffinity(0)))
    emit(rows, output)
    say(f"{len(index.items) - len(index.too_short)} texts were looked for; {len(rows)} places have one")
    if index.too_short:
        say(
            f"{len(index.too_short)} more are too short to be looked for: less than 32 signs, and no run of words"
        )
    if check and rows:
        raise CheckFailed(f"{len(rows)} places have the text of a benchmark")
