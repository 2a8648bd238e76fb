"""A village in which everybody lacks cover for another reason, on the twentieth of June."""

from __future__ import annotations

from server.actions import people_index
from tests.server.installation import VILLAGE
from tests.server.village import Days

WORKERS = 20
PAID_UP = [f"2026-{month:02d}" for month in range(1, 13)]


def nik(number: int) -> str:
    return f"640211520790{9000 + number}"


def tell(days: Days) -> dict[str, str]:
    """Why -> the worker's record; beside them some of whom nothing is to be said. The village has `WORKERS`."""
    days.day("2026-01-05")
    days.write("eligible", {"workers": WORKERS, "source": "BPS"}, f"eligible:{VILLAGE}:2026-01")

    def register(number: int, name: str, **fields) -> str:
        return days.register(nik=nik(number), full_name=name, registered_at="2026-01-05", **fields)

    told = {
        "proposed": register(1, "Arsyad Lahan"),
        "awaiting_payment": register(2, "Badrun Tunggu"),
        "in_arrears": register(3, "Cahaya Tunggak"),
        "inactive": register(4, "Darma Lapang"),
        "age": register(6, "Fatah Sepuh", birth_date="1940-01-01"),
        "wage_earner": register(7, "Gunadi Upah", segment="wage_earner"),
        "apparatus": register(8, "Halim Desa", segment="apparatus"),
        "unconfirmed": register(9, "Idris Bayar"),
        "active": register(10, "Jumantan Aman", funding="self"),
        "ended_funded": register(11, "Kamsiah Wafat", funding="apbd_regency"),
        "uncounted_funded": register(12, "Lahmudin Kades", segment="apparatus", funding="apbdes"),
        "unverified": register(13, "Marhamah Cepat", funding="self"),
        "ended": register(14, "Nawawi Pindah", funding="apbd_regency"),
        "staff_self": register(15, "Odah Sendiri", segment="apparatus", funding="self"),
        "ended_self": register(16, "Panji Sendiri", funding="self"),
    }
    lacking = {"full_name": "Emran Kurang", "occupation": "farmer", "programs": ["JKK", "JKM"]}
    told["incomplete"] = days.write("worker", lacking | {"village": VILLAGE})
    for why in (
        "awaiting_payment", "in_arrears", "inactive", "unconfirmed", "active", "ended_funded", "ended", "ended_self",
    ):  # fmt: skip
        days.verify(told[why])
    days.pay(told["in_arrears"], *PAID_UP[:4])
    days.pay(told["inactive"], *PAID_UP[:2])
    days.pay(told["active"], *PAID_UP[:6])
    days.pay(told["ended_funded"], *PAID_UP, funding="apbd_regency")
    days.pay(told["ended"], *PAID_UP[:2], funding="apbd_regency")
    days.pay(told["uncounted_funded"], *PAID_UP, funding="apbdes")
    days.pay(told["unverified"], *PAID_UP[:6])
    days.pay(told["staff_self"], *PAID_UP)
    days.pay(told["ended_self"], *PAID_UP)
    days.day("2026-03-10")
    days.desk(told["ended_funded"], status="deceased")
    days.desk(told["ended"], status="moved_away")
    days.desk(told["ended_self"], status="withdrawn")
    days.day("2026-06-20")
    days.pay(told["unconfirmed"], "2026-06", confirm=False)
    days.refresh()
    days.do(people_index.follow, days.settings, days.now)
    return told
