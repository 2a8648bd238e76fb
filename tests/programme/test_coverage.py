"""Each change of a worker's state, told by dates: the last day before, and the first day after."""

from importlib import resources

import pytest

from programme import rules
from programme.coverage import assess, by_month, months_of, moved, tasks
from programme.rules import load
from tests.programme.builders import ALL, BOTH, on, paid, worker

RULES = load()

NEW = worker(registered_on="2026-03-10", verified_on=None)
KNOWN = worker(registered_on="2026-03-10", verified_on="2026-03-12")


def told(who, payments, day):
    return assess(who, payments, RULES, on(day)).state


# (what happens, worker, payments, the last day before, its state, the first day after, its state)
TRANSITIONS = [
    ("registered", NEW, [], "2026-03-09", "not_yet", "2026-03-10", "proposed"),
    ("registered on New Year", worker(registered_on="2027-01-01", verified_on=None), [],
     "2026-12-31", "not_yet", "2027-01-01", "proposed"),
    ("registered when already a member", NEW, [paid("2026-01..2026-04")],
     "2026-03-09", "not_yet", "2026-03-10", "active"),

    ("verified by an operator", KNOWN, [], "2026-03-11", "proposed", "2026-03-12", "awaiting_payment"),
    ("verified at the turn of a year", worker(verified_on="2027-01-01"), [],
     "2026-12-31", "proposed", "2027-01-01", "awaiting_payment"),
    ("verified, paid ahead for May", worker(verified_on="2026-02-28"), [paid("2026-05")],
     "2026-02-27", "proposed", "2026-02-28", "awaiting_payment"),

    ("verified, but wages from an employer", worker(segment="wage_earner"), [],
     "2026-01-19", "proposed", "2026-01-20", "verified"),
    ("verified, but too old", worker(birth_date="1961-01-05"), [],
     "2026-01-19", "proposed", "2026-01-20", "verified"),
    ("verified, but incomplete", worker(complete=False), [], "2026-01-19", "proposed", "2026-01-20", "verified"),

    ("the first covered month begins", KNOWN, [paid("2026-04")],
     "2026-03-31", "awaiting_payment", "2026-04-01", "active"),
    ("paid ahead for the new year", KNOWN, [paid("2027-01..2027-06")],
     "2026-12-31", "awaiting_payment", "2027-01-01", "active"),
    ("paid for both programmes in turn", KNOWN, [paid("2026-04..2026-12", programs={"JKK"}),
     paid("2026-06", programs={"JKM"})], "2026-05-31", "awaiting_payment", "2026-06-01", "active"),

    ("paid without ever being verified", NEW, [paid("2026-04")], "2026-03-31", "proposed", "2026-04-01", "active"),
    ("a regency list pays for the unverified", NEW, [paid("2026-05..2026-10", funding="apbd_regency")],
     "2026-04-30", "proposed", "2026-05-01", "active"),
    ("paid at the turn of a year, not verified", NEW, [paid("2027-01")],
     "2026-12-31", "proposed", "2027-01-01", "active"),

    ("the due day of the next month passes", KNOWN, [paid("2026-04")],
     "2026-05-15", "active", "2026-05-16", "in_arrears"),
    ("the due day passes in January", KNOWN, [paid("2026-04..2026-12")],
     "2027-01-15", "active", "2027-01-16", "in_arrears"),
    ("JKM alone is left unpaid", KNOWN, [paid("2026-04..2026-12"), paid("2027-01", programs={"JKK"})],
     "2027-01-15", "active", "2027-01-16", "in_arrears"),

    ("a third month unpaid", KNOWN, [paid("2026-04")], "2026-07-15", "in_arrears", "2026-07-16", "inactive"),
    ("a third month unpaid in February", KNOWN, [paid("2026-04..2026-11")],
     "2027-02-15", "in_arrears", "2027-02-16", "inactive"),
    ("five funded months end, nobody goes on", KNOWN, [paid("2026-04..2026-08", funding="apbd_regency")],
     "2026-11-15", "in_arrears", "2026-11-16", "inactive"),

    ("paid again after one month", KNOWN, [paid("2026-04"), paid("2026-06")],
     "2026-05-31", "in_arrears", "2026-06-01", "active"),
    ("paid again after two months", KNOWN, [paid("2026-04"), paid("2026-07")],
     "2026-06-30", "in_arrears", "2026-07-01", "active"),
    ("paid again in the new year", KNOWN, [paid("2026-04..2026-11"), paid("2027-01..2027-03")],
     "2026-12-31", "in_arrears", "2027-01-01", "active"),

    ("paid again after three months", KNOWN, [paid("2026-04"), paid("2026-08")],
     "2026-07-31", "inactive", "2026-08-01", "active"),
    ("paid again after half a year", KNOWN, [paid("2026-04"), paid("2026-11")],
     "2026-10-31", "inactive", "2026-11-01", "active"),
    ("another payer takes up a lapsed worker", KNOWN, [paid("2026-04"), paid("2027-01", funding="sertakan")],
     "2026-12-31", "inactive", "2027-01-01", "active"),

    ("withdrawn while proposed", worker(verified_on=None, ended_on="2026-04-02", ended_why="withdrawn"), [],
     "2026-04-01", "proposed", "2026-04-02", "ended"),
    ("died while active", worker(ended_on="2026-11-20", ended_why="deceased"), [paid("2026-01..2026-12")],
     "2026-11-19", "active", "2026-11-20", "ended"),
    ("withdrawn while in arrears", worker(ended_on="2027-01-01", ended_why="withdrawn"), [paid("2026-01..2026-10")],
     "2026-12-31", "in_arrears", "2027-01-01", "ended"),
    ("died while inactive", worker(ended_on="2026-08-03", ended_why="deceased"), [paid("2026-02")],
     "2026-08-02", "inactive", "2026-08-03", "ended"),
    ("withdrawn while awaiting payment", worker(ended_on="2026-02-01", ended_why="withdrawn"), [],
     "2026-01-31", "awaiting_payment", "2026-02-01", "ended"),
]  # fmt: skip


@pytest.mark.parametrize(("what", "who", "payments", "before", "was", "after", "becomes"), TRANSITIONS)
def test_the_state_changes_on_its_day(what, who, payments, before, was, after, becomes):
    assert (told(who, payments, before), told(who, payments, after)) == (was, becomes)
    assert assess(who, payments, RULES, on(after)).since == on(after)


@pytest.mark.parametrize(
    ("payments", "days"),
    [
        ([paid("2026-04")], {"2026-05-15": 0, "2026-05-16": 1, "2026-06-15": 1, "2026-06-16": 2, "2026-07-16": 3}),
        ([paid("2026-01..2026-10")], {"2026-11-15": 0, "2026-11-16": 1, "2026-12-16": 2, "2027-01-16": 3}),
        ([paid("2026-04"), paid("2026-05", programs={"JKK"})], {"2026-05-16": 1, "2026-06-16": 2, "2026-06-30": 2}),
    ],
)
def test_the_second_unpaid_month_is_still_arrears_and_counted(payments, days):
    covers = {day: assess(KNOWN, payments, RULES, on(day)) for day in days}
    assert {day: cover.arrears for day, cover in covers.items()} == days
    states = {0: "active", 1: "in_arrears", 2: "in_arrears", 3: "inactive"}
    assert all(cover.state == states[days[day]] for day, cover in covers.items())


def test_old_arrears_are_not_carried_past_a_payment():
    payments = [paid("2026-02"), paid("2026-09")]
    assert assess(KNOWN, payments, RULES, on("2026-08-31")).arrears == 6
    assert assess(KNOWN, payments, RULES, on("2026-10-16")).arrears == 1


def test_two_months_missed_apart_are_not_two_in_a_row():
    payments = [paid("2026-03"), paid("2026-05"), paid("2026-07")]
    assert by_month(KNOWN, payments, RULES, "2026-03", on("2026-09-30")) == "arararr"


@pytest.mark.parametrize(
    ("moving", "before", "letters_left", "letters_came"),
    [
        ("2026-06-10", "active", "aaaeee", "---aaa"),
        ("2026-07-01", "active", "aaaaee", "----aa"),
        ("2026-08-31", "active", "aaaaae", "-----a"),
    ],
)
def test_who_moves_away_ends_here_and_goes_on_in_the_next_village(moving, before, letters_left, letters_came):
    payments = [paid("2026-01..2026-12")]
    left, came = moved(KNOWN, "64.02.12.2001", on(moving))
    assert (told(left, payments, moving), told(came, payments, moving)) == ("ended", "active")
    assert assess(came, payments, RULES, on(moving)).active_since == on("2026-01-01")
    assert by_month(left, payments, RULES, "2026-03", on("2026-08-31")) == letters_left
    assert by_month(came, payments, RULES, "2026-03", on("2026-08-31")) == letters_came
    assert told(left, payments, "2026-06-09") == before


def test_arrears_go_along_with_who_moves():
    _, came = moved(KNOWN, "64.02.12.2001", on("2026-06-10"))
    assert told(came, [paid("2026-04")], "2026-06-10") == "in_arrears"
    assert told(came, [paid("2026-04")], "2026-07-16") == "inactive"


def test_who_registered_at_64_is_still_counted_in_the_village_he_moves_to_at_66():
    who = worker(registered_on="2026-01-05", birth_date="1961-01-06")
    _, came = moved(who, "64.02.12.2001", on("2027-02-01"))
    assert assess(came, [], RULES, on("2027-02-01")).counted


@pytest.mark.parametrize(
    ("birth_date", "why_not"),
    [
        ("2011-01-05", None),  # 15 on the day
        ("2011-01-06", "age"),
        ("1961-01-06", None),  # 65 tomorrow
        ("1961-01-05", "age"),
        ("2026-02-01", "age"),  # born after his own registration: a slip, told as such
        (None, "incomplete"),
    ],
)
def test_age_is_judged_on_the_day_of_registration(birth_date, why_not):
    cover = assess(worker(birth_date=birth_date), [], RULES, on("2026-11-22"))
    assert (cover.why_not, cover.counted) == (why_not, why_not is None)


def test_who_is_born_on_29_february_is_15_on_1_march():
    born = "2012-02-29"
    young, grown = (worker(birth_date=born, registered_on=day) for day in ("2027-02-28", "2027-03-01"))
    assert assess(young, [], RULES, on("2027-03-01")).why_not == "age"
    assert assess(grown, [], RULES, on("2027-03-01")).why_not is None


def test_a_wage_earner_and_village_staff_are_kept_but_not_counted():
    for segment in ("wage_earner", "apparatus"):
        who = worker(segment=segment, complete=False)
        cover = assess(who, [paid("2026-11")], RULES, on("2026-11-22"))
        assert (cover.state, cover.counted, cover.why_not) == ("active", False, "segment")
        assert by_month(who, [paid("2026-11")], RULES, "2025-12", on("2026-11-22")) == "-" + "s" * 11


def test_an_incomplete_record_is_told_as_such_until_it_ends():
    who = worker(complete=False, ended_on="2026-03-02", ended_why="withdrawn")
    assert by_month(who, [], RULES, "2025-12", on("2026-04-30")) == "-??--"


def test_an_unconfirmed_payment_stands_beside_and_covers_nothing():
    payments = [paid("2026-04"), paid("2026-05..2026-06", confirmed=False)]
    cover = assess(KNOWN, payments, RULES, on("2026-06-20"))
    assert (cover.state, cover.covered, cover.unconfirmed) == ("in_arrears", ("2026-04",), ("2026-05", "2026-06"))
    assert by_month(KNOWN, payments, RULES, "2026-03", on("2026-06-20")) == "waRR"


def test_a_month_paid_twice_is_not_unconfirmed_once_one_payment_is_confirmed():
    payments = [paid("2026-04"), paid("2026-04", confirmed=False)]
    assert assess(KNOWN, payments, RULES, on("2026-04-20")).unconfirmed == ()
    assert by_month(KNOWN, payments, RULES, "2026-04", on("2026-04-20")) == "a"


def test_before_the_due_day_an_active_worker_is_told_apart_from_a_covered_one():
    assert by_month(KNOWN, [paid("2026-04")], RULES, "2026-04", on("2026-05-15")) == "ab"
    assert by_month(KNOWN, [paid("2026-04")], RULES, "2026-04", on("2026-05-16")) == "ar"
    for one, other in (("JKK", "JKM"), ("JKM", "JKK")):
        half = [paid("2026-04", programs={one}), paid("2026-04..2026-05", programs={other})]
        assert by_month(KNOWN, half, RULES, "2026-04", on("2026-05-15")) == "ab"
    waiting = [paid("2026-04"), paid("2026-05", confirmed=False)]
    assert by_month(KNOWN, waiting, RULES, "2026-04", on("2026-05-15")) == "aB"


def test_savings_for_old_age_are_told_apart_from_the_cover():
    who = worker(programs=ALL)
    cover = assess(who, [paid("2026-01..2026-11"), paid("2026-06", programs={"JHT"})], RULES, on("2026-11-22"))
    assert cover.state == "active" and cover.arrears == 0
    assert cover.programs == {"JKK": "active", "JKM": "active", "JHT": "inactive"}


def test_it_is_said_who_pays_and_when_two_pay():
    once = [paid("2026-10", funding="self"), paid("2026-11", funding="apbd_regency")]
    assert assess(KNOWN, once, RULES, on("2026-10-31")).payers == ("self",)
    assert assess(KNOWN, once, RULES, on("2026-12-10")).payers == ("apbd_regency",)  # still by November's
    assert assess(KNOWN, once, RULES, on("2026-12-16")).payers == ()
    twice = [*once, paid("2026-11", funding="apbd_province"), paid("2026-11", programs={"JHT"}, funding="self")]
    cover = assess(KNOWN, twice, RULES, on("2026-11-22"))
    assert cover.payers == ("apbd_province", "apbd_regency")
    assert cover.paid_by["JHT"] == ("self",)


def test_both_dates_for_the_waiting_months_are_kept():
    payments = [paid("2026-01..2026-03"), paid("2026-08..2026-11")]
    cover = assess(KNOWN, payments, RULES, on("2026-11-22"))
    assert (cover.first_active, cover.active_since) == (on("2026-01-01"), on("2026-08-01"))
    lapsed = assess(KNOWN, payments, RULES, on("2027-01-16"))
    assert (lapsed.first_active, lapsed.active_since) == (on("2026-01-01"), None)


def test_a_month_long_ago_or_far_ahead_harms_nothing():
    payments = [paid("0001-01"), paid("9999-12"), paid("2026-11")]
    assert told(KNOWN, payments, "2026-11-22") == "active"
    assert by_month(KNOWN, payments, RULES, "2026-10", on("2026-11-22")) == "ia"


def test_nothing_is_told_of_months_to_come():
    assert by_month(KNOWN, [], RULES, "2026-12", on("2026-11-30")) == ""


def test_rules_of_another_time_hold_for_their_own_months():
    """A limit of one month from 2027 on changes no month of 2026."""
    stricter = _rules_with_limit_one_from_2027()
    payments = [paid("2026-03..2026-10")]
    assert by_month(KNOWN, payments, stricter, "2026-10", on("2027-01-31")) == "arri"
    assert by_month(KNOWN, payments, RULES, "2026-10", on("2027-01-31")) == "arri"
    assert by_month(KNOWN, [paid("2026-03..2026-11")], stricter, "2026-10", on("2027-01-31")) == "aari"
    assert by_month(KNOWN, [paid("2026-03..2026-11")], RULES, "2026-10", on("2027-01-31")) == "aarr"
    assert assess(KNOWN, [paid("2026-03..2026-11")], stricter, on("2027-01-01")).since == on("2027-01-01")


def _rules_with_limit_one_from_2027():
    folder = resources.files(rules)
    texts = [(folder / name).read_text("utf-8") for name in rules.FILES]
    old = next(row for row in texts[2].split("[[rule]]") if "arrears_limit" in row)
    closed = old.replace("value = 3", "valid_to = 2026-12-31\nvalue = 3")
    new = old.replace('id = "arrears-limit"', 'id = "new"\nvalid_from = 2027-01-01').replace("value = 3", "value = 1")
    texts[2] = texts[2].replace(old, f"{closed}[[rule]]{new}")
    return rules.read(texts)


def test_both_programmes_of_the_indicator_are_always_told():
    cover = assess(worker(programs=frozenset()), [], RULES, on("2026-11-22"))
    assert set(cover.programs) == BOTH and set(cover.programs.values()) == {"awaiting_payment"}


@pytest.mark.parametrize(
    ("programs", "digits"),
    [({"JKK"}, "11"), ({"JKM"}, "22"), ({"JHT"}, "44"), (BOTH, "33"), (ALL, "77"), ({"JHT", "JKK"}, "55")],
)
def test_a_digit_a_month_tells_the_programmes_he_is_active_in(programs, digits):
    payments = [paid("2026-04..2026-05", programs=programs)]
    told = months_of(KNOWN, payments, RULES, "2026-03", on("2026-06-16"))
    assert told.programs == f"0{digits}0"
    assert months_of(KNOWN, payments, RULES, "2026-03", on("2026-06-15")).programs == f"0{digits}{digits[-1]}"


def test_who_is_not_counted_has_his_programmes_told_all_the_same_and_nobody_who_is_gone():
    payments = [paid("2026-01..2026-12")]
    for who in (worker(segment="apparatus"), worker(complete=False), worker(birth_date="1950-01-01")):
        assert months_of(who, payments, RULES, "2025-12", on("2026-03-20")).programs == "0333"
    gone = worker(segment="apparatus", ended_on="2026-03-02", ended_why="withdrawn")
    assert months_of(gone, payments, RULES, "2025-12", on("2026-04-20")).programs == "03300"


def test_who_is_paid_for_by_two_is_active_once_in_each_programme():
    twice = [paid("2026-04", funding="self"), paid("2026-04", funding="apbd_regency")]
    told = months_of(KNOWN, twice, RULES, "2026-04", on("2026-04-30"))
    assert (told.letters, told.programs) == ("a", "3")


def to_do(payments, day, has_number=False, has_card=False, who=KNOWN):
    cover = assess(who, payments, RULES, on(day))
    return tasks(cover, payments, RULES, on(day), has_number=has_number, has_card=has_card)


def test_a_card_is_due_seven_days_after_a_confirmed_payment_or_with_the_number():
    payments = [paid("2026-04..2026-06", paid_on="2026-04-03")]
    assert [to_do(payments, day) for day in ("2026-04-10", "2026-04-11")] == [None, "k"]
    assert to_do(payments, "2026-04-04", has_number=True) == "k"
    assert to_do(payments, "2026-05-20", has_number=True, has_card=True) is None
    assert to_do([paid("2026-04"), paid("2026-05", confirmed=False, paid_on="2026-04-01")], "2026-05-10") is None
    assert to_do(payments, "2026-07-16", has_number=True) is None, "not while he is not covered"


def test_who_is_active_again_is_shown_for_six_weeks():
    payments = [paid("2026-04"), paid("2026-08..2026-12")]
    days = ("2026-04-20", "2026-07-31", "2026-08-01", "2026-09-14", "2026-09-15")
    assert [to_do(payments, day, has_card=True) for day in days] == [None, None, "a", "a", None]
    assert to_do(payments, "2026-08-01", has_number=True) == "ka"


def test_who_was_never_active_before_is_not_reactivated():
    halves = [paid("2026-04", programs={"JKK"}), paid("2026-06", programs={"JKM"}), paid("2026-08")]
    assert to_do(halves, "2026-08-02", has_card=True) is None
    assert to_do([paid("2026-08")], "2026-08-02", has_card=True) is None


@pytest.mark.parametrize(
    ("registered_on", "why_not"), [("2026-03-04", None), ("2026-03-05", "age"), ("2026-03-06", "age")]
)
def test_the_65th_birthday_on_the_day_before_and_after(registered_on, why_not):
    who = worker(birth_date="1961-03-05", registered_on=registered_on)
    assert assess(who, [], RULES, on("2026-11-22")).why_not == why_not


def test_the_third_and_the_fourth_unpaid_month_are_both_inactive_and_the_second_is_not():
    payments = [paid("2026-03..2026-04")]
    days = ["2026-06-16", "2026-07-15", "2026-07-16", "2026-08-16"]
    assert [told(KNOWN, payments, day) for day in days] == ["in_arrears", "in_arrears", "inactive", "inactive"]
    assert [assess(KNOWN, payments, RULES, on(day)).arrears for day in days] == [2, 2, 3, 4]


def test_cover_goes_on_over_the_end_of_the_discounts_year_and_quarter():
    payments = [paid("2026-11..2027-03")]
    assert by_month(KNOWN, payments, RULES, "2026-11", on("2027-04-15")) == "aaaaab"
    for day, state in {
        "2026-12-31": "active", "2027-01-01": "active", "2027-03-31": "active", "2027-04-01": "active",
        "2027-04-15": "active", "2027-04-16": "in_arrears",
    }.items():  # fmt: skip
        assert told(KNOWN, payments, day) == state, day
