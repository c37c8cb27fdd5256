"""What can go wrong for a user: each error says what, where, and what to do."""


class UserError(Exception):
    """A mistake in what the user gave: printed without a traceback, exit code 2.

    Args:
        what: One sentence that says what is wrong, without a full stop.
        where: File, key or place that it is about, if it is not in the sentence already.
        hint: What to do about it.
    """

    exit_code = 2

    def __init__(self, what: str, *, where: str = "", hint: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.hint = hint

    def __str__(self) -> str:
        lines = [f"{self.where}: {self.what}" if self.where else self.what]
        if self.hint:
            lines += [f"hint: {self.hint}"]
        return "\n".join(lines)


class WorkFailed(UserError):
    """The work itself could not be done (disk full, a worker died): exit code 1."""

    exit_code = 1


class CheckFailed(UserError):
    """A check that was asked for did not pass: exit code 3."""

    exit_code = 3
