from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tilth.data.facts.classifier.features import HEAD_BYTES, feature_hashes
from tilth.data.facts.classifier.model import TABLE, Classifier, classifier, load, save
from tilth.data.facts.classifier.train import train
from tilth.data.facts.tables.languages import language_table

PYTHON = [b"def f%d(self):\n    return self.a[%d]\n" % (i, i) for i in range(4)]
C = [b"int f%d(struct a *b)\n{\n\treturn b->c[%d];\n}\n" % (i, i) for i in range(4)]
LISP = [b"(define (f%d x)\n  (car (cdr x)))\n" % i for i in range(2)]
PINNED = [992022775, 3201572576, 2017364816, 3818776665]
TEXTS = [("Python", t) for t in PYTHON] + [("C", t) for t in C] + [("Scheme", t) for t in LISP]


@given(st.binary(max_size=600))
def test_any_bytes_have_features_and_scores(text: bytes) -> None:
    assert len(feature_hashes(text)) <= 5 * len(text) + 5
    assert np.isfinite(classifier().scores(text)).all()


def test_nothing_is_known_of_an_empty_text() -> None:
    assert len(feature_hashes(b"")) == 0
    assert classifier().guess(b"") is None
    assert classifier().guess(b"x = 1\n", []) is None
    assert classifier().guess(b"x = 1\n", ["A language of no sample"]) is None


def test_only_the_head_counts() -> None:
    head = (b"word " * HEAD_BYTES)[:HEAD_BYTES]
    assert np.array_equal(feature_hashes(head), feature_hashes(head + b"\nother words\n"))


def test_numbers_white_space_and_line_ends_change_nothing() -> None:
    one = feature_hashes(b"a = 1\nb  =\t22\n")
    assert np.array_equal(one, feature_hashes(b"a=345\r\n\r\n  b=6\n"))
    assert not np.array_equal(one, feature_hashes(b"a = x\nb = 22\n"))


def test_hashes_are_the_same_on_every_machine() -> None:
    assert feature_hashes(b"if (a) { b = 1; }\n")[:4].tolist() == PINNED


def test_what_is_learnt_is_known_again_and_carries_over() -> None:
    model = Classifier.of(train(TEXTS))
    for language, text in TEXTS:
        guess = model.guess(text)
        assert guess is not None and guess.language == language
    unseen = model.guess(b"def other(self):\n    return self.b[7]\n")
    assert unseen is not None and unseen.language == "Python" and unseen.margin > 0
    among = model.guess(PYTHON[0], ["C", "Scheme"])
    assert among is not None and among.language in ("C", "Scheme")


def test_fewer_weights_are_kept_when_asked() -> None:
    assert len(train(TEXTS, kept=40).codes) <= 40 < len(train(TEXTS).codes)


def test_weights_are_read_back_as_written(tmp_path: Path) -> None:
    weights = train(TEXTS)
    save(weights, tmp_path / "w.npz", {"source": "a test"})
    found = load(tmp_path / "w.npz")
    assert found.languages == weights.languages
    for name in ("hashes", "icf", "counts", "owners", "codes"):
        assert np.array_equal(getattr(found, name), getattr(weights, name))


def test_the_table_that_ships_is_small_and_names_only_languages_of_linguist() -> None:
    weights = load(TABLE)
    assert set(weights.languages) <= set(language_table().types)
    assert len(weights.languages) > 750
    assert TABLE.stat().st_size < 5 << 20
    assert int(weights.counts.sum()) == len(weights.codes) == len(weights.owners)
    assert (np.diff(weights.hashes.astype(np.int64)) > 0).all()


@pytest.mark.parametrize(
    ("text", "language"),
    [
        (b'#include <stdio.h>\n\nint main(void)\n{\n\tprintf("a\\n");\n\treturn 0;\n}\n', "C"),
        (b"<?php\nnamespace A;\n\nclass B {\n    public $c;\n}\n", "PHP"),
        (b'package main\n\nimport "fmt"\n\nfunc main() {\n\tfmt.Println(1)\n}\n', "Go"),
    ],
)
def test_plain_texts(text: bytes, language: str) -> None:
    guess = classifier().guess(text)
    assert guess is not None and guess.language == language
