"""Merkle trees over the entries of a ledger: roots, proofs that an entry is in, proofs that nothing before was changed.

Source: RFC 6962 (Certificate Transparency), section 2.1; the checks: RFC 9162, sections 2.1.3.2 and 2.1.4.2.
"""

from collections.abc import Sequence
from hashlib import sha256


def leaf_hash(data: bytes) -> bytes:
    """Hash of an entry's bytes."""
    return sha256(b"\x00" + data).digest()


def inner_hash(left: bytes, right: bytes) -> bytes:
    """Hash of two hashes side by side."""
    return sha256(b"\x01" + left + right).digest()


def root(leaves: Sequence[bytes]) -> bytes:
    """Root of a tree over leaf hashes; of no leaf, the hash of nothing."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    at = _split(len(leaves))
    return inner_hash(root(leaves[:at]), root(leaves[at:]))


def inclusion_proof(index: int, leaves: Sequence[bytes]) -> list[bytes]:
    """The hashes beside the way from a leaf to the root, lowest first.

    Raises:
        IndexError: There is no leaf of that number.
    """
    if not 0 <= index < len(leaves):
        raise IndexError(index)
    if len(leaves) == 1:
        return []
    at = _split(len(leaves))
    if index < at:
        return [*inclusion_proof(index, leaves[:at]), root(leaves[at:])]
    return [*inclusion_proof(index - at, leaves[at:]), root(leaves[:at])]


def is_included(leaf: bytes, index: int, size: int, proof: Sequence[bytes], of_root: bytes) -> bool:
    """Whether a proof shows that the leaf with that number is in the tree of `size` leaves with that root."""
    if not 0 <= index < size:
        return False
    node, last, made = index, size - 1, leaf
    for beside in proof:
        if last == 0:
            return False
        if node & 1 or node == last:
            made = inner_hash(beside, made)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            made = inner_hash(made, beside)
        node, last = node >> 1, last >> 1
    return last == 0 and made == of_root


def consistency_proof(old_size: int, leaves: Sequence[bytes]) -> list[bytes]:
    """The hashes that show that the first `old_size` leaves are what an older root was made of.

    Raises:
        IndexError: The old tree has no leaf, or more than the new one.
    """
    if not 0 < old_size <= len(leaves):
        raise IndexError(old_size)
    return _consistency(old_size, leaves, is_whole=True)


def _consistency(old_size: int, leaves: Sequence[bytes], *, is_whole: bool) -> list[bytes]:
    if old_size == len(leaves):
        return [] if is_whole else [root(leaves)]
    at = _split(len(leaves))
    if old_size <= at:
        return [*_consistency(old_size, leaves[:at], is_whole=is_whole), root(leaves[at:])]
    return [*_consistency(old_size - at, leaves[at:], is_whole=False), root(leaves[:at])]


def is_consistent(
    old_size: int, old_root: bytes, new_size: int, new_root: bytes, proof: Sequence[bytes]
) -> bool:
    """Whether a proof shows that the tree of `new_size` leaves begins with that of `old_size`."""
    if not 0 < old_size <= new_size:
        return False
    if old_size == new_size:
        return not proof and old_root == new_root
    path = [old_root, *proof] if old_size & (old_size - 1) == 0 else list(proof)
    if not path:
        return False
    node, last = old_size - 1, new_size - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    old_made = new_made = path[0]
    for beside in path[1:]:
        if last == 0:
            return False
        if node & 1 or node == last:
            old_made, new_made = inner_hash(beside, old_made), inner_hash(beside, new_made)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            new_made = inner_hash(new_made, beside)
        node, last = node >> 1, last >> 1
    return last == 0 and old_made == old_root and new_made == new_root


def _split(size: int) -> int:
    """The largest power of two below `size`."""
    return 1 << (size - 1).bit_length() - 1
