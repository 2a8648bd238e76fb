"""What is to be done in villages, as their coverage was last drawn; and what a phone is told of it.

A phone is told record ids only, since it has the records.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import date
from typing import Any

from programme.membership import ARREARS, DUE_SOON, LAPSED, due
from programme.rules import Rules
from schemas.change import is_desk
from schemas.kinds import kind_of
from schemas.problem import complain
from server.db import Connection, reading
from server.store import changes as log
from server.store import worklists as store
from server.store.bulk import in_chunks
from server.store.devices import Device
from server.store.worklists import Drawn, FollowUp

CARD, REACTIVATED = "card", "reactivated"
LIST_OF = {DUE_SOON: "due_soon", LAPSED: "lapsed", CARD: "cards", REACTIVATED: "reactivated"}
"""The phone's list for what is to be done; all arrears are one list of its own there."""

MOST_CORRECTED = 200


def worklists(device: Device, lang: str) -> dict[str, Any]:
    """The device's villages and its lists; `to_correct` names its own quarantined changes, with what is wrong.

    `corrected`: those that a desk has taken up since, or that need nothing more: no task for the officer any more.
    """
    with reading() as connection:
        records = [row for row in store.to_do(connection, device.villages) if kind_of(row.kind).to_phones]
        listed = store.listed(connection, device.villages)
        wrong = store.to_correct(connection, device.id)
        corrected = store.corrected(connection, device.id, MOST_CORRECTED)
    lists: dict[str, list[Any]] = {name: [] for name in ("in_arrears", *LIST_OF.values())}
    for record, what in listed:
        lists[LIST_OF.get(what, "in_arrears")].append(record)
    return {
        "villages": list(device.villages),
        "incomplete": [
            {"record": row.record, "fields": kind_of(row.kind).lacking(row.fields)} for row in records if row.incomplete
        ],
        "conflicts": [{"record": row.record, "fields": row.conflicts} for row in records if row.conflicts],
        **lists,
        "to_correct": [
            {"seq": each.seq, "record": each.record, "errors": _sentences(each.errors, lang)}
            | ({"note": each.note} if each.note else {})
            for each in wrong
        ],
        "corrected": corrected,
    }


def draw(connection: Connection, village: str, records: Collection[str], rules: Rules, day: date) -> None:
    """Note what is to be done about some workers of a village, whose coverage was drawn for its `day` just now."""
    is_overdue = day.day > rules.on("due_day", day).value
    for ids in in_chunks(sorted(records)):
        drawn = store.drawn(connection, village, ids)
        officers = log.authors(connection, [each.made for each in drawn if not is_desk(each.made[0])])
        new = {row for each in drawn for row in _to_do(village, each, is_overdue, officers.get(each.made))}
        old = set(store.kept(connection, village, ids))
        named = {(row.record, row.what) for row in new}
        store.drop(connection, village, [row for row in old if (row.record, row.what) not in named])
        store.keep(connection, sorted(new - old, key=lambda row: (row.record, row.what)))


def _to_do(village: str, drawn: Drawn, is_overdue: bool, officer: int | None) -> Iterator[FollowUp]:
    owed = due(drawn.letters, is_overdue)
    tasks = {"k": CARD, "a": REACTIVATED}
    if owed is not None:
        what = f"{ARREARS}_{owed.arrears}" if owed.what == ARREARS else owed.what
        yield FollowUp(village, drawn.record, what, owed.paid, officer, drawn.since)
    for task in drawn.tasks or "":
        yield FollowUp(village, drawn.record, tasks[task], False, officer, drawn.since)


def _sentences(errors: Mapping[str, list[str]], lang: str) -> dict[str, list[str]]:
    return {field: [complain(code, lang) for code in codes] for field, codes in errors.items()}
