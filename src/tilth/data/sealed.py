"""The way back from a redacted file, for who has the key: the original under lock, bound to what was made of it.

The lock is Fernet (AES-128-CBC and HMAC-SHA256) of the package `cryptography`, which is asked for only here.
"""

import hashlib
import zlib
from pathlib import Path
from typing import Any

from tilth.errors import UserError


def make_key() -> bytes:
    """A new key."""
    key: bytes = _fernet().Fernet.generate_key()
    return key


def read_key(path: Path) -> bytes:
    """The key in a file; a new one is made where there is no file, for its owner's eyes only."""
    if not path.exists():
        path.touch(mode=0o600)
        path.write_bytes(make_key())
    return path.read_bytes().strip()


def seal(original: bytes, redacted: bytes, key: bytes) -> bytes:
    """The original under lock."""
    sealed: bytes = _lock(key).encrypt(hashlib.sha256(redacted).digest() + zlib.compress(original))
    return sealed


def restore(redacted: bytes, sealed: bytes, key: bytes) -> bytes:
    """The original.

    Raises:
        UserError: The key is another one, or the file is not the one that was sealed.
    """
    try:
        opened: bytes = _lock(key).decrypt(sealed)
    except _fernet().InvalidToken as error:
        raise UserError("the key does not open what was sealed") from error
    if opened[:32] != hashlib.sha256(redacted).digest():
        raise UserError("the redacted file was changed since", hint="restore the file as it was redacted")
    return zlib.decompress(opened[32:])


def _lock(key: bytes) -> Any:
    try:
        return _fernet().Fernet(key)
    except ValueError as error:
        raise UserError("this is not a key", hint="leave `--key` a new file name, and one is made") from error


def _fernet() -> Any:
    try:
        from cryptography import fernet
    except ImportError as error:
        raise UserError("a key needs the package `cryptography`", hint="`pip install tilth[seal]`") from error
    return fernet
