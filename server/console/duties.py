"""The desk of duties and agreements: who owes what by the presidential instruction, its half-yearly report, what expires."""

from __future__ import annotations

from typing import Any

from flask import Response, request

from programme import duties as pure
from programme.duties import Duty, Tally
from programme.rules import load_duties
from schemas import problem
from schemas.problem import Both
from schemas.region import within
from server.actions import agreements as agreed
from server.actions import clocks, entries
from server.actions import duties as acts
from server.actions.agreements import Known
from server.actions.duties import Row
from server.actions.regions import region_names
from server.actions.settle import BadFields, NotSeen
from server.clock import day_at
from server.console.door import Asking, ToDo, deed, desk, to_do
from server.console.entry_forms import EntryForm, entry_form, read_entry, read_seen
from server.problems import Refusal

TOPICS: dict[str, Both] = {
    "regulation": ("Peraturan", "Regulation"), "budget": ("Anggaran", "Budget"), "workers": ("Pekerja", "Workers"),
    "apparatus": ("Perangkat desa", "Village staff"), "guidance": ("Pembinaan", "Guidance"),
    "enforcement": ("Perizinan", "Permits"), "data": ("Data NIK", "NIK data"), "report": ("Laporan", "Report"),
}  # fmt: skip
STATES: dict[str, tuple[Both, str]] = {
    pure.NOT_BEGUN: (("Belum mulai", "Not begun"), "bad"), pure.IN_PROGRESS: (("Dikerjakan", "In progress"), "warn"),
    pure.DONE: (("Selesai", "Done"), "good"),
}  # fmt: skip
CONFIDENCE: dict[str, Both] = {
    "2": ("dua sumber", "two sources"), "1": ("satu sumber", "one source"),
    "G": ("pengetahuan umum atau bacaan kami", "general knowledge, or our own reading"),
}  # fmt: skip
EVERY: dict[str, Both] = {
    pure.ONCE: ("sekali, berlaku seterusnya", "once, it holds on"), pure.YEAR: ("tiap tahun", "each year"),
    pure.EACH_HALF: ("tiap semester", "each half-year"),
}  # fmt: skip
TERMS: dict[str, tuple[Both, str]] = {
    pure.AHEAD: (("Belum mulai", "Not yet begun"), "info"), pure.IN_FORCE: (("Berlaku", "In force"), "good"),
    pure.SOON: (("Segera berakhir", "Expires soon"), "warn"), pure.URGENT: (("Hampir habis", "About to expire"), "bad"),
    pure.ENDED: (("Berakhir", "Ended"), ""), pure.RENEWED: (("Dilanjutkan", "Renewed"), ""),
    pure.CANCELLED: (("Dibatalkan", "Cancelled"), ""),
}  # fmt: skip
SHOWN_HALVES = 4
AGREEMENT_FIELDS = (
    "title", "form", "number", "parties", "subject", "signed_on", "starts_on", "ends_on", "state", "responsible", "notes",
)  # fmt: skip
HINTS: dict[str, Both] = {
    "parties": ("Satu pihak satu baris.", "One party a line."),
    "evidence": ("Di mana buktinya: surat, foto, tautan dokumen. Jangan tulis nama atau NIK orang.",
                 "Where it can be seen: letters, photos, links. Write nobody's name or NIK."),
    "document": ("Nomor peraturan, SK, surat, atau dokumen anggaran.", "The number of the rule, decree, letter or budget."),
    "institution": ("Nama lembaga seperti di kop suratnya.", "The institution's name as on its letters."),
    "notes": ("Jangan tulis nama atau NIK orang.", "Write nobody's name or NIK."),
}  # fmt: skip


# What waits -----------------------------------------------------------------------------------------------------------


@to_do
def reports_to_write(asking: Asking) -> ToDo | None:
    if not asking.may("keep duties"):
        return None
    running, late = clocks.counted(asking.scope, acts.KIND, asking.now)
    if not running:
        return None
    says = (f"{late} sudah lewat tenggat", f"{late} past their due day") if late else (
        "Semester hampir atau sudah berakhir", "The half-year is over, or nearly so")  # fmt: skip
    half = clocks.soonest(asking.scope, acts.KIND, 1)[0].record.rpartition(":")[2].partition(".")[0]
    return ToDo(("Laporan semester Inpres", "Half-yearly reports"), running, says, asking.url("duties", half=half), late > 0)


@to_do
def agreements_to_renew(asking: Asking) -> ToDo | None:
    if not asking.may("keep duties"):
        return None
    running, over = clocks.counted(asking.scope, agreed.KIND, asking.now)
    if not running:
        return None
    if over:
        says = (f"{over} sudah berakhir tanpa lanjutan", f"{over} ended and nothing follows")
    else:
        first = (clocks.soonest(asking.scope, agreed.KIND, 1)[0].due_at - asking.now) // 86_400_000
        says = (f"Yang pertama {first} hari lagi", f"The first in {first} day{'' if first == 1 else 's'}")
    name = ("Perjanjian perlu ditindaklanjuti", "Agreements to see to")
    return ToDo(name, running, says, asking.url("agreements"), over > 0)


# Duties ---------------------------------------------------------------------------------------------------------------


@desk("/duties", "see figures")
def duties(asking: Asking) -> Response:
    half = _half(asking)
    told = acts.report(asking.scope, str(asking.scope), half, asking.now)
    carried = sum(row.entry is None and row.before is not None for row in told.rows)
    return asking.render("duties.html", told=told, carried=carried, **_about(asking, half))


@desk("/duties/report", "see figures")
def duty_report(asking: Asking) -> Response:
    """The half-yearly report of a region, for the printer."""
    half = _half(asking)
    told = acts.report(asking.scope, str(asking.scope), half, asking.now)
    return asking.render("duty_report.html", told=told, **_about(asking, half))


@deed("/duties/carry", "keep duties")
def carry_duties(asking: Asking) -> Response:
    """Begin this half with what still holds of the one before."""
    half = _half(asking)
    count = acts.carry(asking.scope, str(asking.scope), half, asking.account, asking.now)
    says = (f"{count} tugas diambil dari semester sebelumnya. Periksa satu per satu.",
            f"{count} duties are taken over from the half before. Look at each.")  # fmt: skip
    return asking.done(says, asking.url("duties", half=half))


@desk("/duties/<duty>", "see figures")
def duty(asking: Asking, duty: str) -> Response:
    return _show_duty(asking, _row(asking, duty))


@deed("/duties/<duty>", "keep duties")
def keep_duty(asking: Asking, duty: str) -> Response:
    row = _row(asking, duty)
    fields = read_entry(acts.KIND, _fields(row.duty), request.form)
    try:
        acts.write(duty, read_seen(request.form), fields, asking.account, asking.now)
    except BadFields as bad:
        return _show_duty(asking, row, bad=bad)
    except NotSeen:
        return _show_duty(asking, _row(asking, duty), is_stale=True)
    half = row.record.rpartition(":")[2].partition(".")[0]
    return asking.done(("Tersimpan.", "Saved."), asking.url("duties", half=half, **_home(asking, duty)))


def _show_duty(asking: Asking, row: Row, *, bad: BadFields | None = None, is_stale: bool = False) -> Response:
    what = acts.named(row.record)
    assert what is not None  # `_row` has read it
    suggested = acts.suggest(asking.scope, what.region, what.half, row.duty, asking.now)
    given = acts.starting_point(row, what.half)
    taken = request.args.get("take") == "1" and suggested is not None
    entry = row.entry
    if taken and suggested is not None:
        numbers = {name: count for name, count in suggested.fields.items() if name in row.duty.fields}
        given |= numbers
        entry = entry._replace(fields={**entry.fields, **numbers}) if entry else None
    form = entry_form(
        asking, acts.KIND, _fields(row.duty), entry, said=request.form if bad else None, bad=bad, hints=HINTS, given=given
    )  # fmt: skip
    is_ahead = what.half > pure.half_of(day_at(asking.now, what.region))
    hands = entries.written_by(asking.scope, row.record, "state") if row.entry else []
    return asking.render(
        "duty.html", status=422 if bad else 409 if is_stale else 200, row=row, what=what, form=form, hands=hands,
        suggested=suggested, taken=taken, is_stale=is_stale, place=region_names([what.region]).get(what.region, what.region),
        may_write=asking.may("keep duties") and not is_ahead, earlier=pure.before(what.half), **_about(asking, what.half),
    )  # fmt: skip


def _row(asking: Asking, record: str) -> Row:
    """The duty, if its region lies inside what is looked at; else it is as if it were not there."""
    what = acts.named(record)
    if what is None or not within(what.region, asking.scope) or what.region not in region_names([what.region]):
        raise Refusal(problem.NOT_FOUND)
    return acts.row_of(asking.scope, record)


def _fields(duty: Duty) -> tuple[str, ...]:
    return ("institution", "state", *duty.fields, "evidence", "responsible", "notes")


def _half(asking: Asking) -> str:
    """The half that is asked for; else the newest."""
    known = acts.halves(str(asking.scope), asking.now)
    half = request.values.get("half", "")
    return half if half in known else known[0]


def _about(asking: Asking, half: str) -> dict[str, Any]:
    return {
        "half": half, "halves": acts.halves(str(asking.scope), asking.now)[:SHOWN_HALVES],
        "half_name": lambda text: half_name(asking, text), "due": pure.report_due(half, load_duties()),
        "topics": TOPICS, "states": STATES, "confidence": CONFIDENCE, "every": EVERY, "tone": tone,
        "sees_people": asking.may("see people"),
    }  # fmt: skip


def half_name(asking: Asking, half: str) -> str:
    """2026-2 -> Semester II 2026."""
    year, _, which = half.partition("-")
    return asking.t(f"Semester {'I' * int(which)} {year}", f"{'First' if which == '1' else 'Second'} half of {year}")


def tone(told: Tally | None) -> str:
    """How a topic is coloured: all done, some, none."""
    if told is None or not told.owed:
        return ""
    return "good" if not told.lacking else "warn" if told.done or told.in_progress else "bad"


def _home(asking: Asking, record: str) -> dict[str, str]:
    """The page of the duty's own region comes next, also for who looks at more."""
    region = record.split(":")[1]
    return {} if region == asking.account.region else {"within": region}


# Agreements -----------------------------------------------------------------------------------------------------------


@desk("/agreements", "see figures")
def agreements(asking: Asking) -> Response:
    found = agreed.list_of(asking.scope, asking.now)
    part = request.args.get("part", "")
    shown = [each for each in found if part == "all" or each.is_running == (part != "over")]
    running = sum(each.is_running for each in found)
    counts = {"": running, "over": len(found) - running, "all": len(found)}
    names = region_names(sorted({each.entry.home for each in shown}))
    return asking.render("agreements.html", found=shown, part=part, counts=counts, names=names, terms=TERMS)


@desk("/agreements/new", "keep duties")
def new_agreement(asking: Asking) -> Response:
    return _show_new(asking)


@deed("/agreements", "keep duties")
def begin_agreement(asking: Asking) -> Response:
    fields = read_entry(agreed.KIND, AGREEMENT_FIELDS, request.form)
    try:
        made = agreed.begin(str(asking.scope), request.form.get("key", ""), fields, asking.account, asking.now)
    except BadFields as bad:
        return _show_new(asking, bad)
    return asking.done(("Perjanjian dicatat.", "The agreement is noted."), asking.url("agreement", agreement=made))


def _show_new(asking: Asking, bad: BadFields | None = None) -> Response:
    form = entry_form(
        asking, agreed.KIND, AGREEMENT_FIELDS, said=request.form if bad else None, bad=bad, hints=HINTS,
        given={"state": pure.IN_FORCE, "form": "pks"},
    )  # fmt: skip
    return asking.render("agreement_new.html", status=422 if bad else 200, form=form)


@desk("/agreements/<agreement>", "see figures")
def agreement(asking: Asking, agreement: str) -> Response:
    return _show_agreement(asking, _agreement(asking, agreement))


@deed("/agreements/<agreement>", "keep duties")
def keep_agreement(asking: Asking, agreement: str) -> Response:
    one = _agreement(asking, agreement)
    fields = read_entry(agreed.KIND, AGREEMENT_FIELDS, request.form)
    try:
        agreed.change(agreement, read_seen(request.form), fields, asking.account, asking.now)
    except BadFields as bad:
        return _show_agreement(asking, one, bad=bad)
    except NotSeen:
        return _show_agreement(asking, _agreement(asking, agreement), is_stale=True)
    return asking.done(("Tersimpan.", "Saved."), asking.url("agreement", agreement=agreement))


@deed("/agreements/<agreement>/renew", "keep duties")
def renew_agreement(asking: Asking, agreement: str) -> Response:
    one = _agreement(asking, agreement)
    try:
        made = agreed.renew(asking.scope, agreement, read_seen(request.form), asking.account, asking.now)
    except BadFields as bad:
        return _show_agreement(asking, one, bad=bad, is_renewal=True)
    except NotSeen:
        return _show_agreement(asking, _agreement(asking, agreement), is_stale=True)
    says = ("Lanjutannya sudah dibuat. Isi nomor dan tanggal tanda tangannya setelah ditandatangani.",
            "What follows it is made. Fill in number and day once it is signed.")  # fmt: skip
    return asking.done(says, asking.url("agreement", agreement=made))


def _agreement(asking: Asking, record: str) -> Known:
    found = entries.find(asking.scope, agreed.KIND, record)
    one = agreed.known(found, asking.now) if found else None
    if one is None:
        raise Refusal(problem.NOT_FOUND)
    return one


def _show_agreement(
    asking: Asking, one: Known, *, bad: BadFields | None = None, is_stale: bool = False, is_renewal: bool = False
) -> Response:  # fmt: skip
    said = request.form if bad and not is_renewal else None
    form: EntryForm = entry_form(asking, agreed.KIND, AGREEMENT_FIELDS, one.entry, said=said, bad=bad, hints=HINTS)
    follows = entries.find(asking.scope, agreed.KIND, str(one.entry.fields.get("renewed_by") or ""))
    hands = entries.written_by(asking.scope, one.entry.record, "state")
    return asking.render(
        "agreement.html", status=422 if bad else 409 if is_stale else 200, one=one, fields=one.entry.fields, form=form,
        follows=follows, hands=hands, is_stale=is_stale, terms=TERMS, may_write=asking.may("keep duties"),
        place=region_names([one.entry.home]).get(one.entry.home, one.entry.home), sees_people=asking.may("see people"),
        may_renew=asking.may("keep duties") and not follows and one.term.state != pure.CANCELLED,
        is_open=bad is not None or is_stale, days=load_duties().latest("agreement_days").value,
    )  # fmt: skip
