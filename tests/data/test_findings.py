"""Secrets in a whole build."""

from pathlib import Path

import pytest

from tests.data.facts.secrets.made import github_token
from tests.data.facts.tiny_labeller import tiny_labeller
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
    assert drop["value"] == "github.token"


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


def test_both_are_redacted_and_the_rest_stays(tmp_path: Path) -> None:
    token = github_token().encode()
    texts = {
        b"a.py": b'# Author: Rosa Diaz <r.diaz@uni-bonn.de>\nTOKEN = "' + token + b'"\n',
        b"b.py": code(2),
    }
    source = repository(tmp_path / "one", texts).path
    recipe = recipe_of(source, findings={"secrets": "redact", "personal_data": "redact"})
    made = build_release(recipe, tmp_path / "release")
    texts = made.texts()
    assert texts["a.py"] == '# Author: <NAME_1> <<EMAIL_1>>\nTOKEN = "<TOKEN_1>"\n'
    assert texts["b.py"] == code(2).decode()
    assert made.one("data", "a.py")["redactions"] == 3 and made.one("data", "b.py")["redactions"] == 0
    assert made.manifest["findings"]["secrets"]["github.token"]["counted"] == 1
    assert set(made.manifest["tool"]["facts"]) >= {"secrets", "personal_data"}
    for path in made.path.rglob("*"):
        assert path.is_dir() or token not in path.read_bytes()


def test_one_is_kept_where_the_other_is_redacted(tmp_path: Path) -> None:
    said = {"secrets": "redact", "personal_data": "keep"}
    made = build_release(recipe_of(project(tmp_path / "one"), findings=said), tmp_path / "release")
    assert github_token() not in made.texts()["a.py"] and "<TOKEN_1>" in made.texts()["a.py"]


def test_a_copy_under_another_name_leaves_for_the_same_reason(tmp_path: Path) -> None:
    leak = code(1) + b'\nTOKEN = "' + github_token().encode() + b'"\n'
    source = repository(
        tmp_path / "one", {b"a.py": leak, b"b.py": leak, b"c.py": code(2), b"d.py": code(2)}
    ).path
    made = build_release(recipe_of(source, findings={"secrets": "drop"}), tmp_path / "release")
    assert made.reasons() == {"a.py": "secrets", "b.py": "secrets", "d.py": "duplicate_file"}
    assert made.is_balanced()


def test_what_is_cut_out_cannot_be_redacted(tmp_path: Path) -> None:
    said = {"findings": {"secrets": "redact"}, "duplicates": {"repeated": "cut"}}
    with pytest.raises(UserError, match="repeated: mark"):
        recipe_of(project(tmp_path / "one"), **said)


def test_a_kind_that_there_is_not(tmp_path: Path) -> None:
    findings = {"secrets": "keep", "sensitivity_by_kind": {"gitbuh": "strict"}}
    with pytest.raises(UserError, match="gitbuh"):
        build_release(recipe_of(project(tmp_path / "one"), findings=findings), tmp_path / "release")


def test_a_model_adds_to_what_rules_find(tmp_path: Path) -> None:
    model = tiny_labeller(tmp_path / "model")
    said = {
        "secrets": "keep",
        "personal_data": "keep",
        "model": str(model),
        "sensitivity_by_kind": {"name": 0.9},
    }
    made = build_release(recipe_of(project(tmp_path / "one"), findings=said), tmp_path / "release")
    row = made.one("data", "a.py")
    assert [one["how"] for one in row["secrets"]] == ["checksum"]
    assert "model" in {one["how"] for one in row["personal_data"]}
    starts = [one["start"] for one in row["personal_data"]]
    assert starts == sorted(starts)
    assert made.manifest["findings"]["personal_data"]["name"]["counted"] == 0
    assert "model_findings" in made.manifest["tool"]["facts"]


def test_labels_of_secrets_are_redacted_as_that(tmp_path: Path) -> None:
    model = tiny_labeller(tmp_path / "model", label="PASSWORD")
    said = {"secrets": "redact", "model": str(model), "sensitivity": "strict"}
    made = build_release(recipe_of(project(tmp_path / "one"), findings=said), tmp_path / "release")
    assert "<PASSWORD_1>" in made.texts()["b.py"]


def test_a_model_that_there_is_not_stops_the_build_before_it_begins(tmp_path: Path) -> None:
    pytest.importorskip("transformers")
    said = {"secrets": "keep", "model": str(tmp_path / "none")}
    with pytest.raises(UserError, match="no token-classification model"):
        build_release(recipe_of(project(tmp_path / "one"), findings=said), tmp_path / "release")
