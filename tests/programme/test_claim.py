"""Claims: 2 x 24 hours over a weekend, papers by case, how he stood on the day, what may be paid, each at its boundary."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from programme import claim, months
from programme.claim import Case
from programme.rules import load

from .builders import ALL, on, paid, worker

RULES = load()
FRIDAY = on("2026-11-27")
ACCIDENT = Case("JKK", "accident", FRIDAY, time(16, 0))
DEATH = Case("JKM", "death", on("2026-11-20"))
REPORTED = datetime(2026, 11, 28, 9, 0)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def everything(case: Case) -> Case:
    needed = claim.papers_rule(case, RULES).value["needed"]
    return case._replace(documents=frozenset(needed))


# Clocks ---------------------------------------------------------------------------------------------------------------


def test_an_accident_on_friday_at_four_must_be_told_by_sunday_at_four():
    assert FRIDAY.weekday() == 4
    term = claim.accident_term(ACCIDENT, RULES)
    assert (term.by, term.is_sure, term.rule.confidence) == (at("2026-11-29T16:00"), True, "2")


@pytest.mark.parametrize(("told", "kept"), [
    (at("2026-11-29T16:00"), claim.MET), (at("2026-11-29T16:01"), claim.MISSED),
    (on("2026-11-28"), claim.MET), (on("2026-11-29"), claim.UNCLEAR), (on("2026-11-30"), claim.MISSED),
])  # fmt: skip
def test_a_day_without_its_hour_is_in_time_or_late_only_where_that_is_sure(told, kept):
    assert claim.in_time(claim.accident_term(ACCIDENT, RULES), told, at("2026-12-01T00:00")) == kept


def test_without_the_hour_of_the_event_the_warning_follows_the_strictest_reading_and_both_are_told():
    term = claim.accident_term(ACCIDENT._replace(event_time=None), RULES)
    assert (term.by, term.latest.date(), term.is_sure) == (at("2026-11-29T00:00"), on("2026-11-29"), False)
    assert claim.in_time(term, at("2026-11-29T12:00"), at("2026-12-01T00:00")) == claim.UNCLEAR
    assert claim.in_time(term, on("2026-11-28"), at("2026-12-01T00:00")) == claim.MET
    assert claim.in_time(term, on("2026-11-30"), at("2026-12-01T00:00")) == claim.MISSED


@pytest.mark.parametrize(("now", "kept"), [
    ("2026-11-29T15:59", claim.RUNNING), ("2026-11-29T16:00", claim.RUNNING), ("2026-11-29T16:01", claim.MISSED),
])  # fmt: skip
def test_a_clock_that_nobody_has_met_runs_until_it_is_over(now, kept):
    assert claim.in_time(claim.accident_term(ACCIDENT, RULES), None, at(now)) == kept


@given(st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31)), st.timedeltas(timedelta(0), timedelta(days=5)))
def test_what_is_sure_without_the_hours_is_true_at_every_hour(event, later):
    told = event + later
    known = claim.accident_term(ACCIDENT._replace(event_day=event.date(), event_time=event.time()), RULES)
    unknown = claim.accident_term(ACCIDENT._replace(event_day=event.date(), event_time=None), RULES)
    truth = claim.in_time(known, told, told)
    for term, said in ((unknown, told), (known, told.date()), (unknown, told.date())):
        assert claim.in_time(term, said, told) in (truth, claim.UNCLEAR)


def test_an_illness_and_a_death_have_no_clock_of_hours():
    assert claim.accident_term(DEATH, RULES) is None
    assert claim.accident_term(ACCIDENT._replace(event="illness"), RULES) is None


# From the report to closed --------------------------------------------------------------------------------------------

WALK = (
    ({}, "reported", ("accident", "2026-11-29T16:00")),
    ({"told_on": on("2026-11-28")}, "reported", ("papers", "2026-12-13T00:00")),
    ({"status": "incomplete"}, "incomplete", ("papers", "2026-12-13T00:00")),
    ({"documents": None}, "ready", ("submit", "2026-12-13T00:00")),
    ({"status": "submitted", "submitted_on": on("2026-12-01")}, "submitted", ("decision", "2026-12-05T00:00")),
    ({"returned_on": on("2026-12-03"), "returned_papers": frozenset({"doctor_note"})}, "returned",
     ("returned", "2026-12-11T00:00")),
    ({"returned_on": None, "returned_papers": frozenset(), "submitted_on": on("2026-12-08")}, "submitted",
     ("decision", "2026-12-12T00:00")),
    ({"outcome": "granted", "decided_on": on("2026-12-10"), "status": "decided"}, "decided",
     ("payment", "2026-12-18T00:00")),
    ({"paid_on": on("2026-12-12"), "status": "paid"}, "paid", ("handover", "2027-01-12T00:00")),
    ({"handed_on": on("2026-12-19"), "status": "handed_over"}, "handed_over", ("closing", "2026-12-27T00:00")),
    ({"status": "closed"}, "closed", None),
)  # fmt: skip


def test_a_case_goes_from_the_villages_report_to_closed_and_each_step_has_its_last_moment():
    case = ACCIDENT
    for more, stage, step in WALK:
        case = everything(case) if "documents" in more else case._replace(**more)
        due = claim.next_step(case, REPORTED, RULES)
        assert (claim.stage(case, RULES), due and (due.what, due.by.isoformat(timespec="minutes"))) == (stage, step), more
        assert claim.unsupported(case, RULES) is None


def test_a_claim_that_the_branch_sent_back_lacks_what_it_wants_though_its_status_stays_submitted():
    case = everything(ACCIDENT)._replace(
        status="submitted", submitted_on=on("2026-12-01"), returned_on=on("2026-12-03"),
        returned_papers=frozenset({"doctor_note"}),
    )  # fmt: skip
    found = claim.papers(case, RULES)
    assert claim.stage(case, RULES) == "returned" and [paper.code for paper in found.lacking] == ["doctor_note"]
    assert next(paper for paper in found.all if paper.code == "doctor_note").held


def test_what_a_phone_calls_paid_counts_as_submitted_until_a_desk_wrote_the_day():
    case = ACCIDENT._replace(status="paid")
    assert (claim.stage(case, RULES), claim.unsupported(case, RULES)) == ("submitted", "paid")
    assert claim.stage(ACCIDENT._replace(status="closed"), RULES) == "submitted"


@pytest.mark.parametrize("outcome", ["refused", "withdrawn"])
def test_what_was_refused_or_withdrawn_is_closed_without_payment(outcome):
    case = ACCIDENT._replace(status="decided", outcome=outcome, decided_on=on("2026-12-10"))
    assert claim.stage(case, RULES) == "decided" and claim.next_step(case, REPORTED, RULES).what == "closing"
    assert claim.stage(case._replace(status="closed"), RULES) == "closed"
    granted = case._replace(outcome="granted", status="closed")
    assert claim.stage(granted, RULES) == "decided", "granted money that nobody handed over is not closed"


@given(st.builds(
    Case, st.sampled_from(("JKK", "JKM", "JHT", "scholarship")),
    st.sampled_from(("accident", "illness", "death", "age", "stopped", "schooling")), st.just(FRIDAY), st.none(),
    st.frozensets(st.sampled_from(("ktp", "kk", "accident_report_1", "odd paper"))), st.sampled_from(claim.STATUSES),
    *[st.one_of(st.none(), st.dates(FRIDAY, on("2027-03-01")))] * 3, st.frozensets(st.sampled_from(("ktp", "kk"))),
    st.sampled_from((None, "granted", "refused", "withdrawn")), st.one_of(st.none(), st.just(on("2026-12-10"))),
    st.none(), st.one_of(st.none(), st.just(on("2026-12-12"))), st.one_of(st.none(), st.just(on("2026-12-19"))),
))  # fmt: skip
def test_every_claim_has_one_stage_and_until_it_is_closed_something_that_is_due(case):
    stage, step = claim.stage(case, RULES), claim.next_step(case, REPORTED, RULES)
    assert stage in claim.STAGES and (step is None) == (stage == "closed")
    assert step is None or step.what in claim.STEPS


# Papers ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("case", "rule", "made_by_the_village"), [
    (ACCIDENT, "papers-accident", {"chronology"}),
    (DEATH, "papers-death", {"death_letter", "heir_statement"}),
    (Case("JKK", "death", FRIDAY), "papers-death-jkk", {"chronology", "death_letter", "heir_statement"}),
    (Case("JHT", "age", FRIDAY), "papers-jht", {"stop_letter"}),
    (Case("JHT", "death", FRIDAY), "papers-death-jht", {"death_letter", "heir_statement"}),
    (Case("scholarship", "schooling", FRIDAY), "papers-scholarship", set()),
])  # fmt: skip
def test_each_case_has_its_papers_and_says_which_the_village_makes(case, rule, made_by_the_village):
    found = claim.papers(case, RULES)
    assert found.rule.id == rule and {paper.code for paper in found.all if paper.village} == made_by_the_village
    assert not claim.papers(everything(case), RULES).lacking


def test_what_an_older_form_called_its_papers_still_counts():
    held = claim.papers(ACCIDENT._replace(documents=frozenset({"accident_report_1", "surat rw"})), RULES)
    assert [paper.code for paper in held.held] == ["lkk_1", "surat rw"] and "lkk_1" not in {p.code for p in held.lacking}


def test_every_paper_of_every_rule_has_a_name_in_both_languages():
    known = {row["code"] for row in RULES.on("claim_papers", FRIDAY).value}
    for rule in RULES:
        if rule.name.startswith("papers_"):
            assert set(rule.value["needed"]) | set(rule.value["if_any"]) <= known, rule.id


# How he stood ---------------------------------------------------------------------------------------------------------


def stood(case: Case, *payments, **known):
    return claim.standing(worker(registered_on="2022-01-05", **known), payments, case, RULES)


@pytest.mark.parametrize(("day", "full", "low", "high"), [
    ("2026-03-31", False, 10_000_000, 10_000_000), ("2026-04-01", True, 42_000_000, 42_000_000),
])  # fmt: skip
def test_the_full_sum_is_paid_from_the_day_on_which_three_months_are_over(day, full, low, high):
    payments = [paid("2026-01..2026-04")]
    case = DEATH._replace(event_day=on(day))
    found = stood(case, *payments)
    assert (found.first_active, found.full_by_first, found.full_by_since) == (on("2026-01-01"), full, full)
    made = claim.estimate(case, worker(), payments, None, None, found, RULES)
    assert (made.low, made.high, made.why) == (low, high, ())


def test_after_a_lapse_both_dates_are_kept_and_the_sum_lies_between():
    payments = [paid("2025-01..2025-06"), paid("2026-10..2026-11")]
    found = stood(DEATH, *payments)
    assert (found.first_active, found.active_since) == (on("2025-01-01"), on("2026-10-01"))
    assert (found.full_by_first, found.full_by_since) == (True, False)
    made = claim.estimate(DEATH, worker(), payments, None, None, found, RULES)
    assert (made.low, made.high, made.why) == (10_000_000, 42_000_000, ("waiting",))
    later = DEATH._replace(event_day=on("2027-01-01"))
    after = stood(later, *payments, paid("2026-12..2027-01"))
    assert claim.estimate(later, worker(), payments, None, None, after, RULES).low == 42_000_000


@pytest.mark.parametrize(("day", "waits"), [("2024-12-31", None), ("2025-01-01", False)])
def test_who_died_before_the_waiting_rule_gets_the_full_sum_whatever_he_had_paid(day, waits):
    payments = [paid("2024-12..2025-01")]
    case = DEATH._replace(event_day=on(day))
    found = stood(case, *payments)
    assert found.full_by_first is waits
    made = claim.estimate(case, worker(), payments, None, None, found, RULES)
    assert made.high == (42_000_000 if waits is None else 10_000_000)


@pytest.mark.parametrize(("payments", "state", "arrears", "protected"), [
    ((paid("2026-11"),), "active", 0, True), ((paid("2026-10"),), "in_arrears", 1, None),
    ((paid("2026-09"),), "in_arrears", 2, None), ((paid("2026-08"),), "inactive", 3, False),
    ((), "proposed", 0, False), ((paid("2026-11", confirmed=False),), "proposed", 0, False),
])  # fmt: skip
def test_arrears_and_lapse_are_told_as_they_were_on_the_day(payments, state, arrears, protected):
    found = stood(DEATH, *payments, verified_on=None)
    assert (found.state, found.arrears, found.is_protected) == (state, arrears, protected)


def test_that_he_died_of_it_ends_nothing_before():
    found = stood(DEATH, paid("2026-11"), ended_on=DEATH.event_day, ended_why="deceased")
    assert found.state == "active"
    assert stood(DEATH, paid("2026-11"), ended_on=DEATH.event_day, ended_why="withdrawn").state == "ended"


def test_who_was_paid_for_before_the_village_wrote_him_down_was_a_member_before():
    someone = worker(registered_on="2026-11-25")
    found = claim.standing(someone, [paid("2026-10..2026-11")], DEATH, RULES)
    assert (found.state, found.first_active) == ("active", on("2026-10-01"))
    assert claim.standing(someone, [], DEATH, RULES).state == "not_yet"


def test_a_month_that_was_paid_for_only_after_the_event_is_told():
    early, late = replace(paid("2026-11"), paid_on=on("2026-11-19")), replace(paid("2026-11"), paid_on=on("2026-11-21"))
    assert stood(DEATH, late).paid_after and not stood(DEATH, late, early).paid_after
    assert not stood(DEATH, replace(late, paid_on=DEATH.event_day)).paid_after


def test_who_paid_around_the_event_is_told_with_his_months():
    payments = [paid("2026-01..2026-06"), paid("2026-07..2026-11", funding="apbd_regency"), paid("2026-12")]
    found = stood(DEATH, *payments)
    assert (found.payers, found.funded) == (("apbd_regency",), ("2026-07", "2026-11"))


@pytest.mark.parametrize(("first", "enough"), [("2023-12", True), ("2024-01", False)])
def test_three_years_of_contributions_open_the_scholarship_of_jkm(first, enough):
    found = stood(DEATH, paid(f"{first}..2026-11"))
    assert (found.months_paid >= 36, found.years) == (enough, enough)


def test_who_never_asked_for_jht_is_no_member_of_it():
    case = Case("JHT", "stopped", FRIDAY)
    assert stood(case, paid("2026-11")).program == "no_member"
    assert stood(case, paid("2026-11", programs=ALL), programs=ALL).program == "active"


# Estimates ------------------------------------------------------------------------------------------------------------


def guess(case, *payments, income=None, sector="other", **known):
    someone = worker(registered_on="2010-01-05", **known)
    found = claim.standing(someone, payments, case, RULES)
    return claim.estimate(case, someone, payments, income, sector, found, RULES)


@pytest.mark.parametrize(("income", "base", "total"), [
    (None, 1_000_000, 70_000_000), (1_099_500, 1_000_000, 70_000_000), (1_100_000, 1_200_000, 79_600_000),
])  # fmt: skip
def test_a_death_at_work_is_48_times_the_base_and_22_million(income, base, total):
    made = guess(Case("JKK", "death", FRIDAY), paid("2026-11"), income=income)
    assert (made.base, made.low, made.high) == (base, total, total)


def test_an_accident_may_cost_anything_and_a_disability_is_56_times_the_base():
    made = guess(ACCIDENT, paid("2026-11"))
    said = {line.what: line.amount for line in made.lines}
    assert (made.low, made.high, said["treatment"], said["disability"]) == (None, None, None, 56_000_000)
    assert (said["incapacity"], said["incapacity_later"]) == (1_000_000, 500_000)


def test_two_children_get_174_million_at_most_and_one_half_of_it():
    case = Case("scholarship", "schooling", FRIDAY)
    made, one = guess(case), guess(case._replace(children=1))
    assert [line.amount for line in made.lines if line.what == claim.MOST] == [174_000_000]
    assert [line.amount for line in one.lines if line.what == claim.MOST] == [87_000_000]
    assert (made.low, made.high, one.low, one.high) == (1_500_000, 24_000_000, 1_500_000, 12_000_000)
    assert guess(case._replace(children=5)).high == 24_000_000, "two at most"


def test_a_scholarship_of_jkm_is_shown_only_after_three_years():
    whats = {line.what for line in guess(DEATH, paid("2024-01..2026-11")).lines}
    assert claim.MOST not in whats
    assert claim.MOST in {line.what for line in guess(DEATH, paid("2023-12..2026-11")).lines}


@pytest.mark.parametrize(("day", "parts"), [("2026-01-01", {"part", "part_housing"}), ("2025-12-31", set())])
def test_jht_is_what_was_paid_in_and_a_part_may_be_taken_after_ten_years(day, parts):
    case = Case("JHT", "stopped", on(day))
    payments = [paid("2016-01..2025-12", programs=ALL)]
    made = guess(case, *payments, programs=ALL)
    assert made.low == 120 * 20_000 and {line.what for line in made.lines} - {"saved"} == parts
    assert "yield" in made.why and not made.is_sure


def test_contributions_after_the_event_are_not_counted_as_saved():
    case = Case("JHT", "stopped", on("2026-06-30"))
    assert guess(case, paid("2026-05..2026-08", programs=ALL), programs=ALL).low == 2 * 20_000


@pytest.mark.parametrize(("born", "old_enough"), [("1970-11-27", True), ("1970-11-28", False)])
def test_a_claim_by_age_is_of_who_is_56_on_that_day(born, old_enough):
    assert claim.old_enough_for_jht(worker(birth_date=born), Case("JHT", "age", FRIDAY), RULES) is old_enough


def test_a_scholarship_ends_on_the_23rd_birthday():
    assert claim.scholarship_ends(on("2010-05-04"), RULES, FRIDAY) == on("2033-05-04")
    assert claim.scholarship_ends(on("2004-02-29"), RULES, FRIDAY) == on("2027-03-01")


def test_every_estimate_says_by_which_rules_and_a_day_before_them_has_none():
    for case in (ACCIDENT, DEATH, Case("JHT", "age", FRIDAY), Case("scholarship", "schooling", FRIDAY)):
        assert guess(case, paid("2026-11")).rules
    assert guess(ACCIDENT._replace(event_day=on("2015-06-30"))) is None


@given(st.dates(date(2000, 1, 1), date(2030, 12, 31)), st.integers(0, 200))
def test_months_are_added_without_leaving_the_month(day, count):
    found = claim.add_months(day, count)
    assert months.of_day(found) == months.of_day(day) + count
    assert found.day <= day.day and (found.day == day.day or (found + timedelta(days=1)).day == 1)


# Read from a record ---------------------------------------------------------------------------------------------------


def test_a_claim_is_read_from_its_fields_and_one_that_lacks_its_day_is_none():
    fields = {
        "worker": "k-1", "program": "JKK", "event": "accident", "event_date": "2026-11-27", "event_time": "16:00",
        "documents": ["ktp"], "handover": {"date": "2026-12-19", "place": "x"}, "children": 1,
    }  # fmt: skip
    assert claim.case_of(fields) == ACCIDENT._replace(
        documents=frozenset({"ktp"}), handed_on=on("2026-12-19"), children=1
    )
    assert claim.case_of(fields | {"event_date": None}) is None
