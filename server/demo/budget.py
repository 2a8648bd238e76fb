"""A regency's budget from scenarios to a signed decree, a year that is planned ahead, and somebody who is funded twice."""

from __future__ import annotations

from typing import Any

from programme import months
from server.actions import budgets, cover, decrees, entries, funded, people_index, rankings, settle
from server.clock import day_at
from server.demo.programme import Told
from server.store.accounts import Account
from server.store.scoping import Scope

REGENCY, PROVINCE = "64.02", "64"
BOTH = ["JKK", "JKM"]
RULE = {
    "title": "Yang jauh dan rentan dahulu", "legal_basis": "Perbup 17/2026 (rekaan)", "deciles_up_to": 5, "age_from": 18,
    "age_below": 65,
    "weights": [
        {"criterion": "remoteness", "weight": 35}, {"criterion": "decile", "weight": 35},
        {"criterion": "risk", "weight": 20}, {"criterion": "waiting", "weight": 10},
    ],
}  # fmt: skip
NAMES = 12  # on the signed decree
PAID_OF_THEM = 7


def tell(told: Told) -> None:
    """This year's budget is adopted and its decree signed; next year's lies in two scenarios, one of them proposed."""
    staff, second = told.accounts["staf"], told.accounts["staf2"]
    people_index.follow(told.settings, told.now)
    rule = rankings.begin_ranking(REGENCY, "perbup2026", RULE, staff, told.now)
    rankings.enforce(rule, _seen(rule), told.today, second, told.now)
    lines = _this_year(told, staff, second)
    decree = _signed(told, lines["nelayan"], rule, staff, second)
    _paid(told, decree, lines["nelayan"])
    _next_year(told, staff)
    _twice(told, staff, second, decree)
    for job in (cover.refresh, people_index.follow, decrees.work, people_index.follow, funded.follow):
        job(told.settings, told.now)
    rankings.look(Scope(REGENCY), rankings.ruled_by(rule, REGENCY, told.today), staff, told.now)


def _seen(record: str) -> dict[str, int]:
    return entries.one(Scope(record.split(":")[1]), record.partition(":")[0], record).seen


def _scenario(region: str, key: str, said: dict[str, Any], lines: dict[str, dict[str, Any]], staff: Account,
              now: int) -> tuple[str, dict[str, str]]:  # fmt: skip
    scenario = budgets.begin_scenario(region, key, said, staff, now)
    entry = entries.one(Scope(region), "scenario", scenario)
    made = {
        name: budgets.begin_line(entry, f"{key}.{name}", {"programs": BOTH, **line}, staff, now)
        for name, line in lines.items()
    }
    return scenario, made


def _adopted(scenario: str, staff: Account, second: Account, now: int) -> None:
    budgets.propose(scenario, _seen(scenario), staff, now)
    mark = budgets.lines_mark(budgets.scenario_told(Scope(scenario.split(":")[1]), scenario).lines)
    budgets.adopt(scenario, _seen(scenario), mark, second, now)


def _this_year(told: Told, staff: Account, second: Account) -> dict[str, str]:
    """Ends in the middle of next year: the money of the second line is spent in its fifth month."""
    this = months.of_day(told.today)
    first, last = months.text(this - 2), months.text(this + 3)
    scenario, lines = _scenario(
        REGENCY, "murni", {"title": "APBD Perubahan: nelayan dan pekerja kebun", "year": told.today.year,
                           "notes": "Angka rekaan untuk dicoba."},
        {
            "nelayan": {"title": "Nelayan dan pekerja sungai", "funding": "apbd_regency", "first_month": first,
                        "last_month": last, "people": 20, "document": "DPA 5.1.02.02"},
            "kebun": {"title": "Pekerja kebun sawit", "funding": "dbh_sawit", "first_month": first,
                      "last_month": months.text(this + 6), "people": 30, "amount": 30 * 16_800 * 4 + 200_000},
        }, staff, told.now,
    )  # fmt: skip
    _adopted(scenario, staff, second, told.now)
    return lines


def _signed(told: Told, line: str, rule: str, staff: Account, second: Account) -> str:
    said = entries.one(Scope(REGENCY), "budget", line).fields
    decree = decrees.begin_decree(REGENCY, "nelayan26", {
        "title": "Penerima iuran: nelayan dan pekerja sungai", "funding": "apbd_regency", "budget": line, "programs": BOTH,
        "first_month": said["first_month"], "last_month": said["last_month"], "ranking": rule,
    }, staff, told.now)  # fmt: skip
    decrees.fill(Scope(REGENCY), decree, NAMES, rule, staff, told.now)
    decrees.work(told.settings, told.now)
    _sign(told, decree, "500.15/41/2026", staff, second)
    return decree


def _sign(told: Told, decree: str, number: str, staff: Account, second: Account) -> None:
    region = decree.split(":")[1]
    if not decrees.told_of(Scope(region), decree).mark.standing:
        return  # nobody of this story may be ranked: it stays a draft
    decrees.propose(decree, _seen(decree), staff, told.now)
    known = decrees.told_of(Scope(region), decree)
    decrees.sign(decree, known.entry.seen, str(known.mark), number, day_at(told.now, region), second, told.now)
    decrees.work(told.settings, told.now)


def _paid(told: Told, decree: str, line: str) -> None:
    """The branch has confirmed last month of some whom the decree names; this month is still on its way."""
    people_index.follow(told.settings, told.now)
    last = months.text(months.of_day(told.today) - 1)
    names = decrees.names_of(Scope(REGENCY), decree, None, None, PAID_OF_THEM).names
    for name in names:
        chapter = told.phones.get(name.village or "")
        if chapter is None or name.worker is None:
            continue
        record = chapter.phone.writes(told.today, "contribution", None, chapter.village, {
            "worker": name.worker, "months": [last], "programs": BOTH, "amount": 16_800, "funding": "apbd_regency",
            "budget": line, "paid_on": told.today.isoformat(),
        })  # fmt: skip
        chapter.phone.syncs()
        settle.settle(record, None, {"confirmed": True, "confirmed_on": told.today.isoformat()}, None, told.now)


def _next_year(told: Told, staff: Account) -> None:
    year = told.today.year + 1
    whole = {"first_month": f"{year}-01", "last_month": f"{year}-12"}
    wide, _ = _scenario(REGENCY, "luas", {"title": f"APBD {year}: semua desil 1 sampai 4", "year": year}, {
        "kabupaten": {"title": "Pekerja rentan desil 1 sampai 4", "funding": "apbd_regency", "people": 210, **whole},
        "kebun": {"title": "Pekerja kebun sawit", "funding": "dbh_sawit", "people": 80, **whole},
    }, staff, told.now)  # fmt: skip
    _scenario(REGENCY, "hemat", {"title": f"APBD {year}: yang terjauh dulu", "year": year}, {
        "kabupaten": {"title": "Desa terpencil", "funding": "apbd_regency", "people": 120,
                      "amount": 120 * 16_800 * 9, **whole},
        "warga": {"title": "Warga melindungi pekerja (SERTAKAN)", "funding": "sertakan", "people": 40, **whole},
    }, staff, told.now)  # fmt: skip
    budgets.propose(wide, _seen(wide), staff, told.now)


def _twice(told: Told, staff: Account, second: Account, decree: str) -> None:
    """The province's decree names one whom the regency's names already."""
    this = months.of_day(told.today)
    period = {"first_month": months.text(this), "last_month": months.text(this + 1)}
    scenario, lines = _scenario(PROVINCE, "provinsi", {"title": "Bantuan provinsi akhir tahun", "year": told.today.year}, {
        "umum": {"title": "Pekerja rentan, bantuan provinsi", "funding": "apbd_province", "people": 40, **period},
    }, staff, told.now)  # fmt: skip
    _adopted(scenario, staff, second, told.now)
    other = decrees.begin_decree(PROVINCE, "provinsi26", {
        "title": "Penerima bantuan provinsi", "funding": "apbd_province", "budget": lines["umum"], "programs": BOTH,
        **period,
    }, staff, told.now)  # fmt: skip
    for name in decrees.names_of(Scope(REGENCY), decree, None, None, NAMES, standing=True).names[-2:]:
        key = decrees.name_of(other, str(name.worker)).rpartition(":")[2]
        entries.begin("beneficiary", PROVINCE, key, {"worker": name.worker, "decree": other}, staff, told.now, "decree")
    _sign(told, other, "100.3.3/88/2026", staff, second)
