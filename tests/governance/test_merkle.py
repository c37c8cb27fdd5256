"""RFC 6962: the roots and proofs of trees of a few leaves, by hand, and of any tree against its definition."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tilth.governance import merkle

LEAVES = [merkle.leaf_hash(bytes([number])) for number in range(40)]


def h(*parts: bytes) -> bytes:
    return sha256(b"".join(parts)).digest()


def test_roots_by_hand() -> None:
    a, b, c = (h(b"\0", bytes([number])) for number in range(3))
    assert merkle.root([]).hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert merkle.root([a]) == a
    assert merkle.root([a, b]) == h(b"\1", a, b)
    assert merkle.root([a, b, c]) == h(b"\1", h(b"\1", a, b), c)
    assert merkle.inclusion_proof(2, [a, b, c]) == [h(b"\1", a, b)]
    assert merkle.inclusion_proof(0, [a, b, c]) == [b, c]


def test_the_roots_of_the_reference_implementation() -> None:
    """The eight entries that the tests of Certificate Transparency's own implementation use, and their root."""
    entries = [
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    ]
    leaves = [merkle.leaf_hash(bytes.fromhex(entry)) for entry in entries]
    assert merkle.root(leaves).hex() == "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"


@given(size=st.integers(1, 40), data=st.data())
def test_inclusion(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    leaves, proof = LEAVES[:size], merkle.inclusion_proof(index, LEAVES[:size])
    root = merkle.root(leaves)
    assert merkle.is_included(leaves[index], index, size, proof, root)
    other = data.draw(st.integers(0, size - 1).filter(lambda at: at != index)) if size > 1 else size
    assert not merkle.is_included(leaves[index], other, size, proof, root)
    assert not merkle.is_included(LEAVES[-1] if index != 39 else LEAVES[0], index, size, proof, root)
    assert not merkle.is_included(leaves[index], index, size, [*proof, root], root)
    if proof:
        at = data.draw(st.integers(0, len(proof) - 1))
        bent = [*proof[:at], bytes([proof[at][0] ^ 1]) + proof[at][1:], *proof[at + 1 :]]
        assert not merkle.is_included(leaves[index], index, size, bent, root)


@given(new=st.integers(1, 40), data=st.data())
def test_consistency(new: int, data: st.DataObject) -> None:
    old = data.draw(st.integers(1, new))
    roots = merkle.root(LEAVES[:old]), merkle.root(LEAVES[:new])
    proof = merkle.consistency_proof(old, LEAVES[:new])
    assert merkle.is_consistent(old, roots[0], new, roots[1], proof)
    changed = [LEAVES[39], *LEAVES[1:old]] if old < 40 else [*LEAVES[1:old], LEAVES[0]]
    assert not merkle.is_consistent(old, merkle.root(changed), new, roots[1], proof)
    assert (
        not merkle.is_consistent(old, roots[0], new, merkle.root([LEAVES[39], *LEAVES[: new - 1]]), proof)
        or new == 40
    )


def test_there_is_no_such_leaf() -> None:
    with pytest.raises(IndexError):
        merkle.inclusion_proof(3, LEAVES[:3])
    with pytest.raises(IndexError):
        merkle.consistency_proof(0, LEAVES[:3])
    assert not merkle.is_included(LEAVES[0], 0, 0, [], merkle.root([]))
