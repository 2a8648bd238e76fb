"""Every list that may leave the house: its columns with their names and privacy, who may have it, by what it is filtered.

A column that is sensitive (mother's name, income, heirs, decile …) is in a list only where it was asked for by name. What
a field of a record is, its kind's table in `schemas` says; so a new field is in its list unasked.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from schemas.fields import (
    OPEN,
    SENSITIVE,
    Choice,
    Day,
    Kk,
    Nik,
    OccupationCode,
    OneOfWhole,
    Real,
    RegionCode,
    Truth,
    VillageCode,
    Whole,
)
from schemas.fields.told import PERSONAL
from schemas.kinds import KINDS, REGIONAL
from schemas.problem import Both
from server.vocabulary import FIELDS

TEXT, WHOLE, REAL, DAY, MOMENT, TRUTH = "text", "whole", "real", "day", "moment", "truth"
NUMBER = "number"
"""A NIK or family card number: text everywhere, shortened unless it was asked for whole."""


class Column(NamedTuple):
    """name: of the column in databases. label: of its heading elsewhere. coded: holds a word of `vocabulary.VALUES`.

    searched: found by words in a SQLite file.
    """

    name: str
    label: Both
    type: str = TEXT
    privacy: str = OPEN
    coded: bool = False
    searched: bool = False


class Listed(NamedTuple):
    """act: the row of `server.auth.MAY` that its reader needs besides "export". kind: of records, where it lists some.

    between: what its days "from … to" are about, None where it has none. filters: names of the others that it knows.
    key: its column that no two rows share. of_people: it says something of persons, and needs a purpose. of_desks: what
    desks entered about regions; what in it describes a person is left out for whoever may not see people.
    """

    name: str
    says: Both
    about: Both
    act: str
    columns: tuple[Column, ...]
    kind: str | None = None
    between: Both | None = None
    filters: frozenset[str] = frozenset()
    key: str | None = None
    has_past: bool = False
    of_people: bool = True
    of_desks: bool = False

    @property
    def sensitive(self) -> list[Column]:
        return [column for column in self.columns if column.privacy == SENSITIVE]

    def chosen(self, sensitive: frozenset[str], is_past: bool, personal: bool = True) -> list[Column]:
        """The columns of one export. Membership is reckoned for today alone, so a past day has none."""
        return [
            column for column in self.columns
            if (column.privacy != SENSITIVE or column.name in sensitive) and (column.privacy != PERSONAL or personal)
            and not (is_past and column.name == COVERAGE)
        ]  # fmt: skip


COVERAGE = "coverage"
PLACE = (
    Column("village", ("Kode desa", "Village code")),
    Column("village_name", ("Desa", "Village")),
    Column("district", ("Kecamatan", "District")),
    Column("regency", ("Kabupaten/kota", "Regency")),
)
_RECORD = Column("record", ("Nomor catatan", "Record"))
_WORKER = (
    Column("worker_name", ("Nama pekerja", "Worker's name"), privacy=PERSONAL, searched=True),
    Column("worker_nik", ("NIK pekerja", "Worker's NIK"), NUMBER, PERSONAL),
)
_COVERAGE = Column(COVERAGE, ("Kepesertaan", "Membership"), coded=True)
_KNOWN = (
    Column("waits", ("Isian yang berbeda", "Fields in conflict")),
    Column("created_at", ("Dibuat", "Made at"), MOMENT),
    Column("updated_at", ("Terakhir berubah", "Last changed"), MOMENT),
)
_NOT_LISTED = frozenset({"photo_ktp", "photo_person", "signature", "village"})
"""Pictures stay on the server; the village is in every list's own columns."""
REGION = (
    Column("region", ("Kode wilayah", "Region code")), Column("region_name", ("Wilayah", "Region")),
    Column("level", ("Tingkat", "Level"), coded=True), Column("regency", ("Kabupaten/kota", "Regency")),
)  # fmt: skip
_WRITTEN = Column("written_by", ("Terakhir ditulis oleh", "Last written by"), privacy=PERSONAL)
TITLED = {
    name: kind for name, kind in (*((each, each) for each in REGIONAL), ("renewed_by", "agreement"))
    if "title" in REGIONAL[kind].schema.fields and name != "target"
}  # fmt: skip
"""A field that holds the id of another record -> that one's kind: its title stands in a column of its own."""
_SEARCHED = frozenset({"full_name", "mother_name", "address", "occupation_text", "theme", "text", "finding"})
_TYPES: tuple[tuple[Any, str], ...] = (
    ((Nik, Kk), NUMBER), (Day, DAY), (Truth, TRUTH), ((Whole, OneOfWhole), WHOLE), (Real, REAL),
)  # fmt: skip


def _fields_of(kind: str, but: frozenset[str] = _NOT_LISTED) -> Iterator[Column]:
    told = KINDS[kind]
    for name, field in told.schema.fields.items():
        if name not in but:
            type_ = next((of for classes, of in _TYPES if isinstance(field, classes)), TEXT)
            coded = isinstance(field, Choice | OccupationCode)
            yield Column(name, FIELDS[name], type_, told.privacy(name), coded, name in _SEARCHED)
            if kind in REGIONAL and isinstance(field, RegionCode | VillageCode):
                yield Column(f"{name}_name", _after(FIELDS[name], "(nama)", "(name)"), privacy=told.privacy(name))
            elif kind in REGIONAL and name in TITLED:
                yield Column(f"{name}_title", _after(FIELDS[name], "(judul)", "(title)"), privacy=told.privacy(name))
    yield Column("extra", ("Isian tambahan formulir", "Further answers of the form"), privacy=PERSONAL)


def _records(
    kind: str, says: Both, about: Both, between: Both, filters: frozenset[str], *, with_worker: bool = False,
    of_people: bool = True,
) -> Listed:  # fmt: skip
    columns = (
        _RECORD, *PLACE, *(_WORKER if with_worker else ()), *_fields_of(kind),
        *((_COVERAGE,) if kind == "worker" else ()), *_KNOWN,
    )  # fmt: skip
    return Listed(
        f"{kind}s", says, about, "see people", columns, kind, between, filters | {"updated_since"}, "record", True,
        of_people,
    )  # fmt: skip


def _after(label: Both, indonesian: str, english: str) -> Both:
    return f"{label[0]} {indonesian}", f"{label[1]} {english}"


def regional(
    kind: str, says: Both, about: Both, act: str = "see figures", *, name: str = "", between: Both = ("Dibuat", "Made"),
    of_people: bool = False, filters: frozenset[str] = frozenset(),
) -> Listed:  # fmt: skip
    """What desks entered about regions of any level, a row a record. name: of the list, where it is not the kind and an s.

    between: what the day is that `listing.DAYS` names for the kind.
    """
    columns = (_RECORD, *REGION, *(_WORKER if of_people else ()), *_fields_of(kind, frozenset()), _WRITTEN, *_KNOWN)
    states = {"state"} if "state" in REGIONAL[kind].schema.fields else set()
    return Listed(
        name or f"{kind}s", says, about, act, columns, kind, between, filters | {"updated_since", *states}, "record", True,
        of_people, True,
    )  # fmt: skip


_COUNTS: tuple[tuple[str, Both], ...] = (
    ("registered", ("Terdata", "Registered")), ("active", ("Aktif", "Active")),
    ("in_arrears", ("Menunggak", "In arrears")), ("inactive", ("Tidak aktif", "Inactive")),
    ("awaiting", ("Menunggu bayar", "Awaiting payment")), ("proposed", ("Diusulkan", "Proposed")),
    ("covered", ("Terlindungi", "Covered")), ("unconfirmed", ("Dibayar, belum dikonfirmasi", "Paid, not confirmed")),
    ("ended", ("Berakhir", "Ended")), ("incomplete", ("Data belum lengkap", "Incomplete")),
    ("segment", ("Golongan lain", "Of another segment")), ("age", ("Di luar usia", "Outside the age limits")),
    ("jkk", ("Aktif JKK", "Active in JKK")), ("jkm", ("Aktif JKM", "Active in JKM")),
    ("jht", ("Aktif JHT", "Active in JHT")),
    ("wage_earners", ("Penerima upah", "Wage earners")),
    ("wage_earners_active", ("Penerima upah aktif", "Wage earners, active")),
    ("apparatus", ("Perangkat desa", "Village staff")),
    ("apparatus_active", ("Perangkat desa aktif", "Village staff, active")),
)  # fmt: skip

LISTS: dict[str, Listed] = {each.name: each for each in (
    _records(
        "worker", ("Pekerja", "Workers"),
        ("Satu baris satu pekerja yang terdata.", "One row for each registered worker."),
        ("Tanggal didata", "Registered"), frozenset({"status", "coverage", "occupation", "funding"}),
    ),
    _records(
        "contribution", ("Iuran", "Contributions"),
        ("Satu baris satu pembayaran.", "One row for each payment."),
        ("Tanggal bayar", "Paid"), frozenset({"funding", "months"}), with_worker=True,
    ),
    _records(
        "claim", ("Klaim", "Claims"), ("Satu baris satu klaim.", "One row for each claim."),
        ("Tanggal kejadian", "Date of the event"), frozenset({"status"}), with_worker=True,
    ),
    _records(
        "visit", ("Kunjungan", "Visits"),
        ("Sosialisasi, monitoring, rapat, dan masukan.", "Outreach, monitoring, meetings and feedback."),
        ("Tanggal", "Date"), frozenset({"state"}),
    ),
    Listed(
        "budget_lines", ("Anggaran dan kenyataan", "Budget and what was paid"),
        ("Satu baris satu mata anggaran dan bulan: rencana di samping iuran yang terkonfirmasi; jumlah saja.",
         "One row for each budget line and month: planned beside confirmed contributions; sums, no names."),
        "see figures",
        (
            Column("scenario", ("Skenario", "Scenario")), Column("year", ("Tahun", "Year"), WHOLE),
            Column("state", ("Keadaan", "State"), coded=True), Column("region", ("Wilayah", "Region")),
            Column("budget", ("Nomor baris", "Line's record")), Column("title", ("Baris", "Line")),
            Column("funding", FIELDS["funding"], coded=True), Column("month", ("Bulan", "Month")),
            Column("planned_people", ("Orang, rencana", "People, planned"), WHOLE),
            Column("planned", ("Rupiah, rencana", "Rupiah, planned"), WHOLE),
            Column("people", ("Orang, terkonfirmasi", "People, confirmed"), WHOLE),
            Column("amount", ("Rupiah, terkonfirmasi", "Rupiah, confirmed"), WHOLE),
            Column("over", ("Melebihi rencana", "Over the plan"), TRUTH),
            Column("under", ("Di bawah rencana", "Under the plan"), TRUTH),
        ),
        of_people=False,
    ),
    Listed(
        "double_funding", ("Dibiayai dua kali", "Funded twice"),
        ("Satu baris satu orang yang berdiri dalam dua SK, atau dibayar dua pihak untuk satu bulan.",
         "One row for each person who stands on two decrees, or is paid for by two in one month."),
        "see people",
        (
            _RECORD, *PLACE, Column("full_name", FIELDS["full_name"], privacy=PERSONAL, searched=True),
            Column("nik", FIELDS["nik"], NUMBER, PERSONAL),
            Column("first_month", ("Bulan pertama", "First month")), Column("last_month", ("Bulan terakhir", "Last month")),
            Column("decrees", ("SK", "Decrees"), privacy=PERSONAL),
            Column("payers", ("Pembayar", "Payers"), privacy=PERSONAL),
        ),
        key="record",
    ),
    Listed(
        "coverage", ("Angka kepesertaan", "Coverage figures"),
        ("Satu baris satu desa dan bulan; jumlah saja, tanpa nama.", "One row for each village and month; sums, no names."),
        "see figures",
        (
            *PLACE, Column("month", ("Bulan", "Month")),
            *(Column(name, label, WHOLE) for name, label in _COUNTS),
            Column("eligible", ("Jumlah pekerja desa", "Eligible workers"), WHOLE),
            Column("eligible_month", ("Jumlah pekerja per bulan", "Eligible workers as of")),
            Column("rate", ("Bagian aktif", "Share active"), REAL),
        ),
        filters=frozenset({"months"}), has_past=True, of_people=False,
    ),
    Listed(
        "gaps", ("Belum terlindungi", "Not protected"),
        ("Satu baris satu orang dan alasan: tanpa perlindungan, atau dibiayai atau dihitung padahal perlu diperiksa.",
         "One row for each person and reason: without cover, or paid for or counted and to be checked."),
        "see people",
        (
            Column("reason", ("Alasan", "Reason")), Column("reason_words", ("Alasan, dengan kata", "Reason in words")),
            _RECORD, *PLACE,
            Column("full_name", FIELDS["full_name"], privacy=PERSONAL, searched=True),
            Column("nik", FIELDS["nik"], NUMBER, PERSONAL),
            Column("occupation", FIELDS["occupation"], privacy=PERSONAL, coded=True),
            Column("funding", FIELDS["funding"], privacy=PERSONAL, coded=True),
            Column("arrears", ("Bulan menunggak", "Months in arrears"), WHOLE, PERSONAL),
            Column("paid", ("Sudah bayar, belum dikonfirmasi", "Paid, not confirmed"), TRUTH, PERSONAL),
            Column("since", ("Sejak", "Since"), DAY, PERSONAL),
            Column("until", ("Terlindungi sampai bulan", "Covered until month"), privacy=PERSONAL),
            Column("lists", ("Ada di SK", "On lists of decrees"), privacy=PERSONAL),
        ),
    ),
    Listed(
        "followups", ("Iuran dan kartu", "Contributions and cards"),
        ("Satu baris satu hal yang perlu dikerjakan: mengingatkan, menagih, mengajak lagi, mengunjungi, menyerahkan kartu.",
         "One row for each thing to do: remind, collect, win back, visit, hand a card over."),
        "see people",
        (
            _RECORD, *PLACE, *_WORKER, Column("phone", ("Nomor HP", "Phone"), privacy=PERSONAL),
            Column("what", ("Kode", "Code")), Column("what_words", ("Yang perlu dikerjakan", "What is to be done")),
            Column("paid", ("Dibayar, belum dikonfirmasi", "Paid, not confirmed"), TRUTH),
            Column("since", ("Sejak", "Since"), DAY), Column("officer", ("Petugas", "Officer")),
        ),
    ),
    Listed(
        "memberships", ("Riwayat kepesertaan", "Stories of memberships"),
        ("Satu baris satu pekerja dan perubahan keadaan: sejak kapan, karena apa, menurut siapa, dan kapan diketahui.",
         "One row for each worker and change of state: since when, why, by whom, and when that became known."),
        "see people",
        (
            Column("row", ("Nomor baris", "Row")), _RECORD, *PLACE, *_WORKER,
            Column("state", ("Keadaan", "State"), coded=True),
            Column("arrears", ("Bulan menunggak", "Month of arrears"), WHOLE),
            Column("since", ("Sejak", "Since"), DAY), Column("until", ("Sampai sebelum", "Until before"), DAY),
            Column("stands", ("Masih berlaku", "Stands"), TRUTH), Column("why", ("Karena", "Because")),
            Column("by", ("Menurut", "According to")), Column("list", ("Daftar", "List"), WHOLE),
            Column("list_row", ("Baris daftar", "Row of the list"), WHOLE),
            Column("known_on", ("Diketahui sejak", "Known since"), DAY),
            Column("told_then", ("Waktu itu tercatat", "Told then as"), coded=True),
            Column("first_active", ("Pertama aktif", "First active"), DAY),
            Column("active_since", ("Aktif tanpa putus sejak", "Active without a break since"), DAY),
        ),
        key="row",
    ),
    Listed(
        "duty_report", ("Laporan semester Inpres", "Half-yearly report of duties"),
        ("Satu baris satu wilayah dan tugas, juga yang belum diisi siapa pun. Tanpa pilihan semester: semester ini.",
         "One row for each region and duty, also those of which nobody has said anything. Without a half-year: this one."),
        "see figures",
        (
            Column("half", ("Semester", "Half-year")), *REGION, Column("duty", ("Kode tugas", "Code of the duty")),
            Column("title", ("Tugas", "Duty")), Column("topic", ("Bidang", "Topic"), coded=True),
            Column("institution", ("Lembaga", "Institution")), Column("state", ("Keadaan", "State"), coded=True),
            Column("is_said", ("Sudah diisi", "Was said"), TRUTH), Column("lacks", ("Belum ada", "Lacking")),
            Column("document", ("Nomor dokumen", "Document number")), Column("dated", ("Tanggal dokumen", "Dated"), DAY),
            Column("amount", ("Jumlah", "Amount"), WHOLE), Column("people", ("Jumlah orang", "People"), WHOLE),
            Column("evidence", ("Bukti", "Evidence")), Column("source", ("Sumber tugas", "Source of the duty")),
            Column("confidence", ("Keyakinan", "Confidence")), Column("record", ("Catatan", "Record")),
        ),
        filters=frozenset({"half"}), key="record", of_people=False,
    ),
    Listed(
        "indicators", ("Indikator siklus monev", "Indicators of M&E cycles"),
        ("Satu baris satu siklus, wilayah dan indikator, dengan pembilang, penyebut dan target.",
         "One row for each cycle, region and indicator, with numerator, denominator and target."),
        "see figures",
        (
            Column("line", ("Baris", "Row")), Column("cycle", ("Siklus", "Cycle")), Column("title", ("Judul", "Title")),
            Column("home", ("Wilayah siklus", "Region of the cycle")), Column("state", ("Keadaan", "State"), coded=True),
            Column("first_month", ("Bulan pertama", "First month")), Column("last_month", ("Bulan terakhir", "Last month")),
            Column("frozen_on", ("Dibekukan tanggal", "Frozen on"), DAY),
            Column("figures_of_day", ("Angka dari tanggal", "Figures of the day"), DAY),
            Column("region", ("Kode wilayah", "Region's code")), Column("region_name", ("Wilayah", "Region")),
            Column("indicator", ("Kode indikator", "Code of the indicator")),
            Column("indicator_name", ("Indikator", "Indicator")),
            Column("value", ("Angka", "Value"), REAL), Column("numerator", ("Pembilang", "Numerator"), WHOLE),
            Column("denominator", ("Penyebut", "Denominator"), WHOLE), Column("target", ("Target", "Target"), REAL),
            Column("verdict", ("Hasil", "Outcome"), coded=True),
            Column("why", ("Kenapa tidak bisa", "Why it can't be said")),
            Column("source", ("Sumber rumus", "Source of the formula")),
        ),
        key="line", of_people=False,
    ),
    Listed(
        "sessions", ("Sosialisasi dan hasilnya", "Outreach and what came of it"),
        ("Satu baris satu kegiatan, dengan pekerja yang baru terdata dan baru aktif sesudahnya.",
         "One row for each session, with the workers newly registered and newly active after it."),
        "see people",
        (
            _RECORD, *PLACE, Column("date", ("Tanggal", "Date"), DAY), Column("theme", ("Tema", "Theme"), searched=True),
            Column("officer", ("Petugas", "Officer"), privacy=PERSONAL, searched=True),
            Column("attendance", ("Jumlah hadir", "Attendance"), WHOLE),
            Column("registered", ("Baru terdata", "Newly registered"), WHOLE),
            Column("activated", ("Baru aktif", "Newly active"), WHOLE),
            Column("per_attendant", ("Terdata per hadir", "Registered per attendant"), REAL),
        ),
        between=("Tanggal", "Date"), key="record", of_people=False,
    ),
    Listed(
        "conflicts", ("Isian berbeda", "Conflicts"),
        ("Satu baris satu isian yang menunggu keputusan.", "One row for each field that waits for a decision."),
        "see conflicts",
        (
            _RECORD, Column("kind", ("Jenis catatan", "Kind of record"), coded=True), *PLACE,
            Column("person", ("Nama", "Name"), privacy=PERSONAL, searched=True),
            Column("field", ("Isian", "Field")), Column("label", ("Nama isian", "Name of the field")),
            Column("since", ("Menunggu sejak", "Waits since"), MOMENT),
            Column("answers", ("Yang ditulis", "What was written"), privacy=PERSONAL),
            Column("by", ("Ditulis oleh", "Written by")),
        ),
        between=("Menunggu sejak", "Waits since"), has_past=True,
    ),
    Listed(
        "devices", ("HP petugas", "Officers' phones"),
        ("Satu baris satu HP.", "One row for each phone."), "see devices",
        (
            Column("device", ("HP", "Phone")), Column("name", ("Nama HP", "Phone's name")),
            Column("officer", ("Petugas", "Officer"), privacy=PERSONAL, searched=True),
            Column("villages", ("Desa", "Villages")), Column("platform", ("Jenis HP", "Platform")),
            Column("enrolled_at", ("Didaftarkan", "Enrolled"), MOMENT),
            Column("contact_at", ("Terakhir terhubung", "Last contact"), MOMENT),
            Column("app", ("Versi aplikasi", "App version")),
            Column("queued", ("Belum terkirim", "Not sent yet"), WHOLE),
            Column("oldest", ("Isian tertua yang belum terkirim", "Oldest not sent")),
            Column("offset_seconds", ("Selisih jam (detik)", "Clock offset (seconds)"), REAL),
            Column("lost", ("Isian yang hilang", "Entries lost"), WHOLE),
            Column("revoked_at", ("Dicabut", "Revoked"), MOMENT),
        ),
        key="device",
    ),
    Listed(
        "duplicates", ("Orang ganda", "Duplicates"),
        ("Satu baris satu pasang catatan yang mungkin satu orang.", "One row for each pair that may be one person."),
        "see conflicts",
        (
            Column("a", ("Catatan pertama", "First record")), Column("a_name", ("Nama pertama", "First name"),
                   privacy=PERSONAL, searched=True),
            Column("a_nik", ("NIK pertama", "First NIK"), NUMBER, PERSONAL),
            Column("a_village", ("Desa pertama", "First village")),
            Column("b", ("Catatan kedua", "Second record")), Column("b_name", ("Nama kedua", "Second name"),
                   privacy=PERSONAL, searched=True),
            Column("b_nik", ("NIK kedua", "Second NIK"), NUMBER, PERSONAL),
            Column("b_village", ("Desa kedua", "Second village")),
            Column("same_nik", ("NIK sama", "Same NIK"), TRUTH), Column("probability", ("Peluang", "Probability"), REAL),
            Column("state", ("Keputusan", "Decision"), coded=True), Column("found_at", ("Ditemukan", "Found"), MOMENT),
            Column("comparisons", ("Yang cocok", "What agrees")),
        ),
        between=("Ditemukan", "Found"),
    ),
    Listed(
        "claim_outcomes", ("Hasil klaim", "Outcomes of claims"),
        ("Satu baris satu wilayah, tahun dan program; tanpa nama, jumlah kecil dikosongkan.",
         "One row for each region, year and programme; no names, small numbers left out."),
        "see figures",
        (
            Column("line", ("Nomor baris", "Row")), *REGION, Column("year", ("Tahun", "Year"), WHOLE),
            Column("program", ("Program (kosong: semua)", "Programme (empty: all)"), coded=True),
            Column("claims", ("Klaim dibayar", "Claims paid"), WHOLE),
            Column("paid_out", ("Manfaat dibayarkan", "Benefits paid out"), WHOLE),
            Column("hidden", ("Terlalu sedikit untuk ditampilkan", "Too few to be shown"), TRUTH),
        ),
        key="line", of_people=False,
    ),
    Listed(
        "audit", ("Catatan jejak", "Audit log"),
        ("Siapa melihat dan mengubah apa, dengan sidik rantainya.",
         "Who looked at and changed what, with the chain's hashes."),
        "see audit",
        (
            Column("number", ("Nomor", "Number"), WHOLE), Column("at", ("Waktu", "Time"), MOMENT),
            Column("who", ("Siapa", "Who")), Column("who_name", ("Nama", "Name"), searched=True),
            Column("act", ("Perbuatan", "Act")), Column("act_words", ("Perbuatan, dengan kata", "Act in words")),
            Column("region", ("Wilayah", "Region")), Column("record", ("Catatan", "Record")),
            Column("about", ("Rincian", "Details")), Column("hash", ("Sidik", "Hash")),
        ),
        between=("Waktu", "Time"), key="number",
    ),
    # What desks enter about regions.
    regional("target", ("Target", "Targets"), (
        "Satu baris satu target wilayah dan tahun.", "One row for each target of a region and year.")),
    regional("profile", ("Profil desa", "Village profiles"), (
        "Satu baris satu desa dan tahun: keterpencilan, sinyal, perangkat.",
        "One row for each village and year: remoteness, signal, staff.")),
    regional("scenario", ("Skenario anggaran", "Budget scenarios"), (
        "Satu baris satu skenario anggaran.", "One row for each budget scenario.")),
    regional("budget", ("Mata anggaran", "Budget lines"), (
        "Satu baris satu mata anggaran: berapa orang, berapa bulan, dari dana apa.",
        "One row for each budget line: how many people, for how many months, from which source.")),
    regional("ranking", ("Aturan urutan", "Rankings"), (
        "Satu baris satu aturan tentang siapa yang didahulukan.", "One row for each rule of who comes first.")),
    regional("decree", ("SK penerima", "Decrees"), (
        "Satu baris satu SK; nama penerimanya ada di daftar sendiri.",
        "One row for each decree; its names are a list of their own.")),
    regional("beneficiary", ("Nama dalam SK", "Names of decrees"), (
        "Satu baris satu nama dalam satu SK.", "One row for each name of a decree."),
        "see people", name="beneficiaries", of_people=True),
    regional("cycle", ("Siklus monev", "M&E cycles"), (
        "Satu baris satu siklus monitoring dan evaluasi.", "One row for each cycle of monitoring and evaluation.")),
    regional("finding", ("Temuan", "Findings"), (
        "Satu baris satu temuan dengan tindak lanjutnya.", "One row for each finding, with its follow-up.")),
    regional("meeting", ("Rapat", "Meetings"), ("Satu baris satu rapat.", "One row for each meeting."),
             between=("Tanggal", "Date")),
    regional("feedback", ("Masukan", "Feedback"), (
        "Satu baris satu masukan yang dicatat di meja; yang dari HP ada di daftar kunjungan.",
        "One row for each feedback entered at a desk; what phones sent is in the list of visits."),
        name="feedback", between=("Tanggal", "Date")),
    regional("solution", ("Solusi", "Solutions"), (
        "Satu baris satu cara yang berhasil.", "One row for each thing that worked.")),
    Listed(
        "award_scores", ("Angka penghargaan", "Award scores"),
        ("Satu baris satu desa dan kriteria dari penghitungan terakhir, dengan buktinya; tanpa nama orang.",
         "One row for each village and criterion of the last run, with its evidence; no persons."),
        "judge",
        (
            Column("line", ("Nomor baris", "Row")), Column("award", ("Penghargaan", "Award")),
            Column("title", ("Judul", "Title")), Column("state", ("Keadaan", "State"), coded=True),
            Column("run", ("Penghitungan ke-", "Run"), WHOLE), Column("frozen_on", ("Dibekukan tanggal", "Frozen on"), DAY),
            *PLACE, Column("band", ("Golongan", "Band")), Column("criterion", ("Kriteria", "Criterion")),
            Column("criterion_name", ("Nama kriteria", "Name of the criterion")),
            Column("numerator", ("Pembilang", "Numerator"), REAL), Column("denominator", ("Penyebut", "Denominator"), REAL),
            Column("value", ("Hasil", "Value"), REAL), Column("points", ("Nilai", "Points"), REAL),
            Column("weight", ("Bobot", "Weight"), REAL), Column("because", ("Karena", "Because")),
            Column("computed", ("Nilai dari semua angka", "Computed score"), REAL),
            Column("is_out", ("Dikeluarkan", "Out"), TRUTH), Column("out", ("Alasan dikeluarkan", "Why it is out")),
        ),
        key="line", of_people=False,
    ),
    regional("award", ("Penghargaan", "Awards"), ("Satu baris satu penghargaan.", "One row for each award.")),
    regional("panel", ("Nilai juri", "Judges' scores"), (
        "Satu baris satu juri dan desa.", "One row for each judge and village."), "run awards"),
    regional("duty", ("Tugas Inpres", "Duties"), (
        "Satu baris satu tugas, lembaga dan semester.", "One row for each duty, institution and half-year."),
        name="duties", filters=frozenset({"half"})),
    regional("agreement", ("Perjanjian", "Agreements"), (
        "Satu baris satu MoU atau PKS.", "One row for each memorandum or agreement."),
        between=("Berakhir", "Ends")),
)}  # fmt: skip
