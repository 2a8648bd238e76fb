"""What desks enter about regions: reading it, writing it by changes of the desk's own, and what two people must agree on.

A record's id is `<kind>:<region>:<key>`. A page that offers a new one draws its key first (`new_key`), so that a form
that is sent twice makes one record.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection, Mapping
from typing import Any, NamedTuple

from schemas.kinds import REGIONAL
from schemas.region import within
from server.actions import settle
from server.clock import day_at
from server.db import Connection, reading
from server.store import accounts, records
from server.store import changes as log
from server.store import entries as store
from server.store.accounts import Account
from server.store.entries import Entry
from server.store.scoping import Scope, for_itself

ALPHABET = "23456789abcdefghjkmnpqrstvwxyz"
KEY_LENGTH = 10

Check = Callable[[Connection, Mapping[str, Any]], None]

__all__ = ["Entry", "Hand", "all_of", "begin", "change", "find", "is_by", "new_key", "one", "these", "written_by"]


class Hand(NamedTuple):
    """Who wrote a value (None: the machine), when in ms, and the value."""

    name: str | None
    at: int
    value: Any


def new_key() -> str:
    """Ten letters and digits that nobody mistakes for one another on the telephone."""
    return "".join(secrets.choice(ALPHABET) for _ in range(KEY_LENGTH))


def find(scope: Scope, kind: str, record: str) -> Entry | None:
    """One record in the region; None where there is none."""
    with reading() as connection:
        return store.one(connection, scope, kind, record)


def one(scope: Scope, kind: str, record: str) -> Entry:
    """As `find`. Raises settle.NoSuchRecord."""
    found = find(scope, kind, record)
    if found is None:
        raise settle.NoSuchRecord(record)
    return found


def all_of(scope: Scope, kind: str, region: str | None = None, after: str = "", most: int | None = None) -> list[Entry]:
    """Those of a kind in a region, whatever their level, in the order of their ids."""
    with reading() as connection:
        return store.within(connection, scope, kind, region, after, most)


def these(scope: Scope, ids: Collection[str]) -> dict[str, Entry]:
    with reading() as connection:
        return store.these(connection, scope, ids)


def begin(
    kind: str, region: str, key: str, fields: Mapping[str, Any], account: Account | None, now: int, act: str = "write", *,
    check: Check | None = None,
) -> str:  # fmt: skip
    """Begin a record; said a second time in the same words it changes nothing. Gives its id.

    Raises settle.OutsideRegion, BadFields (also for required fields that are missing), NotSeen where another one is there.
    """
    known = REGIONAL[kind]
    try:
        record = known.id_of(region, key)
    except ValueError:
        raise settle.BadFields({"record": ["bad-record-id"]}) from None
    given = {name: value for name, value in fields.items() if value is not None}
    lacks = known.lacking(given)
    judged = known.judge(given, desk=True, today=day_at(now, region))
    if lacks or judged.errors:
        raise settle.BadFields({**judged.errors, **{name: ["required"] for name in lacks if name not in judged.errors}})
    if account is None or within(region, account.region):  # else `enter` refuses it, whatever is there
        if _says(record, judged.fields):
            return record
    try:
        return settle.enter(kind, record, {}, judged.fields, account, now, act, whole=True, check=check)
    except settle.NotSeen:
        if _says(record, judged.fields):  # the same form, sent twice in one moment
            return record
        raise


def _says(record: str, fields: Mapping[str, Any]) -> bool:
    """Whether there is such a record, and it says all this already."""
    kind, region, _ = record.split(":")
    with reading() as connection, for_itself():  # only what he said himself is compared
        there = store.one(connection, region, kind, record)
    return there is not None and all(there.fields.get(name) == value for name, value in fields.items())


def change(
    kind: str, record: str, seen: Mapping[str, int] | None, fields: Mapping[str, Any], account: Account | None, now: int,
    act: str = "write", *, others: Collection[str] = (), whole: bool = False, check: Check | None = None,
) -> str:  # fmt: skip
    """Change fields of a record that is there: only those that differ are written.

    seen: as the page showed it. others, whole, check: as `settle.enter` has them. Raises settle.NoSuchRecord, OutsideRegion,
    OwnEntry, NotSeen, BadFields.
    """
    region = REGIONAL[kind].fixed_id(record)
    with reading() as connection, for_itself():  # `enter` looks whether it lies in his region
        known = None if region is None else store.one(connection, region, kind, record)
    if known is None:
        raise settle.NoSuchRecord(record)
    differs = _differs(known, fields)
    judged = REGIONAL[kind].judge(differs, desk=True, today=day_at(now, known.home))
    if judged.errors:
        raise settle.BadFields(judged.errors)
    differs = _differs(known, judged.fields)  # what was only typed otherwise is no change, and nobody's handwriting
    if not differs and account is not None and not within(known.home, account.region):
        raise settle.OutsideRegion(record)
    if not differs:
        return record
    return settle.enter(kind, record, seen, differs, account, now, act, others=others, whole=whole, check=check)


def _differs(known: Entry, fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if known.fields.get(name) != value}


def is_by(account: Account, record: str, fields: Collection[str]) -> bool:
    """Whether somebody else must approve it: he wrote one of these fields, or anything since (`others` of `change`)."""
    with reading() as connection, for_itself():  # asks who wrote, not what
        row = records.read_records(connection, [record]).get(record)
        return row is not None and settle.wrote_since(connection, row, fields, account)


def written_by(scope: Scope, record: str, field: str) -> list[Hand]:
    """Who wrote a field, and when, the latest last; machines and closed accounts too."""
    if find(scope, record.partition(":")[0], record) is None:
        raise settle.NoSuchRecord(record)
    with reading() as connection, for_itself():  # the record was found in his region just now
        told = [change for change in log.histories(connection, [record])[record] if field in (change.fields or ())]
        by = log.authors(connection, [change.dot for change in told])
        names = accounts.names(connection, {who for who in by.values() if who is not None})
    return [
        Hand(names.get(by.get(change.dot) or 0), change.effective, (change.fields or {})[field])
        for change in sorted(told, key=lambda each: (each.received, each.seq))
    ]
