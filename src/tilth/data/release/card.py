"""The card: a README for people and for the hub, made from the manifest alone."""

import json
from typing import Any

from tilth.data.release.columns import COLUMNS
from tilth.data.release.papers import sayings
from tilth.data.release.papers.citation import bibtex
from tilth.data.release.papers.subject import Subject
from tilth.report.numbers import count, size

_SIZES = (
    (1e3, "n<1K"),
    (1e4, "1K<n<10K"),
    (1e5, "10K<n<100K"),
    (1e6, "100K<n<1M"),
    (1e7, "1M<n<10M"),
    (1e8, "10M<n<100M"),
)


def card(subject: Subject) -> str:
    """The text of README.md."""
    manifest = subject.manifest
    parts = [
        _front_matter(subject),
        _head(subject),
        _stages(manifest),
        _tables(manifest),
        _permissive(manifest),
        _considerations(subject),
        _findings(manifest),
        _columns(manifest),
    ]
    return "\n".join(parts) + "\n"


def _front_matter(subject: Subject) -> str:
    manifest = subject.manifest
    kept = manifest["counts"]["kept"]["files"]
    bucket = next((name for limit, name in _SIZES if kept < limit), "100M<n<1B")
    lines = ["---", f"pretty_name: {json.dumps(subject.name)}", "license: other", "license_name: per-file"]
    lines.append("license_link: papers/attribution.txt")
    lines += [
        "task_categories:",
        "- text-generation",
        "size_categories:",
        f"- {bucket}",
        "tags:",
        "- code",
        "configs:",
    ]
    folders = [entry["folder"] for entry in manifest["languages"].values()]
    configs = [("default", "data/*/*.parquet")] if folders else []
    configs += [(folder, f"data/{folder}/*.parquet") for folder in dict.fromkeys(folders)]
    if any(file["path"].startswith("metadata/occurrences/") for file in manifest["files"]):
        configs.append(("occurrences", "metadata/occurrences/*.parquet"))
    if any(file["path"].startswith("metadata/drops/") for file in manifest["files"]):
        configs.append(("drops", "metadata/drops/*.parquet"))
    if any(file["path"].startswith("commits/") for file in manifest["files"]):
        configs.append(("commits", "commits/*.parquet"))
    for name, pattern in configs:
        lines += [f"- config_name: {json.dumps(name)}", "  data_files:", "  - split: train"]
        lines += [f"    path: {json.dumps(pattern)}"]
        if name == "default":
            lines.append("  default: true")
    return "\n".join([*lines, "---", ""])


def _head(subject: Subject) -> str:
    counts = subject.manifest["counts"]
    text = f"# {subject.name} {subject.version}\n\n"
    if said := subject.about.get("description"):
        text += f"{said}\n\n"
    text += (
        f"{count(counts['kept']['files'])} files, {size(counts['kept']['bytes'])} of text, "
        f"kept of {count(counts['files'])} files in {count(counts['units'])} units. "
        "Each file has its origin, its licence with the evidence for it, and a hash; each file that left has a reason "
        "(config `drops`).\n\n"
        "```python\n"
        "from datasets import load_dataset\n\n"
        'load_dataset("PATH_OR_NAME", split="train", streaming=True)            # everything\n'
        'load_dataset("PATH_OR_NAME", "python", split="train")                  # one language\n'
        "```\n\n"
        "Check it with `sha256sum -c SHA256SUMS`, or in full with `tilth data verify`.\n"
    )
    return text


def _stages(manifest: dict[str, Any]) -> str:
    lines = ["## What left, and why", "", "| stage | reason | files | bytes |", "|---|---|--:|--:|"]
    for stage in manifest["counts"]["stages"]:
        for reason, drop in stage["dropped"].items():
            row = (stage["stage"], reason, count(drop["files"]), size(drop["bytes"]))
            lines.append("| " + " | ".join(row) + " |")
    kept = manifest["counts"]["kept"]
    lines.append(f"| **kept** | | **{count(kept['files'])}** | **{size(kept['bytes'])}** |")
    return "\n".join([*lines, ""])


def _tables(manifest: dict[str, Any]) -> str:
    lines: list[str] = []
    for title, table in (("Languages", manifest["languages"]), ("Licences", manifest["licences"])):
        lines += [f"## {title}", "", "| name | files | bytes |", "|---|--:|--:|"]
        ordered = sorted(table.items(), key=lambda item: (-item[1]["bytes"], item[0]))
        for name, entry in ordered:
            lines.append(f"| {name} | {count(entry['files'])} | {size(entry['bytes'])} |")
        lines.append("")
    return "\n".join(lines)


def _permissive(manifest: dict[str, Any]) -> str:
    """What the class `permissive` means here, and what else is to be known of the licences."""
    versions = manifest["tool"]["licence_lists"]
    named = [f"{name} ({versions[name]})" for name in manifest["policy"]["permissive_lists"] or ()]
    means = f"called so by {' or '.join(named)}" if named else "no licence, as the policy names no list"
    text = f"A licence is `permissive` where it is {means}; `license_class` has the class over all places.\n"
    if number := manifest["licence_contradictions"]:
        text += (
            f"\nIn {count(number)} files, those who speak of their licence contradict each other: "
            "`license_contradiction` has all sides.\n"
        )
    return text


def _findings(manifest: dict[str, Any]) -> str:
    """What was done about secrets and personal data."""
    text = "\n".join(f"- {line}" for line in sayings.findings(manifest)) + "\n"
    if "findings" not in manifest:
        return text
    policy = manifest["findings"]["policy"]
    text = f"Findings that count (sensitivity `{policy['sensitivity']}`):\n\n{text}"
    if "redact" in (policy["secrets"], policy["personal_data"]):
        text += (
            "\n`redactions` has the number of replacements in each file, those that overlap as one. `content_id`, "
            "`blob_id`, `length_bytes` and all spans are those of the original bytes, so the text of such a file does "
            "not hash to its ids.\n"
        )
    return text


def _considerations(subject: Subject) -> str:
    """What a reader has to weigh, where the other papers lie, and how to cite."""
    lines = ["## Considerations", "", sayings.collection(subject), ""]
    told = [sayings.personal(subject), *sayings.biases(subject), *sayings.limits(subject)]
    told += [sayings.reservations(subject), sayings.upkeep(subject)]
    lines += [f"- {said}" for said in told]
    lines += [
        "",
        "`papers/attribution.txt` names every origin with its licences and holders; `croissant.json`, ",
    ]
    lines[-1] += (
        "`papers/spdx.json` and `papers/training_summary.md` describe the release to programs and to auditors."
    )
    return "\n".join([*lines, "", "## Citation", "", "```bibtex", bibtex(subject).rstrip(), "```", ""])


def _columns(manifest: dict[str, Any]) -> str:
    lines = ["## Columns", "", "| column | meaning |", "|---|---|"]
    lines += [f"| `{name}` | {meaning} |" for name, _, _, meaning in COLUMNS]
    lines.append("| `content` | The text as UTF-8. |")
    if manifest.get("duplicates", {}).get("repeated") == "cut":
        lines.append(
            "| `cuts` | Blocks that were taken out of the text because another file has them, and where. |"
        )
    return "\n".join(lines)
