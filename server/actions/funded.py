"""Plan against realisation follows what was synced: what came out of which money, and whom two pay for.

Contributions lie in villages, decrees and their names in whatever region signed them, and two records may turn out to be one
person: so each region's stream says whom it touched, and whatever hangs on these people is drawn anew. Drawn that way,
or all at once, the rows are the same function of the records.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any, NamedTuple

from programme import funding, months
from programme.funding import Named
from schemas.change import loads
from server import log
from server.actions import confirmations
from server.config import Settings
from server.db import Connection, reading, transaction
from server.store import changes
from server.store import funded as store
from server.store.bulk import in_chunks
from server.store.funded import Key, Moved, Told

AT_ONCE = 400
"""People, or changed records, looked at in one transaction."""
INDICATOR = frozenset({"JKK", "JKM"})


def follow(settings: Settings, now: int) -> int:
    """Draw what was touched since the last time; gives the people and villages drawn. Harmless to repeat.

    A region that fails does not stop the others; its error rises in the end.
    """
    with reading() as connection:
        regions = store.due(connection)
    drawn, failed = 0, None
    for region in regions:
        try:
            drawn += follow_region(region)
        except Exception as error:
            log.failed(error, region=region)
            failed = failed or error
    if failed:
        raise failed
    return drawn


def draw_anew(settings: Settings, now: int) -> int:
    """Forget all and draw it again, with the same result."""
    with transaction() as connection:
        store.forget_all(connection)
    return follow(settings, now)


def follow_region(region: str) -> int:
    """Draw what a region's stream touched, here and elsewhere. Only what is done to the end is noted: a kill costs time."""
    with reading() as connection:
        # Read before the rows are: whatever comes while we look lies behind it.
        position, after = store.standing(connection, region)
        touched, villages = _touched(connection, region, after)
    for part in in_chunks(sorted(touched), AT_ONCE):
        with transaction() as connection:
            store.take_turn(connection)
            villages |= _draw_people(connection, part)
    for village in sorted(villages):
        with transaction() as connection:
            store.take_turn(connection)
            draw_village(connection, village)
    with transaction() as connection:
        store.note_followed(connection, region, position)
    return len(touched) + len(villages)


def _touched(connection: Connection, region: str, after: int) -> tuple[set[str], set[str]]:
    """The workers whose funding may be another since, and the villages that must be drawn whatever becomes of them."""
    touched, villages = set(), set()
    while True:
        rows = store.moved(connection, region, after, AT_ONCE)
        if any(row.kind == "contribution" for row in rows):
            villages.add(region)
        touched |= _named_by(connection, rows)
        if len(rows) < AT_ONCE:
            return touched, villages
        after = rows[-1].position


def _named_by(connection: Connection, rows: Sequence[Moved]) -> set[str]:
    named: set[str] = set()
    corrected: list[str] = []
    for row in rows:
        if row.kind in ("contribution", "beneficiary") and row.refers:
            named.add(row.refers)
            if row.kind == "contribution" and "worker" in loads(row.heads):
                corrected.append(row.id)
        elif row.kind == "worker" and (row.carrier or row.erased):
            named.add(row.id)
        elif row.kind == "link":
            said = loads(row.fields)
            named |= {said[end] for end in ("a", "b") if isinstance(said.get(end), str)}
        elif row.kind == "decree":
            named.update(store.whom_it_names(connection, row.id))
    # Whose it was said to be before it was put right no longer pays for it.
    for history in changes.histories(connection, corrected).values() if corrected else ():
        named |= {change.fields["worker"] for change in history if change.fields and change.fields.get("worker")}
    # Who is known to be funded twice may have moved: his home is in his row.
    return named | store.doubled_among(connection, [row.id for row in rows if row.kind == "worker"])


def _draw_people(connection: Connection, ids: Collection[str]) -> set[str]:
    """Draw whether two pay for these people; gives the villages in which something was paid for them."""
    known = store.people(connection, ids)
    everyone = set(ids) | known.of.keys()
    paid, names = store.paid(connection, everyone), _names(connection, everyone)
    months_paid: dict[str, list[tuple[int, str]]] = {}
    for one in paid:
        months_paid.setdefault(known.of.get(one.worker, one.worker), []).extend(_months_of(one.fields))
    on_lists: dict[str, list[Named]] = {}
    for worker, some in names.items():
        on_lists.setdefault(known.of.get(worker, worker), []).extend(some)
    rows = []
    for record, home in known.homes.items():
        if home is None:
            continue
        found = funding.doubles(on_lists.get(record, ()), months_paid.get(record, ()))
        if found.months:
            rows.append({
                "record": record, "home": home, "first_month": found.months[0], "last_month": found.months[1],
                "about": _about(found),
            })  # fmt: skip
    store.put_doubles(connection, everyone, rows)
    return {one.home for one in paid}


def _months_of(fields: dict[str, Any]) -> Iterable[tuple[int, str]]:
    """The months that a confirmed contribution pays for JKK or JKM, with its payer."""
    if fields.get("confirmed") is not True or not INDICATOR & set(fields.get("programs") or ()):
        return ()
    return [(months.number(month), fields.get("funding") or "self") for month in fields["months"]]


def _about(found: funding.Doubles) -> dict[str, Any]:
    return {
        "decrees": [[one.record, other.record, first, last] for one, other, first, last in found.decrees],
        "paid": [[month, list(payers)] for month, payers in found.paid],
    }  # fmt: skip


def _names(connection: Connection, ids: Collection[str]) -> dict[str, list[Named]]:
    """Worker's id -> the standing names that it has on decrees."""
    told = store.named(connection, ids)
    decrees = store.decrees(connection, {one.fields["decree"] for one in told})
    found: dict[str, list[Named]] = {}
    for one in told:
        name = named_by(one, decrees.get(one.fields["decree"]))
        if name is not None:
            found.setdefault(one.worker, []).append(name)
    return found


def named_by(one: Told, decree: dict[str, Any] | None) -> Named | None:
    """A beneficiary's record with what its decree says, as `programme.funding` takes it."""
    if decree is None or not {"funding", "first_month", "last_month", "state"} <= decree.keys():
        return None
    return funding.named(
        one.record, one.fields["decree"], decree.get("budget"), decree["funding"], decree["first_month"],
        decree["last_month"], decree["state"], decree.get("revoked_on"), one.fields.get("removed_on"),
    )  # fmt: skip


def draw_village(connection: Connection, village: str) -> None:
    """Draw what was confirmed in a village, by month, payer and budget line: of what lies in it, wherever he lives now."""
    sums, before = funded_of(connection, village), store.funded_in(connection, village)
    store.put_funded(connection, village, {key: sum_ for key, sum_ in sums.items() if before.get(key) != sum_})
    store.drop_funded(connection, village, before.keys() - sums.keys())


class _Sum(NamedTuple):
    people: set[str]
    amount: list[int]


def funded_of(connection: Connection, village: str) -> dict[Key, tuple[int, int]]:
    """(month, payer, line or empty) -> people and rupiah. A person counts once in each, however often it is paid."""
    paid = confirmations.confirmed_in(connection, village)
    of: dict[str, str] = {}
    names: dict[str, list[Named]] = {}
    for part in in_chunks({worker for worker, _ in paid}, AT_ONCE):
        known = store.people(connection, part)
        of |= known.of
        for worker, some in _names(connection, set(part) | known.of.keys()).items():
            names.setdefault(known.of.get(worker, worker), []).extend(some)
    sums: dict[Key, _Sum] = {}
    for worker, said in paid:
        person, payer = of.get(worker, worker), said.get("funding") or "self"
        for month, rupiah in funding.shares(said.get("amount") or 0, said["months"]):
            line = said.get("budget") or funding.line_of(names.get(person, ()), payer, month) or ""
            held = sums.setdefault((month, payer, line), _Sum(set(), [0]))
            held.people.add(person)
            held.amount[0] += rupiah
    return {key: (len(held.people), held.amount[0]) for key, held in sums.items()}
