"""A region's scenarios: what they cost, who adopts one, what was paid beside the plan, and what comes when money ends."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from programme import months
from server.actions import budgets, decrees, entries
from server.actions.budgets import PlanRefused
from server.actions.settle import BadFields, NoSuchRecord, NotSeen, OutsideRegion, OwnEntry
from server.auth import Scope
from server.clock import day_at, now_ms
from tests.server.installation import NEIGHBOUR, VILLAGE, Installation, copied
from tests.server.planning import REGENCY, Office


@pytest.fixture(scope="module")
def house(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    server = Installation(copied(template, tmp_path_factory.mktemp("budgets") / "var"))
    with server.app.app_context():
        yield server
    server.close()


@pytest.fixture
def office(house: Installation) -> Office:
    return Office(house)


def this_month() -> int:
    return months.of_day(day_at(now_ms(), REGENCY))


def month(later: int) -> str:
    return months.text(this_month() + later)


def test_scenarios_of_a_year_lie_side_by_side_and_tell_what_one_has_more(office: Office) -> None:
    small, large = office.scenario(2031, title="Kecil"), office.scenario(2031, title="Besar")
    office.line(small, people=5_000, first_month="2031-01", last_month="2031-12")
    office.line(large, people=15_000, first_month="2031-01", last_month="2031-12")
    office.line(large, people=100, funding="sertakan", first_month="2031-01", last_month="2031-12")
    told = {each.entry.record: each for each in budgets.scenarios_of(office.scope, 2031)}
    assert told[small].totals.cost == 1_008_000_000 and told[large].totals.by_funding["apbd_regency"] == 3_024_000_000
    more = budgets.difference(told[large].totals, told[small].totals)
    assert (more.people, more.person_months, more.cost) == (10_100, 121_200, 3_024_000_000 + 100 * 201_600 - 1_008_000_000)
    assert budgets.scenarios_of(Scope("64.03"), 2031) == [] and 2031 in budgets.years_of(office.scope)


def test_a_line_says_people_or_money_and_its_months_in_order(office: Office) -> None:
    scenario = office.scenario()
    with pytest.raises(PlanRefused, match="how many people"):
        office.line(scenario, people=None)
    with pytest.raises(PlanRefused, match="last month"):
        office.line(scenario, first_month="2026-12", last_month="2026-11")
    with pytest.raises(PlanRefused, match="36"):
        office.line(scenario, first_month="2026-01", last_month="2029-01")
    with pytest.raises(BadFields):
        office.line(scenario, first_month="Nopember")
    line = office.line(scenario, people=None, amount=1_000_000)
    assert budgets.scenario_told(office.scope, scenario).lines[0].plan.people == 29  # type: ignore[union-attr]
    budgets.set_aside(office.entry(line), office.dewi, now_ms())
    assert budgets.scenario_told(office.scope, scenario).totals.cost == 0


def test_one_proposes_another_adopts_and_meanwhile_nobody_changes_a_line(office: Office) -> None:
    scenario = office.scenario(2032)
    with pytest.raises(PlanRefused, match="No line"):
        budgets.propose(scenario, office.seen(scenario), office.dewi, now_ms())
    line = office.line(scenario)
    mark = office.lines_mark(scenario)
    budgets.change_line(office.entry(line), office.seen(line), {"people": 11}, office.dewi, now_ms())
    budgets.propose(scenario, office.seen(scenario), office.dewi, now_ms())
    for locked in (lambda: office.line(scenario), lambda: budgets.set_aside(office.entry(line), office.dewi, now_ms()),
                   lambda: budgets.change_scenario(scenario, office.seen(scenario), {"title": "x"}, office.dewi, now_ms())):
        with pytest.raises(PlanRefused, match="locked"):
            locked()
    with pytest.raises(OwnEntry):
        budgets.adopt(scenario, office.seen(scenario), office.lines_mark(scenario), office.dewi, now_ms())
    with pytest.raises(NotSeen):  # eleven people now, not ten
        budgets.adopt(scenario, office.seen(scenario), mark, office.bayu, now_ms())
    with pytest.raises(OutsideRegion):
        budgets.adopt(scenario, office.seen(scenario), mark, office.staff("64.03"), now_ms())
    budgets.adopt(scenario, office.seen(scenario), office.lines_mark(scenario), office.bayu, now_ms())
    assert office.state(scenario) == "adopted"


def test_of_a_year_one_is_adopted_and_the_next_only_after_it_was_reopened(office: Office) -> None:
    first, second = office.scenario(2033), office.scenario(2033)
    for each in (first, second):
        office.line(each)
    office.adopted(first)
    with pytest.raises(PlanRefused, match="adopted already"):
        office.adopted(second)
    budgets.reopen(first, office.seen(first), office.dewi, now_ms())
    budgets.adopt(second, office.seen(second), office.lines_mark(second), office.bayu, now_ms())
    assert (office.state(first), office.state(second)) == ("draft", "adopted")
    budgets.drop(first, office.seen(first), office.dewi, now_ms())
    assert [each.state for each in budgets.scenarios_of(office.scope, 2033)] == ["adopted", "dropped"]


def test_a_budget_on_which_a_decree_rests_is_not_reopened(office: Office) -> None:
    scenario = office.scenario(2034)
    line = office.line(scenario)
    office.adopted(scenario)
    decree = office.decree(line)
    entries.change("decree", decree, None, {"state": "proposed"}, office.dewi, now_ms(), "decree")
    with pytest.raises(PlanRefused, match="Decree"):
        budgets.reopen(scenario, office.seen(scenario), office.dewi, now_ms())
    decrees.send_back(decree, office.seen(decree), office.dewi, now_ms())
    budgets.reopen(scenario, office.seen(scenario), office.dewi, now_ms())


def test_a_copy_has_lines_of_its_own(office: Office) -> None:
    scenario = office.scenario(2035)
    line = office.line(scenario)
    office.adopted(scenario)
    copied = budgets.copy_scenario(office.scope, scenario, entries.new_key(), "Salinan", office.dewi, now_ms())
    told = budgets.scenario_told(office.scope, copied)
    assert told.state == "draft" and [each.entry.fields["people"] for each in told.lines] == [10]
    budgets.change_line(told.lines[0].entry, told.lines[0].entry.seen, {"people": 3}, office.dewi, now_ms())
    assert office.entry(line).fields["people"] == 10
    with pytest.raises(NoSuchRecord):
        budgets.copy_scenario(Scope("64.03"), scenario, entries.new_key(), "x", office.staff("64.03"), now_ms())


def test_what_was_paid_stands_beside_the_line_that_pays_it_and_what_nobody_can_say_is_told(office: Office) -> None:
    scenario = office.scenario(2036)
    named = office.line(scenario, people=2, first_month=month(-1), last_month=month(1))
    alone = office.line(scenario, people=1, funding="dana_desa", first_month=month(-1), last_month=month(0))
    twin = [office.line(scenario, people=1, funding="apbdes", first_month=month(0), last_month=month(0)) for _ in (1, 2)]
    before = budgets.beside(budgets.scenario_told(office.scope, scenario), now_ms())
    people = [office.worker() for _ in range(5)]
    office.pays(people[0], [month(-1), month(0)], budget=named, amount=33_601)
    office.pays(people[1], [month(0)], budget=named, amount=60_000)
    office.pays(people[2], [month(0)], "dana_desa")  # the only line of this source
    office.pays(people[3], [month(0)], "apbdes")  # one of two, and nobody says which
    office.pays(people[4], [month(0)], "dbh_sawit")  # a source that the scenario does not have
    office.pays(people[4], [month(-1)], "dana_desa", confirmed=False)
    office.follows()
    told = budgets.beside(budgets.scenario_told(office.scope, scenario), now_ms())
    line = told.by_line[named]
    assert [(one.month, one.planned_people, one.people, one.amount) for one in line.months] == [
        (month(-1), 2, 1, 16_800), (month(0), 2, 2, 76_801), (month(1), 2, 0, 0)
    ]  # fmt: skip
    assert [(one.over, one.under) for one in line.months] == [(False, True), (True, False), (False, False)]
    assert line.guessed == 0 and line.amount == 93_601
    assert told.by_line[alone].guessed == told.by_line[alone].amount == 16_800
    assert told.unsure["apbdes"] - before.unsure.get("apbdes", 0) == 16_800
    assert told.unplanned["dbh_sawit"] - before.unplanned.get("dbh_sawit", 0) == 16_800
    assert all(told.by_line[each].amount == 0 for each in twin) and told.by_funding["apbdes"].planned == 33_600
    assert told.by_funding["apbd_regency"].amount == line.amount


def test_a_decree_says_which_of_two_lines_a_payment_is_of(office: Office) -> None:
    scenario = office.scenario(2026, title="Dua baris")
    lines = [office.line(scenario, people=3, funding="dbh_sawit", first_month=month(0), last_month=month(0)) for _ in (1, 2)]
    office.adopted(scenario)
    decree = office.decree(lines[1], funding="dbh_sawit", first_month=month(0), last_month=month(0))
    worker = office.worker()
    entries.begin("beneficiary", REGENCY, decrees.name_of(decree, worker).split(":")[2],
                  {"worker": worker, "decree": decree}, office.dewi, now_ms(), "decree")  # fmt: skip
    office.pays(worker, [month(0)], "dbh_sawit")
    office.follows()
    told = budgets.scenario_told(office.scope, scenario)
    assert budgets.beside(told, now_ms()).by_line[lines[1]].amount == 0  # the decree is not signed
    office.signed(decree)
    office.follows()
    assert budgets.beside(told, now_ms()).by_line[lines[1]].amount == 16_800
    decrees.revoke(decree, office.seen(decree), day_at(now_ms(), REGENCY), office.bayu, now_ms())
    budgets.reopen(scenario, office.seen(scenario), office.dewi, now_ms())


def test_when_the_money_ends_in_month_five_it_is_told_who_lapses_when_and_what_it_would_cost(office: Office) -> None:
    scenario = office.scenario(2027, title="Lima bulan")
    line = office.line(
        scenario, people=3, amount=4 * 3 * 16_800 + 20_000, first_month="2027-01", last_month="2027-12",
        funding="apbd_province",
    )  # fmt: skip
    office.adopted(scenario)
    decree = office.decree(line, funding="apbd_province", first_month="2027-01", last_month="2027-04")
    people = [office.worker(), office.worker(NEIGHBOUR), office.worker(NEIGHBOUR)]
    for worker in people[:2]:
        entries.begin("beneficiary", REGENCY, decrees.name_of(decree, worker).split(":")[2],
                      {"worker": worker, "decree": decree}, office.dewi, now_ms(), "decree")  # fmt: skip
    office.signed(decree)
    told = budgets.scenario_told(office.scope, scenario)
    ending = budgets.endings(office.scope, told)[0]
    assert (ending.at, ending.people, ending.is_short) == ("2027-05", 2, True)  # one of three is paid for in May
    assert ending.lapse is not None and ending.lapse.last_paid == "2027-04"
    assert ending.lapse.inactive_on.isoformat() == "2027-07-16"
    assert {village: count for village, _, count in ending.villages} == {VILLAGE: 1, NEIGHBOUR: 1} and ending.unnamed == 1
    assert ending.to_go_on == 3 * 8 * 16_800 - 16_800 and (ending.himself, ending.full) == (8 * 16_800, 8 * 16_800)
    decrees.revoke(decree, office.seen(decree), day_at(now_ms(), REGENCY), office.bayu, now_ms())


def test_paying_himself_is_cheaper_only_in_the_months_of_the_discount(office: Office) -> None:
    scenario = office.scenario(2026, title="Sampai Oktober")
    office.line(scenario, people=1, first_month="2026-01", last_month="2026-10")
    ending = budgets.endings(office.scope, budgets.scenario_told(office.scope, scenario))[0]
    assert (ending.at, ending.is_short) == ("2026-11", False)
    assert (ending.to_go_on, ending.himself, ending.full) == (33_600, 16_800, 33_600)
    assert ending.himself_discount_until == "2026-12"


def test_expected_coverage_counts_nobody_twice_who_is_funded_today(office: Office) -> None:
    worker = office.worker()
    office.pays(worker, [month(0)], "sertakan")
    office.follows()
    scenario = office.scenario(2026)
    office.line(scenario, people=7, funding="sertakan", first_month=month(0), last_month=month(1))
    told = budgets.expected(budgets.scenario_told(office.scope, scenario), now_ms())
    assert told.active >= 1 and [one.funded for one in told.months] == [7, 7]
    assert told.months[0].others == told.active - 1


def test_what_if_tells_people_money_and_both_with_several_sources(office: Office) -> None:
    told = budgets.what_if(15_000, None, "2026-01", 12, "apbd_regency", None, "other", ("JKK", "JKM"))
    assert told.plan is not None and told.plan.cost == 3_024_000_000
    assert told.alone is not None and told.alone.cost == 15_000 * (3 * 16_800 + 9 * 8_400)
    far = budgets.what_if(None, 3_024_000_000, "2026-01", 12, "dana_desa", None, "other", ("JKK", "JKM"))
    assert far.reach is not None and (far.reach.people, far.plan) == (15_000, None)
    both = budgets.what_if(1_000, 16_800_000 * 3 + 5, "2027-01", 12, "apbd_regency", None, "other", ("JKK", "JKM"),
                           ("dbh_sawit", 10**9))  # fmt: skip
    assert both.lasts is not None and (both.lasts.months, both.lasts.left) == (3, 5)
    assert [share.people for share in both.shares] == [250, 750] and both.without == 0


def test_programs_are_told_the_same_sums(office: Office) -> None:
    told = budgets.told_of(office.scope, 2031, now_ms())
    assert {each["title"]: each["amount"] for each in told["scenarios"]}["Kecil"] == 1_008_000_000
    assert budgets.told_of(Scope("64.03"), 2031, now_ms())["scenarios"] == []
