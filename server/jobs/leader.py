"""Exactly one scheduler in an installation: whoever holds this lock leads, and a dead leader holds nothing.

On PostgreSQL it is a session's advisory lock, wherever the nodes are; otherwise a locked file in the data directory,
which the operating system frees with the process. Neither has a time to run out: nobody leads on by mistake.
"""

from __future__ import annotations

import threading
from typing import Protocol

from filelock import FileLock, Timeout
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from server.config import Settings

LOCK_NUMBER = 0x53_41_4D_42_55_4E_47  # "SAMBUNG"; advisory locks are numbered, and count within one database
FILE_NAME = "scheduler.lock"

# A node that loses its power or its cable says no goodbye. Within about ten seconds either end knows.
_SHORT_BREATH = {
    "connect_timeout": 5, "keepalives": 1, "keepalives_idle": 4, "keepalives_interval": 2, "keepalives_count": 3,
    "tcp_user_timeout": 10_000, "application_name": "sambung scheduler",
    "options": "-c tcp_keepalives_idle=4 -c tcp_keepalives_interval=2 -c tcp_keepalives_count=3"
    " -c tcp_user_timeout=10000",
}  # fmt: skip


class Leadership(Protocol):
    def take(self) -> bool:
        """Lead if nobody else does; harmless to repeat. Never waits for another leader."""

    def is_held(self) -> bool:
        """Whether we still lead. Once it was lost it stays so until `take` wins it anew."""

    def give_up(self) -> None: ...


def leadership(settings: Settings) -> Leadership:
    """The lock of the installation that the settings name."""
    return AdvisoryLock(settings.url) if settings.url.startswith("postgresql") else LockedFile(settings)


class AdvisoryLock:
    """Held by one database session that does nothing else, on a connection outside of any pool.

    A pooler that gives each statement another session (pgbouncer in transaction mode) would break it; that is seen by
    the number of the session's process, and then nobody leads. Point SAMBUNG_DATABASE_URL at the server itself.
    """

    def __init__(self, url: str) -> None:
        self._engine = create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT", connect_args=_SHORT_BREATH)
        self._guard = threading.Lock()  # jobs ask at the same time as the watch
        self._session: tuple[Connection, int] | None = None

    def take(self) -> bool:
        with self._guard:
            return self._is_held() or self._take()

    def is_held(self) -> bool:
        with self._guard:
            return self._is_held()

    def give_up(self) -> None:
        with self._guard:
            self._close()

    def _take(self) -> bool:
        try:
            connection = self._engine.connect()
        except SQLAlchemyError:
            return False
        try:
            asked = text("SELECT pg_backend_pid(), pg_try_advisory_lock(:number)")
            process, won = connection.execute(asked, {"number": LOCK_NUMBER}).one()
        except SQLAlchemyError:
            won = False
        if won:
            self._session = (connection, process)
        else:
            connection.close()
        return bool(won)

    def _is_held(self) -> bool:
        if self._session is None:
            return False
        connection, process = self._session
        try:
            if connection.scalar(text("SELECT pg_backend_pid()")) == process:
                return True
        except SQLAlchemyError:
            pass  # the connection is cut, and the lock went with it
        self._close()
        return False

    def _close(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            try:
                session[0].close()
            except SQLAlchemyError:
                session[0].invalidate()


class LockedFile:
    """Holds for the processes of one machine, which is all that one SQLite file can serve."""

    def __init__(self, settings: Settings) -> None:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        # Not of one thread: the watch takes it, the jobs' threads ask whether it is held.
        self._lock = FileLock(settings.data_dir / FILE_NAME, timeout=0, thread_local=False)

    def take(self) -> bool:
        if not self._lock.is_locked:
            try:
                self._lock.acquire()
            except (Timeout, OSError):
                return False
        return True

    def is_held(self) -> bool:
        return bool(self._lock.is_locked)

    def give_up(self) -> None:
        self._lock.release(force=True)
