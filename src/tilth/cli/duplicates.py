"""`tilth data duplicates`: the near-duplicates of a release."""

import shutil
from pathlib import Path

from cyclopts import App

from tilth.cli.options import Output
from tilth.cli.output import emit, say
from tilth.cli.reading import reads_release

app = App(name="duplicates", help="Look at the near-duplicates of a release.")


@app.command(name="list")
@reads_release
def list_clusters(release: Path, /, *, limit: int = 20, output: Output = "auto") -> None:
    """List the largest clusters of files that are alike: what stays, and how many left for it.

    Example: tilth data duplicates list releases/first-0.1.0

    Parameters
    ----------
    release
        Folder of the release.
    limit
        How many.
    """
    from tilth.data.release.clusters import largest_clusters

    emit(largest_clusters(release, limit), output)


@app.command
@reads_release
def show(
    release: Path,
    cluster: str,
    /,
    *,
    member: int = 1,
    store: Path | None = None,
    output: Output = "auto",
) -> None:
    """Put what stays of a cluster and a file that left for it side by side.

    Example: tilth data duplicates show releases/first-0.1.0 3f2a91

    Parameters
    ----------
    release
        Folder of the release.
    cluster
        Content id of the file that stays, or the head of it.
    member
        Which of the files that left: 1 is the one that is most alike.
    store
        Store that the release was built with; `.tilth` beside the release by default.
    """
    from tilth.data.release.clusters import members, side_by_side, texts_of
    from tilth.errors import UserError
    from tilth.store.layout import Store

    rows = members(release, cluster)
    if output != "auto":
        emit(rows, output)
        return
    if not 1 <= member <= len(rows):
        raise UserError(f"the cluster has no member {member}", hint=f"it has {len(rows)}")
    row = rows[member - 1]
    place = Store((store or release.absolute().parent / ".tilth").absolute())
    one, other = texts_of(place, [row["kept_content_id"], row["content_id"]])
    say(f"stays: {row['kept_path']}", colour="green")
    say(
        f"left ({member} of {len(rows)}, similarity {row['similarity']:.4f}): {row['path']}  ({row['origin']})"
    )
    print("\n".join(side_by_side(one, other, shutil.get_terminal_size((120, 40)).columns)))
