"""The desk of what is to be corrected: quarantined changes are looked through, taken up, or sent back to their officers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from schemas.change import MAX_SEQ, loads
from schemas.region import within
from server import audit
from server.actions.desk_pages import BadCursor
from server.actions.settle import NoSuchRecord, OutsideRegion, accept_quarantined
from server.db import Connection, reading, transaction
from server.store import desk_pages, devices
from server.store import returning as store
from server.store.accounts import Account
from server.store.desk_pages import Kept
from server.store.returning import ORDERS, ToMend
from server.store.scoping import Scope

LONGEST_NOTE = 500
MOST_COUNTED = 1001
MOST_MARKED = 20_000  # in one transaction
_PLACES = {
    "phone": re.compile(r"([a-z0-9]{1,40})~([0-9]{1,16})\Z"),
    "old": re.compile(r"([0-9]{1,15})~([a-z0-9]{1,40})~([0-9]{1,16})\Z"),
}


class Page(NamedTuple):
    """total: of all that wait, no further than `MOST_COUNTED`. next: the cursor of the next page."""

    rows: list[ToMend]
    total: int
    next: str | None


def to_mend(
    scope: Scope, order: str, device: str | None, cursor: str | None, limit: int, *, answered: bool = False
) -> Page:
    """Quarantined changes that nobody has mended. order: a key of `ORDERS`. Raises BadCursor."""
    with reading() as connection:
        after = _place(order, cursor)
        rows = store.to_mend(connection, scope, ORDERS[order], after, limit + 1, device, answered=answered)
        is_all = cursor is None and device is None and not answered and len(rows) <= limit
        total = len(rows) if is_all else store.how_many(connection, scope, MOST_COUNTED)
    return Page(rows[:limit], total, _cursor(order, rows[limit - 1]) if len(rows) > limit else None)


def _place(order: str, cursor: str | None) -> tuple[Any, ...] | None:
    if cursor is None:
        return None
    found = _PLACES.get(order, _PLACES["old"]).match(cursor)
    if not found or int(found.groups()[-1]) > MAX_SEQ:
        raise BadCursor
    return tuple(int(part) if name in ("received", "seq") else part
                 for name, part in zip(ORDERS[order].columns, found.groups(), strict=True))  # fmt: skip


def _cursor(order: str, row: ToMend) -> str:
    kept = row.kept
    return "~".join(str(kept.moment if name == "received" else getattr(kept, name)) for name in ORDERS[order].columns)


class Wrong(NamedTuple):
    """A quarantined change as a desk corrects it.

    said: the fields as they were sent; {} where nobody can read them. now: what the record holds; None where there is
    none, or it lies in another region. seen: what that is made of, as JSON. is_open: nobody has mended it yet. later: the
    next one in the list.
    """

    row: ToMend
    said: dict[str, Any]
    form: str | None
    at: str | None
    now: Mapping[str, Any] | None
    seen: str
    is_open: bool
    later: tuple[str, int] | None


def look(scope: Scope, device: str, seq: int) -> Wrong | None:
    """None where there is no such change in the region, or it was erased."""
    if not 0 < seq <= MAX_SEQ:
        return None
    with reading() as connection:
        row = store.one(connection, scope, device, seq)
        if row is None:
            return None
        kept = row.kept
        entry = desk_pages.entry_of(connection, scope, kept.record)
        is_open = store.is_open(connection, scope, device, seq)
        place = (kept.moment, device, seq)
        after = store.to_mend(connection, scope, ORDERS["old"], place, 1) or store.to_mend(
            connection, scope, ORDERS["old"], None, 1
        )
    sent = _sent(kept)
    later = [(each.kept.device, each.kept.seq) for each in after if (each.kept.device, each.kept.seq) != (device, seq)]
    now, seen = None, "{}"
    if entry is not None and entry.fields and entry.kind == kept.kind:
        now, seen = loads(entry.fields), entry.seen or "{}"
    form, at = sent.get("form"), sent.get("at")
    return Wrong(
        row, fields_of(kept), form if isinstance(form, str) else None, at if isinstance(at, str) else None, now, seen,
        is_open, later[0] if later else None,
    )  # fmt: skip


def _sent(kept: Kept) -> dict[str, Any]:
    sent = loads(kept.sent) if kept.sent else None
    return sent if isinstance(sent, dict) else {}


def fields_of(kept: Kept) -> dict[str, Any]:
    """The fields as they were sent; {} where nobody can read them."""
    said = _sent(kept).get("fields")
    return said if isinstance(said, dict) else {}


def take_up(wrong: Wrong, fields: Mapping[str, Any], seen: Mapping[str, int], account: Account, now: int) -> str:
    """What was sent, corrected, as a change of the desk's; gives the record's id. Raises as `accept_quarantined`.

    seen: what the page showed of the record, so that an officer's own correction that came meanwhile is not written over.
    """
    kept = wrong.row.kept
    record = accept_quarantined(kept.device, kept.seq, fields, account, now, seen)
    if record != kept.record:  # joined with another by now: its own id says nothing of the correction
        with transaction() as connection:
            store.put_return(connection, kept.device, kept.seq, kept.record, store.ANSWERED, account.id, now)
    return record


def return_change(device: str, seq: int, note: str, account: Account, now: int) -> None:
    """Send a quarantined change back to its officer: the note stands beside his task. Raises NoSuchRecord, OutsideRegion."""
    with transaction() as connection:
        row = _own(connection, device, seq, account)
        store.put_return(connection, device, seq, row.kept.record, note, account.id, now)
        devices.send_mail(connection, [_letter(device, row.kept.record, note, now)])
        audit.note(connection, "return", region=row.kept.village, record=row.kept.record, device=device, seq=seq)


def answer(device: str, seq: int, is_answered: bool, account: Account, now: int) -> None:
    """Say that a quarantined change needs nothing more, or take that back. Raises NoSuchRecord, OutsideRegion."""
    with transaction() as connection:
        row = _own(connection, device, seq, account)
        if is_answered:
            store.put_return(connection, device, seq, row.kept.record, store.ANSWERED, account.id, now)
        elif row.returned is not None and row.returned.note == store.ANSWERED:
            store.drop_return(connection, device, seq)
        home, record = row.kept.village, row.kept.record
        audit.note(connection, "answer", region=home, record=record, answered=is_answered, device=device, seq=seq)


def _own(connection: Connection, device: str, seq: int, account: Account) -> ToMend:
    devices.lock(connection, device)
    row = store.one(connection, account.region, device, seq)
    if row is None:
        raise NoSuchRecord(f"{device} {seq}")
    return row


def return_record(scope: Scope, record: str, note: str, account: Account, now: int) -> list[str]:
    """Ask the officer of a merged record to look at it again, with a note; gives whose phones are told, one name a phone.

    It is the phone that wrote to it last, if that still serves the record's village; else all that do. Raises
    NoSuchRecord where it is not in the region.
    """
    with transaction() as connection:
        entry = desk_pages.entry_of(connection, scope, record)
        if entry is None:
            raise NoSuchRecord(record)
        if not within(entry.village, account.region):
            raise OutsideRegion(record)
        phones = store.phones_of(connection, entry.record, entry.village)
        devices.send_mail(connection, [_letter(phone.device, entry.record, note, now) for phone in phones])
        if phones:
            told = [phone.device for phone in phones]
            audit.note(connection, "return", region=entry.village, record=entry.record, devices=told)
    return [phone.officer or phone.device for phone in phones]


def _letter(device: str, record: str, note: str, now: int) -> dict[str, Any]:
    return {"device": device, "seq": None, "record": record, "code": None, "note": note, "at": now}


def mark_mended(now: int) -> int:
    """Set aside for good what was mended since; gives how many changes. Harmless to repeat."""
    with transaction() as connection:
        return store.mark_mended(connection, now, MOST_MARKED)


def how_many(scope: Scope) -> int:
    """How many changes wait to be corrected in a region, no further than `MOST_COUNTED`."""
    with reading() as connection:
        return store.how_many(connection, scope, MOST_COUNTED)
