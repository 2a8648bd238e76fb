"""The six forms that come with the program: what an officer answers is what a record can hold."""

from __future__ import annotations

import gzip
import re
import shutil
from collections.abc import Iterator
from datetime import date, timedelta
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from field_forms.capture import changed_fields, complaints, made, new_fields, prefill, settle
from field_forms.evaluator import Env, choices, evaluate, is_true
from field_forms.publish import FORMS, odk_fault, read_form
from schemas import month as months
from schemas import nik as niks
from schemas import phone as phones
from schemas.change import dumps
from schemas.kinds import KINDS
from schemas.occupations import OCCUPATIONS

NAMES = ("claim", "contribution", "eligible", "visit", "worker", "worker_update")
TODAY, NOW = "2026-11-22", "2026-11-22T10:30:00.000+08:00"
VILLAGE = "64.02.11.2005"
LISTS = {
    "villages": [{"value": VILLAGE, "label": {"id": "Muara Kaman Ulu"}}],
    "workers": [{"value": "k7f3q2-1", "label": {"id": "Nur Hayati"}, "village": VILLAGE, "programs": ["JKK", "JKM"],
                 "funding": "apbdes", "nik": "6402115207909001"}],
}  # fmt: skip
ENV = Env({}, TODAY, NOW, LISTS)
Form = dict[str, Any]
Node = dict[str, Any]


@cache
def form(name: str) -> Form:
    return read_form(FORMS / f"{name}.md").body


def nodes(name: str) -> dict[str, Node]:
    return {node["name"]: node for node in every(form(name)["questions"])}


def every(found: list[Node]) -> Iterator[Node]:
    for node in found:
        yield node
        yield from every(node.get("nodes", []))


def judged(name: str, answers: dict[str, Any]) -> dict[str, Any]:
    """The fields that the answers make, which nobody complains of: neither phone nor server."""
    told = form(name)
    assert complaints(told, answers, ENV) == []
    fields = new_fields(told, answers, ENV)
    verdict = KINDS[told["kind"]].judge(fields, desk=False, today=date.fromisoformat(TODAY))
    assert verdict.errors == {}
    return fields


PLAIN_WORKER: dict[str, Any] = {
    "card": {"nik": "6402115207909001", "nik_state": "ok", "full_name": "Nur Hayati", "birth_date": "1990-07-12",
             "sex": "female"},
    "home": {"village": VILLAGE},
    "work": {"segment": "bpu", "occupation": "farmer", "monthly_income": 1_500_000},
    "insurance": {"programs": ["JKK", "JKM"], "funding": "self", "payment_months": "1"},
    "agreement": {"consent": {"purposes": ["registration"], "method": "signature"},
                  "signature": {"sha256": "ab" * 32, "size": 4100, "type": "image/webp"}},
}  # fmt: skip


def with_answers(**pages: dict[str, Any]) -> dict[str, Any]:
    return PLAIN_WORKER | {page: PLAIN_WORKER.get(page, {}) | answers for page, answers in pages.items()}


# --- all of them


@pytest.mark.parametrize("name", NAMES)
def test_the_form_is_valid_for_odk_collect(name: str) -> None:
    if not shutil.which("java"):
        pytest.skip("ODK Validate needs Java")
    assert odk_fault(read_form(FORMS / f"{name}.md").xform_at(1)) is None


@pytest.mark.parametrize("name", NAMES)
def test_the_form_is_small_enough_for_a_slow_line(name: str) -> None:
    assert len(gzip.compress(dumps(form(name)).encode(), 6)) < 10_500, "two seconds on 2G"


@pytest.mark.parametrize("name", NAMES)
def test_every_page_and_every_constraint_says_what_it_is_in_both_languages(name: str) -> None:
    for node in every(form(name)["questions"]):
        if "field-list" in node.get("appearance", ()):
            assert set(node["label"]) == {"id", "en"}
        if "constraint" in node:
            assert set(node["constraint_says"]) == {"id", "en"}, node["name"]


@pytest.mark.parametrize("name", NAMES)
def test_hints_are_short_and_labels_fit_a_small_screen(name: str) -> None:
    for node in every(form(name)["questions"]):
        assert all(len(text) <= 75 for text in node.get("hint", {}).values()), node["name"]
        assert "boleh dikosongkan" not in node.get("hint", {}).get("id", "").lower(), "the screen says so by itself"
        if node["type"] != "note":
            assert all(len(text) <= 70 for text in node.get("label", {}).values()), node["name"]


# --- registration


def test_a_plain_worker_is_registered_with_few_answers() -> None:
    fields = judged("worker", PLAIN_WORKER)
    assert KINDS["worker"].lacking(fields) == [] and KINDS["worker"].warnings(fields, "en") == []
    assert fields["registered_at"] == TODAY and fields["status"] == "proposed" and fields["village"] == VILLAGE
    assert fields["consent"] == {"purposes": ["registration"], "method": "signature", "version": "2026-11", "at": NOW}
    asked = [one for one in complaints(form("worker"), {"card": {"nik_state": "ok"}}, ENV) if one.fault == "required"]
    assert len(asked) <= 15, "an officer with a queue has two minutes"


def test_everything_that_the_form_asks_can_be_kept() -> None:
    fields = judged(
        "worker",
        with_answers(
            card={"birth_place": "Muara Kaman"},
            home={"rt": "03", "rw": "01", "address": "Jalan Sungai", "phone": "0812-5000-1111"},
            work={"occupation": "other", "occupation_text": "Pembuat perahu", "work_place": "Hulu", "work_village": VILLAGE},
            insurance={"kpj": "12345678901", "programs": ["JHT", "JKK", "JKM"], "payment_months": "12"},
            more={"kk_number": "6402111234567890", "mother_name": "Siti", "notes": "Datang sendiri",
                  "photo_ktp": {"sha256": "cd" * 32, "size": 1, "type": "image/webp"},
                  "gps": {"lat": -0.5, "lon": 117.15, "accuracy": 5}},
            agreement={"consent": {"purposes": ["registration", "messages"], "method": "thumb", "witness": "Budi"}},
        ) | {"heirs": [{"heir_name": "Aminah", "relation": "anak", "heir_nik": "6402115207909002",
                        "heir_birth_date": "2015-01-31", "heir_phone": "+62 812 5000 2222"}]},
    )  # fmt: skip
    asked = {node["field"] for node in every(form("worker")["questions"]) if node["field"]}
    parts = {"version", "at", "method", "witness", "purposes", "name", "relation", "nik", "birth_date", "phone"}
    assert asked - parts <= fields.keys() | {"nik_reason"}


def test_a_worker_without_a_nik_needs_a_reason_and_no_more() -> None:
    answers = with_answers(card={"nik": None, "nik_state": "none", "nik_reason": "Belum direkam"})
    fields = judged("worker", answers)
    assert "nik" not in fields and KINDS["worker"].lacking(fields) == []
    odd = judged("worker", with_answers(card={"nik": "64021152", "nik_state": "odd", "nik_reason": "Begitu di KTP"}))
    assert odd["nik"] == "64021152"


@pytest.mark.parametrize("method", ["thumb", "oral"])
def test_who_does_not_sign_needs_a_witness(method: str) -> None:
    consent = {"purposes": ["registration"], "method": method}
    found = complaints(form("worker"), with_answers(agreement={"consent": consent}), ENV)
    assert [(one.path[-1], one.fault) for one in found] == [("witness", "required")]


def test_without_consent_to_be_registered_nothing_is_kept() -> None:
    consent = {"purposes": ["messages"], "method": "signature"}
    found = complaints(form("worker"), with_answers(agreement={"consent": consent}), ENV)
    assert [(one.path[-1], one.fault) for one in found] == [("purposes", "constraint")]


DAYS = st.one_of(
    st.dates(date(1935, 1, 1), date(2026, 11, 22)),
    st.sampled_from([date(2026, 11, 22), date(2000, 2, 29), date(1996, 2, 29), date(1999, 12, 31), date(1927, 3, 1)]),
)


@given(DAYS, st.booleans(), st.integers(9000, 9999), st.sampled_from(["640211", "111111", "965000"]))
def test_birth_date_and_sex_are_offered_as_the_nik_says_them(born: date, woman: bool, serial: int, place: str) -> None:
    number = f"{place}{born.day + 40 * woman:02}{born:%m%y}{serial}"
    asked = nodes("worker")
    assert asked["birth_date"]["trigger"] == asked["sex"]["trigger"] == ["nik"]
    expected = niks.birth_date(number, date.fromisoformat(TODAY)).isoformat()
    assert offered(f" {number[:6]}.{number[6:12]}-{number[12:]}") == (expected, "female" if woman else "male")


def offered(number: str) -> tuple[Any, Any]:
    """The birth date and the sex that registration offers for a NIK."""
    told, asked = form("worker"), nodes("worker")
    env = Env(settle(told, {"card": {"nik": number}}, ENV), TODAY, NOW)
    birth_date, sex = (made(asked[name], evaluate(asked[name]["calculate"], env)) for name in ("birth_date", "sex"))
    return birth_date, sex


ALMOST_NIKS = st.one_of(
    st.from_regex(r"(64|20|65|99)0211[0-7][0-9](0[0-9]|1[0-3])[0-9]{2}(0000|9[0-9]{3})", fullmatch=True),
    st.from_regex(r"640211(29|30|31|69|70|71)0[1-6][0-9]{2}9[0-9]{3}", fullmatch=True),
    st.text("0123456789x", max_size=18),
)


@settings(max_examples=300)
@given(ALMOST_NIKS)
def test_the_forms_stop_at_the_same_niks_as_the_server(number: str) -> None:
    is_right = niks.fault(number) is None
    for name in ("worker", "worker_update"):
        answers = {"card": {"nik": number, "nik_state": "ok"}, "heirs": [{"heir_nik": number}]}
        env = Env(answers, TODAY, NOW)
        assert is_true(nodes(name)["nik"]["constraint"], env, ("card", "nik")) == is_right
        assert is_true(nodes(name)["heir_nik"]["constraint"], env, ("heirs", 0, "heir_nik")) == is_right
        card = settle(form(name), answers, ENV)["card"]
        assert {bool(card[name]) for name in ("nik_ok", "nik_date", "nik_sex")} == {is_right}


@pytest.mark.parametrize("day", ["290201", "290226", "690203", "290200", "690296"])
def test_a_29th_of_february_that_never_was_is_stopped_and_offers_nothing(day: str) -> None:
    number = f"640211{day}9001"
    was = int(day[4:]) % 4 == 0
    expected = niks.birth_date(number, date.fromisoformat(TODAY)).isoformat() if was else None
    assert offered(number) == (expected, niks.sex(number) if was else None)
    found = complaints(form("worker"), with_answers(card={"nik": number}), ENV)
    assert [(one.path[-1], one.fault) for one in found] == ([] if was else [("nik", "constraint")])


@pytest.mark.parametrize(
    "number", ["0812-3456-7890", "+62 812 3456 7890", "628123456789", "8123456789", "(0541) 123456", "+60 12-345 6789"]
)
def test_every_usual_way_to_write_a_phone_number_passes(number: str) -> None:
    for name, page in (("phone", "home"), ("heir_phone", "heirs")):
        env = Env({page: {name: number}}, TODAY, NOW)
        assert is_true(nodes("worker")[name]["constraint"], env, (page, name))


@given(st.from_regex(r"(0|62|\+62|62 )8[0-9 -]{6,16}", fullmatch=True) | st.text("0+628 -.()a", max_size=16))
def test_a_phone_number_that_the_form_takes_is_one_that_the_server_takes(number: str) -> None:
    env = Env({"home": {"phone": number}}, TODAY, NOW)
    if is_true(nodes("worker")["phone"]["constraint"], env, ("home", "phone")):
        assert phones.normalise(number) is not None


@pytest.mark.parametrize(
    ("born", "notes"),
    [("2012-11-23", {"age_outside"}), ("2011-11-22", {"age_young"}), ("2008-11-22", set()), ("1961-11-23", set()),
     ("1961-11-22", {"age_outside"})],
)  # fmt: skip
def test_an_age_outside_the_rules_is_said_and_never_blocks(born: str, notes: set[str]) -> None:
    answers = with_answers(card={"birth_date": born})
    env = Env(settle(form("worker"), answers, ENV), TODAY, NOW)
    asked = nodes("worker")
    shown = {name for name in ("age_outside", "age_young") if is_true(asked[name]["relevant"], env, ("card", name))}
    assert shown == notes and complaints(form("worker"), answers, ENV) == []


@pytest.mark.parametrize(
    ("born", "sex", "shown"),
    [("1990-07-12", "female", False), ("1990-07-13", "female", True), ("1890-07-12", "female", False),
     ("1990-07-12", "male", True)],
)  # fmt: skip
def test_what_differs_from_the_nik_is_said(born: str, sex: str, shown: bool) -> None:
    env = Env(settle(form("worker"), with_answers(card={"birth_date": born, "sex": sex}), ENV), TODAY, NOW)
    note = nodes("worker")["differs_from_nik"]
    assert is_true(note["relevant"], env, ("card", note["name"])) is shown


def test_the_consent_text_names_law_purposes_rights_and_that_one_may_refuse() -> None:
    text = nodes("worker")["consent_text"]["label"]
    for words in ("UU 27/2022", "BPJS", "NIK", "menarik persetujuan", "menolak", "belum berarti terlindungi"):
        assert words in text["id"]
    assert "UU 27/2022" in text["en"] and "refuse" in text["en"]


def test_every_word_that_people_have_for_a_job_finds_it() -> None:
    """As `client/src/form/find.ts` looks: what is typed begins a word of the label, the heading or the further words."""
    for one in form("worker")["choices"]["occupations"]:
        job = OCCUPATIONS[one["value"]]
        shown = re.findall(r"\w+", " ".join([*one["label"].values(), *one["heading"].values(), one["words"]]).lower())
        for word in re.findall(r"\w+", " ".join(job.words)):
            assert any(known.startswith(word) for known in shown), (job.code, word)


# --- update


def test_an_opened_worker_is_shown_and_saved_without_a_change() -> None:
    record = judged("worker", PLAIN_WORKER) | {"status": "verified", "nik_reason": None}
    shown = prefill(form("worker_update"), record)
    assert shown["card"]["full_name"] == "Nur Hayati" and "status" not in shown["what"]
    shown["card"]["nik_state"] = "ok"
    assert complaints(form("worker_update"), shown, ENV) == []


@pytest.mark.parametrize(
    ("record", "state"),
    [({"nik": "6402115207909001"}, "ok"), ({"nik": "64", "nik_reason": "KTP"}, "odd"), ({"nik_reason": "hilang"}, "none")],
)
def test_the_state_of_a_nik_is_known_from_the_record(record: dict[str, str], state: str) -> None:
    answers = {"card": record}
    assert evaluate(nodes("worker_update")["nik_state"]["default"], Env(answers, TODAY, NOW), ("card", "nik_state")) == state


@pytest.mark.parametrize("before", [{"nik": "64", "nik_reason": "Begitu di KTP"}, {"nik_reason": "KTP hilang"}])
def test_a_nik_that_is_put_right_takes_its_excuse_away(before: dict[str, str]) -> None:
    told, record = form("worker_update"), judged("worker", PLAIN_WORKER) | {"nik": None} | before
    answers = prefill(told, record)
    answers["card"] |= {"nik": "6402115207909001", "nik_state": "ok"}
    assert complaints(told, answers, ENV) == []
    change = changed_fields(told, answers, record, ENV)
    assert change == {"nik": "6402115207909001", "nik_reason": None}
    assert KINDS["worker"].judge(change, desk=False, today=date.fromisoformat(TODAY)).errors == {}


def test_consent_is_never_asked_again_by_an_update() -> None:
    asked = {node["field"] for node in every(form("worker_update")["questions"])}
    assert not asked & {"consent", "signature", "registered_at", "confirmed"}


# --- contribution, claim, visit, eligible

PAID: dict[str, Any] = {
    "whose": {"worker": "k7f3q2-1", "first_month": "2026-11", "month_count": 3, "programs": ["JKK", "JKM"],
              "funding": "self"},
    "paid": {"amount": 50_400, "paid_on": TODAY, "collected_by": "Siti Aminah"},
}  # fmt: skip


def test_a_contribution_is_one_that_the_server_takes() -> None:
    fields = judged("contribution", PAID)
    assert fields["months"] == ["2026-11", "2026-12", "2027-01"] and KINDS["contribution"].lacking(fields) == []
    settled = settle(form("contribution"), PAID, ENV)
    assert settled["whose"]["village"] == VILLAGE, "the new record belongs to the worker's village"


@settings(max_examples=60)
@given(st.integers(2000 * 12, 2060 * 12), st.integers(1, 12))
def test_months_follow_each_other_whatever_the_first(first: int, count: int) -> None:
    def text(index: int) -> str:
        return f"{index // 12}-{index % 12 + 1:02}"

    whose = PAID["whose"] | {"first_month": text(first), "month_count": count}
    found = new_fields(form("contribution"), PAID | {"whose": whose}, ENV)["months"]
    assert found == [text(first + step) for step in range(count)] and all(map(months.is_month, found))


def test_a_month_that_collect_answers_with_a_day_counts_too() -> None:
    calculation = nodes("contribution")["month_index"]["calculate"]
    both = ("2026-11", "2026-11-01")
    found = {evaluate(calculation, Env({"whose": {"first_month": one}}, TODAY, NOW)) for one in both}
    assert found == {2026 * 12 + 10}


@pytest.mark.parametrize(("name", "answer"), [("programs", ["JKK", "JKM"]), ("funding", "apbdes")])
def test_programmes_and_payer_are_those_of_the_worker(name: str, answer: Any) -> None:
    node = nodes("contribution")[name]
    env = Env({"whose": {"worker": "k7f3q2-1"}}, TODAY, NOW, LISTS)
    assert node["trigger"] == ["worker"] and made(node, evaluate(node["calculate"], env)) == answer


def test_a_claim_is_one_that_the_server_takes() -> None:
    fields = judged(
        "claim",
        {
            "case": {"worker": "k7f3q2-1", "event": "accident", "program": "JKK", "event_date": TODAY,
                     "event_time": "14:30", "branch_told_on": TODAY},
            "story": {"event_place": "Kebun", "chronology": "Terjatuh", "documents": ["ktp", "lkk_1"]},
        },
    )
    assert fields["status"] == "reported" and KINDS["claim"].lacking(fields) == []


@pytest.mark.parametrize(("typed", "kept"), [("14.30", "14:30"), ("7:05", "07:05"), ("7.05", "07:05"), ("00:00", "00:00")])
def test_an_hour_may_be_typed_with_a_point_and_is_kept_with_a_colon(typed: str, kept: str) -> None:
    env = Env({"case": {"event": "accident", "time_said": typed}}, TODAY, NOW, LISTS)
    found = evaluate(nodes("claim")["event_time"]["calculate"], env)
    assert found == kept and KINDS["claim"].judge({"event_time": found}, desk=False, today=date(2026, 11, 27)).errors == {}


@pytest.mark.parametrize(
    ("event", "programs"),
    [("accident", ["JKK"]), ("death", ["JKK", "JKM", "JHT"]), ("age", ["JHT"]), ("schooling", ["scholarship"])],
)
def test_only_programmes_that_pay_for_such_an_event_are_offered(event: str, programs: list[str]) -> None:
    node = nodes("claim")["program"]
    env = Env({"case": {"event": event}}, TODAY, NOW, form("claim")["choices"])
    assert [one["value"] for one in choices(node["filter"], node["list"], env, ("case", "program"))] == programs


@pytest.mark.parametrize("purpose", ["outreach", "monitoring", "feedback", "meeting"])
def test_a_visit_is_one_that_the_server_takes(purpose: str) -> None:
    meeting = {"village": VILLAGE, "date": TODAY, "purpose": purpose, "by": "camat", "text": "Iuran sulit", "attendance": 12}
    fields = judged("visit", {"meeting": meeting, "result": {"finding": "Sinyal buruk" if purpose == "monitoring" else ""}})
    assert KINDS["visit"].lacking(fields) == []
    assert fields.get("state") == ("open" if purpose in ("feedback", "monitoring") else None)
    assert ("attendance" in fields) == (purpose in ("outreach", "meeting"))


def test_the_number_of_workers_has_the_id_of_its_village_and_month() -> None:
    counted = {"village": VILLAGE, "month": "2026-11", "workers": 850, "source": "SDGs Desa", "as_of": TODAY}
    answers = {"denominator": counted}
    fields = judged("eligible", answers)
    assert fields == {"workers": 850, "source": "SDGs Desa", "as_of": TODAY}
    record = evaluate(form("eligible")["record"], Env(answers, TODAY, NOW))
    assert isinstance(record, str) and KINDS["eligible"].fixed_id(record) == VILLAGE


@pytest.mark.parametrize("name", [name for name in NAMES if name != "worker_update"])
def test_no_day_lies_ahead(name: str) -> None:
    tomorrow = (date.fromisoformat(TODAY) + timedelta(days=1)).isoformat()
    for node in every(form(name)["questions"]):
        if node["type"] == "date" and node["name"] != "due":
            env = Env({node["name"]: tomorrow}, TODAY, NOW)
            assert not is_true(node["constraint"], env, (node["name"],)), node["name"]
