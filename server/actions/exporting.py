"""Exports are made by the clock: with the rights that whoever asked has now, read as of one moment, sealed on the disk.

Everybody who is in one stands in the audit log before it can be fetched.
"""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from schemas.change import dumps
from schemas.problem import Both
from server import audit, auth, log
from server.actions.exports import PEOPLE, SENSITIVE, told, wanted_of
from server.actions.listing import Listing, NoFigures, Wanted, local
from server.clock import now_ms
from server.config import Settings
from server.db import reading, snapshot, transaction
from server.export.formats import formats
from server.export.kept import SWEPT_AFTER_MS, Kept, work_folder
from server.export.sheet import Row, Sheet, TooLong
from server.problems import Refusal
from server.store import exports
from server.store.accounts import Account
from server.store.exports import FAILED, READY, Export
from server.store.scoping import Scope, asking_within

BREATH_SECONDS = 10.0
STALE_MS = 90_000  # without a sign of life for so long whoever made it is dead
PEOPLE_IN_ONE_ENTRY = 10_000


class Failed(Exception):
    """It can't be made, and trying again would not help."""

    def __init__(self, *says: str) -> None:
        super().__init__(says[-1])
        self.says: Both = (says[0], says[1])


class _Lost(Exception):
    """Another took it, or whoever asked threw it away."""


class Made(NamedTuple):
    rows: int
    size: int
    people: set[str]
    left_out: int


def make_waiting(settings: Settings, now: int) -> int:
    """Make what was asked for, the oldest first; gives how many were made. What a kill cut short is begun anew."""
    with transaction() as connection:
        waiting = exports.to_make(connection, now - STALE_MS)
    if waiting:
        Kept(settings).sweep(now, SWEPT_AFTER_MS)
    return sum(_make(export, settings) for export in waiting)


def _make(export: Export, settings: Settings) -> bool:
    with transaction() as connection:
        touched = exports.take(connection, export, now_ms())
    if touched is None:
        return False
    with _Breath(export.id, touched) as breath:
        try:
            made = _written(export, settings, breath)
            _finish(export, made, settings, breath)
            return True
        except _Lost:
            _drop_unless_ready(export, settings)
        except Exception as failure:
            _fail(export, failure, settings, breath)
    return False


def _drop_unless_ready(export: Export, settings: Settings) -> None:
    with transaction() as connection:
        is_kept = export.id in exports.with_files(connection)
    if not is_kept:
        Kept(settings).drop([export.id])


class _Breath:
    """Signs of life while an export is made: from the loop as rows are read, and from a thread while a file is closed."""

    def __init__(self, number: int, touched: int) -> None:
        self._number, self._touched, self._told_at = number, touched, touched
        self._lock, self._stopped, self._is_lost = threading.Lock(), threading.Event(), False
        here = contextvars.copy_context()  # the database is that of the application at work here
        self._thread = threading.Thread(target=here.run, args=(self._go_on,), name="export", daemon=True)

    def __enter__(self) -> _Breath:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        self._thread.join()

    def _go_on(self) -> None:
        while not self._stopped.wait(BREATH_SECONDS):
            try:
                self.tell()
            except _Lost:
                return
            except Exception as error:  # the next breath may succeed; the loop has its own
                log.failed(error)

    def tell(self, *, seldom: bool = False, **what: Any) -> None:
        """Raises _Lost. seldom: at most once in a second."""
        now = now_ms()
        with self._lock:
            if seldom and now - self._told_at < 1000:
                return
            with transaction() as connection:
                touched = None if self._is_lost else exports.tell(connection, self._number, self._touched, now, **what)
            if touched is None:
                self._is_lost = True
                raise _Lost
            self._touched, self._told_at = touched, now


def _written(export: Export, settings: Settings, breath: _Breath) -> Made:
    wanted = wanted_of(export)
    with reading() as connection:
        account = exports.account_of(connection, export.account)
    if account is None:
        raise Failed("Akun yang memintanya sudah ditutup.", "The account that asked for it is closed.")
    scope = _scope_now(account, wanted, export.region)
    kept = Kept(settings)
    with kept.at_work() as folder:
        made: list[Made] = []

        def write(out: BinaryIO) -> None:
            made.append(_write(out, wanted, scope, export.made_at, folder, breath.tell))

        size = kept.put(export.id, write)
    return made[0]._replace(size=size)


def _scope_now(account: Account, wanted: Wanted, region: str) -> Scope:
    """The region, if he may still have this list of it today."""
    try:
        auth.allow(account, "export", region)
        account, scope = auth.scope_of(account, wanted.listed.act, region)
        if wanted.sensitive:
            auth.allow(account, SENSITIVE, region)
        if wanted.whole_niks:
            auth.allow(account, "see whole NIKs", region)
        if wanted.personal and wanted.listed.of_desks:
            auth.allow(account, PEOPLE, region)
    except Refusal:
        raise Failed(
            "Hak Anda berubah sejak ini diminta; minta lagi.", "Your rights changed since you asked; ask again."
        ) from None
    return scope


def _write(
    out: BinaryIO, wanted: Wanted, scope: Scope, now: int, folder: Path, tell: Callable[..., None]
) -> Made:
    format_ = formats()[wanted.format]
    count = 0
    with asking_within(scope), snapshot() as connection:
        listing = Listing(connection, scope, wanted, now)
        tell(rows=listing.about_how_many())

        def rows() -> Iterator[list[Row]]:
            nonlocal count
            for some in listing.rows():
                count += len(some)
                if format_.most_rows is not None and count > format_.most_rows:
                    raise TooLong(format_.most_rows)
                yield some
                tell(seldom=True, done_rows=count)

        format_.write(out, _sheet(wanted, scope, now), rows(), folder)
        return Made(count, 0, listing.people, listing.left_out)


def _sheet(wanted: Wanted, scope: Scope, now: int) -> Sheet:
    about = {
        "source": "Sambung Desa", "list": wanted.what, "region": str(scope), "made_at": str(local(now, str(scope))),
        "as_known_on": wanted.day.isoformat() if wanted.day else "now", "filters": dumps(dict(wanted.filters)),
        "niks": "whole" if wanted.whole_niks else "shortened", "purpose": wanted.purpose,
        "regions": "idn-area-data, Open Database License 1.0",
    }  # fmt: skip
    return Sheet(wanted.what, wanted.columns, wanted.lang, about, wanted.listed.key)


def _finish(export: Export, made: Made, settings: Settings, breath: _Breath) -> None:
    """Everybody who is in it stands in the log before anybody can fetch it."""
    with audit.acting(f"account:{export.account}"):
        note_people(export.region, wanted_of(export), made, export.id)
    expires = now_ms() + int(timedelta(days=settings.export_days).total_seconds() * 1000)
    note = dumps(_left_out(made.left_out)) if made.left_out else None
    breath.tell(state=READY, rows=made.rows, done_rows=made.rows, size=made.size, expires_at=expires, error=note)


def _left_out(count: int) -> list[str]:
    return [f"{count} baris tidak ikut: pemakaian data orangnya sedang dibatasi.",
            f"{count} rows are left out: the use of these people's data is restricted."]  # fmt: skip


def note_people(region: str, wanted: Wanted, made: Made, number: int | None) -> None:
    """The audit log's entries of an export: of many people several, so that no entry holds up other writers for long."""
    ordered = sorted(made.people)
    parts = [ordered[start : start + PEOPLE_IN_ONE_ENTRY] for start in range(0, len(ordered), PEOPLE_IN_ONE_ENTRY)]
    about = told(wanted) | {
        "export": number, "what": wanted.what, "format": wanted.format, "rows": made.rows, "left_out": made.left_out,
        "people_altogether": len(ordered),
    }  # fmt: skip
    for part, people in enumerate(parts or [[]], 1):
        audit.look("export", region=region, records=people, part=part, parts=max(len(parts), 1), **about)


def _fail(export: Export, failure: Exception, settings: Settings, breath: _Breath) -> None:
    says = _says(failure)
    if says is None:
        log.failed(failure, job="exports")
        says = (
            f"Gagal karena kesalahan program ({type(failure).__name__}). Coba lagi; kalau tetap gagal, laporkan.",
            f"It failed by a fault of the program ({type(failure).__name__}). Try again, and report it if it stays so.",
        )
    try:
        breath.tell(state=FAILED, error=dumps(list(says)))
    except _Lost:
        return
    finally:
        Kept(settings).drop([export.id])


def _says(failure: Exception) -> Both | None:
    match failure:
        case Failed(says=says):
            return says
        case TooLong(most=most):
            return (
                f"Lebih dari {most} baris tidak muat di format ini. Pilih CSV atau SQLite, atau wilayah yang lebih kecil.",
                f"More than {most} rows, which this format can't hold. Choose CSV or SQLite, or a smaller region.",
            )
        case NoFigures():
            return (
                "Belum ada angka yang disimpan sampai hari itu; pilih hari yang lebih baru.",
                "No figures had been kept by that day; choose a later one.",
            )
        case OSError():
            return ("Disk server menolak atau penuh; beri tahu pengelola server.",
                    "The server's disk refused or is full; tell whoever runs the server.")  # fmt: skip
    return None


def write_plain(
    path: Path, wanted: Wanted, scope: Scope, now: int
) -> Made:
    """A list into a file of whoever runs the server, who answers for it; noted in the log like any other."""
    with work_folder(path.absolute().parent) as folder, open(path, "xb") as out:
        try:
            made = _write(out, wanted, scope, now, folder, lambda **_: None)
        except BaseException:
            path.unlink(missing_ok=True)
            raise
    note_people(str(scope), wanted, made, None)
    return made._replace(size=path.stat().st_size)


def failure_in_words(failure: Exception) -> Both | None:
    """What an export's failure means to a person; None for a fault of the program."""
    return _says(failure)
