"""What has letters and digits in one word: bank accounts, and national numbers with a letter that checks them."""

from typing import Any

import numpy as np

from tilth.data.facts.personal_data.bytes import CLASSES, DIGIT, LETTER, LOWER, UPPER, Bytes, part
from tilth.data.facts.personal_data.national_ids import CN, ES, FI, IT, SG, TW, is_resident_id

_IBAN_LENGTHS = (
    "AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27 DK18 DO28 EE20 EG29 "
    "ES24 FI18 FK18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HN28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 "
    "LB28 LC32 LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22 MK19 MN20 MR27 MT31 MU30 NI28 NL18 NO15 OM23 PK24 PL28 PS29 "
    "PT25 QA29 RO24 RS22 RU33 SA24 SC31 SD18 SE24 SI19 SK24 SM27 SO23 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20 YE30"
)
"""ISO 13616, SWIFT's registry of IBANs, release 99."""


def _lengths() -> Any:
    table = np.zeros(26 * 26, np.int64)
    for entry in _IBAN_LENGTHS.split():
        table[(ord(entry[0]) - 65) * 26 + ord(entry[1]) - 65] = int(entry[2:])
    return table


_LENGTH_OF = _lengths()
_SPANISH = np.frombuffer(b"TRWAGMYFPDXBNJZSQVHLCKE", np.uint8)
_FINNISH = np.frombuffer(b"0123456789ABCDEFHJKLMNPRSTUVWXY", np.uint8)
_SINGAPORE = np.frombuffer(b"JZIHGFEDCBAXWUTRQPNMLK", np.uint8)
_TAIWANESE = np.array(
    [10, 11, 12, 13, 14, 15, 16, 17, 34, 18, 19, 20, 21, 22, 35, 23, 24, 25, 26, 27, 28, 29, 32, 30, 31, 33]
)
_ODD_DIGITS = np.array([1, 0, 5, 7, 9, 13, 15, 17, 19, 21])
_ODD_LETTERS = np.array(
    [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23]
)


@part
def iban_at(data: Bytes, start: int, high: int) -> int:
    """Where the IBAN ends that begins at `start` (in one word, or in groups of four); -1 where there is none."""
    if (
        start + 15 > high
        or data[start] < 65
        or data[start] > 90
        or data[start + 1] < 65
        or data[start + 1] > 90
    ):
        return -1
    length = _LENGTH_OF[(int(data[start]) - 65) * 26 + int(data[start + 1]) - 65]
    if length == 0 or not (CLASSES[data[start + 2]] & DIGIT and CLASSES[data[start + 3]] & DIGIT):
        return -1
    is_grouped = data[start + 4] == 32
    remainder, count, at, digits = 0, 0, start + 4, 0
    # The country and the check digits come last (ISO 7064 MOD 97-10).
    while count < length - 4:
        if at >= high:
            return -1
        if is_grouped and count % 4 == 0:
            if data[at] != 32 or at + 1 >= high:
                return -1
            at += 1
        kind = CLASSES[data[at]]
        if kind & DIGIT:
            remainder = (remainder * 10 + int(data[at]) - 48) % 97
            digits += 1
        elif kind & UPPER:
            remainder = (remainder * 100 + int(data[at]) - 55) % 97
        else:
            return -1
        count += 1
        at += 1
    for place in range(start, start + 4):
        value = int(data[place]) - (48 if CLASSES[data[place]] & DIGIT else 55)
        remainder = (remainder * (10 if value < 10 else 100) + value) % 97
    return at if remainder == 1 and digits >= 8 else -1


@part
def _number(data: Bytes, start: int, end: int) -> int:
    value = 0
    for at in range(start, end):
        if not CLASSES[data[at]] & DIGIT:
            return -1
        value = value * 10 + int(data[at]) - 48
    return value


@part
def country_of_word(data: Bytes, start: int, end: int) -> int:
    """The country that a word with letters and digits may be a person's number of; -1 for none."""
    size, first, last = end - start, int(data[start]), int(data[end - 1])
    if size == 9 and CLASSES[last] & UPPER:
        if CLASSES[first] & DIGIT:
            number = _number(data, start, end - 1)
            return ES if number > 99999 and _SPANISH[number % 23] == last else -1
        number = _number(data, start + 1, end - 1)
        if 88 <= first <= 90 and number >= 0:
            return ES if _SPANISH[(number + (first - 88) * 10_000_000) % 23] == last else -1
        if first in (70, 71, 83, 84) and number >= 0:
            return SG if _is_singapore(data, start) else -1
    elif size == 10 and CLASSES[first] & UPPER and data[start + 1] in (49, 50):
        number = _number(data, start + 1, end)
        return TW if number >= 0 and _is_taiwanese(data, start) else -1
    elif size == 11 and data[start + 6] in (65, 66, 67, 68, 69, 70, 89, 88, 87, 86, 85):
        number, tail = _number(data, start, start + 6), _number(data, start + 7, start + 10)
        if number >= 0 and tail >= 2 and 1 <= number // 10000 <= 31 and 1 <= number // 100 % 100 <= 12:
            return FI if _FINNISH[(number * 1000 + tail) % 31] == last else -1
    elif size == 16 and CLASSES[last] & UPPER:
        return IT if _is_codice_fiscale(data, start) else -1
    elif size == 18 and last in (88, 120) and _number(data, start, end - 1) >= 0:
        digits = np.zeros(18, np.int64)
        for at in range(17):
            digits[at] = int(data[start + at]) - 48
        return CN if is_resident_id(digits, 10) else -1
    return -1


@part
def _is_singapore(data: Bytes, start: int) -> bool:
    weights = (2, 7, 6, 5, 4, 3, 2)
    total = 4 if data[start] in (84, 71) else 0
    for at in range(7):
        total += (int(data[start + 1 + at]) - 48) * weights[at]
    table = 11 if data[start] in (70, 71) else 0
    return bool(_SINGAPORE[table + total % 11] == data[start + 8])


@part
def _is_taiwanese(data: Bytes, start: int) -> bool:
    letter = _TAIWANESE[int(data[start]) - 65]
    total = letter // 10 + letter % 10 * 9
    for at in range(8):
        total += (int(data[start + 1 + at]) - 48) * (8 - at)
    return bool((total + int(data[start + 9]) - 48) % 10 == 0)


@part
def _is_codice_fiscale(data: Bytes, start: int) -> bool:
    """Decree of 23 December 1976: six letters, then letters and digits where a birth date and place stand."""
    total = 0
    for at in range(15):
        byte = data[start + at]
        if CLASSES[byte] & LOWER or (at in (0, 1, 2, 3, 4, 5, 8, 11)) != ((CLASSES[byte] & LETTER) != 0):
            return False
        value = int(byte) - (48 if CLASSES[byte] & DIGIT else 65)
        if at & 1:
            total += value
        else:
            total += _ODD_DIGITS[value] if CLASSES[byte] & DIGIT else _ODD_LETTERS[value]
    return bool(total % 26 == int(data[start + 15]) - 65)
