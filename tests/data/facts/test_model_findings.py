"""A model from a folder adds findings; a tiny one with random weights is enough to see where they lie."""

import sys
from pathlib import Path

import pytest

from tests.data.facts.tiny_labeller import tiny_labeller
from tilth.data.facts import model_findings
from tilth.data.facts.model_findings import WINDOW, Labeller, labeller
from tilth.data.redact_bytes import redact_bytes
from tilth.errors import UserError


def told(text: str) -> list[dict[str, object]]:
    """Stands for a pipeline: every `Ada` is a person."""
    places = [at for at in range(len(text)) if text.startswith("Ada", at)]
    return [{"entity_group": "PERSON", "score": 0.9, "start": at, "end": at + 3} for at in places]


def test_places_are_bytes_of_the_whole_text() -> None:
    text = ("é Ada\n" * WINDOW + "語Ada").encode()
    found = Labeller(told, "1").find(text)
    assert len(found) == WINDOW + 1
    assert {text[one.start : one.end] for one in found} == {b"Ada"}
    assert {(one.kind, one.how) for one in found} == {("name", "model")}


def test_nothing_in_nothing() -> None:
    assert Labeller(told, "1").find(b"") == []


def test_a_line_without_end_is_cut() -> None:
    assert model_findings._cuts("x" * (2 * WINDOW + 1)) == [0, WINDOW, 2 * WINDOW, 2 * WINDOW + 1]


def test_what_a_model_tells_is_redacted_at_its_confidence() -> None:
    made = redact_bytes(b"call Ada\n", "a.txt", {"name": 0.5}, model=Labeller(told, "1"))
    assert made.raw == b"call <NAME_1>\n"
    assert (
        redact_bytes(b"call Ada\n", "a.txt", {"name": 0.95}, model=Labeller(told, "1")).raw == b"call Ada\n"
    )


def test_without_the_package_it_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(UserError, match="transformers"):
        labeller("anything")


def test_a_real_model_of_random_weights(tmp_path: Path) -> None:
    folder = tiny_labeller(tmp_path / "model")
    text = ("é some words\n" * 60).encode()
    found = labeller(str(folder)).find(text)
    assert found
    assert all(0 <= one.start < one.end <= len(text) and one.kind == "name" for one in found)
    with pytest.raises(UserError, match="no token-classification model"):
        labeller(str(tmp_path / "none"))


def test_another_model_in_the_same_folder_is_another_version(tmp_path: Path) -> None:
    first = labeller(str(tiny_labeller(tmp_path / "model"))).version
    assert labeller(str(tmp_path / "model")).version == first
    assert labeller(str(tiny_labeller(tmp_path / "model", label="KEY"))).version != first
