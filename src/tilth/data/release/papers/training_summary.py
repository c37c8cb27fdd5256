"""The Commission's template for the public summary of training content (Article 53(1)(d) of Regulation (EU) 2024/1689).

Template of 24 July 2025 (C(2025) 5235), by its own section numbers. A data set is no model: what only the provider of a
model knows stays null here, for the provider to fill in; what follows from the release is filled in.
"""

from typing import Any

from tilth.data.release.papers import sayings
from tilth.data.release.papers.subject import Subject

TEMPLATE = "C(2025) 5235 final, 24.7.2025"
BAND_MIN = "Less than 1 billion tokens"
DOMAIN_SHARE = 10
"""The template asks for a tenth of the domains, the largest by what was taken from them."""
_CRAWLED = ("git", "package")
_PROVIDER = "_To be given by the provider of the model._"


def training_summary(subject: Subject) -> dict[str, Any]:
    """What the template asks, by its sections; null is for the provider of a model."""
    return {
        "template": TEMPLATE,
        "about_data_set": f"{subject.name} {subject.version}",
        "1_general_information": {
            "1.1_provider_identification": None,
            "1.2_model_identification": None,
            "1.3_modalities_and_size": _size(subject),
        },
        "2_list_of_data_sources": {
            "2.1_publicly_available_datasets": _datasets(subject),
            "2.2_private_datasets_of_third_parties": {
                "2.2.1_licensed_commercially": None,
                "2.2.2_obtained_otherwise": None,
            },
            "2.3_crawled_and_scraped": _crawled(subject),
            "2.4_user_data": {"used": False},
            "2.5_synthetic_data": {
                "used": None,
                "comments": "Files are not searched for text made by models.",
            },
            "2.6_other_sources": _other(subject),
        },
        "3_data_processing_aspects": {
            "3.1_reservation_of_rights": {
                "signatory_of_the_code_of_practice": None,
                "measures": [
                    sayings.reservations(subject),
                    *(step for step in sayings.steps(subject) if step.startswith("licence:")),
                ],
            },
            "3.2_removal_of_illegal_content": {"measures": ["Not searched for illegal content."]},
            "3.3_other_information": [*sayings.steps(subject), sayings.personal(subject)],
        },
    }


def _size(subject: Subject) -> dict[str, Any]:
    size = subject.kept["bytes"]
    return {
        "modality": "text",
        # A token has at least one byte: below, the band is certain; above, it depends on the tokenizer.
        "size_range": BAND_MIN if size < 10**9 else None,
        "size": {"value": size, "unit": "bytes of text as UTF-8"},
        "types_of_content": "source code, with its comments and the documentation beside it",
        "latest_date_of_collection": subject.dates["last"],
        "continuously_trained_on_new_data": None,
        "linguistic_characteristics": [
            {"language": name, "files": entry["files"], "bytes": entry["bytes"]}
            for name, entry in sorted(
                subject.manifest["languages"].items(), key=lambda item: (-item[1]["bytes"], item[0])
            )
        ],
        "other_characteristics": sayings.biases(subject),
    }


def _of_kinds(subject: Subject, *kinds: str) -> list[dict[str, Any]]:
    return [place for place in subject.places if place["kind"] in kinds]


def _datasets(subject: Subject) -> dict[str, Any]:
    found = _of_kinds(subject, "parquet")
    return {"used": bool(found), "modalities": ["text"] if found else [], "datasets": found}


def _crawled(subject: Subject) -> dict[str, Any]:
    places = [place for place in _of_kinds(subject, *_CRAWLED) if place["host"] != "local"]
    if not places:
        return {"crawlers_used": False}
    hosts: dict[str, dict[str, int]] = {}
    for place in places:
        total = hosts.setdefault(place["host"], {"units": 0, "files": 0, "bytes": 0})
        for name in total:
            total[name] += place[name]
    largest = sorted(hosts.items(), key=lambda item: (-item[1]["bytes"], item[0]))
    shown = largest[: max(1, -(-len(largest) // DOMAIN_SHARE))]
    return {
        "crawlers_used": True,
        "crawlers": [subject.tool],
        "purpose": subject.about.get("intended_use"),
        "behaviour": "Clones repositories and downloads packages that the recipe names, by git and the registries' own "
        "clients; follows no links and reads no pages.",
        "period": subject.dates,
        "content": sayings.collection(subject),
        "modalities": ["text"],
        "domains": {"number": len(hosts), "largest": [{"domain": name} | told for name, told in shown]},
    }


def _other(subject: Subject) -> dict[str, Any]:
    found = [
        *_of_kinds(subject, "folder", "archive"),
        *(place for place in _of_kinds(subject, *_CRAWLED) if place["host"] == "local"),
    ]
    return {"used": bool(found), "sources": found}


def summary_markdown(summary: dict[str, Any]) -> str:
    """The same for people."""
    lines = [
        "# Public summary of training content",
        "",
        f"For the data set {summary['about_data_set']}, after the template {summary['template']} of the European "
        "Commission (Article 53(1)(d) of Regulation (EU) 2024/1689). Whoever trains a model on it fills in the rest.",
        "",
    ]
    for key, value in summary.items():
        if key[0].isdigit():
            lines += _section(key, value, 2)
    return "\n".join(lines).rstrip() + "\n"


def _section(key: str, value: Any, level: int) -> list[str]:
    number, _, words = key.partition("_")
    lines = [f"{'#' * level} {number} {words.replace('_', ' ').capitalize()}", ""]
    if value is None:
        return [*lines, _PROVIDER, ""]
    if isinstance(value, list):
        return [*lines, *(f"- {one}" for one in value), ""]
    for name, one in value.items():
        lines += _section(name, one, level + 1) if name[0].isdigit() else _answer(name, one)
    return lines


def _answer(name: str, value: Any) -> list[str]:
    label = f"**{name.replace('_', ' ').capitalize()}:**"
    if isinstance(value, dict):
        said = ", ".join(f"{key} {one}" for key, one in value.items() if not isinstance(one, list))
        tables = [line for one in value.values() if isinstance(one, list) for line in _table(one)]
        return [f"{label} {said}", "", *tables]
    if isinstance(value, list) and value:
        return [
            label,
            "",
            *(_table(value) if isinstance(value[0], dict) else [*(f"- {one}" for one in value), ""]),
        ]
    return [f"{label} {_plain(value)}", ""]


def _plain(value: Any) -> str:
    if value is None:
        return _PROVIDER
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value or "none")


def _table(rows: list[dict[str, Any]]) -> list[str]:
    lines = [list(rows[0]), ["---"] * len(rows[0]), *(list(row.values()) for row in rows)] if rows else []
    return [*("| " + " | ".join(map(str, line)) + " |" for line in lines), ""]
