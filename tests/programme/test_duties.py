"""Half-years, what institutions owe in them, and how agreements stand on a day."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from programme import duties as pure
from programme.rules import load_duties
from schemas.kinds import kind_of

RULES = load_duties()
DAYS = st.dates(date(2021, 7, 1), date(2099, 6, 30))


@given(DAYS)
def test_every_day_lies_in_one_half_and_halves_follow_each_other_without_a_gap(day: date) -> None:
    half = pure.half_of(day)
    assert pure.is_half(half) and pure.begins(half) <= day <= pure.ends(half)
    assert pure.begins(pure.after(half)) == pure.ends(half) + timedelta(days=1)
    assert pure.before(pure.after(half)) == half < pure.after(half)


@pytest.mark.parametrize(
    ("day", "half"),
    [((2026, 6, 30), "2026-1"), ((2026, 7, 1), "2026-2"), ((2026, 12, 31), "2026-2"), ((2027, 1, 1), "2027-1")],
)
def test_a_half_ends_in_june_and_in_december(day: tuple[int, int, int], half: str) -> None:
    assert pure.half_of(date(*day)) == half


def test_halves_are_offered_back_to_when_the_instruction_came() -> None:
    assert pure.last_halves(date(2026, 11, 27), 3) == ["2026-2", "2026-1", "2025-2"]
    assert pure.last_halves(date(2022, 1, 1), 8) == ["2022-1", "2021-2", "2021-1"]
    for wrong in ("2026", "2026-3", "2019-1", "x", "2026-1\n"):
        assert not pure.is_half(wrong)
        with pytest.raises(ValueError, match="half-year"):
            pure.begins(wrong)


def test_every_duty_has_its_place_its_source_and_a_name_that_a_record_can_bear() -> None:
    table = kind_of("duty")
    found = pure.duties(RULES, "2026-2")
    assert {duty.level for duty in found} == set(pure.LEVELS) and {duty.topic for duty in found} == set(pure.TOPICS)
    for duty in found:
        assert set(duty.asks) <= pure.SHOWN_BY.keys() and duty.every in (pure.ONCE, pure.YEAR, pure.EACH_HALF)
        assert set(duty.institution) == {"id", "en"} and duty.rule.source and duty.rule.valid_from
        assert set(duty.fields) <= table.schema.fields.keys() and len(duty.code) <= 27
        assert not table.judge({"duty": duty.code, "half": "2026-2"}, desk=True, today=date(2026, 11, 27)).errors
        assert duty.suggests in ("", "active", "wage_earners", "apparatus", "budget", "village_budget")
    for level in ("nation", "province", "regency"):
        assert sum(duty.topic == pure.REPORT for duty in found if duty.level == level) == 1


def test_what_came_later_is_owed_from_its_half_on() -> None:
    codes = {half: {duty.code for duty in pure.duties(RULES, half)} for half in ("2020-2", "2021-1", "2024-1", "2025-1")}
    assert codes["2020-2"] == set()
    assert "regent_regulation" in codes["2021-1"] and "village_apparatus" not in codes["2021-1"]
    assert "village_apparatus" in codes["2024-1"] and "regent_poor" not in codes["2024-1"]
    assert "regent_poor" in codes["2025-1"]


def test_a_kelurahan_has_no_budget_and_staff_of_its_own_to_answer_for() -> None:
    desa = {duty.code for duty in pure.owed_by(RULES, "2026-2", "village")}
    kelurahan = {duty.code for duty in pure.owed_by(RULES, "2026-2", "village", is_kelurahan=True)}
    assert desa - kelurahan == {"village_budget", "village_apparatus"} and kelurahan == {"village_workers"}
    owed = pure.tally({"village": 3, "desa": 2}, [], pure.duties(RULES, "2026-2"))
    assert (owed["budget"].owed, owed["apparatus"].owed, owed["workers"].owed) == (2, 2, 3)


def of(code: str) -> pure.Duty:
    found = pure.duty_of(RULES, code, "2026-2")
    assert found is not None
    return found


def test_a_regulation_holds_on_a_budget_till_the_years_end_and_people_are_counted_anew() -> None:
    rule = {"state": "done", "document": "Perbup 27/2022", "dated": "2022-06-20", "evidence": "JDIH", "notes": "x"}
    assert pure.carried(of("regent_regulation"), rule, "2027-1") == rule
    money = {"state": "done", "document": "DPA 1", "amount": 3_024_000_000, "people": 15_000, "responsible": "BPKAD"}
    assert pure.carried(of("regent_budget"), money, "2026-2") == money
    assert pure.carried(of("regent_budget"), money, "2027-1") == {"state": "not_begun", "responsible": "BPKAD"}
    people = {"state": "done", "people": 18_420, "evidence": "rekap"}
    assert pure.carried(of("regent_workers"), people, "2026-2") == {"state": "not_begun"}


def test_done_without_what_shows_it_is_told() -> None:
    assert pure.lacks(of("regent_regulation"), {"state": "done", "document": "Perbup 1"}) == ["dated"]
    assert pure.lacks(of("regent_workers"), {"state": "done", "people": 0}) == []
    assert pure.lacks(of("regent_workers"), {"state": "in_progress"}) == []
    assert pure.state_of(None) == pure.state_of({}) == pure.state_of({"state": "?"}) == "not_begun"


CODES = sorted(duty.code for duty in pure.duties(RULES, "2026-2"))


@given(
    st.dictionaries(st.sampled_from([*pure.LEVELS, "desa"]), st.integers(0, 300)),
    st.lists(st.tuples(st.sampled_from([*CODES, "gone"]), st.sampled_from(["done", "in_progress", "x"])), max_size=40),
    st.integers(0, 40),
)
def test_a_whole_is_the_sum_of_its_parts_and_counts_as_one_would_by_hand(
    owed: dict[str, int], states: list[tuple[str, str]], cut: int
) -> None:
    known = pure.duties(RULES, "2026-2")
    whole = pure.tally(owed, states, known)
    for topic, told in whole.items():
        own = [duty for duty in known if duty.topic == topic]
        assert told.owed == sum(owed.get(duty.counted_as, 0) for duty in own)
        assert told.done == sum(state == "done" and code in {duty.code for duty in own} for code, state in states)
    parts = [pure.tally(owed, some, known) for some in (states[:cut], states[cut:])]
    assert all(told.done == sum(part[topic].done for part in parts) for topic, told in whole.items())


@pytest.mark.parametrize(
    ("day", "halves"),
    [
        ("2026-12-16", ["2026-1"]), ("2026-12-17", ["2026-1", "2026-2"]), ("2026-12-31", ["2026-1", "2026-2"]),
        ("2027-01-01", ["2026-2"]), ("2027-06-15", ["2026-2"]), ("2027-06-16", ["2026-2", "2027-1"]),
    ],
)  # fmt: skip
def test_a_report_is_awaited_from_shortly_before_the_halfs_end(day: str, halves: list[str]) -> None:
    assert pure.reports_awaited(date.fromisoformat(day), RULES) == halves
    assert pure.report_due("2026-2", RULES) == date(2027, 1, 30)


TERM = {"starts_on": "2025-01-01", "ends_on": "2026-12-31", "state": "in_force", "signed_on": "2024-12-20"}


@pytest.mark.parametrize(
    ("day", "state", "left", "due"),
    [
        ("2024-12-31", "ahead", 730, None), ("2025-01-01", "in_force", 729, None), ("2026-10-01", "in_force", 91, None),
        ("2026-10-02", "soon", 90, "2026-12-31"), ("2026-11-30", "soon", 31, "2026-12-31"),
        ("2026-12-01", "urgent", 30, "2026-12-31"), ("2026-12-31", "urgent", 0, "2026-12-31"),
        ("2027-01-01", "ended", -1, "2026-12-31"), ("2027-03-31", "ended", -90, "2026-12-31"),
        ("2027-04-01", "ended", -91, None),
    ],
)  # fmt: skip
def test_an_agreement_is_told_of_ninety_and_thirty_days_ahead(day: str, state: str, left: int, due: str | None) -> None:
    today = date.fromisoformat(day)
    assert pure.term_of(TERM, today, RULES) == (state, left, False)
    assert pure.awaited(TERM, today, RULES) == (date.fromisoformat(due) if due else None)
    for said in ("ended", "renewed", "cancelled"):
        assert pure.awaited(TERM | {"state": said}, today, RULES) is None


def test_what_was_renewed_holds_until_its_last_day_and_what_follows_waits_for_its_signature() -> None:
    renewed, follows = TERM | {"state": "renewed"}, pure.follow_up(TERM)
    assert pure.term_of(renewed, date(2026, 12, 31), RULES).state == "in_force"
    assert pure.term_of(renewed, date(2027, 1, 1), RULES).state == "renewed"
    assert pure.term_of(TERM | {"state": "cancelled"}, date(2026, 5, 1), RULES).state == "cancelled"
    assert pure.term_of(follows, date(2026, 12, 1), RULES) == ("ahead", 761, True)
    assert pure.awaited(follows, date(2026, 12, 1), RULES) == date(2027, 1, 1)
    assert pure.awaited(follows | {"signed_on": "2026-11-30"}, date(2026, 12, 1), RULES) is None


@pytest.mark.parametrize(
    ("first", "last", "then"),
    [
        ("2025-01-01", "2026-12-31", ("2027-01-01", "2028-12-31")),
        ("2026-03-01", "2027-02-28", ("2027-03-01", "2028-02-29")),
        ("2026-01-15", "2026-07-14", ("2026-07-15", "2027-01-14")),
        ("2026-08-31", "2026-09-29", ("2026-09-30", "2026-10-29")),
        ("2026-05-05", "2026-05-05", ("2026-05-06", "2026-05-06")),
    ],
)  # fmt: skip
def test_what_follows_runs_for_the_same_time_from_the_day_after(first: str, last: str, then: tuple[str, str]) -> None:
    made = pure.follow_up(TERM | {"starts_on": first, "ends_on": last, "title": "PKS", "number": "1"})
    assert (made["starts_on"], made["ends_on"]) == then and "number" not in made and "signed_on" not in made


@given(st.dates(date(2020, 1, 1), date(2050, 1, 1)), st.integers(0, 4000))
def test_what_follows_never_overlaps_leaves_no_gap_and_is_about_as_long(first: date, days: int) -> None:
    last = first + timedelta(days=days)
    made = pure.follow_up({"starts_on": first.isoformat(), "ends_on": last.isoformat()})
    begins, ends = date.fromisoformat(made["starts_on"]), date.fromisoformat(made["ends_on"])
    assert begins == last + timedelta(days=1) and abs((ends - begins).days - days) <= 3
