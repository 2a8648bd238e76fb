"""Who works in the villages and has no active cover, why, and who is paid for or counted though he should not be."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any, NamedTuple

from programme import months
from schemas.problem import Both
from server.actions.figures import current_month
from server.actions.worker_pages import read_cursor, write_cursor
from server.db import Connection, reading
from server.store import gaps as store
from server.store import lists, regions
from server.store.gaps import CHECKS, REASONS, Counts, Place
from server.store.scoping import Scope, for_itself

ON_A_PAGE = 25
VILLAGES_AT_ONCE, LOOKED_AT = 40, 2_000
"""How many villages, or people, are looked through for one page before it says that the list goes on."""
MOST_PAIRS = 1_000
_PAID = frozenset("BRIWP")
_END = "~"
"""Comes after all that a name's key is made of: behind everybody of a village."""
_UNKNOWN = (lists.NEW, lists.ONLY_THERE)
NAMES: dict[str, Both] = {
    store.UNREGISTERED: ("Belum terdata", "Not registered"),
    store.INCOMPLETE: ("Data belum lengkap", "Incomplete"),
    store.PROPOSED: ("Diusulkan, belum diperiksa", "Proposed, not verified"),
    store.AWAITING: ("Menunggu bayar", "Awaiting payment"),
    store.UNCONFIRMED: ("Sudah bayar, belum dikonfirmasi", "Paid, not confirmed"),
    store.ARREARS: ("Menunggak 1 atau 2 bulan", "In arrears, 1 or 2 months"),
    store.LAPSED: ("Tidak aktif lagi", "Lapsed"),
    store.AGE: ("Di luar usia", "Outside the age limits"),
    store.WAGE_EARNER: ("Penerima upah tanpa perlindungan", "Wage earners without cover"),
    store.APPARATUS: ("Perangkat desa tanpa perlindungan", "Village staff without cover"),
    store.ENDED_FUNDED: ("Dibiayai padahal sudah berakhir", "Funded though ended"),
    store.UNCOUNTED_FUNDED: ("Dibiayai padahal tidak masuk hitungan", "Funded though not counted"),
    store.UNVERIFIED: ("Dihitung terlindungi, belum diperiksa", "Counted as covered, never verified"),
}  # fmt: skip
"""What a reason is called."""
NO_COUNTS = Counts(dict.fromkeys(REASONS, 0), 0, 0, 0, 0, 0)


class Part(NamedTuple):
    code: str
    name: str
    counts: Counts


class Summary(NamedTuple):
    """A region's gaps in a month (`YYYY-MM`), and those of the regions one level below that have any figures.

    members: rows of the branch's lists that nobody here answers to; pairs: likely doubles, up to `MOST_PAIRS`.
    """

    month: str
    total: Counts
    parts: list[Part]
    members: int
    pairs: int


def summary(scope: Scope, now: int) -> Summary:
    with reading() as connection:
        told = counts_of(connection, scope, now)
        brought = lists.in_state(connection, scope, (lists.READY, lists.ACCEPTING), 100)
        members = sum(_unknown(each.totals) for each in brought if each.purpose == "members")
        return told._replace(members=members, pairs=store.open_pairs(connection, scope, MOST_PAIRS))


def counts_only(within: str, now: int) -> Summary:
    """The same without what lists and doubles say: for programs, and for whoever may see no person."""
    with reading() as connection:
        return counts_of(connection, within, now)


def counts_of(connection: Connection, code: str, now: int) -> Summary:
    current = months.number(current_month(code, now))
    month = store.latest_month(connection, code, current) or current
    known = store.counts(connection, code, month)
    names = regions.names(connection, list(known))
    parts = [Part(part, names.get(part, part), each) for part, each in known.items()]
    return Summary(months.text(month), _added([part.counts for part in parts]), parts, 0, 0)


def _added(parts: Collection[Counts]) -> Counts:
    if not parts:
        return NO_COUNTS
    by_reason = {reason: sum(part.by_reason[reason] for part in parts) for reason in REASONS}
    return Counts(by_reason, *(sum(numbers) for numbers in zip(*(part[1:] for part in parts), strict=True)))


def _unknown(totals: dict[str, Any]) -> int:
    rows = totals.get("rows") or {}
    return sum(int((rows.get(verdict) or {}).get("open", 0)) for verdict in _UNKNOWN)


# People ---------------------------------------------------------------------------------------------------------------


class Gap(NamedTuple):
    """Somebody without active cover. row: of `person`. arrears: unpaid months in a row. has_paid: not confirmed yet.

    since: the first day of his state. lists: numbers and titles of decrees on whose lists he stands, where that is asked.
    until: the last month that is covered for him.
    """

    row: Any
    why_not: str | None
    arrears: int
    has_paid: bool
    since: str | None
    until: str | None
    lists: tuple[str, ...] = ()


class Listed(NamedTuple):
    """gaps: of one page. villages: code -> name. next: the cursor of the next page; this one may be empty for all that."""

    gaps: list[Gap]
    villages: dict[str, str]
    next: str | None


def people(scope: Scope, reason: str, village: str | None, cursor: str | None, now: int, most: int = ON_A_PAGE) -> Listed:
    """A page of one of `REASONS` (all but those not registered) or `CHECKS`. village: one inside the scope alone.

    Raises BadCursor.
    """
    place = read_cursor(cursor)
    with reading() as connection:
        after = _place(connection, scope, place[1]) if place else None
        gaps, goes_on = _page(connection, scope, village or str(scope), reason, after, most, now)
        homes = {gap.row.home for gap in gaps}
        names = regions.names(connection, sorted(homes | {home[:8] for home in homes}))
    return Listed(gaps, names, write_cursor((0, (goes_on[0], goes_on[2]))) if goes_on else None)


def everybody(connection: Connection, scope: Scope, reason: str, now: int, at_once: int = 500) -> Iterator[list[Gap]]:
    """All of them, some at a time: for what is written into a file."""
    after: Place | None = None
    while True:
        gaps, after = _page(connection, scope, str(scope), reason, after, at_once, now)
        yield gaps
        if after is None:
            return


def _place(connection: Connection, scope: Scope, key: tuple[str, ...]) -> Place:
    """A cursor stands in an address, and so holds no name: the village and the record alone."""
    home, record = (*key, "")[:2]
    return (home, _END, _END) if record == _END else (home, store.name_key(connection, scope, record), record)


def _page(
    connection: Connection, scope: Scope, code: str, reason: str, after: Place | None, most: int, now: int
) -> tuple[list[Gap], Place | None]:
    month = store.latest_month(connection, code, months.number(current_month(code, now)))
    if month is None or reason not in (*REASONS[1:], *CHECKS):
        return [], None
    if reason == store.ENDED_FUNDED:
        return _ended(connection, scope if len(code) != 13 else Scope(code), after, most, months.text(month))
    return _by_village(connection, scope, code, reason, month, after, most)


def _by_village(
    connection: Connection, scope: Scope, code: str, reason: str, month: int, after: Place | None, most: int
) -> tuple[list[Gap], Place | None]:
    villages = store.villages_with(connection, code, month, reason, after[0] if after else None, VILLAGES_AT_ONCE)
    rows: list[Any] = []
    for village in villages:
        rows += _of_village(connection, scope, village, reason, after, most + 1 - len(rows))
        if len(rows) > most:
            rows = rows[:most]
            return _told(connection, scope, rows, reason), (rows[-1].home, rows[-1].name_key, rows[-1].record)
    goes_on = (villages[-1], _END, _END) if len(villages) == VILLAGES_AT_ONCE else None
    return _told(connection, scope, rows, reason), goes_on


def _of_village(
    connection: Connection, scope: Scope, village: str, reason: str, after: Place | None, most: int
) -> list[Any]:
    if reason == store.UNCOUNTED_FUNDED:
        return store.uncounted_funded(connection, scope, village, after, most)
    if reason == store.UNVERIFIED:
        return store.unverified(connection, scope, village, after, most)
    return store.of_reason(connection, scope, village, reason, after, most)


def _told(connection: Connection, scope: Scope, rows: list[Any], reason: str) -> list[Gap]:
    said = store.derived(connection, scope, [row.record for row in rows])
    is_check = reason in CHECKS
    standing = _standing(connection, [row.record for row in rows], None) if is_check else {}
    return [_gap(row, said.get(row.record, {}), standing.get(row.record, ())) for row in rows]


def _gap(row: Any, said: dict[str, Any], standing: tuple[str, ...]) -> Gap:
    letters = getattr(row, "letters", "") or "-"
    return Gap(
        row, getattr(row, "why_not", None), int(said.get("arrears") or 0), letters[-1] in _PAID, said.get("since"),
        max(said.get("covered") or (), default=None), standing,
    )  # fmt: skip


def _ended(
    connection: Connection, scope: Scope, after: Place | None, most: int, month: str
) -> tuple[list[Gap], Place | None]:
    """Who ended and is still covered from somebody's budget, this month or later, or stands on a decree's list that runs."""
    found: list[Gap] = []
    looked = 0
    while looked < LOOKED_AT:
        rows = store.ended_with_funding(connection, scope, after, 200)
        ids = [row.record for row in rows]
        said, standing = store.derived(connection, scope, ids), _standing(connection, ids, month)
        for row in rows:
            covered = said.get(row.record, {}).get("covered") or ()
            if standing.get(row.record) or max(covered, default="") >= month:
                found.append(_gap(row, said.get(row.record, {}), standing.get(row.record, ())))
                if len(found) == most:
                    return found, (row.home, row.name_key, row.record)
        if len(rows) < 200:
            return found, None
        looked += len(rows)
        after = (rows[-1].home, rows[-1].name_key, rows[-1].record)
    return found, after


def _standing(connection: Connection, records: list[str], month: str | None) -> dict[str, tuple[str, ...]]:
    """Record -> what the decrees are called on whose lists he stands: those that run in a month, or any."""
    with for_itself():  # these people were looked at in the region; a province's decree lies above it
        entries = store.on_lists(connection, records)
        known = store.decrees(connection, sorted({said["decree"] for some in entries.values() for _, said in some}))
    running = {
        number: str(said.get("number") or said.get("title") or number) for number, said in known.items()
        if said.get("state") in ("proposed", "signed") and (month is None or str(said.get("last_month") or "") >= month)
    }  # fmt: skip
    named = {
        record: tuple(running[said["decree"]] for _, said in some if said["decree"] in running)
        for record, some in entries.items()
    }
    return {record: those for record, those in named.items() if those}
