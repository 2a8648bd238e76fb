"""The story of a worker's membership, from the phones and the desks to what is told of each day."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from server.actions import memberships
from server.actions.settle import erase, link
from server.store.scoping import Scope
from tests.server.installation import NEIGHBOUR, VILLAGE, Installation, copied
from tests.server.village import Days, days_of

HERE, FAR = Scope(VILLAGE[:8]), Scope("64.03")


@pytest.fixture(scope="module")
def made(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    it = Installation(copied(template, tmp_path_factory.mktemp("stories") / "var"))
    yield it
    it.close()


@pytest.fixture
def days(made: Installation) -> Iterator[Days]:
    with days_of(made) as known:
        yield known.day("2026-01-05")


def story(days: Days, record: str, scope: Scope = HERE):
    return days.do(memberships.story_of, scope, record, days.now)


def told(steps):
    return [(each.step.state, each.step.arrears, each.step.since.isoformat(), each.step.why) for each in steps]


def test_each_state_says_who_made_it_so_and_since_when_that_is_known(days):
    worker = days.register(registered_at="2026-01-05")
    days.day("2026-01-20").verify(worker)
    payment = days.day("2026-01-25").pay(worker, "2026-01", confirm=False)
    days.day("2026-03-02").desk(payment, confirmed=True, confirmed_on="2026-02-28")
    it = story(days.day("2026-03-20"), worker)
    assert told(it.now) == [
        ("active", 0, "2026-01-05", "paid"), ("in_arrears", 1, "2026-02-16", "overdue"),
        ("in_arrears", 2, "2026-03-16", "overdue"),
    ]  # fmt: skip
    first = it.now[0].step
    assert first.known_on == date(2026, 3, 2) and first.told.state == "proposed" and first.was_told_otherwise
    assert told(it.then) == [
        ("proposed", 0, "2026-01-05", "registered"), ("awaiting_payment", 0, "2026-01-20", "verified"),
        ("in_arrears", 1, "2026-03-02", "overdue"), ("in_arrears", 2, "2026-03-16", "overdue"),
    ]  # fmt: skip
    assert it.then[0].facts[0].by.name == "Siti Aminah" and it.then[2].step.learned
    (paid,) = it.paid
    assert (paid.entered.by.name, paid.confirmed.by.is_desk, paid.known_on) == ("Siti Aminah", True, date(2026, 3, 2))
    assert (it.first_active, it.active_since) == (date(2026, 1, 1), None)


def test_a_worker_who_moved_has_one_story_and_the_move_is_told(days):
    worker = days.register(registered_at="2026-01-05")
    days.pay(worker, "2026-01", "2026-02")
    days.day("2026-02-03").desk(worker, village=NEIGHBOUR)
    it = story(days.day("2026-02-20"), worker)
    assert told(it.now) == [("active", 0, "2026-01-05", "paid")]
    (move,) = it.moves
    assert (move.day, move.left, move.came, move.fact.by.is_desk) == (date(2026, 2, 3), VILLAGE, NEIGHBOUR, True)
    assert story(days, worker, FAR) is None


def test_withdrawn_is_told_with_who_said_so(days):
    worker = days.register(registered_at="2026-01-05")
    days.day("2026-02-10").write("worker", {"status": "withdrawn"}, worker)
    it = story(days.day("2026-02-20"), worker)
    assert told(it.now) == [("proposed", 0, "2026-01-05", "registered"), ("ended", 0, "2026-02-10", "withdrawn")]
    assert it.now[-1].facts[0].by.name == "Siti Aminah"


def test_records_that_were_joined_later_were_two_until_then(days):
    one, other = days.register(registered_at="2026-01-05"), days.register(registered_at="2026-01-05")
    days.pay(other, "2026-01")
    days.day("2026-01-30").do(link, one, other, True, "-", None, days.now)
    it = story(days.day("2026-02-01"), other)
    assert it.record == min(one, other)
    first = it.now[0].step
    if it.record == one:
        assert first.state == "active" and first.known_on == date(2026, 1, 30) and first.told.state == "proposed"
    assert [each.step.state for each in it.now] == ["active"]


def test_what_the_law_erased_has_no_story(days):
    worker = days.register(registered_at="2026-01-05")
    days.do(erase, [worker], "-", None, days.settings, days.now)
    assert story(days, worker) is None


def test_the_story_of_each_day_is_what_was_drawn_on_that_day(days):
    """A year in one village: each night what coverage drew, and in the end the story that tells the same of each night."""
    worker = days.register(registered_at="2026-01-05")
    events = {
        "2026-01-12": lambda: days.verify(worker), "2026-01-20": lambda: days.pay(worker, "2026-01"),
        "2026-03-20": lambda: days.pay(worker, "2026-02"), "2026-07-02": lambda: days.pay(worker, "2026-06", "2026-07"),
        "2026-09-09": lambda: days.desk(worker, status="proposed"), "2026-10-20": lambda: days.verify(worker),
        "2026-12-03": lambda: days.write("worker", {"status": "deceased"}, worker),
    }  # fmt: skip
    drawn, day = {}, date(2026, 1, 6)
    while day <= date(2026, 12, 20):
        days.day(day.isoformat())
        if day.isoformat() in events:
            events[day.isoformat()]()
        if day.day in (1, 15, 16, 28) or day.isoformat() in events:
            drawn[day] = days.state(worker)
        day += timedelta(days=1)
    it = story(days, worker)
    for day, state in drawn.items():
        (then,) = [step for step, _ in it.then if step.since <= day and (not step.until or day < step.until)]
        assert then.state == state, day
    assert it.now[-1].step.state == "ended" and it.now[-1].step.since == date(2026, 12, 3)
