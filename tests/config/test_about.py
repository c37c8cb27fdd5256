"""What a recipe may say of its release goes into papers as it is, so it is strict."""

from typing import Any

import pytest

from tilth.config.about import About
from tilth.config.load import check
from tilth.errors import UserError


@pytest.mark.parametrize(
    "said",
    [
        {"creators": [""]},
        {"creators": ["  "]},
        {"creators": ["two\nlines"]},
        {"creators": ["bell\x07"]},
        {"creators": ["next\x85line"]},
        {"creators": ["next\u2028line"]},
        {"creators": ["\u00a0\u2003"]},
        {"creators": ["x" * 501]},
        {"contact": "a@b\r\nBcc: c@d"},
        {"url": "example.org"},
        {"url": "ftp://example.org"},
        {"url": "https://example.org/a b"},
        {"url": "https://example.org/{x}"},
        {"url": 'https://example.org/"'},
        {"url": "javascript:alert(1)"},
        {"doi": "https://doi.org/10.5072/x"},
        {"doi": "10.5072"},
        {"doi": "10.5072/a}b"},
        {"licence": "MIT OR ISC"},
        {"licence": ""},
        {"date": "2026-02-30"},
        {"date": "soon"},
        {"intended_use": ""},
        {"author": "me"},
    ],
)
def test_what_may_not_be_said(said: Any) -> None:
    with pytest.raises(UserError):
        check(About, said)


def test_what_may_be_said() -> None:
    said = {
        "creators": ["Ærø & Søn", "{Braces}"],
        "url": "https://example.org/x?y=1#z",
        "doi": "10.5072/a.b-c(1)",
        "licence": "ODC-By-1.0",
        "date": "2026-02-28",
    }
    found = check(About, said)
    assert found.creators == ("Ærø & Søn", "{Braces}")
    assert check(About, {}).date is None
