"""Who looked at and changed what: entries of the audit log, made wherever it happens, written as the transaction ends.

A door says once who is at work; `note` adds an entry to a transaction, `look` writes one of its own. An entry says
which people and fields it was about, and never what stood there.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from server.clock import now_ms
from server.db import PENDING, Connection, transaction
from server.store.audit import Entry

MACHINE = "machine"
_who: ContextVar[str] = ContextVar("acting", default=MACHINE)


@contextmanager
def acting(who: str) -> Iterator[None]:
    """Whoever is at work in this block: account:<id>, device:<id>, job:<name>, or the machine's own administrator."""
    token = _who.set(who)
    try:
        yield
    finally:
        _who.reset(token)


def act_as(who: str) -> None:
    """Whoever is at work from now on in this thread; a door says it anew for each request."""
    _who.set(who)


def who_acts() -> str:
    return _who.get()


def note(
    connection: Connection, act: str, *, region: str | None = None, record: str | None = None,
    records: Collection[str] = (), **about: Any,
) -> None:
    """Add an entry to the transaction: it is there when what was done is there, and not otherwise.

    act: a short word in lower case, a row of `ACTS`. record: the one person it is about; records: all whom a list showed.
    about: names of fields, numbers, ids; never a person's values.
    """
    assert act in ACTS, act
    entry = Entry(now_ms(), _who.get(), act, region, record, about, tuple(records))
    connection.info.setdefault(PENDING, []).append(entry)


def look(
    act: str, *, region: str | None = None, record: str | None = None, records: Collection[str] = (), **about: Any
) -> None:
    """Write an entry of its own: somebody is about to be shown people's data."""
    with transaction() as connection:
        note(connection, act, region=region, record=record, records=records, **about)


ACTS: dict[str, tuple[str, str]] = {
    # --- looks
    "list": ("melihat daftar", "looked at a list"),
    "open": ("membuka data seseorang", "opened a person's page"),
    "search": ("mencari orang", "searched for people"),
    "photo": ("melihat foto", "looked at a photo"),
    "read-log": ("membaca catatan jejak", "read the audit log"),
    "phone-day": ("HP menyimpan data desanya", "a phone held its villages' data"),
    # --- changes of records
    "sync": ("mengirim perubahan dari HP", "sent changes from a phone"),
    "write": ("menulis di meja", "wrote at a desk"),
    "settle": ("memutuskan perbedaan", "settled a conflict"),
    "undo": ("membatalkan keputusan", "took a decision back"),
    "join": ("menggabungkan dua catatan", "joined two records"),
    "part": ("memisahkan dua catatan", "told two records apart"),
    "take-up": ("menerima perubahan yang ditahan", "took up a held change"),
    "merge": ("menggabungkan kiriman yang menunggu", "merged what had waited"),
    "decide-waiting": ("memutuskan kiriman yang menunggu", "decided on a waiting change"),
    "answer": ("menyatakan kiriman tidak perlu dibetulkan", "said that a held change needs no correcting"),
    "return": ("mengembalikan kepada petugas", "returned it to the officer"),
    "erase": ("menghapus menurut hukum", "erased by law"),
    # --- phones
    "enrol-code": ("membuat kode pendaftaran HP", "made an enrolment code"),
    "enrol": ("mendaftarkan HP", "enrolled a phone"),
    "rename-device": ("mengganti nama HP", "renamed a phone"),
    "hand-over": ("menyerahkan HP kepada petugas lain", "handed a phone to another officer"),
    "revoke": ("mencabut HP", "revoked a phone"),
    "recover": ("membuat kode pemulihan", "made a recovery code"),
    # --- lists in and out
    "list-in": ("membawa daftar masuk", "brought a list in"),
    "accept-list": ("menerima isi daftar", "accepted rows of a list"),
    "export": ("membuat berkas ekspor", "made an export"),
    "download": ("mengunduh berkas", "downloaded a file"),
    # --- people's rights
    "rights": ("mengurus hak atas data", "handled a request about someone's own data"),
    "restrict": ("membatasi pemakaian data", "restricted the use of someone's data"),
    "breach": ("mencatat kebocoran data", "worked on the breach register"),
    "retention": ("menjalankan jadwal penyimpanan", "ran the retention schedule"),
    # --- who may
    "sign-in": ("masuk", "signed in"),
    "sign-in-refused": ("gagal masuk", "was refused at sign-in"),
    "sign-out": ("keluar", "signed out"),
    "account": ("mengurus akun", "worked on an account"),
    "password": ("mengganti kata sandi", "changed a password"),
    "second-factor": ("mengatur faktor kedua", "set the second factor"),
    "region": ("mengurus wilayah", "worked on regions"),
    "target": ("menetapkan target", "set a target"),
    "plan": ("menyusun anggaran", "worked on a budget"),
    "approve": ("menyetujui", "approved"),
    "decree": ("mengurus SK penerima", "worked on a decree"),
    "evaluate": ("mengurus monev dan masukan", "worked on monitoring and feedback"),
    "claim": ("mengurus klaim", "worked on a claim"),
    "award": ("mengurus penghargaan", "worked on an award"),
    "judge": ("menilai sebagai juri", "gave points as a judge"),
    "duty": ("mengurus tugas dan perjanjian", "worked on duties and agreements"),
    "profile": ("mengisi profil desa", "wrote a village's profile"),
    "form": ("menerbitkan formulir", "published a form"),
    "job": ("menjalankan tugas", "ran a job"),
    "backup": ("membuat cadangan", "made a backup"),
    "restore": ("memulihkan data dari cadangan", "restored from a backup"),
    "seal": ("memasukkan perubahan lama ke dalam rantai", "put the changes from before under the chain"),
    "verify": ("memeriksa rantai jejak", "checked the chain"),
}
"""Every act that may stand in the log, in Indonesian and English."""
