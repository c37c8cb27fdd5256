"""Receipts: what a requester is given, and what anyone can check with it, without the ledger.

A receipt holds one entry of the ledger, the proof that it is among the entries under a root, and a signature over all
of it. Whoever keeps two receipts can ask for the proof that the later root still holds all that the earlier one held.
"""

import json
from collections.abc import Mapping
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from tilth.errors import UserError
from tilth.governance import merkle
from tilth.governance.canonical import canonical
from tilth.governance.keys import Keys, fingerprint, is_signed, raw_public
from tilth.governance.ledger import Entry, Ledger

FORMAT = "tilth-receipt-1"
Receipt = dict[str, Any]


def receipt(ledger: Ledger, keys: Keys, request_id: str) -> Receipt:
    """The receipt of what the ledger last said of a request.

    Raises:
        UserError: There is no such request.
    """
    entries = ledger.entries(request_id)
    if not entries:
        raise UserError(f"there is no request `{request_id}`", hint="`tilth governance list` names them")
    leaves = ledger.hashes()
    entry = entries[-1]
    proof = merkle.inclusion_proof(entry.sequence, leaves)
    said: Receipt = {
        "format": FORMAT,
        "entry": _spoken(entry),
        "tree_size": len(leaves),
        "root": merkle.root(leaves).hex(),
        "inclusion": [one.hex() for one in proof],
        "public_key": raw_public(keys.public).hex(),
    }
    return said | {"signature": keys.sign(canonical(said)).hex()}


def problems_of(given: object, trusted: Ed25519PublicKey | None) -> list[str]:
    """What is wrong with a receipt; nothing where it holds.

    Args:
        given: The receipt, read from JSON.
        trusted: The key that it must be signed with; without one, only that it is signed by the key that it names.
    """
    try:
        said: Mapping[str, Any] = dict(given)  # type: ignore[call-overload]
        signature = bytes.fromhex(said["signature"])
        named = Ed25519PublicKey.from_public_bytes(bytes.fromhex(said["public_key"]))
        signed = canonical({name: value for name, value in said.items() if name != "signature"})
        entry = Entry(**said["entry"])
        proof = [bytes.fromhex(one) for one in said["inclusion"]]
        size, root = said["tree_size"], bytes.fromhex(said["root"])
        is_in = merkle.is_included(entry.leaf, entry.sequence, size, proof, root)
    except (ValueError, TypeError, KeyError) as error:
        return [f"it is not a receipt: {type(error).__name__}: {error}"]
    found = []
    if said.get("format") != FORMAT:
        found.append(f"its format is not {FORMAT}")
    if trusted is not None and fingerprint(trusted) != fingerprint(named):
        found.append("it is signed with another key than the trusted one")
    if not is_signed(trusted or named, signature, signed):
        found.append("its signature is not of what it says")
    if not is_in:
        found.append("its entry is not among those under its root")
    return found


def problems_with_ledger(given: Receipt, ledger: Ledger) -> list[str]:
    """Whether the ledger still holds all that it held when a receipt was given."""
    leaves = ledger.hashes()
    size, old_root = given["tree_size"], bytes.fromhex(given["root"])
    if size > len(leaves):
        return [f"the ledger has {len(leaves)} entries, the receipt saw {size}: some were cut off"]
    proof = merkle.consistency_proof(size, leaves)
    if not merkle.is_consistent(size, old_root, len(leaves), merkle.root(leaves), proof):
        return [f"the first {size} entries of the ledger are not those that the receipt saw"]
    return []


def signer_of(given: Receipt) -> str:
    """Fingerprint of the key that a receipt says it is signed with."""
    return fingerprint(Ed25519PublicKey.from_public_bytes(bytes.fromhex(given["public_key"])))


def read_receipt(text: str) -> Any:
    """A receipt from its text.

    Raises:
        UserError: It is not JSON.
    """
    try:
        return json.loads(text)
    except ValueError as error:
        raise UserError(
            f"it is not a receipt: {error}", hint="`tilth governance receipt` gives one"
        ) from error


def _spoken(entry: Entry) -> dict[str, Any]:
    names = ("sequence", "kind", "request", "body", "previous")
    return {name: getattr(entry, name) for name in names}
