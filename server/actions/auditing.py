"""Check the audit log: the whole chain, the log of changes that stands under it, and the anchors kept beside the database.

What is found: an entry that was altered, taken out, put in or moved; a change of which the same is true, or that no entry
or more than one tells of; a list of people looked at that is not the one looked at; and, by the anchors, a log that was
cut or written anew as a whole. Whoever can write the database, the ledger and wherever log lines go can hide from it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from typing import Any, NamedTuple

from schemas.change import loads
from schemas.problem import Both
from server import audit, ledger, log
from server.config import Settings
from server.db import Connection, reading, snapshot
from server.store import audit as chain
from server.store import auditing
from server.store.audit import Entry, Held
from server.store.changes import row_hash, seal_of, sealed
from server.store.scoping import for_itself

Runs = list[list[int]]


class Broken(Exception):
    """The log does not hold. why: a row of `WHY`; entry: the number at which it breaks; what: a device's change, if any."""

    def __init__(self, why: str, entry: int | None = None, what: str = "") -> None:
        super().__init__(why)
        self.why, self.entry, self.what = why, entry, what

    def said(self) -> Both:
        """One sentence in Indonesian and English."""
        where = f" ({self.what})" if self.what else ""
        number = "-" if self.entry is None else self.entry
        indonesian, english = WHY[self.why]
        return (f"Catatan jejak putus di nomor {number}{where}: {indonesian}.",
                f"The audit log breaks at entry {number}{where}: {english}.")  # fmt: skip


WHY: dict[str, Both] = {
    "number": ("nomornya melompat atau terulang", "its number leaves a gap or comes twice"),
    "hash": ("isinya bukan yang ditulis waktu itu", "it is not what was written then"),
    "head": ("ujung rantai tidak sama dengan baris terakhir", "the chain's end is not the last entry"),
    "people": ("daftar orangnya bukan yang dicatat waktu itu", "the people it names are not those that were noted"),
    "cut": ("ujungnya pernah lebih jauh menurut buku di samping basis data; ada yang dipotong",
            "by the ledger beside the database it once went further; something was cut off"),
    "anchor": ("tidak sama dengan yang dicatat di buku di samping basis data; rantai ditulis ulang",
               "it is not what the ledger beside the database noted; the chain was written anew"),
    "changes": ("perubahan yang disebutnya hilang atau diganti", "changes that it tells of are missing or were replaced"),
    "change": ("isi perubahan itu bukan yang disimpan waktu itu", "that change is not what was kept then"),
    "blank": ("isi perubahan itu hilang tanpa penghapusan yang tercatat",
              "that change lost its values without an erasure that is noted"),
    "twice": ("perubahan itu disebut lebih dari sekali", "that change is told of more than once"),
    "uncovered": ("perubahan itu tidak disebut di catatan mana pun", "no entry tells of that change"),
}  # fmt: skip


class Verified(NamedTuple):
    """What a check found. head: the last entry's hash. broken: None where all holds."""

    entries: int
    changes: int
    anchors: int
    head: str
    broken: Broken | None

    @property
    def holds(self) -> bool:
        return self.broken is None

    def told(self) -> dict[str, Any]:
        """As JSON."""
        where = None
        if self.broken:
            where = {"entry": self.broken.entry, "why": self.broken.why, "what": self.broken.what}
        return {
            "holds": self.holds, "entries": self.entries, "changes": self.changes, "anchors": self.anchors,
            "head": self.head, "broken": where,
        }  # fmt: skip


def verify(settings: Settings) -> Verified:
    """Work the whole chain out again, as of one moment and while others write; some rows are in memory at a time."""
    anchors = ledger.anchors(settings.data_dir)  # before the snapshot, which then has all that they name
    with for_itself(), snapshot() as connection:  # the chain is one for all regions; nobody is told what stands in it
        check = _Check(connection, anchors)
        broken = None
        try:
            check.all()
        except Broken as found:
            broken = found
        return Verified(check.last, check.changes, len(anchors), check.digest.hex(), broken)


class _Check:
    """One walk along the chain. last, digest: where it is."""

    def __init__(self, connection: Connection, anchors: Mapping[int, str]) -> None:
        self.connection, self.anchors = connection, anchors
        self.last, self.digest, self.changes = 0, bytes(32), 0
        self.covered: dict[str, Runs] = {}
        self.erased = auditing.erased(connection)
        restores = auditing.of_act(connection, "restore")
        self.void = [(loads(row.about).get("as_of", row.id), row.id) for row in restores]
        self.blanked = _blanked(auditing.of_act(connection, "retention"))
        self.named = _Named(auditing.named(connection))

    def all(self) -> None:
        for row in chain.all_entries(self.connection):
            self._entry(row._mapping)
        self.named.end()
        if chain.head(self.connection) != (self.last, self.digest):
            raise Broken("head", self.last)
        if beyond := [number for number in self.anchors if number > self.last]:
            raise Broken("cut", min(beyond))
        self._nothing_beside()

    def _entry(self, row: Mapping[str, Any]) -> None:
        if row["id"] != self.last + 1:
            raise Broken("number", row["id"])
        digest = chain.link(self.digest, row)
        if digest != bytes(row["hash"]):
            raise Broken("hash", row["id"])
        if self.anchors.get(row["id"], digest.hex()) != digest.hex():
            raise Broken("anchor", row["id"])
        self.last, self.digest = row["id"], digest
        about = loads(row["about"])
        self.named.check(row, about)
        if "log" in about and not any(as_of < row["id"] < end for as_of, end in self.void):
            self._changes(row["id"], about)

    def _changes(self, number: int, about: Mapping[str, Any]) -> None:
        device, seqs = about["device"], about["seqs"]
        rows = auditing.change_rows(self.connection, device, seqs)
        if len(rows) != _length(seqs) or seal_of((row["hash"], row["row_hash"]) for row in rows) != about["log"]:
            raise Broken("changes", number, device)
        for row in rows:
            self._change(number, row)
        self.covered.setdefault(device, []).extend(seqs)
        self.changes += len(rows)

    def _change(self, number: int, row: Mapping[str, Any]) -> None:
        if row["fields"] is None and row["sent"] is None:
            if row["record"] not in self.erased and (row["device"], row["seq"]) not in self.blanked:
                raise Broken("blank", number, f"{row['device']} {row['seq']}")
        elif row["row_hash"] is not None and row_hash(row) != bytes(row["row_hash"]):
            raise Broken("change", number, f"{row['device']} {row['seq']}")

    def _nothing_beside(self) -> None:
        """Each change is told of by one entry: the runs overlap nowhere, and together are as many as there are."""
        for device, runs in self.covered.items():
            for (_, end), (start, _) in pairwise(sorted(runs)):
                if start <= end:
                    raise Broken("twice", self.last, f"{device} {start}")
        there = auditing.counted(self.connection)
        for device, count in sorted(there.items()):
            if count != _length(self.covered.get(device, [])):
                raise Broken("uncovered", self.last, device)


def _length(runs: Iterable[Iterable[int]]) -> int:
    return sum(last - first + 1 for first, last in runs)


def _blanked(entries: Iterable[Any]) -> set[tuple[str, int]]:
    """The dots whose values the retention schedule took, as its entries say."""
    told = [loads(row.about).get("blanked", []) for row in entries]
    return {(device, seq) for each in told for device, first, last in each for seq in range(first, last + 1)}


class _Named:
    """The people of each entry, as the table beside the chain has them, followed along it."""

    def __init__(self, rows: Iterator[tuple[int, list[str]]]) -> None:
        self._rows = rows
        self._at = next(rows, None)

    def check(self, row: Mapping[str, Any], about: Mapping[str, Any]) -> None:
        there: list[str] = []
        if self._at is not None and self._at[0] <= row["id"]:
            number, there = self._at
            if number < row["id"]:
                raise Broken("people", number)
            self._at = next(self._rows, None)
        one = {row["record"]} if row["record"] else set()
        if "people" not in about:
            if set(there) != one:
                raise Broken("people", row["id"])
            return
        told = [set(there), set(there) - one]
        if not one <= set(there) or not any(chain.hash_of(sorted(each)) == about["records_hash"] for each in told):
            raise Broken("people", row["id"])

    def end(self) -> None:
        if self._at is not None:
            raise Broken("people", self._at[0])


# The clock, and what others ask for -----------------------------------------------------------------------------------


def check(settings: Settings, now: int) -> int:
    """Verify, and put what was found into the log itself; gives how many entries. Raises Broken where it does not hold."""
    found = verify(settings)
    told = found.told()
    audit.look("verify", **{name: told[name] for name in ("holds", "entries", "changes", "anchors", "broken")})
    log.said("audit-verified", holds=found.holds, entries=found.entries, head=found.head)
    if found.broken:
        raise found.broken
    return found.entries


def last_check() -> dict[str, Any] | None:
    """What the last check found, with `at` and `who`; None where there was none yet."""
    with for_itself(), reading() as connection:  # tells of no person
        found = auditing.of_act(connection, "verify", newest=1)
    return loads(found[0].about) | {"at": found[0].at, "who": found[0].who} if found else None


def anchor(settings: Settings, now: int) -> int:
    """Note the chain's end in the ledger and in the log line, where it has moved since; gives 1 where it has.

    Both lie outside the database. Where log lines go to another machine, nobody at this one can take an anchor back.
    """
    with reading() as connection:
        last, digest = chain.head(connection)
    if last == 0 or ledger.anchors(settings.data_dir).get(last) == digest.hex():
        return 0
    ledger.note(settings.data_dir, anchor=last, hash=digest.hex(), at=now)
    log.said("audit-anchor", entry=last, hash=digest.hex())
    return 1


def seal_what_was_there(connection: Connection, now: int) -> None:
    """Put changes from before there was an audit log under its chain: once, at its beginning."""
    if chain.head(connection)[0] == 0:
        _seal_all(connection, now)


def _seal_all(connection: Connection, now: int) -> None:
    found = []
    for device, rows in auditing.hashes_by_device(connection):
        told = [{"device": device, "seq": seq, "hash": sent, "row_hash": held} for _, seq, sent, held in rows]
        found.append(Entry(now, audit.who_acts(), "seal", None, None, sealed(told)))
    chain.append(connection, found)


# Restoring ------------------------------------------------------------------------------------------------------------


def carry_over(connection: Connection, held: Held, as_of: int, epoch: str, now: int, settings: Settings) -> None:
    """The chain goes on after a restore: with what the replaced database had behind the backup, and an entry that says so.

    held: the entries behind the backup's end (`as_of`). The changes that they tell of are not here any more; from the
    entry on, phones bring them anew. Entries that nobody could read are lost, and the entry says how many at the least.
    """
    carried = chain.carry_on(connection, held)
    anchors, unbroken_to = ledger.anchors(settings.data_dir), as_of + carried.as_they_were
    known = chain.hashes(connection, [number for number in anchors if number <= unbroken_to])
    is_another = any(digest != anchors[number] for number, digest in known.items())
    furthest = max(anchors, default=0)
    is_held = any(row["id"] == furthest and bytes(row["hash"]).hex() == anchors[furthest] for row in held.rows)
    lost = 0 if is_another or is_held else max(0, furthest - unbroken_to)
    said = {"as_of": as_of, "epoch": epoch, "carried": sum(carried), "lost": lost}
    chain.append(connection, [Entry(now, audit.who_acts(), "restore", None, None, said)])
    if as_of == 0:  # a backup from before there was an audit log
        _seal_all(connection, now)
    if is_another or carried.renumbered or lost:
        ledger.note(settings.data_dir, anew=epoch, at=now)
