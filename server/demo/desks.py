"""What the story leaves on the desks: phones in trouble, doubles, a list to reconcile, requests whose clock runs, a target.

Everything goes through the desks' own actions, or through the door as a phone would. Only when phones were last heard is
set back by hand, since nobody can wait twelve days for a demo.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from datetime import date
from io import StringIO
from pathlib import Path
from typing import Any

from flask import Flask

from programme import months
from schemas.change import from_ms
from server.actions import breaches, exports, fleet, lists, returning, rights, targets
from server.actions.desk_pages import quarantined
from server.config import Settings
from server.db import reading, transaction
from server.demo.pictures import card
from server.demo.places import PLACES
from server.demo.stage import Login, Phone, days_ago
from server.store import accounts, devices
from server.store.accounts import Account
from server.store.scoping import Scope

DAY_MS, HOUR_MS = 24 * 60 * 60 * 1000, 60 * 60 * 1000
KUTAI_KARTANEGARA = "64.02"
SAMPLES = "contoh"  # folder beside the demo's database
SAMPLE = "daftar-peserta-cabang.csv"
TARGETS = {"64.01": 60, "64.02": 180, "64.03": 40, "64.07": 90, "64.08": 60, "64.09": 70, "64.11": 60}
"""What each regency wants to have covered by the end of the year, as one might write down for these few villages."""


def account_of(login: Login) -> Account:
    with reading() as connection:
        account = accounts.by_name(connection, login.name)
    assert account is not None
    return account


# Phones ---------------------------------------------------------------------------------------------------------------


def phones_in_trouble(app: Flask, settings: Settings, admin: Account, now: int) -> str:
    """A silent one, one that keeps too much, one with a wrong clock, one with a twin, one that fell into the river.

    Gives the id of the last, which is revoked.
    """
    silent = _phone(app, settings, PLACES[4].officer, PLACES[4].code)
    silent.says(app="0.1.0", queued=23, oldest=from_ms(now - 14 * DAY_MS), persisted=True, free_bytes=412_000_000)
    full = _phone(app, settings, PLACES[5].officer, PLACES[5].code)
    full.says(app="0.1.0", queued=41, oldest=from_ms(now - 9 * DAY_MS), persisted=False, free_bytes=18_000_000)
    slow = _phone(app, settings, PLACES[6].officer, PLACES[6].code)
    slow.sends_as_is(_visit(slow, PLACES[6].code, now, 1), sent_at=now - 26 * HOUR_MS)
    twin = _phone(app, settings, PLACES[7].officer, PLACES[7].code)
    for attendance in (11, 12):  # the same number, said twice: somebody copied the phone
        twin.sends_as_is(_visit(twin, PLACES[7].code, now, attendance))
    drowned = _phone(app, settings, PLACES[3].officer, PLACES[3].code)
    drowned.syncs()
    fleet.revoke(drowned.id, settings, now, admin)
    with transaction() as connection:
        for phone, days in ((silent, 12), (drowned, 6)):
            devices.change_device(connection, phone.id, contact_at=now - days * DAY_MS)
    lost = drowned.id
    for phone in (silent, full, slow, twin, drowned):
        phone.puts_away()
    return lost


def _phone(app: Flask, settings: Settings, officer: str, village: str) -> Phone:
    return Phone(app, settings, f"{officer.split()[0]} Hendra", [village])


def _visit(phone: Phone, village: str, now: int, attendance: int) -> dict[str, Any]:
    return {
        "seq": 1, "kind": "visit", "record": f"{phone.id}-1", "village": village, "at": from_ms(now - 3 * DAY_MS),
        "fields": {
            "village": village, "date": from_ms(now - 3 * DAY_MS)[:10], "purpose": "outreach", "attendance": attendance,
        },
    }  # fmt: skip


# People who may be one ------------------------------------------------------------------------------------------------


def show_a_card(phone: Phone, village: str, record: str, today: date) -> None:
    """The card of somebody whose name two officers wrote differently was photographed."""
    phone.writes(days_ago(today, 1), "worker", record, village, {"photo_ktp": phone.keeps(card(record))})
    phone.syncs()
    phone.brings_pictures()


def likely_doubles(phone: Phone, village: str, people: Sequence[Mapping[str, Any]], today: date) -> None:
    """Three who were written down once more in the next village, each with another slip of the pen."""
    first, second, third = (dict(person) for person in people)
    nik = first["nik"]
    first["nik"] = nik[:13] + nik[14] + nik[13] + nik[15] if nik[13] != nik[14] else nik[:15] + str((int(nik[15]) + 1) % 10)
    second["full_name"] = second["full_name"].replace("r", "rr", 1)
    second |= {"nik": None, "nik_reason": "KTP hilang, belum diurus"}
    born = third["birth_date"]
    if int(born[8:]) <= 12:
        third["birth_date"] = f"{born[:5]}{born[8:]}-{born[5:7]}"
    third["full_name"] = third["full_name"].replace("a", "ah", 1)
    third["nik"] = third["nik"][:15] + str((int(third["nik"][15]) + 3) % 10)
    for person in (first, second, third):
        phone.writes(days_ago(today, 1), "worker", None, village, person)
    phone.syncs()


# Lists ----------------------------------------------------------------------------------------------------------------

HEADINGS = ("KPJ", "NIK", "Nama Peserta", "Tgl Lahir", "Program", "Periode", "Iuran", "Tgl Bayar", "Status")


def write_sample(folder: Path, people: Sequence[Mapping[str, Any]], today: date) -> Path:
    """A list as a branch sends one, of these workers and of some whom nobody has written down: to try the desk with."""
    rows = [_row(number, person, today) for number, person in enumerate(people, 1)]
    rows[0][2] = rows[0][2].upper()
    rows[1][2] = rows[1][2].replace("a", "o", 1)  # a name that differs
    rows[2][1] = rows[2][1][:15]  # a digit is missing: this row says so
    rows += [_row(900 + number, person, today) for number, person in enumerate(_strangers(people), 1)]
    text = StringIO()
    writer = csv.writer(text, delimiter=";")
    writer.writerow(HEADINGS)
    writer.writerows(rows)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / SAMPLE
    path.write_text("\ufeff" + text.getvalue(), encoding="utf-8", newline="")
    return path


def _row(number: int, person: Mapping[str, Any], today: date) -> list[str]:
    month = months.text(months.of_day(today))
    born = date.fromisoformat(person["birth_date"])
    programs = person["programs"]
    return [
        f"26{number:09d}", person["nik"], person["full_name"], f"{born:%d/%m/%Y}", "+".join(programs),
        f"{month[5:]}-{month[:4]}", "8400" if "JHT" not in programs else "28400",
        f"{today.replace(day=min(5, today.day)):%d/%m/%Y}", "Aktif",
    ]  # fmt: skip


def _strangers(people: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Members whom no officer has met: the same names in another order, NIKs that were never given out."""
    names = [person["full_name"].split()[-1] for person in people]
    return [
        dict(person) | {"full_name": f"{names[-1 - n]} {names[n]}", "nik": person["nik"][:12] + f"{9700 + n}"}
        for n, person in enumerate(people[:3])
    ]


def bring_list(path: Path, staff: Account, settings: Settings, today: date, now: int) -> None:
    """The branch's list of this month is here already, its columns known: the desk goes on from there."""
    content, scope = path.read_bytes(), Scope(staff.region)
    wanted = lists.Wanted("members", "Daftar peserta cabang, bulan ini", staff.region, today.isoformat(), len(content))
    number = lists.begin(wanted, staff, settings, now)
    lists.add_part(scope, number, 0, content, settings, now)
    columns = lists.mapped_of(lists.one(scope, number)).columns
    lists.map_columns(scope, number, columns, None, None, now)


# Rights, targets, exports ---------------------------------------------------------------------------------------------


def people_ask(records: Sequence[str], operator: Account, now: int) -> None:
    """Somebody wants to see what is held of him, a clock that is nearly out; somebody's went out yesterday."""
    scope = Scope(operator.region)
    asked = (
        ("access", "person", "card", "Datang ke kantor desa.", 50),
        ("withdrawal", "person", "known", "Pindah kerja ke kota.", 96),
        ("restriction", "heir", "paper", "Ahli waris berselisih.", 5),
    )
    for record, (kind, asked_by, proven_by, note, hours) in zip(records, asked, strict=False):
        rights.ask(scope, record, kind, asked_by, proven_by, note, now - hours * HOUR_MS, operator, now)


def a_breach(device: str, admin: Account, now: int) -> None:
    """The phone that fell into the river may have been found by somebody."""
    breaches.note(
        breaches.Noted(
            breaches.DEVICE, device, "HP petugas hanyut di sungai dan belum ditemukan.",
            "Nama, NIK, tanggal lahir dan nomor HP warga satu desa; tersegel dengan PIN di HP.",
            "Perahu terbalik di jeram, enam hari lalu (rekaan).", "HP dicabut; PIN dan kunci layar masih melindungi isinya.",
            now - 20 * HOUR_MS,
        ), admin, now,
    )  # fmt: skip


def set_targets(staff: Account, year: int, now: int) -> None:
    for region, workers in TARGETS.items():
        targets.set_target(region, year, None, {"workers": workers}, staff, now)


def ask_for_an_export(staff: Account, now: int) -> None:
    scope = Scope(KUTAI_KARTANEGARA)
    asked = {"what": "workers", "format": "csv", "purpose": "Rapat bulanan dengan dinas (rekaan)"}
    exports.ask(staff, scope, exports.read_wanted(staff, scope, asked, "id", now), now)


def send_one_back(operator: Account, now: int) -> None:
    """One held change went back to its officer, with a word on what to look at."""
    held = quarantined(operator.region, None, 1).entries
    for kept in held:
        note = "NIK-nya kurang satu angka. Tolong lihat lagi KTP-nya waktu ke ladang."
        returning.return_change(kept.device, kept.seq, note, operator, now)
