from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.data.sources.git.repositories import make, unit_of
from tilth.data.sources.git.history import changes
from tilth.data.sources.git.layout import CannotRead
from tilth.store.swhid import content_id


def test_every_kind_of_change(tmp_path: Path) -> None:
    made = make(tmp_path / "a")
    first = made.commit(
        {b"kept": b"0", b"line\nend": b"1", b"caf\xe9": b"2"}, date="2020-01-01T00:00:00+0000"
    )
    second = made.commit({b"kept": b"0", b"line\nend": b"3"}, parent=first, date="2020-01-02T00:00:00+0000")
    found = list(changes(unit_of(made.path)))
    assert [(c.revision_id, c.parent_id, c.status, c.path) for c in found] == [
        (first, None, "A", "caf\\xe9"),
        (first, None, "A", "kept"),
        (first, None, "A", "line\nend"),
        (second, first, "D", "caf\\xe9"),
        (second, first, "M", "line\nend"),
    ]
    assert (found[4].old_content_id, found[4].new_content_id) == (content_id(b"1"), content_id(b"3"))
    assert (found[3].old_content_id, found[3].new_content_id) == (content_id(b"2"), None)
    assert found[3].message == "A message\n"
    assert found[0].revision_date == datetime(2020, 1, 1, tzinfo=UTC)


def test_a_merge_is_compared_with_its_first_parent(tmp_path: Path) -> None:
    made = make(tmp_path / "a")
    base = made.commit({b"x": b"0"}, date="2020-01-01T00:00:00+0000")
    side = made.commit(
        {b"x": b"0", b"side": b"1"}, parent=base, branch="side", date="2020-01-02T00:00:00+0000"
    )
    main = made.commit({b"x": b"2"}, parent=base, date="2020-01-03T00:00:00+0000")
    tree = made.tree(("100644", "blob", made.blob(b"2"), b"x"), ("100644", "blob", made.blob(b"1"), b"side"))
    merge = made.git("commit-tree", tree, "-p", main, "-p", side, "-m", "merge")
    made.git("update-ref", "refs/heads/main", merge)
    found = [(c.revision_id, c.parent_id, c.path) for c in changes(unit_of(made.path))]
    assert found == [(base, None, "x"), (side, base, "side"), (main, base, "x"), (merge, main, "side")]


@pytest.mark.parametrize(
    ("encoding", "raw", "text"),
    [
        (b"", "é\n".encode(), "é\n"),
        (b"", b"\xe9\n", "é\n"),
        (b"ISO-8859-1", b"\xe9\n", "é\n"),
        (b"Shift_JIS", "日本\n".encode("shift_jis"), "日本\n"),
        (b"no-such", b"\xe9\n", "é\n"),
        (b"zlib", b"x\n", "x\n"),
        (b"UTF-8", b"", ""),
        (b"", b":100644 looks like a change\n", ":100644 looks like a change\n"),
        (b"", b"\n\n:\n", "\n\n:\n"),
    ],
)
def test_messages(tmp_path: Path, encoding: bytes, raw: bytes, text: str) -> None:
    made = make(tmp_path / "a")
    tree = made.tree(("100644", "blob", made.blob(b""), b"a"))
    head = f"tree {tree}\nauthor A <a> 0 +0000\ncommitter A <a> -5 +0000\n".encode()
    made.raw_commit(head + (b"encoding " + encoding + b"\n" if encoding else b"") + b"\n" + raw)
    (change,) = changes(unit_of(made.path))
    assert change.message.lstrip("\n") == text.lstrip("\n")
    assert (change.revision_date, change.committer_date) == (datetime(1970, 1, 1, tzinfo=UTC), None)


def test_links_and_submodules_have_no_content(tmp_path: Path) -> None:
    made = make(tmp_path / "a")
    rows = (("120000", "blob", made.blob(b"x"), b"link"), ("160000", "commit", "1" * 40, b"module"))
    made.commit_tree(made.tree(*rows))
    assert [(c.path, c.new_content_id) for c in changes(unit_of(made.path))] == [
        ("link", None),
        ("module", None),
    ]


def test_the_edge_of_a_shallow_clone_invents_nothing(tmp_path: Path) -> None:
    made = make(tmp_path / "a")
    parent = None
    for number in range(3):
        parent = made.commit(
            {b"a": b"%d" % number, b"old": b""}, parent=parent, date=f"2020-01-0{number + 1}T00:00:00+0000"
        )
    clone = made.clone(tmp_path / "clone", "--depth=2")
    assert [(c.status, c.path, c.revision_id) for c in changes(unit_of(clone.path))] == [("M", "a", parent)]


def test_a_history_that_ends_early_says_so(tmp_path: Path) -> None:
    made = make(tmp_path / "a")
    first = made.commit({b"a": b"0"})
    made.commit({b"a": b"1"}, parent=first)
    (made.git_dir / "objects" / first[:2] / first[2:]).unlink()
    with pytest.raises(CannotRead) as caught:
        list(changes(unit_of(made.path)))
    assert caught.value.reason == "corrupt_repository"


def test_an_empty_history(tmp_path: Path) -> None:
    made = make(tmp_path / "a")
    made.commit_tree(made.tree())
    assert list(changes(unit_of(made.path))) == []
