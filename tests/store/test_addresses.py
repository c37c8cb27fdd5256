"""One repository has one address, however it is written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tilth.store.addresses import address_of, is_below


@pytest.mark.parametrize(
    "origin",
    [
        "https://github.com/Alice/One",
        "https://github.com/alice/one.git",
        "https://github.com/alice/one/",
        "https://user:secret@github.com/alice/one.git",
        "http://www.github.com:80/alice//one",
        "git@github.com:alice/one.git",
        "ssh://git@github.com:22/alice/one.git",
        "git://github.com/alice/one",
        "github.com/alice/one",
        " https://GITHUB.com/alice/%6Fne ",
    ],
)
def test_one_address(origin: str) -> None:
    assert address_of(origin) == "github.com/alice/one"


@pytest.mark.parametrize(
    ("origin", "address"),
    [
        ("https://git.example.org:8443/a/b", "git.example.org:8443/a/b"),
        ("file:///srv/git/One.git", "file/srv/git/One"),
        ("pkg:pypi/requests@2.32.3", "pkg:pypi/requests@2.32.3"),
        ("https://github.com", "github.com"),
        ("https://[bad/alice", "https://[bad/alice"),
        ("alice", "alice"),
        ("https://gitlab.com/group/sub/project", "gitlab.com/group/sub/project"),
    ],
)
def test_others(origin: str, address: str) -> None:
    assert address_of(origin) == address


def test_below() -> None:
    assert is_below("github.com/alice/one", "github.com/alice") and is_below("a/b", "a/b")
    assert not is_below("github.com/alice2/one", "github.com/alice")


@given(st.text())
def test_any_text(text: str) -> None:
    address_of(text)
