"""`tilth governance receipt`, `verify-receipt` and `verify`: proof that the ledger says what it said."""

from pathlib import Path

from tilth.cli.ledger import KeysPlace, LedgerPlace, installed, keys_at, opened
from tilth.cli.options import Output
from tilth.cli.output import emit, say


def receipt(
    request_id: str, /, *, into: Path | None = None, ledger: LedgerPlace = None, keys: KeysPlace = None
) -> None:
    """Give the receipt of a request as it stands: signed, with the proof that it is in the ledger.

    Example: tilth governance receipt req-0123456789abcdef --into receipt.json

    Parameters
    ----------
    request_id
        Its id.
    into
        File to write; standard output by default.
    """
    import json

    from tilth.governance.receipts import receipt as receipt_of
    from tilth.store.atomic import write_text

    text = json.dumps(receipt_of(opened(ledger), keys_at(keys), request_id), indent=1) + "\n"
    if into:
        write_text(into, text)
    else:
        print(text, end="")


def verify_receipt(file: Path, /, *, public_key: Path | None = None, ledger: LedgerPlace = None) -> None:
    """Check a receipt, offline: its signature, and that its entry is under its root.

    Example: tilth governance verify-receipt receipt.json --public-key ledger.pub

    Parameters
    ----------
    file
        The receipt.
    public_key
        The key that is trusted; without it, the fingerprint of the one that signed is told.
    """
    installed()
    from tilth.errors import CheckFailed
    from tilth.governance import receipts
    from tilth.governance.keys import read_public

    given = receipts.read_receipt(file.read_text("utf-8", "replace"))
    problems = receipts.problems_of(given, read_public(public_key) if public_key else None)
    if not problems and ledger:
        problems = receipts.problems_with_ledger(given, opened(ledger))
    if problems:
        raise CheckFailed(f"the receipt does not hold: {'; '.join(problems)}")
    entry = given["entry"]
    say(f"holds: {entry['request']} was {entry['kind']} at {entry['body']['at']}", colour="green")
    if public_key is None:
        say(f"signed by {receipts.signer_of(given)}: compare it with the published fingerprint")


def verify(
    *,
    receipt: list[Path] | None = None,
    ledger: LedgerPlace = None,
    keys: KeysPlace = None,
    output: Output = "auto",
) -> None:
    """Check the whole ledger: every entry, its order, every state, and that it still holds what receipts saw.

    Example: tilth governance verify --receipt receipt.json

    Parameters
    ----------
    receipt
        Receipts to compare it with; may be given several times.
    """
    from tilth.errors import CheckFailed
    from tilth.governance import audit, receipts

    held = opened(ledger)
    problems = audit.problems_of(held, keys_at(keys) if keys else None)
    for path in () if problems else receipt or ():
        given = receipts.read_receipt(path.read_text("utf-8", "replace"))
        found = receipts.problems_of(given, None) or receipts.problems_with_ledger(given, held)
        problems += [f"{path}: {problem}" for problem in found]
    if problems:
        emit([{"problem": problem} for problem in problems], output)
        raise CheckFailed(f"{len(problems)} things in the ledger do not hold")
    head = held.head()
    emit({"entries": head.size, "root": head.root}, output)
