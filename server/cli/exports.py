"""`sambung export`: a list into a file, for whoever runs the server."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from server.actions.exporting import failure_in_words, write_plain
from server.actions.exports import BadExport, read_wanted
from server.actions.regions import region_exists
from server.auth import scope_of
from server.cli.talk import Trouble, installation, say
from server.clock import now_ms
from server.export.formats import formats
from server.export.lists import LISTS
from server.store.accounts import Account

FORMATS = {each.suffix: each.name for each in formats().values()}
_ADMINISTRATOR = Account(0, "sambung", "", "admin", "id")
"""Whoever may type this command may read the database too."""


@click.command("export")
@click.argument("what", type=click.Choice(sorted(LISTS)))
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--within", default="id", metavar="CODE", help="Wilayah. / Region.")
@click.option("--day", metavar="YYYY-MM-DD", help="Seperti diketahui hari itu. / As it was known on that day.")
@click.option("--filter", "filters", multiple=True, metavar="NAME=VALUE", help="Mis. / e.g. status=verified.")
@click.option("--whole-niks", is_flag=True, help="NIK utuh. / Whole NIKs.")
@click.option("--sensitive", multiple=True, metavar="COLUMN", help="Mis. / e.g. mother_name, heirs.")
@click.option("--purpose", default="", help="Untuk apa; masuk catatan jejak. / What it is for; stands in the audit log.")
@click.option("--lang", type=click.Choice(["id", "en"]), default="id")
def export_list(file: Path, within: str, filters: tuple[str, ...], **given: Any) -> None:
    """Tulis satu daftar ke berkas / Write a list to FILE: .xlsx, .csv, .db (SQLite) or .parquet.

    Berkas ini tidak disegel; Anda yang menjaganya. / The file is not sealed; it is yours to guard.
    """
    with installation():
        if not region_exists(within):
            raise Trouble(f"Tidak ada wilayah {within}.", f"There is no region {within}.")
        if file.exists():
            raise Trouble(f"{file} sudah ada; pilih nama lain.", f"{file} is there already; choose another name.")
        now = now_ms()
        account, scope = scope_of(_ADMINISTRATOR, "export", within)
        given |= dict(text.split("=", 1) for text in filters if "=" in text) | {"format": _format(file)}
        try:
            wanted = read_wanted(account, scope, given, given["lang"], now)
        except BadExport as bad:
            raise Trouble(*("; ".join(f"{name}: {both[n]}" for name, both in bad.errors.items()) for n in (0, 1))) from None
        try:
            made = write_plain(file, wanted, scope, now)
        except Exception as failure:
            if (both := failure_in_words(failure)) is None:
                raise
            raise Trouble(*both) from None
    say(f"{file}: {made.rows} baris / rows, {made.size} bytes")
    if made.left_out:
        say(f"{made.left_out} tidak ikut: pemakaian datanya dibatasi / left out: the use of their data is restricted")


def _format(file: Path) -> str:
    suffix = file.suffix.lstrip(".").lower()
    if suffix not in FORMATS:
        raise click.BadParameter(f"{file.name}: {', '.join('.' + each for each in FORMATS)}", param_hint="FILE")
    return FORMATS[suffix]


COMMANDS = (export_list,)
