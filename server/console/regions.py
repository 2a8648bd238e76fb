"""The desk of regions: the tree with how each part stands, what it wants to reach, and villages that end or split."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any, NamedTuple

from flask import Response, current_app, request

from schemas import problem
from schemas.change import dumps, loads
from schemas.problem import Both, complain
from schemas.region import is_village, level, parent, within
from server.actions import succession, targets
from server.actions.figures import current_month, figures_of
from server.actions.regions import hands_below, known_below, region_known, region_names, successions_of
from server.actions.settle import BadFields
from server.actions.succession import RegionRefused
from server.actions.targets import Progress
from server.clock import day_at
from server.console.door import Asking, ToDo, deed, desk, to_do
from server.jobs import on_demand
from server.jobs.timetable import timetable
from server.problems import Refusal
from server.store.regions import Hands, Known, Succession

JOB = "succession"
YEARS_AHEAD = 1
LEVELS: dict[str, Both] = {
    "nation": ("Negara", "Nation"), "province": ("Provinsi", "Province"), "regency": ("Kabupaten/kota", "Regency"),
    "district": ("Kecamatan", "District"), "village": ("Desa", "Village"),
}  # fmt: skip
_NOBODY = Hands(0, 0)
_CODES = re.compile(r"[0-9.]+")
_IDS = re.compile(r"[A-Za-z0-9:_.-]+")


@to_do
def workers_to_assign(asking: Asking) -> ToDo | None:
    if not asking.may("administer"):
        return None
    left = succession.to_assign(asking.scope, asking.now)
    if not left:
        return None
    says = ("Desanya berakhir dan penerusnya lebih dari satu.", "Their village ended and several follow it.")
    count = sum(each.workers for each in left)
    return ToDo(("Pekerja menunggu desa baru", "Workers without a new village"), count, says,
                asking.url("region", region=left[0].old), urgent=True)  # fmt: skip


# The tree -------------------------------------------------------------------------------------------------------------


class Branch(NamedTuple):
    """A region of the list. figures: as `figures_of` tells them; progress: None without a target for the year."""

    region: Known
    figures: Mapping[str, Any]
    hands: Hands
    progress: Progress | None


@desk("/regions", "see figures")
def regions(asking: Asking) -> Response:
    return _show_tree(asking)


def _show_tree(asking: Asking, status: int = 200, refused: RegionRefused | None = None) -> Response:
    code, year = str(asking.scope), day_at(asking.now, asking.scope).year
    month = current_month(code, asking.now)
    told = figures_of(code, month, asking.now)
    by_code = {each["code"]: each for each in told["regions"]}
    parts = known_below(code)
    wanted = targets.targets_for([code, *(part.code for part in parts)], year)
    hands = hands_below(code)
    branches = [
        Branch(part, by_code.get(part.code, {}), hands.get(part.code, _NOBODY), _progress(year, wanted.get(part.code),
               by_code.get(part.code, {}))) for part in parts
    ]  # fmt: skip
    return asking.render(
        "regions.html", status=status, branches=branches, total=told["total"], month=month, year=year,
        own=_progress(year, wanted.get(code), told["total"]), code=code, kind=_kind(code), refused=refused,
        typed=request.form, is_village=is_village(code), below=_level_below(code),
    )  # fmt: skip


def _progress(year: int, target: dict[str, Any] | None, figures: Mapping[str, Any]) -> Progress | None:
    if target is None:
        return None
    return targets.progress_of(year, target, figures.get("active", 0), figures.get("rate"))


def _kind(code: str) -> Both | None:
    """What it is called before its name; regencies say it in the name itself."""
    return None if level(code) in ("nation", "regency") else LEVELS[level(code)]


def _level_below(code: str) -> Both | None:
    names = list(LEVELS)
    at = names.index(level(code))
    return LEVELS[names[at + 1]] if at + 1 < len(names) else None


@deed("/regions/<region>/add", "administer")
def add_region(asking: Asking, region: str) -> Response:
    """Add one below: a village under its kecamatan, and so on upwards."""
    above = _known(asking, region)
    code = request.form.get("code", "")
    try:
        if parent(code.strip()) != above.code:
            example = _example(above.code)
            raise RegionRefused("code", (f"Kodenya harus di bawah {above.code}, misalnya {example}.",
                                         f"Its code must lie below {above.code}, such as {example}."))  # fmt: skip
        succession.add_region(code, request.form.get("name", ""), asking.account, asking.now)
    except RegionRefused as refused:
        return _show_tree(asking, 422, refused)
    except ValueError:
        return _show_tree(asking, 422, RegionRefused("code", ("Kode itu tidak dikenal.", "That is no code.")))
    return asking.done(("Wilayah ditambahkan.", "The region is added."), asking.url("region", region=code.strip()))


def _example(above: str) -> str:
    return "64" if above == "id" else f"{above}.2001" if len(above) == 8 else f"{above}.01"


# One region -----------------------------------------------------------------------------------------------------------


@desk("/regions/<region>", "see figures")
def region(asking: Asking, region: str) -> Response:
    return _show(asking, _known(asking, region))


def _known(asking: Asking, code: str) -> Known:
    """The region, if it lies inside his own; else it is as if it were not there."""
    known = region_known(code) if within(code, asking.account.region) else None
    if known is None:
        raise Refusal(problem.NOT_FOUND)
    return known


class Goal(NamedTuple):
    """A year's target as it is shown and changed. progress: None while none is set."""

    year: int
    progress: Progress | None
    seen: str


def _show(
    asking: Asking, known: Known, status: int = 200, refused: RegionRefused | None = None,
    faults: Mapping[str, list[str]] | None = None,
) -> Response:  # fmt: skip
    today = day_at(asking.now, known.code)
    follows = successions_of(known.code)
    names = region_names(sorted({code for each in follows for code in (each.old, each.new)}))
    figures = figures_of(known.code, current_month(known.code, asking.now), asking.now)["total"]
    return asking.render(
        "region.html", status=status, region=known, kind=_kind(known.code), figures=figures, today=today.isoformat(),
        goals=_goals(asking, known.code, today, figures), hands=_hands(known.code), names=names, refused=refused,
        before=[each for each in follows if each.new == known.code], typed=request.form, faults=faults or {},
        after=[each for each in follows if each.old == known.code], is_village=is_village(known.code),
        kind_code=level(known.code), beside=_beside(known),
        move=_move(asking, known, follows, today), first=today.replace(day=1).isoformat(),
    )  # fmt: skip


def _hands(code: str) -> Hands:
    every = hands_below(code).values()
    return Hands(sum(each.phones for each in every), sum(each.officers for each in every))


def _goals(asking: Asking, code: str, today: date, figures: Mapping[str, Any]) -> list[Goal]:
    """This year and those ahead, and every year that has a target; of past ones as they ended."""
    known = targets.targets_of(code)
    years = sorted(known.keys() | set(range(today.year, today.year + YEARS_AHEAD + 1)))
    goals = []
    for year in years:
        said = known.get(year)
        then = figures if year >= today.year else figures_of(code, f"{year}-12", asking.now)["total"]
        goals.append(Goal(year, _progress(year, said, then), dumps(said["seen"]) if said else "{}"))
    return goals


def _beside(known: Known) -> list[Known]:
    """Villages of the same kecamatan that may follow it."""
    if not is_village(known.code):
        return []
    there = known_below(str(parent(known.code)))
    return [each for each in there if each.code != known.code and each.ended_on is None]


class Move(NamedTuple):
    """How far the handing on of a village is. left: workers still there; parts: (RT, RW, workers) to choose from."""

    left: int
    moved: dict[str, int]
    parts: list[tuple[str, str, int]]
    new: list[str]
    by_itself: bool
    at_work: bool


def _move(asking: Asking, known: Known, follows: list[Succession], today: date) -> Move | None:
    if not is_village(known.code):
        return None
    new = [each.new for each in follows if each.old == known.code and each.since <= today.isoformat()]
    if not new:
        return None
    standing = succession.standing(known.code)
    by_itself = known.ended_on is not None and len(new) == 1
    parts = standing.parts if asking.may("administer") and not by_itself else []
    moved = {code: count for code, count in standing.moved.items() if code in new}
    return Move(standing.left, moved, parts, new, by_itself, on_demand.at_work(JOB) is not None)


@deed("/regions/<region>/rename", "administer")
def rename_region(asking: Asking, region: str) -> Response:
    known = _known(asking, region)
    try:
        succession.rename_region(known.code, request.form.get("name", ""), asking.account)
    except RegionRefused as refused:
        return _show(asking, known, 422, refused)
    return asking.done(("Nama wilayah diganti.", "The region has its new name."), asking.url("region", region=known.code))


@deed("/regions/<region>/end", "administer")
def end_region(asking: Asking, region: str) -> Response:
    """From a day on other villages follow this one, or take a part; or all villages of a regency have other codes."""
    known, said = _known(asking, region), request.form
    new = [*said.getlist("new"), *_CODES.findall(said.get("other", ""))]
    since, why = said.get("since", ""), said.get("why", "")
    try:
        if is_village(known.code):
            succession.succeed(known.code, new, since, why, said.get("ends") != "no", asking.account, asking.now)
        else:
            succession.succeed_below(known.code, said.get("other", "").strip(), since, why, asking.account, asking.now)
    except RegionRefused as refused:
        return _show(asking, known, 422, refused)
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    on_demand.begin(timetable(asking.settings)[JOB], app, asking.settings)
    says = ("Tercatat. Mulai tanggal itu HP desa mendapat desa barunya, dan data pindah sendiri bila penerusnya satu.",
            "Noted. From that day the phones get the new village, and data moves by itself where one village follows.")
    return asking.done(says, asking.url("region", region=known.code))


@deed("/regions/<region>/assign", "administer")
def assign_workers(asking: Asking, region: str) -> Response:
    known, said = _known(asking, region), request.form
    parts = {(rt, rw) for rt, _, rw in (each.partition("/") for each in said.getlist("part"))}
    ids = set(_IDS.findall(said.get("records", "")))
    try:
        done = succession.assign(known.code, said.get("new", ""), parts, ids, asking.account, asking.now)
    except RegionRefused as refused:
        return _show(asking, known, 422, refused)
    says = (f"{done.moved} pekerja dipindahkan, {done.left} masih di desa ini.",
            f"{done.moved} workers moved, {done.left} are still in this village.")
    return asking.done(says, asking.url("region", region=known.code))


# Targets --------------------------------------------------------------------------------------------------------------


@deed("/regions/<region>/target", "set targets")
def set_target(asking: Asking, region: str) -> Response:
    known, said = _known(asking, region), request.form
    try:
        year = int(said.get("year", ""))
        seen = loads(said.get("seen") or "{}")
        if not 2020 <= year <= 2099 or not isinstance(seen, dict):
            raise ValueError
    except ValueError:
        raise Refusal(problem.BAD_REQUEST) from None
    fields = {
        "workers": _number(said.get("workers", "")), "rate": _share(said.get("rate", "")),
        "source": said.get("source", "").strip() or None, "set_on": said.get("set_on", "").strip() or None,
        "notes": said.get("notes", "").strip() or None,
    }  # fmt: skip
    try:
        targets.set_target(known.code, year, seen, fields, asking.account, asking.now)
    except RegionRefused as refused:
        return _show(asking, known, 422, refused)
    except BadFields as bad:
        told = {field: [complain(code, asking.lang) for code in codes] for field, codes in bad.errors.items()}
        return _show(asking, known, 422, faults=told)
    return asking.done(
        (f"Target {year} ditetapkan.", f"The target of {year} is set."), asking.url("region", region=known.code)
    )


def _number(text: str) -> int | str | None:
    """1.200 and 1200 are the same; what is no number goes on as it is, and is complained about."""
    plain = re.sub(r"[.,\s]", "", text)
    return None if not plain else int(plain) if plain.isascii() and plain.isdigit() and len(plain) < 12 else text


def _share(text: str) -> float | str | None:
    plain = text.replace("%", "").replace(",", ".").strip()
    if not plain:
        return None
    return float(plain) if re.fullmatch(r"[0-9]{1,3}(?:\.[0-9]{1,4})?", plain) else text
