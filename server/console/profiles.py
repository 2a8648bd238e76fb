"""Villages' profiles: how far away each is, with which signal, how many staff, what its own budget sets aside."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Response, request

from schemas import problem
from schemas.problem import Both
from schemas.region import level, within
from server.actions import profiles as acts
from server.actions.entries import Entry
from server.actions.regions import region_known
from server.actions.settle import BadFields, NotSeen
from server.clock import day_at
from server.console.door import Asking, deed, desk, whole_number
from server.console.entry_forms import entry_form, read_entry, read_seen
from server.problems import Refusal
from server.store.regions import Known

FIRST_YEAR, LAST_YEAR = 2020, 2099
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
        "profile.html", status=status, village=known, year=year, own=own, said=said, form=form, record=record,
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
