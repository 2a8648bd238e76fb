"""`sambung linkage`: likely doubles of a whole nation, looked for on another machine and brought back."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import click

from server import audit, linkage
from server.actions import duplicates
from server.cli.talk import Trouble, installation, say
from server.clock import now_ms

ENGINES = ("duckdb", "spark")
_FOLDER = click.Path(file_okay=False, path_type=Path)


def check_installed(engine: str) -> None:
    """Raises Trouble where what the engine needs is not installed."""
    missing = "linkage" if not linkage.available() else "spark" if engine == "spark" and find_spec("pyspark") is None else ""
    if missing:
        line = f"pip install --require-hashes -r requirements/{missing}.txt"
        raise Trouble(f"Belum dipasang; jalankan: {line}.", f"Not installed; run: {line}.")


def check_empty(folder: Path) -> None:
    if folder.exists() and any(folder.iterdir()):
        raise Trouble(f"Folder {folder} tidak kosong; sebut folder baru.",
                      f"The folder {folder} is not empty; name a new one.")  # fmt: skip


@click.group("linkage", invoke_without_command=True)
@click.option("--engine", type=click.Choice(ENGINES), default=ENGINES[0], show_default=True)
@click.option("--people", type=_FOLDER, help="Folder dari: sambung linkage people. / A folder made by: linkage people.")
@click.option("--out", type=_FOLDER, help="Tempat pasangan ditulis. / Where the pairs are written.")
@click.pass_context
def link_people(context: click.Context, engine: str, people: Path | None, out: Path | None) -> None:
    """Cari orang ganda di luar server / Look for doubles away from the server, and bring the pairs back.

    It needs no database: write the people with `linkage people`, run this on whatever machine holds them (for a nation
    with --engine spark), and take the pairs in with `linkage take`.
    """
    if context.invoked_subcommand:
        return
    if people is None or out is None:
        raise click.UsageError("--people FOLDER --out FOLDER")
    check_installed(engine)
    if not people.is_dir():
        raise Trouble(f"Folder {people} tidak ada.", f"There is no folder {people}; make it with: sambung linkage people.")
    check_empty(out)
    from server.linkage import bulk, found  # they take their time to load, and are not installed everywhere

    count = found.write(bulk.find_pairs(people, engine=engine), out)
    say(f"{count} pasangan / pairs: {out}")


@link_people.command("people")
@click.argument("folder", type=_FOLDER)
def write_people(folder: Path) -> None:
    """Tulis semua orang untuk dibandingkan / Write everybody as he is compared.

    The files hold people's data in the clear: keep them on an encrypted disk, and delete them afterwards.
    """
    check_installed("duckdb")
    check_empty(folder)
    from server.linkage import ready

    with installation():
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        count = ready.write(duplicates.people_of_all(), folder)
        audit.look("export", region="id", what="linkage", rows=count)
    say(f"{count} orang / people: {folder}")


@link_people.command("take")
@click.argument("folder", type=_FOLDER)
def take_pairs(folder: Path) -> None:
    """Ambil pasangan yang ditemukan / Take in the pairs that were found there; what desks decided stays decided."""
    check_installed("duckdb")
    from server.linkage import found

    if not (folder / "pairs.parquet").is_file():
        raise Trouble(f"Tidak ada pairs.parquet di {folder}; sebut folder lain.",
                      f"There is no pairs.parquet in {folder}; name another folder.")  # fmt: skip
    with installation():
        changed = duplicates.take_in(found.read(folder), now_ms())
        audit.look("job", region="id", job="linkage", pairs=changed)
    say(f"{changed} pasangan baru atau berubah / pairs new or changed")


COMMANDS = (link_people,)
