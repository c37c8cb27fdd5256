"""What stands around a statement decides what it says: a text around a tag, a version behind a name, quotes, a part."""

import numpy as np
import pytest

from tilth.data.facts import licence
from tilth.data.facts.batch import Batch
from tilth.data.facts.encoding import decode
from tilth.data.facts.licence.rules import rules
from tilth.data.facts.licence.tokens import CLASSES, tokenise
from tilth.data.facts.text import compute

GPL_2_OR_LATER = (
    "This program is free software; you can redistribute it and/or modify it under the terms of the GNU General Public "
    "License as published by the Free Software Foundation; either version 2 of the License, or (at your option) any "
    "later version.\n"
)


def facts(text: str, name: str) -> tuple[str | None, str | None]:
    columns = licence.compute(Batch.of(["0" * 40], [name], [text.encode()]))
    return columns["licence_expression"][0], columns["licence_kind"][0]


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        (
            "a.c",
            "/* SPDX-License-Identifier: GPL-2.0 BSD-2-Clause */\n",
            ("BSD-2-Clause OR GPL-2.0-only", "tag"),
        ),
        ("a.3", '.\\" * SPDX-License-Identifier: curl\n.TH a 3\n', ("curl", "tag")),
        ("a.3", '.\\" SPDX-License-Identifier: MIT\n.TH a 3\n', ("MIT", "tag")),
        ("a.c", "/* SPDX-License-Identifier: GPL-2.0 nonsense */\n", ("LicenseRef-tilth-invalid-tag", "tag")),
        ("a.c", f"/* This file is under the GPL.\n\n{GPL_2_OR_LATER} */\n", ("GPL-2.0-or-later", "notice")),
        ("a.js", "module.exports = { license: 'GPL-3.0-or-later' }\n", ("GPL-3.0-or-later", "notice")),
        ("LICENSE", "See the license in the file COPYING.\n", (None, "reference")),
        (
            "a.c",
            f"/* {GPL_2_OR_LATER}\n\nParts of this file are derived from code in the public domain. */\n",
            ("GPL-2.0-or-later AND LicenseRef-tilth-public-domain", "notice"),
        ),
    ],
)
def test_what_stands_around(name: str, text: str, expected: tuple[str | None, str | None]) -> None:
    assert facts(text, name) == expected


def test_rtf_that_ends_in_a_nul_is_text() -> None:
    assert decode(b"{\\rtf1\\ansi text}\r\n\x00")[0] == "utf-8"
    assert decode(b"{\\rtf1\\ansi te\x00xt}\x00")[0] is None
    assert decode(b"text\x00")[0] is None


@pytest.mark.parametrize("space", [b"", b" " * 1000, b"x" + b"\t " * 70])
def test_a_run_of_pairs_is_found_behind_white_space(space: bytes) -> None:
    run = b"0a 1b 2c 3d 4e 5f 60 71 82 93 a4 b5"
    columns = compute(Batch.of(["0" * 40], ["a.c"], [space + run]))
    assert columns["encoded_max_run"][0] == len(run)


def words_of(text: str) -> list[int]:
    data = np.frombuffer(text.encode(), np.uint8)
    room = np.zeros(64, np.int32), np.zeros((64, 2), np.int32), np.zeros(64, np.int32), np.zeros(64, np.uint8)
    numbers = rules().numbers
    count, _ = tokenise(data, 0, data.size, CLASSES, numbers.word_keys, numbers.word_ids, *room, 0, 0)
    return room[0][:count].tolist()


def test_a_chinese_letter_is_a_word() -> None:
    assert words_of("许可证") == words_of("许 可\n证") == words_of("许、可。证")
    assert len(words_of("许可证")) == 3


def test_capitals_with_accents_are_the_same_word() -> None:
    assert words_of("PROPRIÉTÉ Œuvre") == words_of("propriété Œuvre")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # A rule for "the MIT license or the GPLv3" must not be taken for one of another version.
        (
            "This file is dual-licensed: you may use it under the terms of the MIT license\n"
            "or the GNU General Public License version 2 or (at your option) any later version.\n",
            "GPL-2.0-or-later OR MIT",
        ),
        (
            "Dual licensed: use it under the MIT license or the GNU GPL version 3.\n",
            "GPL-3.0-only OR MIT",
        ),
    ],
)
def test_a_changed_notice_keeps_its_names_and_versions(text: str, expected: str) -> None:
    assert facts(f"/* {text} */\n", "a.c")[0] == expected
