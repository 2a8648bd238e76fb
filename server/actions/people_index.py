"""The index of people follows what was synced: who is found by which words, village by village, on a schedule.

A village's workers are drawn in the order of its stream, some hundred in one transaction, and the place is noted in the
same: wherever it is cut it goes on from there. A row is a function of the record as it stands, and of whether its use is
restricted; so what was followed equals what is drawn from scratch. Streams are not locked: a position that is visible
has all that lie below it beside it (`server/store/streams.py`).
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from schemas.change import loads
from server import log
from server.clock import day_at
from server.config import Settings
from server.db import Connection, reading, transaction
from server.linkage import people
from server.store import people_drawn as store
from server.store.people_index import plain_kpj

AT_ONCE = 400
"""Workers drawn in one transaction: on SQLite others wait for no longer than that takes."""

PROPOSED, USUAL_SEGMENT = "proposed", "bpu"


def follow(settings: Settings, now: int) -> int:
    """Draw whoever changed since the last time; gives the workers drawn. Harmless to repeat, or to run twice at once.

    A village that fails does not stop the others; its error rises in the end.
    """
    with reading() as connection:
        villages = store.due(connection)
    drawn, failed = 0, None
    for village in villages:
        try:
            drawn += follow_village(village)
        except Exception as error:
            log.failed(error, village=village)
            failed = failed or error
    if failed:
        raise failed
    return drawn


def follow_village(village: str, at_once: int = AT_ONCE) -> int:
    """Draw the workers of a village that changed since; gives how many."""
    drawn = 0
    while True:
        with transaction() as connection:
            store.take_turn(connection)
            known = store.standing(connection, village)
            rows = store.moved_on(connection, village, known.followed, at_once)
            _draw(connection, rows)
            is_end = len(rows) < at_once
            # Read before the rows were: whatever came since lies behind it.
            store.note_followed(connection, village, max(known.position, known.followed) if is_end else rows[-1].position)
        drawn += len(rows)
        if is_end:
            return drawn


def draw_anew(settings: Settings, now: int) -> int:
    """Forget the index and draw all of it; gives the workers drawn."""
    with transaction() as connection:
        store.forget_all(connection)
    return follow(settings, now)


def _draw(connection: Connection, rows: Collection[Any]) -> None:
    here = [row for row in rows if row.stands]
    if gone := [row.id for row in rows if not row.stands]:
        store.drop_people(connection, gone)
    if here:
        restricted = store.restricted_among(connection, [row.id for row in here])
        drawn = [person_of(row, row.id in restricted) for row in here]
        store.put_people(connection, drawn)
        store.put_words(
            connection, {row["record"]: (row["home"], people.words(row["full_name"])) for row in drawn}
        )


def person_of(row: Any, restricted: bool) -> dict[str, Any]:
    """A worker's record as the row of `person`."""
    fields = loads(row.fields)
    derived = loads(row.derived) if row.derived else {}
    name = str(fields.get("full_name") or "")
    return {
        "record": row.id, "home": row.home, "full_name": name, "name_key": " ".join(people.words(name)),
        "nik": fields.get("nik"), "kk_number": fields.get("kk_number"), "kpj": plain_kpj(fields.get("kpj")),
        "birth_date": fields.get("birth_date"), "sex": fields.get("sex"), "mother_name": fields.get("mother_name"),
        "phone": fields.get("phone"), "occupation": fields.get("occupation"),
        "segment": fields.get("segment") or USUAL_SEGMENT, "funding": fields.get("funding"),
        "vulnerable": fields.get("vulnerable"), "dtsen_decile": fields.get("dtsen_decile"),
        "status": fields.get("status") or PROPOSED, "incomplete": bool(row.incomplete), "waits": bool(row.waits),
        "restricted": restricted,
        "registered_on": fields.get("registered_at") or day_at(row.created_at, row.home).isoformat(),
        "coverage": derived.get("state") or PROPOSED, "position": row.position,
    }  # fmt: skip
