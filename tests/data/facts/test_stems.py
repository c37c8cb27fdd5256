"""What spares texts the searches one by one must never hide anything from them."""

from hypothesis import given, settings
from hypothesis import strategies as st

from tilth.data.facts.batch import Batch
from tilth.data.facts.generated import generated
from tilth.data.facts.modeline import modeline_language
from tilth.data.facts.stems import MODELINE, SIGNATURE, stems_of

PIECES = [
    *(b"-*-", b" C ", b"vim: ", b"ft=c", b"filetype=c", b"set syntax=c:"),
    *(b"\n", b"x" * 250, b"Generat", b"GENERATED", b"do not edit"),
]


@settings(deadline=None)  # the first call compiles
@given(st.lists(st.lists(st.sampled_from(PIECES), max_size=14).map(b"".join), min_size=1, max_size=4))
def test_a_stem_stands_wherever_something_is_found(texts: list[bytes]) -> None:
    batch = Batch.of([str(i) for i in range(len(texts))], ["a"] * len(texts), texts)
    for text, stems in zip(texts, stems_of(batch), strict=True):
        assert bool(stems & SIGNATURE) == (b"generat" in text[:2048].lower())
        assert stems & MODELINE or modeline_language(text) is None
        assert stems & SIGNATURE or generated("a", text) is None


def test_no_text_looks_into_the_next() -> None:
    texts = [b"// gene", b"rated\n-*", b"- C -*-", b"", b"f", b"t=c"]
    batch = Batch.of([str(i) for i in range(len(texts))], ["a"] * len(texts), texts)
    assert stems_of(batch) == [0, 0, MODELINE, 0, 0, 0]
