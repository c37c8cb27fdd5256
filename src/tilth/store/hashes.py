"""Hashes of whole files, and names that are hashes."""

import hashlib
from pathlib import Path


def sha256_of(path: Path) -> str:
    """SHA-256 of a file as it is now, hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def segment_name(*parts: str) -> str:
    """A segment's name: a hash of what is in it."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]
