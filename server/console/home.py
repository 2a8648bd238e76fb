"""The first page: what waits for whoever has signed in, the most urgent first, and how his region stands this month."""

from __future__ import annotations

from typing import NamedTuple

from flask import Response

from schemas.problem import Both
from schemas.region import level
from server.actions.figures import current_month, figures_of
from server.console.door import TO_DO, Asking, desk


class Step(NamedTuple):
    """Where somebody may begin who may `act`."""

    page: str
    act: str
    name: Both
    says: Both


class Led(NamedTuple):
    name: Both
    says: Both
    url: str


FIRST = (
    Step("users", "administer", ("Tambah pengguna", "Add users"),
         ("operator, staf, dan pemantau tiap wilayah.", "operators, staff and viewers of each region.")),
    Step("new_code", "manage devices", ("Buat kode untuk HP petugas", "Make a code for an officer's phone"),
         ("dengan kode itu petugas masuk ke aplikasi dan mulai mendata.", "with it the officer opens the app and begins.")),
    Step("lists", "bring lists", ("Unggah daftar yang sudah ada", "Bring a list that is there already"),
         ("daftar pekerja dari kabupaten, atau daftar peserta dari BPJS.", "a regency's workers, or BPJS's members.")),
    Step("regions", "set targets", ("Isi target tahun ini", "Set this year's targets"),
         ("supaya cakupan punya pembanding.", "so that coverage is held against something.")),
)  # fmt: skip
"""For whom the desks keep busy, until somebody is registered in his region."""

READING = (
    Step("workers", "see people", ("Cari pekerja", "Find a worker"),
         ("dan lihat iuran serta kepesertaannya.", "and see his contributions and coverage.")),
    Step("audit_log", "see audit", ("Baca catatan jejak", "Read the audit log"),
         ("siapa melihat dan mengubah data orang.", "who looked at people's data, and who changed it.")),
    Step("regions", "see figures", ("Lihat wilayah dan target", "See regions and targets"),
         ("angka tiap desa dan kecamatan.", "the figures of each village and district.")),
    Step("exports", "export", ("Unduh data", "Fetch data"), ("sebagai Excel atau CSV.", "as Excel or CSV.")),
)  # fmt: skip
"""For who only reads."""


@desk("/", "see figures")
def home(asking: Asking) -> Response:
    found = [made for made in (tell(asking) for tell in TO_DO) if made is not None]
    month = current_month(asking.scope, asking.now)
    figures = figures_of(asking.scope, month, asking.now)
    return asking.render(
        "home.html", found=sorted(found, key=lambda each: (not each.urgent, each.count == 0)), figures=figures,
        is_village=level(asking.scope) == "village", steps=_steps(asking, figures["total"]["registered"] > 0),
    )  # fmt: skip


def _steps(asking: Asking, has_workers: bool) -> list[Led]:
    """Where to begin, for whom no desk keeps busy."""
    steps = READING if not asking.may("settle") else () if has_workers else FIRST
    return [Led(step.name, step.says, asking.url(step.page)) for step in steps if asking.may(step.act)]
