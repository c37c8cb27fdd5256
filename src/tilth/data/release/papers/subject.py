"""What a paper is about: a release, as its manifest tells of it."""

from dataclasses import dataclass
from typing import Any

NO_DAY = "1970-01-01"
"""Stands where a form demands a day and none is known: no recipe names one, and no input has one."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A release, in the words that several papers need. What an older manifest does not tell is empty."""

    manifest: dict[str, Any]

    @property
    def about(self) -> dict[str, Any]:
        """What the recipe says of it."""
        found: dict[str, Any] = self.manifest.get("about", {})
        return found

    @property
    def name(self) -> str:
        """Its name."""
        return str(self.manifest["name"])

    @property
    def version(self) -> str:
        """Its version."""
        return str(self.manifest["version"])

    @property
    def creators(self) -> list[str]:
        """Who made it; where nobody is named, its makers without a name."""
        return list(self.about.get("creators") or [f"The makers of {self.name}"])

    @property
    def day(self) -> str | None:
        """The day of the release, `YYYY-MM-DD`."""
        return self.about.get("date")

    @property
    def tool(self) -> str:
        """What built it."""
        return f"tilth {self.manifest['tool']['tilth']}"

    @property
    def iri(self) -> str:
        """A name of this release and no other one, the same wherever it is built."""
        return f"urn:tilth:{self.name}:{self.version}:{self.manifest['inputs']['fingerprint'][:32]}"

    @property
    def kept(self) -> dict[str, int]:
        """Files and bytes that it has."""
        found: dict[str, int] = self.manifest["counts"]["kept"]
        return found

    @property
    def description(self) -> str:
        """The recipe's own words, or else what the counts say."""
        counts = self.manifest["counts"]
        return self.about.get("description") or (
            f"{self.kept['files']} files of source code in {len(self.manifest['languages'])} languages, "
            f"kept of {counts['files']} files in {counts['units']} units, each with its origin, its licence with the "
            "evidence for it, and a hash; each file that left has a reason."
        )

    @property
    def places(self) -> list[dict[str, Any]]:
        """Kinds of sources and their hosts, with what of them stays."""
        found: list[dict[str, Any]] = self.manifest["inputs"].get("places", [])
        return found

    @property
    def dates(self) -> dict[str, str | None]:
        """Days of the first and the last commit that was read."""
        found: dict[str, str | None] = self.manifest["inputs"].get("dates", {"first": None, "last": None})
        return found

    def dropped(self) -> list[tuple[str, str, int, int]]:
        """Stage, reason, files and bytes of what left."""
        return [
            (stage["stage"], reason, drop["files"], drop["bytes"])
            for stage in self.manifest["counts"]["stages"]
            for reason, drop in stage["dropped"].items()
        ]

    def opted_out(self) -> int:
        """Files that left on request."""
        return sum(files for _, reason, files, _ in self.dropped() if reason == "opt_out")

    def files(self, folder: str) -> list[dict[str, Any]]:
        """The files of the manifest that lie in a folder."""
        return [file for file in self.manifest["files"] if file["path"].startswith(folder)]
