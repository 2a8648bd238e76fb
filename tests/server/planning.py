"""Two staff of a regency who plan its budget, and the people whom it may protect."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import count
from typing import Any

from sqlalchemy import select

from schemas.change import from_ms, loads
from server.actions import budgets, cover, decrees, entries, funded, people_index, rankings, settle
from server.actions.entries import Entry
from server.auth import Scope
from server.clock import day_at, now_ms
from server.store import tables as t
from server.store.accounts import Account
from tests.server.installation import DAY_MS, NEIGHBOUR, VILLAGE, WORKER, Installation, Phone

REGENCY = "64.02"
_serials = count(9001)


class Office:
    """dewi and bayu plan and approve; each new thing has a key of its own. Use it inside the application's context."""

    def __init__(self, server: Installation, region: str = REGENCY) -> None:
        self.server, self.region, self.scope = server, region, Scope(region)
        self.dewi, self.bayu = self.staff(), self.staff()
        self.phones: dict[str, Phone] = {}

    def staff(self, region: str | None = None, role: str = "staff") -> Account:
        person = self.server.person(role, region or self.region)
        return Account(person.id, f"{role} {person.id}", "-", role, region or self.region)

    # People -----------------------------------------------------------------------------------------------------------

    def phone(self, village: str) -> Phone:
        if village not in self.phones:
            self.phones[village] = self.server.enrolled(village, NEIGHBOUR if village == VILLAGE else VILLAGE)
        return self.phones[village]

    def worker(self, village: str = VILLAGE, verified: bool = True, **fields: Any) -> str:
        """Somebody new, registered on a phone and verified at the desk."""
        serial = next(_serials)
        number = f"640211{52 if serial % 2 else 12}0790{serial:04d}"
        said = WORKER | {"nik": number, "full_name": f"Uji {serial}", "sex": "female" if serial % 2 else "male",
                         "registered_at": "2026-10-01"} | fields  # fmt: skip
        record = self.write(village, "worker", said)
        if verified:
            settle.settle(record, None, {"status": "verified"}, None, now_ms())
        return record

    def write(self, village: str, kind: str, fields: Mapping[str, Any], record: str | None = None) -> str:
        phone = self.phone(village)
        change = phone.change(record, fields, kind=kind, village=village, at=from_ms(now_ms() - DAY_MS))
        if record:
            change["seen"] = self.seen(record)
        answer = phone.sync(change)
        assert answer["results"][0]["status"] == "merged", answer["results"]
        return str(change["record"])

    def seen(self, record: str) -> dict[str, int]:
        return dict(self.row(record)["seen"])

    def row(self, record: str) -> dict[str, Any]:
        with self.server.reading() as connection:
            row = connection.execute(
                select(t.record.c.fields, t.record.c.seen, t.record.c.home).where(t.record.c.id == record)
            ).one()
        return loads(row[0]) | {"seen": loads(row[1]), "home": row[2]}

    def pays(
        self, worker: str, over: list[str], funding: str = "apbd_regency", village: str = VILLAGE, confirmed: bool = True,
        **more: Any,
    ) -> str:  # fmt: skip
        paid = {"worker": worker, "months": over, "programs": ["JKK", "JKM"], "amount": 16_800 * len(over),
                "funding": funding, "paid_on": "2026-11-02"} | more  # fmt: skip
        record = self.write(village, "contribution", paid)
        if confirmed:
            settle.settle(record, None, {"confirmed": True, "confirmed_on": "2026-11-03"}, None, now_ms())
        return record

    def follows(self) -> None:
        """All that the schedule does for these desks."""
        for job in (cover.refresh, people_index.follow, decrees.work, people_index.follow, funded.follow):
            job(self.server.settings, now_ms())

    # Plans ------------------------------------------------------------------------------------------------------------

    def scenario(self, year: int = 2026, **said: Any) -> str:
        fields = {"title": "Uji", "year": year, **said}
        return budgets.begin_scenario(self.region, entries.new_key(), fields, self.dewi, now_ms())

    def line(self, scenario: str, **said: Any) -> str:
        fields = {"title": "Nelayan", "funding": "apbd_regency", "first_month": "2026-11", "last_month": "2026-12",
                  "people": 10, "programs": ["JKK", "JKM"]} | said  # fmt: skip
        return budgets.begin_line(self.entry(scenario), entries.new_key(), fields, self.dewi, now_ms())

    def adopted(self, scenario: str) -> str:
        budgets.propose(scenario, self.seen(scenario), self.dewi, now_ms())
        budgets.adopt(scenario, self.seen(scenario), self.lines_mark(scenario), self.bayu, now_ms())
        return scenario

    def lines_mark(self, scenario: str) -> str:
        return budgets.lines_mark(budgets.scenario_told(self.scope, scenario).lines)

    def entry(self, record: str) -> Entry:
        return entries.one(self.scope, record.partition(":")[0], record)

    def state(self, record: str) -> str:
        return str(self.entry(record).fields["state"])

    def decree(self, line: str | None = None, **said: Any) -> str:
        fields = {"title": "Penerima iuran", "funding": "apbd_regency", "first_month": "2026-11", "last_month": "2026-12",
                  "programs": ["JKK", "JKM"], "budget": line} | said  # fmt: skip
        fields = {name: value for name, value in fields.items() if value is not None}
        return decrees.begin_decree(self.region, entries.new_key(), fields, self.dewi, now_ms())

    def filled(self, decree: str, most: int) -> None:
        decrees.fill(self.scope, decree, most, rankings.DEFAULT, self.dewi, now_ms())
        self.follows()

    def signed(self, decree: str) -> None:
        decrees.propose(decree, self.seen(decree), self.dewi, now_ms())
        self.signs(decree, self.bayu)

    def signs(self, decree: str, account: Account, mark: str | None = None) -> None:
        told = decrees.told_of(self.scope, decree)
        day = day_at(now_ms(), self.region)
        decrees.sign(decree, told.entry.seen, mark or str(told.mark), "500.15/1/2026", day, account, now_ms())

    def names(self, decree: str, standing: bool = True) -> list[decrees.Name]:
        return decrees.names_of(self.scope, decree, None, None, 1000, standing).names
