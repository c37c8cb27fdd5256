"""A release and personal data: kept, redacted, dropped or not told; never a value outside of the texts."""

from pathlib import Path
from typing import Any

import pytest

from tests.data.releases import Made, build_release, code, hashes, recipe_of, repository
from tilth.config.findings import Findings
from tilth.data.preload import PRELOAD
from tilth.data.release.look import findings
from tilth.data.release.verify import verify
from tilth.engine.choose import engine
from tilth.report.progress import Progress

FILES = {
    b"a.py": b"# Author: Rosa Diaz <r.diaz@uni-bonn.de>\nhost = 'http://81.2.69.142/'\n",
    b"clean.py": code(3),
    b"wide.py": "# é r.diaz@uni-bonn.de\n".encode("utf-16"),
    b"held.c": b"/* Copyright (c) 2020 Rosa Diaz */\nint x;\n",
}


def release(tmp_path: Path, *, contents: str = "inline", **said: Any) -> Made:
    path = tmp_path / "repository"
    made = repository(path, FILES).path if not path.exists() else path
    recipe = recipe_of(made, findings=said, release={"contents": contents})
    return build_release(
        recipe, tmp_path / f"{contents}-{len(list(tmp_path.iterdir()))}", store=tmp_path / "store"
    )


def problems(made: Made) -> list[Any]:
    with Progress.open("none") as progress:
        return verify(made.path, progress)


def test_kept(tmp_path: Path) -> None:
    made = release(tmp_path, personal_data="keep")
    row = made.one("data", "a.py")
    assert [one["kind"] for one in row["personal_data"]] == ["name", "email", "ip.v4"]
    assert row["redactions"] == 0 and "r.diaz@uni-bonn.de" in row["content"]
    assert made.manifest["findings"]["personal_data"]["email"] == {"files": 2, "spans": 2, "counted": 2}


def test_redacted(tmp_path: Path) -> None:
    made = release(tmp_path, personal_data="redact")
    texts = made.texts()
    assert texts["a.py"] == "# Author: <NAME_1> <<EMAIL_1>>\nhost = 'http://<IP_ADDRESS_1>/'\n"
    assert texts["wide.py"] == "# é <EMAIL_1>\n"
    assert "Rosa Diaz" in texts["held.c"] and texts["clean.py"] == code(3).decode()
    assert {row["path"]: row["redactions"] for row in made.table("data")}["a.py"] == 3
    assert made.one("data", "a.py")["content_id"] == release(tmp_path).one("data", "a.py")["content_id"]
    assert problems(made) == [] and made.is_balanced()
    card = (made.path / "README.md").read_text()
    assert "replaced in the texts" in card and "diaz" not in card


def test_no_value_is_left_anywhere(tmp_path: Path) -> None:
    made = release(tmp_path, personal_data="redact", copyright_holders="redact")
    rows = [made.table(part) for part in ("data", "metadata/occurrences", "metadata/drops")]
    assert "diaz" not in str(rows).lower() and "81.2" not in str(rows)
    for path in made.path.glob("*.*"):
        assert b"diaz" not in path.read_bytes().lower()


def test_contents_beside_the_rows(tmp_path: Path) -> None:
    from tilth.store.packs import PackReader

    made = release(tmp_path, contents="ids", personal_data="redact")
    assert problems(made) == []
    wanted = made.one("data", "wide.py")["content_id"]
    (index,) = [
        path
        for path in made.path.rglob("contents/**/*.parquet")
        if wanted in str(made.table(str(path.relative_to(made.path))))
    ]
    (row,) = [row for row in made.table(str(index.relative_to(made.path))) if row["content_id"] == wanted]
    with PackReader(index.parent) as packs:
        raw = packs.read(index.stem, row["offset"], row["packed_bytes"], row["length_bytes"])
    assert raw == "# é <EMAIL_1>\n".encode("utf-16")


def test_dropped(tmp_path: Path) -> None:
    made = release(tmp_path, personal_data="drop")
    assert made.reasons() == {"a.py": "personal_data", "wide.py": "personal_data"}
    assert made.one("metadata/drops", "a.py")["value"] == "email, ip.v4, name"
    assert made.is_balanced() and problems(made) == []


def test_not_looked_for_by_default(tmp_path: Path) -> None:
    made = release(tmp_path)
    assert not list((tmp_path / "store" / "facts").glob("personal_data-*"))
    assert {row["personal_data"] for row in made.table("data")} == {None}
    assert made.manifest["findings"]["personal_data"] == {}


def test_another_sensitivity_computes_no_fact(tmp_path: Path) -> None:
    release(tmp_path, personal_data="keep")
    facts = sorted((tmp_path / "store" / "facts").rglob("*.parquet"))
    made = release(tmp_path, personal_data="redact", sensitivity_by_kind={"email": 0.99})
    assert sorted((tmp_path / "store" / "facts").rglob("*.parquet")) == facts
    assert "r.diaz@uni-bonn.de" in made.texts()["a.py"] and "81.2.69.142" not in made.texts()["a.py"]


def test_counts_of_a_release(tmp_path: Path) -> None:
    made = release(tmp_path, personal_data="keep")
    rows = {row["kind"]: row for row in findings(made.path, Findings(sensitivity="lenient"))}
    assert rows["email"] == {"group": "personal_data", "kind": "email", "files": 2, "spans": 2, "counted": 2}
    assert "diaz" not in str(rows)


@pytest.mark.parametrize("workers", [2, 4])
def test_number_of_workers_does_not_show(tmp_path: Path, workers: int) -> None:
    paths = []
    for number in range(6):
        own = f"# Author: Rosa Diaz <r.diaz{number}@uni-bonn.de>\n".encode() + code(number, lines=60)
        paths.append(repository(tmp_path / f"r{number}", {b"own.py": own, b"same.py": FILES[b"a.py"]}).path)
    recipe = recipe_of(*paths, findings={"personal_data": "redact"}, release={"shard_bytes": 2**16})
    expected = hashes(build_release(recipe, tmp_path / "alone", store=tmp_path / "s1").path)
    runner = engine("local", workers, folder=tmp_path / "jobs", preload=PRELOAD)
    try:
        made = build_release(recipe, tmp_path / "many", store=tmp_path / "s2", engine=runner)
    finally:
        runner.close()
    assert hashes(made.path) == expected


def test_changes_of_a_history(tmp_path: Path) -> None:
    made = repository(tmp_path / "r", {b"a.py": FILES[b"a.py"]})
    first = made.git("rev-parse", "main")
    made.commit({b"a.py": FILES[b"a.py"] + b"x = 1\n"}, parent=first)
    said = "More\n\nSigned-off-by: Rosa Diaz <r.diaz@uni-bonn.de>"
    second = made.git("commit-tree", made.git("rev-parse", "main^{tree}"), "-m", said, "-p", first)
    made.git("update-ref", "refs/heads/main", second)
    source = {"kind": "git", "repositories": [str(made.path)], "history": True}
    built = build_release(
        recipe_of(source, findings={"personal_data": "redact"}), tmp_path / "x", store=tmp_path / "s"
    )
    rows = built.table("commits")
    assert "Signed-off-by: <NAME_1> <<EMAIL_1>>" in str(rows) and "diaz" not in str(rows).lower()
