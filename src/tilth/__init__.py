"""tilth: repositories in, a governed code dataset out; rows in, a better model out."""

__version__ = "0.1.0.dev0"
