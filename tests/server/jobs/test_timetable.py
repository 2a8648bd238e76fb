"""What runs when: by the settings, and after a night without anybody awake."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

from server.config import BadSetting, Settings, load_settings
from server.jobs.scheduler import due
from server.jobs.timetable import timetable

NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)  # noon in Muara Kaman
HALF_PAST_TWO = CronTrigger(hour=2, minute=30, timezone=ZoneInfo("Asia/Makassar"))
EVERY_MINUTE = IntervalTrigger(seconds=60, timezone=UTC)

INTERVALS = {
    "merge": ("merge_seconds", timedelta(seconds=7)),
    "coverage": ("coverage_seconds", timedelta(seconds=7)),
    "exports": ("exports_seconds", timedelta(seconds=7)),
    "lists": ("lists_seconds", timedelta(seconds=7)),
    "audit": ("audit_days", timedelta(days=7)),
    "evaluation": ("coverage_seconds", timedelta(seconds=7)),
    "seals": ("audit_days", timedelta(days=7)),
    "funded": ("funded_seconds", timedelta(seconds=7)),
    "decrees": ("decrees_seconds", timedelta(seconds=7)),
    "awards": ("awards_seconds", timedelta(seconds=7)),
    "people": ("people_seconds", timedelta(seconds=7)),
    "duplicates": ("duplicates_seconds", timedelta(seconds=7)),
    "succession": ("succession_seconds", timedelta(seconds=7)),
    "silent": ("silent_minutes", timedelta(minutes=7)),
    "claims": ("coverage_seconds", timedelta(seconds=7)),
    "clocks": ("clocks_minutes", timedelta(minutes=7)),
}
HOURS = {
    "drill": "drill_at", "retention": "retention_at", "anchor": "anchor_at",
    "full-coverage": "full_coverage_at", "linkage": "linkage_at", "snapshot": "snapshot_at", "month-end": "month_end_at",
    "backup": "backup_at", "full-claims": "full_coverage_at",
    "tidy": "tidy_at",
}  # fmt: skip


def ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


@pytest.mark.parametrize("job", INTERVALS)
def test_every_interval_is_a_setting(job):
    setting, when = INTERVALS[job]
    assert timetable(load_settings({f"SAMBUNG_{setting.upper()}": "7"}))[job].when == when


@pytest.mark.parametrize("job", HOURS)
def test_every_hour_is_a_setting(job):
    assert timetable(load_settings({f"SAMBUNG_{HOURS[job].upper()}": "23:05"}))[job].when == time(23, 5)


def test_every_job_says_what_it_does_in_both_languages():
    jobs = timetable(Settings())
    assert jobs.keys() == INTERVALS.keys() | HOURS.keys()
    assert all(len(text) > 10 for job in jobs.values() for text in job.says)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SAMBUNG_MERGE_SECONDS", "0"), ("SAMBUNG_MERGE_SECONDS", "-1"), ("SAMBUNG_MERGE_SECONDS", "soon"),
        ("SAMBUNG_BACKUPS_KEPT", "0"), ("SAMBUNG_BACKUP_AT", "24:00"), ("SAMBUNG_BACKUP_AT", "noon"),
        ("SAMBUNG_TIMEZONE", "Asia/Atlantis"), ("SAMBUNG_TIMEZONE", "Asia"), ("SAMBUNG_TIMEZONE", "../etc/passwd"),
        ("SAMBUNG_BAKUP_AT", "02:30"),
    ],
)  # fmt: skip
def test_a_wrong_setting_stops_the_start_and_is_named(name, value):
    with pytest.raises(BadSetting, match=name):
        load_settings({name: value})


def test_a_leader_that_is_new_goes_on_from_the_last_run_of_the_old_one():
    assert due(EVERY_MINUTE, ms(NOW - timedelta(seconds=40)), NOW) == NOW + timedelta(seconds=20)
    assert due(EVERY_MINUTE, ms(NOW - timedelta(hours=3)), NOW) == NOW


def test_a_backup_that_a_sleeping_laptop_missed_is_made_when_it_wakes():
    yesterday = NOW - timedelta(days=1)
    assert due(HALF_PAST_TWO, ms(yesterday), NOW) == NOW


def test_a_backup_made_this_night_is_not_made_again_before_the_next():
    this_night = datetime(2026, 11, 22, 18, 30, 0, 120_000, tzinfo=UTC)  # 02:30 in Makassar, a moment late
    assert due(HALF_PAST_TWO, ms(this_night), NOW) == datetime(2026, 11, 23, 18, 30, tzinfo=UTC)


def test_a_new_installation_works_out_coverage_at_once_and_waits_with_its_backup_for_the_night():
    assert due(EVERY_MINUTE, None, NOW) == NOW
    assert due(HALF_PAST_TWO, None, NOW) == datetime(2026, 11, 23, 18, 30, tzinfo=UTC)


def test_a_last_run_that_a_wrong_clock_put_into_next_year_stops_no_job():
    next_year = ms(NOW + timedelta(days=365))
    assert due(EVERY_MINUTE, next_year, NOW) == NOW
    assert due(HALF_PAST_TWO, next_year, NOW) == datetime(2026, 11, 23, 18, 30, tzinfo=UTC)


def test_a_setting_changed_in_code_is_taken_as_it_is():
    assert timetable(replace(Settings(), merge_seconds=3))["merge"].when == timedelta(seconds=3)
