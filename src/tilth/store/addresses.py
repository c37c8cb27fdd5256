"""One spelling for the address of a repository or an account, whatever URL it was written as: `host/owner/name`."""

import re
from urllib.parse import unquote, urlsplit

_SCP = re.compile(r"(?:[^/:@\s]+@)?([^/:@\s]{2,}):(?!//|:)(.+)")
_HOST_ONLY = re.compile(r"(?:[a-z0-9-]+\.)+[a-z0-9-]+(?::[0-9]+)?/", re.IGNORECASE)
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")


def address_of(origin: str) -> str:
    """The address that an origin names: host and path in lower case, without scheme, user, port 22 and `.git`.

    Forges do not tell names apart by the case of their letters. A local folder is `file/path`; what is no URL (a
    package URL, a name) is itself in lower case.
    """
    text = origin.strip()
    if not _SCHEME.match(text):
        scp = _SCP.fullmatch(text)
        if scp and not text.startswith("pkg:"):
            return _joined(scp[1], scp[2])
        return _joined(*text.split("/", 1)) if _HOST_ONLY.match(text) else text.lower()
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return text.lower()
    if parts.scheme.lower() == "file":
        # Folders are told apart by the case of their letters.
        return f"file/{unquote(parts.path).strip('/').removesuffix('.git').rstrip('/')}"
    usual = {"http": 80, "https": 443, "ssh": 22, "git": 9418}.get(parts.scheme.lower())
    return _joined(host if port in (None, usual) else f"{host}:{port}", parts.path)


def is_below(address: str, above: str) -> bool:
    """Whether an address is another one, or lies in it: `host/owner/name` lies in `host/owner`."""
    return address == above or address.startswith(f"{above}/")


def _joined(host: str, path: str) -> str:
    host = host.lower().removeprefix("www.")
    parts = [part for part in unquote(path).split("/") if part]
    return "/".join([host, *parts]).removesuffix(".git").lower()
