"""The drawings: well-formed, escaped, to scale, and told in words too."""

import re
from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as some

from tilth.report.svg import MAIN_HEIGHT, REASONS_MAX, FlowStage, bars, flow

SVG = "{http://www.w3.org/2000/svg}"


def nodes(drawing: str) -> list[ElementTree.Element]:
    return ElementTree.fromstring(drawing).findall(f".//{SVG}rect")


def words(drawing: str) -> list[str]:
    return ["".join(text.itertext()) for text in ElementTree.fromstring(drawing).findall(f".//{SVG}text")]


def test_nothing_at_all_can_be_drawn() -> None:
    assert "0 of 0 files kept" in flow(0, [], title="empty")
    assert "<svg" in bars([], title="empty")


def test_names_cannot_break_out() -> None:
    bad = '<script>alert("x")</script>&'
    for drawing in (flow(2, [FlowStage(bad, {bad: 1})], title=bad), bars([(bad, 1)], title=bad)):
        assert "<script" not in drawing
        ElementTree.fromstring(drawing)


def test_bands_are_to_scale() -> None:
    drawing = flow(100, [FlowStage("quality", {"a": 30, "b": 20})], title="t")
    heights = [float(node.get("height", "")) for node in nodes(drawing)]
    assert heights == [MAIN_HEIGHT, 0.3 * MAIN_HEIGHT, 0.2 * MAIN_HEIGHT, 0.5 * MAIN_HEIGHT]
    assert words(drawing)[:2] == ["all", "100 files"]
    assert "50 (50.0 %)" in words(drawing)


def test_a_stage_that_drops_nothing_is_left_out() -> None:
    assert "after repository" not in flow(
        4, [FlowStage("repository", {}), FlowStage("q", {"a": 1})], title="t"
    )


def test_the_smallest_of_many_reasons_become_one() -> None:
    drawing = flow(100, [FlowStage("q", {f"reason_{n}": n for n in range(1, 13)})], title="t")
    assert len(nodes(drawing)) == 2 + REASONS_MAX
    assert "3 more reasons 6" in words(drawing)
    assert "reason_1 1" in drawing, "what is not drawn is still told in the description"


def test_the_drawing_is_told_in_words() -> None:
    root = ElementTree.fromstring(flow(10, [FlowStage("read", {"binary": 4})], title="From all to kept"))
    assert root.get("role") == "img"
    assert root.findtext(f"{SVG}title") == "From all to kept"
    assert root.findtext(f"{SVG}desc") == "6 of 10 files kept (60.0 %). read: binary 4"


def test_bars_have_value_and_share() -> None:
    drawing = bars([("Python", 300), ("C", 100)], title="t")
    assert words(drawing) == ["Python", "300 (75.0 %)", "C", "100 (25.0 %)"]
    widths = [float(node.get("width", "")) for node in nodes(drawing)[1::2]]
    assert widths[0] == 3 * widths[1]


def test_a_long_label_is_cut_and_still_there() -> None:
    drawing = bars([("x" * 80, 1)], title="t")
    assert "…" in words(drawing)[0] and "x" * 80 in drawing


@given(
    some.lists(
        some.dictionaries(
            some.text(some.characters(codec="ascii", categories=("L",)), min_size=1), some.integers(1, 10**9)
        ),
        max_size=5,
    )
)
def test_whatever_is_dropped_lies_inside_the_drawing(drops: list[dict[str, int]]) -> None:
    total = sum(sum(reasons.values()) for reasons in drops) + 1
    stages = [FlowStage(f"stage{number}", reasons) for number, reasons in enumerate(drops)]
    drawing = flow(total, stages, title="t")
    width, height = map(int, re.findall(r'viewBox="0 0 (\d+) (\d+)"', drawing)[0])
    for node in nodes(drawing):
        x, y, high = (float(node.get(name, "")) for name in ("x", "y", "height"))
        assert 0 <= x <= width and 0 <= y and y + high <= height + 1
