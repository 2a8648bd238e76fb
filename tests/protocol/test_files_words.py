"""Section 5 of the page, sentence by sentence, with tus 1.0.0 spoken call by call."""

from __future__ import annotations

import base64
from collections.abc import Callable
from hashlib import sha1, sha256
from random import Random
from typing import Any

import pytest

from tests.protocol.world import WORKER, Answer, Phone, Served

FILES = "/api/v1/files"
PART = "application/offset+octet-stream"
ON_BOTH = True


def photo(seed: int, size: int = 5000) -> bytes:
    return b"\xff\xd8\xff" + Random(seed).randbytes(size - 3)


def name_of(content: bytes) -> str:
    return sha256(content).hexdigest()


def b64(plain: str | bytes) -> str:
    return base64.b64encode(plain.encode() if isinstance(plain, str) else plain).decode()


def tus(phone: Phone, method: str, path: str, data: bytes | None = None, **headers: str) -> Answer:
    sent = {"Tus_Resumable": "1.0.0"} | headers
    return phone.served.call(method, path, data=data, token=phone.token, **{k: v for k, v in sent.items() if v})


def create(phone: Phone, content: bytes, kind: str = "image/jpeg", **headers: str) -> Answer:
    said = f"sha256 {b64(name_of(content))},type {b64(kind)}"
    return tus(phone, "POST", FILES, **({"Upload_Length": str(len(content)), "Upload_Metadata": said} | headers))


def patch(phone: Phone, place: str, offset: int, part: bytes, **headers: str) -> Answer:
    return tus(phone, "PATCH", place, part, **({"Content_Type": PART, "Upload_Offset": str(offset)} | headers))


def send(phone: Phone, content: bytes) -> None:
    made = create(phone, content)
    assert made.status == 201, made
    if int(made.headers.get("Upload-Offset", 0)) < len(content):
        assert patch(phone, made.headers["Location"], 0, content).status == 204


def register(phone: Phone, *contents: bytes) -> Any:
    """A worker with these photos, in these two fields of the page."""
    names = ("photo_ktp", "photo_person", "signature")
    values = {
        name: {"sha256": name_of(content), "size": len(content), "type": "image/jpeg"}
        for name, content in zip(names, contents, strict=False)
    }
    return phone.sync(phone.change(fields=WORKER | values))


def get(phone: Any, content: bytes) -> Answer:
    return phone.served.call("GET", f"{FILES}/{name_of(content)}", token=phone.token)


def wanted(*contents: bytes) -> set[str]:
    return {f"sha256:{name_of(content)}" for content in contents}


# tus ------------------------------------------------------------------------------------------------------------------


def test_the_server_says_what_it_speaks(served: Served) -> None:
    answer = served.call("OPTIONS", FILES)
    assert answer.status in (200, 204) and "1.0.0" in answer.headers["Tus-Version"].split(",")
    assert {"creation", "checksum", "termination"} <= set(answer.headers["Tus-Extension"].split(","))
    assert "sha1" in answer.headers["Tus-Checksum-Algorithm"].split(",") and int(answer.headers["Tus-Max-Size"]) > 0


@pytest.mark.parametrize("version", ["", "0.2.1", "2.0.0"])
def test_another_version_of_tus_or_none_is_412_and_does_nothing(siti: Phone, version: str) -> None:
    answer = create(siti, photo(1), Tus_Resumable=version)
    assert answer.status == 412 and "1.0.0" in answer.headers["Tus-Version"] and answer.headers["Tus-Resumable"] == "1.0.0"
    place = create(siti, photo(1)).headers["Location"]
    assert patch(siti, place, 0, photo(1)[:10], Tus_Resumable=version).status == 412
    assert tus(siti, "HEAD", place).headers["Upload-Offset"] == "0"


def test_what_is_told_of_an_upload(siti: Phone) -> None:
    content = photo(2)
    place = create(siti, content).headers["Location"]
    sent = patch(siti, place, 0, content[:100])
    assert sent.status == 204 and sent.headers["Upload-Offset"] == "100" and sent.headers["Tus-Resumable"] == "1.0.0"
    head = tus(siti, "HEAD", place)
    assert head.status in (200, 204) and head.headers["Cache-Control"] == "no-store"
    assert (head.headers["Upload-Offset"], head.headers["Upload-Length"]) == ("100", str(len(content)))
    assert b64(name_of(content)) in head.headers["Upload-Metadata"]


def test_a_part_goes_where_it_belongs_or_nowhere(siti: Phone) -> None:
    content = photo(3)
    place = create(siti, content).headers["Location"]
    patch(siti, place, 0, content[:100])
    assert [patch(siti, place, at, b"x").status for at in (0, 99, 101, 10**20)] == [409] * 4
    assert patch(siti, place, 100, b"x", Content_Type="application/octet-stream").status == 415
    assert patch(siti, place, 100, content).status == 413  # more than was announced
    assert tus(siti, "HEAD", place).headers["Upload-Offset"] == "100"


def test_a_part_that_is_not_what_was_sent_is_460_and_unknown_algorithms_are_400(siti: Phone) -> None:
    content = photo(4)
    place = create(siti, content).headers["Location"]
    wrong, right = (f"sha1 {b64(sha1(part).digest())}" for part in (b"", content))
    assert patch(siti, place, 0, content, Upload_Checksum=wrong).status == 460
    assert patch(siti, place, 0, content, Upload_Checksum="crc32 AAAAAA==").status == 400
    assert tus(siti, "HEAD", place).headers["Upload-Offset"] == "0"
    assert patch(siti, place, 0, content, Upload_Checksum=right).status == 204


def test_an_upload_that_is_ended_is_gone(siti: Phone) -> None:
    place = create(siti, photo(5)).headers["Location"]
    assert tus(siti, "DELETE", place).status == 204
    assert tus(siti, "HEAD", place).status in (404, 410) and patch(siti, place, 0, b"x").status in (404, 410)


@pytest.mark.parametrize("headers", [
    {"Upload_Length": "", "Upload_Defer_Length": "1"},
    {"Upload_Length": "", "Upload_Metadata": "", "Upload_Concat": "final;/files/a /files/b"},
    {"Upload_Metadata": ""}, {"Upload_Metadata": "sha256 !!,type !!"}, {"Upload_Length": "-1"}, {"Upload_Length": "1e3"},
], ids=["length deferred", "concatenation", "no metadata", "no base64", "negative", "no number"])  # fmt: skip
def test_what_the_page_does_not_offer_or_nobody_understands_is_400(siti: Phone, headers: dict[str, str]) -> None:
    assert create(siti, photo(6), **headers).status == 400


def test_a_proxy_that_knows_post_alone_is_no_hindrance(siti: Phone) -> None:
    content = photo(7)
    place = create(siti, content).headers["Location"]
    headers = {"Content_Type": PART, "Upload_Offset": "0", "X_HTTP_Method_Override": "PATCH"}
    assert tus(siti, "POST", place, content, **headers).status == 204
    head = tus(siti, "POST", place, b"", X_HTTP_Method_Override="HEAD")
    assert head.status == 200 and head.headers["Upload-Offset"] == str(len(content))
    assert tus(siti, "POST", FILES + "/" + "a" * 24, b"", X_HTTP_Method_Override="HEAD").status == 404
    assert tus(siti, "POST", place, b"", X_HTTP_Method_Override="DELETE").status == 204


# What is taken --------------------------------------------------------------------------------------------------------


def test_the_server_checks_the_hash_and_refuses_other_types_and_sizes(siti: Phone) -> None:
    most = int(siti.served.call("OPTIONS", FILES).headers["Tus-Max-Size"])
    assert create(siti, photo(8), "image/svg+xml").status == create(siti, photo(8), "application/pdf").status == 415
    for size in (most + 1, 10**12, 10**30):
        assert create(siti, photo(8), Upload_Length=str(size)).status == 413
    place = create(siti, photo(8)).headers["Location"]
    assert 400 <= patch(siti, place, 0, photo(9)).status < 500
    register(siti, photo(8), photo(9))
    assert get(siti, photo(8)).status == get(siti, photo(9)).status == 404


def test_wanted_is_what_lacks_of_ones_own_changes_until_it_has_come(siti: Phone, budi: Phone) -> None:
    first, second = photo(10), photo(11)
    assert set(register(siti, first, second)["wanted"]) == wanted(first, second)
    assert budi.sync()["wanted"] == []
    send(siti, first)
    assert set(siti.sync()["wanted"]) == wanted(second)
    send(siti, second)
    assert siti.sync()["wanted"] == []


def test_a_photo_of_what_was_quarantined_is_wanted_too(siti: Phone) -> None:
    value = {"sha256": name_of(photo(12)), "size": 5000, "type": "image/jpeg"}
    told = siti.sync(siti.change(fields=WORKER | {"sex": "?", "photo_ktp": value}))
    assert told["results"][0]["status"] == "quarantined" and set(told["wanted"]) == wanted(photo(12))


def test_the_same_content_is_stored_once_and_sealed(serve: Callable[..., Served]) -> None:
    served = serve()
    village, content = served.village(), photo(13, 60_000)
    siti, budi = served.phone(village), served.phone(village, officer="Budi")
    for phone in (siti, budi):
        register(phone, content)
        send(phone, content)
    assert get(siti, content).body == content
    sizes = []
    for path in served.folder.rglob("*"):
        if path.is_file():
            raw = path.read_bytes()
            assert content[1000:1064] not in raw, path
            sizes += [path.stat().st_size] if name_of(content) in path.name else []
    assert len(sizes) == 1 and sizes[0] < len(content) + 1000


# Who sees -------------------------------------------------------------------------------------------------------------


def test_a_photo_is_given_to_who_may_see_a_record_that_names_it_and_to_nobody_else(
    served: Served, siti: Phone, budi: Phone
) -> None:
    content = photo(14)
    register(siti, content)
    send(siti, content)
    far = served.phone(served.village(), officer="Orang Jauh")
    district = siti.villages[0].rsplit(".", 1)[0]
    for who in (siti, budi, served.desk("operator", "id"), served.desk("staff", district)):
        answer = get(who, content)
        assert (answer.status, answer.body, answer.headers["Content-Type"]) == (200, content, "image/jpeg")
        assert "public" not in answer.headers["Cache-Control"]
    assert get(far, content).status == 404 and get(served.desk("viewer", "id"), content).status == 403
    assert served.call("GET", f"{FILES}/{name_of(content)}").status == 401
    assert served.run("revoke", budi.id).code == 0
    assert get(budi, content).status == 401


def test_a_photo_moves_with_its_record(served: Served, siti: Phone) -> None:
    content, elsewhere = photo(15), served.village()
    wati = served.phone(elsewhere, officer="Wati")
    record = register(siti, content)["results"][0]
    assert record["status"] == "merged"
    send(siti, content)
    siti.sync(siti.change(f"{siti.id}-{siti.seq}", {"village": elsewhere}))
    assert get(wati, content).body == content and get(siti, content).status == 404


def test_nobody_sees_a_photo_nor_learns_that_it_is_here_by_naming_its_hash(served: Served, siti: Phone) -> None:
    early, late, unknown = photo(16), photo(17), photo(18)
    register(siti, late)
    send(siti, late)
    far = served.phone(served.village(), officer="Orang Jauh")
    assert set(register(far, early, late, unknown)["wanted"]) == wanted(early, late, unknown)
    register(siti, early)
    send(siti, early)
    assert [get(far, each).status for each in (early, late, unknown)] == [404] * 3
    assert set(far.sync()["wanted"]) == wanted(early, late, unknown)
    offsets = [create(far, each).headers.get("Upload-Offset", "0") for each in (early, late, unknown)]
    assert offsets == ["0"] * 3
    send(far, late)
    assert get(far, late).body == late  # he had it himself
