"""The reference is what the code says: it is written again and compared."""

import ast
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from docs import generate
from tests.docs.sample_repository import make
from tilth.config.load import check
from tilth.config.recipe import Recipe
from tilth.data.build import build
from tilth.engine.local import InProcess
from tilth.report.progress import Progress
from tilth.report.sinks import JsonSink
from tilth.store.layout import Store
from tilth.store.opt_outs import write_opt_outs

ROOT = Path(__file__).parents[2]
SOURCES = ROOT / "src" / "tilth" / "data"


def test_the_reference_is_up_to_date(capsys: pytest.CaptureFixture[str]) -> None:
    assert generate.main(["--check"]) == 0, capsys.readouterr().err


def test_a_page_that_is_not_up_to_date_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(generate, "REFERENCE", tmp_path)
    assert generate.main([]) == 0
    assert generate.main(["--check"]) == 0
    (tmp_path / "facts.md").write_text("old")
    (tmp_path / "gone.md").write_text("of a page that is no more")
    assert generate.main(["--check"]) == 1
    assert "facts.md" in (said := capsys.readouterr().err) and "gone.md" in said
    assert generate.main([]) == 0
    assert not (tmp_path / "gone.md").exists()


def test_a_name_without_words_stops_the_writing() -> None:
    with pytest.raises(SystemExit, match="no_such_column"):
        generate.meaning_of("no_such_column")


def words_of(node: ast.AST | None) -> Iterator[str]:
    """Texts that an expression may be; of a tuple, what its first part may be."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from words_of(node.body)
        yield from words_of(node.orelse)
    elif isinstance(node, ast.Tuple) and node.elts:
        yield from words_of(node.elts[0])


def reasons_in(tree: ast.Module) -> Iterator[str]:
    """Reasons that a module gives: what it assigns to, or passes as, `refused` and `reason`, or raises."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            for keyword in node.keywords:
                if keyword.arg in ("refused", "reason"):
                    yield from words_of(keyword.value)
            if isinstance(node.func, ast.Name) and node.func.id in ("CannotRead", "Damaged") and node.args:
                yield from words_of(node.args[0])
        if isinstance(node, ast.Assign):
            for target in node.targets:
                first = target.elts[0] if isinstance(target, ast.Tuple) else target
                name = getattr(first, "id", getattr(first, "attr", ""))
                if name in ("refused", "reason", "problem"):
                    yield from words_of(node.value)


def test_every_reason_of_refusal_has_its_words() -> None:
    known = generate.WORDS["reasons_of_paths"].keys() | generate.WORDS["reasons_of_units"].keys()
    found = {
        reason
        for folder in ("sources", "stages")
        for path in (SOURCES / folder).rglob("*.py")
        for reason in reasons_in(ast.parse(path.read_text("utf-8")))
    }
    assert {"bomb", "submodule", "no_head"} <= found
    assert sorted(found - known) == []


def test_no_reason_is_told_that_nothing_gives() -> None:
    code = "\n".join(path.read_text("utf-8") for path in SOURCES.rglob("*.py"))
    told = generate.WORDS["reasons_of_paths"].keys() | generate.WORDS["reasons_of_units"].keys()
    assert [name for name in sorted(told) if not re.search(rf"[\"']{name}\b", code)] == []


def test_a_manifest_has_the_keys_that_are_told(tmp_path: Path) -> None:
    make(tmp_path / "code" / "widgets")
    source = {"kind": "git", "repositories": [str(tmp_path / "code" / "widgets")]}
    write_opt_outs(tmp_path / "asked", [], ledger_head="00" * 32, ledger_size=0)
    recipe = check(Recipe, {"name": "widgets", "sources": [source], "opt_outs": str(tmp_path / "asked")})
    with Progress() as progress:
        store = Store(tmp_path / "store")
        manifest = build(
            recipe, tmp_path / "out", store=store, engine=InProcess(), progress=progress
        ).manifest
    assert list(manifest) == list(generate.WORDS["manifest"])


def test_an_event_has_the_keys_that_are_told() -> None:
    out = io.StringIO()
    with Progress([JsonSink(out)]) as progress, progress.stage("read", 3):
        progress.note("words")
    keys = {key for line in out.getvalue().splitlines() for key in json.loads(line)}
    assert keys == generate.WORDS["events"].keys()


def test_links_between_pages_lead_somewhere() -> None:
    pages = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    broken = [
        f"{page.relative_to(ROOT)}: {link}"
        for page in pages
        for link in re.findall(r"\]\((?!https?://)([^)#]+)", page.read_text("utf-8"))
        if not (page.parent / link).exists()
    ]
    assert broken == []
