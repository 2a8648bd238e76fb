"""Photos against who is curious, and against what happens in the same moment: nobody sees one by knowing its name."""

from __future__ import annotations

from hashlib import sha256

import pytest

from server.actions.enrol import make_code
from server.clock import now_ms
from tests.server.api.test_files import PREFIX, Tus, named, photo, worker_with
from tests.server.installation import ELSEWHERE, VILLAGE, Installation, Phone


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
