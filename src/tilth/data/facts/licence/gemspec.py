"""The licences that a Ruby gem states in its specification (RubyGems reference, `license=` and `licenses=`)."""

import re

from tilth.data.facts.licence.meanings import Stated, many_values

_ASSIGNED = re.compile(
    r"^[ \t]*\w+\.licen[sc]es?[ \t]*=[ \t]*(?P<value>%[wWiI]?(?:\[[^\]]{0,400}\]|\([^)]{0,400}\)|\{[^}]{0,400}\})|"
    r"\[[^\]]{0,400}\]|[\"'][^\"'\n]{0,200}[\"'])",
    re.MULTILINE,
)
_STRING = re.compile(r"[\"']([^\"'\n]*)[\"']")


def gemspec(text: str) -> Stated:
    """The licences of a gem; several hold together, for the format does not say that they are a choice."""
    found = _ASSIGNED.search(text)
    if found is None:
        return []
    value = found["value"]
    names = value.strip("%wWiI[](){}").split() if value.startswith("%") else _STRING.findall(value)
    return many_values([name for name in names if "#{" not in name], "AND")
