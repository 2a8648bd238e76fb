"""`sambung jobs` and `sambung jobs run`."""

from __future__ import annotations

from datetime import time
from typing import Any

import click

from schemas.change import from_ms
from server import audit
from server.cli.talk import as_json, installation, say, say_json, say_rows
from server.jobs.run import last_runs, run
from server.jobs.timetable import Job, When, timetable
from server.store.runs import Run


@click.group("jobs", invoke_without_command=True)
@as_json
@click.pass_context
def jobs(context: click.Context, json: bool) -> None:
    """Jadwal dan pekerjaan terakhir / The timetable and the last runs."""
    if context.invoked_subcommand:
        return
    with installation() as (_, settings):
        table = timetable(settings)
        done = last_runs(list(table))
        shown = [_shown(job, done[job.name], settings.timezone) for job in table.values()]
    if json:
        say_json(shown)
    else:
        say_rows([row | (row["runs"] or [_NEVER])[0] for row in shown],
                 "name", "when", "started", "seconds", "rows", "error", "what")  # fmt: skip


@jobs.command("run")
@click.argument("name")
def run_job(name: str) -> None:
    """Jalankan satu pekerjaan sekarang / Run one job now; harmless beside the scheduler."""
    with installation() as (_, settings):
        table = timetable(settings)
        if name not in table:
            raise click.BadParameter(f"{name}: {', '.join(table)}", param_hint="NAME")
        audit.look("job", job=name)
        failures: list[Exception] = []
        done = run(table[name], settings, failures.append)
        for failure in failures:
            raise failure
    say(f"{name}: {done.rows} rows, {_seconds(done)} s")


_NEVER: dict[str, Any] = {"started": None, "ended": None, "seconds": None, "rows": None, "error": None}


def _shown(job: Job, done: list[Run], zone: str) -> dict[str, Any]:
    return {
        "name": job.name, "what": f"{job.says[0]} / {job.says[1]}", "when": when_in_words(job.when, zone),
        "runs": [_run_shown(one) for one in done],
    }  # fmt: skip


def _run_shown(one: Run) -> dict[str, Any]:
    return {
        "started": from_ms(one.started_at), "ended": from_ms(one.ended_at) if one.ended_at else None,
        "seconds": _seconds(one), "rows": one.rows, "error": one.error,
    }  # fmt: skip


def _seconds(one: Run) -> float | None:
    return None if one.ended_at is None else round((one.ended_at - one.started_at) / 1000, 3)


def when_in_words(when: When, zone: str) -> str:
    if isinstance(when, time):
        return f"{when:%H:%M} {zone}"
    seconds = int(when.total_seconds())
    return f"{seconds // 60} min" if seconds % 60 == 0 else f"{seconds} s"


COMMANDS = (jobs,)
