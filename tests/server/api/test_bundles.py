"""Files carried by hand: as good as a sync, harmless to repeat, refused whole where anything about them is wrong."""

from __future__ import annotations

import gzip
import hashlib
import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from schemas.change import dumps
from server.actions.fleet import revoke
from server.actions.keeping import backup, restore
from server.clock import now_ms
from server.config import Settings
from server.db import transaction
from server.sealing import new_key_pair, read_secret, seal
from server.store import life
from sync.device.bundle import INFO, Bundle, seal_bundle, write_bundles
from sync.device.client import Client
from sync.device.hpke import Shared
from sync.device.hpke import seal as seal_to
from sync.device.outbox import NotEnrolled, Outbox
from tests.server.installation import VILLAGE, WORKER, Installation, Phone

Change = Mapping[str, Any]


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Who calls here is refused on purpose, again and again."""
    return replace(settings, refusals_per_address=10_000, refusals_altogether=10_000)


@pytest.fixture
def siti(server: Installation) -> Phone:
    return server.enrolled(VILLAGE)


def key_of(server: Installation) -> dict[str, str]:
    with server.reading() as connection:
        key_id, public = life.newest_key(connection) or ("", "")
    return {"id": key_id, "public": public}


def bundle(server: Installation, phone: Phone, *changes: Change, key: dict[str, str] | None = None) -> Bundle:
    return seal_bundle(phone.id, phone.token, key or key_of(server), [(one["seq"], dumps(one)) for one in changes])


def take(server: Installation, content: bytes, **headers: str) -> Any:
    return server.client.post("/api/v1/bundles", data=content, headers=headers)


def sealed_by_hand(
    server: Installation, phone: Phone, plain: bytes, line: bytes | None = None, psk: bytes | None = None
) -> bytes:
    """A bundle of anything at all."""
    key = key_of(server)
    line = line or json.dumps({"format": 1, "device": phone.id, "first": 1, "last": 1, "key": key["id"]}).encode()
    shared = Shared(psk or hashlib.sha256(phone.token.encode()).digest(), phone.id.encode())
    return line + b"\n" + seal_to(key["public"], plain, INFO, line, shared)


def untouched(server: Installation, before: dict[str, int]) -> bool:
    return server.counts() == before


def test_what_was_carried_by_hand_is_merged_as_if_it_had_been_sent(either_server: Installation) -> None:
    siti, budi = either_server.enrolled(VILLAGE), either_server.enrolled(VILLAGE, officer="Budi")
    made = bundle(either_server, siti, siti.change(), siti.change(1, {"phone": "+6281250001111"}))
    answer = take(either_server, made.content, **{"Content-Type": "image/jpeg"})
    assert answer.status_code == 200
    assert set(answer.json) == {"device", "acked", "results", "epoch", "server_time"} and answer.json["acked"] == 2
    assert [(one["seq"], one["status"]) for one in answer.json["results"]] == [(1, "merged"), (2, "merged")]
    assert budi.sync()["records"][0]["fields"]["phone"] == "+6281250001111"


def test_taking_it_twice_changes_nothing_and_tells_the_same(server: Installation, siti: Phone) -> None:
    made = bundle(server, siti, siti.change(), siti.change())
    first, counts = take(server, made.content), server.counts()
    with server.reading() as connection:
        before = connection.exec_driver_sql("SELECT * FROM device").all()
    again = take(server, made.content)
    assert again.status_code == 200 and again.json["results"] == first.json["results"] and untouched(server, counts)
    with server.reading() as connection:
        assert connection.exec_driver_sql("SELECT * FROM device").all() == before


def test_a_bundle_says_nothing_of_the_phone_itself(server: Installation, siti: Phone) -> None:
    """Neither that it was heard, nor what its clock says: whoever carries it may have had it for weeks."""
    sent = {"changes": [siti.change()], "sent_at": "2020-01-01T00:00:00.000Z", "status": {"queued": 9}, "epoch": "x"}
    assert take(server, sealed_by_hand(server, siti, gzip.compress(json.dumps(sent).encode()))).status_code == 200
    with server.reading() as connection:
        row = connection.exec_driver_sql("SELECT contact_at, offset_ms, status, acked FROM device").one()
    assert tuple(row) == (None, 0, "{}", 1)


def test_what_was_sent_since_is_known_again_in_the_bundle_and_what_is_missing_is_a_gap(
    server: Installation, siti: Phone
) -> None:
    first, second, third = siti.change(), siti.change(), siti.change()
    siti.sync(first)
    assert take(server, bundle(server, siti, first, second).content).json["acked"] == 2
    siti.seq = 4
    late = take(server, bundle(server, siti, siti.change()).content)
    assert late.status_code == 409 and late.json["type"] == "urn:sambung:gap" and late.json["acked"] == 2
    assert take(server, bundle(server, siti, third).content).json["acked"] == 3


def test_a_twins_bundle_is_found_out_and_kept_as_evidence_only(server: Installation, siti: Phone) -> None:
    siti.sync(siti.change())
    answer = take(server, bundle(server, siti, siti.change(fields=WORKER | {"full_name": "Lain"}, seq=1)).content)
    assert answer.status_code == 409 and answer.json["type"] == "urn:sambung:forked" and answer.json["seq"] == 1
    assert server.counts()["evidence"] == 1 and server.counts()["change"] == 1


def test_a_twins_bundle_is_no_word_from_the_phone_itself(server: Installation, siti: Phone) -> None:
    take(server, bundle(server, siti, siti.change()).content)
    twins = siti.change(fields=WORKER | {"full_name": "Lain"}, seq=1)
    assert take(server, bundle(server, siti, twins).content).status_code == 409
    with server.reading() as connection:
        contact, forked = connection.exec_driver_sql("SELECT contact_at, forked_at FROM device").one()
    assert contact is None and forked is not None


def test_of_a_revoked_phone_everything_is_taken_and_set_aside(server: Installation, siti: Phone) -> None:
    siti.sync(siti.change())
    with server.app.app_context():
        revoke(siti.id, server.settings, now_ms())
    assert siti.post({"changes": []}).status_code == 401
    answer = take(server, bundle(server, siti, siti.change(1, {"phone": "+6281250001111"}), siti.change()).content)
    assert answer.status_code == 200 and answer.json["acked"] == 3
    assert [one["status"] for one in answer.json["results"]] == ["quarantined", "quarantined"]
    assert all("device" in one["errors"] for one in answer.json["results"])
    assert server.counts()["record"] == 1


def test_a_revoked_phone_that_only_the_ledger_remembers_is_heard_out_too(server: Installation, tmp_path: Path) -> None:
    with server.app.app_context():
        backup(tmp_path / "old.backup", server.settings, now_ms())
    siti = server.enrolled(VILLAGE)
    made = bundle(server, siti, siti.change())
    with server.app.app_context():
        revoke(siti.id, server.settings, now_ms())
        restore(tmp_path / "old.backup", server.settings, now_ms())
    assert [one["status"] for one in take(server, made.content).json["results"]] == ["quarantined"]


def test_more_changes_than_one_sync_takes_are_all_taken(settings: Settings) -> None:
    server = Installation(replace(settings, max_changes=3))
    siti = server.enrolled(VILLAGE)
    answer = take(server, bundle(server, siti, *(siti.change() for _ in range(8))).content)
    assert answer.json["acked"] == 8 and [one["seq"] for one in answer.json["results"]] == list(range(1, 9))
    server.close()


# Whatever is wrong ----------------------------------------------------------------------------------------------------


def refused(answer: Any) -> bool:
    return answer.status_code == 422 and answer.json["type"] == "urn:sambung:bundle-refused"


def places(content: bytes) -> dict[str, int]:
    line = content.index(b"\n")
    return {
        "format": content.index(b'"format":1') + 9, "device": content.index(b'"device":"') + 10,
        "first": content.index(b'"first":') + 8, "last": content.index(b'"last":') + 7, "key": content.index(b'"key":"') + 7,
        "brace": 0, "line feed": line, "point's form": line + 1, "point": line + 30, "text": line + 70,
        "middle": (line + len(content)) // 2, "tag": len(content) - 1,
    }  # fmt: skip


REGIONS = [
    "format", "device", "first", "last", "key", "brace", "line feed", "point's form", "point", "text", "middle", "tag",
]  # fmt: skip


@pytest.mark.parametrize("region", REGIONS)
def test_a_file_that_was_altered_anywhere_is_refused_whole(server: Installation, siti: Phone, region: str) -> None:
    content = bundle(server, siti, siti.change(), siti.change()).content
    before, at = server.counts(), places(content)[region]
    for flip in (1, 2, 128):
        altered = content[:at] + bytes([content[at] ^ flip]) + content[at + 1 :]
        assert refused(take(server, altered)) and untouched(server, before)
    assert take(server, content).status_code == 200


def test_a_file_that_was_cut_anywhere_is_refused_whole(server: Installation, siti: Phone) -> None:
    content = bundle(server, siti, siti.change()).content
    before, line = server.counts(), content.index(b"\n")
    ends = {0, 1, 10, line, line + 1, line + 2, line + 65, line + 66, line + 67, line + 80, line + 82, line + 83}
    for end in sorted(ends | {len(content) - back for back in (1, 2, 15, 16, 17, 40)}):
        assert refused(take(server, content[:end])) and untouched(server, before), end
    assert refused(take(server, content + b"\0")) and untouched(server, before)


def test_nobody_makes_a_file_in_another_phones_name(server: Installation, siti: Phone) -> None:
    budi = server.enrolled(VILLAGE, officer="Budi")
    change = siti.change()
    forged = seal_bundle(siti.id, budi.token, key_of(server), [(1, dumps(change))])
    renamed = bundle(server, budi, change).content.replace(budi.id.encode(), siti.id.encode(), 1)
    nobody = seal_bundle("zzzzzz", siti.token, key_of(server), [(1, dumps(change))])
    for content in (forged.content, renamed, nobody.content):
        assert refused(take(server, content))
    assert server.counts()["change"] == 0


NONSENSE = {
    "nothing": b"", "no gzip": b"halo", "no json": gzip.compress(b"halo"), "no object": gzip.compress(b"[]"),
    "no list": gzip.compress(b'{"changes":{}}'), "no seq": gzip.compress(b'{"changes":[{"seq":0}]}'),
    "cut": gzip.compress(b'{"changes":[]}')[:-4], "two": gzip.compress(b'{"changes":[]}') + gzip.compress(b"{}"),
    "twice": gzip.compress(gzip.compress(b'{"changes":[]}')),
    "deep": gzip.compress(b'{"changes":[' + b"[" * 200_000 + b"]}"),
}  # fmt: skip


@pytest.mark.parametrize("inner", NONSENSE)
def test_a_rightly_sealed_file_with_nonsense_in_it_is_refused(server: Installation, siti: Phone, inner: str) -> None:
    before = server.counts()
    assert refused(take(server, sealed_by_hand(server, siti, NONSENSE[inner]))) and untouched(server, before)


def test_a_small_file_that_swells_without_end_costs_nothing(server: Installation, siti: Phone) -> None:
    bomb = sealed_by_hand(server, siti, gzip.compress(b'{"changes":[' + b" " * (200 * 1024 * 1024)))
    assert len(bomb) < 300_000 and refused(take(server, bomb))


@pytest.mark.parametrize("line", [
    b"{}", b"[]", b"x", b'{"format":2,"device":"a","first":1,"last":1,"key":"1"}',
    b'{"format":1,"device":7,"first":1,"last":1,"key":"1"}', b'{"format":1,"device":"a","first":2,"last":1,"key":"1"}',
    b'{"format":1,"device":"a","first":true,"last":1,"key":"1"}',
    b'{"format":1,"device":"a","first":1,"last":1,"key":["1"]}',
    b'{"format":1,"device":"' + b"a" * 2000 + b'","first":1,"last":1,"key":"1"}',
    b'{"format":1,"device":"a\\u0000","first":1,"last":1,"key":"1"}', b"\xff\xfe",
])  # fmt: skip
def test_a_first_line_that_is_none_is_refused(either_server: Installation, line: bytes) -> None:
    assert refused(take(either_server, line + b"\n" + bytes(200)))


def test_a_file_larger_than_may_be_is_refused_unread(settings: Settings) -> None:
    server = Installation(replace(settings, max_bytes=10_000))
    answer = take(server, bytes(20_000))
    assert answer.status_code == 413 and answer.json["type"] == "urn:sambung:too-large"
    server.close()


def test_who_tries_files_that_do_not_open_has_to_wait(settings: Settings) -> None:
    server = Installation(replace(settings, refusals_per_address=3))
    siti = server.enrolled(VILLAGE)
    for _ in range(3):
        assert refused(take(server, b"halo"))
    answer = take(server, bundle(server, siti, siti.change()).content)
    assert answer.status_code == 429 and int(answer.headers["Retry-After"]) > 0
    server.close()


def test_who_holds_a_file_can_not_use_up_the_phones_own_share(settings: Settings) -> None:
    server = Installation(replace(settings, device_requests_per_minute=3))
    siti = server.enrolled(VILLAGE)
    content = bundle(server, siti, siti.change()).content
    assert {take(server, content).status_code for _ in range(8)} == {200, 429}
    assert siti.post({"changes": []}).status_code == 200
    server.close()


# Keys, and the same moment --------------------------------------------------------------------------------------------


def test_a_file_sealed_to_an_older_key_still_opens_also_after_a_restore(
    server: Installation, siti: Phone, tmp_path: Path
) -> None:
    old = bundle(server, siti, siti.change())
    public, private = new_key_pair()
    with server.app.app_context():
        secret = read_secret(server.settings.secret, server.settings.data_dir / "secret")
        with transaction() as connection:
            life.add_key(connection, "2", public, seal(secret, private, "server key 2"), now_ms())
        backup(tmp_path / "a.backup", server.settings, now_ms())
        restore(tmp_path / "a.backup", server.settings, now_ms())
    assert key_of(server)["id"] == "2"
    assert take(server, old.content).json["acked"] == 1
    assert take(server, bundle(server, siti, siti.change()).content).json["acked"] == 2
    assert siti.sync()["server_key"] == key_of(server)  # told, since the phone's epoch is of before


def test_a_phone_of_this_epoch_is_not_told_its_key_again(server: Installation, siti: Phone) -> None:
    assert "server_key" not in siti.sync() and "server_key" in siti.sync(epoch=None)


def test_two_who_bring_the_same_file_at_once_bring_it_once(either_server: Installation) -> None:
    server = either_server
    siti = server.enrolled(VILLAGE)
    made, answers = bundle(server, siti, *(siti.change() for _ in range(20))), []

    def bring() -> None:
        answers.append(server.app.test_client().post("/api/v1/bundles", data=made.content).json)

    carriers = [threading.Thread(target=bring) for _ in range(4)]
    for each in carriers:
        each.start()
    for each in carriers:
        each.join(60)
    assert [one["acked"] for one in answers] == [20] * 4 and server.counts()["change"] == 20
    assert all(one["results"] == answers[0]["results"] for one in answers)


# The device in Python -------------------------------------------------------------------------------------------------


class Door:
    """A network that can be switched off."""

    def __init__(self, server: Installation) -> None:
        self.client, self.is_open = server.client, True

    def request(self, method: str, url: str, *, body: bytes, headers: Mapping[str, str], **more: Any) -> Any:
        if not self.is_open:
            raise OSError("no line")
        plain = {name: value for name, value in headers.items() if name.lower() != "accept-encoding"}
        answer = self.client.open(url.removeprefix("http://server"), method=method, data=body, headers=plain)
        return type("Reply", (), {"status": answer.status_code, "data": answer.data, "headers": answer.headers})


@pytest.fixture
def laptop(server: Installation, tmp_path: Path) -> Callable[[], tuple[Outbox, Client]]:
    def make() -> tuple[Outbox, Client]:
        from server.actions.enrol import make_code

        with server.app.app_context():
            code = make_code("Siti", [VILLAGE], server.settings, now_ms()).code
        outbox = Outbox(tmp_path / "siti.db")
        client = Client("http://server", outbox, http=Door(server))
        client.enrol(code)
        return outbox, client

    return make


def test_a_laptop_hands_over_what_waits_and_learns_at_its_next_sync_that_it_arrived(
    server: Installation, laptop: Callable[[], tuple[Outbox, Client]]
) -> None:
    outbox, client = laptop()
    client.sync()
    assert write_bundles(outbox) == []
    saved = [outbox.save("worker", None, VILLAGE, WORKER) for _ in range(3)]
    made = write_bundles(outbox)
    assert [one.name for one in made] == [f"sambung-{outbox.disk.get('device')}-1-3.sambung"]
    assert b"Hayati" not in made[0].content
    assert take(server, made[0].content).json["acked"] == 3
    assert outbox.own.waiting() == 3  # nothing leaves the outbox on a file's word
    client.sync()
    assert outbox.own.waiting() == 0 and outbox.counts() == {"merged": 3}
    assert saved[0] and outbox.open(saved[0].record)


def test_a_file_that_would_be_too_large_becomes_several(server: Installation, laptop: Callable[..., Any]) -> None:
    outbox, client = laptop()
    limits = outbox.disk.get("limits") | {"max_changes": 4}
    outbox.note(limits=limits)
    for _ in range(10):
        outbox.save("worker", None, VILLAGE, WORKER)
    made = write_bundles(outbox)
    assert [(one.first, one.last) for one in made] == [(1, 4), (5, 8), (9, 10)]
    assert take(server, made[1].content).status_code == 409
    assert [take(server, one.content).json["acked"] for one in made] == [4, 8, 10]


def test_a_file_is_not_made_before_there_is_a_device(tmp_path: Path) -> None:
    with pytest.raises(NotEnrolled):
        write_bundles(Outbox(tmp_path / "new.db"))
