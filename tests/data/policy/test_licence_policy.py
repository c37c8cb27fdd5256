"""Licence policies in a build: what is chosen, why a file leaves, and what another policy would do."""

import json
from pathlib import Path

import pytest

from tests.data.releases import GPL, Made, build_release, code, recipe_of, repository
from tilth.cli.main import main
from tilth.data.release.licences import apart, licences_of, together
from tilth.data.release.look import what_if
from tilth.errors import UserError

DUAL = b"# SPDX-License-Identifier: MIT OR GPL-3.0-only\n"
ZERO = b"# SPDX-License-Identifier: 0BSD\n"
BOTH = b"# SPDX-License-Identifier: MIT AND GPL-2.0-only\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("licence-policy")


@pytest.fixture(scope="module")
def sources(folder: Path) -> list[Path]:
    files = {
        b"mit.py": code(1),
        b"dual.py": DUAL + code(2),
        b"zero.py": ZERO + code(3),
        b"both.py": BOTH + code(4),
        b"bound/LICENSE": GPL,
        b"bound/gpl.py": code(5),
    }
    silent = repository(folder / "silent", {b"silent.py": code(6)}, licence=None)
    return [repository(folder / "one", files).path, silent.path]


def built(folder: Path, sources: list[Path], name: str, **policy: object) -> Made:
    recipe = recipe_of(*sources, policy={"preset": "none", **policy})
    return build_release(recipe, folder / name, store=folder / "store")


@pytest.fixture(scope="module")
def everything(folder: Path, sources: list[Path]) -> Made:
    return built(folder, sources, "everything")


POLICIES = [
    {"licences": ["permissive"]},
    {"licences": ["permissive", "no_license"], "blue_oak_min": "silver"},
    {"scancode_categories": ["Copyleft"]},
    {"compatible_with": "GPL-2.0-only"},
    {"licences": ["permissive"], "licence_ids_keep": ["GPL-3.0-only"], "licence_ids_drop": ["0BSD"]},
]
REASONS = [
    {"both.py": "licence_copyleft", "gpl.py": "licence_copyleft", "silent.py": "licence_no_license"},
    {"both.py": "licence_copyleft", "gpl.py": "licence_copyleft", "zero.py": "licence_rating"},
    {
        "both.py": "licence_category",
        "mit.py": "licence_category",
        "zero.py": "licence_category",
        "silent.py": "licence_no_license",
    },
    {"gpl.py": "licence_incompatible", "silent.py": "licence_no_license"},
    {"both.py": "licence_copyleft", "zero.py": "licence_listed", "silent.py": "licence_no_license"},
]


@pytest.mark.parametrize(("policy", "expected"), list(zip(POLICIES, REASONS, strict=True)))
def test_every_drop_has_its_reason_and_a_what_if_tells_it_before(
    folder: Path, sources: list[Path], everything: Made, policy: dict[str, object], expected: dict[str, str]
) -> None:
    made = built(folder, sources, f"built-{POLICIES.index(policy)}", **policy)
    assert made.is_balanced()
    reasons = {Path(path).name: reason for path, reason in made.reasons().items() if path.endswith(".py")}
    assert reasons == expected
    for row in made.table("metadata/drops"):
        assert (row["value"] == "") == (row["reason"] == "licence_no_license")
    changes = {key: tuple(one) if isinstance(one, list) else one for key, one in policy.items()}
    told = {row["reason"]: row["then"] for row in what_if(everything.path, changes)}
    stage = next(one for one in made.manifest["counts"]["stages"] if one["stage"] == "licence")
    assert {reason: drop["files"] for reason, drop in stage["dropped"].items()} == {
        reason: number for reason, number in told.items() if reason != "passes" and number
    }
    back = {row["reason"]: row["then"] for row in what_if(made.path, dict.fromkeys(policy))}
    assert back["passes"] == everything.manifest["counts"]["kept"]["files"]


def test_chosen_side_is_said(folder: Path, sources: list[Path], everything: Made) -> None:
    made = built(folder, sources, "chosen", licences=["permissive"])
    row = made.one("data", "dual.py")
    assert (row["license_expression"], row["license_chosen"]) == ("GPL-3.0-only OR MIT", "MIT")
    assert everything.one("data", "dual.py")["license_chosen"] == "GPL-3.0-only OR MIT"
    assert everything.one("data", "silent.py")["license_chosen"] is None


def test_place_with_another_licence_counts(folder: Path, tmp_path: Path) -> None:
    free = repository(tmp_path / "free", {b"a.py": code(1)})
    other = repository(tmp_path / "other", {b"b.py": code(1)}, licence=GPL)
    made = built(tmp_path, [free.path, other.path], "made", compatible_with="MIT")
    drop = made.one("metadata/drops", "a.py")
    assert (drop["reason"], drop["value"]) == ("licence_incompatible", "GPL-3.0-only")


def test_licences_of_a_release(everything: Made, capsys: pytest.CaptureFixture[str]) -> None:
    rows = {row["licence"]: row for row in licences_of(everything.manifest, "GPL-2.0-only")}
    assert (rows["MIT"]["class"], rows["MIT"]["blue_oak"], rows["MIT"]["in_use"]) == (
        "permissive",
        "Silver",
        "yes",
    )
    assert rows["GPL-3.0-only"]["in_use"] == "no"
    assert rows["none"]["class"] == "no_license"
    assert {"licence": "GPL-2.0-only", "other": "GPL-3.0-only"} in apart(everything.manifest)
    assert together(everything.manifest) == []
    assert main(["data", "licences", str(everything.path), "--output", "json"]) == 0
    assert "osadl" in json.loads(capsys.readouterr().out)["matrix"]


def test_work_that_may_hold_all_of_it(folder: Path, sources: list[Path]) -> None:
    made = built(folder, sources, "free", licences=["permissive"])
    assert {"GPL-3.0-only", "MIT"} <= set(together(made.manifest))
    assert apart(made.manifest) == []


def test_use_that_is_no_licence(everything: Made) -> None:
    with pytest.raises(UserError, match="no SPDX expression"):
        licences_of(everything.manifest, "MIT OR")
