"""Files that detectors are known to get wrong: extensions that many languages share, odd encodings, odd first lines."""

import pytest

from tilth.data.facts import language
from tilth.data.facts.batch import Batch

OBJECTIVE_C = "#import <Foundation/Foundation.h>\n@interface A : NSObject\n- (void)b;\n@end\n"
QT = '<?xml version="1.0" encoding="utf-8"?>\n<!DOCTYPE TS>\n<TS version="2.1" language="de">\n</TS>\n'

CASES: list[tuple[str, bytes, str | None]] = [
    ("plain.h", b"#ifndef A_H\n#define A_H\nint add(int a, int b);\n#endif\n", "C"),
    ("struct.h", b"typedef struct { int x; } point;\nvoid move(point *p);\n", "C"),
    ("space.h", b"namespace a {\nint f();\n}\n", "C++"),
    ("template.h", b"template <typename T>\nT max(T a, T b);\n", "C++"),
    ("class.h", b"class A {\npublic:\n  A();\n};\n", "C++"),
    ("objc.h", OBJECTIVE_C.encode(), "Objective-C"),
    ("objc16.h", OBJECTIVE_C.encode("utf-16"), "Objective-C"),
    ("matlab.m", b"function y = f(x)\n% doubles x\ny = 2 * x;\nend\n", "MATLAB"),
    ("objc.m", b'#import "A.h"\n@implementation A\n- (void)b { }\n@end\n', "Objective-C"),
    ("wolfram.m", b"(* a package *)\nBeginPackage[\"A`\"]\nf[x_] := x^2\nEndPackage[] (* end *)\n", "Wolfram Language"),
    ("mercury.m", b":- module hello.\n:- interface.\n:- import_module io.\n", "Mercury"),
    ("qt.ts", QT.encode(), "XML"),
    ("qt_de.ts", QT.replace("\n", "\r\n").encode(), "XML"),
    ("type.ts", b"export interface A { b: string }\nconst x: A = { b: '' }\n", "TypeScript"),
    ("stream.ts", (b"\x47\x40\x00\x10" + bytes(range(184))) * 20, None),
    ("prolog.pl", b"parent(tom, bob).\nancestor(X, Y) :- parent(X, Y).\n", "Prolog"),
    ("perl.pl", b"#!/usr/bin/perl\nuse strict;\nmy $x = 1;\nprint $x;\n", "Perl"),
    ("raku.pl", b"use v6;\nmy $x = 1;\nsay $x;\n", "Raku"),
    ("verilog.v", b"module a(input b, output c);\n  assign c = b;\nendmodule\n", "Verilog"),
    ("rocq.v", b"Require Import Arith.\nTheorem a : True.\nProof. exact I. Qed.\n", "Rocq Prover"),
    ("vlang.v", b"module main\n\nfn main() {\n\tfor {\n\t\tprintln('a')\n\t}\n}\n", "V"),
    ("stat.r", b"x <- c(1, 2, 3)\nmean(x)\n", "R"),
    ("rebol.r", b"REBOL [\n  Title: {a}\n]\nprint {a}\n", "Rebol"),
    ("d.d", b"import std.stdio;\nvoid main() { writeln(1); }\n", "D"),
    ("deps.d", b"build/a.o: src/a.c \\\n  src/a.h \\\n  src/b.h\n", "Makefile"),
    ("probe.d", b"BEGIN\n{\n  printf(\"start\");\n}\nsyscall:::entry { @[probefunc] = count(); }\n", "DTrace"),
    ("fsharp.fs", b"module A\n\nopen System\nlet x = 1\n", "F#"),
    ("shader.fs", b"#version 330 core\nout vec4 color;\nvoid main() { color = vec4(1.0); }\n", "GLSL"),
    ("forth.fs", b": square ( n -- n ) dup * ;\n: main 3 square . ;\n", "Forth"),
    ("latex.cls", b"\\NeedsTeXFormat{LaTeX2e}\n\\ProvidesClass{a}\n", "TeX"),
    ("apex.cls", b"public with sharing class A {\n  public static void b() { insert new Account(); }\n}\n", "Apex"),
    ("vba.cls", b"VERSION 1.0 CLASS\nAttribute VB_Name = \"A\"\nPublic Sub B()\nEnd Sub\n", "VBA"),
    ("react.tsx", b"export const A = () => <p>a</p>;\n", "TSX"),
    ("tiles.tsx", b'<?xml version="1.0"?>\n<tileset name="a" tilewidth="8"/>\n', "XML"),
    ("notes.sol", b"the best solution is to wait\n", None),
    ("notes.stl", b"nothing in three dimensions\n", None),
    ("notes.cmp", b"compare these two\n", None),
    ("notes.app", b"an application form\n", None),
    ("notes.tag", b"v1.0.3\n", None),
    ("notes.url", b"http://example.org/\n", None),
    ("notes.msg", b"Dear all,\nsee you there.\n", None),
    ("page.1", b'.TH LS 1 "June 2020"\n.SH NAME\nls \\- list\n', "Roff Manpage"),
    ("text.1", b"And then ... nothing happened.\n", "Text"),
    ("run", b"#!/usr/bin/env -S node --no-warnings\nconst a = require('a');\n", "JavaScript"),
    ("modeline.txt", b"a { b: c }\n\n# vim: set ft=ruby:\n", "Ruby"),
    ("empty.py", b"", "Python"),
    ("marked.py", b"\xef\xbb\xbfimport os\n", "Python"),
    ("gbk.py", "# \u4f60\u597d\uff0c\u4e16\u754c\nprint('\u4f60\u597d')\n".encode("gbk"), "Python"),
    ("sjis.c", "/* \u3053\u3093\u306b\u3061\u306f */\nint main(void) { return 0; }\n".encode("shift-jis"), "C"),
    ("wide.cs", "using System;\nclass A { }\n".encode("utf-16"), "C#"),
    ("perl.t", b"use strict;\nuse warnings;\nuse Test::More tests => 1;\nok(1);\n", "Perl"),
    ("plain.t", b"#!./perl\nprint \"1..1\\n\";\nprint \"ok 1\\n\";\n", "Perl"),
    ("raku.t", b"use v6;\nuse Test;\nplan 1;\nok True;\n", "Raku"),
    ("abl.p", b"DEFINE VARIABLE i AS INTEGER NO-UNDO.\nFOR EACH customer:\n  DISPLAY name.\nEND.\n", "OpenEdge ABL"),
    ("pawn.p", b"#include <a_samp>\nmain()\n{\n\tnew x = 1;\n}\npublic OnInit() { return 1; }\n", "Pawn"),
    ("a.odin", b"package main\n\nimport \"core:fmt\"\n\nmain :: proc() {\n\tfmt.println(1)\n}\n", "Odin"),
    ("tables.c.inc", b"static const int a[] = {\n  1, 2,\n};\n", "C"),
    ("package.json.orig", b'{"name": "a"}\n', "JSON"),
    ("Makefile.in", b"all:\n\techo @prefix@\n", "Makefile"),
    ("config.h.in", b"#undef HAVE_A\n", "C"),
    (".orig", b"x\n", None),
    ("ephemeris", b"41684 0.120727 0.136963 0.8084178 1.0 2.0\n" * 40, None),
    ("b.odin", b"person = (List<PERSON>) <\n  [1] = <\n    name = <\"a\">\n  >\n>\n", "Object Data Instance Notation"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "raw", "expected"), CASES, ids=[name for name, _, _ in CASES])
def test_awkward(name: str, raw: bytes, expected: str | None) -> None:
    assert language.compute(Batch.of(["a"], [name], [raw]))["language"] == [expected]
