"""Workers and payments for the tests of the programme, and dates short enough to read in a table."""

from dataclasses import replace
from datetime import date

from programme import months
from programme.coverage import Contribution, Worker

BOTH = frozenset({"JKK", "JKM"})
ALL = BOTH | {"JHT"}

WORKER = Worker(
    record="worker-1",
    village="64.02.11.2003",
    registered_on=date(2026, 1, 5),
    birth_date=date(1984, 3, 20),
    segment=None,
    programs=BOTH,
    funding="self",
    complete=True,
    verified_on=date(2026, 1, 20),
    ended_on=None,
    ended_why=None,
)


def on(text: str) -> date:
    return date.fromisoformat(text)


def worker(**known) -> Worker:
    """The worker above, but for what is `known` otherwise; dates may be given as text."""
    return replace(WORKER, **{key: _as_date(key, value) for key, value in known.items()})


DATES = {"registered_on", "birth_date", "verified_on", "ended_on", "here_since"}


def _as_date(field, value):
    return on(value) if field in DATES and isinstance(value, str) else value


def paid(*named: str, programs=BOTH, funding="self", confirmed=True, paid_on=None) -> Contribution:
    """One payment; a month may be a stretch, `2026-01..2026-03`. paid_on may be given as text."""
    named = tuple(month for one in named for month in _stretch(one))
    paid_on = on(paid_on) if isinstance(paid_on, str) else paid_on
    return Contribution("payment", "worker-1", named, frozenset(programs), funding, 16_800, confirmed, paid_on)


def _stretch(text: str):
    first, _, last = text.partition("..")
    return months.span(first, last or first)
