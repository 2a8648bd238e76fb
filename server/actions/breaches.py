"""Breaches of personal data: noted when noticed, with whom they touch, until the persons and the authority were told.

UU 27/2022 article 46 (`programme/rules/data_law.toml`): in writing, within its hours, to the persons and to the agency:
which data, when and how they got out, and what is done about it.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import NamedTuple

from programme.rules import Rule, load_data_law
from schemas.problem import Both
from schemas.region import common, within
from server import audit
from server.actions.fleet import NoSuchDevice, managed
from server.actions.receive import CONTACT_MS
from server.actions.rights import HOUR_MS, LONGEST, Wrong
from server.actions.settle import NoSuchRecord, OutsideRegion
from server.clock import day_at
from server.db import Connection, reading, transaction
from server.export.csv_file import safe
from server.store import breaches as store
from server.store import rights
from server.store.accounts import Account
from server.store.breaches import Affected, Breach
from server.store.scoping import Scope

AT_ONCE, LETTERS_AT_ONCE = 50, 100
DEVICE, ENTRY, OTHER = "device", "export", "other"
SOURCES: dict[str, Both] = {
    DEVICE: ("HP hilang atau dicuri", "A phone lost or stolen"),
    ENTRY: ("Berkas atau daftar yang sampai ke orang lain", "A file or list that reached others"),
    OTHER: ("Lain, orangnya ditulis satu per satu", "Another, its persons written one by one"),
}  # fmt: skip
PEOPLE, AUTHORITY = "people", "authority"
MOST_NUMBERS = 200  # typed at once: each is looked for while the register is being written
TEXTS = ("what", "data", "happened", "measures")
NO_DEVICE: Both = ("Tidak ada HP dengan nomor itu di wilayah Anda.", "There is no phone of that number in your region.")
NO_ENTRY: Both = ("Tidak ada catatan jejak dengan nomor itu di wilayah Anda.",
                  "There is no audit entry of that number in your region.")  # fmt: skip
NOBODY: Both = ("Nomor ini tidak dikenal di wilayah Anda: {0}", "Not known in your region: {0}")


def rule_of(moment: int, region: str) -> Rule:
    return load_data_law().on("clock_breach", day_at(moment, region))


class Noted(NamedTuple):
    """What a desk writes of a breach. source_id: a phone's id or an audit entry's number; numbers: records or NIKs."""

    source: str
    source_id: str
    what: str
    data: str
    happened: str
    measures: str
    noticed_at: int
    numbers: str = ""


def note(noted: Noted, account: Account, now: int) -> int:
    """Put a breach into the register with everybody whom it touches; gives its number. Raises Wrong."""
    errors = _faults(noted, now)
    if errors:
        raise Wrong(errors)
    with transaction() as connection:
        region, villages, until = _where(connection, noted, account)
        rule = rule_of(noted.noticed_at, region)
        number = store.add_breach(connection, {
            "region": region, "noticed_at": noted.noticed_at, "rule": rule.id, "source": noted.source,
            "due_at": noted.noticed_at + int(rule.value["hours"]) * HOUR_MS, "source_id": noted.source_id or None,
            "by": account.id, **{name: getattr(noted, name).strip() for name in TEXTS},
        })  # fmt: skip
        if noted.source == DEVICE:
            store.add_of_device(connection, number, noted.source_id, villages, until)
        elif noted.source == ENTRY:
            store.add_of_entry(connection, number, int(noted.source_id))
        else:
            store.add_records(connection, number, _known(connection, noted.numbers, account))
        affected = store.count(connection, "id", number)
        audit.note(connection, "breach", region=region, breach=number, step="noted", source=noted.source, affected=affected)
    return number


def _faults(noted: Noted, now: int) -> dict[str, Both]:
    errors: dict[str, Both] = {}
    if noted.source not in SOURCES:
        errors["source"] = ("Pilih salah satu.", "Choose one.")
    for name in ("what", "data", "happened"):
        if not getattr(noted, name).strip():
            errors[name] = ("Tulis dulu: orangnya dan lembaga harus diberi tahu ini.",
                            "Write it: the persons and the agency must be told this.")  # fmt: skip
    for name in TEXTS:
        if len(getattr(noted, name)) > LONGEST:
            errors[name] = (f"Paling banyak {LONGEST} huruf.", f"{LONGEST} characters at the most.")
    if noted.noticed_at > now:
        errors["noticed_at"] = ("Waktunya belum tiba.", "That is still to come.")
    if noted.source == ENTRY and not (noted.source_id.isdecimal() and len(noted.source_id) < 16):
        errors["source_id"] = NO_ENTRY
    if noted.source == DEVICE and not noted.source_id:
        errors["source_id"] = NO_DEVICE
    if noted.source == OTHER and not noted.numbers.split():
        errors["numbers"] = ("Tulis nomor catatan atau NIK orangnya.", "Write the persons' record numbers or NIKs.")
    return errors


def _where(connection: Connection, noted: Noted, account: Account) -> tuple[str, tuple[str, ...], int]:
    """The region that a breach belongs to; of a phone its villages, and up to when it was told anything."""
    if noted.source == DEVICE:
        try:
            device = managed(connection, noted.source_id, account)
        except (NoSuchDevice, OutsideRegion):
            raise Wrong({"source_id": NO_DEVICE}) from None
        until = device.contact_at + CONTACT_MS if device.contact_at else noted.noticed_at  # it is known to the minute
        return common(device.villages) or account.region, device.villages, until
    if noted.source == ENTRY:
        region = store.entry_region(connection, account.region, int(noted.source_id))
        if region is None:
            raise Wrong({"source_id": NO_ENTRY})
        return region, (), 0
    return account.region, (), 0


def _known(connection: Connection, text: str, account: Account) -> set[str]:
    """The records of the numbers that were typed, which all must be known. Raises Wrong."""
    numbers = dict.fromkeys(text.replace(",", " ").replace(";", " ").split())
    if len(numbers) > MOST_NUMBERS:
        raise Wrong({"numbers": (f"Paling banyak {MOST_NUMBERS} nomor sekaligus; tambahkan sisanya sesudah disimpan.",
                                 f"At most {MOST_NUMBERS} numbers at once; add the others afterwards.")})  # fmt: skip
    found: set[str] = set()
    unknown = []
    for number in numbers:
        people = rights.by_number(connection, account.region, number)
        found |= {person.record for person in people}
        if not people:
            unknown.append(number)
    if unknown:
        shown = ", ".join(number if len(number) < 16 else "…" + number[-4:] for number in unknown[:10])
        raise Wrong({"numbers": (NOBODY[0].format(shown), NOBODY[1].format(shown))})
    return found


# Reading it -----------------------------------------------------------------------------------------------------------


class Seen(NamedTuple):
    """A breach, how many it touches, a page of them, and behind whom the list goes on."""

    breach: Breach
    total: int
    people: list[Affected]
    next: str | None
    rule: Rule


def look(scope: Scope, number: int, after: str | None, most: int = AT_ONCE) -> Seen | None:
    """A breach with a page of those whom it touches; None where it is not in the region."""
    with reading() as connection:
        breach = store.breach(connection, scope, number)
        if breach is None:
            return None
        people = store.people(connection, scope, number, after, most + 1)
        count = store.count(connection, scope, number)
    shown = people[:most]
    if shown:
        audit.look("list", region=breach.region, records=[each.record for each in shown], list="breach", breach=number)
    named = next((rule for rule in load_data_law() if rule.id == breach.rule), None)
    rule = named or rule_of(breach.noticed_at, breach.region)
    return Seen(breach, count, shown, shown[-1].record if shown and len(people) > most else None, rule)


def list_breaches(scope: Scope, before: int | None) -> tuple[list[Breach], int | None]:
    """A page of the register, the newest first, and behind which number it goes on."""
    with reading() as connection:
        found = store.breaches(connection, scope, before, AT_ONCE + 1)
    return found[:AT_ONCE], found[AT_ONCE - 1].id if len(found) > AT_ONCE else None


def how_many(scope: Scope, now: int) -> tuple[int, int]:
    """(open, overdue), for the first page."""
    with reading() as connection:
        return store.waiting(connection, scope, now)


def affected_csv(scope: Scope, number: int) -> str | None:
    """Whom to tell and where they are found, as CSV with a byte order mark; None where the breach is not in the region."""
    with reading() as connection:
        breach = store.breach(connection, scope, number)
        if breach is None:
            return None
        people = list(_all_people(connection, scope, number))
    audit.look("download", region=breach.region, records=[each.record for each in people], what="breach", breach=number)
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(("nomor_catatan", "nama", "desa", "alamat", "rt", "rw", "telepon"))
    for each in people:
        fields = each.fields or {}
        told = [fields.get(name) for name in ("address", "rt", "rw", "phone")]
        row = (each.record, fields.get("full_name"), each.home, *told)
        writer.writerow([safe("" if value is None else str(value)) for value in row])
    return "\ufeff" + out.getvalue()


def _all_people(connection: Connection, scope: Scope, number: int) -> Iterator[Affected]:
    after = None
    while page := store.people(connection, scope, number, after, 1000):
        yield from page
        after = page[-1].record


# Working on it --------------------------------------------------------------------------------------------------------


def tell(scope: Scope, number: int, whom: str, at: int, account: Account, now: int) -> None:
    """Note that the persons or the authority were told in writing. Raises Wrong, NoSuchRecord."""
    if whom not in (PEOPLE, AUTHORITY):
        raise Wrong({"whom": ("Pilih salah satu.", "Choose one.")})
    if at > now:
        raise Wrong({"at": ("Waktunya belum tiba.", "That is still to come.")})
    with transaction() as connection:
        breach = _open_one(connection, scope, number, account)
        store.change(connection, number, **{f"{whom}_told_at": at})
        audit.note(connection, "breach", region=breach.region, breach=number, step=f"{whom}-told", late=at > breach.due_at)


def write(scope: Scope, number: int, texts: dict[str, str], account: Account) -> None:
    """Write down what is known by now. Raises Wrong, NoSuchRecord."""
    long = {
        name: (f"Paling banyak {LONGEST} huruf.", f"{LONGEST} characters at the most.")
        for name, text in texts.items() if len(text) > LONGEST
    }  # fmt: skip
    if long:
        raise Wrong(long)
    with transaction() as connection:
        breach = _open_one(connection, scope, number, account)
        store.change(connection, number, **{name: text.strip() for name, text in texts.items() if name in TEXTS})
        audit.note(connection, "breach", region=breach.region, breach=number, step="written")


def add_people(scope: Scope, number: int, numbers: str, account: Account) -> None:
    """More persons whom it touches. Raises Wrong, NoSuchRecord."""
    with transaction() as connection:
        breach = _open_one(connection, scope, number, account)
        found = _known(connection, numbers, account)
        store.add_records(connection, number, found)
        audit.note(connection, "breach", region=breach.region, records=found, breach=number, step="added")


def close(scope: Scope, number: int, account: Account, now: int) -> None:
    """Only when all were told, and what was done about it is written. Raises Wrong, NoSuchRecord."""
    with transaction() as connection:
        breach = _open_one(connection, scope, number, account)
        if not (breach.people_told_at and breach.authority_told_at):
            raise Wrong({"close": ("Orang yang terdampak dan lembaga harus diberi tahu dulu.",
                                   "First tell the persons and the agency.")})  # fmt: skip
        if not breach.measures:
            raise Wrong({"close": ("Tulis dulu upaya penanganannya.", "First write what was done about it.")})
        store.change(connection, number, closed_at=now)
        audit.note(connection, "breach", region=breach.region, breach=number, step="closed")


def _open_one(connection: Connection, scope: Scope, number: int, account: Account) -> Breach:
    breach = store.breach(connection, scope, number)
    if breach is None or breach.closed_at is not None:
        raise NoSuchRecord(str(number))
    if not within(breach.region, account.region):
        raise OutsideRegion(str(number))
    return breach
