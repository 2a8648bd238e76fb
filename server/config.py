"""Settings: read once at the start from `SAMBUNG_<NAME>`; a wrong one stops the start and says which."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

PREFIX = "SAMBUNG_"
_AT_LEAST_ONE = ("_SECONDS", "_MINUTES", "_HOURS", "_DAYS", "_KEPT", "_THREADS")


class BadSetting(ValueError):
    """A setting can't be used; the text says which, and what it takes."""


@dataclass(frozen=True)
class Settings:
    """Every setting with its unit in its name and its default. A secret has none."""

    data_dir: Path = Path("var")
    database_url: str = ""  # a SQLAlchemy URL; empty: a SQLite file in the data directory
    public_url: str = "http://127.0.0.1:8000"  # what enrolment codes point to
    secret: str = field(default="", repr=False)  # seals keys in the database; empty: the file `secret` of the data dir
    backup_key: str = field(default="", repr=False)  # seals backups; empty: the file `backup.key` of the data dir
    metrics_token: str = field(default="", repr=False)  # bearer for /metrics from elsewhere; empty: only from this machine
    threads: int = 8
    trusted_proxies: int = 0  # how many reverse proxies stand before us and may say who calls

    max_changes: int = 1000  # taken of one sync request
    max_bytes: int = 4 * 1024 * 1024  # of one request body, inflated
    answer_bytes: int = 256 * 1024  # of records in one answer, uncompressed
    device_requests_per_minute: int = 600
    refusals_per_address: int = 10  # wrong enrolment codes or passwords in ten minutes
    refusals_altogether: int = 300
    max_file_bytes: int = 5 * 1024 * 1024  # of one photo or signature
    uploads_per_device: int = 20  # unfinished at a time; beyond it the oldest is dropped
    village_wait_ms: int = 2000  # how long a sync waits for a busy village before its changes are only received

    enrolment_hours: int = 72
    recovery_hours: int = 24
    session_hours: int = 12
    waiting_days: int = 14  # after which a received change is shown to the operator
    silent_days: int = 7
    max_list_bytes: int = 200 * 1024 * 1024  # of a list that is brought: a branch's members, a regency's workers
    list_days: int = 90  # after which a list's file and what its rows say are dropped
    file_days: int = 14  # after which an unfinished upload, or a file that no change names, is dropped
    backups_kept: int = 14
    export_days: int = 7  # after which a list that was asked for is dropped
    drill_days: int = 7  # from one restore that is tried to the next
    backup_dir: str = ""  # empty: `backups` in the data directory
    files_dir: str = ""  # photos, sealed; empty: `files` in the data directory. Several nodes share one

    merge_seconds: int = 20
    coverage_seconds: int = 60
    lists_seconds: int = 5
    exports_seconds: int = 5  # how often lists that were asked for are looked for
    funded_seconds: int = 60  # how soon a confirmed contribution stands beside the budget that paid it
    decrees_seconds: int = 5  # how often lists of decrees that are to be filled are looked for
    awards_seconds: int = 5  # how often awards that are to be scored are looked for
    people_seconds: int = 15  # how soon whoever was synced is found at the desks
    duplicates_seconds: int = 60
    succession_seconds: int = 300
    silent_minutes: int = 60
    clocks_minutes: int = 15  # how soon a term that runs is found: accidents, agreements, findings, feedback
    linkage_at: str = "04:30"  # hours of the zone below
    snapshot_at: str = "01:30"
    month_end_at: str = "01:45"
    full_coverage_at: str = "22:20"  # before a new day draws everybody anew, in the east first
    backup_at: str = "02:30"
    tidy_at: str = "03:30"
    drill_at: str = "05:30"
    anchor_at: str = "04:00"
    retention_at: str = "03:00"
    audit_days: int = 7  # how often the audit log's whole chain is checked
    leader_seconds: int = 2  # how often a node looks whether the scheduler is without a leader
    job_runs_kept: int = 50  # of each job
    timezone: str = "Asia/Makassar"
    public_page: str = "yes"  # no: nobody is shown figures at /publik

    @property
    def is_public(self) -> bool:
        return self.public_page == "yes"

    @property
    def url(self) -> str:
        return self.database_url or f"sqlite:///{(self.data_dir / 'sambung.db').absolute()}"

    @property
    def sqlite_file(self) -> Path | None:
        """The database's file, where it is one."""
        path = self.url.removeprefix("sqlite:///").partition("?")[0]
        return Path(path) if self.url.startswith("sqlite:///") and path and path != ":memory:" else None

    @property
    def files(self) -> Path:
        return Path(self.files_dir) if self.files_dir else self.data_dir / "files"

    @property
    def lists(self) -> Path:
        return self.files / "lists"

    @property
    def backups(self) -> Path:
        return Path(self.backup_dir) if self.backup_dir else self.data_dir / "backups"


def load_settings(environment: Mapping[str, str] = os.environ) -> Settings:
    """Settings from the environment. Raises BadSetting for a value that can't be read, and for a name there is not."""
    known = {PREFIX + f.name.upper(): f for f in fields(Settings)}
    given = {name: value for name, value in environment.items() if name.startswith(PREFIX)}
    for name in given.keys() - known.keys():
        raise BadSetting(f"there is no setting {name}; known are {', '.join(sorted(known))}")
    return Settings(**{known[name].name: _read(name, known[name].default, value) for name, value in given.items()})


def _read(name: str, default: object, value: str) -> object:
    if isinstance(default, int):
        if not value.isascii() or not value.isdigit():
            raise BadSetting(f"{name} takes a whole number, not {value!r}")
        if int(value) == 0 and name.endswith(_AT_LEAST_ONE):
            raise BadSetting(f"{name} takes a number from 1 on")
        return int(value)
    if isinstance(default, Path):
        return Path(value)
    if name.endswith("_AT") and not _is_hour(value):
        raise BadSetting(f"{name} takes an hour like 02:30, not {value!r}")
    if name == PREFIX + "PUBLIC_PAGE" and value not in ("yes", "no"):
        raise BadSetting(f"{name} takes yes or no, not {value!r}")
    if name == PREFIX + "TIMEZONE" and not _is_zone(value):
        raise BadSetting(f"{name} takes a time zone like Asia/Makassar, not {value!r}")
    return value


def _is_hour(value: str) -> bool:
    hour, colon, minute = value.partition(":")
    return bool(colon) and hour.isdigit() and minute.isdigit() and int(hour) < 24 and int(minute) < 60


def _is_zone(value: str) -> bool:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # a folder's name is no zone either
        return False
    return True
