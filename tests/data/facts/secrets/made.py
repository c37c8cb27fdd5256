"""Secrets that are made when the tests run: nothing that looks like one is written down."""

import base64
import random
import string
import zlib

_BASE62 = string.digits + string.ascii_uppercase + string.ascii_lowercase
_ALPHANUMERIC = string.ascii_letters + string.digits


def some(length: int, characters: str = _ALPHANUMERIC, seed: int = 1) -> str:
    """Random characters, the same for the same seed."""
    return "".join(random.Random(f"{length} {seed}").choices(characters, k=length))


def github_token(prefix: str = "gh" + "p_", seed: int = 1) -> str:
    """One whose checksum is right."""
    body, number, digits = some(30, seed=seed), 0, ""
    number = zlib.crc32(body.encode())
    while number:
        number, digit = divmod(number, 62)
        digits = _BASE62[digit] + digits
    return prefix + body + digits.rjust(6, "0")


def aws_key_id(seed: int = 1) -> str:
    return "AK" + "IA" + some(16, string.ascii_uppercase + "234567", seed)


def web_token(seed: int = 1) -> str:
    """A signed JSON Web Token."""
    parts = [b'{"alg":"HS256","typ":"JWT"}', b'{"sub":"17","iat":1700000000}', some(32, seed=seed).encode()]
    return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts)


def private_key(label: str = "RSA PRIVATE", seed: int = 1) -> str:
    """A PEM block with a DER sequence of random bytes."""
    raw = b"\x30\x82\x04\xa4" + random.Random(seed).randbytes(600)
    body = base64.b64encode(raw).decode()
    lines = [body[at : at + 64] for at in range(0, len(body), 64)]
    return "\n".join([f"-----BEGIN {label} KEY-----", *lines, f"-----END {label} KEY-----"])
