"""The rules of licences: where they are found, what they must not be taken for, and that no input breaks them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tilth.data.facts import licence
from tilth.data.facts.batch import Batch
from tilth.data.facts.licence.expressions import canonical
from tilth.data.facts.licence.gate import windows
from tilth.data.facts.licence.holders import holders_in
from tilth.data.facts.licence.rules import rules
from tilth.data.facts.licence.scan import matches_in

LISTED = (
    "MIT GPL-2.0-only Zlib ISC Apache-2.0 BSD-3-Clause MPL-2.0 LGPL-2.1-only EPL-1.0 CDDL-1.0 Artistic-2.0 BSL-1.0 "
    "OFL-1.1 Unlicense WTFPL CC0-1.0 AGPL-3.0-only EUPL-1.2 PostgreSQL NCSA"
).split()


def stated(text: str, name: str = "a.c") -> str | None:
    columns = licence.compute(Batch.of(["0" * 40], [name], [text.encode()]))
    answer: str | None = columns["licence_expression"][0]
    return answer


def test_a_licence_file_with_a_tag_alone_says_what_the_tag_says() -> None:
    assert stated("SPDX-License-Identifier: GPL-2.0-or-later WITH Classpath-exception-2.0\n", "LICENSE") == (
        "GPL-2.0-or-later WITH Classpath-exception-2.0"
    )


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ('if (strncmp(ptr, "gpl", 3) == 0)\n    gpl(ptr);\n', "a.c"),
        ("int i_gpl1 = i_gpl1++;\n", "a.c"),
        ("# This is not licensed under the GPL.\n", "a.py"),
        ("LICENSES = ['MIT', 'Apache-2.0', 'GPL-3.0']\n", "a.py"),
        ("// All releases are GPL-compatible.\n", "a.js"),
        ("\n".join(f'{{"licenseId": "{name}"}},' for name in LISTED), "list.json"),
    ],
)
def test_words_of_licences_that_state_none(text: str, name: str) -> None:
    assert stated(text, name) is None


def test_a_notice_far_behind_the_head_is_found() -> None:
    assert (
        stated("int x;\n" * 20_000 + "/* This file is released under the Apache License 2.0. */\n")
        == "Apache-2.0"
    )


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("GPL-2.0-with-classpath-exception", "GPL-2.0-only WITH Classpath-exception-2.0"),
        ("gpl-3.0-with-gcc-exception", "GPL-3.0-only WITH GCC-exception-3.1"),
        ("MIT OR eCos-2.0", "GPL-2.0-or-later WITH eCos-exception-2.0 OR MIT"),
        ("OpenMDW-1.0", "OpenMDW-1.0"),
    ],
)
def test_identifiers_that_spdx_gave_up_and_took_in(before: str, after: str) -> None:
    assert canonical(before) == canonical(after) == after


def test_every_rule_stands_for_a_valid_expression_or_for_none() -> None:
    table = rules()
    broken = [
        one for one in table.expressions if one and canonical(one) is None and "exception" not in one.lower()
    ]
    assert len(broken) <= len(table.expressions) // 50


def test_the_table_says_where_it_comes_from() -> None:
    assert "CC-BY-4.0" in rules().source
    assert "nexB" in rules().source


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Copyright (c) 2019-2021 Example Authors. All rights reserved.\n", ["Example Authors"]),
        (
            "# Copyright 2020, 2021 by Example Inc.\n# Copyright (C) 2020 Other Authors\n",
            ["Example Inc", "Other Authors"],
        ),
        ("The above copyright notice shall be included.\nCOPYRIGHT HOLDERS BE LIABLE\n", []),
        ("", []),
    ],
)
def test_copyright_holders(text: str, expected: list[str]) -> None:
    assert holders_in(text.encode()) == expected


@settings(deadline=None, max_examples=60)
@given(
    st.lists(
        st.sampled_from(
            [
                b"permission ",
                b"is hereby granted ",
                b"gpl",
                b"MIT ",
                b"license",
                b"\n",
                b"\xff",
                b"\\n",
                b"x" * 50,
            ]
        ),
        max_size=200,
    ).map(b"".join)
)
def test_matches_lie_inside_and_in_order(data: bytes) -> None:
    joined, starts = np.frombuffer(data, np.uint8), np.array([0, len(data)])
    for whole in (True, False):
        hinted = windows(joined, starts, np.array([whole and bool(data)]))
        found = matches_in(joined, starts, hinted.counts, hinted.spans)[0]
        assert all(0 <= one.start < one.end <= len(data) for one in found)
        assert [one.start for one in found] == sorted(one.start for one in found)
