"""Which language a text is in, from its words and signs alone: a table of weights, and what reads and remakes it."""

from typing import Final

FEATURES_VERSION: Final = "1"
"""Raised when the classifier sees something else in a text."""
