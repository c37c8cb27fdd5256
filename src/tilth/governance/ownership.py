"""Proof that a requester owns what a request names, by git alone; nothing that the request says is trusted.

A challenge is a word that only the ledger can make, bound to one request and one target. Who can put it in a branch of
the repository (as a file, or as the branch's name), sign a commit that holds it with the author's key, or publish it
under the account's own domain, has shown control of that.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tilth.errors import CheckFailed, UserError
from tilth.governance.git import git, run_git
from tilth.governance.keys import Keys
from tilth.store.addresses import address_of

PROOF_FILE = ".tilth-proof"
"""File at the root of a branch that holds the challenge, on a line of its own."""
_FILE_BYTES_MAX = 2**16
_BRANCHES_MAX = 2000
_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_EMAIL = re.compile(r"[^\s<>\"'@]{1,200}@[^\s<>\"'@]{1,200}")
_PAGES = {"github.com": "github.io", "gitlab.com": "gitlab.io", "codeberg.org": "codeberg.page"}
"""Forge -> the domain under which it gives each account one of its own."""


@dataclass(frozen=True, slots=True)
class Proved:
    """A target, how it was proved, and what was seen."""

    target: str
    how: str
    evidence: str


def challenge(keys: Keys, request_id: str, target: str) -> str:
    """The word to be shown, the same each time it is asked for."""
    return "tilth-proof-" + keys.hidden("challenge", f"{request_id}\0{target}")[:40]


def by_branch(folder: Path, repository: str, target: str, word: str) -> Proved:
    """Looks for the challenge in the branches of a repository: as a file at the root of one, or as one's name.

    What others may write without being let in (pull requests, notes, tags) is not looked at.

    Args:
        folder: A clone of the repository, bare or not, from its address.
        repository: Its address; the clone must be from there.
        target: What is to be proved: the repository, or the account where the repository speaks for it.
        word: The challenge.

    Raises:
        UserError: The clone is from elsewhere, or the repository does not speak for the target.
        CheckFailed: The challenge is not there.
    """
    if not _speaks_for(repository, target):
        raise UserError(
            f"`{repository}` does not speak for `{target}`",
            hint="an account is proved in the repository that has its name (or `.github`), or by its domain",
        )
    origin = git(folder, "config", "--get", "remote.origin.url").strip()
    if address_of(origin) != repository:
        raise UserError(
            f"`{folder}` is a clone of `{address_of(origin)}`",
            hint=f"clone it from `{repository}`: `git clone --bare`",
        )
    branches = _branches(folder)
    for name, commit in branches[:_BRANCHES_MAX]:
        if name == word:
            return Proved(target, "branch", commit)
        if word in _file(folder, commit).split():
            return Proved(target, "file", commit)
    raise CheckFailed(
        f"no branch of `{repository}` is named for the challenge or has it in `{PROOF_FILE}`",
        hint=f"the file `{PROOF_FILE}` at the root of a branch must hold the line `{word}`",
    )


def by_signature(
    folder: Path,
    commit: str,
    signers: Path,
    author: str,
    target: str,
    word: str,
    hidden: Callable[[str], str],
) -> Proved:
    """Looks at a commit that holds the challenge in its message and is signed with the author's ssh key.

    Args:
        folder: A repository that has the commit.
        commit: Its id.
        signers: The keys that authors are known by, in the form of git's `gpg.ssh.allowedSignersFile`.
        author: E-mail address of the author; it is not kept.
        target: The author as the request names it: the keyed hash of the address.
        word: The challenge.
        hidden: Gives the keyed hash of an address.

    Raises:
        UserError: What is given is no commit or no address.
        CheckFailed: The commit is another's, is not signed with a key of that author, or lacks the challenge.
    """
    if not _COMMIT.fullmatch(commit):
        raise UserError(f"`{commit}` is not the id of a commit", hint="40 hex digits")
    if not _EMAIL.fullmatch(author):
        raise UserError("that is not an e-mail address")
    if hidden(author) != target:
        raise CheckFailed("the address is not the author that the request names")
    told = git(folder, "show", "-s", "--format=%ae%x00%B", commit).split("\0", 1)
    if len(told) != 2 or told[0].casefold() != author.casefold():
        raise CheckFailed(f"the author of {commit} has another address")
    if word not in told[1].split():
        raise CheckFailed(
            f"the message of {commit} does not hold the challenge", hint=f"it must hold `{word}`"
        )
    asked = ["-c", f"gpg.ssh.allowedSignersFile={signers.absolute()}", "-c", "gpg.ssh.program=ssh-keygen"]
    done = run_git([*asked, "-C", str(folder), "verify-commit", "--raw", commit])
    principals = re.findall(r'^Good "git" signature for (\S+) with ', done.stderr + done.stdout, re.MULTILINE)
    if done.returncode or [one.casefold() for one in principals] != [author.casefold()]:
        raise CheckFailed(
            f"{commit} is not signed with a key that `{signers}` has for that address",
            hint="`git commit -S` with `gpg.format=ssh`",
        )
    return Proved(target, "signature", commit)


def by_domain(text: str, domain: str, target: str, word: str) -> Proved:
    """Looks at what was published under a domain, such as at `https://DOMAIN/.well-known/tilth-proof.txt`.

    Args:
        text: What was fetched from there.
        domain: Where it was fetched from.
        target: An account or repository of a forge in that domain, or an account whose own domain it is.
        word: The challenge.

    Raises:
        UserError: The domain is not the target's.
        CheckFailed: The challenge is not there.
    """
    name = domain.lower().rstrip(".")
    host, _, path = target.partition("/")
    host, owner = host.partition(":")[0], path.partition("/")[0]
    own = name == f"{owner}.{_PAGES[host]}" if host in _PAGES else is_in_domain(host, name)
    if not own:
        raise UserError(
            f"`{domain}` is not a domain of `{target}`", hint="its forge, or the account's own pages"
        )
    if word not in text[:_FILE_BYTES_MAX].split():
        raise CheckFailed(f"`{domain}` does not show the challenge", hint=f"it must show `{word}`")
    return Proved(target, "domain", name)


def is_in_domain(host: str, domain: str) -> bool:
    """Whether a host is a domain or lies in it; a domain has at least two parts."""
    return "." in domain and (host == domain or host.endswith(f".{domain}"))


def fetch(repository: str, into: Path) -> None:
    """Clones the branches of a repository, by https alone, without any credentials.

    Raises:
        CheckFailed: It cannot be cloned.
    """
    source = f"https://{repository}"
    done = run_git(["clone", "--quiet", "--bare", "--filter=blob:limit=64k", "--depth=1", "--no-single-branch",
                 "--no-tags", "--", source, str(into)])  # fmt: skip
    if done.returncode:
        raise CheckFailed(f"`{source}` cannot be cloned: {done.stderr.strip().splitlines()[-1:]}")


def _speaks_for(repository: str, target: str) -> bool:
    if repository == target:
        return True
    account, _, name = repository.rpartition("/")
    owner = account.rpartition("/")[2]
    pages = _PAGES.get(account.partition("/")[0], "")
    return account == target and name in (owner, ".github", ".profile", f"{owner}.{pages}")


def _branches(folder: Path) -> list[tuple[str, str]]:
    """(name, commit) of the branches: those of a bare clone, or of the remote that a clone follows."""
    bare = git(folder, "rev-parse", "--is-bare-repository").strip() == "true"
    where = "refs/heads" if bare else "refs/remotes/origin"
    told = git(folder, "for-each-ref", "--format=%(refname)%00%(objectname)", where)
    pairs = [line.split("\0") for line in told.splitlines()]
    return [(name.removeprefix(f"{where}/"), commit) for name, commit in pairs]


def _file(folder: Path, commit: str) -> str:
    done = run_git(["-C", str(folder), "cat-file", "-s", f"{commit}:{PROOF_FILE}"])
    if done.returncode or int(done.stdout) > _FILE_BYTES_MAX:
        return ""
    return git(folder, "cat-file", "blob", f"{commit}:{PROOF_FILE}")
