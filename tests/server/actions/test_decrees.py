"""A decree's list is filled by the ranking, signed by two people, and takes effect on those whom nobody else pays for."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from server.actions import budgets, decrees, entries, people_index, rankings, settle
from server.actions.budgets import PlanRefused
from server.actions.settle import NoSuchRecord, NotSeen, OutsideRegion, OwnEntry
from server.auth import Scope
from server.clock import day_at, now_ms
from server.db import transaction
from server.store import decrees as store
from server.store import lists
from server.store import tables as t
from tests.server.installation import ELSEWHERE, NEIGHBOUR, VILLAGE, Installation, copied
from tests.server.planning import REGENCY, Office


@pytest.fixture(scope="module")
def house(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    server = Installation(copied(template, tmp_path_factory.mktemp("decrees") / "var"))
    with server.app.app_context():
        yield server
    server.close()


@pytest.fixture(scope="module")
def office(house: Installation) -> Office:
    """Twelve people: four poor ones of a remote village, others; who pays himself, who is not verified, who has died."""
    office = Office(house)
    entries.begin("profile", NEIGHBOUR, "2026", {"remoteness": 5}, office.dewi, now_ms())
    office.poor = [office.worker(NEIGHBOUR, dtsen_decile=n, occupation="fisher") for n in (1, 2, 3, 4)]  # type: ignore[attr-defined]
    office.others = [office.worker(dtsen_decile=5, occupation="trader") for _ in range(4)]  # type: ignore[attr-defined]
    office.rich = office.worker(dtsen_decile=9)  # type: ignore[attr-defined]
    office.new = office.worker(verified=False)  # type: ignore[attr-defined]
    office.payer = office.worker(funding="self")  # type: ignore[attr-defined]
    office.pays(office.payer, ["2026-11"], "self")  # type: ignore[attr-defined]
    office.follows()
    return office


@pytest.fixture(scope="module")
def line(office: Office) -> str:
    scenario = office.scenario()
    line = office.line(scenario, people=6)
    office.adopted(scenario)
    return line


def work_of(office: Office, decree: str) -> store.Work:
    return decrees.told_of(office.scope, decree).work[0]


def test_a_list_is_filled_by_the_ranking_and_everybody_on_it_has_his_reasons(office: Any, line: str) -> None:
    decree = office.decree(line)
    office.filled(decree, 4)
    names = office.names(decree)
    assert {name.worker for name in names} == set(office.poor)
    by_rank = sorted(names, key=lambda name: name.fields["rank"])
    assert [name.worker for name in by_rank] == office.poor and [name.fields["rank"] for name in by_rank] == [1, 2, 3, 4]
    because = rankings.read_because(by_rank[0].fields["because"])
    assert ("remoteness", "5", "30") in because and ("decile", "1", "35") in because
    told = work_of(office, decree)
    assert told.state == "done" and told.totals["added"] == 4 and told.totals["ranked"] == 8
    assert told.totals["out"] == {"not_verified": 1, "pays_himself": 1, "decile": 1}


def test_filled_once_more_or_for_more_it_only_grows_and_says_nothing_twice(office: Any, line: str) -> None:
    clear(office)
    decree = office.decree(line)
    office.filled(decree, 2)
    first = {name.record for name in office.names(decree)}
    office.filled(decree, 2)
    assert {name.record for name in office.names(decree)} == first
    office.filled(decree, 5)
    assert {name.record for name in office.names(decree)} > first and len(office.names(decree)) == 5
    decrees.change_decree(office.entry(decree), office.seen(decree), {"first_month": "2026-12"}, office.dewi, now_ms())


def test_nobody_who_stands_on_one_list_is_ranked_for_another_of_the_same_months(office: Any, line: str) -> None:
    clear(office)
    one, other = office.decree(line), office.decree(line)
    office.filled(one, 4)
    office.filled(other, 3)
    assert not {name.worker for name in office.names(one)} & {name.worker for name in office.names(other)}
    assert work_of(office, other).totals["out"]["listed"] == 4


def test_a_list_is_no_longer_than_its_budget_pays_for(office: Any, line: str) -> None:
    decree = office.decree(line)
    with pytest.raises(PlanRefused, match="6 people"):
        decrees.fill(office.scope, decree, 7, rankings.DEFAULT, office.dewi, now_ms())
    with pytest.raises(PlanRefused):
        decrees.fill(office.scope, decree, 0, rankings.DEFAULT, office.dewi, now_ms())
    scenario = office.scenario()
    short = office.line(scenario, people=6, amount=3 * 2 * 16_800 + 1)
    entry, money = office.entry(office.decree(short)), office.entry(short)
    assert decrees.limit_of(entry, money) == 3
    assert decrees.limit_of(office.entry(office.decree()), None) is None


def test_a_decree_must_agree_with_its_line(office: Any, line: str) -> None:
    for wrong in ({"funding": "apbd_province"}, {"first_month": "2026-10"}, {"last_month": "2026-10"},
                  {"budget": "budget:64.02:nowhere"}):  # fmt: skip
        with pytest.raises(PlanRefused):
            office.decree(line, **wrong)


def test_whom_the_desk_took_off_the_ranking_does_not_put_on_again(office: Any, line: str) -> None:
    clear(office)
    decree = office.decree(line)
    office.filled(decree, 2)
    gone = office.names(decree)[0]
    decrees.take_off(gone.record, None, "refused", office.dewi, now_ms())
    office.filled(decree, 2)
    standing = office.names(decree)
    assert len(standing) == 2 and gone.record not in {name.record for name in standing}
    taken = next(name for name in office.names(decree, standing=False) if name.record == gone.record)
    assert taken.fields["removed_why"] == "refused" and taken.fields["removed_on"] == day_at(now_ms(), REGENCY).isoformat()
    decrees.put_back(gone.record, None, office.dewi, now_ms())
    assert len(office.names(decree)) == 3


def clear(office: Any) -> None:
    """Nobody stands on any list."""
    for each in decrees.all_of(office.scope):
        if each.fields["state"] == "proposed":
            decrees.send_back(each.record, office.seen(each.record), office.dewi, now_ms())
        for name in office.names(each.record):
            decrees.take_off(name.record, None, "other", office.dewi, now_ms())
    office.follows()


def test_two_people_sign_and_the_list_that_was_seen_is_the_one_that_is_signed(office: Any, line: str) -> None:
    clear(office)
    decree = office.decree(line)
    with pytest.raises(PlanRefused, match="empty"):
        decrees.propose(decree, office.seen(decree), office.dewi, now_ms())
    office.filled(decree, 3)
    with pytest.raises(PlanRefused):
        office.signs(decree, office.bayu)  # not proposed
    decrees.propose(decree, office.seen(decree), office.dewi, now_ms())
    assert office.entry(decree).fields["people"] == 3
    with pytest.raises(PlanRefused, match="locked"):
        decrees.take_off(office.names(decree)[0].record, None, "other", office.dewi, now_ms())
    with pytest.raises(PlanRefused):
        decrees.fill(office.scope, decree, 4, rankings.DEFAULT, office.dewi, now_ms())
    with pytest.raises(OwnEntry):
        office.signs(decree, office.dewi)
    with pytest.raises(NotSeen):
        office.signs(decree, office.bayu, mark="2.0.1")
    with pytest.raises(OutsideRegion):
        office.signs(decree, office.staff("64.03"))
    tomorrow = day_at(now_ms(), REGENCY) + timedelta(days=1)
    with pytest.raises(PlanRefused):
        told = decrees.told_of(office.scope, decree)
        decrees.sign(decree, told.entry.seen, str(told.mark), "1", tomorrow, office.bayu, now_ms())
    office.signs(decree, office.bayu)
    assert office.state(decree) == "signed"


def test_nothing_is_signed_before_its_budget_is_adopted(office: Any) -> None:
    clear(office)
    scenario = office.scenario(year=2027)
    line = office.line(scenario, people=6)
    decree = office.decree(line)
    office.filled(decree, 2)
    decrees.propose(decree, office.seen(decree), office.dewi, now_ms())
    with pytest.raises(PlanRefused, match="not adopted"):
        office.signs(decree, office.bayu)
    office.adopted(scenario)
    office.signs(decree, office.bayu)
    assert office.state(decree) == "signed"
    decrees.revoke(decree, office.seen(decree), day_at(now_ms(), REGENCY), office.bayu, now_ms())


def test_a_line_that_was_cut_after_the_list_was_proposed_is_seen_before_it_is_signed(office: Any) -> None:
    clear(office)
    scenario = office.scenario(year=2028)
    line = office.line(scenario, people=6)
    decree = office.decree(line)
    office.filled(decree, 3)
    decrees.propose(decree, office.seen(decree), office.dewi, now_ms())
    budgets.change_line(office.entry(line), office.seen(line), {"people": 2}, office.dewi, now_ms())
    office.adopted(scenario)
    with pytest.raises(PlanRefused, match="enough for 2"):
        office.signs(decree, office.bayu)
    decrees.send_back(decree, office.seen(decree), office.dewi, now_ms())


def test_two_decrees_of_one_line_are_together_no_more_than_it_pays_for(office: Any) -> None:
    clear(office)
    scenario = office.scenario(year=2029)
    line = office.line(scenario, people=None, amount=5 * 16_800 * 2)
    two = [office.decree(line), office.decree(line)]
    for decree in two:
        office.filled(decree, 3)
        assert len(office.names(decree)) == 3
    decrees.propose(two[0], office.seen(two[0]), office.dewi, now_ms())
    with pytest.raises(PlanRefused, match="other decrees"):
        decrees.propose(two[1], office.seen(two[1]), office.dewi, now_ms())
    decrees.take_off(office.names(two[1])[0].record, None, "other", office.dewi, now_ms())
    decrees.propose(two[1], office.seen(two[1]), office.dewi, now_ms())
    for decree in two:
        decrees.send_back(decree, office.seen(decree), office.dewi, now_ms())


def test_signed_it_sets_who_pays_where_nobody_else_does_and_tells_of_the_rest(office: Any, line: str) -> None:
    clear(office)
    decree = office.decree(line)
    office.filled(decree, 3)
    himself, province = office.names(decree)[0].worker, office.names(decree)[1].worker
    office.pays(himself, ["2026-11"], "self", NEIGHBOUR)
    settle.settle(province, None, {"funding": "apbd_province"}, None, now_ms())
    office.pays(province, ["2026-11"], "apbd_province", NEIGHBOUR)
    office.follows()
    office.signed(decree)
    office.follows()
    told = work_of(office, decree)
    assert told.state == "done" and {k: told.totals[k] for k in ("set", "pays_himself", "other_funder")} == {
        "set": 1, "pays_himself": 1, "other_funder": 1,
    }  # fmt: skip
    third = next(name.worker for name in office.names(decree) if name.worker not in (himself, province))
    assert office.row(third)["funding"] == "apbd_regency" and office.row(province)["funding"] == "apbd_province"
    assert office.row(himself).get("funding") != "apbd_regency"
    left = decrees.left_alone(office.scope, decrees.told_of(office.scope, decree))
    assert {(each.record, each.why) for each in left} == {(himself, "pays_himself"), (province, "other_funder")}
    decrees.fund_again(decree, office.dewi, now_ms())
    office.follows()
    assert work_of(office, decree).totals["already"] == 1


def test_a_list_that_was_brought_fills_a_decree_with_those_who_are_known(office: Any, line: str) -> None:
    clear(office)
    decree = office.decree(line)
    people = office.others[:3]
    number = brought(people)
    assert [(each.id, each.known) for each in decrees.lists_brought(office.scope)][0] == (number, 3)
    decrees.take_list(office.scope, decree, number, office.dewi, now_ms())
    office.follows()
    assert {name.worker for name in office.names(decree)} == set(people)
    assert work_of(office, decree).totals == {"added": 3}
    with pytest.raises(PlanRefused):
        decrees.take_list(office.scope, decree, number + 99, office.dewi, now_ms())


def test_a_list_that_was_brought_before_puts_nobody_on_a_decree_who_was_erased_since(office: Any, line: str) -> None:
    clear(office)
    decree, gone, stays = office.decree(line), office.worker(), office.worker()
    number = brought([stays, gone])
    settle.erase([gone], "hak penghapusan", None, office.server.settings, now_ms())
    decrees.take_list(office.scope, decree, number, office.dewi, now_ms())
    office.follows()
    assert decrees.told_of(office.scope, decree).mark.standing == 1
    assert work_of(office, decree).totals == {"added": 1, "gone": 1}


def brought(people: list[str]) -> int:
    """A list of a decree that was matched: one row was written, the others said what is known, the last is nobody here."""
    with transaction() as connection:
        number = lists.begin(
            connection, purpose="decree", account=None, region=REGENCY, title="SK uji", size=1, as_of="2026-11-01",
            made_at=now_ms(), touched_at=now_ms(),
        )  # fmt: skip
        lists.change(connection, number, state=lists.DONE, rows=len(people) + 1)
        said = [(lists.SAFE, lists.ACCEPTED), *[(lists.SAME, lists.OPEN)] * (len(people) - 1)]
        rows = [
            lists.Row(n + 1, None, None, verdict, VILLAGE, record, {}, decision, None, None)
            for n, (record, (verdict, decision)) in enumerate(zip(people, said, strict=True))
        ]
        rows.append(lists.Row(9, None, None, lists.ONLY_THERE, VILLAGE, None, {}, lists.OPEN, None, None))
        lists.put_rows(connection, number, rows)
    return number


def test_work_that_was_killed_between_two_pieces_goes_on_and_writes_nothing_twice(
    office: Any, line: str, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    clear(office)
    decree = office.decree(line)
    monkeypatch.setattr(decrees, "AT_ONCE", 2)
    decrees.fill(office.scope, decree, 6, rankings.DEFAULT, office.dewi, now_ms())
    pieces = []
    real = decrees._put_on

    class Killed(BaseException):
        pass

    def put_on(turn: Any, lines: Any) -> None:
        if len(pieces) == 1:
            raise Killed
        pieces.append(1)
        real(turn, lines)

    monkeypatch.setattr(decrees, "_put_on", put_on)
    with pytest.raises(Killed):
        decrees.work(office.server.settings, now_ms())
    monkeypatch.setattr(decrees, "_put_on", real)
    people_index.follow(office.server.settings, now_ms())
    assert len(office.names(decree)) == 2
    assert decrees.work(office.server.settings, now_ms()) == 0  # somebody may still be at it
    decrees.work(office.server.settings, now_ms() + store.LEASE_MS + 60_000)
    names = office.names(decree)
    assert len(names) == 6 and sorted(name.fields["rank"] for name in names) == [1, 2, 3, 4, 5, 6]
    with office.server.reading() as connection:
        ids = [name.record for name in names]
        written = connection.execute(select(t.change.c.record).where(t.change.c.record.in_(ids))).scalars().all()
    assert sorted(written) == sorted(ids)  # one change each


def test_work_stops_where_the_decree_is_no_draft_any_more(office: Any, line: str) -> None:
    clear(office)
    decree = office.decree(line)
    office.filled(decree, 1)
    decrees.fill(office.scope, decree, 3, rankings.DEFAULT, office.dewi, now_ms())
    with pytest.raises(PlanRefused, match="being filled"):
        decrees.propose(decree, office.seen(decree), office.dewi, now_ms())
    entries.change("decree", decree, None, {"state": "proposed"}, office.dewi, now_ms(), "decree")
    office.follows()
    assert work_of(office, decree).state == "failed" and len(office.names(decree)) == 1
    decrees.send_back(decree, office.seen(decree), office.dewi, now_ms())


def test_whom_two_decrees_pay_for_is_found_also_after_his_two_records_were_joined(office: Any, line: str) -> None:
    clear(office)
    one, other = office.others[0], office.worker(full_name="Uji Kembar")
    first, second = office.decree(line), office.decree(line)
    for decree, worker in ((first, one), (second, other)):
        office_writes(office, decree, worker)
        office.signed(decree)
    office.follows()
    assert twice(office) == {}
    settle.link(one, other, True, "orang yang sama", None, now_ms())
    office.follows()
    carrier = min(one, other)
    found = twice(office)
    assert set(found) == {carrier} and {decree.record for _, decree in found[carrier].names} == {first, second}
    assert decrees.how_many_twice(office.scope, now_ms()) == 1
    assert decrees.funded_twice(Scope("64.03"), None, 10, now_ms()).people == []
    # The deed that ends it: he is taken off one of them.
    decrees.take_off(decrees.name_of(second, other), None, "double", office.bayu, now_ms())
    office.follows()
    assert twice(office) == {}
    settle.link(one, other, False, "ternyata dua orang", None, now_ms())
    decrees.take_off(decrees.name_of(first, one), None, "double", office.bayu, now_ms())
    office.follows()


def office_writes(office: Any, decree: str, worker: str) -> None:
    """One name by hand, as a list that was brought would."""
    entries.begin(
        "beneficiary", REGENCY, decrees.name_of(decree, worker).split(":")[2], {"worker": worker, "decree": decree},
        office.dewi, now_ms(), "decree",
    )  # fmt: skip


def twice(office: Any) -> dict[str, decrees.Twice]:
    return {each.record: each for each in decrees.funded_twice(office.scope, None, 50, now_ms()).people
            if each.names}  # fmt: skip


def test_two_payers_of_one_month_are_found(office: Any) -> None:
    worker = office.worker()
    office.pays(worker, ["2026-11"], "apbd_regency")
    office.pays(worker, ["2026-11"], "self", confirmed=False)
    office.follows()
    assert worker not in {each.record for each in decrees.funded_twice(office.scope, None, 50, now_ms()).people}
    office.pays(worker, ["2026-11", "2026-12"], "self")
    office.follows()
    found = {each.record: each for each in decrees.funded_twice(office.scope, None, 50, now_ms()).people}
    assert found[worker].paid == [("2026-11", ["apbd_regency", "self"])]


def test_nobody_of_another_region_opens_it_or_is_shown_who_stands_on_it(office: Any, line: str) -> None:
    clear(office)
    decree = office.decree(line)
    office.filled(decree, 1)
    with pytest.raises(NoSuchRecord):
        decrees.told_of(Scope("64.03"), decree)
    assert decrees.names_of(Scope("64.03"), decree, None, None, 10).names == []
    with pytest.raises(OutsideRegion):
        decrees.take_off(office.names(decree)[0].record, None, "other", office.staff("64.03"), now_ms())
    assert decrees.names_of(Scope(ELSEWHERE), decree, None, None, 10).counts == {}


@pytest.mark.parametrize("many", [3000, 0])
def test_names_are_paged_by_village_and_name(
    office: Any, line: str, many: int, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    monkeypatch.setattr(store, "MANY", many)
    monkeypatch.setattr(store, "AT_ONCE", 4)
    clear(office)
    decree = office.decree(line)
    office.filled(decree, 6)
    whole = [name.record for name in office.names(decree)]
    paged, after = [], None
    while True:
        page = decrees.names_of(office.scope, decree, None, after, 2)
        paged += [name.record for name in page.names]
        after = page.next
        if after is None:
            break
    assert len(set(paged)) == len(paged) and set(whole) <= set(paged)
    assert sum(page.counts.values()) == 6
    village = [name.record for name in decrees.names_of(office.scope, decree, NEIGHBOUR, None, 50).names]
    assert village == [name.record for name in office.names(decree, False) if name.village == NEIGHBOUR]
    assert [name.village for name in office.names(decree)] == sorted(name.village for name in office.names(decree))


def test_a_long_list_shows_who_was_joined_with_somebody_under_his_one_record(
    office: Any, line: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "MANY", 0)
    clear(office)
    one, other = office.worker(), office.worker()
    decree = office.decree(line)
    office_writes(office, decree, max(one, other))
    settle.link(one, other, True, "orang yang sama", None, now_ms())
    office.follows()
    assert [name.worker for name in office.names(decree)] == [min(one, other)]
    ruled = rankings.ruled_by(rankings.DEFAULT, REGENCY, day_at(now_ms(), REGENCY))
    assert rankings.explain(office.scope, ruled, min(one, other), now_ms()).standing.why_out == "listed"


@pytest.mark.postgres
def test_on_postgresql_a_list_is_filled_signed_and_takes_effect(postgres_settings: Any) -> None:
    made = Installation(postgres_settings)
    with made.app.app_context():
        office: Any = Office(made)
        people = [office.worker(dtsen_decile=n) for n in (1, 2)] + [office.worker(NEIGHBOUR, dtsen_decile=3)]
        scenario = office.scenario()
        line = office.line(scenario)
        office.adopted(scenario)
        office.follows()
        decree = office.decree(line)
        office.filled(decree, 2)
        assert {name.worker for name in office.names(decree)} == set(people[:2])
        office.signed(decree)
        office.follows()
        assert [office.row(worker).get("funding") for worker in people] == ["apbd_regency", "apbd_regency", None]
        page = decrees.names_of(office.scope, decree, None, None, 1)
        assert page.next and len(decrees.names_of(office.scope, decree, None, page.next, 1).names) == 1
        assert decrees.told_of(office.scope, decree).mark.standing == 2 and page.counts == {VILLAGE: 2}
        ruled = rankings.ruled_by(rankings.DEFAULT, REGENCY, day_at(now_ms(), REGENCY))
        assert rankings.look(office.scope, ruled, office.dewi, now_ms())
        assert rankings.page_of(office.scope, ruled, 0, 5).of == 1
        assert decrees.work(made.settings, now_ms()) == 0
    made.close()
