"""The quality rules: each a reason, the value that decides, and the condition under which a file leaves.

Conditions and values are SQL over the columns of one file (facts and path flags); `$name` stands for a setting of the
policy. The first rule that holds gives the reason. As they are data, the same rules build a release, answer a what-if
over a finished one, and fill the documentation.
"""

from collections.abc import Iterable, Mapping, Sequence

from tilth.data.policy.asked_rules import ASKED_RULES
from tilth.data.policy.rule import Rule

Setting = int | float | str | tuple[str, ...] | None

LONG_LINED = ("HTML", "JSON", "Markdown", "Roff", "Roff Manpage", "SMT", "TeX", "Text", "XML")
"""Languages whose lines are long by nature (StarCoder2, arXiv:2402.19173, section 4.1)."""
ASSEMBLY = ("Motorola 68K Assembly", "WebAssembly")
DATA_LIKE = ("Text", "JSON", "YAML", "Web Ontology Language", "Graphviz (DOT)")


def _sql_list(names: Iterable[str]) -> str:
    return "(" + ", ".join("'" + name.replace("'", "''") + "'" for name in names) + ")"


_LONG = f"coalesce(language, 'Text') IN {_sql_list(LONG_LINED)}"
_ASSEMBLY = f"coalesce(language, '') IN {_sql_list(ASSEMBLY)}"
_DATA = f"language IN {_sql_list(DATA_LIKE)}"
_SETTINGS = "language IN ('JSON', 'YAML')"
_FIXTURE = (
    "regexp_matches(lower(path), '(^|/)(fixtures?|__fixtures__|__snapshots__|test[-_]?(data|resources|vectors)|"
    "goldens?|golden[-_]?files|(vcr_)?cassettes)/|\\.(snap|golden|cassette)$')"
)
_TEXT_NAME = (
    r"regexp_matches(lower(name), '^(requirement.*|readme.*|notes.*|todo.*|description.*|cmakelists.*)$')"
)


RULES: tuple[Rule, ...] = (
    Rule("too_large", "size_max", "length_bytes", "length_bytes > $size_max", "More bytes than `size_max`."),
    Rule("empty", "empty", "length_bytes", "is_blank", "Nothing but white space."),
    Rule(
        "language",
        "languages",
        "language",
        "coalesce(language, '') NOT IN $languages",
        "Not one of `languages`.",
    ),
    Rule(
        "unknown_language", "unknown_language", "extension", "language IS NULL", "The language is not known."
    ),
    Rule("generated", "generated", "generated_how", "is_generated", "A program wrote it."),
    Rule(
        "vendored",
        "vendored",
        "path",
        "is_vendor",
        "Its path says that it is a copy of another project's file.",
    ),
    Rule(
        "too_many_lines", "lines_max", "num_lines", "num_lines > $lines_max", "More lines than `lines_max`."
    ),
    Rule(
        "long_line",
        "line_max",
        "max_line_length",
        f"NOT {_LONG} AND max_line_length > $line_max",
        "A line longer than `line_max` characters.",
    ),
    Rule(
        "long_line_data",
        "line_max_data",
        "max_line_length",
        f"{_LONG} AND max_line_length > $line_max_data",
        "A line longer than `line_max_data` characters in a language whose lines are long by nature.",
    ),
    Rule(
        "long_mean_line",
        "line_mean_max",
        "avg_line_length",
        f"NOT {_LONG} AND avg_line_length > $line_mean_max",
        "An average line longer than `line_mean_max` characters.",
    ),
    Rule(
        "few_letters",
        "alpha_min",
        "alpha_fraction",
        f"NOT {_ASSEMBLY} AND alpha_fraction < $alpha_min",
        "A smaller share of letters than `alpha_min`.",
    ),
    Rule(
        "few_letters_assembly",
        "alphanum_min_assembly",
        "alphanum_fraction",
        f"{_ASSEMBLY} AND alphanum_fraction < $alphanum_min_assembly",
        "A smaller share of letters and digits than `alphanum_min_assembly`.",
    ),
    Rule(
        "encoded_run",
        "encoded_run_max",
        "encoded_max_run",
        "encoded_max_run > $encoded_run_max",
        "A run of base64, hexadecimal bytes or Unicode escapes longer than `encoded_run_max` characters.",
    ),
    Rule(
        "encoded_fraction",
        "encoded_fraction_max",
        "encoded_fraction",
        "encoded_fraction > $encoded_fraction_max",
        "More of it than `encoded_fraction_max` is encoded data.",
    ),
    Rule(
        "long_data",
        "data_lines_max",
        "num_lines",
        f"{_DATA} AND num_lines > $data_lines_max",
        "A data or text file of more lines than `data_lines_max`.",
    ),
    Rule(
        "little_html_text",
        "html_visible_min_chars",
        "visible_chars",
        "language = 'HTML' AND visible_chars < $html_visible_min_chars",
        "An HTML file with less visible text than `html_visible_min_chars`.",
    ),
    Rule(
        "small_html_share",
        "html_visible_min_fraction",
        "round(visible_chars / greatest(num_chars, 1), 4)",
        "language = 'HTML' AND visible_chars < $html_visible_min_fraction * num_chars",
        "An HTML file of which less than `html_visible_min_fraction` is visible text.",
    ),
    Rule(
        "text_name",
        "text_names",
        "name",
        f"language = 'Text' AND NOT {_TEXT_NAME}",
        "A plain text file whose name does not say that it belongs to code.",
    ),
    Rule("test_fixture", "fixtures", "path", _FIXTURE, "Its path says that it is the data of a test."),
    Rule(
        "short_settings",
        "settings_chars_min",
        "num_chars",
        f"{_SETTINGS} AND num_chars < $settings_chars_min",
        "A JSON or YAML file of fewer characters than `settings_chars_min`.",
    ),
    Rule(
        "long_settings",
        "settings_chars_max",
        "num_chars",
        f"{_SETTINGS} AND num_chars > $settings_chars_max",
        "A JSON or YAML file of more characters than `settings_chars_max`.",
    ),
    Rule(
        "few_letters_settings",
        "settings_alpha_min",
        "alpha_fraction",
        f"{_SETTINGS} AND alpha_fraction < $settings_alpha_min",
        "A JSON or YAML file with a smaller share of letters than `settings_alpha_min`.",
    ),
    *ASKED_RULES,
)

QUICK = tuple(rule for rule in RULES if not rule.asks)
"""Those over facts that every file has."""

_OFF: tuple[Setting, ...] = (None, "keep", "any")


def active(settings: Mapping[str, Setting], rules: Sequence[Rule] = QUICK) -> list[Rule]:
    """Those of some rules that are on under `settings`, in their order."""
    return [
        rule for rule in rules if settings.get(rule.setting) not in _OFF and settings.get(rule.setting) != ()
    ]


def verdict_sql(settings: Mapping[str, Setting], among: Sequence[Rule] = QUICK) -> tuple[str, str]:
    """Two SQL expressions over a file's columns: the reason of its drop (NULL = it stays) and the deciding value."""
    rules = active(settings, among)
    if not rules:
        return "CAST(NULL AS VARCHAR)", "CAST(NULL AS VARCHAR)"
    reasons = " ".join(f"WHEN {drops_sql(rule, settings)} THEN '{rule.reason}'" for rule in rules)
    values = " ".join(f"WHEN '{rule.reason}' THEN CAST({rule.value} AS VARCHAR)" for rule in rules)
    return f"CASE {reasons} END", f"CASE reason {values} END"


def drops_sql(rule: Rule, settings: Mapping[str, Setting]) -> str:
    """SQL over a file's columns: whether a rule would drop it."""
    return _filled(rule.drops, settings)


def _filled(condition: str, settings: Mapping[str, Setting]) -> str:
    # Longest names first, so that `$line_max` does not eat the head of `$line_max_data`.
    for name in sorted(settings, key=len, reverse=True):
        condition = condition.replace(f"${name}", _literal(settings[name]))
    return condition


def _literal(value: Setting) -> str:
    if isinstance(value, tuple):
        return _sql_list(value)
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    if isinstance(value, float):
        return f"'{value!r}'::DOUBLE"  # a bare 0.25 is a DECIMAL
    return "NULL" if value is None else repr(value)
