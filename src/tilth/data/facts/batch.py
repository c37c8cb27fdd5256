"""Documents side by side, decoded once, so that every group of facts reads them without a copy of its own."""

from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from tilth.data.facts.encoding import decode


@dataclass(slots=True)
class Batch:
    """Contents to compute facts of; the lists and `starts` run side by side."""

    content_ids: list[str]
    names: list[str]
    """Basename as text."""
    raw: list[bytes]
    """The bytes as they were found."""
    encodings: list[str | None]
    """Python codec that `raw` is text in; None where it holds no text."""
    utf8: list[bytes]
    """The text as UTF-8 without a byte order mark: the object in `raw` where possible, empty without text."""
    joined: npt.NDArray[np.uint8]
    """All of `utf8` back to back, read-only."""
    starts: npt.NDArray[np.int64]
    """[n + 1] Where each document begins in `joined`, and last where the last one ends; read-only."""

    def __len__(self) -> int:
        """Number of documents."""
        return len(self.raw)

    @classmethod
    def of(cls, content_ids: list[str], names: list[str], raw: list[bytes]) -> Self:
        """Decode the contents and lay their text side by side.

        Raises:
            ValueError: The lists differ in length.
        """
        if not len(content_ids) == len(names) == len(raw):
            raise ValueError(f"{len(content_ids)} ids, {len(names)} names and {len(raw)} contents")
        decoded = [decode(content) for content in raw]
        utf8 = [text for _, text in decoded]
        starts = np.zeros(len(raw) + 1, dtype=np.int64)
        np.cumsum([len(text) for text in utf8], out=starts[1:])
        starts.flags.writeable = False
        joined = np.frombuffer(b"".join(utf8), dtype=np.uint8)
        return cls(content_ids, names, raw, [codec for codec, _ in decoded], utf8, joined, starts)
