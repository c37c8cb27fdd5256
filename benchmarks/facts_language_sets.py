"""The labelled files that ``facts_language.py`` measures on; all are fetched, none is part of the repository."""

import random
import re
import subprocess
import sys
import tarfile
from collections import defaultdict
from collections.abc import Iterator
from hashlib import sha1
from pathlib import Path

from tilth.data.facts.classifier.labelled import Labelled
from tilth.data.facts.tables.languages import language_table

PYGMENTS = "pygments==2.21.0"

_LONG_LINE = 24

_ASSERTION = re.compile(
    r'^\s+generated_(sample|fixture)_(?:without_)?loading_data\("([^"]+)"(, true)?\)', re.MULTILINE
)
_PATH_ASSERTION = re.compile(r'assert (!?)(?:sample|fixture)_blob\("([^"]+)"\)\.(vendored|documentation)\?')
_PATH_PREDICATE = re.compile(
    r'(assert|refute)_predicate (?:sample|fixture)_blob\("([^"]+)"\), :(vendored|documentation)\?'
)


def generic_fixtures(linguist: Path) -> list[tuple[str | None, str, bytes]]:
    """Files whose extension says little; the language None means that nothing may be answered."""
    return [
        (None if path.parent.name == "nil" else path.parent.name, path.name, path.read_bytes())
        for path in sorted((linguist / "test/fixtures/Generic").rglob("*"))
        if path.is_file()
    ]


def generated_assertions(linguist: Path) -> list[tuple[str, bytes, bool]]:
    """Path, bytes (none where the test needs only the path), and whether Linguist's tests call it generated."""
    found = []
    for kind, path, negated in _ASSERTION.findall((linguist / "test/test_generated.rb").read_text("utf-8")):
        file = linguist / ("samples" if kind == "sample" else "test/fixtures") / path
        found.append((path, file.read_bytes() if file.is_file() else b"", not negated))
    return found


def path_assertions(linguist: Path) -> list[tuple[str, str, bool]]:
    """Path, flag, and whether Linguist's tests give the path that flag."""
    tests = (linguist / "test/test_file_blob.rb").read_text("utf-8")
    found = [(path, flag, not negated) for negated, path, flag in _PATH_ASSERTION.findall(tests)]
    found += [(path, flag, verb == "assert") for verb, path, flag in _PATH_PREDICATE.findall(tests)]
    return list(dict.fromkeys(found))


def pygments_root(folder: Path) -> Path:
    """The source distribution of Pygments, unpacked."""
    root = folder / PYGMENTS.replace("==", "-")
    if not root.is_dir():
        name = PYGMENTS.partition("=")[0]
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", name]
        subprocess.run([*pip, "--dest", str(folder), PYGMENTS], check=True, stdout=sys.stderr)
        with tarfile.open(next(folder.glob("pygments-*.tar.gz"))) as tar:
            tar.extractall(folder, filter="data")
    return root


def pygments_examples(root: Path) -> list[Labelled]:
    """Pygments' examples whose lexer has a name or an alias that Linguist knows."""
    mapping = (root / "pygments/lexers/_mapping.py").read_text("utf-8")
    lexers = {}
    space: dict[str, dict[str, tuple[str, str, tuple[str, ...], tuple[str, ...], tuple[str, ...]]]] = {}
    exec(compile(mapping, "_mapping.py", "exec"), space)  # a table of tuples
    for _, title, aliases, _, _ in space["LEXERS"].values():
        lexers.update(dict.fromkeys(aliases, (title, *aliases)))
    known = language_table().aliases
    found = []
    for folder in sorted((root / "tests/examplefiles").iterdir()):
        names = lexers.get(folder.name, ())
        language = next((known[name.lower()] for name in names if name.lower() in known), None)
        if language and folder.is_dir():
            files = [path for path in sorted(folder.iterdir()) if path.suffix != ".output" and path.is_file()]
            found += [Labelled(language, path.name, path.read_bytes()) for path in files]
    return found


def folds(examples: list[Labelled], count: int) -> list[int]:
    """A fold for each example: the files of each language, in the order of their hashes, dealt out in turn."""
    by_language = defaultdict(list)
    for i, example in enumerate(examples):
        by_language[example.language].append((sha1(example.raw).hexdigest(), i))
    dealt = [i for language in sorted(by_language) for _, i in sorted(by_language[language])]
    fold = [0] * len(examples)
    for turn, i in enumerate(dealt):
        fold[i] = turn % count
    return fold


def without_copies(examples: list[Labelled], of: list[Labelled]) -> list[Labelled]:
    """The examples that share less than a fifth of their long lines with all of the others together.

    Highlighters borrow each other's examples: one that is measured on may stand among those learnt from.
    """
    lines = {line for other in of for line in _long_lines(other)}
    return [
        one for one in examples if 5 * sum(line in lines for line in _long_lines(one)) < len(_long_lines(one))
    ]


def _long_lines(example: Labelled) -> set[bytes]:
    found = {b" ".join(line.split()) for line in example.raw.splitlines()}
    long = {line for line in found if len(line) >= _LONG_LINE}
    return long or found


def repository_files(folder: Path, files: int = 8000) -> list[tuple[str, bytes]]:
    """Name and bytes of some files of bare repositories, the same each time."""
    repositories = sorted(folder.glob("*.git"))[:20]
    found = [file for git in repositories for file in _files_of(git, files // max(len(repositories), 1))]
    random.Random(1).shuffle(found)
    return found


def _files_of(git: Path, files: int) -> Iterator[tuple[str, bytes]]:
    listed = subprocess.run(
        ["git", "-C", str(git), "ls-tree", "-r", "HEAD"], check=True, capture_output=True, text=True
    ).stdout.splitlines()
    rows = [row for row in listed if row.startswith("100")]
    random.Random(1).shuffle(rows)
    wanted = "".join(f"{row.split()[2]}\n" for row in rows[:files])
    out = subprocess.run(
        ["git", "-C", str(git), "cat-file", "--batch"], check=True, capture_output=True, input=wanted.encode()
    ).stdout
    at = 0
    for row in rows[:files]:
        start = out.index(b"\n", at) + 1
        size = int(out[at:start].split()[2])
        yield row.rpartition("/")[2].rpartition("\t")[2], out[start : start + size]
        at = start + size + 1


def folder_files(roots: list[Path]) -> list[tuple[str, bytes]]:
    """Name and bytes of all files below folders."""
    paths = [path for root in roots for path in sorted(root.rglob("*")) if path.is_file()]
    return [(path.name, path.read_bytes()) for path in paths]
