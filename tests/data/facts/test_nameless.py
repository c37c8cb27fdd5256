"""Texts whose name is of no language: mostly there is no answer, and a wrong one is worse than none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tilth.data.facts.language import language_of
from tilth.data.facts.nameless import is_for_readers, is_unspoken, language_without_name, reads_as_prose
from tilth.data.facts.tables.languages import language_table
from tilth.data.facts.tables.rows import rows_of

PEM = (
    "-----BEGIN {0}-----\n"
    + "MIICXQIBAAKBgQDI7iK3d8eWYZlYloat94c5VjtFY7c/0zuGl8C7uMnZ3t6i2G99\n" * 8
    + "-----END {0}-----\n"
)
APACHE = (
    "Licensed under the Apache License, Version 2.0 (the License); you may not use this file except in compliance\n"
    "with the License. You may obtain a copy of the License, and unless required by applicable law or agreed to in\n"
    "writing, software distributed under it is distributed on an AS IS BASIS, without warranties of any kind.\n"
) * 6
NOTES = (
    "These are the notes on moving the program to another system, as they stood in April. The files are copied to the\n"
    "place where the installer looks for them, and when the product is installed the user is asked for a directory.\n"
    "If nothing is answered, the default is taken, which is the directory that the last version was installed in.\n"
) * 3
METADATA = (
    "Metadata-Version: 2.1\nName: a\nVersion: 1.0\nRequires-Dist: b>=1\nRequires-Dist: c; extra == 'd'\n\n"
    + APACHE
)
MANIFEST = "include README.md\ninclude *.txt\nrecursive-include docs *.rst *.py\nexclude *.pyc\nprune build\n"
FAQ = (
    "==========================\nFrequently Asked Questions\n==========================\n\nQuestions\n=========\n\n"
    "Q: Does it work?\n----------------\n**Answer**: As of 2.0, ``a.work`` does.\n\n"
    ".. note::\n\n   It did not, see :ref:`work`.\n"
)
REQUIREMENTS = (
    "# what the tests need\n-r base.txt\npytest>=7\ncoverage[toml]==7.1 ; python_version < '3.11'\nruff\n"
)
CRAM = (
    "Set it up\n\n  $ hg init a\n  $ cd a\n  $ cat > b << EOF\n  > use strict;\n  > EOF\n  adding b\n  [1]\n"
)
SYSTEM = (
    "oneandone-config:\n  driver: oneandone\n  api_token: ''\n  ssh_private_key: /a/b\n  ssh_public_key: /b\n"
)
MAKEFILE = "all: a.o b.o\n\tgcc -o $@ $^\n\nclean:\n\trm -f *.o\n\n.PHONY: all clean\n"
PYTHON = (
    "import os\nfrom sys import argv\n\n\ndef main(path):\n"
    "    for name in os.listdir(path):\n        print(name)\n\n\nmain(argv[1])\n"
)
RUSSIAN = (
    "Это руководство рассказывает о том, как пользоваться редактором, и каждый урок занимает несколько минут.\n"
    * 8
)
INI = (
    "[theme]\ninherit = basic\nstylesheet = basic.css\npygments_style = default\n\n[options]\nlogo = a.png\n"
)
SERVER = PEM.format("PRIVATE KEY") + PEM.format("CERTIFICATE")

CASES = [
    ("server.key", PEM.format("RSA PRIVATE KEY"), {None}),
    ("id", PEM.format("OPENSSH PRIVATE KEY"), {None}),
    ("server.pem", SERVER, {None}),
    ("dh.pem", PEM.format("DH PARAMETERS"), {None}),
    ("secret.asc", PEM.format("PGP PRIVATE KEY BLOCK"), {None}),
    ("key.pem", PEM.format("PUBLIC KEY"), {"Public Key"}),
    ("release.key", PEM.format("PGP PUBLIC KEY BLOCK"), {"Public Key"}),
    ("PKG-INFO", METADATA, {None}),
    ("METADATA", METADATA, {None}),
    ("MANIFEST.in", MANIFEST, {None}),
    (".indent.pro", "-nbad -bap -nbc -bbo -hnl -br -brs -c33 -cd33 -ncdb -ce -ci4\n", {None}),
    ("LICENSE.APACHE", APACHE, {"Text"}),
    ("NUMPY_LICENSE", APACHE, {"Text"}),
    ("COPYING.0BSD", APACHE, {"Text"}),
    ("readme.vms", NOTES, {"Text", None}),
    ("NOTICE", NOTES, {"Text", None}),
    ("porting.vms", NOTES, {"Text", None}),
    ("tutor.utf-8", RUSSIAN, {None}),
    ("FAQ", FAQ, {"reStructuredText", None}),
    ("license.check", PYTHON, {None}),
    ("linux-requirements.txt.in", REQUIREMENTS, {"Pip Requirements"}),
    ("requirements-dev.in", REQUIREMENTS, {"Pip Requirements"}),
    ("software-requirements.txt", NOTES, {"Text"}),
    ("test-clone.t", CRAM, {"ShellSession"}),
    ("ok.t", "use strict;\nok(1);\n\n=pod\n\n  $ perl ok.t\n\n=cut\n", {"Perl"}),
    ("cloud.conf", SYSTEM, {"YAML", None}),
    ("off.conf", "# User custom config line\n#master: custom.master\n# and more of the same\n", {None}),
    ("theme.conf", INI, {"INI"}),
    ("makefile.gcc", MAKEFILE, {"Makefile"}),
    ("a.py.disabled", PYTHON, {"Python"}),
    ("a.py.out", "trusted\n    global = /some/path\nuntrusted\n    local = /another/path\nno user\n", {None}),
    ("data.casadi", "jhpnnagiieahaaaadaaaaaaaaaaaaaaabadhjgoaaaaaaagefhogdge" * 40, {None}),
    ("app.js.map", '{"version":3,"file":"app.js","mappings":"AAAA","sourcesContent":["a()"]}', {None, "JSON"}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "text", "allowed"), CASES, ids=[name for name, _, _ in CASES])
def test_name_that_says_nothing(name: str, text: str, allowed: set[str | None]) -> None:
    assert language_of(name, text.encode())[0] in allowed
    assert language_of(name, text.replace("\n", "\r\n").encode())[0] in allowed


@given(st.text(max_size=60), st.binary(max_size=400) | st.text(max_size=200).map(str.encode))
def test_any_text_has_an_answer(name: str, text: bytes) -> None:
    found, how = language_without_name(name, text)
    assert (found is None) == (how == "none")
    assert found is None or found in language_table().types


def test_a_name_of_one_letter_a_hundred_thousand_times_is_answered() -> None:
    assert not is_for_readers("licen" * 20_000)
    assert not is_unspoken("a" * 100_000)


@pytest.mark.parametrize(
    "name", ["LICENSE.txt.bak", "COPYING.LIB", "lapack_LICENSE", "README", "AUTHORS-old", "LICENCES"]
)
def test_names_for_readers(name: str) -> None:
    assert is_for_readers(name)


@pytest.mark.parametrize("name", ["licensing", "newsletter", "reader", "unread_me", "authorship"])
def test_names_that_only_begin_alike(name: str) -> None:
    assert not is_for_readers(name)


def test_prose_is_told_from_code_and_lists() -> None:
    assert reads_as_prose(APACHE.encode())
    assert reads_as_prose(NOTES.encode())
    for text in (PYTHON, MAKEFILE, REQUIREMENTS, MANIFEST, INI, ""):
        assert not reads_as_prose(text.encode())


def test_every_row_is_of_a_kind_and_names_a_language() -> None:
    types = language_table().types
    for kind, about, words in rows_of("nameless.txt", 3):
        assert kind in ("unspoken", "prose", "needs", "never")
        assert words
        assert kind == "unspoken" or about in types or about == "-"
        assert kind != "unspoken" or words == words.lower()
