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
from server.demo.places import FAIR, GOOD, POOR
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


def _all(*paid: int, registered: int = 6) -> Fate:
    return Fate(paid, paid, registered=registered)


YEAR = tuple(range(13, -1, -1))
FATES = {
    "active": _all(2, 1, 0),
    "active since long": _all(5, 4, 3, 2, 1, 0),
    "active a year": _all(*YEAR, registered=14),
    "came back": _all(11, 10, 9, 8, 1, 0, registered=12),
    "a month behind": _all(5, 4, 3, 2, 1),
    "in arrears": _all(3, 2),
    "inactive": _all(6, 5),
    "gave up": _all(12, 11, 10, 9, registered=13),
    "paid, not confirmed": Fate((0,), (), registered=1),
    "awaiting payment": Fate((), (), registered=2),
    "proposed": Fate((), (), verified=False, registered=0),
}
SHARES = {
    GOOD: {
        "active a year": 7, "active since long": 4, "active": 3, "came back": 1, "a month behind": 1, "in arrears": 1,
        "paid, not confirmed": 1, "awaiting payment": 1, "proposed": 1,
    },
    FAIR: {
        "active a year": 2, "active since long": 2, "active": 4, "came back": 1, "a month behind": 1, "in arrears": 2,
        "inactive": 1, "gave up": 1, "paid, not confirmed": 2, "awaiting payment": 1, "proposed": 2,
    },
    POOR: {
        "active a year": 1, "active": 1, "in arrears": 2, "inactive": 2, "gave up": 3, "paid, not confirmed": 1,
        "awaiting payment": 2, "proposed": 3,
    },
}  # fmt: skip
AT_ONCE = 6
"""Months that are paid together at most."""
PAY_BY_THEMSELVES = 0.7
POOREST, BETTER_OFF = (1, 2, 2, 3, 4), (3, 4, 5, 6, 7)


class Worker(NamedTuple):
    """registered: the day. fields: as an officer's form gives them."""

    registered: date
    fields: dict[str, Any]
    fate: Fate


def workers(village: str, count: int, today: date, care: str = FAIR) -> Iterator[Worker]:
    """The people of a village, the same at each telling but for the days."""
    rng = Random(f"{SEED}:{village}")
    shares = SHARES[care]
    for name in rng.choices(list(shares), list(shares.values()), k=count):
        fate = FATES[name]
        registered = _a_day(rng, fate, today)
        fields = people.worker(rng, village, registered)
        if rng.random() < PAY_BY_THEMSELVES:
            fields["funding"] = "self"
        decile = rng.choice(POOREST if fields["vulnerable"] else BETTER_OFF)
        yield Worker(registered, fields | {"dtsen_decile": decile, "dtsen_at": registered.isoformat()}, fate)


def staff(village: str, count: int, today: date) -> Iterator[Worker]:
    """Those of the village office, whom the village budget pays for, and a labourer who gets wages."""
    rng = Random(f"{SEED}:{village}:staff")
    for number in range(count):
        fate = FATES["active a year" if number % 3 else "awaiting payment"]
        registered = _a_day(rng, fate, today)
        fields = people.worker(rng, village, registered) | {"programs": ["JKK", "JKM"], "vulnerable": False}
        is_labourer = number == count - 1
        yield Worker(registered, fields | {
            "segment": "wage_earner" if is_labourer else "apparatus", "funding": "other" if is_labourer else "apbdes",
            "occupation": "other", "occupation_text": "buruh kebun" if is_labourer else "perangkat desa",
        }, fate)  # fmt: skip


def _a_day(rng: Random, fate: Fate, today: date) -> date:
    month = months.first_day(months.of_day(today) - fate.registered)
    return min(today, month.replace(day=rng.randint(1, 14)))


def payments(worker: Worker, today: date) -> Iterator[tuple[dict[str, Any], bool]]:
    """A contribution's fields for each run of months that he paid at once, and whether it is confirmed."""
    for confirmed in (True, False):
        paid = sorted((month for month in worker.fate.paid if (month in worker.fate.confirmed) == confirmed), reverse=True)
        for run in _runs(paid):
            yield contribution(worker.fields, run, today), confirmed


def _runs(paid: list[int]) -> Iterator[list[int]]:
    """Months one after the other, some at once."""
    run: list[int] = []
    for month in paid:
        if run and (run[-1] - 1 != month or len(run) == AT_ONCE):
            yield run
            run = []
        run.append(month)
    if run:
        yield run


def contribution(fields: dict[str, Any], ago: list[int], today: date) -> dict[str, Any]:
    """What is due by the rules for these months, paid in the first of them; `worker` is for the caller to fill in."""
    named = [months.text(months.of_day(today) - month) for month in sorted(ago, reverse=True)]
    sector, funding = sector_of(fields["occupation"]), fields["funding"]
    owed = [due(fields["monthly_income"], sector, fields["programs"], funding, month, load()).total for month in named]
    return {
        "months": named, "programs": fields["programs"], "amount": sum(owed), "funding": funding,
        "paid_on": min(today, months.first_day(months.number(named[0])).replace(day=12)).isoformat(),
    }  # fmt: skip
