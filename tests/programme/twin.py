"""Coverage again, slow and obvious: one day after the other, as the definitions are spoken."""

from calendar import monthrange
from dataclasses import replace
from datetime import date, timedelta

PER_MONTH_DUE = 15
LIMIT = 3
WORST_FIRST = ["nothing", "inactive", "in_arrears", "active"]


def month_of(day: date) -> str:
    return f"{day:%Y-%m}"


def month_before(month: str) -> str:
    return month_of(date.fromisoformat(month + "-01") - timedelta(days=1))


def is_covered(month, program, contributions) -> bool:
    return any(c.confirmed and month in c.months and program in c.programs for c in contributions)


def unpaid_in_a_row(program, contributions, day: date) -> int | None:
    """None while nothing is covered up to the month of `day`."""
    now = month_of(day)
    covered = [m for c in contributions if c.confirmed and program in c.programs for m in c.months if m <= now]
    if not covered:
        return None
    if now in covered:
        return 0
    month = now if day.day > PER_MONTH_DUE else month_before(now)
    run = 0
    while not is_covered(month, program, contributions):
        run, month = run + 1, month_before(month)
    return run


def by_payments(program, contributions, day: date) -> str:
    run = unpaid_in_a_row(program, contributions, day)
    if run is None:
        return "nothing"
    return "active" if run == 0 else "in_arrears" if run < LIMIT else "inactive"


def overall_by_payments(contributions, day: date) -> str:
    return min((by_payments(p, contributions, day) for p in ("JKK", "JKM")), key=WORST_FIRST.index)


def birthday_in(worker, year: int) -> date:
    born = worker.birth_date
    try:
        return born.replace(year=year)
    except ValueError:
        return date(year, 3, 1)


def why_not(worker) -> str | None:
    if worker.segment not in (None, "bpu"):
        return "segment"
    if worker.birth_date:
        years = [y for y in range(worker.birth_date.year + 1, 2101) if birthday_in(worker, y) <= worker.registered_on]
        if not 15 <= len(years) < 65:
            return "age"
    return None if worker.complete and worker.birth_date else "incomplete"


def state(worker, contributions, day: date, of=overall_by_payments) -> str:
    if day < worker.registered_on or (worker.here_since and day < worker.here_since):
        return "not_yet"
    if worker.ended_on and day >= worker.ended_on:
        return "ended"
    told = of(contributions, day)
    if told != "nothing":
        return told
    if worker.verified_on is None or day < worker.verified_on:
        return "proposed"
    return "verified" if why_not(worker) else "awaiting_payment"


def since(worker, contributions, day: date) -> date | None:
    now = state(worker, contributions, day)
    if now == "not_yet":
        return None
    # His state goes with him from village to village, only the end does not.
    everywhere = worker if now == "ended" else replace(worker, here_since=None)
    first = day
    while first > worker.registered_on and state(everywhere, contributions, first - timedelta(days=1)) == now:
        first -= timedelta(days=1)
    return first


def active_days(contributions, day: date) -> list[date]:
    """All days up to `day` on which the payments made him active, whoever had registered him by then."""
    named = [m for c in contributions for m in c.months]
    if not named:
        return []
    first = date.fromisoformat(min(named) + "-01")
    days = (first + timedelta(days=n) for n in range((day - first).days + 1))
    return [one for one in days if overall_by_payments(contributions, one) == "active"]


def letters(worker, contributions, first: str, day: date) -> str:
    told, month = [], first
    while month <= month_of(day):
        told.append(letter(worker, contributions, min(day, last_day(month))))
        month = month_of(last_day(month) + timedelta(days=1))
    return "".join(told)


def last_day(month: str) -> date:
    year, number = map(int, month.split("-"))
    return date(year, number, monthrange(year, number)[1])


def letter(worker, contributions, day: date) -> str:
    now, month, reason = state(worker, contributions, day), month_of(day), why_not(worker)
    if now == "not_yet" or (now == "ended" and reason):
        return "-"
    if now == "ended":
        return "e"
    if reason:
        return {"incomplete": "?", "segment": "s", "age": "g"}[reason]
    fully = all(is_covered(month, p, contributions) for p in ("JKK", "JKM"))
    if now == "active" and fully:
        return "a"
    mark = {"active": "b", "in_arrears": "r", "inactive": "i", "awaiting_payment": "w", "proposed": "p"}[now]
    waits = any(not c.confirmed and month in c.months and c.programs & {"JKK", "JKM"} for c in contributions)
    return mark.upper() if waits else mark


def digits(worker, contributions, first: str, day: date) -> str:
    told, month = [], first
    while month <= month_of(day):
        told.append(str(digit(worker, contributions, min(day, last_day(month)))))
        month = month_of(last_day(month) + timedelta(days=1))
    return "".join(told)


def digit(worker, contributions, day: date) -> int:
    if state(worker, contributions, day) in ("not_yet", "ended"):
        return 0
    worth = {"JKK": 1, "JKM": 2, "JHT": 4}
    return sum(n for program, n in worth.items() if by_payments(program, contributions, day) == "active")


CARD_DAYS = 7
LATELY = 45


def tasks(worker, contributions, day: date, has_number: bool, has_card: bool) -> str | None:
    if state(worker, contributions, day) != "active":
        return None
    told = ""
    paid_for_long = any(c.confirmed and c.paid_on and (day - c.paid_on).days > CARD_DAYS for c in contributions)
    if (has_number or paid_for_long) and not has_card:
        told += "k"
    active = active_days(contributions, day)
    began = day
    while began - timedelta(days=1) in active:
        began -= timedelta(days=1)
    if active[0] < began and (day - began).days < LATELY:
        told += "a"
    return told or None
