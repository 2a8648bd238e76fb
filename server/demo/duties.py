"""What the story tells of duties and agreements: who has a regulation, who lacks it, and a PKS about to expire."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from programme import duties as pure
from server.actions import agreements, clocks, duties
from server.demo.programme import Told
from server.store.accounts import Account

RULES: dict[str, tuple[str, str]] = {
    "64": ("Pergub 41/2023", "2023-08-14"), "64.02": ("Perbup 27/2022", "2022-06-20"),
    "64.07": ("Perbup 19/2023", "2023-03-06"), "64.11": ("Perbup 8/2024", "2024-02-12"),
    "64.08": ("Perbup 33/2021", "2021-12-01"), "64.01": ("Perbup 12/2024", "2024-05-27"),
}  # fmt: skip
"""Numbers invented. Berau (64.03) and Penajam Paser Utara (64.09) have none yet."""
MONEY = {"64": 9_676_800_000, "64.02": 3_024_000_000, "64.07": 705_600_000, "64.08": 1_209_600_000, "64.09": 1_008_000_000}
MEMBERS = {"64.02": 18_420, "64.07": 4_116, "64.03": 3_870, "64.11": 1_204, "64.08": 9_655, "64.09": 5_230, "64.01": 6_012}
VILLAGES = (
    "64.02.11.2005", "64.02.11.2004", "64.02.08.2019", "64.07.08.2008", "64.11.01.2006", "64.08.05.2018", "64.09.02.2001",
)  # fmt: skip
DAYS_TO_GO = (21, 74, 410)


def tell(told: Told) -> None:
    """Two half-years of the register, three agreements that run and one that has ended."""
    with told.app.app_context():
        now = pure.half_of(told.today)
        for half in (pure.before(now), now):
            _half(told, half, is_over=half != now)
        _agreements(told)
        clocks.run(told.settings, told.now)


def _half(told: Told, half: str, *, is_over: bool) -> None:
    staff, year = told.accounts["staf"], pure.begins(half).year
    for region in ("64", "64.01", "64.02", "64.03", "64.07", "64.08", "64.09", "64.11"):
        prefix = "governor" if region == "64" else "regent"
        if region in RULES:
            number, day = RULES[region]
            _say(told, staff, region, half, f"{prefix}_regulation", state="done", document=number, dated=day)
        else:
            _say(told, staff, region, half, f"{prefix}_regulation", state="in_progress",
                 evidence="Rancangan di bagian hukum, harmonisasi dijadwalkan bulan depan.")  # fmt: skip
        if region in MONEY:
            people = MONEY[region] // (16_800 * 12)
            _say(told, staff, region, half, f"{prefix}_budget", state="done", document=f"DPA {year}/1.06.{region[-2:]}",
                 dated=f"{year}-01-12", amount=MONEY[region], people=people)  # fmt: skip
        if region in MEMBERS:
            people = MEMBERS[region] - (MEMBERS[region] // 9 if is_over else 0)
            _say(told, staff, region, half, f"{prefix}_workers", state="done" if is_over else "in_progress", people=people)
        if is_over:
            _say(told, staff, region, half, f"{prefix}_report", state="done", document=f"045/{region[-2:]}/{half}",
                 dated=(pure.ends(half) + timedelta(days=18)).isoformat(), evidence="Dikirim lewat surat.")  # fmt: skip
    for n, village in enumerate(VILLAGES):
        _say(told, staff, village, half, "village_apparatus", state="done" if n < 5 else "in_progress", people=9 + n)
        if n % 2 == 0:
            _say(told, staff, village, half, "village_budget", state="done", document=f"APBDes {year}",
                 amount=2_116_800 + n * 201_600)  # fmt: skip


def _say(told: Told, who: Account, region: str, half: str, code: str, **fields: Any) -> None:
    """institution: as the rule names it."""
    record = duties.id_of(region, half, code)
    what = duties.named(record)
    if what is not None:
        duties.write(record, {}, {"institution": what.duty.institution["id"], **fields}, who, told.now)


def _agreements(told: Told) -> None:
    staff, today = told.accounts["staf"], told.today
    running = (
        ("64.02", "pks", "Pembayaran iuran pekerja rentan Kutai Kartanegara", "Pemerintah Kabupaten Kutai Kartanegara", 1),
        ("64", "mou", "Perluasan kepesertaan pekerja desa", "Pemerintah Provinsi Kalimantan Timur", 2),
        ("64.08", "pks", "Iuran pekerja sawit dari DBH", "Dinas Perkebunan Kabupaten Kutai Timur", 2),
    )
    for n, (region, form, title, party, years) in enumerate(running):
        last = today + timedelta(days=DAYS_TO_GO[n])
        first = date(last.year - years, last.month, min(last.day, 28)) + timedelta(days=1)
        agreements.begin(region, f"demo{n}", {
            "title": title, "form": form, "number": f"{40 + n}/PKS/{first.year}", "state": "in_force",
            "parties": f"{party}\nBPJS Ketenagakerjaan, kantor cabang",
            "subject": f"{title}; data peserta dan tata cara bayar.",
            "signed_on": (first - timedelta(days=9)).isoformat(), "starts_on": first.isoformat(),
            "ends_on": last.isoformat(),
        }, staff, told.now)  # fmt: skip
    over = today - timedelta(days=140)
    agreements.begin("64.07", "demo9", {
        "title": "Sosialisasi di kampung", "form": "mou", "number": "11/MoU/2024", "state": "in_force",
        "parties": "Pemerintah Kabupaten Kutai Barat\nBPJS Ketenagakerjaan, kantor cabang", "signed_on": "2024-01-08",
        "starts_on": "2024-01-15", "ends_on": over.isoformat(),
    }, staff, told.now)  # fmt: skip
