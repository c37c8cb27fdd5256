"""Where things lie in the store: the folder that outlives builds and holds what need not be done twice."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tilth.errors import UserError
from tilth.store.atomic import clean_partials
from tilth.store.packs import sweep


@dataclass(frozen=True, slots=True)
class Store:
    """The folders of a store. Everything in them is addressed by what it was made from, and can be made again."""

    root: Path

    @property
    def listings(self) -> Path:
        """Paths of each tree."""
        return self.root / "listings"

    @property
    def facts(self) -> Path:
        """A folder for each group and version of facts."""
        return self.root / "facts"

    @property
    def joined(self) -> Path:
        """Listings and facts side by side, by tree."""
        return self.root / "joined"

    @property
    def similarities(self) -> Path:
        """How alike pairs of contents are, by the version of their signatures and the threshold."""
        return self.root / "similarities"

    @property
    def packs(self) -> Path:
        """Contents."""
        return self.root / "packs"

    @property
    def changes(self) -> Path:
        """Commits and their changed files, by revision."""
        return self.root / "changes"

    @property
    def shards(self) -> Path:
        """Finished files of releases, by the hash of what they were made from."""
        return self.root / "shards"

    @property
    def search(self) -> Path:
        """A folder for each release that was searched: its signatures side by side."""
        return self.root / "search"

    @property
    def benchmarks(self) -> Path:
        """Texts of benchmarks that files were compared with, by their hash."""
        return self.root / "benchmarks"

    @property
    def yara(self) -> Path:
        """Rules that files were scanned with, by their hash."""
        return self.root / "yara"

    @property
    def present(self) -> Path:
        """Which trees were seen whole in which packs of a repository: a line for each."""
        return self.root / "present.txt"

    @property
    def mirrors(self) -> Path:
        """Bare mirrors of remote repositories."""
        return self.root / "mirrors"

    @property
    def downloads(self) -> Path:
        """Packages and archives."""
        return self.root / "downloads"

    @property
    def spill(self) -> Path:
        """Room for joins that outgrow memory."""
        return self.root / "spill"

    @contextmanager
    def held(self) -> Iterator[None]:
        """Holds the store for one build, and removes what a killed one left half-written.

        Raises:
            UserError: Another build holds it.
        """
        self.root.mkdir(parents=True, exist_ok=True)
        with (self.root / "lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                raise UserError(
                    f"another build is using the store `{self.root}`",
                    hint="wait for it, or name another one with `--store`",
                ) from error
            clean_partials(self.root)
            sweep(self.packs)
            yield
