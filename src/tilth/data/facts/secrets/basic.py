"""Credentials of HTTP's Basic scheme (RFC 7617) that are read: base 64 hides that a password is nobody's."""

import base64
import binascii

from tilth.data.facts.secrets.words import PLACEHOLDERS

FEWEST = 6
"""Characters of a password; those of examples are shorter."""
_WORDS = tuple(word.encode() for word in ("pass", *PLACEHOLDERS))


def is_example(value: bytes) -> bool:
    """Whether a value is `user:password` in base 64, behind `Basic` or not, and the password an example's."""
    part = value.rpartition(b" ")[2]
    try:
        user, sign, password = base64.b64decode(part, validate=True).partition(b":")
    except (binascii.Error, ValueError):
        return False
    if not (sign and user.isascii() and password.isascii()):
        return False
    return len(password) < FEWEST or any(word in password.lower() for word in _WORDS)
