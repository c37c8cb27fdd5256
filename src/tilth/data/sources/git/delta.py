"""Deltas as a pack holds them: instructions that make one content of another.

Source: git's gitformat-pack(5), "Deltified representation".
"""

from tilth.data.sources.limits import READ_MAX_BYTES

# Compiled code costs a few microseconds to enter, and half a second to import: a commit needs neither.
_SHORT_BYTES = 256


def apply_delta(base: bytes, delta: bytes) -> bytes:
    """Content that a delta makes of its base.

    Raises:
        ValueError: The delta does not fit the base, or makes more than `READ_MAX_BYTES`.
        IndexError: The delta ends inside an instruction.
    """
    base_size, at = _number(delta, 0)
    size, at = _number(delta, at)
    if base_size != len(base) or size > READ_MAX_BYTES:
        raise ValueError("the delta belongs to another base")
    if len(delta) <= _SHORT_BYTES:
        return follow(base, delta, at, size)
    from tilth.data.sources.git.delta_kernel import follow_compiled

    return follow_compiled(base, delta, at, size)


def follow(base: bytes, delta: bytes, at: int, size: int) -> bytes:
    """Follow the instructions of a delta from `at` on, which have to make `size` bytes.

    Raises:
        ValueError: They make another number of bytes, or one is none that git knows.
        IndexError: The delta ends inside one.
    """
    parts: list[bytes] = []
    made, end = 0, len(delta)
    while at < end:
        code = delta[at]
        at += 1
        if code & 128:
            start, length, at = _copy(delta, code, at)
            if start + length > len(base):
                raise ValueError("a copy from behind the end")
            parts.append(base[start : start + length])
            made += length
        elif code > end - at:
            raise ValueError("an insertion that is cut off")
        elif code:
            parts.append(delta[at : at + code])
            at += code
            made += code
        else:
            raise ValueError("an instruction that git reserves")
        if made > size:
            break  # a few bytes of delta could otherwise ask for gigabytes
    content = b"".join(parts)
    if len(content) != size:
        raise ValueError("not the size that the delta states")
    return content


def _copy(delta: bytes, code: int, at: int) -> tuple[int, int, int]:
    """Start and length of a copy from the base, and where the next instruction begins."""
    start = length = 0
    for bit, shift in ((1, 0), (2, 8), (4, 16), (8, 24)):
        if code & bit:
            start |= delta[at] << shift
            at += 1
    for bit, shift in ((16, 0), (32, 8), (64, 16)):
        if code & bit:
            length |= delta[at] << shift
            at += 1
    return start, length or 0x10000, at


def _number(delta: bytes, at: int) -> tuple[int, int]:
    number = shift = 0
    while True:
        byte = delta[at]
        at += 1
        number |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return number, at
