"""Chance that is the same on every machine: numbers drawn from the hash of what they are for."""

import hashlib
import random


def draws(seed: int, *names: str) -> random.Random:
    """A source of chance for one thing."""
    digest = hashlib.sha256("\0".join([str(seed), *names]).encode()).digest()
    return random.Random(int.from_bytes(digest[:8]))
