"""How the command speaks: Indonesian and English, one line for what failed, JSON alone where it was asked for."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import click
from flask import Flask

from schemas.change import dumps
from schemas.problem import complain
from server import audit
from server.actions.enrol import UnknownVillage
from server.actions.initialise import is_initialised
from server.actions.keeping import CantKeep
from server.actions.settle import BadFields, NoSuchRecord, NotSeen, OutsideRegion
from server.app import create_app
from server.config import BadSetting, Settings, load_settings
from server.db import Unreachable, db
from server.sealing import NoSecret
from server.serving import CannotListen

OUR_ROOMS = Path(__file__).resolve().parents[2]

as_json = click.option("--json", "json", is_flag=True, help="Satu dokumen JSON saja. / One JSON document alone.")


class Trouble(click.ClickException):
    """It could not be done: one line on standard error that says why and what to do, and exit code 1."""

    def __init__(self, *sentence: str) -> None:
        """sentence: in Indonesian, then in English."""
        super().__init__(" ".join(" / ".join(sentence).split()))

    def show(self, file: IO[Any] | None = None) -> None:
        click.echo(f"sambung: {self.message}", file=file or sys.stderr)


class Commands(click.Group):
    """The command: whatever goes wrong in it becomes one line."""

    def invoke(self, context: click.Context) -> Any:
        try:
            return super().invoke(context)
        except (click.ClickException, click.exceptions.Exit, click.Abort, BrokenPipeError):
            raise
        except Exception as error:
            raise trouble_of(error) from error


def trouble_of(error: Exception) -> Trouble:
    """What an error means to whoever runs the server."""
    match error:
        case BadSetting():
            return Trouble(f"Pengaturan salah: {error}.", f"A setting is wrong: {error}.")
        case NoSecret():
            return Trouble(f"Rahasia tidak ada atau rusak: {error}.", f"A secret is missing or broken: {error}.")
        case UnknownVillage():
            return Trouble(f"Tidak ada desa {error}; periksa kodenya.", f"There is no village {error}; check its code.")
        case NoSuchRecord():
            return Trouble(f"Tidak ada catatan {error} di sini, atau sudah dihapus; periksa nomornya.",
                           f"There is no record {error} here, or it was erased; check its number.")  # fmt: skip
        case OutsideRegion():
            return Trouble(f"Wilayah {error} tidak dikenal.", f"The region of {error} is not known here.")
        case NotSeen():
            return Trouble("Catatan itu baru saja berubah; lihat lagi, lalu ulangi.",
                           "The record changed just now; look at it again, and repeat.")  # fmt: skip
        case BadFields():
            return Trouble(_said(error, "id"), _said(error, "en"))
        case CannotListen():
            return Trouble(f"Alamat tidak bisa dipakai ({error}); pilih --port lain.",
                           f"The address can't be had ({error}); choose another --port.")  # fmt: skip
        case CantKeep():
            return Trouble(*str(error).split(" / ", 1))
        case Unreachable():
            return Trouble("Basis data tidak menjawab; periksa SAMBUNG_DATABASE_URL dan servernya.",
                           "The database does not answer; check SAMBUNG_DATABASE_URL and its server.")  # fmt: skip
        case OSError():
            return Trouble(f"Berkas atau jaringan menolak: {error}.", f"A file or the network refused: {error}.")
    return _bug(error)


def _said(error: BadFields, lang: str) -> str:
    return "; ".join(f"{field}: {complain(codes[0], lang)}" for field, codes in error.errors.items())


def _bug(error: Exception) -> Trouble:
    """Where it was, without the message, which may quote a worker's data."""
    ours = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename.startswith(str(OUR_ROOMS))]
    where = type(error).__name__
    if ours:
        where += f", {Path(ours[-1].filename).relative_to(OUR_ROOMS)}:{ours[-1].lineno}"
    return Trouble(f"Program ini keliru ({where}); laporkan baris ini.", f"A bug ({where}); please report this line.")


@contextmanager
def installation(must_be_made: bool = True) -> Iterator[tuple[Flask, Settings]]:
    """The application over the database that the settings name. Raises Trouble before `sambung init`."""
    settings = load_settings()
    if must_be_made and settings.sqlite_file and not settings.sqlite_file.exists():
        raise not_made()  # to look into it would make an empty one
    app = create_app(settings)
    with app.app_context(), audit.acting(audit.MACHINE):
        try:
            if must_be_made and not is_initialised():
                raise not_made()
            yield app, settings
        finally:
            db.engine.dispose()


def not_made() -> Trouble:
    return Trouble("Basis data belum dibuat atau belum diperbarui; jalankan dulu: sambung init.",
                   "The database is not made, or not migrated yet; first run: sambung init.")  # fmt: skip


def say(*lines: str) -> None:
    for line in lines:
        click.echo(line)


def say_json(value: Any) -> None:
    click.echo(dumps(value))


def say_rows(rows: list[dict[str, Any]], *names: str) -> None:
    """A table of these columns, each as wide as what stands in it."""
    table = [list(names), *([_cell(row[name]) for name in names] for row in rows)]
    widths = [max(len(line[column]) for line in table) for column in range(len(names))]
    for line in table:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    return ",".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)
