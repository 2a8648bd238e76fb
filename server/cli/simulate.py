"""`sambung simulate`: officers who work, lose their network and sync, over real HTTP."""

from __future__ import annotations

from dataclasses import asdict
from random import Random

import click

from schemas.region import is_village
from server.actions.enrol import make_code
from server.actions.regions import regions_below
from server.cli.talk import Trouble, as_json, installation, say, say_json
from server.clock import now_ms

PROVINCE = "64"  # Kalimantan Timur


@click.command("simulate")
@click.option("--url", required=True, help="Server yang dituju. / The server to work with, such as http://127.0.0.1:8000")
@click.option("--villages", "village_count", default=2, show_default=True, type=click.IntRange(1, 1000))
@click.option("--officers", default=6, show_default=True, type=click.IntRange(1, 1000))
@click.option("--records", default=60, show_default=True, type=click.IntRange(1, 10**6))
@click.option("--seed", default=1, show_default=True, type=int)
@click.option("--losses", default=0.15, show_default=True, type=click.FloatRange(0, 0.9),
              help="Berapa dari 1.0 permintaan yang putus. / How many of 1.0 requests meet a bad line.")  # fmt: skip
@click.option("--threads", default=4, show_default=True, type=click.IntRange(1, 100))
@as_json
def simulate(
    url: str, village_count: int, officers: int, records: int, seed: int, losses: float, threads: int, json: bool
) -> None:
    """Petugas rekaan bekerja; lalu semua diperiksa / Invented officers work; then everything is checked.

    The server must be of this installation: the codes are made here. It ends with exit code 1 when a device and the
    server do not agree, or when something acknowledged is missing.
    """
    from sync.device.simulate import simulate as play  # the other commands need no device

    with installation() as (app, settings):
        chosen = Random(seed).sample(villages_of(PROVINCE), village_count)

        def code_for(officer: str, villages: list[str]) -> str:
            with app.app_context():
                return make_code(officer, villages, settings, now_ms()).code

        report = play(
            url.rstrip("/"), code_for, chosen, officers, records, seed, losses=losses, threads=threads,
            say=lambda line: click.echo(line, err=True),
        )  # fmt: skip
    if json:
        say_json(asdict(report) | {"agreed": report.agreed})
    else:
        say(report.summary())
    if not report.agreed:
        raise Trouble("Perangkat dan server tidak sepakat; lihat daftarnya.",
                      "Devices and server do not agree; see the list.")  # fmt: skip


def villages_of(province: str) -> list[tuple[str, str]]:
    """(code, name) of every village of a province."""
    below = regions_below(province, 3)
    return [(each.code, each.name) for each in below.regions if is_village(each.code)] if below else []


COMMANDS = (simulate,)
