"""Lists that lie on the server's own disk: brought, read and matched as the desk does it, in one go."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from schemas.problem import Both
from server.actions import lists, lists_work
from server.actions.lists import PART_BYTES, ListError, Wanted
from server.cli.talk import Trouble, installation, say, say_json
from server.clock import day_at, now_ms
from server.config import Settings
from server.imports.faults import file_sentence
from server.imports.purposes import COLUMNS
from server.store import lists as store
from server.store.lists import ListFile
from server.store.scoping import Scope

_VERDICTS: dict[str, Both] = {
    store.SAFE: ("cocok", "safe"), store.SAME: ("sudah sama", "the same"), store.DIFFERS: ("berbeda", "differ"),
    store.LIKELY: ("mirip", "alike"), store.ONLY_THERE: ("hanya di daftar", "only in the list"),
    store.WRONG: ("salah baca", "with errors"), store.OUTSIDE: ("wilayah lain", "of other regions"),
}  # fmt: skip
_WHY: dict[str, Both] = {
    "as-of": ("--date bukan tanggal, atau belum tiba", "--date is no day, or is still to come"),
    "region": ("--within bukan wilayah yang dikenal", "--within is no known region"),
    "size": ("berkasnya terlalu besar (SAMBUNG_MAX_LIST_BYTES)", "the file is too large (SAMBUNG_MAX_LIST_BYTES)"),
    "empty": ("berkasnya kosong", "the file is empty"),
    "columns": ("--month harus seperti 2026-11", "--month is like 2026-11"),
    "title": ("nama berkasnya tidak bisa dipakai", "the file's name can't be used"),
}


def take_lists(files: Sequence[Path], told: Mapping[str, str | None], accepts: bool, json: bool) -> None:
    """Raises Trouble for one that can't be read; those before it stay."""
    purpose, within = told["purpose"], told["within"]
    if purpose is None or within is None:
        raise click.UsageError("daftar perlu / a list needs --as, --within")
    with installation() as (_, settings):
        results = [_take(file, purpose, Scope(within), told, accepts, settings) for file in files]
    if json:
        say_json(results)
    else:
        say(*map(_in_words, results))


def _take(
    file: Path, purpose: str, scope: Scope, told: Mapping[str, str | None], accepts: bool, settings: Settings
) -> dict[str, Any]:
    try:
        number = _bring(file, purpose, scope, told, settings)
        found = lists.one(scope, number)
        if found.state == store.FAILED:
            raise Trouble(*(f"{_shown(file)}: {said}" for said in file_sentence(found.error or "internal")))
        columns = {int(at): field for at, field in (found.mapping or {})["columns"].items()}
        lists.map_columns(scope, number, columns, told.get("month"), told.get("funding"), now_ms())
    except ListError as error:
        raise Trouble(*_why(file, error)) from None
    lists_work.work(settings, now_ms())
    if accepts:
        _accept(scope, number, settings)
    return _result(file, lists.one(scope, number))


def _bring(file: Path, purpose: str, scope: Scope, told: Mapping[str, str | None], settings: Settings) -> int:
    as_of = told.get("as_of") or day_at(now_ms(), scope).isoformat()
    title = f"{purpose} {as_of}"  # the file's own name may say whose it is, and is not kept
    number = lists.begin(Wanted(purpose, title, scope, as_of, file.stat().st_size), None, settings, now_ms())
    with file.open("rb") as opened:
        at = 0
        while part := opened.read(PART_BYTES):
            at = lists.add_part(scope, number, at, part, settings, now_ms())
    return number


def _accept(scope: Scope, number: int, settings: Settings) -> None:
    if lists.one(scope, number).totals.get("rows", {}).get(store.SAFE, {}).get(store.OPEN):
        lists.accept_all(scope, number, store.SAFE, None, now_ms())
        lists_work.work(settings, now_ms())


def _result(file: Path, found: ListFile) -> dict[str, Any]:
    if found.state == store.FAILED:
        raise Trouble(*(f"{_shown(file)}: {said}" for said in file_sentence(found.error or "internal")))
    counts = {verdict: sum(each.values()) for verdict, each in found.totals.get("rows", {}).items()}
    return {
        "file": _shown(file), "list": found.id, "state": found.state, "rows": counts,
        "only_here": found.totals.get("only_here", 0), "written": found.totals.get("written", {}),
    }  # fmt: skip


def _why(file: Path, error: ListError) -> Both:
    if error.why == "lacking":
        lacks = ["; ".join("/".join(COLUMNS[each].name[n] for each in group) for group in error.values["lacking"])
                 for n in (0, 1)]  # fmt: skip
        return (
            f"{_shown(file)}: kolom yang wajib tidak ada: {lacks[0]}. Beri judul yang dikenal, atau tunjuk di meja.",
            f"{_shown(file)}: columns are lacking: {lacks[1]}. Give them known headings, or name them at the desk.",
        )
    indonesian, english = _WHY.get(error.why, (error.why, error.why))
    return f"{_shown(file)}: {indonesian}.", f"{english}."


def _shown(file: Path) -> str:
    """Its name as it may be printed."""
    return "".join(letter if letter.isprintable() else "?" for letter in file.name)


def _in_words(told: dict[str, Any]) -> str:
    counts = ", ".join(
        f"{count} {_VERDICTS[verdict][0]} / {_VERDICTS[verdict][1]}" for verdict, count in told["rows"].items()
        if verdict in _VERDICTS
    )  # fmt: skip
    written = sum(told["written"].values())
    return (
        f"{told['file']}: daftar / list {told['list']}: {counts or '-'}; hanya di sini / only here {told['only_here']}; "
        f"ditulis / written {written}"
    )
