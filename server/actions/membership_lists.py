"""The rows of two lists that leave the house: what is to be done about contributions and cards, and memberships' stories."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any, NamedTuple

from server.actions import followups, memberships
from server.actions.memberships import Fact, Membership, Told
from server.db import Connection
from server.store import exports, people_index
from server.store.followups import Chosen
from server.store.scoping import Scope, for_itself
from server.vocabulary import MEMBERSHIP_WHY

AT_ONCE = 200  # workers whose stories are read together


class Row(NamedTuple):
    """A row by the names of columns, but for the place; whom it tells of."""

    village: str
    record: str
    values: dict[str, Any]


def to_follow_up(connection: Connection, scope: Scope, words: int) -> Iterator[list[Row]]:
    """words: 0 Indonesian, 1 English."""
    for page in followups.every(connection, scope, Chosen()):
        yield [
            Row(row.village, row.record, {
                "record": row.record, "worker_name": row.name, "worker_nik": row.nik, "phone": row.phone, "what": row.what,
                "what_words": followups.name_of(row.what)[words], "paid": row.is_paid, "since": row.since,
                "officer": "; ".join(page.whose(row)) or None,
            })
            for row in page.rows
        ]  # fmt: skip


def stories(
    connection: Connection, scope: Scope, restricted: Collection[str], words: int, now: int
) -> Iterator[tuple[list[Row], int]]:
    """State by state; and how many people were left out, since the use of their data is restricted."""
    for standing in exports.standing(connection, "worker", scope):
        kept = [each.record for each in standing if each.record not in restricted]
        rows: list[Row] = []
        for start in range(0, len(kept), AT_ONCE):
            with for_itself():  # they stand in the region; what they are made of may have been written elsewhere
                told = list(memberships.stories(connection, kept[start : start + AT_ONCE], now))
            niks = {row.record: row.nik for row in people_index.by_record(connection, scope, [each.record for each in told])}
            rows += [row for each in told for row in _of(each, niks.get(each.record), words)]
        yield rows, len(standing) - len(kept)


def _of(told: Membership, nik: str | None, words: int) -> Iterator[Row]:
    for number, each in enumerate(told.now, 1):
        yield Row(told.village, told.record, {
            "row": f"{told.record}/{number}", "record": told.record, "worker_name": told.name, "worker_nik": nik,
            **_step(each, words), "stands": each.step.until is None, "first_active": _day(told.first_active),
            "active_since": _day(told.active_since),
        })  # fmt: skip


def _step(told: Told, words: int) -> dict[str, Any]:
    step, fact = told.step, next(iter(told.facts), Fact(None, 0, None))
    then = step.told if step.was_told_otherwise else None
    return {
        "state": step.state, "arrears": step.arrears or None, "since": _day(step.since), "until": _day(step.until),
        "why": " ".join(filter(None, (MEMBERSHIP_WHY.get(step.why, (step.why, step.why))[words], step.month))),
        "by": fact.by.name if fact.by else None, "list": fact.list[0] if fact.list else None,
        "list_row": fact.list[1] if fact.list else None, "known_on": _day(step.known_on),
        "told_then": then.state if then else None,
    }  # fmt: skip


def _day(day: Any) -> str | None:
    return None if day is None else str(day)
