from pathlib import Path

import pyarrow as pa
import pytest

from tilth.store.lots import LotWriter, read_lot

SCHEMA = pa.schema([("n", pa.int64()), ("text", pa.string())])


def lot(*numbers: int) -> pa.Table:
    return pa.table([list(numbers), [str(number) for number in numbers]], schema=SCHEMA)


def test_each_lot_is_read_alone(tmp_path: Path) -> None:
    path = tmp_path / "needs.lots"
    with LotWriter(path, SCHEMA) as lots:
        numbers = [lots.add(pa.concat_tables([lot(1), lot(2, 3)])), lots.add(lot(4))]
        assert not path.exists()
    assert numbers == [0, 1]
    assert read_lot(str(path), 1) == lot(4)
    assert read_lot(str(path), 0).to_pylist() == lot(1, 2, 3).to_pylist()


def test_slice_is_written_without_what_is_around_it(tmp_path: Path) -> None:
    path = tmp_path / "needs.lots"
    with LotWriter(path, SCHEMA) as lots:
        lots.add(lot(1, 2, 3, 4).slice(1, 2))
    assert read_lot(str(path), 0).to_pylist() == lot(2, 3).to_pylist()


def test_no_lots_at_all(tmp_path: Path) -> None:
    with LotWriter(tmp_path / "none.lots", SCHEMA):
        pass
    assert (tmp_path / "none.lots").exists()


def test_block_that_fails_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="broken"), LotWriter(tmp_path / "x.lots", SCHEMA) as lots:
        lots.add(lot(1))
        raise ValueError("broken")
    assert list(tmp_path.iterdir()) == []
