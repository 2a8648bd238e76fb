"""Cycles keep what was frozen, lists follow what phones send, and outreach is credited with whoever came after it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, select, text

from programme import months
from server.actions import clocks, cover, entries, evaluation, feedback, settle
from server.actions.entries import new_key
from server.actions.settle import BadFields, NoSuchRecord, OutsideRegion
from server.clock import day_at, now_ms
from server.db import reading, transaction
from server.store import accounts, snapshots
from server.store.accounts import Account
from server.store.programme_tables import activity, cycle_line, followed, measure
from server.store.scoping import Scope, asking_within
from tests.server.installation import ELSEWHERE, NEIGHBOUR, VILLAGE, WORKER, Installation, Phone, copied

REGENCY, DISTRICT, OTHER = "64.02", "64.02.11", "64.03"
serials = count(9100)


@pytest.fixture(scope="module")
def server(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    made = Installation(copied(template, tmp_path_factory.mktemp("evaluation") / "var"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def staff(server: Installation) -> Account:
    return account(server, "staff", REGENCY)


def account(server: Installation, role: str, region: str) -> Account:
    with server.app.app_context(), transaction() as connection:
        name = f"{role} {region} {next(serials)}"
        accounts.add_account(connection, name, "-", role, region, now_ms())
        found = accounts.by_name(connection, name)
    assert found is not None
    return found


@contextmanager
def asked(server: Installation, region: str) -> Iterator[Scope]:
    """As a page asks: whatever is read of people must be cut to the region."""
    with server.app.app_context(), asking_within(Scope(region)):
        yield Scope(region)


def today() -> date:
    return day_at(now_ms(), VILLAGE)


def ago(days: int) -> str:
    return (today() - timedelta(days=days)).isoformat()


def month_ago(number: int) -> str:
    return months.text(months.of_day(today()) - number)


def registers(phone: Phone, days: int, **fields: Any) -> str:
    told = WORKER | {"nik": f"640211520790{next(serials)}", "registered_at": ago(days)} | fields
    answer = phone.sync(phone.change(None, told))
    assert answer["results"][-1]["status"] == "merged", answer
    return f"{phone.id}-{phone.seq}"


def pays(server: Installation, phone: Phone, worker: str, of: list[str], days: int) -> None:
    paid = {"worker": worker, "months": of, "programs": ["JKK", "JKM"], "amount": 16800 * len(of), "funding": "self",
            "paid_on": ago(days)}  # fmt: skip
    phone.sync(phone.change(None, paid, kind="contribution"))
    with server.app.app_context():
        settle.settle(f"{phone.id}-{phone.seq}", None, {"confirmed": True, "confirmed_on": ago(0)}, None, now_ms())


def visits(phone: Phone, purpose: str, days: int, **fields: Any) -> str:
    told = {"village": phone.villages[0], "date": ago(days), "purpose": purpose} | fields
    phone.sync(phone.change(None, told, kind="visit"))
    return f"{phone.id}-{phone.seq}"


def follows(server: Installation) -> None:
    with server.app.app_context():
        cover.refresh(server.settings, now_ms())
        evaluation.follow(server.settings, now_ms())


def begun(server: Installation, staff: Account, region: str = REGENCY, last: int = 0, **fields: Any) -> str:
    told = {"title": "Monev", "first_month": month_ago(11), "last_month": month_ago(last)} | fields
    with server.app.app_context():
        return evaluation.begin_cycle(region, new_key(), told, staff, now_ms())


def seen(server: Installation, record: str) -> dict[str, int]:
    with server.app.app_context():
        return entries.one(Scope("id"), record.partition(":")[0], record).seen


def entry_of(server: Installation, record: str) -> Any:
    with server.app.app_context():
        return entries.one(Scope("id"), record.partition(":")[0], record)


def stands(server: Installation, record: str, region: str = REGENCY) -> evaluation.Standing:
    with asked(server, region) as scope:
        found = evaluation.find_cycle(scope, record)
        assert found is not None
        return evaluation.stands(scope, found, now_ms())


def freezes(server: Installation, record: str, staff: Account, day: str | None = None) -> None:
    with server.app.app_context():
        evaluation.freeze_cycle(record, seen(server, record), day, staff, server.settings, now_ms())


@pytest.fixture(scope="module")
def village(server: Installation) -> Phone:
    """Two sessions ten days apart; workers before, between and after them; one of them paid."""
    phone = server.enrolled(VILLAGE)
    registers(phone, 90)
    visits(phone, "outreach", 40, attendance=20, theme="Iuran")
    first = registers(phone, 38)
    registers(phone, 31)
    visits(phone, "outreach", 30, attendance=10, theme="iuran  ")
    registers(phone, 30)
    registers(phone, 12)
    pays(server, phone, first, [month_ago(0)], 25)
    follows(server)
    return phone


def activities(server: Installation, purpose: str) -> list[Any]:
    with server.reading() as connection:
        rows = connection.execute(select(activity).where(activity.c.purpose == purpose).order_by(activity.c.date))
        return list(rows)


# Following ------------------------------------------------------------------------------------------------------------


def test_a_session_is_credited_with_whoever_came_after_it_and_before_the_next(server: Installation, village: Phone) -> None:
    first, second = (row for row in activities(server, "outreach") if row.home == VILLAGE)
    assert (first.registered, first.activated, first.attendance) == (2, 0, 20)
    assert (second.registered, second.activated, second.attendance) == (2, 1, 10)
    assert first.theme == second.theme == "iuran" and first.officer is not None


def test_what_was_followed_step_by_step_is_what_is_drawn_from_nothing(server: Installation, village: Phone) -> None:
    visits(village, "monitoring", 3, finding="Kartu tertahan.")
    follows(server)
    before = drawn(server)
    with server.app.app_context():
        with transaction() as connection:
            for table in (activity, measure, followed):
                connection.execute(delete(table))
        evaluation.follow(server.settings, now_ms())
    assert drawn(server) == before and before[0]


def drawn(server: Installation) -> tuple[list[Any], list[Any]]:
    with server.reading() as connection:
        rows = [sorted(map(tuple, connection.execute(select(table)))) for table in (activity, measure)]
    return rows[0], rows[1]


def test_a_visit_that_the_law_erased_leaves_the_lists(server: Installation, village: Phone) -> None:
    record = visits(village, "meeting", 2, theme="Musyawarah")
    follows(server)
    assert record in {row.record for row in activities(server, "meeting")}
    with server.app.app_context():
        settle.erase([record], "uji", None, server.settings, now_ms())
    follows(server)
    assert record not in {row.record for row in activities(server, "meeting")}


def test_an_accident_is_in_time_or_not_once_the_branch_was_told(server: Installation, village: Phone) -> None:
    worker = registers(village, 200)
    told = {"worker": worker, "program": "JKK", "event": "accident", "event_date": ago(5), "status": "reported"}
    village.sync(village.change(None, told, kind="claim"))
    record = f"{village.id}-{village.seq}"
    follows(server)
    (row,) = (row for row in activities(server, "accident") if row.record == record)
    assert row.in_time is None
    village.sync(village.change(record, {"branch_told_on": ago(3)}, kind="claim", seen={village.id: village.seq}))
    follows(server)
    (row,) = (row for row in activities(server, "accident") if row.record == record)
    assert row.in_time is True


# Cycles ---------------------------------------------------------------------------------------------------------------


def test_a_cycle_tells_the_figures_so_far_until_it_is_frozen(server: Installation, village: Phone, staff: Account) -> None:
    record = begun(server, staff, goals=[{"indicator": "conversions", "target": 10}])
    told = stands(server, record)
    assert told.day is None and told.frozen_on is None and told.total.counted.active == 1
    conversions = told.total.judged["conversions"]
    assert (conversions.result.numerator, conversions.result.denominator, conversions.verdict) == (4, 30, "met")
    assert {part.code: part.counted.sessions for part in told.parts if part.counted.sessions} == {DISTRICT: 2}


def test_what_is_paid_after_the_freezing_changes_nothing_of_a_frozen_cycle(
    server: Installation, village: Phone, staff: Account
) -> None:
    record, running = begun(server, staff), begun(server, staff, title="Berjalan")
    freezes(server, record, staff)
    before, live = stands(server, record), stands(server, running)
    newcomer = registers(village, 4)
    pays(server, village, newcomer, [month_ago(0)], 1)
    visits(village, "outreach", 5, attendance=99)
    follows(server)
    assert stands(server, record) == before
    assert stands(server, running).total.counted.active == (live.total.counted.active or 0) + 1
    assert stands(server, running).total.counted.attendance == (live.total.counted.attendance or 0) + 99
    freezes(server, record, staff)  # the same day once more
    assert stands(server, record).total == before.total


def test_a_frozen_cycle_of_a_regency_says_of_each_part_what_it_says_of_all(
    server: Installation, village: Phone, staff: Account
) -> None:
    record = begun(server, staff)
    freezes(server, record, staff)
    whole, part, place = (stands(server, record, code) for code in (REGENCY, DISTRICT, VILLAGE))
    of_part = next(each for each in whole.parts if each.code == DISTRICT)
    assert part.total.counted == of_part.counted
    assert place.total.counted == next(each for each in part.parts if each.code == VILLAGE).counted and place.parts == []


def test_what_was_frozen_can_not_be_changed_in_the_database_either(
    server: Installation, village: Phone, staff: Account
) -> None:
    record = begun(server, staff)
    freezes(server, record, staff)
    for statement in (f"UPDATE cycle_line SET attendance = 0 WHERE cycle = '{record}'",
                      f"DELETE FROM cycle_day WHERE cycle = '{record}'"):  # fmt: skip
        with server.app.app_context(), pytest.raises(Exception, match="only ever added"), transaction() as connection:
            connection.execute(text(statement))


def test_the_period_of_a_frozen_cycle_stays(server: Installation, village: Phone, staff: Account) -> None:
    record = begun(server, staff)
    freezes(server, record, staff)
    with server.app.app_context():
        with pytest.raises(evaluation.IsFrozen):
            evaluation.change_cycle(record, seen(server, record), {"first_month": month_ago(5)}, staff, now_ms())
        evaluation.change_cycle(record, seen(server, record), {"title": "Monev lain"}, staff, now_ms())
    assert entry_of(server, record).fields["title"] == "Monev lain"


def test_a_closed_cycle_is_changed_by_nobody_any_more(server: Installation, village: Phone, staff: Account) -> None:
    record = begun(server, staff)
    with server.app.app_context():
        with pytest.raises(evaluation.NotFrozen):
            evaluation.close_cycle(record, seen(server, record), "Selesai.", staff, now_ms())
    freezes(server, record, staff)
    finding = finds(server, record, staff, text="Terlambat disetor.")
    with server.app.app_context():
        with pytest.raises(BadFields):
            evaluation.close_cycle(record, seen(server, record), "  ", staff, now_ms())
        evaluation.close_cycle(record, seen(server, record), "Selesai.", staff, now_ms())
    before = stands(server, record)
    tries: list[Callable[[], object]] = [
        lambda: evaluation.change_cycle(record, seen(server, record), {"title": "Lain"}, staff, now_ms()),
        lambda: evaluation.freeze_cycle(record, seen(server, record), None, staff, server.settings, now_ms()),
        lambda: evaluation.close_cycle(record, seen(server, record), "Lain.", staff, now_ms()),
        lambda: finds(server, record, staff, text="Temuan baru."),
        lambda: evaluation.change_finding(
            entry_of(server, finding), entry_of(server, record), seen(server, finding), {"text": "Lain."}, staff, now_ms()
        ),
    ]  # fmt: skip
    for act in tries:
        with server.app.app_context(), pytest.raises(evaluation.IsClosed):
            act()
    assert stands(server, record) == before
    with server.app.app_context():  # what was found is followed up all the same
        followed_up = {"state": "done", "follow_up": "Sudah disetor."}
        evaluation.change_finding(
            entry_of(server, finding), entry_of(server, record), seen(server, finding), followed_up, staff, now_ms()
        )


def test_a_cycle_is_frozen_on_a_day_that_was_kept_and_no_other(server: Installation, village: Phone, staff: Account) -> None:
    record = begun(server, staff)
    with server.app.app_context(), pytest.raises(evaluation.NoSuchDay):
        evaluation.freeze_cycle(record, seen(server, record), "2020-01-01", staff, server.settings, now_ms())
    freezes(server, record, staff)
    with server.app.app_context(), reading() as connection:
        assert snapshots.one(connection, entry_of(server, record).fields["frozen_on"]) is not None


def test_a_period_whose_months_nobody_froze_says_so_instead_of_a_number(
    server: Installation, village: Phone, staff: Account
) -> None:
    record = begun(server, staff, last=9)
    freezes(server, record, staff)
    told = stands(server, record)
    assert told.day is None and told.total.judged["rate"].result.why == "not_kept"
    assert told.total.counted.sessions == 0


def test_a_period_does_not_end_before_it_begins(server: Installation, staff: Account) -> None:
    with server.app.app_context(), pytest.raises(BadFields) as bad:
        fields = {"title": "Monev", "first_month": "2026-06", "last_month": "2026-05"}
        evaluation.begin_cycle(REGENCY, new_key(), fields, staff, now_ms())
    assert bad.value.errors == {"last_month": ["before-its-beginning"]}


def test_what_would_take_long_is_left_to_the_job_before_anything_is_frozen(
    server: Installation, village: Phone, staff: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = begun(server, staff)
    registers(village, 1)
    with server.app.app_context():
        cover.refresh(server.settings, now_ms())
        monkeypatch.setattr(evaluation, "DRAWN_AT_ONCE", 0)
        with pytest.raises(evaluation.NotReady):
            evaluation.freeze_cycle(record, seen(server, record), None, staff, server.settings, now_ms())
    assert "frozen_on" not in entry_of(server, record).fields
    follows(server)
    freezes(server, record, staff)


# Whose cycle ----------------------------------------------------------------------------------------------------------


def test_a_regencys_desk_sees_its_provinces_cycle_and_none_of_its_neighbours(server: Installation, village: Phone) -> None:
    province, neighbour = account(server, "staff", "64"), account(server, "staff", OTHER)
    above, beside = begun(server, province, "64"), begun(server, neighbour, OTHER)
    with asked(server, REGENCY) as scope:
        found = {each.record for each in evaluation.cycles(scope)}
        assert above in found and beside not in found
        assert evaluation.find_cycle(scope, beside) is None
        assert evaluation.find_cycle(scope, above) is not None
    assert stands(server, above).region == REGENCY


def test_nobody_freezes_or_closes_a_cycle_of_the_region_above_him(server: Installation, staff: Account) -> None:
    province = account(server, "staff", "64")
    record = begun(server, province, "64")
    with server.app.app_context():
        with pytest.raises(OutsideRegion):
            evaluation.freeze_cycle(record, seen(server, record), None, staff, server.settings, now_ms())
        with pytest.raises(OutsideRegion):
            evaluation.change_cycle(record, seen(server, record), {"title": "Lain"}, staff, now_ms())


# Findings -------------------------------------------------------------------------------------------------------------


def finds(server: Installation, cycle: str, staff: Account, region: str = REGENCY, **fields: Any) -> str:
    with server.app.app_context():
        scope = Scope(region)
        found = evaluation.find_cycle(scope, cycle)
        assert found is not None
        return evaluation.begin_finding(scope, found, new_key(), fields, staff, now_ms())


def test_what_an_officer_found_is_taken_with_one_press_once(server: Installation, village: Phone, staff: Account) -> None:
    visit = visits(
        village, "monitoring", 6, finding="Iuran terlambat.", recommendation="Kolektor dusun.", responsible="Sekdes",
        due=ago(-20), state="open",
    )  # fmt: skip
    follows(server)
    record = begun(server, staff)
    with asked(server, REGENCY) as scope:
        cycle = evaluation.find_cycle(scope, record)
        assert cycle is not None
        assert visit in {row.record for row, _ in evaluation.candidates(scope, cycle, ())}
        made = {evaluation.take_finding(scope, cycle, visit, staff, now_ms()) for _ in range(2)}
        found = evaluation.findings(scope, cycle, now_ms())
        assert visit not in {row.record for row, _ in evaluation.candidates(scope, cycle, found)}
    (finding,) = made
    assert entry_of(server, finding).fields == {
        "cycle": record, "about": VILLAGE, "visit": visit, "text": "Iuran terlambat.", "recommendation": "Kolektor dusun.",
        "responsible": "Sekdes", "due": ago(-20), "state": "open",
    }  # fmt: skip


def test_a_foreign_villages_visit_is_taken_by_nobody_here(server: Installation, staff: Account) -> None:
    far = server.enrolled(ELSEWHERE)
    visit = visits(far, "monitoring", 6, finding="Rahasia.")
    follows(server)
    record = begun(server, staff)
    with asked(server, REGENCY) as scope:
        cycle = evaluation.find_cycle(scope, record)
        assert cycle is not None
        with pytest.raises(NoSuchRecord):
            evaluation.take_finding(scope, cycle, visit, staff, now_ms())


def test_an_overdue_finding_is_found_by_the_clock_until_it_is_done(server: Installation, staff: Account) -> None:
    record = begun(server, staff)
    late = finds(server, record, staff, text="Sudah lewat.", due=ago(1))
    due_today = finds(server, record, staff, text="Hari ini.", due=ago(0))
    finds(server, record, staff, text="Tanpa tenggat.")

    def terms() -> dict[str, bool]:
        with server.app.app_context():
            clocks.run(server.settings, now_ms())
            return {term.record: term.due_at < now_ms() for term in clocks.soonest(Scope(REGENCY), "finding", 1000)}

    found = terms()
    assert found[late] is True and found[due_today] is False
    with server.app.app_context():
        evaluation.change_finding(
            entry_of(server, late), entry_of(server, record), seen(server, late), {"state": "done"}, staff, now_ms()
        )
    assert late not in terms()


def test_a_finding_is_about_the_cycles_own_region(server: Installation, staff: Account) -> None:
    record = begun(server, staff)
    with pytest.raises(BadFields):
        finds(server, record, staff, text="Di tempat lain.", about=OTHER)


def test_measures_of_villages_stand_beside_each_other_in_what_is_frozen(server: Installation, staff: Account) -> None:
    beside = server.enrolled(NEIGHBOUR)
    registers(beside, 20)
    visits(beside, "outreach", 25, attendance=5)
    follows(server)
    record = begun(server, staff)
    freezes(server, record, staff)
    with server.reading() as connection:
        rows = {row.village: row for row in connection.execute(select(cycle_line).where(cycle_line.c.cycle == record))}
    assert rows[NEIGHBOUR].attendance == 5 and rows[NEIGHBOUR].registered == 1 and VILLAGE in rows
    assert ELSEWHERE not in rows


def test_both_databases_tell_the_same_of_one_story(either_server: Installation) -> None:
    staff = account(either_server, "staff", REGENCY)
    phone = either_server.enrolled(VILLAGE)
    worker = registers(phone, 20)
    pays(either_server, phone, worker, [month_ago(0)], 18)
    visits(phone, "outreach", 25, attendance=8)
    for days in (30, 20, 10):
        visits(phone, "feedback", days, by="kades", theme="Sinyal", text=f"Sinyal hilang {days} hari.", state="open")
    follows(either_server)
    record = begun(either_server, staff)
    freezes(either_server, record, staff)
    told = stands(either_server, record)
    assert (told.total.counted.active, told.total.counted.registered, told.total.counted.activated) == (1, 1, 1)
    with asked(either_server, REGENCY) as scope:
        first = feedback.heard(scope, now_ms(), most=2)
        second = feedback.heard(scope, now_ms(), most=2, after=first.next)
        assert [each.fields["date"] for each in (*first.voices, *second.voices)] == [ago(30), ago(20), ago(10)]
        assert second.next is None and [each.late for each in first.voices] == [True, True]
        assert [tuple(each) for each in feedback.themes(scope)] == [("sinyal", 3, 3)]
        held = feedback.outreach(scope, (ago(365), ago(0)))
        assert (held.total.sessions, held.total.attendance, held.by_officer[0][0]) == (1, 8, "Siti Aminah")
