import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.data.sources.git.repositories import make
from tilth.data.sources.git.contents import read_contents
from tilth.data.sources.git.layout import find
from tilth.data.sources.git.pack_reader import PackReader, apply_delta
from tilth.data.sources.git.packs import places
from tilth.store.swhid import content_id

VERSIONS = [b"".join(b"line %d\n" % n for n in range(400) if n % (k + 2)) for k in range(30)]


def number(value: int) -> bytes:
    digits = [value >> shift & 127 for shift in range(0, max(value.bit_length(), 1), 7)]
    return bytes([digit | 128 for digit in digits[:-1]] + digits[-1:])


@pytest.mark.parametrize(
    "delta",
    [
        b"",
        b"\x80",
        number(3) + number(0),
        number(4) + number(1) + b"\x00",
        number(4) + number(1) + b"\x80",
        number(4) + number(2) + b"\x01x",
        number(4) + number(9) + b"\x05xy",
        number(4) + number(1) + b"\x91",
        number(4) + number(1 << 40) + b"\x01x",
    ],
)
def test_deltas_that_are_wrong(delta: bytes) -> None:
    with pytest.raises((ValueError, IndexError)):
        apply_delta(b"base", delta)


def test_a_small_delta_cannot_ask_for_gigabytes() -> None:
    base = bytes(2**20)
    with pytest.raises(ValueError):
        apply_delta(base, number(len(base)) + number(10) + b"\xf0\xff\xff\x0f" * 100_000)


@given(st.binary(min_size=1, max_size=300), st.randoms(use_true_random=False))
def test_copies_and_insertions(base: bytes, chance: random.Random) -> None:
    wanted, body = b"", b""
    for _ in range(chance.randrange(6)):
        if chance.random() < 0.5:
            start = chance.randrange(len(base))
            length = chance.randrange(1, len(base) - start + 1)
            body += b"\xb3" + start.to_bytes(2, "little") + length.to_bytes(2, "little")
            wanted += base[start : start + length]
        else:
            new = chance.randbytes(chance.randrange(1, 128))
            body += bytes([len(new)]) + new
            wanted += new
    assert apply_delta(base, number(len(base)) + number(len(wanted)) + body) == wanted


def test_a_copy_of_length_zero_is_64_kib() -> None:
    base = bytes(range(256)) * 300
    assert apply_delta(base, number(len(base)) + number(0x10000) + b"\x80") == base[:0x10000]


@given(st.binary(max_size=80), st.binary(max_size=80))
def test_no_bytes_break_it(base: bytes, delta: bytes) -> None:
    try:
        apply_delta(base, number(len(base)) + delta)
    except (ValueError, IndexError):
        pass


@pytest.mark.parametrize("offsets", ["true", "false"])
def test_chains_of_deltas(tmp_path: Path, offsets: str) -> None:
    made = make(tmp_path / "a")
    made.commit({b"%d" % n: data for n, data in enumerate(VERSIONS)})
    made.git("config", "repack.useDeltaBaseOffset", offsets)
    pack = made.pack()
    chains = made.git("verify-pack", "-v", str(pack.with_suffix(".idx")))
    assert "chain length = 2" in chains
    ids = [content_id(data) for data in VERSIONS]
    # Deltas that name their base by id are left to git: either way every content arrives.
    assert {name: data for name, data, _ in read_contents(made.path, ids)} == dict(
        zip(ids, VERSIONS, strict=True)
    )
    found = places(find(made.path), ids)
    with PackReader(str(pack)) as reader:
        read = [reader.read(offset) for offset in found.offset.tolist()]
    assert (None in read) is (offsets == "false")
    assert all(data is None or data == wanted for data, wanted in zip(read, VERSIONS, strict=True))


def test_every_byte_of_a_pack_may_be_wrong(tmp_path: Path) -> None:
    made = make(tmp_path / "a")
    made.commit({b"%d" % n: data for n, data in enumerate(VERSIONS[:6])})
    pack = made.pack()
    found = places(find(made.path), [content_id(data) for data in VERSIONS[:6]])
    whole = pack.read_bytes()
    broken = tmp_path / "broken.pack"
    for at in range(12, len(whole), 5):
        broken.write_bytes(whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :])
        with PackReader(str(broken)) as reader:
            for offset in [*found.offset.tolist(), len(whole), 2**40]:
                reader.read(offset)
