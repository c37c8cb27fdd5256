"""What a recipe may say about secrets and personal data."""

from typing import Literal

from pydantic import Field

from tilth.config.limits import Fraction
from tilth.config.strict import Strict

Treatment = Literal["ignore", "keep", "redact", "drop"]
Sensitivity = Literal["strict", "balanced", "lenient"]


class Findings(Strict):
    """Whether secrets and personal data are looked for, and what happens to a file that has them."""

    secrets: Treatment = "ignore"
    """`ignore` does not look and leaves the column empty; `keep` lists what is found in it; `redact` also takes it out
    of the texts; `drop` leaves out the files that have it."""
    personal_data: Treatment = "ignore"
    """The same for personal data."""
    sensitivity: Sensitivity = "balanced"
    """How sure a finding has to be: `strict` takes what may be one, `lenient` only what is one beyond doubt."""
    sensitivity_by_kind: dict[str, Sensitivity | Fraction] = Field(default_factory=dict)
    """Other sensitivities, or least confidences from 0 to 1, of single kinds (`github.token`, or `github` for all)."""
    model: str | None = None
    """A token-classification model, a folder or a name of a hub, that is asked too (needs `torch` and `transformers`).
    Its labels are kinds, those of keys and passwords among `secrets`, all others among `personal_data`; its scores
    are confidences."""
    copyright_holders: Literal["keep", "redact"] = "keep"
    """Whether those whom a file names as holders of its copyright stay, as most licences ask for."""
    stand_ins: bool = False
    """Put what looks real, and belongs to nobody, in the place of what is cut out, not `<EMAIL_1>`."""
