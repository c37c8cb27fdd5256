"""Ownership is shown in real git repositories; what anybody could write shows nothing."""

import subprocess
from pathlib import Path

import pytest

from tests.data.sources.git.repositories import Repository, make
from tilth.errors import CheckFailed, UserError
from tilth.governance.keys import Keys
from tilth.governance.ownership import by_branch, by_domain, by_signature, challenge

AT = "github.com/alice/own"


@pytest.fixture
def word(keys: Keys) -> str:
    return challenge(keys, "req-1", AT)


def at(tmp_path: Path, address: str = AT, name: str = "own") -> Repository:
    made = make(tmp_path / name)
    made.commit({b"README": b"hello\n"})
    made.git("config", "remote.origin.url", f"https://{address}.git")
    made.git("config", "core.bare", "true")
    return made


def test_a_challenge_is_for_one_request_and_one_target(keys: Keys, word: str) -> None:
    others = {challenge(keys, "req-2", AT), challenge(keys, "req-1", "github.com/alice/other"), word}
    assert len(others) == 3 and word == challenge(keys, "req-1", AT)


def test_a_file(tmp_path: Path, word: str) -> None:
    own = at(tmp_path)
    with pytest.raises(CheckFailed, match="no branch"):
        by_branch(own.path, AT, AT, word)
    head = own.commit({b".tilth-proof": f"hello\r\n{word}\r\n".encode()}, branch="proof")
    proved = by_branch(own.path, AT, AT, word)
    assert (proved.how, proved.evidence) == ("file", head)


def test_a_branch(tmp_path: Path, word: str) -> None:
    own = at(tmp_path)
    own.git("branch", word)
    assert by_branch(own.path, AT, AT, word).how == "branch"


def test_a_clone_that_is_not_bare(tmp_path: Path, word: str) -> None:
    own = at(tmp_path)
    own.commit({b".tilth-proof": word.encode()})
    clone = Repository(tmp_path / "clone")
    own.git("clone", "-q", str(own.path), str(clone.path))
    clone.git("config", "remote.origin.url", "git@github.com:Alice/Own.git")
    assert by_branch(clone.path, AT, AT, word).how == "file"
    # What was only written into the clone proves nothing.
    clone.git("branch", challenge_of_another := "tilth-proof-" + "0" * 40)
    with pytest.raises(CheckFailed):
        by_branch(clone.path, AT, AT, challenge_of_another)


@pytest.mark.parametrize(
    "content", [b"", b"tilth-proof-", b"x" * 100_000, b"\xff\xfe\0", b"prefix{}suffix", b"{}0"]
)
def test_a_file_without_the_challenge(tmp_path: Path, word: str, content: bytes) -> None:
    own = at(tmp_path)
    own.commit({b".tilth-proof": content.replace(b"{}", word.encode())})
    with pytest.raises(CheckFailed):
        by_branch(own.path, AT, AT, word)


def test_what_anybody_can_write(tmp_path: Path, word: str) -> None:
    """A pull request, a tag, a note, a message, a file elsewhere in the tree."""
    own = at(tmp_path)
    head = own.git("rev-parse", "HEAD")
    made = own.commit({b".tilth-proof": word.encode()}, branch="x")
    own.git("update-ref", "refs/pull/1/head", made)
    own.git("update-ref", f"refs/tags/{word}", made)
    own.git("update-ref", "-d", "refs/heads/x")
    own.commit({b"docs/.tilth-proof": word.encode(), b"README": word.encode()}, parent=head)
    with pytest.raises(CheckFailed):
        by_branch(own.path, AT, AT, word)


def test_another_repository(tmp_path: Path, word: str) -> None:
    own = at(tmp_path, "github.com/mallory/own")
    own.git("branch", word)
    with pytest.raises(UserError, match="is a clone of"):
        by_branch(own.path, AT, AT, word)
    with pytest.raises(UserError, match="does not speak for"):
        by_branch(own.path, "github.com/mallory/own", AT, word)
    with pytest.raises(UserError, match="git cannot read"):
        by_branch(tmp_path / "nothing", AT, AT, word)


def test_an_account(tmp_path: Path, keys: Keys) -> None:
    account = "github.com/alice"
    word = challenge(keys, "req-1", account)
    own = at(tmp_path, "github.com/alice/alice")
    own.git("branch", word)
    assert by_branch(own.path, "github.com/alice/alice", account, word).target == account
    with pytest.raises(UserError, match="does not speak for"):
        by_branch(own.path, "github.com/alice/some-project", account, word)


def signing_key(folder: Path, name: str) -> tuple[Path, str]:
    path = folder / name
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", str(path)], check=True)
    return path, (path.with_name(f"{name}.pub")).read_text().strip()


def signed(own: Repository, key: Path | None, message: str, email: str) -> str:
    tree = own.git("rev-parse", "HEAD^{tree}")
    sign = ["-c", "gpg.format=ssh", "-c", f"user.signingkey={key}"] if key else []
    flags = ["-S"] if key else []
    return own.git(*sign, "commit-tree", tree, *flags, "-m", message, GIT_AUTHOR_EMAIL=email)


def test_a_signed_commit(tmp_path: Path, keys: Keys) -> None:
    email = "Alice@Example.org"
    target = keys.author(email)
    word = challenge(keys, "req-1", target)
    own = at(tmp_path)
    key, public = signing_key(tmp_path, "alice")
    other, _ = signing_key(tmp_path, "mallory")
    signers = tmp_path / "signers"
    signers.write_text(f"{email} {public}\n")

    def prove(commit: str, address: str = email) -> str:
        return by_signature(own.path, commit, signers, address, target, word, keys.author).how

    assert prove(signed(own, key, f"I am me\n\n{word}", email)) == "signature"
    wrong = {
        "another key": signed(own, other, word, email),
        "no key": signed(own, None, word, email),
        "no challenge": signed(own, key, "hello", email),
        "another author": signed(own, key, word, "bob@example.org"),
        "another challenge": signed(own, key, challenge(keys, "req-2", target), email),
    }
    for commit in wrong.values():
        with pytest.raises(CheckFailed):
            prove(commit)
    with pytest.raises(CheckFailed, match="not the author"):
        prove(wrong["no key"], "bob@example.org")
    for commit, address in (
        ("HEAD", email),
        ("--help", email),
        ("0" * 40, email),
        (wrong["no key"], "nobody"),
    ):
        with pytest.raises(UserError):
            prove(commit, address)
    signers.write_text(f"bob@example.org {public}\n")
    with pytest.raises(CheckFailed, match="not signed"):
        prove(signed(own, key, word, email))


@pytest.mark.parametrize(
    ("domain", "target", "is_theirs"),
    [
        ("git.example.org", "git.example.org/alice/own", True),
        ("example.org", "git.example.org/alice/own", True),
        ("alice.github.io", "github.com/alice", True),
        ("alice.github.io", "github.com/alice/own", True),
        ("bob.github.io", "github.com/alice", False),
        ("github.com", "github.com/alice", False),
        ("org", "git.example.org/alice", False),
        ("ample.org", "git.example.org/alice", False),
        ("evil-example.org", "example.org/alice", False),
    ],
)
def test_a_domain(keys: Keys, domain: str, target: str, is_theirs: bool) -> None:
    word = challenge(keys, "req-1", target)
    if is_theirs:
        assert by_domain(f"one\n{word}\n", domain, target, word).how == "domain"
        with pytest.raises(CheckFailed):
            by_domain(f"{word}x", domain, target, word)
    else:
        with pytest.raises(UserError, match="not a domain"):
            by_domain(word, domain, target, word)


def test_no_hook_and_no_setting_of_the_repository_is_run(tmp_path: Path, word: str) -> None:
    own = at(tmp_path)
    evil = tmp_path / "evil.sh"
    evil.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
    evil.chmod(0o755)
    for name in ("core.fsmonitor", "core.sshCommand", "core.pager", "gpg.ssh.program", "core.gitProxy"):
        own.git("config", name, str(evil))
    own.git("branch", word)
    by_branch(own.path, AT, AT, word)
    assert not (tmp_path / "ran").exists()
