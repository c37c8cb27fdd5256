"""Values that look real and belong to nobody: kept free by a standard, or invented.

Detection knows them for what they are, so a text that was redacted with them is not redacted again.
"""

_IPV4 = ("192.0.2", "198.51.100", "203.0.113")
_NAMES = "Alex Robin Sam Kim Jo Charlie Toni Sascha Noor Mika Andrea Jamie Luca Ariel Quinn Rene".split()
_CARDS = ("4111 1111 1111 1111", "4242 4242 4242 4242", "5555 5555 5555 4444", "5105 1051 0510 5100")
_IBANS = ("DE89370400440532013000", "NL91ABNA0417164300", "BE68539007547034", "CH9300762011623852957")


def stand_in(kind: str, number: int) -> bytes | None:
    """The `number`-th stand-in for a kind, from 1 on; None where the kind has none, or no more."""
    made = _made(kind, number)
    return None if made is None else made.encode("ascii")


def _made(kind: str, number: int) -> str | None:
    match kind:
        case "email" | "email.noreply":  # RFC 2606
            return f"person{number}@example.org"
        case "phone":  # the North American plan keeps 555-0100 to 555-0199 for stories
            return f"+1 202-555-{number + 99:04d}" if number <= 100 else None
        case "ip.v4":  # RFC 5737
            block, host = divmod(number - 1, 254)
            return f"{_IPV4[block]}.{host + 1}" if block < len(_IPV4) else None
        case "ip.v6":  # RFC 3849
            return f"2001:db8::{number:x}" if number < 2**16 else None
        case "mac":  # RFC 7042
            return f"00:00:5E:00:53:{number:02X}" if number < 2**8 else None
        case "name" | "name.copyright":
            return f"{_NAMES[number - 1]} Example" if number <= len(_NAMES) else None
        case "username" | "home":
            return f"user{number}" if number < 100 else None
        case "card":
            return _CARDS[number - 1] if number <= len(_CARDS) else None
        case "iban":
            return _IBANS[number - 1] if number <= len(_IBANS) else None
    return None
