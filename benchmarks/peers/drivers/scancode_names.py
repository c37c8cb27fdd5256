"""The names of ScanCode's licences as SPDX has them."""

from collections.abc import Callable

from licensedcode.cache import get_licenses_db


def spdx_names() -> Callable[[str], str]:
    """What puts an expression of ScanCode's keys into SPDX identifiers, or `LicenseRef-scancode-KEY`."""
    spdx = {
        key: one.spdx_license_key or f"LicenseRef-scancode-{key}" for key, one in get_licenses_db().items()
    }

    def named(expression: str) -> str:
        words = expression.replace("(", " ( ").replace(")", " ) ").split()
        return " ".join(
            word if word in ("AND", "OR", "WITH", "(", ")") else spdx.get(word, word) for word in words
        )

    return named
