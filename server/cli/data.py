"""`sambung digest`, `replay`, `backup`, `restore` and `drill`."""

from __future__ import annotations

from pathlib import Path

import click

from schemas.region import is_village
from server.actions.digest import digest
from server.actions.drill import DrillFailed, drill
from server.actions.enrol import UnknownVillage
from server.actions.keeping import backup, restore
from server.actions.regions import region_exists
from server.actions.replay import replay
from server.cli.talk import Trouble, as_json, installation, say, say_json
from server.clock import now_ms
from server.jobs.leader import leadership

SHOWN = 100  # differences that are listed one by one


@click.command("digest")
@click.option("--village", metavar="CODE", help="Satu desa saja. / Of one village alone.")
@as_json
def digest_state(village: str | None, json: bool) -> None:
    """Sidik keadaan gabungan / A hash of the merged state: equal states have equal digests."""
    with installation():
        if village and not (is_village(village) and region_exists(village)):
            raise UnknownVillage(village)
        found = digest(village)
    if json:
        say_json(found._asdict())
    else:
        say(found.digest, f"{found.records} catatan / records, {found.changes} perubahan / changes")


@click.command("replay")
@click.option("--check", is_flag=True, help="Bandingkan saja. / Compare, and change nothing.")
def replay_log(check: bool) -> None:
    """Gambar ulang semuanya dari log / Draw every view again from the log, and mend what differs.

    With --check it ends with exit code 1 if anything differs.
    """
    with installation() as (_, settings):
        done = replay(settings, now_ms(), check)
    say(*(str(difference) for difference in done.differences[:SHOWN]))
    found = len(done.differences)
    if check and found:
        raise Trouble(f"{found} tempat berbeda dari log; perbaiki dengan: sambung replay.",
                      f"{found} places differ from the log; mend them with: sambung replay.")  # fmt: skip
    say(f"{done.records} catatan / records; {found} berbeda / differing")


@click.command("backup")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def make_backup(file: Path) -> None:
    """Salinan utuh tersegel, sambil melayani / A whole, consistent, sealed copy, while serving."""
    with installation() as (_, settings):
        size = backup(file, settings, now_ms())
    say(f"{file}: {size} bytes")


@click.command("restore")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def restore_backup(file: Path) -> None:
    """Pulihkan dari cadangan / Restore a backup, which begins a new epoch; stop every `sambung serve` first.

    It needs the key of that time: `backup.key` in the data directory, or SAMBUNG_BACKUP_KEY.
    """
    with installation(must_be_made=False) as (_, settings):
        clock = leadership(settings)
        if not clock.take():
            raise Trouble("Masih ada sambung serve yang berjalan; hentikan dulu.",
                          "A sambung serve is still running; stop it first.")  # fmt: skip
        try:
            done = restore(file, settings, now_ms())
        finally:
            clock.give_up()
    say(f"Dipulihkan dari / Restored from {done.made_at}: {done.changes} perubahan / changes; epoch {done.epoch}")
    if done.files or done.missing:
        say(f"Foto / photos: {done.files} ada / here, {done.missing} diminta lagi dari HP / asked of phones once more")


@click.command("drill")
def try_restore() -> None:
    """Coba pulihkan cadangan terbaru di samping server / Restore the newest backup beside the server, and compare.

    Yang sedang melayani tidak disentuh. / What serves is not touched.
    """
    with installation() as (_, settings):
        try:
            done = drill(settings, now_ms())
        except DrillFailed as failed:
            raise Trouble(*str(failed).split(" / ", 1)) from None
    say(f"Cadangan pulih utuh / the backup came back whole: {done.records} catatan / records, "
        f"{done.changes} perubahan / changes, {done.seconds} s")  # fmt: skip


COMMANDS = (digest_state, replay_log, make_backup, restore_backup, try_restore)
