"""The desk of breaches: the register, whom each touches, the letters, and the clock until all were told."""

from __future__ import annotations

from typing import Any

from flask import Response, request

from schemas import problem
from server.actions import breaches as acts
from server.actions.breaches import AUTHORITY, LETTERS_AT_ONCE, PEOPLE, SOURCES, TEXTS, Noted, Seen, Wrong
from server.console.door import Asking, ToDo, deed, desk, to_do
from server.console.rights import moment_typed
from server.console.words import Words
from server.problems import Refusal

GIVEN = ("source", "source_id", "numbers", "noticed_at", *TEXTS)


@to_do
def breaches_to_tell(asking: Asking) -> ToDo | None:
    if not asking.may("handle rights"):
        return None
    count, late = acts.how_many(asking.scope, asking.now)
    says = ("Orang yang terdampak dan lembaga harus diberi tahu.", "Those affected and the agency must be told.")
    if not count:
        return None
    if late:
        says = (f"{late} sudah lewat 3 x 24 jam.", f"{late} past the 3 x 24 hours.")
    return ToDo(("Kebocoran data", "Breaches"), count, says, asking.url("breaches"), urgent=late > 0)


@desk("/breaches", "see rights")
def breaches(asking: Asking) -> Response:
    before = request.args.get("before", "")
    found, after = acts.list_breaches(asking.scope, int(before) if before.isdecimal() and len(before) < 16 else None)
    more = asking.url("breaches", before=after) if after else None
    return asking.render("breaches.html", breaches=found, sources=SOURCES, more=more)


@desk("/breaches/new", "handle rights")
def new_breach(asking: Asking) -> Response:
    given = {name: request.args.get(name, "")[:100] for name in ("source", "source_id")}
    return _new(asking, given)


def _new(asking: Asking, given: dict[str, str], faults: dict[str, str] | None = None) -> Response:
    rule = acts.rule_of(asking.now, asking.scope)
    return asking.render(
        "breach_new.html", status=422 if faults else 200, given=given, faults=faults or {}, sources=SOURCES, rule=rule
    )  # fmt: skip


@deed("/breaches/new", "handle rights")
def note_breach(asking: Asking) -> Response:
    given = {name: request.form.get(name, "") for name in GIVEN}
    try:
        moment = _moment(given["noticed_at"], asking, asking.scope)
        noted = Noted(
            given["source"], given["source_id"].strip(), given["what"], given["data"], given["happened"], given["measures"],
            moment, given["numbers"],
        )  # fmt: skip
        number = acts.note(noted, asking.account, asking.now)
    except Wrong as wrong:
        return _new(asking, given, {name: asking.t(*both) for name, both in wrong.errors.items()})
    says = ("Kebocoran dicatat; waktunya berjalan.", "The breach is noted; its clock runs.")
    return asking.done(says, asking.url("breach", breach=number))


def _moment(text: str, asking: Asking, region: str) -> int:
    """As typed in a form. Raises Wrong, by the field's own name."""
    try:
        return moment_typed(text, region, asking.now)
    except Wrong as wrong:
        raise Wrong({"noticed_at": wrong.errors["asked_at"]}) from None


@desk("/breaches/<int(max=999999999999):breach>", "see rights")
def breach(asking: Asking, breach: int) -> Response:
    return _page(asking, breach)


def _seen(asking: Asking, number: int, most: int = acts.AT_ONCE) -> Seen:
    seen = acts.look(asking.scope, number, request.args.get("after"), most)
    if seen is None:
        raise Refusal(problem.NOT_FOUND)
    return seen


def _page(asking: Asking, number: int, faults: dict[str, str] | None = None) -> Response:
    seen = _seen(asking, number)
    more = asking.url("breach", breach=number, after=seen.next) if seen.next else None
    return asking.render(
        "breach.html", status=422 if faults else 200, seen=seen, one=seen.breach, sources=SOURCES, faults=faults or {},
        more=more, may_handle=asking.may("handle rights") and seen.breach.closed_at is None,
    )  # fmt: skip


def _done(asking: Asking, number: int, says: tuple[str, str], act: Any) -> Response:
    if acts.look(asking.scope, number, None, 0) is None:
        raise Refusal(problem.NOT_FOUND)
    try:
        act()
    except Wrong as wrong:
        return _page(asking, number, {name: asking.t(*both) for name, both in wrong.errors.items()})
    return asking.done(says, asking.url("breach", breach=number))


@deed("/breaches/<int(max=999999999999):breach>/told", "handle rights")
def tell_breach(asking: Asking, breach: int) -> Response:
    whom = request.form.get("whom", "")
    says = ("Dicatat: sudah diberi tahu.", "Noted: they were told.")
    return _done(
        asking, breach, says, lambda: acts.tell(asking.scope, breach, whom, asking.now, asking.account, asking.now)
    )  # fmt: skip


@deed("/breaches/<int(max=999999999999):breach>/write", "handle rights")
def write_breach(asking: Asking, breach: int) -> Response:
    texts = {name: request.form[name] for name in TEXTS if name in request.form}
    return _done(asking, breach, ("Tersimpan.", "Saved."), lambda: acts.write(asking.scope, breach, texts, asking.account))


@deed("/breaches/<int(max=999999999999):breach>/add", "handle rights")
def add_to_breach(asking: Asking, breach: int) -> Response:
    numbers = request.form.get("numbers", "")
    says = ("Orang ditambahkan.", "Persons were added.")
    return _done(asking, breach, says, lambda: acts.add_people(asking.scope, breach, numbers, asking.account))


@deed("/breaches/<int(max=999999999999):breach>/close", "handle rights")
def close_breach(asking: Asking, breach: int) -> Response:
    says = ("Kebocoran ini ditutup.", "The breach is closed.")
    return _done(asking, breach, says, lambda: acts.close(asking.scope, breach, asking.account, asking.now))


@desk("/breaches/<int(max=999999999999):breach>/letters", "see rights")
def breach_letters(asking: Asking, breach: int) -> Response:
    """Letters to print, in Indonesian whatever the desk reads: one for the agency, or one for each person."""
    to = AUTHORITY if request.args.get("to") == AUTHORITY else PEOPLE
    seen = _seen(asking, breach, LETTERS_AT_ONCE)
    more = asking.url("breach_letters", breach=breach, to=to, after=seen.next) if seen.next and to == PEOPLE else None
    return asking.render("breach_letters.html", seen=seen, one=seen.breach, to=to, id=Words("id"), more=more)


@deed("/breaches/<int(max=999999999999):breach>/csv", "see rights")
def breach_csv(asking: Asking, breach: int) -> Response:
    body = acts.affected_csv(asking.scope, breach)
    if body is None:
        raise Refusal(problem.NOT_FOUND)
    response = Response(body.encode(), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="terdampak-{breach}.csv"'
    response.headers["Cache-Control"] = "no-store"
    return response
