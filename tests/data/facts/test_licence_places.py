"""What files state of the paths below them."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tilth.data.facts.licence.places import EVERYTHING, places_in

HEAD = "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n\n"


def stated(text: str, form: str) -> list[tuple[str, str]]:
    return [(one["paths"], one["expression"]) for one in places_in(text.encode(), form)]


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("", "dep5"),
        ("no copyright file\n", "debian-copyright"),
        ("Files: *\nLicense: MIT\n", "debian-copyright"),
        (HEAD + "Files: a\n", "dep5"),
        ("= [", "reuse.toml"),
        ("annotations = 3\n", "reuse.toml"),
        ("annotations = [3]\n", "reuse.toml"),
        ('[[annotations]]\npath = 3\nSPDX-License-Identifier = "MIT"\n', "reuse.toml"),
        ('[[annotations]]\npath = "a"\n', "reuse.toml"),
        ('{"license": "MIT"}', "package.json"),
    ],
)
def test_what_cannot_be_read_states_nothing(text: str, form: str) -> None:
    assert stated(text, form) == []


def test_signs_of_debian() -> None:
    text = f"{HEAD}Files: *\nLicense: GPL-2+\n\nFiles: a/* b.?\n c\\*\nLicense: Expat\n"
    assert stated(text, "dep5") == [(EVERYTHING, "GPL-2.0-or-later"), (r"a/.*|b\..|c\*", "MIT")]


def test_signs_of_reuse() -> None:
    text = (
        '[[annotations]]\npath = ["a/*.png", "b/**", "what?"]\nSPDX-License-Identifier = ["MIT", "Zlib"]\n'
        '[[annotations]]\npath = "**"\nSPDX-License-Identifier = "0BSD"\n'
    )
    assert stated(text, "reuse.toml") == [
        (r"a/[^/]*\.png|b/.*|what\?", "MIT AND Zlib"),
        (EVERYTHING, "0BSD"),
    ]


@given(st.text(max_size=200), st.sampled_from(["dep5", "reuse.toml"]))
def test_all_paths_are_expressions(glob: str, form: str) -> None:
    line = " ".join(glob.split())
    text = (
        f"{HEAD}Files: {line}\nLicense: MIT\n"
        if form == "dep5"
        else f"[[annotations]]\npath = '''{line}'''\nSPDX-License-Identifier = 'MIT'\n"
    )
    for paths, _ in stated(text, form):
        re.compile(paths)
