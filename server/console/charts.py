"""Pictures of figures, drawn here as SVG: no script, no inline style, and every number is in the page as text as well.

A picture is never all: beside each stands its table (a list of bars is its own), and no meaning hangs on colour alone:
lines differ by their dashes, tiles bear their rate, what is special is hatched. Colours are classes of `console.css`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from math import ceil, floor, log10
from typing import NamedTuple

from markupsafe import Markup, escape

from schemas.problem import INDONESIAN, Both

Show = Callable[[float], str]
"""How a value is written, as `words.percent` or `words.number`."""

STEPS = (0.2, 0.4, 0.6, 0.8)
"""Where one colour ends and the next begins; the last one goes to 1, and what lies above 1 is hatched."""
LINES = 4  # that can be told apart in one picture


class Series(NamedTuple):
    """values: one a label; None where nothing is known, which breaks the line."""

    name: str
    values: Sequence[float | None]


class Bar(NamedTuple):
    """text: the value as written; said: something after it. href: where it leads; tone: good, warn, bad, info or none."""

    name: str
    value: float | None
    text: str
    href: str | None = None
    said: str = ""
    tone: str = ""


class Tile(NamedTuple):
    """A region on the map. size: workers, its area. share: 0 to 1 and more, its colour; None where it can't be said.

    text: the share as it is written. is_counted: size is a denominator; False: only those registered, and it is marked.
    """

    name: str
    size: float
    share: float | None
    text: str
    href: str | None = None
    is_counted: bool = True


# Lines ----------------------------------------------------------------------------------------------------------------

_WIDE, _HIGH, _LEFT, _RIGHT, _TOP, _BOTTOM = 480, 220, 56, 14, 12, 30


def line_chart(
    series: Sequence[Series],
    labels: Sequence[str],
    title: str,
    show: Show,
    *,
    says: str = "",
    goal: float | None = None,
    along: Both = ("Bulan", "Month"),
    lang: str = INDONESIAN,
    long: Sequence[str] | None = None,
    top: float | None = None,
) -> Markup:
    """Lines over time, from 0 on, with their legend and their table.

    labels: one a point, short; long: the same for the table. goal: a level that is to be reached. along: what the labels
    are. top: where the scale ends at least. Of more than four series the fifth looks like the first.
    """  # fmt: skip
    known = [value for each in series for value in each.values if value is not None]
    if not known or not labels:
        return _nothing(lang)
    highest = max(*known, goal or 0, top or 0, 0)
    marks = _marks(highest)
    scale = _Scale(len(labels), marks[-1])
    parts = [Markup("").join(_grid(marks, scale, show)), Markup("").join(_names(labels, scale))]
    if goal is not None:
        y = scale.y(goal)
        parts.append(Markup('<line class="goal" x1="{}" x2="{}" y1="{}" y2="{}"/>').format(_LEFT, _WIDE - _RIGHT, y, y))
    parts += [_line(each, number, scale, show, labels) for number, each in enumerate(series)]
    told = says or _in_words(series, labels, show, lang)
    drawn = Markup(
        '<svg class="chart" viewBox="0 0 {} {}" role="img" focusable="false"><title>{}</title><desc>{}</desc>{}</svg>'
    ).format(_WIDE, _HIGH, title, told, Markup("").join(parts))
    legend = _legend(series, goal, show, lang) if len(series) > 1 or goal is not None else Markup("")
    table = _table(series, long or labels, title, show, _pick(along, lang), lang)
    return Markup('<figure class="charted"><figcaption>{}</figcaption>{}{}{}</figure>').format(title, drawn, legend, table)


class _Scale(NamedTuple):
    points: int
    top: float

    def x(self, number: int) -> float:
        room = _WIDE - _LEFT - _RIGHT
        return round(_LEFT + (room / 2 if self.points == 1 else room * number / (self.points - 1)), 1)

    def y(self, value: float) -> float:
        room = _HIGH - _TOP - _BOTTOM
        return round(_TOP + room * (1 - value / self.top), 1)


def _marks(highest: float) -> list[float]:
    """Round levels from 0 to at or above the highest: three to six of them."""
    if highest <= 0:
        return [0.0, 1.0]
    raw = highest / 4
    size = 10.0 ** floor(log10(raw))
    step = next(each * size for each in (1, 2, 2.5, 5, 10) if each * size >= raw * 0.9999)
    return [round(step * number, 10) for number in range(ceil(highest / step - 1e-9) + 1)]


def _grid(marks: Sequence[float], scale: _Scale, show: Show) -> Iterable[Markup]:
    for mark in marks:
        y = scale.y(mark)
        yield Markup(
            '<line class="grid" x1="{}" x2="{}" y1="{}" y2="{}"/><text x="{}" y="{}" text-anchor="end">{}</text>'
        ).format(_LEFT, _WIDE - _RIGHT, y, y, _LEFT - 6, y + 4, show(mark))


def _names(labels: Sequence[str], scale: _Scale) -> Iterable[Markup]:
    """Names along the foot: as many as there is room for, the last one always."""
    every = max(1, ceil(len(labels) / 4))
    last = len(labels) - 1
    for number, label in enumerate(labels):
        if (last - number) % every == 0:
            anchor = "end" if number == last and last else "start" if number == 0 and last else "middle"
            yield Markup('<text x="{}" y="{}" text-anchor="{}">{}</text>').format(scale.x(number), _HIGH - 8, anchor, label)


def _line(series: Series, number: int, scale: _Scale, show: Show, labels: Sequence[str]) -> Markup:
    path, goes_on = [], False
    for place, value in enumerate(series.values):
        if value is None:
            goes_on = False
            continue
        path.append(f"{'L' if goes_on else 'M'}{scale.x(place)} {scale.y(value)}")
        goes_on = True
    dots = Markup("").join(
        Markup('<circle class="dot c{}" cx="{}" cy="{}" r="3"><title>{}, {}: {}</title></circle>').format(
            number % LINES, scale.x(place), scale.y(value), series.name, labels[place], show(value)
        )
        for place, value in enumerate(series.values)
        if value is not None
    )
    return Markup('<path class="line c{}" d="{}"/>').format(number % LINES, " ".join(path)) + dots


def _in_words(series: Sequence[Series], labels: Sequence[str], show: Show, lang: str) -> str:
    """What the picture shows, for whoever hears it: each line's first and last value."""
    told = []
    for each in series:
        known = [(label, value) for label, value in zip(labels, each.values, strict=True) if value is not None]
        if known:
            (first, began), (last, ended) = known[0], known[-1]
            told.append(f"{each.name}: {first} {show(began)}, {last} {show(ended)}.")
    return " ".join(told)


def _legend(series: Sequence[Series], goal: float | None, show: Show, lang: str) -> Markup:
    items = [
        Markup('<li><svg class="swatch" viewBox="0 0 28 8" aria-hidden="true">'
               '<path class="line c{}" d="M0 4L28 4"/></svg> {}</li>')
        .format(number % LINES, each.name)
        for number, each in enumerate(series)
    ]  # fmt: skip
    if goal is not None:
        items.append(
            Markup('<li><svg class="swatch" viewBox="0 0 28 8" aria-hidden="true"><line class="goal" x1="0" x2="28" y1="4" '
                   'y2="4"/></svg> {} {}</li>').format(_pick(("Target", "Target"), lang), show(goal))
        )  # fmt: skip
    return Markup('<ul class="swatches">{}</ul>').format(Markup("").join(items))


def _table(series: Sequence[Series], labels: Sequence[str], title: str, show: Show, along: str, lang: str) -> Markup:
    heads = Markup("").join(Markup('<th scope="col" class="number">{}</th>').format(each.name) for each in series)
    rows = Markup("").join(
        Markup('<tr><th scope="row" data-label="{}">{}</th>{}</tr>').format(along, label, Markup("").join(
            Markup('<td class="number" data-label="{}">{}</td>').format(
                each.name, "–" if (value := each.values[place]) is None else show(value)
            )
            for each in series
        ))
        for place, label in enumerate(labels)
    )  # fmt: skip
    return Markup(
        '<details class="numbers"><summary>{}</summary><div class="scroll">'
        '<table class="stack"><caption class="unseen">{}</caption>'
        '<thead><tr><th scope="col">{}</th>{}</tr></thead><tbody>{}</tbody></table></div></details>'
    ).format(_pick(("Lihat angkanya", "See the numbers"), lang), title, along, heads, rows)


# Bars -----------------------------------------------------------------------------------------------------------------


def bar_chart(bars: Sequence[Bar], title: str, *, lang: str = INDONESIAN, top: float | None = None,
              goal: float | None = None) -> Markup:  # fmt: skip
    """A list of bars, one beneath the other: it reads as text, and fits a phone.

    top: what the whole width means; the highest value unless it is said. A higher one fills the width and is hatched.
    goal: a mark across each bar.
    """
    known = [bar.value for bar in bars if bar.value is not None]
    if not bars:
        return _nothing(lang)
    full = top or max([*known, goal or 0, 0]) or 1
    items = Markup("").join(_bar(bar, full, goal) for bar in bars)
    return Markup('<figure class="charted"><figcaption>{}</figcaption><ol class="bars">{}</ol></figure>').format(
        title, items
    )


def _bar(bar: Bar, full: float, goal: float | None) -> Markup:
    name = Markup('<a href="{}">{}</a>').format(bar.href, bar.name) if bar.href else escape(bar.name)
    wide = 0 if bar.value is None else round(max(0.0, min(bar.value / full, 1)) * 200, 1)
    tone = bar.tone if bar.tone in ("good", "warn", "bad", "info") else ""
    drawn = Markup('<rect class="ground" width="200" height="10"/><rect class="part {}" width="{}" height="10"/>').format(
        tone, wide
    )
    if bar.value is not None and bar.value > full:
        drawn += Markup("").join(
            Markup('<line class="over" x1="{}" x2="{}" y1="10" y2="0"/>').format(x, x + 6) for x in range(140, 196, 10)
        )
    if goal is not None and 0 <= goal <= full:
        x = round(goal / full * 200, 1)
        drawn += Markup('<line class="goal" x1="{}" x2="{}" y1="0" y2="10"/>').format(x, x)
    said = Markup(' <small class="soft">{}</small>').format(bar.said) if bar.said else ""
    return Markup(
        '<li><span class="of">{}</span>'
        '<svg class="bit" viewBox="0 0 200 10" preserveAspectRatio="none" aria-hidden="true">{}</svg>'
        '<span class="is">{}{}</span></li>'
    ).format(name, drawn, bar.text, said)


# The map of the region tree -------------------------------------------------------------------------------------------

_MAP_WIDE, _MAP_HIGH = 900, 420


class Box(NamedTuple):
    x: float
    y: float
    w: float
    h: float


def treemap(
    tiles: Sequence[Tile], title: str, *, lang: str = INDONESIAN, show_size: Show = lambda size: f"{size:.0f}"
) -> Markup:
    """A map of regions: each a tile, its area by its workers, its colour by how many of them are covered.

    Tiles lead deeper. On a phone the same stands as a list of bars. Regions without anybody get no tile, but a line.
    """
    if not tiles:
        return _nothing(lang)

    def t(*both: str) -> str:
        return _pick(both, lang)

    ordered = sorted(tiles, key=lambda tile: (-tile.size, tile.name))
    drawn = [tile for tile in ordered if tile.size > 0]
    boxes = squarify([tile.size for tile in drawn], Box(0, 0, _MAP_WIDE, _MAP_HIGH))
    shapes = Markup("").join(_tile(tile, box, t, show_size) for tile, box in zip(drawn, boxes, strict=True))
    bars = bar_chart(
        [Bar(tile.name, tile.share, tile.text, tile.href,
             f"{t('dari', 'of')} {show_size(tile.size)}{'' if tile.is_counted else ' ' + t('terdata', 'registered')}",
             "bad" if (tile.share or 0) > 1 else "") for tile in ordered],
        title, top=1.0, lang=lang,
    )  # fmt: skip
    picture = Markup(
        '<svg class="map" viewBox="0 0 {} {}" role="group" aria-label="{}"><defs>'
        '<pattern id="hatch" width="9" height="9" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
        '<rect width="9" height="9" class="over-back"/><line class="over-line" x1="0" x2="0" y1="0" y2="9"/></pattern>'
        '<pattern id="dots" width="10" height="10" patternUnits="userSpaceOnUse">'
        '<rect width="10" height="10" class="none-back"/>'
        '<circle class="none-dot" cx="5" cy="5" r="1.5"/></pattern></defs>{}</svg>'
    ).format(_MAP_WIDE, _MAP_HIGH, title, shapes)
    return Markup(
        '<div class="mapped"><figure class="charted wide"><figcaption>{}</figcaption>{}{}</figure>'
        '<div class="narrow-only">{}</div></div>'
    ).format(title, picture, _map_legend(t), bars)


_PATTERNS = {"over": Markup(' fill="url(#hatch)"'), "none": Markup(' fill="url(#dots)"')}
"""Patterns are named in the picture itself: an address in a style sheet would be looked for beside the style sheet."""


def step_of(share: float | None) -> str:
    """The class of a tile's colour: `s1` (least) to `s5`, `over` above 1, `none` where nothing can be said."""
    if share is None:
        return "none"
    return "over" if share > 1 else f"s{sum(share >= edge for edge in STEPS) + 1}"


def _tile(tile: Tile, box: Box, t: Callable[[str, str], str], show_size: Show) -> Markup:
    step = step_of(tile.share)
    whole = f"{tile.name}: {tile.text}, {show_size(tile.size)} " + (
        t("pekerja informal", "informal workers") if tile.is_counted
        else t("terdata; jumlah pekerja belum diisi", "registered; number of workers not entered")
    )  # fmt: skip
    shape = Markup('<rect class="tile {}"{} x="{}" y="{}" width="{}" height="{}"/>').format(
        step, _PATTERNS.get(step, ""),
        *(round(number, 1) for number in (box.x + 1, box.y + 1, max(box.w - 2, 0.5), max(box.h - 2, 0.5))),
    )
    texts = Markup("")
    room = floor((box.w - 14) / 8.6)
    if box.h >= 26 and room >= 4:
        name = tile.name if len(tile.name) <= room else tile.name[: room - 1].rstrip() + "…"
        texts += Markup('<text class="t-{}" x="{:.1f}" y="{:.1f}">{}</text>').format(step, box.x + 8, box.y + 20, name)
        if box.h >= 46 and len(tile.text) <= room:
            text = tile.text + ("" if tile.is_counted else " *")
            texts += Markup('<text class="rate t-{}" x="{:.1f}" y="{:.1f}">{}</text>').format(
                step, box.x + 8, box.y + 40, text
            )
    inner = Markup("<title>{}</title>").format(whole) + shape + Markup('<g aria-hidden="true">{}</g>').format(texts)
    if not tile.href:
        return Markup('<g role="img">{}</g>').format(inner)
    return Markup('<a href="{}">{}</a>').format(tile.href, inner)


def _map_legend(t: Callable[[str, str], str]) -> Markup:
    edges = [0.0, *STEPS, 1.0]
    words = [(f"s{n}", f"{low * 100:.0f}–{high * 100:.0f} %") for n, (low, high) in enumerate(pairwise(edges), 1)]
    words += [
        ("over", t("di atas 100 %: periksa jumlah pekerja", "above 100%: check the number of workers")),
        ("none", t("pekerja sedikit, atau belum bisa dihitung; * luas menurut yang terdata",
                   "few workers, or can't be told yet; * area by those registered")),
    ]  # fmt: skip
    items = Markup("").join(
        Markup('<li><svg class="swatch" viewBox="0 0 28 14" aria-hidden="true">'
               '<rect class="tile {}"{} width="28" height="14"/></svg> {}</li>')
        .format(step, _PATTERNS.get(step, ""), text) for step, text in words
    )  # fmt: skip
    says = t("Luas: jumlah pekerja informal. Warna: cakupan. Tekan kotak untuk masuk lebih dalam.",
             "Area: number of informal workers. Colour: coverage. Press a tile to go deeper.")  # fmt: skip
    return Markup('<ul class="swatches">{}</ul><p class="soft tight">{}</p>').format(items, says)


def squarify(sizes: Sequence[float], box: Box) -> list[Box]:
    """Cut a box into parts of these sizes, the largest first, each as near to a square as it comes.

    sizes: above 0 and falling. Bruls, Huizing and van Wijk, Squarified Treemaps (2000): a row is laid along the shorter
    side, and takes the next size as long as its worst part becomes no longer.
    """
    total = sum(sizes)
    if not total:
        return []
    areas = [size * box.w * box.h / total for size in sizes]
    boxes: list[Box] = []
    at = 0
    while at < len(areas):
        side = max(min(box.w, box.h), 1e-9)
        row = [areas[at]]
        while at + len(row) < len(areas) and _worst([*row, areas[at + len(row)]], side) <= _worst(row, side):
            row.append(areas[at + len(row)])
        laid, box = _lay(row, box)
        boxes += laid
        at += len(row)
    return boxes


def _worst(row: Sequence[float], side: float) -> float:
    """How long the longest part of a row is beside its width."""
    whole = sum(row)
    return max(side * side * max(row) / (whole * whole), whole * whole / (side * side * min(row)))


def _lay(row: Sequence[float], box: Box) -> tuple[list[Box], Box]:
    """A row along the shorter side, and what is left of the box."""
    whole = sum(row)
    if box.w >= box.h:
        wide = min(whole / max(box.h, 1e-9), box.w)
        laid, y = [], box.y
        for area in row:
            high = area / max(wide, 1e-9)
            laid.append(Box(box.x, y, wide, high))
            y += high
        return laid, Box(box.x + wide, box.y, box.w - wide, box.h)
    high = min(whole / max(box.w, 1e-9), box.h)
    laid, x = [], box.x
    for area in row:
        wide = area / max(high, 1e-9)
        laid.append(Box(x, box.y, wide, high))
        x += wide
    return laid, Box(box.x, box.y + high, box.w, box.h - high)


def _nothing(lang: str) -> Markup:
    said = _pick(("Belum ada angka untuk digambar.", "There are no figures to draw yet."), lang)
    return Markup('<p class="soft">{}</p>').format(said)


def _pick(both: Sequence[str], lang: str) -> str:
    return both[0] if lang == INDONESIAN else both[1]
