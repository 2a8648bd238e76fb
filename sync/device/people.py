"""Invented people of invented officers: names as they sound in Kalimantan, and NIKs that nobody was ever given."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from random import Random
from typing import Any

MEN = (
    "Arbain", "Jumberi", "Ipansyah", "Hamdani", "Syahrun", "Lawing", "Ubang", "Bakran", "Ardiansah", "Tumbang", "Isan",
    "Mirhan", "Juhri", "Anyeq", "Kuleh", "Rusmani", "Basuni", "Gerson", "Libau", "Hajat",
)  # fmt: skip
WOMEN = (
    "Masitah", "Norsinah", "Rusnah", "Galuh", "Dayang", "Saniah", "Lunik", "Bulan", "Hatikah", "Mardiah", "Asung",
    "Norlaila", "Jamilah", "Pelangi", "Tiung", "Siti Aminah", "Maslan", "Ribut", "Yustina", "Unyang",
)  # fmt: skip
SECOND = (
    "Lejau", "Sangen", "Rahmad", "Bahrun", "Kumpai", "Juk", "Apui", "Mahlan", "Lung", "Sabran", "Tahir", "Lihan",
    "Usat", "Badar", "Nyuk", "Hasan", "Syamsul", "Baya", "Ikau", "Jalung",
)  # fmt: skip
OCCUPATIONS = ("farmer", "fisher", "trader", "builder", "boat_operator", "motorcycle_taxi")
INCOMES = (800_000, 1_000_000, 1_500_000, 2_300_000, 3_000_000)
FUNDING = ("self", "self", "self", "apbdes", "apbd_regency", "dbh_sawit")
TOWNS = ("Muara Kaman", "Tenggarong", "Long Iram", "Kota Bangun")
CONSENT = {"version": "1", "purposes": ["registration", "claims"]}
ADULT_DAYS = (18 * 366, 63 * 365)


def name_of(rng: Random, sex: str) -> str:
    return f"{rng.choice(MEN if sex == 'male' else WOMEN)} {rng.choice(SECOND)}"


def nik_of(rng: Random, village: str, born: date, sex: str) -> str:
    """16 digits with the district of `village` and a serial from 9000 on, which no office hands out."""
    day = born.day + (40 if sex == "female" else 0)
    return f"{village.replace('.', '')[:6]}{day:02d}{born:%m%y}{rng.randint(9000, 9999)}"


def phone_of(rng: Random) -> str:
    """As it is stored, or now and then as people type it."""
    rest = f"{rng.choice(('12', '13', '21', '52'))}5{rng.randrange(10**7):07d}"
    return f"+628{rest}" if rng.random() < 0.8 else f"08{rest[:2]}-{rest[2:6]}-{rest[6:]}"


def worker(rng: Random, village: str, today: date) -> dict[str, Any]:
    """The fields of a registration. A NIK keeps a wrong birth date for life, so one in twenty-five differs."""
    sex = rng.choice(("male", "female"))
    born = today - timedelta(days=rng.randint(*ADULT_DAYS))
    card = born if rng.random() > 0.04 else born + timedelta(days=31)
    return {
        "nik": nik_of(rng, village, card, sex), "full_name": name_of(rng, sex), "sex": sex,
        "birth_date": born.isoformat(), "birth_place": rng.choice(TOWNS),
        "address": f"Jl. Sungai {rng.randint(1, 40)}", "rt": f"{rng.randint(1, 18):03d}", "phone": phone_of(rng),
        "occupation": rng.choice(OCCUPATIONS),
        "monthly_income": rng.choice(INCOMES), "programs": rng.choice((["JKK", "JKM"], ["JHT", "JKK", "JKM"])),
        "payment_months": rng.choice((1, 3, 6)), "funding": rng.choice(FUNDING), "vulnerable": rng.random() < 0.3,
        "registered_at": today.isoformat(),
        "consent": {**CONSENT, "at": today.isoformat(), "method": rng.choice(("oral", "thumb"))},
    }  # fmt: skip


def second_thoughts(rng: Random, now: Mapping[str, Any]) -> dict[str, Any]:
    """What an officer sets right in a worker's form; two of them rarely agree how a name is spelt."""
    name, born = now.get("full_name") or "", now.get("birth_date") or "1990-01-01"
    return rng.choice(
        (
            {"phone": phone_of(rng)},
            {"phone": None},
            {"address": f"Gg. Ulin {rng.randint(1, 30)}", "rt": f"{rng.randint(1, 18):03d}"},
            {"occupation": rng.choice(OCCUPATIONS), "monthly_income": rng.choice(INCOMES)},
            {"notes": rng.choice(("ke kebun sampai Jumat", "rumah terapung", "punya ketinting sendiri", "buta huruf"))},
            {"full_name": rng.choice((name.replace("h", ""), name + " bin " + rng.choice(MEN), name.title()))[:100]},
            {"birth_date": f"{born[:4]}-{rng.randint(1, 12):02d}-{rng.randint(1, 28):02d}"},
            {"programs": rng.choice((["JKK", "JKM"], ["JHT", "JKK", "JKM"]))},
            {"vulnerable": rng.random() < 0.5, "dtsen_decile": rng.randint(1, 6)},
        )
    )


def contribution(rng: Random, worker_id: str, now: Mapping[str, Any], today: date) -> dict[str, Any]:
    """One to three months paid for a worker; the amounts are those of the lowest tier."""
    month = today.replace(day=1)
    months = [(month + timedelta(days=31 * ahead)).strftime("%Y-%m") for ahead in range(rng.randint(1, 3))]
    programs = [one for one in now.get("programs") or ["JKK", "JKM"] if one != "JHT"] or ["JKK", "JKM"]
    return {
        "worker": worker_id, "months": months, "programs": programs, "amount": 16_800 * len(months),
        "funding": now.get("funding") or "self", "paid_on": today.isoformat(),
        "receipt": f"K-{rng.randrange(10**6):06d}",
    }  # fmt: skip
