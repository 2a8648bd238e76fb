"""A village through the months: it registers, collects, verifies and confirms, on the days that a test names."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select

import server.clock
from schemas.change import from_ms, loads
from server.actions import cover
from server.actions.settle import settle
from server.db import transaction
from server.store import programme_tables
from server.store import tables as t
from tests.server.installation import VILLAGE, WORKER, Installation, Phone

ZONE = ZoneInfo("Asia/Makassar")
DRAWN = (t.cover, t.figure, programme_tables.held_payment, programme_tables.followup)


def at(day: str, hour: str = "12:00") -> int:
    """Milliseconds of an hour of a day in East Kalimantan."""
    return int(datetime.fromisoformat(f"{day}T{hour}").replace(tzinfo=ZONE).timestamp() * 1000)


class Days:
    """The server's clock, and all that happens in the village on the day that it shows."""

    def __init__(self, made: Installation) -> None:
        self.server, self.settings, self.now = made, made.settings, at("2026-01-01")
        self._phones: dict[str, Phone] = {}

    def day(self, day: str, hour: str = "12:00") -> Days:
        self.now = at(day, hour)
        return self

    def phone(self, village: str = VILLAGE) -> Phone:
        if village not in self._phones:
            self._phones[village] = self.server.enrolled(village)
        return self._phones[village]

    def write(self, kind: str, fields: dict[str, Any], record: str | None = None, village: str = VILLAGE) -> str:
        """One change by the village's phone; gives the record's id."""
        phone = self.phone(village)
        seen = self.seen(record) if record else {}
        change = phone.change(record, fields, kind=kind, village=village, at=from_ms(self.now), seen=seen)
        answer = phone.sync(change)
        assert answer["results"][0]["status"] == "merged", answer["results"]
        return str(change["record"])

    def seen(self, record: str) -> dict[str, int]:
        with self.server.reading() as connection:
            return loads(connection.scalar(select(t.record.c.seen).where(t.record.c.id == record)) or "{}")

    def register(self, village: str = VILLAGE, **fields: Any) -> str:
        return self.write("worker", WORKER | {"village": village} | fields, village=village)

    def pay(self, worker: str, *months: str, confirm: bool = True, village: str = VILLAGE, **fields: Any) -> str:
        """A contribution for these months; confirmed at once, unless it is not."""
        paid = {
            "worker": worker, "months": sorted(months), "programs": ["JKK", "JKM"], "amount": 16800, "funding": "self",
            "paid_on": "2026-01-01",
        } | fields  # fmt: skip
        record = self.write("contribution", paid, village=village)
        if confirm:
            self.desk(record, confirmed=True)
        return record

    def desk(self, record: str, **fields: Any) -> None:
        with self.server.app.app_context():
            settle(record, None, fields, None, self.now)

    def verify(self, worker: str) -> None:
        self.desk(worker, status="verified")

    def do(self, act: Callable[..., Any], *given: Any) -> Any:
        """An action of the server's, now."""
        with self.server.app.app_context():
            return act(*given)

    def refresh(self) -> int:
        return int(self.do(cover.refresh, self.settings, self.now))

    def total(self, within: str = VILLAGE, month: str | None = None) -> dict[str, Any]:
        """The region's figures as the API tells them on this day, after a refresh."""
        self.refresh()
        asked = {"within": within} | ({"month": month} if month else {})
        answer = self.server.person("viewer", "id").get("/api/v1/coverage", **asked)
        assert answer.status_code == 200, answer.get_data(as_text=True)
        return dict(answer.json["total"])

    def state(self, worker: str, village: str = VILLAGE) -> str | None:
        """As drawn for a village on this day."""
        self.refresh()
        return self.drawn(worker, village)[0]

    def drawn(self, worker: str, village: str = VILLAGE) -> tuple[str | None, str | None]:
        """State and letters of a worker as a village has them, without drawing anything."""
        of_him = (t.cover.c.record == worker, t.cover.c.village == village)
        query = select(t.cover.c.state, t.cover.c.letters).where(*of_him)
        with self.server.reading() as connection:
            row = connection.execute(query).first()
        return (row[0], row[1]) if row else (None, None)

    def tasks(self, worker: str, village: str = VILLAGE) -> str | None:
        """What is to be done about a worker, as a village has it: see `programme.coverage.tasks`."""
        query = select(t.cover.c.tasks).where(t.cover.c.record == worker, t.cover.c.village == village)
        with self.server.reading() as connection:
            return connection.scalar(query)

    def told(self, worker: str, village: str = VILLAGE) -> dict[str, Any] | None:
        """What the server works out of him, as a new phone of the village is told; None: it is not told of him."""
        phone = self.phone(village)
        answer = phone.post({"changes": [], "cursors": {}}).json
        record = next((one for one in answer["records"] if one["record"] == worker), None)
        return None if record is None or "gone" in record else record.get("derived", {})

    def everything(self) -> dict[str, list[Any]]:
        """All cover rows and figures, and what phones are told: what is drawn, and nothing of how it came about."""
        with self.server.reading() as connection:
            rows = {table.name: sorted(map(tuple, connection.execute(table.select())), key=repr) for table in DRAWN}
            told = select(t.record.c.id, t.record.c.derived).where(t.record.c.derived.is_not(None))
            return rows | {"told": sorted(map(tuple, connection.execute(told)))}

    def forget(self) -> None:
        """As if nothing had ever been drawn."""
        with self.server.app.app_context(), transaction() as connection:
            for table in (*DRAWN, t.touched):
                connection.execute(table.delete())
            connection.execute(t.stream.update().values(covered=0, covered_on=None))
            connection.execute(t.record.update().values(derived=None))


@contextmanager
def days_of(made: Installation) -> Iterator[Days]:
    """Days on that server: for as long as it lasts its clock shows what they say, wherever it is looked at."""
    days = Days(made)
    real = server.clock.now_ms
    looking = [module for module in list(sys.modules.values()) if getattr(module, "now_ms", None) is real]
    for module in looking:
        module.now_ms = lambda: days.now  # type: ignore[attr-defined]
    try:
        yield days
    finally:
        for module in looking:
            module.now_ms = real  # type: ignore[attr-defined]
