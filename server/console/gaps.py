"""The desk of gaps: who has no active cover and why, with the next step for whom; and who is paid for or counted wrongly."""

from __future__ import annotations

from typing import NamedTuple

from flask import Response, current_app, request

from schemas import problem
from schemas.problem import Both
from schemas.region import is_village, within
from server import audit
from server.actions import gaps as action
from server.actions.gaps import NAMES
from server.actions.regions import region_exists, region_names
from server.console.door import Asking, ToDo, desk, to_do
from server.problems import Refusal
from server.store.gaps import (
    AGE,
    APPARATUS,
    ARREARS,
    AWAITING,
    CHECKS,
    ENDED_FUNDED,
    INCOMPLETE,
    LAPSED,
    PROPOSED,
    REASONS,
    UNCONFIRMED,
    UNCOUNTED_FUNDED,
    UNREGISTERED,
    UNVERIFIED,
    WAGE_EARNER,
)


class Why(NamedTuple):
    """A reason as it is told. who: who takes the next step; step: what that is; page: where, with what it is asked."""

    name: Both
    says: Both
    who: Both
    step: Both
    page: str | None = None
    does: Both = ("Buka", "Open")
    tone: str = "warn"


TO_PROTECT = (UNREGISTERED, INCOMPLETE, PROPOSED, AWAITING, ARREARS, LAPSED)
"""Of the reasons those that money can mend, each person under one of them."""

OFFICER: Both = ("Petugas desa", "Village officer")
OPERATOR: Both = ("Operator", "Operator")
STAFF: Both = ("Staf", "Staff")

WHY: dict[str, Why] = {
    UNREGISTERED: Why(
        NAMES[UNREGISTERED],
        ("Jumlah pekerja yang diisi desa, dikurangi yang sudah terdata. Siapa mereka belum diketahui.",
         "The number of workers that villages entered, less those registered. Who they are is not known yet."),
        OFFICER, ("Datangi dan daftarkan di HP. Lihat desa mana yang paling banyak.",
                  "Visit and register them on the phone. See which villages have most."), "devices",
        ("Lihat HP petugas", "See officers' phones"), "bad",
    ),
    INCOMPLETE: Why(
        NAMES[INCOMPLETE],
        ("Terdata, tetapi isian wajib masih kosong, jadi belum dihitung.",
         "Registered, but required fields are empty, so they are not counted yet."),
        OFFICER, ("Lengkapi di HP; operator bisa mengirim catatan dari halaman orangnya.",
                  "Complete them on the phone; operators can send a note from the person's page."),
    ),
    PROPOSED: Why(
        NAMES[PROPOSED],
        ("Terdata lengkap, belum ada yang memeriksa, dan belum pernah dibayar.",
         "Registered and complete; nobody has verified them, and nothing was ever paid."),
        OPERATOR, ("Periksa NIK dan pekerjaannya, lalu tandai terverifikasi.",
                   "Check NIK and work, then mark them as verified."),
    ),
    AWAITING: Why(
        NAMES[AWAITING],
        ("Sudah terverifikasi, belum ada iuran yang dibayar.", "Verified; no contribution was paid yet."),
        OFFICER, ("Ajak membayar, atau usulkan ke daftar SK yang dibayar pemerintah.",
                  "Help them to pay, or propose them for a decree's list that a budget pays."), "decrees",
        ("Lihat SK", "See decrees"), "info",
    ),
    UNCONFIRMED: Why(
        NAMES[UNCONFIRMED],
        ("Iurannya sudah dicatat untuk bulan ini, tetapi belum ada di daftar BPJS. Termasuk di alasan lain.",
         "Their contribution for this month is written down, but in no list of the branch yet. They stand elsewhere too."),
        STAFF, ("Minta daftar peserta dari cabang dan cocokkan.", "Ask the branch for its members' list and reconcile it."),
        "lists", ("Cocokkan daftar", "Reconcile lists"), "info",
    ),
    ARREARS: Why(
        NAMES[ARREARS],
        ("Masih bisa diselamatkan: sesudah bulan ketiga perlindungannya berhenti.",
         "Still to be saved: after the third month their cover ends."),
        OFFICER, ("Ingatkan dan bantu bayar sebelum jatuh tempo.", "Remind them and help to pay before the due day."),
        "followups", ("Daftar iuran", "Contributions"),
    ),
    LAPSED: Why(
        NAMES[LAPSED],
        ("Tiga bulan atau lebih tidak dibayar.", "Unpaid for three months or more."),
        OFFICER, ("Datangi: masih bekerja? Bayar satu bulan membuatnya aktif lagi.",
                  "Visit: do they still work? One month paid makes them active again."), "followups",
        ("Daftar iuran", "Contributions"), "bad",
    ),
    AGE: Why(
        NAMES[AGE],
        ("Umurnya waktu didata di luar batas program.", "Their age when registered lies outside the programme's limits."),
        OPERATOR, ("Periksa tanggal lahirnya dengan KTP. Kalau benar, jelaskan bahwa ia tidak bisa menjadi peserta.",
                   "Check the birth date against the card. If it is right, explain that they can't become members."),
        None, ("Buka", "Open"), "",
    ),
    WAGE_EARNER: Why(
        NAMES[WAGE_EARNER],
        ("Bukan pekerja mandiri: majikannya yang wajib mendaftarkan. Tidak ikut angka cakupan.",
         "Not self-employed: their employer must enrol them. They take no part in coverage."),
        STAFF, ("Sampaikan nama majikannya ke cabang BPJS Ketenagakerjaan.", "Tell the branch of BPJS who employs them."),
        None, ("Buka", "Open"), "info",
    ),
    APPARATUS: Why(
        NAMES[APPARATUS],
        ("Iurannya dari ADD atau APBDes. Tidak ikut angka cakupan.",
         "Their contributions come from the village's budget. They take no part in coverage."),
        STAFF, ("Minta desa menganggarkannya.", "Ask the village to set money aside for them."), "budgets",
        ("Anggaran", "Budget"), "info",
    ),
    ENDED_FUNDED: Why(
        NAMES[ENDED_FUNDED],
        ("Meninggal, mundur, atau pindah, tetapi masih dibayari anggaran bulan ini, atau masih ada di daftar SK.",
         "Died, withdrew or moved away, and still paid for this month, or still on a decree's list."),
        STAFF, ("Keluarkan dari daftar SK dan beri tahu cabang.", "Take them off the decree's list and tell the branch."),
        "decrees", ("Lihat SK", "See decrees"), "bad",
    ),
    UNCOUNTED_FUNDED: Why(
        NAMES[UNCOUNTED_FUNDED],
        ("Golongan lain atau di luar usia, tetapi aktif dengan uang anggaran.",
         "Of another segment or outside the age limits, and active on a budget's money."),
        STAFF, ("Periksa golongan dan tanggal lahirnya; kalau benar, keluarkan dari daftar SK.",
                "Check segment and birth date; if they are right, take them off the decree's list."), "decrees",
        ("Lihat SK", "See decrees"), "bad",
    ),
    UNVERIFIED: Why(
        NAMES[UNVERIFIED],
        ("Iurannya dikonfirmasi BPJS, tetapi pendaftarannya di sini belum ada yang memeriksa.",
         "The branch confirmed their contribution, but nobody has verified their registration here."),
        OPERATOR, ("Periksa datanya, lalu tandai terverifikasi.", "Check the record, then mark it as verified."),
    ),
}  # fmt: skip


@to_do
def to_verify(asking: Asking) -> ToDo | None:
    """Registrations that nobody has verified: an operator's own step on the way to cover."""
    if not asking.may("settle"):
        return None
    total = action.counts_only(asking.scope, asking.now).total.by_reason
    if not any(total.values()):
        return None
    says = ("Lengkap, belum diperiksa, belum pernah dibayar.", "Complete, not verified, and nothing was ever paid.")
    return ToDo(("Pekerja menunggu diperiksa", "Workers to verify"), total[PROPOSED], says,
                asking.url("gaps", reason=PROPOSED))  # fmt: skip


@desk("/gaps", "see people")
def gaps(asking: Asking) -> Response:
    """Counts by reason; and of one reason the people, and how many in each part of the region."""
    reason = request.args.get("reason", "")
    told = action.summary(asking.scope, asking.now)
    chosen = WHY.get(reason)
    village = _village(asking)
    listed = None
    if chosen is not None and reason != UNREGISTERED:
        listed = action.people(asking.scope, reason, village, request.args.get("after"), asking.now)
        audit.look("list", region=village or asking.scope, records=[gap.row.record for gap in listed.gaps], reason=reason)
    return asking.render(
        "gaps.html", told=told, reason=reason if chosen else "", chosen=chosen, why=WHY, reasons=REASONS,
        checks=CHECKS, listed=listed, village=village, is_first=not request.args.get("after"),
        village_name=region_names([village]).get(village, village) if village else None,
        masked=not asking.may("see whole NIKs"), has=lambda page: f"console.{page}" in current_app.view_functions,
        is_village=is_village(asking.scope), lacking=sum(told.total.by_reason[each] for each in TO_PROTECT),
        villages=[part for part in told.parts if is_village(part.code)],
    )  # fmt: skip


def _village(asking: Asking) -> str | None:
    """The village that the list is cut down to; one that lies elsewhere is as if it were not there."""
    code = request.args.get("village", "")
    if not code:
        return None
    if not is_village(code) or not within(code, asking.scope) or not region_exists(code):
        raise Refusal(problem.NOT_FOUND)
    return code
