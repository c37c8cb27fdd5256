"""One piece of evidence for a licence: where it stands, what it says, how it was found."""

from dataclasses import dataclass

UNKNOWN = "LicenseRef-tilth-unknown"
INVALID_TAG = "LicenseRef-tilth-invalid-tag"
UNRECOGNISED = "LicenseRef-tilth-unrecognised"
PROPRIETARY = "LicenseRef-tilth-proprietary"
PUBLIC_DOMAIN = "LicenseRef-tilth-public-domain"
COMMONS_CLAUSE = "LicenseRef-tilth-commons-clause"


@dataclass(frozen=True, slots=True)
class Finding:
    """Evidence found in one file.

    Attributes:
        start: First byte of the evidence in the UTF-8 text.
        end: One past its last byte.
        kind: `tag`, `text`, `notice`, `reference` or `metadata`.
        rule: What recognised it.
        expression: SPDX expression it stands for; None where it only points at another file.
        score: How sure, from 0 to 1.
        words: Words that it rests on; 0 where they were not counted.
        choice: True where the words around it offer it as an alternative to the other findings.
    """

    start: int
    end: int
    kind: str
    rule: str
    expression: str | None
    score: float = 1.0
    words: int = 0
    choice: bool = False
