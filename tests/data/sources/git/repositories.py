"""Small real repositories, made fast."""

import hashlib
import os
import subprocess
import zlib
from dataclasses import dataclass
from pathlib import Path

from tilth.config.sources import GitSource
from tilth.data.sources.git.resolve import resolve
from tilth.records import Refusal, Unit

ENVIRONMENT = {
    **{key: value for key, value in os.environ.items() if not key.startswith("GIT_")},
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "An Author",
    "GIT_AUTHOR_EMAIL": "author@example.org",
    "GIT_AUTHOR_DATE": "2020-02-01T12:00:00+0300",
    "GIT_COMMITTER_NAME": "A Committer",
    "GIT_COMMITTER_EMAIL": "committer@example.org",
    "GIT_COMMITTER_DATE": "2020-02-02T12:00:00+0000",
    "GIT_ALLOW_PROTOCOL": "file",
}


@dataclass(frozen=True)
class Repository:
    path: Path

    def git(self, *arguments: str, given: bytes = b"", **environment: str) -> str:
        done = subprocess.run(
            ["git", "-c", "init.defaultBranch=main", "-C", str(self.path), *arguments],
            input=given,
            capture_output=True,
            env={**ENVIRONMENT, **environment},
            check=False,
        )
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode("utf-8", "surrogateescape").strip()

    def blob(self, data: bytes) -> str:
        # As git writes a loose object; a process for each file would take most of the tests' time.
        raw = b"blob %d\0" % len(data) + data
        made = hashlib.sha1(raw).hexdigest()
        path = self.git_dir / "objects" / made[:2] / made[2:]
        path.parent.mkdir(exist_ok=True)
        if not path.exists():
            path.write_bytes(zlib.compress(raw))
        return made

    def tree(self, *entries: tuple[str, str, str, bytes]) -> str:
        """A tree of (mode, type, id, name), which may name what is not there."""
        rows = b"".join(f"{mode} {kind} {oid}\t".encode() + name + b"\0" for mode, kind, oid, name in entries)
        return self.git("mktree", "-z", "--missing", given=rows)

    def commit(
        self,
        files: dict[bytes, bytes],
        *,
        parent: str | None = None,
        date: str = "",
        branch: str = "main",
        message: str = "A message",
    ) -> str:
        """Commit these files, and no others, to a branch; paths may hold anything."""
        rows = b"".join(
            f"100644 blob {self.blob(data)}\t".encode() + path + b"\0" for path, data in files.items()
        )
        index = {"GIT_INDEX_FILE": str(self.path / "made.index")}
        Path(index["GIT_INDEX_FILE"]).unlink(missing_ok=True)
        self.git("update-index", "-z", "--index-info", given=rows, **index)
        tree = self.git("write-tree", **index)
        return self.commit_tree(tree, parent=parent, date=date, branch=branch, message=message)

    def commit_tree(
        self,
        tree: str,
        *,
        parent: str | None = None,
        date: str = "",
        branch: str = "main",
        message: str = "A message",
    ) -> str:
        dates = {"GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date} if date else {}
        parents = ["-p", parent] if parent else []
        made = self.git("commit-tree", tree, "-m", message, *parents, **dates)
        self.git("update-ref", f"refs/heads/{branch}", made)
        return made

    def raw_commit(self, raw: bytes, branch: str = "main") -> str:
        made = self.git("hash-object", "-w", "-t", "commit", "--literally", "--stdin", given=raw)
        (self.git_dir / "refs/heads" / branch).write_text(made + "\n")
        return made

    def pack(self) -> Path:
        """Put every object into one pack; its path."""
        self.git("repack", "-a", "-d", "-q")
        (path,) = self.git_dir.glob("objects/pack/*.pack")
        return path

    @property
    def git_dir(self) -> Path:
        inner = self.path / ".git"
        return inner if inner.is_dir() else self.path

    def clone(self, to: Path, *options: str) -> "Repository":
        self.git("clone", "-q", *options, f"file://{self.path}", str(to))
        return Repository(to)


def make(path: Path, *options: str) -> Repository:
    path.mkdir(parents=True)
    repository = Repository(path)
    repository.git("init", "-q", *options)
    return repository


def resolved(path: Path | str, **said: object) -> list[Unit | Refusal]:
    source = GitSource.model_validate({"kind": "git", "repositories": (str(path),), **said})
    return list(resolve(source, Path(path).parent / "cache"))


def unit_of(path: Path | str, **said: object) -> Unit:
    (unit,) = resolved(path, **said)
    assert isinstance(unit, Unit), unit
    return unit


def refusal_of(path: Path | str, **said: object) -> tuple[str, str]:
    (refusal,) = resolved(path, **said)
    assert isinstance(refusal, Refusal), refusal
    return refusal.reason, refusal.value
