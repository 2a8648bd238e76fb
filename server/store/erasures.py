"""What the law's erasure leaves: that a record was erased, when, and why; nothing of what it held."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, and_, delete, insert, literal, or_, select, update

from schemas.change import dumps, loads
from server.store import changes, claims, duplicates, files, people_drawn
from server.store import desk_tables as d
from server.store import tables as t
from server.store.bulk import add_missing, in_chunks
from server.store.files import Doomed
from server.store.programme_tables import activity, claim_case, clock, decree_work, double_funding, followup, held_payment


def erase_values(
    connection: Connection, records: Collection[str], by: int | None, reason: str, now: int
) -> Doomed:
    """Blank the records' changes, and drop every other place that may hold a value of theirs.

    Gives the files that nothing names any more.
    """
    rows = [{"record": record, "at": now, "by": by, "reason": reason} for record in records]
    add_missing(connection, t.erasure, rows)
    changes.blank(connection, records)
    for part in in_chunks(records):
        connection.execute(delete(t.evidence).where(t.evidence.c.record.in_(part)))
        drawn = select(t.cover.c.village, t.cover.c.record, literal(True)).where(t.cover.c.record.in_(part))
        connection.execute(insert(t.touched).from_select(["village", "record", "passed_on"], drawn))
        where = select(t.cover.c.village).where(t.cover.c.record.in_(part))
        connection.execute(delete(followup).where(followup.c.village.in_(where), followup.c.record.in_(part)))
        connection.execute(delete(t.cover).where(t.cover.c.record.in_(part)))
        connection.execute(delete(claim_case).where(claim_case.c.record.in_(part)))
        connection.execute(update(claim_case).where(claim_case.c.worker.in_(part)).values(decile=None))
        for drawn_of in (activity.c.record, clock.c.record, double_funding.c.record, held_payment.c.contribution):
            connection.execute(delete(drawn_of.table).where(drawn_of.in_(part)))
        _forget_in_rankings(connection, part)
        connection.execute(update(t.record).where(t.record.c.id.in_(part)).values(derived=None))
    claims.note_drawing(connection)
    duplicates.forget(connection, records)
    people_drawn.take_turn(connection)
    people_drawn.drop_people(connection, records)
    _forget_at_desks(connection, records)
    return files.forget(connection, records)


def _forget_in_rankings(connection: Connection, records: Collection[str]) -> None:
    """Where a ranking that was looked at, or a decree's work, tells of them: their place, and what it rests on."""
    w, gone = decree_work.c, set(records)
    names_one = or_(*(w.totals.contains(f'"{record}"', autoescape=True) for record in records))
    for number, totals in connection.execute(select(w.id, w.totals).where(names_one)).all():
        told = loads(totals)
        if "people" in told:
            told["people"] = [one for one in told["people"] if one[0] not in gone]
        if "told" in told:
            told["told"] = {word: [one for one in some if one not in gone] for word, some in told["told"].items()}
        connection.execute(update(decree_work).where(w.id == number).values(totals=dumps(told)))


def _forget_at_desks(connection: Connection, records: Collection[str]) -> None:
    """What desks keep besides: rows of lists, notes to officers. That somebody asked, was told or was looked at stays."""
    for part in in_chunks(records):
        of_them = d.list_row.c.record.in_(part)
        connection.execute(update(d.list_row).where(of_them).values(said=None, about=None, person=None))
        _forget_likely(connection, part)
        connection.execute(delete(d.returned).where(d.returned.c.record.in_(part)))
        connection.execute(delete(d.restriction).where(d.restriction.c.record.in_(part)))
        asked = d.rights_request.c.record.in_(part)  # of the erasure itself the answer is written afterwards
        connection.execute(update(d.rights_request).where(asked).values(note="", answer=""))
        connection.execute(delete(d.retention_due).where(d.retention_due.c.record.in_(part)))
        connection.execute(delete(t.mail).where(t.mail.c.record.in_(part), t.mail.c.note.is_not(None)))


def _forget_likely(connection: Connection, records: Collection[str]) -> None:
    """Rows of lists of which nobody has said yet who they are, and that may be one of these: so they may tell of him."""
    still = select(d.list_file.c.id).where(d.list_file.c.gone_at.is_(None))
    names_one = or_(*(d.list_row.c.about.contains(f'"{record}"', autoescape=True) for record in records))
    may_be = and_(d.list_row.c.list.in_(still), d.list_row.c.verdict == "likely", names_one)
    connection.execute(update(d.list_row).where(may_be).values(said=None, about=None, person=None))


def all_erasures(connection: Connection) -> list[dict[str, Any]]:
    """record, at, by, reason of every erasure."""
    return [dict(row._mapping) for row in connection.execute(select(t.erasure).order_by(t.erasure.c.record))]
