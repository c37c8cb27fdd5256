"""Sentences that several papers need, put together from the manifest: what was done, and what was not."""

from collections.abc import Mapping
from typing import Any

from tilth.data.release.papers.subject import Subject
from tilth.report.numbers import count

_KINDS = {
    "git": "git repositories",
    "package": "source packages of registries",
    "archive": "archives",
    "folder": "folders",
    "parquet": "rows of other data sets",
}
_STAGES = {
    "read": "files that hold no text or could not be read were left out",
    "repository": "copies of whole repositories were left out",
    "quality": "files were left out by the rules of the policy",
    "licence": "files whose licence the policy does not allow were left out",
    "inspection": "files that a closer look at their texts spoke against were left out",
    "findings": "files with secrets or personal data were left out",
    "duplicate": "copies were left out",
}
_FINDINGS = {"secrets": "Secrets", "personal_data": "Personal data"}
_TREATED = {
    "ignore": "not looked for",
    "keep": "{spans} spans are told in `{group}`, and still stand in the texts",
    "drop": "files that have any that counts were left out (reason `{group}`)",
    "redact": "{spans} spans were replaced in the texts",
}


def collection(subject: Subject) -> str:
    """Where the files were taken from, and how."""
    parts = [
        f"{_KINDS.get(place['kind'], place['kind'])} "
        + ("of one machine" if place["host"] == "local" else f"from {place['host']}")
        + f" ({place['units']})"
        for place in subject.places
    ]
    first, last = subject.dates["first"], subject.dates["last"]
    dated = f" The commits that were read are of {first} to {last}." if first else ""
    return (
        f"{subject.tool} read {', '.join(parts) or 'units of its sources'}, each at one pinned state.{dated}"
    )


def steps(subject: Subject) -> list[str]:
    """What was done to the files, stage by stage, with counts."""
    found = []
    for stage in subject.manifest["counts"]["stages"]:
        dropped = {reason: drop["files"] for reason, drop in stage["dropped"].items()}
        if dropped:
            told = ", ".join(f"{reason} {number}" for reason, number in dropped.items())
            found.append(f"{stage['stage']}: {_STAGES.get(stage['stage'], 'files were left out')} ({told})")
    duplicates = subject.manifest.get("duplicates", {})
    if duplicates.get("repeated") == "cut":
        found.append("text: blocks of lines that stand in many files were taken out of all but one of them")
    return found


def findings(manifest: Mapping[str, Any]) -> list[str]:
    """What was done about secrets and about personal data, in a sentence each."""
    if "findings" not in manifest:  # a release of before they were looked for
        return ["Secrets and personal data: not looked for."]
    policy = manifest["findings"]["policy"]
    said = []
    for group, name in _FINDINGS.items():
        spans = count(sum(kind["counted"] for kind in manifest["findings"][group].values()))
        said.append(f"{name}: {_TREATED[policy[group]].format(spans=spans, group=group)}.")
    return said


def personal(subject: Subject) -> str:
    """What is known of personal data."""
    return " ".join([*findings(subject.manifest), "Code, comments and copyright notices name people."])


def biases(subject: Subject) -> list[str]:
    """In what the files are not like all code, as far as the counts show it."""
    languages = subject.manifest["languages"]
    total = sum(entry["bytes"] for entry in languages.values()) or 1
    largest = sorted(languages.items(), key=lambda item: (-item[1]["bytes"], item[0]))[:3]
    shares = ", ".join(f"{name} {entry['bytes'] / total:.1%}" for name, entry in largest)
    found = [f"The largest languages by bytes: {shares}."] if largest else []
    licences = subject.manifest["policy"].get("licences")
    if licences is not None:
        allowed = ", ".join(licences) or "none"
        found.append(f"Only files under licences of these classes were let in: {allowed}.")
    return [*found, "Only what the sources named was read: it is no sample of all code."]


def limits(subject: Subject) -> list[str]:
    """What must not be taken for granted."""
    found = [
        "Language and licence are told by detectors, which err; the evidence is in each row. No legal advice."
    ]
    if number := subject.manifest["licence_contradictions"]:
        found.append(f"In {number} files, those who speak of the licence contradict each other.")
    if number := subject.manifest["counts"]["refused_units"]:
        found.append(f"{number} units that the sources named could not be read.")
    return [*found, "Not searched for contents of benchmarks.", "Not searched for illegal content."]


def upkeep(subject: Subject) -> str:
    """How the release is kept up."""
    contact = subject.about.get("contact")
    return (
        "Each version is built anew and never changed: a removal raises the major version, an addition the minor one. "
        "A version that may no longer be used has a file WITHDRAWN.json beside its manifest."
        + (f" Requests go to {contact}." if contact else "")
    )


def reservations(subject: Subject) -> str:
    """How requests to be left out were heard."""
    head = subject.manifest.get("ledger_head")
    told = f"{subject.opted_out()} files were left out on request"
    return (
        f"{told}, by a ledger whose head is {head}."
        if head
        else f"{told}; no ledger of requests was consulted."
    )
