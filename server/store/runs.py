"""What the jobs did: the last runs of each."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection, delete, select, update

from server.store import tables as t


class Run(NamedTuple):
    """Times in milliseconds. ended_at: None while it runs, or when its process died. error: a class, and what it may say."""

    id: int
    job: str
    started_at: int
    ended_at: int | None
    rows: int | None
    error: str | None


_RUN = tuple(t.job_run.c[name] for name in Run._fields)


def begin(connection: Connection, job: str, now: int) -> int:
    made = connection.execute(t.job_run.insert().values(job=job, started_at=now, ended_at=None, rows=None, error=None))
    return int(made.inserted_primary_key[0])


def end(connection: Connection, run: int, now: int, rows: int | None, error: str | None) -> None:
    connection.execute(update(t.job_run).where(t.job_run.c.id == run).values(ended_at=now, rows=rows, error=error))


def of_job(connection: Connection, job: str, most: int = 1000) -> list[Run]:
    """The last runs of a job, newest first."""
    query = select(*_RUN).where(t.job_run.c.job == job).order_by(t.job_run.c.started_at.desc(), t.job_run.c.id.desc())
    return [Run(*row) for row in connection.execute(query.limit(most))]


def last_start(connection: Connection, job: str) -> int | None:
    """When the job last began, by the clock of whoever ran it."""
    query = select(t.job_run.c.started_at).where(t.job_run.c.job == job).order_by(t.job_run.c.started_at.desc())
    return connection.scalar(query.limit(1))


def drop_old(connection: Connection, job: str, kept: int) -> None:
    """Keep the last runs of a job alone."""
    newest = (
        select(t.job_run.c.id).where(t.job_run.c.job == job)
        .order_by(t.job_run.c.started_at.desc(), t.job_run.c.id.desc()).limit(kept)
    )  # fmt: skip
    connection.execute(delete(t.job_run).where(t.job_run.c.job == job, t.job_run.c.id.not_in(newest)))
