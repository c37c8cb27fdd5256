"""Remake the tables that come from GitHub's Linguist, at the commit in ``sources.py``.

Run ``python -m tilth.data.facts.tables.refresh FOLDER [CLONE]``: what is fetched is kept in FOLDER; CLONE is a clone
of Linguist to take it from instead. ``python -m tilth.data.facts.classifier.refresh`` remakes the classifier.
"""

import json
import sys
from pathlib import Path
from typing import Any

import re2
import yaml

from tilth.data.facts.tables.rows import pattern_options
from tilth.data.facts.tables.ruby_patterns import as_re2
from tilth.data.facts.tables.sources import LINGUIST, unpacked
from tilth.errors import CheckFailed, UserError

FOLDER = Path(__file__).parent


def languages_of(lib: Path) -> list[list[Any]]:
    """A row a language, in the order of their names."""
    stored = yaml.safe_load((lib / "languages.yml").read_text("utf-8"))
    keys = ("extensions", "filenames", "interpreters", "aliases")
    rows = [
        [name, language["type"], language.get("group"), *(language.get(key, []) for key in keys)]
        for name, language in sorted(stored.items(), key=lambda item: item[0].casefold())
    ]
    for row in rows:
        # The language's own name is an alias of it, in the form that a modeline can hold.
        row[6] = sorted({*row[6], row[0].lower().replace(" ", "-")})
    return rows


def heuristics_of(lib: Path) -> list[dict[str, Any]]:
    """The rules on content, a group for each set of extensions; patterns as RE2 takes them."""
    stored = yaml.safe_load((lib / "heuristics.yml").read_text("utf-8"))
    named: dict[str, Any] = stored["named_patterns"]
    return [
        {
            "extensions": sorted(extension.lower() for extension in group["extensions"]),
            "rules": [[_list(rule["language"]), _conditions(rule, named)] for rule in group["rules"]],
        }
        for group in stored["disambiguations"]
    ]


def _conditions(rule: dict[str, Any], named: dict[str, Any]) -> list[list[Any]]:
    """Pairs: whether any of the patterns must match or none may, and the patterns. All conditions must hold."""
    found = [condition for part in rule.get("and", []) for condition in _conditions(part, named)]
    if "pattern" in rule:
        found.append([True, _patterns(rule["pattern"])])
    if "named_pattern" in rule:
        found.append([True, _patterns(named[rule["named_pattern"]])])
    # Linguist overlooks this one where it stands beside a pattern; that it was meant is plain.
    if "negative_pattern" in rule:
        found.append([False, _patterns(rule["negative_pattern"])])
    return found


def _patterns(written: str | list[str]) -> list[str]:
    patterns = [as_re2(pattern) for pattern in _list(written)]
    for pattern in patterns:
        try:
            re2.compile(f"(?m:{pattern})".encode(), pattern_options())
        except re2.error as wrong:
            raise CheckFailed(f"RE2 cannot do {pattern!r}: {wrong}") from wrong
    return patterns


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _write(name: str, head: dict[str, Any], key: str, rows: list[Any]) -> None:
    begin = json.dumps({**head, key: None}, ensure_ascii=False, indent=1).removesuffix("null\n}")
    body = ",\n".join(json.dumps(row, ensure_ascii=False, separators=(",", ":")) for row in rows)
    (FOLDER / name).write_text(f"{begin}[\n{body}\n]\n}}\n", "utf-8")
    sys.stdout.write(f"{name}: {len(rows)} rows\n")


def main(arguments: list[str]) -> None:
    """Write the tables."""
    if not arguments:
        raise UserError("no folder is named", hint="name one to keep what is fetched in")
    folder, *clone = map(Path, arguments)
    root = unpacked(LINGUIST, folder, clone[0] if clone else None)
    lib = root / "lib/linguist"
    head = {
        "source": LINGUIST.url,
        "commit": LINGUIST.commit,
        "version": (lib / "VERSION").read_text("utf-8").strip(),
        "licence": LINGUIST.licence,
        "notice": (root / "LICENSE").read_text("utf-8"),
    }
    columns = ["name", "type", "group", "extensions", "filenames", "interpreters", "aliases"]
    generic = yaml.safe_load((lib / "generic.yml").read_text("utf-8"))["extensions"]
    _write("languages.json", {**head, "columns": columns, "generic": generic}, "rows", languages_of(lib))
    _write("heuristics.json", head, "groups", heuristics_of(lib))
    paths = {
        kind: yaml.safe_load((lib / f"{name}.yml").read_text("utf-8"))
        for kind, name in (("vendored", "vendor"), ("documentation", "documentation"))
    }
    rows = [[kind, as_re2(pattern)] for kind, patterns in paths.items() for pattern in patterns]
    _write("linguist_paths.json", head, "rows", rows)


if __name__ == "__main__":
    main(sys.argv[1:])
