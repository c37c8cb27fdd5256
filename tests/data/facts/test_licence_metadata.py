"""What package metadata states: Maven, RubyGems, Debian, REUSE; bad input states nothing and never raises."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tilth.data.facts import licence
from tilth.data.facts.batch import Batch
from tilth.data.facts.licence.debian import meaning_of, paragraphs
from tilth.data.facts.licence.expressions import canonical
from tilth.data.facts.licence.finding import PUBLIC_DOMAIN, UNRECOGNISED
from tilth.data.facts.licence.metadata import metadata_in
from tilth.data.facts.licence.names import is_licence_file, metadata_format

DEP5 = "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\nUpstream-Name: x\n"


def facts(text: str, name: str) -> tuple[str | None, str | None]:
    columns = licence.compute(Batch.of(["0" * 40], [name], [text.encode("utf-8", "surrogatepass")]))
    return columns["licence_expression"][0], columns["licence_kind"][0]


def pom(*licences: str, before: str = "") -> str:
    return (
        f'<?xml version="1.0" encoding="ISO-8859-1"?>\n{before}<project xmlns="http://maven.apache.org/POM/4.0.0">\n'
        f"<dependency><licenses><license><name>GPL-3.0-only</name></license></licenses></dependency>\n"
        f"<licenses>{''.join(f'<license>{one}</license>' for one in licences)}</licenses>\n</project>\n"
    )


def dep5(*rows: tuple[str, str], header: str = DEP5) -> str:
    return header + "".join(
        f"\nFiles: {files}\nCopyright: 2020 A\nLicense: {name}\n the text\n" for files, name in rows
    )


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("pom.xml", pom("<name>Apache License, Version 2.0</name>"), "Apache-2.0"),
        (
            "pom.xml",
            pom("<name>\n  MIT\n</name><url>https://x</url>", "<name>EPL 2.0</name>"),
            "EPL-2.0 OR MIT",
        ),
        ("a-1.0.pom", pom("<name><![CDATA[BSD 3-Clause]]></name>"), "BSD-3-Clause"),
        ("pom.xml", pom("<name>Ask us</name>"), UNRECOGNISED),
        ("x.gemspec", "Gem::Specification.new do |s|\n  s.license = 'MIT'\nend\n", "MIT"),
        ("x.gemspec", "  spec.licenses    = ['Ruby', \"BSD-2-Clause\"]\n", "BSD-2-Clause AND Ruby"),
        ("x.gemspec", "  s.licenses = %w[MIT Apache-2.0].freeze\n", "Apache-2.0 AND MIT"),
        ("copyright", dep5(("*", "GPL-2+"), ("debian/*", "Expat")), "GPL-2.0-or-later"),
        ("copyright", dep5(("*", "GPL-1+ or Artistic")), "Artistic-1.0-Perl OR GPL-1.0-or-later"),
        ("copyright", dep5(("a b *", "Expat and BSD-3-clause")), "BSD-3-Clause AND MIT"),
        ("copyright", dep5(("x/*", "LGPL-2.1+"), header=f"{DEP5}License: public-domain\n"), PUBLIC_DOMAIN),
        ("dep5", dep5(("img/*", "CC0-1.0"), ("src/*", "MIT")), "CC0-1.0 AND MIT"),
        (
            "REUSE.toml",
            'version = 1\n[[annotations]]\npath = ["**"]\nSPDX-License-Identifier = "MIT"\n'
            '[[annotations]]\npath = "x.png"\nSPDX-License-Identifier = "CC-BY-4.0"\n',
            "MIT",
        ),
        (
            "REUSE.toml",
            'version = 1\n[[annotations]]\npath = "a"\nSPDX-License-Identifier = ["MIT", "0BSD"]\n',
            "0BSD AND MIT",
        ),
        ("DESCRIPTION", "Package: a\nVersion: 1\nLicense: MIT + file LICENSE\n", "MIT"),
        ("composer.json", '{"license": "proprietary"}', "LicenseRef-tilth-proprietary"),
    ],
)
def test_what_metadata_states(name: str, text: str, expected: str) -> None:
    assert facts(text, name) == (expected, "metadata")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("pom.xml", pom("<name>MIT</name>", before='<!DOCTYPE project [<!ENTITY a "MIT">]>')),
        ("pom.xml", pom("<name>&a;</name>", before='<!DOCTYPE p [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]>')),
        ("pom.xml", pom("<name>MIT</name>")[:-20]),
        ("pom.xml", "<project>" * 50_000),
        ("pom.xml", "<licenses><license><name>MIT</name></license></licenses>"),
        ("x.gemspec", "  # s.license = 'MIT'\n"),
        ("x.gemspec", "  s.license = license_of(s)\n"),
        ("REUSE.toml", "annotations = 3"),
        ("REUSE.toml", "[[annotations]]\npath = 3\nSPDX-License-Identifier = {a = 1}\n"),
        ("dep5", dep5(("*", "MIT"), header="Upstream-Name: x\n")),
        ("dep5", DEP5),
        ("copyright", ""),
    ],
)
def test_bad_metadata_states_nothing(name: str, text: str) -> None:
    assert facts(text, name)[0] is None


def test_a_program_that_states_nothing_is_read_like_any_other() -> None:
    assert facts("# SPDX-License-Identifier: MIT\nGem::Specification.new\n", "x.gemspec") == ("MIT", "tag")


def test_a_copyright_file_in_prose_is_a_licence_file() -> None:
    assert facts("This package is licensed under the MIT License.\n", "copyright") == ("MIT", "notice")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("GPL-2", "GPL-2.0-only"),
        ("LGPL-2.1+", "LGPL-2.1-or-later"),
        ("GPL-2+ with OpenSSL exception", "GPL-2.0-or-later"),
        ("GPL-2+ with Autoconf exception", "GPL-2.0-or-later WITH Autoconf-exception-2.0"),
        ("Apache-2.0 with LLVM-exception", "Apache-2.0 WITH LLVM-exception"),
        ("GPL-2+ or Artistic-2.0, and BSD-3-clause", "(Artistic-2.0 OR GPL-2.0-or-later) AND BSD-3-Clause"),
        ("GFDL-NIV-1.3+", "GFDL-1.3-no-invariants-or-later"),
        ("house-rules", UNRECOGNISED),
    ],
)
def test_short_names(value: str, expected: str) -> None:
    assert canonical(meaning_of(value)) == canonical(expected)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Apache-2.0.txt", True),
        ("GPL-3.0-or-later.txt", True),
        ("GPL-2.0+.txt", True),
        ("LicenseRef-house.txt", True),
        ("MIT.txt", True),
        ("JSON.txt", False),
        ("Vim.txt", False),
        ("report-2.0.txt", False),
        ("MIT.py", False),
    ],
)
def test_texts_under_their_identifier_are_licence_files(name: str, expected: bool) -> None:
    assert is_licence_file(name) is expected


NAMES = ["pom.xml", "x.gemspec", "copyright", "dep5", "REUSE.toml", "DESCRIPTION", "composer.json"]
PIECES = [
    "<project>", "<licenses>", "<license>", "<name>", "</name>", "</license>", "</licenses>", "</project>",
    "<!DOCTYPE a [", "s.license = ", "s.licenses = %w[", "]", "'MIT'", '"', "Files: *\n", "License: ", "\n", "\n\n",
    "GPL-2+", " or ",
    ", and ", " with ", "Format: copyright-format\n", "[[annotations]]\n", 'path = "**"\n',
    "SPDX-License-Identifier = ", "{", "}", ":", '"license"', "Package: a\n", "(", ")", "\x00", "&a;",
]  # fmt: skip


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=12)), max_size=30).map("".join),
    st.sampled_from(NAMES),
)
def test_anything_gives_a_valid_expression_or_none(text: str, name: str) -> None:
    data = text.encode("utf-8", "surrogatepass")
    form = metadata_format(name)
    assert form is not None
    for one in metadata_in(data, form):
        assert 0 <= one.start <= one.end <= len(data)
        assert one.expression is None or canonical(one.expression) == one.expression


@settings(deadline=None, max_examples=100)
@given(st.text(st.sampled_from("GPL-2+ orand,withExpt()|/"), max_size=60))
def test_short_names_never_fail(value: str) -> None:
    assert canonical(meaning_of(value)) is not None


@given(
    st.lists(
        st.tuples(st.sampled_from(["*", "a/*", "b c"]), st.sampled_from(["MIT", "GPL-2+", "x"])), max_size=5
    )
)
def test_paragraphs_are_all_read(rows: list[tuple[str, str]]) -> None:
    found = paragraphs(dep5(*rows))
    assert [(one["files"][0], one["license"][0]) for one in found[1:]] == rows
