"""What people ask about their own data, carried through: access, correction, withdrawal, restriction, erasure.

Each request has a clock of the law's (`programme/rules/data_law.toml`). Whatever is done to a record is a change of the
desk's, or the law's erasure; a request is closed when that is done, or with the reason why not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from programme.rules import Rule, load_data_law
from schemas.change import from_ms, loads
from schemas.kinds import kind_of
from schemas.problem import Both
from schemas.region import within
from server import audit
from server.actions.settle import NoSuchRecord, OutsideRegion, erase, settle
from server.clock import day_at
from server.config import Settings
from server.db import Connection, reading, transaction
from server.store import devices, records
from server.store import rights as store
from server.store.accounts import Account
from server.store.desk_pages import entry_of
from server.store.rights import DONE, OPEN, REFUSED, Person, Request
from server.store.scoping import Scope, for_itself

HOUR_MS = 60 * 60 * 1000
AT_ONCE = 50
LONGEST = 2000  # characters of what a desk writes
PERSON = "person"

KINDS: dict[str, Both] = {
    "access": ("Melihat data sendiri", "Access"), "correction": ("Membetulkan data", "Correction"),
    "withdrawal": ("Menarik persetujuan", "Withdrawal"), "restriction": ("Membatasi pemakaian", "Restriction"),
    "lifting": ("Mencabut pembatasan", "Lifting a restriction"), "erasure": ("Menghapus data", "Erasure"),
}  # fmt: skip
ASKED_BY: dict[str, Both] = {
    PERSON: ("Orangnya sendiri", "The person"), "heir": ("Ahli waris", "An heir"),
    "guardian": ("Orang tua atau wali", "A parent or guardian"), "proxy": ("Orang yang diberi kuasa", "An authorised proxy"),
}  # fmt: skip
PROVEN_BY: dict[str, Both] = {
    "card": ("KTP-nya dilihat dan cocok", "His identity card was seen and fits"),
    "known": ("Dikenal petugas desa, yang namanya tercatat", "Known to the village officer, whose name is noted"),
    "paper": ("Surat kuasa atau surat ahli waris, dan KTP pembawanya",
              "A letter of authority or heirship, and its bearer's card"),
}  # fmt: skip

_SAID_TO_PHONES = {
    True: "Data orang ini dibatasi atas permintaannya: simpan, jangan dipakai atau dibagikan.",
    False: "Pembatasan data orang ini sudah dicabut: boleh dipakai lagi seperti biasa.",
}


class Wrong(ValueError):
    """What was asked for can't be taken so. errors: field -> a sentence in both languages."""

    def __init__(self, errors: Mapping[str, Both]) -> None:
        super().__init__(", ".join(errors))
        self.errors = dict(errors)


class Clash(Exception):
    """The request was closed meanwhile, by somebody else."""


class Seen(NamedTuple):
    """A request as its page shows it. restricted: the record is, now.

    person: the record as it stands; None once erased, and where he has left the region since. away: whether he has.
    owed: contributions and claims that the law may want kept, as (kind, id, fields).
    """

    request: Request
    person: Person | None
    restricted: bool
    owed: list[tuple[str, str, dict[str, Any]]]
    rule: Rule
    away: bool = False


def rule_of(kind: str, moment: int, region: str) -> Rule:
    """The clock of a kind of request that came in at that moment."""
    return load_data_law().on(f"clock_{kind}", day_at(moment, region))


def due_at(kind: str, moment: int, region: str) -> int:
    return moment + int(rule_of(kind, moment, region).value["hours"]) * HOUR_MS


def find_people(scope: Scope, number: str) -> list[Person]:
    """The workers of the region with that record number or NIK, which is looked for without its blanks and dots."""
    plain = "".join(number.split())
    digits = plain.replace(".", "").replace("-", "")
    with reading() as connection:
        found = store.by_number(connection, scope, digits if len(digits) == 16 and digits.isdigit() else plain)
    audit.look("search", region=scope, records=[person.record for person in found], by="number", found=len(found))
    return found


def person_of(scope: Scope, record: str) -> Person | None:
    """A worker's record as it stands; of a joined one the one that carries it."""
    with reading() as connection:
        entry = entry_of(connection, scope, record)
    if entry is None or entry.kind != store.WORKER:
        return None
    return Person(entry.record, entry.village, loads(entry.fields or "{}"))


def ask(
    scope: Scope, record: str, kind: str, asked_by: str, proven_by: str, note: str, asked_at: int, account: Account, now: int
) -> int:
    """Take a request in, and start its clock; gives its number. Raises Wrong, NoSuchRecord."""
    errors: dict[str, Both] = {}
    for name, value, known in (("kind", kind, KINDS), ("asked_by", asked_by, ASKED_BY), ("proven_by", proven_by, PROVEN_BY)):
        if value not in known:
            errors[name] = ("Pilih salah satu.", "Choose one.")
    if asked_by in ASKED_BY and asked_by != PERSON and proven_by != "paper":
        errors["proven_by"] = ("Orang lain harus membawa surat kuasa atau surat ahli waris.",
                               "Somebody else must bring a letter of authority or heirship.")  # fmt: skip
    if len(note) > LONGEST:
        errors["note"] = (f"Paling banyak {LONGEST} huruf.", f"{LONGEST} characters at the most.")
    if asked_at > now:
        errors["asked_at"] = ("Waktunya belum tiba; tulis kapan permintaan itu diterima.",
                              "That is still to come; write when the request was received.")  # fmt: skip
    if errors:
        raise Wrong(errors)
    person = person_of(scope, record)
    if person is None:
        raise NoSuchRecord(record)
    rule = rule_of(kind, asked_at, person.home)
    with transaction() as connection:
        number = store.add_request(connection, {
            "kind": kind, "record": person.record, "region": person.home, "asked_by": asked_by, "proven_by": proven_by,
            "rule": rule.id, "asked_at": asked_at, "due_at": due_at(kind, asked_at, person.home), "note": note.strip(),
            "opened_by": account.id,
        })  # fmt: skip
        audit.note(connection, "rights", region=person.home, record=person.record, request=number, kind=kind, step="asked")
    return number


def look(scope: Scope, number: int) -> Seen | None:
    """A request with the record it is about; None where it is not in the region."""
    with reading() as connection:
        request = store.request(connection, scope, number)
        if request is None:
            return None
        with for_itself():  # of one whose request lies in the region; where he has left it, no more is told than that
            person = _person(connection, request.record)
            away = person is not None and not within(person.home, scope)
            owed = [] if away else _owed(connection, request.record)
            restricted = store.restriction(connection, records.one_with(connection, [request.record])) is not None
    audit.look("open", region=request.region, record=request.record, request=number)
    return Seen(request, None if away else person, restricted and not away, owed, _rule(request), away)


def _rule(request: Request) -> Rule:
    """The rule whose clock runs, as it was when the request came in."""
    named = next((rule for rule in load_data_law() if rule.id == request.rule), None)
    return named or rule_of(request.kind, request.asked_at, request.region)


def _person(connection: Connection, record: str) -> Person | None:
    entry = entry_of(connection, "id", record)
    return Person(entry.record, entry.village, loads(entry.fields or "{}")) if entry else None


def _owed(connection: Connection, record: str) -> list[tuple[str, str, dict[str, Any]]]:
    """What the law may want kept of whoever has it."""
    kept = load_data_law().latest("kept_before_erasure").value
    rows = store.referring(connection, records.one_with(connection, [record]))
    return [(row.kind, row.id, loads(row.fields)) for row in rows if row.kind in kept]


class Listed(NamedTuple):
    """Requests, the names in their records, and the cursor of the next page."""

    requests: list[Request]
    names: dict[str, str]
    next: str | None


def list_requests(scope: Scope, is_open: bool, cursor: str | None) -> Listed:
    """A page of requests: open ones by when they are due; closed ones, the newest first."""
    with reading() as connection:
        found = store.requests(connection, scope, is_open, _place(cursor), AT_ONCE + 1)
        shown = found[:AT_ONCE]
        names = store.names(connection, scope, [request.record for request in shown])
    if shown:
        audit.look("list", region=scope, records=[request.record for request in shown], list="rights")
    last = shown[-1] if len(found) > AT_ONCE else None
    moment = None if last is None else last.due_at if is_open else last.closed_at
    return Listed(shown, names, f"{moment}~{last.id}" if last else None)


def _place(cursor: str | None) -> tuple[int, int] | None:
    moment, _, number = (cursor or "").partition("~")
    is_place = all(part.isdecimal() and len(part) <= 15 for part in (moment, number))
    return (int(moment), int(number)) if is_place else None


def how_many(scope: Scope, now: int) -> tuple[int, int]:
    """(open, overdue), for the first page."""
    with reading() as connection:
        return store.waiting(connection, scope, now)


# Carrying it through --------------------------------------------------------------------------------------------------


def refuse(scope: Scope, number: int, reason: str, account: Account, now: int) -> None:
    """Say no, and why. Raises Wrong, Clash, NoSuchRecord."""
    if not reason.strip() or len(reason) > LONGEST:
        raise Wrong({"reason": ("Tulis alasannya: orangnya berhak tahu.", "Write why: the person has a right to know.")})
    _close(_mine(scope, number), REFUSED, reason.strip(), account, now)


def carry_out(
    scope: Scope, number: int, answer: str, account: Account, settings: Settings, now: int,
    *, fields: Mapping[str, Any] | None = None, seen: Mapping[str, int] | None = None,
) -> None:  # fmt: skip
    """Do what was asked, then close the request. fields, seen: of a correction.

    Cut in between, the request stays open and doing it again changes nothing. Raises Wrong, Clash, and what the desk's
    acts raise.
    """
    request = _mine(scope, number)
    if request.state != OPEN:
        raise Clash
    if len(answer) > LONGEST:
        raise Wrong({"answer": (f"Paling banyak {LONGEST} huruf.", f"{LONGEST} characters at the most.")})
    match request.kind:
        case "correction":
            if fields:  # else it was corrected on the person's own page
                settle(request.record, seen, fields, account, now)
        case "withdrawal":
            _withdraw(request, account, now)
        case "restriction" | "lifting":
            _restrict(request, request.kind == "restriction", answer, account, now)
        case "erasure":
            erase([request.record], f"permintaan {number}, UU 27/2022", account, settings, now)
    _close(request, DONE, answer.strip(), account, now)


def _mine(scope: Scope, number: int) -> Request:
    with reading() as connection:
        request = store.request(connection, scope, number)
    if request is None:
        raise NoSuchRecord(str(number))
    return request


def _close(request: Request, state: str, answer: str, account: Account, now: int) -> None:
    if not within(request.region, account.region):
        raise OutsideRegion(request.record)
    with transaction() as connection:
        if not store.close_request(connection, request.id, state, answer, account.id, now):
            raise Clash
        about: dict[str, Any] = {"request": request.id, "kind": request.kind, "step": state, "late": now > request.due_at}
        audit.note(connection, "rights", region=request.region, record=request.record, **about)


def withdrawn(fields: Mapping[str, Any], now_text: str) -> dict[str, Any]:
    """What a withdrawal sets: out of the programme, and agreeing to nothing any more."""
    consent = fields.get("consent")
    agreed = {"consent": dict(consent) | {"purposes": [], "at": now_text}} if consent else {}
    return {"status": "withdrawn"} | agreed


def _withdraw(request: Request, account: Account, now: int) -> None:
    with reading() as connection, for_itself():  # `settle` looks whether the record lies in his region
        person = _person(connection, request.record)
    if person is None:
        raise NoSuchRecord(request.record)
    wanted = withdrawn(person.fields, from_ms(now))
    is_done = person.fields.get("status") == "withdrawn" and not (person.fields.get("consent") or {}).get("purposes")
    if not is_done:
        settle(person.record, None, wanted, account, now)


def _restrict(request: Request, on: bool, reason: str, account: Account, now: int) -> None:
    with transaction() as connection:
        with for_itself():
            person = _person(connection, request.record)
        if person is None:
            raise NoSuchRecord(request.record)
        if not within(person.home, account.region):
            raise OutsideRegion(request.record)
        if on:
            store.restrict(connection, person.record, person.home, account.id, request.note or reason, now)
        else:
            store.lift(connection, person.record, records.one_with(connection, [person.record]))
        devices.send_mail(connection, [
            {"device": phone.id, "seq": None, "record": person.record, "code": None, "note": _SAID_TO_PHONES[on], "at": now}
            for phone in store.phones_of(connection, [person.home])
        ])  # fmt: skip
        audit.note(connection, "restrict", region=person.home, record=person.record, on=on, request=request.id)


def correctable(person: Person) -> Sequence[str]:
    """The fields of a worker that a desk may be asked to correct, in the order of a form."""
    table = kind_of(store.WORKER).schema.fields
    return [name for name in CORRECTED if name in table]


CORRECTED = (
    "full_name", "nik", "kk_number", "birth_place", "birth_date", "sex", "address", "rt", "rw", "postcode", "phone", "email",
    "occupation", "work_place", "kpj", "notes",
)  # fmt: skip
"""Sensitive ones are not among them: these are opened one by one on the person's own page, and noted."""


class Restricted(NamedTuple):
    rows: list[Any]
    names: dict[str, str]
    next: str | None


def list_restricted(scope: Scope, cursor: str | None) -> Restricted:
    """A page of whose data is restricted now."""
    with reading() as connection:
        found = store.restrictions(connection, scope, cursor, AT_ONCE + 1)
        shown = found[:AT_ONCE]
        names = store.names(connection, scope, [row.record for row in shown])
    if shown:
        audit.look("list", region=scope, records=[row.record for row in shown], list="restricted")
    return Restricted(shown, names, shown[-1].record if len(found) > AT_ONCE else None)
