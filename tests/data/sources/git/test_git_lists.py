from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet

from tilth.config.sources import GitSource
from tilth.data.sources.git.lists import Target, is_url, path_of, targets, without_secrets
from tilth.errors import UserError


def read(**said: object) -> list[Target]:
    return list(targets(GitSource.model_validate({"kind": "git", **said})))


def mistake(**said: object) -> str:
    with pytest.raises(UserError) as caught:
        read(**said)
    return str(caught.value)


def written(tmp_path: Path, name: str, text: str) -> str:
    (tmp_path / name).write_text(text)
    return str(tmp_path / name)


def test_mistakes_say_where(tmp_path: Path) -> None:
    assert "does not exist" in mistake(list=str(tmp_path / "none.csv"))
    assert "no path matches" in mistake(repositories=(str(tmp_path / "none-*"),))
    listed = written(tmp_path, "a.csv", "name,stars\nx,1\n")
    assert "none of the columns url, path" in mistake(list=listed) and "name, stars" in mistake(list=listed)
    assert "line 2" in mistake(list=written(tmp_path, "a.jsonl", '{"url": "a"}\n{"x": 1}\n'))
    assert "line 1 is not an object" in mistake(list=written(tmp_path, "b.jsonl", "[1]\n"))
    assert "cannot be read" in mistake(list=written(tmp_path, "c.jsonl", "{\n"))
    assert "cannot be read" in mistake(list=written(tmp_path, "a.parquet", "not parquet"))
    assert "cannot be read" in mistake(list=written(tmp_path, "b.csv", ""))
    assert "row 2: the row names no" in mistake(list=written(tmp_path, "c.csv", "url,branch\na,\n,x\n"))
    assert "star_events_count" in mistake(list=written(tmp_path, "d.csv", "url,star_events_count\na,many\n"))
    assert "`date`" in mistake(list=written(tmp_path, "e.csv", "url,date\na,yesterday\n"))
    assert "more than one point" in mistake(list=written(tmp_path, "f.csv", "url,tag,commit\na,v1,abc\n"))


def test_text(tmp_path: Path) -> None:
    listed = written(tmp_path, "list.txt", "\ufeff# ours\n\nhttps://example.org/a/b \n./local\n")
    assert [one.location for one in read(list=listed, branch="dev")] == ["https://example.org/a/b", "./local"]
    assert {one.branch for one in read(list=listed, branch="dev")} == {"dev"}


def test_csv_columns(tmp_path: Path) -> None:
    listed = written(
        tmp_path,
        "list.csv",
        "url,commit,star_events_count,gha_license_id,repo_name,other,date\n"
        "https://example.org/a/b,1234567,5,MIT,own/name,z,\n"
        "https://example.org/a/c,,,,,z,2024-05-31\n",
    )
    first, second = read(list=listed, tag="v1")
    assert first == Target(
        location="https://example.org/a/b",
        repo_name="own/name",
        commit="1234567",
        star_events_count=5,
        gha_license_id="MIT",
    )
    assert second == Target(location="https://example.org/a/c", until=date(2024, 5, 31))


def test_parquet_and_jsonl_agree(tmp_path: Path) -> None:
    rows = [
        {"repository": "x", "fork_events_count": 3, "date": "2024-01-01"},
        {"repository": "y", "tag": "v1"},
    ]
    parquet.write_table(pa.Table.from_pylist(rows), tmp_path / "a.parquet")
    text = '{"repository": "x", "fork_events_count": 3, "date": "2024-01-01"}\n\n{"repository": "y", "tag": "v1"}\n'
    found = read(list=written(tmp_path, "a.jsonl", text))
    assert [(one.location, one.fork_events_count, one.tag, one.until) for one in found] == [
        ("x", 3, None, date(2024, 1, 1)),
        ("y", None, "v1", None),
    ]
    assert read(list=str(tmp_path / "a.parquet"))[0] == found[0]


def test_the_same_repository_once(tmp_path: Path) -> None:
    (tmp_path / "a/.git").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "a")
    urls = (
        "https://example.org/a/b",
        "https://EXAMPLE.org/a/b.git",
        "https://example.org/a/b/",
        "https://example.org/A/b",
    )
    assert [one.location for one in read(repositories=urls)] == [urls[0], urls[3]]
    assert len(read(repositories=(str(tmp_path / "*"), str(tmp_path / "a/.git"), str(tmp_path / "a")))) == 1
    listed = written(tmp_path, "l.csv", "url,branch\nx,a\nx,b\nx,a\n")
    assert [one.branch for one in read(list=listed)] == ["a", "b"]


def test_a_name_with_a_star_in_it(tmp_path: Path) -> None:
    (tmp_path / "a[1]*").mkdir()
    assert [one.location for one in read(repositories=(str(tmp_path / "a[1]*"),))] == [
        str(tmp_path / "a[1]*")
    ]


@pytest.mark.parametrize(
    ("location", "expected"),
    [
        ("https://a/b", True),
        ("file:///a", True),
        ("git@host:a/b", True),
        ("host:a", True),
        ("./host:a", False),
        ("/a:b", False),
        ("a", False),
        ("C:/x", False),
        ("ext::sh -c x", False),
    ],
)
def test_what_is_a_url(location: str, expected: bool) -> None:
    assert is_url(location) is expected


@given(st.text(), st.text())
def test_no_url_breaks_and_no_password_stays(user: str, path: str) -> None:
    user = user.replace("/", "").replace("@", "")
    assert without_secrets(f"https://{user}:secret@example.org/{path}") == f"https://example.org/{path}"
    without_secrets(path)
    is_url(path)


def test_path_of() -> None:
    assert path_of("https://example.org/a/b.git/") == "a/b"
    assert path_of("git@example.org:a/b.git") == "a/b"
