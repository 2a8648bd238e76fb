"""What the story leaves at the desks of monitoring and evaluation: outreach, visits, feedback, two cycles, what worked."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from programme import months
from server.actions import cover, entries, evaluation, feedback
from server.actions.entries import new_key
from server.clock import day_at
from server.db import reading
from server.demo.stage import days_ago
from server.store import evaluation as store
from server.store.accounts import Account
from server.store.scoping import Scope

if TYPE_CHECKING:
    from server.demo.programme import Told

PROVINCE, REGENCY, DISTRICT = "64", "64.02", "64.02.11"
WARNED = 20  # days after which an officer's word goes unheard

SESSIONS = ((1, 3, 31, "manfaat JKK dan JKM"), (2, 3, 24, "cara membayar iuran"), (6, 7, 38, "pendaftaran pekerja mandiri"))
"""After which part of its workers had come it was held, how many came, about what; each village has one or two of them."""


class Visit(NamedTuple):
    """village: its place in the story's order. fields: of the visit, besides where and when it was."""

    village: int
    days_ago: int
    fields: dict[str, Any]


MONITORING = (
    Visit(1, 47, {"finding": "Iuran dikumpulkan lewat satu orang, dan tiga kali terlambat disetor ke cabang.",
                  "recommendation": "Tunjuk kolektor di tiap dusun, setor bersama setiap tanggal 10.",
                  "responsible": "Kasi Kesejahteraan", "state": "open"}),
    Visit(2, 33, {"finding": "Dua dusun di hulu belum pernah didatangi petugas; pekerjanya belum terdata.",
                  "recommendation": "Jadwalkan perahu kecamatan dua kali sebulan.", "responsible": "Camat",
                  "state": "open"}),
    Visit(8, 26, {"finding": "Kartu peserta sudah dicetak tetapi masih tersimpan di kantor desa.",
                  "recommendation": "Serahkan waktu posyandu bulan ini.", "responsible": "Sekdes", "state": "open"}),
    Visit(13, 9, {"finding": "Jumlah pekerja desa masih angka lama, lebih kecil daripada yang sudah terdaftar.",
                  "recommendation": "Data ulang jumlah pekerja bersama ketua RT.", "responsible": "DPMD", "state": "open"}),
)  # fmt: skip
VOICES = (
    Visit(0, 41, {"by": "kades", "theme": "Iuran", "state": "open",
                  "text": "Warga keberatan ke kota untuk membayar; ongkos perahu lebih mahal daripada iurannya."}),
    Visit(1, 30, {"by": "camat", "theme": "sinyal", "state": "open",
                  "text": "Sinyal hanya ada di kantor kecamatan; petugas menunggu satu minggu untuk mengirim data."}),
    Visit(3, 18, {"by": "kades", "theme": "kartu", "state": "open",
                  "text": "Kartu peserta lama sekali sampai, padahal sudah dikonfirmasi."}),
    Visit(5, 11, {"by": "kades", "theme": "iuran", "state": "open",
                  "text": "Nelayan hanya punya uang waktu musim ikan. Apa boleh membayar enam bulan sekaligus?"}),
    Visit(6, 6, {"by": "camat", "theme": "anggaran", "state": "open",
                 "text": "Anggaran kabupaten hanya cukup sampai bulan kelima. Siapa yang meneruskan?"}),
)  # fmt: skip
MEETING = Visit(9, 22, {"theme": "Musyawarah dusun tentang iuran", "attendance": 17,
                        "text": "Disepakati iuran dikumpulkan waktu posyandu."})  # fmt: skip

BOARD = (
    {"title": "Kolektor dusun waktu posyandu", "theme": "iuran",
     "challenge": "Tempat membayar jauh, dan ongkos ke sana lebih mahal daripada iurannya.",
     "what_worked": "Kader posyandu mengumpulkan iuran sekali sebulan, menulisnya di HP petugas, dan bendahara desa "
                    "menyetor bersama ke cabang.",
     "outcome": "Tunggakan turun dari sepertiga menjadi sepersepuluh dalam empat bulan (rekaan).",
     "place": "64.02.08.2019", "published": True},
    {"title": "Bayar tiga bulan sesudah panen", "theme": "iuran",
     "challenge": "Pekebun dan nelayan tidak punya uang setiap bulan.",
     "what_worked": "Iuran dibayar untuk tiga bulan sekaligus sesudah panen; petugas mengingatkan seminggu sebelumnya.",
     "outcome": "Tidak ada lagi yang menunggak di musim paceklik (rekaan).", "place": "64.09.03.2004", "published": True},
    {"title": "Sinkron setiap hari pasar", "theme": "sinyal",
     "challenge": "Tidak ada sinyal di desa; data menumpuk di HP.",
     "what_worked": "Petugas menyalakan aplikasi setiap hari pasar di ibu kota kecamatan; yang berhalangan menitipkan "
                    "berkas.",
     "outcome": "Data paling lama seminggu di HP.", "place": "64.11.02.2002", "published": True},
    {"title": "Kartu diserahkan bersama BLT", "theme": "kartu",
     "challenge": "Kartu menumpuk di kantor desa.",
     "what_worked": "Kartu dibagikan pada hari penyerahan BLT, dengan daftar tanda terima.", "published": False},
)  # fmt: skip
TARGETS = {"rate": 50, "active": 420, "growth": 25, "retention": 60, "arrears": 10, "verified": 85, "unconfirmed": 5,
           "claims_in_time": 100, "conversions": 20, "apparatus": 100}  # fmt: skip
PRESENT = (
    ("Ruslan Hamid", "Kepala DPMD (rekaan)", True), ("Nurul Asiah", "Disnaker kabupaten (rekaan)", True),
    ("Petrus Liah", "Camat Muara Kaman (rekaan)", True), ("Yohana Ding", "Cabang BPJS Ketenagakerjaan (rekaan)", True),
    ("Amran Tahir", "Kepala desa Muara Kaman Ulu (rekaan)", True), ("Siti Aminah", "Petugas desa (rekaan)", False),
    ("Rusmani Tahir", "Petugas desa (rekaan)", False),
)  # fmt: skip


def tell(told: Told) -> None:
    """Tell this part: phones bring visits, desks work on them."""
    villages = list(told.phones)
    _visits(told, villages)
    cover.refresh(told.settings, told.now)
    evaluation.follow(told.settings, told.now)
    staff, operator = told.accounts["staf"], told.accounts["operator"]
    board = _board(staff, told.now)
    _answers(told, operator, board)
    province = _cycle(told, staff, PROVINCE, "Monev provinsi", TARGETS)
    _findings(told, staff, province)
    _meeting(staff, province, told.today, told.now)
    regency = _cycle(told, staff, REGENCY, "Monev Kutai Kartanegara", TARGETS | {"active": 90, "rate": 35})
    entry = entries.one(Scope(REGENCY), evaluation.CYCLE, regency)
    evaluation.close_cycle(
        regency, entry.seen,
        "Cakupan naik di desa yang mengumpulkan iuran bersama posyandu, dan berhenti di desa tanpa kolektor. Tahun depan: "
        "kolektor di tiap dusun, dan jumlah pekerja didata ulang di desa yang angkanya lama (rekaan).",
        staff, told.now,
    )  # fmt: skip


def _visits(told: Told, villages: list[str]) -> None:
    for number, village in enumerate(villages[:16]):
        came_on = _registered(village)
        for part, whole, came, theme in SESSIONS[number % 3 :: 2]:
            if came_on:
                day = min(came_on[len(came_on) * part // whole], told.today) - timedelta(days=2)
                told.phones[village].phone.writes(day, "visit", None, village, {
                    "village": village, "date": day.isoformat(), "purpose": "outreach", "attendance": came - number,
                    "theme": theme,
                })  # fmt: skip
    visits = [("monitoring", each) for each in MONITORING] + [("feedback", each) for each in VOICES] + [("meeting", MEETING)]
    for purpose, each in visits:
        village, day = villages[each.village % len(villages)], days_ago(told.today, each.days_ago)
        due = {"due": days_ago(told.today, each.days_ago - 45).isoformat()} if purpose == "monitoring" else {}
        told.phones[village].phone.writes(day, "visit", None, village, {
            "village": village, "date": day.isoformat(), "purpose": purpose, **each.fields, **due,
        })  # fmt: skip
    for chapter in told.phones.values():
        chapter.phone.syncs()


def _registered(village: str) -> list[date]:
    """The days on which its workers were written down, the first first."""
    with reading() as connection:
        return sorted(day_at(each.created_at, village) for each in store.members(connection, village))


def _board(staff: Account, now: int) -> str:
    """What worked; gives the one that answers point to."""
    made = [feedback.keep_solution(PROVINCE, new_key(), None, fields, staff, now) for fields in BOARD]
    return made[0]


def _answers(told: Told, operator: Account, solution: str) -> None:
    """One is answered by a solution, one handed on, one marked as done; a camat's letter waits already too long."""
    scope = Scope(operator.region)
    feedback.begin(DISTRICT, new_key(), {
        "by": "camat", "who": "Camat (rekaan)", "date": days_ago(told.today, WARNED).isoformat(), "theme": "data ganda",
        "text": "Beberapa warga tercatat di dua desa. Mohon dipastikan mereka tidak dibayari dua kali.",
    }, operator, told.now)  # fmt: skip
    waiting = {each.fields.get("theme"): each for each in feedback.heard(scope, told.now).voices}
    for theme, act in (("Iuran", "answer"), ("anggaran", "escalate"), ("kartu", "answer")):
        voice = waiting.get(theme)
        look = feedback.look(scope, voice.row.record, told.now) if voice else None
        if look is None:
            continue
        record, seen = look.entry.record, look.entry.seen
        if act == "escalate":
            feedback.escalate(scope, record, seen, operator, told.now)
        elif theme == "Iuran":
            words = "Terima kasih. Desa tetangga memakai cara ini:"
            feedback.answer(scope, record, seen, words, solution, operator, told.now)
        else:
            words = "Cabang mencetak kartu setiap akhir bulan; yang tertahan dikirim minggu ini lewat kecamatan."
            feedback.answer(scope, record, seen, words, None, operator, told.now)


def _cycle(told: Told, staff: Account, region: str, title: str, targets: Mapping[str, float]) -> str:
    """A cycle of this year up to last month, frozen on a day that was kept, or today."""
    last = months.of_day(told.today) - 1
    first = min(last, months.number(f"{months.text(last)[:4]}-01"))
    record = evaluation.begin_cycle(region, new_key(), {
        "title": f"{title}, {months.text(first)[:4]}", "first_month": months.text(first), "last_month": months.text(last),
        "state": "running", "goals": [{"indicator": name, "target": target} for name, target in targets.items()],
    }, staff, told.now)  # fmt: skip
    days = evaluation.kept_days()
    entry = entries.one(Scope(region), evaluation.CYCLE, record)
    evaluation.freeze_cycle(record, entry.seen, days[0] if days else None, staff, told.settings, told.now)
    return record


def _findings(told: Told, staff: Account, cycle: str) -> None:
    """Two of what officers found are taken up, one of a desk's own is overdue, one is done."""
    scope = Scope(PROVINCE)
    entry = entries.one(scope, evaluation.CYCLE, cycle)
    for row, _ in evaluation.candidates(scope, entry, ())[:2]:
        evaluation.take_finding(scope, entry, row.record, staff, told.now)
    evaluation.begin_finding(scope, entry, new_key(), {
        "text": "Satu kabupaten melaporkan peserta lebih banyak daripada pekerjanya: jumlah pekerja desa sudah lama.",
        "recommendation": "Data ulang jumlah pekerja informal sebelum akhir tahun.", "responsible": "DPMPD",
        "due": days_ago(told.today, 5).isoformat(), "indicator": "rate", "about": "64.08", "state": "open",
    }, staff, told.now)  # fmt: skip
    done = evaluation.begin_finding(scope, entry, new_key(), {
        "text": "Daftar cabang baru dicocokkan sekali dalam setengah tahun; pembayaran lama belum dikonfirmasi.",
        "recommendation": "Cocokkan setiap bulan.", "responsible": "Staf pusat", "indicator": "unconfirmed",
        "due": days_ago(told.today, 20).isoformat(), "state": "open",
    }, staff, told.now)  # fmt: skip
    known = entries.one(scope, evaluation.FINDING, done)
    evaluation.change_finding(known, entry, known.seen, {
        "state": "done", "follow_up": "Daftar bulan ini sudah dicocokkan.",
        "followed_up_on": days_ago(told.today, 22).isoformat(),
    }, staff, told.now)  # fmt: skip


def _meeting(staff: Account, cycle: str, today: date, now: int) -> None:
    evaluation.keep_meeting(PROVINCE, new_key(), None, {
        "cycle": cycle, "title": "Rapat monev provinsi", "date": days_ago(today, 8).isoformat(),
        "place": "Samarinda (rekaan)",
        "agenda": "1. Angka cakupan\n2. Temuan di lapangan\n3. Tindak lanjut", "attendance": 23,
        "attendees": [{"name": name, "office": office, "signed": signed} for name, office, signed in PRESENT],
        "minutes": "Tiap kabupaten menyampaikan angka dan kendalanya. Sinyal dan tempat membayar paling sering disebut.",
        "decisions": "1. Kolektor dusun di semua kecamatan.\n2. Jumlah pekerja didata ulang sebelum akhir tahun.",
    }, staff, now)  # fmt: skip
