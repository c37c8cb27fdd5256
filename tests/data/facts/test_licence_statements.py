"""What makes words about a licence a statement, and how many statements they are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.data.facts.test_licence import BSD_2, MIT
from tests.data.facts.test_licence_context import GPL_2_OR_LATER, facts
from tilth.data.facts.licence.expressions import canonical

SEE = "See the GNU General Public License for more details.\n\n"
COPY = (
    "You should have received a copy of the GNU General Public License\nalong with this program. "
    "If not, see <https://www.gnu.org/licenses/>.\n"
)
HOPE = (
    "It is distributed in the hope that it will be useful, but WITHOUT ANY WARRANTY; without even the implied warranty "
    "of MERCHANTABILITY or FITNESS FOR A PARTICULAR PURPOSE.  "
)
LGPL = GPL_2_OR_LATER.replace("General Public", "Lesser General Public").replace("version 2", "version 2.1")
CURL = (
    "This software is licensed as described in the file COPYING, which you should have received as part of this "
    "distribution. The terms are also available at https://{host}/docs/copyright.html.\n\nYou may opt to use, copy, "
    "modify, merge, publish, distribute and/or sell copies of the Software, and permit persons to whom the Software is "
    'furnished to do so, under the terms of the COPYING file.\n\nThis software is distributed on an "AS IS" basis, '
    "WITHOUT WARRANTY OF ANY KIND, either express or implied.\n"
)

CLASSIFIERS = [
    "Academic Free License (AFL)",
    "Apache Software License",
    "Apple Public Source License",
    "Boost Software License 1.0 (BSL-1.0)",
    "BSD License",
    "CEA CNRS Inria Logiciel Libre License, version 2.1 (CeCILL-2.1)",
    "Common Development and Distribution License 1.0 (CDDL-1.0)",
    "Common Public License",
    "Eclipse Public License 1.0 (EPL-1.0)",
    "Eclipse Public License 2.0 (EPL-2.0)",
    "European Union Public Licence 1.1 (EUPL 1.1)",
    "GNU Affero General Public License v3",
    "GNU Free Documentation License (FDL)",
    "GNU General Public License v2 (GPLv2)",
    "GNU General Public License v3 (GPLv3)",
    "IBM Public License",
    "ISC License (ISCL)",
    "MIT License",
    "Mozilla Public License 2.0 (MPL 2.0)",
    "Python Software Foundation License",
    "Qt Public License (QPL)",
    "University of Illinois/NCSA Open Source License",
    "zlib/libpng License",
]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.py", "TABLE = {'GPL 3': 'GPL-3.0-or-later', 'BSD 2': 'BSD-2-Clause'}\n"),
        ("a.js", "var last = [['AGPL', 'AGPL-3.0-or-later'], ['GNU', 'GPL-3.0-or-later']]\n"),
        ("a.txt", "".join(f"License :: OSI Approved :: {name}\n" for name in CLASSIFIERS)),
        ("a.h", "// computed as in JAMA (public domain), only faster\nint a(void);\n"),
        ("a.c", "/* a bit faster than the public domain implementation of the paper */\nint a;\n"),
        (
            "a.js",
            "var from = '<a href=\"https://www.openstreetmap.org/copyright\">OpenStreetMap</a>'\n"
            + "go()\n" * 9,
        ),
        ("README.md", "# Foo\n\n1. bar, released under the MIT license\n"),
        ("README.md", "# Foo\n\nbar is a tool whose authors like the MIT license\n\n## License of chairs\n"),
    ],
)
def test_words_in_passing(name: str, text: str) -> None:
    assert facts(text, name)[0] is None


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("README.md", "# Foo\n\nFoo.js is released under the MIT license.\n", "MIT"),
        ("README.md", "# Foo\n\n## License\n\nWork under the [MIT License](LICENSE).\n", "MIT"),
        ("README.rst", "Foo\n===\n\nLicense\n-------\n\nfoo: MIT license, see there.\n", "MIT"),
        ("a.json", '{"name": "a", "license": "GPL-3.0-or-later"}\n', "GPL-3.0-or-later"),
        ("a.json", '{"KPlugin": {"License": "LGPL-2.1-or-later"}}\n', "LGPL-2.1-or-later"),
        (
            "a.c",
            "/* 2013 : A. Author : Public domain */\n\n#include <a.h>\n",
            "LicenseRef-tilth-public-domain",
        ),
    ],
)
def test_statements_of_few_words(name: str, text: str, expected: str) -> None:
    assert facts(text, name)[0] == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"{GPL_2_OR_LATER}\n{HOPE}{SEE}{COPY}", "GPL-2.0-or-later"),
        (f"{GPL_2_OR_LATER}\nOn Debian it is in /usr/share/common-licenses/GPL.\n", "GPL-2.0-or-later"),
        (f"{LGPL}\n{HOPE}{SEE}{COPY}", "LGPL-2.1-or-later"),
        (f"License: GPLv2\n\n{GPL_2_OR_LATER}", "GPL-2.0-or-later"),
        (f"{HOPE}{SEE}{COPY}", "GPL-1.0-or-later"),
        (f"License: GPL-3.0\n\n{GPL_2_OR_LATER}", "GPL-2.0-or-later AND GPL-3.0-only"),
        (f"This is BSD licensed.\n\n{BSD_2}", "BSD-2-Clause"),
        (f"{MIT}\n\nThis is BSD licensed.\n", "BSD-3-Clause AND MIT"),
    ],
)
def test_one_statement_in_pieces(text: str, expected: str) -> None:
    assert facts(text, "a.txt")[0] == expected


def test_an_address_may_move_but_not_the_name() -> None:
    assert facts(CURL.format(host="curl.se"), "a.h")[0] == "curl"
    assert facts(CURL.format(host="curl.haxx.se"), "a.h")[0] == "curl"
    assert facts(CURL.format(host="example.org"), "a.h")[0] is None


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        ("(MIT OR GPL-2.0-only) AND GPL-2.0-only", "GPL-2.0-only AND (GPL-2.0-only OR MIT)"),
        ("MIT AND (Apache-2.0 AND MIT)", "Apache-2.0 AND MIT"),
        ("(Zlib OR MIT) AND (MIT OR Zlib)", "MIT OR Zlib"),
    ],
)
def test_nothing_stated_is_lost(stated: str, expected: str) -> None:
    assert canonical(stated) == expected


@given(
    st.permutations(["MIT", "Zlib OR ISC", "ISC OR Zlib", "GPL-2.0-only WITH Classpath-exception-2.0", "MIT"])
)
def test_order_does_not_matter(parts: list[str]) -> None:
    said = canonical(" AND ".join(f"({part})" for part in parts))
    assert said == "GPL-2.0-only WITH Classpath-exception-2.0 AND MIT AND (ISC OR Zlib)"
    assert canonical(said) == said
