import os
import subprocess
from importlib import import_module
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tilth.store import swhid

EMPTY_BLOB = "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"
EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
MODES = st.sampled_from([0o100644, 0o100755, 0o120000, 0o40000, 0o160000])
NAMES = st.binary(min_size=1, max_size=8).filter(lambda name: not {b"/"[0], 0} & set(name))
IDS = st.binary(min_size=20, max_size=20).map(bytes.hex)
ENTRIES = st.dictionaries(NAMES, st.tuples(MODES, IDS)).map(
    lambda rows: [(mode, name, target) for name, (mode, target) in rows.items()]
)
BRANCHES = st.dictionaries(
    NAMES,
    st.none()
    | st.tuples(st.sampled_from(["content", "directory", "revision", "release", "snapshot"]), IDS)
    | st.tuples(st.just("alias"), NAMES),
)


def git(*arguments: str, given: bytes = b"", at: Path | None = None) -> str:
    environment = {"PATH": os.environ["PATH"], "GIT_CONFIG_GLOBAL": "/dev/null"}
    done = subprocess.run(
        ["git", *arguments], input=given, capture_output=True, check=True, env=environment, cwd=at
    )
    return done.stdout.decode().strip()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "swh:2:cnt:" + EMPTY_BLOB,
        "swh:1:xyz:" + EMPTY_BLOB,
        "swh:1:cnt:" + EMPTY_BLOB[:-1],
        "swh:1:cnt:" + EMPTY_BLOB.upper(),
        f"swh:1:cnt:{EMPTY_BLOB};",
        f"swh:1:cnt:{EMPTY_BLOB};lines",
        f"swh:1:cnt:{EMPTY_BLOB};lines=x",
        f"swh:1:cnt:{EMPTY_BLOB};lines=0",
        f"swh:1:cnt:{EMPTY_BLOB};colour=red",
        f"swh:1:cnt:{EMPTY_BLOB};path=/a;path=/b",
        f"swh:1:cnt:{EMPTY_BLOB};visit=swh:1:cnt:{EMPTY_BLOB}",
        f"swh:1:cnt:{EMPTY_BLOB};anchor=here",
        f" swh:1:cnt:{EMPTY_BLOB}",
    ],
)
def test_what_is_no_identifier(text: str) -> None:
    with pytest.raises(ValueError):
        swhid.parse(text)


def test_what_cannot_be_written() -> None:
    for kind, object_id, qualifiers in [
        ("cnt", "x", {}),
        ("xyz", EMPTY_BLOB, {}),
        ("cnt", EMPTY_BLOB, {"colour": "red"}),
    ]:
        with pytest.raises(ValueError):
            swhid.swhid(kind, object_id, **qualifiers)  # type: ignore[arg-type]


@pytest.mark.parametrize("names", [[b""], [b"a/b"], [b"a\0"], [b"a", b"a"]])
def test_names_that_no_directory_can_hold(names: list[bytes]) -> None:
    with pytest.raises(ValueError):
        swhid.directory_id([(0o100644, name, EMPTY_BLOB) for name in names])


def test_known_ids() -> None:
    assert swhid.content_id(b"") == EMPTY_BLOB
    assert swhid.directory_id([]) == EMPTY_TREE
    assert swhid.swhid("cnt", EMPTY_BLOB) == f"swh:1:cnt:{EMPTY_BLOB}"


def test_qualifiers_are_escaped_and_ordered() -> None:
    core = f"swh:1:cnt:{EMPTY_BLOB}"
    text = swhid.swhid("cnt", EMPTY_BLOB, lines="9-15", path="/a;b%c d", origin="https://example.org/x")
    assert text == f"{core};origin=https://example.org/x;path=/a%3Bb%25c d;lines=9-15"
    parsed = swhid.parse(text)
    assert parsed.qualifiers == {"origin": "https://example.org/x", "path": "/a;b%c d", "lines": "9-15"}
    assert str(parsed) == text


@given(st.text(), st.text())
def test_any_qualifier_comes_back(origin: str, path: str) -> None:
    text = swhid.swhid("dir", EMPTY_TREE, origin=origin, path=path)
    assert swhid.parse(text).qualifiers == {"origin": origin, "path": path}


def test_git_agrees(tmp_path: Path) -> None:
    git("init", "-q", str(tmp_path))
    data = b"some\0bytes\n"
    blob = git("hash-object", "-w", "--stdin", given=data, at=tmp_path)
    assert swhid.content_id(data) == blob
    # `a` the folder sorts after `a.b` and before `a0`.
    entries = [
        (0o40000, b"a", EMPTY_TREE),
        (0o100644, b"a.b", blob),
        (0o100755, b"a0", blob),
        (0o120000, b"\xff", blob),
    ]
    rows = b"".join(
        b"%06o %s %s\t%s\0" % (mode, b"tree" if mode == 0o40000 else b"blob", target.encode(), name)
        for mode, name, target in entries
    )
    tree = git("mktree", "-z", "--missing", given=rows, at=tmp_path)
    assert swhid.directory_id(reversed(entries)) == tree
    raw = (
        f"tree {tree}\nauthor A <a@example.org> 1 +0000\ncommitter A <a@example.org> 2 +0000\n\nx\n".encode()
    )
    assert swhid.revision_id(raw) == git("hash-object", "-t", "commit", "--stdin", given=raw, at=tmp_path)
    tag = f"object {tree}\ntype tree\ntag v1\ntagger A <a@example.org> 1 +0000\n\nx\n".encode()
    assert swhid.release_id(tag) == git("hash-object", "-t", "tag", "--stdin", given=tag, at=tmp_path)


@settings(deadline=None)
@given(ENTRIES)
def test_directories_as_software_heritage_computes_them(entries: list[tuple[int, bytes, str]]) -> None:
    model = import_module("swh.model.model")
    types = {0o40000: "dir", 0o160000: "rev"}
    oracle = model.Directory(
        entries=tuple(
            model.DirectoryEntry(
                name=name, type=types.get(mode, "file"), target=bytes.fromhex(target), perms=mode
            )
            for mode, name, target in entries
        )
    )
    assert swhid.directory_id(entries) == oracle.id.hex()


@settings(deadline=None)
@given(BRANCHES)
def test_snapshots_as_software_heritage_computes_them(
    branches: dict[bytes, tuple[str, str | bytes] | None],
) -> None:
    model = import_module("swh.model.model")
    oracle = model.Snapshot(
        branches={
            name: aim
            and model.SnapshotBranch(
                target=aim[1] if isinstance(aim[1], bytes) else bytes.fromhex(aim[1]),
                target_type=model.SnapshotTargetType(aim[0]),
            )
            for name, aim in branches.items()
        }
    )
    assert swhid.snapshot_id(branches) == oracle.id.hex()  # type: ignore[arg-type]
