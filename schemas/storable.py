"""What can be kept at all: text and numbers that every store and every JSON reader takes and gives back unchanged."""

from __future__ import annotations

import unicodedata
from typing import Any

MAX_NUMBER = 2**63
MAX_DEPTH = 64  # no message is nested deeper, so nothing good is lost here
MAX_NAME = 100  # characters of a field's name


def is_clean(text: str) -> bool:
    """No NUL (PostgreSQL takes none) and no lone surrogate (UTF-8 has none)."""
    if "\0" in text:
        return False
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def neat(text: str) -> str:
    """Composed (NFC) and without space at its ends: the same word typed on two phones is the same text."""
    return unicodedata.normalize("NFC", text).strip()


def is_neat(text: str) -> bool:
    """Clean, and already as `neat` leaves it."""
    return is_clean(text) and neat(text) == text


def fault_of_name(name: object) -> str | None:
    """Why a field can't have this name, as a code of `schemas.problem.COMPLAINTS`; None when it can."""
    return None if type(name) is str and len(name) <= MAX_NAME and is_clean(name) else "bad-field-name"


def fault(value: Any) -> str | None:
    """Why a JSON value can't be kept, as a code of `schemas.problem.COMPLAINTS`; None when it can.

    Walks without recursion: a hostile phone may nest as it likes.
    """
    kind = type(value)
    return _fault_inside(value) if kind is dict or kind is list else _fault_of_scalar(value, kind)


def _fault_inside(value: Any) -> str | None:
    waiting = [(value, 1)]
    while waiting:
        found, depth = waiting.pop()
        kind = type(found)
        if kind is dict or kind is list:
            if depth > MAX_DEPTH:
                return "nested-too-deep"
            waiting.extend((inner, depth + 1) for inner in found)  # of a dict: its keys
            if kind is dict:
                waiting.extend((inner, depth + 1) for inner in found.values())
        elif code := _fault_of_scalar(found, kind):
            return code
    return None


def _fault_of_scalar(value: Any, kind: type) -> str | None:
    if kind is str:
        return None if is_clean(value) else "text-unclean"
    if kind is int or kind is float:
        # Also false for NaN, which is no number that could be compared.
        return None if -MAX_NUMBER <= value < MAX_NUMBER else "number-too-big"
    return None if value is None or kind is bool else "not-json"
