"""Every kind of finding, and what stands for a value of it in a text."""

from functools import cache

from tilth.data.facts.findings import PLACEHOLDERS, Kind
from tilth.data.facts.personal_data import kinds as personal_data


@cache
def kinds() -> dict[str, Kind]:
    """Name -> kind, of all groups of findings."""
    return {kind.name: kind for kind in personal_data.KINDS}


def word_of(name: str) -> str:
    """The word in the placeholder of a kind; a kind that no table has, such as a model's label, is its own."""
    known = kinds().get(name)
    if known:
        return PLACEHOLDERS[known.group]
    return (
        "".join(char if char.isalnum() and char.isascii() else "_" for char in name).strip("_").upper()
        or "REDACTED"
    )
