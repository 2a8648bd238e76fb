"""The desk of decrees (SK): filling a list, two people signing it, what it did, taking names off; who is funded twice."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from flask import Response, request

from schemas.change import dumps
from schemas.kinds.planning import PAYERS
from schemas.problem import Both
from server.actions import decrees as acts
from server.actions import entries, rankings
from server.actions.budgets import BUDGET, PlanRefused
from server.actions.decrees import DECREE, DRAFT, PROPOSED, REASONS, REVOKED, SIGNED, Told
from server.actions.entries import Entry
from server.actions.regions import region_names
from server.actions.settle import BadFields, NoSuchRecord, NotSeen
from server.clock import day_at
from server.console.budgets import CHANGED, _funding
from server.console.door import Asking, ToDo, deed, desk, fingerprint, to_do, unchanged, whole_number
from server.console.entry_forms import EntryForm, entry_form, read_entry, read_seen

FORM = ("title", "budget", "funding", "first_month", "last_month", "programs", "people", "notes")
A_PAGE = 50
MOST_PRINTED = 20_000
STATES: Mapping[str, tuple[Both, str]] = {
    DRAFT: (("Konsep", "Draft"), ""), PROPOSED: (("Diusulkan", "Proposed"), "info"),
    SIGNED: (("Ditandatangani", "Signed"), "good"), REVOKED: (("Dicabut", "Revoked"), "bad"),
}  # fmt: skip
WORK: Mapping[str, Both] = {
    "rank": ("Mengisi dari urutan", "Filling by the ranking"), "list": ("Mengisi dari daftar", "Filling from a list"),
    "fund": ("Mencatat siapa dibiayai", "Noting who is funded"),
}  # fmt: skip
CAME_TO: Mapping[str, Both] = {
    "added": ("ditambahkan", "added"), "there": ("sudah ada", "there already"), "gone": ("tidak ada lagi", "gone"),
    "restricted": ("datanya dibatasi", "restricted"), "set": ("dicatat dibiayai SK ini", "noted as funded by it"),
    "already": ("sudah tercatat begitu", "noted so already"), "pays_himself": ("bayar sendiri", "pay themselves"),
    "other_funder": ("dibiayai pihak lain", "are funded by somebody else"), "waits": ("menunggu keputusan lain",
                                                                                     "wait for another decision"),
}  # fmt: skip
LEFT: Mapping[str, Both] = {
    "pays_himself": ("Aktif dan bayar sendiri: tanyakan apakah ia mau dibiayai.",
                     "Active and pays himself: ask whether he wants to be funded."),
    "other_funder": ("Sudah dibiayai pihak lain: keluarkan dari salah satu.",
                     "Funded by somebody else already: take him off one of them."),
    "waits": ("Datanya dibatasi atau isian dananya berbeda: selesaikan dulu.",
              "His data is restricted or his funding is in conflict: settle that first."),
}  # fmt: skip
HINTS: Mapping[str, Both] = {
    "budget": ("Baris anggaran yang dipakai; sumber dananya harus sama.", "The line it spends, of the same source."),
    "people": ("Paling banyak berapa nama. Kosong: sebanyak yang dibiayai barisnya.",
               "How many names at most. Empty: as many as its line pays for."),
}  # fmt: skip


@to_do
def decrees_to_sign(asking: Asking) -> ToDo | None:
    if not asking.may("approve"):
        return None
    waiting = [each for each in entries.all_of(asking.scope, DECREE) if each.fields.get("state") == PROPOSED]
    if not waiting:
        return None
    says = ("SK menunggu ditandatangani oleh orang kedua.", "A decree waits to be signed by a second person.")
    return ToDo(("SK menunggu tanda tangan", "Decrees to sign"), len(waiting), says,
                asking.url("decree", decree=waiting[0].record))  # fmt: skip


@to_do
def people_funded_twice(asking: Asking) -> ToDo | None:
    if not (asking.may("see people") and asking.may("plan")):
        return None
    count = acts.how_many_twice(asking.scope, asking.now)
    if not count:
        return None
    says = ("Dua pihak membayar iuran orang yang sama.", "Two pay the contributions of one person.")
    return ToDo(("Dibiayai dua kali", "Funded twice"), count, says, asking.url("double_funding"))


# All of them ----------------------------------------------------------------------------------------------------------


@desk("/decrees", "see figures")
def decrees(asking: Asking) -> Response:
    return _show_all(asking)


def _show_all(
    asking: Asking, status: int = 200, bad: BadFields | None = None, refused: PlanRefused | None = None
) -> Response:  # fmt: skip
    found = acts.all_of(asking.scope)
    form = None
    if asking.may("plan"):
        lines = _lines(asking, asking.scope)
        line = lines.get(request.args.get("budget", ""))
        given: dict[str, Any] = {"programs": ["JKK", "JKM"]}
        if line is not None:
            given |= {"budget": line.record, "title": line.fields.get("title")}
            given |= {name: line.fields[name] for name in ("funding", "first_month", "last_month", "programs")
                      if line.fields.get(name)}  # fmt: skip
        form = entry_form(
            asking, DECREE, FORM, said=request.form if bad or refused else None, bad=bad, hints=HINTS, given=given,
            choices={"budget": [(each.record, _named(asking, each)) for each in lines.values()]},
        )  # fmt: skip
    return asking.render(
        "decrees.html", status=status, found=found, form=form, states=STATES, funding=_funding(asking),
        is_open=bool(bad or refused) or "budget" in request.args, refused=refused.says if refused else None,
        names=region_names(sorted({each.home for each in found})),
        twice=acts.how_many_twice(asking.scope, asking.now) if asking.may("see people") else None,
    )  # fmt: skip


def _lines(asking: Asking, region: str) -> dict[str, Entry]:
    """The budget lines of this very region that are for somebody, by id."""
    found = entries.all_of(asking.scope, BUDGET, region)
    return {each.record: each for each in found if each.home == region and each.fields.get("people") != 0}


def _named(asking: Asking, line: Entry) -> str:
    said = line.fields
    return f"{said.get('title')} ({said.get('first_month')} – {said.get('last_month')})"


@deed("/decrees/new", "plan")
def begin_decree(asking: Asking) -> Response:
    said = read_entry(DECREE, FORM, request.form)
    try:
        record = acts.begin_decree(asking.scope, request.form.get("key", ""), said, asking.account, asking.now)
    except BadFields as bad:
        return _show_all(asking, 422, bad)
    except PlanRefused as refused:
        return _show_all(asking, 422, refused=refused)
    return asking.done(("Konsep SK dibuat. Isi daftarnya.", "The decree is drafted. Fill its list."),
                       asking.url("decree", decree=record))  # fmt: skip


# One decree -----------------------------------------------------------------------------------------------------------


@desk("/decrees/<decree>", "see figures")
def decree(asking: Asking, decree: str) -> Response:
    told = acts.told_of(asking.scope, decree)
    mark = fingerprint(told.mark, [(each.id, each.state, each.done_rows) for each in told.work], told.entry.version)
    if asking.is_partial and request.args.get("was") == mark:
        return unchanged()
    return _show(asking, decree, mark=mark, told=told)


def _show(
    asking: Asking, record: str, status: int = 200, refused: Both | None = None, bad: BadFields | None = None,
    mark: str = "", told: Told | None = None,
) -> Response:  # fmt: skip
    told = told or acts.told_of(asking.scope, record)
    names, left = None, []
    village = request.args.get("village") or None
    if asking.may("see people"):
        names = acts.names_of(asking.scope, record, village, request.args.get("after") or None, A_PAGE)
        left = acts.left_alone(asking.scope, told) if told.state == SIGNED else []
        acts.note_looked(asking.scope, {each.worker for each in names.names if each.worker} | {each.record for each in left})
    day = day_at(asking.now, asking.scope)
    is_own = told.state == PROPOSED and entries.is_by(asking.account, record, ("state",))
    limit = acts.limit_of(told.entry, told.line)
    return asking.render(
        "decree.html", part="progress", status=status, told=told, names=names, left=left, states=STATES, work_says=WORK,
        came_to=CAME_TO, left_says=LEFT, reasons=REASONS, refused=refused, village=village, funding=_funding(asking),
        form=_form(asking, told, refused if status == 422 else None, bad), is_open=status == 422, is_own=is_own, limit=limit,
        brought=acts.lists_brought(asking.scope) if asking.may("plan") and told.state == DRAFT else [],
        rules=_rules(asking, told), seen=dumps(told.entry.seen), today=day, watch=mark, default=rankings.DEFAULT,
        region=region_names([told.entry.home]).get(told.entry.home),
        more=asking.url("decree", decree=record, after=names.next, village=village)
        if names and names.next else None, because=rankings.read_because,
        villages=region_names(sorted({each.village for each in left})),
    )  # fmt: skip


def _rules(asking: Asking, told: Told) -> list[tuple[str, str]]:
    """The rankings by which a list may be filled: the one in force first."""
    if told.state != DRAFT or not asking.may("plan"):
        return []
    ruled = rankings.in_force(told.entry.home, day_at(asking.now, told.entry.home))
    title = ruled.entry.fields.get("title") if ruled.entry else asking.t("setelan bawaan", "the defaults")
    found = [(ruled.record, f"{title} ({asking.t('berlaku', 'in force')})")]
    if ruled.entry:
        found.append((rankings.DEFAULT, asking.t("setelan bawaan", "the defaults")))
    return found


def _form(asking: Asking, told: Told, refused: Both | None, bad: BadFields | None) -> EntryForm | None:
    if told.state != DRAFT or not asking.may("plan"):
        return None
    lines = _lines(asking, told.entry.home)
    again = request.form if bad or refused else None
    return entry_form(
        asking, DECREE, FORM, told.entry, said=again, bad=bad, hints=HINTS,
        choices={"budget": [(each.record, _named(asking, each)) for each in lines.values()]},
    )  # fmt: skip


def _attempt(asking: Asking, record: str, act: Any, says: Both) -> Response:
    """Do it to a decree; what is refused is said on its page, beside what stands now."""
    entries.one(asking.scope, DECREE, record)
    try:
        act()
    except PlanRefused as refused:
        return _show(asking, record, 409, refused.says)
    except NotSeen:
        return _show(asking, record, 409, CHANGED)
    return asking.done(says, asking.url("decree", decree=record))


@deed("/decrees/<decree>/edit", "plan")
def change_decree(asking: Asking, decree: str) -> Response:
    entry = entries.one(asking.scope, DECREE, decree)
    said = read_entry(DECREE, FORM, request.form)
    try:
        acts.change_decree(entry, read_seen(request.form), said, asking.account, asking.now)
    except BadFields as bad:
        return _show(asking, decree, 422, bad=bad)
    except PlanRefused as refused:
        return _show(asking, decree, 422, refused.says)
    except NotSeen:
        return _show(asking, decree, 409, CHANGED)
    return asking.done(("SK diperbarui.", "The decree is changed."), asking.url("decree", decree=decree))


@deed("/decrees/<decree>/fill", "plan")
def fill_decree(asking: Asking, decree: str) -> Response:
    def act() -> None:
        most = whole_number(request.form.get("most", "").replace(".", "").strip(), 8) or 0
        acts.fill(asking.scope, decree, most, request.form.get("ranking", ""), asking.account, asking.now)

    try:
        return _attempt(asking, decree, act, ("Daftar sedang diisi.", "The list is being filled."))
    except NoSuchRecord:
        return _show(asking, decree, 409, ("Aturan urutan itu tidak ada. Pilih yang lain.",
                                           "There is no such ranking. Choose another one."))  # fmt: skip


@deed("/decrees/<decree>/take", "plan")
def take_list(asking: Asking, decree: str) -> Response:
    def act() -> None:
        number = whole_number(request.form.get("list")) or 0
        acts.take_list(asking.scope, decree, number, asking.account, asking.now)

    return _attempt(asking, decree, act, ("Daftar sedang diisi.", "The list is being filled."))


@deed("/decrees/<decree>/propose", "plan")
def propose_decree(asking: Asking, decree: str) -> Response:
    def act() -> None:
        acts.propose(decree, read_seen(request.form), asking.account, asking.now)

    return _attempt(asking, decree, act, ("SK diusulkan; daftarnya terkunci.", "It is proposed; its list is locked."))


@deed("/decrees/<decree>/sign", "approve")
def sign_decree(asking: Asking, decree: str) -> Response:
    def act() -> None:
        acts.sign(decree, read_seen(request.form), request.form.get("mark", ""), request.form.get("number", "")[:100],
                  _day("signed_on"), asking.account, asking.now)  # fmt: skip

    return _attempt(asking, decree, act, ("SK ditandatangani. Siapa dibiayai sedang dicatat.",
                                          "The decree is signed. Who is funded is being noted."))  # fmt: skip


def _day(name: str) -> date:
    try:
        return date.fromisoformat(request.form.get(name, ""))
    except ValueError:
        raise PlanRefused(("Tulis tanggalnya, misalnya 2027-01-04.", "Write the date, such as 2027-01-04."), name) from None


@deed("/decrees/<decree>/back", "plan")
def send_decree_back(asking: Asking, decree: str) -> Response:
    def act() -> None:
        acts.send_back(decree, read_seen(request.form), asking.account, asking.now)

    return _attempt(asking, decree, act, ("SK menjadi konsep lagi.", "The decree is a draft again."))


@deed("/decrees/<decree>/revoke", "approve")
def revoke_decree(asking: Asking, decree: str) -> Response:
    def act() -> None:
        acts.revoke(decree, read_seen(request.form), _day("revoked_on"), asking.account, asking.now)

    return _attempt(asking, decree, act, ("SK dicabut.", "The decree is revoked."))


@deed("/decrees/<decree>/fund", "plan")
def fund_again(asking: Asking, decree: str) -> Response:
    def act() -> None:
        acts.fund_again(decree, asking.account, asking.now)

    return _attempt(asking, decree, act, ("Siapa dibiayai sedang dicatat ulang.", "Who is funded is being noted again."))


@deed("/names/<beneficiary>/off", "plan")
def take_name_off(asking: Asking, beneficiary: str) -> Response:
    """From the decree's own page, or from that of people who are funded twice (`twice`)."""
    entry = entries.one(asking.scope, acts.BENEFICIARY, beneficiary)
    decree = acts.decree_of(beneficiary)
    try:
        acts.take_off(beneficiary, entry.seen, request.form.get("why", ""), asking.account, asking.now)
    except PlanRefused as refused:
        if "twice" in request.form:
            return _show_twice(asking, 409, refused.says)
        return _show(asking, decree, 409, refused.says)
    to = asking.url("double_funding") if "twice" in request.form else asking.url("decree", decree=decree)
    return asking.done(("Namanya dikeluarkan mulai hari ini.", "The name is taken off from today on."), to)


@deed("/names/<beneficiary>/back", "plan")
def put_name_back(asking: Asking, beneficiary: str) -> Response:
    entry = entries.one(asking.scope, acts.BENEFICIARY, beneficiary)
    decree = acts.decree_of(beneficiary)
    try:
        acts.put_back(beneficiary, entry.seen, asking.account, asking.now)
    except PlanRefused as refused:
        return _show(asking, decree, 409, refused.says)
    return asking.done(("Namanya dikembalikan.", "The name is put back."), asking.url("decree", decree=decree))


@desk("/decrees/<decree>/print", "see people")
def decree_print(asking: Asking, decree: str) -> Response:
    """The appendix of a decree, by village and name; NIKs shortened for whoever may not see them."""
    told = acts.told_of(asking.scope, decree)
    names = acts.appendix(asking.scope, decree, request.args.get("village") or None, MOST_PRINTED)
    districts: dict[str, int] = {}
    for village, count in names.counts.items():
        districts[village[:8]] = districts.get(village[:8], 0) + count
    acts.note_looked(asking.scope, {each.worker for each in names.names if each.worker})
    return asking.render(
        "decree_print.html", told=told, names=names, states=STATES, funding=_funding(asking),
        region=region_names([told.entry.home]).get(told.entry.home), today=day_at(asking.now, told.entry.home),
        masked=not asking.may("see whole NIKs"), districts=districts, most=MOST_PRINTED,
    )  # fmt: skip


# Funded twice ---------------------------------------------------------------------------------------------------------


@desk("/double-funding", "see people")
def double_funding(asking: Asking) -> Response:
    return _show_twice(asking)


def _show_twice(asking: Asking, status: int = 200, refused: Both | None = None) -> Response:
    village, _, record = request.args.get("after", "").partition("~")
    with_past = "past" in request.args
    found = acts.funded_twice(asking.scope, (village, record) if record else None, A_PAGE, asking.now, with_past)
    acts.note_looked(asking.scope, {each.record for each in found.people})
    more = None
    if found.next:
        more = asking.url("double_funding", after="~".join(found.next), past="1" if with_past else None)
    return asking.render(
        "double_funding.html", status=status, found=found, refused=refused, with_past=with_past, funding=_funding(asking),
        more=more, masked=not asking.may("see whole NIKs"), payers=PAYERS,
    )  # fmt: skip
