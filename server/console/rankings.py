"""The desk of rankings: which criteria weigh how much, who comes first by them, and why somebody stands where he does."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from flask import Response, request

from programme import ranking as law
from programme.rules import load
from schemas.change import dumps
from schemas.problem import Both
from schemas.region import within
from server import audit
from server.actions import entries
from server.actions import rankings as acts
from server.actions.budgets import PlanRefused
from server.actions.entries import Entry
from server.actions.rankings import DEFAULT, RANKING, Ruled
from server.actions.regions import region_names
from server.actions.settle import BadFields, NotSeen
from server.clock import day_at
from server.console.budgets import CHANGED
from server.console.door import Asking, deed, desk, redirect_to, whole_number
from server.console.entry_forms import EntryForm, entry_form, read_entry, read_seen
from server.console.words import Words

FORM = ("title", "weights", "deciles_up_to", "age_from", "age_below", "legal_basis", "notes")
A_PAGE = 25
STATES: Mapping[str, tuple[Both, str]] = {
    acts.DRAFT: (("Konsep", "Draft"), ""), acts.IN_FORCE: (("Berlaku", "In force"), "good"),
    acts.ENDED: (("Sudah diganti", "Replaced"), ""),
}  # fmt: skip
OUT: Mapping[str, Both] = {
    law.RESTRICTED: ("pemakaian datanya dibatasi", "use of his data is restricted"),
    law.GONE: ("meninggal, mundur atau pindah", "deceased, withdrawn or moved away"),
    law.NOT_VERIFIED: ("belum terverifikasi", "not verified"), law.INCOMPLETE: ("datanya belum lengkap", "incomplete"),
    law.SEGMENT: ("bukan pekerja mandiri (BPU)", "not self-employed (BPU)"),
    law.AGE: ("di luar umur yang dibiayai", "outside the ages that are funded"),
    law.LISTED: ("namanya sudah dalam SK", "his name stands on a decree"),
    law.FUNDED: ("sudah dibiayai pihak lain", "somebody else pays for him already"),
    law.PAYS_HIMSELF: ("aktif, bayar sendiri", "active, and pays himself"),
    law.DECILE: ("desilnya di atas batas", "his decile is above the limit"),
}  # fmt: skip
HINTS: Mapping[str, Both] = {
    "weights": ("Bobot hanya berarti satu terhadap yang lain; jumlahnya tidak harus 100.",
                "Weights mean something beside each other only; they need not add up to 100."),
    "deciles_up_to": ("Yang desilnya lebih tinggi tidak ikut; yang belum diketahui tetap ikut.",
                      "Who has a higher decile takes no part; who has none known does."),
    "legal_basis": ("Misalnya nomor peraturan bupati.", "Such as the number of the regent's regulation."),
}  # fmt: skip


@desk("/rankings", "see figures")
def rankings(asking: Asking) -> Response:
    return _show_all(asking)


def _show_all(
    asking: Asking, status: int = 200, bad: BadFields | None = None, refused: PlanRefused | None = None
) -> Response:  # fmt: skip
    day = day_at(asking.now, asking.scope)
    found = entries.all_of(asking.scope, RANKING)
    form = None
    if asking.may("plan"):
        base = law.defaults(load(), day)
        given = {
            "weights": [{"criterion": criterion, "weight": base.weights.get(criterion, 0)} for criterion in law.CRITERIA],
            "deciles_up_to": base.deciles_up_to, "age_from": base.age_from, "age_below": base.age_below,
        }  # fmt: skip
        form = entry_form(asking, RANKING, FORM, said=request.form if bad or refused else None, bad=bad, hints=HINTS,
                          given=given)  # fmt: skip
    ruled = acts.in_force(asking.scope, day)
    return asking.render(
        "rankings.html", status=status, found=found, ruled=ruled, form=form, states=STATES,
        may_open_ruled=ruled.entry is not None and within(ruled.entry.home, asking.account.region),
        is_open=bool(bad or refused), refused=refused.says if refused else None, default=DEFAULT, criteria=law.CRITERIA,
        names=region_names(sorted({each.home for each in found})),
    )  # fmt: skip


@deed("/rankings/new", "plan")
def begin_ranking(asking: Asking) -> Response:
    said = read_entry(RANKING, FORM, request.form)
    try:
        record = acts.begin_ranking(asking.scope, request.form.get("key", ""), said, asking.account, asking.now)
    except BadFields as bad:
        return _show_all(asking, 422, bad)
    except PlanRefused as refused:
        return _show_all(asking, 422, refused=refused)
    return asking.done(("Aturan urutan dibuat sebagai konsep.", "The ranking is begun as a draft."),
                       asking.url("ranking", ranking=record))  # fmt: skip


# One rule, and the people by it ---------------------------------------------------------------------------------------


@desk("/rankings/<ranking>", "see figures")
def ranking(asking: Asking, ranking: str) -> Response:
    """A rule made below the region that is looked at is shown where it holds."""
    home = None if ranking == DEFAULT else entries.one(asking.scope, RANKING, ranking).home
    if home and home != asking.scope and within(home, asking.scope):
        return redirect_to(asking.url("ranking", ranking=ranking, within=home))
    return _show(asking, ranking)


def _show(
    asking: Asking, record: str, status: int = 200, refused: Both | None = None, bad: BadFields | None = None
) -> Response:  # fmt: skip
    day = day_at(asking.now, asking.scope)
    entry = None if record == DEFAULT else entries.one(asking.scope, RANKING, record)
    ruled = acts.ruled_by(record, asking.scope, day)
    page = None
    after = whole_number(request.args.get("after"), 6) or 0
    if asking.may("see people"):
        page = acts.page_of(asking.scope, ruled, after, A_PAGE)
        if page.people:
            audit.look("list", region=asking.scope, records=[one.record for one in page.people])
    return asking.render(
        "ranking.html", status=status, entry=entry, record=record, ruled=ruled, page=page, out=OUT, states=STATES,
        criteria=law.CRITERIA, form=_form(asking, entry, refused if status == 422 else None, bad), refused=refused,
        after=after, is_open=status == 422, today=day, may_enforce=_may_enforce(asking, entry), seen=_seen(entry),
        default=DEFAULT, kept=acts.KEPT, is_own=_is_own(asking, entry),
        settings={name: load().on(name, day) for name in ("ranking_age_points", "ranking_waiting_points", "ranking_risk")},
    )  # fmt: skip


def _form(asking: Asking, entry: Entry | None, refused: Both | None, bad: BadFields | None) -> EntryForm | None:
    if entry is None or entry.fields.get("state") != acts.DRAFT or not asking.may("plan"):
        return None
    again = request.form if bad or refused else None
    return entry_form(asking, RANKING, FORM, entry, said=again, bad=bad, hints=HINTS)


def _seen(entry: Entry | None) -> str:
    return dumps(entry.seen) if entry else "{}"


def _is_own(asking: Asking, entry: Entry | None) -> bool:
    return entry is not None and entries.is_by(asking.account, entry.record, ("state", "weights"))


def _may_enforce(asking: Asking, entry: Entry | None) -> bool:
    is_draft = entry is not None and entry.fields.get("state") == acts.DRAFT
    return is_draft and asking.may("approve") and not _is_own(asking, entry)


@deed("/rankings/<ranking>/edit", "plan")
def change_ranking(asking: Asking, ranking: str) -> Response:
    entries.one(asking.scope, RANKING, ranking)
    said = read_entry(RANKING, FORM, request.form)
    try:
        acts.change_ranking(ranking, read_seen(request.form), said, asking.account, asking.now)
    except BadFields as bad:
        return _show(asking, ranking, 422, bad=bad)
    except PlanRefused as refused:
        return _show(asking, ranking, 422, refused.says)
    except NotSeen:
        return _show(asking, ranking, 409, CHANGED)
    return asking.done(("Aturan urutan diperbarui.", "The ranking is changed."), asking.url("ranking", ranking=ranking))


@deed("/rankings/<ranking>/enforce", "approve")
def enforce_ranking(asking: Asking, ranking: str) -> Response:
    entries.one(asking.scope, RANKING, ranking)
    try:
        day = date.fromisoformat(request.form.get("valid_from", ""))
    except ValueError:
        return _show(asking, ranking, 409, ("Tulis tanggal mulai berlaku.", "Write the day from which it holds."))
    try:
        acts.enforce(ranking, read_seen(request.form), day, asking.account, asking.now)
    except PlanRefused as refused:
        return _show(asking, ranking, 409, refused.says)
    except NotSeen:
        return _show(asking, ranking, 409, CHANGED)
    return asking.done(("Aturan ini berlaku; yang lama berakhir.", "This rule is in force; the old one has ended."),
                       asking.url("ranking", ranking=ranking))  # fmt: skip


@deed("/rankings/<ranking>/reckon", "see people")
def reckon_ranking(asking: Asking, ranking: str) -> Response:
    """Reckon who comes first in the region that is looked at."""
    if ranking != DEFAULT:
        entries.one(asking.scope, RANKING, ranking)
    ruled = acts.ruled_by(ranking, asking.scope, day_at(asking.now, asking.scope))
    is_done = acts.look(asking.scope, ruled, asking.account, asking.now)
    says = ("Urutan dihitung.", "The ranking is reckoned.") if is_done else (
        "Sedang dihitung untuk banyak orang; muat ulang sebentar lagi.", "It is being reckoned; load again shortly.",
    )  # fmt: skip
    return asking.done(says, asking.url("ranking", ranking=ranking))


@desk("/rankings/<ranking>/people/<record>", "see sensitive")
def rank_of(asking: Asking, ranking: str, record: str) -> Response:
    """Why somebody stands where he does, in words that can be read to him."""
    if ranking != DEFAULT:
        entries.one(asking.scope, RANKING, ranking)
    ruled: Ruled = acts.ruled_by(ranking, asking.scope, day_at(asking.now, asking.scope))
    told = acts.explain(asking.scope, ruled, record, asking.now)
    audit.look("open", region=told.candidate.village, record=record)
    level = load().on("ranking_risk", told.day)
    return asking.render(
        "rank_of.html", told=told, out=OUT, ranking=ranking, default=DEFAULT, level=level, record=record,
        village=region_names([told.candidate.village]).get(told.candidate.village), says=_says(Words(asking.lang), told),
    )  # fmt: skip


def _says(words: Words, told: acts.Explained) -> dict[str, str]:
    """Criterion -> what his score was taken from, in a sentence."""
    one, found = told.candidate, {}
    for part in told.standing.parts:
        if part.value is None:
            found[part.criterion] = words.pick(("belum diketahui, jadi tidak ada nilai", "not known, so no points"))
        elif part.criterion == "remoteness":
            found[part.criterion] = words.pick((f"desa tingkat {part.value} dari 5", f"village of level {part.value} of 5"))
        elif part.criterion == "decile":
            at = words.day(one.decile_at) if one.decile_at else words.pick(("tanggal tidak diketahui", "date unknown"))
            found[part.criterion] = words.pick((f"desil {part.value}, {at}", f"decile {part.value}, {at}"))
        elif part.criterion == "risk":
            job = words.value("occupation", one.occupation)
            found[part.criterion] = words.pick((f"{job}, risiko {part.value} dari 5", f"{job}, risk {part.value} of 5"))
        elif part.criterion == "age":
            found[part.criterion] = words.pick((f"{part.value} tahun", f"{part.value} years"))
        else:
            found[part.criterion] = words.pick((f"{part.value} bulan sejak didata", f"{part.value} months since registered"))
    return found
