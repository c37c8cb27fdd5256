"""`tilth governance`: the ledger of requests: taking in, deciding, and proof of what was done."""

from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import App, Parameter

from tilth.cli.apply import apply
from tilth.cli.ledger import KeysPlace, LedgerPlace, installed, keys_at, opened
from tilth.cli.options import Output
from tilth.cli.output import emit, say
from tilth.cli.purge import purge
from tilth.cli.reach import applied, check, close, export
from tilth.cli.receipts import receipt, verify, verify_receipt
from tilth.cli.register import models, reach, register

# `--version` after a recipe is the recipe's key, not a question about the program.
app = App(
    name="governance",
    help="Requests to leave something out: take them in, decide, apply, prove.",
    version_flags=(),
)
app.command(apply, name="apply")
app.command(close, name="close")
app.command(export, name="export")
app.command(check, name="check")
app.command(applied, name="applied")
app.command(purge, name="purge")
app.command(receipt, name="receipt")
app.command(verify_receipt, name="verify-receipt")
app.command(verify, name="verify")
app.command(register, name="register")
app.command(reach, name="reach")
app.command(models, name="models")

By = Annotated[str, Parameter(name="--by", help="Who decides; it is written down.")]


@app.command
def init(*, ledger: LedgerPlace = None) -> None:
    """Make an empty ledger; one that is there is left as it is.

    Example: tilth governance init --ledger postgresql://tilth@localhost/ledger
    """
    opened(ledger, make=True)


@app.command
def key(folder: Path = Path("governance/keys"), /, *, output: Output = "auto") -> None:
    """Make the keys: one signs receipts, the other hides who wrote a commit. Keep them apart from the ledger.

    Example: tilth governance key governance/keys

    Parameters
    ----------
    folder
        Where they go; only its owner can read it.
    """
    installed()
    from tilth.governance.keys import PUBLIC, fingerprint, make_keys

    made = make_keys(folder)
    emit({"public_key": str(folder / PUBLIC), "fingerprint": fingerprint(made.public)}, output)
    say("hint: publish the fingerprint; whoever has a receipt compares it")


@app.command
def request(
    fields: str, /, *, ledger: LedgerPlace = None, keys: KeysPlace = None, output: Output = "auto"
) -> None:
    """Take in one request, given as JSON.

    Example: tilth governance request '{"kind": "opt_out", "repositories": ["github.com/owner/name"]}'

    Parameters
    ----------
    fields
        `kind` (opt_out, erasure, licence_correction, take_down) and what it is about: `accounts`, `repositories`,
        `paths`, `contents` (SWHIDs), `author_emails`; `follow`, `reference`, `text`.
    """
    import json

    from tilth.errors import UserError
    from tilth.governance.cases import receive
    from tilth.governance.intake import from_fields, reason_of

    held, secret = opened(ledger), keys_at(keys)
    try:
        ((name, is_new),) = receive(held, secret, [from_fields(json.loads(fields), secret)])
    except ValueError as error:
        raise UserError(
            f"that is not a request: {reason_of(error)}", hint="see the example in --help"
        ) from error
    emit({"request": name, "is_new": is_new}, output)


@app.command(name="import")
def import_requests(
    file: Path,
    /,
    *,
    form: Literal["lines", "bigcode"] = "lines",
    ledger: LedgerPlace = None,
    keys: KeysPlace = None,
    output: Output = "auto",
) -> None:
    """Take in a file of requests; the same file again changes nothing, and broken lines are told of and counted.

    Example: tilth governance import issues.jsonl --form bigcode

    Parameters
    ----------
    file
        JSON lines: a request each, or an exported issue each.
    form
        `lines` are requests as `tilth governance request` takes them, `bigcode` issues of that opt-out form.
    """
    from tilth.governance.intake import import_file

    taken = import_file(opened(ledger), keys_at(keys), file, form)
    for number, reason in taken.broken:
        say(f"{file}, line {number}: {reason}")
    broken = len({number for number, _ in taken.broken})
    emit({"lines": taken.lines, "new": len(taken.new), "known": taken.known, "broken": broken}, output)


@app.command(name="list")
def list_requests(
    *, state: str | None = None, overdue: bool = False, ledger: LedgerPlace = None, output: Output = "auto"
) -> None:
    """List requests: state, what they name, and by when they are to be answered.

    Example: tilth governance list --overdue

    Parameters
    ----------
    state
        Only those in this state: received, proof_asked, proved, accepted, rejected, applied.
    overdue
        Only those whose day has passed without an answer.
    """
    from datetime import UTC, datetime

    from tilth.governance.cases import cases

    today = datetime.now(UTC).date()
    rows = [
        {
            "request": case.request_id,
            "kind": case.request.kind,
            "state": case.state,
            "received": case.received_at,
            "due": case.due.isoformat(),
            "overdue": case.is_overdue(today),
            "targets": ", ".join(case.request.targets()[:3]),
        }
        for case in cases(opened(ledger))
        if (state is None or case.state == state) and (not overdue or case.is_overdue(today))
    ]
    emit(rows, output)


@app.command
def show(request_id: str, /, *, ledger: LedgerPlace = None, output: Output = "auto") -> None:
    """Show one request with every step that was taken.

    Example: tilth governance show req-0123456789abcdef

    Parameters
    ----------
    request_id
        Its id.
    """
    from tilth.governance.cases import case

    found = case(opened(ledger), request_id)
    steps = [
        {"at": entry.body["at"], "kind": entry.kind, "sequence": entry.sequence} for entry in found.steps
    ]
    said = {"request": request_id, "state": found.state, "due": found.due.isoformat()}
    emit(said | found.request.body() | {"unproved": found.unproved(), "steps": steps}, output)


@app.command
def ask(
    request_id: str, /, *, ledger: LedgerPlace = None, keys: KeysPlace = None, output: Output = "auto"
) -> None:
    """Ask for proof of ownership: gives the word that each target has to show.

    Example: tilth governance ask req-0123456789abcdef

    Parameters
    ----------
    request_id
        Its id.
    """
    from tilth.governance.cases import step
    from tilth.governance.ownership import PROOF_FILE, challenge

    secret = keys_at(keys)
    held = opened(ledger)
    targets: list[str] = step(held, request_id, "proof_asked", lambda c: {"targets": c.unproved()}).body[
        "targets"
    ]
    emit([{"target": one, "challenge": challenge(secret, request_id, one)} for one in targets], output)
    say(
        f"hint: put it in `{PROOF_FILE}` at the root of a branch, name a branch for it, sign a commit, or publish it"
    )


@app.command
def prove(
    request_id: str,
    target: str,
    /,
    *,
    repository: str | None = None,
    clone: Path | None = None,
    commit: str | None = None,
    signers: Path | None = None,
    author: str | None = None,
    domain: str | None = None,
    page: Path | None = None,
    ledger: LedgerPlace = None,
    keys: KeysPlace = None,
    output: Output = "auto",
) -> None:
    """Look for the proof of one target, and write down that it was found.

    Example: tilth governance prove req-0123456789abcdef github.com/owner/name

    Parameters
    ----------
    request_id
        Its id.
    target
        The account, repository or author (keyed hash) that it names.
    repository
        Repository that shows the challenge; the target itself by default.
    clone
        A clone of it; it is cloned by https where this is left out.
    commit
        Commit signed by an author, in `--clone`.
    signers
        Keys that the author is known by (git's allowed-signers file).
    author
        E-mail address of the author; it is not kept.
    domain
        Domain that shows the challenge.
    page
        What was fetched from there.
    """
    from tilth.cli.proof import find
    from tilth.governance.cases import step
    from tilth.governance.ownership import challenge

    secret = keys_at(keys)
    word = challenge(secret, request_id, target)
    held = opened(ledger)

    def body(case: Any) -> dict[str, Any]:
        proved = find(target, word, secret, repository, clone, commit, signers, author, domain, page)
        return {"target": proved.target, "how": proved.how, "evidence": proved.evidence}

    emit(step(held, request_id, "proved", body).body, output)


@app.command
def accept(
    request_id: str,
    /,
    *,
    by: By,
    without_proof: str = "",
    ledger: LedgerPlace = None,
    output: Output = "auto",
) -> None:
    """Accept a request: from the next export on, builds leave out what it names and reaches.

    Example: tilth governance accept req-0123456789abcdef --by ann

    Parameters
    ----------
    request_id
        Its id.
    without_proof
        Why it is accepted although not all was proved.
    """
    from tilth.governance.cases import accept as accept_case

    entry = accept_case(opened(ledger), request_id, by=by, without_proof=without_proof)
    emit({"request": request_id, "state": entry.kind}, output)


@app.command
def reject(
    request_id: str, /, *, by: By, reason: str, ledger: LedgerPlace = None, output: Output = "auto"
) -> None:
    """Reject a request, for a reason that its receipt states.

    Example: tilth governance reject req-0123456789abcdef --by ann --reason "not the owner"

    Parameters
    ----------
    request_id
        Its id.
    reason
        Why.
    """
    from tilth.governance.cases import reject as reject_case

    entry = reject_case(opened(ledger), request_id, by=by, reason=reason)
    emit({"request": request_id, "state": entry.kind}, output)


@app.command
def extend(
    request_id: str, /, *, by: By, reason: str, ledger: LedgerPlace = None, output: Output = "auto"
) -> None:
    """Give a request two more months, once and before it is due: tell who asked, with the new receipt.

    Example: tilth governance extend req-0123456789abcdef --by ann --reason "forks on three forges"

    Parameters
    ----------
    request_id
        Its id.
    reason
        Why more time is needed (GDPR Article 12(3)).
    """
    from tilth.governance.cases import case
    from tilth.governance.cases import extend as extend_case

    held = opened(ledger)
    extend_case(held, request_id, by=by, reason=reason)
    emit({"request": request_id, "due": case(held, request_id).due.isoformat()}, output)


@app.command
def serve(
    *,
    host: str = "127.0.0.1",
    port: int = 8750,
    per_minute: int = 30,
    ledger: LedgerPlace = None,
    keys: KeysPlace = None,
) -> None:
    """Take in requests over HTTP, tell how they stand, and give receipts; a proxy before it encrypts.

    Example: tilth governance serve --port 8750

    Parameters
    ----------
    host
        Address to listen at.
    port
        Port to listen at; 0 is any that is free.
    per_minute
        Requests that one client may send in a minute; behind a proxy all of them are one client.
    """
    held, secret = opened(ledger), keys_at(keys)
    from tilth.governance.serve import Intake

    with Intake((host, port), held, secret, per_minute=per_minute) as door:
        say(f"listening: http://{host}:{door.server_port}/requests")
        door.serve_forever()


@app.command
def forget(request_id: str, /, *, ledger: LedgerPlace = None, output: Output = "auto") -> None:
    """Delete the free text that came with a request; what it names, and what was decided, stays.

    Example: tilth governance forget req-0123456789abcdef

    Parameters
    ----------
    request_id
        Its id.
    """
    from tilth.governance.cases import WORDS

    held = opened(ledger)
    emit(
        {"request": request_id, "was_there": held.write(lambda writer: writer.forget(request_id, WORDS))},
        output,
    )
