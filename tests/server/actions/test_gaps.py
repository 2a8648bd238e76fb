"""Everybody without cover stands in the list of his reason, and the counts are those of the lists."""

from __future__ import annotations

from base64 import urlsafe_b64decode
from collections.abc import Iterator
from itertools import pairwise

import pytest
from sqlalchemy import text

from server.actions import gaps, people_index
from server.actions.desk_pages import BadCursor
from server.auth import Scope
from server.actions.listing import Listing, Wanted
from server.db import transaction
from server.export.lists import LISTS
from server.store import gaps as store
from server.store.gaps import CHECKS, REASONS
from server.store.scoping import asking_within
from tests.server.figured import figure
from tests.server.gapped import WORKERS, nik, tell
from tests.server.installation import ELSEWHERE, NEIGHBOUR, VILLAGE, Installation, copied
from tests.server.village import Days, days_of

HOME = Scope(VILLAGE[:5])


@pytest.fixture(scope="module")
def days(template, tmp_path_factory) -> Iterator[Days]:
    made = Installation(copied(template, tmp_path_factory.mktemp("gaps") / "var"))
    with days_of(made) as known:
        yield known
    made.close()


@pytest.fixture(scope="module")
def told(days: Days) -> dict[str, str]:
    return tell(days)


def listed(days: Days, reason: str, scope: str = HOME, village: str | None = None, most: int = 25) -> list[str]:
    """Records of all pages, one after the other."""
    found: list[str] = []
    cursor = None
    for _ in range(50):
        with days.server.app.app_context(), asking_within(Scope(scope)):
            page = gaps.people(Scope(scope), reason, village, cursor, days.now, most)
        found += [gap.row.record for gap in page.gaps]
        cursor = page.next
        if cursor is None:
            return found
    raise AssertionError("the list never ends")


@pytest.mark.parametrize("reason", [*REASONS[1:], *CHECKS])
def test_who_lacks_cover_is_in_the_list_of_his_reason_and_nobody_else(days: Days, told: dict[str, str], reason: str) -> None:
    also = [told["unconfirmed"]] if reason == "awaiting_payment" else []  # who has paid waits as well, for the branch
    assert listed(days, reason) == [told[reason], *also]


def test_the_counts_are_those_of_the_lists_and_of_who_was_never_registered(days: Days, told: dict[str, str]) -> None:
    total = days.do(gaps.summary, HOME, days.now).total
    lists = {reason: len(listed(days, reason)) for reason in REASONS[1:]}
    # Counted: proposed, awaiting, arrears, lapsed, unconfirmed, active, unverified. And one is incomplete.
    assert total.by_reason == lists | {"unregistered": WORKERS - 7 - 1}
    assert total.without == 0 and total.active == 2 and total.eligible == WORKERS


def test_on_either_engine_the_same_are_found(either_server: Installation) -> None:
    with days_of(either_server) as days:
        told = tell(days)
        for reason in ("in_arrears", "apparatus", "unconfirmed", "incomplete", *CHECKS):
            assert listed(days, reason) == [told[reason]], reason
        assert days.do(gaps.counts_only, "64", days.now).total.by_reason["unregistered"] == WORKERS - 8


def test_how_long_somebody_is_in_arrears_stands_beside_his_name(days: Days, told: dict[str, str]) -> None:
    with days.server.app.app_context():
        page = gaps.people(HOME, "in_arrears", None, None, days.now)
        paid = gaps.people(HOME, "unconfirmed", None, None, days.now)
    (gap,) = page.gaps
    assert (gap.arrears, gap.has_paid, gap.until) == (2, False, "2026-04")
    assert paid.gaps[0].has_paid


def test_a_budget_that_pays_for_the_dead_is_found_and_one_that_stopped_is_not(days: Days, told: dict[str, str]) -> None:
    assert told["ended"] not in listed(days, "ended_funded")
    with days.server.app.app_context():
        (gap,) = gaps.people(HOME, "ended_funded", None, None, days.now).gaps
    assert gap.until == "2026-12" and gap.row.status == "deceased"


def test_nobody_of_another_region_is_told(days: Days, told: dict[str, str]) -> None:
    for reason in (*REASONS[1:], *CHECKS):
        assert listed(days, reason, ELSEWHERE[:5]) == []
        assert listed(days, reason, NEIGHBOUR) == []
    assert days.do(gaps.counts_only, ELSEWHERE[:5], days.now).parts == []


def test_a_long_list_is_told_page_by_page_whole_and_in_order(days: Days, told: dict[str, str]) -> None:
    more = [days.register(nik=nik(100 + n), full_name=f"Warga {n:02d}", village=v, registered_at="2026-06-01")
            for n, v in enumerate([VILLAGE, NEIGHBOUR] * 7)]  # fmt: skip
    days.refresh()
    days.do(people_index.follow, days.settings, days.now)
    whole = listed(days, "proposed", most=100)
    assert sorted(whole) == sorted([told["proposed"], *more])
    assert listed(days, "proposed", most=4) == whole
    assert [record for record in listed(days, "proposed", village=NEIGHBOUR) if record in more[1::2]] == more[1::2]
    names = [record for record in whole if record in more]
    assert all(a != b for a, b in pairwise(names))


@pytest.mark.parametrize("cursor", ["x", "WzAsWyJhIiwiXHUwMDAwIl1d", "eyJhIjoxfQ"])
def test_a_cursor_that_was_made_up_is_refused(days: Days, told: dict[str, str], cursor: str) -> None:
    with pytest.raises(BadCursor):
        days.do(gaps.people, HOME, "proposed", None, cursor, days.now)


def test_a_cursor_holds_no_name(days: Days, told: dict[str, str]) -> None:
    with days.server.app.app_context():
        page = gaps.people(HOME, "proposed", None, None, days.now, 1)
    assert page.next and b"ARSYAD" not in urlsafe_b64decode(page.next + "==").upper()


def test_a_list_reads_the_villages_that_have_somebody_by_their_indexes(days: Days, told: dict[str, str]) -> None:
    """No table of people is gone through from one end to the other."""
    with days.server.app.app_context(), transaction() as connection:
        seen: list[str] = []
        real = connection.connection.dbapi_connection
        real.set_trace_callback(seen.append)
        store.of_reason(connection, HOME, VILLAGE, "apparatus", (VILLAGE, "A", "a"), 25)
        store.ended_with_funding(connection, HOME, (VILLAGE, "A", "a"), 25)
        store.counts(connection, HOME, 2026 * 12 + 5)
        real.set_trace_callback(None)
        for statement in seen:
            for row in connection.execute(text("EXPLAIN QUERY PLAN " + statement.replace(":", "\\:"))):
                assert not row.detail.startswith("SCAN"), (row.detail, statement)


def test_the_list_that_leaves_the_house_names_each_with_his_reason_and_masks_niks(days: Days, told: dict[str, str]) -> None:
    with days.server.app.app_context(), transaction() as connection, asking_within(HOME):
        listing = Listing(connection, HOME, Wanted("gaps", "csv", purpose="tindak lanjut"), days.now)
        names = [column.name for column in LISTS["gaps"].chosen(frozenset(), False)]
        rows = [dict(zip(names, row, strict=True)) for some in listing.rows() for row in some]
    by_record = {(row["reason"], row["record"]): row for row in rows}
    arrears = by_record["in_arrears", told["in_arrears"]]
    assert arrears["reason_words"] == "Menunggak 1 atau 2 bulan" and arrears["arrears"] == 2
    assert not any("6402115207909" in str(value) for row in rows for value in row.values())
    assert {reason for reason, _ in by_record} == {*REASONS[1:], *CHECKS}
    assert listing.people >= set(told.values()) - {told[why] for why in ("active", "ended", "staff_self", "ended_self")}


def test_a_village_with_more_registered_than_workers_is_told_and_nobody_in_it_is_unregistered(days: Days) -> None:
    month = 2024 * 12
    with days.server.app.app_context(), transaction() as connection:
        figure(connection, VILLAGE, month, 40, registered=51, active=30, proposed=21)
        figure(connection, NEIGHBOUR, month, 40, registered=30, active=30)
        told = store.counts(connection, HOME, month)[VILLAGE[:8]]
    assert (told.above, told.by_reason["unregistered"], told.by_reason["proposed"]) == (1, 10, 21)
