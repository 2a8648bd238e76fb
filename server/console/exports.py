"""Exports: what to take out, how, and what for; and one's own files while they are made, until their days are over."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from flask import Response, request

from schemas import problem
from schemas.change import loads
from schemas.problem import Both
from server.actions import exports as act
from server.actions.regions import regions_below
from server.clock import day_at
from server.console.door import Asking, ToDo, deed, desk, fingerprint, redirect_to, to_do, unchanged
from server.console.words import Words
from server.export.formats import formats
from server.export.lists import LISTS, Listed
from server.problems import Refusal
from server.store.exports import FAILED, GONE, READY, WAITING, WORKING, Export

STATES: dict[str, tuple[Both, str]] = {
    WAITING: (("Menunggu giliran", "Waiting"), ""), WORKING: (("Sedang dibuat", "Being made"), "info"),
    READY: (("Siap", "Ready"), "good"), FAILED: (("Gagal", "Failed"), "bad"), GONE: (("Sudah dihapus", "Gone"), ""),
}  # fmt: skip
FILTER_NAMES: dict[str, Both] = {
    "status": ("Status", "Status"), "coverage": ("Kepesertaan", "Membership"), "occupation": ("Pekerjaan", "Occupation"),
    "funding": ("Dibayar oleh", "Paid by"), "state": ("Keadaan", "State"), "from": ("dari", "from"), "to": ("sampai", "to"),
    "half": ("Semester", "Half-year"),
    "updated_since": ("Berubah sejak", "Changed since"), "first_month": ("Bulan dari", "Months from"),
    "last_month": ("Bulan sampai", "Months to"),
}  # fmt: skip
DAYS, MONTHS = frozenset({"from", "to", "updated_since"}), frozenset({"first_month", "last_month"})


@desk("/exports", "export")
def exports(asking: Asking) -> Response:
    if asking.is_partial:
        mine = act.mine(asking.account, asking.scope)
        return unchanged() if request.args.get("was") == _mark(mine, asking) else _page(asking, {}, {}, mine=mine)
    return _page(asking, {"what": request.args.get("what")}, {})


@deed("/exports", "export")
def make_export(asking: Asking) -> Response:
    given: dict[str, Any] = {**request.form.to_dict(), "sensitive": request.form.getlist("sensitive")}
    try:
        wanted = act.read_wanted(asking.account, asking.scope, given, asking.lang, asking.now)
        act.ask(asking.account, asking.scope, wanted, asking.now)
    except act.BadExport as bad:
        return _page(asking, given, bad.errors, 422)
    says = ("Berkas sedang dibuat. Biasanya siap dalam beberapa detik.", "The file is being made: a few seconds, as a rule.")
    return asking.done(says, asking.url("exports", what=wanted.what) + "#mine")


@desk("/exports/<int:number>/file", "export")
def export_file(asking: Asking, number: int) -> Response:
    """The file, to whoever asked for it alone. Its name holds no more than what, which day and which region."""
    file = act.fetch(asking.account, asking.scope, number, asking.settings, asking.now)
    if file is None:
        raise Refusal(problem.NOT_FOUND)
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(file.name, safe='')}; filename=\"{file.name}\"",
        "Content-Length": str(file.size), "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; sandbox",
    }  # fmt: skip
    return Response(file.pieces, content_type=file.type, headers=headers)


@deed("/exports/<int:number>/delete", "export")
def delete_export(asking: Asking, number: int) -> Response:
    if not act.throw_away(asking.account, asking.scope, number, asking.settings):
        raise Refusal(problem.NOT_FOUND)
    return asking.done(("Berkas dihapus.", "The file is deleted."), asking.url("exports") + "#mine")


@desk("/exports/narrow", "export")
def narrow_export(asking: Asking) -> Response:
    """The same page for a part of the region."""
    return redirect_to(asking.url("exports", what=request.args.get("what") or None))


@to_do
def exports_ready(asking: Asking) -> ToDo | None:
    mine = [export for export in act.mine(asking.account, asking.scope) if export.state in (READY, FAILED)]
    new = [export for export in mine if asking.now - export.touched_at < 24 * 60 * 60 * 1000]
    if not new:
        return None
    failed = sum(export.state == FAILED for export in new)
    says = (f"{failed} gagal; lihat sebabnya", f"{failed} failed; see why") if failed else ("Siap diunduh", "Ready to fetch")
    return ToDo(("Berkas ekspor", "Exported files"), len(new), says, asking.url("exports") + "#mine", failed > 0)


def _page(
    asking: Asking, given: dict[str, Any], errors: dict[str, Both], status: int = 200, mine: list[Export] | None = None
) -> Response:
    lists = act.lists_for(asking.account.role)
    listed = next((each for each in lists if each.name == given.get("what")), lists[0])
    mine = act.mine(asking.account, asking.scope) if mine is None else mine
    below = regions_below(str(asking.scope), 1)
    return asking.render(
        "exports.html", part="mine", status=status, lists=lists, listed=listed, given=given, errors=errors,
        formats=formats().values(), fields=[_field(asking, listed, name) for name in act.filter_names(listed)],
        today=day_at(asking.now, str(asking.scope)).isoformat(), parts=below.regions if below else [],
        whole=asking.may("see whole NIKs"), may_sensitive=asking.may(act.SENSITIVE),
        has_numbers=any(column.type == "number" for column in listed.columns), mark=_mark(mine, asking),
        mine=[_shown(asking, export) for export in mine], is_busy=any(export.state in (WAITING, WORKING) for export in mine),
        days=asking.settings.export_days, purpose=(act.LEAST_PURPOSE, act.LONGEST_PURPOSE),
    )  # fmt: skip


def _mark(mine: list[Export], asking: Asking) -> str:
    return fingerprint(mine, asking.lang)


def _field(asking: Asking, listed: Listed, name: str) -> dict[str, Any]:
    """A filter's field: its label, what kind of input it is, and what may be chosen."""
    label = asking.t(*FILTER_NAMES[name])
    if name in ("from", "to") and listed.between:
        label = f"{asking.t(*listed.between)} {label}"
    kind = "date" if name in DAYS else "month" if name in MONTHS else "choice"
    values = act.choices(listed.name, name) if kind == "choice" else ()
    return {"name": name, "label": label, "kind": kind, "values": values}


def _shown(asking: Asking, export: Export) -> dict[str, Any]:
    """One of his files as the page tells it; of a list that is offered no more its plain name."""
    listed, format_ = LISTS.get(export.what), formats().get(export.format)
    state, tone = STATES.get(export.state, ((export.state, export.state), ""))
    note = loads(export.error) if export.error and export.error.startswith("[") else None
    words = 1 if asking.lang == "en" else 0
    return {
        "id": export.id, "name": asking.t(*listed.says) if listed else export.what,
        "format": (format_.suffix.upper() if format_ else export.format), "state": export.state,
        "says": asking.t(*state), "tone": tone, "rows": export.rows, "done_rows": export.done_rows, "size": export.size,
        "made_at": export.made_at, "expires_at": export.expires_at, "region": export.region,
        "asked": _asked(asking, export), "note": note[words] if note else None,
        "share": round(min(export.done_rows / export.rows, 1) * 100) if export.rows else None,
    }  # fmt: skip


def _asked(asking: Asking, export: Export) -> list[str]:
    """What was asked for, in words."""
    words = Words(asking.lang)
    asked = loads(export.asked)
    told = []
    if day := asked.get("day"):
        told.append(asking.t(f"seperti diketahui {words.day(day)}", f"as known on {words.day(day)}"))
    for name, value in asked.get("filters", {}).items():
        shown = words.month(value) if name in MONTHS else words.value(name, value)
        told.append(f"{asking.t(*FILTER_NAMES[name])} {shown}" if name in FILTER_NAMES else shown)
    if asked.get("whole_niks"):
        told.append(asking.t("NIK utuh", "whole NIKs"))
    told += [words.field(name).lower() for name in asked.get("sensitive", ())]
    return told
