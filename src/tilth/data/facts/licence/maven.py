"""The licences that a Maven project states in its pom.xml (POM reference, "Licenses": several are a choice)."""

from xml.parsers import expat

from tilth.data.facts.licence.finding import UNRECOGNISED
from tilth.data.facts.licence.meanings import Stated, many_values, meaning

_LICENCE = ("project", "licenses", "license")
_FIELDS = ("name", "url")
_MAX_VALUE_CHARACTERS = 1_000


class _Licences:
    """Collects the `name` and `url` of each licence of the project itself, not of its dependencies or plugins."""

    def __init__(self) -> None:
        self._open: list[str] = []
        self.found: list[dict[str, str]] = []

    def start(self, name: str, _attributes: dict[str, str]) -> None:
        self._open.append(name.rpartition(":")[2])
        if tuple(self._open) == _LICENCE:
            self.found.append({})

    def end(self, _name: str) -> None:
        self._open.pop()

    def text(self, data: str) -> None:
        if len(self._open) == 4 and tuple(self._open[:3]) == _LICENCE and self._open[3] in _FIELDS:
            held = self.found[-1].get(self._open[3], "")
            self.found[-1][self._open[3]] = (held + data)[:_MAX_VALUE_CHARACTERS]


def _refuse(*_: object) -> None:
    raise ValueError("a document type in a pom.xml may hold entities")


def pom(text: str) -> Stated:
    """The choice between the licences of a project.

    Raises:
        ValueError: It has a document type.
        xml.parsers.expat.ExpatError: It is not XML.
    """
    licences = _Licences()
    # The text is decoded already, whatever its declaration says.
    parser = expat.ParserCreate("utf-8")
    parser.StartDoctypeDeclHandler = _refuse
    parser.StartElementHandler = licences.start
    parser.EndElementHandler = licences.end
    parser.CharacterDataHandler = licences.text
    parser.Parse(text.encode("utf-8", "replace"), True)
    return many_values([_value(one) for one in licences.found], "OR")


def _value(licence: dict[str, str]) -> str:
    """The name, or the address where only that is known."""
    name, url = (" ".join(licence.get(field, "").split()) for field in _FIELDS)
    if (
        url
        and (not name or meaning(name) in (None, UNRECOGNISED))
        and meaning(url) not in (None, UNRECOGNISED)
    ):
        return url
    return name or url
