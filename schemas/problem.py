"""Every refusal we can utter, in Indonesian as a village officer speaks, and in English; each says what to do.

COMPLAINTS are about one field or one change: short codes, since a verdict is kept for years and read in either
language. Problems are about a whole request: what RFC 9457 calls a problem, with a type that never changes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

INDONESIAN, ENGLISH = "id", "en"
Both = tuple[str, str]  # the same sentence in Indonesian and English

# {0}, {1} stand for what follows the code: "too-long:100".
COMPLAINTS: dict[str, Both] = {
    # --- types and shapes of a field
    "required": ("Isian ini wajib. Tanyakan dan isi, jangan dikosongkan.", "This is required. Ask, and fill it in."),
    "empty": ("Isian ini masih kosong. Tulis isinya.", "Nothing is written here. Fill it in."),
    "not-text": ("Isian ini harus berupa teks. Ketik ulang.", "This must be text. Type it again."),
    "not-a-whole-number": (
        "Isian ini harus angka bulat, tanpa koma. Ketik ulang.",
        "This must be a whole number, without decimals. Type it again.",
    ),
    "not-a-number": ("Isian ini harus berupa angka. Ketik ulang.", "This must be a number. Type it again."),
    "not-true-or-false": ("Jawab dengan ya atau tidak.", "Answer with yes or no."),
    "not-a-list": ("Isian ini harus berupa daftar. Pilih ulang.", "This must be a list. Choose again."),
    "not-an-object": (
        "Isi bagian ini tidak terbaca. Isi ulang bagian ini.",
        "This part can't be read. Fill it in again.",
    ),
    "not-json": ("Isi ini tidak terbaca. Isi ulang.", "This can't be read. Fill it in again."),
    "too-long": (
        "Terlalu panjang. Singkatkan menjadi paling banyak {0} huruf.",
        "Too long. Shorten it to {0} characters at most.",
    ),
    "too-many": ("Terlalu banyak. Paling banyak {0}; kurangi.", "Too many. Keep {0} at most."),
    "out-of-range": (
        "Angka ini di luar batas. Isi antara {0} dan {1}.",
        "This number is out of bounds. Enter one between {0} and {1}.",
    ),
    "number-too-big": (
        "Angka ini terlalu besar untuk disimpan. Periksa dan ketik ulang.",
        "This number is too big to be kept. Check it and type it again.",
    ),
    "text-unclean": (
        "Ada tanda rusak di dalam teks ini. Hapus lalu ketik ulang, jangan disalin-tempel.",
        "This text holds a broken sign. Clear it and type it again; do not paste it.",
    ),
    "nested-too-deep": (
        "Isi ini bertumpuk terlalu dalam. Perbarui aplikasi, lalu isi ulang.",
        "This is nested too deep. Update the app, then fill it in again.",
    ),
    "bad-field-name": (
        "Nama isian ini tidak bisa dipakai. Perbarui aplikasi atau formulir, lalu isi ulang.",
        "A field can't have this name. Update the app or the form, then fill it in again.",
    ),
    "not-one-of": ("Pilih salah satu dari: {0}.", "Choose one of: {0}."),
    "lacks-members": (
        "Pilihan ini belum lengkap. Sedikitnya harus ada: {0}.",
        "This choice is not complete. It must hold at least: {0}.",
    ),
    "inside": ("Pada bagian {0}: {1}", "In part {0}: {1}"),
    "bad-day": (
        "Tanggal ini tidak ada. Tulis tahun-bulan-tanggal, misalnya 1990-07-12.",
        "There is no such day. Write year-month-day, such as 1990-07-12.",
    ),
    "future-day": (
        "Tanggal ini belum tiba. Periksa tahunnya, dan periksa tanggal di ponsel.",
        "This day has not come yet. Check the year, and the date of the phone.",
    ),
    "future-month": (
        "Bulan ini belum mulai. Pilih bulan ini atau bulan yang sudah lewat.",
        "This month has not begun. Choose the current month or an earlier one.",
    ),
    "bad-month": (
        "Bulan ini tidak ada. Tulis tahun-bulan, misalnya 2026-11.",
        "There is no such month. Write year-month, such as 2026-11.",
    ),
    "bad-time": (
        "Waktu ini tidak terbaca. Periksa tanggal dan jam di ponsel, lalu isi ulang.",
        "This time can't be read. Check the date and clock of the phone, then fill it in again.",
    ),
    "bad-phone": (
        "Nomor telepon ini tidak terbaca. Tulis seperti 0812-3456-7890, satu nomor saja.",
        "This phone number can't be read. Write it like 0812-3456-7890, one number only.",
    ),
    "bad-region": (
        "Kode wilayah ini salah bentuk. Pilih wilayah dari daftar.",
        "This is no region code. Choose the region from the list.",
    ),
    "bad-village": (
        "Ini bukan kode desa atau kelurahan. Pilih desanya dari daftar.",
        "This is no village code. Choose the village from the list.",
    ),
    "bad-occupation": (
        "Kode pekerjaan ini salah bentuk. Pilih pekerjaan dari daftar.",
        "This is no occupation code. Choose the occupation from the list.",
    ),
    "bad-sha256": (
        "Tanda pengenal berkas ini rusak. Ambil ulang foto atau tanda tangannya.",
        "The fingerprint of this file is broken. Take the photo or signature again.",
    ),
    "bad-file-type": (
        "Jenis berkas ini tidak dikenal. Ambil ulang foto atau tanda tangannya.",
        "The type of this file can't be read. Take the photo or signature again.",
    ),
    "bad-criterion": (
        "Kriteria ini tidak dikenal. Pilih dari daftar.",
        "There is no such criterion. Choose from the list.",
    ),
    "bad-band": (
        "Golongan desa ini tidak dikenal. Pilih dari daftar.",
        "There is no such band. Choose from the list.",
    ),
    "bad-duty": (
        "Tugas ini tidak dikenal. Pilih dari daftar.",
        "There is no such duty. Choose from the list.",
    ),
    "bad-half": (
        "Semester ini tidak ada. Tulis tahun dan semester, misalnya 2026-2.",
        "There is no such half-year. Write year and half, such as 2026-2.",
    ),
    # --- identity numbers
    "nik-digits": (
        "NIK hanya berisi angka. Baca ulang KTP-nya; bila di kartu memang begitu, tulis alasannya.",
        "A NIK is made of digits only. Read the card again; if it really says so, give the reason.",
    ),
    "nik-length": (
        "NIK harus 16 angka, yang tertulis {0}. Baca ulang KTP-nya; bila di kartu memang begitu, tulis alasannya.",
        "A NIK has 16 digits, here are {0}. Read the card again; if it really says so, give the reason.",
    ),
    "nik-province": (
        "NIK diawali kode provinsi, dan {0} bukan kode provinsi. Baca ulang KTP-nya; bila di kartu memang begitu, "
        "tulis alasannya.",
        "A NIK begins with a province, and {0} is none. Read the card again; if it really says so, give the reason.",
    ),
    "nik-day": (
        "Tanggal lahir di dalam NIK tidak ada. Baca ulang KTP-nya; bila di kartu memang begitu, tulis alasannya.",
        "The birth date inside the NIK does not exist. Read the card again; if it really says so, give the reason.",
    ),
    "nik-serial": (
        "NIK tidak pernah berakhir dengan 0000. Baca ulang KTP-nya; bila di kartu memang begitu, tulis alasannya.",
        "A NIK never ends in 0000. Read the card again; if it really says so, give the reason.",
    ),
    "bad-kk": ("Nomor KK harus 16 angka. Baca ulang kartunya.", "A family card number has 16 digits. Read it again."),
    # --- warnings: nothing is refused for these
    "nik-odd": (
        "NIK ini bentuknya tidak biasa. Cocokkan lagi dengan KTP bila bertemu.",
        "This NIK has an unusual form. Compare it with the card when you meet again.",
    ),
    "nik-birth-date": (
        "Tanggal lahir berbeda dari yang ada di NIK. Cocokkan dengan KTP; bila KTP memang begitu, biarkan.",
        "The birth date differs from the one in the NIK. Compare it with the card; if the card says so, leave it.",
    ),
    "nik-sex": (
        "Jenis kelamin berbeda dari yang ada di NIK. Cocokkan dengan KTP; bila KTP memang begitu, biarkan.",
        "The sex differs from the one in the NIK. Compare it with the card; if the card says so, leave it.",
    ),
    "kk-odd": (
        "Nomor KK ini bentuknya tidak biasa. Cocokkan lagi dengan kartunya.",
        "This family card number has an unusual form. Compare it with the card again.",
    ),
    "kk-is-nik": (
        "Nomor KK sama dengan NIK. Nomor KK ada di bagian atas Kartu Keluarga; periksa lagi.",
        "The family card number equals the NIK. It stands at the top of the family card; check again.",
    ),
    "consent-for-nothing": (
        "Persetujuan ini tidak menyebut untuk apa. Tanyakan lagi dan pilih tujuannya.",
        "This consent does not say what for. Ask again and choose the purposes.",
    ),
    # --- who may write what
    "desk-only-kind": (
        "Catatan jenis ini hanya diisi oleh operator. Sampaikan kepada operator.",
        "Only an operator enters records of this kind. Tell the operator.",
    ),
    "desk-only-field": (
        "Bagian ini hanya diisi oleh operator. Kosongkan, lalu sampaikan kepada operator.",
        "Only an operator fills this in. Leave it out, and tell the operator.",
    ),
    "desk-only-value": (
        'Pilihan "{0}" hanya boleh dipakai operator. Pilih yang lain, lalu sampaikan kepada operator.',
        'Only an operator may choose "{0}". Choose another, and tell the operator.',
    ),
    "outside-village": (
        "Catatan ini milik desa yang tidak dipegang ponsel ini. Sampaikan kepada petugas desanya atau kepada operator.",
        "This record belongs to a village that this phone does not serve. Tell that village's officer or the operator.",
    ),
    "unknown-village": (
        "Desa dengan kode ini tidak ada di daftar. Pilih desanya dari daftar.",
        "There is no village with this code. Choose the village from the list.",
    ),
    "not-creator": (
        "Nomor catatan ini milik ponsel lain. Buat catatan baru dari ponsel ini.",
        "This record number belongs to another phone. Make a new record on this phone.",
    ),
    "record-erased": (
        "Data orang ini sudah dihapus atas permintaannya. Jangan diisi lagi; tanyakan kepada operator bila perlu.",
        "This person's data was erased on request. Do not enter it again; ask the operator if in doubt.",
    ),
    "operator-refused": (
        "Operator tidak menerima perubahan ini. Tanyakan alasannya, lalu perbaiki.",
        "The operator did not accept this change. Ask why, then correct it.",
    ),
    "device-revoked": (
        "Ponsel ini sudah dicabut. Serahkan kepada operator; isinya akan diperiksa di sana.",
        "This phone was revoked. Hand it to the operator; what it holds is looked at there.",
    ),
    # --- the change as a whole
    "kind-differs": (
        "Catatan ini sudah ada dengan jenis lain. Buat catatan baru.",
        "This record exists already as another kind. Make a new one.",
    ),
    "bad-kind": (
        "Jenis catatan ini tidak terbaca. Perbarui aplikasi, lalu isi ulang.",
        "The kind of this record can't be read. Update the app, then fill it in again.",
    ),
    "bad-record-id": (
        "Nomor catatan ini salah bentuk. Buka catatannya lagi dari daftar, atau buat yang baru.",
        "This is no record number. Open the record again from the list, or make a new one.",
    ),
    "bad-at": (
        "Waktu pengisian tidak terbaca. Periksa tanggal dan jam di ponsel, lalu isi ulang.",
        "The time of entry can't be read. Check the date and clock of the phone, then fill it in again.",
    ),
    "bad-seen": (
        "Keterangan tentang apa yang sudah dilihat tidak terbaca. Sinkronkan dulu, lalu isi ulang.",
        "What had been seen can't be read. Sync first, then fill it in again.",
    ),
    "bad-form": (
        "Nama formulirnya tidak terbaca. Perbarui formulir, lalu isi ulang.",
        "The name of the form can't be read. Refresh the forms, then fill it in again.",
    ),
    "no-fields": (
        "Tidak ada isian yang diubah. Isi sedikitnya satu, lalu simpan lagi.",
        "No field was changed. Fill in at least one, and save again.",
    ),
    "too-large": (
        "Perubahan ini terlalu besar. Singkatkan isinya atau bagi menjadi beberapa kali simpan.",
        "This change is too large. Shorten it, or save it in several parts.",
    ),
    "seen-ahead": (
        "Perubahan ini menyebut data yang belum ada di server. Sinkronkan, periksa lagi, lalu isi ulang.",
        "This change names data that the server does not have yet. Sync, look again, then fill it in again.",
    ),
    "below-seen": (
        "Perubahan ini datang terlambat: yang sesudahnya sudah dibagikan. Lihat isinya sekarang, lalu isi ulang bila "
        "masih perlu.",
        "This change came too late: what follows it was told already. Look at the record now, and enter it again if "
        "it still holds.",
    ),
    "lost-before": (
        "Perubahan ini pernah dilaporkan hilang. Periksa catatannya sekarang, lalu isi ulang bila masih perlu.",
        "This change had been reported as lost. Look at the record now, and enter it again if it still holds.",
    ),
    # --- why a change waits
    "unknown-field": (
        "Jenis catatan ini tidak punya isian itu. Periksa namanya.",
        "This kind of record has no such field. Check its name.",
    ),
    "unknown-record": (
        "Catatan yang disebut tidak ada di wilayah ini. Pilih yang ada.",
        "There is no such record in this region. Choose one that there is.",
    ),
    "cancelled-agreement": (
        "Perjanjian ini dibatalkan, jadi tidak bisa dilanjutkan. Buat perjanjian baru.",
        "This agreement was cancelled, so nothing follows it. Begin a new one.",
    ),
    "before-its-beginning": (
        "Akhirnya lebih awal daripada mulainya. Periksa keduanya.",
        "It ends before it begins. Check both.",
    ),
    "waits-busy": (
        "Desanya sedang sibuk; akan digabung sebentar lagi.",
        "Its village was busy; it will be merged in a moment.",
    ),
    "waits-record": (
        "Catatannya dari ponsel lain belum sampai. Minta ponsel itu sinkron, atau putuskan di sini.",
        "Its record, made on another phone, is not here yet. Have that phone sync, or decide here.",
    ),
    "waits-order": (
        "Perubahan sebelumnya pada catatan ini masih menunggu. Putuskan yang itu dulu.",
        "An earlier change of this record still waits. Decide that one first.",
    ),
    # --- a list asked for by pages
    "bad-cursor": (
        "Penanda halaman ini tidak terbaca. Mulai lagi dari awal daftar.",
        "This page marker can't be read. Begin the list anew.",
    ),
    # --- a body that is no sync request
    "bad-seq": (
        "Ada perubahan tanpa nomor urut. Perbarui aplikasi, lalu sinkronkan lagi.",
        "A change has no sequence number. Update the app, then sync again.",
    ),
    "not-a-count": (
        "Ini harus angka bulat. Perbarui aplikasi, lalu sinkronkan lagi.",
        "This must be a whole number. Update the app, then sync again.",
    ),
    "bad-cursors": (
        "Penanda sinkron tidak terbaca. Perbarui aplikasi, lalu sinkronkan lagi.",
        "The sync markers can't be read. Update the app, then sync again.",
    ),
}
_UNKNOWN: Both = (
    "Isian ini tidak bisa diterima ({0}). Tanyakan kepada operator.",
    "Not accepted ({0}). Ask the operator.",
)


def complain(code: str, lang: str) -> str:
    """The sentence for a code, its parameters filled in: `complain("too-long:100", "en")`. Never raises."""
    name, *parts = code.split(":")
    if name not in COMPLAINTS:
        return _in(_UNKNOWN, lang).format(code)
    if name == "inside":
        where, rest = (code.split(":", 2) + ["", ""])[1:3]
        parts = [where, complain(rest, lang)]
    return _in(COMPLAINTS[name], lang).format(*parts, "…", "…")


def _in(both: Both, lang: str) -> str:
    return both[1] if lang == ENGLISH else both[0]


def language(accept_language: str | None) -> str:
    """`id` or `en`, after an Accept-Language header; Indonesian when unsure."""
    ranked = [_ranked(part) for part in (accept_language or "")[:500].split(",")[:20]]
    best = max((weight for lang, weight in ranked if lang == INDONESIAN), default=0.0)
    return ENGLISH if any(lang == ENGLISH and weight > best for lang, weight in ranked) else INDONESIAN


def _ranked(part: str) -> tuple[str, float]:
    """("en", 0.8) of "en-GB;q=0.8"; a weight that can't be read counts for nothing."""
    tag, _, parameter = part.partition(";")
    lang = tag.strip().lower().split("-")[0]
    name, _, weight = parameter.replace(" ", "").partition("=")
    return {"in": INDONESIAN}.get(lang, lang), 1.0 if not name else _weight(weight)


def _weight(text: str) -> float:
    return float(text) if len(text) <= 5 and text.isascii() and text.replace(".", "", 1).isdigit() else 0.0


class _Blank(dict[str, Any]):
    """A placeholder nobody filled shows as an ellipsis: a refusal must never fail for its words."""

    def __missing__(self, key: str) -> str:
        return "…"


@dataclass(frozen=True, slots=True)
class Problem:
    """A refusal of a whole request. title, detail: in Indonesian and English, `detail` with {placeholders}."""

    slug: str
    status: int
    title: Both
    detail: Both

    @property
    def type(self) -> str:
        return f"urn:sambung:{self.slug}"

    def body(self, lang: str, **values: Any) -> dict[str, Any]:
        """The problem document. `values` fill the placeholders, and stand in it as members of their own."""
        detail = _in(self.detail, lang).format_map(_Blank(values))
        return {"type": self.type, "title": _in(self.title, lang), "status": self.status, "detail": detail, **values}


BAD_REQUEST = Problem(
    "bad-request",
    400,
    ("Permintaan tidak terbaca", "The request can't be read"),
    (
        "Isi permintaan tidak seperti yang diharapkan. Tidak ada yang disimpan. Perbarui aplikasi, lalu coba lagi.",
        "The request is not of the expected form. Nothing was stored. Update the app, then try again.",
    ),
)
NOT_JSON = Problem(
    "not-json",
    400,
    ("Bukan JSON", "Not JSON"),
    (
        "Isi permintaan bukan JSON yang sah, mungkin terpotong di jalan. Tidak ada yang disimpan. Kirim lagi.",
        "The body is not valid JSON; it may have been cut on its way. Nothing was stored. Send it again.",
    ),
)
BAD_GZIP = Problem(
    "bad-gzip",
    400,
    ("Kiriman rusak", "Damaged body"),
    (
        "Isi kiriman tidak bisa dibuka (gzip rusak atau terpotong). Tidak ada yang disimpan. Kirim lagi.",
        "The body can't be inflated (gzip damaged or cut). Nothing was stored. Send it again.",
    ),
)
TOO_LARGE = Problem(
    "too-large",
    413,
    ("Kiriman terlalu besar", "Too much at once"),
    (
        "Kiriman melebihi batas {max_bytes} byte atau {max_changes} perubahan. Tidak ada yang disimpan. Kirim lebih "
        "sedikit sekaligus.",
        "The body exceeds {max_bytes} bytes or {max_changes} changes. Nothing was stored. Send fewer at a time.",
    ),
)
UNAUTHORIZED = Problem(
    "unauthorized",
    401,
    ("Belum dikenal", "Not signed in"),
    (
        "Token tidak ada atau salah. Daftarkan ponsel dengan kode dari operator, atau masuk lagi.",
        "There is no token, or a wrong one. Enrol the phone with a code from the operator, or sign in again.",
    ),
)
DEVICE_REVOKED = Problem(
    "device-revoked",
    401,
    ("Ponsel ini sudah dicabut", "This device was revoked"),
    (
        "Ponsel ini tidak boleh dipakai lagi. Serahkan berkas yang belum terkirim kepada operator.",
        "This device may no longer be used. Hand what was not sent to the operator.",
    ),
)
DEVICE_UNKNOWN = Problem(
    "device-unknown",
    401,
    ("Ponsel ini belum dikenal server", "The server does not know this device"),
    (
        "Server dipulihkan dari cadangan dan belum mengenal ponsel ini. Simpan semua data, lalu daftar lagi dengan "
        "kode baru dari operator.",
        "The server was restored from a backup and does not know this device yet. Keep everything, and enrol with a "
        "new code from the operator.",
    ),
)
ENROLMENT_REFUSED = Problem(
    "enrolment-refused",
    403,
    ("Kode tidak diterima", "The code was not accepted"),
    (
        "Kode ini salah, sudah dipakai, atau sudah lewat waktunya. Minta kode baru kepada operator.",
        "This code is wrong, used or expired. Ask the operator for a new one.",
    ),
)
FORBIDDEN = Problem(
    "forbidden",
    403,
    ("Tidak berwenang", "Not allowed"),
    (
        "Peran Anda tidak mengizinkan tindakan ini. Mintalah kepada operator atau admin.",
        "Your role does not allow this. Ask an operator or an administrator.",
    ),
)
OUTSIDE_REGION = Problem(
    "outside-region",
    403,
    ("Di luar wilayah Anda", "Outside your region"),
    (
        "Data ini milik wilayah yang tidak Anda pegang. Mintalah kepada petugas wilayah itu.",
        "This belongs to a region that is not yours. Ask those who serve it.",
    ),
)
NOT_FOUND = Problem(
    "not-found",
    404,
    ("Tidak ditemukan", "Not found"),
    (
        "Yang diminta tidak ada di sini. Periksa alamat atau nomornya.",
        "What was asked for is not here. Check the address or the number.",
    ),
)
METHOD_NOT_ALLOWED = Problem(
    "method-not-allowed",
    405,
    ("Cara ini tidak dilayani", "Method not allowed"),
    (
        "Alamat ini tidak melayani cara itu. Lihat /docs untuk cara yang benar.",
        "This address does not serve that method. See /docs for those it does.",
    ),
)
GAP = Problem(
    "gap",
    409,
    ("Ada perubahan yang terlewat", "Changes are missing in between"),
    (
        "Server baru memegang sampai nomor {acked}. Tidak ada yang disimpan. Kirim mulai dari nomor sesudahnya.",
        "The server holds everything up to {acked}. Nothing was stored. Send from the one after it.",
    ),
)
FORKED = Problem(
    "forked",
    409,
    ("Ponsel ini punya kembaran", "This device has a twin"),
    (
        "Nomor {seq} sudah dipakai untuk isi yang lain, mungkin dari salinan ponsel ini. Daftar lagi, lalu kirim "
        "mulai dari nomor itu dengan nama baru.",
        "Number {seq} was used for other content, maybe by a copy of this device. Enrol again, and send from that "
        "number on under the new id.",
    ),
)
NOT_SEEN = Problem(
    "not-seen",
    409,
    ("Catatan ini sudah berubah", "The record has changed"),
    (
        "Ada isi yang belum Anda lihat. Lihat catatan yang sekarang, lalu putuskan lagi.",
        "It holds something that you had not seen. Look at it as it now is, and decide again.",
    ),
)
UNSUPPORTED_MEDIA = Problem(
    "unsupported-media",
    415,
    ("Jenis isi tidak dilayani", "Unsupported content"),
    (
        "Kirim JSON (application/json), boleh dengan gzip.",
        "Send JSON (application/json), gzip if you like.",
    ),
)
INVALID = Problem(
    "invalid",
    422,
    ("Ada isian yang perlu diperbaiki", "Some fields need correcting"),
    (
        "Lihat keterangan pada tiap isian, perbaiki, lalu kirim lagi.",
        "See what is said of each field, correct it, and send again.",
    ),
)
TOO_MANY = Problem(
    "too-many",
    429,
    ("Terlalu sering", "Too many requests"),
    (
        "Tunggu {retry_after} detik, lalu coba lagi.",
        "Wait {retry_after} seconds, then try again.",
    ),
)
FORM_UNKNOWN = Problem(
    "form-unknown",
    404,
    ("Formulir tidak ada", "No such form"),
    (
        "Server tidak punya formulir {form}. Perbarui daftar formulir di ponsel, atau minta operator menerbitkannya.",
        "The server does not have form {form}. Refresh the forms on the phone, or ask the operator to publish it.",
    ),
)
LOGIN_REFUSED = Problem(
    "login-refused",
    401,
    ("Tidak bisa masuk", "Sign-in refused"),
    (
        "Nama, kata sandi atau kode tidak cocok. Periksa lagi, atau mintalah admin membuat kata sandi baru.",
        "Name, password or code do not match. Check them, or ask an administrator for a new password.",
    ),
)
SECOND_FACTOR_NEEDED = Problem(
    "second-factor-needed",
    401,
    ("Kode faktor kedua belum diisi", "The second factor is still to be given"),
    (
        "Akun ini memakai kode enam angka dari aplikasi autentikator. Kirim kode itu bersama nama dan kata sandi.",
        "This account uses the six-digit code of an authenticator app. Send that code with name and password.",
    ),
)
PASSWORD_TO_CHANGE = Problem(
    "password-to-change",
    403,
    ("Kata sandi pertama belum diganti", "The first password is still to be changed"),
    (
        "Kata sandi ini dibuat oleh orang lain. Masuk dulu lewat browser di /console/ dan buat kata sandi sendiri.",
        "Somebody else made this password. First sign in by a browser at /console/ and make one of your own.",
    ),
)
FORM_STALE = Problem(
    "form-stale",
    403,
    ("Halaman ini sudah terlalu lama terbuka", "This page was open for too long"),
    (
        "Tidak ada yang diubah. Muat ulang halaman ini, periksa isinya, lalu kirim sekali lagi.",
        "Nothing was changed. Load the page again, check what stands there, and send it once more.",
    ),
)
AT_DESK = Problem(
    "at-desk",
    409,
    ("Ini hanya ditetapkan di konsol", "This is set in the console alone"),
    (
        "Isian {fields} harus disetujui dua orang, atau dihitung dan disegel server, jadi program tidak bisa mengisinya. "
        "Tidak ada yang disimpan. Kirim tanpa isian itu, lalu selesaikan di halaman konsolnya.",
        "Two people must agree on {fields}, or the server works it out and seals it, so no program can set it. Nothing was "
        "stored. Send without it, and finish on its page in the console.",
    ),
)
ENTRY_CLOSED = Problem(
    "entry-closed",
    409,
    ("Catatan ini sudah tidak bisa diubah lewat program", "The record is no longer changed by programs"),
    (
        "Keadaannya sekarang {state}. Tidak ada yang disimpan. Ubah di halaman konsolnya, kalau masih boleh diubah.",
        "It is {state} by now. Nothing was stored. Change it on its page in the console, where it may still be changed.",
    ),
)
OWN_ENTRY = Problem(
    "own-entry",
    403,
    ("Ini tulisan Anda sendiri", "You wrote this yourself"),
    (
        "Salah satu isi yang berbeda Anda tulis sendiri, jadi orang lain yang memutuskan. Minta rekan operator.",
        "You wrote one of the values that differ, so somebody else decides. Ask a fellow operator.",
    ),
)
FILE_TOO_LARGE = Problem(
    "file-too-large",
    413,
    ("Berkas terlalu besar", "The file is too large"),
    (
        "Foto paling besar {max_bytes} byte. Ambil ulang dengan ukuran lebih kecil.",
        "A photo has {max_bytes} bytes at the most. Take it again in a smaller size.",
    ),
)
FILE_TYPE = Problem(
    "file-type",
    415,
    ("Jenis berkas tidak diterima", "This type of file is not taken"),
    (
        "Hanya foto WebP, JPEG atau PNG yang diterima. Ambil ulang fotonya dengan aplikasi.",
        "Photos in WebP, JPEG or PNG alone are taken. Take the photo again with the app.",
    ),
)
FILE_DAMAGED = Problem(
    "file-damaged",
    422,
    ("Berkas rusak di jalan", "The file was damaged on its way"),
    (
        "Isi berkas tidak sama dengan yang dicatat, jadi tidak disimpan. Kirim ulang dari awal.",
        "The content is not the one that was recorded, so it was not kept. Send it again from the start.",
    ),
)
UPLOAD_OFFSET = Problem(
    "upload-offset",
    409,
    ("Bagian ini tidak menyambung", "This part does not fit"),
    (
        "Server sudah punya berkas ini sampai byte {offset}. Kirim mulai dari situ.",
        "The server has this file up to byte {offset}. Send on from there.",
    ),
)
UPLOAD_BUSY = Problem(
    "upload-busy",
    423,
    ("Berkas ini sedang dikirim", "This file is being sent"),
    (
        "Kiriman lain untuk berkas ini masih berjalan. Tunggu sebentar, lalu lanjutkan.",
        "Another request for this file is still at work. Wait a moment, then go on.",
    ),
)
CHECKSUM_MISMATCH = Problem(
    "checksum-mismatch",
    460,
    ("Bagian ini rusak di jalan", "This part was damaged on its way"),
    (
        "Bagian berkas ini tidak disimpan. Kirim lagi bagian yang sama.",
        "This part of the file was not kept. Send the same part again.",
    ),
)
TUS_VERSION = Problem(
    "tus-version",
    412,
    ("Cara kirim berkas tidak dikenal", "Unknown way of uploading"),
    (
        "Server ini memakai tus 1.0.0. Perbarui aplikasi.",
        "This server speaks tus 1.0.0. Update the app.",
    ),
)
BUNDLE_REFUSED = Problem(
    "bundle-refused",
    422,
    ("Berkas kiriman tidak bisa dibuka", "The bundle can't be opened"),
    (
        "Berkas ini terpotong, berubah, atau bukan untuk server ini. Tidak ada yang disimpan. Minta petugas membuat "
        "dan mengirim berkasnya sekali lagi.",
        "This file was cut or altered, or is not for this server. Nothing was stored. Ask the officer to make the file "
        "and hand it over once more.",
    ),
)
RECOVERY_REFUSED = Problem(
    "recovery-refused",
    403,
    ("Kode pemulihan tidak diterima", "The recovery code was not accepted"),
    (
        "Kode ini salah, sudah dipakai, sudah lewat waktunya, atau bukan untuk HP ini. Minta kode baru kepada operator.",
        "This code is wrong, used, expired, or not for this phone. Ask the operator for a new one.",
    ),
)
INTERNAL = Problem(
    "internal",
    500,
    ("Ada yang rusak di server", "Something broke on the server"),
    (
        "Ini bukan kesalahan Anda. Data di ponsel tetap aman; coba lagi nanti, dan kabari operator bila terus terjadi.",
        "This is not your fault. What the phone holds is safe; try again later, and tell the operator if it goes on.",
    ),
)
UNAVAILABLE = Problem(
    "unavailable",
    503,
    ("Server sedang tidak siap", "The server is not ready"),
    (
        "Server sedang sibuk atau diperbaiki. Data di ponsel tetap aman; coba lagi beberapa menit lagi.",
        "The server is busy or being repaired. What the phone holds is safe; try again in a few minutes.",
    ),
)

PROBLEMS: tuple[Problem, ...] = tuple(value for value in list(globals().values()) if isinstance(value, Problem))
