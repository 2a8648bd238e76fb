"""The timetable: each job's name, what it does, when it runs by the settings, and the action behind it.

Every job is idempotent: run late, twice, or by two nodes at once it ends in the same state.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import time, timedelta
from typing import NamedTuple

from server.actions import (
    auditing,
    awards,
    backup,
    claim_cases,
    clocks,
    cover,
    decrees,
    drill,
    duplicates,
    evaluation,
    exporting,
    feedback,  # noqa: F401  whose finder the clocks ask
    funded,
    lists_work,
    merge_received,
    people_index,
    retention,
    silence,
    snapshots,
    succession,
    tidy,
)
from server.config import Settings

Action = Callable[[Settings, int], int]
When = timedelta | time
"""Again and again after so long; or each day at that hour of the setting `timezone`."""


class Job(NamedTuple):
    """says: what it does, in Indonesian and English. action(settings, now in ms): gives how many rows it was about."""

    name: str
    says: tuple[str, str]
    when: When
    action: Action


def timetable(settings: Settings) -> dict[str, Job]:
    """All jobs by name, in the order in which they are shown."""
    s = settings
    jobs = [
        Job("merge", ("menggabungkan kiriman yang baru diterima", "merges what was only received"),
            _seconds(s.merge_seconds), merge_received.merge_received),
        Job("coverage", ("menghitung kepesertaan yang tersentuh", "works out the coverage of what was touched"),
            _seconds(s.coverage_seconds), cover.refresh),
        Job("evaluation", ("memperbarui daftar kunjungan, masukan dan hasil sosialisasi",
                           "keeps lists of visits, feedback and what outreach brought up with what was synced"),
            _seconds(s.coverage_seconds), evaluation.follow),
        Job("people", ("memperbarui daftar pencarian pekerja", "keeps the index of workers up with what was synced"),
            _seconds(s.people_seconds), people_index.follow),
        Job("funded", ("menyandingkan iuran yang sah dengan anggaran", "lays confirmed contributions beside budgets"),
            _seconds(s.funded_seconds), funded.follow),
        Job("decrees", ("mengisi daftar SK dan mencatat siapa dibiayai", "fills lists of decrees and notes who is funded"),
            _seconds(s.decrees_seconds), decrees.work),
        Job("awards", ("menghitung nilai penghargaan yang diminta", "scores the awards for which it was asked"),
            _seconds(s.awards_seconds), awards.score_waiting),
        Job("duplicates", ("mencari orang ganda di antara yang baru masuk", "looks for doubles of whoever came in"),
            _seconds(s.duplicates_seconds), duplicates.find_duplicates),
        Job("silent", ("menandai perangkat yang lama diam", "marks devices not heard for long"),
            _minutes(s.silent_minutes), silence.mark_silent),
        Job("claims", ("menyusun keadaan klaim yang tersentuh", "draws what the claims that were touched have come to"),
            _seconds(s.coverage_seconds), claim_cases.follow),
        Job("full-claims", ("menyusun ulang keadaan semua klaim", "draws what all claims have come to from scratch"),
            _hour(s.full_coverage_at), claim_cases.draw_all),
        Job("clocks", ("mencari tenggat yang berjalan", "finds the terms that run"), _minutes(s.clocks_minutes), clocks.run),
        Job("full-coverage", ("menghitung ulang seluruh kepesertaan dan membandingkannya dengan yang diikuti",
                              "works out all coverage from scratch, and holds it against what was followed"),
            _hour(s.full_coverage_at), cover.cover_all),
        Job("succession", ("memindahkan data desa yang sudah berganti kode", "hands on what lies under codes that ended"),
            _seconds(s.succession_seconds), succession.move_on),
        Job("linkage", ("mencari orang ganda di antara semua orang", "looks for doubles among everybody"),
            _hour(s.linkage_at), duplicates.link_all),
        Job("snapshot", ("menyimpan angka kepesertaan hari ini", "keeps the day's coverage figures"),
            _hour(s.snapshot_at), cover.snapshot),
        Job("month-end", ("menutup bulan yang waktu bayarnya sudah lewat", "closes the months whose late payments are in"),
            _hour(s.month_end_at), cover.month_end),
        Job("seals", ("memeriksa segel angka yang dibekukan", "checks the seals of figures that were frozen"),
            timedelta(days=s.audit_days), snapshots.check),
        Job("backup", ("membuat cadangan tersegel, membuang yang terlama", "makes a sealed backup, drops the oldest"),
            _hour(s.backup_at), backup.nightly),
        Job("retention", ("membuang yang sudah lewat masa simpannya", "drops what is past its time"),
            _hour(s.retention_at), retention.run),
        Job("anchor", ("mencatat ujung rantai jejak di luar basis data", "notes the audit log's end beside the database"),
            _hour(s.anchor_at), auditing.anchor),
        Job("audit", ("memeriksa seluruh rantai jejak", "checks the whole chain of the audit log"),
            timedelta(days=s.audit_days), auditing.check),
        Job("drill", ("mencoba memulihkan cadangan terbaru di samping server", "tries the newest backup beside the server"),
            _hour(s.drill_at), drill.when_due),
        Job("exports", ("membuat daftar yang diminta untuk diunduh", "makes the lists that were asked for"),
            _seconds(s.exports_seconds), exporting.make_waiting),
        Job("lists", ("membaca dan mencocokkan daftar", "reads lists, matches them, writes what was accepted"),
            _seconds(s.lists_seconds), lists_work.work),
        Job("tidy", ("membuang sesi, penolakan, dan berkas yang kedaluwarsa", "drops expired sessions, refusals and files"),
            _hour(s.tidy_at), tidy.tidy),
    ]  # fmt: skip
    return {job.name: job for job in jobs}


def _seconds(number: int) -> timedelta:
    return timedelta(seconds=number)


def _minutes(number: int) -> timedelta:
    return timedelta(minutes=number)


def _hour(text: str) -> time:
    hour, _, minute = text.partition(":")
    return time(int(hour), int(minute))
