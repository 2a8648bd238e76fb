"""What an officer finds to do in his villages: record ids only, since the phone has the records."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from schemas.kinds import kind_of
from schemas.problem import complain
from server.db import reading
from server.store import worklists as store
from server.store.devices import Device

LIST_OF = {"r": "in_arrears", "i": "lapsed", "b": "due_soon"}
"""The list for a worker, by the letter of his current month: see `programme.coverage.by_month`."""

MOST_CORRECTED = 200


def worklists(device: Device, lang: str) -> dict[str, Any]:
    """The device's villages and its lists; `to_correct` names its own quarantined changes, with what is wrong.

    `corrected`: those that a desk has taken up since, or that need nothing more: no task for the officer any more.
    """
    with reading() as connection:
        records = [row for row in store.to_do(connection, device.villages) if kind_of(row.kind).to_phones]
        unpaid = store.unpaid(connection, device.villages)
        wrong = store.to_correct(connection, device.id)
        corrected = store.corrected(connection, device.id, MOST_CORRECTED)
    lists: dict[str, list[Any]] = {name: [] for name in LIST_OF.values()}
    for record, letter in unpaid:
        lists[LIST_OF[letter.lower()]].append(record)
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


def _sentences(errors: Mapping[str, list[str]], lang: str) -> dict[str, list[str]]:
    return {field: [complain(code, lang) for code in codes] for field, codes in errors.items()}
