import numpy as np
import pytest

from tilth.data.facts.batch import Batch


def test_lists_of_different_length_are_refused() -> None:
    with pytest.raises(ValueError, match="2 ids, 1 names and 1 contents"):
        Batch.of(["a", "b"], ["x"], [b""])


def test_no_documents() -> None:
    batch = Batch.of([], [], [])
    assert len(batch) == 0 and batch.joined.tolist() == [] and batch.starts.tolist() == [0]


def test_documents_lie_back_to_back() -> None:
    raw = [b"one\n", b"\0binary", b"", "é".encode("cp1252"), b"\xef\xbb\xbftwo"]
    batch = Batch.of(list("abcde"), ["1.py"] * 5, raw)
    assert batch.encodings == ["utf-8", None, "utf-8", "cp1252", "utf-8-sig"]
    assert batch.utf8 == [b"one\n", b"", b"", "é".encode(), b"two"]
    assert batch.utf8[0] is raw[0]
    assert batch.starts.tolist() == [0, 4, 4, 4, 6, 9]
    assert batch.joined.tobytes() == b"one\n\xc3\xa9two"
    assert batch.joined.dtype == np.uint8 and batch.starts.dtype == np.int64
    assert not batch.joined.flags.writeable and not batch.starts.flags.writeable
