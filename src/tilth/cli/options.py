"""Options that several commands share, said once: their names, their types and their help."""

from typing import Annotated, Literal

from cyclopts import Parameter

OutputFormat = Literal["auto", "table", "json", "quiet"]

Output = Annotated[
    OutputFormat,
    Parameter(name="--output", help="auto is a table in a terminal and tab-separated text in a pipe."),
]
"""How a command prints what it found."""

DryRun = Annotated[
    bool, Parameter(name=["--dry-run", "-n"], negative=(), help="Say what would be done; write nothing.")
]
"""Plan only."""

Yes = Annotated[bool, Parameter(name=["--yes", "-y"], negative=(), help="Do not ask.")]
"""Go on without a question."""

Overrides = Annotated[str, Parameter(allow_leading_hyphen=True, show=False)]
"""For `*overrides: Overrides`: every option that the command itself does not know, for `config.overrides.parse`."""
