"""Which proof the options of `tilth governance prove` are about."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tilth.errors import UserError


def find(
    target: str,
    word: str,
    keys: Any,
    repository: str | None,
    clone: Path | None,
    commit: str | None,
    signers: Path | None,
    author: str | None,
    domain: str | None,
    page: Path | None,
) -> Any:
    """Looks for the proof that is offered.

    Raises:
        UserError: The options do not make one.
        CheckFailed: The proof is not there.
    """
    from tilth.governance import ownership
    from tilth.governance.requests import repository as repository_address

    if domain or page:
        if not (domain and page):
            raise UserError("`--domain` goes with `--page`, what was fetched from there")
        return ownership.by_domain(page.read_text("utf-8", "replace"), domain, target, word)
    if commit or signers or author:
        if not (commit and signers and author and clone):
            raise UserError("a signed commit needs `--clone`, `--commit`, `--signers` and `--author`")
        return ownership.by_signature(clone, commit, signers, author, target, word, keys.author)
    try:
        address = repository_address(repository or target)
    except ValueError as error:
        raise UserError(
            str(error), hint="name the repository that shows the challenge: `--repository`"
        ) from error
    if clone:
        return ownership.by_branch(clone, address, target, word)
    with TemporaryDirectory() as folder:
        ownership.fetch(address, Path(folder) / "clone")
        return ownership.by_branch(Path(folder) / "clone", address, target, word)
