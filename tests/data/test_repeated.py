"""Repeated blocks of lines, and files with the same tokens, in whole builds."""

from pathlib import Path

import pytest

from tests.data.releases import GPL, build_release, code, hashes, recipe_of, repository, upon_and_from_nothing
from tilth.data.release.verify import verify
from tilth.engine.local import LocalPool
from tilth.errors import UserError
from tilth.report.progress import Progress

HEADER = b"".join(b"# line %d of a notice that stands in every file\n" % number for number in range(8))
MARK = {"repeated": "mark", "repeated_files": 3}
CUT = {"repeated": "cut", "repeated_files": 3}


def with_header(number: int, header: bytes = HEADER) -> bytes:
    return header + b"\n" + code(number)


def headed(first: int, count: int = 4) -> dict[bytes, bytes]:
    return {b"src/%d.py" % number: with_header(number) for number in range(first, first + count)}


def test_blocks_are_marked_and_nothing_else_changes(tmp_path: Path) -> None:
    one = repository(tmp_path / "one", headed(0))
    made = build_release(recipe_of(one.path, duplicates=MARK), tmp_path / "release")
    rows = made.table("metadata/repeated_text.parquet")
    ids = {row["path"]: row["content_id"] for row in made.table("data")}
    assert [(row["begin_byte"], row["end_byte"], row["is_cut"]) for row in rows] == [
        (0, len(HEADER), False)
    ] * 4
    assert [row["is_elsewhere"] for row in rows if row["content_id"] == ids["src/0.py"]] == [False]
    assert sum(row["is_elsewhere"] for row in rows) == 3
    assert all(0 < row["repeated_share"] < 1 for row in rows)
    assert made.reasons() == {} and made.texts()["src/1.py"].encode() == with_header(1)


def test_blocks_are_cut_from_all_files_but_the_first(tmp_path: Path) -> None:
    one = repository(tmp_path / "one", headed(0))
    made = build_release(recipe_of(one.path, duplicates=CUT), tmp_path / "release")
    texts = made.texts()
    assert texts["src/0.py"].encode() == with_header(0)
    assert [texts[f"src/{number}.py"].encode() for number in (1, 2, 3)] == [
        b"\n" + code(n) for n in (1, 2, 3)
    ]
    (span,) = made.one("data", "src/2.py")["cuts"]
    assert span == {"begin_byte": 0, "end_byte": len(HEADER), "text": HEADER.decode()}
    assert made.one("data", "src/0.py")["cuts"] is None
    assert "| `cuts` |" in (made.path / "README.md").read_text()
    with Progress.open("none") as progress:
        assert verify(made.path, progress) == []


def test_too_few_files_or_lines_are_no_block(tmp_path: Path) -> None:
    one = repository(tmp_path / "one", headed(0, 2))
    for name, asked in (("files", CUT), ("lines", {**CUT, "repeated_files": 2, "repeated_lines": 9})):
        made = build_release(recipe_of(one.path, duplicates=asked), tmp_path / name)
        assert made.table("metadata/repeated_text.parquet") == []


def test_what_is_mostly_repeated_leaves(tmp_path: Path) -> None:
    files = {b"%d.py" % number: HEADER + b"x = %d\n" % number for number in range(4)}
    one = repository(tmp_path / "one", {**files, **headed(7, 1)})
    made = build_release(
        recipe_of(one.path, duplicates={**CUT, "repeated_share_max": 0.5}), tmp_path / "release"
    )
    assert made.is_balanced()
    assert made.reasons() == dict.fromkeys(("1.py", "2.py", "3.py"), "repeated_text")
    assert {row["value"] for row in made.table("metadata/drops")} == {f"{8 / 9:.4f}"}
    assert made.texts()["0.py"].encode() == files[b"0.py"]


def test_the_file_with_the_stricter_licence_keeps_the_block(tmp_path: Path) -> None:
    one = repository(tmp_path / "one", headed(0, 3))
    two = repository(tmp_path / "two", {b"strict.py": b"# " + GPL + with_header(9)}, licence=None)
    made = build_release(recipe_of(one.path, two.path, duplicates=CUT), tmp_path / "release")
    assert [path for path, text in made.texts().items() if HEADER.decode() in text] == ["strict.py"]


def test_a_limit_without_a_look_and_cuts_without_texts_are_mistakes() -> None:
    with pytest.raises(UserError, match="repeated_share_max"):
        recipe_of("x", duplicates={"repeated_share_max": 0.5})
    with pytest.raises(UserError, match="inline"):
        recipe_of("x", duplicates=CUT, release={"contents": "ids"})


def commented(number: int, turn: int) -> bytes:
    """The file of that number with comments of its own, in another layout."""
    text = code(number).replace(b"    ", b"  " * turn)
    return b"# turn %d\n\n" % turn + text.replace(b"argument)", b"argument )  # of %d\n" % turn, 0)


TOKENS = {"tokens": "keep_one"}


def test_files_with_the_same_tokens_leave_one(tmp_path: Path) -> None:
    one = repository(tmp_path / "one", {b"a.py": commented(1, 1), b"b.py": commented(1, 3), b"c.py": code(2)})
    made = build_release(recipe_of(one.path, duplicates=TOKENS), tmp_path / "release")
    assert made.is_balanced()
    assert made.reasons() == {"b.py": "same_tokens"}
    (drop,) = made.table("metadata/drops")
    assert drop["value"] == f"{one.path.as_uri()} a.py"


def test_the_same_tokens_with_a_stricter_licence_stay(tmp_path: Path) -> None:
    one = repository(tmp_path / "one", {b"free.py": code(1)})
    two = repository(tmp_path / "two", {b"strict.py": b"# " + GPL + code(1)}, licence=None)
    made = build_release(recipe_of(one.path, two.path, duplicates=TOKENS), tmp_path / "release")
    assert made.reasons() == {"free.py": "same_tokens"}


def test_languages_count_where_they_are_asked_for(tmp_path: Path) -> None:
    body = b"const a = (b: number) => b + 1;\nexport default a;\n"
    files = {b"a.ts": b"// one\n" + body, b"b.tsx": b"// two\n" + body, b"c.ts": b"// three\n" + body}
    one = repository(tmp_path / "one", files)
    for asked, gone in (("keep_one", ["b.tsx", "c.ts"]), ("keep_one_per_language", ["c.ts"])):
        made = build_release(recipe_of(one.path, duplicates={"tokens": asked}), tmp_path / asked)
        assert sorted(made.reasons()) == gone


def test_comments_alone_are_nobodys_duplicate(tmp_path: Path) -> None:
    one = repository(tmp_path / "one", {b"a.py": b"# a\n", b"b.py": b"# b\n\n", b"c.py": b""})
    assert build_release(recipe_of(one.path, duplicates=TOKENS), tmp_path / "release").reasons() == {}


EVERYTHING = {**CUT, **TOKENS, "repeated_share_max": 0.9}


def many(tmp_path: Path, count: int) -> list[Path]:
    return [
        repository(tmp_path / f"r{turn}", {**headed(turn), b"x.py": commented(50, turn + 1)}).path
        for turn in range(count)
    ]


def test_workers_do_not_show(tmp_path: Path) -> None:
    recipe = recipe_of(*many(tmp_path, 5), duplicates=EVERYTHING)
    one = build_release(recipe, tmp_path / "one" / "release", store=tmp_path / "s1")
    assert set(one.reasons().values()) == {"duplicate_file", "same_tokens"}
    assert any(row["is_cut"] for row in one.table("metadata/repeated_text.parquet"))
    for workers in (2, 4):
        engine = LocalPool(workers)
        try:
            place = tmp_path / f"w{workers}"
            made = build_release(recipe, place / "release", store=place / "store", engine=engine)
        finally:
            engine.close()
        assert hashes(one.path) == hashes(made.path)


def test_what_is_known_does_not_show(tmp_path: Path) -> None:
    paths = many(tmp_path, 5)
    earlier, recipe = (recipe_of(*some, duplicates=EVERYTHING) for some in (paths[1:], paths))
    again, fresh = upon_and_from_nothing(tmp_path, earlier, recipe)
    assert hashes(again.path) == hashes(fresh.path)
