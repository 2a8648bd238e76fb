"""`sambung init` and `sambung serve`."""

from __future__ import annotations

import signal
from types import FrameType

import click

from server.actions.initialise import initialise
from server.actions.people import CannotAdd
from server.cli.talk import Trouble, installation, say
from server.clock import now_ms
from server.serving import Service, listen, url_of

SECRET_FILES = {
    "secret": ("menyegel kunci di basis data", "seals keys in the database"),
    "backup.key": ("membuka cadangan; simpan juga di tempat lain", "opens the backups; keep a copy elsewhere"),
}


@click.command("init")
@click.option("--demo", is_flag=True, help="Tambah orang-orang rekaan. / Add invented people and a story.")
def init(demo: bool) -> None:
    """Buat atau perbarui basis data / Make or migrate the database, load the regions."""
    with installation(must_be_made=False) as (app, settings):
        made = initialise(settings, now_ms())
        say("Basis data siap. / The database is ready.")
        for name in made:
            indonesian, english = SECRET_FILES[name]
            say(f"{settings.data_dir / name}: {indonesian} / {english}")
        if demo:
            from server.demo.story import tell_story
            from server.demo.telling import show_logins

            try:
                show_logins(tell_story(app, settings, now_ms(), say))
            except CannotAdd:
                raise Trouble("Cerita demo sudah ada di sini, atau nama masuknya sudah dipakai.",
                              "The demo's story was told here before, or its names are taken.") from None  # fmt: skip


@click.command("serve")
@click.option("--host", default="127.0.0.1", show_default=True, help="Alamat jaringan. / Address to listen at.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(0, 65535), help="0: any free one.")
@click.option("--no-scheduler", is_flag=True, help="Tanpa pekerjaan berkala di proses ini. / No jobs in this process.")
def serve(host: str, port: int, no_scheduler: bool) -> None:
    """Layani semuanya / Serve everything, until Ctrl-C or SIGTERM."""
    with installation() as (app, settings):
        taken = listen(host, port)
        service = Service(app, settings, taken, scheduled=not no_scheduler)

        def stop(number: int, frame: FrameType | None) -> None:
            service.stop()

        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, stop)
        say(f"Sambung Desa: {url_of(taken)}")
        service.run()


COMMANDS = (init, serve)
