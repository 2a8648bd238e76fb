"""The timetable: when each job runs, how its last run ended, and when the next one is due; and run one now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, NamedTuple

from flask import Response, current_app, request

from schemas import problem
from schemas.problem import Both
from server import audit
from server.actions.regions import region_names
from server.console.door import Asking, ToDo, deed, desk, fingerprint, to_do, unchanged
from server.jobs.run import last_runs, newest_runs, next_run, run_apart
from server.jobs.timetable import Job, When, timetable
from server.problems import Refusal
from server.store.runs import Run

HUNG_MS = 6 * 60 * 60 * 1000
"""A run that has not ended for so long died with its process."""


MEANS: dict[str, Both] = {
    "Broken": ("Rantai catatan jejak putus. Jangan ubah apa pun; lihat Catatan jejak dan laporkan.",
               "The audit log's chain is broken. Change nothing; see the audit log, and report it."),
    "DrillFailed": ("Cadangan terbaru tidak bisa dipulihkan utuh. Lihat Sistem dan cadangan.",
                    "The newest backup does not come back whole. See System and backups."),
    "CantKeep": ("Cadangan tidak bisa dibuat. Lihat Sistem dan cadangan.", "No backup can be made. See System and backups."),
    "OSError": ("Disk server menolak atau penuh.", "The server's disk refused or is full."),
    "OperationalError": ("Basis data tidak menjawab atau terkunci; dicoba lagi pada waktunya.",
                         "The database did not answer or was locked; it is tried again when it is due."),
}  # fmt: skip
"""What the other errors that a job may end in mean, by their class."""


class Shown(NamedTuple):
    """state: running, good, failed, broken off, never."""

    job: Job
    when: Both
    last: Run | None
    state: str
    next: int | None


SAYS: dict[str, Both] = {
    "Differs": (
        "Hitung ulang berbeda dari yang diikuti, dan sudah dibetulkan. Laporkan kepada pembuat program. Baris per desa",
        "The recount differed from what was followed, and was mended. Report it to the makers. Rows by village",
    ),
    "SealBroken": (
        "Angka beku tidak sama dengan segelnya. Bandingkan dengan cadangan sebelum dipakai. Hari",
        "Frozen figures do not fit their seal. Hold them against a backup before they are used. Days",
    ),
}
"""Errors that say more than their class, by its name: see `server.jobs.run`."""


def _worded(asking: Asking, runs: Sequence[Run]) -> list[Run]:
    """The runs, with what an error says in words, and villages by name."""
    said = [run.error.partition(": ") for run in runs if run.error and ": " in run.error]
    codes = {part.split(" ")[0] for _, _, rest in said for part in rest.split(", ")}
    known = region_names(sorted(codes)) if codes else {}
    return [run._replace(error=_words(asking, run.error, known)) if run.error else run for run in runs]


def _words(asking: Asking, error: str, known: Mapping[str, str]) -> str:
    name, _, rest = error.partition(": ")
    if name not in SAYS or not rest:
        return error
    parts = [part.split(" ") for part in rest.split(", ")]
    told = (" ".join([f"{known[code]} ({code})" if code in known else code, *more]) for code, *more in parts)
    return f"{asking.t(*SAYS[name])}: {', '.join(told)}."


@desk("/jobs", "see administration")
def jobs(asking: Asking) -> Response:
    table = timetable(asking.settings)
    newest = {run.job: run for run in _worded(asking, list(newest_runs(table).values()))}
    mark = fingerprint(newest, asking.lang, asking.now // 60_000)
    if asking.is_partial and request.args.get("was") == mark:
        return unchanged()
    shown = [_shown(asking, job, newest.get(job.name)) for job in table.values()]
    return asking.render("jobs.html", part="rows", jobs=shown, mark=mark, means=means)


@desk("/jobs/<job>", "see administration")
def job(asking: Asking, job: str) -> Response:
    wanted = _wanted(asking, job)
    done = _worded(asking, last_runs([wanted.name])[wanted.name])
    shown = _shown(asking, wanted, done[0] if done else None)
    return asking.render("job.html", shown=shown, runs=done, means=means,
                         states=[_state(one, asking.now) for one in done])  # fmt: skip


@deed("/jobs/<job>/run", "run the server")
def run_job(asking: Asking, job: str) -> Response:
    """Every job may run beside the clock's own run of it, and ends in the same state."""
    wanted = _wanted(asking, job)
    audit.look("job", job=wanted.name)
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    run_apart(app, wanted, asking.settings)
    says = (f"Tugas {wanted.name} dimulai.", f"The job {wanted.name} has begun.")
    return asking.done(says, asking.url("job", job=wanted.name))


@to_do
def failed_jobs(asking: Asking) -> ToDo | None:
    """Whose last run failed, or never came to its end."""
    if not asking.may("see administration"):
        return None
    newest = newest_runs(timetable(asking.settings))
    failed = [name for name, run in newest.items() if _state(run, asking.now) in ("failed", "broken off")]
    if not failed:
        return None
    says = (", ".join(failed), ", ".join(failed))
    return ToDo(("Tugas terjadwal gagal", "Jobs that failed"), len(failed), says, asking.url("jobs"), True)


def _wanted(asking: Asking, name: str) -> Job:
    found = timetable(asking.settings).get(name)
    if found is None:
        raise Refusal(problem.NOT_FOUND)
    return found


def _shown(asking: Asking, job: Job, last: Run | None) -> Shown:
    coming = next_run(job.when, last.started_at if last else None, asking.now, asking.settings.timezone)
    return Shown(job, when_in_words(job.when, asking.settings.timezone), last, _state(last, asking.now), coming)


def means(error: str | None) -> Both | None:
    """What an error says in words, where it is one that is known."""
    return MEANS.get((error or "").partition(":")[0])


def _state(run: Run | None, now: int) -> str:
    if run is None:
        return "never"
    if run.ended_at is None:
        return "running" if now - run.started_at < HUNG_MS else "broken off"
    return "failed" if run.error else "good"


def when_in_words(when: When, zone: str) -> Both:
    if not isinstance(when, timedelta):
        hour = f"{when:%H.%M}"
        return f"tiap hari pukul {hour}", f"daily at {hour}"
    seconds: Any = int(when.total_seconds())
    for size, indonesian, english in ((86_400, "hari", "day"), (3_600, "jam", "hour"), (60, "menit", "minute")):
        count = seconds // size
        if seconds % size == 0:
            return f"tiap {count} {indonesian}", f"every {english}" if count == 1 else f"every {count} {english}s"
    return f"tiap {seconds} detik", f"every {seconds} seconds"
