"""The worker's table (protocol section 9)."""

import pytest

from schemas.kinds import KINDS

from .samples import FILE, GOOD, TODAY

WORKER = KINDS["worker"]


def judge(fields, desk=False):
    return WORKER.judge(fields, desk=desk, today=TODAY)


@pytest.mark.parametrize(
    ("field", "typed", "kept"),
    [
        ("nik", " 6402.1152.0790-9OOl ", "6402115207909001"),
        ("nik", "٦٤٠٢١١٥٢٠٧٩٠٩٠٠١", "6402115207909001"),
        ("kk_number", "6402 1112 0315 9002", "6402111203159002"),
        ("full_name", "  Nu\u0301r ", "Núr"),
        ("full_name", " " + "x" * 100, "x" * 100),
        ("full_name", "e\u0301" * 100, "é" * 100),
        ("phone", "0812-3456-7890", "+6281234567890"),
        ("phone", None, None),
        ("birth_date", "2026-11-22", "2026-11-22"),
        ("birth_date", " 2026-11-22 ", "2026-11-22"),
        ("birth_date", "1899-12-31", "1899-12-31"),
        ("programs", ["JKM", "JHT", "JKK", "JKK"], ["JHT", "JKK", "JKM"]),
        ("monthly_income", 1500000.0, 1500000),
        ("monthly_income", 10**12, 10**12),
        ("payment_months", 12.0, 12),
        ("occupation", "perahu_terbang", "perahu_terbang"),
        ("work_village", "64.02", "64.02"),
        ("email", "bukan alamat", "bukan alamat"),
        ("gps", {"lat": 1.0, "lon": -0.5, "accuracy": 3}, {"lat": 1, "lon": -0.5, "accuracy": 3}),
        ("heirs", [], []),
        ("heirs", [{"name": "A ", "relation": "anak", "nik": None}], [{"name": "A", "relation": "anak", "nik": None}]),
        ("photo_ktp", FILE | {"width": 9}, FILE | {"width": 9}),
        (
            "consent",
            {
                "version": 2,
                "at": "2026-11-20T16:11:12+08:00",
                "method": "oral",
                "purposes": ["z", "a"],
                "place": "RT 3",
            },
            {"version": 2, "at": "2026-11-20T08:11:12.000Z", "method": "oral", "purposes": ["z", "a"], "place": "RT 3"},
        ),
    ],
)
def test_what_people_type_is_kept_in_one_form(field, typed, kept):
    judged = judge({field: typed})
    assert judged.errors == {}
    assert judged.fields == {field: kept}
    assert type(judged.fields[field]) is type(kept)


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("nik", "640211520790900", "nik-length:15"),
        ("nik", "64021152079090011", "nik-length:17"),
        ("nik", "6402115207909x01", "nik-digits"),
        ("nik", "9902115207909001", "nik-province:99"),
        ("nik", "6402113207909001", "nik-day"),
        ("nik", "6402117207909001", "nik-day"),
        ("nik", "6402113002909001", "nik-day"),
        ("nik", "6402112902899001", "nik-day"),
        ("nik", "6402111213909001", "nik-day"),
        ("nik", "6402115207900000", "nik-serial"),
        ("nik", 6402115207909001, "not-text"),
        ("nik", None, "required"),
        ("kk_number", "640211120315900", "bad-kk"),
        ("full_name", "   ", "empty"),
        ("full_name", "x" * 101, "too-long:100"),
        ("full_name", "Nur\0", "text-unclean"),
        ("full_name", ["Nur"], "not-text"),
        ("birth_date", "2026-11-23", "future-day"),
        ("birth_date", "2026-02-29", "bad-day"),
        ("birth_date", "19900712", "bad-day"),
        ("birth_date", "12-07-1990", "bad-day"),
        ("sex", "Female", "not-one-of:male | female"),
        ("sex", ["male"], "not-text"),
        ("village", "64.02.11", "bad-village"),
        ("village", "6402112005", "bad-village"),
        ("work_village", "6402112005", "bad-region"),
        ("phone", "541-123456", "bad-phone"),
        ("phone", "0812345678 / 0813345678", "bad-phone"),
        ("occupation", "Petani sawah", "bad-occupation"),
        ("monthly_income", -1, "out-of-range:0:1000000000000"),
        ("monthly_income", 10**12 + 1, "out-of-range:0:1000000000000"),
        ("monthly_income", 1500000.5, "not-a-whole-number"),
        ("monthly_income", "1500000", "not-a-whole-number"),
        ("monthly_income", True, "not-a-whole-number"),
        ("monthly_income", 10**400, "number-too-big"),
        ("programs", ["JKK"], "lacks-members:JKK + JKM"),
        ("programs", [], "lacks-members:JKK + JKM"),
        ("programs", ["JKK", "JKM", "JP"], "not-one-of:JKK | JKM | JHT"),
        ("programs", "JKK", "not-a-list"),
        ("programs", {"JKK": 1, "JKM": 1}, "not-a-list"),
        ("payment_months", 4, "not-one-of:1 | 2 | 3 | 6 | 12"),
        ("payment_months", True, "not-a-whole-number"),
        ("vulnerable", 1, "not-true-or-false"),
        ("dtsen_decile", 11, "out-of-range:1:10"),
        ("gps", {"lat": 91, "lon": 0, "accuracy": 1}, "inside:lat:out-of-range:-90:90"),
        ("gps", {"lat": 1, "lon": "116", "accuracy": 1}, "inside:lon:not-a-number"),
        ("gps", "-0.1,116.7", "not-an-object"),
        ("heirs", {"name": "A", "relation": "b"}, "not-a-list"),
        ("heirs", [None], "inside:1:required"),
        ("heirs", [{"name": "A"}], "inside:1.relation:required"),
        ("heirs", [{"name": "A", "relation": "b"}, 5], "inside:2:not-an-object"),
        ("heirs", [{"name": "A", "relation": "b", "nik": "1"}], "inside:1.nik:nik-length:1"),
        ("photo_ktp", FILE | {"sha256": "9F"}, "inside:sha256:bad-sha256"),
        ("photo_ktp", FILE | {"size": -1}, "inside:size:out-of-range:0:9007199254740991"),
        ("consent", None, "required"),
        ("consent", {"version": "2", "at": "2026-11-20", "method": "oral"}, "inside:purposes:required"),
        (
            "consent",
            {"version": "2", "at": "kemarin", "method": "oral", "purposes": ["registration"]},
            "inside:at:bad-time",
        ),
        ("status", "active", "not-one-of:proposed | verified | withdrawn | deceased | moved_away"),
        ("status", "verified", "desk-only-value:verified"),
    ],
)
def test_a_wrong_shape_is_complained_of(field, value, code):
    assert judge(GOOD["worker"] | {field: value}).errors == {field: [code]}


def test_no_verdict_repeats_what_names_a_person():
    bad = {"nik": "6402113207909001", "full_name": "Nur\0", "phone": "98765", "mother_name": 77_123}
    said = str(judge(bad).errors)
    assert len(judge(bad).errors) == 4
    assert not any(part in said for part in ("3207", "9001", "Nur", "98765", "77"))


def test_only_a_desk_may_say_that_a_worker_is_verified():
    assert judge({"status": "verified"}, desk=True).errors == {}
    assert judge({"status": " verified "}).errors == {"status": ["desk-only-value:verified"]}


@pytest.mark.parametrize(
    ("nik", "kept"),
    [
        ("6402 1152 0790 900", "640211520790900"),
        (" tidak terbaca ", "tidak terbaca"),
        ("6402115207909x01", "6402115207909x01"),
        (None, None),
        ("1" * 40, "1" * 40),
    ],
)
def test_an_odd_nik_is_kept_when_the_same_change_says_why(nik, kept):
    judged = judge({"nik": nik, "nik_reason": "begitu di kartunya"})
    assert judged.errors == {}
    assert judged.fields == {"nik": kept, "nik_reason": "begitu di kartunya"}


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"nik": "1" * 41, "nik_reason": "begitu"}, "too-long:40"),
        ({"nik": "x" * 100_000, "nik_reason": "begitu"}, "too-long:40"),
        ({"nik": "12\0", "nik_reason": "begitu"}, "text-unclean"),
        ({"nik": 12, "nik_reason": "begitu"}, "not-text"),
        ({"nik": {}, "nik_reason": "begitu"}, "not-text"),
        ({"nik": "12", "nik_reason": "  "}, "nik-length:2"),
        ({"nik": "12", "nik_reason": None}, "nik-length:2"),
        ({"nik": None, "nik_reason": ""}, "required"),
    ],
)
def test_no_reason_excuses_what_cannot_be_kept_nor_is_an_empty_one_a_reason(fields, code):
    assert judge(fields).errors == {"nik": [code]}


def test_a_bad_reason_excuses_nothing():
    assert judge({"nik": "12", "nik_reason": 5}).errors == {"nik": ["nik-length:2"], "nik_reason": ["not-text"]}


def test_a_reason_does_for_a_missing_nik_but_for_nothing_else():
    whole = GOOD["worker"]
    without = {field: value for field, value in whole.items() if field != "nik"}
    assert WORKER.lacking(whole) == []
    assert WORKER.lacking(without) == ["nik"]
    assert WORKER.lacking(without | {"nik_reason": "belum punya KTP"}) == []
    assert WORKER.lacking(without | {"nik_reason": ""}) == ["nik"]
    assert WORKER.lacking(whole | {"programs": [], "sex": None}) == ["sex", "programs"]


def warned(**fields):
    return [warning["field"] for warning in WORKER.warnings(GOOD["worker"] | fields, "id")]


def test_what_differs_from_the_nik_is_asked_again_and_never_blocks():
    assert warned() == []
    assert warned(birth_date="1990-12-07", sex="male") == ["birth_date", "sex"]
    assert judge(GOOD["worker"] | {"birth_date": "1990-12-07", "sex": "male"}).errors == {}
    assert warned(nik="640211520790900") == ["nik"]
    assert warned(nik=None, nik_reason="belum punya") == []
    assert warned(kk_number="6402117203159002") == ["kk_number"]
    assert warned(kk_number="6402115207909001") == ["kk_number", "kk_number"]
    assert warned(consent=GOOD["worker"]["consent"] | {"purposes": []}) == ["consent"]


def test_a_nik_of_another_regency_or_of_a_century_ago_is_nothing_to_ask_about():
    assert warned(nik="1101115207909001") == []
    assert warned(nik="6402115207269001", birth_date="1926-07-12") == []
    assert warned(nik="6402115207269001", birth_date="2026-07-12") == []


def test_warnings_speak_both_languages():
    record = GOOD["worker"] | {"sex": "male"}
    assert WORKER.warnings(record, "en")[0]["text"].startswith("The sex differs")
    assert WORKER.warnings(record, "id")[0]["text"].startswith("Jenis kelamin berbeda")


def test_money_health_and_family_are_sensitive():
    sensitive = {field for field in WORKER.schema.fields if WORKER.privacy(field) == "sensitive"}
    assert {"mother_name", "monthly_income", "dtsen_decile", "heirs", "photo_ktp"} <= sensitive
    assert WORKER.privacy("nik") == WORKER.privacy("full_name") == WORKER.privacy("phone") == "personal"
    assert WORKER.privacy("village") == "open"


def test_what_a_form_sends_as_it_is_kept_is_not_taken_for_changed():
    """Else every registration would be told back to the phone that sent it, word for word."""
    sent = {
        "nik": "6402115207909001", "phone": "+6281234567890",
        "consent": {"version": "2026-11", "at": "2026-11-20T08:11:12.003Z", "method": "oral", "witness": "Ani",
                    "purposes": ["registration"]},
    }  # fmt: skip
    judged = WORKER.judge(sent, desk=False, today=TODAY)
    assert judged.fields is sent
    typed = sent | {"phone": "0812 3456 7890"}
    judged = WORKER.judge(typed, desk=False, today=TODAY)
    assert judged.fields is not typed and judged.fields["phone"] == sent["phone"]
