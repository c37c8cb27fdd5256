"""Writes docs/reference from the code itself: `python docs/generate.py`; with `--check`, says whether it is up to date.

What the code cannot say of itself (the meaning of a reason, of a manifest's key) stands in docs/words.json; a name
without its words there stops the writing.
"""

import ast
import inspect
import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import MISSING, fields
from itertools import pairwise
from pathlib import Path
from typing import Any, get_args

import pyarrow as pa
from cyclopts import App
from docstring_parser import parse as parse_docstring

import tilth
from tilth.cli.main import COMMANDS, INTERRUPTED, READER_GONE, build_app
from tilth.config import sources as source_models
from tilth.config.about import About
from tilth.config.contamination import Contamination
from tilth.config.findings import Findings
from tilth.config.malware import Malware
from tilth.config.policy import LicenceClass, Policy
from tilth.config.recipe import Duplicates, Recipe, ReleaseLayout
from tilth.config.shapes import keys
from tilth.config.strict import Strict
from tilth.data.decide import STAGES
from tilth.data.facts import groups as fact_groups
from tilth.data.facts import path_flags
from tilth.data.facts.findings import PLACEHOLDERS
from tilth.data.facts.kinds import GROUPS, kinds
from tilth.data.facts.parsed import GRAMMARS
from tilth.data.policy.asked_rules import ASKED_RULES
from tilth.data.policy.presets import PRESETS
from tilth.data.policy.rules import QUICK
from tilth.data.release import columns
from tilth.data.stages.asked import group_of
from tilth.data.stages.cutting import CUTS, CUTS_TYPE
from tilth.errors import CheckFailed, UserError, WorkFailed
from tilth.records import Refusal, Unit
from tilth.tasks import build, checks, preferences
from tilth.tasks.builders.kinds import BUILDERS
from tilth.tasks.sandbox.means import FOLDER, MEANS
from tilth.tasks.sandbox.program import Ended, Limits
from tilth.tasks.sandbox.protections import PROTECTIONS
from tilth.tasks.sandbox.system_calls import FAMILIES, refused
from tilth.tasks.task import COMMON
from tilth.train.rows.account import REASONS as LEFT_OUT
from tilth.train.rows.account import Account
from tilth.train.rows.named import TEMPLATES
from tilth.train.rows.options import RowOptions
from tilth.train.rows.shapes import FORMS
from tilth.train.rows.steps import PARSERS

DOCS = Path(__file__).parent
REFERENCE = DOCS / "reference"
SOURCE = Path(tilth.__file__).parent
WORDS: dict[str, dict[str, str]] = json.loads((DOCS / "words.json").read_text("utf-8"))
MADE = "<!-- Written by docs/generate.py from the code: do not change it here. -->\n"


def pages() -> dict[str, str]:
    """File name -> text of every page of the reference."""
    made = {
        "commands.md": commands_page(),
        "recipe.md": recipe_page(),
        "policy.md": policy_page(),
        "facts.md": facts_page(),
        "release.md": release_page(),
        "reasons.md": reasons_page(),
        "training_rows.md": training_rows_page(),
        "training_settings.md": training_settings_page(),
        "losses.md": losses_page(),
        "sandbox.md": sandbox_page(),
        "tasks.md": tasks_page(),
        "exit_codes_and_events.md": exits_page(),
    }
    return {name: MADE + text.rstrip() + "\n" for name, text in made.items()}


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [heads, ["---"] * len(heads), *rows]
    cells = ([" ".join(str(cell).split()).replace("|", "\\|") for cell in line] for line in lines)
    return "".join("| " + " | ".join(line) + " |\n" for line in cells) + "\n"


def code(name: object) -> str:
    return f"`{name}`"


# Commands


def commands_page() -> str:
    text = "# Commands\n\nEvery command has `--help` (`-h`). `tilth --version` prints the version, and\n"
    text += "`tilth --install-completion` completes commands and options with the Tab key.\n\n"
    root = build_app()
    for noun, (_, says) in COMMANDS.items():
        text += f"## tilth {noun}\n\n{says}\n\n"
        for name, app in leaves(root[noun], f"tilth {noun}"):
            text += command(name, app, root)
    return text


def leaves(app: App, name: str) -> Iterator[tuple[str, App]]:
    below = [one for one in app if not one.startswith("-")]
    for one in below:
        yield from leaves(app[one], f"{name} {one}")
    if not below:
        yield name, app


def command(name: str, app: App, root: App) -> str:
    told = parse_docstring(inspect.getdoc(app.default_command) or "")
    meanings = {param.arg_name: param.description for param in told.params}
    arguments = app.assemble_argument_collection(default_parameter=root.default_parameter)
    places, options = [], []
    takes_changes = False
    for argument in arguments:
        field = argument.field_info
        meaning = argument.parameter.help or meanings.get(field.name) or ""
        if not argument.show:
            takes_changes = takes_changes or field.name == "overrides"
        elif argument.names[0].startswith("-"):
            options.append(
                [", ".join(map(code, argument.names)), kind(argument.hint), default(field.default), meaning]
            )
        else:
            places.append((argument.names[0], argument.required, meaning))
    line = " ".join([name, *(one if required else f"[{one}]" for one, required, _ in places)])
    line += " [--KEY VALUE …]" * takes_changes + " [OPTIONS]" * bool(options)
    text = f"### {name}\n\n```text\n{line}\n```\n\n{told.short_description}\n\n"
    if told.long_description:
        text += f"{told.long_description}\n\n"
    for one, _, meaning in places:
        text += f"- `{one}`: {meaning}\n"
    if takes_changes:
        text += (
            "- `--KEY VALUE`: a key of the recipe and its other value, such as `--policy.line_max 2000`.\n"
        )
    text += "\n" * bool(places or takes_changes)
    return text + (table(["option", "type", "default", "meaning"], options) if options else "")


def kind(annotation: Any) -> str:
    """A type as a reader would say it."""
    arguments = [one for one in get_args(annotation) if one is not type(None)]
    if annotation is bool:
        return "switch"
    if "Literal" in str(annotation):
        return ", ".join(code(one) for one in flat(annotation) if one is not None)
    if arguments:
        words = " or ".join(kind(one) for one in arguments)
        return f"{words}, several times" if getattr(annotation, "__origin__", None) is list else words
    return {"Path": "path", "str": "text", "int": "number"}.get(annotation.__name__, annotation.__name__)


def flat(annotation: Any) -> list[Any]:
    found: list[Any] = []
    for one in get_args(annotation):
        found += flat(one) if get_args(one) else [] if isinstance(one, type) else [one]
    return found


def default(value: Any) -> str:
    return "" if value is None or value is inspect.Parameter.empty or value is False else code(value)


# Recipe and policy


def recipe_page() -> str:
    text = (
        "# Recipe keys\n\nAn unknown key is an error that names the nearest known one; `tilth config check`\n"
    )
    text += "lists all mistakes at once, and `tilth config schema` prints the JSON Schema for editors.\n\n"
    text += model(Recipe, "The recipe")
    text += model(About, "about") + "## sources\n\nA list; each has a `kind`.\n\n"
    for name in ("GitSource", "PackageSource", "ArchiveSource", "FolderSource", "ParquetSource"):
        source = getattr(source_models, name)
        text += model(source, f"kind: {get_args(keys(source)['kind'])[0]}", 3)
    text += model(Policy, "policy") + "The presets' values are in [policy.md](policy.md).\n\n"
    text += model(Malware, "malware") + model(Contamination, "contamination")
    text += model(Findings, "findings") + "The kinds are in [facts.md](facts.md#kinds-of-findings).\n\n"
    return text + model(Duplicates, "duplicates") + model(ReleaseLayout, "release")


def model(of: Any, title: str, level: int = 2) -> str:
    rows = []
    for name, field in of.model_fields.items():
        if name == "kind":
            continue
        value = code(shown(field.get_default(call_default_factory=True)))
        if field.is_required():
            value = "**required**"
        elif of is Policy and name in PRESETS["none"]:
            value = "the preset's"
        rows.append([code(name), value, field.description or ""])
    heading = f"{'#' * level} {title}\n\n{of.__doc__}\n\n"
    return heading + table(["key", "default", "meaning"], rows)


def shown(value: Any) -> str:
    if isinstance(value, Strict):
        return "{}"
    if isinstance(value, tuple):
        return "[" + ", ".join(map(str, value)) + "]"
    if value is None:
        return "null"
    return '""' if value == "" else str(value)


def policy_page() -> str:
    text = "# Policy: rules and presets\n\nThe rules of the quality stage, in their order: the first that holds\n"
    text += "gives the reason. A rule is off where its setting is null, `keep` or `any`.\n\n"
    rows = [[code(rule.reason), code(rule.setting), rule.says, code(rule.value)] for rule in QUICK]
    text += table(["reason", "setting", "drops", "value stored"], rows)
    text += "## Rules over facts that are asked for\n\nThey read the texts that would stay again, and judge at stage\n"
    text += "`inspection`. Their facts are computed only where such a rule is on.\n\n"
    asked = [[code(rule.reason), code(rule.setting), rule.says, code(rule.value)] for rule in ASKED_RULES]
    text += table(["reason", "setting", "drops", "value stored"], asked)
    languages = ", ".join(map(code, GRAMMARS))
    text += f"`parse_errors_max` needs `pip install 'tilth[parse]'`, which has grammars of {languages}.\n\n"
    text += "## Presets\n\nA setting left out of the recipe has its preset's value.\n\n"
    settings = list(PRESETS["none"])
    values = [[code(name), *(preset_value(preset[name]) for preset in PRESETS.values())] for name in settings]
    text += table(["setting", *map(code, PRESETS)], values)
    text += "## Licence classes\n\n" + ", ".join(map(code, get_args(LicenceClass)))
    return text + ". `unknown` is an expression that is in no list; `no_license` is no evidence at all.\n"


def preset_value(value: Any) -> str:
    return "off" if value is None else code(shown(value))


# Facts, columns, files


def facts_page() -> str:
    text = "# Facts\n\nA fact is a pure function of a file's bytes and name. Each group is stored under its\n"
    text += "version (`tool.facts` in a manifest has them), so raising one version recomputes that group alone.\n\n"
    for group in fact_groups.groups():
        text += f"## {group.NAME}\n\n" + schema(group.SCHEMA)
    text += "## Asked for\n\nComputed only where a rule of the recipe asks (`quality`, `parsed`, `scored`), of the\n"
    text += "files that would stay; null elsewhere, and where there is no answer.\n\n"
    asked_for = [[code(name), type_of(kind), meaning] for name, kind, meaning in columns.ASKED]
    text += table(["column", "type", "meaning"], asked_for)
    text += "The groups below are computed only where a recipe asks for them, of files that would stay.\n\n"
    for name in GROUPS:
        group = group_of(f"tilth.data.facts.{name}")
        text += f"## {group.NAME}\n\n" + schema(group.SCHEMA)
    text += "## Kinds of findings\n\nThe first part of a name stands for all: `ip` for both kinds of addresses.\n\n"
    rows = [[code(k.name), code(f"<{PLACEHOLDERS[k.group]}_1>"), k.says] for k in kinds().values()]
    text += table(["kind", "placeholder", "meaning"], rows)
    text += "## Flags of a path\n\nComputed with the listing of a unit, from the whole path.\n\n"
    return text + schema(pa.schema([(name, pa.bool_()) for name in path_flags.COLUMNS]))


def meaning_of(name: str) -> str:
    known = {name: meaning for name, _, _, meaning in columns.COLUMNS}
    known |= {name: meaning for name, _, meaning in columns.COMMIT_COLUMNS if name not in known}
    return (
        known.get(name) or WORDS["columns"].get(name) or attribute_words("records.py").get(name) or stop(name)
    )


def stop(name: str) -> str:
    raise SystemExit(f"error: `{name}` has no words: add them to docs/words.json")


def schema(of: pa.Schema) -> str:
    return table(
        ["column", "type", "meaning"], [[code(f.name), type_of(f.type), meaning_of(f.name)] for f in of]
    )


def type_of(of: pa.DataType) -> str:
    if pa.types.is_list(of):
        return f"list of {type_of(of.value_type)}"
    if pa.types.is_struct(of):
        return "{" + ", ".join(f"{field.name}: {type_of(field.type)}" for field in of) + "}"
    return str(of)


def attribute_words(path: str) -> dict[str, str]:
    """Field -> the string under it, of the classes in a module."""
    found: dict[str, str] = {}
    for node in ast.parse((SOURCE / path).read_text("utf-8")).body:
        body = node.body if isinstance(node, ast.ClassDef) else []
        for field, after in pairwise(body):
            if (
                isinstance(field, ast.AnnAssign)
                and isinstance(after, ast.Expr)
                and isinstance(field.target, ast.Name)
            ):
                found.setdefault(field.target.id, ast.literal_eval(after.value))
    return found


def release_page() -> str:
    text = "# Files of a release\n\n" + table(
        ["path", "what"], [[code(k), v] for k, v in WORDS["layout"].items()]
    )
    text += "`data` and `drops` can be loaded as they are; each language is a configuration of its own on the hub.\n\n"
    rows = pa.schema([*columns.ROW_SCHEMA, ("content", pa.string()), (CUTS, CUTS_TYPE)])
    commits = pa.schema([*columns.COMMIT_SCHEMA, ("old_content", pa.string()), ("new_content", pa.string())])
    commit_words = {name: meaning for name, _, meaning in columns.COMMIT_COLUMNS}
    text += "## Rows (data)\n\n" + schema(rows) + "## Commits\n\n"
    told = [[code(f.name), type_of(f.type), commit_words.get(f.name) or meaning_of(f.name)] for f in commits]
    text += table(["column", "type", "meaning"], told)
    text += "## Occurrences\n\nEvery path of every unit.\n\n" + schema(columns.OCCURRENCE_SCHEMA)
    text += "## Drops\n\nEvery path that left, without contents.\n\n" + schema(columns.DROP_SCHEMA)
    near = [[code(name), type_of(kind), meaning] for name, kind, meaning in columns.NEAR_COLUMNS]
    text += "## Near-duplicates\n\nEvery file that left for one alike to it, cluster by cluster.\n\n"
    text += table(["column", "type", "meaning"], near)
    text += "## Repeated text\n\nEvery block of lines of a kept text that stands in many texts.\n\n"
    repeated = [[code(name), type_of(kind), meaning] for name, kind, meaning in columns.REPEATED_COLUMNS]
    text += table(["column", "type", "meaning"], repeated)
    text += "## Malware\n\nEvery signature that fits a file which would have stayed.\n\n"
    told = [[code(name), type_of(kind), meaning] for name, kind, meaning in columns.MALWARE_COLUMNS]
    text += table(["column", "type", "meaning"], told)
    text += "## Contamination\n\nEvery text of a benchmark in a file that would have stayed.\n\n"
    told = [[code(name), type_of(kind), meaning] for name, kind, meaning in columns.CONTAMINATION_COLUMNS]
    text += table(["column", "type", "meaning"], told)
    text += "## Units\n\n" + plain([*columns.UNIT_COLUMNS.split(", "), "num_files", "num_kept"], Unit)
    text += "## Refusals\n\nUnits that could not be read.\n\n" + plain(list(Refusal.__slots__), Refusal)
    rows_of_manifest = [[code(key), meaning] for key, meaning in WORDS["manifest"].items()]
    return text + "## manifest.json\n\n" + table(["key", "meaning"], rows_of_manifest)


def plain(names: Sequence[str], of: Any) -> str:
    own = attribute_words("records.py") if of is Unit else {}
    return table(["column", "meaning"], [[code(name), own.get(name) or meaning_of(name)] for name in names])


# Training


def training_rows_page() -> str:
    words = attribute_words("train/rows/options.py")
    options = [[code(one.name), code(_start(one)), words[one.name]] for one in fields(RowOptions)]
    account = attribute_words("train/rows/account.py")
    counts = [[code(one.name), account.get(one.name, "")] for one in fields(Account)]
    text = "# Rows of training\n\n## Options\n\n" + table(["option", "by default", "meaning"], options)
    text += "## Shapes\n\nThe first line of a need whose columns are all there holds.\n\n" + table(
        ["need", "columns", "rows of"],
        [
            [need, ", ".join(map(code, one.columns)), one.name]
            for need, forms in FORMS.items()
            for one in forms
        ],
    )
    text += "## Chat templates\n\n" + table(
        ["name", "form"], [[code(k), code(v)] for k, v in TEMPLATES.items()]
    )
    text += (
        "## Token account\n\n"
        + (inspect.getdoc(Account) or "")
        + "\n\n"
        + table(["count", "meaning"], counts)
    )
    text += "### Reasons\n\n" + table(["reason", "meaning"], [[code(k), v] for k, v in LEFT_OUT.items()])
    parsers = [[code(name), first_line(inspect.getdoc(parse) or "")] for name, parse in PARSERS.items()]
    return text + "## Parsers of steps\n\n" + table(["name", "finds"], parsers)


def _start(field: Any) -> Any:
    return field.default_factory() if field.default is MISSING else field.default


def training_settings_page() -> str:
    """From the syntax trees: the page is written where torch is not installed, too."""
    text = "# Settings of training\n\n"
    text += "Keys of a recipe, options of `tilth train METHOD` and fields of the configs alike.\n"
    text += "Beside these, every field of `transformers.TrainingArguments` is one.\n\n"
    paths = ["settings.py", "adapters.py", *sorted(f"methods/{path.name}" for path in METHOD_FILES)]
    for path in paths:
        tree = ast.parse((SOURCE / "train" / path).read_text("utf-8"))
        words = attribute_words(f"train/{path}")
        for node in tree.body:
            if isinstance(node, ast.ClassDef) and node.name.endswith(("Config", "Settings")):
                text += f"## {node.name}\n\n{ast.get_docstring(node)}\n\n" + table(
                    ["key", "by default", "meaning"],
                    [
                        [code(field.target.id), code(ast.unparse(field.value)), words[field.target.id]]
                        for field in node.body
                        if isinstance(field, ast.AnnAssign)
                        and isinstance(field.target, ast.Name)
                        and field.value
                    ],
                )
    return text


METHOD_FILES = [path for path in (SOURCE / "train" / "methods").glob("*.py") if path.name != "__init__.py"]


def tasks_page() -> str:
    words, why = WORDS["task_columns"], WORDS["task_reasons"]

    def columns(schema: pa.Schema) -> str:
        return table(["column", "meaning"], [[code(name), words[name]] for name in schema.names])

    text = (
        "# Tasks\n\nKinds that `tilth tasks build` makes, with options, columns and the reasons for which a\n"
    )
    text += "candidate is none. Every task has these columns, and those of its kind.\n\n" + columns(COMMON)
    for builder in BUILDERS.values():
        text += model(builder.options, builder.kind)
        text += f"{builder.says} Languages: {', '.join(builder.languages)}.\n\n" + columns(builder.columns)
        text += f"Reasons: {', '.join(map(code, builder.reasons))}.\n\n"
    text += "## preference\n\nMade by `tilth tasks pairs`: an answer that passed against one that failed.\n\n"
    text += columns(preferences.COLUMNS)
    every = dict.fromkeys(
        reason
        for part in (
            build.REASONS,
            *(one.reasons for one in BUILDERS.values()),
            checks.REASONS,
            preferences.REASONS,
        )
        for reason in part
    )
    return text + "## Reasons\n\n" + table(["reason", "meaning"], [[code(one), why[one]] for one in every])


def losses_page() -> str:
    """From the syntax trees: the page is written where torch is not installed, too."""
    text = "# Losses\n\nPure functions of log-probabilities. Each gives a sum; the trainer divides it by the count of\n"
    text += "the whole global batch.\n\n"
    for path in sorted((SOURCE / "train" / "losses").glob("*.py")):
        tree = ast.parse(path.read_text("utf-8"))
        public = [
            one for one in tree.body if isinstance(one, ast.FunctionDef) and not one.name.startswith("_")
        ]
        rows = [[code(one.name), first_line(ast.get_docstring(one) or "")] for one in public]
        if rows:
            text += f"## {path.stem}\n\n{ast.get_docstring(tree)}\n\n" + table(["function", "what"], rows)
    steps = ast.parse((SOURCE / "train" / "credit" / "steps.py").read_text("utf-8"))
    ways = {one.name: ast.get_docstring(one) or "" for one in steps.body if isinstance(one, ast.FunctionDef)}
    [names] = (
        one.value
        for one in steps.body
        if isinstance(one, ast.AnnAssign)
        and isinstance(one.target, ast.Name)
        and one.target.id == "AGGREGATIONS"
    )
    pairs = zip(names.keys, names.values, strict=True)
    told = [[code(name.value), first_line(ways[way.id])] for name, way in pairs]
    return text + "## Scores of steps as one score\n\n" + table(["name", "what"], told)


def first_line(text: str) -> str:
    return text.partition("\n\n")[0]


# Reasons, exit codes, events


def reasons_page() -> str:
    text = (
        "# Reasons\n\nThe stages, in the order in which they judge: " + ", ".join(map(code, STAGES)) + ".\n\n"
    )
    text += "## Stage read\n\n" + reasons(WORDS["reasons_of_paths"])
    text += "## Stage quality\n\nThe rules of [policy.md](policy.md).\n\n"
    text += table(["reason", "meaning"], [[code(rule.reason), rule.says] for rule in QUICK])
    text += "## Stages opt_out, repository, licence, inspection, findings, duplicate\n\n"
    asked = [["inspection", code(rule.reason), rule.says] for rule in ASKED_RULES]
    text += table(["stage", "reason", "meaning"], [*stage_reasons(), *asked])
    return text + "## Units that could not be read\n\n" + reasons(WORDS["reasons_of_units"])


def stage_reasons() -> Iterator[list[str]]:
    for stage in STAGES:
        for name, words in WORDS["reasons_of_stages"].items():
            of, meaning = words.split("|")
            names = (
                [name.replace("CLASS", one) for one in get_args(LicenceClass)] if "CLASS" in name else [name]
            )
            if of == stage:
                yield [stage, ", ".join(map(code, names)), meaning]


def reasons(words: Mapping[str, str]) -> str:
    return table(["reason", "meaning"], [[code(name), words[name]] for name in sorted(words)])


# Sandbox


def sandbox_page() -> str:
    words = attribute_words("tasks/sandbox/program.py")
    limits = [[code(field.name), code(field.default), words[field.name]] for field in fields(Limits)]
    attacks = DOCS.parent / "tests" / "tasks" / "sandbox" / "attacks"
    tried = [
        [code(path.stem), first_line(ast.get_docstring(ast.parse(path.read_text("utf-8"))) or "")]
        for path in sorted(attacks.glob("*.py"))
    ]
    text = f"""# Sandbox

`run(program, limits)` of `tilth.tasks.sandbox` runs a program that nobody vouches for, and a `Pool`
runs many. `protections()` says which protections hold on this machine, found out by a program that
tries to do without each; where one is missing, `run` refuses, unless `allow_weaker=True`.

{table(["protection", "what holds with it"], [[code(name), says] for name, says in PROTECTIONS.items()])}
## Means

The first that gives all of these is taken.

{table(["means", "what it is"], [[code(name), WORDS["sandbox_means"][name]] for name in MEANS])}
Behind a wall, the program's root holds the system's programs and libraries and the interpreter, all
read-only, without packages installed for it and without `/etc`, and a `/tmp` of its own, where it
starts in `{FOLDER}`. Nothing of the environment is passed on. What `visible` names is shown at its
own path; where tilth runs as root, every user must be able to read it.

Memory is looked at every 20 ms from outside: what can be filled meanwhile is what its limit can be
passed by. What lies in pipes and sockets is bounded by `open_files` and `processes` only.

## Limits

{table(["limit", "default", "meaning"], limits)}
An outcome's `ended` is {", ".join(map(code, get_args(Ended)))}: by itself, by a signal, or at the
limit of that name.

## Calls that the kernel refuses

On x86-64 and ARM64: {", ".join(map(code, refused()))};
`clone` with new namespaces, `clone3`, typing into a terminal, and sockets but those of the families
{", ".join(map(code, FAMILIES))}.

## What is tried

{len(tried)} programs that the tests run behind each wall; all are contained.

"""
    return text + table(["program", "what it does"], tried)


def exits_page() -> str:
    rows = [
        ("0", "Done."),
        (
            str(WorkFailed.exit_code),
            "The work could not be done: a full disk, a worker that died, an unreachable index.",
        ),
        (
            str(UserError.exit_code),
            "A mistake in what was given; the message says what, where, and what to do.",
        ),
        (str(CheckFailed.exit_code), "A check that was asked for did not pass (`tilth data verify`)."),
        (str(INTERRUPTED), "Interrupted; the same command goes on from there."),
        (str(READER_GONE), "The reader of the output went away."),
    ]
    text = "# Exit codes and events\n\n" + table(["code", "meaning"], rows)
    text += "## Events\n\n`--events FILE` appends one JSON object a line:\n\n"
    return text + table(
        ["key", "meaning"], [[code(key), meaning] for key, meaning in WORDS["events"].items()]
    )


def main(arguments: Sequence[str]) -> int:
    made = pages()
    there = {path.name: path.read_text("utf-8") for path in REFERENCE.glob("*.md")}
    stale = sorted(name for name in made.keys() | there.keys() if made.get(name) != there.get(name))
    if "--check" in arguments:
        for name in stale:
            print(f"docs/reference/{name} is not up to date: run `python docs/generate.py`", file=sys.stderr)
        return 1 if stale else 0
    REFERENCE.mkdir(exist_ok=True)
    for name in stale:
        (REFERENCE / name).unlink(missing_ok=True)
        if name in made:
            (REFERENCE / name).write_text(made[name], "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
