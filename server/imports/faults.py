"""What can be wrong with a list or with a cell of it: short codes, and the sentences for them in both languages."""

from __future__ import annotations

from schemas import problem
from schemas.problem import Both


class BadList(ValueError):
    """The whole file can't be read. `code` is a row of `FILES`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class BadCell(ValueError):
    """A cell can't be read as what its column is. `code` is a row of `CELLS`, with parameters: "village-unknown:…"."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


FILES: dict[str, Both] = {
    "old-excel": (
        "Ini berkas Excel lama (.xls), atau dikunci dengan kata sandi. Buka di Excel, simpan sebagai .xlsx tanpa kata "
        "sandi, lalu unggah lagi.",
        "This is an old Excel file (.xls), or it is locked by a password. Open it in Excel, save it as .xlsx without a "
        "password, and upload it again.",
    ),
    "no-list": (
        "Berkas ini bukan daftar Excel (.xlsx) atau CSV. Simpan daftarnya sebagai .xlsx atau .csv, lalu unggah lagi.",
        "This is no Excel (.xlsx) or CSV list. Save the list as .xlsx or .csv, and upload it again.",
    ),
    "broken": (
        "Berkas ini rusak. Buka dan simpan lagi di Excel, lalu unggah ulang.",
        "This file is broken. Open it and save it again in Excel, then upload it anew.",
    ),
    "too-large-inside": (
        "Isi berkas ini jauh lebih besar dari ukurannya. Salin barisnya ke berkas baru, lalu unggah lagi.",
        "What this file holds is far larger than the file. Copy its rows into a new file, and upload that.",
    ),
    "no-headings": (
        "Tidak ada baris judul kolom. Tulis judul (misalnya NIK, Nama) di atas datanya, lalu unggah lagi.",
        "There is no row of headings. Write headings (as NIK, Nama) above the data, and upload it again.",
    ),
    "no-rows": (
        "Di bawah judul kolom tidak ada baris data. Periksa lembar dan berkasnya, lalu unggah lagi.",
        "There are no rows below the headings. Check the sheet and the file, and upload it again.",
    ),
    "too-many-rows": (
        "Barisnya lebih dari 1.048.576. Bagi menjadi beberapa berkas, lalu unggah satu per satu.",
        "It has more than 1,048,576 rows. Cut it into several files, and upload one after the other.",
    ),
    "lost": (
        "Isi berkas ini hilang dari server. Unggah lagi.",
        "The content of this file is gone from the server. Upload it again.",
    ),
    "internal": (
        "Ada yang salah di server saat membaca daftar ini. Coba lagi; bila berulang, hubungi pengelola server.",
        "Something went wrong on the server with this list. Try again; if it comes back, tell whoever runs the server.",
    ),
}

CELLS: dict[str, Both] = {
    "nik-precision": (
        "Excel mengubah NIK ini menjadi angka, dan angka terakhirnya hilang. Ubah kolom NIK menjadi Teks di berkas asal, "
        "lalu unggah lagi.",
        "Excel turned this NIK into a number, and its last digit is lost. Make the NIK column Text in the original file, "
        "and upload it again.",
    ),
    "number-lost": (
        "Excel mengubah nomor ini menjadi angka, dan sebagian angkanya hilang. Ubah kolomnya menjadi Teks di berkas asal.",
        "Excel turned this into a number, and some of its digits are lost. Make the column Text in the original file.",
    ),
    "no-number": (
        "Baris ini tidak punya NIK maupun nomor peserta. Isi salah satunya.",
        "This row has neither NIK nor member number. Fill one of them in.",
    ),
    "twice-in-list": (
        "Orang ini ada juga di baris {0} dengan isi yang berbeda. Biarkan satu baris yang benar.",
        "This person stands in row {0} as well, and differently. Keep the one row that is right.",
    ),
    "bad-date": (
        "Tanggal ini tidak terbaca. Tulis seperti 7-12-1990 atau 7 Des 1990.",
        "This date can't be read. Write it as 7-12-1990 or 7 Des 1990.",
    ),
    "bad-month": (
        "Bulan ini tidak terbaca. Tulis seperti 11/2026 atau Nov 2026; beberapa bulan dipisah koma.",
        "This month can't be read. Write it as 11/2026 or Nov 2026; several months with commas.",
    ),
    "too-many-months": (
        "Lebih dari 24 bulan dalam satu baris. Periksa kolom bulannya.",
        "More than 24 months in one row. Check the column of months.",
    ),
    "bad-amount": (
        "Jumlah uang ini tidak terbaca. Tulis angka bulat, misalnya 16800.",
        "This amount can't be read. Write a whole number, as 16800.",
    ),
    "bad-kk": (
        "Nomor KK harus 16 angka. Periksa kartunya, atau kosongkan.",
        "A family card number has 16 digits. Look at the card, or leave it empty.",
    ),
    "bad-sex": ("Jenis kelamin tidak terbaca. Tulis L atau P.", "The sex can't be read. Write L or P."),
    "bad-programs": (
        "Program tidak terbaca. Tulis JKK, JKM, JHT.",
        "The programmes can't be read. Write JKK, JKM, JHT.",
    ),
    "bad-decile": ("Desil harus angka 1 sampai 10.", "A decile is a number from 1 to 10."),
    "bad-choice": (
        "Isi kolom ini tidak dikenal: pilih salah satu yang dikenal, atau kosongkan.",
        "This is not one of the known words: write one of them, or leave it empty.",
    ),
    "bad-result": (
        "Hasil pencocokan tidak dikenal. Tulis: sesuai, tidak ditemukan, nama berbeda, atau tanggal lahir berbeda.",
        "The result of matching is not known. Write: sesuai, tidak ditemukan, nama berbeda, or tanggal lahir berbeda.",
    ),
    "village-unknown": (
        "Desa ini tidak ada di wilayah daftar. Periksa nama desa dan kecamatannya.",
        "There is no such village in the list's region. Check the names of village and kecamatan.",
    ),
    "village-many": (
        "Ada beberapa desa bernama sama. Isi juga kolom kecamatan, atau kode desanya.",
        "Several villages have this name. Fill in the kecamatan too, or the village's code.",
    ),
    "village-digits": (
        "Kode desa harus pakai titik (64.02.11.2005): tanpa titik tidak jelas itu kode Kemendagri atau BPS.",
        "A village's code needs its dots (64.02.11.2005): without them it may be the ministry's or the statistics office's.",
    ),
    "village-missing": (
        "Desa belum diisi, padahal pekerja baru harus punya desa.",
        "The village is missing; a new worker must have one.",
    ),
    "name-missing": ("Nama belum diisi.", "The name is missing."),
}


def sentence(code: str, lang: str) -> str:
    """A complaint about a cell, ours or one of `schemas.problem`."""
    name, _, rest = code.partition(":")
    if name not in CELLS:
        return problem.complain(code, lang)
    return CELLS[name][1 if lang == problem.ENGLISH else 0].format(*rest.split(":"))


def file_sentence(code: str) -> Both:
    return FILES.get(code, FILES["internal"])
