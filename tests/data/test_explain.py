"""What is said of one file is what a build would say of it."""

import os
from pathlib import Path

import pytest

from tests.data.releases import MIT, build_release, code, recipe_of
from tests.permissions import permissions_hold
from tilth.data.explain import explain
from tilth.errors import UserError

HEADER = b"/* A comment */\n\n// SPDX-License-Identifier: GPL-2.0-or-later\nint main(void) { return 0; }\n"


def folder(tmp_path: Path, files: dict[str, bytes]) -> Path:
    root = tmp_path / "work"
    (root / ".git").mkdir(parents=True)
    for name, data in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(data)
    return root


def test_missing_file_and_folder(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="does not exist"):
        explain(tmp_path / "none")
    with pytest.raises(UserError, match="is a folder"):
        explain(tmp_path)


def test_file_that_may_not_be_read(tmp_path: Path) -> None:
    path = folder(tmp_path, {"a.py": b"x = 1\n"}) / "a.py"
    path.chmod(0)
    with permissions_hold(), pytest.raises(UserError, match="cannot be read"):
        explain(path)


@pytest.mark.parametrize(
    ("data", "encoding", "reason"),
    [
        (b"", "utf-8", "empty"),
        (bytes(range(256)) * 8, "binary", "binary"),
        ("// größer und schöner, für alle Fälle\nint größe = 1;\n".encode("latin-1") * 20, None, None),
        ("x = 'ü'\n".encode("utf-16"), None, None),
    ],
)
def test_awkward_bytes(tmp_path: Path, data: bytes, encoding: str | None, reason: str | None) -> None:
    found = explain(folder(tmp_path, {"a.c": data, "LICENSE": MIT}) / "a.c")
    assert encoding is None or found["encoding"] == encoding
    drops = [drop["reason"] for drop in found["policies"]["tilth"]]
    assert reason is None or drops[0] == reason


def test_links_and_pipes_are_told_as_refused(tmp_path: Path) -> None:
    root = folder(tmp_path, {"a.c": b"int a;\n"})
    (root / "link").symlink_to("a.c")
    os.mkfifo(root / "pipe")
    assert explain(root / "link")["policies"]["none"] == [{"stage": "read", "reason": "link", "value": "a.c"}]
    assert explain(root / "pipe")["encoding"] == "not read: not_a_file"


def test_a_name_that_is_no_text(tmp_path: Path) -> None:
    root = folder(tmp_path, {"LICENSE": MIT})
    path = Path(os.fsdecode(os.fsencode(root) + b"/\xff'.py"))
    path.write_bytes(code(1))
    assert explain(path)["licence"]["expression"] == "MIT"


def test_a_licence_and_why(tmp_path: Path) -> None:
    files = {"LICENSE": MIT, "package.json": b'{"license": "MIT"}', "src/LICENSE": MIT, "src/a.c": HEADER}
    found = explain(folder(tmp_path, files) / "src/a.c")["licence"]
    assert (found["expression"], found["source"], found["from"]) == ("GPL-2.0-or-later", "tag", "src/a.c")
    (span,) = found["evidence"]
    assert (span["lines"], span["kind"]) == ([3, 3], "tag")
    assert span["text"].startswith("// SPDX-License-Identifier")
    assert [(one["source"], one["path"]) for one in found["folders"]] == [
        ("file", "src/LICENSE"),
        ("file", "LICENSE"),
        ("metadata", "package.json"),
    ]
    assert [one["expression"] for one in found["contradiction"]] == ["GPL-2.0-or-later", "MIT"]
    assert found["compatible"] == "GPL-2.0-or-later in a work under MIT: no"
    assert found["lists"]["GPL-2.0-or-later"]["OSI approved"] is True
    assert found["class"] == {
        "tilth": "copyleft",
        "stack-v2": "copyleft",
        "starcoder": "copyleft",
        "none": "copyleft",
    }


@pytest.mark.parametrize(
    ("expression", "names"),
    [
        ("MIT OR GPL-2.0-or-later", {"MIT", "GPL-2.0-or-later"}),
        ("(MIT AND BSD-3-Clause) OR Apache-2.0", {"MIT", "BSD-3-Clause", "Apache-2.0"}),
        ("GPL-2.0-only WITH Classpath-exception-2.0", {"GPL-2.0-only"}),
        ("MIT OR", set()),
    ],
)
def test_lists_of_every_licence_in_an_expression(tmp_path: Path, expression: str, names: set[str]) -> None:
    root = folder(tmp_path, {"a.py": f"# SPDX-License-Identifier: {expression}\n".encode() + code(1)})
    lists = explain(root / "a.py")["licence"]["lists"]
    assert {name for name in lists if not name.startswith("LicenseRef-")} == names


def test_flags_say_why(tmp_path: Path) -> None:
    root = folder(tmp_path, {"node_modules/x/test/a.js": b"var a = 1;\n", "Makefile": b"all:\n\ttrue\n"})
    flags = explain(root / "node_modules/x/test/a.js")["flags"]
    assert flags.keys() >= {"generated", "test", "vendor"}
    assert "node_modules" in flags["generated"]
    assert "configuration" in explain(root / "Makefile")["flags"]


def test_every_rule_that_would_drop_it(tmp_path: Path) -> None:
    path = folder(tmp_path, {"vendor/a.py": b"x = 1  # " + b"long words " * 200 + b"\n"}) / "vendor/a.py"
    found = explain(path)["policies"]
    drops = {drop["reason"]: drop for drop in found["tilth"]}
    assert list(drops) == ["vendored", "long_line", "long_mean_line", "licence_no_license"]
    assert (drops["long_line"]["value"], drops["long_line"]["bound"]) == ("2209", 1000)
    assert [drop["reason"] for drop in found["stack-v2"]] == ["long_line", "long_mean_line"]
    assert found["none"] == []


def test_the_same_as_a_build(tmp_path: Path) -> None:
    files = {
        "LICENSE": MIT,
        "a.py": code(1),
        "b.py": b"# SPDX-License-Identifier: GPL-3.0-only\n" + code(2),
        "README.md": b"# x\n",
        "vendor/LICENSE": b"SPDX-License-Identifier: ISC\n",
        "vendor/c.py": code(3),
        "deep/er/package.json": b'{"license": "Apache-2.0"}',
        "deep/er/d.py": code(4),
        "deep/blank.py": b" \n",
    }
    root = folder(tmp_path, files)
    source = {"kind": "folder", "paths": [str(root)]}
    release = build_release(recipe_of(source, policy={"preset": "tilth"}), tmp_path / "release")
    for path in files:
        found, built = explain(root / path), release.one("metadata/occurrences", path)
        licence = found["licence"]
        assert licence["expression"] == built["license_expression"], path
        assert licence["class"]["tilth"] == built["license_class"], path
        assert (licence["source"], licence["from"]) == (built["license_source"], built["license_path"]), path
        assert licence["contradiction"] == built["license_contradiction"], path
        reasons = [drop["reason"] for drop in found["policies"]["tilth"]]
        assert next(iter(reasons), None) == built["reason"], path
