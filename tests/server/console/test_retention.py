"""What is kept how long can be read at the desk, and an admin lets go of those whose time has run out."""

from __future__ import annotations

from sqlalchemy import select

from server.actions import people_index, retention
from server.clock import now_ms
from server.store import tables as t
from tests.server.console.world import Sitting
from tests.server.installation import DAY_MS, VILLAGE, WORKER


def test_an_admin_lets_go_of_those_he_ticked_and_nobody_else_may(server):
    phone = server.enrolled(VILLAGE)
    for number in (1, 2):
        fields = WORKER | {"nik": f"640211520790950{number}", "status": "withdrawn", "full_name": f"<i>Mundur {number}</i>"}
        phone.sync(phone.change(None, fields))
    rina, oki = Sitting(server, "admin", "64"), Sitting(server, "operator", "64.02")
    assert "Tidak ada yang menunggu" in rina.get("/console/retention").get_data(as_text=True)
    with server.app.app_context():
        people_index.follow(server.settings, now_ms())
        assert retention.run(server.settings, now_ms() + 200 * DAY_MS) == 2
    shown = rina.get("/console/retention").get_data(as_text=True)
    assert "&lt;i&gt;Mundur 1" in shown and "<i>Mundur" not in shown
    assert "Masa simpan" in rina.get("/console/").get_data(as_text=True)
    assert "Mundur 1" in oki.get("/console/retention").get_data(as_text=True)
    assert oki.post("/console/retention/erase", {"record": f"{phone.id}-1"}).status_code == 403
    assert rina.post("/console/retention/erase", {"record": [f"{phone.id}-1", "nobody-9"]}).status_code == 303
    with server.reading() as connection:
        erased = dict(connection.execute(select(t.record.c.id, t.record.c.erased)).all())
    assert erased == {f"{phone.id}-1": True, f"{phone.id}-2": False}
