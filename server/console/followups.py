"""The desk of contributions and cards: whom to remind, ask, win back, visit or hand his card.

And of payments that a phone changed after BPJS had confirmed them.
"""

from __future__ import annotations

from collections.abc import Mapping

from flask import Response, request

from schemas import problem
from schemas.change import dumps
from schemas.fields import SENSITIVE
from schemas.kinds import KINDS
from schemas.problem import Both
from schemas.region import level
from server import audit
from server.actions import confirmations, deciding
from server.actions import followups as acts
from server.actions.desk_pages import BadCursor
from server.actions.followups import Chosen, Page
from server.actions.settle import NotSeen
from server.clock import day_at
from server.console.door import Asking, ToDo, deed, desk, to_do, whole_number
from server.console.words import Words
from server.problems import Refusal
from server.vocabulary import FOLLOWUPS

ON_A_PAGE = 50
MOST_COUNTED = 1001
CHANGED_ON_A_PAGE = 20
CONTRIBUTION = KINDS["contribution"]

TONES: Mapping[str, str] = {"due_soon": "info", "arrears_1": "warn", "reactivated": "good", "card": "warn"}
"""The tone of a badge; of what is not here it is a bad sign."""
TO_DO: Mapping[str, Both] = {
    "due_soon": ("Ingatkan supaya membayar sampai {day}.", "Remind him to pay by {day}."),
    "arrears": ("Tagih iuran bulan ini. Bulan yang terlewat tidak ditagih lagi.",
                "Collect this month's contribution. Missed months are not asked for again."),
    "last": ("Tagih sekarang: sesudah {day} perlindungannya putus.", "Collect now: after {day} cover ends."),
    "lapsed": ("Ajak aktif lagi: cukup bayar bulan ini.", "Win him back: paying this month is enough."),
    "reactivated": ("Kunjungi, supaya bulan depan tetap dibayar.", "Visit him, so that next month is paid too."),
    "card": ("Serahkan kartunya, lalu catat tanggalnya di HP.", "Hand his card over, and note the day on the phone."),
    "paid": ("Sudah dibayar. Pastikan uangnya disetor; tunggu daftar dari cabang BPJS.",
             "Paid already. See that the money is handed in; the BPJS branch's list will confirm it."),
}  # fmt: skip


def name_of(what: str) -> tuple[Both, str]:
    return acts.name_of(what), TONES.get(what, "bad")


SHORT: Mapping[str, Both] = {
    "due_soon": ("Segera", "Soon"), "lapsed": ("Putus", "Lapsed"), "reactivated": ("Aktif lagi", "Again"),
    "card": ("Kartu", "Card"),
}  # fmt: skip


def short_of(what: str) -> Both:
    """As a narrow column is headed; its whole name stands beside it."""
    month = what.rpartition("_")[2]
    return SHORT.get(what, (f"Tunggak {month}", f"Arrears {month}"))


class _Says:
    """What is to be done about a row, by the rules of the day."""

    def __init__(self, asking: Asking) -> None:
        today = day_at(asking.now, str(asking.scope))
        self.whats = acts.whats(today)
        self._day = Words(asking.lang).day(acts.next_due(today))
        self._last = [what for what in self.whats if what.startswith("arrears_")][-1]

    def __call__(self, what: str, is_paid: bool) -> Both:
        kind = "arrears" if what.startswith("arrears_") else what
        indonesian, english = TO_DO["paid" if is_paid else "last" if what == self._last else kind]
        return indonesian.format(day=self._day), english.format(day=self._day)


@to_do
def memberships_at_risk(asking: Asking) -> ToDo | None:
    if not asking.may("settle"):
        return None
    count = acts.how_many(asking.scope, "arrears_2", MOST_COUNTED)
    says = ("Pekerja yang putus bila bulan ini tidak dibayar.", "Workers whose cover ends unless this month is paid.")
    return ToDo(("Menunggak bulan ke-2", "In arrears, month 2"), count, says, asking.url("followups", what="arrears_2"))


@to_do
def payments_changed(asking: Asking) -> ToDo | None:
    if not asking.may("settle"):
        return None
    count = confirmations.how_many(asking.scope, MOST_COUNTED)
    says = ("Iuran yang diubah HP sesudah dikonfirmasi BPJS.", "Payments that a phone changed after BPJS confirmed them.")
    name = ("Iuran berubah setelah dikonfirmasi", "Changed after confirmation")
    return ToDo(name, count, says, asking.url("changed_payments")) if count else None


@desk("/followups", "see people")
def followups(asking: Asking) -> Response:
    says, chosen = _Says(asking), _chosen()
    found = acts.page(asking.scope, chosen, request.args.get("after"), ON_A_PAGE)
    _looked(asking, found)
    kept = {name: value for name in ("what", "officer", "paid") if (value := request.args.get(name))}
    return asking.render(
        "followups.html", part="rows", overview=acts.overview(asking.scope), found=found, chosen=chosen, whats=says.whats,
        name_of=name_of, short_of=short_of, says=says, kept=kept, is_deep=level(str(asking.scope)) in acts.DEEP,
        is_village=level(str(asking.scope)) == "village", is_first=not request.args.get("after"),
        waits=confirmations.how_many(asking.scope, MOST_COUNTED) if asking.may("settle") else 0,
    )  # fmt: skip


@desk("/followups/paper", "see people")
def followups_paper(asking: Asking) -> Response:
    """A sheet to take along where there is no signal: a kecamatan's or a village's, or one officer's."""
    says, chosen = _Says(asking), _chosen()
    is_short = level(str(asking.scope)) in acts.DEEP or chosen.officer is not None
    found = acts.on_paper(asking.scope, chosen) if is_short else None
    if found is not None:
        _looked(asking, found)
    kept = {name: value for name in ("what", "officer", "paid") if (value := request.args.get(name))}
    return asking.render(
        "followups_paper.html", found=found, name_of=name_of, says=says, kept=kept, chosen=chosen, most=acts.MOST_ON_PAPER,
        groups=_by_village(found) if found else [],
    )  # fmt: skip


def _by_village(found: Page) -> list[tuple[str, list[acts.Row]]]:
    groups: dict[str, list[acts.Row]] = {}
    for row in found.rows:
        groups.setdefault(row.village, []).append(row)
    return list(groups.items())


def _chosen() -> Chosen:
    what, paid = request.args.get("what") or None, request.args.get("paid")
    known = what is None or what in FOLLOWUPS or (what.startswith("arrears_") and len(what) < 12)
    is_paid = {"yes": True, "no": False}.get(paid or "")
    return Chosen(what if known else None, whole_number(request.args.get("officer"), 15), is_paid)


def _looked(asking: Asking, found: Page) -> None:
    if found.rows:
        audit.look("list", region=asking.scope, records=sorted({row.record for row in found.rows}), list="followups")


# What was changed after BPJS confirmed it -----------------------------------------------------------------------------


@desk("/followups/changed", "settle")
def changed_payments(asking: Asking) -> Response:
    return _changed(asking)


def _changed(asking: Asking, stale: str | None = None, status: int = 200) -> Response:
    rows, goes_on = confirmations.waiting(asking.scope, _changed_place(), CHANGED_ON_A_PAGE)
    if rows:
        audit.look("list", region=asking.scope, records=sorted({row.worker for row in rows}), list="changed-payments")
    more = asking.url("changed_payments", after=f"{goes_on[0]}~{goes_on[1]}") if goes_on else None
    return asking.render(
        "followups_changed.html", status=status, rows=rows, more=more, seen={row.record: dumps(row.seen) for row in rows},
        stale=stale, is_hidden=lambda field: CONTRIBUTION.privacy(field) == SENSITIVE and not asking.may("see sensitive"),
    )  # fmt: skip


def _changed_place() -> tuple[int, str] | None:
    after = request.args.get("after")
    if not after:
        return None
    moment, _, record = after.partition("~")
    number = whole_number(moment, 15)
    if number is None or not record:
        raise BadCursor
    return number, record


@deed("/followups/changed", "settle")
def decide_changed(asking: Asking) -> Response:
    """As BPJS had it, or as the phone wrote it: from now on the desk says so."""
    record, do = request.form.get("record", ""), request.form.get("do")
    if do not in ("keep", "accept"):
        raise Refusal(problem.INVALID)
    seen = deciding.seen_of(request.form.get("seen", ""))
    try:
        if seen is None:
            raise NotSeen(record)
        confirmations.decide(record, seen, do == "accept", asking.scope, asking.account, asking.now)
    except NotSeen:
        return _changed(asking, record, 409)
    says = (
        ("Iuran kembali seperti yang dikonfirmasi BPJS.", "The payment is again as BPJS confirmed it.") if do == "keep"
        else ("Perubahan diterima; kini berlaku atas nama meja ini.", "Accepted; it now holds by this desk's word.")
    )  # fmt: skip
    return asking.done(says, asking.url("changed_payments"))
