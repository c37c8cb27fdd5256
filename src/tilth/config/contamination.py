"""What a recipe may say about the text of benchmarks."""

from typing import Annotated, Literal

from pydantic import Field

from tilth.config.limits import Fraction
from tilth.config.strict import Strict


class Thresholds(Strict):
    """By what an item of a benchmark is found in a file."""

    exact: bool = True
    """Whether an item is found by all of its text, white space and case aside; texts of 32 other signs or more."""
    ngram_words: Annotated[int, Field(strict=True, ge=3, le=50)] = 10
    """Words of the runs that are compared: 10 as in DeepSeek-Coder (arXiv:2401.14196), 13 as in GPT-3
    (arXiv:2005.14165)."""
    ngram_share: Fraction | None = 0.5
    """Least share of an item's distinct runs that a file has close together; with 0 a single one is enough, as in these
    papers. Null turns it off."""
    near: Fraction | None = 0.7
    """The same for runs of five words, which small changes leave more of; items of 20 words or more. Null turns it
    off."""


class Contamination(Thresholds):
    """Whether files with the text of benchmarks leave."""

    against: tuple[str, ...] = ()
    """Files of benchmarks: JSON lines (also `.gz`), a JSON list, parquet, or plain text, which is one item."""
    fields: tuple[str, ...] = ()
    """Fields with an item's texts; without any, those under which benchmarks have what they ask and expect."""
    files: Literal["keep", "drop"] = "drop"
    """`drop` leaves out the files that have an item, `keep` only lists them in `metadata/contamination.parquet`."""
