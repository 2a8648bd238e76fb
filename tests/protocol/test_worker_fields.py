"""Section 9: a worker's fields, each with its type, its policy, and what is made of how people write."""

from __future__ import annotations

from typing import Any

import pytest

from tests.protocol.world import NIK, WORKER, Json, Phone, Served

FILE = {
    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "size": 48211,
    "type": "image/webp",
}
CONSENT: Json = WORKER["consent"]
TEXTS = ["nik_reason", "birth_place", "mother_name", "address", "rt", "rw", "postcode", "work_place", "occupation_text",
         "kpj", "notes", "email"]  # fmt: skip
FUNDING = ["self", "apbd_province", "apbd_regency", "apbdes", "dana_desa", "dbh_sawit", "sertakan", "other"]

GOOD: list[tuple[str, Any, Any]] = [
    ("nik", NIK, NIK), ("nik", "6402 1152 0790 9001", NIK), ("nik", "6402.1152.0790.9001", NIK),
    ("kk_number", "6402110101209001", "6402110101209001"),
    ("full_name", "N", "N"), ("full_name", "é" * 100, "é" * 100), ("full_name", "Rene\u0301", "Ren\u00e9"),
    ("birth_date", "1990-07-12", "1990-07-12"), ("birth_date", "2024-02-29", "2024-02-29"),
    ("birth_date", "1901-01-01", "1901-01-01"),
    ("sex", "male", "male"), ("sex", "female", "female"),
    *((field, "isi", "isi") for field in TEXTS),
    ("work_village", "64.03.05.2001", "64.03.05.2001"),
    ("phone", "081234567890", "+6281234567890"), ("phone", "+62 812-3456-7890", "+6281234567890"),
    ("phone", "62 812 3456 7890", "+6281234567890"), ("phone", "(0812) 3456.7890", "+6281234567890"),
    ("phone", "81234567890", "+6281234567890"),
    ("email", "bukan alamat", "bukan alamat"),
    *(("occupation", code, code) for code in ("farmer", "fisher", "trader", "builder", "boat_operator",
     "motorcycle_taxi", "other")),
    ("second_occupation", "fisher", "fisher"),
    *(("segment", word, word) for word in ("bpu", "wage_earner", "apparatus")),
    ("monthly_income", 0, 0), ("monthly_income", 10**12, 10**12),
    ("programs", ["JKM", "JKK"], ["JKK", "JKM"]), ("programs", ["JKK", "JKM", "JHT"], ["JHT", "JKK", "JKM"]),
    ("programs", ["JKK", "JKM", "JKK"], ["JKK", "JKM"]),
    *(("payment_months", months, months) for months in (1, 2, 3, 6, 12)),
    *(("funding", word, word) for word in FUNDING),
    ("vulnerable", True, True), ("vulnerable", False, False), ("dtsen_decile", 1, 1), ("dtsen_decile", 10, 10),
    ("dtsen_at", "2026-01-31", "2026-01-31"),
    ("heirs", [], []), ("heirs", [{"name": "Amin", "relation": "child"}], [{"name": "Amin", "relation": "child"}]),
    ("heirs", [{"name": "Amin", "relation": "child", "nik": NIK, "birth_date": "2015-01-01",
     "phone": "0812 3456 7890"}],
     [{"name": "Amin", "relation": "child", "nik": NIK, "birth_date": "2015-01-01", "phone": "+6281234567890"}]),
    ("gps", {"lat": -0.5, "lon": 116.9, "accuracy": 12}, {"lat": -0.5, "lon": 116.9, "accuracy": 12}),
    *((field, FILE, FILE) for field in ("photo_ktp", "photo_person", "signature")),
    *(("consent", CONSENT | {"method": word}, CONSENT | {"method": word}) for word in ("signature", "thumb", "oral")),
    ("consent", CONSENT | {"witness": "Pak RT"}, CONSENT | {"witness": "Pak RT"}),
    *(("status", word, word) for word in ("proposed", "withdrawn", "deceased", "moved_away")),
    ("registered_at", "2026-11-02", "2026-11-02"),
    ("extra.perahu", {"panjang": 7}, {"panjang": 7}),
]  # fmt: skip

BAD: list[tuple[str, Any]] = [
    *(("nik", value) for value in ("640211520790900", "64021152079090011", "640211520790900x", "", 6402115207909001,
     "x" * 16, [])),
    *(("kk_number", value) for value in ("123", 6402110101209001, "640211010120900x")),
    *(("full_name", value) for value in ("", "   ", "x" * 101, 7, [], {}, True)),
    *(("birth_date", value) for value in ("1990-02-30", "1990-13-01", "12-07-1990", "1990-7-12", "19900712", 19900712,
                                          "2100-01-01", "2026-11-20T00:00:00Z", "")),
    *(("sex", value) for value in ("L", "Male", "", 1, True)),
    *((field, 7) for field in TEXTS), *((field, ["x"]) for field in TEXTS),
    *(("work_village", value) for value in ("Muara Kaman", "64.02.11.2005.1", 64)),
    *(("phone", value) for value in ("12", "telepon", 81234567890, "+62 812 3456 7890 1234 5678")),
    *(("occupation", value) for value in ("", "Farmer", 1)),
    *(("segment", value) for value in ("pns", "", 1)),
    *(("monthly_income", value) for value in (-1, 10**12 + 1, 1.5, "2000000", True, [])),
    *(("programs", value) for value in (["JKK"], ["JKM", "JHT"], [], ["JKK", "JKM", "JP"], "JKK", ["JKK", "JKM", 1],
     {"JKK": 1})),
    *(("payment_months", value) for value in (0, 4, 13, "3", 1.5, True)),
    *(("funding", value) for value in ("gift", "", 1)),
    *(("vulnerable", value) for value in ("yes", 1, 0)), *(("dtsen_decile", value) for value in (0, 11, "5", 1.5)),
    ("dtsen_at", "2026-02-30"),
    *(("heirs", value) for value in ({}, "Amin", [7], [{"name": "Amin"}], [{"relation": "child"}], [{"name": "",
     "relation": "child"}],
                                     [{"name": "Amin", "relation": "child", "nik": "12"}],
                                     [{"name": "Amin", "relation": "child", "birth_date": "x"}])),
    *(("gps", value) for value in ({"lat": 91, "lon": 0, "accuracy": 1}, {"lat": 0, "lon": 181, "accuracy": 1},
     {"lat": "0", "lon": 0, "accuracy": 1},
                                   {"lon": 0}, [0, 0], "0,0")),
    *((field, value) for field in ("photo_ktp", "photo_person", "signature")
      for value in ("9f86", {"sha256": "x", "size": 1, "type": "image/webp"}, {"sha256": FILE["sha256"]},
       FILE | {"size": "1"})),
    *(("consent", value) for value in ({}, "yes", True, CONSENT | {"method": "nod"}, CONSENT | {"purposes": "all"},
                                       {k: v for k, v in CONSENT.items() if k != "version"},
                                       CONSENT | {"at": "yesterday"})),
    *(("status", value) for value in ("verified", "gone", "", 1)),
    ("registered_at", "2026-11-31"),
]  # fmt: skip
POLICY_REVIEW = [
    "nik",
    "kk_number",
    "full_name",
    "birth_date",
    "sex",
    "mother_name",
    "village",
    "kpj",
    "heirs",
    "consent",
    "status",
]
OTHERS: dict[str, tuple[Any, Any]] = {  # two values of each field, for what happens when two write them side by side
    "nik": (NIK, "6402115207909002"), "kk_number": ("6402110101209001", "6402110101209002"), "full_name": ("A", "B"),
    "birth_date": ("1990-07-12", "1990-07-13"), "sex": ("male", "female"), "mother_name": ("A", "B"), "kpj": ("A", "B"),
    "heirs": ([], [{"name": "Amin", "relation": "child"}]), "consent": (CONSENT, CONSENT | {"version": "2"}),
    "status": ("proposed", "withdrawn"), "nik_reason": ("A", "B"), "birth_place": ("A", "B"), "address": ("A", "B"),
    "rt": ("1", "2"), "rw": ("1", "2"), "postcode": ("75511", "75512"), "work_village": ("64.03.05.2001",
     "64.03.05.2002"),
    "work_place": ("A", "B"), "phone": ("+6281234567890", "+6281234567891"), "email": ("a@b.id", "c@d.id"),
    "occupation": ("farmer", "fisher"), "second_occupation": ("farmer", "fisher"), "occupation_text": ("A", "B"),
    "segment": ("bpu", "apparatus"), "monthly_income": (1, 2), "payment_months": (1, 3), "funding": ("self", "other"),
    "vulnerable": (True, False), "dtsen_decile": (1, 2), "dtsen_at": ("2026-01-01", "2026-01-02"),
    "gps": ({"lat": 0, "lon": 0, "accuracy": 1}, {"lat": 1, "lon": 1, "accuracy": 1}),
    "photo_ktp": (FILE, FILE | {"size": 1}), "photo_person": (FILE, FILE | {"size": 1}), "signature": (FILE,
     FILE | {"size": 1}),
    "registered_at": ("2026-11-01", "2026-11-02"), "notes": ("A", "B"), "extra.perahu": (1, 2),
}  # fmt: skip


@pytest.fixture(scope="module")
def rina(served: Served) -> Phone:
    """A phone for all of this page: each test has a record of its own."""
    return served.phone(served.village(), officer="Rina")


def judged(phone: Phone, fields: Json) -> tuple[str, Json]:
    """Status and errors of a new worker with these fields alone."""
    (result,) = phone.send(phone.change(fields=fields), cursors=phone.cursors)["results"]
    return result["status"], result.get("errors", {})


def kept(phone: Phone, fields: Json) -> Json:
    """The record that these fields make, as told."""
    change = phone.change(fields=fields)
    (result,) = phone.sync(change)["results"]
    assert result["status"] == "merged", result
    reader = phone.send(cursors={**phone.cursors, phone.villages[0]: phone.cursors[phone.villages[0]] - 1})
    return next((told for told in reader["records"] if told["record"] == change["record"]), None) or phone.told(
        change["record"]
    )


@pytest.mark.parametrize(("field", "sent", "told"), GOOD, ids=str)
def test_a_field_is_taken_and_normalised(rina: Phone, field: str, sent: Any, told: Any) -> None:
    assert kept(rina, {field: sent})["fields"][field] == told


@pytest.mark.parametrize(("field", "value"), BAD, ids=str)
def test_a_wrong_type_or_shape_quarantines_and_names_the_field(rina: Phone, field: str, value: Any) -> None:
    status, errors = judged(rina, {field: value, "extra.y": "1"})
    assert status == "quarantined" and set(errors) == {field} and errors[field]


@pytest.mark.parametrize("field", ["full_name", "birth_date", "sex", "occupation", "programs", "consent"])
def test_null_in_a_required_field_quarantines(rina: Phone, field: str) -> None:
    assert judged(rina, {field: None})[0] == "quarantined"


@pytest.mark.parametrize("field", sorted(set(OTHERS) - set(WORKER)))
def test_null_elsewhere_is_a_value(rina: Phone, field: str) -> None:
    assert judged(rina, {field: None})[0] == "merged"


@pytest.mark.parametrize("field", ["nik", "full_name", "birth_date", "sex", "occupation", "programs", "consent"])
def test_a_record_that_lacks_one_required_field_is_incomplete(rina: Phone, field: str) -> None:
    told = kept(rina, {name: value for name, value in WORKER.items() if name != field})
    assert told["derived"]["incomplete"] == [field]


def test_nik_or_nik_reason_is_enough(rina: Phone) -> None:
    fields = {name: value for name, value in WORKER.items() if name != "nik"}
    assert not kept(rina, fields | {"nik_reason": "KTP hilang"}).get("derived", {}).get("incomplete")


def test_a_nik_of_another_shape_is_taken_when_the_same_change_says_why_the_card_reads_so(rina: Phone) -> None:
    assert judged(rina, {"nik": "64021152079090", "nik_reason": "begitu di kartu"})[0] == "merged"
    assert judged(rina, {"nik": "64021152079090", "nik_reason": ""})[0] == "quarantined"
    change = rina.change(fields={"nik_reason": "begitu di kartu"})
    rina.sync(change)
    (result,) = rina.send(rina.change(change["record"], {"nik": "64021152079090"}), cursors=rina.cursors)["results"]
    assert result["status"] == "quarantined"  # another change's reason is not this one's


@pytest.mark.parametrize("differing", [{"birth_date": "1990-07-13"}, {"sex": "male"}])
def test_a_birth_date_or_sex_that_differs_from_the_nik_warns_only(rina: Phone, differing: Json) -> None:
    told = kept(rina, WORKER | differing)
    assert [warning["text"] for warning in told["derived"]["warnings"]]
    assert not kept(rina, dict(WORKER)).get("derived", {}).get("warnings")


@pytest.mark.parametrize("birth_date", ["2020-01-01", "1930-01-01"])
def test_an_age_outside_the_rules_does_not_quarantine(rina: Phone, birth_date: str) -> None:
    assert judged(rina, WORKER | {"birth_date": birth_date})[0] == "merged"


def test_an_occupation_that_only_a_newer_list_has_is_kept(rina: Phone) -> None:
    assert kept(rina, {"occupation": "drone_pilot"})["fields"]["occupation"] == "drone_pilot"


def test_one_phone_number_may_be_that_of_several_workers(rina: Phone) -> None:
    assert [judged(rina, WORKER | {"phone": "081234567890"})[0] for _ in range(2)] == ["merged"] * 2


def test_one_nik_on_two_records_merges_both(rina: Phone) -> None:
    assert [judged(rina, WORKER)[0] for _ in range(2)] == ["merged"] * 2


def test_every_field_of_this_page_has_a_policy_in_these_tests() -> None:
    named = {field for field, _, _ in GOOD} - {"programs"}
    assert named <= set(OTHERS) and set(POLICY_REVIEW) - {"village"} <= set(OTHERS)


@pytest.mark.parametrize("field", sorted(OTHERS))
def test_two_who_write_a_field_side_by_side_need_a_person_only_where_the_policy_is_review(
    siti: Phone, budi: Phone, field: str
) -> None:
    first, second = OTHERS[field]
    made = siti.change(fields={"rt": "1"})
    siti.sync(made)
    extra = {"nik_reason": "x"} if field == "nik" else {}
    siti.send(siti.change(made["record"], {field: first} | extra))
    (result,) = budi.send(budi.change(made["record"], {field: second}, seen={siti.id: 1}))["results"]
    assert result["status"] == ("conflict" if field in POLICY_REVIEW else "merged")
    assert set(siti.told(made["record"]).get("conflicts", {})) == ({field} if field in POLICY_REVIEW else set())


def test_a_desk_may_verify(served: Served, rina: Phone) -> None:
    told = kept(rina, dict(WORKER))
    assert served.desk().settle(told, status="verified")["fields"]["status"] == "verified"
