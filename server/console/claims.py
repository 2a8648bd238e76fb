"""The desk of claims: what is due next, one claim from report to closed, handovers, and what came of it all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any, cast

from flask import Response, request

from programme import claim as law
from programme.rules import load
from schemas import problem
from schemas.change import dumps
from schemas.fields import SENSITIVE
from schemas.kinds import kind_of
from schemas.kinds.claim import REFUSED_FOR
from schemas.problem import Both
from server import audit
from server.actions import claim_outcomes, settle
from server.actions import claims as acts
from server.actions.claims import FACTS, Look, Wrong
from server.actions.regions import regions_below
from server.actions.returning import LONGEST_NOTE, return_record
from server.clock import day_at
from server.console.door import Asking, ToDo, deed, desk, to_do, whole_number
from server.console.entry_forms import read_seen
from server.console.inputs import answered, asked
from server.console.words import Words
from server.problems import Refusal
from server.store.claims import Filter

ON_A_PAGE = 25
ON_A_SHEET = 500
CLAIM = kind_of("claim")

STEPS: dict[str, tuple[Both, str]] = {
    law.ACCIDENT: (("Lapor BPJS, 2x24 jam", "Tell BPJS, 2x24 hours"), "bad"),
    law.PAPERS: (("Lengkapi berkas", "Complete the papers"), "warn"),
    law.SUBMIT: (("Ajukan ke cabang", "Send to the branch"), "warn"),
    law.BACK: (("Betulkan yang dikembalikan", "Mend what came back"), "warn"),
    law.DECISION: (("Keputusan cabang", "The branch's decision"), "info"),
    law.PAYMENT: (("Pembayaran", "Payment"), "info"),
    law.HANDOVER: (("Serahkan kepada keluarga", "Hand over to the family"), "info"),
    law.CLOSING: (("Tutup perkara", "Close the case"), ""),
}
"""What is due next, as it is called, and the tone of its badge."""

STAGES: dict[str, tuple[Both, str]] = {
    law.REPORTED: (("Dilaporkan", "Reported"), "info"), law.INCOMPLETE: (("Berkas kurang", "Papers lacking"), "warn"),
    law.READY: (("Berkas lengkap", "Papers complete"), "info"),
    law.RETURNED: (("Dikembalikan cabang", "Returned by the branch"), "warn"),
    law.SUBMITTED: (("Diajukan", "Submitted"), "info"), law.DECIDED: (("Diputuskan", "Decided"), "info"),
    law.PAID: (("Dibayar", "Paid"), "good"), law.HANDED_OVER: (("Diserahkan", "Handed over"), "good"),
    law.CLOSED: (("Selesai", "Closed"), ""),
}  # fmt: skip

FLOW: dict[str, Both] = {
    law.REPORTED: ("Dilaporkan", "Reported"), law.INCOMPLETE: ("Berkas", "Papers"), law.SUBMITTED: ("Diajukan", "Submitted"),
    law.DECIDED: ("Diputuskan", "Decided"), law.PAID: ("Dibayar", "Paid"), law.HANDED_OVER: ("Diserahkan", "Handed over"),
    law.CLOSED: ("Selesai", "Closed"),
}  # fmt: skip
"""The steps of a claim as they stand above its page."""
UNPAID = (law.REPORTED, law.INCOMPLETE, law.SUBMITTED, law.DECIDED, law.CLOSED)

IN_TIME: dict[str, tuple[Both, str]] = {
    law.MET: (("tepat waktu", "in time"), "good"), law.MISSED: (("terlambat", "too late"), "bad"),
    law.UNCLEAR: (("belum pasti: jamnya tidak diketahui", "not sure: the hour is not known"), "warn"),
    law.RUNNING: (("waktunya masih berjalan", "the time still runs"), "info"),
}  # fmt: skip

LINES: dict[str, Both] = {
    law.DEATH: ("Santunan kematian, 48 x dasar", "Death benefit, 48 x base"), law.FUNERAL: ("Pemakaman", "Funeral"),
    law.PERIODIC: ("Santunan berkala", "Periodic benefit"),
    law.DISABILITY: ("Cacat total tetap, 56 x dasar", "Total permanent disability, 56 x base"),
    law.TREATMENT: ("Pengobatan sampai sembuh, tanpa batas biaya", "Treatment until recovery, without a limit"),
    law.INCAPACITY: ("Tidak mampu bekerja, 12 bulan pertama", "Not able to work, first 12 months"),
    law.INCAPACITY_LATER: ("Tidak mampu bekerja, sesudah itu", "Not able to work, after that"),
    law.FULL: ("Santunan JKM penuh", "Full JKM benefit"),
    law.EARLY: ("Santunan sebelum tiga bulan kepesertaan", "Benefit before three months of membership"),
    law.SAVED: ("Iuran JHT yang sudah dibayar (hasilnya belum termasuk)", "JHT contributions paid (yield not included)"),
    law.PART: ("Boleh diambil sebagian, 10 %", "May be taken in part, 10 %"),
    law.PART_HOUSING: ("Boleh diambil untuk rumah, 30 %", "May be taken for housing, 30 %"),
    law.MOST: ("Beasiswa seluruhnya, paling banyak", "Scholarship altogether, at most"),
    "scholarship": ("Beasiswa seorang anak", "Scholarship of a child"),
}  # fmt: skip
LEVELS: dict[str, Both] = {
    "primary": ("TK sampai SD", "kindergarten to primary"), "junior": ("SMP", "junior high"),
    "senior": ("SMA", "senior high"), "higher": ("perguruan tinggi", "higher education"),
}  # fmt: skip
PER: dict[str, Both] = {law.MONTH: ("sebulan", "a month"), law.YEAR: ("setahun", "a year")}
WHY: dict[str, Both] = {
    "waiting": ("Pernah terputus; apakah tiga bulan dihitung lagi dari awal tidak tertulis di aturan.",
                "There was a lapse; whether the three months begin again is not written in the rules."),
    "yield": ("Hasil pengembangan JHT hanya diketahui BPJS.", "What JHT has earned only BPJS knows."),
    "children": ("Beasiswa tergantung jumlah anak dan sekolahnya, sampai umur 23.",
                 "The scholarship depends on the children and their schools, up to the age of 23."),
}  # fmt: skip
MEMBERSHIP: dict[str, tuple[Both, str]] = {
    "active": (("Aktif pada hari itu", "Active on that day"), "good"),
    "in_arrears": (("Menunggak pada hari itu", "In arrears on that day"), "warn"),
    "inactive": (("Tidak aktif pada hari itu", "Not active on that day"), "bad"),
    "proposed": (("Belum pernah dibayar", "Never paid for"), "bad"),
    "awaiting_payment": (("Belum pernah dibayar", "Never paid for"), "bad"),
    "verified": (("Belum pernah dibayar", "Never paid for"), "bad"),
    "not_yet": (("Belum terdaftar pada hari itu", "Not registered on that day"), "bad"),
    "ended": (("Sudah berakhir pada hari itu", "Ended by that day"), "bad"),
    "no_member": (("Tidak ikut program ini", "Not in this programme"), "bad"),
}  # fmt: skip
REFUSALS = (*REFUSED_FOR, law.WITHDRAWN)
PROGRAMS = ("JKK", "JKM", "JHT", "scholarship")
OUTCOMES = (law.GRANTED, law.REFUSED, law.WITHDRAWN)
NOT_NOW: Both = ("Klaim ini baru saja diubah orang lain. Lihat isinya yang sekarang, lalu simpan lagi.",
                 "Somebody has just changed this claim. Look at what it says now, then save again.")  # fmt: skip
OWN: Both = ("Isian ini berbeda, dan Anda sendiri menulis salah satunya: minta orang lain memutuskan.",
             "This differs, and you wrote one of the values yourself: ask somebody else to decide.")  # fmt: skip


@to_do
def claims_due(asking: Asking) -> ToDo | None:
    """What waits, and urgently where an accident's clock has run out or something else is past its time."""
    if not asking.may("handle claims"):
        return None
    found = acts.waiting(asking.scope, asking.now)
    count, late = sum(each[0] for each in found.values()), sum(each[1] for each in found.values())
    told, missed = found.get(law.ACCIDENT, (0, 0))
    says: Both = ("Klaim yang masih berjalan.", "Claims that are under way.")
    if missed:
        says = (f"{missed} kecelakaan lewat 2x24 jam dan cabang belum diberi tahu.",
                f"{missed} {_plural(missed, 'accident')} past 2x24 hours, and the branch was not told.")  # fmt: skip
    elif told:
        says = (f"{told} kecelakaan harus dilaporkan ke BPJS dalam 2x24 jam.",
                f"{told} {_plural(told, 'accident')} must be told to BPJS within 2x24 hours.")  # fmt: skip
    elif late:
        says = (f"{late} sudah lewat waktunya.", f"{late} past {'its' if late == 1 else 'their'} time.")
    return ToDo(("Klaim", "Claims"), count, says, asking.url("claims"), urgent=late > 0 or told > 0)


def _plural(count: int, word: str) -> str:
    return word if count == 1 else word + "s"


# The list -------------------------------------------------------------------------------------------------------------


@desk("/claims", "see people")
def claims(asking: Asking) -> Response:
    said = request.args
    chosen = Filter(
        _one_of(said.get("stage"), STAGES), _one_of(said.get("step"), STEPS), _one_of(said.get("program"), PROGRAMS),
        bool(said.get("late")), said.get("show") != "closed",
    )  # fmt: skip
    page = acts.page(asking.scope, chosen, said.get("after"), ON_A_PAGE, asking.now)
    people = [row.case.record for row in page.rows] + [row.worker.record for row in page.rows if row.worker]
    audit.look("list", region=asking.scope, records=people)
    kept = {name: value for name in ("show", "stage", "step", "program", "late") if (value := said.get(name))}
    return asking.render(
        "claims.html", page=page, chosen=chosen, kept=kept, waiting=acts.waiting(asking.scope, asking.now), steps=STEPS,
        stages=STAGES, programs=PROGRAMS, below=_below(asking),
        more=asking.url("claims", **kept, after=page.next) if page.next else None,
        may_sensitive=asking.may("see sensitive"), is_narrowed=bool(kept.keys() - {"show"}),
    )  # fmt: skip


def _below(asking: Asking) -> list[Any]:
    """The regions one level below, to narrow the list to one of them."""
    found = regions_below(asking.scope, 1)
    return [each for each in found.regions if each.code != asking.scope] if found else []


def _one_of(value: str | None, known: Any) -> str | None:
    return value if value in known else None


# One claim ------------------------------------------------------------------------------------------------------------


def _seen(asking: Asking, record: str) -> Look:
    found = acts.look(asking.scope, record, asking.now)
    if found is None:
        raise Refusal(problem.NOT_FOUND)
    return found


@desk("/claims/<claim>", "see people")
def claim(asking: Asking, claim: str) -> Response:
    return _page(asking, _seen(asking, claim))


@deed("/claims/<claim>/show", "see sensitive")
def show_claim(asking: Asking, claim: str) -> Response:
    """The same page with what happened and why it was decided so; the log says that it was opened."""
    return _page(asking, _seen(asking, claim), is_open=True)


HIDDEN = ("event_place", "chronology", "refusal", "returned_why")
"""Told on request alone: health, and what is said of a family."""


def _page(
    asking: Asking, seen: Look, *, is_open: bool = False, faults: Mapping[str, str] | None = None,
    typed: Mapping[str, Any] | None = None, says: str | None = None, status: int = 200,
) -> Response:  # fmt: skip
    opened: dict[str, Any] = {"sensitive": [field for field in HIDDEN if seen.fields.get(field)]} if is_open else {}
    audit.look("open", region=seen.home, records=_people(seen), claim=seen.record, **opened)
    words, may_sensitive = Words(asking.lang), asking.may("see sensitive")
    today = day_at(asking.now, seen.home).isoformat()
    facts = [field for field in FACTS if is_open or field not in HIDDEN]
    stands = typed if typed is not None else {}

    def text(field: str) -> str:
        value = seen.fields.get(field)
        is_hidden = field in HIDDEN and not is_open or CLAIM.privacy(field) == SENSITIVE and not may_sensitive
        return "•••••" if value not in (None, "", []) and is_hidden else words.value(field, value)

    return asking.render(
        "claim.html", status=status, seen=seen, case=seen.case, text=text, is_open=is_open, today=today, typed=stands,
        faults=faults or {}, says=says, seen_json=dumps(seen.seen), steps=STEPS, stages=STAGES, in_time=IN_TIME,
        lines=LINES, levels=LEVELS, per=PER, why=WHY, membership=MEMBERSHIP, order=law.STATUSES,
        may_handle=asking.may("handle claims"), may_sensitive=may_sensitive, outcomes=OUTCOMES, refused_for=REFUSED_FOR,
        rules=acts.used_rules(seen), inputs=[asked(CLAIM, name, stands.get(name, seen.fields.get(name)), name, words)
                                             for name in facts],
        hidden=[field for field in HIDDEN if seen.fields.get(field)], longest_note=LONGEST_NOTE,
        flow=[each for each in FLOW if each in UNPAID or seen.fields.get("outcome") in (None, law.GRANTED)], flow_names=FLOW,
        reached={law.READY: law.INCOMPLETE, law.RETURNED: law.SUBMITTED}.get(seen.stage, seen.stage),
        at_village=seen.stage in law.AT_THE_VILLAGE, all_rules={rule.id: rule for rule in load()},
    )  # fmt: skip


def _people(seen: Look) -> list[str]:
    return [seen.record, *([seen.worker.record] if seen.worker else [])]


Step = Callable[[Look, Mapping[str, int]], None]


def _step(asking: Asking, record: str, step: Step, says: Both, typed: Mapping[str, Any], is_open: bool = False) -> Response:
    """Take a step, or show the page again with what was typed and what is wrong with it."""
    seen = _seen(asking, record)
    try:
        step(seen, read_seen(cast(Any, request.form)))
    except Wrong as wrong:
        faults = {field: asking.t(*both) for field, both in wrong.errors.items()}
        return _page(asking, seen, faults=faults, typed=typed, status=422, is_open=is_open)
    except settle.BadFields as bad:
        told = asking.complain(bad.errors)
        faults = {field: " ".join(sentences) for field, sentences in told.items()}
        return _page(asking, seen, faults=faults, typed=typed, status=422, is_open=is_open)
    except (settle.NotSeen, settle.OwnEntry) as error:
        both = NOT_NOW if isinstance(error, settle.NotSeen) else OWN
        return _page(asking, _seen(asking, record), typed=typed, says=asking.t(*both), status=409, is_open=is_open)
    return asking.done(says, asking.url("claim", claim=record))


def _typed(*names: str) -> dict[str, Any]:
    return {name: (request.form.get(name) or "").strip() or None for name in names}


@deed("/claims/<claim>/papers", "handle claims")
def claim_papers(asking: Asking, claim: str) -> Response:
    codes = request.form.getlist("documents")[:60]
    return _step(
        asking, claim, lambda seen, known: acts.hold_papers(seen, known, codes, asking.account, asking.now),
        ("Berkas tercatat.", "The papers are noted."), {"documents": codes},
    )  # fmt: skip


@deed("/claims/<claim>/told", "handle claims")
def claim_told(asking: Asking, claim: str) -> Response:
    typed = _typed("branch_told_on")
    return _step(
        asking, claim,
        lambda seen, known: acts.tell_branch(seen, known, typed["branch_told_on"], asking.account, asking.now),
        ("Tercatat: cabang sudah diberi tahu.", "Noted: the branch was told."), typed,
    )  # fmt: skip


@deed("/claims/<claim>/submit", "handle claims")
def claim_submit(asking: Asking, claim: str) -> Response:
    typed = _typed("submitted_on", "anyway")
    return _step(
        asking, claim,
        lambda seen, known: acts.submit(
            seen, known, typed["submitted_on"], bool(typed["anyway"]), asking.account, asking.now
        ),
        ("Tercatat: diajukan ke cabang.", "Noted: sent to the branch."), typed,
    )  # fmt: skip


@deed("/claims/<claim>/back", "handle claims")
def claim_back(asking: Asking, claim: str) -> Response:
    typed = _typed("returned_on", "returned_why") | {"returned_papers": request.form.getlist("returned_papers")[:60]}
    return _step(
        asking, claim,
        lambda seen, known: acts.send_back(
            seen, known, typed["returned_on"], typed["returned_papers"], typed["returned_why"] or "", asking.account,
            asking.now,
        ),
        ("Tercatat: dikembalikan cabang. Berkas yang diminta tampil sebagai kurang.",
         "Noted: the branch sent it back. What it wants shows as lacking."), typed,
    )  # fmt: skip


@deed("/claims/<claim>/decide", "handle claims")
def claim_decide(asking: Asking, claim: str) -> Response:
    form = cast(Any, request.form)
    said = {
        name: answered(CLAIM, name, form, name)
        for name in ("outcome", "decided_on", "amount", "children", "refused_for", "refusal")
    }  # fmt: skip
    return _step(
        asking, claim, lambda seen, known: acts.decide(seen, known, said, asking.account, asking.now),
        ("Keputusan cabang tercatat.", "The branch's decision is noted."), said,
    )  # fmt: skip


@deed("/claims/<claim>/pay", "handle claims")
def claim_pay(asking: Asking, claim: str) -> Response:
    typed = _typed("paid_on")
    return _step(
        asking, claim, lambda seen, known: acts.pay(seen, known, typed["paid_on"], asking.account, asking.now),
        ("Pembayaran tercatat.", "The payment is noted."), typed,
    )  # fmt: skip


@deed("/claims/<claim>/hand-over", "handle claims")
def claim_hand_over(asking: Asking, claim: str) -> Response:
    typed = _typed("date", "place", "by", "recipient", "publicity_consent")
    said = typed | {"publicity_consent": {"yes": True, "no": False}.get(typed["publicity_consent"] or "")}
    return _step(
        asking, claim, lambda seen, known: acts.hand_over(seen, known, said, asking.account, asking.now),
        ("Penyerahan tercatat.", "The handover is noted."), typed,
    )  # fmt: skip


@deed("/claims/<claim>/close", "handle claims")
def claim_close(asking: Asking, claim: str) -> Response:
    return _step(
        asking, claim, lambda seen, known: acts.close(seen, known, asking.account, asking.now),
        ("Perkara ditutup.", "The case is closed."), {},
    )  # fmt: skip


@deed("/claims/<claim>/correct", "handle claims")
def claim_correct(asking: Asking, claim: str) -> Response:
    form = cast(Any, request.form)
    is_open = asking.may("see sensitive") and "chronology" in request.form
    names = [name for name in FACTS if name in request.form]
    said = {name: answered(CLAIM, name, form, name) for name in names}
    return _step(
        asking, claim, lambda seen, known: acts.correct(seen, known, said, asking.account, asking.now),
        ("Tersimpan, dan akan sampai ke semua HP desa itu.", "Saved; it goes to all phones of that village."), said, is_open,
    )  # fmt: skip


@deed("/claims/<claim>/note", "handle claims")
def claim_note(asking: Asking, claim: str) -> Response:
    """Ask the officer for what lacks: a note that his phone shows as a task."""
    seen, note = _seen(asking, claim), request.form.get("note", "").strip()
    fault = None
    if not note or len(note) > LONGEST_NOTE:
        fault = asking.t(f"Tulis catatan untuk petugas, paling banyak {LONGEST_NOTE} huruf.",
                         f"Write a note to the officer, {LONGEST_NOTE} characters at most.")  # fmt: skip
    elif not return_record(asking.scope, seen.record, note, asking.account, asking.now):
        fault = asking.t("Tidak ada HP yang memegang desa ini. Daftarkan HP petugas dulu.",
                         "No phone holds this village. Enrol an officer's phone first.")  # fmt: skip
    if fault:
        return _page(asking, seen, faults={"note": fault}, typed={"note": note}, status=422)
    return asking.done(
        ("Catatan Anda akan tampil di HP petugas.", "Your note will show on the officer's phone."),
        asking.url("claim", claim=claim),
    )


# Handovers ------------------------------------------------------------------------------------------------------------


def _between(asking: Asking, days: int) -> tuple[date, date]:
    """The days that the address names, else the last so many."""
    today = day_at(asking.now, "64" if asking.scope == "id" else asking.scope)
    return _day(request.args.get("from"), today - timedelta(days=days)), _day(request.args.get("to"), today)


def _day(text: str | None, otherwise: date) -> date:
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        return otherwise


@desk("/claims/handovers", "see people")
def claim_handovers(asking: Asking) -> Response:
    """What was handed over, by day and place."""
    since, until = _between(asking, 365)
    found = acts.handovers(asking.scope, since, until, request.args.get("after"), ON_A_PAGE)
    people = [row.case.record for row in found.rows] + [row.worker.record for row in found.rows if row.worker]
    audit.look("list", region=asking.scope, records=people)
    kept = {"from": since.isoformat(), "to": until.isoformat()}
    return asking.render(
        "claim_handovers.html", found=found, since=since, until=until, may_sensitive=asking.may("see sensitive"),
        more=asking.url("claim_handovers", **kept, after=found.next) if found.next else None,
    )  # fmt: skip


@desk("/claims/ceremony", "see people")
def claim_ceremony(asking: Asking) -> Response:
    """The handovers of a day, or of one place on it, as a sheet for the ceremony.

    Who agreed is named with the sum, all others are a number.
    """
    until = _between(asking, 0)[1]
    day = _day(request.args.get("day"), until)
    found = acts.handovers(asking.scope, day, day, None, ON_A_SHEET)
    places = sorted({row.handover.get("place") or "–" for row in found.rows})
    place = _one_of(request.args.get("place"), places)
    rows = [row for row in found.rows if place is None or (row.handover.get("place") or "–") == place]
    named = [row for row in rows if row.named]
    audit.look("list", region=asking.scope, records=[row.case.record for row in named])
    return asking.render(
        "claim_ceremony.html", found=found, rows=rows, named=named, day=day, place=place, places=places
    )


# What came of it ------------------------------------------------------------------------------------------------------


@desk("/claims/outcomes", "see figures")
def claims_outcomes(asking: Asking) -> Response:
    """Aggregates alone: benefits by programme, month and region, families by decile, children on scholarship."""
    today = day_at(asking.now, "64" if asking.scope == "id" else asking.scope)
    year = whole_number(request.args.get("year"), 4) or today.year
    found = claim_outcomes.outcomes_of(asking.scope, min(max(year, 2015), today.year), today.year)
    return asking.render("claim_outcomes.html", found=found, in_time=IN_TIME, refusals=REFUSALS)
