"""One round trip through the door, on both engines."""

from __future__ import annotations

from typing import Any

import pytest

from server.actions import send
from server.api import door
from server.clock import now_ms
from server.config import Settings
from server.db import transaction
from server.store import devices, feed
from tests.server.installation import VILLAGE, WORKER, Installation


def test_what_one_officer_registers_another_phone_of_the_village_is_told(either_server: Installation) -> None:
    siti, budi = either_server.enrolled(VILLAGE), either_server.enrolled(VILLAGE, officer="Budi")
    answer = siti.sync(siti.change())
    assert answer["acked"] == 1 and answer["results"] == [{"seq": 1, "status": "merged", "version": 1}]
    (record,) = budi.sync()["records"]
    assert record["record"] == f"{siti.id}-1" and record["fields"] == WORKER and record["seen"] == {siti.id: 1}


def test_a_batch_may_come_gzipped_and_twice(either_server: Installation) -> None:
    siti = either_server.enrolled(VILLAGE)
    asked = {"changes": [siti.change(), siti.change()], "cursors": {}}
    first, again = siti.post(asked, squeeze=True), siti.post(asked)
    assert first.status_code == again.status_code == 200
    assert first.json["results"] == again.json["results"] and again.json["acked"] == 2
    assert either_server.counts()["change"] == 2


def test_nobody_but_a_device_syncs(server: Installation) -> None:
    assert server.client.post("/api/v1/sync", json={"changes": []}).status_code == 401
    assert server.person("admin", "id").post("/api/v1/sync", {"changes": []}).status_code == 403


def test_a_number_beyond_64_bits_is_the_same_whatever_is_sent_beside_it(server: Installation) -> None:
    siti = server.enrolled()
    huge = siti.change(fields={"monthly_income": 10**20})
    siti.sync(huge)
    answer = siti.sync(huge, siti.change(fields={"notes": "\ud800"}))  # half a character: read by another reader
    assert [result["status"] for result in answer["results"]] == ["quarantined", "quarantined"]


@pytest.mark.postgres
def test_a_record_that_a_phone_edits_while_it_is_told_of_others_is_told_all_the_same(
    postgres_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = Installation(postgres_settings)
    siti, budi = server.enrolled(), server.enrolled(officer="Budi")
    budi.sync()
    siti.sync(*(siti.change(fields={"full_name": "Nur"}) for _ in range(feed.PAGE + 1)))
    last, told_by, edits = f"{siti.id}-{siti.seq}", send.tell, [budi.change(f"{siti.id}-{siti.seq}", {"notes": "lewat"})]

    def edit_meanwhile(*entry: Any) -> str | None:
        if edits:
            assert budi.post({"changes": [edits.pop()]}).status_code == 200
        return told_by(*entry)

    monkeypatch.setattr(send, "tell", edit_meanwhile)
    told = [*budi.sync()["records"], *budi.sync()["records"]]
    server.close()
    assert last in {record["record"] for record in told}


def test_a_batch_on_its_way_while_the_phone_is_revoked_is_not_taken(
    server: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    siti = server.enrolled()
    siti.sync(siti.change())
    with server.reading() as connection:
        as_the_door_saw_it = devices.by_id(connection, siti.id)
    with server.app.app_context(), transaction() as connection:
        devices.revoke(connection, siti.id, now_ms())
    monkeypatch.setattr(door, "device", lambda: as_the_door_saw_it)
    answer = siti.post({"changes": [siti.change()]})
    assert answer.status_code == 401 and answer.get_json()["type"] == "urn:sambung:device-revoked"
    assert server.counts()["change"] == 1
