"""Figures month after month, by programme, and of the segments that are told apart."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from server.actions import figures
from server.actions.figures import figures_of, trend_of, trends_below
from server.actions.settle import link
from tests.server.installation import NEIGHBOUR, VILLAGE, Installation
from tests.server.village import Days, days_of

DISTRICT = VILLAGE[:8]
OTHER_NIK = "6402115207909003"


@pytest.fixture
def days(either_server: Installation) -> Iterator[Days]:
    with days_of(either_server) as known:
        yield known.day("2026-03-10")


def told(days: Days, within: str = VILLAGE, month: str = "2026-03") -> dict:
    days.refresh()
    return days.do(figures_of, within, month, days.now)["total"]


def test_each_programme_has_its_own_count_and_savings_make_nobody_active(days):
    worker, other = days.register(), days.register(nik=OTHER_NIK)
    days.pay(worker, "2026-03", programs=["JHT", "JKK", "JKM"])
    days.pay(other, "2026-03", programs=["JKK"])
    total = told(days)
    assert (total["registered"], total["active"]) == (2, 1)
    assert total["programs"] == {"JKK": 2, "JKM": 1, "JHT": 1}


def test_wage_earners_and_village_apparatus_stand_beside_and_in_no_rate(days):
    days.write("eligible", {"workers": 40}, f"eligible:{VILLAGE}:2026-01")
    days.pay(days.register(), "2026-03")
    days.pay(days.register(segment="wage_earner", nik=OTHER_NIK), "2026-03")
    days.register(segment="apparatus", nik="6402115207909004")
    total = told(days)
    assert (total["registered"], total["active"], total["rate"]) == (1, 1, 0.025)
    assert total["not_counted"]["segment"] == 2 and total["programs"] == {"JKK": 1, "JKM": 1, "JHT": 0}
    assert total["apart"] == {
        "wage_earner": {"registered": 1, "active": 1}, "apparatus": {"registered": 1, "active": 0},
    }  # fmt: skip


def test_a_person_is_counted_once_with_two_payers_and_as_two_records(days):
    worker, double = days.register(), days.register(NEIGHBOUR)
    days.pay(worker, "2026-03")
    days.pay(worker, "2026-03", funding="apbd_regency")
    days.pay(double, "2026-03", village=NEIGHBOUR, funding="apbd_province", programs=["JHT", "JKK", "JKM"])
    assert told(days, DISTRICT)["programs"] == {"JKK": 2, "JKM": 2, "JHT": 1}
    days.do(link, worker, double, True, "NIK sama", None, days.now)
    total = told(days, DISTRICT)
    assert (total["registered"], total["active"], total["programs"]) == (1, 1, {"JKK": 1, "JKM": 1, "JHT": 1})


def test_a_trend_tells_every_month_in_its_order_and_none_of_the_future(days):
    days.pay(days.register(), "2026-03", "2026-04")
    days.pay(days.register(NEIGHBOUR, nik=OTHER_NIK), "2026-04", village=NEIGHBOUR)
    days.day("2026-05-20").refresh()
    trend = days.do(trend_of, DISTRICT, "2026-02", "2026-12", days.now)
    assert [(one["month"], one["registered"], one["active"], one["complete"]) for one in trend] == [
        ("2026-02", 0, 0, True), ("2026-03", 2, 1, True), ("2026-04", 2, 2, True), ("2026-05", 2, 0, False),
    ]  # fmt: skip
    for one in trend:
        alone = days.do(figures_of, DISTRICT, one["month"], days.now)["total"]
        assert {name: one[name] for name in alone} == alone
    parts = days.do(trends_below, DISTRICT, "2026-03", "2026-04", days.now)
    assert {code: [one["active"] for one in months] for code, months in parts.items()} == {
        VILLAGE: [1, 1], NEIGHBOUR: [0, 1],
    }  # fmt: skip
    assert days.do(trend_of, DISTRICT, "2026-06", "2026-07", days.now) == []
    nation = days.do(trend_of, "id", "2026-03", "2026-04", days.now)
    assert [one["active"] for one in nation] == [1, 2]


def test_a_trend_is_never_longer_than_a_page_can_show(days, monkeypatch):
    monkeypatch.setattr(figures, "LONGEST_TREND", 3)
    trend = days.do(trend_of, VILLAGE, "2025-01", "2026-03", days.now)
    assert [one["month"] for one in trend] == ["2026-01", "2026-02", "2026-03"]


def test_tasks_stand_where_the_worker_lives_and_go_when_they_are_done(days):
    worker = days.register()
    days.pay(worker, "2026-03", paid_on="2026-03-01")
    days.refresh()
    assert days.tasks(worker) == "k"
    days.desk(worker, card_given_on="2026-03-10")
    days.refresh()
    assert days.tasks(worker) is None
    days.pay(worker, "2026-08")
    days.day("2026-08-10").write("worker", {"village": NEIGHBOUR}, worker)
    days.refresh()
    assert (days.tasks(worker), days.tasks(worker, NEIGHBOUR)) == (None, "a")
