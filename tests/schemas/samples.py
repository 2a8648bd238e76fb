"""Workers and other records as phones send them, good, careless and hostile. NIKs are invented: serials from 9000."""

from __future__ import annotations

from datetime import date
from typing import Any

from hypothesis import strategies as st

from schemas import fields
from schemas.kinds import KINDS

TODAY = date(2026, 11, 22)
FILE = {"sha256": "9f86d081" * 8, "size": 48211, "type": "image/webp"}

GOOD: dict[str, dict[str, Any]] = {
    "worker": {
        "nik": "6402115207909001",
        "kk_number": "6402111203159002",
        "full_name": "Nur Hayati",
        "birth_place": "Muara Kaman",
        "birth_date": "1990-07-12",
        "sex": "female",
        "mother_name": "Siti Aminah",
        "address": "Jl. Pesisir, Gg. 3 No. 12",
        "rt": "003",
        "rw": "001",
        "postcode": "75553",
        "village": "64.02.11.2005",
        "work_village": "64.02.11",
        "work_place": "Sawah di belakang masjid",
        "phone": "+6281234567890",
        "email": "nur@contoh.id",
        "occupation": "farmer",
        "second_occupation": "river_fisher",
        "segment": "bpu",
        "monthly_income": 1_500_000,
        "programs": ["JKK", "JKM"],
        "payment_months": 6,
        "funding": "apbd_regency",
        "vulnerable": True,
        "dtsen_decile": 2,
        "dtsen_at": "2026-06-30",
        "kpj": "15012345678",
        "heirs": [
            {"name": "Rahmad", "relation": "suami", "nik": "6402111203889003", "phone": "+6281234567891"},
            {"name": "Aulia", "relation": "anak", "birth_date": "2015-02-28", "school": "SDN 004"},
        ],
        "gps": {"lat": -0.1234, "lon": 116.75, "accuracy": 12},
        "photo_ktp": FILE,
        "signature": FILE | {"width": 600},
        "consent": {
            "version": "2",
            "at": "2026-11-20T08:11:12.003Z",
            "method": "thumb",
            "witness": "Rahmad",
            "purposes": ["registration", "photo"],
        },
        "status": "proposed",
        "registered_at": "2026-11-20",
        "notes": "Datang bersama ketua RT.\nKartu agak luntur.",
        "extra.perahu": {"mesin": "15 PK"},
    },
    "contribution": {
        "worker": "k7f3q2-9",
        "months": ["2026-11", "2026-12"],
        "programs": ["JHT", "JKK", "JKM"],
        "amount": 33_600,
        "funding": "self",
        "budget": "hq1-12",
        "paid_on": "2026-11-20",
        "collected_by": "Siti Aminah",
        "handed_in_on": "2026-11-21",
        "receipt": "KW/2026/0012",
    },
    "claim": {
        "worker": "k7f3q2-9",
        "program": "JKK",
        "event": "accident",
        "event_date": "2026-11-18",
        "event_place": "Sungai Mahakam",
        "chronology": "Perahu terbalik saat mengangkut sawit.",
        "documents": ["kk", "ktp"],
        "status": "reported",
        "outcome": None,
        "event_time": "14:30",
        "branch_told_on": "2026-11-20",
        "submitted_on": "2026-11-22",
        "handover": {
            "date": "2026-12-01",
            "place": "Kantor desa",
            "by": "Camat",
            "recipient": "Nur Hayati",
            "publicity_consent": False,
        },
    },
    "visit": {
        "village": "64.02.11.2005",
        "date": "2026-11-19",
        "purpose": "outreach",
        "attendance": 41,
        "theme": "manfaat JKM",
        "text": "Banyak yang bertanya soal iuran.",
        "by": "kades",
        "finding": "Sinyal hanya di kantor desa.",
        "recommendation": "Jadwal sinkron tiap Senin.",
        "responsible": "Sekdes",
        "due": "2026-12-31",
        "answer": None,
        "answered_on": None,
        "state": "open",
    },
    "target": {"workers": 1200, "rate": 42.5, "source": "RKPD 2027", "set_on": "2026-11-02", "notes": "dengan DBH sawit"},
    "scenario": {"title": "Rencana A", "year": 2027, "state": "draft", "ranking": "ranking:64.02:r1", "notes": None},
    "budget": {
        "scenario": "scenario:64.02:a1", "title": "Pekerja rentan", "funding": "apbd_regency", "first_month": "2027-01",
        "last_month": "2027-12", "people": 15000, "programs": ["JKK", "JKM"], "income": None, "amount": 3_024_000_000,
        "document": "DPA 5.1.02", "notes": "menunggu APBD perubahan",
    },
    "ranking": {
        "title": "Yang jauh dahulu", "state": "in_force", "valid_from": "2027-01-01",
        "weights": [{"criterion": "remoteness", "weight": 40.5}, {"criterion": "decile", "weight": 60}],
        "deciles_up_to": 4, "age_from": 18, "age_below": 65, "legal_basis": "Perbup 12/2026", "notes": None,
    },
    "decree": {
        "number": "500.15/12/2027", "title": "Penerima bantuan iuran", "state": "signed", "signed_on": "2027-01-04",
        "revoked_on": None, "funding": "dbh_sawit", "budget": "budget:64.02:b1", "first_month": "2027-01",
        "last_month": "2027-05", "programs": ["JKK", "JKM"], "people": 5000, "ranking": None, "notes": None,
    },
    "beneficiary": {
        "worker": "k7f3q2-9", "decree": "decree:64.02:k7f3q2", "rank": 12, "score": 71.5, "because": ["decile:1",
        "remoteness:4"],
        "removed_on": "2027-03-01", "removed_why": "moved",
    },
    "profile": {
        "remoteness": 4, "signal": "weak", "electricity": "part", "travel_hours": 3.5, "apparatus": 11,
        "village_budget": 2_016_000, "source": "Prodeskel", "as_of": "2026-10-31", "notes": None,
    },
    "cycle": {
        "title": "Monev semester 2", "state": "running", "first_month": "2026-07", "last_month": "2026-12",
        "frozen_on": "2026-11-26", "goals": [{"indicator": "rate", "target": 45.5}, {"indicator": "active", "target": 1200}],
        "conclusions": None, "closed_on": None, "notes": "bersama DPMD",
    },
    "finding": {
        "cycle": "cycle:64.02:c1", "about": "64.02.11", "visit": "k7f3q2-12", "indicator": "arrears",
        "text": "Iuran dikumpulkan terlambat.", "recommendation": "Kolektor tiap dusun.", "responsible": "DPMD",
        "due": "2027-01-31", "state": "open", "follow_up": None, "followed_up_on": None,
    },
    "meeting": {
        "cycle": "cycle:64.02:c1", "title": "Rapat monev", "date": "2026-11-19", "place": "Tenggarong", "agenda": "1. Angka",
        "attendance": 41, "attendees": [{"name": "Camat Rekaan", "office": "Camat", "signed": True}], "minutes": "Dibuka.",
        "decisions": None,
    },
    "feedback": {
        "by": "camat", "who": "Camat Rekaan", "date": "2026-11-19", "theme": "sinyal", "text": "Sinyal hilang.",
        "state": "escalated", "answer": None, "answered_on": None, "escalated_to": "64", "escalated_on": "2026-11-20",
    },
    "solution": {
        "title": "Kolektor dusun", "theme": "iuran", "challenge": "Jauh dari bank.",
        "what_worked": "Dikumpulkan saat posyandu.",
        "outcome": "Tunggakan turun.", "place": "64.02.11.2005", "feedback": None, "published": True,
    },
    "award": {
        "title": "Desa terbaik 2026", "first_month": "2026-01", "last_month": "2026-12", "state": "published",
        "criteria": [{"criterion": "coverage", "weight": 30}, {"criterion": "growth", "weight": 12.5}], "version": 1,
        "published_on": "2026-03-01", "frozen_on": None, "winners_a_band": 3,
        "places": [{"village": "64.02.11.2005", "band": "small_near", "rank": 1, "score": 81.25}], "seal": "ab" * 32,
        "sealed_on": None, "released_on": None, "prize": 25_000_000, "notes": None, "run": 2,
        "lifts": [{"village": "64.02.11.2005", "reason": "births", "why": "sensus", "state": "proposed"}],
        "released_amount": None,
    },
    "panel": {
        "award": "award:64.02:a1", "village": "64.02.11.2005", "judge": "juri satu",
        "scores": [{"criterion": "innovation", "points": 80.5}], "note": "inovatif",
    },
    "duty": {
        "duty": "regulation", "institution": "Bupati", "half": "2026-2", "state": "done", "document": "Perbup 12/2026",
        "dated": "2026-08-01", "amount": 1_008_000_000, "people": 5000, "evidence": "Lembaran daerah",
        "responsible": "Bagian hukum",
        "notes": None,
    },
    "agreement": {
        "title": "Perlindungan pekerja rentan", "form": "pks", "number": "12/PKS/2026", "parties": "Kabupaten; cabang",
        "subject": "Iuran", "signed_on": "2026-01-02", "starts_on": "2026-01-02", "ends_on": "2026-12-31",
        "state": "in_force",
        "renewed_by": None, "responsible": "Bagian kerja sama", "notes": None,
    },
    "eligible": {"workers": 312, "source": "Prodeskel", "method": "hitung per RT", "as_of": "2026-10-31"},
    "link": {"same": True, "reason": "NIK sama, lahir sama"},
}

# What goes wrong in the field, on the way, or on purpose.
TROUBLE: list[Any] = [
    None, "", " ", "  Nur ", "Nu\u0301r", "\0", "a\0b", "\ud800", "ok\udfff", "x" * 101, "x" * 5000,
    True, False, 0, 1, 1.0, 23.0, -1, 2.5, 10**12, 10**12 + 1, 2**63, -(2**63) - 1, 10**400, 1e300,
    float("nan"), float("inf"), float("-inf"), -0.0,
    "6402 1152.0790-9001", "٦٤٠٢١١٥٢٠٧٩٠٩٠٠١", "６４０２１１５２０７９０９００１", "64O2ll52O79O9OOl",
    "6402112902009001", "6402112902019001", "6402115207900000", "9902115207909001", "640211520790900", "²²",
    "0812-3456-7890", "62812 3456 7890", "+62 (0) 812 3456 7890", "+628123456789²", "+62812345678901234",
    "2026-02-28", "2026-02-29", "20260131", "2026-W05-3", "2026-1-31", "２０２６-01-31", "0000-01-01", "2027-01-01",
    "2026-11-20T08:11:12.003Z", "2026-11-20T08:11:12Z", "2026-11-20T16:11:12.003+08:00", "2026-11-20T08:11:12,003Z",
    "2026-W47-5T08:11:12.003Z", "2026-11-20t08:11:12.003Z", "2026-11-20T08:11:12.003z", "2026-11-20T24:00:00.000Z",
    "0001-01-01T00:00:00.000+12:00", "2026-11", "2026-13", "64.02.11.2005", "64.02.11.2005\n", "64.02", "6402", "id",
    "farmer", "Farmer", "perahu_terbang", "JKK", "verified", "self", "male", "image/webp", "IMAGE/WEBP",
    [], {}, [None], [[]], ["JKK", "JKM"], ["JKM", "JKK", "JKK"], ["JHT"], ["JKK", "JKM", "BPJS"], [True], ["a", "b"],
    ["b", "a"], ["2026-11"], ["2026-12", "2026-11"], {"lat": 1.0, "lon": 2, "accuracy": 0.5}, {"lat": 91, "lon": 2},
    {str(n): n for n in range(10)}, {str(n): n for n in range(16)}, list(range(10)), list("2026-11-20"),
    [{"name": "Rahmad", "relation": "suami"}], [{"name": "Rahmad"}], [{"name": " A ", "relation": "b", "nik": "1"}],
]  # fmt: skip

texts = st.text(st.characters(exclude_categories=()), max_size=12)
scalars = (
    st.none() | st.booleans() | st.integers() | st.integers(min_value=-(10**30), max_value=10**30) | st.floats() | texts
)
anything = st.recursive(
    scalars | st.sampled_from(TROUBLE),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=8,
)


def values_of(field: Any, good: Any) -> st.SearchStrategy[Any]:
    """Values for one field: mostly the good one, else some trouble, or a good object with trouble in one part."""
    near = st.just(good) | st.just(good) | st.sampled_from(TROUBLE) | anything
    if isinstance(field, fields.Thing) and isinstance(good, dict):
        near |= st.builds(lambda part, value: good | {part: value}, st.sampled_from([*good, "new"]), anything)
        near |= st.sampled_from([*good]).map(lambda part: {name: good[name] for name in good if name != part})
    return near


@st.composite
def changes(draw: st.DrawFn, kind: str) -> dict[str, Any]:
    """The fields of one change of a kind, in any order, some of them unknown to us."""
    table = KINDS[kind].schema.fields
    names = draw(st.lists(st.sampled_from(sorted(table)), unique=True, max_size=8))
    given = {name: draw(values_of(table[name], GOOD[kind].get(name))) for name in names}
    return given | draw(st.dictionaries(texts | st.just("extra.perahu"), anything, max_size=2))
