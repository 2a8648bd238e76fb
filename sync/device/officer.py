"""An officer of the simulation: what he does in his village, all of it through the outbox."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from random import Random
from typing import TypeGuard

from sync.device import people
from sync.device.client import Client, LineLost, NeedsCode, SyncError
from sync.device.line import LossyLine
from sync.device.outbox import Opened, now_ms

ACTS = {"register": 40, "edit": 32, "contribute": 18, "move": 2, "mistake": 3, "correct": 5}
PLATFORM = "Simulasi"


class Officer:
    """One officer with one phone, which he uses where there is no line, and sometimes where there is."""

    def __init__(
        self, name: str, villages: list[str], client: Client, line: LossyLine, rng: Random, new_code: Callable[[], str]
    ) -> None:
        self.name, self.villages, self.client, self.line, self.rng = name, villages, client, line, rng
        self.outbox, self.new_code = client.outbox, new_code
        self.to_register = 0
        self.troubles: set[str] = set()

    def spell(self, others: Sequence[str], rest: Callable[[], object], acts: int) -> None:
        """Some acts, and then a sync unless he is out of reach. others: villages that a worker may move to."""
        for _ in range(acts):
            self.act(others)
            rest()
        self.line.away = self.rng.random() < 0.3
        if not self.line.away:
            self.try_to_sync()

    def act(self, others: Sequence[str]) -> None:
        what = self.rng.choices(list(ACTS), list(ACTS.values()))[0]
        if what in ("register", "mistake"):
            self.register(wrong=what == "mistake")
        elif what == "correct":
            self.correct()
        else:
            self.work_on_someone(what, others)

    def register(self, wrong: bool = False) -> None:
        if self.to_register < 1:
            return
        self.to_register -= 1
        village = self.rng.choice(self.villages)
        fields = people.worker(self.rng, village, self.today())
        if wrong:
            fields["nik"] = fields["nik"][:-1]  # a digit is lost soon, on a small screen in the sun
        self.outbox.save("worker", None, village, fields, form="worker@2")

    def correct(self) -> None:
        """Answer one complaint about a NIK. What lies outside the officer's scope is for the operator."""
        for wrong in [one["change"] for one in self.outbox.to_correct() if "nik" in one["errors"]][:1]:
            self.outbox.correct(wrong["seq"], {"nik": wrong["fields"]["nik"] + "9"})

    def work_on_someone(self, what: str, others: Sequence[str]) -> None:
        village = self.rng.choice(self.villages)
        workers = self.outbox.records(village, "worker")
        # Half of the work is about the few people whom every officer meets: there they get into each other's way.
        someone = self.outbox.open(self.rng.choice(workers[: self.rng.choice((4, None))])) if workers else None
        if not _lives_in(someone, village):
            return
        if what == "edit":
            self.outbox.save("worker", someone.record, None, people.second_thoughts(self.rng, someone.fields))
        elif what == "contribute":
            paid = people.contribution(self.rng, someone.record, someone.fields, self.today())
            self.outbox.save("contribution", None, village, paid)
        elif others:
            self.outbox.save("worker", someone.record, None, {"village": self.rng.choice(others)})

    def today(self) -> date:
        return datetime.fromtimestamp(now_ms() / 1000, UTC).date()

    def market_day(self, week: int = 0) -> None:
        """Everybody meets the same two people, others each week, hears their names anew, and has no line."""
        for village in self.villages:
            workers = self.outbox.records(village, "worker")
            first = 2 * week % max(len(workers), 1)
            known = [self.outbox.open(record) for record in workers[first : first + 4]]
            for someone in [one for one in known if _lives_in(one, village)][:2]:
                self.outbox.save("worker", someone.record, None, {"full_name": people.name_of(self.rng, "female")})

    def try_to_sync(self) -> None:
        try:
            self.sync()
        except LineLost:
            pass  # the next spell is another try
        except SyncError as error:
            self.troubles.add(f"{self.name}: {type(error).__name__}: {error}")

    def sync(self) -> None:
        """Sync; where the server was restored from before this phone was enrolled, it gets a new code first."""
        try:
            self.client.sync()
        except NeedsCode:
            self.client.enrol(self.new_code(), self.name, PLATFORM)
            self.client.sync()

    def is_through(self) -> bool:
        """Whether the server has answered for everything, for good."""
        own = self.outbox.own
        return not (own.waiting() or own.unanswered() or self.outbox.counts().get("received"))


def _lives_in(someone: Opened | None, village: str) -> TypeGuard[Opened]:
    """Who has moved away, though no line has told the server yet, is another officer's care."""
    return someone is not None and someone.fields.get("village", village) == village
