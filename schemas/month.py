"""Months, written `YYYY-MM`. Months are those of the village's time zone."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterator
from datetime import date

_MONTH = re.compile("(?!0000)[0-9]{4}-(?:0[1-9]|1[0-2])")


def is_month(text: object) -> bool:
    return type(text) is str and _MONTH.fullmatch(text) is not None


def of(day: date) -> str:
    """The month that a day lies in."""
    return f"{day.year:04d}-{day.month:02d}"


def plus(month: str, count: int) -> str:
    """`count` months later, or earlier when it is negative."""
    total = _number(month) + count
    return f"{total // 12:04d}-{total % 12 + 1:02d}"


def between(first: str, last: str) -> int:
    """How many months `last` lies after `first`: 0 for the same month."""
    return _number(last) - _number(first)


def span(first: str, last: str) -> Iterator[str]:
    """Every month from `first` to `last`, both included."""
    return (plus(first, count) for count in range(between(first, last) + 1))


def first_day(month: str) -> date:
    return date(int(month[:4]), int(month[5:]), 1)


def last_day(month: str) -> date:
    year, number = int(month[:4]), int(month[5:])
    return date(year, number, monthrange(year, number)[1])


def _number(month: str) -> int:
    return int(month[:4]) * 12 + int(month[5:]) - 1
