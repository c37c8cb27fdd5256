"""SPDX 3.0.1 with the profile for data sets, as JSON-LD.

Every element is named by an IRI made from the release's own name, so the same release has the same document.
"""

import hashlib
from typing import Any

from tilth.data.release.papers import sayings
from tilth.data.release.papers.subject import NO_DAY, Subject

CONTEXT = "https://spdx.org/rdf/3.0.1/spdx-context.jsonld"
_INFO = "_:creationinfo"
_NO_ASSERTION = "https://spdx.org/rdf/3.0.1/terms/ExpandedLicensing/NoAssertionLicense"
_BESIDE_DATA = ("README.md", "CITATION.cff", "croissant.json", "recipe.yaml", "manifest.json", "SHA256SUMS")


def spdx(subject: Subject) -> dict[str, Any]:
    """The release as one `dataset_DatasetPackage`, with who made it, its licences and what it was built from."""
    package = _package(subject)
    agents = [
        _element(subject, "Organization", f"creator-{number}", name=name)
        for number, name in enumerate(subject.creators, 1)
    ]
    package["originatedBy"] = [agent["spdxId"] for agent in agents]
    tool = _element(subject, "Tool", "tool", name=subject.tool)
    info = {
        "type": "CreationInfo",
        "@id": _INFO,
        "specVersion": "3.0.1",
        "created": f"{subject.day or NO_DAY}T00:00:00Z",
        "createdBy": [agent["spdxId"] for agent in agents],
        "createdUsing": [tool["spdxId"]],
    }
    if subject.day is None:
        info["comment"] = "The day is not known: no recipe names one, and no input has one."
    licences = _licences(subject, package["spdxId"])
    elements = [package, *agents, tool, *licences]
    document = _element(
        subject,
        "SpdxDocument",
        "document",
        name=f"{subject.name} {subject.version}",
        profileConformance=["core", "dataset", "simpleLicensing", "software"],
        rootElement=[package["spdxId"]],
        element=[element["spdxId"] for element in elements],
    )
    return {"@context": CONTEXT, "@graph": [info, document, *elements]}


def _element(subject: Subject, kind: str, at: str, /, **said: Any) -> dict[str, Any]:
    return {"type": kind, "spdxId": f"{subject.iri}:{at}", "creationInfo": _INFO, **said}


def _package(subject: Subject) -> dict[str, Any]:
    about = subject.about
    found = {
        "name": subject.name,
        "summary": subject.description,
        "software_packageVersion": subject.version,
        "software_primaryPurpose": "data",
        "software_homePage": about.get("url"),
        # The profile asks for a place; a release that is not published has none yet.
        "software_downloadLocation": about.get("url") or f"{subject.iri}:not-published",
        "software_copyrightText": "Each file stays with its authors: papers/attribution.txt names them.",
        "builtTime": f"{subject.day or NO_DAY}T00:00:00Z",
        "releaseTime": f"{subject.day or NO_DAY}T00:00:00Z",
        "verifiedUsing": [_verification(subject)],
        "dataset_datasetType": ["syntactic", "text"],
        "dataset_datasetSize": subject.kept["bytes"],
        "dataset_datasetAvailability": "directDownload",
        "dataset_dataCollectionProcess": sayings.collection(subject),
        "dataset_dataPreprocessing": sayings.steps(subject),
        "dataset_datasetUpdateMechanism": sayings.upkeep(subject),
        "dataset_datasetNoise": " ".join(sayings.limits(subject)),
        "dataset_knownBias": sayings.biases(subject),
        "dataset_intendedUse": about.get("intended_use"),
        "dataset_hasSensitivePersonalInformation": "noAssertion",
        "dataset_confidentialityLevel": "clear",
    }
    told = {key: value for key, value in found.items() if value not in (None, [])}
    return _element(subject, "dataset_DatasetPackage", "data", **told)


def _verification(subject: Subject) -> dict[str, Any]:
    """SPDX's code of a package: the hash of the hashes of its files, in their order."""
    hashes = sorted(
        file["sha256"] for file in subject.manifest["files"] if file["path"].endswith((".parquet", ".pack"))
    )
    return {
        "type": "PackageVerificationCode",
        "algorithm": "sha256",
        "hashValue": hashlib.sha256("".join(hashes).encode()).hexdigest(),
        "packageVerificationCodeExcludedFile": [f"./{name}" for name in _BESIDE_DATA] + ["./papers/"],
    }


def _licences(subject: Subject, package: str) -> list[dict[str, Any]]:
    """The declared licence is that of the compilation, the concluded one what all of its files together ask for."""
    declared = subject.about.get("licence")
    stated = sorted(name for name in subject.manifest["licences"] if name != "none")
    concluded = " AND ".join(f"({name})" if " OR " in name and len(stated) > 1 else name for name in stated)
    found = []
    for kind, expression in (("hasDeclaredLicense", declared), ("hasConcludedLicense", concluded)):
        target = _NO_ASSERTION
        if expression:
            licence = _element(
                subject,
                "simplelicensing_LicenseExpression",
                f"{kind}-expression",
                simplelicensing_licenseExpression=expression,
            )
            found.append(licence)
            target = licence["spdxId"]
        found.append(
            _element(subject, "Relationship", kind, relationshipType=kind, **{"from": package}, to=[target])
        )
    return found
