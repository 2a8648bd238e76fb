"""The desk of awards: criteria and weights, scores with their evidence, judges' points, the sealed result, certificates."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from flask import Response, request

from programme import award as law
from programme.award import Place
from programme.rules import load
from schemas import problem
from schemas.change import dumps
from schemas.problem import Both
from schemas.region import is_village, within
from server.actions import awards as acts
from server.actions.awards import AwardRefused, Row, Table
from server.actions.entries import Entry
from server.actions.regions import region_names
from server.actions.settle import BadFields, NotSeen, OwnEntry
from server.clock import day_at
from server.console.door import Asking, ToDo, deed, desk, to_do
from server.console.entry_forms import EntryForm, entry_form, read_entry, read_seen
from server.console.words import Words
from server.problems import Refusal
from server.store.award_work import Asked
from server.store.awards import Line

WEIGHT = "weight."
SHOWN_A_BAND = 10  # places of a band before the rest is folded away
_NUMBER = re.compile(r"[0-9]{1,3}(?:[.,][0-9]{1,2})?")
SIZES: Mapping[str, Both] = {
    "small": ("desa kecil", "small villages"), "large": ("desa besar", "large villages"),
    "unknown": ("jumlah pekerja belum diisi", "number of workers not entered"),
}  # fmt: skip
DISTANCES: Mapping[str, Both] = {
    "near": ("terjangkau", "within reach"), "remote": ("terpencil", "remote"),
    "unknown": ("keterpencilan belum diisi", "remoteness not entered"),
}  # fmt: skip
BECAUSE: Mapping[str, Both] = {
    law.NO_DENOMINATOR: ("Pembandingnya belum diisi, jadi tidak dapat dihitung.",
                         "The number it is measured by is not entered."),
    law.ABOVE_WHOLE: ("Di atas 100 %: angka pembandingnya salah, jadi tidak ada nilai.",
                      "Above 100 %: what it is measured by is wrong, so there are no points."),
    law.NO_PROFILE: ("Profil desa belum diisi.", "The village's profile is not filled in."),
    law.NO_BEFORE: ("Tidak ada angka sebelum periode ini.", "There are no figures from before the period."),
    law.NO_CASE: ("Tidak ada kecelakaan; kriteria lain menggantikannya.",
                  "There was no accident; the other criteria stand for it."),
    law.NO_MEMBER: ("Belum ada peserta di bulan pertama; kriteria lain menggantikannya.",
                    "No member in the first month; the other criteria stand for it."),
    "held": ("Sudah di atas 90 % di awal dan di akhir: nilai penuh.", "Above 90 % at both ends: all points."),
}  # fmt: skip
SOURCES: Mapping[str, Both] = {
    "frozen": ("angka yang dibekukan", "frozen figures"), "months": ("riwayat bulan peserta", "members' months"),
    "frozen_profile": ("angka yang dibekukan dan profil desa", "frozen figures and the village's profile"),
    "profile": ("profil desa", "the village's profile"), "claims": ("catatan klaim", "records of claims"),
    "people": ("catatan pekerja", "records of workers"),
    "visits": ("kunjungan, rapat dan masukan", "visits, meetings, feedback"),
}  # fmt: skip
NUMBERS: Mapping[str, tuple[Both, Both]] = {
    "coverage": (("peserta aktif", "active members"), ("pekerja BPU", "BPU workers")),
    "growth": (("tambahan peserta aktif", "active members gained"), ("pekerja BPU", "BPU workers")),
    "retention": (("aktif setiap bulan", "active every month"), ("aktif di bulan pertama", "active in the first month")),
    "apparatus": (("perangkat aktif", "staff protected"), ("perangkat", "staff")),
    "budget": (("rupiah di APBDes", "rupiah in the budget"), ("pekerja BPU", "BPU workers")),
    "claims": (("dilaporkan tepat waktu", "reported in time"), ("kecelakaan", "accidents")),
    "quality": (("lengkap dan terverifikasi", "complete and verified"), ("pekerja didata", "workers registered")),
    "participation": (("bulan ikut serta", "months taking part"), ("bulan periode", "months of the period")),
}  # fmt: skip
STEP_SAYS: Mapping[str, Both] = {
    acts.DRAFT: ("Menyusun kriteria", "Drawing up"), acts.PUBLISHED: ("Kriteria diumumkan", "Criteria published"),
    acts.SCORED: ("Angka dihitung, juri menilai", "Scored, judges at work"),
    acts.PROPOSED: ("Hasil diusulkan", "Result proposed"),
    acts.SEALED: ("Hasil disegel", "Result sealed"), acts.RELEASED: ("Hadiah dicairkan, hasil diumumkan", "Released"),
    acts.DROPPED: ("Dibatalkan", "Dropped"),
}  # fmt: skip
HINTS: Mapping[str, Both] = {
    "first_month": ("Bulan pertama yang dinilai. Pertumbuhan diukur dari bulan sebelumnya.",
                    "The first month that counts. Growth is measured from the month before."),
    "winners_a_band": ("Desa dibandingkan dengan desa yang setara; tiap golongan punya pemenangnya sendiri.",
                       "Villages are compared with their like; each band has winners of its own."),
    "prize": ("Rupiah untuk tiap pemenang; kosongkan bila tanpa hadiah uang.",
              "Rupiah for each winner; empty if there is none."),
}  # fmt: skip


@to_do
def results_to_approve(asking: Asking) -> ToDo | None:
    if not asking.may("approve"):
        return None
    waiting = [each for each in acts.all_of(asking.scope) if acts.state_of(each) in (acts.PROPOSED, acts.SEALED)]
    if not waiting:
        return None
    says = ("Hasil menunggu disegel atau dicairkan oleh orang kedua.",
            "A result waits to be sealed or released by a second person.")  # fmt: skip
    return ToDo(("Penghargaan menunggu persetujuan", "Awards to approve"), len(waiting), says,
                asking.url("award", award=waiting[0].record))  # fmt: skip


@to_do
def awards_to_judge(asking: Asking) -> ToDo | None:
    if not asking.may("judge"):
        return None
    open_ = [
        each for each in acts.all_of(asking.scope)
        if acts.state_of(each) == acts.SCORED and acts.panel_names(each, asking.now)
    ]  # fmt: skip
    if not open_:
        return None
    says = ("Desa teratas tiap golongan menunggu nilai juri.", "The villages that lead their bands wait for judges.")
    return ToDo(("Penilaian juri", "Judging"), len(open_), says, asking.url("judging", award=open_[0].record))


# The list -------------------------------------------------------------------------------------------------------------


@desk("/awards", "see figures")
def awards(asking: Asking) -> Response:
    return _show_list(asking)


def _show_list(
    asking: Asking, status: int = 200, bad: BadFields | None = None, refused: AwardRefused | None = None
) -> Response:
    found = acts.all_of(asking.scope)
    form = None
    if asking.may("run awards"):
        year = day_at(asking.now, asking.scope).year
        form = entry_form(
            asking, acts.AWARD, acts.FORM, said=request.form if bad or refused else None, bad=bad, hints=HINTS,
            given={"first_month": f"{year}-01", "last_month": f"{year}-12", "winners_a_band": acts.DEFAULT_WINNERS},
        )  # fmt: skip
    names = region_names(sorted({each.home for each in found}))
    winners = {each.record: len(acts.winners_of(each)) for each in found}
    return asking.render(
        "awards.html", status=status, awards=found, form=form, names=names, step_says=STEP_SAYS, winners=winners,
        refused=refused, is_open=bool(bad or refused),
    )  # fmt: skip


@deed("/awards/new", "run awards")
def begin_award(asking: Asking) -> Response:
    try:
        record = acts.begin(asking.scope, request.form.get("key", ""), read_entry(acts.AWARD, acts.FORM, request.form),
                            asking.account, asking.now)  # fmt: skip
    except BadFields as bad:
        return _show_list(asking, 422, bad)
    except AwardRefused as refused:
        return _show_list(asking, 422, refused=refused)
    says = ("Penghargaan dimulai sebagai rancangan. Periksa bobotnya, lalu umumkan.",
            "The award begins as a draft. Check its weights, then publish.")  # fmt: skip
    return asking.done(says, asking.url("award", award=record))


# One award ------------------------------------------------------------------------------------------------------------


class Criterion(NamedTuple):
    """A criterion as it is shown. scale: from which value there are points, and at which there are all."""

    name: str
    title: str
    note: str
    weight: float
    scale: str
    is_judged: bool
    typed: str


class Step(NamedTuple):
    """state: its name; who, at: who brought it there last; None where it is not there yet. is_now: the one it stands at."""

    state: str
    says: Both
    who: str | None
    at: int | None
    is_now: bool


class Next(NamedTuple):
    """What comes next. do: name of the deed; None where he can't, and `says` tells why. ask: the question before it."""

    says: Both
    do: str | None = None
    label: Both | None = None
    ask: Both | None = None


def _found(asking: Asking, award: str) -> Entry:
    return acts.one(asking.scope, award)


def _sees(asking: Asking, entry: Entry) -> bool:
    return acts.shows_scores(entry, asking.may("judge"))


@desk("/awards/<award>", "see figures")
def award(asking: Asking, award: str) -> Response:
    entry = _found(asking, award)
    if asking.is_partial:  # it is being scored, or was
        return asking.render("award.html", part="work", award=entry, work=_work(asking, entry, acts.state_of(entry)))
    return _show(asking, entry)


def _show(
    asking: Asking, entry: Entry, status: int = 200, *, refused: Both | None = None, bad: BadFields | None = None,
    is_typed: bool = False,
) -> Response:  # fmt: skip
    state = acts.state_of(entry)
    standing = acts.shown_to(entry, asking.account, asking.may("approve"), asking.now) if _sees(asking, entry) else None
    typed = request.form if is_typed else None
    work = _work(asking, entry, state)
    is_at_work = work is not None and work.error is None
    return asking.render(
        "award.html", status=status, award=entry, state=state, work=work, is_at_work=is_at_work,
        steps=_steps(asking, entry, state), says=STEP_SAYS,
        criteria=_criteria(asking, entry, typed), weights_sum=sum(acts.weights_of(entry).values()),
        next=_next(asking, entry, state), standing=standing, bands=_bands(standing) if standing else [],
        form=_form(asking, entry, state, typed, bad), versions=acts.versions(asking.scope, entry.record), refused=refused,
        days=acts.days_for(entry) if state in (acts.PUBLISHED, acts.SCORED) and asking.may("run awards") else [],
        seen=dumps(entry.seen), region=region_names([entry.home]).get(entry.home, entry.home), band_says=band_says,
        title_of=_titles(asking, entry), winners=acts.winners_of(entry), prizes=acts.prizes_of(entry),
        lifts=_lifts(asking, entry), shown_a_band=SHOWN_A_BAND,
        is_whole=_is_whole(asking, state), judged=acts.panel_names(entry, asking.now),
        names=region_names(_villages_named(entry)),
    )  # fmt: skip


def _work(asking: Asking, entry: Entry, state: str) -> Asked | None:
    """That it is being scored, or why it could not be: for whoever runs awards."""
    scores = state in (acts.PUBLISHED, acts.SCORED) and asking.may("run awards")
    return acts.asked_to_score(entry) if scores else None


def _is_whole(asking: Asking, state: str) -> bool:
    """Whether he is shown scores with the judges' part in them."""
    return state in acts.FINAL or (state == acts.PROPOSED and asking.may("approve"))


def _villages_named(entry: Entry) -> list[str]:
    return [*(each.village for each in acts.winners_of(entry)), *(each.village for each in acts.lifts_of(entry))]


def _steps(asking: Asking, entry: Entry, state: str) -> list[Step]:
    """Every step once, with who brought it there last; a step that was taken back is not there."""
    last = {hand.value: hand for hand in acts.steps(asking.scope, entry.record)}
    order = [*acts.STEPS] if state != acts.DROPPED else [acts.DROPPED]
    reached = order.index(state)
    return [
        Step(name, STEP_SAYS[name], last[name].name if name in last and number <= reached else None,
             last[name].at if name in last and number <= reached else None, name == state)
        for number, name in enumerate(order)
    ]  # fmt: skip


def _criteria(asking: Asking, entry: Entry, typed: Any = None) -> list[Criterion]:
    rules, on, weights = load(), acts.rules_day(entry, asking.now), acts.weights_of(entry)
    judged = law.panel_criteria(rules, on)
    told = []
    for name in law.criteria(rules, on):
        rule = rules.on(f"award_{name}", on)
        weight = weights.get(name, 0)
        shown = typed.get(WEIGHT + name, "") if typed is not None else _plain(asking, weight)
        told.append(Criterion(name, rule.title[asking.lang], rule.note[asking.lang], weight, _scale(asking, rule.value),
                              name in judged, shown))  # fmt: skip
    return told


def _plain(asking: Asking, number: float) -> str:
    text = f"{number:g}"
    return text.replace(".", ",") if asking.lang == "id" else text


def _scale(asking: Asking, scale: Mapping[str, Any]) -> str:
    words = Words(asking.lang)
    if scale["unit"] == "points":
        return asking.t("0 sampai 100 dari juri", "0 to 100 by judges")

    def say(value: float) -> str:
        return words.decimal(value * 100) + " %" if scale["unit"] == "share" else words.rupiah(round(value))

    return asking.t(f"0 pada {say(scale['none'])}, 100 pada {say(scale['full'])}",
                    f"0 at {say(scale['none'])}, 100 at {say(scale['full'])}")  # fmt: skip


def _titles(asking: Asking, entry: Entry) -> dict[str, str]:
    """What criteria and reasons to be out are called."""
    rules, on = load(), acts.rules_day(entry, asking.now)
    names = {name: rules.on(f"award_{name}", on).title[asking.lang] for name in law.criteria(rules, on)}
    reasons = rules.on("award_outs", on).value
    return names | {f"out_{name}": rules.on(f"award_out_{name}", on).title[asking.lang] for name in reasons}


def _next(asking: Asking, entry: Entry, state: str) -> Next | None:
    runs, approves = asking.may("run awards"), asking.may("approve")
    is_own = approves and acts.entries.is_by(asking.account, entry.record, ("state",))
    if state == acts.DRAFT:
        says = ("Bila bobotnya sudah 100, umumkan. Sejak hari itu kriteria hanya berubah lewat versi baru, sebelum angka "
                "dihitung.", "Once the weights make 100, publish. From that day they change by a new version alone, before "
                "the scoring.")  # fmt: skip
        return Next(says, "publish_award" if runs else None, ("Umumkan kriteria", "Publish the criteria"))
    if state == acts.PUBLISHED:
        return Next(("Pilih hari angka dibekukan, lalu hitung nilai semua desa.",
                     "Choose the day of the frozen figures, then score all villages."), "score_award" if runs else None,
                    ("Hitung nilai", "Score"))  # fmt: skip
    if state == acts.SCORED:
        return Next(("Juri menilai desa teratas, staf memeriksa yang dikeluarkan. Sesudah itu usulkan hasilnya; orang lain "
                     "yang menyegel.", "Judges give points to leading villages, staff look at those that are out. Then "
                     "propose the result; somebody else seals it."), "propose_award" if runs else None,
                    ("Usulkan hasil", "Propose the result"),
                    ("Peringkat seperti sekarang diusulkan. Juri tidak dapat menilai lagi.",
                     "The ranking as it stands is proposed. Judges can give no more points."))  # fmt: skip
    if state == acts.PROPOSED:
        if is_own:
            return Next(("Anda sudah menulis di usulan ini, jadi orang lain yang menyegel.",
                         "You have written in this proposal, so somebody else seals it."))  # fmt: skip
        return Next(("Periksa peringkat dan yang dikeluarkan. Setelah disegel tidak ada yang berubah lagi.",
                     "Check the ranking and who is out. Once sealed, nothing changes any more."),
                    "seal_award" if approves else None, ("Segel hasil", "Seal the result"),
                    ("Hasil ini menjadi tetap, dengan sidik atas semua angkanya.",
                     "The result becomes final, with a hash over all its numbers."))  # fmt: skip
    if state == acts.SEALED:
        if is_own:
            return Next(("Anda yang menyegel, jadi orang lain yang mencairkan hadiah dan mengumumkan hasilnya.",
                         "You sealed it, so somebody else releases the prizes and the result."))  # fmt: skip
        return Next(("Cairkan hadiah dan umumkan hasilnya untuk semua orang.",
                     "Release the prizes, and the result to everybody."), "release_award" if approves else None,
                    ("Cairkan dan umumkan", "Release"), ("Hasil menjadi umum, dan hadiah dicairkan.",
                     "The result becomes public, and the prizes are released."))  # fmt: skip
    return None


class Band(NamedTuple):
    """A group of villages alike. wins: how many of them may win."""

    name: str
    rows: list[Row]
    out: list[Row]


def _bands(standing: Table) -> list[Band]:
    return [
        Band(name, [row for row in standing.band(name) if row.rank], [row for row in standing.band(name) if not row.rank])
        for name in standing.bands
    ]  # fmt: skip


def band_says(name: str) -> Both:
    """`small_remote` -> desa kecil, terpencil."""
    size, _, far = name.partition("_")
    one, other = SIZES.get(size, (size, size)), DISTANCES.get(far, (far, far))
    return f"{one[0]}, {other[0]}".capitalize(), f"{one[1]}, {other[1]}".capitalize()


def _form(asking: Asking, entry: Entry, state: str, typed: Any, bad: BadFields | None) -> EntryForm | None:
    if not asking.may("run awards"):
        return None
    if state not in (acts.DRAFT, acts.PUBLISHED, acts.SCORED):
        return None
    fields = acts.FORM if state == acts.DRAFT else acts.UNTIL_PROPOSED
    return entry_form(asking, acts.AWARD, fields, entry, said=typed if bad else None, bad=bad, hints=HINTS)


class Lift(NamedTuple):
    lifted: acts.Lifted
    can_answer: bool


def _lifts(asking: Asking, entry: Entry) -> list[Lift]:
    """Who asked for it does not agree to it himself."""
    opens = asking.may("approve") and acts.state_of(entry) == acts.SCORED
    return [
        Lift(each, opens and each.state == acts.LIFT_PROPOSED and not acts.asked_by(entry, each, asking.account))
        for each in acts.lifts_of(entry)
    ]  # fmt: skip


def _read_weights() -> dict[str, Any]:
    """What was typed beside each criterion; a text that is no number goes on as it is, and is complained about."""
    told: dict[str, Any] = {}
    for name, text in request.form.items():
        if name.startswith(WEIGHT):
            plain = text.strip()
            number = float(plain.replace(",", ".")) if _NUMBER.fullmatch(plain) else None
            told[name.removeprefix(WEIGHT)] = 0 if not plain else text if number is None else _whole(number)
    return told


def _whole(number: float) -> float | int:
    return int(number) if number == int(number) else number


def _do(asking: Asking, award: str, act: Callable[[Entry, dict[str, int]], object], says: Both) -> Response:
    """Do something with an award that was looked at; what is refused comes back as a sentence on its page."""
    entry = _found(asking, award)
    try:
        act(entry, read_seen(request.form))
    except AwardRefused as refused:
        return _show(asking, _found(asking, award), 422, refused=refused.says, is_typed=WEIGHT in " ".join(request.form))
    except NotSeen:
        return _show(asking, _found(asking, award), 409, refused=acts.STALE)
    except OwnEntry:
        own = ("Anda menulis sebagian dari ini, jadi orang lain yang menyetujui.",
               "You wrote a part of it, so somebody else approves.")  # fmt: skip
        return _show(asking, _found(asking, award), 403, refused=own)
    except BadFields as bad:
        return _show(asking, _found(asking, award), 422, bad=bad, is_typed=True)
    return asking.done(says, asking.url("award", award=award))


@deed("/awards/<award>/edit", "run awards")
def edit_award(asking: Asking, award: str) -> Response:
    def act(entry: Entry, seen: dict[str, int]) -> None:
        is_draft = acts.state_of(entry) == acts.DRAFT
        fields = read_entry(acts.AWARD, acts.FORM if is_draft else acts.UNTIL_PROPOSED, request.form)
        acts.change_draft(award, seen, fields, None, asking.account, asking.now)

    return _do(asking, award, act, ("Disimpan.", "Saved."))


@deed("/awards/<award>/weights", "run awards")
def set_weights(asking: Asking, award: str) -> Response:
    """Of a draft they are kept; once published, they are a new version."""
    weights = _read_weights()

    def act(entry: Entry, seen: dict[str, int]) -> None:
        if acts.state_of(entry) == acts.DRAFT and "publish" not in request.form:
            acts.change_draft(award, seen, {}, weights, asking.account, asking.now)
        else:
            acts.publish(award, seen, weights, asking.account, asking.now)

    return _do(asking, award, act, ("Bobot disimpan.", "The weights are saved."))


@deed("/awards/<award>/publish", "run awards")
def publish_award(asking: Asking, award: str) -> Response:
    return _do(asking, award, lambda _, seen: acts.publish(award, seen, None, asking.account, asking.now),
               ("Kriteria diumumkan.", "The criteria are published."))  # fmt: skip


@deed("/awards/<award>/score", "run awards")
def score_award(asking: Asking, award: str) -> Response:
    day = request.form.get("day", "")
    return _do(asking, award, lambda _, seen: acts.ask_to_score(award, seen, day, asking.account, asking.now),
               ("Nilai semua desa sedang dihitung.", "All villages are being scored."))  # fmt: skip


@deed("/awards/<award>/propose", "run awards")
def propose_award(asking: Asking, award: str) -> Response:
    return _do(asking, award, lambda _, seen: acts.propose(award, seen, asking.account, asking.now),
               ("Hasil diusulkan. Orang lain yang menyegel.", "It is proposed. Somebody else seals it."))  # fmt: skip


@deed("/awards/<award>/withdraw", "run awards")
def withdraw_award(asking: Asking, award: str) -> Response:
    return _do(asking, award, lambda _, seen: acts.withdraw(award, seen, asking.account, asking.now),
               ("Usulan ditarik kembali.", "The proposal is taken back."))  # fmt: skip


@deed("/awards/<award>/seal", "approve")
def seal_award(asking: Asking, award: str) -> Response:
    return _do(asking, award, lambda _, seen: acts.seal(award, seen, asking.account, asking.now),
               ("Hasil disegel.", "The result is sealed."))  # fmt: skip


@deed("/awards/<award>/release", "approve")
def release_award(asking: Asking, award: str) -> Response:
    return _do(asking, award, lambda _, seen: acts.release(award, seen, asking.account, asking.now),
               ("Hadiah dicairkan, hasil diumumkan.", "The prizes are released, the result is public."))  # fmt: skip


@deed("/awards/<award>/drop", "run awards")
def drop_award(asking: Asking, award: str) -> Response:
    return _do(asking, award, lambda _, seen: acts.drop(award, seen, asking.account, asking.now),
               ("Penghargaan dibatalkan.", "The award is dropped."))  # fmt: skip


# One village ----------------------------------------------------------------------------------------------------------


class Evidence(NamedTuple):
    """One criterion of one village, as it is shown."""

    title: str
    note: str
    weight: float
    line: Line
    numerator: str
    denominator: str
    value: str
    points: str
    because: Both | None
    source: Both | None
    scale: str


@desk("/awards/<award>/villages/<village>", "see figures")
def award_village(asking: Asking, award: str, village: str) -> Response:
    return _show_village(asking, _found(asking, award), village)


def _show_village(
    asking: Asking, entry: Entry, village: str, status: int = 200, refused: Both | None = None,
    faults: Mapping[str, list[str]] | None = None,
) -> Response:  # fmt: skip
    if not _sees(asking, entry) or not is_village(village) or not within(village, entry.home):
        raise Refusal(problem.NOT_FOUND)
    dossier = acts.dossier_of(entry, village, asking.account, asking.now)
    rules, on = load(), acts.rules_day(entry, asking.now)
    evidence = [_evidence(asking, entry, line, rules.on(f"award_{line.criterion}", on)) for line in dossier.lines]
    return asking.render(
        "award_village.html", status=status, award=entry, state=acts.state_of(entry), dossier=dossier, row=dossier.row,
        evidence=evidence, title_of=_titles(asking, entry), band=band_says(dossier.row.band), refused=refused,
        faults=faults or {}, judged=[each for each in _criteria(asking, entry) if each.is_judged and each.weight],
        typed=request.form, seen=dumps(entry.seen),
        lifts=[each for each in _lifts(asking, entry) if each.lifted.village == village],
        runs=asking.may("run awards"), shows_score=acts.state_of(entry) in acts.FINAL or dossier.hidden == 0,
    )  # fmt: skip


def _evidence(asking: Asking, entry: Entry, line: Line, rule: Any) -> Evidence:
    words, unit = Words(asking.lang), rule.value["unit"]
    says = NUMBERS.get(line.criterion, (("", ""), ("", "")))
    told = line.evidence

    def number(each: float | None, what: Both, is_money: bool) -> str:
        if each is None:
            return "–"
        plain = words.rupiah(round(each)) if is_money else words.decimal(each, 0)
        return plain if is_money else f"{plain} {words.pick(what)}"

    value = "–" if line.value is None else words.percent(line.value) if unit == "share" else (
        words.rupiah(round(line.value)) + asking.t(" per pekerja", " a worker")
    )  # fmt: skip
    points = asking.t("tidak dihitung", "left out") if line.points is None else words.decimal(line.points, 2)
    return Evidence(
        rule.title[asking.lang], rule.note[asking.lang], acts.weights_of(entry).get(line.criterion, 0), line,
        number(line.numerator, says[0], unit == "rupiah"), number(line.denominator, says[1], False), value, points,
        BECAUSE.get(told.get("because") or ""), SOURCES.get(told.get("source") or ""), _scale(asking, told | {"unit": unit}),
    )  # fmt: skip


@deed("/awards/<award>/villages/<village>/judge", "judge")
def judge_village(asking: Asking, award: str, village: str) -> Response:
    entry = _found(asking, award)
    if not is_village(village) or not within(village, entry.home):
        raise Refusal(problem.NOT_FOUND)
    scores: dict[str, Any] = {}
    for name in acts.panel_names(entry, asking.now):
        text = request.form.get(f"points.{name}", "").strip()
        scores[name] = None if not text else (
            _whole(float(text.replace(",", "."))) if _NUMBER.fullmatch(text) else text
        )  # fmt: skip
    note = request.form.get("note", "").strip() or None
    try:
        acts.judge(award, village, scores, note, asking.account, asking.now)
    except AwardRefused as refused:
        return _show_village(asking, entry, village, 422, refused.says)
    except BadFields as bad:
        return _show_village(asking, entry, village, 422, faults=asking.complain(bad.errors))
    return asking.done(("Nilai Anda tersimpan.", "Your points are kept."), asking.url("judging", award=award))


@deed("/awards/<award>/villages/<village>/lift", "run awards")
def lift_village(asking: Asking, award: str, village: str) -> Response:
    said = request.form
    return _do_village(asking, award, village, lambda seen: acts.propose_lift(
        award, seen, village, said.get("reason", ""), said.get("why", ""), asking.account, asking.now
    ), ("Diusulkan. Orang lain yang menyetujui.", "Proposed. Somebody else agrees to it."))  # fmt: skip


@deed("/awards/<award>/villages/<village>/lift/answer", "approve")
def answer_lift(asking: Asking, award: str, village: str) -> Response:
    said = request.form
    return _do_village(asking, award, village, lambda seen: acts.answer_lift(
        award, seen, village, said.get("reason", ""), said.get("agreed") == "yes", asking.account, asking.now
    ), ("Jawaban Anda tersimpan.", "Your answer is kept."))  # fmt: skip


def _do_village(
    asking: Asking, award: str, village: str, act: Callable[[dict[str, int]], object], says: Both
) -> Response:
    entry = _found(asking, award)
    if not is_village(village) or not within(village, entry.home):
        raise Refusal(problem.NOT_FOUND)
    try:
        act(read_seen(request.form))
    except AwardRefused as refused:
        return _show_village(asking, _found(asking, award), village, 422, refused.says)
    except NotSeen:
        return _show_village(asking, _found(asking, award), village, 409, acts.STALE)
    except OwnEntry:
        own = ("Anda sendiri yang mengusulkannya, jadi orang lain yang menyetujui.",
               "You asked for it, so somebody else agrees.")  # fmt: skip
        return _show_village(asking, _found(asking, award), village, 403, own)
    except BadFields as bad:
        return _show_village(asking, _found(asking, award), village, 422, faults=asking.complain(bad.errors))
    return asking.done(says, asking.url("award_village", award=award, village=village))


# Judges ---------------------------------------------------------------------------------------------------------------


@desk("/awards/<award>/judging", "judge")
def judging(asking: Asking, award: str) -> Response:
    """The villages that lead their bands, and which of them he has judged."""
    entry = _found(asking, award)
    standing = acts.shown_to(entry, asking.account, False, asking.now)
    listed = [row for row in standing.rows if row.is_listed and not row.out]
    own = {row.village for row in listed if acts.is_own_village(asking.account, row.village)}
    given = acts.judged_by(entry, asking.account)
    return asking.render("judging.html", award=entry, rows=listed, own=own, given=given, band_says=band_says,
                         judged=acts.panel_names(entry, asking.now), state=acts.state_of(entry))  # fmt: skip


# The result -----------------------------------------------------------------------------------------------------------


class Winner(NamedTuple):
    place: Place
    name: str
    district: str
    band: Both


def winners_told(entry: Entry) -> list[Winner]:
    """Who won, with the names of village and kecamatan; no person is in it."""
    places = acts.winners_of(entry)
    names = region_names(sorted({code for each in places for code in (each.village, each.village[:8])}))
    return [
        Winner(each, names.get(each.village, each.village), names.get(each.village[:8], ""), band_says(each.band))
        for each in places
    ]  # fmt: skip


@desk("/awards/<award>/certificates", "see figures")
def certificates(asking: Asking, award: str) -> Response:
    """Printable, one sheet a winner; from the day the result is sealed, for who may see it."""
    entry = _found(asking, award)
    if acts.state_of(entry) not in acts.FINAL or not _sees(asking, entry):
        raise Refusal(problem.NOT_FOUND)
    public = f"{asking.settings.public_url.rstrip('/')}/publik/penghargaan" if asking.settings.is_public else ""
    return asking.render("certificates.html", award=entry, winners=winners_told(entry), public=public,
                         region=region_names([entry.home]).get(entry.home, ""))  # fmt: skip


@desk("/awards/<award>/seal", "see figures")
def award_seal(asking: Asking, award: str) -> Response:
    """Make the seal again, and compare."""
    entry = _found(asking, award)
    if acts.state_of(entry) not in acts.FINAL or not _sees(asking, entry):
        raise Refusal(problem.NOT_FOUND)
    return asking.render("award_seal.html", award=entry, checked=acts.verify(entry))


@desk("/awards/<award>/dossier.json", "judge")
def award_dossier(asking: Asking, award: str) -> Response:
    """What the seal is made over, byte for byte: SHA-256 of this file is the seal. With judges' names, and of no worker."""
    entry = _found(asking, award)
    if acts.state_of(entry) not in acts.FINAL:
        raise Refusal(problem.NOT_FOUND)
    headers = {
        "Content-Disposition": 'attachment; filename="award.json"', "Cache-Control": "no-store",
    }  # fmt: skip
    return Response(acts.dossier(entry), content_type="application/json", headers=headers)
