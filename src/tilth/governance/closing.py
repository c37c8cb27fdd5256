"""Closes requests over a release: works out how far each of them goes there, and writes it down."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from tilth.governance.authors import written_by
from tilth.governance.cases import Case
from tilth.governance.closure import Alike, Reach, reach_of
from tilth.governance.export import keep_reach
from tilth.governance.ledger import Ledger
from tilth.governance.names import Names
from tilth.governance.seen import manifest_of, seen


def close(
    ledger: Ledger,
    release: Path,
    chosen: Iterable[Case],
    *,
    names: Names | None = None,
    clones: Sequence[Path] = (),
    hidden: Callable[[str], str] = str,
    alike: Alike | None = None,
    take: Sequence[str] = (),
    dry_run: bool = False,
) -> Iterator[tuple[Case, Reach]]:
    """Gives each request with how far it goes.

    Args:
        ledger: Where the requests are.
        release: Folder of the release.
        chosen: The requests.
        names: What repositories were called before.
        clones: Where commits of the authors that are named are looked for.
        hidden: Gives the keyed hash of an address.
        alike: Finds what is alike to files that left before likenesses were looked for.
        take: Reasons for being undecided that a person has decided on.
        dry_run: Write nothing down.

    Raises:
        UserError: There is no release, or a clone cannot be read.
    """
    manifest = manifest_of(release)
    with seen(release) as sql:
        for case in chosen:
            written = None
            if clones and case.request.authors:
                written = written_by(clones, case.request, case.request_id, hidden)
            reach = reach_of(
                sql, case.request, case.request_id, names=names, written=written, alike=alike, take=take
            )
            if not dry_run:
                keep_reach(ledger, case, reach, f"{manifest['name']}-{manifest['version']}", take)
            yield case, reach
