"""What holds for every call: times, errors, languages, compression, bounds, and apps that know more than the server."""

from __future__ import annotations

import gzip
import json
import re
import socket
import time
import zlib
from datetime import UTC, datetime

import pytest

from tests.protocol.world import Answer, Desk, Phone, Served, moment, read_moment, squeezed

MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z\Z")


def test_times_are_rfc_3339_in_utc_with_milliseconds(siti: Phone) -> None:
    answer = siti.send()
    assert MOMENT.match(answer["server_time"])
    assert abs((read_moment(answer["server_time"]) - datetime.now(UTC)).total_seconds()) < 60


@pytest.mark.parametrize(
    ("wanted", "word"),
    [("id", "Ponsel"), ("en", "device"), ("id-ID,id;q=0.9,en;q=0.8", "Ponsel"), ("en-GB,en;q=0.9", "device"),
     ("fr", None), ("", None)],
)  # fmt: skip
def test_errors_are_problem_json_in_the_language_that_was_asked_for(siti: Phone, wanted: str, word: str | None) -> None:
    siti.sync(siti.change())
    answer = siti.post({"changes": [siti.change(seq=9)]}, Accept_Language=wanted)
    assert (answer.status, answer.slug) == (409, "gap")
    assert answer.headers["Content-Type"].split(";")[0] == "application/problem+json"
    if word:
        other = siti.post({"changes": [siti.change(seq=9)]}, Accept_Language="en" if word == "Ponsel" else "id")
        assert answer.json["title"] != other.json["title"] and answer.json["detail"] != other.json["detail"]
        assert answer.json["type"] == other.json["type"]


def test_a_field_error_is_told_under_its_field_in_the_language_asked_for(desk: Desk, siti: Phone) -> None:
    record = siti.worker()
    asked = {"record": record, "seen": {}, "fields": {"sex": "both"}}
    said = [desk.post("/api/v1/settle", asked, Accept_Language=lang) for lang in ("id", "en")]
    assert all(answer.status == 422 for answer in said)
    (indonesian,), (english,) = (answer.json["errors"]["sex"] for answer in said)
    assert indonesian != english and isinstance(english, str)


def test_a_request_body_may_be_gzip(siti: Phone) -> None:
    body = squeezed({"changes": [siti.change()], "cursors": {}})
    answer = siti.served.call("POST", "/api/v1/sync", data=body, token=siti.token, Content_Encoding="gzip")
    assert answer.status == 200 and answer.json["acked"] == 1


def test_responses_are_compressed_when_the_client_accepts_it(siti: Phone, budi: Phone) -> None:
    siti.sync(*(siti.change() for _ in range(20)))
    asked = {"changes": [], "cursors": {}}
    plain, small = budi.post(asked), budi.post(asked, Accept_Encoding="gzip")
    assert "Content-Encoding" not in plain.headers and small.headers["Content-Encoding"] == "gzip"
    told = json.loads(gzip.decompress(small.body))
    assert told["records"] == plain.json["records"] and len(small.body) < len(plain.body) / 2
    refused = budi.post(asked, Accept_Encoding="gzip;q=0")
    assert "Content-Encoding" not in refused.headers


def nothing_stored(phone: Phone, answer: Answer) -> bool:
    return phone.send()["acked"] == 0 and answer.slug != ""


def test_a_body_that_inflates_past_the_bound_is_refused_with_413_before_it_costs_memory(siti: Phone) -> None:
    squeeze = zlib.compressobj(9, zlib.DEFLATED, 31)
    bomb = squeeze.compress(b'{"changes": [], "pad": "') + b"".join(squeeze.compress(b" " * 2**20) for _ in range(64))
    began = time.monotonic()
    answer = siti.served.call(
        "POST", "/api/v1/sync", data=bomb + squeeze.flush(), token=siti.token, Content_Encoding="gzip"
    )
    assert answer.status == 413 and nothing_stored(siti, answer)
    assert time.monotonic() - began < 5


def test_max_bytes_counts_the_inflated_body_and_413_means_send_fewer(siti: Phone) -> None:
    most = siti.enrolled["limits"]["max_bytes"]
    changes = [siti.change(fields={"notes": "é" * 900_000}) for _ in range(3)]
    for body, headers in ((squeezed({"changes": changes}), {"Content_Encoding": "gzip"}),
                          (json.dumps({"changes": changes}).encode(), {})):  # fmt: skip
        answer = siti.served.call("POST", "/api/v1/sync", data=body, token=siti.token, **headers)
        assert answer.status == 413 and nothing_stored(siti, answer)
    one = json.dumps({"changes": [siti.change(seq=1)]}).encode()
    exactly = one + b" " * (most - len(one))
    assert siti.served.call("POST", "/api/v1/sync", data=exactly + b" ", token=siti.token).status == 413
    assert siti.served.call("POST", "/api/v1/sync", data=exactly, token=siti.token).status == 200


@pytest.mark.parametrize(
    "body",
    [b"no gzip at all", squeezed({"changes": []})[:-12], squeezed({"changes": []})[:20], b""],
    ids=["plain", "no end", "half", "empty"],
)
def test_a_body_that_is_not_valid_gzip_is_400(siti: Phone, body: bytes) -> None:
    answer = siti.served.call("POST", "/api/v1/sync", data=body, token=siti.token, Content_Encoding="gzip")
    assert answer.status == 400 and nothing_stored(siti, answer)


@pytest.mark.parametrize(
    "body", [b"", b"{", b'{"changes": []} x', b"\xff\xfe", b"{'changes': []}", b'{"changes": [NaN]}']
)
def test_a_body_that_is_not_valid_json_is_400(siti: Phone, body: bytes) -> None:
    answer = siti.served.call("POST", "/api/v1/sync", data=body, token=siti.token)
    assert answer.status == 400 and nothing_stored(siti, answer)


def test_an_encoding_that_the_page_does_not_name_is_415(siti: Phone) -> None:
    answer = siti.served.call("POST", "/api/v1/sync", data=b"{}", token=siti.token, Content_Encoding="br")
    assert answer.status == 415 and nothing_stored(siti, answer)


def test_a_body_without_the_json_type_is_read_or_refused_but_never_a_fault(siti: Phone) -> None:
    answer = siti.served.call(
        "POST", "/api/v1/sync", data=b'{"changes": []}', token=siti.token, Content_Type="text/plain"
    )
    assert answer.status in (200, 415)


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "/api/v1/nothing", 404), ("DELETE", "/api/v1/sync", 405)]
)
def test_what_the_page_does_not_name_is_what_an_http_client_expects(
    served: Served, siti: Phone, method: str, path: str, status: int
) -> None:
    answer = served.call(method, path, token=siti.token)
    assert answer.status == status and answer.slug


def test_fields_and_kinds_that_the_server_does_not_know_are_kept_not_refused(siti: Phone, budi: Phone) -> None:
    newer = siti.change(fields={"shoe_size": {"eu": [41, None, True]}})
    boat = siti.change(kind="boat", fields={"length_m": 7.5, "name": "Bintang"})
    assert siti.status_of(newer, boat) == ["merged", "merged"]
    held = budi.pull()
    assert held[newer["record"]]["fields"]["shoe_size"] == {"eu": [41, None, True]}
    assert held[boat["record"]]["kind"] == "boat" and held[boat["record"]]["fields"] == {
        "length_m": 7.5,
        "name": "Bintang",
    }


def test_members_of_a_request_that_the_server_does_not_know_disturb_nothing(siti: Phone) -> None:
    change = siti.change(mood="fine")
    assert siti.sync(change, battery={"level": 0.4})["results"][0]["status"] == "merged"


def test_two_kinds_of_field_that_meet_again_under_an_unknown_kind_take_the_latest(siti: Phone, budi: Phone) -> None:
    boat = siti.change(kind="boat", fields={"name": "Bintang"}, at=moment(days=2))
    siti.sync(boat)
    assert budi.status_of(budi.change(boat["record"], {"name": "Bulan"}, kind="boat", at=moment(days=1))) == ["merged"]
    assert budi.told(boat["record"])["fields"]["name"] == "Bulan" and not budi.told(boat["record"]).get("conflicts")


def test_a_line_that_breaks_in_the_middle_of_a_request_stores_nothing(siti: Phone) -> None:
    body = json.dumps({"changes": [siti.change()], "cursors": {}}).encode()
    head = (
        f"POST /api/v1/sync HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {siti.token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode()
    for cut in (len(head) - 3, len(head), len(head) + 10, len(head) + len(body) - 1):
        with socket.create_connection(("127.0.0.1", siti.served.port)) as line:
            line.sendall((head + body)[:cut])
    assert siti.send()["acked"] == 0


def test_a_line_that_breaks_before_the_answer_costs_nothing(siti: Phone, budi: Phone) -> None:
    change = siti.change()
    body = json.dumps({"changes": [change], "cursors": {}}).encode()
    head = (
        f"POST /api/v1/sync HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {siti.token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode()
    with socket.create_connection(("127.0.0.1", siti.served.port)) as line:
        line.sendall(head + body)
    answer = siti.sync(change)
    assert answer["acked"] == 1 and answer["results"] == [{"seq": 1, "status": "merged", "version": 1}]
    assert budi.pull()[change["record"]]["version"] == 1
