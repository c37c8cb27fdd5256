"""National numbers of persons whose check digits can be computed, and which of them some digits or a word may be."""

import numpy as np
from numpy.typing import NDArray

from tilth.data.facts.personal_data.bytes import part

Digits = NDArray[np.int64]

COUNTRIES: tuple[tuple[str, str], ...] = (
    ("br", "Brazil's CPF."),
    ("pl", "Poland's PESEL."),
    ("de", "Germany's Steuer-ID."),
    ("nl", "The Netherlands' BSN."),
    ("be", "Belgium's national number."),
    ("se", "Sweden's personnummer."),
    ("no", "Norway's fødselsnummer."),
    ("fr", "France's NIR (numéro de sécurité sociale)."),
    ("ch", "Switzerland's AHV number."),
    ("cn", "China's resident identity number."),
    ("in", "India's Aadhaar."),
    ("kr", "South Korea's resident registration number."),
    ("tr", "Turkey's T.C. kimlik no."),
    ("ro", "Romania's CNP."),
    ("za", "South Africa's identity number."),
    ("ca", "Canada's SIN."),
    ("gb", "The United Kingdom's NHS number."),
    ("us", "The United States' SSN (it has no check digit)."),
    ("es", "Spain's DNI or NIE."),
    ("it", "Italy's codice fiscale."),
    ("fi", "Finland's henkilötunnus."),
    ("tw", "Taiwan's identity number."),
    ("sg", "Singapore's NRIC or FIN."),
)
"""Suffix of the kind, and what it is; the place is its number."""
(
    BR, PL, DE, NL, BE, SE, NO, FR, CH, CN, IN, KR, TR, RO, ZA, CA, GB, US, ES, IT, FI, TW, SG,
) = range(len(COUNTRIES))  # fmt: skip

_VERHOEFF_TIMES = np.array(
    [[0, 1, 2, 3, 4, 5, 6, 7, 8, 9], [1, 2, 3, 4, 0, 6, 7, 8, 9, 5], [2, 3, 4, 0, 1, 7, 8, 9, 5, 6],
     [3, 4, 0, 1, 2, 8, 9, 5, 6, 7], [4, 0, 1, 2, 3, 9, 5, 6, 7, 8], [5, 9, 8, 7, 6, 0, 4, 3, 2, 1],
     [6, 5, 9, 8, 7, 1, 0, 4, 3, 2], [7, 6, 5, 9, 8, 2, 1, 0, 4, 3], [8, 7, 6, 5, 9, 3, 2, 1, 0, 4],
     [9, 8, 7, 6, 5, 4, 3, 2, 1, 0]]
)  # fmt: skip
_VERHOEFF_MOVES = np.array(
    [[0, 1, 2, 3, 4, 5, 6, 7, 8, 9], [1, 5, 7, 6, 2, 8, 3, 0, 9, 4], [5, 8, 0, 3, 7, 9, 6, 1, 4, 2],
     [8, 9, 1, 6, 0, 4, 3, 5, 2, 7], [9, 4, 5, 3, 1, 2, 6, 8, 7, 0], [4, 2, 8, 6, 5, 7, 3, 9, 0, 1],
     [2, 7, 9, 3, 8, 0, 6, 4, 1, 5], [7, 0, 4, 6, 9, 1, 3, 2, 5, 8]]
)  # fmt: skip


@part
def luhn(digits: Digits, first: int, count: int) -> bool:
    """Whether the last digit checks the others (ISO/IEC 7812-1, annex B)."""
    total = 0
    for at in range(count):
        value = digits[first + count - 1 - at]
        if at & 1:
            value = value * 2 - 9 * (value > 4)
        total += value
    return bool(total % 10 == 0)


@part
def number_of(digits: Digits, first: int, count: int) -> int:
    """The value of some digits."""
    value = 0
    for at in range(first, first + count):
        value = value * 10 + digits[at]
    return value


@part
def _weighed(digits: Digits, weights: tuple[int, ...]) -> int:
    total = 0
    for at, weight in enumerate(weights):
        total += digits[at] * weight
    return total


@part
def _is_date(month: int, day: int) -> bool:
    return 1 <= month <= 12 and 1 <= day <= 31


@part
def _is_cpf(d: Digits) -> bool:
    first = _weighed(d, (10, 9, 8, 7, 6, 5, 4, 3, 2)) * 10 % 11 % 10
    second = _weighed(d, (11, 10, 9, 8, 7, 6, 5, 4, 3, 2)) * 10 % 11 % 10
    return bool(first == d[9] and second == d[10])


@part
def _is_pesel(d: Digits) -> bool:
    if not _is_date(number_of(d, 2, 2) % 20, number_of(d, 4, 2)):
        return False
    return bool(-_weighed(d, (1, 3, 7, 9, 1, 3, 7, 9, 1, 3)) % 10 == d[10])


@part
def _is_steuer_id(d: Digits) -> bool:
    """ISO 7064 MOD 11,10; one digit of the first ten stands there twice or three times, and one or two are missing."""
    if d[0] == 0:
        return False
    counts = np.zeros(10, np.int64)
    product = 10
    for at in range(10):
        counts[d[at]] += 1
        total = (d[at] + product) % 10
        product = (10 if total == 0 else total) * 2 % 11
    if (counts > 1).sum() != 1 or counts.max() > 3:
        return False
    return bool((11 - product) % 10 == d[10])


@part
def _is_belgian(d: Digits) -> bool:
    if not _is_date(number_of(d, 2, 2), number_of(d, 4, 2)):
        return False
    head, check = number_of(d, 0, 9), number_of(d, 9, 2)
    return bool(97 - head % 97 == check or 97 - (head + 2_000_000_000) % 97 == check)


@part
def _is_fodselsnummer(d: Digits) -> bool:
    if not _is_date(number_of(d, 2, 2), number_of(d, 0, 2) % 40):
        return False
    first = -_weighed(d, (3, 7, 6, 1, 8, 9, 4, 5, 2)) % 11
    second = -_weighed(d, (5, 4, 3, 2, 7, 6, 5, 4, 3, 2)) % 11
    return bool(first == d[9] and second == d[10])


@part
def _is_tckn(d: Digits) -> bool:
    if d[0] == 0:
        return False
    odd, even = d[0] + d[2] + d[4] + d[6] + d[8], d[1] + d[3] + d[5] + d[7]
    return bool((odd * 7 - even) % 10 == d[9] and (odd + even + d[9]) % 10 == d[10])


@part
def _is_nir(d: Digits) -> bool:
    if d[0] not in (1, 2) or not (1 <= number_of(d, 3, 2) <= 12 or 20 <= number_of(d, 3, 2) <= 42):
        return False
    return bool(97 - number_of(d, 0, 13) % 97 == number_of(d, 13, 2))


@part
def _is_ahv(d: Digits) -> bool:
    """EAN-13, of numbers that begin with Switzerland's 756."""
    if d[0] != 7 or d[1] != 5 or d[2] != 6:
        return False
    return bool(-_weighed(d, (1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3)) % 10 == d[12])


@part
def is_resident_id(d: Digits, last: int) -> bool:
    """China's (GB 11643): `last` is the check character's value, 10 for an X."""
    if (
        number_of(d, 6, 2) not in (19, 20)
        or not _is_date(number_of(d, 10, 2), number_of(d, 12, 2))
        or d[0] == 0
    ):
        return False
    total = _weighed(d, (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2))
    return bool((12 - total % 11) % 11 == last)


@part
def _is_aadhaar(d: Digits) -> bool:
    if d[0] < 2:
        return False
    check = 0
    for at in range(12):
        check = _VERHOEFF_TIMES[check, _VERHOEFF_MOVES[at % 8, d[11 - at]]]
    return bool(check == 0)


@part
def _is_rrn(d: Digits) -> bool:
    if not _is_date(number_of(d, 2, 2), number_of(d, 4, 2)):
        return False
    return bool((11 - _weighed(d, (2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5)) % 11) % 10 == d[12])


@part
def _is_cnp(d: Digits) -> bool:
    if d[0] == 0 or not _is_date(number_of(d, 3, 2), number_of(d, 5, 2)):
        return False
    check = _weighed(d, (2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9)) % 11
    return bool((1 if check == 10 else check) == d[12])


@part
def _is_ssn(d: Digits) -> bool:
    area = number_of(d, 0, 3)
    return 0 < area < 900 and area != 666 and number_of(d, 3, 2) > 0 and number_of(d, 5, 4) > 0


@part
def country_of(d: Digits, count: int, shape: int) -> tuple[int, bool]:
    """The country that a number of `count` digits may be of, and whether its way of writing tells so; -1 for none.

    Args:
        d: The digits.
        count: How many.
        shape: The sizes of its groups as a number in base 16, such as 0x3332; a single group has its size.
    """
    if count == 9:
        if shape == 0x324 and _is_ssn(d):
            return US, True
        if shape == 0x333 and d[0] not in (0, 8) and luhn(d, 0, 9):
            return CA, False
        if shape == 9 and (_weighed(d, (9, 8, 7, 6, 5, 4, 3, 2)) - d[8]) % 11 == 0 and d[0] + d[1] > 0:
            return NL, False
    elif count == 10:
        if shape in (0x64, 10) and _is_date(number_of(d, 2, 2), number_of(d, 4, 2) % 60) and luhn(d, 0, 10):
            return SE, shape == 0x64
        if shape in (0x334, 10):
            check = -_weighed(d, (10, 9, 8, 7, 6, 5, 4, 3, 2)) % 11
            if check == d[9] and d[0] in (4, 6, 7, 9):
                return GB, False
    elif count == 11:
        return _of_eleven(d, shape)
    elif count == 12:
        if shape in (0x444, 12) and _is_aadhaar(d):
            return IN, shape == 0x444
        if shape in (0x84, 12) and number_of(d, 0, 2) in (19, 20) and luhn(d, 2, 10):
            return (
                (SE, shape == 0x84) if _is_date(number_of(d, 4, 2), number_of(d, 6, 2) % 60) else (-1, False)
            )
    elif count == 13:
        return _of_thirteen(d, shape)
    elif count == 15:
        if _is_nir(d) and shape in (15, 0x1222332, 0xD2):
            return FR, shape != 15
    elif count == 18 and shape == 18 and is_resident_id(d, d[17]):
        return CN, True
    return -1, False


@part
def _of_eleven(d: Digits, shape: int) -> tuple[int, bool]:
    alike = True
    for at in range(1, 11):
        alike &= d[at] == d[0]
    if alike:
        return -1, False
    if shape in (0x3332, 11) and _is_cpf(d):
        return BR, shape == 0x3332
    if shape in (0x22232, 11) and _is_belgian(d):
        return BE, shape == 0x22232
    if shape in (0x65, 11) and _is_fodselsnummer(d):
        return NO, True
    if shape == 11 and _is_tckn(d):
        return TR, True
    if shape == 11 and _is_pesel(d):
        return PL, False
    if shape in (0x2333, 11) and _is_steuer_id(d):
        return DE, False
    return -1, False


@part
def _of_thirteen(d: Digits, shape: int) -> tuple[int, bool]:
    if shape in (0x3442, 13) and _is_ahv(d):
        return CH, shape == 0x3442
    if shape in (0x67, 13) and _is_rrn(d):
        return KR, shape == 0x67
    if shape == 13 and _is_date(number_of(d, 2, 2), number_of(d, 4, 2)) and d[10] < 2 and luhn(d, 0, 13):
        return ZA, False
    if shape == 13 and _is_cnp(d):
        return RO, False
    return -1, False
