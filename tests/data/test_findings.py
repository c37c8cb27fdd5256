"""Secrets in a whole build."""

from pathlib import Path

import pytest

from tests.data.facts.secrets.made import github_token
from tests.data.releases import build_release, code, recipe_of, repository
from tilth.errors import UserError


def project(folder: Path) -> Path:
    leak = code(1) + b'\nTOKEN = "' + github_token().encode() + b'"\n'
    return repository(folder, {b"a.py": leak, b"b.py": code(2)}).path


def test_files_with_secrets_leave_with_kinds_and_never_values(tmp_path: Path) -> None:
    made = build_release(
        recipe_of(project(tmp_path / "one"), findings={"secrets": "drop"}), tmp_path / "release"
    )
    assert made.is_balanced()
    assert made.reasons() == {"a.py": "secrets"}
    (drop,) = [row for row in made.table("metadata/drops") if row["reason"] == "secrets"]
    assert drop["value"] == "github.token 1"


def test_findings_in_a_column(tmp_path: Path) -> None:
    recipe = recipe_of(project(tmp_path / "one"), findings={"secrets": "keep"})
    made = build_release(recipe, tmp_path / "release")
    found = {row["path"]: row["secrets"] for row in made.table("data")}
    assert found["b.py"] == []
    (one,) = found["a.py"]
    content = next(row["content"] for row in made.table("data") if row["path"] == "a.py").encode()
    assert (one["kind"], one["how"]) == ("github.token", "checksum")
    assert content[one["start"] : one["end"]] == github_token().encode()


def test_another_sensitivity_looks_at_nothing_again(tmp_path: Path) -> None:
    source = project(tmp_path / "one")
    store = tmp_path / "store"
    build_release(recipe_of(source, findings={"secrets": "drop"}), tmp_path / "first", store=store)
    before = sorted(store.glob("facts/secrets-*/*"))
    findings = {"secrets": "drop", "sensitivity_by_kind": {"github": 1.0}}
    made = build_release(recipe_of(source, findings=findings), tmp_path / "second", store=store)
    assert made.reasons() == {}
    assert sorted(store.glob("facts/secrets-*/*")) == before != []


def test_redaction_is_refused_not_forgotten(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="redact"):
        build_release(
            recipe_of(project(tmp_path / "one"), findings={"secrets": "redact"}), tmp_path / "release"
        )
