"""Repositories with planted forks, copies, renames and near copies of ten that ask to be left out, and the truth.

Everything is drawn from a seed: words of made-up programs, no real project's.
"""

import json
import random
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

REQUESTS = 10
FORKS, TREES, COPIES, MOVED, NEAR = 3, 3, 5, 5, 4
"""Planted for each request: forks, copies of the tree, copies of a file, the same under other names, near copies."""
FILES_EACH = 100

Files = dict[str, bytes]


@dataclass
class Planted:
    """What lies where, and what should happen to it."""

    folder: Path
    rows: list[dict[str, object]] = field(default_factory=list)
    """The list of repositories, for a recipe."""
    names: list[tuple[str, str]] = field(default_factory=list)
    """Number and address, the oldest first."""
    cases: list[tuple[str, str, set[tuple[str, str]]]] = field(default_factory=list)
    """Kind, request's address, and the places (origin, path) of each planted case."""
    own: set[tuple[str, str]] = field(default_factory=set)
    """Places of the repositories that ask."""
    files: int = 0


def plant(folder: Path, num_files: int, seed: int = 1) -> Planted:
    """Makes the repositories."""
    drawn = random.Random(seed)
    planted = Planted(folder)
    folder.mkdir(parents=True)
    hosts = max(num_files // FILES_EACH - REQUESTS * (1 + FORKS + TREES + 1), 120)
    boilerplate = {f"setup/common_{n}.py": _code(drawn, 60) for n in range(5)}
    given: list[list[tuple[str, bytes]]] = [[] for _ in range(hosts)]
    expected: list[list[tuple[int, str]]] = [[] for _ in range(hosts)]
    turn = 0
    for number in range(REQUESTS):
        own = {
            f"src/part{at % 7}/own_{at}.py": _code(drawn, drawn.randint(15, 90)) for at in range(FILES_EACH)
        }
        own |= {"src/__init__.py": b"from .part0 import *\n"} | boilerplate
        asks = f"asks{number}/project"
        _add(planted, asks, own, stars=50)
        planted.own |= {(_url(asks), path) for path in own}
        for at in range(FORKS):
            more = {f"fork_{at}.py": _code(drawn, 30)}
            _case(planted, "fork", asks, f"forker{number}-{at}/project", own | more, parent=own)
        for at in range(TREES):
            _case(planted, "tree", asks, f"copier{number}-{at}/mine", own)
        former = {f"old/{at}.py": _code(drawn, 40) for at in range(20)}
        _case(planted, "renamed", asks, f"former{number}/project", former)
        planted.names += [(f"github.com/{number}", f"former{number}/project"), (f"github.com/{number}", asks)]
        picked = drawn.sample(sorted(own)[6:], COPIES + MOVED + NEAR)
        for at, path in enumerate(picked):
            kind = "copy" if at < COPIES else "moved" if at < COPIES + MOVED else "near"
            text = _near(drawn, own[path]) if kind == "near" else own[path]
            where = path if kind == "copy" else f"third/{number}_{at}.py"
            given[turn % hosts].append((where, text))
            expected[turn % hosts].append((len(planted.cases), where))
            planted.cases.append((kind, asks, set()))
            turn += 1
    for at in range(hosts):
        files = {f"lib/module_{one}.py": _code(drawn, drawn.randint(15, 90)) for one in range(FILES_EACH)}
        files |= {"src/__init__.py": b"from .part0 import *\n"} | boilerplate | dict(given[at])
        name = f"host{at}/project"
        _add(planted, name, files, stars=drawn.randint(0, 40))
        for case, path in expected[at]:
            planted.cases[case][2].add((_url(name), path))
    lines = (json.dumps(row) + "\n" for row in planted.rows)
    (folder / "list.jsonl").write_text("".join(lines))
    table = "".join(f"{number},https://github.com/{address}\n" for number, address in planted.names)
    (folder / "names.csv").write_text(f"id,address\n{table}")
    return planted


def _case(
    planted: Planted, kind: str, asks: str, name: str, files: Files, parent: Mapping[str, bytes] | None = None
) -> None:
    _add(planted, name, files, stars=1, parent=parent, of=asks if parent else "")
    planted.cases.append((kind, asks, {(_url(name), path) for path in files}))


def _url(name: str) -> str:
    return f"https://github.com/{name}"


def _add(
    planted: Planted,
    name: str,
    files: Files,
    *,
    stars: int,
    parent: Mapping[str, bytes] | None = None,
    of: str = "",
) -> None:
    path = planted.folder / f"{name.replace('/', '_')}.git"
    subprocess.run(["git", "init", "--quiet", "--bare", "--initial-branch=main", str(path)], check=True)
    with (path / "config").open("a") as config:
        config.write(f'[remote "origin"]\n\turl = {_url(name)}.git\n')
    # Who forks has the first commit; who copies makes one of their own.
    whose = of or name
    commits = [parent, files] if parent else [files]
    given = b"".join(_commit(one, whose if at == 0 else name, at) for at, one in enumerate(commits))
    subprocess.run(["git", "-C", str(path), "fast-import", "--quiet"], input=given, check=True)
    planted.rows.append({"path": str(path), "star_events_count": stars, "fork_events_count": 0})
    planted.files += len(files)


def _commit(files: Mapping[str, bytes], author: str, number: int) -> bytes:
    # The one that is forked is the parent of its forks: the same author, date and message.
    who = f"{author.split('/')[0]} <someone@example.org> {1_600_000_000 + number} +0000"
    head = f"commit refs/heads/main\nauthor {who}\ncommitter {who}\ndata 1\nx\n"
    body = b"".join(
        f"M 100644 inline {path}\ndata {len(text)}\n".encode() + text + b"\n"
        for path, text in sorted(files.items())
    )
    return head.encode() + b"deleteall\n" + body + b"\n"


def _code(drawn: random.Random, lines: int) -> bytes:
    """A made-up program of words."""
    made = []
    for at in range(lines):
        words = [f"{drawn.choice(_VERBS)}_{drawn.randrange(10**6):x}" for _ in range(4)]
        made.append(f"def {words[0]}({words[1]}):\n    return {words[2]}({words[1]}, {at}) + {words[3]}\n")
    return "\n".join(made).encode()


def _near(drawn: random.Random, text: bytes) -> bytes:
    """The same with one line in sixty another."""
    lines = text.decode().split("\n")
    for at in range(0, len(lines), 60):
        if lines[at].startswith("def "):
            lines[at] = f"def changed_{drawn.randrange(10**6):x}(argument):"
    return "\n".join(lines).encode()


_VERBS = ("load", "save", "merge", "split", "find", "drop", "make", "turn", "hold", "send", "read", "count")
