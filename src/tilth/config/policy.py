"""What a recipe may say about which files stay."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from tilth.config.limits import Count, Fraction, Length, Score
from tilth.config.strict import Strict

LicenceClass = Literal[
    "permissive", "weak_copyleft", "copyleft", "non_commercial", "proprietary", "unknown", "no_license"
]
PermissiveList = Literal["blue_oak", "scancode", "tilth"]
Rating = Literal["model", "gold", "silver", "bronze", "lead"]
Category = Literal[
    "Permissive",
    "Public Domain",
    "Copyleft Limited",
    "Copyleft",
    "Source-available",
    "Free Restricted",
    "Proprietary Free",
    "Commercial",
    "CLA",
    "Patent License",
    "Unstated License",
]


class Policy(Strict):
    """A preset, and the settings that differ from it: a setting left out has the preset's value."""

    preset: Literal["tilth", "stack-v2", "starcoder", "none"] = "tilth"
    """Where the settings below come from: `tilth`, `stack-v2` or `starcoder` (these papers' thresholds), or
    `none` (no rule)."""
    licences: tuple[LicenceClass, ...] | None = None
    """Licence classes that may stay. Of a choice (OR), the operands are taken that all licence keys allow; all that is
    joined by AND must be allowed."""
    permissive_lists: tuple[PermissiveList, ...] | None = None
    """Lists of which one has to call a licence permissive, or in the public domain; with none, no licence is."""
    blue_oak_min: Rating | None = None
    """Least rating of the Blue Oak Council that a licence must have to stay; one that it does not rate may not."""
    scancode_categories: tuple[Category, ...] | None = None
    """ScanCode's categories of licences that may stay."""
    compatible_with: str | None = None
    """SPDX expression of a work that the files are to be part of: what OSADL's matrix does not let into it leaves."""
    compatible_min: Literal["yes", "check", "unknown"] | None = None
    """The least of the matrix's answers that is enough: `yes` (where it is left out), `check` or `unknown`."""
    licence_ids_keep: tuple[str, ...] | None = None
    """SPDX ids, also with an exception (`GPL-2.0-only WITH Classpath-exception-2.0`), that may stay, whatever the keys
    above say."""
    licence_ids_drop: tuple[str, ...] | None = None
    """SPDX ids, also with an exception, that may not stay, whatever the keys above say."""
    languages: tuple[str, ...] | None = None
    """Languages that may stay; all of them where it is empty."""
    unknown_language: Literal["keep", "drop"] | None = None
    """Whether a file whose language is not known stays."""
    generated: Literal["keep", "drop"] | None = None
    """Whether generated files stay."""
    vendored: Literal["keep", "drop"] | None = None
    """Whether files that another project wrote (a vendored copy, by their path) stay."""
    size_max: Count | None = None
    """Bytes of the largest file that stays."""
    lines_max: Count | None = None
    """Lines of the longest file that stays."""
    line_max: Count | None = None
    """Characters in the longest line of a file that stays (programming languages)."""
    line_max_data: Count | None = None
    """The same for the languages whose lines are long by nature (HTML, JSON, Markdown, TeX, XML, …)."""
    line_mean_max: Length | None = None
    """Characters in the average line of a file that stays (programming languages)."""
    alpha_min: Fraction | None = None
    """Least share of alphabetic characters."""
    alphanum_min_assembly: Fraction | None = None
    """Least share of alphanumeric characters in 68K assembly and WebAssembly, where `alpha_min` does not hold."""
    encoded_run_max: Count | None = None
    """Characters in the longest run of base64, hexadecimal bytes or Unicode escapes that stays."""
    encoded_fraction_max: Fraction | None = None
    """Largest share of a file that may be such runs."""
    data_lines_max: Count | None = None
    """Lines of the longest Text, JSON, YAML, OWL or DOT file that stays."""
    html_visible_min_chars: Count | None = None
    """Least visible text of an HTML file, in characters."""
    html_visible_min_fraction: Fraction | None = None
    """Least visible share of an HTML file."""
    text_names: Literal["any", "known"] | None = None
    """`known` keeps of the plain text files those named requirement…, readme, notes, todo, description, cmakelists."""
    empty: Literal["keep", "drop"] | None = None
    """Whether files without any character but white space stay."""
    fixtures: Literal["keep", "drop"] | None = None
    """Whether the data of tests stay (by their path: `testdata`, `fixtures`, `__snapshots__`, cassettes, …)."""
    settings_chars_min: Count | None = None
    """Characters of the shortest JSON or YAML file that stays."""
    settings_chars_max: Count | None = None
    """Characters of the longest JSON or YAML file that stays."""
    settings_alpha_min: Fraction | None = None
    """Least share of alphabetic characters in JSON and YAML."""
    xml_declared: Literal["keep", "drop"] | None = None
    """Whether files stay that begin as XML (`<?xml version=` among the first 100 bytes) and are no XSLT."""
    comment_min: Fraction | None = None
    """Least share of comments, docstrings included, in languages whose comments are known."""
    comment_max: Fraction | None = None
    """Largest share of them."""
    string_fraction_max: Fraction | None = None
    """Largest share of a file that may be string literals."""
    string_bytes_max: Count | None = None
    """Bytes of the longest string literal that stays."""
    duplicate_lines_max: Fraction | None = None
    """Largest share of lines that are the same as one before them in the file."""
    numbers_max: Fraction | None = None
    """Largest share of a file that may be tables of numbers."""
    minified_max: Fraction | None = None
    """Largest share of a file that may be minified lines: 300 bytes or more, less than a tenth of it white space."""
    parse_errors_max: Fraction | None = None
    """Largest share of a file that may not parse, in languages with a grammar (`pip install 'tilth[parse]'`)."""
    scorer: Annotated[str, Field(pattern=r"^([\w.]+:[\w.]+|.+\.npz)$")] | None = None
    """What gives each text a number: `MODULE:NAME`, or the path of a linear model's weights (`.npz`)."""
    score_min: Score | None = None
    """Least score that stays."""
    spam_repositories: Literal["keep", "drop"] | None = None
    """Whether repositories stay of whose files nearly all are empty, or are one template filled in many times."""

    @model_validator(mode="after")
    def _a_score_needs_a_scorer(self) -> Self:
        if self.score_min is not None and self.scorer is None:
            raise ValueError("`score_min` needs a `scorer`")
        return self
