"""Frozen figures: kept day by day with the rules of that day, sealed, and told again by these rules years later."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from datetime import date
from typing import Any
from weakref import WeakKeyDictionary

from programme import months
from programme.rules import LANGUAGES, Rules, load, restored
from schemas.change import dumps, loads
from server.actions import figures as told
from server.clock import day_in, now_ms
from server.config import Settings
from server.db import Connection, engine, reading, snapshot, transaction
from server.store import figures
from server.store import snapshots as store
from server.store.figures import Sums
from server.store.snapshots import Day


class NotFrozen(LookupError):
    """No figures of that month were frozen on that day."""


class SealBroken(Exception):
    """Frozen figures are not what was frozen. days: which. plain: what the job's page shows."""

    def __init__(self, days: Collection[str]) -> None:
        super().__init__(", ".join(days))
        self.days = list(days)

    @property
    def plain(self) -> str:
        return f"{type(self).__name__}: {', '.join(self.days)}"


# Freezing -------------------------------------------------------------------------------------------------------------


def freeze(settings: Settings, now: int) -> int:
    """Freeze the figures as they are known today; gives the rows kept, 0 when today's are kept already.

    Of this month, and of every earlier one that is not closed yet: see `to_close`.
    """
    day = day_in(now, settings.timezone)
    with transaction() as connection:
        known = store.closed(connection)
        this, last = months.of_day(day), months.of_day(day) - 1
        asked = {this, *to_close(known, day)} | ({last} if last not in known else set())
        return store.freeze(connection, day.isoformat(), asked, written_rules(load()), now)


def close_months(settings: Settings, now: int) -> int:
    """Note whose closing figures today's frozen ones are; gives how many months. A closed month is never closed again."""
    day = day_in(now, settings.timezone)
    with transaction() as connection:
        waiting = to_close(store.closed(connection), day)
        kept = store.one(connection, day.isoformat())
        if kept is None or kept.seal is None:
            return 0
        frozen = set(store.months(connection, kept.day))
        ready = [month for month in waiting if month in frozen]  # a new installation has no figures of months before it
        store.close(connection, ready, kept.day, now)
        return len(ready)


def to_close(known: Collection[int], day: date) -> list[int]:
    """Months whose time for late payments is over, and that are not closed: all since the last that was, in their order.

    known: the closed ones; without any the latest alone. The time ends with the due day, and with the day of the rule
    `last_month_until`, whichever is later.
    """
    rules, month = load(), months.of_day(day)
    due_day = rules.on("due_day", months.first_day(month)).value
    is_over = day.day > max(rules.on("last_month_until", day).value, due_day)
    last = month - 1 if is_over else month - 2
    return list(range(max(known) + 1 if known else last, last + 1))


def written_rules(rules: Rules) -> str:
    """The rules as they are kept: JSON, in both languages."""
    return dumps({lang: rules.describe(lang) for lang in LANGUAGES})


# Reading --------------------------------------------------------------------------------------------------------------


def days() -> list[Day]:
    """All frozen days, the newest first."""
    with reading() as connection:
        return store.days(connection)


def months_of(day: str) -> list[str]:
    """The months (`YYYY-MM`) of which a day's figures were frozen."""
    with reading() as connection:
        return [months.text(month) for month in store.months(connection, day)]


def closed_months() -> dict[str, str]:
    """Month (`YYYY-MM`) -> the frozen day that tells its closing figures."""
    with reading() as connection:
        return {months.text(month): day for month, day in store.closed(connection).items()}


def figures_of(within: str, day: str, month: str | None = None) -> dict[str, Any]:
    """A region's figures as they were frozen on a day, told by the rules of that day: as `figures.figures_of` tells them.

    month: `YYYY-MM`; None: the latest that was frozen. Besides: `day`, `taken_at` (ms), `is_whole` (whether the seal
    fits; None of days from before there were seals), `rules` (`hash`, and the values by which these figures are told).
    What was not counted then is None: `programs`, `apart`. A denominator has its source where the number that was frozen
    is still the one that was entered. Raises NotFrozen.
    """
    with snapshot() as connection:
        kept = store.one(connection, day)
        frozen = store.months(connection, day)
        number = months.number(month) if month else max(frozen, default=None)
        if kept is None or number is None or number not in frozen:
            raise NotFrozen(day, month)
        known = figures.below(connection, within, number, day)
        rules, on = _rules_of(connection, kept), date.fromisoformat(day)
        entered = {
            code: fields for code, fields in told.denominators(connection, known).items()
            if fields.get("workers") == known[code].eligible
        }  # fmt: skip
        return {
            "month": months.text(number),
            "as_of": day,
            "day": day,
            "taken_at": kept.taken_at,
            "complete": number < months.of_day(on),
            "is_whole": _is_shown_whole(connection, kept, (within, number), known),
            "rules": {
                "hash": kept.rules,
                "small_below": rules.on("small_below", on).value,
                "counted_segments": list(rules.on("counted_segments", on).value),
            },
        } | told.region_told(connection, within, known, entered, rules, on)


def rules_of(day: str) -> Rules:
    """The rules as they stood on a frozen day; of days from before rules were kept, today's. Raises NotFrozen."""
    with reading() as connection:
        kept = store.one(connection, day)
        if kept is None:
            raise NotFrozen(day)
        return _rules_of(connection, kept)


def _rules_of(connection: Connection, kept: Day) -> Rules:
    body = store.rules(connection, kept.rules) if kept.rules else None
    return restored(loads(body)) if body else load()


def is_whole(connection: Connection, kept: Day) -> bool | None:
    """Whether a day's rows and rules are those that were sealed; None where there was no seal yet."""
    if kept.seal is None or kept.rules is None:
        return None
    return _are_rules_whole(connection, kept.rules) and store.sealed(connection, kept.day, kept.rules) == (
        kept.rows, kept.seal,
    )  # fmt: skip


def _are_rules_whole(connection: Connection, digest: str | None) -> bool:
    body = store.rules(connection, digest) if digest else None
    return body is not None and hashlib.sha256(body.encode()).hexdigest() == digest


REMEMBERED_MS, MOST_REMEMBERED = 10 * 60 * 1000, 2_000


class _Seen:
    """What this process has found whole of one database. days: until when a day's seal needs no other look (ms). shown:
    the figures of a region in a month, as they were when they were shown last.
    """

    def __init__(self) -> None:
        self.days: dict[Day, int] = {}
        self.shown: dict[tuple[Day, str, int], dict[str, Sums]] = {}


_SEEN: WeakKeyDictionary[Any, _Seen] = WeakKeyDictionary()


def _is_shown_whole(connection: Connection, kept: Day, of: tuple[str, int], known: dict[str, Sums]) -> bool | None:
    """As `is_whole`, for a page: a day that was found whole some minutes ago is not read through again, which takes seconds
    for the nation, unless what is shown of a region and month is not what was shown before.
    """
    seen, now = _SEEN.setdefault(engine(), _Seen()), now_ms()
    about = (kept, *of)
    is_known = seen.days.get(kept, 0) > now and seen.shown.get(about, known) == known
    if is_known and _are_rules_whole(connection, kept.rules):
        seen.shown[about] = known
        return True
    found = is_whole(connection, kept)
    if len(seen.shown) >= MOST_REMEMBERED:
        seen.shown.clear()
    if found:
        seen.days[kept], seen.shown[about] = now + REMEMBERED_MS, known
    else:
        seen.days.pop(kept, None)
    return found


def check(settings: Settings, now: int) -> int:
    """Look at every seal; gives how many there are. Raises SealBroken, with the days whose figures are not whole."""
    with snapshot() as connection:
        sealed = [kept for kept in store.days(connection) if kept.seal is not None]
        broken = [kept.day for kept in sealed if not is_whole(connection, kept)]
        known = {kept.day for kept in sealed}
        lost = [day for day in store.closed(connection).values() if day not in known]
    if broken or lost:
        raise SealBroken(sorted({*broken, *lost}))
    return len(sealed)
