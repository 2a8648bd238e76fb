"""The `sambung` command, for whoever runs the server.

It is built with click, which Flask brings along: commands in groups, and wrong usage told apart from what failed.
Exit codes: 0 it did what it says, 1 it could not (one line says why and what to do), 2 wrong usage.
"""

from __future__ import annotations

import sys
from importlib.metadata import version
from pathlib import Path

import click

import server
import sync
from server.cli import audit, data, desks, devices, exports, forms, imports, jobs, linking, running, simulate, users
from server.cli.talk import Commands


HELP = {"help_option_names": ["-h", "--help"], "max_content_width": 120}


@click.group("sambung", cls=Commands, context_settings=HELP)
@click.version_option(version("sambung-desa"), message="%(version)s")
def sambung() -> None:
    """Sambung Desa: kerja petugas desa sampai ke pusat / What village officers write reaches the centre.

    Pengaturan dibaca dari SAMBUNG_<NAMA>. / Settings are read from the environment as SAMBUNG_<NAME>.
    """


for module in (running, users, devices, desks, forms, jobs, imports, linking, exports, data, audit, simulate):
    for command in module.COMMANDS:
        sambung.add_command(command)


def main() -> None:
    """The entry point."""
    check_rooms()
    sambung()


def check_rooms() -> None:
    """`server` and `sync` are common names: another package of that name may stand before ours on the path."""
    if Path(str(sync.__file__)).resolve().parents[1] != Path(str(server.__file__)).resolve().parents[1]:
        sys.exit(
            f"sambung: paket lain bernama sync ada di {sync.__file__}; pasang di venv sendiri. / "
            f"another package named sync stands at {sync.__file__}; install into a venv of its own."
        )
