"""A file's bytes in, the same bytes without secrets and personal data out: what the command line does with one file."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tilth.data.facts.batch import Batch
from tilth.data.facts.kinds import GROUPS, find
from tilth.data.facts.model_findings import Labeller
from tilth.data.policy.findings import counted
from tilth.data.redact import Replacement, applied_to_raw, redact


@dataclass(frozen=True, slots=True)
class Redacted:
    """What became of a file."""

    raw: bytes
    replacements: list[Replacement]
    text: bytes
    """The original text as UTF-8, which the replacements' spans are of."""

    def line_of(self, one: Replacement) -> int:
        """Line of the original on which a span begins, from 1 on."""
        return self.text.count(b"\n", 0, one.start) + 1


def redact_bytes(
    raw: bytes,
    name: str,
    least: Mapping[str, float],
    *,
    groups: Iterable[str] = GROUPS,
    stand_ins: bool = False,
    model: Labeller | None = None,
) -> Redacted:
    """Find and replace what counts in a file.

    Bytes that are no text in any encoding, but have no NUL among them, are searched all the same, as far as they are
    ASCII; with one they come back as they are.

    Args:
        raw: The file's bytes.
        name: Its basename.
        least: Kind -> least confidence at which a finding counts.
        groups: What to look for.
        stand_ins: As in `redact`.
        model: A model that is asked too.
    """
    batch = Batch.of([""], [name], [raw])
    encoding, text = batch.encodings[0], batch.utf8[0]
    if encoding is None and b"\0" not in raw:
        # One character for each byte: spans that are ASCII stay what they are.
        encoding, text = "latin-1", raw.decode("latin-1").encode()
        batch = Batch.of([""], [name], [text])
    (found,) = find(batch, groups)
    if model and encoding:
        found += model.find(text)
    replacements = redact(text, counted(found, least), stand_ins=stand_ins)
    if not replacements:
        return Redacted(raw, [], text)
    return Redacted(applied_to_raw(raw, encoding or "utf-8", text, replacements), replacements, text)
