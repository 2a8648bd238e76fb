"""Mobile phone numbers, typed in any usual Indonesian way, kept as E.164: +62, an 8, and 8 to 11 more digits.

A family often shares one phone, so a number names nobody.
"""

from __future__ import annotations

import re

from schemas import digits

_TYPED = re.compile(r"(?:\+|00)?620?(8[0-9]{8,11})|0?(8[0-9]{8,11})")
_SIGNS = str.maketrans("", "", "+＋()")  # "+62 (0) 812": many write the trunk zero as well
E164 = re.compile(r"\+628[0-9]{8,11}")


def normalise(text: str) -> str | None:
    """E.164 of a typed mobile number, or None when it is none.

    >>> normalise("0812-3456-789"), normalise("62 812 3456 789"), normalise("+62 (0) 812.3456.789")
    ('+628123456789', '+628123456789', '+628123456789')
    """
    plus = "+" if text.strip().startswith(("+", "＋")) else ""
    number = digits.read(text.translate(_SIGNS))
    found = _TYPED.fullmatch(plus + number) if number else None
    return f"+62{found[1] or found[2]}" if found else None
