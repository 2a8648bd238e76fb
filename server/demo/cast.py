"""The demo's people: workers, what they earn and how far they have paid. Nobody ever had these NIKs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from random import Random
from typing import Any, NamedTuple

from programme import months
from programme.contribution import due
from programme.rules import load
from schemas.occupations import sector_of
from sync.device import people

SEED = 2026


class Fate(NamedTuple):
    """How a worker's cover goes. Months count back from this one.

    paid: the months that he paid; confirmed: those of them that the branch's list confirms.
    """

    paid: tuple[int, ...]
    confirmed: tuple[int, ...]
    verified: bool = True
    registered: int = 6


FATES = {
    "active": Fate((2, 1, 0), (2, 1, 0)),
    "active since long": Fate((5, 4, 3, 2, 1, 0), (5, 4, 3, 2, 1, 0)),
    "in arrears": Fate((3, 2), (3, 2)),
    "inactive": Fate((6, 5), (6, 5)),
    "paid, not confirmed": Fate((0,), (), registered=1),
    "awaiting payment": Fate((), (), registered=2),
    "proposed": Fate((), (), verified=False, registered=0),
}
SHARES = {
    "active": 4, "active since long": 2, "in arrears": 2, "inactive": 1, "paid, not confirmed": 2,
    "awaiting payment": 1, "proposed": 2,
}  # fmt: skip


class Worker(NamedTuple):
    """registered: the day. fields: as an officer's form gives them."""

    registered: date
    fields: dict[str, Any]
    fate: Fate


def workers(village: str, count: int, today: date) -> Iterator[Worker]:
    """The people of a village, the same at each telling but for the days."""
    rng = Random(f"{SEED}:{village}")
    fates = rng.choices(list(SHARES), list(SHARES.values()), k=count)
    for name in fates:
        fate = FATES[name]
        month = months.first_day(months.of_day(today) - fate.registered)
        registered = min(today, month.replace(day=rng.randint(1, 14)))
        yield Worker(registered, people.worker(rng, village, registered), fate)


def payments(worker: Worker, today: date) -> Iterator[tuple[dict[str, Any], bool]]:
    """A contribution's fields for each run of months that he paid at once, and whether it is confirmed."""
    for confirmed in (True, False):
        run = [month for month in worker.fate.paid if (month in worker.fate.confirmed) == confirmed]
        if run:
            yield contribution(worker.fields, run, today), confirmed


def contribution(fields: dict[str, Any], ago: list[int], today: date) -> dict[str, Any]:
    """What is due by the rules for these months, paid in the first of them; `worker` is for the caller to fill in."""
    named = [months.text(months.of_day(today) - month) for month in sorted(ago, reverse=True)]
    sector, funding = sector_of(fields["occupation"]), fields["funding"]
    owed = [due(fields["monthly_income"], sector, fields["programs"], funding, month, load()).total for month in named]
    return {
        "months": named, "programs": fields["programs"], "amount": sum(owed), "funding": funding,
        "paid_on": min(today, months.first_day(months.number(named[0])).replace(day=12)).isoformat(),
    }  # fmt: skip
