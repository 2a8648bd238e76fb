"""The desk of coverage: who is protected, of how many, by which denominator; by month, on a map, and as it was frozen."""

from __future__ import annotations

import re
from typing import Any

from flask import Response, current_app, request

from programme import months
from schemas import problem
from schemas.month import is_month
from schemas.problem import Both
from schemas.region import is_village
from server.actions import coverage_pages as action
from server.actions import snapshots
from server.actions.coverage_pages import BOTH, PROGRAMS, Branch, Measured
from server.actions.figures import current_month
from server.console import charts
from server.console.door import Asking, desk
from server.console.words import Words
from server.problems import Refusal

LENGTHS = (12, 24)
SORTS: dict[str, Both] = {
    "name": ("Nama", "Name"), "rate": ("Cakupan", "Coverage"), "gap": ("Kurang dari target", "Short of target"),
    "count": ("Jumlah aktif", "Number active"),
}  # fmt: skip
CALLED: dict[str, Both] = {
    BOTH: ("JKK dan JKM", "JKK and JKM"), "JKK": ("JKK (kecelakaan kerja)", "JKK (work accident)"),
    "JKM": ("JKM (kematian)", "JKM (death)"), "JHT": ("JHT (hari tua)", "JHT (old age)"),
}  # fmt: skip
STATES: tuple[tuple[str, Both, str], ...] = (
    ("active", ("Aktif", "Active"), "good"), ("in_arrears", ("Menunggak 1–2 bulan", "In arrears, 1–2 months"), "warn"),
    ("inactive", ("Tidak aktif lagi", "Lapsed"), "bad"),
    ("awaiting_payment", ("Menunggu bayar", "Awaiting payment"), "info"), ("proposed", ("Diusulkan", "Proposed"), "info"),
)  # fmt: skip
COUNTED: dict[str, Both] = {name: both for name, both, _ in STATES} | {
    "registered": ("Terdata", "Registered"), "unconfirmed": ("Dibayar, belum dikonfirmasi", "Paid, not confirmed"),
    "ended": ("Berakhir", "Ended"), "eligible": ("Jumlah pekerja", "Number of workers"),
}  # fmt: skip
_DAY = re.compile(r"20[0-9]{2}-[0-1][0-9]-[0-3][0-9]\Z")


@desk("/coverage", "see figures")
def coverage(asking: Asking) -> Response:
    current = current_month(asking.scope, asking.now)
    month = _month(request.args.get("month"), current)
    program = _one_of(request.args.get("program"), PROGRAMS, BOTH)
    sort = _one_of(request.args.get("sort"), tuple(SORTS), "name")
    length = 24 if request.args.get("length") == "24" else 12
    page = action.page(str(asking.scope), month, length, asking.now)
    there = [branch for branch in page.parts if _has_any(branch)]
    empty = [branch for branch in page.parts if not _has_any(branch)]
    parts = sorted(there, key=lambda branch: _rank(branch, sort, program))
    asked = {"month": month if month != current else None, "program": program if program != BOTH else None,
             "length": length if length != 12 else None}  # fmt: skip
    return asking.render(
        "coverage.html", page=page, parts=parts, empty=empty, program=program, sort=sort, sorts=SORTS, length=length,
        lengths=LENGTHS,
        called=CALLED, programs=PROGRAMS, asked=asked, states=STATES, is_village=is_village(asking.scope),
        current=current, before=_shift(month, -1), after=_shift(month, 1) if month < current else None,
        above=[branch for branch in page.parts if _is_above(branch.measured[program])],
        map=_map(asking, page, program, asked), trend=_trend(asking, page, program), stands=_stands(asking, page.own),
        has=lambda name: f"console.{name}" in current_app.view_functions,
    )  # fmt: skip


def _month(text: str | None, current: str) -> str:
    """A month that was asked for; this one where it is none, or has not begun."""
    return text if text and is_month(text) and "2020-01" <= text <= current else current


def _one_of(text: str | None, known: tuple[str, ...], otherwise: str) -> str:
    return text if text in known else otherwise


def _shift(month: str, by: int) -> str:
    return months.text(months.number(month) + by)


def _has_any(branch: Branch) -> bool:
    """Whether there is anything to be told of it: somebody, a denominator, a target."""
    told = branch.told
    counted = (told["registered"], told["ended"], *told["not_counted"].values())
    return any(counted) or told["eligible"] is not None or branch.progress is not None


def _rank(branch: Branch, sort: str, program: str) -> tuple[Any, ...]:
    """What has most to be done first: more active than workers, then the lowest share; what can't be said last."""
    measured, name = branch.measured[program], (branch.name, branch.code)
    if sort == "rate":
        share = _share(measured)
        return (2, 0.0, *name) if share is None else (0 if _is_above(measured) else 1, share, *name)
    if sort == "gap":
        return (branch.gap is None, -(branch.gap or 0), *name)
    return (0, -(measured.active or 0) if sort == "count" else 0, *name)


def _share(measured: Measured) -> float | None:
    return measured.rate.value if measured.rate else None


def _is_above(measured: Measured) -> bool:
    return measured.rate is not None and measured.rate.flag == "denominator"


def _map(asking: Asking, page: action.Page, program: str, asked: dict[str, Any]) -> Any:
    if is_village(asking.scope):
        return None
    words = Words(asking.lang)
    tiles = []
    for branch in page.parts:
        rate = branch.measured[program].rate
        eligible = rate.eligible if rate else None
        if not eligible and not branch.told["registered"]:
            continue
        share = rate.value if rate else None
        text = words.percent(share) if share is not None else _few(words, branch.measured[program])
        tiles.append(charts.Tile(
            branch.name.removeprefix("Kabupaten "), eligible or branch.told["registered"], share, text,
            asking.url("coverage", within=branch.code, **asked), bool(eligible),
        ))  # fmt: skip
    if not tiles:
        return None
    title = asking.t("Peta wilayah", "Map of the regions")
    return charts.treemap(tiles, title, lang=asking.lang, show_size=lambda size: words.number(round(size)))


def _few(words: Words, measured: Measured) -> str:
    """Of few workers, or without a denominator, the count alone."""
    if measured.active is None:
        return "–"
    return words.number(measured.active) + words.pick((" aktif", " active"))


def _trend(asking: Asking, page: action.Page, program: str) -> list[Any]:
    """The rate, and the counts, month after month; one month alone is no line."""
    words = Words(asking.lang)
    if len(page.trend) < 2:
        return []
    names = [words.month(month) for month in page.trend]
    shares = [_share(each[program]) for each in page.trend.values()]
    counts = [each[program].active for each in page.trend.values()]
    target = page.own.progress.target.get("rate") if page.own.progress else None
    called = words.pick(CALLED[program])
    drawn = []
    if any(share is not None for share in shares):
        drawn.append(charts.line_chart(
            [charts.Series(called, shares)], names, asking.t("Cakupan per bulan", "Coverage by month") + f", {called}",
            words.percent, goal=target / 100 if target else None, lang=asking.lang,
        ))  # fmt: skip
    title = asking.t("Pekerja aktif per bulan", "Active workers by month") + f", {called}"
    drawn.append(charts.line_chart(
        [charts.Series(called, counts)], names, title, lambda number: words.number(round(number)), lang=asking.lang,
    ))  # fmt: skip
    return drawn


def _stands(asking: Asking, own: Branch) -> Any:
    """How the registered stand: each in one state."""
    words = Words(asking.lang)
    registered = own.told["registered"]
    if not registered:
        return None
    bars = [
        charts.Bar(words.pick(name), own.told[state], words.number(own.told[state]),
                   said=words.percent(own.told[state] / registered), tone=tone)
        for state, name, tone in STATES
    ]  # fmt: skip
    title = asking.t("Keadaan yang terdata", "How the registered stand")
    return charts.bar_chart(bars, title, lang=asking.lang, top=registered)


@desk("/coverage/days", "see figures")
def coverage_days(asking: Asking) -> Response:
    """Frozen figures: as they were known on a day, by the rules of that day, and what became of them since."""
    days = snapshots.days()
    day = request.args.get("day") or (days[0].day if days else None)
    beside = None
    if day is not None:
        month = request.args.get("month")
        try:
            if not _DAY.match(day) or (month and not is_month(month)):
                raise snapshots.NotFrozen(day)
            beside = action.beside(str(asking.scope), day, month or None, asking.lang, asking.now)
        except snapshots.NotFrozen:
            raise Refusal(problem.NOT_FOUND) from None
    return asking.render(
        "coverage_days.html", days=days, day=day, beside=beside, called=CALLED, programs=PROGRAMS, counted=COUNTED,
        months_of=snapshots.months_of(day) if day and beside else [], is_village=is_village(asking.scope),
        closed={closing: month for month, closing in snapshots.closed_months().items()},
    )  # fmt: skip
