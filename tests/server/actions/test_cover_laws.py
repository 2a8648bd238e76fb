"""Whatever is synced, settled, joined, moved and erased, and however often coverage follows it in between: the rows are
what a drawing from scratch makes of the records on that day."""

from __future__ import annotations

import tempfile
from datetime import date, timedelta
from functools import partial
from itertools import product
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.actions import cover
from server.actions.figures import current_month, figures_of
from server.actions.settle import DeskError, erase, link
from tests.server.installation import NEIGHBOUR, VILLAGE, Installation, copied
from tests.server.village import Days, at, days_of

DISTRICT = VILLAGE[:8]
FAR = "91.71.01.1001"  # two time zones further east
VILLAGES = (VILLAGE, NEIGHBOUR, FAR)
MONTHS = [f"2026-{month:02d}" for month in range(1, 13)]
FIELDS = {
    "status": ["proposed", "withdrawn", "deceased", "moved_away"],
    "segment": ["bpu", "apparatus", None],
    "birth_date": ["1990-07-12", "1950-01-01", "2015-01-01"],
    "registered_at": ["2026-01-05", "2026-11-20", None],
    "phone": ["+6281200000001", None],
}


class Story:
    """Some months of three villages, drawn from a seed; every act that can't be done is passed over."""

    def __init__(self, days: Days, rng: Random) -> None:
        self.days, self.rng = days, rng
        self.day = date(2026, 1, 10)
        self.people: list[str] = []
        self.payments: list[str] = []
        days.day(self.day.isoformat())

    def act(self) -> None:
        acts = {
            self.register: 5, self.edit: 4, self.move: 3, self.pay: 6, self.confirm: 4, self.turn_over: 2,
            self.verify: 3, self.join: 2, self.part: 1, self.erase: 1, self.count_eligible: 1,
            self.let_time_pass: 4, self.refresh: 4,
        }  # fmt: skip
        try:
            self.rng.choices(list(acts), list(acts.values()))[0]()
        except (DeskError, IndexError):
            pass

    def someone(self) -> str:
        return self.rng.choice(self.people)

    def village(self) -> str:
        return self.rng.choice(VILLAGES)

    def send(self, kind: str, fields: dict, record: str | None = None, village: str | None = None) -> str:
        """By a phone of any village, which may have seen the record as it is, or nothing of it; it may be refused."""
        village = village or self.village()
        phone = self.days.phone(village)
        seen = self.days.seen(record) if record and self.rng.random() < 0.7 else {}
        change = phone.change(record, fields, kind=kind, village=village, seen=seen)
        phone.sync(change)
        return str(change["record"])

    def register(self) -> None:
        village = self.village()
        fields = {"village": village} if self.rng.random() < 0.8 else {}
        if self.rng.random() < 0.1:
            self.people.append(self.send("worker", {"full_name": "Belum Lengkap"} | fields, village=village))
        else:
            self.people.append(self.days.register(village))

    def edit(self) -> None:
        field = self.rng.choice(list(FIELDS))
        self.send("worker", {field: self.rng.choice(FIELDS[field])}, self.someone())

    def move(self) -> None:
        told = {"village": self.village()}
        if self.rng.random() < 0.3:
            told["status"] = "moved_away"
        if self.rng.random() < 0.5:
            self.days.desk(self.someone(), **told)
        else:
            self.send("worker", told, self.someone())

    def pay(self) -> None:
        first = self.rng.randrange(10)
        paid = {
            "worker": self.someone(), "months": MONTHS[first : first + self.rng.randint(1, 3)], "amount": 16800,
            "programs": self.rng.choice([["JKK", "JKM"], ["JKK"], ["JHT", "JKK", "JKM"]]), "funding": "self",
            "paid_on": "2026-01-05",
        }  # fmt: skip
        if self.rng.random() < 0.1:
            del paid["amount"]
        self.payments.append(self.send("contribution", paid))

    def confirm(self) -> None:
        self.days.desk(self.rng.choice(self.payments), confirmed=self.rng.random() < 0.9)

    def turn_over(self) -> None:
        self.send("contribution", {"worker": self.someone()}, self.rng.choice(self.payments))

    def verify(self) -> None:
        self.days.verify(self.someone())

    def join(self) -> None:
        self.days.do(link, self.someone(), self.someone(), True, "-", None, self.days.now)

    def part(self) -> None:
        self.days.do(link, self.someone(), self.someone(), False, "-", None, self.days.now)

    def erase(self) -> None:
        gone = self.rng.choice(self.people + self.payments)
        self.days.do(erase, [gone], "-", None, self.days.settings, self.days.now)

    def count_eligible(self) -> None:
        village = self.village()
        record = f"eligible:{village}:{self.rng.choice(MONTHS)}"
        self.send("eligible", {"workers": self.rng.randrange(50)}, record, village)

    def let_time_pass(self) -> None:
        self.day += timedelta(days=self.rng.choice([1, 3, 16, 31]))
        self.days.now = at(self.day.isoformat(), self.rng.choice(["00:30", "12:00", "23:30"]))

    def refresh(self) -> None:
        if self.rng.random() < 0.2:
            self.days.do(partial(cover.draw, self.village(), now=self.days.now))
        else:
            self.days.refresh()


def check_drawing(template: Path, seed: int, length: int) -> None:
    with tempfile.TemporaryDirectory(prefix="sambung-") as folder:
        made = Installation(copied(template, Path(folder) / "var"))
        try:
            with days_of(made) as days:
                story = Story(days, Random(seed))
                for _ in range(length):
                    story.act()
                days.refresh()
                followed = days.everything()
                assert days.refresh() == 0, "it must come to an end"
                check_sums(days)
                days.do(cover.cover_all, days.settings, days.now)
                assert days.everything() == followed
                days.forget()
                days.do(cover.cover_all, days.settings, days.now)
                assert days.everything() == followed
        finally:
            made.close()


NUMBERS = (
    "registered", "active", "in_arrears", "inactive", "awaiting_payment", "proposed", "covered", "unconfirmed", "ended",
)  # fmt: skip


def check_sums(days: Days) -> None:
    """A region's numbers are the sums of its parts, up to the nation."""
    regions = (("id", ("64", "91")), ("64", ("64.02",)), (DISTRICT, (VILLAGE, NEIGHBOUR)))
    for (within, parts), month in product(regions, ("2026-01", current_month("id", days.now))):
        told = days.do(figures_of, within, month, days.now)["total"]
        below = [days.do(figures_of, part, month, days.now)["total"] for part in parts]
        assert {name: told[name] for name in NUMBERS} == {name: sum(one[name] for one in below) for name in NUMBERS}
        assert told["registered"] == sum(told[name] for name in NUMBERS[1:6])
        known = [one["eligible"]["count"] for one in below if one["eligible"]]
        assert (told["eligible"] or {}).get("count", 0) == sum(known)


@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 10**9))
def test_following_what_was_touched_equals_drawing_everything_from_scratch(template, seed):
    check_drawing(template, seed, 40)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(150))
def test_following_equals_drawing_from_scratch_through_long_stories(template, seed):
    check_drawing(template, seed, 150)
