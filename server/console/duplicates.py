"""The desk of doubles: pairs of records that may be one person, one after the other, and what was decided of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from flask import Response, current_app, request

from schemas import problem
from schemas.problem import Both
from schemas.region import level
from server import audit, auth, linkage
from server.actions import pairs, settle
from server.actions.pairs import MOST_COUNTED, Opened
from server.actions.regions import region_names, regions_below
from server.console.door import Asking, ToDo, deed, desk, redirect_to, say_on_next, to_do
from server.jobs import on_demand
from server.jobs.run import last_runs
from server.jobs.timetable import timetable
from server.linkage.model import Comparison, in_words
from server.problems import Refusal
from server.store.duplicates import APART, JOINED, OPEN, Asked
from server.store.scoping import Scope

ON_A_PAGE = 25
LONGEST_REASON = 300
WIDEST_BITS = 20.0
JOB = "linkage"
INSTALL = "pip install --require-hashes -r requirements/linkage.txt"
BESIDE = (
    "nik", "full_name", "birth_date", "sex", "kk_number", "mother_name", "village", "phone", "birth_place", "address", "rt",
    "rw", "occupation", "second_occupation", "segment", "funding", "kpj", "status", "registered_at", "notes",
)  # fmt: skip
"""What stands side by side, what is weighed first."""
PHOTOS = ("photo_ktp", "photo_person", "signature")
STRENGTHS: tuple[tuple[float, Both, str], ...] = (
    (10, ("mendukung sangat kuat", "speaks very strongly for it"), "good"),
    (5, ("mendukung kuat", "speaks strongly for it"), "good"),
    (1.5, ("mendukung", "speaks for it"), "good"),
    (-1.5, ("hampir tidak berarti", "says almost nothing"), ""),
    (-5, ("melawan", "speaks against it"), "warn"),
    (float("-inf"), ("melawan kuat", "speaks strongly against it"), "bad"),
)
REASONS: tuple[Both, ...] = (
    ("Orang yang sama, didata dua kali", "The same person, registered twice"),
    ("Orang yang sama, pindah desa", "The same person, moved to another village"),
    ("Orang yang sama, NIK salah ketik", "The same person, a slip in the NIK"),
    ("Dua orang, satu NIK salah ketik", "Two people, one NIK has a slip"),
    ("Dua orang bersaudara", "Two people of one family"),
    ("Dua orang, namanya saja sama", "Two people who only share a name"),
)


@to_do
def doubles_to_judge(asking: Asking) -> ToDo | None:
    if not asking.may("settle"):
        return None
    count, of_one_nik = pairs.count_open(asking.scope)
    says = ("Pasangan yang mungkin satu orang.", "Pairs that may be one person.")
    if of_one_nik:
        says = (f"{of_one_nik} di antaranya NIK-nya sama.", f"{of_one_nik} of them bear one NIK.")
    return ToDo(("Orang ganda", "Duplicates"), count, says, asking.url("duplicates"))


# The list -------------------------------------------------------------------------------------------------------------


@desk("/duplicates", "see conflicts")
def duplicates(asking: Asking) -> Response:
    if asking.is_partial:
        return asking.render("duplicates.html", part="search", **_search())
    asked = _asked(request.args)
    page = pairs.listing(asking.scope, asked, request.args.get("after") or None, ON_A_PAGE)
    shown = [side.record for row in page.entries for side in row.sides if side.held]
    audit.look("list", region=asking.scope, records=shown)
    below = regions_below(asking.scope, 1)
    kept = _kept(asked)
    homes = {side.home for row in page.entries for side in row.sides}
    return asking.render(
        "duplicates.html", page=page, asked=asked, kept=kept, places=region_names(sorted(homes)),
        more=asking.url("duplicates", after=page.next, **kept) if page.next else None,
        below=below.regions if below else [], states=(OPEN, JOINED, APART), count=pairs.count_open(asking.scope),
        most=MOST_COUNTED, found_by=found_by, **_search(),
    )  # fmt: skip


def _asked(said: Mapping[str, str]) -> Asked:
    state = said.get("state", OPEN)
    where = said.get("where", "")
    kind = {"nik": True, "likely": False}.get(said.get("kind", ""))
    return Asked(
        state if state in (OPEN, JOINED, APART) else OPEN, kind, where if where in ("inside", "across") else "",
        said.get("by") == "age",
    )  # fmt: skip


def _kept(asked: Asked) -> dict[str, str]:
    """The same question in an address."""
    kind = {True: "nik", False: "likely", None: ""}[asked.same_nik]
    said = {"state": "" if asked.state == OPEN else asked.state, "kind": kind, "where": asked.where,
            "by": "age" if asked.by_age else ""}  # fmt: skip
    return {name: value for name, value in said.items() if value}


def found_by(by: str) -> Both:
    return {
        "entry": ("saat didata", "as it came in"), "model": ("pencarian menyeluruh", "the search of everybody"),
        "desk": ("digabung di meja", "joined at a desk"),
    }.get(by, (by, by))  # fmt: skip


def _search() -> dict[str, Any]:
    """How the search of everybody stands: it may be under way, on this node or another."""
    last = next((run for run in last_runs([JOB])[JOB] if run.ended_at is not None), None)
    return {"at_work": on_demand.at_work(JOB), "last_run": last, "can_search": linkage.available(), "install": INSTALL}


@deed("/duplicates/search", "settle")
def search_doubles(asking: Asking) -> Response:
    """Look for doubles among everybody now. It looks at the whole installation: one can't look at half a pair."""
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    began = linkage.available() and on_demand.begin(timetable(asking.settings)[JOB], app, asking.settings)
    if not began:
        return asking.done(
            ("Pencarian sudah berjalan, atau belum dipasang di server ini.",
             "The search is under way already, or not installed on this server."), asking.url("duplicates"),
        )  # fmt: skip
    audit.look("job", region=asking.scope, job=JOB)
    return asking.done(
        ("Pencarian dimulai. Anda boleh terus bekerja; hasilnya masuk ke daftar ini.",
         "The search has begun. You can go on working; what it finds comes into this list."), asking.url("duplicates"),
    )  # fmt: skip


# One pair -------------------------------------------------------------------------------------------------------------


class Line(NamedTuple):
    """One field of both, and what came of comparing it; weight None where it was not weighed."""

    field: str
    values: tuple[Any, Any]
    differs: bool
    says: Both | None
    weight: float | None
    strength: Both | None
    tone: str

    @property
    def bar(self) -> float:
        """Its length, of at most `WIDEST_BITS`."""
        return min(abs(self.weight or 0.0), WIDEST_BITS)


@desk("/duplicates/<a>/<b>", "see conflicts")
def pair(asking: Asking, a: str, b: str) -> Response:
    return _show(asking, _opened(asking, a, b))


def _opened(asking: Asking, a: str, b: str) -> Opened:
    opened = pairs.open_pair(_own(asking), a, b)
    if opened is None:
        raise Refusal(problem.NOT_FOUND)
    return opened


def _own(asking: Asking) -> Scope:
    """All that he may see: what narrows a list does not make a neighbour a stranger."""
    return auth.scope_of(asking.account, "see conflicts")[1]


def _show(asking: Asking, opened: Opened, status: int = 200, fault: str = "", reason: str = "") -> Response:
    shown = [side.record for side in opened.sides if side.held]
    audit.look("open", region=asking.scope, records=shown)
    asked = _asked(request.values)
    follows = pairs.next_open(asking.scope, asked, opened.pair)
    names = region_names([side.home for side in opened.sides] + [opened.decides])
    return asking.render(
        "pair.html", status=status, opened=opened, pair=opened.pair, lines=_lines(opened) if opened.here else [],
        told=_told(opened), photos=_photos(opened), kept=_kept(asked), follows=follows, places=names, fault=fault,
        reason=reason, reasons=REASONS, decides_level=_level(opened.decides), widest=WIDEST_BITS, found_by=found_by,
        just=_just(),
    )  # fmt: skip


def _just() -> tuple[str, str] | None:
    """The pair that was decided on the page before, to go back to or to take back."""
    a, _, b = request.args.get("just", "").partition("~")
    return (a, b) if a and b else None


def _level(region: str) -> Both:
    return {
        "nation": ("pusat", "the nation"), "province": ("provinsi", "province"), "regency": ("kabupaten/kota", "regency"),
        "district": ("kecamatan", "district"), "village": ("desa", "village"),
    }[level(region)]  # fmt: skip


def _told(opened: Opened) -> list[Line]:
    """What was weighed, the strongest first; without values, so that it can be told where one lives elsewhere."""
    lines = [_line(field, (None, None), (name, weight)) for field, name, weight in opened.pair.comparisons]
    return sorted(lines, key=lambda line: -abs(line.weight or 0))


def _lines(opened: Opened) -> list[Line]:
    first, second = ({"village": side.home} | (side.held.fields if side.held else {}) for side in opened.sides)
    weighed = {field: (name, weight) for field, name, weight in opened.pair.comparisons}
    named = [field for field in BESIDE if field in first or field in second or field in weighed]
    return [_line(field, (first.get(field), second.get(field)), weighed.get(field)) for field in named]


def _line(field: str, values: tuple[Any, Any], weighed: tuple[str, float] | None) -> Line:
    differs = None not in values and values[0] != values[1]
    if weighed is None:
        return Line(field, values, differs, None, None, None, "")
    level_, weight = weighed
    strength, tone = next((says, tone) for least, says, tone in STRENGTHS if weight >= least)
    return Line(field, values, differs, _words_of(field, level_, weight), weight, strength, tone)


def _words_of(field: str, level_: str, weight: float) -> Both:
    try:
        return in_words(Comparison(field, level_, weight))[1]
    except KeyError:  # it was weighed by the levels of an earlier version; the next look weighs it anew
        return level_, level_


def _photos(opened: Opened) -> list[tuple[str, tuple[str | None, str | None]]]:
    """Field, and the hash of each one's picture; nothing while no page shows photos."""
    if "console.photo" not in current_app.view_functions or not opened.here:
        return []
    found = []
    for field in PHOTOS:
        both = tuple(_hash(side.held.fields.get(field)) if side.held else None for side in opened.sides)
        if any(both):
            found.append((field, (both[0], both[1])))
    return found


def _hash(value: Any) -> str | None:
    return value.get("sha256") if isinstance(value, dict) and isinstance(value.get("sha256"), str) else None


# Deciding -------------------------------------------------------------------------------------------------------------


@deed("/duplicates/<a>/<b>", "settle")
def decide_pair(asking: Asking, a: str, b: str) -> Response:
    """Join the two, or tell them apart; then on to the next pair, which shows how to take it back."""
    opened = _opened(asking, a, b)
    reason, same = request.form.get("reason", "").strip(), request.form.get("same")
    if not opened.here:
        raise Refusal(problem.OUTSIDE_REGION)
    if same not in ("0", "1") or not reason or len(reason) > LONGEST_REASON:
        said = asking.t("Tulis alasannya dulu, paling panjang 300 huruf.", "Write the reason first, 300 letters at most.")
        return _show(asking, opened, 422, said, reason)
    if _names_one(opened, reason):
        said = asking.t("Tulis alasannya tanpa nama dan NIK: alasan tetap ada bila datanya nanti dihapus.",
                        "Write the reason without names and NIKs: it stays when their data is erased one day.")  # fmt: skip
        return _show(asking, opened, 422, said, reason)
    settle.link(a, b, same == "1", reason, asking.account, asking.now)
    return _go_on(asking, opened, same == "1")


def _names_one(opened: Opened, reason: str) -> bool:
    """Whether a reason tells who the two are: it stands in the link between them, which an erasure of either leaves."""
    names = [str(side.held.fields.get("full_name") or "").casefold() for side in opened.sides if side.held]
    said = any(name and re.search(rf"\b{re.escape(name)}\b", reason.casefold()) for name in names)
    return said or re.search(r"[0-9]{6}", reason) is not None


def _go_on(asking: Asking, before: Opened, same: bool) -> Response:
    asked = _asked(request.form)
    a, b = before.pair.key
    now = pairs.open_pair(_own(asking), a, b)
    says: Both = ("Digabung: dua catatan ini satu orang.", "Joined: these two records are one person.")
    if not same:
        says = ("Dipisah: dua orang. Tidak akan ditanyakan lagi.", "Told apart: two people. This is not asked again.")
    if not same and now is not None and now.pair.state == JOINED:
        says = ("Tersimpan, tetapi keduanya masih satu lewat catatan ketiga; pisahkan juga dari catatan itu.",
                "Saved, but the two are still one through a third record; part them from that one too.")  # fmt: skip
    follows = pairs.next_open(asking.scope, asked, before.pair) if before.pair.state == OPEN else None
    to = follows or before.pair.key
    just = None if follows is None else f"{a}~{b}"
    return say_on_next(redirect_to(asking.url("pair", a=to[0], b=to[1], just=just, **_kept(asked))), says)
