"""Looks for what was altered in a ledger: rows, their order, states, and what is kept beside them."""

from collections.abc import Iterator
from hashlib import sha256

from tilth.errors import UserError
from tilth.governance.cases import REACH, WORDS, Case, case_of
from tilth.governance.keys import Keys
from tilth.governance.ledger import NOTHING_BEFORE, Entry, Ledger


def problems_of(ledger: Ledger, keys: Keys | None = None) -> list[str]:
    """What does not hold in a ledger; nothing where all of it does.

    Entries cut off at the end leave a whole, shorter ledger: a receipt, or the manifest of a release, tells.

    Args:
        ledger: Which.
        keys: With them, the free texts kept beside the requests are compared with their hashes.
    """
    try:
        rows = ledger.rows()
    except UserError as error:
        return [error.what]
    found = list(_chain(rows))
    grouped: dict[str, list[Entry]] = {}
    for entry, _ in rows:
        grouped.setdefault(entry.request, []).append(entry)
    for name, entries in grouped.items():
        found += _case(ledger, keys, name, entries)
    return found


def _chain(rows: list[tuple[Entry, str]]) -> Iterator[str]:
    previous = NOTHING_BEFORE
    for number, (entry, noted) in enumerate(rows):
        if entry.sequence != number:
            yield f"entry {number} is missing: the next one there is {entry.sequence}"
            return
        if entry.previous != previous:
            yield f"entry {number} does not follow the one before it"
        if entry.leaf.hex() != noted:
            yield f"entry {number} was altered: its hash is another"
        previous = noted


def _case(ledger: Ledger, keys: Keys | None, name: str, entries: list[Entry]) -> Iterator[str]:
    try:
        case = case_of(entries)
    except (ValueError, KeyError, TypeError) as error:
        yield f"request {name}: {error}"
        return
    if case.request.request_id() != name:
        yield f"request {name}: it has the name of another"
    yield from _kept(ledger, keys, case)


def _kept(ledger: Ledger, keys: Keys | None, case: Case) -> Iterator[str]:
    reach = ledger.attached(case.request_id, REACH)
    if case.reach_hash and (reach is None or sha256(reach).hexdigest() != case.reach_hash):
        yield f"request {case.request_id}: its reach is not the one that was written down"
    words = ledger.attached(case.request_id, WORDS)
    # Words that are gone were forgotten, as they may be.
    if (
        keys
        and words is not None
        and keys.hidden("words", words.decode("utf-8", "replace")) != case.words_hash
    ):
        yield f"request {case.request_id}: its words are not those that came with it"
