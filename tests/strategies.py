"""Histories that a valley of villages could have: phones, a desk and a server, and everything that goes wrong.

One generator serves both the laws (Hypothesis hands it its own randomness, and shrinks) and the long random runs (a
seed). Nothing of `sync` is asked: what a phone had on its screen is reckoned by `tests.reference`.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any, NamedTuple

from hypothesis import strategies as st

from schemas.change import Change
from tests import reference

ULU, ILIR, SEBERANG = "64.02.11.2005", "64.02.11.2006", "64.02.12.2001"
VILLAGES = (ULU, ILIR, SEBERANG)
PHONES = ("budi7", "ani4", "ani4x", "dodi5")  # not in the order in which they do things; one's name begins another's
TICK = 1000  # several things happen in one tick, so that times tie
SKEWS = (0, 0, 0, -2 * TICK, 3 * TICK, -(10**11), 10**11)

FIELDS: dict[str, dict[str, list[Any]]] = {
    "worker": {
        "full_name": ["Siti", "Siti Rahmah", "Nur"],
        "phone": ["+6281200000001", "+6281200000002", None],
        "village": [*VILLAGES, None],
        "programs": [["JKK", "JKM"], ["JHT", "JKK", "JKM"], ["JKK"], []],
        "status": ["proposed", "withdrawn", "deceased"],
        "extra.stall": [1, {"row": 2}, None],
    },
    "claim": {
        "status": ["reported", "submitted", "paid", None],
        "documents": [["ktp"], ["kk", "ktp"], [], None],
        "outcome": ["granted", "refused"],
        "event_place": ["pasar", "sungai"],
    },
    "contribution": {
        "confirmed": [True, False, None],
        "confirmed_on": ["2026-10-01", "2026-11-01", None],
        "amount": [1, 2],
    },
    "eligible": {"workers": [100, 120, 130], "source": ["desa", "BPS"], "method": ["-"]},
}  # fmt: skip


class History(NamedTuple):
    """Accepted changes in the order in which the server had them."""

    changes: tuple[Change, ...]

    def of(self, record: str) -> list[Change]:
        return [change for change in self.changes if change.record == record]

    @property
    def records(self) -> list[str]:
        return sorted({change.record for change in self.changes})

    @property
    def people(self) -> list[str]:
        return sorted({change.record for change in self.changes if change.kind == "worker"})


class Phone:
    """written: all its changes, the server's time put in when they arrive. told: record -> the `seen` it was told."""

    def __init__(self, name: str, skew: int) -> None:
        self.name, self.skew = name, skew
        self.written: list[Change] = []
        self.seq = self.acked = self.effective = 0
        self.told: dict[str, dict[str, int]] = {}


class Valley:
    """Phones that write, tell and ask, and a server that only keeps. `rng` decides all."""

    def __init__(self, rng: Random) -> None:
        self.rng = rng
        self.phones = [Phone(name, rng.choice(SKEWS)) for name in PHONES[: rng.randint(2, 4)]]
        self.kept: list[Change] = []
        self.desk, self.desk_seq, self.life, self.now = "hq1", 0, 1, 0
        self.lies = rng.choice([0, 0, 0, 12])  # a valley where most phones are damaged, now and then
        owners = [phone.name for phone in self.phones]
        self.records = [
            (f"{owners[0]}-1", "worker"),
            (f"{owners[1]}-1", "worker"),
            (f"{owners[-1]}-2", "worker"),
            (f"{owners[0]}-2", rng.choice(["claim", "contribution"])),
            (f"eligible:{ULU}:2026-11", "eligible"),
        ][: rng.randint(1, 5)]

    def act(self) -> None:
        self.now += self.rng.choice([0, 0, TICK])
        self.rng.choice(self.acts())()

    def acts(self) -> list[Callable[[], None]]:
        often = [self.write] * 6 + [self.tell_and_ask] * 5 + [self.settle, self.settle, self.lie, self.join, self.join]
        often += [self.lie] * self.lies
        return [*often, self.set_clock, self.find_twin, self.lose, self.restore, self.erase]

    # What happens -----------------------------------------------------------------------------------------------------

    def write(self) -> None:
        phone, (record, kind) = self.rng.choice(self.phones), self.rng.choice(self.records)
        self._write(phone, record, kind, dict(phone.told.get(record, {})))

    def lie(self) -> None:
        """A damaged phone claims to have seen what it likes, ahead of everybody too."""
        phone, (record, kind) = self.rng.choice(self.phones), self.rng.choice(self.records)
        names = [*(other.name for other in self.phones), "hq1", "gone9"]
        self._write(phone, record, kind, {name: self.rng.randint(0, 6) for name in names if self.rng.random() < 0.5})

    def tell_and_ask(self) -> None:
        """Send the outbox or a part of it; get all, some, or (the answer is lost) nothing of what the server has."""
        phone = self.rng.choice(self.phones)
        unsent = [change for change in phone.written if change.seq > phone.acked]
        self._arrive(phone, unsent[: self.rng.randint(0, len(unsent))] if self.rng.random() < 0.3 else unsent)
        for record, _ in self.records:
            if self.rng.random() < 0.7:
                phone.told |= self._tell(record)

    def settle(self) -> None:
        """A desk writes, with the page open now, or one that somebody has overtaken."""
        record, kind = self.rng.choice(self.records)
        seen = self._tell(record).get(record, {})
        if self.rng.random() < 0.3:
            seen = {device: self.rng.randint(0, seq) for device, seq in seen.items()}
        fields = self._fields(kind)
        if self.rng.random() < 0.5:  # he came for what waits
            waiting = self._waiting(record)
            fields = {name: self.rng.choice(FIELDS[kind][name]) for name in waiting} or fields
        self._desk_writes(record, kind, seen, fields)

    def join(self) -> None:
        """An operator joins two people or parts them; he may not know what another operator did."""
        people = [record for record, kind in self.records if kind == "worker"]
        here = [record for record in people if any(change.record == record for change in self.kept)]
        if len(here) < 2:
            return
        a, b = sorted(self.rng.sample(here, 2))
        link = f"link:{a}:{b}"
        seen = self._tell(link).get(link, {}) if self.rng.random() < 0.8 else {}
        self._desk_writes(link, "link", seen, {"same": self.rng.random() < 0.65, "a": a, "b": b})

    def set_clock(self) -> None:
        self.rng.choice(self.phones).skew = self.rng.choice(SKEWS)

    def find_twin(self) -> None:
        """A phone was set back, or has a twin: it goes on under a new id, and knows its former self up to the fork."""
        phone = self.rng.choice(self.phones)
        unsent = [change for change in phone.written if change.seq > phone.acked]
        former, acked = phone.name, phone.acked
        phone.name, phone.acked = f"{former}t", 0
        phone.written = [
            change._replace(device=phone.name, seq=n, seen={**change.seen, former: acked} if acked else change.seen)
            for n, change in enumerate(unsent, 1)
        ]
        phone.seq = len(unsent)
        for told in phone.told.values():
            told[former] = acked

    def lose(self) -> None:
        """A phone lost what it had not sent, and says so: its seqs go on behind the hole."""
        phone = self.rng.choice(self.phones)
        phone.written = [change for change in phone.written if change.seq <= phone.acked]
        phone.acked = phone.seq

    def restore(self) -> None:
        """The server is set back to a backup; desks get new names, phones send again what it lacks."""
        self.kept = self.kept[: self.rng.randint(0, len(self.kept))]
        self.life += 1
        self.desk, self.desk_seq = f"hq{self.life}", 0
        for phone in self.phones:
            phone.acked = max((change.seq for change in self.kept if change.device == phone.name), default=0)

    def erase(self) -> None:
        """The law takes the values of a person's record, and of all that it is joined with."""
        people = [record for record, _ in self.records if any(change.record == record for change in self.kept)]
        if people and self.rng.random() < 0.4:
            gone = reference.one_with(self.rng.choice(people), reference.standing_links(self.kept))
            self.kept = [change._replace(fields=None) if change.record in gone else change for change in self.kept]

    # How it is written down -------------------------------------------------------------------------------------------

    def _fields(self, kind: str) -> dict[str, Any]:
        table = FIELDS[kind]
        names = self.rng.sample(
            sorted(table), self.rng.randint(0 if self.rng.random() < 0.1 else 1, min(3, len(table)))
        )
        return {name: self.rng.choice(table[name]) for name in names}

    def _write(self, phone: Phone, record: str, kind: str, seen: dict[str, int]) -> None:
        phone.seq += 1
        seen.pop(phone.name, None)
        fields, at = self._fields(kind), self.now + phone.skew
        village = self.rng.choice(VILLAGES)
        phone.written.append(Change(phone.name, phone.seq, kind, record, village, seen, None, at, 0, fields))

    def _desk_writes(self, record: str, kind: str, seen: dict[str, int], fields: dict[str, Any]) -> None:
        self.desk_seq += 1
        change = Change(self.desk, self.desk_seq, kind, record, ULU, seen, None, self.now, self.now, fields)
        self.kept.append(self._blanked(change))

    def _arrive(self, phone: Phone, changes: list[Change]) -> None:
        for change in changes:
            phone.effective = min(max(change.effective, phone.effective), self.now)
            arrived = change._replace(effective=phone.effective, received=self.now)
            self.kept.append(self._blanked(arrived))
            phone.acked = change.seq

    def _blanked(self, change: Change) -> Change:
        erased = any(other.fields is None for other in self.kept if other.record == change.record)
        return change._replace(fields=None) if erased else change

    def _waiting(self, record: str) -> list[str]:
        links = reference.standing_links(self.kept)
        here = any(change.record == record for change in self.kept)
        return sorted(reference.state_of(record, self.kept, links)["conflicts"]) if here else []

    def _tell(self, record: str) -> dict[str, dict[str, int]]:
        """What the server tells of a record, or of all that it is one with: each id -> its `seen`."""
        links = reference.standing_links(self.kept)
        members = reference.one_with(record, links)
        if not any(change.record in members for change in self.kept):
            return {}
        seen = reference.state_of(record, self.kept, links)["seen"]
        return {member: dict(seen) for member in members}


def draw_history(rng: Random, length: int) -> History:
    valley = Valley(rng)
    for _ in range(length):
        valley.act()
    for phone in valley.phones if rng.random() < 0.7 else ():
        valley._arrive(phone, [change for change in phone.written if change.seq > phone.acked])
    return History(tuple(valley.kept))


def histories(longest: int = 24) -> st.SearchStrategy[History]:
    return st.builds(draw_history, st.randoms(use_true_random=False), st.integers(1, longest)).filter(
        lambda h: h.changes
    )
