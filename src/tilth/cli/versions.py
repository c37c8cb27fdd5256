"""`tilth data diff`, `changelog` and `withdraw`: what became of a release, and of its rows, from version to version."""

from pathlib import Path

from tilth.cli.options import Output
from tilth.cli.output import emit, say


def diff(
    old: Path, new: Path, /, *, rows: str | None = None, limit: int = 20, output: Output = "auto"
) -> None:
    """Compare two releases: rows by language, licence and reason, settings, units, files, and the version they ask for.

    Example: tilth data diff releases/mine-1 releases/mine-2

    Parameters
    ----------
    old
        Folder of the earlier release.
    new
        Folder of the later release.
    rows
        Show the rows of one change instead: added, removed, edited, moved, relicensed.
    limit
        Rows to show of one change.
    """
    from tilth.data.release.diff import diff as compared
    from tilth.data.release.diff import rows_that_changed

    if rows is not None:
        emit(rows_that_changed(old, new, rows, limit), output)
        return
    found = compared(old, new)
    if output == "json":
        emit(found, output)
        return
    emit([{"rows": change} | counts for change, counts in found["rows"].items()], output)
    for part in ("by_language", "by_licence", "reasons", "policy"):
        if found[part]:
            # A row has only the changes that it knows, and the first row decides the columns.
            every = dict.fromkeys(key for values in found[part].values() for key in values)
            emit([{part: name} | every | values for name, values in found[part].items()], output)
    emit([{"removed_because": name, "files": n} for name, n in found["removed_because"].items()], output)
    for part in ("columns", "units"):
        emit([{part: kind, "name": one} for kind, names in found[part].items() for one in names], output)
    emit(found["files"], output)
    emit(found["version"], output)
    if found["version"]["fits"] is False:
        say(f"warning: {found['new']} should be at least {found['version']['least']}", colour="yellow")


def changelog(old: Path, new: Path, /) -> None:
    """Write the change log of a release against the one before it, as Markdown.

    Example: tilth data changelog releases/mine-1 releases/mine-2

    Parameters
    ----------
    old
        Folder of the earlier release.
    new
        Folder of the later release.
    """
    from tilth.data.release.changelog import changelog as written
    from tilth.data.release.diff import diff as compared
    from tilth.data.release.sealed import read_manifest

    print(
        written(compared(old, new), read_manifest(new, withdrawn=True).get("about", {}).get("date")), end=""
    )


def withdraw(
    release: Path,
    /,
    *,
    reason: str,
    date: str | None = None,
    replaced_by: str | None = None,
    publish: str | None = None,
    output: Output = "auto",
) -> None:
    """Withdraw a release: write a notice beside its manifest that every reader heeds, at once or from a later day on.

    Example: tilth data withdraw releases/mine-1 --reason "files were left out on request" --replaced-by mine-2

    Parameters
    ----------
    release
        Folder of the release; nothing else in it changes.
    reason
        Why, in one line.
    date
        First day on which it may not be used, today by default; with a later one it is deprecated until then.
    replaced_by
        What to use instead: a folder, an address, or a name with a version.
    publish
        URL that the release was published to: the notice is copied there.
    """
    from dataclasses import asdict

    from tilth.data.release import withdraw as release_withdraw

    notice = release_withdraw.withdraw(release, reason, date=date, replaced_by=replaced_by)
    if publish:
        release_withdraw.publish_notice(release, publish)
    emit(asdict(notice), output)
    say(notice.words())
