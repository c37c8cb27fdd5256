"""What an author of commits wrote, read from clones: the commits, and the files that nobody else ever touched.

An address is compared by its keyed hash alone, and is not kept.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tilth.governance.git import git
from tilth.governance.requests import Request
from tilth.store.addresses import address_of
from tilth.store.opt_outs import Key

_MARK = "\x01"


@dataclass(slots=True)
class Written:
    """What the authors of a request wrote."""

    keys: set[Key] = field(default_factory=set)
    undecided: list[dict[str, Any]] = field(default_factory=list)
    """Files that others changed too, each with its `reason`, `origin` and `path`."""


def written_by(
    clones: Iterable[Path], request: Request, request_id: str, hidden: Callable[[str], str]
) -> Written:
    """Looks through every commit of every branch of some clones.

    Args:
        clones: Bare or not; each says by `remote.origin.url` where it is from.
        request: Names authors by the keyed hash of their address.
        request_id: Its id.
        hidden: Gives the keyed hash of an address.

    Raises:
        UserError: A clone cannot be read.
    """
    found = Written()
    names: dict[str, bool] = {}
    for clone in clones:
        origin = git(clone, "config", "--get", "remote.origin.url").strip()
        told = git(
            clone,
            "-c",
            "core.quotePath=false",
            "log",
            "--all",
            "--no-renames",
            "--name-only",
            f"--format={_MARK}%H %ae",
        )
        touched: dict[str, set[bool]] = {}
        is_theirs = False
        for line in told.split("\n"):
            if line.startswith(_MARK):
                commit, _, address = line[1:].partition(" ")
                if address not in names:
                    names[address] = hidden(address) in request.authors
                is_theirs = names[address]
                if is_theirs:
                    found.keys.add(Key(request_id, "revision", commit, why="author"))
            elif line:
                touched.setdefault(line, set()).add(is_theirs)
        for path, whose in touched.items():
            if whose == {True} and not path.startswith('"'):
                found.keys.add(Key(request_id, "path", address_of(origin), path, "author"))
            elif True in whose:
                found.undecided.append({"reason": "several_authors", "origin": origin, "path": path})
    return found
