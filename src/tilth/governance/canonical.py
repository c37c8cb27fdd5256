"""One spelling of a JSON value, so that equal values have equal bytes: what is hashed and signed."""

import json
from typing import Any


def canonical(value: Any) -> bytes:
    """The bytes of a JSON value: keys in order, no white space, ASCII alone.

    Raises:
        ValueError: The value holds a float that JSON has no word for.
    """
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False).encode("ascii")
