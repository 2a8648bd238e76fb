"""What lists are brought for: which columns each has, by which headings they are known, and which can't be missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import NamedTuple

from schemas.problem import Both
from server.imports.cells import plain

MEMBERS, WORKERS, DECILES, DECREE, POPULATION = "members", "workers", "deciles", "decree", "population"


class Column(NamedTuple):
    """A thing that a list may say of a person. heads: how its column is called, as `plain` leaves it."""

    field: str
    name: Both
    heads: tuple[str, ...]


class Purpose(NamedTuple):
    """needed: of each of these groups one column at least must be there."""

    name: Both
    says: Both
    columns: tuple[str, ...]
    needed: tuple[tuple[str, ...], ...]


def _column(field: str, indonesian: str, english: str, heads: str) -> Column:
    known = [plain(head) for head in (field.replace("_", " "), indonesian, english, *heads.split("|"))]
    return Column(field, (indonesian, english), tuple(dict.fromkeys(head for head in known if head)))


COLUMNS: Mapping[str, Column] = {
    column.field: column
    for column in (
        _column("nik", "NIK", "NIK", "no nik|nomor nik|nik ktp|no ktp|nomor ktp|no identitas|nomor identitas|"
                "nomor induk kependudukan|nik peserta|nik pekerja|id number|national id"),
        _column("kk_number", "Nomor KK", "Family card number", "kk|no kk|nokk|kartu keluarga|no kartu keluarga"),
        _column("kpj", "Nomor peserta (KPJ)", "Member number (KPJ)", "kpj|no kpj|nomor kpj|nomor peserta|no peserta|"
                "kartu peserta|no kartu peserta|nomor kartu|kode kpj|member number|member no"),
        _column("full_name", "Nama lengkap", "Full name", "nama|nama peserta|nama pekerja|nama tenaga kerja|nama tk|"
                "nama penerima|nama sesuai ktp|nama ktp|nama warga|name"),
        _column("birth_place", "Tempat lahir", "Birth place", "tmp lahir|tmpt lahir|kota lahir|place of birth"),
        _column("birth_date", "Tanggal lahir", "Date of birth", "tgl lahir|tgllahir|tanggallahir|lahir|dob|birthdate"),
        _column("sex", "Jenis kelamin", "Sex", "jk|l p|kelamin|jenkel|jns kelamin|gender"),
        _column("mother_name", "Nama ibu kandung", "Mother's name", "ibu kandung|nama ibu|nama gadis ibu kandung|ibu"),
        _column("address", "Alamat", "Address", "alamat ktp|alamat rumah|alamat domisili|alamat lengkap"),
        _column("rt", "RT", "RT", "no rt"),
        _column("rw", "RW", "RW", "no rw"),
        _column("village", "Desa (nama atau kode)", "Village (name or code)", "desa|kelurahan|desa kelurahan|kampung|"
                "desa kel|kel desa|nama desa|kode desa|kode wilayah|kode kemendagri|kel|village|kelurahan desa"),
        _column("district", "Kecamatan", "District (kecamatan)", "kec|nama kecamatan|district|kecamatan"),
        _column("phone", "Nomor HP", "Phone", "hp|no hp|nomor hp|telepon|no telepon|telp|no telp|handphone|no handphone|"
                "whatsapp|no wa|wa"),
        _column("occupation", "Pekerjaan", "Occupation", "jenis pekerjaan|profesi|mata pencaharian|jenis usaha|job"),
        _column("segment", "Golongan", "Segment", "segmen|segmen peserta|segmentasi|jenis peserta|kepesertaan"),
        _column("monthly_income", "Penghasilan sebulan", "Monthly income", "penghasilan|upah|dasar upah|pendapatan|income"),
        _column("programs", "Program", "Programmes", "program diikuti|jenis program|paket|paket program|programs"),
        _column("payment_months", "Bayar untuk (bulan)", "Months paid at once", "periode bayar|masa bayar"),
        _column("funding", "Dibayar oleh", "Paid by", "sumber dana|sumber pembiayaan|pembiayaan|pendanaan|dana|funding|"
                "sumber iuran|pembayar"),
        _column("vulnerable", "Pekerja rentan", "Vulnerable worker", "rentan|status rentan"),
        _column("dtsen_decile", "Desil DTSEN", "DTSEN decile", "desil|desil nasional|decile|desil kesejahteraan|"
                "peringkat desil"),
        _column("dtsen_at", "Tanggal desil", "Date of the decile", "tanggal desil|tgl desil|periode desil|"
                "tanggal pemutakhiran|per tanggal"),
        _column("months", "Bulan iuran", "Months paid for", "bulan|periode|periode iuran|bulan iuran|blth|bulan lunas|"
                "periode lunas|bulan bayar|masa iuran|blth iuran|month|months|period"),
        _column("amount", "Jumlah iuran", "Amount", "iuran|jumlah|nominal|total iuran|jumlah bayar|nilai iuran|"
                "iuran dibayar|total bayar|jml iuran|amount"),
        _column("paid_on", "Tanggal bayar", "Paid on", "tgl bayar|tanggal lunas|tgl lunas|tanggal pembayaran|"
                "tanggal rekon|tgl rekon|tgl pembayaran|payment date"),
        _column("card_given_on", "Tanggal kartu diserahkan", "Card handed over on", "kartu diserahkan|tanggal serah kartu|"
                "tgl serah kartu|tgl kartu diserahkan|tanggal penyerahan kartu|kartu diterima tanggal|tanggal kartu|"
                "tgl kartu"),
        _column("is_active", "Status peserta", "Member's state", "status|status kepesertaan|aktif|keterangan aktif|"
                "status aktif|member status|state"),
        _column("registered_at", "Tanggal didata", "Registered on", "tanggal daftar|tgl daftar|tanggal pendataan|"
                "tgl pendataan|tanggal registrasi"),
        _column("notes", "Catatan", "Notes", "keterangan|ket|catatan|remarks"),
        _column("result", "Hasil pencocokan", "Result of matching", "hasil|hasil padan|hasil pemadanan|hasil verifikasi|"
                "hasil cek nik|status nik|status padan|validasi nik|match result|hasil validasi|status validasi"),
        _column("found_name", "Nama menurut Dukcapil", "Name at the population office", "nama dukcapil|nama adminduk|"
                "nama hasil padan|nama di dukcapil|nama sesuai dukcapil"),
        _column("found_date", "Tanggal lahir menurut Dukcapil", "Birth date at the population office",
                "tgl lahir dukcapil|tanggal lahir dukcapil|tgl lahir adminduk|tanggal lahir hasil padan"),
    )
}  # fmt: skip

PURPOSES: Mapping[str, Purpose] = {
    MEMBERS: Purpose(
        ("Daftar peserta dari cabang BPJS", "Members' list of the BPJS branch"),
        ("Siapa yang menjadi peserta dan bulan mana yang lunas. Yang diterima mengonfirmasi iuran dan mengisi nomor "
         "peserta.",
         "Who is a member, and which months are paid. What is accepted confirms contributions and fills in member numbers."),
        ("nik", "kpj", "full_name", "birth_date", "programs", "months", "amount", "paid_on", "is_active", "funding",
         "card_given_on", "village", "district"),
        (("nik", "kpj"), ("full_name",), ("months",), ("amount",)),
    ),
    WORKERS: Purpose(
        ("Daftar pekerja dari desa atau kabupaten", "A village's or regency's list of workers"),
        ("Daftar Excel yang sudah ada. Yang belum terdata di sini menjadi pekerja baru dengan status diusulkan.",
         "Excel lists that are there already. Who is not known here yet becomes a new worker, as proposed."),
        ("nik", "kk_number", "full_name", "birth_place", "birth_date", "sex", "mother_name", "address", "rt", "rw",
         "village", "district", "phone", "occupation", "segment", "monthly_income", "programs", "payment_months", "funding",
         "vulnerable", "dtsen_decile", "kpj", "registered_at", "notes"),
        (("nik",), ("full_name",), ("village",)),
    ),
    DECILES: Purpose(
        ("Desil DTSEN", "DTSEN deciles"),
        ("Desil kesejahteraan tiap orang menurut DTSEN, dengan tanggalnya.",
         "Each person's decile of welfare by DTSEN, with its date."),
        ("nik", "full_name", "birth_date", "dtsen_decile", "dtsen_at", "village", "district"),
        (("nik",), ("dtsen_decile",)),
    ),
    DECREE: Purpose(
        ("Daftar penerima menurut SK", "List of a decree (SK)"),
        ("Siapa yang iurannya dibayar pemerintah menurut surat keputusan. Yang diterima dicatat sebagai pekerja rentan, "
         "dengan sumber dananya.",
         "Whose contributions a budget pays by decree. What is accepted marks vulnerable workers, and who pays for them."),
        ("nik", "full_name", "birth_date", "funding", "months", "vulnerable", "village", "district"),
        (("nik",), ("full_name",), ("funding",)),
    ),
    POPULATION: Purpose(
        ("Hasil pencocokan NIK dari Disdukcapil", "The population office's match results"),
        ("Apakah NIK dan nama cocok dengan data kependudukan. Yang sesuai menjadi terverifikasi; nama atau tanggal yang "
         "berbeda Anda putuskan sendiri.",
         "Whether NIK and name are as the population data has them. Who matches is verified; names and dates that differ "
         "are yours to decide."),
        ("nik", "full_name", "birth_date", "result", "found_name", "found_date", "village", "district"),
        (("nik",), ("result",)),
    ),
}  # fmt: skip

FOR_ALL: Mapping[str, tuple[str, ...]] = {MEMBERS: ("months",), DECREE: ("funding", "months")}
"""What may be said once for the whole list, where no column says it."""


def guess(purpose: str, headings: Sequence[str]) -> dict[int, str]:
    """Which column is which, by its heading: number -> field. Each field once; what is not sure is left open."""
    wanted = PURPOSES[purpose].columns
    flat = [plain(heading) for heading in headings]
    found: dict[int, str] = {}
    for same in (_is_head, _begins_so):
        for field in wanted:
            if field in found.values():
                continue
            for at, heading in enumerate(flat):
                if at not in found and heading and same(heading, COLUMNS[field].heads):
                    found[at] = field
                    break
    return dict(sorted(found.items()))


def _is_head(heading: str, heads: Sequence[str]) -> bool:
    return heading in heads or heading.replace(" ", "") in {head.replace(" ", "") for head in heads}


def _begins_so(heading: str, heads: Sequence[str]) -> bool:
    """`nik sesuai ktp el` is a NIK; a short word alone says too little."""
    return any(len(head) > 2 and heading.startswith(head + " ") for head in heads)


def lacking(purpose: str, fields: Sequence[str]) -> list[tuple[str, ...]]:
    """The groups of needed columns of which none is there."""
    return [group for group in PURPOSES[purpose].needed if not set(group) & set(fields)]


def known_heads(row: Sequence[str]) -> int:
    """How many cells of a row are headings that any list may have."""
    return sum(1 for each in row if plain(each) in _ALL_HEADS)


_ALL_HEADS = {head for column in COLUMNS.values() for head in column.heads} | {"no", "nomor", "no urut"}


def fingerprint(headings: Sequence[str]) -> str:
    """By which a mapping is remembered: the same headings in the same order."""
    return sha256("\n".join(plain(heading) for heading in headings).encode()).hexdigest()
