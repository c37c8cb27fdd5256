"""Small drawings as SVG text, without any library: a flow from all to what was kept, and horizontal bars.

Each drawing has a title and a description for readers that do not see it, follows the reader's light or dark scheme,
and takes its colours from Okabe and Ito's palette (jfly.uni-koeln.de/color, 2008), which colour-blind readers can tell
apart.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape

from tilth.report.numbers import count, percent

PALETTE = ("#e69f00", "#cc79a7", "#d55e00", "#56b4e9", "#f0e442", "#999999")
KEPT = "#009e73"

WIDTH = 960
MAIN_HEIGHT = 190
"""Height of the band of all files."""
LEFT, RIGHT, TOP = 4, 150, 40
NODE_WIDTH = 6
SLOT = 17
"""Least room for a reason, so that its label can be read."""
GAP = 12
REASONS_MAX = 10
"""Reasons drawn for a stage; the smallest of more are drawn as one."""

BAR_HEIGHT, BAR_PITCH = 13, 19
LABEL_WIDTH, VALUE_WIDTH = 240, 150

STYLE = (
    ".t-text{font:12px system-ui,sans-serif;fill:#1f2328}.t-dim{fill:#59636e}.t-strong{font-weight:600}"
    ".t-band{fill-opacity:.45}.t-rail{fill:#eaeef2}"
    "@media (prefers-color-scheme:dark){.t-text{fill:#e6edf3}.t-dim{fill:#9198a1}.t-rail{fill:#262c36}}"
)


@dataclass(frozen=True, slots=True)
class FlowStage:
    """One stage of a flow: its name, and how many left there for each reason."""

    name: str
    dropped: Mapping[str, int]


def flow(total: int, stages: Sequence[FlowStage], *, title: str, unit: str = "files") -> str:
    """A Sankey diagram from all to what was kept: one band that gets thinner, a branch for each reason.

    Args:
        total: What comes in.
        stages: In their order; one that drops nothing is left out of the drawing.
        title: For the drawing's name.
        unit: What is counted.
    """
    shown = [stage for stage in stages if sum(stage.dropped.values())]
    step = (WIDTH - LEFT - RIGHT - NODE_WIDTH) / max(len(shown), 1)
    remaining = total
    # Later stages branch to higher places, so that no branch crosses the labels of an earlier one.
    bottom = TOP + MAIN_HEIGHT + GAP + sum(_block_height(stage, total) + GAP for stage in shown)
    below = bottom
    parts: list[str] = [_node(LEFT, TOP, _scaled(total, total), "#0072b2")]
    parts.append(
        _text(LEFT, TOP - 22, "all", "t-strong") + _text(LEFT, TOP - 8, f"{count(total)} {unit}", "t-dim")
    )
    for number, stage in enumerate(shown):
        x = LEFT + number * step
        below -= _block_height(stage, total) + GAP
        parts += _branches(stage, number, remaining, total, (x, x + step), below)
        remaining -= sum(stage.dropped.values())
        parts += _after(stage.name, remaining, total, (x, x + step), is_last=number == len(shown) - 1)
    kept = f"{count(remaining)} of {count(total)} {unit} kept ({percent(remaining, total)})"
    reasons = [f"{stage.name}: {reason} {count(n)}" for stage in shown for reason, n in stage.dropped.items()]
    return _drawing(WIDTH, int(bottom) + 4, title, f"{kept}. {'; '.join(reasons)}", parts)


def bars(rows: Sequence[tuple[str, float]], *, title: str, shown: Callable[[float], str] = count) -> str:
    """Horizontal bars, in the order given, with the share of the sum.

    Args:
        rows: Label and value.
        title: For the drawing's name.
        shown: A value as text.
    """
    whole = sum(value for _, value in rows)
    longest = max((value for _, value in rows), default=0) or 1
    room = WIDTH - LABEL_WIDTH - VALUE_WIDTH
    parts = []
    for at, (label, value) in enumerate(rows):
        y = at * BAR_PITCH + 4
        width = max(room * value / longest, 1.0)
        text = f"{shown(value)} ({percent(value, whole)})"
        parts.append(
            f"<g><title>{escape(label)}: {escape(text)}</title>"
            + _text(LABEL_WIDTH - 8, y + 11, _clipped(label, 30), anchor="end")
            + f'<rect class="t-rail" x="{LABEL_WIDTH}" y="{y}" width="{room}" height="{BAR_HEIGHT}" rx="2"/>'
            + f'<rect x="{LABEL_WIDTH}" y="{y}" width="{width:.1f}" height="{BAR_HEIGHT}" rx="2" fill="#0072b2"/>'
            + _text(LABEL_WIDTH + room + 8, y + 11, text, "t-dim")
            + "</g>"
        )
    told = "; ".join(f"{label}: {shown(value)}" for label, value in rows)
    return _drawing(WIDTH, len(rows) * BAR_PITCH + 8, title, told, parts)


def _scaled(number: float, total: int) -> float:
    return MAIN_HEIGHT * number / max(total, 1)


def _ordered(stage: FlowStage) -> list[tuple[str, int]]:
    """Reasons from the largest on; the smallest of many become one."""
    rows = sorted(stage.dropped.items(), key=lambda row: (-row[1], row[0]))
    if len(rows) <= REASONS_MAX:
        return rows
    rest = rows[REASONS_MAX - 1 :]
    return [*rows[: REASONS_MAX - 1], (f"{len(rest)} more reasons", sum(number for _, number in rest))]


def _block_height(stage: FlowStage, total: int) -> float:
    return sum(max(_scaled(number, total) + 3, SLOT) for _, number in _ordered(stage))


def _branches(
    stage: FlowStage, number: int, remaining: int, total: int, between: tuple[float, float], below: float
) -> list[str]:
    """The bands of one stage's reasons, from the main band down to their labels."""
    colour = PALETTE[number % len(PALETTE)]
    start, end = between
    # The branches leave at the lower edge of the main band; the lowest goes to the lowest place.
    source = TOP + _scaled(remaining - sum(stage.dropped.values()), total)
    parts = []
    for reason, dropped in _ordered(stage):
        height = _scaled(dropped, total)
        drawn = max(height, 1.0)
        told = f"{stage.name}: {reason}, {count(dropped)} ({percent(dropped, total)} of all)"
        parts.append(
            f"<g><title>{escape(told)}</title>"
            + _band((start + NODE_WIDTH, source), (end, below), drawn, colour)
            + _node(end, below, drawn, colour)
            + _text(end + NODE_WIDTH + 4, below + max(drawn / 2, 4) + 4, reason, dim=f" {count(dropped)}")
            + "</g>"
        )
        source += height
        below += max(height + 3, SLOT)
    return parts


def _after(
    name: str, remaining: int, total: int, between: tuple[float, float], *, is_last: bool
) -> list[str]:
    """The main band after a stage, and its node."""
    start, end = between
    height = max(_scaled(remaining, total), 1.0)
    colour = KEPT if is_last else "#0072b2"
    label = "kept" if is_last else f"after {name}"
    text = f"{count(remaining)} ({percent(remaining, total)})" if is_last else count(remaining)
    return [
        _band((start + NODE_WIDTH, TOP), (end, TOP), height, colour),
        _node(end, TOP, height, colour),
        _text(end, TOP - 22, label, "t-strong"),
        _text(end, TOP - 8, text, "t-dim"),
    ]


def _band(source: tuple[float, float], target: tuple[float, float], height: float, colour: str) -> str:
    (x0, y0), (x1, y1) = source, target
    middle = (x0 + x1) / 2
    path = (
        f"M{x0:.1f} {y0:.1f}C{middle:.1f} {y0:.1f} {middle:.1f} {y1:.1f} {x1:.1f} {y1:.1f}"
        f"V{y1 + height:.1f}C{middle:.1f} {y1 + height:.1f} {middle:.1f} {y0 + height:.1f} {x0:.1f} {y0 + height:.1f}Z"
    )
    return f'<path class="t-band" d="{path}" fill="{colour}"/>'


def _node(x: float, y: float, height: float, colour: str) -> str:
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{NODE_WIDTH}" height="{height:.1f}" fill="{colour}"/>'


def _text(x: float, y: float, text: str, kind: str = "", *, anchor: str = "start", dim: str = "") -> str:
    more = f'<tspan class="t-dim">{escape(dim)}</tspan>' if dim else ""
    return f'<text class="t-text {kind}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}{more}</text>'


def _clipped(text: str, limit: int) -> str:
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def _drawing(width: int, height: int, title: str, told: str, parts: Sequence[str]) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" '
        f'aria-label="{escape(title)}"><title>{escape(title)}</title><desc>{escape(told)}</desc>'
        f"<style>{STYLE}</style>{''.join(parts)}</svg>"
    )
