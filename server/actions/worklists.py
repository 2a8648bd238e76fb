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


def worklists(device: Device, lang: str) -> dict[str, Any]:
    """The device's villages and its lists; `to_correct` names its own quarantined changes, with what is wrong."""
    with reading() as connection:
        records = [row for row in store.to_do(connection, device.villages) if kind_of(row.kind).to_phones]
        unpaid = store.unpaid(connection, device.villages)
        wrong = store.to_correct(connection, device.id)
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
            {"seq": seq, "record": record, "errors": _sentences(errors, lang)} for seq, record, errors in wrong
        ],
    }


def _sentences(errors: Mapping[str, list[str]], lang: str) -> dict[str, list[str]]:
    return {field: [complain(code, lang) for code in codes] for field, codes in errors.items()}
