"""Numbers for eyes: one convention everywhere. Sizes are decimal (1 GB is 10^9 bytes), thousands have commas."""

import math

_SIZES = ((10**15, "PB"), (10**12, "TB"), (10**9, "GB"), (10**6, "MB"), (10**3, "kB"))


def count(number: int | float) -> str:
    """A count: 1234567 -> `1,234,567`."""
    return f"{round(number):,}"


def size(num_bytes: int | float) -> str:
    """Bytes: 1536000 -> `1.54 MB`; three digits that matter."""
    for unit, name in _SIZES:
        # 999,999 bytes are 1.00 MB, not 1,000 kB.
        if abs(num_bytes) >= unit * 0.9995:
            return f"{_three_digits(num_bytes / unit)} {name}"
    return f"{round(num_bytes):,} B"


def duration(seconds: float | None) -> str:
    """Seconds: 0.42 -> `420 ms`, 75 -> `1 min 15 s`, 90000 -> `1 d 1 h`; None or endless -> `?`."""
    if seconds is None or not math.isfinite(seconds):
        return "?"
    if seconds < 0:
        return f"-{duration(-seconds)}"
    if seconds < 0.9995:
        return f"{round(seconds * 1000)} ms"
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return _pair(whole, 60, "min", "s")
    if whole < 86_370:
        return _pair(round(whole / 60), 60, "h", "min")
    return _pair(round(whole / 3600), 24, "d", "h")


def percent(part: float, whole: float) -> str:
    """Share: (1, 3) -> `33.3 %`; a share that is not zero is never written as zero, nor one below all as all."""
    if not whole:
        return "–"
    share = 100 * part / whole
    if 0 < share < 0.05:
        return "< 0.1 %"
    if 99.95 <= share < 100:
        return "> 99.9 %"
    return f"{share:.1f} %"


def rate(per_second: float, unit: str) -> str:
    """Speed: (2.5e8, "bytes") -> `250 MB/s`; (1234.5, "files") -> `1,234 files/s`."""
    if unit == "bytes":
        return f"{size(per_second)}/s"
    shown = f"{per_second:,.0f}" if per_second >= 10 else f"{per_second:.2g}"
    return f"{shown} {unit}/s"


def quantity(number: int | float, unit: str) -> str:
    """A count with its unit: bytes become a size."""
    return size(number) if unit == "bytes" else f"{count(number)} {unit}"


def _three_digits(number: float) -> str:
    magnitude = abs(number)
    return (
        f"{number:.2f}" if magnitude < 9.995 else f"{number:.1f}" if magnitude < 99.95 else f"{number:,.0f}"
    )


def _pair(whole: int, per: int, big: str, small: str) -> str:
    high, low = divmod(whole, per)
    return f"{high} {big} {low} {small}" if low else f"{high} {big}"
