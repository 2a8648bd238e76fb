"""`sambung enrol`, `devices`, `revoke` and `recover`."""

from __future__ import annotations

import sys
from pathlib import Path

import click
import segno

from schemas.change import from_ms
from server import audit
from server.actions.enrol import make_code
from server.actions.fleet import NoSuchDevice, list_devices, revoke
from server.actions.recovery import make_recovery
from server.cli.talk import Trouble, as_json, installation, say, say_json, say_rows
from server.clock import now_ms

COLUMNS = ("id", "officer", "villages", "last_contact", "queued", "oldest", "silent_since", "forked", "revoked")
PICTURES = (".svg", ".png")


@click.command("enrol")
@click.option("--officer", required=True, metavar="NAME", help="Pemegang perangkat. / Who holds the device.")
@click.option("--village", "villages", required=True, multiple=True, metavar="CODE",
              help="Desanya; boleh beberapa kali. / Its village; may be repeated.")  # fmt: skip
@click.option("--qr", metavar="FILE.svg|png", type=click.Path(dir_okay=False, path_type=Path),
              help="Simpan kode QR-nya. / Keep its QR code as a picture.")  # fmt: skip
@as_json
def enrol(officer: str, villages: tuple[str, ...], qr: Path | None, json: bool) -> None:
    """Kode pendaftaran untuk satu perangkat / An enrolment code for one device."""
    if not officer.strip():
        raise click.BadParameter("kosong / empty", param_hint="--officer")
    if qr is not None and qr.suffix.lower() not in PICTURES:
        raise click.BadParameter(f"{qr.name}: .svg atau / or .png", param_hint="--qr")
    with installation() as (_, settings):
        made = make_code(officer, villages, settings, now_ms())
    told = {"code": made.code, "url": made.url, "expires": from_ms(made.expires_at)}
    picture = segno.make(made.url, error="m", micro=False)
    if qr is not None:
        picture.save(str(qr), scale=8, border=4)
    if json:
        say_json(told)
        return
    say(f"Kode / Code: {made.code}", f"{made.url}", f"Sampai / Until: {told['expires']}")
    if qr is not None:
        say(f"QR: {qr}")
    elif _can_draw():
        picture.terminal(out=sys.stdout, compact=True, border=2)


def _can_draw() -> bool:
    """Whether the blocks that a QR code is drawn of can be written out; a terminal of old Windows can't."""
    try:
        "\u2580\u2584\u2588".encode(sys.stdout.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


@click.command("devices")
@click.option("--silent", metavar="DAYS", type=click.IntRange(0, 10_000),
              help="Yang diam sekian hari saja. / Only those not heard for so many days.")  # fmt: skip
@as_json
def devices(silent: int | None, json: bool) -> None:
    """Siapa yang mengirim dan siapa yang diam / Who syncs, and who is silent; the longest silent first."""
    with installation():
        found = list_devices(now_ms(), silent)
        audit.look("list", list="devices", devices=len(found))
    if json:
        say_json(found)
    else:
        say_rows(found, *COLUMNS)


@click.command("revoke")
@click.argument("device")
def revoke_device(device: str) -> None:
    """Perangkat ini tidak boleh lagi / This device may no longer."""
    with installation() as (_, settings):
        if not revoke(device, settings, now_ms()):
            raise Trouble(f"Tidak ada perangkat {device}; lihat: sambung devices.",
                          f"There is no device {device}; see: sambung devices.")  # fmt: skip
    say(f"{device}: dicabut / revoked")


@click.command("recover")
@click.argument("device")
@as_json
def recover_device(device: str, json: bool) -> None:
    """Kode untuk HP yang lupa PIN-nya / A code for a phone whose PIN was forgotten; it works once.

    Make sure first that it is the officer who asks: whoever has both phone and code reads what the phone holds.
    """
    with installation() as (_, settings):
        try:
            made = make_recovery(device, settings, now_ms())
        except NoSuchDevice:
            raise Trouble(f"Tidak ada perangkat {device}, atau sudah dicabut; lihat: sambung devices.",
                          f"There is no device {device}, or it was revoked; see: sambung devices.") from None  # fmt: skip
    told = {"code": made.code, "officer": made.officer, "expires": from_ms(made.expires_at)}
    if json:
        say_json(told)
    else:
        say(f"Pemegang / Held by: {made.officer or '-'}", f"Kode / Code: {made.code}", f"Sampai / Until: {told['expires']}")


COMMANDS = (enrol, devices, revoke_device, recover_device)
