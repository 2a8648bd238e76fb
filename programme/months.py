"""Months as small whole numbers (year * 12 + month - 1), so that a run of months is plain arithmetic."""

from collections.abc import Sequence
from datetime import date
from functools import lru_cache

__all__ = ["first_day", "number", "numbers", "of_day", "span", "text"]


@lru_cache(maxsize=8192)
def number(month: str) -> int:
    """`2026-11` -> 24322. Raises ValueError for what is not a month."""
    year, _, rest = month.partition("-")
    if len(year) != 4 or len(rest) != 2 or not (year + rest).isdecimal() or not 1 <= int(rest) <= 12 or int(year) < 1:
        raise ValueError(f"not a month: {month!r}")
    return int(year) * 12 + int(rest) - 1


@lru_cache(maxsize=65536)
def numbers(months: tuple[str, ...]) -> tuple[int, ...]:
    """Many at once; remembered whole, because the same few lists of months are paid for again and again."""
    return tuple(number(month) for month in months)


@lru_cache(maxsize=8192)
def text(month: int) -> str:
    """24322 -> `2026-11`."""
    return f"{month // 12:04d}-{month % 12 + 1:02d}"


def of_day(day: date) -> int:
    return day.year * 12 + day.month - 1


def first_day(month: int) -> date:
    return date(month // 12, month % 12 + 1, 1)


def span(first: str, last: str) -> Sequence[str]:
    """All months from `first` to `last`, both included; none when `last` is earlier."""
    return [text(month) for month in range(number(first), number(last) + 1)]
