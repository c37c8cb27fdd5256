"""What commands that read a release share: they stop at one that was withdrawn, unless `--withdrawn` is given."""

import functools
import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, TypeVar

from cyclopts import Parameter

from tilth.cli.output import say

Withdrawn = Annotated[
    bool,
    Parameter(name="--withdrawn", negative=(), help="Read a release that was withdrawn all the same."),
]
Command = TypeVar("Command", bound=Callable[..., Any])


def reads_release(command: Command) -> Command:
    """Gives a command, whose first argument is a release, the option `--withdrawn`, and says what a notice says."""
    told = inspect.signature(command)
    option = inspect.Parameter(
        "withdrawn", inspect.Parameter.KEYWORD_ONLY, default=False, annotation=Withdrawn
    )

    @functools.wraps(command)
    def heeding(release: Path, *words: Any, withdrawn: bool = False, **options: Any) -> Any:
        from tilth.store.notice import notice_of, reading_withdrawn

        with reading_withdrawn(withdrawn):
            result = command(release, *words, **options)
        notice = None if withdrawn else notice_of(release)
        if notice:
            say(f"warning: {notice.words()}; {notice.advice()}", colour="yellow")
        return result

    heeding.__signature__ = told.replace(parameters=[*told.parameters.values(), option])  # type: ignore[attr-defined]
    heeding.__annotations__ = {**command.__annotations__, "withdrawn": Withdrawn}
    return heeding  # type: ignore[return-value]
