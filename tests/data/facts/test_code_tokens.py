"""The scanner of tokens: what leaves, what stays, and that no input is too strange for it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tilth.data.facts.batch import Batch
from tilth.data.facts.code import tokens
from tilth.data.facts.code.syntaxes import (
    BRACKETED,
    CHARACTER,
    COMMENT,
    INDENTED,
    LINE,
    LINE_START,
    NESTED,
    SYNTAXES,
    rules_of,
    syntax_of_language,
)
from tilth.data.facts.code.tokens import tokens_of
from tilth.data.facts.tables.languages import language_table

NAMES = [syntax.name for syntax in SYNTAXES]
PIECES = st.sampled_from(
    [
        *{opener.opens for syntax in SYNTAXES for opener in syntax.openers},
        *{opener.closes for syntax in SYNTAXES for opener in syntax.openers},
        *" |\n|\r\n|\t|\\|a|b1|é|x = 1|(|)|{|}|[|]|;|,|+|-|<<EOF|\nEOF\n|${|#include|return|\x00|\x01".split(
            "|"
        ),
    ]
)
TEXTS = st.lists(PIECES | st.text(max_size=3)).map("".join).map(str.encode) | st.binary()


def left(text: str | bytes, syntax: str) -> str:
    data = text.encode() if isinstance(text, str) else text
    return bytes(tokens_of([data], syntax)[0][0]).decode("utf-8", "replace")


@pytest.mark.parametrize(
    ("syntax", "text", "expected"),
    [
        ("c", "int  main ( ) { /* a */ return 0 ; } // b", "int main(){return 0;}"),
        ("c", "a + ++b; a++ + b", "a+ ++b;a++ +b"),
        ("c", "#define F (x) \\\n y\nint a;", "#define F (x) y\nint a;"),
        ("c", "s = \"/* no */ // no\"; c = '\"'; n = 1'000'000; // yes", "s=\"/* no */ // no\";c='\"';n=1'000'000;"),
        ("c", 'R"x(a)" // no)x" // yes', 'R"x(a)" // no)x"'),
        ("c", "a // goes \\\n on\nb", "a b"),
        ("c", "a /* never ends", "a/*never ends"),
        ("c", '"never ends\nb // yes', '"never ends b'),
        ("c", "// only\n/* comments */", ""),
        ("java", "/** doc */ @A class B {}", "@A class B{}"),
        ("c#", '@"a""\\" + "b" // c', '@"a""\\"+"b"'),
        ("rust", "fn f<'a>(x: &'a str) { r#\"// \"no\"# /* /* x */ y */ }", "fn f<'a>(x: &'a str){r#\"// \"no\"#}"),
        ("kotlin", "a /* /* b */ c */ d", "a d"),
        ("swift", '#"a "b" // no"# // yes', '#"a "b" // no"#'),
        ("javascript", "x = /a[/]\\/ '/g; y = a / b / c // d", "x=/a[/]\\/ '/g;y=a/b/c"),
        ("javascript", "return /'/ // d", "return /'/"),
        ("javascript", "`a ${ `b // ${1}` } // no` // yes", "`a ${ `b // ${1}` } // no`"),
        ("javascript", "a = 'http://x'", "a='http://x'"),
        ("python", "if a:\n    b  # c\n\n    # d\n    e(f,\n  g)\nh", "if a:\n\x01b\ne(f,g)\n\x02h"),
        ("python", 'def f():\n  """# no"""\n  return r"\\""  # yes', 'def f():\n\x01"""# no"""\nreturn r"\\""'),
        ("shell", "f() { a\n b; }", "f(){a\nb;}"),
        ("haskell", "f (do a\n      b)", "f(do a\n\x01b)"),
        ("c", "a // old\rb /* c */", "a b"),
        ("c", "// goes \\\r\non\r\nb", "b"),
        ("ruby", "=begin\nx\n=end\na = \"#{b}\" # c\nd", 'a="#{b}"\nd'),
        ("shell", "cat <<EOF | x # y\n # no\nEOF\necho $# ${#x} a#b # z", "cat<<EOF|x\n # no\nEOF\necho $# ${#x}a#b"),
        ("php", "<?php # a\n$x = 'b # no'; // c", "<?php $x='b # no';"),
        ("sql", "SELECT 'it''s -- no' -- yes\n, a /* b */", "SELECT 'it''s -- no',a"),
        ("haskell", "f x' = x' --> y -- c\n{- a {- b -} -}", "f x'=x'-->y"),
        ("haskell", "{-# LANGUAGE A #-}", "{-#LANGUAGE A#-}"),
        ("ocaml", "(* a (* b *) c *) let f = (*) 'a'", "let f=(*)'a'"),
        ("lua", "x = [[-- no]] --[==[ c ]] ]==] y -- z", "x=[[-- no]] y"),
        ("lisp", "(a #\\; -b - c) ; d\n#| x #| y |# |# e", "(a #\\; -b - c)e"),
        ("erlang", "f() -> $\" % c", 'f()->$"'),
        ("matlab", "a = b' * 'c % no' % d", "a=b'*'c % no'"),
        ("perl", "=pod\n\nx\n\n=cut\nmy $n = $#a; # b", "my $n=$#a;"),
        ("pascal", "{$R+} { a } x := 'b'; (* c *) // d", "{$R+}x:='b';"),
        ("json", '{ "a b" : [ 1, 2 ] }', '{"a b":[1,2]}'),
    ],
)  # fmt: skip
def test_what_is_left(syntax: str, text: str, expected: str) -> None:
    assert left(text, syntax) == expected


def test_every_language_is_one_of_the_table_and_in_one_family() -> None:
    listed = [language for syntax in SYNTAXES for language in syntax.languages.split("|")]
    assert sorted(listed) == sorted(set(listed))
    assert set(listed) <= language_table().types.keys()
    assert len(set(NAMES)) == len(NAMES)
    assert syntax_of_language()["Python"] == "python"


def test_an_unknown_family_is_a_mistake() -> None:
    with pytest.raises(KeyError):
        tokens_of([b"a"], "no such")


@given(TEXTS, st.sampled_from(NAMES))
def test_no_input_is_too_strange(text: bytes, name: str) -> None:
    (found,), (count,) = tokens_of([text], name)
    assert len(found) <= len(text) + len(text) // 2
    assert (count == 0) == (len(found) == 0)
    # What is no white space and no mark of indentation was in the text.
    assert set(bytes(found)) - {1, 2, 10, 32} <= set(text)


@given(st.lists(TEXTS, max_size=4), st.sampled_from(NAMES))
def test_a_text_does_not_depend_on_those_beside_it(texts: list[bytes], name: str) -> None:
    together, counts = tokens_of(texts, name)
    alone = [tokens_of([text], name) for text in texts]
    assert [bytes(one) for one in together] == [bytes(found[0]) for found, _ in alone]
    assert counts == [count for _, (count,) in alone]


@given(TEXTS, st.sampled_from(NAMES))
def test_line_ends_are_the_same(text: bytes, name: str) -> None:
    plain = text.replace(b"\r", b"")
    assert left(plain, name) == left(plain.replace(b"\n", b"\r\n"), name)


WORDS = st.lists(st.sampled_from("alpha beta x1 42 ( ) , ; [ ]".split()), min_size=1, max_size=8)


@given(st.lists(WORDS, min_size=1, max_size=6), st.sampled_from(SYNTAXES), st.data())
def test_comments_say_nothing(lines: list[list[str]], syntax: object, data: st.DataObject) -> None:
    name = syntax.name  # type: ignore[attr-defined]
    plain = "\n".join(" ".join(line) for line in lines)
    comments = [
        opener.opens + ' it\'s "so" ' + opener.closes
        for opener in syntax.openers  # type: ignore[attr-defined]
        if opener.flags & COMMENT and opener.kind == LINE and not opener.flags & LINE_START
    ]
    if not comments:
        return
    said = "\n".join(
        " ".join(line)
        + "   "
        + data.draw(st.sampled_from(comments))
        + data.draw(st.sampled_from(["", "\n\n"]))
        for line in lines
    )
    assert left(said, name) == left(plain, name)


@given(
    st.integers(1, 60),
    st.sampled_from([one.name for one in SYNTAXES if any(o.flags & NESTED for o in one.openers)]),
)
def test_nested_comments_end_where_they_began(depth: int, name: str) -> None:
    (opener,) = (
        opener for one in SYNTAXES if one.name == name for opener in one.openers if opener.flags & NESTED
    )
    whole = (opener.opens + " ") * depth + (opener.closes + " ") * depth
    assert left(f"a {whole} b", name) == left("a  b", name)
    if not any(opener.opens.startswith(line.opens) for one in SYNTAXES if one.name == name for line in one.openers
               if line.kind == LINE):  # fmt: skip
        assert left(f"a {opener.opens} {whole} b", name).endswith("b")


@given(st.lists(st.integers(0, 5), min_size=1, max_size=20), st.sampled_from([2, 3, 4, 8]))
def test_the_width_of_an_indentation_says_nothing(levels: list[int], width: int) -> None:
    name = next(one.name for one in SYNTAXES if one.layout in (INDENTED, BRACKETED))
    lines = ["x" + str(level) for level in levels]
    wide = "\n".join(" " * width * level + line for level, line in zip(levels, lines, strict=True))
    narrow = "\n".join(" " * level + line for level, line in zip(levels, lines, strict=True))
    assert left(wide, name) == left(narrow, name)


def test_indentation_that_differs_is_another_program() -> None:
    assert left("if a:\n  b\n  c", "python") != left("if a:\n  b\nc", "python")


def test_time_is_linear_where_searches_fail() -> None:
    """Each of these would take minutes if what never ends were looked for again at every opener."""
    for name, piece in [
        ("c", "/* "), ("rust", 'r#"'), ("rust", "/*"), ("javascript", "`${"), ("javascript", "=/[ "),
        ("shell", "<<A "), ("shell", "<<A\n"), ("python", '"""a\\'), ("swift", "#"), ("swift", '#"'), ("lua", "[=["),
        ("c", "R\"x("), ("haskell", "--"), ("haskell", "{-"), ("c", "'\\"), ("ruby", "<<~A"), ("python", " \t"),
    ]:  # fmt: skip
        tokens_of([piece.encode() * (1_000_000 // len(piece))], name)


def test_facts_of_a_batch() -> None:
    raw = [b"a = 1  # x", "a = 1 # é".encode("latin-1"), b"# only", b"", b"\0\1\2\xff", b"int a;"]
    names = ["python"] * 5 + ["c"]
    found = tokens.compute(Batch.of([str(at) for at in range(6)], names, raw))
    first, second, *nothing, last = found["tokens_id"]
    assert first == second != last and len(first) == tokens.ID_BYTES
    assert nothing == [None] * 3
    assert found["num_tokens"].tolist() == [3, 3, 0, 0, 0, 3]


def test_families_have_rules() -> None:
    assert all(len(rules_of(name).classes) == 256 for name in NAMES)
    assert CHARACTER in {int(row[0]) for row in rules_of("c").openers}
