"""Invented workers for the measurements: 26 fields, 800 bytes of JSON, 140 of gzip in a batch of 200.

That is as little compressible as what the peers were measured with; a third of it is the hash of a photo.
"""

from __future__ import annotations

import random
from typing import Any

FIRST = (
    "Siti Nur Dayang Awang Ahmad Rusdi Lawing Hanye Martha Yohanes Ipui Belareq Aji Hajrah Kristina Petrus Ngau Bulan "
    "Juhrah Maspah Sopian Udau Lusia Rahmat Bit Uluk"
).split()
LAST = (
    "Aminah Hayati Saputra Ding Lejau Usat Rahmah Kuleh Sari Jalung Bayau Irang Lahang Nurdin Wahyuni Ajang Hibau "
    "Tekwan Maulana Imang Merang Yusuf Lung Bahri Anyeq Luhat"
).split()
PLACES = ["Muara Kaman", "Tenggarong", "Kota Bangun", "Long Iram", "Melak", "Sebulu", "Muara Wis", "Danau Semayang"]
STREETS = ["Sungai", "Mulawarman", "Pelabuhan", "Masjid Raya", "Gereja", "Lamin", "Sekolah", "Pasar Lama", "Kenanga"]
NOT_ASKED = {"photo_ktp", "postcode", "vulnerable"}
JOBS = ["farmer", "fisher", "boat_operator", "trader", "builder", "motorcycle_taxi"]


def worker(number: int, village: str, rng: random.Random) -> dict[str, Any]:
    """The fields of one invented worker. The NIK's prefix is the village's district, its serial 9000 or above."""
    day, month, year = rng.randint(1, 28), rng.randint(1, 12), rng.randint(1962, 2008)
    woman = number % 2 == 0
    prefix = village[:8].replace(".", "")
    recorded = f"{rng.randint(1, 28):02d}{rng.randint(1, 12):02d}{rng.randint(8, 25):02d}"
    nik = f"{prefix}{day + 40 * woman:02d}{month:02d}{year % 100:02d}{rng.randint(9000, 9999)}"
    return {
        "nik": nik, "kk_number": f"{prefix}{recorded}{rng.randint(1, 9999):04d}",
        "full_name": _name(rng), "birth_place": rng.choice(PLACES), "birth_date": f"{year}-{month:02d}-{day:02d}",
        "sex": "female" if woman else "male", "mother_name": _name(rng),
        "address": f"Jalan {rng.choice(STREETS)} {rng.randint(1, 120)}",
        "rt": f"{rng.randint(1, 20):03d}", "rw": f"{rng.randint(1, 5):03d}", "postcode": "75553",
        "village": village, "work_place": rng.choice(PLACES),
        "phone": f"+6281{rng.randint(10**8, 10**9 - 1)}", "occupation": rng.choice(JOBS), "segment": "bpu",
        "monthly_income": rng.randint(8, 50) * 100_000, "programs": ["JKK", "JKM"],
        "payment_months": rng.choice([1, 3, 6, 12]), "funding": "self", "vulnerable": number % 3 == 0,
        "heirs": [{"name": _name(rng), "relation": rng.choice(["child", "spouse", "parent", "sibling"])}],
        "consent": {
            "version": "1", "at": f"2026-11-20T08:{rng.randint(10, 59)}:{rng.randint(10, 59)}.{rng.randint(100, 999)}Z",
            "method": "signature", "purposes": ["registration"],
        },
        "photo_ktp": {"sha256": rng.randbytes(32).hex(), "size": rng.randint(90_000, 400_000), "type": "image/jpeg"},
        "registered_at": "2026-11-20", "notes": f"rumah ke-{rng.randint(1, 400)} dari {rng.choice(PLACES)}",
    }  # fmt: skip


def registration(number: int, village: str, rng: random.Random) -> dict[str, Any]:
    """What the registration form makes of full answers, with consent by word of mouth and no photo."""
    fields = {name: value for name, value in worker(number, village, rng).items() if name not in NOT_ASKED}
    agreed = {**fields["consent"], "version": "2026-11", "method": "oral", "witness": _name(rng)}
    relation = rng.choice(["istri", "suami", "anak", "ayah", "ibu", "saudara"])
    return fields | {"status": "proposed", "consent": agreed, "heirs": [{"name": _name(rng), "relation": relation}]}


def _name(rng: random.Random) -> str:
    return f"{rng.choice(FIRST)} {rng.choice(LAST)}"
