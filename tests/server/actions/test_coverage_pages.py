"""Rates by programme are of the villages that have a denominator, on either engine, now and as frozen."""

from __future__ import annotations

from sqlalchemy import text

from programme import months
from server.actions import coverage_pages, public
from server.actions.targets import set_target
from server.clock import day_at, now_ms
from server.db import transaction
from tests.server.figured import figure, freeze
from tests.server.installation import NEIGHBOUR, VILLAGE, Installation

DISTRICT = VILLAGE[:8]
NOW = months.of_day(day_at(now_ms(), "64"))
MONTH = months.text(NOW)
DAY = "2026-11-20"


def fill(server: Installation) -> None:
    with server.app.app_context(), transaction() as connection:
        figure(connection, VILLAGE, NOW, 100, active=40, jkk=50, jkm=42, jht=10)
        figure(connection, NEIGHBOUR, NOW, None, active=7, jht=2)
        figure(connection, VILLAGE, NOW - 1, 100, active=30)
        freeze(connection, DAY, [NOW, NOW - 1])


def test_whoever_lives_where_no_denominator_is_counts_in_no_rate(either_server: Installation) -> None:
    fill(either_server)
    with either_server.app.app_context():
        page = coverage_pages.page(DISTRICT, MONTH, 12, now_ms())
    own = page.own.measured
    assert [own[program].active for program in coverage_pages.PROGRAMS] == [47, 57, 49, 12]
    assert [own[program].rate.value for program in coverage_pages.PROGRAMS] == [0.4, 0.5, 0.42, 0.1]
    parts = {branch.code: branch.measured["both"] for branch in page.parts}
    assert parts[NEIGHBOUR].active == 7 and parts[NEIGHBOUR].rate.value is None
    assert list(page.trend) == [months.text(NOW - 1), MONTH], "the trend begins where the figures do"
    assert page.trend[months.text(NOW - 1)]["both"].rate.value == 0.3


def test_what_was_frozen_before_programmes_were_counted_says_so(either_server: Installation) -> None:
    fill(either_server)
    with either_server.app.app_context():
        with transaction() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(text("ALTER TABLE snapshot DISABLE TRIGGER USER"))
            else:
                connection.execute(text("DROP TRIGGER snapshot_update"))
            connection.execute(text(f"UPDATE snapshot SET jkk = NULL, jkm = NULL, jht = NULL WHERE village = '{VILLAGE}'"))
        beside = coverage_pages.beside(DISTRICT, DAY, MONTH, "id", now_ms())
        shown = public.Publication().page(DISTRICT)
    assert beside.measured["both"].rate.value == 0.4 and beside.measured["JKK"].rate is None
    assert beside.measured["JKK"].active is None and beside.frozen["is_whole"] is False
    assert shown is not None and not shown.has_programs


def test_the_gap_to_a_target_is_told_in_workers(server: Installation) -> None:
    fill(server)
    year = int(MONTH[:4])
    with server.app.app_context():
        set_target(VILLAGE, year, None, {"rate": 65.5}, None, now_ms())
        set_target(DISTRICT, year, None, {"workers": 40, "rate": 99.0}, None, now_ms())
        page = coverage_pages.page(DISTRICT, MONTH, 12, now_ms())
    gaps = {branch.code: branch.gap for branch in page.parts}
    assert gaps[VILLAGE] == 66 - 40 and gaps[NEIGHBOUR] is None
    assert page.own.gap == 40 - 47, "of a target that says both, the number of workers is measured"


def test_everybody_is_shown_what_was_frozen_and_not_the_village_without_a_denominator(either_server: Installation) -> None:
    fill(either_server)
    with either_server.app.app_context():
        page = public.Publication().page(DISTRICT)
    assert page is not None and page.day == DAY
    lines = {line.code: line for line in page.parts}
    assert lines[VILLAGE].shown == (40, 50, 40, 10) and lines[VILLAGE].share == 0.4
    assert lines[NEIGHBOUR].eligible is None and lines[NEIGHBOUR].without == 1
    assert page.line.shown.active == 40 and page.line.without == 1
