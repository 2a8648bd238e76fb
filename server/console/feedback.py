"""The desk of feedback: what camat and village heads say and who answers it; the board of what worked; outreach."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from flask import Response, request

from programme.rules import load
from schemas import problem
from schemas.change import dumps
from schemas.problem import Both
from schemas.region import NATION, is_village, level, parent, within
from server import audit
from server.actions import feedback as acts
from server.actions.clocks import counted
from server.actions.entries import Entry, new_key
from server.actions.feedback import FEEDBACK, SOLUTION, Look, NobodyAbove
from server.actions.regions import known_below, region_names
from server.actions.settle import BadFields, NotSeen, OwnEntry
from server.clock import day_at
from server.console.cycles import LEVELS, STALE
from server.console.door import Asking, ToDo, deed, desk, to_do
from server.console.entry_forms import entry_form, read_entry, read_seen
from server.problems import Refusal
from server.store.evaluation import Activity

SHOWN = ("open", "here", "answered", "done", "all")
A_YEAR = 365  # days of outreach that are shown unless others are asked for
REGENCY_LENGTH = 5  # of a code
MOST_OFFERED = 60  # solutions that an answer may point to
HINTS: Mapping[str, Both] = {
    "who": ("Nama hanya dibaca yang boleh melihat data orang.", "A name is read by those alone who may see people."),
    "theme": ("Satu atau dua kata, misalnya: sinyal, iuran, kartu.", "A word or two, such as: signal, contribution, card."),
}  # fmt: skip
SOLUTION_HINTS: Mapping[str, Both] = {
    "theme": ("Tema yang sama dengan masukannya, misalnya: iuran.",
              "The same theme as the feedback, such as: contribution."),
    "challenge": ("Apa yang menghambat.", "What stood in the way."),
    "what_worked": ("Langkah yang bisa ditiru.", "Steps that others can take up."),
    "published": ("Ya: tampil di semua wilayah. Tidak: konsep wilayah ini.",
                  "Yes: shown in every region. No: this region's draft."),
}  # fmt: skip
NOBODY_SAYS: Both = ("Masukan ini sudah di meja nasional; jawab di sini.",
                     "The nation's desk has it already; answer it here.")  # fmt: skip
OWN_SAYS: Both = ("Isian yang berbeda Anda tulis sendiri; orang lain yang harus memutuskan.",
                  "You wrote a value that differs yourself; somebody else must decide.")  # fmt: skip


@to_do
def feedback_to_answer(asking: Asking) -> ToDo | None:
    if not asking.may("evaluate"):
        return None
    count, late = counted(asking.scope, FEEDBACK, asking.now)
    says: Both = ("Masukan camat dan kepala desa yang menunggu jawaban.", "Feedback of camat and village heads that waits.")
    if late:
        days = load().latest("feedback_days").value
        says = (f"{late} menunggu lebih dari {days} hari.", f"{late} waiting for more than {days} days.")
    return ToDo(("Masukan", "Feedback"), count, says, asking.url("feedback"), urgent=late > 0)


def _names(codes: list[str]) -> dict[str, str]:
    return region_names(sorted(set(codes))) | {NATION: "Indonesia"}


def _desks(asking: Asking, codes: list[str]) -> dict[str, str]:
    """Whose desk it is: with its level before the name, where the name itself does not say it."""
    levels = {code: asking.t(*LEVELS[level(code)]) for code in codes}
    return {code: f"{levels[code]} {name}".strip() for code, name in _names(codes).items() if code in levels}


def _after() -> tuple[str, str] | None:
    """Where a list goes on: a day and a record's id, which say nothing of anybody."""
    day, _, record = request.args.get("after", "").partition("~")
    return (day, record) if day and record and len(day) <= 10 else None


def _on(after: tuple[str, str] | None) -> str | None:
    return "~".join(after) if after else None


# Feedback ------------------------------------------------------------------------------------------------------------


@desk("/feedback", "see figures")
def feedback(asking: Asking) -> Response:
    show = request.args.get("show", "open")
    show = show if show in SHOWN else "open"
    theme, may_see = request.args.get("theme") or None, asking.may("see people")
    page = acts.Page([], None)
    if may_see:
        only = None if show == "all" else "open" if show in ("open", "here") else show
        page = acts.heard(asking.scope, asking.now, only=only, theme=theme, here=show == "here", after=_after())
        if page.voices:
            audit.look("list", region=str(asking.scope), records=[each.row.record for each in page.voices])
    names = _names([each.row.home for each in page.voices])
    return asking.render(
        "feedback.html", page=page, themes=acts.themes(asking.scope), board=acts.solution_themes(asking.scope), show=show,
        theme=theme, names=names, desks=_desks(asking, [each.holder for each in page.voices]), may_see=may_see,
        address=_address_of(asking),
        more=asking.url("feedback", show=show, theme=theme, after=_on(page.next)) if page.next else None,
    )  # fmt: skip


def _address_of(asking: Asking) -> Callable[[Activity], str]:
    def address(row: Activity) -> str:
        if row.kind == FEEDBACK:
            return asking.url("feedback_of_desk", feedback=row.record)
        return asking.url("feedback_of_phone", visit=row.record)

    return address


@desk("/feedback/new", "evaluate")
def new_feedback(asking: Asking) -> Response:
    return _new(asking)


def _new(asking: Asking, status: int = 200, bad: BadFields | None = None) -> Response:
    form = entry_form(
        asking, FEEDBACK, acts.FIELDS, said=request.form if bad else None, bad=bad, hints=HINTS,
        given={"date": day_at(asking.now, asking.scope).isoformat(), "by": "camat"},
    )  # fmt: skip
    name = _names([str(asking.scope)]).get(str(asking.scope), str(asking.scope))
    return asking.render("feedback_form.html", status=status, form=form, name=name)


@deed("/feedback/new", "evaluate")
def begin_feedback(asking: Asking) -> Response:
    fields = read_entry(FEEDBACK, acts.FIELDS, request.form)
    key = (request.form.get("key") or "").strip() or new_key()
    try:
        record = acts.begin(str(asking.scope), key, fields, asking.account, asking.now)
    except BadFields as bad:
        return _new(asking, 422, bad)
    return asking.done(("Masukan dicatat.", "The feedback is noted."), asking.url("feedback_of_desk", feedback=record))


@desk("/feedback/<feedback>", "see people")
def feedback_of_desk(asking: Asking, feedback: str) -> Response:
    return _one(asking, _seen(asking, feedback, FEEDBACK))


@desk("/feedback/visits/<visit>", "see people")
def feedback_of_phone(asking: Asking, visit: str) -> Response:
    return _one(asking, _seen(asking, visit, "visit"))


def _seen(asking: Asking, record: str, kind: str) -> Look:
    found = acts.look(asking.scope, record, asking.now)
    if found is None or found.entry.kind != kind:
        raise Refusal(problem.NOT_FOUND)
    return found


def _one(
    asking: Asking, look: Look, status: int = 200, says: Both | None = None, faults: Mapping[str, list[str]] | None = None
) -> Response:
    audit.look("open", region=look.entry.home, record=look.entry.record)
    above, kind = parent(look.voice.holder), look.entry.kind
    board = [each for each in acts.solutions(asking.scope) if each.fields.get("published")]
    theme = acts.theme_of(look.entry)
    board.sort(key=lambda each: acts.theme_of(each) != theme)  # those of its theme first
    codes = [look.entry.home, look.voice.holder, *(str(hand.value) for hand in look.escalated), *([above] if above else [])]
    names = _desks(asking, codes)

    def to(deed_name: str) -> str:
        parts = {"feedback": look.entry.record} if kind == FEEDBACK else {"visit": look.entry.record}
        return asking.url(deed_name if kind == FEEDBACK else deed_name + "_of_phone", **parts)

    return asking.render(
        "feedback_one.html", status=status, look=look, names=names, says=says, faults=faults or {}, to=to,
        seen=dumps(look.entry.seen), typed=request.form, solutions=board[:MOST_OFFERED],
        above=names.get(above, above) if above else None,
    )  # fmt: skip


@deed("/feedback/<feedback>/answer", "evaluate")
def answer_feedback(asking: Asking, feedback: str) -> Response:
    return _answer(asking, _seen(asking, feedback, FEEDBACK))


@deed("/feedback/visits/<visit>/answer", "evaluate")
def answer_feedback_of_phone(asking: Asking, visit: str) -> Response:
    return _answer(asking, _seen(asking, visit, "visit"))


def _answer(asking: Asking, look: Look) -> Response:
    says: Both = ("Jawaban disimpan.", "The answer is saved.")
    if look.entry.kind != FEEDBACK:
        says = ("Jawaban dikirim ke HP petugas.", "The answer goes to the officers' phones.")
    return _do(asking, look, says, lambda: acts.answer(
        asking.scope, look.entry.record, read_seen(request.form), request.form.get("answer"),
        request.form.get("solution") or None, asking.account, asking.now,
    ))  # fmt: skip


@deed("/feedback/<feedback>/escalate", "evaluate")
def escalate_feedback(asking: Asking, feedback: str) -> Response:
    return _escalate(asking, _seen(asking, feedback, FEEDBACK))


@deed("/feedback/visits/<visit>/escalate", "evaluate")
def escalate_feedback_of_phone(asking: Asking, visit: str) -> Response:
    return _escalate(asking, _seen(asking, visit, "visit"))


def _escalate(asking: Asking, look: Look) -> Response:
    says: Both = ("Masukan dinaikkan.", "The feedback was handed on.")
    return _do(asking, look, says, lambda: acts.escalate(
        asking.scope, look.entry.record, read_seen(request.form), asking.account, asking.now
    ))  # fmt: skip


@deed("/feedback/<feedback>/finish", "evaluate")
def finish_feedback(asking: Asking, feedback: str) -> Response:
    return _finish(asking, _seen(asking, feedback, FEEDBACK))


@deed("/feedback/visits/<visit>/finish", "evaluate")
def finish_feedback_of_phone(asking: Asking, visit: str) -> Response:
    return _finish(asking, _seen(asking, visit, "visit"))


def _finish(asking: Asking, look: Look) -> Response:
    return _do(asking, look, ("Ditandai selesai.", "Marked as done."), lambda: acts.finish(
        asking.scope, look.entry.record, read_seen(request.form), asking.account, asking.now
    ))  # fmt: skip


def _do(asking: Asking, look: Look, says: Both, act: Callable[[], object]) -> Response:
    """Do it, and go on to the same page; what can't be done is said there."""
    record, kind = look.entry.record, look.entry.kind
    try:
        act()
    except BadFields as bad:
        return _one(asking, look, 422, faults=asking.complain(bad.errors))
    except (NotSeen, NobodyAbove, OwnEntry) as error:
        both = {NobodyAbove: NOBODY_SAYS, OwnEntry: OWN_SAYS}.get(type(error), STALE)
        return _one(asking, _seen(asking, record, kind), 409, both)
    if kind == FEEDBACK:
        return asking.done(says, asking.url("feedback_of_desk", feedback=record))
    return asking.done(says, asking.url("feedback_of_phone", visit=record))


# The board -----------------------------------------------------------------------------------------------------------


def _readable(asking: Asking, entry: Entry) -> bool:
    """What is published names nobody; a draft may still, so it is for those alone who may see people."""
    return entry.fields.get("published") is True or asking.may("see people")


@desk("/solutions", "see figures")
def solutions(asking: Asking) -> Response:
    sought, theme = request.args.get("words", "").strip()[:100], request.args.get("theme") or None
    found = [each for each in acts.solutions(asking.scope, sought, theme) if _readable(asking, each)]
    return asking.render(
        "solutions.html", found=found, sought=sought, theme=theme, themes=acts.solution_themes(asking.scope),
        names=_places(found),
    )  # fmt: skip


def _places(found: Sequence[Entry]) -> dict[str, str]:
    """Solution -> where it worked, with the regency: whoever reads it may live at the other end of the country."""
    where = {each.record: str(each.fields.get("place") or each.home) for each in found}
    names = _names([code for place in where.values() for code in (place, place[:REGENCY_LENGTH])])
    return {
        record: ", ".join(dict.fromkeys(names.get(code, code) for code in (place, place[:REGENCY_LENGTH])))
        for record, place in where.items()
    }  # fmt: skip


@desk("/solutions/new", "evaluate")
def new_solution(asking: Asking) -> Response:
    return _solution_form(asking, None, asked=request.args.get("feedback"))


@deed("/solutions/new", "evaluate")
def begin_solution(asking: Asking) -> Response:
    fields = read_entry(SOLUTION, acts.SOLUTION_FIELDS, request.form)
    asked = request.form.get("feedback") or None
    if asked and acts.look(asking.scope, asked, asking.now) is not None:
        fields["feedback"] = asked
    key = (request.form.get("key") or "").strip() or new_key()
    try:
        record = acts.keep_solution(str(asking.scope), key, None, fields, asking.account, asking.now)
    except BadFields as bad:
        return _solution_form(asking, None, 422, bad, asked=asked)
    return asking.done(("Solusi disimpan.", "The solution is saved."), asking.url("solution", solution=record))


def _solution_form(
    asking: Asking, entry: Entry | None, status: int = 200, bad: BadFields | None = None, says: Both | None = None,
    asked: str | None = None,
) -> Response:  # fmt: skip
    home = entry.home if entry else str(asking.scope)
    look = acts.look(asking.scope, asked, asking.now) if asked else None
    given: dict[str, Any] = {"place": home, "published": False}
    if look is not None:
        audit.look("open", region=look.entry.home, record=look.entry.record)
        given |= {"theme": look.entry.fields.get("theme"), "challenge": look.entry.fields.get("text"),
                  "place": look.entry.home}  # fmt: skip
    place = (entry.fields.get("place") if entry else given["place"]) or home
    places = dict([(home, _names([home]).get(home, home)), (place, _names([place]).get(place, place)),
                   *((each.code, each.name) for each in known_below(home) if each.ended_on is None)])  # fmt: skip
    form = entry_form(
        asking, SOLUTION, acts.SOLUTION_FIELDS, entry, said=request.form if bad else None, bad=bad, hints=SOLUTION_HINTS,
        choices={"place": list(places.items())}, given=given,
    )  # fmt: skip
    return asking.render("solution_form.html", status=status, entry=entry, form=form, says=says,
                         asked=asked if look is not None else None)  # fmt: skip


def _solution(asking: Asking, record: str) -> Entry:
    entry = acts.find_solution(asking.scope, record)
    if entry is None or not _readable(asking, entry):
        raise Refusal(problem.NOT_FOUND)
    return entry


@desk("/solutions/<solution>", "see figures")
def solution(asking: Asking, solution: str) -> Response:
    entry = _solution(asking, solution)
    asked = entry.fields.get("feedback")
    look = acts.look(asking.scope, asked, asking.now) if asked and asking.may("see people") else None
    return asking.render(
        "solution.html", entry=entry, place=_places([entry])[entry.record],
        may_write=_may_write(asking, entry), asked=_address_of(asking)(look.voice.row) if look else None,
    )  # fmt: skip


def _may_write(asking: Asking, entry: Entry) -> bool:
    return asking.may("evaluate") and within(entry.home, asking.account.region)


def _own_solution(asking: Asking, record: str) -> Entry:
    entry = _solution(asking, record)
    if not within(entry.home, asking.scope):
        raise Refusal(problem.NOT_FOUND)
    return entry


@desk("/solutions/<solution>/edit", "evaluate")
def edit_solution(asking: Asking, solution: str) -> Response:
    return _solution_form(asking, _own_solution(asking, solution))


@deed("/solutions/<solution>/edit", "evaluate")
def change_solution(asking: Asking, solution: str) -> Response:
    entry = _own_solution(asking, solution)
    fields = read_entry(SOLUTION, acts.SOLUTION_FIELDS, request.form)
    try:
        acts.keep_solution(entry.home, entry.key, read_seen(request.form), fields, asking.account, asking.now)
    except BadFields as bad:
        return _solution_form(asking, entry, 422, bad)
    except NotSeen:
        return _solution_form(asking, _own_solution(asking, solution), 409, says=STALE)
    return asking.done(("Solusi disimpan.", "The solution is saved."), asking.url("solution", solution=solution))


# Outreach ------------------------------------------------------------------------------------------------------------


@desk("/outreach", "see figures")
def outreach(asking: Asking) -> Response:
    today = day_at(asking.now, asking.scope)
    since = _day(request.args.get("since")) or (today - timedelta(days=A_YEAR)).isoformat()
    until = _day(request.args.get("until")) or today.isoformat()
    held, may_see = acts.outreach(asking.scope, (since, until), _after()), asking.may("see people")
    if may_see and held.sessions:
        audit.look("list", region=str(asking.scope), records=[row.record for row, _ in held.sessions])
    names = _names([each.key for each in held.by_region] + [row.home for row, _ in held.sessions])
    return asking.render(
        "outreach.html", held=held, since=since, until=until, names=names, may_see=may_see,
        rule=load().latest("conversion_days"), is_village=is_village(asking.scope),
        more=asking.url("outreach", since=since, until=until, after=_on(held.next)) if held.next else None,
    )  # fmt: skip


def _day(text: str | None) -> str | None:
    try:
        return date.fromisoformat(text).isoformat() if text and len(text) == 10 else None
    except ValueError:
        return None
