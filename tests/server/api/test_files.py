"""Photos by tus: what came before a cut is kept, what is whole is right, and nobody sees what is not his to see."""

from __future__ import annotations

import base64
import os
from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha1, sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from server.actions import files
from server.clock import now_ms
from server.config import Settings
from server.store import contents
from tests.server.installation import DAY_MS, ELSEWHERE, NEIGHBOUR, VILLAGE, WORKER, Installation, Phone

PREFIX = "/api/v1/files"
TUS = {"Tus-Resumable": "1.0.0"}
PART = "application/offset+octet-stream"


def photo(size: int = 3000, mark: int = 0) -> bytes:
    return (b"RIFF\x00\x00\x00\x00WEBP" + bytes((mark + n * n) % 251 for n in range(size)))[:size]


def named(content: bytes, kind: str = "image/webp") -> dict[str, Any]:
    return {"sha256": sha256(content).hexdigest(), "size": len(content), "type": kind}


def b64(text: str | bytes) -> str:
    return base64.b64encode(text.encode() if isinstance(text, str) else text).decode()


class Tus:
    """A phone's upload, call by call."""

    def __init__(self, server: Installation, phone: Phone) -> None:
        self.client, self.headers = server.client, phone.headers | TUS

    def create(self, content: bytes, kind: str = "image/webp", digest: str | None = None, **more: str) -> Any:
        digest = digest or sha256(content).hexdigest()
        said = f"sha256 {b64(digest)},type {b64(kind)}"
        headers = self.headers | {"Upload-Length": str(len(content)), "Upload-Metadata": said} | more
        return self.client.post(PREFIX, headers=headers)

    def patch(self, place: str, offset: int, part: bytes, **more: str) -> Any:
        headers = self.headers | {"Upload-Offset": str(offset)} | more
        return self.client.patch(place, data=part, headers=headers, content_type=PART)

    def head(self, place: str) -> Any:
        return self.client.head(place, headers=self.headers)

    def send(self, content: bytes, kind: str = "image/webp", step: int = 1000) -> Any:
        answer = self.create(content, kind)
        place, begun = answer.headers["Location"], int(answer.headers["Upload-Offset"])
        for at in range(begun, len(content), step):
            answer = self.patch(place, at, content[at : at + step])
        return answer


def worker_with(phone: Phone, content: bytes, **more: Any) -> dict[str, Any]:
    return phone.change(fields=WORKER | {"photo_ktp": named(content)}, **more)


@pytest.fixture
def siti(server: Installation) -> Phone:
    return server.enrolled(VILLAGE)


# Wanted ---------------------------------------------------------------------------------------------------------------


def test_data_goes_first_and_what_it_names_is_wanted_until_it_is_here(either_server: Installation) -> None:
    siti, content = either_server.enrolled(VILLAGE), photo()
    told = siti.sync(worker_with(siti, content))
    assert told["results"][0]["status"] == "merged"
    assert told["wanted"] == [f"sha256:{sha256(content).hexdigest()}"] == siti.sync()["wanted"]
    assert Tus(either_server, siti).send(content).status_code == 204
    assert siti.sync()["wanted"] == []
    with either_server.reading() as connection:
        assert not connection.exec_driver_sql("SELECT wants FROM device").scalar()
    assert siti.sync(worker_with(siti, content))["wanted"] == []  # named once more, and here already


def test_another_officer_is_not_asked_for_a_photo_that_is_not_his(server: Installation, siti: Phone) -> None:
    budi = server.enrolled(VILLAGE, officer="Budi")
    siti.sync(worker_with(siti, photo()))
    assert budi.sync()["wanted"] == []


def test_a_photo_of_a_change_that_was_set_aside_is_wanted_as_well(server: Installation, siti: Phone) -> None:
    told = siti.sync(siti.change(fields={"photo_ktp": named(photo()), "sex": "?", "extra.rumah": named(photo(mark=1))}))
    assert told["results"][0]["status"] == "quarantined" and len(told["wanted"]) == 2


def test_a_photo_that_a_form_asks_beyond_the_kind_is_wanted_too(server: Installation, siti: Phone) -> None:
    told = siti.sync(siti.change(fields=WORKER | {"extra.rumah": named(photo()), "extra.bad": {"sha256": "x"}}))
    assert told["wanted"] == [f"sha256:{sha256(photo()).hexdigest()}"]


def test_a_sync_that_names_no_file_asks_no_table_of_files(server: Installation, siti: Phone) -> None:
    from sqlalchemy import event

    from server.db import db

    siti.sync(siti.change())
    asked: list[str] = []
    with server.app.app_context():
        event.listen(db.engine, "before_cursor_execute", lambda *args: asked.append(args[2]))
    siti.sync(siti.change(), siti.change())
    assert asked and not [sql for sql in asked if "naming" in sql or "FROM file" in sql]


# Uploading ------------------------------------------------------------------------------------------------------------


def test_a_server_says_what_it_knows_of_tus_without_a_token(server: Installation) -> None:
    answer = server.client.options(PREFIX)
    assert answer.status_code == 204 and answer.headers["Tus-Version"] == "1.0.0"
    assert answer.headers["Tus-Extension"].split(",")[:1] == ["creation"]
    assert set(answer.headers["Tus-Checksum-Algorithm"].split(",")) == {"sha1", "sha256"}
    assert int(answer.headers["Tus-Max-Size"]) == server.settings.max_file_bytes


def test_a_photo_comes_in_parts_and_is_given_back_as_it_was(server: Installation, siti: Phone) -> None:
    tus, content = Tus(server, siti), photo(200_000)
    siti.sync(worker_with(siti, content))
    made = tus.create(content)
    assert made.status_code == 201 and made.headers["Upload-Offset"] == "0" and "Upload-Expires" in made.headers
    place = made.headers["Location"]
    assert tus.patch(place, 0, content[:70_000]).headers["Upload-Offset"] == "70000"
    head = tus.head(place)
    assert head.status_code == 200 and head.headers["Cache-Control"] == "no-store" and head.data == b""
    assert (head.headers["Upload-Offset"], head.headers["Upload-Length"]) == ("70000", "200000")
    assert tus.patch(place, 70_000, content[70_000:]).headers["Upload-Offset"] == "200000"
    assert tus.head(place).headers["Upload-Offset"] == "200000"  # the answer to the last part may have been lost
    got = server.client.get(f"{PREFIX}/{sha256(content).hexdigest()}", headers=siti.headers)
    assert got.status_code == 200 and got.data == content and got.content_type == "image/webp"


def test_on_the_disk_nothing_of_a_photo_can_be_read(server: Installation, siti: Phone) -> None:
    tus, content = Tus(server, siti), b"RIFF\x00\x00\x00\x00WEBP" + b"wajah seseorang " * 500
    place = tus.create(content).headers["Location"]
    tus.patch(place, 0, content[:-1])
    held = [path for path in server.settings.files.rglob("*") if path.is_file()]
    tus.patch(place, len(content) - 1, content[-1:])
    stored = [path for path in server.settings.files.rglob("*") if path.is_file()]
    assert held and len(stored) == 1
    assert all(path.stat().st_mode & 0o077 == 0 for path in stored)
    assert b"wajah" not in b"".join(path.read_bytes() for path in stored)
    assert not [path for path in held if path.exists()]  # the part, and its lock, have served


def test_the_same_photo_is_stored_once_whoever_sends_it(server: Installation, siti: Phone) -> None:
    budi = server.enrolled(VILLAGE, officer="Budi")
    for phone in (siti, budi):
        phone.sync(worker_with(phone, photo()))
        assert Tus(server, phone).send(photo()).headers["Upload-Offset"] == str(len(photo()))
    assert len(list(server.settings.files.rglob("*.sealed"))) == 1 and server.counts()["file"] == 1


def test_what_is_here_already_of_a_change_of_ones_own_is_not_sent_twice(server: Installation, siti: Phone) -> None:
    siti.sync(worker_with(siti, photo()))
    Tus(server, siti).send(photo())
    again = Tus(server, siti).create(photo())
    assert again.status_code == 201 and again.headers["Upload-Offset"] == str(len(photo()))


def test_creating_and_sending_may_be_one_call(server: Installation, siti: Phone) -> None:
    content = photo()
    said = f"sha256 {b64(named(content)['sha256'])},type {b64('image/webp')}"
    headers = siti.headers | TUS | {"Upload-Length": str(len(content)), "Upload-Metadata": said}
    answer = server.client.post(PREFIX, data=content, headers=headers, content_type=PART)
    assert answer.status_code == 201 and answer.headers["Upload-Offset"] == str(len(content))
    assert server.counts()["file"] == 1


def test_a_part_that_does_not_fit_is_refused_with_the_place_where_it_would(server: Installation, siti: Phone) -> None:
    tus, content = Tus(server, siti), photo()
    place = tus.create(content).headers["Location"]
    tus.patch(place, 0, content[:1000])
    for offset in (0, 999, 1001, 3000):
        answer = tus.patch(place, offset, content[offset : offset + 10])
        assert answer.status_code == 409 and answer.json["offset"] == 1000 and answer.headers["Upload-Offset"] == "1000"
        assert answer.headers["Tus-Resumable"] == "1.0.0"


def test_a_part_is_held_against_its_checksum_and_kept_whole_or_not_at_all(server: Installation, siti: Phone) -> None:
    tus, content = Tus(server, siti), photo()
    place = tus.create(content).headers["Location"]
    right, wrong = f"sha1 {b64(sha1(content[:1000]).digest())}", f"sha1 {b64(sha1(b'').digest())}"
    assert tus.patch(place, 0, content[:1000], **{"Upload-Checksum": wrong}).status_code == 460
    assert tus.head(place).headers["Upload-Offset"] == "0"
    assert tus.patch(place, 0, content[:1000], **{"Upload-Checksum": right}).status_code == 204
    rest = f"sha256 {b64(sha256(content[1000:]).digest())}"
    assert tus.patch(place, 1000, content[1000:], **{"Upload-Checksum": rest}).status_code == 204
    for odd in ("crc32 AAAA", "sha1", "sha1 ***", ""):
        assert tus.patch(place, 0, b"x", **{"Upload-Checksum": odd}).status_code == 400


def test_a_photo_that_is_not_the_one_announced_is_dropped(server: Installation, siti: Phone) -> None:
    tus, content = Tus(server, siti), photo()
    place = tus.create(content, digest="0" * 64).headers["Location"]
    answer = tus.patch(place, 0, content)
    assert answer.status_code == 422 and answer.json["type"] == "urn:sambung:file-damaged"
    assert tus.head(place).status_code == 404 and server.counts()["file"] == server.counts()["upload"] == 0
    assert not [path for path in server.settings.files.rglob("*") if path.is_file()]


@pytest.mark.parametrize(("content", "kind", "status"), [
    (photo(), "image/webp", 204), (b"\xff\xd8\xff\xe0" + bytes(50), "image/jpeg", 204),
    (b"\x89PNG\r\n\x1a\n" + bytes(50), "image/png", 204), (photo(), "image/jpeg", 422),
    (b"<svg onload=alert(1)>" + bytes(50), "image/webp", 422), (b"GIF89a" + bytes(50), "image/png", 422),
], ids=["webp", "jpeg", "png", "webp as jpeg", "svg as webp", "gif as png"])  # fmt: skip
def test_a_photo_is_what_it_says_it_is(server: Installation, siti: Phone, content: bytes, kind: str, status: int) -> None:
    assert Tus(server, siti).send(content, kind, 5000).status_code == status


@pytest.mark.parametrize(("more", "status"), [
    ({"Upload-Length": "0"}, 400), ({"Upload-Length": "-1"}, 400), ({"Upload-Length": "x"}, 400),
    ({"Upload-Length": str(10**9)}, 413), ({"Upload-Metadata": ""}, 400), ({"Upload-Metadata": "sha256 ***"}, 400),
    ({"Upload-Metadata": f"sha256 {b64('a' * 64)},type {b64('image/svg+xml')}"}, 415),
    ({"Upload-Metadata": f"sha256 {b64('A' * 63)},type {b64('image/webp')}"}, 400),
    ({"Upload-Metadata": f"sha256 {b64('../../etc/passwd')},type {b64('image/webp')}"}, 400),
    ({"Tus-Resumable": "0.2.2"}, 412),
])  # fmt: skip
def test_what_is_no_photo_to_be_sent_is_refused_before_it_costs_anything(
    server: Installation, siti: Phone, more: dict[str, str], status: int
) -> None:
    answer = Tus(server, siti).create(photo(), **more)
    assert answer.status_code == status and server.counts()["upload"] == 0
    assert answer.headers["Tus-Resumable"] == "1.0.0"


def test_more_than_was_announced_is_never_kept(server: Installation, siti: Phone) -> None:
    tus, content = Tus(server, siti), photo()
    place = tus.create(content).headers["Location"]
    tus.patch(place, 0, content[:100])
    for more in ({}, {"Upload-Checksum": f"sha1 {b64(sha1(content).digest())}"}):
        assert tus.patch(place, 100, content, **more).status_code == 413
        assert tus.head(place).headers["Upload-Offset"] == "100"
    assert tus.patch(place, 100, content[100:]).status_code == 204


def test_an_upload_is_its_own_devices_alone(server: Installation, siti: Phone) -> None:
    budi, content = server.enrolled(VILLAGE, officer="Budi"), photo()
    place = Tus(server, siti).create(content).headers["Location"]
    theirs = Tus(server, budi)
    assert theirs.head(place).status_code == theirs.patch(place, 0, content).status_code == 404
    assert server.client.delete(place, headers=budi.headers | TUS).status_code == 404
    assert server.client.head(place, headers=TUS).status_code == 401
    staff = server.person("staff", "id")
    assert server.client.head(place, headers=staff.headers | TUS).status_code == 403


def test_a_phone_may_give_an_upload_up(server: Installation, siti: Phone) -> None:
    tus, content = Tus(server, siti), photo()
    place = tus.create(content).headers["Location"]
    tus.patch(place, 0, content[:100])
    assert server.client.delete(place, headers=siti.headers | TUS).status_code == 204
    assert tus.head(place).status_code == 404 and not [p for p in server.settings.files.rglob("*") if p.is_file()]


def test_behind_a_proxy_that_knows_only_get_and_post_a_photo_comes_all_the_same(server: Installation, siti: Phone) -> None:
    tus, content = Tus(server, siti), photo()
    place = tus.create(content).headers["Location"]
    headers = tus.headers | {"Upload-Offset": "0", "X-HTTP-Method-Override": "PATCH"}
    assert server.client.post(place, data=content, headers=headers, content_type=PART).status_code == 204
    assert server.client.post("/api/v1/sync", headers={"X-HTTP-Method-Override": "PATCH"}).status_code == 401


def test_two_requests_for_one_upload_do_not_mix(server: Installation, siti: Phone) -> None:
    tus, content = Tus(server, siti), photo()
    place = tus.create(content).headers["Location"]
    with server.app.app_context(), contents.of(server.settings).adding_to(place.rsplit("/", 1)[1]):
        answer = tus.patch(place, 0, content)
    assert answer.status_code == 423 and answer.headers["Retry-After"] == "1"
    assert tus.patch(place, 0, content).status_code == 204


def test_who_leaves_uploads_unfinished_loses_the_oldest(settings: Settings) -> None:
    server = Installation(replace(settings, uploads_per_device=3))
    siti = server.enrolled()
    tus = Tus(server, siti)
    places = [tus.create(photo(mark=n)).headers["Location"] for n in range(5)]
    assert [tus.head(place).status_code for place in places] == [404, 404, 200, 200, 200]
    server.close()


@given(
    content=st.binary(min_size=1, max_size=3000).map(lambda rest: b"\xff\xd8\xff" + rest),
    cuts=st.lists(st.integers(0, 1200), max_size=8), lost=st.sets(st.integers(0, 8)),
)  # fmt: skip
@hypothesis_settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_however_the_line_breaks_the_photo_arrives_as_it_was(
    server: Installation, siti: Phone, content: bytes, cuts: list[int], lost: set[int]
) -> None:
    tus, made = Tus(server, siti), Tus(server, siti).create(content, "image/jpeg")
    place, offset = made.headers["Location"], int(made.headers["Upload-Offset"])
    for number, size in enumerate([*cuts, 10_000]):
        answer = tus.patch(place, offset, content[offset : offset + size])
        assert answer.status_code == 204
        offset = int(answer.headers["Upload-Offset"] if number not in lost else tus.head(place).headers["Upload-Offset"])
    siti.sync(siti.change(fields=WORKER | {"photo_ktp": named(content, "image/jpeg")}))
    got = server.client.get(f"{PREFIX}/{sha256(content).hexdigest()}", headers=siti.headers)
    assert got.data == content


# Cuts and kills -------------------------------------------------------------------------------------------------------


def test_what_came_before_the_line_was_cut_stays(server: Installation, siti: Phone) -> None:
    content, device = photo(150_000), None
    place = Tus(server, siti).create(content).headers["Location"]

    def torn() -> Iterator[bytes]:
        yield content[:100_000]
        # and here the line is cut: the door ends what it hands over

    with server.app.app_context():
        from server.db import reading
        from server.store import devices

        with reading() as connection:
            device = devices.by_id(connection, siti.id)
        assert device is not None
        assert files.add(place.rsplit("/", 1)[1], device, 0, torn(), None, server.settings, now_ms()) == 100_000
    assert Tus(server, siti).head(place).headers["Upload-Offset"] == "100000"


@pytest.mark.parametrize("torn", [0, 1, 3, 4, 5, 20, 500, 1039, 1040])
def test_a_piece_that_a_power_cut_tore_is_told_as_not_there_and_sent_again(
    server: Installation, siti: Phone, torn: int
) -> None:
    tus, content = Tus(server, siti), photo()
    place = tus.create(content).headers["Location"]
    tus.patch(place, 0, content[:1000])
    part = server.settings.files / "parts" / place.rsplit("/", 1)[1]
    whole = part.stat().st_size
    tus.patch(place, 1000, content[1000:2000])
    os.truncate(part, whole + torn)
    expected = 2000 if torn >= whole else 1000  # the second piece is as long as the first
    assert tus.head(place).headers["Upload-Offset"] == str(expected)
    assert tus.patch(place, expected, content[expected:]).status_code == 204
    assert server.counts()["file"] == 1


def test_a_part_file_whose_end_came_back_as_zeros_is_cut_there(server: Installation, siti: Phone) -> None:
    tus, content = Tus(server, siti), photo()
    place = tus.create(content).headers["Location"]
    tus.patch(place, 0, content[:1000])
    with open(server.settings.files / "parts" / place.rsplit("/", 1)[1], "ab") as part:
        part.write(bytes(5000))
    assert tus.head(place).headers["Upload-Offset"] == "1000"
    assert tus.patch(place, 1000, content[1000:]).status_code == 204


def test_a_photo_that_was_whole_when_the_server_was_killed_is_there_when_the_phone_asks(
    server: Installation, siti: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    tus, content = Tus(server, siti), photo()
    siti.sync(worker_with(siti, content))
    place = tus.create(content).headers["Location"]

    def killed(*args: Any) -> None:
        raise SystemExit

    with monkeypatch.context() as patched, pytest.raises(SystemExit):
        patched.setattr(files, "_finish", killed)
        tus.patch(place, 0, content)
    assert tus.head(place).headers["Upload-Offset"] == str(len(content))
    assert siti.sync()["wanted"] == []


# Seeing ---------------------------------------------------------------------------------------------------------------


def test_a_photo_is_shown_to_the_villages_phones_and_to_who_sees_people_there(server: Installation, siti: Phone) -> None:
    content = photo()
    siti.sync(worker_with(siti, content))
    Tus(server, siti).send(content)
    path = f"{PREFIX}/{sha256(content).hexdigest()}"
    budi, far = server.enrolled(VILLAGE, officer="Budi"), server.enrolled(NEIGHBOUR, officer="Jauh")
    assert server.client.get(path, headers=budi.headers).data == content
    assert server.client.get(path, headers=far.headers).status_code == 404
    people = [("staff", "64.02", 200), ("operator", VILLAGE, 200), ("staff", "64.03", 404), ("viewer", "id", 403)]
    for role, region, status in people:
        assert server.person(role, region).get(path).status_code == status, (role, region)
    assert server.client.get(path).status_code == 401
    answer = server.client.get(path, headers=siti.headers)
    assert answer.headers["X-Content-Type-Options"] == "nosniff" and "sandbox" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Content-Disposition"].startswith("attachment; filename=")
    again = server.client.get(path, headers=siti.headers | {"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304 and again.data == b""
    assert server.client.head(path, headers=siti.headers).headers["Content-Length"] == str(len(content))


def test_a_photo_goes_with_its_worker_when_he_moves(server: Installation, siti: Phone) -> None:
    content, neighbour = photo(), server.enrolled(NEIGHBOUR, officer="Budi")
    siti.sync(worker_with(siti, content))
    Tus(server, siti).send(content)
    siti.sync(siti.change(1, {"village": NEIGHBOUR}))
    path = f"{PREFIX}/{sha256(content).hexdigest()}"
    assert server.client.get(path, headers=neighbour.headers).status_code == 200
    assert server.client.get(path, headers=siti.headers).status_code == 404


def test_who_only_knows_a_photos_hash_does_not_come_to_see_it(server: Installation, siti: Phone) -> None:
    content = photo()
    siti.sync(worker_with(siti, content))
    Tus(server, siti).send(content)
    stranger = server.enrolled(ELSEWHERE, officer="Orang Jauh")
    told = stranger.sync(worker_with(stranger, content, village=ELSEWHERE))
    path = f"{PREFIX}/{sha256(content).hexdigest()}"
    assert told["wanted"] == [f"sha256:{sha256(content).hexdigest()}"]  # as if it were not here
    assert server.client.get(path, headers=stranger.headers).status_code == 404
    assert server.person("staff", ELSEWHERE).get(path).status_code == 404
    assert Tus(server, stranger).create(content).headers["Upload-Offset"] == "0"
    Tus(server, stranger).send(content)  # he has it himself
    assert server.client.get(path, headers=stranger.headers).data == content


# Keeping house --------------------------------------------------------------------------------------------------------


def erase(server: Installation, record: str) -> None:
    from server.actions.settle import erase as erase_by_law

    with server.app.app_context():
        erase_by_law([record], "diminta", None, server.settings, now_ms())


def test_an_erasure_takes_the_photos_that_nobody_else_names(either_server: Installation) -> None:
    server = either_server
    siti, own, shared = server.enrolled(VILLAGE), photo(mark=1), photo(mark=2)
    first = siti.change(fields=WORKER | {"photo_ktp": named(own), "photo_person": named(shared)})
    siti.sync(
        first,
        siti.change(fields=WORKER | {"photo_person": named(shared)}),
    )
    for content in (own, shared):
        Tus(server, siti).send(content)
    erase(server, f"{siti.id}-1")
    assert server.client.get(f"{PREFIX}/{sha256(own).hexdigest()}", headers=siti.headers).status_code == 404
    assert server.client.get(f"{PREFIX}/{sha256(shared).hexdigest()}", headers=siti.headers).data == shared
    assert [path.name[:64] for path in server.settings.files.rglob("*.sealed")] == [sha256(shared).hexdigest()]
    assert siti.sync()["wanted"] == []
    siti.sync(first)  # sent again, it names nothing any more
    assert siti.sync()["wanted"] == []


def test_tidying_drops_what_nobody_names_and_what_nobody_goes_on_with(server: Installation, siti: Phone) -> None:
    tus, kept, idle = Tus(server, siti), photo(mark=1), photo(mark=2)
    siti.sync(worker_with(siti, kept))
    tus.send(kept)
    tus.send(idle)
    place = tus.create(photo(mark=3)).headers["Location"]
    tus.patch(place, 0, photo(mark=3)[:500])
    with server.app.app_context():
        assert files.tidy(server.settings, now_ms()) == 0
        files.tidy(server.settings, now_ms() + 15 * DAY_MS)
    assert tus.head(place).status_code == 404
    left = [path for path in server.settings.files.rglob("*") if path.is_file()]
    assert [path.name[:64] for path in left] == [sha256(kept).hexdigest()]


def test_tidying_drops_what_a_kill_left_between_disk_and_database(server: Installation, settings: Settings) -> None:
    disk = contents.of(settings)
    disk.put("a" * 64, b"x")
    torn = disk.path("a" * 64).with_name(".x.part")
    torn.write_bytes(b"x")
    (settings.files / "parts").mkdir()
    (settings.files / "parts" / "nobodys").write_bytes(b"x")
    with server.app.app_context():
        assert files.tidy(settings, now_ms()) == 0
        for path in settings.files.rglob("*"):
            os.utime(path, (1, 1))
        assert files.tidy(settings, now_ms()) == 3
    assert not [path for path in settings.files.rglob("*") if path.is_file()]


def test_a_content_that_was_altered_on_the_disk_is_not_told(server: Installation, siti: Phone) -> None:
    content = photo()
    siti.sync(worker_with(siti, content))
    Tus(server, siti).send(content)
    stored: Path = contents.Contents(server.settings.files, bytes(32)).path(sha256(content).hexdigest())
    raw = bytearray(stored.read_bytes())
    raw[-1] ^= 1
    stored.write_bytes(raw)
    assert server.client.get(f"{PREFIX}/{sha256(content).hexdigest()}", headers=siti.headers).status_code == 404
