"""Telephone numbers, asked of the numbering plans of all countries (Google's libphonenumber)."""

from functools import lru_cache

MOST_ASKED, BYTES_PER_ASKED = 24, 16_384
"""A document may have so many numbers asked, and one more for each so many bytes; what is over keeps its shape's
confidence. An answer takes up to 150 microseconds, which is dear in a file that is nothing but numbers."""
_TRUNK_ZERO, _OTHERS = ("GB", "DE", "FR", "IT", "JP", "AU", "IN"), ("US", "ES", "BR", "CN")
"""Where numbers without a country code are looked up: where a 0 stands before the area, and where none does."""


@lru_cache(1 << 14)
def confidence(text: str, guessed: int) -> tuple[int, bool]:
    """Confidence in hundredths that a text is a telephone number, and whether it is a valid one.

    Args:
        text: The number as it stands in the text.
        guessed: What its shape and the words before it say, in hundredths.
    """
    import phonenumbers

    regions: tuple[str | None, ...] = (None,) if text.startswith("+") else _OTHERS
    if text.lstrip("(").startswith("0"):
        regions = _TRUNK_ZERO
    for region in regions if guessed >= 50 else regions[:1]:
        try:
            number = phonenumbers.parse(text, region)
        except phonenumbers.NumberParseException:
            continue
        if _is_fiction(number.country_code, number.national_number):
            return 10, False
        if phonenumbers.is_valid_number(number):
            return guessed, True
    return min(guessed, 15), False


def _is_fiction(country: int | None, national: int | None) -> bool:
    """Numbers that are kept for stories (555-01xx, and Ofcom's 01632 and 07700 900), and the desk's 555-1212."""
    text = str(national)
    if country == 1:
        return text[3:6] == "555"
    return country == 44 and (text.startswith(("1632", "7700900")))
