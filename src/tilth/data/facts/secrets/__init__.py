"""Secrets: keys, tokens, private keys and passwords, each with how sure it is and what says so."""

from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from tilth.data.facts.batch import Batch
from tilth.data.facts.findings import FINDINGS, Kind

NAME = "secrets"
VERSION = "1"
SCHEMA = pa.schema([pa.field("secrets", FINDINGS)])


def compute(batch: Batch) -> dict[str, Any]:
    """The findings of each document."""
    # Compiled code takes half a second to import; the schema needs none.
    from tilth.data.facts.secrets.find import find

    return {"secrets": find(batch)}


def all_kinds() -> Iterator[Kind]:
    """All kinds of secrets."""
    from tilth.data.facts.secrets import find, providers, tokens

    yield from tokens.kinds()
    yield from providers.kinds()
    yield from find.NAMED_KINDS
