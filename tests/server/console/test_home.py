"""The first page tells everybody where to begin, and nothing of what is not so."""

from __future__ import annotations

import re

import pytest

from server.actions import cover
from server.clock import now_ms
from tests.server.console.world import Sitting
from tests.server.installation import VILLAGE, WORKER, Installation

FIRST = {
    "admin": ["users", "devices/enrol", "lists", "regions"], "operator": ["devices/enrol"], "staff": ["lists", "regions"],
}  # fmt: skip
READERS = {
    "viewer": ["regions", "exports"], "officer": ["workers", "regions", "exports"],
    "auditor": ["workers", "audit", "regions", "exports"],
}  # fmt: skip


def led(page: str) -> list[str]:
    """The pages that somebody is led to under "Mulai dari sini"."""
    _, _, rest = page.partition("Mulai dari sini")
    return re.findall(r'<li><a href="/console/([^"?]*)', rest.partition("</ul>")[0])


@pytest.mark.parametrize("role", [*FIRST, *READERS])
def test_in_a_new_installation_everybody_is_told_where_to_begin(server: Installation, role: str) -> None:
    sitting = Sitting(server, role, VILLAGE if role == "officer" else "id")
    page = sitting.get("/console/").text
    assert led(page) == (FIRST | READERS)[role]
    assert all(sitting.get(f"/console/{path}").status_code == 200 for path in led(page))
    assert "Dua petugas menulis isi yang berbeda." not in page and "Semua HP mengirim" not in page


def test_who_settles_is_led_by_the_desks_once_somebody_is_registered(server: Installation) -> None:
    phone = server.enrolled(VILLAGE)
    phone.sync(phone.change(None, WORKER | {"nik": "6402115207909001"}))
    with server.app.app_context():
        cover.refresh(server.settings, now_ms())
    assert led(Sitting(server, "operator", "64.02").get("/console/").text) == []
    assert led(Sitting(server, "viewer", "64.02").get("/console/").text) == READERS["viewer"]
