"""Photos against who is curious, and against what happens in the same moment: nobody sees one by knowing its name."""

from __future__ import annotations

import os
from email.utils import parsedate_to_datetime
from hashlib import sha256
from threading import Thread
from typing import Any

import pytest

from server.actions import files
from server.actions.digest import Digest, digest
from server.actions.enrol import make_code
from server.actions.replay import replay
from server.clock import now_ms
from server.config import Settings
from server.db import db
from server.store import contents
from server.store import files as store
from server.store.contents import Contents
from server.store.devices import Device
from server.store.files import Named, Upload
from tests.server.api.test_files import PREFIX, TUS, Tus, b64, erase, named, photo, worker_with
from tests.server.installation import DAY_MS, ELSEWHERE, VILLAGE, Installation, Phone


@pytest.fixture
def siti(server: Installation) -> Phone:
    return server.enrolled(VILLAGE)


def name_of(content: bytes) -> str:
    return sha256(content).hexdigest()


def seen(server: Installation, phone: Phone, content: bytes) -> bytes | None:
    answer = server.client.get(f"{PREFIX}/{name_of(content)}", headers=phone.headers)
    return answer.data if answer.status_code == 200 else None


def enrolled_as(server: Installation, code: str, **more: str) -> Phone:
    answer = server.client.post("/api/v1/enrol", json={"code": code, **more})
    assert answer.status_code == 201
    return Phone(server.client, answer.json)


# Who sees ---------------------------------------------------------------------------------------------------------


def test_who_says_that_he_was_another_phone_does_not_come_to_see_what_it_brought(server: Installation, siti: Phone) -> None:
    siti.sync(worker_with(siti, photo()))
    Tus(server, siti).send(photo())
    with server.app.app_context():
        code = make_code("Orang Jauh", [ELSEWHERE], server.settings, now_ms()).code
    stranger = enrolled_as(server, code, former=siti.id)
    stranger.sync(worker_with(stranger, photo(), village=ELSEWHERE))
    assert seen(server, stranger, photo()) is None


def test_a_phone_that_goes_on_under_a_new_id_need_not_send_its_photos_again(server: Installation, siti: Phone) -> None:
    siti.sync(worker_with(siti, photo(mark=1)))
    Tus(server, siti).send(photo(mark=1))
    siti.sync(worker_with(siti, photo(mark=2)))
    again = enrolled_as(server, siti.token)
    assert again.id != siti.id
    assert again.sync(worker_with(again, photo(mark=1)))["wanted"] == []
    Tus(server, again).send(photo(mark=2))  # what its former self named is settled by it
    with server.reading() as connection:
        states = connection.exec_driver_sql("SELECT DISTINCT state FROM naming").scalars().all()
    assert states == ["kept"]


def test_who_names_a_photo_before_it_has_come_does_not_come_to_see_it(either_server: Installation) -> None:
    server = either_server
    siti, stranger = server.enrolled(VILLAGE), server.enrolled(ELSEWHERE, officer="Orang Jauh")
    siti.sync(worker_with(siti, photo()))
    stranger.sync(worker_with(stranger, photo(), village=ELSEWHERE))
    Tus(server, siti).send(photo())
    assert seen(server, siti, photo()) == photo() and seen(server, stranger, photo()) is None
    assert server.person("staff", ELSEWHERE).get(f"{PREFIX}/{name_of(photo())}").status_code == 404
    Tus(server, stranger).send(photo())  # he has it himself
    assert seen(server, stranger, photo()) == photo()


def test_nobody_learns_by_a_photos_hash_whether_it_is_here(server: Installation, siti: Phone) -> None:
    siti.sync(worker_with(siti, photo(mark=1)))
    Tus(server, siti).send(photo(mark=1))
    stranger = server.enrolled(ELSEWHERE, officer="Orang Jauh")
    known, unknown = photo(mark=1), photo(mark=2)
    told = [stranger.sync(worker_with(stranger, each, village=ELSEWHERE)) for each in (known, unknown)]
    assert set(told[1]["wanted"]) == {f"sha256:{name_of(known)}", f"sha256:{name_of(unknown)}"}
    made = [Tus(server, stranger).create(each) for each in (known, unknown)]
    assert [answer.headers["Upload-Offset"] for answer in made] == ["0", "0"]
    part = [Tus(server, stranger).patch(answer.headers["Location"], 0, b"x") for answer in made]
    assert [answer.headers["Upload-Offset"] for answer in part] == ["1", "1"]


def test_the_same_photo_in_two_villages_is_asked_of_both_and_seen_in_both(server: Installation, siti: Phone) -> None:
    far = server.enrolled(ELSEWHERE, officer="Orang Jauh")
    siti.sync(worker_with(siti, photo()))
    Tus(server, siti).send(photo())
    assert far.sync(worker_with(far, photo(), village=ELSEWHERE))["wanted"] == [f"sha256:{name_of(photo())}"]
    Tus(server, far).send(photo())
    assert far.sync()["wanted"] == [] and seen(server, far, photo()) == photo()


def test_who_chose_a_colleagues_photo_before_it_came_is_not_asked_for_it_for_ever(server: Installation, siti: Phone) -> None:
    budi = server.enrolled(VILLAGE, officer="Budi")
    siti.sync(worker_with(siti, photo()))
    told = budi.sync(budi.change(f"{siti.id}-1", {"photo_ktp": named(photo())}, seen={siti.id: 1}))
    assert told["results"][0]["status"] == "merged" and told["wanted"]
    Tus(server, siti).send(photo())
    assert budi.sync()["wanted"] == [] and seen(server, budi, photo()) == photo()


def test_a_photo_is_kept_by_no_cache_of_a_browser(server: Installation, siti: Phone) -> None:
    siti.sync(worker_with(siti, photo()))
    Tus(server, siti).send(photo())
    answer = server.client.get(f"{PREFIX}/{name_of(photo())}", headers=siti.headers)
    assert answer.headers["Cache-Control"] == "no-store"


# What is wanted ---------------------------------------------------------------------------------------------------


def test_photos_that_a_phone_has_no_more_do_not_hide_those_that_it_has(server: Installation, siti: Phone) -> None:
    gone = [worker_with(siti, photo(mark=n)) for n in range(150)]
    siti.sync(*gone)
    with server.app.app_context():
        from server.db import transaction

        with transaction() as connection:  # named long ago
            connection.exec_driver_sql("UPDATE naming SET at = at - 86400000")
    newest = photo(mark=200)
    assert f"sha256:{name_of(newest)}" in siti.sync(worker_with(siti, newest))["wanted"]


# tus to the letter ------------------------------------------------------------------------------------------------


def test_what_an_upload_was_said_to_be_is_told_again(server: Installation, siti: Phone) -> None:
    tus = Tus(server, siti)
    head = tus.head(tus.create(photo()).headers["Location"])
    assert head.headers["Upload-Metadata"] == f"sha256 {b64(name_of(photo()))},type {b64('image/webp')}"


@pytest.mark.parametrize("length", ["1" + "0" * 15, "9" * 40])
def test_however_large_a_photo_is_announced_it_is_too_large(server: Installation, siti: Phone, length: str) -> None:
    answer = Tus(server, siti).create(photo(), **{"Upload-Length": length})
    assert answer.status_code == 413 and answer.json["type"] == "urn:sambung:file-too-large"


def test_an_upload_is_kept_for_as_long_as_it_was_last_told(
    server: Installation, siti: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    tus, content = Tus(server, siti), photo()
    place = tus.create(content).headers["Location"]
    tus.patch(place, 0, content[:1000])
    later = now_ms() + 13 * DAY_MS
    with monkeypatch.context() as patched:
        patched.setattr("server.api.files.now_ms", lambda: later)
        expires = parsedate_to_datetime(tus.head(place).headers["Upload-Expires"]).timestamp() * 1000
    with server.app.app_context():
        files.tidy(server.settings, int(expires) - 2 * 3600_000)
    assert tus.head(place).headers["Upload-Offset"] == "1000"


def test_a_phone_that_asks_by_another_method_is_told_no_length_of_what_does_not_come(
    server: Installation, siti: Phone
) -> None:
    for name in ("x" * 24, name_of(photo())):  # both are not there, and a problem says so to whoever reads it
        headers = siti.headers | TUS | {"X-HTTP-Method-Override": "HEAD"}
        answer = server.client.post(f"{PREFIX}/{name}", headers=headers)
        assert answer.status_code == 404 and answer.data == b"" and answer.headers.get("Content-Length", "0") == "0"


def test_who_asks_while_the_last_part_is_stored_is_told_that_all_is_here(
    server: Installation, siti: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    """He reads the upload's row before the lock is his, and it is whole and away when he has it."""
    own = files._own
    for ask in ("head", "patch"):
        tus, content, raced = Tus(server, siti), photo(mark=len(ask)), []
        place = tus.create(content).headers["Location"]

        def raced_own(upload_id: str, device: Device, place=place, content=content, raced=raced) -> Upload:  # type: ignore
            row = own(upload_id, device)
            if not raced:
                raced.append(True)
                assert Tus(server, siti).patch(place, 0, content).status_code == 204
            return row

        with monkeypatch.context() as patched:
            patched.setattr(files, "_own", raced_own)
            answer = tus.head(place) if ask == "head" else tus.patch(place, 0, content)
        assert raced and answer.headers["Upload-Offset"] == str(len(content))


def test_who_announces_again_and_again_what_is_here_fills_no_table(server: Installation, siti: Phone) -> None:
    siti.sync(worker_with(siti, photo()))
    Tus(server, siti).send(photo())
    places = {Tus(server, siti).create(photo()).headers["Location"] for _ in range(5)}
    assert server.counts()["upload"] == len(places) == 1
    assert Tus(server, siti).head(places.pop()).headers["Upload-Offset"] == str(len(photo()))


def test_who_sends_a_photo_byte_by_byte_starts_anew_before_it_costs_much(
    server: Installation, siti: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "MOST_PIECES", 5)
    tus, content = Tus(server, siti), photo()
    place = tus.create(content).headers["Location"]
    assert [tus.patch(place, at, content[at : at + 1]).status_code for at in range(6)] == [204] * 5 + [404]
    assert tus.head(place).status_code == 404 and server.counts()["upload"] == 0
    assert Tus(server, siti).send(content).status_code == 204


def test_photos_take_no_part_in_the_digest_and_a_replay_finds_nothing_amiss(server: Installation, siti: Phone) -> None:
    def state() -> Digest:
        with server.app.app_context():
            assert replay(server.settings, now_ms(), check=True).differences == []
            return digest()

    siti.sync(worker_with(siti, photo()))
    before = state()
    Tus(server, siti).send(photo())
    assert state() == before


# In the same moment -----------------------------------------------------------------------------------------------


def test_an_erasure_takes_what_has_come_of_a_photo_so_far(server: Installation, siti: Phone) -> None:
    siti.sync(worker_with(siti, photo()))
    tus = Tus(server, siti)
    place = tus.create(photo()).headers["Location"]
    tus.patch(place, 0, photo()[:1000])
    erase(server, f"{siti.id}-1")
    assert not [path for path in server.settings.files.rglob("*") if path.is_file()]
    assert tus.patch(place, 1000, photo()[1000:]).status_code == 404 and siti.sync()["wanted"] == []


@pytest.mark.postgres
def test_a_photo_named_in_the_moment_of_anothers_erasure_is_kept_or_asked_for(postgres_settings: Settings) -> None:
    server = Installation(postgres_settings)
    siti, content = server.enrolled(VILLAGE), photo()
    siti.sync(worker_with(siti, content))
    Tus(server, siti).send(content)
    with server.app.app_context(), db.engine.connect() as naming:
        begun = naming.begin()
        kept = store.name(naming, siti.id, [VILLAGE], [Named(name_of(content), "other-1", VILLAGE)], now_ms())
        assert kept is False
        erasing = Thread(target=erase, args=(server, f"{siti.id}-1"))
        erasing.start()
        erasing.join(1)  # it waits, or has gone on without seeing who names the photo
        begun.commit()
        erasing.join(20)
    with server.reading() as connection:
        assert store.read(connection, name_of(content)) is not None
    assert contents.of(server.settings).get(name_of(content)) == content
    server.close()


def test_a_photo_that_comes_in_the_moment_of_its_erasure_is_kept(
    server: Installation, siti: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the erasure's commit and the disk, another officer brings the same photo, and is told that it is here."""
    content = photo()
    siti.sync(worker_with(siti, content))
    Tus(server, siti).send(content)
    take_off, brought = files.take_off, []

    def late(*args: Any) -> int:
        brought.append(True)
        siti.sync(worker_with(siti, content))
        assert Tus(server, siti).send(content).headers["Upload-Offset"] == str(len(content))
        return take_off(*args)

    monkeypatch.setattr(files, "take_off", late)
    erase(server, f"{siti.id}-1")
    assert brought and seen(server, siti, content) == content and siti.sync()["wanted"] == []


def test_a_photo_that_the_disk_spoiled_is_mended_when_it_comes_again(server: Installation, siti: Phone) -> None:
    content = photo()
    siti.sync(worker_with(siti, content))
    Tus(server, siti).send(content)
    stored = contents.of(server.settings).path(name_of(content))
    stored.write_bytes(stored.read_bytes()[:-1])
    again = server.enrolled(ELSEWHERE, officer="Budi")
    again.sync(worker_with(again, content, village=ELSEWHERE))
    Tus(server, again).send(content)
    assert seen(server, siti, content) == content


def test_tidying_takes_nothing_that_a_record_names_nor_what_another_installation_sealed(
    server: Installation, siti: Phone, settings: Settings
) -> None:
    siti.sync(worker_with(siti, photo(mark=1)))
    disk, foreign = contents.of(settings), Contents(settings.files, bytes(32))
    disk.put(name_of(photo(mark=1)), photo(mark=1))  # named; its row was lost with a database put back by other means
    disk.put(name_of(photo(mark=2)), photo(mark=2))
    foreign.put(name_of(photo(mark=3)), photo(mark=3))
    for path in settings.files.rglob("*"):
        os.utime(path, (1, 1))
    with server.app.app_context():
        assert files.tidy(settings, now_ms()) == 1
    assert set(disk.all()) == {name_of(photo(mark=1)), name_of(photo(mark=3))}


def test_folders_are_on_the_disk_before_a_photo_in_them_is_told(
    server: Installation, siti: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: set[str] = set()
    fsync = os.fsync

    def noted(handle: int) -> None:
        synced.add(os.readlink(f"/proc/self/fd/{handle}"))
        fsync(handle)

    monkeypatch.setattr(os, "fsync", noted)
    tus, content, folder = Tus(server, siti), photo(), server.settings.files.resolve()
    tus.patch(tus.create(content).headers["Location"], 0, content[:10])
    assert {str(folder.parent), str(folder), str(folder / "parts")} <= synced
    synced.clear()
    tus.send(content)
    assert {str(folder), str(folder / name_of(content)[:2])} <= synced
