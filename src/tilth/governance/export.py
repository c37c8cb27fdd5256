"""From the ledger to the file that builds read: what every accepted request names, and how far it was found to go."""

import json
from collections.abc import Iterable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from tilth.errors import CheckFailed, UserError
from tilth.governance.canonical import canonical
from tilth.governance.cases import REACH, Case, cases, set_reach, step
from tilth.governance.closure import Reach, named_keys
from tilth.governance.ledger import Ledger
from tilth.governance.seen import manifest_of
from tilth.store.hashes import sha256_of
from tilth.store.opt_outs import Key, OptOuts, write_opt_outs

LEAVING_KINDS = ("opt_out", "erasure", "take_down")
"""Kinds of requests that take something out; a licence correction changes what is said of it."""


def keep_reach(ledger: Ledger, case: Case, reach: Reach, release: str, take: Iterable[str]) -> None:
    """Writes down how far a request goes; keys found in an earlier release stay, so that what left does not return."""
    keys = set(_keys_of(ledger, case)) | reach.keys
    data = canonical(sorted([key.kind, key.value, key.path, key.why] for key in keys))
    said: dict[str, Any] = {"release": release, "keys": len(keys), "taken": sorted(take)}
    set_reach(ledger, case.request_id, data, said | reach.counts())


def keys_of(ledger: Ledger, case: Case) -> set[Key]:
    """All that must not stay for one request.

    Raises:
        CheckFailed: Its reach is not the one that was written down.
    """
    keys = {*named_keys(case.request, case.request_id), *_keys_of(ledger, case)}
    return {replace(key, licence=case.request.licence) for key in keys}


def _keys_of(ledger: Ledger, case: Case) -> list[Key]:
    if not case.reach_hash:
        return []
    data = ledger.attached(case.request_id, REACH) or b""
    if sha256(data).hexdigest() != case.reach_hash:
        raise CheckFailed(
            f"the reach of `{case.request_id}` is not the one that was written down",
            hint="the database was altered: `tilth governance verify` says where",
        )
    return [Key(case.request_id, *row) for row in json.loads(data)]


def in_force(ledger: Ledger) -> list[Case]:
    """The accepted requests, those applied before among them, in the order in which they came."""
    return [case for case in cases(ledger) if case.state in ("accepted", "applied")]


def export(ledger: Ledger, path: Path) -> dict[str, int]:
    """Writes the file of everything in force.

    Returns:
        Requests and keys in it.
    """
    head = ledger.head()
    found = in_force(ledger)
    keys = {key for case in found if case.request.kind in LEAVING_KINDS for key in keys_of(ledger, case)}
    # Of two corrections of the same thing, the later one holds.
    corrected = {
        replace(key, request="", licence=""): key
        for case in found
        if case.request.kind not in LEAVING_KINDS
        for key in sorted(keys_of(ledger, case))
    }
    write_opt_outs(path, {*keys, *corrected.values()}, ledger_head=head.root, ledger_size=head.size)
    return {"requests": len(found), "keys": len(keys) + len(corrected)}


def mark_applied(ledger: Ledger, release: Path, opt_outs: OptOuts) -> list[str]:
    """Writes down that requests were applied in a release; those that are noted for it already are left as they are.

    Returns:
        Ids of the requests that are new to it.

    Raises:
        UserError: The release was built with another file.
    """
    manifest = manifest_of(release)
    if manifest.get("opt_outs", {}).get("sha256") != opt_outs.sha256:
        raise UserError(f"`{release}` was built with another file of opt-outs", hint="name that one")
    said = {
        "release": f"{manifest['name']}-{manifest['version']}",
        "manifest": sha256_of(release / "manifest.json"),
    }
    known = {case.request_id: case.releases for case in cases(ledger)}
    new = [name for name in opt_outs.requests if said["release"] not in known.get(name, ())]
    for name in new:
        step(ledger, name, "applied", lambda _: dict(said))
    return new


def mark_purged(ledger: Ledger, said: dict[str, Any]) -> list[str]:
    """Writes down that the bytes of what was applied were deleted, once for each release that it was applied in.

    Returns:
        Ids of the requests that it was written down for.
    """
    found = [
        case.request_id
        for case in cases(ledger)
        if case.state == "applied" and case.request.kind in LEAVING_KINDS and case.steps[-1].kind != "purged"
    ]
    for name in found:
        step(ledger, name, "purged", lambda _: dict(said))
    return found
