"""Which files of a repository a file imports, read from its lines: enough to put what is needed first."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from heapq import heapify, heappop, heappush
from posixpath import dirname, join, normpath
from typing import Final

from tilth.tasks.release import File

_PYTHON = re.compile(
    r"^[ \t]*(?:from[ \t]+(\.*[\w.]*)[ \t]+import[ \t]+([\w ,*()]+)|import[ \t]+([\w., \t]+))", re.M
)
_SCRIPT = re.compile(r"""(?:\bfrom|\bimport|\brequire[ \t]*\()[ \t]*['"](\.{1,2}/[^'"\n]+)['"]""")
_JAVA = re.compile(r"^[ \t]*import[ \t]+(?:static[ \t]+)?([\w.]+)", re.M)
_GO = re.compile(r'^[ \t]*(?:import[ \t]+)?(?:[\w.]+[ \t]+)?"([\w./-]+)"', re.M)
_RUST = re.compile(
    r"^[ \t]*(?:pub(?:\([^)]*\))?[ \t]+)?(?:mod[ \t]+(\w+)[ \t]*;|use[ \t]+crate::([\w:]+))", re.M
)
_C = re.compile(r'^[ \t]*#[ \t]*include[ \t]*["<]([^">\n]+)[">]', re.M)


class Paths:
    """The paths of a repository, found by how they end."""

    def __init__(self, paths: Iterable[str]) -> None:
        self.all = frozenset(paths)
        self._by_name: dict[str, list[str]] = {}
        self._by_folder: dict[str, list[str]] = {}
        for path in sorted(self.all):
            self._by_name.setdefault(path.rpartition("/")[2], []).append(path)
            self._by_folder.setdefault(dirname(path), []).append(path)

    def ending(self, tail: str) -> list[str]:
        """Paths that are `tail`, or end with it after a `/`."""
        named = self._by_name.get(tail.rpartition("/")[2], [])
        return [path for path in named if path == tail or path.endswith(f"/{tail}")]

    def first(self, *tails: str) -> list[str]:
        """What ends with the first of some tails that any path ends with."""
        return next((found for tail in tails if (found := self.ending(tail))), [])

    def in_folder(self, tail: str) -> list[str]:
        """Paths right in the folders that are `tail`, or end with it."""
        folders = [name for name in self._by_folder if name == tail or name.endswith(f"/{tail}")]
        return [path for name in folders for path in self._by_folder[name]]


def _python(file: File, paths: Paths) -> Iterator[str]:
    for match in _PYTHON.finditer(file.content):
        source, names, plain = match.groups()
        if plain is not None:
            for one in plain.split(","):
                name = one.split(" as ")[0].strip().replace(".", "/")
                yield from paths.first(f"{name}.py", f"{name}/__init__.py")
            continue
        dots = len(source) - len(source.lstrip("."))
        module = source.lstrip(".").replace(".", "/")
        if dots:
            module = normpath(join(dirname(file.path), *[".."] * (dots - 1), module))
        inside = [name.split(" as ")[0].strip(" ()") for name in names.split(",")]
        modules = [f"{module}/{name}.py" for name in inside]
        found = [path for tail in modules for path in paths.ending(normpath(tail))]
        yield from found or paths.first(f"{module}.py", f"{module}/__init__.py")


_SCRIPT_ENDINGS = ("", ".ts", ".tsx", ".js", ".jsx", ".mjs", ".cjs", "/index.ts", "/index.js")


def _script(file: File, paths: Paths) -> Iterator[str]:
    for match in _SCRIPT.finditer(file.content):
        target = normpath(join(dirname(file.path), match[1]))
        # TypeScript names the file that it will become.
        stems = [target, re.sub(r"\.[cm]?jsx?$", "", target)]
        yield from (path for stem in stems for end in _SCRIPT_ENDINGS if (path := stem + end) in paths.all)


def _java(file: File, paths: Paths) -> Iterator[str]:
    for match in _JAVA.finditer(file.content):
        yield from paths.ending(match[1].replace(".", "/") + ".java")


def _go(file: File, paths: Paths) -> Iterator[str]:
    for match in _GO.finditer(file.content):
        parts = match[1].split("/")
        tails = ["/".join(parts[at:]) for at in range(len(parts))]
        found = next((found for tail in tails if (found := paths.in_folder(tail))), [])
        yield from (path for path in found if path.endswith(".go") and not path.endswith("_test.go"))


def _rust(file: File, paths: Paths) -> Iterator[str]:
    folder, name = dirname(file.path), file.path.rpartition("/")[2].removesuffix(".rs")
    below = folder if name in ("mod", "lib", "main") else join(folder, name)
    for match in _RUST.finditer(file.content):
        if match[1]:
            near = (normpath(join(below, f"{match[1]}.rs")), normpath(join(below, match[1], "mod.rs")))
            yield from (path for path in near if path in paths.all)
            continue
        parts = match[2].strip(":").split("::")
        stems = ["src/" + "/".join(parts[:upto]) for upto in range(len(parts), 0, -1)]
        yield from paths.first(*(f"{stem}{end}" for stem in stems for end in (".rs", "/mod.rs")))


def _c(file: File, paths: Paths) -> Iterator[str]:
    for match in _C.finditer(file.content):
        beside = normpath(join(dirname(file.path), match[1]))
        yield from [beside] if beside in paths.all else paths.ending(match[1].lstrip("./"))


READERS: Final[Mapping[str, Callable[[File, Paths], Iterator[str]]]] = {
    "Python": _python,
    "JavaScript": _script,
    "TypeScript": _script,
    "TSX": _script,
    "Java": _java,
    "Go": _go,
    "Rust": _rust,
    "C": _c,
    "C++": _c,
}


def imported(file: File, paths: Paths) -> set[str]:
    """The paths of the repository that a file imports, itself left out."""
    reader = READERS.get(file.language)
    return set(reader(file, paths)) - {file.path} if reader else set()


def in_order(files: Sequence[File]) -> list[File]:
    """The files of a repository, each after those that it imports; where there is no such order, by path.

    Of files that wait for one another, the one that waits for fewest goes first.
    """
    paths = Paths(file.path for file in files)
    by_path = {file.path: file for file in files}
    waits = {path: imported(file, paths) & by_path.keys() for path, file in by_path.items()}
    waited_by: dict[str, list[str]] = {}
    for path, others in waits.items():
        for other in others:
            waited_by.setdefault(other, []).append(path)
    left = {path: len(others) for path, others in waits.items()}
    ready = [(number, path) for path, number in left.items()]
    heapify(ready)
    found = []
    while ready:
        number, path = heappop(ready)
        if left.get(path) != number:
            continue
        del left[path]
        found.append(by_path[path])
        for other in waited_by.get(path, ()):
            if other in left:
                left[other] -= 1
                heappush(ready, (left[other], other))
    return found
