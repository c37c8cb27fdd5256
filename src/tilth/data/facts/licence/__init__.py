"""The facts of licence: what a file itself says about its licence, with the bytes that say it.

The expression is what the evidence states, read with care: an unknown text is `LicenseRef-tilth-unknown`,
never a guess; a bare GPL text without a notice is `-only`. A file that only points at another one has kind
`reference` and no expression.
"""

from typing import Any

import pyarrow as pa

from tilth.data.facts import encoding
from tilth.data.facts.batch import Batch

NAME = "licence"
VERSION = f"6-encoding{encoding.VERSION}"
EVIDENCE = pa.struct(
    [
        pa.field("start", pa.int64()),
        pa.field("end", pa.int64()),
        pa.field("kind", pa.string()),
        pa.field("rule", pa.string()),
        pa.field("score", pa.float64()),
    ]
)
PLACES = pa.struct([pa.field("paths", pa.string()), pa.field("expression", pa.string())])
SCHEMA = pa.schema(
    [
        pa.field("licence_expression", pa.string()),
        pa.field("licence_kind", pa.string()),
        pa.field("licence_evidence", pa.list_(EVIDENCE)),
        pa.field("licence_places", pa.list_(PLACES)),
        pa.field("is_licence_file", pa.bool_()),
        pa.field("copyright_holders", pa.list_(pa.string())),
    ]
)


def compute(batch: Batch) -> dict[str, Any]:
    """The licence facts of a batch; evidence spans are byte offsets in the document's UTF-8 text."""
    # Numba and the texts' hashes take a third of a second to load; the schema needs neither.
    from tilth.data.facts.licence.file_facts import file_facts

    return file_facts(batch)
