"""How people type numbers: with dots and dashes, in other scripts' digits, with the letter O for a zero."""

from __future__ import annotations

import unicodedata

_LETTERS = {"O": "0", "o": "0", "l": "1", "I": "1", "|": "1"}
_DASHES = "-‐‑‒–—−"
_INVISIBLE = "\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"
_DROPPED = frozenset("." + _DASHES + _INVISIBLE)


def read(text: str) -> str | None:
    """The ASCII digits that `text` stands for, without spaces, dots and dashes; None when it holds anything else.

    >>> read("6402 1152.0790-9OOl")
    '6402115207909001'
    """
    found = [_digit(sign) for sign in text if not (sign in _DROPPED or sign.isspace())]
    return None if None in found else "".join(found)  # type: ignore[arg-type]


def _digit(sign: str) -> str | None:
    """One ASCII digit, or None. Arabic-Indic and fullwidth digits come from keyboards set to another language."""
    if "0" <= sign <= "9":
        return sign
    if sign in _LETTERS:
        return _LETTERS[sign]
    value = unicodedata.decimal(sign, None)
    return None if value is None else str(value)
