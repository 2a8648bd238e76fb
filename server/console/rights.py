"""The desk of people's rights over their own data: requests with the law's clock, carried through or refused; letters."""

from __future__ import annotations

import base64
from datetime import datetime
from typing import Any, cast
from zoneinfo import ZoneInfo

from flask import Response, current_app, render_template, request

from schemas import problem
from schemas.change import dumps
from schemas.kinds import kind_of
from schemas.problem import Both, complain
from schemas.region import zone
from server import audit
from server.actions import dossier
from server.actions import rights as acts
from server.actions.rights import ASKED_BY, KINDS, PROVEN_BY, Clash, Seen, Wrong
from server.actions.settle import BadFields, NotSeen, OwnEntry
from server.console.door import FOLDER, Asking, ToDo, deed, desk, to_do
from server.console.inputs import Input, answered, asked
from server.console.words import Words
from server.problems import Refusal
from server.vocabulary import FOLLOWUPS
from server.store.rights import OPEN, Person

FORMS = {"html": "text/html; charset=utf-8", "json": "application/json"}
NOT_NOW: Both = ("Catatan ini baru saja berubah. Lihat lagi isinya di bawah, lalu ulangi.",
                 "The record changed just now. Look at it again below, and repeat.")  # fmt: skip
OWN: Both = ("Salah satu isian yang berbeda Anda tulis sendiri; orang lain yang harus memutuskannya.",
             "You wrote one of the values that differ yourself; somebody else must decide.")  # fmt: skip
CLOSED: Both = ("Permintaan ini baru saja ditutup orang lain.", "Somebody else has just closed this request.")


@to_do
def rights_to_serve(asking: Asking) -> ToDo | None:
    if not asking.may("handle rights"):
        return None
    count, late = acts.how_many(asking.scope, asking.now)
    says = ("Permintaan orang atas datanya sendiri.", "What people ask about their own data.")
    if late:
        says = (f"{late} sudah lewat waktunya.", "1 is past its time." if late == 1 else f"{late} are past their time.")
    return ToDo(("Hak atas data", "People's rights"), count, says, asking.url("rights"), urgent=late > 0)


# The list -------------------------------------------------------------------------------------------------------------


@desk("/rights", "see rights")
def rights(asking: Asking) -> Response:
    return _list(asking)


def _list(asking: Asking, status: int = 200, **more: Any) -> Response:
    show, after = request.args.get("show", "open"), request.args.get("after")
    if show == "restricted":
        found = acts.list_restricted(asking.scope, after)
        return asking.render(
            "rights.html", status=status, show=show, restricted=found.rows, names=found.names, kinds=KINDS,
            more=asking.url("rights", show=show, after=found.next) if found.next else None, **more,
        )  # fmt: skip
    page = acts.list_requests(asking.scope, show != "closed", after)
    return asking.render(
        "rights.html", status=status, show="closed" if show == "closed" else "open", requests=page.requests,
        names=page.names, kinds=KINDS, asked_by=ASKED_BY,
        more=asking.url("rights", show=show, after=page.next) if page.next else None, **more,
    )  # fmt: skip


# A new request --------------------------------------------------------------------------------------------------------


@deed("/rights/find", "handle rights")
def find_for_rights(asking: Asking) -> Response:
    """A record number or a NIK was typed: whose is it?"""
    number = request.form.get("number", "").strip()[:100]
    found = acts.find_people(asking.scope, number) if number else []
    if len(found) == 1:
        return _new(asking, found[0], {})
    if not found:
        says = asking.t("Tidak ada di wilayah ini. Periksa nomornya, atau cari lewat Cari pekerja.",
                        "Nobody in this region. Check the number, or search under Workers.")  # fmt: skip
        return _list(asking, 422 if number else 200, number=number, fault=says if number else None)
    return asking.render("rights_new.html", people=found, person=None, given={}, faults={})


@desk("/rights/new", "handle rights")
def new_request(asking: Asking) -> Response:
    """The form for a record that another page names: a record's number tells nothing of its person."""
    person = acts.person_of(asking.scope, request.args.get("record", ""))
    if person is None:
        raise Refusal(problem.NOT_FOUND)
    audit.look("open", region=person.home, record=person.record)
    return _new(asking, person, {})


def _new(asking: Asking, person: Person, given: dict[str, str], faults: dict[str, str] | None = None) -> Response:
    here = datetime.fromtimestamp(asking.now / 1000, ZoneInfo(zone(person.home)))
    return asking.render(
        "rights_new.html", status=422 if faults else 200, people=[], person=person, kinds=KINDS, asked_by=ASKED_BY,
        proven_by=PROVEN_BY, given={"asked_at": f"{here:%Y-%m-%dT%H:%M}"} | given, faults=faults or {},
        rules={kind: acts.rule_of(kind, asking.now, person.home) for kind in KINDS},
    )  # fmt: skip


@deed("/rights/new", "handle rights")
def take_request(asking: Asking) -> Response:
    given = {name: request.form.get(name, "") for name in ("record", "kind", "asked_by", "proven_by", "note", "asked_at")}
    person = acts.person_of(asking.scope, given["record"])
    if person is None:
        raise Refusal(problem.NOT_FOUND)
    try:
        moment = moment_typed(given["asked_at"], person.home, asking.now)
        number = acts.ask(
            asking.scope, person.record, given["kind"], given["asked_by"], given["proven_by"], given["note"], moment,
            asking.account, asking.now,
        )  # fmt: skip
    except Wrong as wrong:
        return _new(asking, person, given, {field: asking.t(*both) for field, both in wrong.errors.items()})
    says = ("Permintaan dicatat; waktunya mulai berjalan.", "The request is noted; its clock runs.")
    return asking.done(says, asking.url("rights_request", rights_request=number))


def moment_typed(text: str, region: str, now: int) -> int:
    """A moment typed in the region's own time, in milliseconds; nothing typed means now. Raises Wrong."""
    if not text:
        return now
    try:
        typed = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone(region)))
    except ValueError:
        raise Wrong({"asked_at": ("Tanggal dan jamnya tidak terbaca.", "The date and time can't be read.")}) from None
    at = int(typed.timestamp() * 1000)
    return min(at, now) if at - now < 60_000 else at  # the form shows whole minutes


# One request ----------------------------------------------------------------------------------------------------------


@desk("/rights/<int(max=999999999999):rights_request>", "see rights")
def rights_request(asking: Asking, rights_request: int) -> Response:
    return _page(asking, _seen(asking, rights_request))


def _seen(asking: Asking, number: int) -> Seen:
    seen = acts.look(asking.scope, number)
    if seen is None:
        raise Refusal(problem.NOT_FOUND)
    return seen


def _page(asking: Asking, seen: Seen, says: str | None = None, faults: dict[str, list[str]] | None = None) -> Response:
    inputs = _inputs(seen, asking) if seen.request.kind == "correction" and seen.person else []
    worker = None
    if "console.worker" in current_app.view_functions and seen.person:
        worker = asking.url("worker", record=seen.person.record)
    return asking.render(
        "rights_request.html", status=422 if says or faults else 200, seen=seen, one=seen.request, person=seen.person,
        kinds=KINDS, asked_by=ASKED_BY, proven_by=PROVEN_BY, inputs=inputs, worker=worker, says=says, faults=faults or {},
        may_handle=asking.may("handle rights"), is_open=seen.request.state == OPEN,
    )  # fmt: skip


def _inputs(seen: Seen, asking: Asking) -> list[Input]:
    assert seen.person is not None
    kind, words = kind_of("worker"), Words(asking.lang)
    fields = seen.person.fields
    return [asked(kind, name, fields.get(name), f"field.{name}", words) for name in acts.correctable(seen.person)]


@deed("/rights/<int(max=999999999999):rights_request>/carry-out", "handle rights")
def carry_out_request(asking: Asking, rights_request: int) -> Response:
    seen = _seen(asking, rights_request)
    answer = request.form.get("answer", "")
    try:
        acts.carry_out(
            asking.scope, rights_request, answer, asking.account, asking.settings, asking.now,
            fields=_corrected(seen) if seen.request.kind == "correction" else None,
        )  # fmt: skip
    except Wrong as wrong:
        return _page(asking, seen, faults={name: [asking.t(*both)] for name, both in wrong.errors.items()})
    except BadFields as bad:
        faults = {name: [complain(code, asking.lang) for code in codes] for name, codes in bad.errors.items()}
        return _page(asking, seen, faults=faults)
    except (NotSeen, OwnEntry, Clash) as error:
        both = NOT_NOW if isinstance(error, NotSeen) else OWN if isinstance(error, OwnEntry) else CLOSED
        return _page(asking, _seen(asking, rights_request), says=asking.t(*both))
    says = ("Sudah dikerjakan. Cetak suratnya dan serahkan.", "It is done. Print the letter and hand it over.")
    return asking.done(says, asking.url("rights_request", rights_request=rights_request))


def _corrected(seen: Seen) -> dict[str, Any]:
    """What was typed otherwise than it stands."""
    if seen.person is None:
        return {}
    kind, form = kind_of("worker"), cast(Any, request.form)
    typed = {
        name: answered(kind, name, form, f"field.{name}") for name in acts.correctable(seen.person)
        if f"field.{name}" in form
    }  # fmt: skip
    return {name: value for name, value in typed.items() if value != seen.person.fields.get(name)}


@deed("/rights/<int(max=999999999999):rights_request>/refuse", "handle rights")
def refuse_request(asking: Asking, rights_request: int) -> Response:
    try:
        acts.refuse(asking.scope, rights_request, request.form.get("reason", ""), asking.account, asking.now)
    except Wrong as wrong:
        faults = {name: [asking.t(*both)] for name, both in wrong.errors.items()}
        return _page(asking, _seen(asking, rights_request), faults=faults)
    except Clash:
        return _page(asking, _seen(asking, rights_request), says=asking.t(*CLOSED))
    says = ("Ditolak dengan alasan. Cetak suratnya.", "Refused, with the reason. Print the letter.")
    return asking.done(says, asking.url("rights_request", rights_request=rights_request))


@desk("/rights/<int(max=999999999999):rights_request>/letter", "see rights")
def rights_letter(asking: Asking, rights_request: int) -> Response:
    """The answer as a letter to print, in plain Indonesian: it is for the person, whatever language the desk reads."""
    seen = _seen(asking, rights_request)
    return asking.render("rights_letter.html", seen=seen, one=seen.request, person=seen.person, kinds=KINDS, id=Words("id"))


@deed("/rights/<int(max=999999999999):rights_request>/file", "handle rights")
def rights_file(asking: Asking, rights_request: int) -> Response:
    """Everything held of the person: to be read and printed, or for a machine. A look, but asked for by a form of ours."""
    form = request.form.get("format", "html")
    seen = _seen(asking, rights_request)
    if form not in FORMS or seen.request.kind != "access":
        raise Refusal(problem.BAD_REQUEST)
    told = dossier.dossier(asking.scope, seen.request, asking.settings, asking.now, form)
    body = dumps(told) if form == "json" else _readable(told, asking)
    response = Response(body, content_type=FORMS[form])
    response.headers["Content-Disposition"] = f'attachment; filename="data-diri-{seen.request.id}.{form}"'
    response.headers["Cache-Control"] = "no-store"
    return response


def _readable(told: dict[str, Any], asking: Asking) -> str:
    photos = {
        sha: base64.b64encode(content).decode() for sha, content in dossier.photos_of(told, asking.settings).items()
    }  # fmt: skip
    done = {act: both[0] for act, both in audit.ACTS.items()}
    return render_template(
        FOLDER + "rights_file.html", told=told, photos=photos, words=Words("id"), acts=done, kinds=KINDS,
        masked=not asking.may("see whole NIKs"), follow=FOLLOWUPS,
    )  # fmt: skip


@deed("/rights/restricted/<record>/lift", "handle rights")
def lift_restriction(asking: Asking, record: str) -> Response:
    """Begin the request by which a restriction is taken back: it too is asked for by somebody, and leaves a trace."""
    person = acts.person_of(asking.scope, record)
    if person is None:
        raise Refusal(problem.NOT_FOUND)
    return _new(asking, person, {"kind": "lifting"})

