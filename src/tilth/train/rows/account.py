"""The token account: what became of every row and every token that was read."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from tilth.errors import UserError
from tilth.report.numbers import count, percent

LISTED_MAX = 20
"""Rows that are named one by one; the others of a reason are counted."""

REASONS = {
    "nothing_to_train": "No token of an answer is trained: masked, empty, or truncated away.",
    "too_long": "Longer than `max_length`, where `truncation` is `drop` or there is a prompt alone.",
    "same_answers": "Chosen and rejected are the same tokens, so there is nothing to prefer.",
}
"""Why a row is not trained on."""


@dataclass(slots=True)
class Account:
    """Rows and tokens of a prepared dataset.

    `read = dropped + truncated + masked + trained` holds for tokens, and `rows_read + rows_added = rows_made + rows of
    the reasons` for rows. A prompt that several answers share is counted once. Nothing is padded.
    """

    rows_read: int = 0
    rows_added: int = 0
    """Where a row gives several: a pair for a method of single answers, a conversation by its turns."""
    rows_made: int = 0
    """Rows of the prepared dataset, all of which are trained on."""
    read: int = 0
    dropped: int = 0
    """Tokens of rows that are not trained on."""
    truncated: int = 0
    masked: int = 0
    """Tokens that the model sees and is not trained on."""
    trained: int = 0
    padded: int = 0
    longest: int = 0
    """Tokens of the longest row, after truncation."""
    merged: int = 0
    """Rows whose prompt ends inside a token: that token counts as the answer's."""
    reasons: Counter[str] = field(default_factory=Counter)
    """Reason -> rows that are not trained on."""
    listed: list[tuple[int, str]] = field(default_factory=list)
    """The first of them: number of the row, reason."""

    def drop(self, row: int, reason: str, tokens: int) -> None:
        """A row is not trained on."""
        self.reasons[reason] += 1
        self.read += tokens
        self.dropped += tokens
        if len(self.listed) < LISTED_MAX:
            self.listed.append((row, reason))

    def keep(self, *, read: int, kept: int, trained: int) -> None:
        """A row is trained on, `kept` of its tokens after truncation."""
        self.rows_made += 1
        self.read += read
        self.truncated += read - kept
        self.masked += kept - trained
        self.trained += trained
        self.longest = max(self.longest, kept)

    def check(self, *, stops: bool) -> None:
        """Ends the run where rows have nothing to train.

        Args:
            stops: Whether some such rows are enough; all rows are in any case.

        Raises:
            UserError: It names the rows.
        """
        left_out = self.reasons["nothing_to_train"] + self.reasons["same_answers"]
        if self.rows_made and not (stops and left_out):
            return
        named = ", ".join(f"{row} ({reason})" for row, reason in self.listed)
        number = sum(self.reasons.values())
        what = f"{count(number)} of {count(self.rows_read)} rows have nothing to train on: {named}"
        more = number - len(self.listed)
        raise UserError(
            what + (f" and {count(more)} more" if more > 0 else ""),
            hint="mend them, raise `max_length`, or leave them out with `on_empty: drop` (they are counted)"
            if self.rows_made
            else "raise `max_length`, or check what is masked: `tilth train tokens RECIPE`",
        )

    def add(self, other: "Account") -> None:
        """Takes another dataset's account in."""
        for one in fields(self):
            mine, theirs = getattr(self, one.name), getattr(other, one.name)
            setattr(self, one.name, max(mine, theirs) if one.name == "longest" else mine + theirs)
        self.listed = self.listed[:LISTED_MAX]

    def lines(self) -> list[str]:
        """For a log: rows, tokens, and why rows were left out."""
        parts: tuple[tuple[str, int], ...] = (
            ("trained", self.trained),
            ("masked", self.masked),
            ("truncated", self.truncated),
        )
        parts += (("in rows left out", self.dropped), ("padded", self.padded))
        tokens = ", ".join(
            f"{count(number)} {name} ({percent(number, self.read)})" for name, number in parts if number
        )
        lines = [
            f"rows: {count(self.rows_read)} read, {count(self.rows_made)} made"
            + (f" ({count(self.rows_added)} added: several from one)" if self.rows_added else ""),
            f"tokens: {count(self.read)} read: {tokens or 'none'}; longest row {count(self.longest)}",
        ]
        lines += [
            f"left out: {count(number)} rows, {reason}" for reason, number in sorted(self.reasons.items())
        ]
        if self.merged:
            lines.append(
                f"note: in {count(self.merged)} rows the prompt ends inside a token, which counts as the answer's"
            )
        return lines

    def record(self) -> dict[str, Any]:
        """As JSON stores it."""
        return {one.name: getattr(self, one.name) for one in fields(self)}

    @classmethod
    def of(cls, record: Mapping[str, Any]) -> "Account":
        """From what `record` gave."""
        known = dict(record) | {
            "reasons": Counter(record["reasons"]),
            "listed": [tuple(row) for row in record["listed"]],
        }
        return cls(**known)
