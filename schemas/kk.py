"""The family card number (nomor KK): region of issue, the date it was recorded, a serial.

The date is not a birth date, so women have no 40 added. A family gets a new number when it changes.
"""

from __future__ import annotations

import re

from schemas import digits, nik

_SIXTEEN = re.compile("[0-9]{16}")


def normalise(text: str) -> str:
    """The digits of a typed number; a text that is no number is given back trimmed."""
    return digits.read(text) or text.strip()


def is_kk(number: str) -> bool:
    """Sixteen digits: all that we insist on, since old cards do not all follow the pattern."""
    return _SIXTEEN.fullmatch(number) is not None


def is_usual(number: str) -> bool:
    """Whether a family card number follows the pattern; a warning is all that hangs on it."""
    return nik.is_nik(number) and int(number[6:8]) <= 31
