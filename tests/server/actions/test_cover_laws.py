"""Whatever is synced, settled, joined, moved and erased, and however often coverage follows it in between: the rows are
what a drawing from scratch makes of the records on that day, a region's are the sums of its parts', and what was frozen
meanwhile is told as it was."""

from __future__ import annotations

import tempfile
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from programme import months
from server.actions import cover, snapshots
from server.actions.figures import current_month, figures_of, trend_of
from server.actions.settle import DeskError, erase, link
from tests.server.installation import NEIGHBOUR, VILLAGE, Installation, copied
from tests.server.village import Days, at, days_of

DISTRICT = VILLAGE[:8]
FAR = "91.71.01.1001"  # two time zones further east
VILLAGES = (VILLAGE, NEIGHBOUR, FAR)
MONTHS = [f"2026-{month:02d}" for month in range(1, 13)]
FIELDS = {
    "status": ["proposed", "withdrawn", "deceased", "moved_away"],
    "segment": ["bpu", "apparatus", "wage_earner", None],
    "kpj": ["26001234567", None],
    "card_given_on": ["2026-02-01", None],
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
        self.frozen: dict[tuple[str, str], Any] = {}
        days.day(self.day.isoformat())

    def act(self) -> None:
        acts = {
            self.register: 5, self.edit: 4, self.move: 3, self.pay: 6, self.confirm: 4, self.turn_over: 2,
            self.verify: 3, self.join: 2, self.part: 1, self.erase: 1, self.count_eligible: 1,
            self.let_time_pass: 4, self.refresh: 4, self.freeze: 1, self.check: 1,
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
            "programs": self.rng.choice([["JKK", "JKM"], ["JKK"], ["JHT", "JKK", "JKM"], ["JHT"]]),
            "funding": self.rng.choice(["self", "apbd_regency", "apbd_province"]),
            "paid_on": "2026-01-05",
        }  # fmt: skip
        if self.rng.random() < 0.1:
            del paid["amount"]
        self.payments.append(self.send("contribution", paid))

    def confirm(self) -> None:
        self.days.desk(self.rng.choice(self.payments), confirmed=self.rng.random() < 0.9)

    def freeze(self) -> None:
        """What was frozen is kept here as it was told on its day."""
        self.days.do(cover.month_end, self.days.settings, self.days.now)
        newest = self.days.do(snapshots.days)[0].day
        for month in self.days.do(snapshots.months_of, newest):
            if (newest, month) not in self.frozen:
                self.frozen[newest, month] = self.days.do(snapshots.figures_of, "id", newest, month)

    def check(self) -> None:
        """By night or by day, whatever waits to be followed: nothing that was followed differs."""
        self.days.do(cover.cover_all, self.days.settings, self.days.now)

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
                check_frozen(days, story)
                days.do(cover.cover_all, days.settings, days.now)
                assert days.everything() == followed
                days.forget()
                days.do(cover.cover_all, days.settings, days.now)
                assert days.everything() == followed
        finally:
            made.close()


def check_sums(days: Days) -> None:
    """A region's numbers are the sums of its parts at every level, from the villages to the nation."""
    month = current_month("id", days.now)
    for within in ("id", "64", "64.02", DISTRICT, "91", "91.71", "91.71.01"):
        for each in ("2026-01", month):
            told = days.do(figures_of, within, each, days.now)
            parts = [days.do(figures_of, one["code"], each, days.now)["total"] for one in told["regions"] if has_any(one)]
            for name in COUNTS:
                assert counted(told["total"])[name] == sum(counted(part)[name] for part in parts), (within, name)
            total = counted(told["total"])
            assert total["registered"] == sum(total[name] for name in STATES)
            assert total["segment"] == total["wage_earner"] + total["apparatus"], "in no other figure"
            assert total["active"] <= min(total["JKK"], total["JKM"])
            assert (told["total"]["eligible"] or {}).get("count", 0) == sum(
                part["eligible"]["count"] for part in parts if part["eligible"]
            )
        trend = days.do(trend_of, within, "2026-01", month, days.now)
        assert [one["month"] for one in trend] == months.span("2026-01", month)
        assert counted(trend[-1]) == counted(told["total"])


STATES = ("active", "in_arrears", "inactive", "awaiting_payment", "proposed")


def counted(told: dict) -> dict[str, int]:
    """Every count by one name."""
    apart = {f"{segment}{end}": part[of] for segment, part in told["apart"].items()
             for end, of in (("", "registered"), (" active", "active"))}  # fmt: skip
    plain = {name: told[name] for name in ("registered", *STATES, "covered", "unconfirmed", "ended")}
    return plain | told["not_counted"] | told["programs"] | apart


COUNTS = (
    "registered", *STATES, "covered", "unconfirmed", "ended", "incomplete", "segment", "age", "JKK", "JKM", "JHT",
    "wage_earner", "wage_earner active", "apparatus", "apparatus active",
)  # fmt: skip


def has_any(told: dict) -> bool:
    return any(counted(told).values()) or told["eligible"] is not None


def check_frozen(days: Days, story: Story) -> None:
    """Each frozen day is told as it was told then, and is whole."""
    for (day, month), then in story.frozen.items():
        now = days.do(snapshots.figures_of, "id", day, month)
        assert now == then and now["is_whole"] is True
    days.do(snapshots.check, days.settings, days.now)


@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 10**9))
def test_following_what_was_touched_equals_drawing_everything_from_scratch(template, seed):
    check_drawing(template, seed, 40)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(150))
def test_following_equals_drawing_from_scratch_through_long_stories(template, seed):
    check_drawing(template, seed, 150)
