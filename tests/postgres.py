"""A PostgreSQL of our own for tests and measurements: made in a folder of its own, gone when they end.

    with Cluster() as cluster:                 # raises Unavailable, with the reason, where PostgreSQL can't be had
        url = cluster.database()               # a fresh, empty database, as an SQLAlchemy URL

It listens on a Unix socket in its folder alone, so it never meets another server on this machine.
"""

import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from itertools import count
from pathlib import Path

USER = "sambung"
# Without these a test's data would survive a power cut, which costs most of its time. A measurement keeps them on.
HASTY = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")
MODEST = ("listen_addresses=", "max_connections=60", "shared_buffers=64MB", "log_min_messages=warning")
START_WITHIN_SECONDS = 30


class Unavailable(Exception):
    """PostgreSQL can't be had on this machine; the text says why."""


class Cluster:
    """One PostgreSQL server of ours: started by `with`, stopped by its own process id at the end.

    durable: keep what was committed through a power cut, as in service; for measurements.
    settings: further lines of postgresql.conf, "work_mem=8MB".
    """

    def __init__(self, *, durable: bool = False, settings: tuple[str, ...] = ()) -> None:
        self._settings = MODEST + (() if durable else HASTY) + settings
        self._numbers = count(1)
        self._templates: dict[str, str] = {}
        self.pid: int | None = None

    def __enter__(self) -> "Cluster":
        programs = find_programs()
        # A socket's path has room for some hundred letters; pytest's own folders are too deep.
        self.folder = Path(tempfile.mkdtemp(prefix="sambung-pg-"))
        try:
            self._make(programs)
            self._start(programs)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        if self.pid is not None:
            self._server.send_signal(2)  # "fast": ends the sessions that a failed test left open
            self._server.wait(START_WITHIN_SECONDS)
            self.pid = None
        shutil.rmtree(self.folder, ignore_errors=True)

    def url(self, database: str) -> str:
        """`database` as SQLAlchemy names it."""
        return f"postgresql+psycopg://{USER}@/{database}?host={self.folder}"

    def conninfo(self, database: str) -> str:
        """`database` as psycopg and psql name it."""
        return f"host={self.folder} user={USER} dbname={database}"

    def database(self, template: str = "template1") -> str:
        """Make a database, a copy of `template`, and return its URL."""
        name = f"village_{next(self._numbers)}"
        self._say(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return self.url(name)

    def template(self, name: str, prepare: Callable[[str], object]) -> str:
        """Return the name of a template database, which `prepare(url)` fills the first time it is asked for.

        `prepare` leaves no connection open, or PostgreSQL refuses to copy. A copy of a migrated schema costs 50 ms,
        its migration many times that.
        """
        if name not in self._templates:
            self._templates[name] = self.database()
            prepare(self._templates[name])
        return _database_of(self._templates[name])

    def drop(self, url: str) -> None:
        """Remove the database at `url`, whoever is still connected to it."""
        self._say(f'DROP DATABASE IF EXISTS "{_database_of(url)}" WITH (FORCE)')

    def _make(self, programs: Path) -> None:
        if self._other_user:
            shutil.chown(self.folder, *self._other_user)
        self._run(
            programs / "initdb", "--pgdata", self.folder / "data", "--username", USER, "--auth", "trust",
            "--encoding", "UTF8", "--locale", "C.UTF-8", "--no-sync", "--no-instructions",
        )  # fmt: skip

    def _start(self, programs: Path) -> None:
        settings = (*self._settings, f"unix_socket_directories={self.folder}")
        options = [word for setting in settings for word in ("-c", setting)]
        self._log = self.folder / "log"
        with self._log.open("wb") as log:
            self._server = subprocess.Popen(
                [programs / "postgres", "-D", self.folder / "data", *options],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.folder, start_new_session=True, **self._as,
            )  # fmt: skip
        self.pid = self._server.pid
        self._await()

    def _await(self) -> None:
        import psycopg

        end = time.monotonic() + START_WITHIN_SECONDS
        while self._server.poll() is None and time.monotonic() < end:
            try:
                psycopg.connect(self.conninfo("postgres"), connect_timeout=2).close()
                return
            except psycopg.OperationalError:
                time.sleep(0.05)
        raise Unavailable(f"PostgreSQL did not start: {self._log.read_text(errors='replace')[-500:]}")

    def _say(self, statement: str) -> None:
        import psycopg

        with psycopg.connect(self.conninfo("postgres"), autocommit=True) as connection:
            connection.execute(statement)

    def _run(self, *command: str | Path) -> None:
        done = subprocess.run(command, capture_output=True, text=True, cwd=self.folder, **self._as)
        if done.returncode:
            raise Unavailable(f"{command[0]} failed: {done.stderr.strip()[-500:]}")

    @property
    def _other_user(self) -> tuple[int, int] | None:
        """Whom the server runs as when we are root, which PostgreSQL refuses to be."""
        if os.geteuid() != 0:
            return None
        import pwd  # unknown on Windows

        for name in ("postgres", "nobody"):
            try:
                return pwd.getpwnam(name)[2:4]
            except KeyError:
                continue
        raise Unavailable("PostgreSQL will not run as root, and there is no user postgres or nobody")

    @property
    def _as(self) -> dict:
        user = self._other_user
        return {"user": user[0], "group": user[1], "extra_groups": ()} if user else {}


def find_programs() -> Path:
    """Return the folder of initdb and postgres, the newest version there is; raises Unavailable."""
    if os.name == "nt":
        raise Unavailable("the tests start PostgreSQL on a Unix socket, which Windows lacks")
    try:
        import psycopg  # noqa: F401
    except ImportError:
        raise Unavailable("psycopg is not installed (requirements/postgres.txt)") from None
    on_path = [Path(found).resolve().parent for found in [shutil.which("initdb")] if found]
    packaged = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=_version, reverse=True)
    for folder in [*on_path, *packaged, Path("/usr/local/bin"), Path("/usr/local/pgsql/bin")]:
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            return folder
    raise Unavailable("PostgreSQL's initdb was found nowhere; install the server (Debian: postgresql)")


def _version(folder: Path) -> int:
    return int(re.sub(r"\D", "", folder.parent.name) or 0)


def _database_of(url: str) -> str:
    return url.split("@/")[1].split("?")[0]
