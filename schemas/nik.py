"""NIK, the national identity number: PP RR KK (where first registered), DDMMYY (day + 40 for women), serial.

It is for life: it does not follow a move, and is not given anew when a birth date is corrected. So a NIK may differ
from the card's date, and an old regency's prefix (Kutai before 1999) is as good as a new one: both are normal.
It has no check digit. Source: PP 37/2007 art. 37, PP 40/2019 art. 30.
"""

from __future__ import annotations

import re
from datetime import date

from schemas import digits

LENGTH = 16
MAX_KEPT = 40  # what is kept of a NIK that is odd with a reason given
_WOMAN = 40

# The 38 provinces of Kepmendagri 300.2.2-2138/2025; a NIK keeps the province where its bearer was first registered.
PROVINCES = frozenset(
    "11 12 13 14 15 16 17 18 19 21 31 32 33 34 35 36 51 52 53 61 62 63 64 65 "
    "71 72 73 74 75 76 81 82 91 92 93 94 95 96".split()
)
_SIXTEEN = re.compile("[0-9]{16}")
# Nearly every NIK there is; only who was born on a 29th of February has to be looked at more closely.
USUAL = re.compile(
    f"(?:{'|'.join(sorted(PROVINCES))})[0-9]{{4}}"
    "(?:(?!2902|6902)(?:[04][1-9]|[1256][0-9])(?:0[1-9]|1[0-2])|[37]0(?:0[13-9]|1[0-2])|[37]1(?:0[13578]|1[02]))"
    "[0-9]{2}(?!0000)[0-9]{4}"
)


def normalise(text: str) -> str:
    """The digits of a typed NIK, however many; a text that is no number is given back trimmed, so it can be kept."""
    return digits.read(text) or text.strip()


def fault(nik: str) -> str | None:
    """What is wrong with a normalised NIK, as a code of `schemas.problem.COMPLAINTS`, or None."""
    if not _SIXTEEN.fullmatch(nik):
        return f"nik-length:{len(nik)}" if nik.isascii() and nik.isdigit() else "nik-digits"
    if nik[:2] not in PROVINCES:
        return f"nik-province:{nik[:2]}"
    if not _is_day(nik[6:12]):
        return "nik-day"  # without the digits: a verdict may be logged, a birthday may not
    return "nik-serial" if nik[12:] == "0000" else None


def is_nik(nik: str) -> bool:
    """Whether a normalised text has the form of a NIK. Whether anyone bears it only Dukcapil knows."""
    return fault(nik) is None


def _is_day(ddmmyy: str) -> bool:
    """Real in 20YY, and so in 19YY: 1900 alone differs, and nobody born then registers."""
    day, month, year = int(ddmmyy[:2]), int(ddmmyy[2:4]), int(ddmmyy[4:])
    return _date(2000 + year, month, day - _WOMAN if day > _WOMAN else day) is not None


def sex(nik: str) -> str:
    """`male` or `female`, as a well-formed NIK says it."""
    return "female" if int(nik[6:8]) > _WOMAN else "male"


def birth_date(nik: str, today: date) -> date:
    """The date of birth that a well-formed NIK says: the latest such day that is not after `today`."""
    day, month, year = int(nik[6:8]) % _WOMAN, int(nik[8:10]), int(nik[10:12])
    century = today.year - today.year % 100
    years = (century + year, century + year - 100)
    return max(born for born in (_date(y, month, day) for y in years) if born is not None and born <= today)


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None  # the 29th of February 1900


def agrees_with(nik: str, born: str) -> bool:
    """Whether a well-formed NIK and a birth date `YYYY-MM-DD` say one day, of whatever century."""
    return (int(nik[6:8]) % _WOMAN, nik[8:10], nik[10:12]) == (int(born[8:]), born[5:7], born[2:4])


def mask(nik: str) -> str:
    """As lists show it: `640206******0001`. Anything that is no sixteen digits shows nothing of itself."""
    return f"{nik[:6]}******{nik[12:]}" if _SIXTEEN.fullmatch(nik) else "*" * LENGTH
