"""Villages' profiles, an award of one regency from criteria to certificates, and one of the province at its judges."""

from __future__ import annotations

from typing import Any

from programme import months
from server.actions import awards, claim_cases, cover, duplicates, evaluation, people_index, profiles
from server.actions.awards import Entry
from server.demo.places import GOOD, PLACES, Place
from server.demo.programme import Told
from server.store.accounts import Account
from server.store.scoping import Scope

PROVINCE, REGENCY = "64", "64.02"
FAR = {"64.11": 5, "64.07": 4, "64.03": 3, "64.08": 3}  # how remote a regency's villages mostly are
PRIZE = 15_000_000
DOUBLES = "duplicates"
NOTES = (
    "Iuran dikumpulkan lewat arisan RT; tunggakan turun.", "Tiap posyandu ada meja pendaftaran.",
    "Kas desa menalangi iuran saat banjir.",
)  # fmt: skip


def tell(told: Told) -> None:
    """Judges are others than who runs it; who proposes a result does not seal it, who seals it releases nothing."""
    staff, second, admin = (told.accounts[name] for name in ("staf", "staf2", "admin"))
    _profiles(told, staff)
    draw = (cover.refresh, people_index.follow, duplicates.find_duplicates, evaluation.follow, claim_cases.follow)
    for each in draw:
        each(told.settings, told.now)
    cover.snapshot(told.settings, told.now)
    last = months.of_day(told.today) - 1
    period = {"first_month": months.text(last - 11), "last_month": months.text(last)}
    year = period["last_month"][:4]
    done = _begun(told, REGENCY, "desa", {
        "title": f"Desa Pelindung Pekerja Kutai Kartanegara {year}", "winners_a_band": 2, "prize": PRIZE, **period,
    })  # fmt: skip
    asked = _ask_to_lift(told, done, second)
    if asked:
        awards.answer_lift(done, _seen(REGENCY, done), *asked, True, admin, told.now)
    _judged(told, done, ("juri1", "juri2"))
    awards.propose(done, _seen(REGENCY, done), staff, told.now)
    awards.seal(done, _seen(REGENCY, done), second, told.now)
    awards.release(done, _seen(REGENCY, done), admin, told.now)
    open_ = _begun(told, PROVINCE, "provinsi", {
        "title": f"Anugerah Desa Kalimantan Timur {year}", "winners_a_band": 3, "prize": 2 * PRIZE, **period,
    })  # fmt: skip
    _judged(told, open_, ("juri1",))
    _ask_to_lift(told, open_, second)


def _profiles(told: Told, staff: Account) -> None:
    for number, place in enumerate(PLACES):
        if number % 9 == 5:
            continue  # some are not filled in yet
        profiles.keep(f"profile:{place.code}:{told.today.year}", {}, _profile(place, number, told), staff, told.now)


def _profile(place: Place, number: int, told: Told) -> dict[str, Any]:
    far, staff = min(5, FAR.get(place.code[:5], 2) + number % 2), max(place.staff - 1, 1)
    return {
        "remoteness": far, "signal": "none" if far == 5 else "weak" if far > 2 else "good",
        "electricity": "part" if far > 3 else "full", "travel_hours": far * 0.75,
        "apparatus": staff if place.care == GOOD else staff + number % 2,
        "village_budget": place.eligible * (4_000 + 3_000 * (number % 5)), "source": "Prodeskel dan Perdes APBDes",
        "as_of": told.today.replace(month=1, day=31).isoformat(),
    }  # fmt: skip


def _begun(told: Told, region: str, key: str, fields: dict[str, Any]) -> str:
    """An award whose criteria are published and whose villages are scored."""
    staff = told.accounts["staf"]
    record = awards.begin(Scope(region), key, fields, staff, told.now)
    awards.publish(record, _seen(region, record), None, staff, told.now)
    day = awards.days_for(_entry(region, record))[0]
    awards.score(record, _seen(region, record), day, staff, told.now)
    return record


def _entry(region: str, record: str) -> Entry:
    return awards.one(Scope(region), record)


def _seen(region: str, record: str) -> dict[str, int]:
    return _entry(region, record).seen


def _judged(told: Told, record: str, judges: tuple[str, ...]) -> None:
    listed = [row.village for row in awards.table(_entry(record.split(":")[1], record), told.now).rows if row.is_listed]
    for number, name in enumerate(judges):
        for place, village in enumerate(listed):
            points = 60 + (place * 7 + number * 5) % 36
            awards.judge(record, village, {"innovation": points}, NOTES[(place + number) % 3], told.accounts[name], told.now)


def _ask_to_lift(told: Told, record: str, who: Account) -> tuple[str, str] | None:
    """The first village that is out for doubles, which somebody asks to overlook: another person has yet to agree."""
    entry = _entry(record.split(":")[1], record)
    out = next((row for row in awards.table(entry, told.now).rows if DOUBLES in row.out), None)
    if out is None:
        return None
    why = "Pasangan yang dicurigai sudah diperiksa di desa: keluarga serumah dan nama yang mirip, kartunya berbeda."
    awards.propose_lift(record, entry.seen, out.village, DOUBLES, why, who, told.now)
    return out.village, DOUBLES
