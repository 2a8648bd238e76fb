"""Villages that end, split or get another code: what follows them, and how nothing of theirs is left behind.

That a worker's home is another village now is a change of the desk's to the field `village`, one for each worker; the
old code stays known. So phones that were offline meanwhile lose nothing: what they send under the old code arrives there,
and is moved on by the job where one village follows, or shown to be assigned where several do. Payments stay where they
were taken, as those of anybody who moves; the phones of both villages therefore hold both.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple

from schemas.problem import Both
from schemas.region import is_shape, is_village, level, parent, within
from server import audit
from server.actions.desks import desk_change, desk_of, log_row
from server.actions.entering import Entering
from server.actions.settle import OutsideRegion, desk_writes
from server.clock import day_at, now_ms
from server.config import Settings
from server.db import Connection, reading, transaction
from server.store import changes as log
from server.store import cover, regions
from server.store.accounts import Account
from server.store.changes import MERGED
from server.store.life import read_life
from server.store.regions import Succession
from sync.held import Held

AT_ONCE = 100
"""Workers moved in one transaction: both villages are locked for no longer than that takes."""
MOST_MS = 8_000  # that somebody waits for a page; what is left is moved when he presses again
FOLLOWS = "penerus "
"""How the source of a number of workers begins that was carried over from the villages named behind it."""
LONGEST_SOURCE = 200
_WHY: Both = ("Tulis dasarnya, misalnya nomor Permendagri.", "Write why, such as the decree's number.")
_RECORD = re.compile(r"[A-Za-z0-9:_.-]{1,64}")


class RegionRefused(ValueError):
    """It can't be done so; nothing was changed. field: of the form; says: what to do."""

    def __init__(self, field: str, says: Both) -> None:
        super().__init__(says[1])
        self.field, self.says = field, says


# The tree -------------------------------------------------------------------------------------------------------------


def add_region(code: str, name: str, account: Account | None, now: int) -> None:
    """Add a region under one that there is. Raises RegionRefused, OutsideRegion."""
    code, name = code.strip(), " ".join(name.split())
    _check_name(name)
    if not is_shape(code) or parent(code) is None:
        raise RegionRefused("code", ("Tulis kode Kemendagri dengan titik, misalnya 64.02.01.2001.",
                                     "Write the Ministry's code with dots, such as 64.02.01.2001."))  # fmt: skip
    _check_inside(code, account)
    with transaction() as connection:
        if not regions.exists(connection, str(parent(code))):
            raise RegionRefused("code", (f"Wilayah di atasnya ({parent(code)}) belum ada; tambahkan itu dulu.",
                                         f"The region above it ({parent(code)}) is not there; add that first."))  # fmt: skip
        if regions.exists(connection, code):
            raise RegionRefused("code", ("Kode ini sudah ada.", "This code is there already."))
        regions.add_region(connection, code, name, now)
        audit.note(connection, "region", region=code, did="add")


def rename_region(code: str, name: str, account: Account | None) -> None:
    """Give a region another name; its code, and all that stands under it, stay. Raises RegionRefused, OutsideRegion."""
    name = " ".join(name.split())
    _check_name(name)
    _check_inside(code, account)
    with transaction() as connection:
        regions.rename(connection, code, name)
        audit.note(connection, "region", region=code, did="rename")


def _check_name(name: str) -> None:
    if not 2 <= len(name) <= 100 or not name.isprintable():
        raise RegionRefused("name", ("Tulis namanya, 2 sampai 100 huruf.", "Write its name, 2 to 100 letters."))


def _check_inside(code: str, account: Account | None) -> None:
    if account is not None and not within(code, account.region):
        raise OutsideRegion(code)


# What follows ---------------------------------------------------------------------------------------------------------


def succeed(
    old: str, new: Collection[str], since: str, why: str, ends: bool, account: Account | None, now: int
) -> None:
    """From a day on these villages follow an old one (`ends`), or take a part of it while it goes on.

    since: not before this month: months that are over were counted under the old code, and stay so.
    Raises RegionRefused, OutsideRegion.
    """
    wanted = sorted(set(new))
    for code in (old, *wanted):
        _check_inside(code, account)
    _check_day(old, since, now)
    if not why.strip():
        raise RegionRefused("why", _WHY)
    with transaction() as connection:
        _check_villages(connection, old, wanted)
        before = regions.successions(connection, old)
        if any(each.old == old and each.ended_on for each in before):
            raise RegionRefused("new", ("Desa ini sudah berakhir dan sudah ada penerusnya.",
                                        "This village has ended already, and others follow it."))  # fmt: skip
        regions.add_successions(connection, old, wanted, since, why.strip()[:300], account.id if account else None, now)
        if ends:
            regions.end(connection, old, since)
        audit.note(connection, "region", region=old, did="end" if ends else "split", new=wanted, since=since)


def succeed_below(old: str, new: str, since: str, why: str, account: Account | None, now: int) -> int:
    """From a day on every village of a regency or district has its code under another one, as when a regency is split off.

    What is not there yet under the new code is added, with the same numbers and names. Gives how many villages it is
    about. Raises RegionRefused, OutsideRegion.
    """
    for code in (old, new):
        _check_inside(code, account)
    _check_day(old, since, now)
    if not why.strip():
        raise RegionRefused("why", _WHY)
    if not is_shape(new) or level(old) not in ("regency", "district") or level(new) != level(old) or old == new:
        raise RegionRefused("new", ("Tulis kode wilayah setingkat yang menggantikannya.",
                                    "Write the code of the region of the same level that follows it."))  # fmt: skip
    with transaction() as connection:
        if not regions.exists(connection, str(parent(new))):
            raise RegionRefused("new", (f"Wilayah di atasnya ({parent(new)}) belum ada; tambahkan itu dulu.",
                                        f"The region above it ({parent(new)}) is not there; add that first."))  # fmt: skip
        moved = [each for each in regions.known_under(connection, old) if each.ended_on is None]
        if not moved:
            raise RegionRefused("new", ("Semua desanya sudah berakhir.", "All its villages have ended already."))
        for each in moved:
            code = new + each.code[len(old) :]
            there = regions.one(connection, code)
            if there is not None and there.ended_on is not None:
                raise RegionRefused("new", (f"{code} sudah berakhir; pilih wilayah lain.",
                                            f"{code} has ended already; choose another region."))  # fmt: skip
            if there is None:
                regions.add_region(connection, code, each.name, now)
            by = account.id if account else None
            regions.add_successions(connection, each.code, [code], since, why.strip()[:300], by, now)
            regions.end(connection, each.code, since)
        audit.note(connection, "region", region=old, did="end", new=[new], since=since)
        return sum(is_village(each.code) for each in moved)


def _check_day(old: str, since: str, now: int) -> None:
    try:
        day = date.fromisoformat(since)
    except ValueError:
        raise RegionRefused("since", ("Tulis tanggalnya.", "Write the day.")) from None
    first = day_at(now, old).replace(day=1)
    if not first <= day <= first + timedelta(days=731):
        raise RegionRefused("since", (
            f"Pilih tanggal dari {first.isoformat()} sampai dua tahun ke depan: bulan yang lewat tetap pada kode lama.",
            f"Choose a day from {first.isoformat()} to two years ahead: months that are over stay under the old code.",
        ))  # fmt: skip


def _check_villages(connection: Connection, old: str, new: Sequence[str]) -> None:
    if not is_village(old) or not regions.exists(connection, old):
        raise RegionRefused("old", ("Hanya desa yang dapat diteruskan.", "Only a village can be followed by others."))
    if not new or old in new:
        raise RegionRefused("new", ("Pilih desa penerusnya, bukan desa itu sendiri.",
                                    "Choose the village that follows, not the same one."))  # fmt: skip
    for code in new:
        known = regions.one(connection, code) if is_village(code) else None
        if known is None:
            raise RegionRefused("new", (f"Desa {code} belum ada; tambahkan dulu di kecamatannya.",
                                        f"There is no village {code}; add it under its kecamatan first."))  # fmt: skip
        if known.ended_on is not None:
            raise RegionRefused("new", (f"Desa {code} sudah berakhir; pilih penerusnya.",
                                        f"The village {code} has ended; choose the one that follows it."))  # fmt: skip


# The job --------------------------------------------------------------------------------------------------------------


def move_on(settings: Settings, now: int) -> int:
    """Hand on what still lies under codes that ended: phones, and workers where one village follows. Gives how many.

    It goes on with whatever phones send under an old code later. Harmless to repeat, and to cut anywhere.
    """
    with reading() as connection:
        due = [
            each for each in regions.successions(connection)
            if is_village(each.old) and each.since <= day_at(now, each.old).isoformat()
        ]  # fmt: skip
    followers: dict[str, list[str]] = {}
    for each in due:
        followers.setdefault(each.old, []).append(each.new)
    alone = {each.old: each for each in due if each.ended_on and len(followers[each.old]) == 1}
    done = sum(_share(old, new, old in alone) for old, new in followers.items())
    for old, each in alone.items():
        done += sum(_move_all(old, each.new, None, None, now))
    _carry_numbers(list(alone.values()), now)
    return done


def _share(old: str, new: Sequence[str], is_alone: bool) -> int:
    """Phones get what follows their village; where one alone does, its phones get the old one too, for its payments."""
    with transaction() as connection:
        shared = regions.share_phones(connection, old, new, is_alone)
        moved = regions.move_accounts(connection, old, new[0]) if is_alone else 0
        if shared or moved:
            audit.note(connection, "region", region=old, did="share", new=list(new), phones=shared, accounts=moved)
    return shared + moved


def _move_all(
    old: str, new: str, wanted: Collection[str] | None, account: Account | None, now: int
) -> Iterator[int]:
    """Move the workers of a village, or those wanted of them, some at a time; gives how many each time."""
    after: str | None = None
    while True:
        with reading() as connection:
            ids = regions.workers_at(connection, old, after, AT_ONCE)
        if not ids:
            return
        after = ids[-1]
        if chosen := [each for each in ids if wanted is None or each in wanted]:
            yield move(old, new, chosen, account, now)


def move(old: str, new: str, workers: Sequence[str], account: Account | None, now: int) -> int:
    """Move these workers from one village to another, in one transaction; gives how many were still there."""
    with transaction() as connection:
        entering = Entering(connection)
        # Where two villages are said of somebody, a fold decides, and may find a third of long ago.
        entering.prepare([], joining=workers, villages=[old, new])
        desk = desk_of(read_life(connection).epoch, old)
        rows: list[dict[str, Any]] = []
        for record in workers:
            row = entering.row(record)
            if row is None or row.id != record or row.held.erased or row.held.home != old or row.held.kind != "worker":
                continue  # somebody moved, joined or erased him meanwhile
            seq = entering.streams.next_desk_seq(old)
            change = desk_change(desk, seq, "worker", record, old, _seen_at(old, row.held), {"village": new}, now)
            entered = entering.enter(change, (), ())
            if entered.status != MERGED:
                raise RuntimeError(f"a move did not merge: {entered.status}")
            rows.append(log_row(change, account.id if account else None, MERGED, entered.version, "succession"))
        if rows:
            entering.write()
            log.append(connection, rows)
            moved = [row["record"] for row in rows]
            audit.note(connection, "write", region=old, records=moved, **log.sealed(rows), fields=["village"], new=new)
        return len(rows)


def _seen_at(old: str, held: Held) -> dict[str, int]:
    """What a move from a village has seen: whatever says that he lives elsewhere, it has not, so that waits for a person."""
    seen = dict(held.seen)
    elsewhere = {told["by"] for told in held.conflicts.get("village", ()) if told["value"] != old}
    for device in elsewhere:
        seen[device] = min(seq for by, seq in held.heads["village"] if by == device) - 1
    return {device: seq for device, seq in seen.items() if seq}


def _carry_numbers(due: Sequence[Succession], now: int) -> None:
    """A village that follows others has their workers, so it starts with their number of workers too.

    It is written once for each old village, from the month in which that ended; a number that a person entered for that
    month stands.
    """
    for new in sorted({each.new for each in due}):
        for month in sorted({each.since[:7] for each in due if each.new == new}):
            olds = sorted(each.old for each in due if each.new == new and each.since[:7] == month)
            _carry_into(new, month, olds, now)


def _carry_into(new: str, month: str, olds: Sequence[str], now: int) -> None:
    record = f"eligible:{new}:{month}"
    with transaction() as connection:
        entering = Entering(connection)
        entering.prepare([], joining=[record], villages=[new])
        row = entering.row(record)
        source = (FOLLOWS + ", ".join(olds))[:LONGEST_SOURCE]
        if row is not None and (row.held.erased or not str(row.held.fields.get("source") or "").startswith(FOLLOWS)):
            return
        if row is not None and row.held.fields.get("source") == source:
            return
        known = [number for number in (_last_number(connection, village, month) for village in olds) if number is not None]
        if not known:
            return
        own = _last_number(connection, new, month)
        fields = {"workers": sum(known) + (own or 0), "source": source, "as_of": day_at(now, new).isoformat()}
        seen = dict(row.held.seen) if row else {}
        desk_writes(connection, entering, "write", "eligible", record, new, seen, fields, None, now)


def _last_number(connection: Connection, village: str, month: str) -> int | None:
    """The latest number of workers that was entered for an earlier month."""
    entered = cover.eligible(connection, village)
    earlier = [name for name in entered if name < month]
    return entered[max(earlier)] if earlier else None


# What waits to be assigned --------------------------------------------------------------------------------------------


class Left(NamedTuple):
    """A village whose workers a person must assign: several follow it, or a part of it was taken."""

    old: str
    new: list[str]
    workers: int


def to_assign(scope: str, now: int) -> list[Left]:
    """Villages of the region that ended, have several that follow, and still have workers."""
    with reading() as connection:
        found: dict[str, list[str]] = {}
        for each in regions.successions(connection):
            if each.ended_on and within(each.old, scope) and each.since <= day_at(now, each.old).isoformat():
                found.setdefault(each.old, []).append(each.new)
        counted = [
            Left(old, new, regions.count_workers_at(connection, old)) for old, new in found.items() if len(new) > 1
        ]
    return [each for each in counted if each.workers]


class Standing(NamedTuple):
    """How far the handing on of a village is. moved: new home -> records; parts: (RT, RW, workers still there)."""

    left: int
    moved: dict[str, int]
    parts: list[tuple[str, str, int]]


def standing(old: str) -> Standing:
    with reading() as connection:
        parts = [(each.rt, each.rw, len(each.records)) for each in regions.neighbourhoods(connection, old)]
        return Standing(sum(count for _, _, count in parts), regions.moved_from(connection, old), parts)


class Assigned(NamedTuple):
    moved: int
    left: int


def assign(
    old: str, new: str, neighbourhoods: Collection[tuple[str, str]], records: Collection[str], account: Account | None,
    now: int,
) -> Assigned:  # fmt: skip
    """Move the workers of these (RT, RW), and of these record ids, to a village that follows theirs.

    It stops when the time is up that somebody waits for a page; asked again it goes on. Raises RegionRefused, OutsideRegion.
    """
    _check_inside(old, account)
    _check_inside(new, account)
    with reading() as connection:
        due = [each for each in regions.successions(connection, old) if each.old == old and each.new == new]
        chosen = {record for record in records if _RECORD.fullmatch(record)}
        for each in regions.neighbourhoods(connection, old):
            if (each.rt, each.rw) in neighbourhoods:
                chosen |= set(each.records)
    if not due or due[0].since > day_at(now, old).isoformat():
        raise RegionRefused("new", ("Desa itu bukan penerusnya, atau tanggalnya belum tiba.",
                                    "That village does not follow this one, or its day has not come."))  # fmt: skip
    if not chosen:
        raise RegionRefused("records", ("Pilih RT atau tulis nomor catatannya.", "Choose RTs, or write record ids."))
    moved, until = 0, now_ms() + MOST_MS
    for count in _move_all(old, new, chosen, account, now):
        moved += count
        if now_ms() > until:
            break
    with reading() as connection:
        return Assigned(moved, regions.count_workers_at(connection, old))
