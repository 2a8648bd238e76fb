"""The desk of conflicts: records in which what officers wrote differs, one after the other, and what was decided."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from flask import Response, request

from schemas import nik, problem
from schemas.change import dumps
from schemas.kinds import KINDS
from schemas.policy import REVIEW
from schemas.problem import Both
from schemas.region import parent
from server import audit
from server.actions import deciding, settle
from server.actions.deciding import MOST_COUNTED, Case, Decision, Head, Marked, Question
from server.actions.regions import regions_below
from server.actions.returning import LONGEST_NOTE, return_record
from server.console.door import Asking, ToDo, deed, desk, redirect_to, say_on_next, to_do
from server.console.inputs import Input, answered, asked
from server.console.words import Words
from server.problems import Refusal
from server.store.deciding import Filter
from server.store.regions import Region

ON_A_PAGE = 50
DAY_MS = 24 * 60 * 60 * 1000
SOON_MS, LATE_MS = 2 * DAY_MS, 7 * DAY_MS
"""A conflict that waits longer than the first should be settled soon; longer than the second, it is overdue."""
TYPED = "typed"
KINDS_DECIDED = tuple(name for name, kind in KINDS.items() if not kind.desk_only)


@to_do
def conflicts_to_settle(asking: Asking) -> ToDo | None:
    if not asking.may("settle"):
        return None
    waits = deciding.standing(asking.scope)
    late = waits.oldest is not None and asking.now - waits.oldest > LATE_MS
    says = ("Dua petugas menulis isi yang berbeda.", "Two officers wrote different things.")
    if late:
        says = ("Ada yang sudah lebih dari 7 hari menunggu.", "Some have waited for more than 7 days.")
    return ToDo(("Isian berbeda", "Conflicts"), waits.total, says, asking.url("conflicts"), late)


# The list -------------------------------------------------------------------------------------------------------------


@desk("/conflicts", "see conflicts")
def conflicts(asking: Asking) -> Response:
    chosen = _chosen(request.args)
    page = deciding.waiting_list(asking.scope, chosen, request.args.get("after") or None, ON_A_PAGE)
    audit.look("list", region=asking.scope, records=[row.waits.record for row in page.rows])
    below = regions_below(asking.scope, 1)
    more = asking.url("conflicts", after=page.next, **_kept(chosen)) if page.next else None
    return asking.render(
        "conflicts.html", page=page, chosen=chosen, kept=_kept(chosen), more=more, below=below.regions if below else [],
        fields=_fields_reviewed(chosen.kind), kinds=KINDS_DECIDED, tone=tone, many=MOST_COUNTED, settled=_settled(asking),
    )  # fmt: skip


def tone(waited: int) -> str:
    return "bad" if waited > LATE_MS else "warn" if waited > SOON_MS else "info"


def _chosen(said: Mapping[str, str]) -> Filter:
    kind, field = said.get("kind"), said.get("field")
    return Filter(
        kind if kind in KINDS_DECIDED else None, field if field in _fields_reviewed(None) else None,
    )  # fmt: skip


def _kept(chosen: Filter) -> dict[str, str]:
    return {name: value for name, value in chosen._asdict().items() if value}


def _fields_reviewed(kind: str | None) -> list[str]:
    kinds = [KINDS[kind]] if kind else [KINDS[name] for name in KINDS_DECIDED]
    return list(dict.fromkeys(field for each in kinds for field in each.schema.fields if each.policy(field) == REVIEW))


class Settled(NamedTuple):
    """What was just decided: its page, and the deed that takes it back."""

    record: str
    name: str | None
    decision: Decision


def _settled(asking: Asking) -> Settled | None:
    record = request.args.get("settled")
    case = deciding.look(asking.scope, record, asking.account) if record and asking.may("settle") else None
    if case is None or not case.decisions or not case.decisions[0].may_undo or case.decisions[0].is_own:
        return None
    audit.look("open", region=case.home, record=case.record)
    return Settled(case.record, case.name, case.decisions[0])


# One record -----------------------------------------------------------------------------------------------------------


class Typed(NamedTuple):
    """What somebody had chosen and typed when the page is shown once more. choices: field -> key of a head, or `TYPED`."""

    choices: Mapping[str, str] = {}
    values: Mapping[str, Any] = {}
    faults: Mapping[str, list[str]] = {}


@desk("/conflicts/<record>", "see conflicts")
def conflict(asking: Asking, record: str) -> Response:
    return _page(asking, _case(asking, record), Typed())


@deed("/conflicts/<record>", "settle")
def settle_conflict(asking: Asking, record: str) -> Response:
    seen = deciding.seen_of(request.form.get("seen", ""))
    case = _case(asking, record, seen)
    if seen is None:
        return _page(asking, case, Typed(), 422, _say("stale", asking))
    said = _said(case)
    asked_for = {name.removeprefix("choose.") for name, key in request.form.items() if name.startswith("choose.") and key}
    if asked_for - {question.field for question in case.questions}:
        return _page(asking, case, said, 409, _say("meanwhile", asking))
    chosen, unknown = _fields(case, said)
    if unknown or not chosen:
        return _page(asking, case, said, 409 if unknown else 422, _say("new" if unknown else "nothing", asking))
    try:
        deciding.decide(case, seen, chosen, asking.account, asking.now)
    except settle.NotSeen:
        return _page(asking, case, said, 409, _say("new", asking))
    except settle.OwnEntry:
        return _page(asking, case, said, 409, _say("own", asking))
    except settle.BadFields as bad:
        faults = asking.complain(bad.errors)
        return _page(asking, case, said._replace(faults=faults), 422, _say("bad", asking))
    left = [question for question in case.questions if question.waits and question.field not in chosen]
    return _go_on(asking, case, _LEFT if left else _MOVED if case.kind.home_field in chosen else None)


@deed("/conflicts/<record>/undo", "settle")
def undo_decision(asking: Asking, record: str) -> Response:
    """Take a decision back by one more change."""
    case = _case(asking, record)
    device, _, seq = request.form.get("decision", "").rpartition("~")
    try:
        if not seq.isdecimal() or len(seq) > 16:
            raise settle.NoSuchRecord(record)
        settle.undo(case.record, device, int(seq), asking.account, asking.now)
    except settle.WrittenSince:
        return _page(asking, case, Typed(), 409, _say("since", asking))
    except settle.OwnEntry:
        return _page(asking, case, Typed(), 409, _say("own", asking))
    return asking.done(
        ("Keputusan dibatalkan. Isi yang dulu berlaku lagi; pilih lagi di bawah ini bila perlu.",
         "The decision is taken back. What stood before stands again; choose anew below if need be."),
        asking.url("conflict", record=case.record),
    )  # fmt: skip


@deed("/conflicts/<record>/return", "settle")
def return_conflict(asking: Asking, record: str) -> Response:
    """Ask the officer to look again: a note that his phone shows as a task."""
    case, note = _case(asking, record), request.form.get("note", "").strip()
    if not note or len(note) > LONGEST_NOTE:
        return _page(asking, case, Typed(faults={"note": [_say("note", asking)]}), 422)
    told = return_record(asking.scope, case.record, note, asking.account, asking.now)
    if not told:
        return _page(asking, case, Typed(faults={"note": [_say("nobody", asking)]}), 409)
    return asking.done(
        (f"Dikembalikan kepada petugas dengan catatan Anda ({len(told)} HP).",
         f"Returned to the officer with your note ({len(told)} phones)."),
        asking.url("conflict", record=case.record),
    )  # fmt: skip


def _case(asking: Asking, record: str, opened: Mapping[str, int] | None = None) -> Case:
    case = deciding.look(asking.scope, record, asking.account, opened)
    if case is None:
        raise Refusal(problem.NOT_FOUND)
    return case


def _said(case: Case) -> Typed:
    form = request.form
    choices = {question.field: form.get(f"choose.{question.field}", "") for question in case.questions}
    values = {field: answered(case.kind, field, form, f"typed.{field}") for field, key in choices.items() if key == TYPED}
    return Typed(choices, values)


def _fields(case: Case, said: Typed) -> tuple[dict[str, Any], bool]:
    """What was chosen, and whether something was chosen that is no head any more."""
    chosen: dict[str, Any] = {}
    for question in case.questions:
        key = said.choices.get(question.field)
        values = {head.key: head.value for head in question.heads}
        if key == TYPED:
            chosen[question.field] = said.values[question.field]
        elif key in values:
            chosen[question.field] = values[key]
        elif key:
            return {}, True
    return chosen, False


def _go_on(asking: Asking, case: Case, says: Both | None) -> Response:
    """The next one that waits, seen from where this one was; at the list's end from its beginning.

    What was decided, and the way back, stands on that page already.
    """
    chosen = _chosen(request.form)
    near = deciding.neighbours(asking.scope, chosen, case.place)
    following = near.after if near.after != case.record else None
    if following is None:
        first = deciding.neighbours(asking.scope, chosen, None).after
        following = first if first != case.record else None
    kept = _kept(chosen) | {"settled": case.record}
    to = redirect_to(asking.url("conflict", record=following, **kept) if following else asking.url("conflicts", **kept))
    return say_on_next(to, says) if says else to


def _page(asking: Asking, case: Case, typed: Typed, status: int = 200, wrong: str | None = None) -> Response:
    audit.look("open", region=case.home, record=case.record)
    chosen = _chosen(request.values)
    near = deciding.neighbours(asking.scope, chosen, case.place)
    page = _Page(asking, case, typed)
    return asking.render(
        "conflict.html", status=status, case=case, questions=[page.shown(each) for each in case.questions], near=near,
        chosen=chosen, kept=_kept(chosen), seen=dumps(case.seen), wrong=wrong, typed=typed, tone=tone, many=MOST_COUNTED,
        settled=_settled(asking) if request.method == "GET" else None, TYPED=TYPED, longest_note=LONGEST_NOTE,
        may_settle=asking.may("settle"), villages=_villages_near(case),
    )  # fmt: skip


def _villages_near(case: Case) -> list[Region]:
    """Those of its district, where somebody must say in which one he lives."""
    if not any(each.field == "village" for each in case.questions):
        return []
    below = regions_below(str(parent(case.home)), 1)
    return below.regions if below else []


# What is shown of a field ---------------------------------------------------------------------------------------------


class Candidate(NamedTuple):
    """One of the values. marked: its text in runs, with what differs. says: what helps to judge it, with its tone."""

    head: Head
    marked: list[tuple[str, bool]]
    says: list[tuple[str, str]]
    saw: str | None
    is_chosen: bool


class Shown(NamedTuple):
    question: Question
    candidates: list[Candidate]
    input: Input
    is_typed: bool
    faults: list[str]


class _Page:
    """What the page says of one record's values, to one reader."""

    def __init__(self, asking: Asking, case: Case, typed: Typed) -> None:
        self.asking, self.case, self.typed = asking, case, typed
        self.words, self.masked = Words(asking.lang), not asking.may("see whole NIKs")

    def shown(self, question: Question) -> Shown:
        field, typed = question.field, self.typed
        choice = typed.choices.get(field)
        value = typed.values.get(field, question.heads[0].value if question.heads else None)
        control = asked(self.case.kind, field, value, f"typed.{field}", self.words)
        candidates = [
            Candidate(head, marks, self._says(field, head.value), self._saw(field, head), head.key == choice)
            for head, marks in zip(question.heads, self._marked(question, control.shape), strict=True)
        ]
        return Shown(question, candidates, control, choice == TYPED, list(typed.faults.get(field, [])))

    def _marked(self, question: Question, shape: str) -> list[Marked]:
        """What differs between the values, letter by letter; of dates and the like by words."""
        texts = [self._text(question.field, head.value) for head in question.heads]
        if shape in ("choice", "many") or question.field in ("village", "work_village"):
            return [[(text, False)] for text in texts]
        return deciding.marked(texts, by_word=shape not in ("text", "number"))

    def _saw(self, field: str, head: Head) -> str | None:
        return self._text(field, head.saw.value) if head.saw else None

    def _text(self, field: str, value: Any) -> str:
        """A NIK in its parts, as it is read aloud: 640211 520790 9001."""
        text = self.words.value(field, value, self.masked)
        if field in ("nik", "kk_number") and len(text) == nik.LENGTH:
            return f"{text[:6]} {text[6:12]} {text[12:]}"
        if field in ("village", "work_village") and text != value:
            return f"{text} ({value})"
        return text

    def _says(self, field: str, value: Any) -> list[tuple[str, str]]:
        if field == "nik":
            return list(self._nik_says(value))
        if field in ("birth_date", "sex") and self.case.kind.name == "worker":
            return list(self._held_against_nik(field, value))
        return []

    def _niks(self) -> list[str]:
        """The NIKs of the record: those that differ, or the one that stands."""
        told = [head.value for each in self.case.questions if each.field == "nik" for head in each.heads]
        return [each for each in dict.fromkeys(told or [self.case.fields.get("nik")]) if isinstance(each, str)]

    def _nik_says(self, value: Any) -> Iterable[tuple[str, str]]:
        t, told = self.asking.t, deciding.nik_says(value, self.case.home, self.asking.now)
        if told is None:
            yield t("Bentuknya bukan NIK", "Not the form of a NIK"), "bad"
            return
        born, sex = self.case.fields.get("birth_date"), self.case.fields.get("sex")
        if not self.masked:
            agrees = isinstance(born, str) and nik.agrees_with(value, born)
            yield t("Lahir ", "Born ") + self.words.day(told.born), "" if not born else "good" if agrees else "warn"
        yield self.words.value("sex", told.sex), "" if not sex else "good" if sex == told.sex else "warn"
        yield t("Terdaftar di ", "Registered in ") + told.registered, ""

    def _held_against_nik(self, field: str, value: Any) -> Iterable[tuple[str, str]]:
        numbers = self._niks()
        for number in numbers:
            told = deciding.nik_says(number, self.case.home, self.asking.now)
            if told is None or not value:
                continue
            same = nik.agrees_with(number, value) if field == "birth_date" else told.sex == value
            which = f" …{number[-4:]}" if len(numbers) > 1 else ""
            yield (
                self.asking.t("Sama dengan NIK", "As the NIK says") + which if same
                else self.asking.t("Tidak sama dengan NIK", "Not what the NIK says") + which
            ), "good" if same else "warn"  # fmt: skip


_LEFT = ("Isian lain di catatan tadi masih menunggu.", "Other fields of that record still wait.")
_MOVED = ("Tersimpan. Catatan itu ada di desa yang dipilih.", "Saved. The record is in the village that was chosen.")
_SAYS = {
    "stale": ("Halaman ini rusak di jalan. Tidak ada yang disimpan; pilih sekali lagi.",
              "This page was damaged on its way. Nothing was saved; choose once more."),
    "new": ("Ada isi baru yang masuk sejak halaman ini dibuka. Belum ada yang disimpan: lihat yang bertanda baru, lalu "
            "simpan lagi.",
            "Something new came in since this page was opened. Nothing was saved yet: look at what is marked as new, then "
            "save again."),
    "meanwhile": ("Orang lain sudah memutuskannya sejak halaman ini dibuka. Belum ada yang disimpan: lihat isinya di bawah.",
                  "Somebody else has decided since this page was opened. Nothing was saved: see below what stands now."),
    "nothing": ("Belum ada yang dipilih. Pilih salah satu isi, atau tulis yang benar.",
                "Nothing is chosen yet. Choose one of the values, or type the right one."),
    "own": ("Anda sendiri yang menulis salah satu isinya, jadi orang lain yang memutuskan. Mintalah operator lain.",
            "You wrote one of these values yourself, so somebody else decides. Ask another operator."),
    "bad": ("Yang ditulis belum bisa disimpan. Betulkan yang bertanda merah, lalu simpan lagi.",
            "What was typed can't be saved yet. Correct what is marked in red, then save again."),
    "since": ("Tidak bisa dibatalkan lagi: sudah ada yang menulis sesudahnya. Lihat isinya sekarang; bila masih salah, "
              "betulkan di catatan pekerja itu.",
              "It can't be taken back any more: somebody has written since. Look at what stands now; if it is still wrong, "
              "correct it in the worker's record."),
    "note": ("Tulis apa yang harus dilihat petugas, paling banyak 500 huruf.",
             "Write what the officer is to look at, 500 characters at most."),
    "nobody": ("Tidak ada HP yang melayani desa ini sekarang. Daftarkan HP dulu, atau putuskan di sini.",
               "No phone serves this village now. Enrol one first, or decide here."),
}  # fmt: skip


def _say(what: str, asking: Asking) -> str:
    return asking.t(*_SAYS[what])
