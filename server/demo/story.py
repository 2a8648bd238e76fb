"""The story that is told once: a year in two dozen villages, up to this morning.

Everything comes in through the door or the desks' own actions, as it would in life: nothing is written into the views.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import date, timedelta
from itertools import count
from typing import Any, NamedTuple

from flask import Flask

from programme import months
from server.actions import cover, duplicates, exporting, lists_work, people_index, settle
from server.actions.people import add_user
from server.auth import ADMIN, AUDITOR, OPERATOR, STAFF, VIEWER
from server.clock import day_at
from server.config import Settings
from server.demo import desks
from server.demo.cast import Worker, payments, staff, workers
from server.demo.chapters import tell_programme
from server.demo.programme import Told
from server.demo.places import MEETING, NEXT_VILLAGE, PLACES, Place
from server.demo.stage import Desk, Login, Phone, days_ago

PROVINCE = "64"
WHO_HE_IS = ("nik", "full_name", "birth_date", "sex")
CARD_DAYS, KEEPS_CARDS = 20, 9  # one card in so many still lies with the officer
NIK_LESS_ONE = 15  # how many digits are left when one is lost on a small screen in the sun


WHO = (
    ("operator", OPERATOR, PROVINCE), ("staf", STAFF, PROVINCE), ("staf2", STAFF, PROVINCE), ("pemantau", VIEWER, "64.02"),
    ("juri1", VIEWER, PROVINCE), ("juri2", VIEWER, PROVINCE), ("auditor", AUDITOR, "id"), ("admin", ADMIN, "id"),
)  # fmt: skip


def tell_story(app: Flask, settings: Settings, now: int, say: Callable[[str], object]) -> list[Login]:
    """Fill an installation that was just made; gives who may sign in. Raises CannotAdd where it was told before."""
    today = day_at(now, MEETING.code)
    logins = [_login(*who, now) for who in WHO]
    phones = {}
    for place in PLACES:
        say(place.name)
        phones[place.code] = _a_year(Phone(app, settings, place.officer, [place.code]), place, today, now)
    desk = Desk(app, logins[0].name, logins[0].password)
    meeting = phones[MEETING.code]
    _two_officers(app, settings, meeting, desk, today)
    _slips(meeting, today)
    _one_person_twice(phones, desk, today)
    _a_move_and_an_accident(meeting, today)
    cover.refresh(settings, now)
    people_index.follow(settings, now)
    _on_the_desks(app, settings, phones, {login.name: login for login in logins}, today, now)
    accounts = {login.name: desks.account_of(login) for login in logins}
    tell_programme(Told(app, settings, accounts, phones, today, now))
    for chapter in phones.values():
        chapter.phone.puts_away()
    for act in (people_index.follow, duplicates.find_duplicates, lists_work.work, exporting.make_waiting, cover.refresh):
        act(settings, now)
    cover.snapshot(settings, now)
    return logins


def _on_the_desks(
    app: Flask, settings: Settings, phones: dict[str, Chapter], logins: dict[str, Login], today: date, now: int
) -> None:
    """What waits for operators, staff and administrators this morning."""
    operator, staff, admin = (desks.account_of(logins[name]) for name in ("operator", "staf", "admin"))
    meeting, neighbour = phones[MEETING.code], phones[NEXT_VILLAGE.code]
    desks.show_a_card(meeting.phone, meeting.village, meeting.records[0], today)
    known = [neighbour.phone.reads(record) for record in neighbour.records]
    desks.likely_doubles(meeting.phone, meeting.village, [
        {name: fields[name] for name in (*WHO_HE_IS, "occupation", "programs", "consent")} for fields in known[:3]
    ], today)  # fmt: skip
    desks.send_one_back(operator, now)
    drowned = desks.phones_in_trouble(app, settings, admin, now)
    desks.a_breach(drowned, admin, now)
    desks.people_ask(meeting.records[8:], operator, now)
    desks.set_targets(staff, today.year, now)
    sample = desks.write_sample(settings.data_dir / desks.SAMPLES, known, today)
    desks.bring_list(sample, staff, settings, today, now)
    desks.ask_for_an_export(staff, now)


def _login(name: str, role: str, region: str, now: int) -> Login:
    password = secrets.token_urlsafe(9)
    add_user(name, role, region, password, now)
    return Login(name, password, role, region)


class Chapter(NamedTuple):
    """What happened in one village. records: of its workers, in the order of their registration."""

    phone: Phone
    village: str
    records: list[str]


def _a_year(phone: Phone, place: Place, today: date, now: int) -> Chapter:
    """Registrations and payments, day by day; then a line, and the desk looks at what came in."""
    cast = [*workers(place.code, place.registered, today, place.care), *staff(place.code, place.staff, today)]
    _count_the_village(phone, place, today)
    written: dict[int, str] = {}
    to_confirm: list[str] = []
    for day, _, act in sorted(_diary(phone, place.code, cast, written, to_confirm, today), key=lambda entry: entry[:2]):
        act(day)
    phone.syncs()
    for number, record in written.items():
        if cast[number].fate.verified:
            settle.settle(record, None, {"status": "verified"} | _card(place, number, cast[number], today), None, now)
    for record in to_confirm:
        settle.settle(record, None, {"confirmed": True, "confirmed_on": today.isoformat()}, None, now)
    phone.syncs()
    return Chapter(phone, place.code, [written[number] for number in sorted(written)])


def _card(place: Place, number: int, worker: Worker, today: date) -> dict[str, Any]:
    """The number that BPJS gave to whoever has paid; most cards are in their owners' hands since."""
    if not worker.fate.confirmed:
        return {}
    given = min(today, worker.registered + timedelta(days=CARD_DAYS))
    kpj = f"26{place.code.replace('.', '')[3:10]}{number:02d}"
    return {"kpj": kpj} | ({"card_given_on": given.isoformat()} if number % KEEPS_CARDS else {})


Entry = tuple[date, int, Callable[[date], object]]


def _diary(
    phone: Phone, village: str, cast: list[Worker], written: dict[int, str], to_confirm: list[str], today: date
) -> list[Entry]:
    """What the officer will enter, by day: each worker, and after him what he paid."""
    numbers = count()
    entries: list[Entry] = []

    def register(number: int, worker: Worker) -> Callable[[date], object]:
        def act(day: date) -> None:
            written[number] = phone.writes(day, "worker", None, village, worker.fields)

        return act

    def pay(number: int, paid: dict[str, Any], confirmed: bool) -> Callable[[date], object]:
        def act(day: date) -> None:
            record = phone.writes(day, "contribution", None, village, {"worker": written[number], **paid})
            if confirmed:
                to_confirm.append(record)

        return act

    for number, worker in enumerate(cast):
        entries.append((worker.registered, next(numbers), register(number, worker)))
        for paid, confirmed in payments(worker, today):
            day = max(date.fromisoformat(paid["paid_on"]), worker.registered)
            entries.append((day, next(numbers), pay(number, paid, confirmed)))
    return entries


def _count_the_village(phone: Phone, place: Place, today: date) -> None:
    """The denominator, counted when the first were registered; later months go by it."""
    month = months.of_day(today) - 14
    day = months.first_day(month)
    phone.writes(
        day, "eligible", f"eligible:{place.code}:{months.text(month)}", place.code,
        {"workers": place.eligible, "source": "Pendataan desa (rekaan)", "method": "dari rumah ke rumah",
         "as_of": day.isoformat()},
    )  # fmt: skip


def _two_officers(app: Flask, settings: Settings, meeting: Chapter, desk: Desk, today: date) -> None:
    """Two officers meet the same people, each out of reach of the other; one of their differences is settled."""
    second = Phone(app, settings, "Hamdani Sabran", [meeting.village, NEXT_VILLAGE.code])
    second.syncs()
    first, day = meeting.phone, days_ago(today, 3)
    for record in meeting.records[:3]:
        name = first.reads(record)["full_name"]
        first.writes(day, "worker", record, meeting.village, {"full_name": name + " binti Galuh", "rt": "007"})
        second.writes(day, "worker", record, meeting.village, {"full_name": name.upper(), "notes": "ke kebun"})
    born = first.reads(meeting.records[3])["birth_date"]
    for phone, later in ((first, 0), (second, 1)):
        other = f"{born[:8]}{(int(born[8:]) + later) % 28 + 1:02d}"
        phone.writes(day, "worker", meeting.records[3], meeting.village, {"birth_date": other})
    first.syncs()
    second.syncs()
    second.puts_away()
    waits = desk.sees(f"/api/v1/conflicts?within={meeting.village}")["records"][0]
    field, heads = next(iter(waits["conflicts"].items()))
    chosen = {"record": waits["record"], "seen": waits["seen"], "fields": {field: heads[0]["value"]}}
    desk.does("/api/v1/settle", chosen)
    first.syncs()


def _slips(meeting: Chapter, today: date) -> None:
    """One NIK lost a digit: it is kept, and set aside until the officer corrects it."""
    (worker,) = workers(f"{meeting.village}:slip", 1, today)
    wrong = worker.fields | {"nik": worker.fields["nik"][:NIK_LESS_ONE]}
    meeting.phone.writes(days_ago(today, 2), "worker", None, meeting.village, wrong)
    meeting.phone.syncs()


def _one_person_twice(phones: dict[str, Chapter], desk: Desk, today: date) -> None:
    """Two people stand in two villages each; of one the operator has found out, the other waits to be found."""
    meeting, neighbour, upriver = phones[MEETING.code], phones[NEXT_VILLAGE.code], phones[PLACES[3].code]
    fields = meeting.phone.reads(meeting.records[4])
    copy = {name: fields[name] for name in WHO_HE_IS + ("occupation", "programs", "consent")}
    again = neighbour.phone.writes(days_ago(today, 2), "worker", None, neighbour.village, copy)
    neighbour.phone.syncs()
    reason = "NIK dan tanggal lahir sama; suaminya tinggal di desa sebelah"
    desk.does("/api/v1/link", {"a": meeting.records[4], "b": again, "same": True, "reason": reason})
    other = meeting.phone.reads(meeting.records[5])
    upriver.phone.writes(days_ago(today, 1), "worker", None, upriver.village, copy | {
        name: other[name] for name in WHO_HE_IS
    })  # fmt: skip
    upriver.phone.syncs()


def _a_move_and_an_accident(meeting: Chapter, today: date) -> None:
    """Somebody moves to the next village; somebody is hurt, and the officer reports it and visits him."""
    phone, village = meeting.phone, meeting.village
    phone.writes(days_ago(today, 2), "worker", meeting.records[6], village, {"village": NEXT_VILLAGE.code})
    phone.writes(days_ago(today, 1), "claim", None, village, {
        "worker": meeting.records[7], "program": "JKK", "event": "accident", "status": "reported",
        "event_date": days_ago(today, 4).isoformat(), "event_place": "di kebun", "documents": ["ktp"],
        "chronology": "tangan terluka oleh parang (rekaan)",
    })  # fmt: skip
    phone.writes(days_ago(today, 1), "visit", None, village, {
        "village": village, "date": days_ago(today, 1).isoformat(), "purpose": "monitoring", "attendance": 9,
        "by": "officer", "finding": "dua peserta belum tahu nomor peserta", "state": "open",
    })  # fmt: skip
    phone.syncs()
