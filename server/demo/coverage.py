"""What the story leaves for whoever looks at coverage: the province's target, and people whom the gaps' checks find.

A mother whom the regency still pays for after her death, a man past the age limits, a labourer whose employer never
enrolled him, and somebody who is counted as covered though nobody has verified her.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from programme import months
from server.actions import targets
from server.actions.settle import settle
from server.demo.cast import Worker, contribution, workers
from server.demo.programme import Told
from server.demo.stage import days_ago

VILLAGE = "64.09.03.2004"
PROVINCE, WANTED = "64", 55.0
"""Percent; each regency has a number of workers of its own."""
AHEAD = 2  # months that were paid beyond this one


def tell(told: Told) -> None:
    """Four people through a phone, one target at a desk."""
    with told.app.app_context():
        said = {"rate": WANTED, "source": "RPJMD (rekaan)", "set_on": f"{told.today.year}-01-15"}
        targets.set_target(PROVINCE, told.today.year, None, said, told.accounts["staf"], told.now)
        _people(told)


def _people(told: Told) -> None:
    phone, today = told.phones[VILLAGE].phone, told.today
    mother, elder, labourer, unseen = (each.fields for each in _cast(today))
    began = days_ago(today, 120)
    mother |= {"funding": "apbd_regency", "registered_at": began.isoformat(), "sex": "female"}
    elder |= {"birth_date": f"{today.year - 71}-02-11", "registered_at": began.isoformat()}
    labourer |= {"segment": "wage_earner", "occupation": "other", "occupation_text": "buruh kebun sawit"}
    unseen |= {"funding": "self", "registered_at": began.isoformat()}
    written = [
        phone.writes(began, "worker", None, VILLAGE, {name: value for name, value in fields.items() if value is not None})
        for fields in (mother, elder, labourer, unseen)
    ]
    paid = [_pays(told, written[0], mother, began, AHEAD), _pays(told, written[3], unseen, began, 0)]
    phone.syncs()
    settle(written[0], None, {"status": "verified"}, None, told.now)
    for record in paid:
        settle(record, None, {"confirmed": True, "confirmed_on": today.isoformat()}, None, told.now)
    phone.syncs()
    phone.writes(days_ago(today, 12), "worker", written[0], VILLAGE, {"status": "deceased"})
    phone.syncs()


def _cast(today: date) -> list[Worker]:
    return list(workers(f"{VILLAGE}:coverage", 4, today))


def _pays(told: Told, worker: str, fields: dict[str, Any], day: date, ahead: int) -> str:
    """For all months since that day, and so many that are still to come."""
    back = months.of_day(told.today) - months.of_day(day)
    said = contribution(fields, list(range(-ahead, back + 1)), told.today)
    return told.phones[VILLAGE].phone.writes(day, "contribution", None, VILLAGE, {"worker": worker, **said})
