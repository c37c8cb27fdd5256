"""Whatever a repository holds: a counted drop or a clear error, never a crash, never a lost neighbour."""

import os
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.data.releases import build_release, code, lose, made, recipe_of, repository
from tests.data.sources.git.repositories import make
from tilth.data.sources.limits import READ_MAX_BYTES

# Repositories


def test_empty_repository_is_refused_and_its_neighbour_stays(tmp_path: Path, neighbour: Path) -> None:
    release = made(tmp_path, make(tmp_path / "empty").path, neighbour)
    assert release.refusals() == [("empty", "empty_repository")]
    assert "good.py" in release.texts()
    assert release.manifest["counts"]["refused_units"] == 1


def test_path_that_is_no_repository_is_refused(tmp_path: Path, neighbour: Path) -> None:
    (tmp_path / "nothing").mkdir()
    release = made(tmp_path, tmp_path / "nothing", tmp_path / "absent", neighbour)
    assert [name for name, _ in release.refusals()] == ["absent", "nothing"]
    assert "good.py" in release.texts()


def test_bare_and_shallow_repositories_are_read(tmp_path: Path) -> None:
    full = make(tmp_path / "full")
    first = full.commit({b"a.py": code(1)})
    full.commit({b"a.py": code(2)}, parent=first)
    bare = full.clone(tmp_path / "bare.git", "--bare")
    shallow = full.clone(tmp_path / "shallow", "--depth=1")
    for copy in (bare, shallow):
        copy.git("config", "remote.origin.url", str(copy.path))
    release = made(
        tmp_path, bare.path, shallow.path, duplicates={"repositories": "keep_all", "files": "keep_all"}
    )
    assert [row["content"] for row in release.table("data")] == [code(2).decode()] * 2


def test_missing_object_is_read_from_another_repository_that_has_it(tmp_path: Path) -> None:
    broken = repository(
        tmp_path / "broken", {b"shared.py": code(1), b"gone.py": code(2), b"there.py": code(3)}
    )
    lose(broken, broken.blob(code(1)))
    lose(broken, broken.blob(code(2)))
    whole = repository(tmp_path / "whole", {b"other/shared.py": code(1)})
    release = made(tmp_path, broken.path, whole.path, duplicates={"files": "keep_all"})
    assert release.texts()["shared.py"] == release.texts()["other/shared.py"] == code(1).decode()
    assert release.reasons() == {"gone.py": "missing_object"}
    assert "there.py" in release.texts()


def test_missing_root_tree_is_counted(tmp_path: Path, neighbour: Path) -> None:
    broken = make(tmp_path / "broken")
    people = b"author A <a@example.org> 0 +0000\ncommitter A <a@example.org> 0 +0000\n"
    broken.raw_commit(b"tree " + b"1" * 40 + b"\n" + people + b"\nx\n")
    release = made(tmp_path, broken.path, neighbour)
    assert release.reasons() == {"": "missing_object"}
    assert "good.py" in release.texts()


def test_missing_folder_costs_only_itself(tmp_path: Path) -> None:
    broken = repository(tmp_path / "broken", {b"lost/a.py": code(1), b"kept/b.py": code(2)})
    lose(broken, broken.git("rev-parse", "HEAD:lost"))
    release = made(tmp_path, broken.path)
    assert release.reasons() == {"lost": "missing_object"}
    assert "kept/b.py" in release.texts()


def test_pack_with_damaged_bytes_is_counted(tmp_path: Path, neighbour: Path) -> None:
    broken = repository(
        tmp_path / "broken", {b"%d.py" % n: os.urandom(2000).hex().encode() for n in range(20)}
    )
    pack = broken.pack()
    pack.chmod(0o644)
    data = bytearray(pack.read_bytes())
    data[len(data) // 2 : len(data) // 2 + 400] = bytes(400)
    pack.write_bytes(data)
    release = made(tmp_path, broken.path, neighbour)
    assert "good.py" in release.texts()
    assert len(release.table("metadata/occurrences")) == 21 + 2
    assert release.reasons() or release.refusals()


def test_every_object_gone_after_the_listing(tmp_path: Path, neighbour: Path) -> None:
    # The listing is in the store from an earlier build; the repository is not there any more.
    gone = repository(tmp_path / "gone", {b"gone.py": code(5)})
    recipe = recipe_of(gone.path, neighbour)
    store = tmp_path / "store"
    build_release(recipe, tmp_path / "first", store=store)
    for folder in ("packs", "facts", "shards"):
        shutil.rmtree(store / folder)
    for path in (gone.git_dir / "objects").glob("??/*"):
        path.unlink()
    shutil.copytree(tmp_path / "first", tmp_path / "kept")
    release = build_release(recipe, tmp_path / "second", store=store)
    assert release.is_balanced()
    assert "good.py" in release.texts()


def test_partial_clone_is_read_without_a_network(tmp_path: Path, neighbour: Path) -> None:
    full = repository(tmp_path / "full", {b"a.py": code(3)})
    full.git("config", "uploadpack.allowFilter", "true")
    # None of its contents is in the other repository, where they would be found.
    partial = full.clone(tmp_path / "partial", "--filter=blob:none", "--no-checkout")
    partial.git("config", "remote.origin.url", str(tmp_path / "moved"))
    release = made(tmp_path, partial.path, neighbour)
    assert release.reasons()["a.py"] == "missing_object"
    assert "good.py" in release.texts()


def test_no_head_and_one_branch_that_is_not_main(tmp_path: Path) -> None:
    odd = make(tmp_path / "odd")
    odd.commit({b"a.py": code(1)}, branch="trunk")
    assert "a.py" in made(tmp_path, odd.path).texts()


def test_detached_head_is_read(tmp_path: Path) -> None:
    detached = make(tmp_path / "detached")
    first = detached.commit({b"a.py": code(1)})
    detached.commit({b"a.py": code(2)}, parent=first)
    (detached.git_dir / "HEAD").write_text(first + "\n")
    release = made(tmp_path, detached.path)
    assert release.one("data", "a.py")["revision_id"] == first
    assert release.one("data", "a.py")["branch_name"] is None


def test_branch_named_like_a_tag(tmp_path: Path) -> None:
    twin = make(tmp_path / "twin")
    old = twin.commit({b"a.py": code(1)})
    twin.git("tag", "v1", old)
    twin.commit({b"a.py": code(2)}, parent=old, branch="v1")
    for named, number in (("branch", 2), ("tag", 1)):
        source = {"kind": "git", "repositories": [str(twin.path)], named: "v1"}
        release = build_release(recipe_of(source), tmp_path / f"release-{named}")
        assert release.texts()["a.py"] == code(number).decode()


def test_submodules_links_and_lfs_pointers_are_counted(tmp_path: Path) -> None:
    odd = make(tmp_path / "odd")
    pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"a" * 64 + b"\nsize 12345\n"
    entries = [
        ("100644", "blob", odd.blob(code(1)), b"a.py"),
        ("120000", "blob", odd.blob(b"loop"), b"loop"),
        ("120000", "blob", odd.blob(b"../../outside"), b"outside"),
        ("100644", "blob", odd.blob(pointer), b"model.py"),
        ("160000", "commit", "3" * 40, b"module"),
    ]
    odd.commit_tree(odd.tree(*entries))
    release = made(tmp_path, odd.path)
    assert release.reasons() == {
        "loop": "link",
        "outside": "link",
        "model.py": "lfs_pointer",
        "module": "submodule",
    }
    assert list(release.texts()) == ["a.py"]


# Paths


def test_paths_that_are_hard(tmp_path: Path) -> None:
    paths = [
        b"caf\xe9.py",
        b"line\nbreak.py",
        b"tab\tquote'\".py",
        b"deep/" * 400 + b"a.py",
        b"n" * 5000 + b".py",
        b"Case.py",
        b"case.py",
        "\N{ROCKET}/\u202e.py".encode(),
        b"; DROP TABLE files.py",
    ]
    files = {path: code(number) for number, path in enumerate(paths)}
    release = made(tmp_path, repository(tmp_path / "odd", files, licence=None).path)
    rows = {row["path_raw"] or row["path"].encode(): row for row in release.table("metadata/occurrences")}
    assert sorted(rows) == sorted(paths)
    assert len(release.texts()) == len(paths)
    assert rows[b"caf\xe9.py"]["path"] == "caf\\xe9.py"


def test_two_paths_with_one_text_are_two(tmp_path: Path) -> None:
    # The second is literally a backslash, an x and two letters.
    odd = repository(tmp_path / "odd", {b"\xff.py": code(1), b"\\xff.py": code(1)}, licence=None)
    release = made(tmp_path, odd.path)
    assert len(release.table("metadata/occurrences")) == 2
    assert release.reasons() == {"\\xff.py": "duplicate_file"}
    assert len(release.table("data")) == 1


def test_two_repositories_with_one_name(tmp_path: Path) -> None:
    places = []
    for number, side in enumerate(("left", "right")):
        places.append(repository(tmp_path / side / "same", {b"a.py": code(number)}, licence=None).path)
    release = made(tmp_path, *places)
    rows = release.table("data")
    assert [row["repo_name"] for row in rows] == ["same", "same"]
    assert sorted(row["content"] for row in rows) == sorted([code(0).decode(), code(1).decode()])


def test_repository_named_twice_counts_once(tmp_path: Path, neighbour: Path) -> None:
    release = made(tmp_path, neighbour, neighbour, {"kind": "git", "repositories": [str(neighbour)]})
    assert release.manifest["counts"]["units"] == 1


# Bytes


def test_texts_in_other_encodings_become_utf8(tmp_path: Path) -> None:
    chinese = "# 这是一个用于测试编码识别的文件，里面有足够多的中文字符。\n" * 8
    japanese = "# これは文字コードの判定を試すためのファイルです。日本語の文がいくつか入っています。\n" * 8
    files = {
        b"utf16.py": ("x = 'é'\n" * 20).encode("utf-16"),
        b"gbk.py": chinese.encode("gbk"),
        b"sjis.py": japanese.encode("shift_jis"),
        b"lying.py": b"\xef\xbb\xbf" + "naïve = 'café au lait à la carte'\n".encode("latin-1") * 8,
        b"crlf.py": b"a = 1\r\nb = 2\r\n",
        b"zero.py": b"",
        b"nul.py": b"abc\0\0\0def\x01\x02" * 9,
    }
    release = made(tmp_path, repository(tmp_path / "odd", files, licence=None).path)
    texts = release.texts()
    assert texts["utf16.py"].lstrip("\ufeff") == "x = 'é'\n" * 20
    assert texts["gbk.py"] == chinese
    assert texts["sjis.py"] == japanese
    assert "caf" in texts["lying.py"]
    assert texts["crlf.py"] == "a = 1\r\nb = 2\r\n"
    assert texts["zero.py"] == ""
    assert release.reasons() == {"nul.py": "binary"}


def test_file_too_large_to_hold_is_counted(tmp_path: Path) -> None:
    big = b"# a line of no interest\n" * (READ_MAX_BYTES // 24 + 1)
    release = made(tmp_path, repository(tmp_path / "odd", {b"big.py": big, b"a.py": code(1)}).path)
    assert release.reasons() == {"big.py": "too_large_to_read"}
    row = release.one("metadata/drops", "big.py")
    assert (row["size"], row["value"]) == (len(big), str(len(big)))
    assert "a.py" in release.texts()


@pytest.mark.parametrize(
    ("clock", "told"),
    [
        ("0", datetime(1970, 1, 1, tzinfo=UTC)),
        ("4294967296", datetime(2106, 2, 7, 6, 28, 16, tzinfo=UTC)),
        ("253402300799", datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)),
        ("253402300800", None),
        ("99999999999999", None),
        ("-1", None),
        ("-5000000000", None),
    ],
)
def test_clocks_that_are_strange(tmp_path: Path, clock: str, told: datetime | None) -> None:
    odd = make(tmp_path / "odd")
    tree = odd.tree(("100644", "blob", odd.blob(code(1)), b"a.py"))
    people = f"author A <a@example.org> {clock} +0000\ncommitter A <a@example.org> {clock} +0000\n"
    odd.raw_commit(f"tree {tree}\n{people}\nx\n".encode())
    release = made(tmp_path, {"kind": "git", "repositories": [str(odd.path)], "history": True})
    for row in (release.one("data", "a.py"), release.one("commits", "a.py")):
        assert (row["revision_date"], row["committer_date"]) == (told, told)
