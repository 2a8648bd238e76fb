"""`sambung import`: files that were carried here by hand, and lists that lie on the server's own disk."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import click

from schemas.kinds.parts import FUNDING
from schemas.problem import BUNDLE_REFUSED, FORKED, GAP, Problem
from server.actions.bundles import BadBundle, most_bytes, open_one, take_in
from server.actions.receive import Refused
from server.cli.lists import take_lists
from server.cli.talk import Trouble, as_json, installation, say, say_json
from server.clock import now_ms
from server.config import Settings
from server.imports.purposes import PURPOSES

BUNDLE = ".sambung"
LISTS = (".xlsx", ".csv")


@click.command("import")
@click.argument("files", metavar="FILE ...", nargs=-1, required=True,
                type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--as", "purpose", type=click.Choice(list(PURPOSES)), help="Daftar apa (.xlsx, .csv). / What list it is.")
@click.option("--within", metavar="REGION", help="Wilayah daftar. / The list's region.")
@click.option("--date", "as_of", metavar="DAY", help="Per tanggal; kosong: hari ini. / The day of which it tells.")
@click.option("--month", metavar="YYYY-MM", help="Bulan iuran, bila tidak ada kolomnya. / Where no column says it.")
@click.option("--funding", type=click.Choice(FUNDING), help="Dibayar oleh, bila tidak ada kolomnya. / Likewise.")
@click.option("--accept", is_flag=True, help="Terima yang cocok tanpa beda. / Accept what is safe.")
@as_json
def import_files(files: tuple[Path, ...], json: bool, accept: bool, **asked: str | None) -> None:
    """Terima berkas .sambung, atau cocokkan daftar / Take .sambung files, or reconcile lists (.xlsx, .csv).

    Taking one twice changes nothing. One that can't be taken does not stop the others; then the exit code is 1.
    A list is read and matched, and waits at the desk "Cocokkan daftar"; with --accept what is safe is written at once.
    """
    for file in files:
        if file.suffix.lower() not in (BUNDLE, *LISTS):
            raise click.BadParameter(f"{file.name}: bukan / no {BUNDLE}, {', '.join(LISTS)}", param_hint="FILE")
    lists = [file for file in files if file.suffix.lower() in LISTS]
    if lists and len(lists) < len(files):
        raise click.UsageError(f"{BUNDLE} + {LISTS[0]}: satu jenis saja / one kind at a time")
    if lists:
        take_lists(lists, asked, accept, json)
        return
    with installation() as (_, settings):
        told = [_take(file, settings) for file in sorted(files, key=lambda file: _order(file))]
    if json:
        say_json(told)
    else:
        say(*map(_in_words, told))
    refused = [one["file"] for one in told if one["error"]]
    if refused:
        raise Trouble(f"{len(refused)} dari {len(told)} berkas tidak diterima: {', '.join(refused)}.",
                      f"{len(refused)} of {len(told)} files were not taken.")


def _order(file: Path) -> tuple[str, int, str]:
    """A device's bundles in the order in which they were made, however the shell lists them."""
    name, _, first = file.stem.rpartition("-")[0].rpartition("-")
    return (name, int(first), file.name) if first.isdecimal() else (file.name, 0, file.name)


def _take(file: Path, settings: Settings) -> dict[str, Any]:
    told: dict[str, Any] = {"file": _shown(file), "device": None, "acked": None, "results": {}, "error": None}
    try:
        opened = open_one(_content(file, most_bytes(settings)), settings)
        told["device"] = opened.device.id
        receipt = take_in(opened, settings, now_ms())
    except BadBundle:
        return told | {"error": _sentence(BUNDLE_REFUSED)}
    except OSError as error:  # a memory stick that was drawn out, or is worn
        return told | {"error": _cant_read(error)}
    except Refused as refused:
        what = GAP if refused.seq is None else FORKED
        return told | {"acked": refused.acked, "error": _sentence(what, acked=refused.acked, seq=refused.seq)}
    return told | {"acked": receipt.acked, "results": dict(Counter(verdict.status for verdict in receipt.verdicts))}


def _content(file: Path, most: int) -> bytes:
    """One byte more than may be, at the most: what is so large is no bundle, and is not read to its end."""
    with file.open("rb") as opened:
        return opened.read(most + 1)


def _shown(file: Path) -> str:
    """Its name as it may be printed: who carries a file may have called it anything."""
    return "".join(letter if letter.isprintable() else "?" for letter in file.name)


def _cant_read(error: OSError) -> str:
    why = error.strerror or type(error).__name__
    return f"Tidak bisa dibaca ({why}); salin lagi, lalu ulangi. / It can't be read ({why}); copy it again, and repeat."


def _sentence(what: Problem, **values: Any) -> str:
    return " / ".join(what.body(lang, **values)["detail"] for lang in ("id", "en"))


def _in_words(told: dict[str, Any]) -> str:
    if told["error"]:
        return f"{told['file']}: {told['error']}"
    became = ", ".join(f"{count} {status}" for status, count in sorted(told["results"].items())) or "-"
    return f"{told['file']}: {told['device']}, sampai / up to {told['acked']}: {became}"


COMMANDS = (import_files,)
