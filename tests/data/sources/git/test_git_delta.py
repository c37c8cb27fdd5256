import random
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tilth.data.sources.git.delta import apply_delta, follow
from tilth.data.sources.git.delta_kernel import follow_compiled

Follow = Callable[[bytes, bytes, int, int], bytes]


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
    assert follow(base, body, 0, len(wanted)) == follow_compiled(base, body, 0, len(wanted)) == wanted


def test_a_copy_of_length_zero_is_64_kib() -> None:
    base = bytes(range(256)) * 300
    assert apply_delta(base, number(len(base)) + number(0x10000) + b"\x80") == base[:0x10000]


@given(st.binary(max_size=80), st.binary(max_size=80))
def test_no_bytes_break_it(base: bytes, delta: bytes) -> None:
    try:
        apply_delta(base, number(len(base)) + delta)
    except (ValueError, IndexError):
        pass


def outcome(function: Follow, base: bytes, delta: bytes, size: int) -> bytes | None:
    try:
        return function(base, delta, 0, size)
    except (ValueError, IndexError):
        return None


instructions = st.one_of(
    st.binary(min_size=1, max_size=8),
    st.integers(1, 127).flatmap(
        lambda n: st.binary(min_size=n, max_size=n).map(lambda new: bytes([n]) + new)
    ),
    st.tuples(st.integers(0, 400), st.integers(0, 200)).map(
        lambda copy: b"\xb3" + copy[0].to_bytes(2, "little") + copy[1].to_bytes(2, "little")
    ),
    st.integers(0, 255).map(lambda start: bytes([0x91, start, 70])),
)


@given(
    st.binary(min_size=200, max_size=500),
    st.lists(instructions, max_size=12).map(b"".join),
    st.integers(0, 600),
)
def test_compiled_code_says_what_python_says(base: bytes, delta: bytes, size: int) -> None:
    assert outcome(follow_compiled, base, delta, size) == outcome(follow, base, delta, size)


@pytest.mark.parametrize("length", [1, 15, 16, 17, 63, 64, 65, 127])
@pytest.mark.parametrize("behind", [0, 1, 63, 64])
def test_pieces_of_every_length_at_either_end(length: int, behind: int) -> None:
    base = bytes(random.Random(length).randbytes(300))
    start = len(base) - length - behind
    copy = b"\xb3" + start.to_bytes(2, "little") + length.to_bytes(2, "little")
    delta = bytes([length]) + base[:length] + copy + bytes([behind]) * bool(behind) + b"z" * behind
    wanted = base[:length] + base[start : start + length] + b"z" * behind
    assert follow_compiled(base, delta, 0, len(wanted)) == wanted == follow(base, delta, 0, len(wanted))


def test_a_long_delta_is_followed_by_compiled_code() -> None:
    base = bytes(range(200))
    delta = b"".join(bytes([0x91, start, 100]) for start in range(100)) + b"\x02xy"
    wanted = b"".join(base[start : start + 100] for start in range(100)) + b"xy"
    whole = number(len(base)) + number(len(wanted)) + delta
    assert len(whole) > 256
    assert apply_delta(base, whole) == wanted
    for wrong in (whole[:-1], whole[:-3] + b"\x00", number(201) + whole[2:]):
        with pytest.raises((ValueError, IndexError)):
            apply_delta(base, wrong)
