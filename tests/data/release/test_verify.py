"""A release whose claims were touched anywhere is found out."""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.data.releases import Made, build_release, code, recipe_of, repository
from tilth.data.release.sealed import CHECKSUMS
from tilth.data.release.verify import verify
from tilth.errors import UserError
from tilth.report.progress import Progress
from tilth.store.hashes import sha256_of


@pytest.fixture
def copy(tmp_path: Path, example: Made) -> Iterator[Path]:
    # Without the mode: files of a release are read-only.
    shutil.copytree(example.path, tmp_path / "copy", copy_function=shutil.copyfile)
    yield tmp_path / "copy"


def problems(release: Path, *, contents: bool = True) -> list[tuple[str, str]]:
    with Progress.open("none") as progress:
        return [(finding.path, finding.problem) for finding in verify(release, progress, contents=contents)]


def first(release: Path, pattern: str) -> Path:
    return sorted(release.glob(pattern))[0]


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-9])


def repair(release: Path) -> None:
    """Make every hash right again, as someone would who wants to hide a change."""
    manifest = json.loads((release / "manifest.json").read_text())
    for file in manifest["files"]:
        file |= {
            "sha256": sha256_of(release / file["path"]),
            "bytes": (release / file["path"]).stat().st_size,
        }
    (release / "manifest.json").write_text(json.dumps(manifest))
    lines = [f"{file['sha256']}  {file['path']}\n" for file in manifest["files"]]
    lines.append(f"{sha256_of(release / 'manifest.json')}  manifest.json\n")
    (release / CHECKSUMS).write_text("".join(lines))


def test_whole_release_has_no_findings(example: Made) -> None:
    before = sorted(path.name for path in example.path.parent.iterdir())
    assert problems(example.path) == []
    assert sorted(path.name for path in example.path.parent.iterdir()) == before


@pytest.mark.parametrize("harm", [flip, truncate, Path.unlink])
@pytest.mark.parametrize(
    "pattern",
    [
        "data/*/*",
        "metadata/occurrences/*",
        "metadata/drops/*",
        "metadata/units.parquet",
        "README.md",
        "recipe.yaml",
    ],
)
def test_file_that_was_touched_is_named_alone(copy: Path, pattern: str, harm: Callable[[Path], None]) -> None:
    path = first(copy, pattern)
    harm(path)
    assert {found for found, _ in problems(copy)} == {path.relative_to(copy).as_posix()}


@pytest.mark.parametrize("harm", [flip, truncate, lambda path: path.write_bytes(b"\xff[]")])
def test_manifest_that_was_touched(copy: Path, harm: Callable[[Path], None]) -> None:
    harm(copy / "manifest.json")
    assert [path for path, _ in problems(copy)] == ["manifest.json"]


@pytest.mark.parametrize("text", [b"", b"\xff\n\nx\n", b"0" * 64 + b"  README.md\n"])
def test_checksums_that_were_touched(copy: Path, text: bytes) -> None:
    (copy / CHECKSUMS).write_bytes(text)
    assert problems(copy)


def test_checksums_that_are_gone(copy: Path) -> None:
    (copy / CHECKSUMS).unlink()
    assert problems(copy) == [(CHECKSUMS, "missing")]


def test_stranger_is_named(copy: Path) -> None:
    (copy / "data/python/extra.parquet").write_bytes(b"")
    (copy / ".gitattributes").write_text("what the hub adds")
    assert problems(copy) == [("data/python/extra.parquet", "not in the manifest")]


def rewrite(path: Path, change: Callable[[list[dict[str, object]]], list[dict[str, object]]]) -> None:
    table = pq.read_table(path)
    pq.write_table(pa.Table.from_pylist(change(table.to_pylist()), schema=table.schema), path)


def test_changed_text_with_repaired_hashes_is_found(copy: Path) -> None:
    path = first(copy, "data/python/*")
    rewrite(path, lambda rows: [rows[0] | {"content": str(rows[0]["content"]) + "#"}, *rows[1:]])
    repair(copy)
    assert [found for found, problem in problems(copy) if "another hash" in problem] == [
        path.relative_to(copy).as_posix()
    ]
    assert problems(copy, contents=False) == []


@pytest.mark.parametrize("pattern", ["data/python/*", "metadata/occurrences/*", "metadata/drops/*"])
def test_removed_row_with_repaired_hashes_is_found(copy: Path, pattern: str) -> None:
    path = first(copy, pattern)
    rewrite(path, lambda rows: rows[1:])
    repair(copy)
    assert path.relative_to(copy).as_posix() in {found for found, _ in problems(copy)}


def test_doubled_row_with_repaired_hashes_is_found(copy: Path) -> None:
    path = first(copy, "data/python/*")
    rewrite(path, lambda rows: [*rows[1:], rows[-1]])
    repair(copy)
    assert "stands there twice" in str(problems(copy))


@pytest.mark.parametrize("at", ["files", "kept", "stages"])
def test_wrong_counts_with_repaired_hashes_are_found(copy: Path, at: str) -> None:
    manifest = json.loads((copy / "manifest.json").read_text())
    counts = manifest["counts"]
    if at == "files":
        counts["files"] += 1
    elif at == "kept":
        counts["kept"]["files"] += 1
    else:
        counts["stages"][0]["kept"] += 1
    (copy / "manifest.json").write_text(json.dumps(manifest))
    repair(copy)
    assert "manifest.json" in {found for found, _ in problems(copy)}


def test_what_is_no_release(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="not a release"):
        problems(tmp_path)


def test_texts_of_every_encoding_hold(tmp_path: Path) -> None:
    files = {
        b"utf16.py": ("# é 这\nx = 1\n" * 20).encode("utf-16"),
        b"utf16be.py": b"\xfe\xff" + ("# é\nx = 1\n" * 20).encode("utf-16-be"),
        b"bom.py": b"\xef\xbb\xbf# a\n" + code(1),
        b"latin.py": "# café déjà vu naïve\n".encode("latin-1") * 30,
        b"gbk.py": ("# 这是一个用于测试编码识别的文件\n" * 8).encode("gbk"),
        b"sjis.py": ("# これは文字コードの判定を試すためのファイルです\n" * 8).encode("shift_jis"),
        b"crlf.py": b"a\r\nb\rc\n",
        b"nothing.py": b"",
    }
    release = build_release(recipe_of(repository(tmp_path / "one", files).path), tmp_path / "release")
    assert problems(release.path) == []
    assert len(release.texts()) == len(files) + 1


ENCODED = {
    b"latin.py": ("# café déjà vu naïve", "latin-1"),
    b"cyrillic.py": ("# это комментарий на русском языке", "koi8-r"),
    b"gbk.py": ("# 这是一个用于测试编码识别的文件", "gbk"),
    b"sjis.py": ("# これは文字コードの判定を試すためのファイルです", "shift_jis"),
    b"wide.py": ("# é", "utf-16"),
}


def test_changed_text_in_an_older_encoding_is_found(tmp_path: Path) -> None:
    files = {name: f"{text} {name!r}\n".encode(codec) * 20 for name, (text, codec) in ENCODED.items()}
    release = build_release(recipe_of(repository(tmp_path / "one", files).path), tmp_path / "release").path
    path = first(release, "data/python/*")
    kept = {row["content_id"] for row in pq.read_table(path).to_pylist()}
    rewrite(path, lambda rows: [row | {"content": str(row["content"]).replace("#", "$", 1)} for row in rows])
    repair(release)
    assert problems(release) == [
        (path.relative_to(release).as_posix(), f"the text of {row} has another hash")
        for row in [row["content_id"] for row in pq.read_table(path).to_pylist()]
    ]
    assert len(kept) == len(ENCODED)


def test_character_with_two_forms_is_no_finding(tmp_path: Path) -> None:
    # Windows has two codes for some signs, of which Python writes one.
    raw = ("# これは文字コードの判定を試すためのファイルです\n" * 8).encode("cp932") + b"# \x87\x90\n"
    assert raw.decode("cp932").encode("cp932") != raw
    release = build_release(
        recipe_of(repository(tmp_path / "one", {b"a.py": raw}).path), tmp_path / "release"
    )
    assert release.one("data", "a.py")["src_encoding"] == "cp932"
    assert problems(release.path) == []


def test_contents_beside_the_rows_are_checked(tmp_path: Path) -> None:
    one = repository(tmp_path / "one", {b"%d.py" % number: code(number) for number in range(5)})
    release = build_release(recipe_of(one.path, release={"contents": "ids"}), tmp_path / "release")
    assert problems(release.path) == []
    pack = first(release.path, "contents/python/*.pack")
    copied = pack.read_bytes()
    pack.unlink()
    pack.write_bytes(b"\0" * len(copied))
    repair(release.path)
    assert "contents/" in str(problems(release.path)) or "data/" in str(problems(release.path))
