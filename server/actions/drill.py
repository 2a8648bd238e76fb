"""The restore drill: the newest backup is restored beside the running server, looked through, and thrown away.

A backup that nobody ever restored is a hope. The restore is done by the very command that an administrator would type, in a
process and a data directory of its own, into a SQLite file: it can't touch the database that serves.
"""

from __future__ import annotations

import base64
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

import orjson

import server
from schemas.change import to_ms
from server import audit, log
from server.actions import backup
from server.actions.keeping import BESIDE, KEY, CantKeep, key_of, read_through
from server.config import PREFIX, Settings
from server.db import reading, transaction
from server.export.kept import sweep, work_folder
from server.sealed_file import BadFile, read_header
from server.sealing import write_secret_file
from server.store import drills, files
from server.store.contents import Contents
from server.store.drills import Drill

LONGEST_SECONDS = 6 * 60 * 60
SWEPT_AFTER_MS = 18 * 60 * 60 * 1000  # no drill lasts so long: what lies there then, a kill has left
EARLY_MS = 12 * 60 * 60 * 1000  # the clock of a nightly job is not exact
GROWS = 20  # a gzipped line becomes a row and its indexes: so many times its size, at most
UNSEALED = 20  # photos of each drill that are opened too


class DrillFailed(RuntimeError):
    """The newest backup does not come back whole; the text says what was found, in Indonesian and English."""


class Found(NamedTuple):
    """Numbers of records that stand, and of merged changes that hold something."""

    records: int
    changes: int


def when_due(settings: Settings, now: int) -> int:
    """Try the newest backup if the last try is `drill_days` old; gives 1 if it was tried. Raises DrillFailed."""
    last = last_drills(1)
    if last and now - last[0].at < timedelta(days=settings.drill_days).total_seconds() * 1000 - EARLY_MS:
        return 0
    if not backup.kept(settings.backups):
        return 0  # the first night is still to come; that there is no backup is told by itself
    drill(settings, now)
    return 1


def at_once(settings: Settings, now: int) -> int:
    """The same, whenever the last one was. Raises DrillFailed."""
    drill(settings, now)
    return 1


def last_drills(most: int = 20) -> list[Drill]:
    with reading() as connection:
        return drills.newest(connection, most)


def drill(settings: Settings, now: int) -> Drill:
    """Restore the newest backup beside the server and compare; what was found is kept either way. Raises DrillFailed."""
    began = time.monotonic()
    made_at, found, why = None, None, None
    try:
        path = _newest(settings)
        made_at = to_ms(read_header(path)["at"])
        found = _try(path, settings, now)
    except (CantKeep, DrillFailed) as failure:
        why = str(failure)
    except (BadFile, KeyError, ValueError):
        why = f"Cadangan {path.name} rusak. / The backup {path.name} is broken."
    except OSError as error:
        why = f"Disk menolak: {error.strerror}. / The disk refused: {error.strerror}."
    done = Drill(
        0, now, made_at, found and found.records, found and found.changes, round(time.monotonic() - began, 1),
        why is None, why,
    )  # fmt: skip
    with transaction() as connection:
        drills.add_drill(connection, done)
        audit.note(connection, "backup", drill=True, good=done.is_good, seconds=done.seconds)
    log.said("drill", good=done.is_good, seconds=done.seconds, records=done.records, changes=done.changes)
    if why is not None:
        raise DrillFailed(why)
    return done


def _newest(settings: Settings) -> Path:
    kept = backup.kept(settings.backups)
    if not kept:
        raise DrillFailed("Belum ada cadangan; buat dulu. / There is no backup yet; make one first.")
    return kept[0]


def _try(path: Path, settings: Settings, now: int) -> Found:
    said = _what_it_says(path, settings)
    tidy(settings, now)
    with work_folder(settings.data_dir) as folder:
        if shutil.disk_usage(folder).free < GROWS * path.stat().st_size:
            raise DrillFailed(
                "Disk terlalu penuh untuk mencoba memulihkan; kosongkan dulu. / "
                "The disk is too full to try a restore; make room first."
            )
        return _compare(path, folder, settings, said)


def _compare(path: Path, folder: Path, settings: Settings, said: Found) -> Found:
    write_secret_file(folder / KEY, key_of(settings))
    copy = folder / path.name
    copy.symlink_to(path.absolute())  # in a folder of its own, so that no photo is copied
    _sambung(folder, "restore", str(copy))
    told = orjson.loads(_sambung(folder, "digest", "--json"))
    found = Found(told["records"], told["changes"])
    if found != said:
        raise DrillFailed(
            f"Yang dipulihkan {found.records} catatan dan {found.changes} perubahan, di cadangan {said.records} dan "
            f"{said.changes}. / Restored were {found.records} records and {found.changes} changes, the backup has "
            f"{said.records} and {said.changes}."
        )
    _sambung(folder, "replay", "--check")
    return found


def _sambung(folder: Path, *words: str) -> str:
    """Run the command on the copy; gives what it printed. Raises DrillFailed with its one line."""
    root = Path(str(server.__file__)).parents[1]
    ours = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    try:
        done = subprocess.run(
            [sys.executable, "-m", "server", *words], cwd=root, capture_output=True, text=True, timeout=LONGEST_SECONDS,
            env=ours | {f"{PREFIX}DATA_DIR": str(folder.absolute())},
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise DrillFailed("Terlalu lama. / It took too long.") from None
    if done.returncode:
        lines = done.stderr.strip().splitlines() or [f"exit {done.returncode}"]
        raise DrillFailed(f"sambung {words[0]}: {lines[-1].removeprefix('sambung: ')}")
    return done.stdout


def tidy(settings: Settings, now: int) -> None:
    """Throw away the copy that a drill left which was killed: it is as readable as the database itself."""
    sweep(settings.data_dir, now, SWEPT_AFTER_MS)


# What the backup itself says ------------------------------------------------------------------------------------------


def _what_it_says(path: Path, settings: Settings) -> Found:
    """Count what stands in the backup's own lines, and look whether the photos that it names lie beside it."""
    counting = _Counting()
    secret = counting.read(read_through(path, settings))
    _look_at_photos(path, counting.photos, secret)
    return counting.found


class _Counting:
    """Counts a backup's lines as `sambung digest` counts the database's."""

    def __init__(self) -> None:
        self.photos: list[str] = []
        self._records = 0
        self._merged: set[tuple[str, int]] = set()  # of changes that waited, those taken in later
        self._waited: set[tuple[str, int]] = set()
        self._changes = 0

    @property
    def found(self) -> Found:
        return Found(self._records, self._changes + len(self._merged & self._waited))

    def read(self, lines: Iterator[Any]) -> bytes:
        """Gives the secret that seals the contents beside the backup."""
        secret = base64.b64decode(next(lines)["secret"])
        name, columns = "", {}
        for line in lines:
            if isinstance(line, dict):
                name = line.get("name", "")
                columns = {column: place for place, column in enumerate(line.get("columns", ()))}
            else:
                self._count(name, {column: line[place] for column, place in columns.items()})
        return secret

    def _count(self, table: str, row: dict[str, Any]) -> None:
        if table == "record":
            self._records += not row["erased"] and row["carrier"] in (None, row["id"])
        elif table == "outcome" and row["status"] == "merged":
            self._merged.add((row["device"], row["seq"]))
        elif table == "change" and row["fields"] is not None:
            if row["status"] == "merged":
                self._changes += 1
            else:
                self._waited.add((row["device"], row["seq"]))
        elif table == "file":
            self.photos.append(row["sha256"])


def _look_at_photos(path: Path, named: list[str], secret: bytes) -> None:
    beside = Contents(path.parent / BESIDE, secret)
    lost = {sha for sha in named if not beside.has(sha)}
    if lost:
        with reading() as connection:
            lost &= {file.sha256 for file in files.all_files(connection)}  # the others were erased since
    torn = [sha for sha in sorted(named)[:: max(1, len(named) // UNSEALED)] if beside.has(sha) and beside.get(sha) is None]
    if lost or torn:
        raise DrillFailed(
            f"Foto di samping cadangan: {len(lost)} tidak ada, {len(torn)} rusak; jalankan cadangan lagi. / "
            f"Photos beside the backup: {len(lost)} are missing, {len(torn)} broken; run the backup again."
        )
