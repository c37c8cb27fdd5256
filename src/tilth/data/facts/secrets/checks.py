"""Checks of what has a token's form: checksums, and structure that can be decoded."""

import base64
import binascii
import json
import re
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

LOCKED = 0.4
"""Confidence in a private key that is encrypted: of no use without a passphrase, which is another secret."""
BLOCK_BYTES = 16_384
"""Longest private key that is looked for, as text."""

_HEADERS = frozenset(
    (
        "alg jku jwk kid x5u x5c x5t x5t#S256 typ cty crit enc zip epk apu apv iv tag p2s p2c b64 url nonce "
        "iss sub aud"
    ).split()
)
"""Names in the header of a signed or encrypted token (RFC 7515, 7516, 7518; the registry of JOSE at IANA)."""
_END = re.compile(rb"-----END [A-Z0-9 ]{0,40}-----")
_LINE = re.compile(rb"[\s\"'>#*]{0,40}[A-Za-z0-9+/=]{16,100}(?:\\\\[rn]|[\s\"'+,;\\\\]){0,12}")
_CODE = re.compile(rb"\s*[0-9a-fA-F]{16,128}")
_UNLOCKED = re.compile(rb"Encryption:\s*none")
_OPENSSH = b"openssh-key-v1\0"
_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check says: where the secret is, how sure (None: as the table has it), and by what."""

    start: int
    end: int
    confidence: float | None
    how: str


def _crc62(text: bytes, start: int, end: int) -> Checked:
    """Six base-62 digits of CRC-32 at the end (GitHub, "Behind GitHub's new authentication token formats", 2021)."""
    body, digits = text[start + 4 : end - 6], text[end - 6 : end].decode("ascii")
    number, wanted = zlib.crc32(body), ""
    while number:
        number, digit = divmod(number, 62)
        wanted = _BASE62[digit] + wanted
    if digits == wanted.rjust(6, "0"):
        return Checked(start, end, 0.99, "checksum")
    return Checked(start, end, None, "pattern")


def _grafana(text: bytes, start: int, end: int) -> Checked:
    """CRC-32 in hexadecimal after the last underscore."""
    body, _, digits = text[start:end].rpartition(b"_")
    if f"{zlib.crc32(body):08x}".encode() == digits.lower():
        return Checked(start, end, 0.99, "checksum")
    return Checked(start, end, None, "pattern")


def _nkey(text: bytes, start: int, end: int) -> Checked | None:
    """CRC-16 in the last two bytes (docs.nats.io, nkeys)."""
    raw = base64.b32decode(text[start:end] + b"=" * (-(end - start) % 8))
    if binascii.crc_hqx(raw[:-2], 0) == int.from_bytes(raw[-2:], "little"):
        return Checked(start, end, 0.99, "checksum")
    return Checked(start, end, 0.55, "pattern") if _is_mixed(text[start:end], 2) else None


def _aws(text: bytes, start: int, end: int) -> Checked | None:
    """Letters and digits mixed, as in base 32; the ids that AWS's documentation shows end in EXAMPLE."""
    if text[start:end].endswith(b"EXAMPLE"):
        return Checked(start, end, 0.1, "example")
    return Checked(start, end, None, "structure")


def _discord(text: bytes, start: int, end: int) -> Checked:
    """The first part is the bot's number in base 64."""
    first = text[start:end].split(b".")[0]
    number = _decoded(first)
    if number is not None and number.isdigit():
        return Checked(start, end, 0.97, "structure")
    return Checked(start, end, 0.5, "pattern")


def _macaroon(text: bytes, start: int, end: int) -> Checked:
    """A macaroon of version 2, whose location is the index."""
    body = _decoded(text[start + 5 : end])
    if body is not None and body[:1] == b"\x02" and b"pypi.org" in body[:20]:
        return Checked(start, end, 0.98, "structure")
    return Checked(start, end, None, "pattern")


def _b64json(text: bytes, start: int, end: int) -> Checked:
    body = _decoded(text[start:end].partition(b"_")[2])
    return Checked(start, end, 0.98 if _json(body) else None, "structure" if _json(body) else "pattern")


def _openai(text: bytes, start: int, end: int) -> Checked:
    """All keys have the base 64 of `OpenAI` in the middle."""
    marked = b"T3BlbkFJ" in text[start:end]
    return Checked(start, end, 0.99 if marked else None, "structure" if marked else "pattern")


def _mixed(text: bytes, start: int, end: int) -> Checked | None:
    """Small and capital letters and digits: what only looks like one has seldom all three."""
    return Checked(start, end, None, "pattern") if _is_mixed(text[start:end], 3) else None


def _is_mixed(token: bytes, least: int) -> bool:
    found = (any(map(bytes.isdigit, _each(token))), token.lower() != token, token.upper() != token)
    return sum(found) >= least


def _each(token: bytes) -> list[bytes]:
    return [token[at : at + 1] for at in range(len(token))]


def _jwt(text: bytes, start: int, end: int) -> Checked | None:
    """A header that says its algorithm, and claims (RFC 7519)."""
    while text[end - 1] in b".-":
        end -= 1
    parts = text[start:end].split(b".")
    header = _object(parts[0])
    if header is None:
        return None
    claims = _object(parts[1]) if len(parts) > 1 else None
    if claims is None and not header.keys() & _HEADERS:
        return None
    if "enc" not in header and claims is None:
        return Checked(start, end, 0.35, "pattern")
    if claims is not None and claims.get("sub") == "1234567890":
        return Checked(start, end, 0.3, "example")  # the one that jwt.io shows
    signed = len(parts) > 2 and len(parts[2]) >= 20
    return Checked(start, end, 0.85 if signed else 0.5, "structure")


@lru_cache(maxsize=1_000)
def _object(part: bytes) -> dict[str, Any] | None:
    """The members of the object that a part of a token is."""
    found = _json(_decoded(part))
    return found if isinstance(found, dict) else None


def _pem(text: bytes, start: int, end: int) -> Checked | None:
    """Base 64 of what the label says, up to the end line; a block that stops short counts for less."""
    other = text.find(b"-----BEGIN", end, end + BLOCK_BYTES)
    # No byte is searched by two keys.
    stop = text.find(b"-----END", end, other if other >= 0 else end + BLOCK_BYTES)
    closed = stop >= 0
    if closed:
        line = _END.match(text, stop)
        last = line.end() if line else stop + 8
    else:
        last = _lines_of_base64(text, end)
    body = _body(text[end : stop if closed else last])
    if len(body) < 40:
        return Checked(start, last, 0.15, "example")
    raw = _decoded(body[: len(body) // 4 * 4])
    known = raw is not None and (raw[:1] == b"\x30" or raw.startswith(_OPENSSH))
    known |= b"BLOCK" in text[start:end] and raw is not None and bool(raw[0] & 0x80)
    if b"ENCRYPTED" in text[start : end + 60] or _is_locked(raw or b""):
        return Checked(start, last, LOCKED, "encrypted")
    if known and len(set(body)) > 20:
        return Checked(start, last, 0.98 if closed else 0.8, "structure")
    return Checked(start, last, 0.6 if closed and len(set(body)) > 20 else 0.25, "pattern")


def _is_locked(raw: bytes) -> bool:
    """Whether a key of OpenSSH names a cipher (openssh/PROTOCOL.key)."""
    return raw.startswith(_OPENSSH) and not raw.startswith(_OPENSSH + b"\0\0\0\x04none")


def _lines_of_base64(text: bytes, start: int) -> int:
    """Where the lines that have nothing but base 64 (in a string of a language, perhaps) end."""
    at = start
    while at < min(len(text), start + BLOCK_BYTES):
        stop = text.find(b"\n", at, at + 200)
        stop = stop if stop >= 0 else len(text)
        if stop - at > 200 or (at > start and not _LINE.fullmatch(text, at, stop)):
            break
        at = stop + 1
    return min(at, len(text))


def _body(block: bytes) -> bytes:
    """What of a block is base 64: not its headers, line ends (escaped or not), quotes or plus signs of a language."""
    block = re.sub(rb"\\[rntu]|(?m:^[\s\"'>#*/]*[A-Za-z-]{3,20}: .*$)", b"", block)
    return b"".join(re.findall(rb"[A-Za-z0-9+/=]{4,}", block)).rstrip(b"=")


def _putty(text: bytes, start: int, end: int) -> Checked:
    """The lines that such a file must have, up to its code of authenticity."""
    other = text.find(b"PuTTY-User-Key-File", end, end + BLOCK_BYTES)
    last = other if other >= 0 else end + BLOCK_BYTES
    lines = text.find(b"Private-Lines:", end, last)
    mac = text.find(b"Private-MAC:", max(lines, end), last)
    if lines < 0 or mac < 0:
        return Checked(start, end, 0.2, "pattern")
    code = _CODE.match(text, mac + 12)
    if not _UNLOCKED.search(text, end, lines):
        return Checked(start, code.end() if code else mac + 12, LOCKED, "encrypted")
    return Checked(start, code.end() if code else mac + 12, 0.98 if code else 0.7, "structure")


def _decoded(part: bytes) -> bytes | None:
    try:
        return base64.b64decode(
            part + b"=" * (-len(part) % 4), altchars=b"-_" if {*part} & {*b"-_"} else None
        )
    except (binascii.Error, ValueError):
        return None


def _json(part: bytes | None) -> Any:
    try:
        return json.loads(part or b"")
    except (ValueError, RecursionError):
        return None


CHECKS: Mapping[str, Callable[[bytes, int, int], Checked | None]] = {
    "aws": _aws,
    "b64json": _b64json,
    "crc62": _crc62,
    "discord": _discord,
    "grafana": _grafana,
    "jwt": _jwt,
    "macaroon": _macaroon,
    "mixed": _mixed,
    "nkey": _nkey,
    "openai": _openai,
    "pem": _pem,
    "putty": _putty,
}
"""By the name that the table has."""
