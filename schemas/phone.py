"""Phone numbers, typed in any usual Indonesian way, kept as E.164.

A mobile has +62, an 8, and 8 to 11 more digits; the office's landline an area code instead; across the border they
have other countries' numbers, which are known by their plus. A family often shares one phone, so a number names nobody.
"""

from __future__ import annotations

import re

from schemas import digits

_MOBILE, _LANDLINE = "8[0-9]{8,11}", "[2-79][0-9]{7,10}"
_TYPED = re.compile(f"(?:[+]|00)?620?({_MOBILE}|{_LANDLINE})|0?({_MOBILE})|0({_LANDLINE})")
_ABROAD = re.compile(r"(?:[+]|00)((?!62)[1-9][0-9]{7,14})")
_SIGNS = str.maketrans("", "", "+＋()")  # "+62 (0) 812": many write the trunk zero as well
E164 = re.compile(f"[+](?:62(?:{_MOBILE}|{_LANDLINE})|(?!62)[1-9][0-9]{{7,14}})")


def normalise(text: str) -> str | None:
    """E.164 of a typed number, or None when it is none.

    >>> normalise("0812-3456-789"), normalise("62 812 3456 789"), normalise("+62 (0) 812.3456.789")
    ('+628123456789', '+628123456789', '+628123456789')
    >>> normalise("(0541) 123456"), normalise("+60 12-345 6789")
    ('+62541123456', '+60123456789')
    """
    plus = "+" if text.strip().startswith(("+", "＋")) else ""
    number = digits.read(text.translate(_SIGNS))
    if not number:
        return None
    if abroad := _ABROAD.fullmatch(plus + number):
        return "+" + abroad[1]
    found = _TYPED.fullmatch(plus + number)
    return f"+62{found[1] or found[2] or found[3]}" if found else None
