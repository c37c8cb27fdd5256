"""What is in a release, against git's and Software Heritage's own words."""

import json
import subprocess
from importlib import import_module
from pathlib import Path

from tests.data.releases import MIT, Made, build_release, code, recipe_of, repository
from tilth.data.facts.tables.languages import language_table
from tilth.data.release.languages import folder_of


def test_ids_are_gits(example: Made, example_repositories: tuple[Path, Path]) -> None:
    for place in example_repositories:

        def git(*words: str, place: Path = place) -> str:
            return subprocess.run(
                ["git", "-C", str(place), *words], capture_output=True, text=True, check=True
            ).stdout.strip()

        rows = [row for row in example.table("metadata/occurrences") if row["origin"] == place.as_uri()]
        listed = dict(line.split("\t")[::-1] for line in git("ls-tree", "-r", "HEAD").splitlines())
        assert {row["path"]: row["content_id"] for row in rows} == {
            p: i.split()[2] for p, i in listed.items()
        }
        assert {row["revision_id"] for row in rows} == {git("rev-parse", "HEAD")}
        kept = [row for row in example.table("data") if row["origin"] == place.as_uri()]
        assert {row["directory_id"] for row in kept} == {git("rev-parse", "HEAD^{tree}")}


def test_ids_are_software_heritages(example: Made, example_repositories: tuple[Path, Path]) -> None:
    model = import_module("swh.model.model")
    disk = import_module("swh.model.from_disk")
    for row in example.table("data"):
        content = model.Content.from_data(row["content"].encode())
        assert (content.sha1_git.hex(), content.sha1.hex()) == (row["content_id"], row["blob_id"])
    for place in example_repositories:
        (unit,) = [row for row in example.table("metadata/units.parquet") if row["origin"] == place.as_uri()]
        target = model.SnapshotBranch(
            target_type=model.SnapshotTargetType.REVISION, target=bytes.fromhex(unit["revision_id"])
        )
        alias = model.SnapshotBranch(target_type=model.SnapshotTargetType.ALIAS, target=b"refs/heads/main")
        snapshot = model.Snapshot(branches={b"refs/heads/main": target, b"HEAD": alias})
        assert str(snapshot.swhid()) == unit["snapshot_id"]
        checkout = place.parent.parent / f"{place.name}-tree"
        checkout.mkdir(exist_ok=True)
        archive = subprocess.run(
            ["git", "-C", str(place), "archive", "HEAD"], capture_output=True, check=True
        ).stdout
        subprocess.run(["tar", "-x", "-C", str(checkout)], input=archive, check=True)
        root = disk.Directory.from_disk(path=str(checkout).encode(), max_content_length=None)
        assert root.hash.hex() == unit["directory_id"]


def test_folder_has_the_directory_id_that_git_would_give(tmp_path: Path) -> None:
    one = repository(tmp_path / "one", {b"a.py": code(1), b"in/b.py": code(2)})
    folder = tmp_path / "folder"
    (folder / "in").mkdir(parents=True)
    for path, data in (("a.py", code(1)), ("in/b.py", code(2)), ("LICENSE", MIT)):
        (folder / path).write_bytes(data)
    release = build_release(recipe_of({"kind": "folder", "paths": [str(folder)]}), tmp_path / "release")
    (unit,) = release.table("metadata/units.parquet")
    assert unit["directory_id"] == one.git("rev-parse", "HEAD^{tree}")


def test_manifest_says_what_is_there(example: Made) -> None:
    manifest = json.loads((example.path / "manifest.json").read_text())
    assert manifest == json.loads(json.dumps(example.manifest))
    rows = example.table("data")
    assert {name: entry["files"] for name, entry in manifest["languages"].items()} == {
        name: sum((row["language"] or "unknown") == name for row in rows)
        for name in {row["language"] or "unknown" for row in rows}
    }
    assert sum(entry["bytes"] for entry in manifest["licences"].values()) == sum(
        row["length_bytes"] for row in rows
    )
    lines = (example.path / "SHA256SUMS").read_text().splitlines()
    done = subprocess.run(["sha256sum", "-c", "--quiet", "SHA256SUMS"], cwd=example.path, check=False)
    assert done.returncode == 0
    assert {line.split("  ")[1] for line in lines} == {file["path"] for file in manifest["files"]} | {
        "manifest.json"
    }
    assert str(example.path.parent) not in (example.path / "manifest.json").read_text()


def test_every_unit_has_its_counts(example: Made) -> None:
    units = example.table("metadata/units.parquet")
    assert sum(unit["num_files"] for unit in units) == example.manifest["counts"]["files"]
    assert sum(unit["num_kept"] for unit in units) == example.manifest["counts"]["kept"]["files"]


def test_no_two_languages_share_a_folder() -> None:
    folders: dict[str, str] = {}
    for language in [None, *language_table().types]:
        folder = folder_of(language)
        assert folders.setdefault(folder, str(language)) == str(language)
        assert folder and "/" not in folder and not folder.startswith(".")


def test_contents_can_stand_beside_the_rows(tmp_path: Path) -> None:
    one = repository(tmp_path / "one", {b"a.py": code(1)})
    release = build_release(recipe_of(one.path, release={"contents": "ids"}), tmp_path / "release")
    assert "content" not in release.table("data")[0]
    assert len(list(release.path.glob("contents/*/*.pack"))) == len(
        list(release.path.glob("data/*/*.parquet"))
    )
    assert release.is_balanced()


def test_build_of_nothing_at_all(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    release = build_release(
        recipe_of({"kind": "folder", "paths": [str(tmp_path / "empty")]}), tmp_path / "release"
    )
    assert release.is_balanced()
    assert release.manifest["counts"]["files"] == 0
