"""The instructions of a delta, followed by compiled code."""

import numpy as np
import numpy.typing as npt

from tilth.data.facts.kernels import kernel, part

Bytes = npt.NDArray[np.uint8]

_READ_BYTES = "Array(uint8, 1, 'C', readonly=True)"
_SHORT, _WORD = 64, 16


def follow_compiled(base: bytes, delta: bytes, at: int, size: int) -> bytes:
    """What `delta.follow` gives, eight times as fast.

    Raises:
        ValueError: The instructions do not make `size` bytes, or are none that git knows, or end too early.
    """
    content = np.empty(size, dtype=np.uint8)
    whole = _follow(np.frombuffer(base, dtype=np.uint8), np.frombuffer(delta, dtype=np.uint8), at, content)
    if not whole:
        raise ValueError("not the content that the delta states")
    return content.tobytes()


@part
def _field(delta: Bytes, at: int, bits: int, num_bits: int) -> tuple[int, int]:
    """Number whose bytes, low ones first, are there for each bit that is set; and what follows it, -1 past the end."""
    number = 0
    for byte in range(num_bits):
        if bits >> byte & 1:
            if at >= len(delta):
                return 0, -1
            number |= int(delta[at]) << 8 * byte
            at += 1
    return number, at


@part
def _piece(content: Bytes, made: int, source: Bytes, start: int, length: int) -> None:
    """Copy a piece. Most are short: whole words are faster, and what they write too much is overwritten."""
    if length > _SHORT or start + _SHORT > len(source) or made + _SHORT > len(content):
        content[made : made + length] = source[start : start + length]
        return
    for at in range(0, length, _WORD):
        for byte in range(_WORD):
            content[made + at + byte] = source[start + at + byte]


@kernel(f"boolean({_READ_BYTES}, {_READ_BYTES}, int64, uint8[::1])")
def _follow(base: Bytes, delta: Bytes, at: int, content: Bytes) -> bool:
    """Fill `content`; whether the instructions from `at` on fill it exactly."""
    made = 0
    while at < len(delta):
        code = int(delta[at])
        source, start, length = delta, at + 1, code
        at += 1 + code
        if code & 128:
            start, behind = _field(delta, at - code, code & 15, 4)
            length, at = _field(delta, behind, code >> 4 & 7, 3)
            source, length = base, length or 0x10000
        if length == 0 or at < 0 or start + length > len(source) or length > len(content) - made:
            return False
        _piece(content, made, source, start, length)
        made += length
    return made == len(content)
