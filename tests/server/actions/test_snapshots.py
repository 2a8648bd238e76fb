"""Figures that were frozen: never changed, whole by their seal, and told again by the rules of their day."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from importlib import resources

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from programme import rules
from programme.rules import load, read, restored
from schemas.change import dumps, loads
from server.actions import cover, snapshots
from server.actions.figures import figures_of
from server.actions.settle import erase
from server.actions.snapshots import NotFrozen, SealBroken
from server.db import transaction
from server.store import programme_tables as p
from server.store import tables as t
from tests.server.installation import NEIGHBOUR, VILLAGE, Installation
from tests.server.village import Days, days_of

DISTRICT = VILLAGE[:8]


@pytest.fixture
def days(server: Installation) -> Iterator[Days]:
    with days_of(server) as known:
        yield known


@pytest.fixture
def either_days(either_server: Installation) -> Iterator[Days]:
    with days_of(either_server) as known:
        yield known


def kept(days: Days) -> list:
    with days.server.reading() as connection:
        return [
            (row.day, row.month - 2026 * 12 + 1, row.village, row.active, row.proposed, row.eligible)
            for row in connection.execute(t.snapshot.select().order_by(t.snapshot.c.day, t.snapshot.c.month))
        ]


def freeze(days: Days, day: str) -> int:
    days.day(day, "01:30")
    return int(days.do(cover.snapshot, days.settings, days.now))


def close(days: Days, day: str) -> int:
    days.day(day, "01:45")
    return int(days.do(cover.month_end, days.settings, days.now))


def count(days: Days, workers: int, village: str = VILLAGE, month: str = "2026-01") -> None:
    days.write("eligible", {"workers": workers, "source": "BPS"}, f"eligible:{village}:{month}", village=village)


def forced(days: Days, statement: str) -> None:
    """As somebody changes rows who can take the triggers off."""
    with days.server.app.app_context(), transaction() as connection:
        for table in ("kept_rules", "snapshot"):
            for act in ("delete", "update"):
                connection.execute(text(f"DROP TRIGGER {table}_{act}"))
        assert connection.execute(text(statement)).rowcount


def test_a_snapshot_keeps_what_was_known_and_later_changes_do_not_alter_it(either_days):
    days = either_days
    worker = days.day("2026-03-10").register()
    count(days, 40, month="2026-03")
    assert freeze(days, "2026-04-10") == 2
    first = [("2026-04-10", 3, VILLAGE, 0, 1, 40), ("2026-04-10", 4, VILLAGE, 0, 1, 40)]
    assert kept(days) == first
    days.pay(worker, "2026-03", "2026-04")
    assert freeze(days, "2026-04-10") == 0 and kept(days) == first, "one a day"
    assert freeze(days, "2026-04-16") == 2
    assert kept(days)[2:] == [("2026-04-16", 3, VILLAGE, 1, 0, 40), ("2026-04-16", 4, VILLAGE, 1, 0, 40)]
    assert close(days, "2026-04-16") == 1
    assert freeze(days, "2026-04-17") == 1, "a month that is closed rests"


def test_no_row_of_what_was_frozen_can_be_changed_or_taken_out(either_days):
    days = either_days
    days.day("2026-03-10").register()
    close(days, "2026-04-16")
    for table in ("snapshot", "snapshot_day", "kept_rules", "closed_month"):
        column = {"snapshot": "active", "kept_rules": "kept_at", "closed_month": "at"}.get(table, "rows")
        for statement in (f"UPDATE {table} SET {column} = 7", f"DELETE FROM {table}"):
            with (
                pytest.raises(DatabaseError, match="only ever added to"), days.server.app.app_context(),
                transaction() as connection,
            ):  # fmt: skip
                assert connection.execute(text(statement)).rowcount
    assert days.do(snapshots.check, days.settings, days.now) == 1


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE snapshot SET active = active + 1 WHERE day = '2026-04-11'",
        "UPDATE snapshot SET eligible = 7 WHERE month = 24314 AND day = '2026-04-11'",
        "DELETE FROM snapshot WHERE month = 24314 AND day = '2026-04-11'",
        "UPDATE kept_rules SET body = '{}'",
    ],
)
def test_what_was_changed_behind_the_triggers_breaks_the_seal_and_is_told(days, statement, monkeypatch):
    days.day("2026-03-10").register()
    count(days, 40, month="2026-03")
    freeze(days, "2026-04-10")
    freeze(days, "2026-04-11")
    whole = days.do(snapshots.figures_of, DISTRICT, "2026-04-11", "2026-04")
    assert whole["is_whole"] is True and days.do(snapshots.check, days.settings, days.now) == 2
    forced(days, statement)
    with pytest.raises(SealBroken) as broken:
        days.do(snapshots.check, days.settings, days.now)
    assert "2026-04-11" in broken.value.days and broken.value.plain.startswith("SealBroken: ")
    if "kept_rules" not in statement:
        assert broken.value.days == ["2026-04-11"]
        monkeypatch.setattr(snapshots, "REMEMBERED_MS", 0)  # as some minutes later
        monkeypatch.setattr(snapshots, "_SEEN", {})
        assert days.do(snapshots.figures_of, DISTRICT, "2026-04-11", "2026-04")["is_whole"] is False
        assert days.do(snapshots.figures_of, DISTRICT, "2026-04-10", "2026-04")["is_whole"] is True


def test_a_day_is_read_through_once_for_many_pages_and_again_after_some_minutes(days, monkeypatch):
    days.day("2026-03-10").register()
    count(days, 40, month="2026-03")
    freeze(days, "2026-04-11")
    read, sealed = [], snapshots.store.sealed
    monkeypatch.setattr(snapshots.store, "sealed", lambda *given: read.append(given[1]) or sealed(*given))
    clock = [days.now]
    monkeypatch.setattr(snapshots, "now_ms", lambda: clock[0])

    def shows(region: str) -> bool | None:
        return days.do(snapshots.figures_of, region, "2026-04-11", "2026-04")["is_whole"]

    assert [shows(region) for region in (DISTRICT, DISTRICT, VILLAGE, NEIGHBOUR)] == [True] * 4 and len(read) == 1
    clock[0] += snapshots.REMEMBERED_MS
    assert shows(DISTRICT) is True and len(read) == 2
    forced(days, "UPDATE snapshot SET registered = registered + 1 WHERE day = '2026-04-11'")
    assert shows(DISTRICT) is False and shows(VILLAGE) is False and len(read) == 4


def test_the_day_is_told_again_as_it_was_whatever_came_later(days):
    worker = days.day("2026-03-10").register()
    days.register(NEIGHBOUR, nik="6402115207909003", segment="apparatus")
    count(days, 60)
    days.pay(worker, "2026-03", "2026-04")
    freeze(days, "2026-04-10")
    then = {within: days.do(snapshots.figures_of, within, "2026-04-10", "2026-04") for within in ("id", DISTRICT, VILLAGE)}
    live = days.do(figures_of, DISTRICT, "2026-04", days.now)
    assert {name: then[DISTRICT][name] for name in ("total", "regions", "month")} == {
        name: live[name] for name in ("total", "regions", "month")
    }  # fmt: skip
    assert then[DISTRICT]["total"]["programs"] == {"JKK": 1, "JKM": 1, "JHT": 0}
    assert then[DISTRICT]["total"]["apart"]["apparatus"] == {"registered": 1, "active": 0}
    days.do(erase, [worker], "atas permintaan", None, days.settings, days.now)
    days.day("2026-05-20").register(nik="6402115207909004")
    close(days, "2026-05-20")
    for within, told in then.items():
        assert days.do(snapshots.figures_of, within, "2026-04-10", "2026-04") == told
    assert days.do(figures_of, DISTRICT, "2026-04", days.now)["total"]["registered"] == 0


def test_the_rules_of_that_day_tell_it_and_not_those_of_today(days, monkeypatch):
    days.day("2026-03-10").register()
    count(days, 40)
    freeze(days, "2026-04-10")
    texts = [(resources.files(rules) / name).read_text("utf-8") for name in rules.FILES]
    stricter = read([part.replace("value = 30\ntitle", "value = 50\ntitle") for part in texts])
    assert stricter.latest("small_below").value == 50
    monkeypatch.setattr(snapshots, "load", lambda: stricter)
    freeze(days, "2026-04-11")
    early, late = (days.do(snapshots.figures_of, VILLAGE, f"2026-04-1{n}", "2026-04") for n in (0, 1))
    assert (early["rules"]["small_below"], early["total"]["flag"], early["total"]["rate"]) == (30, None, 0.0)
    assert (late["rules"]["small_below"], late["total"]["flag"], late["total"]["rate"]) == (50, "small", None)
    assert early["rules"]["counted_segments"] == ["bpu"] and early["rules"]["hash"] != late["rules"]["hash"]
    monkeypatch.undo()
    assert days.do(snapshots.figures_of, VILLAGE, "2026-04-11", "2026-04") == late
    assert days.do(snapshots.rules_of, "2026-04-11").latest("small_below").value == 50


def test_rules_come_back_from_what_was_kept_of_them():
    again = restored(loads(snapshots.written_rules(load())))
    assert [replace(rule, note=dict(rule.note), title=dict(rule.title)) for rule in again] == [
        replace(rule, note=dict(rule.note), title=dict(rule.title)) for rule in load()
    ]  # fmt: skip
    assert snapshots.written_rules(again) == snapshots.written_rules(load())


def test_a_snapshot_of_before_says_that_it_did_not_count_programmes(days):
    with days.server.app.app_context(), transaction() as connection:
        old = dict.fromkeys(t.COUNTS, 3) | dict.fromkeys(t.NOT_KEPT_BEFORE)
        connection.execute(t.snapshot.insert().values(
            day="2025-11-20", month=2025 * 12 + 10, village=VILLAGE, eligible=40, eligible_month=2025 * 12, **old
        ))  # fmt: skip
    told = days.do(snapshots.figures_of, "64", "2025-11-20")
    assert (told["month"], told["total"]["active"], told["total"]["rate"]) == ("2025-11", 3, 0.075)
    assert (told["total"]["programs"], told["total"]["apart"], told["is_whole"]) == (None, None, None)
    assert days.do(snapshots.days) == [("2025-11-20", 1, None, None, None)]
    assert days.do(snapshots.check, days.settings, days.now) == 0, "what was never sealed can't be checked"


@pytest.mark.parametrize(("day", "month"), [("2026-04-09", "2026-04"), ("2026-04-10", "2026-02"), ("2026-04-10", "2027-01")])
def test_what_was_not_frozen_is_not_made_up(days, day, month):
    days.day("2026-03-10").register()
    freeze(days, "2026-04-10")
    with pytest.raises(NotFrozen):
        days.do(snapshots.figures_of, VILLAGE, day, month)
    assert days.do(snapshots.months_of, "2026-04-10") == ["2026-03", "2026-04"]


def test_the_source_of_a_denominator_is_told_only_while_it_says_the_frozen_number(days):
    days.day("2026-03-10").register()
    count(days, 40, month="2026-03")
    freeze(days, "2026-04-10")
    assert days.do(snapshots.figures_of, VILLAGE, "2026-04-10")["total"]["eligible"]["source"] == "BPS"
    days.desk(f"eligible:{VILLAGE}:2026-03", workers=60, source="Pendataan desa")
    told = days.do(snapshots.figures_of, VILLAGE, "2026-04-10")["total"]["eligible"]
    assert (told["count"], told["source"]) == (40, None)


# Month end ------------------------------------------------------------------------------------------------------------


def test_a_month_is_closed_on_the_day_after_its_late_payments_and_once(either_days):
    days = either_days
    worker = days.day("2026-03-10").register()
    days.register(nik="6402115207909003")
    assert close(days, "2026-04-15") == 0, "payments for March still come in"
    assert days.do(snapshots.closed_months) == {}
    days.pay(worker, "2026-03")
    assert close(days, "2026-04-16") == 1
    assert days.do(snapshots.closed_months) == {"2026-03": "2026-04-16"}
    closed = days.do(snapshots.figures_of, VILLAGE, "2026-04-16", "2026-03")
    assert (closed["total"]["active"], closed["complete"]) == (1, True)
    assert close(days, "2026-04-16") == 0 and close(days, "2026-05-10") == 0
    days.do(erase, [worker], "atas permintaan", None, days.settings, days.now)
    assert close(days, "2026-05-16") == 1
    assert days.do(snapshots.closed_months) == {"2026-03": "2026-04-16", "2026-04": "2026-05-16"}
    assert days.do(snapshots.figures_of, VILLAGE, "2026-04-16", "2026-03") == closed


def test_months_that_a_sleeping_machine_missed_are_closed_when_it_wakes(days):
    days.day("2026-03-10").register()
    close(days, "2026-04-16")
    assert close(days, "2026-08-03") == 3
    assert days.do(snapshots.closed_months) == {
        "2026-03": "2026-04-16", "2026-04": "2026-08-03", "2026-05": "2026-08-03", "2026-06": "2026-08-03",
    }  # fmt: skip
    assert close(days, "2026-08-16") == 1


def test_a_day_that_was_frozen_before_there_were_seals_closes_no_month(days):
    days.day("2026-03-10").register()
    with days.server.app.app_context(), transaction() as connection:
        connection.execute(t.snapshot.insert().values(
            day="2026-04-16", month=2026 * 12 + 3, village=VILLAGE, eligible=None, eligible_month=None,
            **dict.fromkeys(t.COUNTS, 1) | dict.fromkeys(t.NOT_KEPT_BEFORE),
        ))  # fmt: skip
    assert close(days, "2026-04-16") == 0 and close(days, "2026-04-17") == 1
    with days.server.reading() as connection:
        assert dumps(loads(connection.scalar(p.kept_rules.select().with_only_columns(p.kept_rules.c.body))))
