"""Documents with very many values."""

import numpy as np

from tests.data.facts.secrets.made import github_token, private_key, some
from tilth.data.facts import secrets
from tilth.data.facts.batch import Batch
from tilth.data.facts.secrets import crowds


def found(text: str) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = secrets.compute(Batch.of([""], ["settings.py"], [text.encode()]))[
        "secrets"
    ].to_pylist()[0]
    return rows


def test_every_password_of_a_long_list_is_told() -> None:
    count = 3 * crowds.ALLOWED
    lines = [f'db_password_{at} = "{some(14, seed=at)}"' for at in range(count)]
    text = "\n".join(lines)
    told = {text.count("\n", 0, int(str(one["start"]))) for one in found(text)}
    assert len(told) >= 0.99 * count


def test_one_among_very_many_others_is_told() -> None:
    crowd = 'password = "changeme"\n' * 3_000
    value = some(24, seed=5)
    text = f'{crowd}aws_secret_password = "{value}"\nTOKEN = "{github_token()}"\n{crowd}'
    told = {text[int(str(one["start"])) : int(str(one["end"]))] for one in found(text)}
    assert {value, github_token()} <= told


def test_one_among_ten_thousand_unlike_others_is_told() -> None:
    names = [some(9, seed=at) for at in range(10_000)]
    crowd = [f'key_{name} = "{name.lower()[: 4 + at % 5]}"' for at, name in enumerate(names)]
    value = some(24, seed=5)
    crowd.insert(5_000, f'aws_secret_password = "{value}"')
    text = "\n".join(crowd)
    assert value in {text[int(str(one["start"])) : int(str(one["end"]))] for one in found(text)}


def test_what_is_not_measured_is_told_as_that() -> None:
    lines = [f'key_{some(9, seed=at)} = "{some(20 + at % 9, seed=at)}"' for at in range(4_000)]
    text = "\n".join(lines)
    rows = found(text)
    assert len(rows) >= 0.95 * len(lines)
    assert {row["how"] for row in rows} >= {"context", "unmeasured"}
    assert {round(float(str(row["confidence"])), 4) for row in rows if row["how"] == "unmeasured"} == {0.2}


def test_no_ordinary_document_shares_anything() -> None:
    documents = np.zeros(crowds.ALLOWED, np.int64)
    batch = Batch.of([""], ["a"], [b"x" * 10])
    places = np.zeros((len(documents), 5), np.int64)
    like = crowds.shared(
        batch.joined, crowds.Allowance.of(batch.starts), documents, np.zeros(len(documents), np.int64), places
    )
    assert like.own.tolist() == like.likes.tolist() == list(range(crowds.ALLOWED))


def test_what_is_alike_shares_and_each_likeness_has_one() -> None:
    text = b'a1="xy" a2="zw" ' * 400 + b'b="Q9"'
    batch = Batch.of([""], ["a"], [text])
    count = 801
    places = np.array([(8 * at, 8 * at + 2, 8 * at + 4, 8 * at + 6, 34) for at in range(800)])
    places = np.vstack([places, [(6400, 6401, 6403, 6405, 34)]])
    none = np.zeros(count, np.int64)
    like = crowds.shared(batch.joined, crowds.Allowance.of(batch.starts), none, none, places)
    own, likes = like.own, like.likes
    assert (own >= 0).sum() == crowds.ALLOWED + len(text) // crowds.BYTES_PER_VALUE
    assert own[800] >= 0 and likes[800] == own[800]
    assert set(likes[:800].tolist()) == {0}


def test_the_parts_of_a_file_have_one_allowance() -> None:
    starts = np.arange(0, 10 * 501, 10)
    allowance = crowds.Allowance(np.arange(500) // 250, np.array([20, 300]))
    none, places = np.zeros(500, np.int64), np.tile(starts[:500, None], 5)
    like = crowds.shared(np.zeros(5_010, np.uint8), allowance, np.arange(500), none, places)
    assert [(like.own[:250] >= 0).sum(), (like.own[250:] >= 0).sum()] == [20, 250]


def test_tokens_of_a_crowd_are_as_sure_as_those_like_them() -> None:
    junk = "eyJhbGciOiJIUzI1NiJ9" + "."
    text = "".join(f"{junk}x{at}{'y' * (20 + at % 3)} " for at in range(3_000)) + github_token()
    rows = found(text)
    assert github_token() in {text[int(str(one["start"])) : int(str(one["end"]))] for one in rows}
    assert len(rows) > 3_000
    assert {one["how"] for one in rows} >= {"checksum", "unmeasured"}


def test_of_very_many_private_keys_none_stays() -> None:
    text = "\n\n".join(private_key() for _ in range(2_000))
    spans = [(int(str(one["start"])), int(str(one["end"]))) for one in found(text)]
    covered = np.zeros(len(text), bool)
    for start, end in spans:
        covered[start:end] = True
    assert "".join(np.array([*text])[~covered]).strip() == ""
