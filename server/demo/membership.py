"""What the story leaves at the desk of contributions and cards.

A branch's list confirmed eight payments and brought member numbers; some cards are in their owners' hands, others still with
the officer; two came back after months without cover; and a phone changed a payment that BPJS had confirmed.
"""

from __future__ import annotations

from datetime import date
from typing import Any, NamedTuple

from programme import months
from server.actions import cover, followups, lists, lists_work
from server.actions.settle import settle
from server.db import reading
from server.demo.cast import contribution, workers
from server.demo.programme import Told
from server.demo.stage import days_ago
from server.store import lists as store
from server.store.followups import Chosen
from server.store.scoping import Scope

VILLAGE = "64.02.11.2005"
PEOPLE, HANDED_OVER, CAME_BACK = 8, 3, 2
BEGAN, LAPSED_AFTER = 170, 5  # days ago; months ago, for which those who came back had paid
HEADS = ("NIK", "Nama Peserta", "KPJ", "BLTH", "Iuran", "Tgl Bayar")


class _Person(NamedTuple):
    """payment: the contribution of this month."""

    record: str
    fields: dict[str, Any]
    payment: str
    amount: int


def tell(told: Told) -> None:
    with told.app.app_context():
        people = _people(told)
        _list_of_the_branch(told, people)
        phone = told.phones[VILLAGE].phone
        phone.syncs()
        cover.refresh(told.settings, told.now)
        _cards_of_the_others(told, {person.record for person in people})
        for person in people[:HANDED_OVER]:
            phone.writes(told.today, "worker", person.record, VILLAGE, {"card_given_on": told.today.isoformat()})
        changed, month = people[-1], months.of_day(told.today)
        both = [months.text(month), months.text(month + 1)]
        phone.writes(told.today, "contribution", changed.payment, VILLAGE, {"months": both, "amount": 2 * changed.amount})
        phone.syncs()


def _cards_of_the_others(told: Told, ours: set[str]) -> None:
    """Nearly all cards were handed over long ago; every seventh is still to be brought."""
    with reading() as connection:
        pages = followups.every(connection, Scope("id"), Chosen(what="card"))
        waiting = [row for page in pages for row in page.rows if row.record not in ours]
    for number, row in enumerate(waiting):
        if number % 7 and row.village in told.phones:
            day = days_ago(told.today, 20 + number % 60)
            told.phones[row.village].phone.writes(day, "worker", row.record, row.village, {"card_given_on": day.isoformat()})
    for village in sorted({row.village for row in waiting} & told.phones.keys()):
        told.phones[village].phone.syncs()


def _people(told: Told) -> list[_Person]:
    """Registered by the village's officer; those who came back had paid long ago, and again now."""
    phone, began = told.phones[VILLAGE].phone, days_ago(told.today, BEGAN)
    found, early = [], []
    for number, each in enumerate(workers(f"{VILLAGE}:membership", PEOPLE, told.today)):
        fields = {name: value for name, value in each.fields.items() if value is not None}
        fields |= {"registered_at": began.isoformat(), "funding": "self"}
        record = phone.writes(began, "worker", None, VILLAGE, fields)
        if number < CAME_BACK:
            early.append(_pays(told, record, fields, days_ago(told.today, BEGAN - 10), [LAPSED_AFTER])[0])
        payment, amount = _pays(told, record, fields, days_ago(told.today, 4), [0])
        found.append(_Person(record, fields, payment, amount))
    phone.syncs()
    _verified_and_confirmed(told, [person.record for person in found], early)
    phone.syncs()
    return found


def _pays(told: Told, worker: str, fields: dict[str, Any], day: date, back: list[int]) -> tuple[str, int]:
    said = contribution(fields, back, told.today)
    record = told.phones[VILLAGE].phone.writes(day, "contribution", None, VILLAGE, {"worker": worker, **said})
    return record, int(said["amount"])


def _verified_and_confirmed(told: Told, people: list[str], paid: list[str]) -> None:
    operator = told.accounts["operator"]
    for record in people:
        settle(record, None, {"status": "verified"}, operator, told.now)
    for record in paid:
        settle(record, None, {"confirmed": True, "confirmed_on": told.today.isoformat()}, operator, told.now)


def _list_of_the_branch(told: Told, people: list[_Person]) -> None:
    """The desk brings it, has its columns named, and accepts what agrees."""
    month, paid_on = months.text(months.of_day(told.today)), days_ago(told.today, 3)
    rows = [
        (each.fields["nik"], each.fields["full_name"], f"26{number:09d}", f"{month[5:]}-{month[:4]}", str(each.amount),
         f"{paid_on:%d/%m/%Y}")
        for number, each in enumerate(people, 701)
    ]  # fmt: skip
    content = "\r\n".join(";".join(row) for row in (HEADS, *rows)).encode()
    staff, scope = told.accounts["staf"], Scope(told.accounts["staf"].region)
    title, day = "Daftar peserta cabang, Muara Kaman", told.today.isoformat()
    wanted = lists.Wanted("members", title, VILLAGE[:8], day, len(content))
    number = lists.begin(wanted, staff, told.settings, told.now)
    lists.add_part(scope, number, 0, content, told.settings, told.now)
    lists.map_columns(scope, number, lists.mapped_of(lists.one(scope, number)).columns, None, None, told.now)
    lists_work.work(told.settings, told.now)
    lists.accept_all(scope, number, store.SAFE, staff, told.now)
    lists_work.work(told.settings, told.now)
