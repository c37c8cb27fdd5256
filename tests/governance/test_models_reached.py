"""From a repository, a content or a file to the releases, task sets and models that it went into."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.data.releases import build_release, code, recipe_of, repository
from tilth.cli.main import main
from tilth.data.release.withdraw import withdraw
from tilth.errors import UserError
from tilth.governance.ledger import Ledger
from tilth.governance.models_reached import on_withdrawn, reach, sought
from tilth.governance.register import Register
from tilth.report.progress import Progress
from tilth.tasks.build import Wanted, build
from tilth.tasks.builders.kinds import BUILDERS
from tilth.tasks.release import Release
from tilth.train.lineage import lineage, write


@pytest.fixture
def made(tmp_path: Path) -> dict[str, Any]:
    """A release of two repositories, tasks of it, a model trained on these, and one trained on that."""
    one = repository(tmp_path / "one", {b"a.py": code(1), b"b.py": code(2)}).path
    two = repository(tmp_path / "two", {b"c.py": code(3)}).path
    release = build_release(recipe_of(one, two), tmp_path / "release")
    builder = BUILDERS["fim"]
    tasks = build(
        Release.open(release.path), tmp_path / "tasks", Wanted(builder, builder.options()), Progress()
    )
    origins = [{part["origin"] for part in row["files"]} for row in tasks.rows()]
    of_one = [number for number, own in enumerate(origins) if any("one" in origin for origin in own)]
    first = model(tmp_path / "first", "base", {"path": tasks.path, "used": of_one})
    second = model(tmp_path / "second", str(first), {"path": "elsewhere.jsonl", "rows": 5})
    register = Register(Ledger.open(str(tmp_path / "ledger.sqlite"), make=True))
    return {"register": register, "release": release, "one": one, "two": two, "models": (first, second)} | {
        "of_one": len(of_one)
    }


def model(folder: Path, base: str, dataset: dict[str, Any]) -> Path:
    folder.mkdir()
    (folder / "model.safetensors").write_bytes(folder.name.encode())
    write(folder, lineage(folder, "sft", base, {"seed": 1}, [dataset]))
    return folder


def hits(register: Register, what: str) -> list[tuple[str, str, int | None]]:
    found, unknown = reach(register.all(), sought(what))
    assert unknown == []
    return [(hit.artefact.kind, hit.artefact.name, hit.rows) for hit in found]


def test_a_repository_is_followed_to_every_model(made: dict[str, Any]) -> None:
    register = made["register"]
    register.add(made["models"][1])
    number = made["of_one"]
    assert hits(register, f"file://{made['one']}") == [
        ("release", "small", 3),
        ("tasks", "tasks", number),
        ("model", "first", number),
        ("model", "second", number),
    ]


def test_a_model_that_used_no_row_of_a_repository_is_not_among_them(made: dict[str, Any]) -> None:
    made["register"].add(made["models"][1])
    kinds = [kind for kind, _, _ in hits(made["register"], f"file://{made['two']}")]
    assert kinds == ["release", "tasks"]
    assert hits(made["register"], "github.com/nobody/nothing") == []


def test_a_content_a_file_and_a_commit(made: dict[str, Any], tmp_path: Path) -> None:
    register, release = made["register"], made["release"]
    register.add(made["models"][0])
    row: dict[str, Any] = release.one("data", "a.py")
    by_content = hits(register, f"swh:1:cnt:{row['content_id']}")
    assert [kind for kind, _, _ in by_content] == ["release", "tasks", "model"]
    assert by_content[-1] == ("model", "first", None)
    (tmp_path / "mine.py").write_bytes(code(1))
    assert hits(register, str(tmp_path / "mine.py")) == by_content
    for swhid in (f"swh:1:rev:{row['revision_id']}", f"swh:1:dir:{row['directory_id']}"):
        assert hits(register, swhid)[0][0] == "release"
    assert hits(register, f"swh:1:cnt:{'0' * 40}") == []


def test_models_on_a_withdrawn_release(made: dict[str, Any]) -> None:
    register, release = made["register"], made["release"]
    register.add(made["models"][1])
    assert list(on_withdrawn(register.all())) == []
    withdraw(release.path, "files were left out on request")
    found = list(on_withdrawn(register.all()))
    assert [(model.name, notice.reason) for model, _, notice in found] == [
        ("first", "files were left out on request"),
        ("second", "files were left out on request"),
    ]


def test_registering_again_changes_nothing(made: dict[str, Any]) -> None:
    register = made["register"]
    register.add(made["models"][1])
    before = register.all()
    register.add(made["models"][0])
    assert register.all() == before
    assert {one.kind for one in before} == {"release", "tasks", "model"}


def test_what_is_gone_is_said_not_to_be_known(made: dict[str, Any]) -> None:
    register = made["register"]
    register.add(made["release"].path)
    for file in made["release"].path.glob("data/*/*.parquet"):
        file.unlink()
    found, unknown = reach(register.all(), sought(f"swh:1:cnt:{'0' * 40}"))
    assert found == [] and [one.kind for one in unknown] == ["release"]


def test_the_record_and_its_words(made: dict[str, Any]) -> None:
    first, second = made["models"]
    record = json.loads((second / "lineage.json").read_text())
    assert record["base"]["lineage"]["name"] == "first"
    assert record["base"]["weights"][0]["path"] == "model.safetensors"
    card = (first / "README.md").read_text()
    assert f"{made['of_one']:,} rows of 1 repositories" in card and "release small 0.1.0" in card
    write(first, json.loads((first / "lineage.json").read_text()))
    assert (first / "README.md").read_text() == card


def test_bad_input(made: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no release, no task set and no model"):
        made["register"].add(tmp_path)
    for what in ("swh:1:xyz:1", "swh:1:", "swh:1:cnt:"):
        with pytest.raises(UserError, match="no SWHID"):
            sought(what)
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "lineage.json").write_text('{"name": 1}')
    with pytest.raises(UserError, match="cannot be understood"):
        made["register"].add(tmp_path / "broken")


def test_commands(made: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ledger = str(tmp_path / "ledger.sqlite")
    assert main(["governance", "register", str(made["models"][1]), "--ledger", ledger]) == 0
    assert main(["governance", "reach", f"file://{made['one']}", "--ledger", ledger, "--output", "json"]) == 0
    assert main(["governance", "models", "--ledger", ledger]) == 0
    assert main(["governance", "models", "--withdrawn", "--ledger", ledger]) == 0
    out = capsys.readouterr().out
    assert '"kind": "model"' in out and "release small 0.1.0" in out
