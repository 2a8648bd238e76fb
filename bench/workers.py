"""Invented workers for the measurements: 26 fields, as large as a real registration."""

from __future__ import annotations

import random
from typing import Any

FIRST = ["Siti", "Nur", "Dayang", "Awang", "Ahmad", "Rusdi", "Lawing", "Hanye", "Martha", "Yohanes", "Ipui", "Belareq"]
LAST = ["Aminah", "Hayati", "Saputra", "Ding", "Lejau", "Usat", "Rahmah", "Kuleh", "Sari", "Jalung", "Bayau", "Irang"]
JOBS = ["farmer", "fisher", "boat_operator", "trader", "builder", "motorcycle_taxi"]


def worker(number: int, village: str, rng: random.Random) -> dict[str, Any]:
    """The fields of one invented worker. The NIK's prefix is the village's, its serial above 9000."""
    day, month, year = rng.randint(1, 28), rng.randint(1, 12), rng.randint(1962, 2008)
    woman = number % 2 == 0
    name = f"{rng.choice(FIRST)} {rng.choice(LAST)}"
    nik = f"{village[:8].replace('.', '')}{day + 40 * woman:02d}{month:02d}{year % 100:02d}{9000 + number % 1000}"
    return {
        "nik": nik, "kk_number": f"{village[:8].replace('.', '')}{day:02d}{month:02d}15{number % 10000:04d}",
        "full_name": name, "birth_place": "Muara Kaman", "birth_date": f"{year}-{month:02d}-{day:02d}",
        "sex": "female" if woman else "male", "mother_name": f"{rng.choice(FIRST)} {rng.choice(LAST)}",
        "address": f"Jalan Sungai {number % 90}", "rt": f"{number % 20:03d}", "rw": "002", "postcode": "75553",
        "village": village, "work_village": village, "work_place": "Danau Semayang",
        "phone": f"+62812{number % 10**8:08d}", "occupation": rng.choice(JOBS), "segment": "bpu",
        "monthly_income": rng.randint(8, 50) * 100_000, "programs": ["JKK", "JKM"], "payment_months": 1,
        "funding": "self", "vulnerable": number % 3 == 0,
        "heirs": [{"name": f"{rng.choice(FIRST)} {rng.choice(LAST)}", "relation": "child"}],
        "consent": {
            "version": "1", "at": "2026-11-20T08:11:12.003Z", "method": "signature", "purposes": ["registration"],
        },
        "registered_at": "2026-11-20", "notes": f"keterangan nomor {number}",
    }  # fmt: skip
