"""The quality rules over facts that have to be asked for: comments, strings, repeated lines, parsing, scores."""

from tilth.data.policy.rule import Rule

_DATA = "coalesce(language, '') IN ('JSON', 'JSON5', 'GeoJSON', 'CSV', 'TSV', 'SVG', 'Jupyter Notebook', 'Text', 'XML')"

ASKED_RULES: tuple[Rule, ...] = (
    Rule(
        "xml_declared",
        "xml_declared",
        "language",
        "is_xml AND coalesce(language, '') <> 'XSLT'",
        "It begins as XML and is no XSLT.",
        "quality",
    ),
    Rule(
        "few_comments",
        "comment_min",
        "round(comment_fraction, 4)",
        "comment_fraction < $comment_min",
        "A smaller share of comments than `comment_min`.",
        "quality",
    ),
    Rule(
        "many_comments",
        "comment_max",
        "round(comment_fraction, 4)",
        "comment_fraction > $comment_max",
        "A larger share of comments than `comment_max`.",
        "quality",
    ),
    Rule(
        "mostly_strings",
        "string_fraction_max",
        "round(string_fraction, 4)",
        "string_fraction > $string_fraction_max",
        "More of it than `string_fraction_max` is string literals.",
        "quality",
    ),
    Rule(
        "long_string",
        "string_bytes_max",
        "longest_string_bytes",
        "longest_string_bytes > $string_bytes_max",
        "A string literal of more bytes than `string_bytes_max`.",
        "quality",
    ),
    Rule(
        "duplicate_lines",
        "duplicate_lines_max",
        "round(duplicate_line_fraction, 4)",
        "duplicate_line_fraction > $duplicate_lines_max",
        "More of its lines than `duplicate_lines_max` repeat one before them.",
        "quality",
    ),
    Rule(
        "number_table",
        "numbers_max",
        "round(number_fraction, 4)",
        "number_fraction > $numbers_max",
        "More of it than `numbers_max` is tables of numbers.",
        "quality",
    ),
    Rule(
        "minified",
        "minified_max",
        "round(minified_fraction, 4)",
        f"NOT {_DATA} AND minified_fraction > $minified_max",
        "More of it than `minified_max` is minified lines (data and documents aside).",
        "quality",
    ),
    Rule(
        "parse_errors",
        "parse_errors_max",
        "round(parse_error_fraction, 4)",
        "parse_error_fraction > $parse_errors_max",
        "More of it than `parse_errors_max` does not parse.",
        "parsed",
    ),
    Rule(
        "low_score", "score_min", "score", "score < $score_min", "A lower score than `score_min`.", "scored"
    ),
)
"""In the order in which they judge, after the others."""
