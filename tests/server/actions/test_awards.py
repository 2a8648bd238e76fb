"""An award from the draft to the released result: what is computed, who may see what, and that it always takes two."""

from __future__ import annotations

import json
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text, update
from sqlalchemy.exc import DBAPIError

from server.actions import awards, entries, settle
from server.actions.awards import AwardRefused
from server.actions.settle import NotSeen, OwnEntry
from server.clock import now_ms
from server.db import transaction
from server.store import accounts
from server.store import awards as store
from server.store import tables as t
from server.store.scoping import Scope
from tests.server import awards_story as story
from tests.server.awards_story import BIG, PADDED, REGENCY, SECOND, TINY, Award, Cast
from tests.server.installation import Installation, copied


@pytest.fixture(scope="module")
def server(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    made = Installation(copied(template, tmp_path_factory.mktemp("awards") / "var"))
    story.fill(made)
    yield made
    made.close()


@pytest.fixture(scope="module")
def people(server: Installation) -> Cast:
    return story.cast(server)


@pytest.fixture
def award(server: Installation, people: Cast, request: pytest.FixtureRequest) -> Award:
    key = f"k{sha256(request.node.name.encode()).hexdigest()[:8]}"
    return Award(server, people, key).begin()


def rows(award: Award) -> dict[str, awards.Row]:
    with award.server.app.app_context():
        return {row.village: row for row in awards.table(award.entry, now_ms()).rows}


# Criteria -------------------------------------------------------------------------------------------------------------


def test_weights_are_chosen_in_the_draft_and_published_only_when_they_make_a_hundred(award: Award) -> None:
    with award.server.app.app_context():
        light = {"coverage": 50, "growth": 30}
        awards.change_draft(award.record, award.entry.seen, {}, light, award.people.staff, now_ms())
    with pytest.raises(AwardRefused, match="add up to 100"):
        award.publish()
    award._do(awards.publish, {"coverage": 70, "growth": 30}, award.people.staff)
    said = award.entry.fields
    assert (said["state"], said["version"]) == ("published", 1)
    assert awards.weights_of(award.entry) == {"coverage": 70, "growth": 30}


def test_published_criteria_change_by_a_new_version_alone_and_the_old_one_stays_readable(award: Award) -> None:
    award.publish()
    with award.server.app.app_context(), pytest.raises(AwardRefused):
        awards.change_draft(award.record, award.entry.seen, {}, {"coverage": 100}, award.people.staff, now_ms())
    with award.server.app.app_context(), pytest.raises(AwardRefused):
        later = {"last_month": "2026-11"}
        awards.change_draft(award.record, award.entry.seen, later, None, award.people.staff, now_ms())
    award._do(awards.publish, {"coverage": 100}, award.people.second)
    with award.server.app.app_context():
        told = awards.versions(Scope(REGENCY), award.record)
    assert [(each.number, each.who, len(each.weights)) for each in told] == [(1, "rina", 9), (2, "dewi", 1)]
    assert award.entry.fields["version"] == 2


def test_nothing_scored_is_measured_by_other_criteria_afterwards(award: Award) -> None:
    award.publish().score()
    with pytest.raises(AwardRefused):
        award._do(awards.publish, {"coverage": 100}, award.people.staff)


# Scores ---------------------------------------------------------------------------------------------------------------


def test_a_village_is_scored_from_what_was_frozen_with_its_evidence(award: Award) -> None:
    award.publish().score()
    with award.server.app.app_context():
        told = awards.dossier_of(award.entry, BIG, award.people.staff, now_ms())
    lines = {line.criterion: line for line in told.lines}
    assert (lines["coverage"].numerator, lines["coverage"].denominator, lines["coverage"].points) == (70, 100, 87.5)
    assert lines["coverage"].evidence["day"] == story.FROZEN and lines["coverage"].evidence["full"] == 0.8
    assert (lines["growth"].numerator, lines["growth"].points) == (20, 100)  # 20 of 100, against December
    assert lines["growth"].evidence["before_day"] == "2026-01-10" and lines["growth"].evidence["before_month"] == "2025-12"
    assert (lines["retention"].numerator, lines["retention"].denominator) == (45, 50)  # every tenth lapsed in spring
    assert (lines["apparatus"].points, lines["budget"].value) == (100, 10_000)
    assert (lines["claims"].numerator, lines["claims"].denominator, lines["claims"].points) == (3, 4, 50)
    assert (lines["quality"].numerator, lines["quality"].denominator) == (72, 80)
    assert (lines["participation"].numerator, lines["participation"].denominator) == (5, 10)
    assert told.row.band == "large_near" and told.row.rank == 1


def test_who_has_more_members_than_workers_is_out_and_alike_are_compared_with_alike(award: Award) -> None:
    award.publish().score()
    told = rows(award)
    assert told[PADDED].out == ["above_whole"] and told[PADDED].rank is None
    assert (told[BIG].rank, told[SECOND].rank, told[TINY].rank) == (1, 2, 1)
    assert told[TINY].band == "small_remote"


def test_scored_anew_it_is_another_run_and_the_first_is_kept(award: Award) -> None:
    award.publish().score()
    before = _run(award, 1)
    award.score()
    assert award.entry.fields["run"] == 2 and _run(award, 1) == before and len(before) == 4 * 8


def _run(award: Award, run: int) -> list[object]:
    with award.server.app.app_context(), award.server.reading() as connection:
        return list(store.lines(connection, award.record, run))


def test_a_run_is_never_changed_by_anybody(award: Award) -> None:
    award.publish().score()
    for told in ("UPDATE award_line SET points = 100", "DELETE FROM award_standing"):
        with award.server.app.app_context(), pytest.raises(DBAPIError), transaction() as connection:
            connection.execute(text(f"{told} WHERE award = '{award.record}'"))


def test_only_a_day_that_was_frozen_can_be_scored(award: Award) -> None:
    award.publish()
    with pytest.raises(AwardRefused, match="frozen"):
        award._do(awards.score, "2026-11-06", award.people.staff)


# Judges ---------------------------------------------------------------------------------------------------------------


def test_a_judge_sees_others_points_only_after_his_own(award: Award) -> None:
    award.publish().score()
    one, two, three = award.people.judges
    award.give(one, BIG, 90)
    award.give(two, BIG, 70)
    with award.server.app.app_context():
        unseen = awards.dossier_of(award.entry, BIG, three, now_ms())
        table = awards.shown_to(award.entry, three, True, now_ms())
    assert unseen.given == [] and unseen.hidden == 2 and unseen.row.panel == {}
    assert unseen.row.score == next(row.score for row in table.rows if row.village == BIG)  # no sum gives them away
    assert all(panel.mean is None for row in table.rows for panel in row.panel.values())
    award.give(three, BIG, 80)
    with award.server.app.app_context():
        seen = awards.dossier_of(award.entry, BIG, three, now_ms())
    panel = seen.row.panel["innovation"]
    assert (panel.judges, panel.mean, panel.lowest, panel.highest) == (3, 80, 70, 90)
    assert seen.row.score == pytest.approx(unseen.row.score + 80 * 0.05)


def test_points_are_given_once(award: Award) -> None:
    award.publish().score()
    award.give(award.people.judges[0], BIG, 90)
    award.give(award.people.judges[0], BIG, 90)  # the same form sent twice
    with pytest.raises(AwardRefused):
        award.give(award.people.judges[0], BIG, 10)
    assert rows(award)[BIG].panel["innovation"].mean == 90


def test_who_saw_a_proposed_result_does_not_judge_after_it_was_taken_back(award: Award) -> None:
    award.publish().score().judged().propose()
    award._do(awards.withdraw, award.people.staff)
    with pytest.raises(AwardRefused, match="proposed"):
        award.give(award.people.second, BIG, 100)  # who may approve was shown the sums
    award.give(award.people.judges[2], BIG, 70)


def test_judges_see_neither_who_is_out_nor_a_village_of_their_own(award: Award) -> None:
    award.publish().score()
    with pytest.raises(AwardRefused):
        award.give(award.people.judges[0], PADDED, 50)
    with award.server.app.app_context(), transaction() as connection:
        of_there = accounts.by_name(connection, "juri dua")
    assert of_there is not None
    assert awards.is_own_village(of_there._replace(region="64.02.11"), BIG)
    assert awards.is_own_village(of_there._replace(region=BIG), BIG)
    assert not awards.is_own_village(of_there, BIG)  # his regency's award
    with pytest.raises((AwardRefused, settle.OutsideRegion)):
        award.give(of_there._replace(region="64.02.11"), BIG, 50)


@pytest.mark.parametrize("points", [101, -1, "banyak"])
def test_points_are_between_nothing_and_a_hundred(award: Award, points: object) -> None:
    award.publish().score()
    with pytest.raises(settle.BadFields):
        award.give(award.people.judges[0], BIG, points)  # type: ignore[arg-type]


# Lifting --------------------------------------------------------------------------------------------------------------


def lift(award: Award, who: object, why: str = "sensus baru") -> None:
    award._do(awards.propose_lift, PADDED, "above_whole", why, who)


def answer(award: Award, who: object, agreed: bool = True) -> None:
    award._do(awards.answer_lift, PADDED, "above_whole", agreed, who)


def test_a_disqualification_is_lifted_by_two_with_a_reason(award: Award) -> None:
    award.publish().score()
    with pytest.raises(AwardRefused):
        lift(award, award.people.staff, "  ")
    lift(award, award.people.staff)
    assert rows(award)[PADDED].rank is None
    with pytest.raises(OwnEntry):
        answer(award, award.people.staff)
    answer(award, award.people.second)
    assert rows(award)[PADDED].rank is not None and rows(award)[PADDED].lifted == ["above_whole"]


def test_nobody_agrees_to_his_own_lift_because_somebody_wrote_another_in_between(award: Award) -> None:
    award.publish().score()
    lift(award, award.people.staff)
    answer(award, award.people.second, agreed=False)
    lift(award, award.people.second)  # the very same words, asked again by who had refused
    with pytest.raises(OwnEntry):
        answer(award, award.people.second)
    answer(award, award.people.staff)


# The result -----------------------------------------------------------------------------------------------------------


def test_a_result_waits_for_judges_and_for_lifts_that_are_asked(award: Award) -> None:
    award.publish().score()
    with pytest.raises(AwardRefused, match="too few judges"):
        award.propose()
    award.judged()
    lift(award, award.people.staff)
    with pytest.raises(AwardRefused, match="lift"):
        award.propose()
    answer(award, award.people.second, agreed=False)
    assert award.propose().entry.fields["state"] == "proposed"


def test_it_takes_two_to_seal_and_two_to_release(award: Award) -> None:
    award.publish().score().judged().propose()
    with pytest.raises(OwnEntry):
        award.seal(award.people.staff)
    award.seal()
    with pytest.raises(OwnEntry):
        award.release(award.people.second)
    said = award.release().entry.fields
    assert (said["state"], said["released_amount"]) == ("released", 2 * 25_000_000)  # one winner in each of two bands
    with award.server.app.app_context():
        hands = awards.steps(Scope(REGENCY), award.record)
    assert [(hand.value, hand.name) for hand in hands] == [
        ("draft", "rina"), ("published", "rina"), ("scored", "rina"), ("proposed", "rina"), ("sealed", "dewi"),
        ("released", "rina"),
    ]  # fmt: skip


def test_an_edit_in_between_is_seen_before_anything_is_sealed(award: Award) -> None:
    award.publish().score().judged().propose()
    seen = award.entry.seen
    award._do(awards.withdraw, award.people.third)
    award.propose(award.people.third)
    with award.server.app.app_context(), pytest.raises(NotSeen):
        awards.seal(award.record, seen, award.people.second, now_ms())
    with pytest.raises(OwnEntry):
        award.seal(award.people.third)
    award.seal()


def test_who_proposed_is_not_offered_to_seal(award: Award) -> None:
    award.publish().score().judged().propose()
    with award.server.app.app_context():
        assert awards.entries.is_by(award.people.staff, award.record, ("state",))
        assert not awards.entries.is_by(award.people.second, award.record, ("state",))


def test_who_changed_anything_since_it_was_proposed_does_not_seal_it(award: Award) -> None:
    """Also where the change is none of the result's own: he would approve what he wrote himself."""
    award.publish().score().judged().propose()
    with award.server.app.app_context():
        settle.enter("award", award.record, award.entry.seen, {"notes": "catatan"}, award.people.second, now_ms())
    with pytest.raises(OwnEntry):
        award.seal()
    award.seal(award.people.third)


def test_after_sealing_nothing_changes(award: Award) -> None:
    award.publish().score().judged().propose().seal()
    now, who, seen = now_ms(), award.people.third, award.entry.seen
    tries = (
        lambda: awards.score(award.record, seen, story.FROZEN, who, now),
        lambda: awards.judge(award.record, SECOND, {"innovation": 1}, None, award.people.judges[2], now),
        lambda: awards.propose(award.record, seen, who, now), lambda: awards.withdraw(award.record, seen, who, now),
        lambda: awards.drop(award.record, seen, who, now), lambda: awards.seal(award.record, seen, who, now),
        lambda: awards.publish(award.record, seen, {"coverage": 100}, who, now),
        lambda: awards.change_draft(award.record, seen, {"prize": 1}, None, who, now),
        lambda: awards.propose_lift(award.record, seen, PADDED, "above_whole", "x", who, now),
    )  # fmt: skip
    before = award.entry
    for attempt in tries:
        with award.server.app.app_context(), pytest.raises(AwardRefused):
            attempt()
    assert award.entry == before


def test_the_seal_is_the_hash_of_the_dossier_and_finds_what_was_changed(award: Award) -> None:
    award.publish().score().judged().propose().seal()
    with award.server.app.app_context():
        dossier, checked = awards.dossier(award.entry), awards.verify(award.entry)
    assert sha256(dossier.encode()).hexdigest() == award.entry.fields["seal"] and checked.fits
    assert (checked.villages, checked.judges) == (4, 2)
    told = json.loads(dossier)
    assert {line["village"] for line in told["lines"]} == {BIG, SECOND, PADDED, TINY} and len(told["panel"]) == 6
    with award.server.app.app_context():
        with transaction() as connection:  # who could go around every action
            panel = awards.panel_id(award.entry, BIG, award.people.judges[0].id)
            other = {"scores": [{"criterion": "innovation", "points": 99}]}
            said = entries.one(Scope(REGENCY), "panel", panel).fields | other
            connection.execute(update(t.record).where(t.record.c.id == panel).values(fields=json.dumps(said)))
        assert not awards.verify(award.entry).fits
    with pytest.raises(AwardRefused, match="seal"):
        award.release()


def test_a_draft_can_be_dropped_and_a_nation_has_no_award(award: Award) -> None:
    assert award._do(awards.drop, award.people.staff).entry.fields["state"] == "dropped"
    fields = {"title": "x", "first_month": "2026-01", "last_month": "2026-10"}
    for scope in ("id", BIG):
        with award.server.app.app_context(), pytest.raises(AwardRefused):
            awards.begin(Scope(scope), "xx", fields, award.people.staff, now_ms())
    with award.server.app.app_context(), pytest.raises(settle.BadFields):
        awards.begin(Scope(REGENCY), "xx", fields | {"first_month": "2026-11"}, award.people.staff, now_ms())


def test_the_order_in_which_villages_and_judges_come_does_not_matter(award: Award) -> None:
    award.publish().score().judged()
    entry = award.entry
    with award.server.app.app_context(), award.server.reading() as connection:
        standings = store.standings(connection, award.record, 1)
        given = awards.given_in(connection, entry)
    points: dict[str, dict[str, float | None]] = {each.village: {} for each in standings}
    one = awards.stand(entry, 1, standings, points, given, {}, now_ms())
    assert one == awards.stand(entry, 1, standings[::-1], points, given[::-1], {}, now_ms())


SEALS: dict[str, str] = {}


def test_both_engines_seal_the_same_story_alike(either_server: Installation) -> None:
    story.fill(either_server)
    award = Award(either_server, story.cast(either_server), "sama").begin().publish().score().judged().propose().seal()
    with either_server.app.app_context():
        assert awards.verify(award.entry).fits
    SEALS[either_server.settings.database_url or "sqlite"] = award.entry.fields["seal"]
    assert len(set(SEALS.values())) == 1


# Scored behind the desk -----------------------------------------------------------------------------------------------


def asks(award: Award, who: accounts.Account | None = None) -> None:
    with award.server.app.app_context():
        awards.ask_to_score(award.record, award.entry.seen, story.FROZEN, who or award.people.staff, now_ms())


def works(award: Award) -> int:
    with award.server.app.app_context():
        return awards.score_waiting(award.server.settings, now_ms())


def asked(award: Award) -> Any:
    with award.server.app.app_context():
        return awards.asked_to_score(award.entry)


def test_what_is_scored_behind_the_desk_is_what_the_desk_would_have_scored(award: Award) -> None:
    award.publish().score()
    at_once = rows(award)
    asks(award)
    assert rows(award) == at_once and award.entry.fields["run"] == 1
    assert works(award) == 1 and works(award) == 0
    assert rows(award) == at_once and award.entry.fields["run"] == 2 and asked(award) is None


def test_a_scoring_that_was_cut_short_is_done_again_and_kept_once(award: Award, monkeypatch: pytest.MonkeyPatch) -> None:
    award.publish()
    asks(award)
    keep = store.keep_run

    def cut(*given: Any) -> None:
        keep(*given)
        raise KeyboardInterrupt

    monkeypatch.setattr(store, "keep_run", cut)
    with pytest.raises(KeyboardInterrupt):
        works(award)
    monkeypatch.undo()
    assert award.entry.fields["state"] == "published" and asked(award).error is None
    assert works(award) == 1 and award.entry.fields["run"] == 1


def test_whoever_lost_the_right_meanwhile_has_nothing_scored_and_the_page_tells(award: Award) -> None:
    award.publish()
    asks(award)
    with award.server.app.app_context(), transaction() as connection:
        connection.execute(update(t.account).where(t.account.c.id == award.people.staff.id).values(role="viewer"))
    try:
        assert works(award) == 0 and "tidak berhak" in asked(award).error[0]
        assert award.entry.fields["state"] == "published"
    finally:
        with award.server.app.app_context(), transaction() as connection:
            role = award.people.staff.role
            connection.execute(update(t.account).where(t.account.c.id == award.people.staff.id).values(role=role))


def test_nobody_asks_for_the_scoring_of_an_award_that_he_has_not_seen_as_it_is(award: Award) -> None:
    seen = award.entry.seen
    award.publish()
    with award.server.app.app_context(), pytest.raises(NotSeen):
        awards.ask_to_score(award.record, {desk: seq - 1 for desk, seq in seen.items()}, story.FROZEN,
                            award.people.staff, now_ms())  # fmt: skip
    with award.server.app.app_context(), pytest.raises(AwardRefused, match="Choose one of the list"):
        awards.ask_to_score(award.record, award.entry.seen, "2026-11-06", award.people.staff, now_ms())
    assert asked(award) is None
