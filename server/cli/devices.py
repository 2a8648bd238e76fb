"""`sambung enrol`, `devices` and `revoke`."""

from __future__ import annotations

import click

from schemas.change import from_ms
from server.actions.enrol import make_code
from server.actions.fleet import list_devices, revoke
from server.cli.talk import Trouble, as_json, installation, say, say_json, say_rows
from server.clock import now_ms

COLUMNS = ("id", "officer", "villages", "last_contact", "queued", "oldest", "silent_since", "forked", "revoked")


@click.command("enrol")
@click.option("--officer", required=True, metavar="NAME", help="Pemegang perangkat. / Who holds the device.")
@click.option("--village", "villages", required=True, multiple=True, metavar="CODE",
              help="Desanya; boleh beberapa kali. / Its village; may be repeated.")  # fmt: skip
@as_json
def enrol(officer: str, villages: tuple[str, ...], json: bool) -> None:
    """Kode pendaftaran untuk satu perangkat / An enrolment code for one device."""
    if not officer.strip():
        raise click.BadParameter("kosong / empty", param_hint="--officer")
    with installation() as (_, settings):
        made = make_code(officer, villages, settings, now_ms())
    told = {"code": made.code, "url": made.url, "expires": from_ms(made.expires_at)}
    if json:
        say_json(told)
    else:
        say(f"Kode / Code: {made.code}", f"{made.url}", f"Sampai / Until: {told['expires']}")


@click.command("devices")
@click.option("--silent", metavar="DAYS", type=click.IntRange(0, 10_000),
              help="Yang diam sekian hari saja. / Only those not heard for so many days.")  # fmt: skip
@as_json
def devices(silent: int | None, json: bool) -> None:
    """Siapa yang mengirim dan siapa yang diam / Who syncs, and who is silent; the longest silent first."""
    with installation():
        found = list_devices(now_ms(), silent)
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


COMMANDS = (enrol, devices, revoke_device)
