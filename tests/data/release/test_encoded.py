import pytest
from hypothesis import given
from hypothesis import strategies as st

from tilth.data.facts.encoding import decode
from tilth.data.release.encoded import may_differ, originals


@given(
    st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\0"), min_size=1),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-32", "gb18030", "utf-16-be", "utf-16-le"]),
)
def test_text_comes_back_as_its_bytes(text: str, encoding: str) -> None:
    assert text.encode(encoding) in originals(text, encoding)
    assert not may_differ(text, encoding)


@given(st.binary(max_size=60).map(lambda tail: b"# \xe9t\xe9 et caf\xe9\n" * 3 + tail))
def test_whatever_is_read_comes_back(raw: bytes) -> None:
    encoding, text = decode(raw)
    if encoding is not None:
        assert raw in originals(text.decode(), encoding) or may_differ(text.decode(), encoding)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32"])
def test_both_orders_of_bytes(encoding: str) -> None:
    raw = "\ufeffa é".encode(f"{encoding}-be")
    assert raw in originals(raw.decode(encoding), encoding)


@pytest.mark.parametrize(
    ("encoding", "raw"), [("cp932", b"\x87\x90"), ("cp950", b"\xa2\xcc"), ("euc_jp", b"\x8f\xa2\xb7")]
)
def test_characters_with_two_forms(encoding: str, raw: bytes) -> None:
    assert may_differ("x" + raw.decode(encoding), encoding)
    assert not may_differ("plain", encoding)


@pytest.mark.parametrize("encoding", ["cp1252", "koi8-r", "no-such-codec"])
def test_text_that_an_encoding_cannot_write(encoding: str) -> None:
    assert list(originals("这", encoding)) == []
