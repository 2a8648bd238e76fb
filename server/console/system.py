"""The system: its version, sizes and keys, its backups and the last restore that was tried, and every setting."""

from __future__ import annotations

from flask import Response, current_app

from schemas.problem import Both
from server import audit
from server.actions import drill as drills
from server.actions import system as act
from server.actions.drill import at_once, last_drills
from server.config import PREFIX
from server.console.door import Asking, ToDo, deed, desk, to_do
from server.console.settings_words import SAYS, UNITS
from server.jobs.run import run_apart
from server.jobs.timetable import timetable

DAY_MS = 24 * 60 * 60 * 1000
BACKUP_DUE_DAYS, DRILL_DUE_DAYS = 2, 35
FULL_SHARE = 0.1  # of the disk left free


@desk("/system", "see administration")
def system(asking: Asking) -> Response:
    about, backups, tried = act.about(asking.settings), act.backups(asking.settings), last_drills()
    told = [(PREFIX + each.name.upper(), each, _unit(each.name), SAYS.get(each.name))
            for each in act.settings_told(asking.settings)]  # fmt: skip
    return asking.render(
        "system.html", about=about, backups=backups, drills=tried, settings_told=told,
        is_full=about.disk_free < about.disk_total * FULL_SHARE, drill_late=_drill_trouble(asking) is not None,
        backup_late=_is_backup_late(asking, backups), why=[_why(each) for each in tried],
    )  # fmt: skip


@deed("/system/backup", "run the server")
def make_backup(asking: Asking) -> Response:
    audit.look("backup", asked=True)
    run_apart(current_app._get_current_object(), timetable(asking.settings)["backup"], asking.settings)  # type: ignore[attr-defined]
    says = ("Cadangan sedang dibuat; muat ulang sebentar lagi.", "The backup is being made; load this page again soon.")
    return asking.done(says, asking.url("system"))


@deed("/system/drill", "run the server")
def try_backup(asking: Asking) -> Response:
    audit.look("backup", drill=True, asked=True)
    job = timetable(asking.settings)["drill"]._replace(action=at_once)
    run_apart(current_app._get_current_object(), job, asking.settings)  # type: ignore[attr-defined]
    says = ("Cadangan terbaru sedang dicoba di samping server. Hasilnya muncul di sini.",
            "The newest backup is being tried beside the server. What comes of it shows here.")  # fmt: skip
    return asking.done(says, asking.url("system"))


@to_do
def backup_is_late(asking: Asking) -> ToDo | None:
    if not asking.may("see administration") or not _is_backup_late(asking, act.backups(asking.settings)):
        return None
    says = ("Tidak ada cadangan baru; buat sekarang", "There is no new backup; make one now")
    return ToDo(("Cadangan terlambat", "The backup is late"), 1, says, asking.url("system"), True)


@to_do
def drill_is_late(asking: Asking) -> ToDo | None:
    trouble = _drill_trouble(asking) if asking.may("see administration") else None
    return ToDo(("Latihan pemulihan", "Restore drill"), 1, trouble, asking.url("system"), True) if trouble else None


def _is_backup_late(asking: Asking, backups: list[act.BackupFile]) -> bool:
    """Two nights without one; a server that is younger than that is given the time."""
    last = max(act.began_at(), *(each.made_at for each in backups), 0)
    return asking.now - last > BACKUP_DUE_DAYS * DAY_MS


def _drill_trouble(asking: Asking) -> Both | None:
    last = drills.last_drills(1)
    if last and not last[0].is_good:
        return ("Cadangan terakhir yang dicoba TIDAK pulih", "The last backup that was tried did NOT come back")
    since = last[0].at if last else act.began_at()
    if asking.now - since > DRILL_DUE_DAYS * DAY_MS:
        return ("Sudah lama tidak dicoba; coba sekarang", "Not tried for long; try it now")
    return None


def _unit(name: str) -> Both | None:
    return next((both for ending, both in UNITS.items() if name.endswith(ending)), None)


def _why(tried: drills.Drill) -> Both | None:
    if not tried.why:
        return None
    first, _, second = tried.why.partition(" / ")
    return first, second or first
