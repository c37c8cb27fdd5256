"""What a recipe may say about the release itself: who made it, under which terms, and where it is found."""

import datetime
import re
from typing import Annotated

from pydantic import AfterValidator, Field

from tilth.config.strict import Strict


def _web_address(text: str) -> str:
    if not text.startswith(("https://", "http://")) or re.search(r"[\s{}<>\"\\]", text):
        raise ValueError("must be an address that begins with `https://` or `http://`")
    return text


WebAddress = Annotated[str, AfterValidator(_web_address)]
_CONTROLS = r"\x00-\x1f\x7f-\x9f\u2028\u2029"
Line = Annotated[str, Field(pattern=rf"^[^{_CONTROLS}]*[^\s{_CONTROLS}][^{_CONTROLS}]*$", max_length=500)]
"""A text of one line that is not blank."""


class About(Strict):
    """What the papers of a release say beside what the build counts: nothing of it changes a row."""

    creators: tuple[Line, ...] = ()
    """Who made the release: people or organisations."""
    contact: Line | None = None
    """Where to write to about it: an address for mail or of a page."""
    url: WebAddress | None = None
    """Page of the release."""
    doi: Annotated[str, Field(pattern=r"^10\.\d{4,9}(\.\d+)?/[A-Za-z0-9:/_;.()\[\]\\-]+$")] | None = None
    """DOI of the release, without `https://doi.org/`."""
    licence: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9.+-]*$")] | None = None
    """SPDX id of the licence of the compilation; each file stays under its own."""
    date: datetime.date | None = None
    """Day of the release; the day of the newest commit that it was built from where it is left out."""
    intended_use: Line = "Training and evaluating language models for source code."
    """What the release is meant for."""
    previous: str | None = None
    """Folder of the release before this one: the change log is made against it, and the version must fit the change."""
