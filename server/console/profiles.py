"""Villages' profiles: how far away each is, with which signal, how many staff, what its own budget sets aside."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from flask import Response, request
from werkzeug.datastructures import MultiDict

from schemas import problem
from schemas.change import dumps
from schemas.kinds import REGIONAL
from schemas.problem import Both
from schemas.region import level, within
from server.actions import profiles as acts
from server.actions.entries import Entry
from server.actions.regions import region_known
from server.actions.settle import BadFields, NotSeen
from server.clock import day_at
from server.console.door import Asking, deed, desk, whole_number
from server.console.entry_forms import entry_form, read_entry, read_seen
from server.console.inputs import Input, answered, asked
from server.console.words import Words
from server.problems import Refusal
from server.store.regions import Known

FIRST_YEAR, LAST_YEAR = 2020, 2099
SHEET = (*acts.LASTING, *acts.OF_THE_YEAR)
ABOUT = ("source", "as_of")
HINTS: Mapping[str, Both] = {
    "remoteness": ("1 di pusat kecamatan, 5 hanya lewat sungai atau jalan hutan.",
                   "1 at the district's seat, 5 by river or forest road alone."),
    "travel_hours": ("Sekali jalan, pada musim biasa.", "One way, in an ordinary season."),
    "apparatus": ("Kepala desa, perangkat dan BPD yang ada, terlindungi atau belum.",
                  "Village head, officers and council that there are, protected or not."),
    "village_budget": ("Rupiah di APBDes tahun ini untuk iuran jaminan sosial. Tulis 0 bila tidak ada.",
                       "Rupiah in this year's village budget for contributions. Write 0 if there is none."),
    "source": ("Misalnya Prodeskel, Podes, atau nomor Perdes APBDes.", "Such as Prodeskel, Podes, or the budget's number."),
}  # fmt: skip


def _year(asking: Asking) -> int:
    asked = whole_number(request.args.get("year"), 4)
    return asked if asked and FIRST_YEAR <= asked <= LAST_YEAR else day_at(asking.now, asking.scope).year


@desk("/profiles", "see figures")
def profiles(asking: Asking) -> Response:
    year = _year(asking)
    is_deep = level(asking.scope) in ("district", "village")
    return asking.render(
        "profiles.html", year=year, rows=acts.rows_of(asking.scope, year) if is_deep else None,
        parts=[] if is_deep else acts.parts_of(asking.scope, year), code=str(asking.scope),
    )  # fmt: skip


# A kecamatan at once -------------------------------------------------------------------------------------------------


class Line(NamedTuple):
    """A village's row of the sheet. seen: what its own record was made of; faults: what is wrong with what was typed."""

    row: acts.Row
    inputs: list[Input]
    seen: str
    faults: list[str]


@desk("/profiles/sheet", "plan")
def profile_sheet(asking: Asking) -> Response:
    """All villages of a kecamatan in one table to be filled in."""
    return _show_sheet(asking, _year(asking), {})


def _show_sheet(asking: Asking, year: int, faults: Mapping[str, list[str]], status: int = 200) -> Response:
    if level(asking.scope) not in ("district", "village"):
        raise Refusal(problem.NOT_FOUND)
    kind, words = REGIONAL[acts.PROFILE], Words(asking.lang)
    lines = []
    for row in acts.rows_of(asking.scope, year):
        code, typed = row.village.code, row.village.code in faults
        values: Mapping[str, Any] = row.own.fields if row.own else {
            name: row.said[name] for name in acts.LASTING if name in row.said
        }  # fmt: skip
        if typed:
            values = {name: answered(kind, name, request.form, f"{code}.{name}") for name in SHEET}
        inputs = [asked(kind, name, values.get(name), f"{code}.{name}", words) for name in SHEET]
        seen = request.form.get(f"seen.{code}", "{}") if typed else dumps(row.own.seen) if row.own else "{}"
        lines.append(Line(row, inputs, seen, list(faults.get(code, ()))))
    return asking.render("profile_sheet.html", status=status, lines=lines, year=year, fields=SHEET,
                         typed=request.form if faults else {})  # fmt: skip


@deed("/profiles/sheet/<int:year>", "plan")
def set_profiles(asking: Asking, year: int) -> Response:
    """Keep each row that says something new; what is wrong comes back, and the rest is kept."""
    if not FIRST_YEAR <= year <= LAST_YEAR or level(asking.scope) not in ("district", "village"):
        raise Refusal(problem.NOT_FOUND)
    kind, form = REGIONAL[acts.PROFILE], request.form
    about = {name: answered(kind, name, form, name) for name in ABOUT}
    faults: dict[str, list[str]] = {}
    kept = 0
    for row in acts.rows_of(asking.scope, year):
        code = row.village.code
        fields = {name: answered(kind, name, form, f"{code}.{name}") for name in SHEET}
        before = row.own.fields if row.own else row.said
        if f"seen.{code}" not in form or all(fields[name] == before.get(name) for name in SHEET):
            continue
        said = fields | {name: value for name, value in about.items() if value is not None}
        try:
            seen = read_seen(MultiDict({"seen": form[f"seen.{code}"]}))
            acts.keep(f"{acts.PROFILE}:{code}:{year}", seen, said, asking.account, asking.now)
            kept += 1
        except BadFields as bad:
            told = asking.complain(bad.errors)
            faults[code] = [f"{Words(asking.lang).field(name)}: {' '.join(each)}" for name, each in told.items()]
        except NotSeen:
            faults[code] = [asking.t("Baru saja diubah orang lain. Muat ulang halamannya.",
                                     "Somebody has just changed it. Load the page again.")]  # fmt: skip
    if faults:
        return _show_sheet(asking, year, faults, 422)
    return asking.done((f"{kept} profil disimpan.", f"{kept} profiles are saved."), asking.url("profiles", year=year))


# One village ----------------------------------------------------------------------------------------------------------


@desk("/profiles/<profile>", "see figures")
def profile(asking: Asking, profile: str) -> Response:
    known, year = _meant(asking, profile)
    return _show(asking, profile, known, year)


def _meant(asking: Asking, record: str) -> tuple[Known, int]:
    """The village and year of a profile, entered or not. Raises Refusal (404) for one outside his region."""
    named = acts.village_and_year(record)
    known = region_known(named[0]) if named and within(named[0], asking.scope) else None
    if named is None or known is None:
        raise Refusal(problem.NOT_FOUND)
    return known, named[1]


def _show(
    asking: Asking, record: str, known: Known, year: int, status: int = 200, bad: BadFields | None = None,
    is_stale: bool = False,
) -> Response:  # fmt: skip
    entries = acts.of_village(asking.scope, known.code)
    own: Entry | None = next((each for each in entries if each.record == record), None)
    said: Mapping[str, Any] = acts.said_by(entries, year).get(known.code, {})
    form = None
    if asking.may("plan"):
        form = entry_form(
            asking, acts.PROFILE, acts.FIELDS, own, said=request.form if bad else None, bad=bad, hints=HINTS,
            given={name: said[name] for name in acts.LASTING if name in said},
        )  # fmt: skip
    return asking.render(
        "profile.html", status=status, village=known, year=year, own=own, told=said, form=form, record=record,
        others=[each for each in entries if each.record != record], is_stale=is_stale,
    )  # fmt: skip


@deed("/profiles/<profile>", "plan")
def set_profile(asking: Asking, profile: str) -> Response:
    known, year = _meant(asking, profile)
    fields = read_entry(acts.PROFILE, acts.FIELDS, request.form)
    try:
        acts.keep(profile, read_seen(request.form), fields, asking.account, asking.now)
    except BadFields as bad:
        return _show(asking, profile, known, year, 422, bad)
    except NotSeen:
        return _show(asking, profile, known, year, 409, is_stale=True)
    says = (f"Profil {known.name} tahun {year} disimpan.", f"The profile of {known.name} for {year} is saved.")
    return asking.done(says, asking.url("profiles", year=year, within=known.code.rpartition(".")[0])
                       if within(known.code.rpartition(".")[0], asking.account.region)
                       else asking.url("profiles", year=year))  # fmt: skip
