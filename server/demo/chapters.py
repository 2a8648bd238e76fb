"""What the story leaves on the programme's desks: each part tells its own, in an order in which one rests on another."""

from __future__ import annotations

from datetime import date, timedelta

from programme import months
from server.actions import cover
from server.demo import awards, budget, claims, coverage, duties, evaluation, membership
from server.demo.programme import Told

PARTS = (claims, membership, coverage, evaluation, awards, budget, duties)
KEPT_MONTHS = 3
DAY_MS = 24 * 60 * 60 * 1000


def tell_programme(told: Told) -> None:
    """Tell all parts: first what people did, then what was frozen of it, then what rests on that."""
    for day in _month_ends(told.today):
        cover.month_end(told.settings, told.now - (told.today - day).days * DAY_MS)
    for part in PARTS:
        part.tell(told)
        cover.refresh(told.settings, told.now)


def _month_ends(today: date) -> list[date]:
    """The last days of the three months before this one: days whose figures were kept."""
    first = months.of_day(today)
    return [months.first_day(month) - timedelta(days=1) for month in range(first - KEPT_MONTHS + 1, first + 1)]
