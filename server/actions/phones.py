"""An operator's phones: which need him, why, and what each said and sent; and handing one to another officer.

What is wrong with a phone is worked out of its row, of what it last said, and of the time: nothing of it is stored.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from importlib.metadata import version
from itertools import groupby
from typing import NamedTuple
from zoneinfo import ZoneInfo

from schemas.change import loads, to_ms
from schemas.region import common, within, zone
from server import audit
from server.actions.desk_pages import DAY_MS, BadCursor
from server.actions.enrol import NewCode, code_within
from server.actions.fleet import NoSuchDevice, managed
from server.actions.receive import as_they_stand
from server.config import Settings
from server.db import Connection, reading, transaction
from server.store import phones as store
from server.store import worklists
from server.store.accounts import Account
from server.store.changes import MERGED, QUARANTINED, Verdict
from server.store.phones import HandOver, OpenCode, PhoneRow, Sent, Some
from server.store.scoping import Scope, for_itself

FORKED, LOST, BROKEN, SILENT, NEVER, STUCK = "forked", "lost", "broken", "silent", "never", "stuck"
FULL, UNSAFE, CLOCK, WAITS, HANDING, OLD_APP = "full", "unsafe", "clock", "waits", "handing", "old-app"
CAUSES = (FORKED, LOST, BROKEN, SILENT, NEVER, STUCK, FULL, UNSAFE, CLOCK, WAITS, HANDING, OLD_APP)
"""What can be wrong with a phone, the worst first: what was lost, what may be lost, what is late, what is untidy."""
URGENT = frozenset({FORKED, LOST, BROKEN, SILENT, NEVER, STUCK, FULL})

STUCK_DAYS = 3  # the phone itself reminds its officer after as many
LOST_DAYS = 30  # how long a loss is shown as something to do: by then the forms are filled in again, or never
NEARLY_FULL_BYTES = 50_000_000  # as the app says it
CLOCK_OFF_MS = 10 * 60 * 1000
FINE, REVOKED, TROUBLE = "fine", "revoked", "trouble"
STATES = (TROUBLE, *CAUSES, FINE, REVOKED)
CALM = len(CAUSES)
OUT_OF_USE = CALM + 1

_DEVICE = re.compile(r"[a-z0-9]{1,40}\Z")
_PLACE = re.compile(r"([0-9]{1,2})~([0-9]{1,15})~([a-z0-9]{1,40})\Z")
_MOST_SAID = 10**12


class Said(NamedTuple):
    """What a phone said of itself at its last contact; None where it did not say, or not so that it can be read.

    left: changes still on it after that contact. oldest: since when the oldest unsent lay there then, by our clock.
    broken: rows that its disk has spoilt.
    """

    app: str | None = None
    left: int | None = None
    oldest: int | None = None
    persisted: bool | None = None
    free_bytes: int | None = None
    drafts: int | None = None
    files: int | None = None
    broken: int | None = None


class Cause(NamedTuple):
    """Something that is wrong, one of `CAUSES`. since: when it began, in milliseconds; number: of how many it is."""

    code: str
    since: int
    number: int = 0


class Phone(NamedTuple):
    """A phone, with what is wrong with it, the worst first. villages: those of the region that is looked at."""

    row: PhoneRow
    said: Said
    causes: tuple[Cause, ...]
    waits: Some | None
    lost: Some | None
    hand_over: HandOver | None
    villages: tuple[str, ...] = ()

    @property
    def last(self) -> int:
        return last_heard(self.row)

    @property
    def is_out_of_use(self) -> bool:
        return self.row.revoked_at is not None or self.row.successor is not None

    @property
    def place(self) -> tuple[int, int, str]:
        """Where it stands in the list: by its worst cause, and among equals whoever has had it longest."""
        rank = OUT_OF_USE if self.is_out_of_use else CAUSES.index(self.causes[0].code) if self.causes else CALM
        return rank, self.causes[0].since if self.causes else self.last, self.row.id

    @property
    def states(self) -> tuple[str, ...]:
        """Which of `STATES` it is in; in trouble is one that has lost work, or may."""
        if self.is_out_of_use:
            return (REVOKED,)
        codes = tuple(cause.code for cause in self.causes)
        return (FINE,) if not codes else codes if URGENT.isdisjoint(codes) else (TROUBLE, *codes)


def last_heard(row: PhoneRow) -> int:
    return row.contact_at if row.contact_at is not None else row.enrolled_at


@lru_cache(8192)  # a list that looks again reads the same words again
def said_of(status: str, offset_ms: int = 0) -> Said:
    """What a status says, of any app: a value of a wrong type, or beyond all reason, counts as not said."""
    told = loads(status)
    told = told if isinstance(told, dict) else {}

    def number(*names: str) -> int | None:
        for name in names:
            value = told.get(name)
            if type(value) is int and 0 <= value <= _MOST_SAID:
                return value
        return None

    app, oldest = told.get("app"), to_ms(told.get("oldest"))
    left = number("left", "queued")
    return Said(
        app[:40] if isinstance(app, str) and app.isprintable() else None, left,
        oldest + offset_ms if oldest is not None and left else None,
        told["persisted"] if type(told.get("persisted")) is bool else None,
        number("free_bytes"), number("drafts"), number("files"), number("broken"),
    )  # fmt: skip


def causes_of(
    row: PhoneRow, said: Said, lost: Some | None, waits: Some | None, handing: HandOver | None, settings: Settings, now: int
) -> tuple[Cause, ...]:
    """What is wrong with a phone, the worst first; nothing with one that is no longer in use."""
    if row.revoked_at is not None or row.successor is not None:
        return ()
    contact, last = row.contact_at or row.enrolled_at, last_heard(row)
    found = [
        Cause(FORKED, row.forked_at) if row.forked_at is not None else None,
        Cause(LOST, lost.at, lost.number) if lost and now - lost.at < LOST_DAYS * DAY_MS else None,
        Cause(BROKEN, contact, said.broken) if said.broken else None,
        Cause(SILENT if row.contact_at else NEVER, last, said.left or 0)
        if now - last >= settings.silent_days * DAY_MS else None,
        Cause(STUCK, said.oldest, said.left or 0)
        if said.oldest is not None and now - said.oldest >= STUCK_DAYS * DAY_MS else None,
        Cause(FULL, contact, said.free_bytes)
        if said.free_bytes is not None and said.free_bytes < NEARLY_FULL_BYTES else None,
        Cause(UNSAFE, contact) if said.persisted is False else None,
        Cause(CLOCK, contact, row.offset_ms) if abs(row.offset_ms) >= CLOCK_OFF_MS else None,
        Cause(WAITS, waits.at, waits.number) if waits and now - waits.at >= settings.waiting_days * DAY_MS else None,
        Cause(HANDING, handing.at) if handing else None,
        Cause(OLD_APP, contact) if is_older(said.app, _our_app()) else None,
    ]  # fmt: skip
    return tuple(cause for cause in found if cause is not None)


@lru_cache(1)
def _our_app() -> str:
    return version("sambung-desa")


@lru_cache(1000)
def is_older(app: str | None, ours: str) -> bool:
    """Whether an app's version is below the one that this server gives out; one that can't be read is not."""
    theirs, here = _numbers(app or ""), _numbers(ours)
    return theirs is not None and here is not None and theirs < here


def _numbers(text: str) -> tuple[int, ...] | None:
    found = re.match(r"([0-9]{1,6})\.([0-9]{1,6})(?:\.([0-9]{1,6}))?(?![0-9])", text)
    return tuple(int(part or 0) for part in found.groups()) if found else None


# The list -------------------------------------------------------------------------------------------------------------


class Asked(NamedTuple):
    """What of the list is wanted. state: one of `STATES`, empty for all in use. village, who: parts of names."""

    state: str = ""
    silent_days: int | None = None
    village: str = ""
    who: str = ""


class Fleet(NamedTuple):
    """A page of phones; how many there are in each state, and altogether in use, before any filter but the village's."""

    phones: list[Phone]
    next: str | None
    counts: Mapping[str, int]
    in_use: int


MOST_VILLAGES = 300


def fleet(scope: Scope, asked: Asked, cursor: str | None, limit: int, settings: Settings, now: int) -> Fleet:
    """The region's phones, the worst first, behind a cursor. Raises BadCursor."""
    after = _place(cursor)
    with reading() as connection:
        found = _all_phones(connection, scope, asked.village, settings, now)
        counts = Counter(state for phone in found for state in phone.states)
        listed = sorted((each for each in found if _is_asked(each, asked, now)), key=lambda each: each.place)
        behind = [each for each in listed if after is None or each.place > after]
        page = _with_villages(connection, scope, behind[:limit])
    following = behind[limit - 1].place if len(behind) > limit else None
    in_use = len(found) - counts[REVOKED]
    return Fleet(page, "~".join(map(str, following)) if following else None, counts, in_use)


def _all_phones(connection: Connection, scope: Scope, village: str, settings: Settings, now: int) -> list[Phone]:
    among = store.villages_named(connection, scope, village, MOST_VILLAGES) if village else None
    lost, waits = store.lost(connection), store.waiting(connection, scope)
    handing = store.hand_overs(connection, scope)
    return [
        _phone(row, lost.get(row.id), waits.get(row.id), handing.get(row.id), settings, now)
        for row in store.phones(connection, scope, among)
    ]


def _phone(
    row: PhoneRow, lost: Some | None, waits: Some | None, handing: HandOver | None, settings: Settings, now: int
) -> Phone:
    said = said_of(row.status, row.offset_ms)
    return Phone(row, said, causes_of(row, said, lost, waits, handing, settings, now), waits, lost, handing)


def _is_asked(phone: Phone, asked: Asked, now: int) -> bool:
    if asked.silent_days is not None and (phone.is_out_of_use or now - phone.last < asked.silent_days * DAY_MS):
        return False
    if asked.who:
        called = " ".join((phone.row.officer_name or "", phone.row.name, phone.row.id)).casefold()
        return asked.who.casefold() in called
    return asked.state in phone.states if asked.state else not phone.is_out_of_use


def _with_villages(connection: Connection, scope: Scope, phones: list[Phone]) -> list[Phone]:
    villages = store.villages_inside(connection, [phone.row.id for phone in phones], scope)
    return [phone._replace(villages=tuple(villages[phone.row.id])) for phone in phones]


def _place(cursor: str | None) -> tuple[int, int, str] | None:
    if not cursor:
        return None
    found = _PLACE.match(cursor)
    if not found:
        raise BadCursor
    return int(found[1]), int(found[2]), found[3]


def counts_in(scope: Scope, settings: Settings, now: int) -> Mapping[str, int]:
    """How many of the region's phones are in each of `STATES`."""
    with reading() as connection:
        found = _all_phones(connection, scope, "", settings, now)
    return Counter(state for phone in found for state in phone.states)


def being_handed_over(scope: Scope) -> int:
    """How many of the region's phones are on their way to another officer."""
    with reading() as connection:
        return len(store.hand_overs(connection, scope))


# One phone ------------------------------------------------------------------------------------------------------------

CONFLICT = "conflict"
DAYS_SHOWN = 30


class Change(NamedTuple):
    """A change that a phone sent. became: as it now stands, or mended. waits_in: fields that differ."""

    sent: Sent
    became: str
    waits_in: tuple[str, ...]
    whom: str | None


class Batch(NamedTuple):
    """What a phone sent in one go."""

    at: int
    changes: list[Change]

    def how_many(self, *became: str) -> int:
        return sum(change.became in became for change in self.changes)


class Whole(NamedTuple):
    """All that a desk is shown of one phone.

    days: the last ones by the village's calendar, the oldest first, each with whether it was heard. elsewhere: how many
    villages it serves outside the region. next: behind which seq the list of batches goes on.
    """

    phone: Phone
    elsewhere: int
    days: list[tuple[str, bool]]
    batches: list[Batch]
    next: int | None
    lost_runs: list[tuple[int, int, int]]
    evidence: Some | None


def phone_whole(scope: Scope, device: str, before: int | None, most: int, settings: Settings, now: int) -> Whole:
    """One phone with what it sent last. Raises NoSuchDevice where it serves nothing of the region."""
    with reading() as connection:
        phone = _one(connection, scope, device, settings, now)
        sent = store.sent_by(connection, scope, device, before, most + 1)
        names = store.names_of(connection, scope, {each.record for each in sent})
        with for_itself():  # of changes that were just cut to the region, and times at which the phone was heard
            stand = {verdict.seq: verdict for verdict in as_they_stand(connection, device, _merged(sent))}
            to_correct = {each[0] for each in worklists.to_correct(connection, device)}
            heard = store.heard(connection, device)
            evidence = store.evidence(connection, device)
        lost_runs = store.lost_runs(connection, device)
        elsewhere = store.villages_altogether(connection, device) - len(phone.villages)
    changes = [_change(each, stand.get(each.seq), to_correct, names) for each in sent[:most]]
    following = sent[most - 1].seq if len(sent) > most else None
    return Whole(
        phone, elsewhere, _days([*heard, *(each.received for each in sent), *_contact(phone)], phone, now),
        [Batch(at, list(some)) for at, some in groupby(changes, key=lambda change: change.sent.received)],
        following, lost_runs, evidence,
    )  # fmt: skip


def phone_in(scope: Scope, device: str, settings: Settings, now: int) -> Phone:
    """One phone. Raises NoSuchDevice where it serves nothing of the region."""
    with reading() as connection:
        return _one(connection, scope, device, settings, now)


def is_all_inside(device: str, region: str) -> bool:
    """Whether all villages that it serves lie in a region: who has that one may manage the phone."""
    with reading() as connection:
        inside = len(store.villages_inside(connection, [device], region)[device])
        return inside == store.villages_altogether(connection, device)


def _one(connection: Connection, scope: Scope, device: str, settings: Settings, now: int) -> Phone:
    row = store.phone(connection, scope, device) if _DEVICE.match(device) else None
    if row is None:
        raise NoSuchDevice(device)
    lost, waits = store.lost(connection, device), store.waiting(connection, scope, device)
    handing = store.hand_overs(connection, scope, device)
    made = _phone(row, lost.get(device), waits.get(device), handing.get(device), settings, now)
    return _with_villages(connection, scope, [made])[0]


def _merged(sent: Collection[Sent]) -> list[int]:
    return [each.seq for each in sent if each.status == MERGED]


def _change(sent: Sent, verdict: Verdict | None, to_correct: set[int], names: Mapping[str, str]) -> Change:
    became = sent.status
    if became == QUARANTINED and sent.seq not in to_correct:
        became = "mended"
    waits_in = verdict.fields if verdict else ()
    return Change(sent, CONFLICT if waits_in else became, waits_in, names.get(sent.record))


def _contact(phone: Phone) -> list[int]:
    return [moment for moment in (phone.row.contact_at, phone.row.enrolled_at) if moment is not None]


def _days(moments: Collection[int], phone: Phone, now: int) -> list[tuple[str, bool]]:
    here = ZoneInfo(zone(phone.villages[0])) if phone.villages else ZoneInfo("Asia/Makassar")
    heard = {datetime.fromtimestamp(moment / 1000, here).date() for moment in moments}
    today = datetime.fromtimestamp(now / 1000, here).date()
    days = [today - timedelta(days=back) for back in range(DAYS_SHOWN - 1, -1, -1)]
    return [(day.isoformat(), day in heard) for day in days]


# Handing over ---------------------------------------------------------------------------------------------------------


def hand_over(device: str, officer: str, account: Account | None, settings: Settings, now: int) -> NewCode:
    """A code for the officer who is to have the phone, for its villages; the phone is remembered until it is revoked.

    Every change keeps the officer of its moment: so the new one enrols anew, and the phone as it was is revoked when
    nothing is left on it. Raises NoSuchDevice (also of a revoked one), OutsideRegion.
    """
    with transaction() as connection:
        known = managed(connection, device, account)
        if known.revoked_at is not None:
            raise NoSuchDevice(device)
        store.drop_hand_over(connection, device)
        code = code_within(connection, officer, known.villages, settings, now, account)
        store.put_hand_over(connection, device, code.officer, code.code_hash, now, account.id if account else None)
        audit.note(connection, "hand-over", region=common(known.villages), device=device, officer=code.officer)
    return code


def stay_with(device: str, account: Account | None) -> None:
    """The phone stays with who has it: the code that was made makes no device. Raises NoSuchDevice, OutsideRegion."""
    with transaction() as connection:
        known = managed(connection, device, account)
        if not store.drop_hand_over(connection, device):
            raise NoSuchDevice(device)
        audit.note(connection, "hand-over", region=common(known.villages), device=device, stays=True)


def open_codes(scope: Scope, now: int) -> list[OpenCode]:
    """Codes for villages of the region that nobody has used yet."""
    with reading() as connection:
        found = store.open_codes(connection, scope, now)
    return [code for code in found if all(within(village, scope) for village in code.villages)]


def void_code(officer: int, expires_at: int, account: Account, now: int) -> None:
    """A code that was lost, or given to the wrong person, makes no phone. Raises NoSuchDevice where there is none."""
    with transaction() as connection:
        known = [code for code in store.open_codes(connection, account.region, now) if code[::3] == (officer, expires_at)]
        is_his = known and all(within(village, account.region) for village in known[0].villages)
        if not is_his or not store.void_code(connection, officer, expires_at):
            raise NoSuchDevice
        audit.note(connection, "enrol-code", region=common(known[0].villages), officer=officer, void=True)


def officers_of(scope: Scope, text: str = "", most: int = 100) -> list[tuple[int, str, str]]:
    """Officers whom the region knows already, by name."""
    with reading() as connection:
        return store.officers(connection, scope, most, text)


def villages_like(scope: Scope, text: str, most: int) -> list[str]:
    """Codes of the region's villages by a part of their name."""
    with reading() as connection:
        return store.villages_named(connection, scope, text, most)
