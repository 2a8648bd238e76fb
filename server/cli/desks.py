"""What waits for a person: conflicts, quarantined changes, changes only received; settling, and erasing by law."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import timedelta
from typing import Any

import click

from schemas.change import from_ms, loads
from schemas.problem import INDONESIAN, complain
from schemas.region import NATION
from server import audit
from server.actions import desk_pages
from server.actions.desk_pages import Page
from server.actions.merge_received import decide_waiting
from server.actions.settle import accept_quarantined, erase, settle
from server.cli.talk import Trouble, as_json, installation, say, say_json, say_rows
from server.clock import now_ms
from server.store.desk_pages import Kept

PAGE, MOST = 500, 4 * 1024 * 1024  # entries and characters asked for at a time


def fields_of(context: click.Context, parameter: click.Parameter, given: Sequence[str]) -> dict[str, Any]:
    """FIELD=JSON, several times. A shell takes quotes away: write full_name='"Siti Aminah"'."""
    fields: dict[str, Any] = {}
    for text in given:
        name, equals, value = text.partition("=")
        try:
            fields[name] = loads(value)
        except ValueError:
            equals = ""
        if not name or not equals:
            raise click.BadParameter(
                f"{name or text}: tulis ISIAN=JSON, teks dalam tanda kutip ganda / write FIELD=JSON, text in double"
                f" quotes: {name or 'full_name'}='\"Siti Aminah\"'"
            )
    return fields


def entries(ask: Callable[[str | None], Page]) -> Iterator[Any]:
    """Everything that a list holds, page by page."""
    cursor = None
    while True:
        page = ask(cursor)
        yield from page.entries
        cursor = page.next
        if cursor is None:
            return


def looked(what: str, records: Iterable[str]) -> None:
    """Somebody at the machine is about to be shown people: the audit log says so."""
    if people := [record for record in records if record]:
        audit.look("list", records=people, list=what)


@click.command("conflicts")
@as_json
def conflicts(json: bool) -> None:
    """Yang menunggu keputusan orang / Records that wait for a person, longest waiting first.

    With --json they are told whole, with what each officer wrote; without it, the names of the fields alone.
    """
    with installation():
        found = [loads(text) for text in entries(lambda at: desk_pages.conflicts(NATION, at, PAGE, MOST, INDONESIAN))]
        looked("conflicts", [row["record"] for row in found])
    if json:
        say_json({"records": found, "next": None})
    else:
        say_rows([row | {"fields": list(row["conflicts"])} for row in found], "record", "kind", "village", "fields")


FieldsArgument = Callable[[Callable[..., Any]], Callable[..., Any]]


def fields_argument(required: bool) -> FieldsArgument:
    return click.argument("fields", metavar="FIELD=JSON ...", nargs=-1, required=required, callback=fields_of)


@click.command("settle")
@click.argument("record")
@fields_argument(required=True)
def settle_record(record: str, fields: dict[str, Any]) -> None:
    """Putuskan isi suatu catatan / Settle what a record holds, after all that is known of it this moment."""
    with installation():
        now_is = settle(record, None, fields, None, now_ms())
    say(f"{now_is}: {', '.join(fields)}")


@click.group("quarantine", invoke_without_command=True)
@as_json
@click.pass_context
def quarantine(context: click.Context, json: bool) -> None:
    """Perubahan yang disisihkan, dan sebabnya / Changes that were set aside, and why."""
    if context.invoked_subcommand:
        return
    with installation():
        found = [_kept_shown(kept) for kept in entries(lambda at: desk_pages.quarantined(NATION, at, PAGE))]
        looked("quarantine", [row["record"] for row in found])
    if json:
        say_json(found)
    else:
        rows = [row | {"why": "; ".join(f"{name}: {said[0]}" for name, said in row["errors"].items())} for row in found]
        say_rows(rows, "device", "seq", "officer", "kind", "record", "village", "received", "why")


def _kept_shown(kept: Kept) -> dict[str, Any]:
    """A change that did not merge; what it says of a worker is not shown, only what is wrong with which field."""
    return {
        "device": kept.device, "seq": kept.seq, "officer": kept.officer[1] if kept.officer else None, "kind": kept.kind,
        "record": kept.record, "village": kept.village, "received": from_ms(kept.moment),
        "errors": {field: [complain(code, INDONESIAN) for code in codes] for field, codes in kept.errors.items()},
    }  # fmt: skip


@quarantine.command("accept")
@click.argument("device")
@click.argument("seq", type=int)
@fields_argument(required=False)
def accept(device: str, seq: int, fields: dict[str, Any]) -> None:
    """Terima isinya sebagai perubahan meja / Take up what it says, or FIELDs of your own, as a change of the desk's."""
    with installation():
        record = accept_quarantined(device, seq, fields or None, None, now_ms())
    say(record)


@click.group("waiting", invoke_without_command=True)
@as_json
@click.pass_context
def waiting(context: click.Context, json: bool) -> None:
    """Yang diterima tetapi belum digabung / What is received and not merged yet, the longest waiting first."""
    if context.invoked_subcommand:
        return
    with installation() as (_, settings):
        now = now_ms()
        late = now - int(timedelta(days=settings.waiting_days).total_seconds() * 1000)
        all_waiting = entries(lambda at: desk_pages.waiting(NATION, now, at, PAGE))
        found = [_waiting_shown(kept, late) for kept in all_waiting]
        looked("waiting", [row["record"] for row in found])
    if json:
        say_json(found)
    else:
        say_rows(found, "device", "seq", "record", "village", "since", "why", "overdue")


def _waiting_shown(kept: Kept, late: int) -> dict[str, Any]:
    return {
        "device": kept.device, "seq": kept.seq, "record": kept.record, "village": kept.village,
        "since": from_ms(kept.moment), "why": kept.why, "overdue": kept.moment <= late,
    }  # fmt: skip


@waiting.command("create")
@click.argument("device")
@click.argument("seq", type=int)
def let_create(device: str, seq: int) -> None:
    """Biarkan membuat catatannya / Let it create its record."""
    _decide(device, seq, create=True)


@waiting.command("refuse")
@click.argument("device")
@click.argument("seq", type=int)
def refuse(device: str, seq: int) -> None:
    """Sisihkan / Set it aside as quarantined."""
    _decide(device, seq, create=False)


def _decide(device: str, seq: int, create: bool) -> None:
    with installation() as (_, settings):
        status = decide_waiting(device, seq, create, None, settings, now_ms())
    if status == "received":
        raise Trouble("Desanya sedang dipakai; ulangi sebentar lagi.", "Its village is busy; try again in a moment.")
    say(f"{device} {seq}: {status}")


@click.command("erase")
@click.argument("records", metavar="RECORD ...", nargs=-1, required=True)
@click.option("--reason", required=True, help="Dasar hukumnya, tanpa data orang. / Why, without a person's data.")
def erase_record(records: tuple[str, ...], reason: str) -> None:
    """Hapus untuk selamanya atas perintah hukum / Erase for good, as the law demands; there is no way back."""
    if not reason.strip():
        raise click.BadParameter("kosong / empty", param_hint="--reason")
    with installation() as (_, settings):
        erased = erase(records, reason, None, settings, now_ms())
    say(*(f"{record}: dihapus / erased" for record in erased or ["-"]))


COMMANDS = (conflicts, settle_record, quarantine, waiting, erase_record)
