"""Licence facts: tags, texts, notices, references, metadata; and what must not be taken for one."""

import functools
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tilth.data.facts import licence
from tilth.data.facts.batch import Batch
from tilth.data.facts.licence.expressions import canonical
from tilth.data.facts.licence.names import is_licence_file
from tilth.data.policy.licence_classes import licence_class

UNKNOWN = "LicenseRef-tilth-unknown"
PROPRIETARY = "LicenseRef-tilth-proprietary"
UNRECOGNISED = "LicenseRef-tilth-unrecognised"
INVALID = "LicenseRef-tilth-invalid-tag"

MIT = """MIT License

Copyright (c) 2020 Example Authors

Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated
documentation files (the "Software"), to deal in the Software without restriction, including without limitation
the rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to
permit persons to whom the Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of
the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE
WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR
COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR
OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
"""
MIT_GRANT = MIT.split("The above")[0]
MIT_0 = MIT.replace(MIT[MIT.index("The above") : MIT.index("THE SOFTWARE IS")], "").replace(
    ", subject to the following conditions:", "."
)
BSD_HEAD = """Copyright (c) 2019, Example Authors
All rights reserved.

Redistribution and use in source and binary forms, with or without modification, are permitted provided that the
following conditions are met:

1. Redistributions of source code must retain the above copyright notice, this list of conditions and the following
   disclaimer.
2. Redistributions in binary form must reproduce the above copyright notice, this list of conditions and the
   following disclaimer in the documentation and/or other materials provided with the distribution.
"""
BSD_NAME = """3. Neither the name of the copyright holder nor the names of its contributors may be used to endorse or
   promote products derived from this software without specific prior written permission.
"""
BSD_ADVERTISING = """3. All advertising materials mentioning features or use of this software must display the following
   acknowledgement: This product includes software developed by the organization.
4. Neither the name of the copyright holder nor the names of its contributors may be used to endorse or
   promote products derived from this software without specific prior written permission.
"""
BSD_TAIL = """
THIS SOFTWARE IS PROVIDED BY THE COPYRIGHT HOLDERS AND CONTRIBUTORS "AS IS" AND ANY EXPRESS OR IMPLIED WARRANTIES,
INCLUDING, BUT NOT LIMITED TO, THE IMPLIED WARRANTIES OF MERCHANTABILITY AND FITNESS FOR A PARTICULAR PURPOSE ARE
DISCLAIMED. IN NO EVENT SHALL THE COPYRIGHT HOLDER OR CONTRIBUTORS BE LIABLE FOR ANY DIRECT, INDIRECT, INCIDENTAL,
SPECIAL, EXEMPLARY, OR CONSEQUENTIAL DAMAGES (INCLUDING, BUT NOT LIMITED TO, PROCUREMENT OF SUBSTITUTE GOODS OR
SERVICES; LOSS OF USE, DATA, OR PROFITS; OR BUSINESS INTERRUPTION) HOWEVER CAUSED AND ON ANY THEORY OF LIABILITY,
WHETHER IN CONTRACT, STRICT LIABILITY, OR TORT (INCLUDING NEGLIGENCE OR OTHERWISE) ARISING IN ANY WAY OUT OF THE USE
OF THIS SOFTWARE, EVEN IF ADVISED OF THE POSSIBILITY OF SUCH DAMAGE.
"""
BSD_2 = BSD_HEAD + BSD_TAIL
BSD_3 = BSD_HEAD + BSD_NAME + BSD_TAIL
BSD_4 = BSD_HEAD + BSD_ADVERTISING + BSD_TAIL
ISC = """Copyright (c) 2021, Example Authors

Permission to use, copy, modify, and/or distribute this software for any purpose with or without fee is hereby
granted, provided that the above copyright notice and this permission notice appear in all copies.

THE SOFTWARE IS PROVIDED "AS IS" AND THE AUTHOR DISCLAIMS ALL WARRANTIES WITH REGARD TO THIS SOFTWARE INCLUDING ALL
IMPLIED WARRANTIES OF MERCHANTABILITY AND FITNESS. IN NO EVENT SHALL THE AUTHOR BE LIABLE FOR ANY SPECIAL, DIRECT,
INDIRECT, OR CONSEQUENTIAL DAMAGES OR ANY DAMAGES WHATSOEVER RESULTING FROM LOSS OF USE, DATA OR PROFITS, WHETHER IN
AN ACTION OF CONTRACT, NEGLIGENCE OR OTHER TORTIOUS ACTION, ARISING OUT OF OR IN CONNECTION WITH THE USE OR
PERFORMANCE OF THIS SOFTWARE.
"""
ZERO_BSD = ISC.replace(
    ", provided that the above copyright notice and this permission notice appear in all copies", ""
)
ZLIB = """This software is provided 'as-is', without any express or implied warranty. In no event will the authors be
held liable for any damages arising from the use of this software.

Permission is granted to anyone to use this software for any purpose, including commercial applications, and to alter
it and redistribute it freely, subject to the following restrictions:

1. The origin of this software must not be misrepresented; you must not claim that you wrote the original software.
   If you use this software in a product, an acknowledgment in the product documentation would be appreciated but is
   not required.
2. Altered source versions must be plainly marked as such, and must not be misrepresented as being the original
   software.
3. This notice may not be removed or altered from any source distribution.
"""
GPL_NOTICE = """This program is free software; you can redistribute it and/or modify it under the terms of the GNU
General Public License as published by the Free Software Foundation; either version 2 of the License, or (at your
option) any later version.

This program is distributed in the hope that it will be useful, but WITHOUT ANY WARRANTY; without even the implied
warranty of MERCHANTABILITY or FITNESS FOR A PARTICULAR PURPOSE. See the GNU General Public License for more details.

You should have received a copy of the GNU General Public License along with this program; if not, write to the
Free Software Foundation.
"""
APACHE_NOTICE = """Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in
compliance with the License. You may obtain a copy of the License at http://www.apache.org/licenses/LICENSE-2.0

Unless required by applicable law or agreed to in writing, software distributed under the License is distributed on an
"AS IS" BASIS, WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
"""
MPL_NOTICE = """This Source Code Form is subject to the terms of the Mozilla Public License, v. 2.0. If a copy of the
MPL was not distributed with this file, You can obtain one at http://mozilla.org/MPL/2.0/.
"""
TRI = """The contents of this file are subject to the Mozilla Public License Version 1.1 (the "License"); you may not
use this file except in compliance with the License. Alternatively, the contents of this file may be used under the
terms of either the GNU General Public License Version 2 or later (the "GPL"), or the GNU Lesser General Public License
Version 2.1 or later (the "LGPL"), in which case the provisions of the GPL or the LGPL are applicable.
"""
CLASSPATH = """This code is free software; you can redistribute it and/or modify it under the terms of the GNU General
Public License version 2 only, as published by the Free Software Foundation. This file is subject to the "Classpath"
exception as provided in the LICENSE file that accompanied this code.
"""


@functools.cache
def apache() -> str:
    return (Path(__file__).parents[3] / "LICENSE").read_text("utf-8")


def facts(text: str | bytes, name: str = "a.c") -> tuple[str | None, str | None]:
    data = text.encode() if isinstance(text, str) else text
    columns = licence.compute(Batch.of(["0" * 40], [name], [data]))
    return columns["licence_expression"][0], columns["licence_kind"][0]


def in_stars(text: str) -> str:
    return "/*\n" + "".join(f" * {line}\n" for line in text.splitlines()) + " */\nint x;\n"


def in_slashes(text: str) -> str:
    return "".join(f"// {line}\r\n" for line in text.splitlines()) + "int x;\r\n"


def in_page(text: str) -> str:
    return "<!--\n" + "".join(f"  ~ {line}\n" for line in text.splitlines()) + "-->\n<html>"


WRAPS = [str, in_stars, in_slashes, in_page, str.upper, lambda text: text.replace("\n", "\r\n")]


@pytest.mark.parametrize("wrap", range(len(WRAPS)))
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (MIT, "MIT"),
        (MIT_0, "MIT-0"),
        (BSD_2, "BSD-2-Clause"),
        (BSD_3, "BSD-3-Clause"),
        (BSD_4, "BSD-4-Clause"),
        (ISC, "ISC"),
        (ZERO_BSD, "0BSD"),
        (ZLIB, "Zlib"),
    ],
)
def test_whole_texts_in_licence_files_and_headers(text: str, expected: str, wrap: int) -> None:
    written = WRAPS[wrap](text)
    assert facts(written, "LICENSE") == (expected, "text")
    assert facts(written, "a.c")[0] == expected


@pytest.mark.parametrize("wrap", range(len(WRAPS)))
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (GPL_NOTICE, "GPL-2.0-or-later"),
        (GPL_NOTICE.replace("(at your\noption) any later version", "nothing else"), "GPL-2.0-only"),
        (
            GPL_NOTICE.replace("General", "Lesser General").replace("version 2", "version 2.1"),
            "LGPL-2.1-or-later",
        ),
        (
            GPL_NOTICE.replace("General", "Affero General").replace("version 2", "version 3"),
            "AGPL-3.0-or-later",
        ),
        ("Licensed under version 3 of the GNU General Public License.", "GPL-3.0-only"),
        ("This file is released under the GPLv2+ license.", "GPL-2.0-or-later"),
        ("Distributed under the GNU General Public License. See COPYING.", "GPL-1.0-or-later"),
        (APACHE_NOTICE, "Apache-2.0"),
        (MPL_NOTICE, "MPL-2.0"),
        (TRI, "GPL-2.0-or-later OR LGPL-2.1-or-later OR MPL-1.1"),
        (CLASSPATH, "GPL-2.0-only WITH Classpath-exception-2.0"),
        (
            "Part of the Example Project, under the Apache License v2.0 with LLVM Exceptions.",
            "Apache-2.0 WITH LLVM-exception",
        ),
        ("Distributed under the Boost Software License, Version 1.0.", "BSL-1.0"),
        (
            "you can redistribute it under the same terms as Perl itself (license)",
            "Artistic-1.0-Perl OR GPL-1.0-or-later",
        ),
        ("Licensed under the MIT License. See License.txt in the project root.", "MIT"),
        (
            "Licensed under either of Apache License, Version 2.0 or MIT license at your option.",
            "Apache-2.0 OR MIT",
        ),
        ("Dual licensed under the MIT and GPL-2.0 licenses.", "GPL-2.0-only OR MIT"),
        ("Licensed under both the MIT license and the Apache License 2.0.", "Apache-2.0 AND MIT"),
        ("This module is released under the BSD license.", "BSD-3-Clause"),
        (
            "Proprietary and confidential. Unauthorized copying of this file is strictly prohibited.",
            PROPRIETARY,
        ),
    ],
)
def test_notices_in_headers(text: str, expected: str, wrap: int) -> None:
    assert facts(WRAPS[wrap](text), "a.c") == (expected, "notice")


def test_rust_header_with_addresses() -> None:
    text = (
        "Licensed under the Apache License, Version 2.0 <LICENSE-APACHE or\n"
        "http://www.apache.org/licenses/LICENSE-2.0> or the MIT license\n"
        "<LICENSE-MIT or http://opensource.org/licenses/MIT>, at your\noption. This file may not be copied"
    )
    assert facts(in_slashes(text), "lib.rs") == ("Apache-2.0 OR MIT", "notice")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("// SPDX-License-Identifier: MIT\n", "MIT"),
        (
            "/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */",
            "GPL-2.0-only WITH Linux-syscall-note",
        ),
        ("<!-- SPDX-License-Identifier: (MIT OR Apache-2.0) -->", "Apache-2.0 OR MIT"),
        ("# spdx-license-identifier: bsd-3-clause\r\nx\r\n", "BSD-3-Clause"),
        ("dnl SPDX-License-Identifier: ISC\n", "ISC"),
        ("SPDX-License-Identifier: GPL-3.0+", "GPL-3.0-or-later"),
        (
            "# SPDX-License-Identifier: MIT\n" + "x = 1\n" * 3000 + "# SPDX-License-Identifier: ISC\n",
            "ISC AND MIT",
        ),
        ("# SPDX-License-Identifier: MIT/X11", INVALID),
        ("# SPDX-License-Identifier: No-Such-1.0", INVALID),
        ("# SPDX-License-Identifier:\n", INVALID),
        ("# SPDX-License-Identifier: MIT AND", INVALID),
        ("# SPDX-License-Identifier: MIT\n# SPDX-License-Identifier: ???\n", f"{INVALID} AND MIT"),
        ("# SPDX-License-Identifier: " + "(" * 900 + "MIT" + ")" * 900, INVALID),
    ],
)
def test_tags(text: str, expected: str) -> None:
    assert facts(text) == (expected, "tag")


@pytest.mark.parametrize(
    "text",
    [
        'print("SPDX-License-Identifier: MIT")',
        'TAG = "SPDX-License-Identifier: MIT"\n',
        "re.compile('SPDX-License-Identifier: (.*)')",
    ],
)
def test_a_tag_inside_code_is_no_tag(text: str) -> None:
    assert facts(text) == (None, None)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("# this code is not licensed under the MIT license\n", "a.py"),
        ("# It was never released under the Apache License 2.0.\n", "a.py"),
        ("# no longer distributed under the MIT license\n", "a.py"),
        ("# This script uses readline, which is licensed under the GPL v3\n", "a.py"),
        ("# Foo\n\nFoo depends on libbar, which is licensed under the GPL v3.\n", "README.md"),
        (
            "# Foo\n\nIt is a list of tools.\n\n- bar: a tool released under the MIT license by its authors\n",
            "README.md",
        ),
        ("# Foo\n\nGPL and MIT are two licenses.\n", "README.md"),
        ("if license == 'MIT': allow()\nLICENSES = ['MIT', 'Apache-2.0', 'GPL-3.0']\n", "check.py"),
        ("# You need a license to use this.\n", "a.py"),
        ('if (strncmp(ptr, "gpl", 3) == 0) return gpl(ptr);\nint i_gpl1 = i_gpl1++;\n', "a.c"),
        ("", "LICENSE"),
        ("\n\n", "LICENSE"),
        ("", "a.c"),
    ],
)
def test_words_about_licences_are_no_licence(text: str, name: str) -> None:
    assert facts(text, name)[0] is None


def test_readme_about_itself() -> None:
    text = "# Foo\nFoo depends on libbar (GPL v3).\n\n## License\nThis project is licensed under the MIT License.\n"
    assert facts(text, "README.md") == ("MIT", "notice")


@pytest.mark.parametrize(
    "text",
    [
        "// Use of this source code is governed by a\n// license that can be found in the LICENSE file.\n",
        "# See the LICENSE file for details.\n",
        "# See the file COPYING for licensing terms. All rights reserved under license.\n",
    ],
)
def test_references(text: str) -> None:
    assert facts(text, "a.go") == (None, "reference")


@pytest.mark.parametrize(
    "text", ["../LICENSE", "../../COPYING.txt\n", "See the LICENSE file in the top directory."]
)
def test_licence_files_that_point_elsewhere(text: str) -> None:
    assert facts(text, "LICENSE") == (None, "reference")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("All rights reserved. (c) 2020 Example Inc. You may look but not touch this material.", PROPRIETARY),
        ("You may do with this as the moon allows, provided the tides agree with your purpose.", UNKNOWN),
        (BSD_HEAD, "BSD-2-Clause"),
        ("The MIT License", "MIT"),
        ("MIT", "MIT"),
        ("GPL-3.0-or-later", "GPL-3.0-or-later"),
        ("Licensed under the MIT license.", "MIT"),
    ],
)
def test_short_and_broken_licence_files(text: str, expected: str) -> None:
    assert facts(text, "LICENSE")[0] == expected


@pytest.mark.parametrize(
    "text",
    [
        MIT.replace(
            "subject to the following conditions", "for non-commercial use only, under these conditions"
        ),
        MIT + "\nThe Software may be used for academic purposes only.\n",
        MIT + "\nThe Software shall be used for Good, not Evil.\n",
        "Commons Clause License Condition v1.0\n\nThe Software is provided under the License, as defined below.\n"
        + MIT,
        MIT_GRANT,
        BSD_3.replace("disclaimer.\n2.", "disclaimer.\n2. Commercial use is prohibited without a fee.\n3."),
    ],
)
def test_a_restricted_text_is_never_permissive(text: str) -> None:
    for name in ("LICENSE", "a.c"):
        expression, _ = facts(text, name)
        assert licence_class(expression) != "permissive"


def test_the_apache_text_whole_altered_and_cut() -> None:
    assert facts(apache(), "LICENSE") == ("Apache-2.0", "text")
    assert facts(apache().upper().replace("\n", "\r\n"), "LICENSE.txt") == ("Apache-2.0", "text")
    assert facts(apache().split("APPENDIX")[0], "LICENSE")[0] == "Apache-2.0"
    assert facts(apache()[: len(apache()) // 2], "LICENSE")[0] == f"Apache-2.0 AND {UNKNOWN}"
    clause = "\n   (e) You must pay the authors a share of everything that You earn with the Work. " * 12
    assert (
        licence_class(facts(apache().replace("5. Submission of", clause + "5. Submission of"), "LICENSE")[0])
        == "unknown"
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (MIT + "\n---\n" + BSD_3, "BSD-3-Clause AND MIT"),
        (
            "This software is dual licensed; choose either of the following.\n" + MIT + "\n" + ISC,
            "ISC OR MIT",
        ),
        ("Third-party components, each at your option:\n" + MIT + "\n" + ISC, "ISC AND MIT"),
        ("SPDX-License-Identifier: MIT OR ISC\n\n" + MIT + "\n" + ISC, "ISC OR MIT"),
        (GPL_NOTICE + "\n" + MIT, "GPL-2.0-or-later AND MIT"),
        (BSD_3 + "\n\n" + BSD_3.replace("copyright holder", "Example Institute"), "BSD-3-Clause"),
    ],
)
def test_several_texts(text: str, expected: str) -> None:
    assert facts(text, "LICENSE")[0] == expected


def test_texts_of_bundled_parts_hold_too() -> None:
    introduction = "This distribution bundles several libraries. We list these here.\n"
    expression, _ = facts(f"{BSD_3}\n====\n\n{introduction}\n{MIT}\n{ISC}\n{GPL_NOTICE}", "LICENSE")
    assert expression == "BSD-3-Clause AND GPL-2.0-or-later AND ISC AND MIT"


@pytest.mark.parametrize(
    "text",
    [
        MIT + "\n---\n" + GPL_NOTICE,
        MIT + "\nYou must also agree to these terms of the bundled parts:\n" + GPL_NOTICE,
        MIT.replace("without restriction", "for non-commercial use only") + "\nBundled software:\n" + ISC,
        MIT_GRANT + "\nThird-party software:\n" + ISC,
        MIT
        + "\n"
        + GPL_NOTICE.split("This program is dist")[0]
        + "\nIt bundles third-party software:\n"
        + ISC,
        MIT + "\n" + " and so on" * 100 + " third-party software:\n" + GPL_NOTICE,
    ],
)
def test_all_texts_hold(text: str) -> None:
    assert licence_class(facts(text, "LICENSE")[0]) != "permissive"


def test_a_compatible_licence_is_none() -> None:
    text = (
        "All releases are GPL-compatible; see below.\n\n    Release   Owner   GPL-\n    compatible? (1)\n\n"
        + MIT
    )
    assert facts(text, "LICENSE") == ("MIT", "text")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("license.rst", "License\n=======\n\n.. include:: ../../LICENSE.txt\n   :literal:\n"),
        ("license.rst", "MIT License\n===========\n\n.. literalinclude:: ../LICENSE\n    :language: text\n"),
        ("license.md", "# License\n\n```{literalinclude} ../../LICENSE.txt\n```\n"),
    ],
)
def test_a_page_that_takes_in_the_licence_is_a_reference(name: str, text: str) -> None:
    assert facts(text, name) == (None, "reference")


def test_a_reuse_file_says_what_its_tag_says() -> None:
    text = "Example Project\nSPDX-License-Identifier: GPL-3.0-or-later\nSPDX-FileCopyrightText: Example Authors\n"
    assert facts(text, "logo.png.license")[0] == "GPL-3.0-or-later"
    assert facts(text + "\n" + MIT_GRANT, "LICENSE")[0] != "GPL-3.0-or-later"


def test_a_part_leaves_the_rest_unknown() -> None:
    text = "# Portions of this file are derived from foo and are licensed under the MIT license.\n"
    assert facts(text, "a.py")[0] == f"{UNKNOWN} AND MIT"


PKG = "Metadata-Version: 2.4\nName: a\n"


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("METADATA", PKG + "License-Expression: MIT OR Apache-2.0\n", "Apache-2.0 OR MIT"),
        ("PKG-INFO", PKG + "License: Apache 2.0\n", "Apache-2.0"),
        ("PKG-INFO", PKG + "License: BSD\n", UNRECOGNISED),
        ("PKG-INFO", PKG + "License: MIT License\n        Permission is hereby granted\n\nbody", "MIT"),
        ("METADATA", PKG + "Classifier: License :: OSI Approved :: MIT License\n", "MIT"),
        ("METADATA", PKG + "Classifier: License :: OSI Approved :: BSD License\n", UNRECOGNISED),
        (
            "METADATA",
            PKG
            + "License: GPL\nClassifier: License :: OSI Approved :: GNU General Public License v3 (GPLv3)\n",
            "GPL-1.0-or-later",
        ),
        ("package.json", '{"license": "MIT"}', "MIT"),
        ("package.json", '{"license": "(MIT OR GPL-3.0)"}', "GPL-3.0-only OR MIT"),
        ("package.json", '{"license": {"type": "ISC", "url": "x"}}', "ISC"),
        ("package.json", '{"licenses": [{"type": "MIT"}, {"type": "GPL-2.0"}]}', "GPL-2.0-only OR MIT"),
        ("package.json", '{"license": "UNLICENSED"}', PROPRIETARY),
        ("package.json", '{"license": "Custom: ask us"}', UNRECOGNISED),
        ("package.json", '{"license": "MIT/GPL-2.0"}', "GPL-2.0-only AND MIT"),
        ("Cargo.toml", '[package]\nlicense = "MIT/Apache-2.0"\n', "Apache-2.0 OR MIT"),
        ("pyproject.toml", '[project]\nlicense = "BSD-3-Clause"\n', "BSD-3-Clause"),
        ("pyproject.toml", '[project]\nlicense = {text = "GPLv3+"}\n', "GPL-3.0-or-later"),
        ("pyproject.toml", '[tool.poetry]\nlicense = "MPL-2.0"\n', "MPL-2.0"),
        ("setup.cfg", "[metadata]\nlicense = New BSD License\n", "BSD-3-Clause"),
        (
            "composer.json",
            '{"license": ["LGPL-2.1-only", "GPL-3.0-or-later"]}',
            "GPL-3.0-or-later OR LGPL-2.1-only",
        ),
        ("DESCRIPTION", "Package: a\nVersion: 1\nLicense: GPL (>= 2)\n", "GPL-2.0-or-later"),
        ("DESCRIPTION", "Package: a\nVersion: 1\nLicense: GPL-2 | GPL-3\n", "GPL-2.0-only OR GPL-3.0-only"),
        ("DESCRIPTION", "Package: a\nVersion: 1\nLicense: MIT + file LICENSE\n", "MIT"),
    ],
)
def test_package_metadata(name: str, text: str, expected: str) -> None:
    assert facts(text, name) == (expected, "metadata")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("package.json", "{"),
        ("package.json", "[" * 100_000),
        ("package.json", '["license"]'),
        ("package.json", '{"license": 7, "licenses": 3}'),
        ("package.json", '{"licenses": [[1], {"type": {}}]}'),
        ("Cargo.toml", 'package = "x"'),
        ("Cargo.toml", "= ="),
        ("pyproject.toml", "project = 3"),
        ("pyproject.toml", "[project]\nlicense = {file = 3}\nclassifiers = 4\n"),
        ("setup.cfg", "license = MIT"),
        ("METADATA", "License: MIT"),
        ("DESCRIPTION", "a repository without a name"),
        ("composer.json", "null"),
        ("package.json", '{"license": "\\ud800"}'),
    ],
)
def test_broken_metadata_states_nothing_permissive(name: str, text: str) -> None:
    assert licence_class(facts(text, name)[0]) != "permissive"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("LICENSE", True),
        ("licence.md", True),
        ("LICENSE-MIT", True),
        ("COPYING.LESSER", True),
        ("UNLICENSE", True),
        ("COPYRIGHT", True),
        ("COPYING-MIT", True),
        ("logo.png.license", True),
        ("MIT-LICENSE.txt", True),
        ("NOTICE.txt", False),
        ("legal.md", False),
        ("salt.modules.win_license.rst", False),
        ("1909.7487a0.js.LICENSE.txt", False),
        ("NUMPY_LICENSE.rst", False),
        ("LICENSES.third-party", True),
        ("apache-2.0.LICENSE", True),
        ("license.py", False),
        ("licensecheck", False),
        ("notices_board.c", False),
        ("noticed", False),
        ("a.c", False),
        ("", False),
    ],
)
def test_licence_file_names(name: str, expected: bool) -> None:
    assert is_licence_file(name) is expected


def test_columns_fit_their_schema_and_spans_say_what_they_claim() -> None:
    texts = [
        MIT,
        in_stars(GPL_NOTICE),
        "int x;",
        "\xe9\xe9 // SPDX-License-Identifier: MIT\n// SPDX-License-Identifier: ISC",
    ]
    batch = Batch.of(["0" * 40] * 4, ["LICENSE", "a.c", "b.c", "c.c"], [text.encode() for text in texts])
    columns = licence.compute(batch)
    table = pa.table({field.name: pa.array(columns[field.name], field.type) for field in licence.SCHEMA})
    assert table.schema == licence.SCHEMA
    assert table.column("licence_expression").to_pylist() == ["MIT", "GPL-2.0-or-later", None, "ISC"]
    assert table.column("is_licence_file").to_pylist() == [True, False, False, False]
    tag = columns["licence_evidence"][3][-1]
    assert batch.utf8[3][tag["start"] : tag["end"]] == b"SPDX-License-Identifier: ISC"
    notice = columns["licence_evidence"][1][0]
    assert b"GNU General" in batch.utf8[1][notice["start"] : notice["end"]].replace(b"\n * ", b" ")


def test_an_empty_batch() -> None:
    assert licence.compute(Batch.of([], [], []))["licence_expression"] == []


WORDS = "under the MIT|or |v2| license |version 2 |the terms of |(|\x00|\u20ac|alternatively |\n|public domain ".split(
    "|"
)
PIECES = [MIT, BSD_3, ISC, GPL_NOTICE, APACHE_NOTICE, TRI, MIT_GRANT, "SPDX-License-Identifier: MIT", *WORDS]
NAMES = [
    "LICENSE",
    "a.c",
    "README.md",
    "METADATA",
    "package.json",
    "Cargo.toml",
    "setup.cfg",
    "DESCRIPTION",
    "NOTICE",
]


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=20)), max_size=7).map("".join),
    st.sampled_from(NAMES),
    st.integers(0, 400),
)
def test_never_raises_and_spans_lie_inside(text: str, name: str, cut: int) -> None:
    data = text.encode("utf-8", "replace")[cut:]
    columns = licence.compute(batch := Batch.of(["0" * 40], [name], [data]))
    for one in columns["licence_evidence"][0]:
        assert 0 <= one["start"] <= one["end"] <= len(batch.utf8[0])
        assert one["kind"] in ("tag", "text", "notice", "reference", "metadata")
    assert (columns["licence_kind"][0] is None) == (not columns["licence_evidence"][0])
    if columns["licence_expression"][0] is not None:
        assert canonical(columns["licence_expression"][0]) == columns["licence_expression"][0]


@settings(max_examples=60)
@given(
    st.lists(
        st.tuples(st.sampled_from([MIT, BSD_4, ISC, ZLIB]), st.integers(0, 30), st.integers(1, 40)),
        max_size=60,
    )
)
def test_scattered_pieces_of_texts(pieces: list[tuple[str, int, int]]) -> None:
    scattered = " but ".join(" ".join(text.split()[at * 4 : at * 4 + size]) for text, at, size in pieces)
    facts(scattered, "LICENSE")


@settings(max_examples=100)
@given(st.binary(max_size=400), st.sampled_from(NAMES))
def test_any_bytes(data: bytes, name: str) -> None:
    facts(data, name)
