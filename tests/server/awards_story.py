"""Four villages of Muara Kaman with frozen figures and people, and who runs, judges and approves an award of theirs."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, NamedTuple

from server.actions import awards, profiles
from server.actions.awards import Entry
from server.actions.people import add_user
from server.clock import now_ms
from server.db import transaction
from server.store import accounts
from server.store import desk_tables as d
from server.store import programme_tables as p
from server.store import tables as t
from server.store.accounts import Account
from server.store.bulk import add
from server.store.scoping import Scope
from tests.server.installation import Installation

REGENCY, KEY = "64.02", "uji2026"
FIRST, LAST = "2026-01", "2026-10"
FROZEN = "2026-11-05"
BIG, SECOND, PADDED, TINY = "64.02.11.2001", "64.02.11.2002", "64.02.11.2003", "64.02.11.2004"
MONTH = 2026 * 12 + 9
STORY = {  # eligible, active, active before, registered, verified, remoteness
    BIG: (100, 70, 50, 80, 72, 2), SECOND: (120, 60, 40, 70, 50, 1), PADDED: (90, 99, 60, 99, 90, 2),
    TINY: (20, 14, 10, 15, 15, 5),
}  # fmt: skip


class Cast(NamedTuple):
    staff: Account
    second: Account
    third: Account
    judges: tuple[Account, Account, Account]


def cast(server: Installation) -> Cast:
    with server.app.app_context():
        made = {
            name: add_user(name, role, region, "kata-sandi-panjang", now_ms())
            for name, role, region in (
                ("rina", "staff", "64"), ("dewi", "staff", "64"), ("tono", "admin", "64"), ("juri satu", "viewer", "64"),
                ("juri dua", "viewer", "64.02"), ("juri tiga", "auditor", "id"),
            )
        }  # fmt: skip
        with transaction() as connection:
            known = {name: accounts.by_name(connection, name) for name in made}
    people = [account for account in known.values() if account is not None]
    return Cast(people[0], people[1], people[2], (people[3], people[4], people[5]))


def fill(server: Installation) -> None:
    """Rows as the jobs would have drawn them: figures frozen twice, members' months, people."""
    counts = dict.fromkeys(t.COUNTS, 0)
    with server.app.app_context(), transaction() as connection:
        for village, (eligible, active, before, registered, verified, _) in STORY.items():
            shown = counts | {"active": active, "registered": registered, "apparatus_active": 8}
            add(connection, t.snapshot, [
                {"day": FROZEN, "month": MONTH, "village": village, "eligible": eligible, "eligible_month": MONTH} | shown,
                {"day": "2026-01-10", "month": MONTH - 10, "village": village, "eligible": eligible,
                 "eligible_month": MONTH} | counts | {"active": before},
            ])  # fmt: skip
            add(connection, t.cover, [
                {"village": village, "record": f"{village}-{n}", "state": "active", "first_month": MONTH - 11,
                 "letters": "a" * 12 if n % 10 else "aaaaarriiiia", "why_not": None, "programs": "", "segment": None,
                 "tasks": None}
                for n in range(before)
            ])  # fmt: skip
            add(connection, d.person, [_person(village, n, n < verified) for n in range(registered)])
        add(connection, p.activity, [
            _happened(BIG, n, f"2026-{n + 1:02d}-15", "monitoring" if n % 2 else "feedback") for n in range(5)
        ] + [_happened(BIG, 90 + n, "2026-05-02", "accident", n < 3) for n in range(4)])  # fmt: skip


def _person(village: str, n: int, is_verified: bool) -> dict[str, Any]:
    born = date(1970, 1, 1) + timedelta(days=200 * n)
    number = f"640211{born:%d%m%y}{9000 + n}"
    return {
        "record": f"{village}-{n}", "home": village, "full_name": "Uji", "name_key": "UJI", "nik": number, "kk_number": None,
        "kpj": None, "birth_date": born.isoformat(), "sex": "male", "mother_name": None, "phone": None,
        "occupation": "farmer", "segment": "bpu", "funding": "self", "vulnerable": None, "dtsen_decile": None,
        "status": "verified" if is_verified else "proposed", "incomplete": False, "waits": False, "restricted": False,
        "registered_on": f"2026-{n % 9 + 1:02d}-{n % 27 + 1:02d}", "coverage": "active", "position": n + 1,
    }  # fmt: skip


def _happened(village: str, n: int, day: str, purpose: str, in_time: bool | None = None) -> dict[str, Any]:
    return {
        "record": f"{village}-v{n}", "kind": "claim" if purpose == "accident" else "visit", "home": village,
        "purpose": purpose, "date": day, "state": None, "theme": None, "by": None, "holder": None,
        "officer": None, "attendance": None,
        "has_finding": False, "in_time": in_time, "registered": None, "activated": None,
    }  # fmt: skip


class Award:
    """An award as it is led from step to step; each gives it as it then is."""

    def __init__(self, server: Installation, people: Cast, key: str = KEY) -> None:
        self.server, self.people, self.record = server, people, f"award:{REGENCY}:{key}"
        self.key = key

    @property
    def entry(self) -> Entry:
        with self.server.app.app_context():
            return awards.one(Scope(REGENCY), self.record)

    def begin(self) -> Award:
        fields = {
            "title": "Desa terbaik", "first_month": FIRST, "last_month": LAST, "winners_a_band": 1, "prize": 25_000_000,
        }  # fmt: skip
        with self.server.app.app_context():
            for village, story in STORY.items():
                said = {"remoteness": story[5], "apparatus": 8, "village_budget": 1_000_000}
                profiles.keep(f"profile:{village}:2026", {}, said, self.people.staff, now_ms())
            awards.begin(Scope(REGENCY), self.key, fields, self.people.staff, now_ms())
        return self

    def publish(self) -> Award:
        return self._do(awards.publish, None, self.people.staff)

    def score(self) -> Award:
        return self._do(awards.score, FROZEN, self.people.staff)

    def judged(self, *judges: Account) -> Award:
        with self.server.app.app_context():
            listed = [row.village for row in awards.table(self.entry, now_ms()).rows if row.is_listed]
        for number, judge in enumerate(judges or self.people.judges[:2]):
            for village in listed:
                self.give(judge, village, 60 + 20 * number)
        return self

    def give(self, judge: Account, village: str, points: float) -> None:
        with self.server.app.app_context():
            awards.judge(self.record, village, {"innovation": points}, None, judge, now_ms())

    def propose(self, who: Account | None = None) -> Award:
        return self._do(awards.propose, who or self.people.staff)

    def seal(self, who: Account | None = None) -> Award:
        return self._do(awards.seal, who or self.people.second)

    def release(self, who: Account | None = None) -> Award:
        return self._do(awards.release, who or self.people.staff)

    def _do(self, act: Any, *rest: Any) -> Award:
        entry = self.entry
        with self.server.app.app_context():
            act(self.record, entry.seen, *rest, now_ms())
        return self
