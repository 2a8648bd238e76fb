"""What to say on the telephone: for each thing that can be wrong with a phone, what to ask, what the officer presses,"
" and what else.

The buttons are named as the app names them (`field_forms/client/src/i18n/*.json`; `tests/server/console/test_devices.py`
looks that they are there), since whoever holds the phone looks for these very words.
"""

from __future__ import annotations

from typing import NamedTuple

from schemas.problem import Both
from server.actions import phones


class Talk(NamedTuple):
    """name: as a badge says it. short: what to do, in one line. means: what has happened. ask, press, other: sentences.

    In sentences {n} is how many, {size} how much is free, {clock} how far the clock is off.
    """

    name: Both
    tone: str
    short: Both
    means: Both
    ask: tuple[Both, ...]
    press: tuple[Both, ...]
    other: tuple[Both, ...]


_SEND: Both = (
    "Buka aplikasi, masukkan PIN, cari tempat yang ada sinyal, lalu tekan “Kirim sekarang”. Tunggu sampai tertulis “Semua"
    " sudah terkirim”.",
    "Open the app, enter the PIN, find a place with signal, then press “Kirim sekarang”. Wait until it says “Semua sudah"
    " terkirim”.",
)
_AS_FILE: Both = (
    "Tidak ada sinyal sama sekali? Tekan “Lainnya”, “Simpan yang belum terkirim sebagai berkas”, lalu “Buat berkas”."
    " Berkas itu tersegel:"
    " boleh dititipkan lewat siapa saja ke kecamatan.",
    "No signal at all? Press “Lainnya”, “Simpan yang belum terkirim sebagai berkas”, then “Buat berkas”. The file is"
    " sealed:"
    " anybody may carry it to the district office.",
)
_NOT_CLEAR: Both = (
    "Jangan hapus aplikasi dan jangan hapus data browser: yang belum terkirim ikut hilang.",
    "Do not remove the app or clear the browser's data: what was not sent would go too.",
)

TALKS: dict[str, Talk] = {
    phones.FORKED: Talk(
        ("Kembar", "Has a twin"), "bad",
        ("Pastikan hanya satu HP yang memakai data ini", "Make sure that one phone alone works with this data"),
        ("Dua HP mengirim sebagai HP yang sama, atau HP ini dikembalikan ke keadaan lama (misalnya dari cadangan). Tidak"
         " ada yang"
         " hilang; kiriman yang berbeda disimpan sebagai bukti dan belum masuk.",
         "Two phones send as this one, or it was set back to an earlier state (from a backup, say). Nothing is lost; what"
         " differs is"
         " kept as evidence and has not been taken in."),
        (("Apakah HP ini baru diganti, diservis, dipulihkan, atau isinya disalin ke HP lain?",
          "Was the phone replaced, repaired, restored, or copied to another?"),
         ("Siapa lagi yang memakai aplikasi ini, dengan HP yang mana?", "Who else uses this app, on which phone?")),
        (("HP yang benar: cari sinyal, buka aplikasi, tekan “Kirim sekarang”. Aplikasi mendaftar sendiri dengan nomor"
          " baru dan mengirim"
          " ulang; tunggu sampai tertulis “Semua sudah terkirim”.",
          "On the right phone: find signal, open the app, press “Kirim sekarang”. The app enrols itself under a new"
          " number and"
          " sends again; wait until it says “Semua sudah terkirim”."),
         ("HP yang satunya: jangan dipakai mencatat lagi.", "On the other phone: write nothing more.")),
        (("Kalau tidak jelas HP mana yang benar, minta keduanya dibawa ke kantor; jangan cabut dulu.",
          "If it is not clear which is right, have both brought to the office; revoke neither yet."),),
    ),
    phones.LOST: Talk(
        ("Ada yang hilang", "Has lost changes"), "bad",
        ("Tanyakan formulir mana yang harus diisi ulang", "Ask which forms must be filled in again"),
        ("HP melaporkan {n} isian tidak ada lagi padanya sebelum terkirim, biasanya karena penyimpanannya rusak atau data"
         " browser"
         " dihapus. Isian itu tidak bisa diambil kembali dari sini.",
         "The phone reported that {n} changes were gone before they were sent, mostly because its storage broke or the"
         " browser's data was"
         " cleared. They can't be brought back from here."),
        (("Siapa yang didata atau diubah pada hari-hari itu? Lihat tanggal kiriman di bawah.",
          "Who was registered or changed on those days? See the days of what was sent below."),
         ("Masih ada catatan di kertas, foto KTP, atau tanda terima?", "Are there notes on paper, photos of cards, or"
          " slips?")),
        (("Cari nama orangnya dengan “Cari”. Kalau tidak ada, tekan “Daftarkan pekerja” dan isi lagi.",
          "Look for the person with “Cari”. If he is not there, press “Daftarkan pekerja” and enter him again."),
         ("Periksa “Draf”: mungkin formulirnya masih ada di sana.", "Look into “Draf”: the form may still be there.")),
        (_NOT_CLEAR,
         ("Kalau hilang lagi, ganti HP-nya: tekan “Pindah HP” selagi masih bisa dibuka.",
          "If it happens again, change the phone: press “Pindah HP” while it can still be opened.")),
    ),
    phones.BROKEN: Talk(
        ("Penyimpanan rusak", "Storage is spoilt"), "bad",
        ("Kirim sekarang juga, lalu ganti HP", "Send at once, then change the phone"),
        ("Penyimpanan HP ini merusak {n} baris. Yang lain masih utuh, tetapi HP seperti ini bisa merusak lebih banyak.",
         "The phone's storage has spoilt {n} rows. The rest is whole, but such a phone may spoil more."),
        (("Apakah HP sering mati sendiri, panas, atau sangat penuh?", "Does the phone switch itself off, get hot, or is"
          " it very full?"),
         ("Apa yang tertulis di layar depan aplikasi? Di sana disebut apa yang harus diisi lagi.",
          "What does the app's first screen say? It names what must be entered again.")),
        (_SEND,
         ("Sesudah semua terkirim: tekan “Lainnya”, “Pindah HP”, dan ikuti langkahnya di HP lain.",
          "When all is sent: press “Lainnya”, “Pindah HP”, and follow the steps on another phone.")),
        (_AS_FILE, _NOT_CLEAR),
    ),
    phones.SILENT: Talk(
        ("Diam", "Silent"), "bad",
        ("Telepon petugas, minta cari sinyal dan kirim", "Call the officer; have him find signal and send"),
        ("HP ini lama tidak terhubung. Terakhir terhubung masih ada {n} isian padanya. Mungkin hanya tidak ada sinyal;"
         " mungkin HP hilang,"
         " rusak, atau aplikasinya tidak dibuka.",
         "The phone has not called for long. At its last call {n} changes were left on it. There may just be no signal;"
         " or it is lost,"
         " broken, or nobody opens the app."),
        (("HP masih ada dan bisa menyala? Siapa yang memegangnya sekarang?", "Is the phone there, and does it start? Who"
          " holds it now?"),
         ("Ada sinyal atau WiFi di dekat situ? Ada pulsa data?", "Is there signal or WiFi near by? Is data paid for?"),
         ("Apa yang tertulis di bagian atas aplikasi: “Tanpa sinyal”, “WiFi minta masuk dulu”, “Perlu kode baru”, “HP"
          " penuh”?",
          "What does the top of the app say: “Tanpa sinyal”, “WiFi minta masuk dulu”, “Perlu kode baru”, “HP penuh”?")),
        (_SEND,
         ("Tertulis “WiFi minta masuk dulu”? Buka browser, masuk ke WiFi itu, lalu kembali ke aplikasi.",
          "It says “WiFi minta masuk dulu”? Open the browser, sign in to that WiFi, then go back to the app."),
         ("Tertulis “Perlu kode baru”? Buat kode pendaftaran di sini untuk petugas yang sama; data di HP tetap ada.",
          "It says “Perlu kode baru”? Make an enrolment code here for the same officer; what is on the phone stays."),
         ("Lupa PIN? Buat kode pemulihan di halaman HP ini.", "PIN forgotten? Make a recovery code on this phone's page.")),
        (_AS_FILE,
         ("HP hilang atau dicuri? Cabut HP ini sekarang, lalu catat di buku kebocoran data.",
          "Lost or stolen? Revoke it now, then enter it in the breach register.")),
    ),
    phones.NEVER: Talk(
        ("Belum pernah terhubung", "Never called"), "bad",
        ("Tanyakan apakah aplikasinya sudah dibuka", "Ask whether the app was opened yet"),
        ("HP ini didaftarkan tetapi belum pernah mengirim apa pun. Mungkin petugas berhenti sebelum membuat PIN.",
         "The phone was enrolled and has never sent anything. Maybe the officer stopped before he made a PIN."),
        (("Aplikasinya sudah terbuka sampai layar depan, dengan tombol “Daftarkan pekerja”?",
          "Does the app open up to its first screen, with the button “Daftarkan pekerja”?"),
         ("Berhenti di langkah yang mana?", "At which step did it stop?")),
        (("Buka lagi alamat aplikasinya, selesaikan “Nama HP ini” dan “Buat PIN”, lalu tekan “Mulai”. Perlu sinyal sekali.",
          "Open the app's address again, finish “Nama HP ini” and “Buat PIN”, then press “Mulai”. It needs signal once."),
         ("Sesudah itu tekan “Pasang” di layar depan.", "After that press “Pasang” on the first screen.")),
        (("Kalau aplikasinya minta kode lagi: buat kode pendaftaran baru dan cabut HP yang ini.",
          "If the app asks for a code again: make a new enrolment code and revoke this one."),),
    ),
    phones.STUCK: Talk(
        ("Lama tertahan", "Held up"), "bad",
        ("Minta tekan “Kirim sekarang” di tempat bersinyal kuat", "Have him press “Kirim sekarang” where the signal is"
         " strong"),
        ("Masih ada {n} isian di HP, yang tertua sudah berhari-hari. Kalau HP hilang sekarang, isian itu ikut hilang.",
         "{n} changes are still on the phone, the oldest for days. If the phone is lost now, they are too."),
        (("Apa yang tertulis di “Belum terkirim”: berapa data, kira-kira berapa lama?",
          "What does “Belum terkirim” say: how many, about how long?"),
         ("Apakah pengiriman selalu putus di tengah, atau tidak pernah mulai?", "Does sending always break off, or never"
          " begin?")),
        (_SEND, ("Biarkan layar aplikasi terbuka selama mengirim; yang sudah terkirim tidak diulang.",
                 "Leave the app open while it sends; what was sent is not sent again.")),
        (_AS_FILE, _NOT_CLEAR),
    ),
    phones.FULL: Talk(
        ("Hampir penuh", "Nearly full"), "bad",
        ("Minta hapus foto dan video lain dari HP", "Have him delete other photos and videos"),
        ("Sisa penyimpanan HP tinggal {size}. Kalau habis, formulir tidak bisa disimpan lagi.",
         "Only {size} is free on the phone. When that is used up, no form can be saved."),
        (("Apa yang paling banyak memakai tempat: WhatsApp, video, foto?", "What takes most room: WhatsApp, videos,"
          " photos?"),),
        (("Kirim dulu: “Kirim sekarang”. Foto yang sudah terkirim tidak perlu disimpan aplikasi lagi.",
          "Send first: “Kirim sekarang”. Photos that were sent need no room in the app any more."),
         ("Hapus video dan foto WhatsApp, kosongkan Sampah galeri. Lihat sisanya di “Pengaturan”, “Penyimpanan”.",
          "Delete WhatsApp's videos and photos, empty the gallery's bin. See what is free under “Pengaturan”,"
          " “Penyimpanan”.")),
        (_NOT_CLEAR,),
    ),
    phones.UNSAFE: Talk(
        ("Belum dijamin tersimpan", "Storage not promised"), "warn",
        ("Minta pasang aplikasi di layar depan", "Have him install the app on the home screen"),
        ("Browser di HP ini belum berjanji menyimpan data. Kalau HP penuh, browser boleh menghapusnya.",
         "The phone's browser has not promised to keep the data. It may delete it when the phone is full."),
        (("Apakah aplikasinya dibuka dari ikon di layar depan, atau lewat browser?",
          "Is the app opened by an icon on the home screen, or in the browser?"),),
        (("Tekan “Pasang” di layar depan aplikasi; atau di Chrome: tiga titik, “Tambahkan ke layar utama”.",
          "Press “Pasang” on the app's first screen; or in Chrome: the three dots, “Add to home screen”."),
         ("Lalu “Pengaturan”, “Penyimpanan”, tekan “Minta lagi”. Harus tertulis “Data dijamin tetap tersimpan”.",
          "Then “Pengaturan”, “Penyimpanan”, press “Minta lagi”. It should say “Data dijamin tetap tersimpan”.")),
        (("Kalau browser tetap menolak: pakai beberapa hari, minta lagi, dan kirim setiap hari.",
          "If the browser still refuses: use it for some days, ask again, and send every day."),),
    ),
    phones.CLOCK: Talk(
        ("Jam salah", "Clock is wrong"), "warn",
        ("Minta setel tanggal dan jam otomatis", "Have him set date and time to automatic"),
        ("Jam HP ini berbeda {clock} dari jam server. Urutan kiriman tetap dibetulkan di sini, tetapi tanggal di formulir"
         " bisa salah.",
         "The phone's clock differs from the server's by {clock}. The order of changes is put right here, but dates in"
         " forms may be wrong."),
        (("Jam berapa yang tampil di HP sekarang? Tanggal berapa?", "What time does the phone show now? Which day?"),),
        (("Pengaturan HP (bukan aplikasi): “Tanggal & waktu”, nyalakan “Setel waktu secara otomatis” dan zona waktu"
          " otomatis.",
          "The phone's own settings (not the app's): “Date & time”, switch on automatic time and automatic time zone."),
         ("Lalu buka aplikasi dan tekan “Kirim sekarang”.", "Then open the app and press “Kirim sekarang”.")),
        (("Tanpa sinyal jam otomatis tidak jalan: cocokkan dengan jam Anda di telepon.",
          "Without signal automatic time does not work: set it by your own clock on the telephone."),),
    ),
    phones.WAITS: Talk(
        ("Kiriman menunggu", "Changes wait"), "warn",
        ("Minta HP yang membuat catatannya mengirim, atau putuskan", "Have the phone that made the record send, or decide"),
        ("{n} kiriman HP ini menunggu catatan yang dibuat di HP lain dan belum sampai di sini.",
         "{n} changes of this phone wait for records that were made on another phone and are not here yet."),
        (("HP siapa yang membuat catatan itu? Awal nomor catatan menyebut kode HP-nya.",
          "Whose phone made the record? The record's number begins with that phone's code."),),
        (("HP yang itu: buka aplikasi, “Kirim sekarang”. Sesudahnya kiriman ini masuk sendiri.",
          "On that phone: open the app, “Kirim sekarang”. After that this one enters by itself."),),
        (("HP itu hilang? Putuskan di bawah: buat catatannya dari kiriman ini, atau tahan untuk dibetulkan.",
          "Is that phone lost? Decide below: let this change make the record, or set it aside to be corrected."),),
    ),
    phones.HANDING: Talk(
        ("Serah terima", "Being handed over"), "info",
        ("Selesaikan serah terima: cabut bila sudah kosong", "Finish handing over: revoke it when it is empty"),
        ("HP ini akan dipegang petugas lain. Isian petugas lama harus terkirim dulu.",
         "Another officer is to have this phone. What the former one wrote must be sent first."),
        (("Sudah tertulis “Semua sudah terkirim”? Masih ada “Draf”?", "Does it say “Semua sudah terkirim”? Is there any"
          " “Draf”?"),),
        (_SEND, ("Buka “Draf”: selesaikan dan simpan, atau buang.", "Open “Draf”: finish and save them, or drop them.")),
        (("Petugas lama tidak bisa dihubungi lagi? Cabut saja: HP menyerahkan sisanya begitu terhubung, untuk diperiksa"
          " di sini.",
          "The former officer can't be reached? Revoke it: the phone hands over what is left when it connects, to be"
          " looked at here."),),
    ),
    phones.OLD_APP: Talk(
        ("Aplikasi lama", "Old app"), "",
        ("Minta tekan “Pakai sekarang”", "Have him press “Pakai sekarang”"),
        ("HP ini memakai aplikasi versi lama. Kirimannya tetap diterima.", "The phone uses an older app. What it sends is"
         " still taken."),
        (("Ada tulisan “Ada versi baru” di layar depan?", "Does the first screen say “Ada versi baru”?"),),
        (("Simpan formulir yang terbuka, lalu tekan “Pakai sekarang”.", "Save the form that is open, then press “Pakai"
          " sekarang”."),
         ("Tidak ada tulisannya? Tutup aplikasi, cari sinyal, buka lagi dan tunggu satu menit.",
          "It does not say so? Close the app, find signal, open it again and wait a minute.")),
        (),
    ),
}  # fmt: skip

STATES: dict[str, Both] = {
    phones.TROUBLE: ("Perlu ditolong", "Needs help"), phones.FINE: ("Baik", "Fine"),
    phones.REVOKED: ("Tidak dipakai lagi", "No longer in use"),
    **{code: talk.name for code, talk in TALKS.items()},
}  # fmt: skip
