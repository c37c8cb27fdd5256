"""The keys of a ledger: one signs receipts, the other hides who wrote a commit. They lie outside the ledger."""

import hmac
import os
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from tilth.errors import UserError

PRIVATE, PUBLIC, SECRET = "ledger.key", "ledger.pub", "ledger.secret"
"""Names in the folder of keys: Ed25519 private and public key (PEM), and 32 bytes for keyed hashes (hex)."""


@dataclass(frozen=True, slots=True)
class Keys:
    """What a ledger is written with."""

    private: Ed25519PrivateKey
    secret: bytes

    def sign(self, data: bytes) -> bytes:
        """Ed25519 signature (RFC 8032), 64 bytes."""
        return self.private.sign(data)

    def hidden(self, purpose: str, text: str) -> str:
        """Keyed hash of a text, hex: who lacks the key can neither read it nor try out guesses (HMAC, RFC 2104)."""
        return hmac.new(
            self.secret, f"{purpose}\0{text}".encode("utf-8", "surrogatepass"), sha256
        ).hexdigest()

    def author(self, address: str) -> str:
        """How the author of commits stands in the ledger: a keyed hash of the e-mail address, in lower case."""
        return self.hidden("author", address.strip().casefold())

    @property
    def public(self) -> Ed25519PublicKey:
        """The key that receipts are checked with."""
        return self.private.public_key()


def make_keys(folder: Path) -> Keys:
    """Makes the keys in a folder of their own, which only their owner can read.

    Raises:
        UserError: Keys are there already.
    """
    if (folder / PRIVATE).exists() or (folder / SECRET).exists():
        raise UserError(
            f"`{folder}` holds keys already",
            hint="receipts that were given can only be checked with the key that signed them: choose another folder",
        )
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    private = Ed25519PrivateKey.generate()
    _write_secretly(
        folder / PRIVATE, private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )
    _write_secretly(folder / SECRET, os.urandom(32).hex().encode() + b"\n")
    (folder / PUBLIC).write_bytes(
        private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    )
    return read_keys(folder)


def read_keys(folder: Path) -> Keys:
    """The keys of a folder.

    Raises:
        UserError: They are not there, or not what they should be.
    """
    try:
        private = load_pem_private_key((folder / PRIVATE).read_bytes(), password=None)
        secret = bytes.fromhex((folder / SECRET).read_text())
    except (OSError, ValueError) as error:
        raise UserError(
            f"`{folder}` has no keys that can be read: {error}",
            hint=f"`tilth governance key {folder}` makes them",
        ) from error
    if not isinstance(private, Ed25519PrivateKey) or len(secret) < 32:
        raise UserError(
            f"the keys in `{folder}` are of another kind", hint="`tilth governance key` makes others"
        )
    return Keys(private, secret)


def read_public(path: Path) -> Ed25519PublicKey:
    """A public key.

    Raises:
        UserError: There is none.
    """
    try:
        public = load_pem_public_key(path.read_bytes())
    except (OSError, ValueError) as error:
        raise UserError(
            f"`{path}` is not a public key: {error}", hint=f"it is the file `{PUBLIC}`"
        ) from error
    if not isinstance(public, Ed25519PublicKey):
        raise UserError(f"`{path}` is a key of another kind", hint=f"it is the file `{PUBLIC}`")
    return public


def raw_public(public: Ed25519PublicKey) -> bytes:
    """The 32 bytes of a public key."""
    return public.public_bytes(Encoding.Raw, PublicFormat.Raw)


def fingerprint(public: Ed25519PublicKey) -> str:
    """SHA-256 of a public key's 32 bytes, hex: what is published, and compared by eye."""
    return sha256(raw_public(public)).hexdigest()


def is_signed(public: Ed25519PublicKey, signature: bytes, data: bytes) -> bool:
    """Whether that key made this signature of this data."""
    try:
        public.verify(signature, data)
    except InvalidSignature:
        return False
    return True


def _write_secretly(path: Path, data: bytes) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)
