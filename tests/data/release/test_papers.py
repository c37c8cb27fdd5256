"""The papers of a release, each against its own public validator or schema."""

import gzip
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from tests.data.releases import MIT, Made, build_release, code, hashes, recipe_of, repository
from tilth.data.release.papers.subject import Subject
from tilth.data.release.papers.write import paper_texts
from tilth.data.release.verify import verify
from tilth.report.progress import Progress

# Of the validators' own making.
pytestmark = pytest.mark.filterwarnings(
    "ignore::DeprecationWarning:rdflib",
    "ignore::DeprecationWarning:pyshacl",
    "ignore::DeprecationWarning:mlcroissant",
    "ignore:ConjunctiveGraph:DeprecationWarning",
)

SCHEMAS = Path(__file__).with_name("schemas")
ABOUT = {
    "creators": ["The Sowers", "Ploughs & Co. {Ltd}"],
    "contact": "sowers@example.org",
    "url": "https://example.org/data",
    "doi": "10.5072/field.1",
    "licence": "ODC-By-1.0",
    "date": "2026-03-01",
}
DUAL = b"# SPDX-License-Identifier: MIT OR GPL-3.0-only\n# Copyright (c) 2020 Some One\n"


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """A release whose recipe says everything about it."""
    folder = tmp_path_factory.mktemp("papers")
    files = {b"a.py": code(1), b"dual.py": DUAL + code(2), b"x.c": b"int x;\n", b"empty.py": b""}
    one = repository(folder / "one", files).path
    said = {"about": ABOUT, "version": "1.2.0", "description": 'Fields: "wheat" & rye, 100 % # {all}'}
    return build_release(
        recipe_of(one, policy={"preset": "none", "empty": "drop"}, **said), folder / "release"
    )


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """A release without a row, of whose making nothing is said, from a folder without dates."""
    folder = tmp_path_factory.mktemp("bare")
    (folder / "files").mkdir()
    (folder / "files" / "a.py").write_bytes(code(1))
    source = {"kind": "folder", "paths": [str(folder / "files")]}
    return build_release(recipe_of(source, policy={"preset": "none", "licences": []}), folder / "release")


@pytest.fixture(params=["release", "bare"])
def either(request: pytest.FixtureRequest) -> Made:
    made: Made = request.getfixturevalue(request.param)
    return made


def schema(name: str) -> Any:
    return json.loads(gzip.decompress((SCHEMAS / name).read_bytes()))


def paper(made: Made, name: str) -> Any:
    return json.loads((made.path / name).read_text("utf-8"))


# The card


def test_card_is_what_the_hub_takes(either: Made) -> None:
    from huggingface_hub import DatasetCard

    text = (either.path / "README.md").read_text("utf-8")
    data = DatasetCard(text).data.to_dict()
    assert data["license"] == "other"
    folders = {entry["folder"] for entry in either.manifest["languages"].values()}
    assert folders <= {config["config_name"] for config in data.get("configs", [])}
    assert (either.path / data["license_link"]).is_file()


# Croissant


def test_croissant_is_valid_and_says_what_is_recommended(release: Made) -> None:
    import mlcroissant

    found = mlcroissant.Dataset(str(release.path / "croissant.json"))
    assert not found.metadata.ctx.issues.errors
    assert not found.metadata.ctx.issues.warnings
    assert found.metadata.ctx.conforms_to.value.endswith("/1.1")
    assert found.metadata.data_limitations and found.metadata.data_collection
    assert found.metadata.version == "1.2.0"


def test_croissant_of_a_release_that_says_nothing_is_valid(bare: Made) -> None:
    import mlcroissant

    found = mlcroissant.Dataset(str(bare.path / "croissant.json"))
    assert not found.metadata.ctx.issues.errors


def test_croissant_reads_every_row(release: Made) -> None:
    import mlcroissant

    local = {"release": str(release.path)}
    found = mlcroissant.Dataset(str(release.path / "croissant.json"), mapping=local)
    read = {row["python/path"].decode(): row["python/content"].decode() for row in found.records("python")}
    assert read == {path: text for path, text in release.texts().items() if path.endswith(".py")}
    drops = [row["drops/reason"] for row in found.records("drops")]
    assert drops == [b"empty"]


def test_croissant_has_the_hash_of_every_table(release: Made) -> None:
    told = {one["@id"]: one.get("sha256") for one in paper(release, "croissant.json")["distribution"]}
    assert {path: told.get(path) for path in hashes(release.path) if path.endswith(".parquet")} == {
        path: digest for path, digest in hashes(release.path).items() if path.endswith(".parquet")
    }


# SPDX


def test_spdx_fits_the_json_schema(either: Made) -> None:
    jsonschema.Draft202012Validator(schema("spdx-3.0.1.json.gz")).validate(paper(either, "papers/spdx.json"))


def test_the_json_schema_would_say_if_it_did_not(release: Made) -> None:
    found = paper(release, "papers/spdx.json")
    package = next(one for one in found["@graph"] if one["type"] == "dataset_DatasetPackage")
    del package["dataset_datasetType"]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(schema("spdx-3.0.1.json.gz")).validate(found)


def graph_of(found: Any) -> Any:
    import rdflib

    # Its context lies on the web, so it is put in its place.
    local = json.dumps(found | {"@context": schema("spdx-3.0.1-context.jsonld.gz")["@context"]})
    return rdflib.Graph().parse(data=local, format="json-ld")


def model() -> Any:
    import rdflib

    text = gzip.decompress((SCHEMAS / "spdx-3.0.1.ttl.gz").read_bytes()).decode()
    return rdflib.Graph().parse(data=text, format="turtle")


def test_spdx_fits_the_shapes_of_its_model(either: Made) -> None:
    import pyshacl

    shapes = model()
    conforms, _, words = pyshacl.validate(
        graph_of(paper(either, "papers/spdx.json")), shacl_graph=shapes, ont_graph=shapes
    )
    assert conforms, words


def test_spdx_is_read_by_the_model_of_its_makers(either: Made) -> None:
    from spdx_python_model import v3_0_1 as spdx

    objects = spdx.SHACLObjectSet()
    with (either.path / "papers/spdx.json").open() as file:
        spdx.JSONLDDeserializer().read(file, objects)
    (package,) = objects.foreach_type(spdx.dataset_DatasetPackage)
    assert package.dataset_datasetSize == either.manifest["counts"]["kept"]["bytes"]
    kinds = {relation.relationshipType for relation in objects.foreach_type(spdx.Relationship)}
    assert len(kinds) == 2


# The summary of training content


def test_summary_fits_its_schema(either: Made) -> None:
    place = Path(__file__).parents[3] / "src/tilth/data/release/papers/training_summary.schema.json"
    rules = json.loads(place.read_text("utf-8"))
    jsonschema.Draft202012Validator.check_schema(rules)
    jsonschema.Draft202012Validator(rules).validate(paper(either, "papers/training_summary.json"))
    text = (either.path / "papers/training_summary.md").read_text("utf-8")
    for head in (
        "1 General",
        "1.3 ",
        "2.1 ",
        "2.2.1 ",
        "2.3 ",
        "2.4 ",
        "2.5 ",
        "2.6 ",
        "3.1 ",
        "3.2 ",
        "3.3 ",
    ):
        assert f"# {head}" in text, head
    assert "None" not in text


def test_summary_names_hosts_that_were_crawled() -> None:
    manifest = manifest_with_hosts(25)
    found = json.loads(paper_texts(Subject(manifest))["papers/training_summary.json"])
    crawled = found["2_list_of_data_sources"]["2.3_crawled_and_scraped"]
    assert crawled["domains"]["number"] == 25
    assert [one["domain"] for one in crawled["domains"]["largest"]] == [
        "h24.example",
        "h23.example",
        "h22.example",
    ]


def manifest_with_hosts(number: int) -> dict[str, Any]:
    places = [
        {"kind": "git", "host": f"h{at}.example", "units": 1, "files": 1, "bytes": at} for at in range(number)
    ]
    return {
        "name": "x",
        "version": "1",
        "tool": {"tilth": "0", "facts": {}, "licence_lists": {}},
        "inputs": {"fingerprint": "0" * 64, "places": places},
        "counts": {
            "kept": {"files": 0, "bytes": 0},
            "files": 0,
            "units": 0,
            "refused_units": 0,
            "stages": [],
        },
        "languages": {},
        "licences": {},
        "licence_contradictions": 0,
        "policy": {"permissive_lists": None},
        "files": [],
    }


# Citation


def test_citation_fits_the_schema(either: Made) -> None:
    found = yaml.load((either.path / "CITATION.cff").read_text("utf-8"), yaml.BaseLoader)
    jsonschema.Draft7Validator(schema("cff-1.2.0.json.gz")).validate(found)
    assert found["type"] == "dataset"


def test_bibtex_is_one_entry_with_balanced_braces(either: Made) -> None:
    text = (either.path / "papers/citation.bib").read_text("utf-8")
    assert text.startswith("@misc{")
    plain = text.replace("\\{", "").replace("\\}", "")
    depth = 0
    for sign in plain:
        depth += (sign == "{") - (sign == "}")
        assert depth >= 0
    assert depth == 0


# Attribution


def test_attribution_names_places_licences_and_holders(release: Made) -> None:
    text = (release.path / "papers/attribution.txt").read_text("utf-8")
    (unit,) = release.manifest["inputs"]["units"]
    assert f"{unit['origin']} at {unit['revision'].removeprefix('swh:1:rev:')}" in text
    assert "  GPL-3.0-only OR MIT: 1 file\n" in text
    assert "    stated in LICENSE\n" in text
    assert "    holder Some One\n" in text


def test_attribution_in_parts_is_the_same(
    release: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tilth.data.release.papers import attribution

    monkeypatch.setattr(attribution, "ROWS_AT_ONCE", 1)
    attribution.write_attribution(Subject(release.manifest), release.path, tmp_path / "x")
    assert (tmp_path / "x").read_bytes() == (release.path / "papers/attribution.txt").read_bytes()


def test_names_of_others_stay_on_their_line(tmp_path: Path) -> None:
    wild = "wild\n  MIT: 9 files\x1b[31m\u202e"
    files = {b"a.py": b"# Copyright (c) 2020 A\x0bB\n" + code(1), wild.encode() + b"/LICENSE": MIT}
    files[wild.encode() + b"/b.py"] = code(2)
    made = build_release(
        recipe_of(repository(tmp_path / "one", files, licence=None).path), tmp_path / "release"
    )
    text = (made.path / "papers/attribution.txt").read_text("utf-8")
    assert "\x1b" not in text and "\u202e" not in text
    assert "9 files" not in [line.strip() for line in text.splitlines()]


# All of them


def test_papers_are_sealed_with_the_release(either: Made) -> None:
    with Progress.open("none") as progress:
        assert verify(either.path, progress) == []


def test_nothing_in_them_depends_on_the_machine_or_the_time(release: Made) -> None:
    for name, text in paper_texts(Subject(release.manifest)).items():
        assert str(release.path) not in text, name
        assert text == (release.path / name).read_text("utf-8"), name
