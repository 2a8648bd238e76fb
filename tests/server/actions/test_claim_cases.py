"""What claims have come to: followed a change at a time or drawn from scratch it is the same; told without names."""

from __future__ import annotations

from datetime import date
from threading import Event, Thread
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, select

from schemas.change import from_ms
from server.actions import claim_cases, claim_outcomes, clocks
from server.actions.listing import Listing, Wanted
from server.actions.settle import erase, settle
from server.clock import now_ms
from server.config import Settings
from server.db import reading, transaction
from server.store import claims as claim_store
from server.store import clocks as clock_store
from server.store.programme_tables import claim_case
from server.store.scoping import Scope
from tests.server.installation import DAY_MS, ELSEWHERE, NEIGHBOUR, VILLAGE, WORKER, Installation, Phone

YEAR = 2026
CLAIM = {"program": "JKM", "event": "death", "event_date": "2026-11-02", "status": "reported"}
PAID = {
    "outcome": "granted", "decided_on": "2026-11-10", "amount": 42_000_000, "paid_on": "2026-11-12", "status": "paid",
    "submitted_on": "2026-11-06",
}  # fmt: skip


def rows(server: Installation) -> dict[str, Any]:
    with server.reading() as connection:
        return {row.record: row for row in connection.execute(select(claim_case))}


def reported(phone: Phone, village: str, **more: Any) -> str:
    worker = f"{phone.id}-1"
    phone.sync(phone.change(None, CLAIM | {"worker": worker} | more, kind="claim", village=village))
    return f"{phone.id}-{phone.seq}"


def test_what_was_followed_equals_what_is_drawn_from_scratch_on_either_database(either_server: Installation) -> None:
    server = either_server
    phone = server.enrolled(VILLAGE, NEIGHBOUR)
    phone.sync(phone.change(None, WORKER | {"dtsen_decile": 2, "dtsen_at": "2026-09-01"}))
    records = [reported(phone, village, **more) for village, more in (
        (VILLAGE, {}), (NEIGHBOUR, {"program": "JKK", "event": "accident", "event_time": "16:00"}),
        (VILLAGE, {"event_date": None}), (NEIGHBOUR, {"status": "closed"}),
    )]  # fmt: skip
    with server.app.app_context():
        assert claim_cases.follow(server.settings, now_ms()) == 3, "one was set aside: what it cannot do without is lacking"
        settle(records[0], None, PAID, None, now_ms())
        assert claim_cases.follow(server.settings, now_ms()) == 1 and claim_cases.follow(server.settings, now_ms()) == 0
        followed = rows(server)
        with transaction() as connection:
            connection.execute(insert(claim_case).values({**followed[records[0]]._mapping, "record": "nobody-1"}))
        assert claim_cases.draw_all(server.settings, now_ms()) == 3
        assert rows(server) == followed and "nobody-1" not in followed
        clocks.run(server.settings, now_ms())
        due = clock_store.soonest
        with reading() as connection:
            accident = due(connection, "64.02", "accident", 10)
            assert due(connection, "64.03", "accident", 10) == []
    assert [term.record for term in accident] == [records[1]] and followed[records[1]].due_at == accident[0].due_at
    assert followed[records[0]].decile == 2 and followed[records[3]].stage == "submitted"


@pytest.mark.postgres
def test_of_two_who_draw_one_claim_the_later_does_not_write_what_is_older(postgres_settings: Settings, monkeypatch) -> None:
    server = Installation(postgres_settings)
    phone = server.enrolled(VILLAGE)
    phone.sync(phone.change(None, WORKER))
    record = reported(phone, VILLAGE)
    has_read, goes_on, real = Event(), Event(), claim_cases.store.these

    def read(*given: Any) -> Any:
        found = real(*given)
        has_read.set()
        goes_on.wait(20)
        return found

    def inside(act: Any, *given: Any) -> Thread:
        def run() -> None:
            with server.app.app_context():
                act(*given)

        thread = Thread(target=run)
        thread.start()
        return thread

    monkeypatch.setattr(claim_cases.store, "these", read)
    drawing = inside(claim_cases.draw, [record])  # as the nightly job
    assert has_read.wait(20)
    with server.app.app_context():
        settle(record, None, PAID, None, now_ms())
    following = inside(claim_cases.follow, server.settings, now_ms())
    following.join(1)
    goes_on.set()
    for thread in (drawing, following):
        thread.join(20)
    assert rows(server)[record].paid_on == "2026-11-12"
    server.close()


STEPS = st.lists(st.sampled_from((
    {"documents": ["ktp", "kk"]}, {"status": "submitted"}, {"branch_told_on": "2026-11-05"}, {"status": "paid"},
    {"event_date": "2026-11-04"}, {"event_time": "09:15"}, {"program": "JKK", "event": "accident"}, "settle", "follow",
)), max_size=6)  # fmt: skip


@pytest.fixture(scope="module")
def one(template, tmp_path_factory):
    from tests.server.installation import copied

    server = Installation(copied(template, tmp_path_factory.mktemp("cases") / "var"))
    phone = server.enrolled(VILLAGE)
    phone.sync(phone.change(None, WORKER))
    yield server, phone
    server.close()


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS)
def test_after_any_history_incremental_equals_full(one: tuple[Installation, Phone], steps: list[Any]) -> None:
    server, phone = one
    record = reported(phone, VILLAGE)
    with server.app.app_context():
        for step in steps:
            if step == "settle":
                settle(record, None, {"outcome": "granted", "decided_on": "2026-11-10"}, None, now_ms())
            elif step == "follow":
                claim_cases.follow(server.settings, now_ms())
            else:
                phone.sync(phone.change(record, step, kind="claim", seen={phone.id: phone.seq}, at=from_ms(now_ms())))
        claim_cases.follow(server.settings, now_ms())
        followed = rows(server)
        claim_cases.draw_all(server.settings, now_ms())
    assert rows(server) == followed and record in followed


def planted(server: Installation, counts: dict[tuple[str, str], int]) -> None:
    """Paid claims by village and programme, straight into the table that reports are read from."""
    made = [
        {
            "record": f"{village}-{program}-{n}", "region": village, "worker": f"{village}-{n}", "program": program,
            "event": "death", "stage": "closed", "step": None, "due_at": None, "reported_at": 1, "outcome": "granted",
            "reported_on": "2026-03-01", "paid_on": "2026-03-15", "amount": 1_000_000, "children": 0, "decile": n % 3 + 1,
            "waits": False,
        }
        for (village, program), count in counts.items() for n in range(count)
    ]  # fmt: skip
    with server.app.app_context(), transaction() as connection:
        connection.execute(claim_case.delete())
        connection.execute(insert(claim_case), made)
        claim_store.note_drawing(connection)


def test_the_report_adds_up_and_hides_what_is_few(one: tuple[Installation, Phone]) -> None:
    server, _ = one
    planted(server, {(VILLAGE, "JKM"): 12, (VILLAGE, "JKK"): 9, (ELSEWHERE, "JKM"): 30, ("64.07.08.2008", "JKM"): 2})
    with server.app.app_context():
        whole = claim_outcomes.outcomes_of(Scope("64"), YEAR, YEAR)
        few = claim_outcomes.outcomes_of(Scope("64.07"), YEAR, YEAR)
        with reading() as connection:
            listed = list(claim_outcomes.lines(connection, Scope("64"), YEAR))
    assert (whole.total.claims, whole.total.amount, whole.days) == (53, 53_000_000, 14)
    regions = {region.code: each.claims for region, each in whole.regions}
    assert regions["64.07"] is None and list(regions.values()).count(None) == 2
    assert (few.total.claims, few.total.amount, few.days, few.programs) == (None, None, None, [
        claim_outcomes.Sum("JKM", None, None)])  # fmt: skip
    assert {line.region: line.claims for line in listed if not line.program}["64.07"] is None
    assert all(line.claims is None or line.claims >= whole.least for line in listed)


def test_what_is_remembered_of_a_year_is_what_is_worked_out_anew_whatever_is_drawn_or_erased(
    one: tuple[Installation, Phone], monkeypatch: pytest.MonkeyPatch
) -> None:
    server, phone = one
    planted(server, {(VILLAGE, "JKM"): 12, (ELSEWHERE, "JKM"): 30})
    worked_out: list[int] = []
    work_out = claim_outcomes._work_out
    monkeypatch.setattr(claim_outcomes, "_work_out", lambda whole, least: worked_out.append(1) or work_out(whole, least))

    def told() -> list[claim_outcomes.Outcomes]:
        found = [claim_outcomes.outcomes_of(Scope(code), YEAR, YEAR) for code in ("id", "64", "64.02", VILLAGE)]
        number = len(worked_out)
        claim_outcomes._REMEMBERED.clear()
        assert found == [claim_outcomes.outcomes_of(Scope(code), YEAR, YEAR) for code in ("id", "64", "64.02", VILLAGE)]
        del worked_out[number:]
        return found

    with server.app.app_context():
        claim_outcomes._REMEMBERED.clear()
        before = told()
        assert len(worked_out) == 1
        record = reported(phone, VILLAGE)
        claim_cases.follow(server.settings, now_ms())
        settle(record, None, PAID, None, now_ms())
        claim_cases.follow(server.settings, now_ms())
        paid = told()
        assert paid[0].total.claims == before[0].total.claims + 1
        erase([record], "permintaan", None, server.settings, now_ms())
        assert told() == before


def test_another_year_has_its_own_numbers(one: tuple[Installation, Phone]) -> None:
    server, _ = one
    planted(server, {(VILLAGE, "JKM"): 12})
    with server.app.app_context():
        assert claim_outcomes.outcomes_of(Scope("64"), 2025, YEAR).total.claims == 0
        assert claim_outcomes.outcomes_of(Scope("64"), YEAR, YEAR).years == [YEAR]


def test_programs_and_files_are_told_the_same_as_the_page_and_no_name(one: tuple[Installation, Phone]) -> None:
    server, _ = one
    planted(server, {(VILLAGE, "JKM"): 12, (ELSEWHERE, "JKM"): 30})
    viewer = server.person("viewer", "64.02")
    told = viewer.get("/api/v1/claims/outcomes", year=YEAR).json
    assert (told["within"], told["year"]) == ("64.02", YEAR) and "worker" not in str(told)
    assert told["claims"] in (12, None) and told["fewer_are_hidden"] == 5
    assert viewer.get("/api/v1/claims/outcomes", within="64.03").status_code == 403
    assert viewer.get("/api/v1/claims/outcomes", year="besok").status_code == 422
    with server.app.app_context(), reading() as connection:
        listing = Listing(connection, Scope("64"), Wanted("claim_outcomes", "csv"), now_ms())
        found = [row for some in listing.rows() for row in some]
    assert found and listing.people == set()
    assert any(row[-3] == 42 and row[-2] == 42_000_000 for row in found)


def test_a_claim_that_lacks_its_day_waits_for_its_papers(one: tuple[Installation, Phone]) -> None:
    class Row:
        id, home, fields, refers, erased, created_at, waiting_since = "k-1", VILLAGE, "{}", None, False, DAY_MS, None

    made = claim_cases.row_of(Row(), None)
    assert (made["stage"], made["step"], made["program"]) == ("incomplete", "papers", "")
    assert made["due_at"] > DAY_MS and date.fromisoformat(made["reported_on"]) == date(1970, 1, 2)
