"""A server called in process: what is measured is ours, not the network's."""

from __future__ import annotations

import io
import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson
import structlog
from flask import Flask

from bench.phones import Answer, Phone
from server.actions.enrol import make_code
from server.actions.initialise import initialise
from server.app import create_app
from server.clock import now_ms
from server.config import Settings
from server.db import Connection, db, reading, transaction
from server.serving import settle_memory

VILLAGE = "64.02.11.2005"  # Muara Kaman Ulu
NS = 1_000_000_000


def call(app: Callable[..., Iterable[bytes]], path: str, body: bytes, headers: Mapping[str, str]) -> Answer:
    """One POST through WSGI, with next to nothing around it: a test client costs as much as a small request."""
    told: list[Any] = []
    environ = {
        "REQUEST_METHOD": "POST", "PATH_INFO": path, "SCRIPT_NAME": "", "QUERY_STRING": "", "REMOTE_ADDR": "127.0.0.1",
        "SERVER_NAME": "127.0.0.1", "SERVER_PORT": "80", "SERVER_PROTOCOL": "HTTP/1.1",
        "CONTENT_TYPE": "application/json", "CONTENT_LENGTH": str(len(body)),
        "wsgi.url_scheme": "http", "wsgi.input": io.BytesIO(body), "wsgi.errors": io.StringIO(),
        "wsgi.version": (1, 0), "wsgi.multithread": True, "wsgi.multiprocess": False, "wsgi.run_once": False,
        **{f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items()},
    }  # fmt: skip
    parts = app(environ, lambda status, headers, error=None: told.append((status, headers)))
    answer = b"".join(parts)
    parts.close()  # type: ignore[attr-defined]  # whatever Flask does at a request's end is a part of it
    status, given = told[0]
    return Answer(status, dict(given), answer)


class Served:
    """An application over a database of its own."""

    def __init__(self, folder: Path, url: str = "", **settings: Any) -> None:
        """folder: an empty one; the SQLite file lies in it. url: of an empty PostgreSQL database, to take that."""
        self.settings = Settings(data_dir=folder, database_url=url, device_requests_per_minute=10**9, **settings)
        self.app: Flask = create_app(self.settings)
        with self.app.app_context():
            initialise(self.settings, now_ms())
        settle_memory()

    def phone(self, *villages: str) -> Phone:
        """A phone enrolled for these villages."""
        with self.app.app_context():
            code = make_code("Petugas", villages or (VILLAGE,), self.settings, now_ms()).code
        made = orjson.loads(call(self.app, "/api/v1/enrol", orjson.dumps({"code": code}), {}).body)
        return Phone(made["device"], made["token"], villages or (VILLAGE,))

    def sync(self, phone: Phone, body: bytes) -> Answer:
        """Let a phone send a body that `phone.body` made; it keeps the cursors that it is told."""
        answer = self.post(phone, body)
        phone.take(answer)
        return answer

    def post(self, phone: Phone, body: bytes) -> Answer:
        return call(self.app, "/api/v1/sync", body, phone.headers)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        with self.app.app_context(), reading() as connection:
            yield connection

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        with self.app.app_context(), transaction() as connection:
            yield connection

    def close(self) -> None:
        with self.app.app_context():
            db.engine.dispose()


class Cpu:
    """CPU seconds of this process and of some others, such as the database's backends."""

    def __init__(self, *pids: int) -> None:
        self.pids = pids

    def spent(self) -> float:
        return time.process_time() + self.of_others()

    def of_others(self) -> float:
        return sum(map(_spent_by, self.pids))

    def of(self, work: Callable[..., Any], *given: Any) -> float:
        """What one call costs."""
        before = self.spent()
        work(*given)
        return self.spent() - before


def _spent_by(pid: int) -> float:
    """All threads of a process. Linux counts in nanoseconds or, where it was built without that, in ticks."""
    try:
        tasks = Path(f"/proc/{pid}/task").iterdir()
        return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / NS
    except FileNotFoundError:
        user, system = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def say_nothing() -> None:
    """The server's log lines cost what they cost in service, and go nowhere."""
    structlog.configure(logger_factory=structlog.WriteLoggerFactory(file=Path(os.devnull).open("w")))
