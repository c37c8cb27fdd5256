"""The recipe: everything that a user may say about one release."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from tilth.config.about import About
from tilth.config.contamination import Contamination
from tilth.config.findings import Findings
from tilth.config.limits import Fraction
from tilth.config.malware import Malware
from tilth.config.policy import Policy
from tilth.config.sources import Source
from tilth.config.strict import Strict


class Duplicates(Strict):
    """Which copies of the same bytes, or of the same repository, stay."""

    files: Literal["keep_one", "keep_all"] = "keep_one"
    """`keep_one` keeps one file of those with the same bytes; `keep_all` only counts them."""
    repositories: Literal["keep_one", "keep_all"] = "keep_one"
    """`keep_one` keeps one unit of those with the same root tree."""
    forks: Literal["keep", "drop"] = "keep"
    """`drop` keeps, of the units that share a history, only the one with the most stars; `keep` keeps all."""
    alike_repositories: Literal["keep", "drop"] = "keep"
    """`drop` keeps, of the units with most contents in common (`near_threshold`), only the one with the most stars."""
    near: Literal["keep_one", "keep_all"] = "keep_all"
    """`keep_one` keeps, of the files that are alike, one, and drops those alike to it; `keep_all` does not look."""
    near_threshold: Annotated[float, Field(ge=0.5, le=1)] = 0.7
    """Least Jaccard similarity of what is alike: of the word 5-grams of files, or of the contents of units."""
    near_linkage: Literal["representative", "complete"] = "representative"
    """Who leaves is alike to the one that stays for it; with `complete` also to all others that leave for it."""
    tokens: Literal["keep_one", "keep_one_per_language", "keep_all"] = "keep_all"
    """`keep_one` keeps one of the files that differ in comments and white space only, `keep_one_per_language` one in
    each language; `keep_all` does not look."""
    repeated: Literal["keep", "mark", "cut"] = "keep"
    """Blocks of lines that stand in many files: `mark` says where they are, `cut` also takes them out of every file but
    the first; `keep` does not look."""
    repeated_lines: Annotated[int, Field(strict=True, ge=2, le=1000)] = 5
    """Least lines of such a block, those without a letter or digit not counted."""
    repeated_files: Annotated[int, Field(strict=True, ge=2)] = 10
    """Least files that it stands in."""
    repeated_share_max: Fraction | None = None
    """Largest share of a file's lines that may stand in such blocks of files before it (with `mark` or `cut`)."""

    @model_validator(mode="after")
    def _limit_needs_a_look(self) -> Self:
        if self.repeated_share_max is not None and self.repeated == "keep":
            raise ValueError("`repeated_share_max` needs `repeated` to be `mark` or `cut`")
        return self


class ReleaseLayout(Strict):
    """How the release lies on disk."""

    contents: Literal["inline", "ids"] = "inline"
    """`inline` writes each text into its row; `ids` writes identifiers, and the contents as a store beside them."""
    shard_bytes: Annotated[int, Field(strict=True, ge=2**16, le=2**30)] | Literal["auto"] = "auto"
    """Bytes of text in a data file, on average; `auto` is near a 512th of the release, from 2 to 128 MiB."""
    row_group_bytes: Annotated[int, Field(strict=True, ge=2**16, le=2**28)] = 2**25
    """Bytes of text in a row group, at the most (a single longer file has its own)."""


class Recipe(Strict):
    """One release: its name, where its files come from, what may stay, and how it is written."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
    """Name of the release."""
    version: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")] = "0.1.0"
    """Version of the release."""
    description: str = ""
    """A paragraph for the card."""
    about: About = About()
    """Who made the release, under which terms, and where it is found: for its papers."""
    sources: Annotated[tuple[Source, ...], Field(min_length=1)]
    """Where files come from, read in this order."""
    policy: Policy = Policy()
    """What may stay, and what leaves for which reason."""
    malware: Malware = Malware()
    """Which files leave for malware."""
    contamination: Contamination = Contamination()
    """Which files leave for the text of benchmarks."""
    findings: Findings = Findings()
    """What happens to secrets and personal data."""
    duplicates: Duplicates = Duplicates()
    """Which copies stay."""
    opt_outs: str | None = None
    """File of accepted requests (`tilth governance export` writes it): what it names is left out."""
    release: ReleaseLayout = ReleaseLayout()
    """How the release lies on disk."""

    @model_validator(mode="after")
    def _cuts_are_inline(self) -> Self:
        if self.duplicates.repeated == "cut" and self.release.contents == "ids":
            raise ValueError(
                "`duplicates.repeated: cut` needs `release.contents: inline`: identifiers name whole texts"
            )
        return self

    @model_validator(mode="after")
    def _cuts_hold_no_findings(self) -> Self:
        if self.duplicates.repeated == "cut" and "redact" in (
            self.findings.secrets,
            self.findings.personal_data,
        ):
            raise ValueError(
                "`duplicates.repeated: cut` cannot go with `redact` in `findings`: what is cut out is kept in the row "
                "as it was; take `repeated: mark`, or `findings` with `drop`"
            )
        return self
