"""Archives, mostly bad ones."""

import bz2
import gzip
import hashlib
import io
import lzma
import stat
import tarfile
import zipfile
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tilth.config.sources import ArchiveSource
from tilth.data.sources import archive, archive_tar, archive_zip
from tilth.data.sources.archive_inflow import Inflow
from tilth.errors import UserError
from tilth.records import Entry, Refusal, Unit


def tar_of(*members: tuple[str | bytes, bytes], **fields: object) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for name, data in members:
            info = tarfile.TarInfo(
                name.decode("utf-8", "surrogateescape") if isinstance(name, bytes) else name
            )
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return out.getvalue()


def tar_special(name: str, kind: bytes, link: str = "") -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        info = tarfile.TarInfo(name)
        info.type, info.linkname = kind, link
        tar.addfile(info)
        tar.addfile(tarfile.TarInfo("after"), io.BytesIO())
    return out.getvalue()


def zip_of(*members: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as file:
        for name, data in members:
            file.writestr(name, data)
    return out.getvalue()


def write(folder: Path, data: bytes, name: str = "x.tar") -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


def read(path: Path, **limits: object) -> list[tuple[Entry, bytes | None]]:
    rows = list(archive.read(path, **limits))  # type: ignore[arg-type]
    for entry, data in rows:
        assert (data is None) == (entry.refused is not None)
        if data is not None:
            assert entry.size == len(data)
            assert entry.content_id == hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()
    return rows


def refusals(path: Path, **limits: object) -> dict[str, tuple[str | None, str]]:
    return {
        entry.path: (entry.refused, entry.refused_value) for entry, _ in read(path, **limits) if entry.refused
    }


def kept(path: Path, **limits: object) -> dict[str, bytes]:
    return {entry.path: data for entry, data in read(path, **limits) if data is not None}


def units(*paths: Path | str) -> list[Unit | Refusal]:
    return list(
        archive.resolve(ArchiveSource(kind="archive", paths=tuple(map(str, paths))), Path("/nowhere"))
    )


UNSAFE = [
    "/etc/passwd",
    "../out",
    "a/../../out",
    "C:/x",
    "c:x",
    "\\\\server\\share",
    "..\\out",
    "a\\..\\..\\out",
]


@pytest.mark.parametrize("name", UNSAFE)
def test_unsafe_paths_are_listed_as_stated_and_refused(tmp_path: Path, name: str) -> None:
    for path in (
        write(tmp_path, tar_of((name, b"1"), ("fine", b"2"))),
        write(tmp_path, zip_of((name, b"1"), ("fine", b"2")), "x.zip"),
    ):
        rows = read(path)
        assert [(e.path, e.refused) for e, _ in rows] == [(name, "unsafe_path"), ("fine", None)]


@pytest.mark.parametrize(
    ("kind", "link", "reason"),
    [
        (tarfile.SYMTYPE, "/etc/passwd", "link"),
        (tarfile.LNKTYPE, "../../x", "link"),
        (tarfile.CHRTYPE, "", "device"),
        (tarfile.BLKTYPE, "", "device"),
        (tarfile.FIFOTYPE, "", "not_a_file"),
        (b"V", "", "not_a_file"),
        (b"S", "", "not_a_file"),
    ],
)
def test_tar_members_that_are_no_files(tmp_path: Path, kind: bytes, link: str, reason: str) -> None:
    path = write(tmp_path, tar_special("odd", kind, link))
    found = refusals(path)
    assert found["odd"][0] == reason
    assert link in found["odd"][1]
    assert kept(path) == {"after": b""}


def test_zip_link_and_device(tmp_path: Path) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        for name, mode in (("link", stat.S_IFLNK), ("dev", stat.S_IFCHR), ("pipe", stat.S_IFIFO)):
            info = zipfile.ZipInfo(name)
            info.create_system, info.external_attr = 3, (mode | 0o777) << 16
            file.writestr(info, "../../etc/passwd" if name == "link" else "")
    path = write(tmp_path, out.getvalue(), "x.zip")
    assert refusals(path) == {
        "link": ("link", "../../etc/passwd"),
        "dev": ("device", ""),
        "pipe": ("not_a_file", ""),
    }


@pytest.mark.parametrize(
    "pack", [gzip.compress, bz2.compress, lzma.compress, lambda d: pa.compress(d, "zstd", asbytes=True)]
)
def test_packed_tars_and_their_truncation(tmp_path: Path, pack) -> None:  # type: ignore[no-untyped-def]
    import random

    noise = random.Random(3).randbytes(400_000)
    data = tar_of(*((f"top/{i}.bin", noise[i * 2000 : i * 2000 + 2000]) for i in range(200)))
    packed = pack(data)
    whole = write(tmp_path, packed, "whole.tar.x")
    everything = kept(whole)
    assert len(everything) == 200 and not refusals(whole)
    cut = write(tmp_path, packed[: len(packed) * 3 // 4], "cut.tar.x")
    lost = refusals(cut)
    assert list(v[0] for v in lost.values()) == ["truncated_archive"]
    before = kept(cut)
    # bzip2 and zstandard can be read by whole blocks only.
    assert len(before) >= {bz2.compress: 0, gzip.compress: 140, lzma.compress: 140}.get(pack, 100)
    assert before.items() <= everything.items()


def test_every_member_before_the_cut_of_a_plain_tar_is_kept(tmp_path: Path) -> None:
    data = tar_of(("a", b"1" * 600), ("b", b"2" * 600))
    path = write(tmp_path, data[: 512 + 1024 + 512 + 100])
    assert kept(path) == {"a": b"1" * 600}
    assert refusals(path) == {"b": ("truncated_archive", "100 of 600 bytes")}


def test_gzip_check_sum_that_is_wrong_is_said_after_the_members(tmp_path: Path) -> None:
    packed = bytearray(gzip.compress(tar_of(("a", b"1"))))
    packed[-6] ^= 1
    path = write(tmp_path, bytes(packed))
    assert "truncated_archive" in {v[0] for v in refusals(path).values()}


def test_zip_without_its_directory_keeps_what_is_whole(tmp_path: Path) -> None:
    for method in (zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED):
        data = zip_of(("a.txt", b"one" * 500), ("b.txt", b"two" * 500), method=method)
        second = data.index(b"b.txt") - 30
        path = write(tmp_path, data[: second + 40], "cut.zip")
        assert kept(path) == {"a.txt": b"one" * 500}
        assert refusals(path)["b.txt"][0] == "truncated_archive"
        path = write(tmp_path, data[:second], "cut.zip")
        assert kept(path) == {"a.txt": b"one" * 500}
        assert [v[0] for v in refusals(path).values()] == ["truncated_archive"]


def test_zip_written_to_a_pipe_and_cut_before_the_directory(tmp_path: Path) -> None:
    class Pipe(io.RawIOBase):
        def __init__(self) -> None:
            self.data = b""

        def writable(self) -> bool:
            return True

        def write(self, data) -> int:  # type: ignore[no-untyped-def,override]
            self.data += bytes(data)
            return len(data)

    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as file:  # type: ignore[call-overload]
        file.writestr("a.txt", "one" * 500)
        file.writestr("b.txt", "two" * 500)
    path = write(tmp_path, pipe.data[: pipe.data.index(b"PK\x01\x02")], "cut.zip")
    assert kept(path) == {"a.txt": b"one" * 500, "b.txt": b"two" * 500}


def test_encrypted_member(tmp_path: Path) -> None:
    data = bytearray(zip_of(("a", b"1"), ("b", b"2")))
    data[data.index(b"PK\x01\x02") + 8] |= 1
    path = write(tmp_path, bytes(data), "x.zip")
    assert refusals(path) == {"a": ("encrypted", "")} and kept(path) == {"b": b"2"}


def test_crc_error_spoils_one_member_only(tmp_path: Path) -> None:
    data = bytearray(zip_of(("a", b"hello"), ("b", b"there"), method=zipfile.ZIP_STORED))
    data[data.index(b"hello")] ^= 1
    path = write(tmp_path, bytes(data), "x.zip")
    assert refusals(path)["a"][0] == "corrupt_member" and kept(path) == {"b": b"there"}


def test_bombs(tmp_path: Path) -> None:
    limits = {"max_bytes": 300_000, "ratio_max": 1e9}
    zeros = bytes(200_000)
    tar = write(tmp_path, gzip.compress(tar_of(("a", b"1"), ("big", zeros), ("more", zeros), ("end", b""))))
    assert set(kept(tar, **limits)) == {"a", "big"}
    assert {name: v[0] for name, v in refusals(tar, **limits).items()} == {"more": "bomb"}
    zipped = write(tmp_path, zip_of(("a", b"1"), ("big", zeros), ("more", zeros), ("end", b"2")), "x.zip")
    assert {name: v[0] for name, v in refusals(zipped, **limits).items()} == {"more": "bomb"}
    assert set(kept(zipped, **limits)) == {"a", "big", "end"}


def test_ratio_makes_a_bomb_past_its_free_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tilth.data.sources.archive_inflow.RATIO_FREE_BYTES", 1000)
    path = write(tmp_path, bz2.compress(tar_of(("zeros", bytes(5_000_000)))))
    assert {v[0] for v in refusals(path).values()} == {"bomb"}


def test_sizes_too_large_to_read_are_hashed_and_not_held(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive_tar, "READ_MAX_BYTES", 1000)
    monkeypatch.setattr(archive_zip, "READ_MAX_BYTES", 1000)
    data = b"x" * 1001
    path = write(tmp_path, tar_of(("big", data), ("small", b"1")))
    (big, _), (small, _) = read(path)
    assert (big.refused, big.refused_value, big.size) == ("too_large_to_read", "1001", 1001)
    assert big.content_id == hashlib.sha1(b"blob 1001\0" + data).hexdigest()
    assert small.refused is None
    path = write(tmp_path, zip_of(("big", data), ("small", b"1")), "x.zip")
    assert refusals(path) == {"big": ("too_large_to_read", "1001")} and kept(path) == {"small": b"1"}


def test_second_copy_of_a_path_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, tar_of(("a", b"1"), ("./a", b"2"), ("b", b"3")))
    assert [(e.path, e.refused, d) for e, d in read(path)] == [
        ("a", None, b"1"),
        ("a", "duplicate_path", None),
        ("b", None, b"3"),
    ]


def test_names_of_every_kind(tmp_path: Path) -> None:
    long = "d/" + "n" * 5000
    path = write(tmp_path, tar_of((b"caf\xe9.py", b"1"), ("new\nline", b"2"), (long, b"3"), ("\u00e9", b"4")))
    rows = [entry for entry, _ in read(path)]
    assert [e.path for e in rows] == ["caf\\xe9.py", "new\nline", long, "\u00e9"]
    assert [e.path_raw for e in rows] == [b"caf\xe9.py", None, None, None]
    gnu = io.BytesIO()
    with tarfile.open(fileobj=gnu, mode="w", format=tarfile.GNU_FORMAT) as tar:
        tar.addfile(tarfile.TarInfo(long), io.BytesIO())
    assert list(kept(write(tmp_path, gnu.getvalue()))) == ["n" * 5000]
    zipped = zip_of(("caf\u00e9", b"1"), ("cafe", b"2")).replace(b"cafe", b"caf\xe9")
    assert [e.path_raw for e, _ in read(write(tmp_path, zipped, "x.zip"))] == [None, b"caf\xe9"]


def test_nul_in_a_zip_name(tmp_path: Path) -> None:
    path = write(tmp_path, zip_of(("a.pyXexe", b"1")).replace(b"a.pyXexe", b"a.py\0exe"), "x.zip")
    assert {v for v in refusals(path).values()} == {("unsafe_path", "NUL")}


def test_header_damaged_in_the_middle_does_not_end_the_archive(tmp_path: Path) -> None:
    data = bytearray(tar_of(("a", b"1"), ("b", b"2"), ("c", b"3")))
    data[1024 + 148] ^= 0x55
    path = write(tmp_path, bytes(data))
    assert kept(path) == {"a": b"1", "c": b"3"}
    assert refusals(path) == {"./@1024": ("corrupt_member", "1024 bytes without a readable header")}


def test_size_that_lies(tmp_path: Path) -> None:
    data = bytearray(tar_of(("a", b"1")))
    data[124:136] = b"\x80" + (2**60).to_bytes(11, "big")
    data[148:156] = b"        "
    data[148:156] = b"%06o\0 " % sum(data[:512])
    found = refusals(write(tmp_path, bytes(data)))
    assert found["a"][0] == "truncated_archive"


def test_extension_header_that_lies(tmp_path: Path) -> None:
    data = bytearray(tar_of(("n" * 200, b"1")))
    data[124:136] = b"77777777777\0"
    data[148:156] = b"        "
    data[148:156] = b"%06o\0 " % sum(data[:512])
    assert {v[0] for v in refusals(write(tmp_path, bytes(data))).values()} == {"corrupt_member"}


def test_bytes_after_the_end(tmp_path: Path) -> None:
    path = write(tmp_path, tar_of(("a", b"1")) + b"more")
    assert kept(path) == {"a": b"1"} and [v[0] for v in refusals(path).values()] == ["corrupt_member"]


def test_common_folder_is_left_out_only_where_all_share_it(tmp_path: Path) -> None:
    assert set(kept(write(tmp_path, tar_of(("p-1/a", b""), ("./p-1/b/c", b""))))) == {"a", "b/c"}
    assert set(kept(write(tmp_path, tar_of(("p-1/a", b""), ("q", b""))))) == {"p-1/a", "q"}
    assert set(kept(write(tmp_path, tar_of(("p-1/a", b""), ("/q", b""))))) == {"p-1/a"}
    assert set(kept(write(tmp_path, zip_of(("p-1/", b""), ("p-1/a", b"")), "x.zip"))) == {"a"}
    assert set(kept(write(tmp_path, tar_of(("p-1/a", b""))), strip=False)) == {"p-1/a"}


def test_large_archive_is_unpacked_again_rather_than_held(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "_HELD_MAX_BYTES", 10)
    assert set(kept(write(tmp_path, gzip.compress(tar_of(("p/a", b"1"), ("p/b", b"2")))))) == {"a", "b"}


def test_mode_keeps_whether_the_owner_may_run_it(tmp_path: Path) -> None:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for name, mode in (("run", 0o755), ("read", 0o644), ("group", 0o654)):
            info = tarfile.TarInfo(name)
            info.mode = mode
            tar.addfile(info)
    rows = read(write(tmp_path, out.getvalue()))
    assert [oct(e.mode) for e, _ in rows] == ["0o100755", "0o100644", "0o100644"]


def test_resolve_names_units_and_refuses_what_is_no_archive(tmp_path: Path) -> None:
    good = write(tmp_path, gzip.compress(tar_of(("a", b"1"))), "thing-1.0.tar.gz")
    write(tmp_path, b"", "empty.zip")
    write(tmp_path, b"text", "text.whl")
    first, second, third = sorted(units(tmp_path / "*"), key=lambda unit: unit.repo_name)
    assert isinstance(first, Refusal) and first.reason == "truncated_archive"
    assert isinstance(second, Refusal) and second.reason == "not_an_archive"
    assert isinstance(third, Unit) and third.repo_name == "thing-1.0"
    assert third.origin == good.as_uri()
    assert third.tree_key == "archive:" + hashlib.sha256(good.read_bytes()).hexdigest()
    source = ArchiveSource(kind="archive", paths=(str(good),))
    assert [e.path for e, _ in archive.stream(third, source)] == ["a"]
    good.write_bytes(gzip.compress(tar_of(("b", b"2"))))
    assert [e.refused for e, _ in archive.stream(third, source)] == ["changed_while_read"]


@pytest.mark.parametrize("path", ["missing.tar", "no-*.zip", "."])
def test_path_that_names_nothing(tmp_path: Path, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError):
        units(path)


def test_url_of_a_file_system_is_copied_once(tmp_path: Path) -> None:
    import fsspec

    data = tar_of(("a", b"1"))
    fsspec.filesystem("memory").pipe("/bucket/thing.tar", data)
    source = ArchiveSource(kind="archive", paths=("memory://bucket/*.tar",))
    (unit,) = archive.resolve(source, tmp_path)
    assert isinstance(unit, Unit) and unit.origin == "memory:///bucket/thing.tar"
    assert [e.path for e, _ in archive.stream(unit, source)] == ["a"]


NAMES = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=20)


@settings(max_examples=60)
@given(st.lists(st.tuples(NAMES, st.binary(max_size=1500)), max_size=6), st.data())
def test_damage_anywhere_never_raises_and_never_adds(
    members: list[tuple[str, bytes]], data: st.DataObject
) -> None:
    whole = tar_of(*members)
    at = data.draw(st.integers(0, len(whole) - 1))
    spoilt = bytearray(whole)
    spoilt[at] ^= data.draw(st.integers(1, 255))
    cut = data.draw(st.integers(0, len(whole)))
    for piece in (bytes(spoilt), whole[:cut]):
        found = list(archive.entries(archive_tar.members(Inflow(iter([piece]))), top=b""))
        assert len(found) <= 2 * len(members) + 4
    sound = [m.data for m in archive_tar.members(Inflow(iter([whole])))]
    assert sound == [data for name, data in members if not name.endswith("/")] or any(
        "/" in n for n, _ in members
    )


@settings(max_examples=60)
@given(st.data())
def test_damaged_zip_never_raises(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    whole = bytearray(zip_of(("a/b.txt", b"hello" * 50), ("c", b"there")))
    for _ in range(data.draw(st.integers(1, 4))):
        whole[data.draw(st.integers(4, len(whole) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.mktemp("z") / "x.zip"
    path.write_bytes(bytes(whole[: data.draw(st.integers(4, len(whole)))]))
    list(archive.read(path))
