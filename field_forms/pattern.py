"""Regular expressions that a phone, this server and other apps read alike.

Python, JavaScript and Java agree on less than it looks. So a pattern is rewritten when its form is published: `\\d`, `\\s`,
`\\w` and `.` become the ASCII classes that they stand for, escapes those that the strictest of the three takes (JavaScript
with its `u` flag), and what they read differently is refused.
"""

from __future__ import annotations

import re
from functools import lru_cache

_CLASSES = {"d": "0-9", "s": r" \t\n\r\f\v", "w": "A-Za-z0-9_"}
_CONTROLS = frozenset("tnrfv")
_SYNTAX = frozenset(r"^$\.*+?()[]{}|/")
_GROUPS = ("?:", "?=", "?!")
_TIMES = re.compile(r"\{[0-9]{1,4}(?:,[0-9]{0,4})?\}")


class BadPattern(ValueError):
    """The text holds the part that can't be read alike everywhere."""


def portable(pattern: str) -> str:
    """The same pattern as all clients read it. Raises BadPattern.

    >>> portable(r"\\d{16}")
    '[0-9]{16}'
    """
    if len(pattern) > 1000:
        raise BadPattern(pattern[:40])
    written, at = [""], 0
    while at < len(pattern):
        piece, at = _piece(pattern, at)
        if piece == "+" and (written[-1] in ("*", "+", "?") or _TIMES.match(written[-1])):
            raise BadPattern(written[-1] + piece)  # Java would take all and give nothing back
        written.append(piece)
    text = "".join(written)
    _compiled(text)
    return text


def matches(pattern: str, text: str) -> bool:
    """Whether the whole of `text` is as a portable pattern says."""
    return _compiled(pattern).fullmatch(text) is not None


@lru_cache(maxsize=1000)
def _compiled(pattern: str) -> re.Pattern[str]:
    try:
        return re.compile(pattern, re.ASCII)
    except (re.error, OverflowError, RecursionError):
        raise BadPattern(pattern[:40]) from None


def _piece(pattern: str, at: int) -> tuple[str, int]:
    """The next piece outside a class, rewritten, and where the one after it begins."""
    sign = pattern[at]
    if sign == "\\":
        return _escape(pattern, at, in_class=False)
    if sign == "[":
        return _class(pattern, at)
    if sign == ".":
        return r"[^\n\r]", at + 1
    if sign == "(" and pattern[at + 1 : at + 2] == "?":
        if pattern[at + 1 : at + 3] not in _GROUPS:
            raise BadPattern(pattern[at : at + 3])
        return pattern[at : at + 3], at + 3
    if sign == "{":
        times = _TIMES.match(pattern, at)
        if not times:
            raise BadPattern(pattern[at : at + 10])
        return times.group(), times.end()
    if sign in "}]":
        return "\\" + sign, at + 1
    return sign, at + 1


def _class(pattern: str, at: int) -> tuple[str, int]:
    start, at = at, at + 1
    written = "["
    if pattern[at : at + 1] == "^":
        written, at = "[^", at + 1
    first = at
    while at < len(pattern):
        sign = pattern[at]
        if sign == "]" and at > first:
            return written + "]", at + 1
        if sign == "\\":
            piece, at = _escape(pattern, at, in_class=True)
        elif sign in "[]" or pattern[at : at + 2] in ("&&", "--", "||", "~~"):
            raise BadPattern(pattern[at : at + 2])
        else:
            piece, at = sign, at + 1
        written += piece
    raise BadPattern(pattern[start : start + 20])


def _escape(pattern: str, at: int, *, in_class: bool) -> tuple[str, int]:
    sign = pattern[at + 1 : at + 2]
    if sign in _CLASSES and sign:
        return _CLASSES[sign] if in_class else f"[{_CLASSES[sign]}]", at + 2
    if sign.lower() in _CLASSES and sign and not in_class:
        return f"[^{_CLASSES[sign.lower()]}]", at + 2
    if sign in _SYNTAX or sign in _CONTROLS or (sign == "b" and not in_class) or (sign == "-" and in_class):
        return "\\" + sign, at + 2
    if sign and not (sign.isalnum() and sign.isascii()):
        return sign, at + 2  # an escape that need not be one
    raise BadPattern(pattern[at : at + 2])
