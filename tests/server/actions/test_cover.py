"""A village's figures follow what was synced and confirmed, day by day, from the phone to the API."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event, Thread
from typing import Any

import pytest
from sqlalchemy import func, select

from server.actions import cover, snapshots
from server.actions.cover import Differs
from server.actions.settle import erase, link
from server.db import transaction
from server.jobs.run import run
from server.jobs.timetable import timetable
from server.store import tables as t
from tests.server.console.world import Sitting
from tests.server.installation import NEIGHBOUR, VILLAGE, WORKER, Installation, Phone
from tests.server.village import Days, days_of

COUNTS = ("registered", "active", "in_arrears", "inactive", "awaiting_payment", "proposed", "ended")


@pytest.fixture
def days(server: Installation) -> Iterator[Days]:
    with days_of(server) as known:
        yield known


@pytest.fixture
def either_days(either_server: Installation) -> Iterator[Days]:
    with days_of(either_server) as known:
        yield known


def counted(total: dict) -> dict:
    """What is not zero of a region's figures."""
    told = {name: total[name] for name in (*COUNTS, "covered", "unconfirmed") if total[name]}
    return told | {name: n for name, n in total["not_counted"].items() if n}


def only(state: str, **more: int) -> dict:
    return {"registered": 1, state: 1, **more}


# What happens (day, what, months), then the last day before and the first day after, with the village's figures.
STORY = [("2026-03-10", "register"), ("2026-03-12", "verify")]
TRANSITIONS = [
    ("registered", STORY[:1], ("2026-03-09", {}), ("2026-03-10", only("proposed"))),
    ("registered with the year", [("2026-01-01", "register")], ("2025-12-31", {}), ("2026-01-01", only("proposed"))),
    ("registered on a leap day", [("2028-02-29", "register")], ("2028-02-28", {}), ("2028-02-29", only("proposed"))),

    ("verified", STORY, ("2026-03-11", only("proposed")), ("2026-03-12", only("awaiting_payment"))),
    ("verified at the turn of a year", [("2026-12-30", "register"), ("2027-01-01", "verify")],
     ("2026-12-31", only("proposed")), ("2027-01-01", only("awaiting_payment"))),
    ("verified, paid ahead", [*STORY, ("2026-03-12", "pay", "2026-05")],
     ("2026-03-11", only("proposed")), ("2026-04-30", only("awaiting_payment"))),

    ("the first covered month begins", [*STORY, ("2026-03-20", "pay", "2026-04")],
     ("2026-03-31", only("awaiting_payment")), ("2026-04-01", only("active", covered=1))),
    ("paid for this very month", [*STORY, ("2026-04-14", "pay", "2026-04")],
     ("2026-04-13", only("awaiting_payment")), ("2026-04-14", only("active", covered=1))),
    ("paid without being verified", [STORY[0], ("2026-03-20", "pay", "2026-04")],
     ("2026-03-31", only("proposed")), ("2026-04-01", only("active", covered=1))),

    ("the due day passes", [*STORY, ("2026-04-02", "pay", "2026-04")],
     ("2026-05-15", only("active")), ("2026-05-16", only("in_arrears"))),
    ("the due day passes in January", [*STORY, ("2026-12-02", "pay", "2026-12")],
     ("2027-01-15", only("active")), ("2027-01-16", only("in_arrears"))),
    ("the due day passes, the month paid but not confirmed",
     [*STORY, ("2026-04-02", "pay", "2026-04"), ("2026-05-10", "collect", "2026-05")],
     ("2026-05-15", only("active", unconfirmed=1)), ("2026-05-16", only("in_arrears", unconfirmed=1))),

    ("a third month unpaid", [*STORY, ("2026-04-02", "pay", "2026-04")],
     ("2026-07-15", only("in_arrears")), ("2026-07-16", only("inactive"))),
    ("a third month unpaid in February", [*STORY, ("2026-11-02", "pay", "2026-11")],
     ("2027-02-15", only("in_arrears")), ("2027-02-16", only("inactive"))),
    ("five funded months end", [*STORY, ("2026-04-01", "pay", "2026-04", "2026-05", "2026-06", "2026-07", "2026-08")],
     ("2026-11-15", only("in_arrears")), ("2026-11-16", only("inactive"))),

    ("paid again after one month", [*STORY, ("2026-04-02", "pay", "2026-04"), ("2026-05-20", "pay", "2026-06")],
     ("2026-05-31", only("in_arrears")), ("2026-06-01", only("active", covered=1))),
    ("paid again after months of lapse", [*STORY, ("2026-04-02", "pay", "2026-04"), ("2026-11-03", "pay", "2026-11")],
     ("2026-11-02", only("inactive")), ("2026-11-03", only("active", covered=1))),
    ("a collected month is confirmed", [*STORY, ("2026-04-03", "collect", "2026-04"), ("2026-04-20", "confirm")],
     ("2026-04-19", only("awaiting_payment", unconfirmed=1)), ("2026-04-20", only("active", covered=1))),

    ("withdrawn", [*STORY, ("2026-04-02", "pay", "2026-04"), ("2026-04-20", "withdrawn")],
     ("2026-04-19", only("active", covered=1)), ("2026-04-20", {"ended": 1})),
    ("deceased", [*STORY, ("2026-06-01", "deceased")],
     ("2026-05-31", only("awaiting_payment")), ("2026-06-01", {"ended": 1})),
    ("moved away, nobody says where", [*STORY, ("2026-06-01", "moved_away")],
     ("2026-05-31", only("awaiting_payment")), ("2026-06-01", {"ended": 1})),
]  # fmt: skip


def play(days: Days, events: list, until: str) -> None:
    """Let happen what lies up to that day and has not happened yet."""
    while events and events[0][0] <= until:
        day, what, *months = events.pop(0)
        days.day(day)
        if what == "register":
            days.worker = days.register()
        elif what == "verify":
            days.verify(days.worker)
        elif what in ("pay", "collect"):
            days.paid = days.pay(days.worker, *months, confirm=what == "pay")
        elif what == "confirm":
            days.desk(days.paid, confirmed=True)
        else:
            days.write("worker", {"status": what}, days.worker)


@pytest.mark.parametrize(("what", "events", "before", "after"), TRANSITIONS, ids=[row[0] for row in TRANSITIONS])
def test_a_villages_figures_change_on_the_day_they_should(days, what, events, before, after):
    todo = list(events)
    for day, figures in (before, after):
        play(days, todo, day)
        assert counted(days.day(day).total()) == figures, day


def test_a_payment_is_told_through_the_months_on_both_engines(either_days):
    days = either_days
    worker = days.day("2026-03-10").register()
    assert days.told(worker) == {}, "nothing is worked out of one who is only registered"
    paid = days.day("2026-03-20").pay(worker, "2026-04", "2026-05", confirm=False)
    days.refresh()
    assert days.told(worker) == {"state": "proposed", "unconfirmed": ["2026-04", "2026-05"]}
    days.day("2026-04-10").desk(paid, confirmed=True)
    assert counted(days.total()) == only("active", covered=1)
    assert days.told(worker) == {
        "state": "active", "since": "2026-04-01", "covered": ["2026-04", "2026-05"], "payers": ["self"],
    }  # fmt: skip
    assert counted(days.day("2026-07-20").total()) == only("in_arrears")
    assert days.told(worker) == {
        "state": "in_arrears", "since": "2026-06-16", "covered": ["2026-04", "2026-05"], "arrears": 2,
    }  # fmt: skip
    assert counted(days.total(month="2026-03")) == only("proposed", )
    assert counted(days.total(month="2026-05")) == only("active", covered=1)
    assert counted(days.total(month="2026-02")) == {}


def test_the_day_begins_at_the_villages_own_midnight(days):
    worker = days.day("2026-03-10").register()
    days.pay(worker, "2026-04")
    assert days.day("2026-05-15", "23:59").state(worker) == "active"
    assert days.day("2026-05-16", "00:01").state(worker) == "in_arrears"  # 16:01 of the 15th in UTC


def test_a_second_refresh_finds_nothing_to_do(days):
    worker = days.day("2026-03-10").register()
    days.pay(worker, "2026-03")
    assert days.refresh() == 1
    assert days.refresh() == 0, "its own telling must not call it again"
    days.day("2026-03-10", "18:00")
    assert days.refresh() == 0
    days.day("2026-03-11")
    assert days.refresh() == 1, "a new day draws everybody"


def test_a_phone_is_not_told_again_of_one_who_is_only_proposed(days):
    days.day("2026-03-10").register()
    days.phone().sync()
    before = days.phone().cursors
    days.refresh()
    assert days.phone().sync()["records"] == [] and days.phone().cursors == before


def test_the_phone_that_registered_is_told_once_of_the_cover(days):
    worker = days.day("2026-03-10").register()
    days.verify(worker)
    days.phone().sync()
    days.refresh()
    told = days.phone().sync()["records"]
    assert [(one["record"], one["derived"]["state"]) for one in told] == [(worker, "awaiting_payment")]
    days.refresh()
    assert days.phone().sync()["records"] == []


def test_incomplete_and_other_segments_and_ages_are_kept_and_not_counted(days):
    days.day("2026-03-10")
    no_nik = days.register(nik=None, nik_reason="belum punya KTP")
    incomplete = days.write("worker", {"full_name": "Belum Lengkap"})
    staff = days.register(segment="apparatus")
    old = days.register(birth_date="1950-01-01", nik="6402110101509001")
    total = days.total()
    assert counted(total) == {"registered": 1, "proposed": 1, "incomplete": 1, "segment": 1, "age": 1}
    assert days.told(staff)["not_counted"] == "segment" and days.told(old)["not_counted"] == "age"
    assert days.told(incomplete)["incomplete"] and days.told(no_nik) == {}
    days.write("worker", {name: value for name, value in WORKER.items() if name != "full_name"}, incomplete)
    assert counted(days.total()) == {"registered": 2, "proposed": 2, "segment": 1, "age": 1}


def test_a_payment_that_is_not_complete_covers_nothing(days):
    worker = days.day("2026-03-10").register()
    paid = days.write("contribution", {"worker": worker, "months": ["2026-03"], "programs": ["JKK", "JKM"]})
    days.desk(paid, confirmed=True)
    assert counted(days.total()) == only("proposed")
    days.write("contribution", {"amount": 16800, "funding": "self", "paid_on": "2026-03-10"}, paid)
    assert counted(days.total()) == only("active", covered=1)


def test_a_payment_that_arrives_before_its_worker_counts_once_he_is_there(days):
    phone = days.day("2026-03-10").phone()
    days.pay(f"{phone.id}-{phone.seq + 2}", "2026-03")
    assert counted(days.total()) == {}
    worker = days.register()
    assert worker == f"{phone.id}-{phone.seq}"
    assert counted(days.total()) == only("active", covered=1)


def test_a_payment_that_turns_out_to_be_another_workers_leaves_the_first(days):
    first, second = days.day("2026-03-10").register(), days.register(nik="6402115207909003")
    paid = days.pay(first, "2026-03")
    assert (days.state(first), days.state(second)) == ("active", "proposed")
    days.desk(paid, worker=second)
    assert (days.state(first), days.state(second)) == ("proposed", "active")
    days.do(erase, [paid], "salah orang", None, days.settings, days.now)
    assert (days.state(first), days.state(second)) == ("proposed", "proposed")


def test_a_payment_taken_in_another_village_counts_in_the_workers_own(either_days):
    days = either_days
    worker = days.day("2026-03-10").register()
    days.pay(worker, "2026-03", village=NEIGHBOUR)
    assert counted(days.total()) == only("active", covered=1)
    assert counted(days.total(NEIGHBOUR)) == {}
    assert counted(days.total("64.02.11")) == only("active", covered=1)


def test_who_moves_is_counted_where_he_was_until_then_and_goes_on_in_the_next(either_days):
    days = either_days
    worker = days.day("2026-03-10").register()
    days.verify(worker)
    days.pay(worker, "2026-03", "2026-04", "2026-05", "2026-06")
    days.day("2026-05-20").write("worker", {"village": NEIGHBOUR}, worker)
    days.day("2026-06-20")
    assert counted(days.total()) == {"ended": 1}
    assert counted(days.total(NEIGHBOUR)) == only("active", covered=1)
    active = only("active", covered=1)
    assert [counted(days.total(month=f"2026-0{m}")) for m in (3, 4, 5)] == [active, active, {"ended": 1}]
    assert [counted(days.total(NEIGHBOUR, f"2026-0{m}")) for m in (3, 4, 5)] == [{}, {}, active]
    assert days.told(worker) is None and days.told(worker, NEIGHBOUR)["state"] == "active"
    # What is found out later of the time before counts where he lived then.
    days.pay(worker, "2026-02", village=NEIGHBOUR, confirm=False)
    assert counted(days.total("64.02.11", "2026-03"))["registered"] == 1


def test_who_moves_and_comes_back_is_counted_once_a_month(days):
    worker = days.day("2026-01-10").register()
    days.day("2026-03-10").write("worker", {"village": NEIGHBOUR}, worker)
    days.refresh()
    days.day("2026-05-10").write("worker", {"village": VILLAGE}, worker, village=NEIGHBOUR)
    days.day("2026-06-10").refresh()
    assert days.drawn(worker) == ("proposed", "ppeepp")
    assert days.drawn(worker, NEIGHBOUR) == ("ended", "ppee")
    assert [days.total("64.02.11", f"2026-0{month}")["registered"] for month in range(1, 7)] == [1] * 6


def test_a_slip_of_the_village_that_is_mended_within_the_month_leaves_no_trace(days):
    worker = days.day("2026-03-10").register()
    days.refresh()
    days.day("2026-03-11").write("worker", {"village": NEIGHBOUR}, worker)
    assert counted(days.total()) == {} and counted(days.total(NEIGHBOUR)) == only("proposed")


def test_moved_away_said_in_the_old_village_does_not_end_him_in_the_new_one(days):
    worker = days.day("2026-03-10").register()
    days.verify(worker)
    days.day("2026-05-20").write("worker", {"status": "moved_away", "village": NEIGHBOUR}, worker)
    days.day("2026-06-20")
    assert counted(days.total()) == {"ended": 1}
    assert counted(days.total(NEIGHBOUR)) == only("awaiting_payment"), "verified before he went, and still"


def test_two_records_of_one_person_are_counted_once_until_they_are_parted(either_days):
    days = either_days
    first, second = days.day("2026-03-10").register(), days.register(village=NEIGHBOUR)
    days.pay(second, "2026-03", village=NEIGHBOUR)
    assert days.total("64.02.11")["registered"] == 2
    days.do(link, first, second, True, "NIK sama", None, days.now)
    assert counted(days.total("64.02.11")) == only("active", covered=1)
    one, other = sorted([first, second])
    home = VILLAGE if one == first else NEIGHBOUR
    assert days.told(one, home)["covered"] == ["2026-03"] and days.told(other) is None
    days.do(link, first, second, False, "saudara kembar", None, days.now)
    total = days.total("64.02.11")
    assert (total["registered"], total["active"], total["proposed"]) == (2, 1, 1)
    assert days.state(first) == "proposed"


def test_who_is_erased_is_in_no_figure_and_no_row(either_days):
    days = either_days
    worker = days.day("2026-03-10").register()
    days.pay(worker, "2026-03", "2026-04", "2026-05")
    days.refresh()
    days.day("2026-04-20").write("worker", {"village": NEIGHBOUR}, worker)
    days.refresh()
    days.day("2026-05-20").write("worker", {"village": "64.02.11.2003"}, worker, village=NEIGHBOUR)
    assert counted(days.total(NEIGHBOUR, "2026-04")) == only("active", covered=1)
    days.do(erase, [worker], "atas permintaan", None, days.settings, days.now)
    days.refresh()
    assert counted(days.total("64.02.11", "2026-04")) == {}
    assert [name for name, rows in days.everything().items() if rows] == []


def test_the_denominator_of_a_month_is_the_latest_entered_up_to_it(days):
    days.day("2026-03-10").register()
    entered = {"workers": 40, "source": "Sakernas", "method": "perkiraan", "as_of": "2026-01-31"}
    days.write("eligible", entered, f"eligible:{VILLAGE}:2026-01")
    days.write("eligible", {"workers": 50, "source": "Pendataan desa"}, f"eligible:{VILLAGE}:2026-03")
    known = [days.total(month=month)["eligible"] for month in ("2025-12", "2026-01", "2026-02", "2026-03")]
    assert [one and (one["count"], one["month"]) for one in known] == [
        None, (40, "2026-01"), (40, "2026-01"), (50, "2026-03"),
    ]  # fmt: skip
    assert (known[1]["source"], known[1]["method"], known[1]["as_of"]) == ("Sakernas", "perkiraan", "2026-01-31")
    days.desk(f"eligible:{VILLAGE}:2026-03", workers=60)
    assert days.total()["eligible"]["count"] == 60


def test_a_registration_dated_long_ago_begins_where_the_figures_do(days):
    days.day("2026-03-10").register(registered_at="0001-01-01", birth_date="1990-07-12")
    days.total()
    with days.server.reading() as connection:
        first, rows = connection.execute(select(func.min(t.figure.c.month), func.count()).select_from(t.figure)).one()
    assert first >= 2020 * 12 and rows <= 75


def test_a_registration_dated_ahead_is_counted_when_its_day_has_come(days):
    worker = days.day("2026-03-10").register(registered_at="2026-04-02")
    assert counted(days.total()) == {} and days.told(worker) == {"state": "not_yet"}
    assert counted(days.day("2026-04-02").total()) == only("proposed")


def test_full_and_incremental_agree_after_many_days(days):
    worker = days.day("2026-03-10").register()
    other = days.register(nik="6402115207909003")
    days.pay(worker, "2026-03")
    days.refresh()
    days.day("2026-04-20").write("worker", {"village": NEIGHBOUR}, other)
    days.pay(other, "2026-03", village=NEIGHBOUR)
    days.refresh()
    days.day("2026-06-20").refresh()
    incremental = days.everything()
    days.do(cover.cover_all, days.settings, days.now)
    assert days.everything() == incremental
    days.forget()
    days.do(cover.cover_all, days.settings, days.now)
    assert days.everything() == incremental


def test_one_village_that_cannot_be_drawn_does_not_stop_the_others(days, monkeypatch):
    days.day("2026-03-10").register()
    days.register(village=NEIGHBOUR)
    draw = cover.draw

    def fails_in_the_first(village, **more):
        if village == NEIGHBOUR:
            raise ZeroDivisionError
        return draw(village, **more)

    monkeypatch.setattr(cover, "draw", fails_in_the_first)
    with pytest.raises(ZeroDivisionError):
        days.refresh()
    monkeypatch.undo()
    with days.server.reading() as connection:
        assert connection.scalars(select(t.cover.c.village)).all() == [VILLAGE]


# The nightly check ----------------------------------------------------------------------------------------------------


def nightly(days: Days) -> int:
    return int(days.do(cover.cover_all, days.settings, days.now))


def tampered(days: Days, statement: Any) -> None:
    with days.server.app.app_context(), transaction() as connection:
        assert connection.execute(statement).rowcount


SPOILED = [
    ("a cover row", t.cover.update().values(letters="r", state="in_arrears"), {VILLAGE: 1}),
    ("a cover row's programmes", t.cover.update().values(programs="0"), {VILLAGE: 1}),
    ("a cover row that is lost", t.cover.delete(), {VILLAGE: 1}),
    ("what phones are told", t.record.update().where(t.record.c.derived.is_not(None)).values(derived=None), {VILLAGE: 1}),
    ("a figure", t.figure.update().where(t.figure.c.village == VILLAGE).values(active=77), {VILLAGE: 1}),
    ("a village's figures that are lost", t.figure.delete(), {VILLAGE: 1, NEIGHBOUR: 1}),
]


@pytest.mark.parametrize(("what", "spoil", "rows"), SPOILED, ids=[row[0] for row in SPOILED])
def test_the_nightly_check_mends_what_differs_and_says_how_many_rows_of_which_village(days, what, spoil, rows):
    days.day("2026-03-10").pay(days.register(), "2026-03")
    days.write("eligible", {"workers": 40}, f"eligible:{NEIGHBOUR}:2026-03", NEIGHBOUR)
    days.refresh()
    whole = days.everything()
    tampered(days, spoil)
    assert days.everything() != whole
    with pytest.raises(Differs) as found:
        nightly(days)
    assert found.value.rows == rows and days.everything() == whole
    assert nightly(days) == 1, "what is mended differs no more"


def test_a_part_of_a_mover_that_was_lost_in_the_village_he_left_is_found(days):
    worker = days.day("2026-03-10").register()
    days.refresh()
    days.day("2026-05-20").write("worker", {"village": NEIGHBOUR}, worker)
    days.refresh()
    whole = days.everything()
    tampered(days, t.cover.delete().where(t.cover.c.village == VILLAGE))
    with pytest.raises(Differs) as found:
        nightly(days)
    assert found.value.rows.keys() == {VILLAGE} and days.everything() == whole
    assert nightly(days) == 2


def test_a_new_day_and_what_came_in_just_now_are_no_difference(either_days):
    days = either_days
    worker = days.day("2026-05-10").register()
    days.pay(worker, "2026-05")
    days.refresh()
    other = days.day("2026-06-20").register(NEIGHBOUR, nik="6402115207909003")
    days.pay(worker, "2026-06", village=NEIGHBOUR)  # the neighbour's stream has not been followed yet
    days.write("worker", {"village": VILLAGE}, other, village=NEIGHBOUR)
    assert nightly(days) > 0
    assert counted(days.total())["active"] == 1
    days.day("2026-07-20")
    assert nightly(days) > 0, "a month later nobody is as he was, and none of it differs"


def test_the_page_of_the_job_names_the_village_and_nobody(days):
    days.day("2026-03-10").register()
    days.refresh()
    tampered(days, t.cover.update().values(letters="a", state="active"))
    days.do(run, timetable(days.settings)["full-coverage"], days.settings, lambda failure: None)
    person = Sitting(days.server, "auditor", "id")
    for path in ("/console/jobs", "/console/jobs/full-coverage"):
        page = person.get(path).text
        assert "Hitung ulang berbeda" in page and f"Muara Kaman Ulu ({VILLAGE}) 1." in page
        assert "Nur Hayati" not in page
    assert "The recount differed" in person.get("/console/jobs/full-coverage?lang=en").text


# Several at once ------------------------------------------------------------------------------------------------------


@pytest.mark.postgres
def test_coverage_follows_while_phones_pay_across_villages_and_workers_move(postgres_settings):
    made = Installation(postgres_settings)
    try:
        with days_of(made) as days:
            days.day("2026-03-10")
            phones = [made.enrolled(VILLAGE, NEIGHBOUR) for _ in range(2)]
            workers = [days.register(), days.register(village=NEIGHBOUR)]
            errors: list[BaseException] = []

            def pay_and_move(phone: Phone, worker: str) -> None:
                for month in range(1, 13):
                    paid = {
                        "worker": workers[month % 2], "months": [f"2026-{month:02d}"], "programs": ["JKK", "JKM"],
                        "amount": 16800, "funding": "self", "paid_on": "2026-01-05",
                    }  # fmt: skip
                    here = (VILLAGE, NEIGHBOUR)[month % 2]
                    phone.sync(
                        phone.change(fields=paid, kind="contribution", village=here),
                        phone.change(worker, {"village": here}, village=here),
                    )

            def follow(until: Event, how: Callable[[], int]) -> None:
                try:
                    while not until.is_set():
                        how()
                except BaseException as error:
                    errors.append(error)

            done = Event()
            ways = (days.refresh, days.refresh, lambda: nightly(days))
            others = [Thread(target=follow, args=(done, how)) for how in ways]
            payers = [Thread(target=pay_and_move, args=pair) for pair in zip(phones, workers, strict=True)]
            for thread in [*others, *payers]:
                thread.start()
            for thread in payers:
                thread.join()
            done.set()
            for thread in others:
                thread.join()
            assert errors == [] and [phone.seq for phone in phones] == [24, 24]
            days.refresh()
            followed = days.everything()
            days.forget()
            days.do(cover.cover_all, days.settings, days.now)
            assert days.everything() == followed and len(followed["cover"]) >= 2
    finally:
        made.close()


@pytest.mark.postgres
def test_two_nodes_that_freeze_a_day_at_once_keep_it_once(postgres_settings):
    made = Installation(postgres_settings)
    try:
        with days_of(made) as days, ThreadPoolExecutor(2) as two:
            days.day("2026-04-20").register()
            days.refresh()
            rows = [two.submit(days.do, cover.snapshot, days.settings, days.now) for _ in range(2)]
            assert {row.result() for row in rows} <= {0, 1}
            with made.reading() as connection:
                assert connection.scalar(select(func.count()).select_from(t.snapshot)) == 1
            assert days.do(snapshots.check, days.settings, days.now) == 1
    finally:
        made.close()
