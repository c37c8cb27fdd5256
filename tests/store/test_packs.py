from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tilth.store.packs import PackReader, PackWriter, index_files, sweep


def write(path: Path, contents: dict[str, bytes]) -> None:
    with PackWriter(path) as pack:
        for content_id, data in contents.items():
            pack.add(content_id, data)


def read(folder: Path) -> dict[str, bytes]:
    found = {}
    with PackReader(folder, open_max=2) as packs:
        for index in index_files(folder):
            for row in pq.read_table(index).to_pylist():
                place = (index.stem, row["offset"], row["packed_bytes"], row["length_bytes"])
                found[row["content_id"]] = packs.read(*place)
    return found


def test_block_that_fails_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="broken"), PackWriter(tmp_path / "one.pack") as pack:
        pack.add("a", b"data")
        raise ValueError("broken")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("harm", [b"", b"\0" * 10_000, b"\xff" * 10_000])
def test_damage_is_an_os_error_that_names_the_pack(tmp_path: Path, harm: bytes) -> None:
    write(tmp_path / "one.pack", {"a": bytes(range(256)) * 9})
    (tmp_path / "one.pack").write_bytes(harm)
    with pytest.raises(OSError, match=r"one\.pack"):
        read(tmp_path)


def test_pack_that_is_gone(tmp_path: Path) -> None:
    with PackReader(tmp_path) as packs, pytest.raises(OSError, match="gone"):
        packs.read("gone", 0, 1, 1)


def test_index_without_its_pack_does_not_count(tmp_path: Path) -> None:
    write(tmp_path / "one.pack", {"a": b"1"})
    write(tmp_path / "two.pack", {"b": b"2"})
    (tmp_path / "one.pack").unlink()
    assert [path.name for path in index_files(tmp_path)] == ["two.parquet"]
    assert list(index_files(tmp_path / "absent")) == []


def test_pack_without_its_index_is_swept(tmp_path: Path) -> None:
    write(tmp_path / "one.pack", {"a": b"1"})
    (tmp_path / "two.pack").write_bytes(b"left by a kill")
    sweep(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one.pack", "one.parquet"]


def test_content_added_twice_is_there_once(tmp_path: Path) -> None:
    with PackWriter(tmp_path / "one.pack") as pack:
        pack.add("a", b"same")
        pack.add("a", b"same")
    assert pq.read_metadata(tmp_path / "one.parquet").num_rows == 1


def test_more_packs_than_may_be_open(tmp_path: Path) -> None:
    contents = {f"{number:02d}": bytes([number]) * number for number in range(9)}
    for content_id, data in contents.items():
        write(tmp_path / f"{content_id}.pack", {content_id: data})
    assert read(tmp_path) == contents


def test_empty_pack_can_be_read(tmp_path: Path) -> None:
    write(tmp_path / "none.pack", {})
    assert read(tmp_path) == {}


@settings(deadline=None)
@given(st.dictionaries(st.text("0123456789abcdef", min_size=1), st.binary(max_size=300)))
def test_what_goes_in_comes_out(contents: dict[str, bytes]) -> None:
    with TemporaryDirectory() as folder:
        write(Path(folder) / "one.pack", contents)
        assert read(Path(folder)) == contents
