"""The columns of a release, with The Stack's names where the meaning is the same."""

import pyarrow as pa

from tilth.data.facts.findings import FINDINGS
from tilth.data.policy.licence import SIDES

_TIME = pa.timestamp("us", tz="UTC")
EVIDENCE = pa.list_(
    pa.struct(
        [
            ("start", pa.int64()),
            ("end", pa.int64()),
            ("kind", pa.string()),
            ("rule", pa.string()),
            ("score", pa.float64()),
        ]
    )
)

ASKED: tuple[tuple[str, pa.DataType, str], ...] = (
    ("comment_fraction", pa.float64(), "Share of the text's bytes in comments, docstrings included."),
    ("string_fraction", pa.float64(), "Share of the text's bytes in string literals."),
    ("longest_string_bytes", pa.int32(), "Bytes of the longest string literal."),
    ("duplicate_line_fraction", pa.float64(), "Share of the lines that are the same as one before them."),
    ("number_fraction", pa.float64(), "Share of the text, white space aside, in tables of numbers."),
    ("minified_fraction", pa.float64(), "Share of the text's bytes on minified lines."),
    ("is_xml", pa.bool_(), "Whether it begins as XML."),
    (
        "parse_error_fraction",
        pa.float64(),
        "Share of the text's bytes that its language's grammar cannot take in.",
    ),
    ("score", pa.float64(), "What the recipe's scorer gives."),
)
"""Facts that a recipe's rules ask for: name, type, meaning; null where they do not, or where there is no answer."""

COLUMNS: tuple[tuple[str, pa.DataType, str, str], ...] = (
    ("blob_id", pa.string(), "blob_id", "Plain SHA-1 of the file's bytes, 40 hex digits."),
    (
        "content_id",
        pa.string(),
        "content_id",
        "Git blob id of the bytes (sha1_git): `swh:1:cnt:` and this is the SWHID.",
    ),
    ("directory_id", pa.string(), "directory_id", "Git tree id of the unit's root folder."),
    ("revision_id", pa.string(), "revision_id", "Commit that was read; null where there is none."),
    ("snapshot_id", pa.string(), "snapshot_id", "SWHID of the repository's branches when it was read."),
    (
        "branch_name",
        pa.string(),
        "branch_name",
        "Full name of the branch or tag, or the version of a package.",
    ),
    ("revision_date", _TIME, "revision_date", "Author date of the commit, UTC."),
    ("committer_date", _TIME, "committer_date", "Committer date of the commit, UTC."),
    ("origin", pa.string(), "origin", "URL that the unit was read from."),
    ("repo_name", pa.string(), "repo_name", "Name of the repository, `owner/name` on a forge."),
    ("path", pa.string(), "path", "Path in the repository; bytes that are not UTF-8 as `\\xNN`."),
    ("extension", pa.string(), "extension", "Lower-case ending of the name, without the dot."),
    ("star_events_count", pa.int64(), "star_events_count", "Stars, where the source's list has them."),
    ("fork_events_count", pa.int64(), "fork_events_count", "Forks, where the source's list has them."),
    ("gha_license_id", pa.string(), "gha_license_id", "Licence that the forge's metadata states."),
    ("language", pa.string(), "language", "Language, with linguist's name."),
    ("language_how", pa.string(), "language_how", "What the language was told by."),
    ("language_type", pa.string(), "language_type", "programming, markup, data or prose."),
    (
        "language_group",
        pa.string(),
        "language_group",
        "The language that it counts with (TypeScript, for TSX); mostly itself.",
    ),
    (
        "is_generated",
        pa.bool_(),
        "is_generated",
        "Whether a program wrote the file: by its bytes, its name, or the folder that it lies in.",
    ),
    ("is_vendor", pa.bool_(), "is_vendor", "Whether the path says that it is another project's file."),
    ("is_test", pa.bool_(), "is_test", "Whether the path says that it is a test."),
    ("is_documentation", pa.bool_(), "is_documentation", "Whether the path says that it is documentation."),
    (
        "is_configuration",
        pa.bool_(),
        "is_configuration",
        "Whether the path says that it sets up a tool or a build.",
    ),
    ("src_encoding", pa.string(), "src_encoding", "Encoding of the original bytes, as Python names it."),
    ("length_bytes", pa.int64(), "length_bytes", "Size of the original bytes."),
    ("is_blank", pa.bool_(), "is_blank", "Whether there is nothing but white space."),
    ("num_chars", pa.int64(), "num_chars", "Characters of the text."),
    ("num_lines", pa.int32(), "num_lines", "Lines of the text."),
    ("max_line_length", pa.int32(), "max_line_length", "Characters of the longest line."),
    ("avg_line_length", pa.float64(), "avg_line_length", "Characters of the average line."),
    ("alpha_fraction", pa.float64(), "alpha_fraction", "Share of letters among the characters."),
    (
        "alphanum_fraction",
        pa.float64(),
        "alphanum_fraction",
        "Share of letters and digits among the characters.",
    ),
    ("encoded_max_run", pa.int32(), "encoded_max_run", "Longest run of encoded data, in characters."),
    (
        "encoded_fraction",
        pa.float64(),
        "encoded_fraction",
        "Share of the characters in runs of encoded data.",
    ),
    ("visible_chars", pa.int64(), "visible_chars", "Visible characters of an HTML file."),
    *((name, kind, name, meaning) for name, kind, meaning in ASKED),
    ("license_expression", pa.string(), "licence", "SPDX expression that holds at this place."),
    (
        "license_chosen",
        pa.string(),
        "licence_chosen",
        "What of it the policy lets the file be used under: of a choice, the operands that it allows.",
    ),
    (
        "detected_licenses",
        pa.list_(pa.string()),
        "licences",
        "Every expression seen with these bytes, at any place.",
    ),
    ("license_class", pa.string(), "licence_class", "Most restrictive class among those expressions."),
    (
        "license_type",
        pa.string(),
        "license_type",
        "The Stack's three types: permissive, no_license, non_permissive.",
    ),
    (
        "license_source",
        pa.string(),
        "licence_source",
        "tag, text, notice, file, metadata, readme, forge, correction or none.",
    ),
    (
        "license_path",
        pa.string(),
        "licence_path",
        "Path of the file that states it (several: one a line); for a correction, the request.",
    ),
    (
        "license_evidence",
        EVIDENCE,
        "licence_evidence",
        "Where in this file's text its own licence stands, and by which rule.",
    ),
    (
        "copyright_holders",
        pa.list_(pa.string()),
        "copyright_holders",
        "Who this file's text names as holders of its copyright.",
    ),
    (
        "license_conflict",
        pa.bool_(),
        "licence_conflict",
        "Whether places with these bytes state different licences.",
    ),
    (
        "license_contradiction",
        SIDES,
        "licence_contradiction",
        "All who speak of the licence at this place, where they contradict each other; null where they do not.",
    ),
    (
        "secrets",
        FINDINGS,
        "",
        "Where the original text, as UTF-8, has keys or passwords: kind, span and confidence, never the value.",
    ),
    (
        "personal_data",
        FINDINGS,
        "",
        "Where the original text, as UTF-8, has personal data: kind, span and confidence, never the value.",
    ),
    ("redactions", pa.int32(), "", "How many spans of the text were replaced."),
)
"""Name, type, column of the build's tables (none where writing fills it in), meaning."""


def place_columns(text: str) -> tuple[str, str, str, str]:
    """Names of a plan's columns for the place of a text in the store: pack, offset, packed bytes, bytes."""
    return f"{text}_pack", f"{text}_offset", f"{text}_packed_bytes", f"{text}_bytes"


def plan_schema(rows: pa.Schema, texts: tuple[str, ...]) -> pa.Schema:
    """The columns of a plan: those of the rows, and the places of their texts."""
    kinds = (pa.string(), pa.int64(), pa.int32(), pa.int32())
    places = [pair for text in texts for pair in zip(place_columns(text), kinds, strict=True)]
    return pa.schema([*rows, *[pa.field(name, kind) for name, kind in places]])


ROW_SCHEMA = pa.schema([(name, kind) for name, kind, _, _ in COLUMNS])
"""The columns of a data file; the text follows as `content`."""

COMMIT_COLUMNS: tuple[tuple[str, pa.DataType, str], ...] = (
    ("revision_id", pa.string(), "Commit."),
    ("parent_id", pa.string(), "First parent; null for a root commit."),
    ("message", pa.string(), "The commit's message."),
    ("revision_date", _TIME, "Author date, UTC."),
    ("committer_date", _TIME, "Committer date, UTC."),
    ("origin", pa.string(), "URL that the unit was read from."),
    ("repo_name", pa.string(), "Name of the repository."),
    ("path", pa.string(), "Path of the changed file."),
    ("status", pa.string(), "A added, M modified, D deleted, T type changed."),
    ("language", pa.string(), "Language of the file after the commit (before it, where it was deleted)."),
    (
        "license_expression",
        pa.string(),
        "SPDX expression of the file, or of its folder as the unit stands now.",
    ),
    (
        "license_class",
        pa.string(),
        "Most restrictive class of the bytes before and after, over all places where they were seen.",
    ),
    ("old_content_id", pa.string(), "Content before; null where the file was added."),
    ("new_content_id", pa.string(), "Content after; null where the file was deleted."),
)
COMMIT_SCHEMA = pa.schema([(name, kind) for name, kind, _ in COMMIT_COLUMNS])
"""The columns of a file of commits; the texts follow as `old_content` and `new_content`."""

NEAR_COLUMNS: tuple[tuple[str, pa.DataType, str], ...] = (
    ("kept_content_id", pa.string(), "Content of the file that stays: what names the cluster."),
    ("kept_origin", pa.string(), "URL of the unit that it is in."),
    ("kept_path", pa.string(), "Its path there."),
    ("content_id", pa.string(), "Content of the file that left."),
    ("origin", pa.string(), "URL of the unit that it was in."),
    ("path", pa.string(), "Its path there."),
    ("similarity", pa.float64(), "Jaccard similarity of the two, by word 5-grams."),
)
NEAR_SCHEMA = pa.schema([(name, kind) for name, kind, _ in NEAR_COLUMNS])
"""A row for each file that left because it is alike to one that stays."""

MALWARE_COLUMNS: tuple[tuple[str, pa.DataType, str], ...] = (
    ("scanner", pa.string(), "clamav or yara."),
    ("signature", pa.string(), "Name of the signature or rule that fits."),
    ("content_id", pa.string(), "Content of the file."),
    ("origin", pa.string(), "URL of the unit that it is in."),
    ("repo_name", pa.string(), "Name of the repository."),
    ("path", pa.string(), "Its path there."),
    ("is_dropped", pa.bool_(), "Whether the file left for it."),
)
MALWARE_SCHEMA = pa.schema([(name, kind) for name, kind, _ in MALWARE_COLUMNS])
"""A row for each signature that fits a file which would have stayed."""

CONTAMINATION_COLUMNS: tuple[tuple[str, pa.DataType, str], ...] = (
    ("benchmark", pa.string(), "Name of the benchmark's file, without its ending."),
    ("item", pa.string(), "What the benchmark calls the item."),
    ("field", pa.string(), "Which of its texts."),
    ("method", pa.string(), "How it was found: exact, ngrams or near, the surest of them."),
    ("share", pa.float64(), "Share of the text's runs of words that are there, close together."),
    ("content_id", pa.string(), "Content of the file."),
    ("origin", pa.string(), "URL of the unit that it is in."),
    ("repo_name", pa.string(), "Name of the repository."),
    ("path", pa.string(), "Its path there."),
    ("first_line", pa.int32(), "First line of the text in the file, from 1."),
    ("last_line", pa.int32(), "Last line of it."),
    ("is_dropped", pa.bool_(), "Whether the file left for it."),
)
CONTAMINATION_SCHEMA = pa.schema([(name, kind) for name, kind, _ in CONTAMINATION_COLUMNS])
"""A row for each text of a benchmark that a file has which would have stayed."""

REPEATED_COLUMNS: tuple[tuple[str, pa.DataType, str], ...] = (
    ("content_id", pa.string(), "Content of a file that stays."),
    ("begin_byte", pa.int64(), "Where a repeated block begins in its text, in bytes of UTF-8."),
    ("end_byte", pa.int64(), "Where it ends."),
    ("is_elsewhere", pa.bool_(), "Whether another file keeps it; where this one does, it stands here whole."),
    ("is_cut", pa.bool_(), "Whether it was taken out of the text (`cuts` of the row has it)."),
    (
        "repeated_share",
        pa.float64(),
        "Share of the text's lines that stand in such blocks, whoever keeps them.",
    ),
)
REPEATED_SCHEMA = pa.schema([(name, kind) for name, kind, _ in REPEATED_COLUMNS])
"""A row for each stretch of lines of a content that stands in many contents."""

_PLACE_OF_FILE = (
    ("content_id", pa.string()),
    ("origin", pa.string()),
    ("repo_name", pa.string()),
    ("revision_id", pa.string()),
    ("branch_name", pa.string()),
    ("path", pa.string()),
    ("path_raw", pa.binary()),
    ("mode", pa.int32()),
    ("size", pa.int64()),
)
OCCURRENCE_SCHEMA = pa.schema(
    [
        *_PLACE_OF_FILE,
        ("license_expression", pa.string()),
        ("license_source", pa.string()),
        ("license_path", pa.string()),
        ("license_class", pa.string()),
        ("license_contradiction", SIDES),
        ("stage", pa.string()),
        ("reason", pa.string()),
    ]
)
"""Every path of every unit, kept or not: what licences and opt-outs are decided on."""

METRICS = (
    "length_bytes",
    "num_chars",
    "num_lines",
    "max_line_length",
    "avg_line_length",
    "alpha_fraction",
    "alphanum_fraction",
    "encoded_max_run",
    "encoded_fraction",
    "visible_chars",
)
"""Facts that are measures of a text."""

FACTS_OF_DROP = (
    "name",
    "extension",
    "language",
    "language_type",
    "is_generated",
    "generated_how",
    "is_vendor",
    "is_test",
    "is_documentation",
    "is_configuration",
    "is_blank",
    *METRICS,
    *(name for name, _, _ in ASKED),
)
"""Facts that stay with a drop, so that a what-if needs no rebuild."""

_TYPE_OF = {name: kind for name, kind, _, _ in COLUMNS} | {
    "name": pa.string(),
    "generated_how": pa.string(),
}
DROP_SCHEMA = pa.schema(
    [
        ("stage", pa.string()),
        ("reason", pa.string()),
        ("value", pa.string()),
        *_PLACE_OF_FILE,
        ("license_expression", pa.string()),
        ("license_class", pa.string()),
        *[(name, _TYPE_OF[name]) for name in FACTS_OF_DROP],
    ]
)
"""Every path that left: the stage, the reason, the value that decided, and the facts; no contents."""

UNIT_COLUMNS = (
    "source, origin, repo_name, tree_key, snapshot_id, revision_id, directory_id, branch_name, revision_date, "
    "committer_date, history_id, star_events_count, fork_events_count, gha_license_id"
)
