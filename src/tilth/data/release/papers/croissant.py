"""Croissant 1.1 (mlcommons.org/croissant/1.1) with the fields for responsible use (RAI 1.0), as JSON-LD."""

from typing import Any

import pyarrow as pa

from tilth.data.release import columns
from tilth.data.release.papers import sayings
from tilth.data.release.papers.citation import bibtex
from tilth.data.release.papers.subject import Subject
from tilth.data.stages.cutting import CUTS_TYPE

CONFORMS_TO = ["http://mlcommons.org/croissant/1.1", "http://mlcommons.org/croissant/RAI/1.0"]
PARQUET = "application/x-parquet"
RELEASE = "release"
"""Id of the release's folder: readers of a local copy map it to that."""

_OF_CROISSANT = (
    "arrayShape", "citeAs", "column", "containedIn", "equivalentProperty", "extract", "field", "fileProperty",
    "fileObject", "fileSet", "format", "includes", "isArray", "isLiveDataset", "jsonPath", "key", "md5", "parentField",
    "path", "recordSet", "references", "regex", "repeated", "replace", "samplingRate", "separator", "source",
    "subField", "transform",
)  # fmt: skip
CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "sc": "https://schema.org/",
    "dct": "http://purl.org/dc/terms/",
    "conformsTo": "dct:conformsTo",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "description": {"@container": "@language"},
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "name": {"@container": "@language"},
    **{name: f"cr:{name}" for name in _OF_CROISSANT},
}
"""The context of the specification's appendix 1."""
_MEANINGS = {name: text for name, _, _, text in columns.COLUMNS}


def croissant(subject: Subject) -> dict[str, Any]:
    """The release as a Croissant data set: its files with their hashes, and a set of records for each configuration."""
    about = subject.about
    found = {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": CONFORMS_TO,
        "name": subject.name,
        "description": subject.description,
        "version": subject.version,
        "url": about.get("url"),
        "license": f"https://spdx.org/licenses/{about['licence']}" if about.get("licence") else "per file",
        "datePublished": subject.day,
        "creator": [{"@type": "sc:Organization", "name": name} for name in subject.creators],
        "keywords": ["code", *sorted(subject.manifest["languages"])],
        "inLanguage": "en",
        "citeAs": bibtex(subject),
        "isLiveDataset": False,
        **_responsible(subject),
        "distribution": _distribution(subject),
        "recordSet": [_records(name, schema) for name, schema in _configurations(subject).items()],
    }
    return {key: value for key, value in found.items() if value is not None}


def _responsible(subject: Subject) -> dict[str, Any]:
    return {
        "rai:dataCollection": sayings.collection(subject),
        "rai:dataCollectionType": ["Software Collection"],
        "rai:dataCollectionRawData": "Every path of every unit is in the record set `occurrences`, by SWHID.",
        "rai:dataCollectionTimeframe": [day for day in subject.dates.values() if day] or None,
        "rai:dataPreprocessingProtocol": sayings.steps(subject),
        "rai:machineAnnotationTools": [
            subject.tool,
            *(
                f"facts {name} {version}"
                for name, version in sorted(subject.manifest["tool"]["facts"].items())
            ),
        ],
        "rai:personalSensitiveInformation": [sayings.personal(subject)],
        "rai:dataBiases": sayings.biases(subject),
        "rai:dataLimitations": sayings.limits(subject),
        "rai:dataUseCases": [subject.about["intended_use"]] if subject.about.get("intended_use") else None,
        "rai:dataReleaseMaintenancePlan": sayings.upkeep(subject),
    }


def _configurations(subject: Subject) -> dict[str, tuple[str, pa.Schema]]:
    """Name of a set of records -> the folder of its files, and its columns."""
    rows = columns.ROW_SCHEMA
    if not subject.files("contents/"):
        rows = rows.append(pa.field("content", pa.string()))
    if subject.manifest.get("duplicates", {}).get("repeated") == "cut":
        rows = rows.append(pa.field("cuts", CUTS_TYPE))
    found = {
        folder: (f"data/{folder}/", rows)
        for folder in dict.fromkeys(entry["folder"] for entry in subject.manifest["languages"].values())
    }
    commits = pa.schema([*columns.COMMIT_SCHEMA, ("old_content", pa.string()), ("new_content", pa.string())])
    for name, folder, schema in (
        ("commits", "commits/", commits),
        ("occurrences", "metadata/occurrences/", columns.OCCURRENCE_SCHEMA),
        ("drops", "metadata/drops/", columns.DROP_SCHEMA),
    ):
        if subject.files(folder):
            # A language may have that name too.
            found[name if name not in found else f"metadata-{name}"] = (folder, schema)
    return found


def _distribution(subject: Subject) -> list[dict[str, Any]]:
    whole = {
        "@type": "cr:FileObject",
        "@id": RELEASE,
        "name": RELEASE,
        "description": "The folder of the release.",
        "contentUrl": subject.about.get("url") or ".",
        "encodingFormat": "git+https",
        "sha256": subject.manifest["inputs"]["fingerprint"],
    }
    sets = [
        {
            "@type": "cr:FileSet",
            "@id": f"files/{name}",
            "name": name,
            "containedIn": {"@id": RELEASE},
            "encodingFormat": PARQUET,
            "includes": f"{folder}*.parquet",
        }
        for name, (folder, _) in _configurations(subject).items()
    ]
    files = [
        {
            "@type": "cr:FileObject",
            "@id": file["path"],
            "name": file["path"],
            "containedIn": {"@id": RELEASE},
            "contentUrl": file["path"],
            "contentSize": f"{file['bytes']} B",
            "encodingFormat": PARQUET,
            "sha256": file["sha256"],
        }
        for file in subject.manifest["files"]
        if file["path"].endswith(".parquet")
    ]
    return [whole, *sets, *files]


def _records(name: str, told: tuple[str, pa.Schema]) -> dict[str, Any]:
    return {
        "@type": "cr:RecordSet",
        "@id": name,
        "name": name,
        # Readers of Croissant know no lists of structures: those columns are in the files alone.
        "field": [_field(name, field) for field in told[1] if not _is_of_structures(field.type)],
    }


def _field(records: str, field: pa.Field) -> dict[str, Any]:
    meaning = _MEANINGS.get(field.name)
    found = {
        "@type": "cr:Field",
        "@id": f"{records}/{field.name}",
        "name": field.name,
        "dataType": _data_type(field.type),
        "source": {"fileSet": {"@id": f"files/{records}"}, "extract": {"column": field.name}},
    }
    if meaning:
        found["description"] = meaning
    if pa.types.is_list(field.type):
        found |= {"isArray": True, "arrayShape": "-1"}
    return found


def _is_of_structures(kind: pa.DataType) -> bool:
    return bool(pa.types.is_list(kind) and pa.types.is_struct(kind.value_type))


def _data_type(kind: pa.DataType) -> str:
    if pa.types.is_list(kind):
        return _data_type(kind.value_type)
    if pa.types.is_integer(kind):
        return "sc:Integer"
    if pa.types.is_floating(kind):
        return "sc:Float"
    if pa.types.is_boolean(kind):
        return "sc:Boolean"
    return "sc:DateTime" if pa.types.is_timestamp(kind) else "sc:Text"
