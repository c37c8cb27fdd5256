"""How much of one file a source holds in memory."""

READ_MAX_BYTES = 64 * 2**20
"""A larger file is listed and refused as `too_large_to_read`; it is never held in memory."""

CHUNK_BYTES = 2**20
"""Bytes moved at a time where a whole file need not be held."""
