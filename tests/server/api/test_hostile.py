"""Whatever is sent, nothing breaks: no 5xx, nothing half stored, and the rest of a batch is merged all the same."""

from __future__ import annotations

import gzip
import json
import socket
import threading
import time
import zlib
from collections.abc import Iterator
from typing import Any

import pytest
from waitress.server import create_server

from schemas.change import MAX_SEQ
from server.config import Settings
from tests.server.installation import ELSEWHERE, NEIGHBOUR, VILLAGE, WORKER, Installation, Phone

LONE = "\ud800"  # half of a character: JSON can say it, UTF-8 can't
HUGE = "9" * 10_000


def sizes(server: Installation) -> dict[str, int]:
    return server.counts()


def refused(answer: Any, status: int, slug: str, case: Any = "") -> None:
    assert answer.status_code == status, (case, answer.get_data(as_text=True))
    assert answer.content_type == "application/problem+json", case
    assert answer.json["type"] == f"urn:sambung:{slug}", case


# Bodies that are no sync request: refused, and nothing is stored ----------------------------------------------------


def gzipped(body: bytes) -> bytes:
    return gzip.compress(body)


def a_bomb() -> bytes:
    """1 GiB of zeros in about 1 MiB: the first MiB squeezed, and its block again a thousand times."""
    squeeze, zeros = zlib.compressobj(9, zlib.DEFLATED, 31), bytes(1024 * 1024)
    first = squeeze.compress(zeros) + squeeze.flush(zlib.Z_FULL_FLUSH)
    block = squeeze.compress(zeros) + squeeze.flush(zlib.Z_FULL_FLUSH)
    return first + block * 1023


GOOD = b'{"changes":[]}'
NOT_GZIP = {
    "truncated": gzipped(GOOD)[:-6],
    "cut in its header": gzipped(GOOD)[:5],
    "empty": b"",
    "with something behind it": gzipped(GOOD) + b"x",
    "two members": gzipped(b'{"changes":') + gzipped(b"[]}"),
    "a wrong checksum": gzipped(GOOD)[:-8] + b"\0\0\0\0" + gzipped(GOOD)[-4:],
    "zlib instead": zlib.compress(GOOD),
    "no gzip at all": GOOD,
}


def test_damaged_gzip_is_refused_and_nothing_is_stored(server: Installation) -> None:
    siti = server.enrolled()
    before = sizes(server)
    for case, body in NOT_GZIP.items():
        refused(siti.post_bytes(body, **{"Content-Encoding": "gzip"}), 400, "bad-gzip", case)
        assert sizes(server) == before, case


def test_gzip_within_gzip_is_opened_once_and_is_then_no_json(server: Installation) -> None:
    siti = server.enrolled()
    refused(siti.post_bytes(gzipped(gzipped(GOOD)), **{"Content-Encoding": "gzip"}), 400, "not-json")


def test_a_gzip_bomb_costs_neither_time_nor_memory(server: Installation) -> None:
    siti, bomb = server.enrolled(), a_bomb()
    assert len(bomb) < server.settings.max_bytes and len(zlib.decompressobj(31).decompress(bomb, 2**27)) == 2**27
    began = time.process_time()
    refused(siti.post_bytes(bomb, **{"Content-Encoding": "gzip"}), 413, "too-large")
    assert time.process_time() - began < 1


def test_other_encodings_and_other_content_than_json_are_refused(server: Installation) -> None:
    siti = server.enrolled()
    for encoding in ("br", "deflate", "zstd", "gzip, gzip", "gzip;q=1", "x" * 1000):
        refused(siti.post_bytes(GOOD, **{"Content-Encoding": encoding}), 415, "unsupported-media", encoding)
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
        answer = server.client.post("/api/v1/sync", data=GOOD, headers=siti.headers, content_type=kind)
        refused(answer, 415, "unsupported-media", kind)


def test_a_body_above_the_bound_is_refused_squeezed_or_not(server: Installation) -> None:
    siti = server.enrolled()
    body = json.dumps({"changes": [], "padding": "x" * server.settings.max_bytes}).encode()
    refused(siti.post_bytes(body), 413, "too-large")
    refused(siti.post_bytes(body, squeeze=True), 413, "too-large")


BROKEN = {
    "nothing": b"",
    "white space": b" \n ",
    "cut": b'{"changes":[{"seq":1,"kind":"wor',
    "a trailing comma": b'{"changes":[],}',
    "two documents": b'{"changes":[]}{"changes":[]}',
    "NaN": b'{"changes":[],"limit":NaN}',
    "Infinity": b'{"changes":[],"limit":-Infinity}',
    "NaN in a field": b'{"changes":[{"seq":1,"kind":"worker","fields":{"monthly_income":NaN}}]}',
    "single quotes": b"{'changes':[]}",
    "a comment": b'{"changes":[]} // none',
    "a byte order mark": b"\xef\xbb\xbf" + GOOD,
    "UTF-16": '{"changes":[]}'.encode("utf-16"),
    "latin-1": '{"changes":[],"x":"é"}'.encode("latin-1"),
    "overlong UTF-8": b'{"changes":[],"x":"\xc0\x80"}',
    "a surrogate in UTF-8": b'{"changes":[],"x":"\xed\xa0\x80"}',
    "a raw NUL": b'{"changes":[],"x":"\0"}',
    "deep": b"[" * 100_000,
    "deep and closed": b"[" * 100_000 + b"]" * 100_000,
    "deep objects": b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
    "deep below changes": b'{"changes":' + b"[" * 5_000 + b"]" * 5_000 + b"}",
    "a list": b"[]",
    "a text": b'"changes"',
    "null": b"null",
    "a number": b"1e400",
    "no changes": b"{}",
    "changes null": b'{"changes":null}',
    "changes an object": b'{"changes":{}}',
    "changes a text": b'{"changes":"[]"}',
    "a change that is a number": b'{"changes":[1]}',
    "a change that is null": b'{"changes":[null]}',
    "a change that is a list": b'{"changes":[[]]}',
    "a change without seq": b'{"changes":[{}]}',
    "seq null": b'{"changes":[{"seq":null}]}',
    "seq zero": b'{"changes":[{"seq":0}]}',
    "seq negative": b'{"changes":[{"seq":-1}]}',
    "seq a fraction": b'{"changes":[{"seq":1.5}]}',
    "seq true": b'{"changes":[{"seq":true}]}',
    "seq a text": b'{"changes":[{"seq":"1"}]}',
    "seq too great": b'{"changes":[{"seq":9007199254740992}]}',
    "seq beyond 64 bits": b'{"changes":[{"seq":' + HUGE.encode() + b"}]}",
    "seq beyond a double": b'{"changes":[{"seq":1e400}]}',
    "seq an object": b'{"changes":[{"seq":{}}]}',
    "sent_at a number": b'{"changes":[],"sent_at":1}',
    "sent_at true": b'{"changes":[],"sent_at":true}',
    "sent_at an object": b'{"changes":[],"sent_at":{}}',
    "cursors a list": b'{"changes":[],"cursors":[]}',
    "a cursor that is a text": b'{"changes":[],"cursors":{"64.02.11.2005":"1"}}',
    "a cursor that is true": b'{"changes":[],"cursors":{"64.02.11.2005":true}}',
    "a cursor that is a fraction": b'{"changes":[],"cursors":{"64.02.11.2005":1.5}}',
    "a cursor that is null": b'{"changes":[],"cursors":{"device":null}}',
    "limit a text": b'{"changes":[],"limit":"all"}',
    "limit true": b'{"changes":[],"limit":true}',
    "limit a fraction": b'{"changes":[],"limit":0.5}',
    "limit beyond": b'{"changes":[],"limit":1e300}',
    "lost_to a text": b'{"changes":[],"lost_to":"3"}',
    "lost_to beyond": b'{"changes":[],"lost_to":9007199254740992}',
}


@pytest.fixture(scope="module")
def shared(template: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Installation, Phone]]:
    """One server and phone for all bodies that must store nothing."""
    from tests.server.installation import copied

    server = Installation(copied(template, tmp_path_factory.mktemp("hostile") / "var"))
    yield server, server.enrolled()
    server.close()


@pytest.mark.parametrize("body", BROKEN.values(), ids=BROKEN.keys())
def test_what_is_no_sync_request_is_400_and_stores_nothing(shared: tuple[Installation, Phone], body: bytes) -> None:
    server, siti = shared
    before = sizes(server)
    for squeeze in (False, True):
        answer = siti.post_bytes(body, squeeze=squeeze)
        assert answer.status_code == 400, answer.get_data(as_text=True)
        assert answer.json["type"] in ("urn:sambung:not-json", "urn:sambung:bad-request")
        assert "acked" not in answer.json
    assert sizes(server) == before


def nested(levels: int) -> Any:
    """A list in a list in a list …: `levels` of them."""
    value: Any = []
    for _ in range(levels - 1):
        value = [value]
    return value


def test_nesting_counts_from_the_body_itself(server: Installation) -> None:
    """A field's value lies four deep: body, changes, change, fields."""
    for levels, status in ((59, 200), (60, 200), (61, 400), (64, 400), (900, 400)):
        siti = server.enrolled()
        answer = siti.post({"changes": [siti.change(fields=WORKER | {"extra.deep": nested(levels)})]})
        assert answer.status_code == status, levels


# Cursors and limits that make no sense are taken as none ------------------------------------------------------------


def test_a_cursor_that_can_not_be_ours_tells_everything(either_server: Installation) -> None:
    siti = either_server.enrolled()
    siti.sync(siti.change(), siti.change())
    for cursor in (-1, -(10**30), 10**30, MAX_SEQ, 2**63, 2**64, 10**400, 1.0):
        budi = either_server.enrolled()
        strange = {ELSEWHERE: cursor, LONE: cursor, "\0": 1, "": 1, "x" * 9999: 1}
        budi.cursors = {VILLAGE: cursor, "device": cursor, **strange}
        told = budi.sync(limit=-5)
        assert len(told["records"]) == 2 and told["cursors"].keys() == {VILLAGE, "device"}, cursor


def test_ten_thousand_cursors_are_passed_over(server: Installation) -> None:
    siti = server.enrolled()
    siti.cursors = {f"64.02.11.{number:04}": number for number in range(10_000)}
    assert siti.sync()["cursors"].keys() == {VILLAGE, "device"}


def test_what_a_phone_says_of_itself_never_harms(either_server: Installation) -> None:
    operator, there = either_server.person("operator", "64"), set()
    for status in (5, [], "x", {"queued": 10**300, "app": LONE + "\0", "oldest": {}}, {"x": "y" * 9999}):
        siti = either_server.enrolled()
        siti.sync(siti.change(), status=status, epoch=LONE)
        there.add(siti.id)
        answer = operator.get("/api/v1/devices")
        assert answer.status_code == 200, status
        assert {each["id"] for each in answer.json["devices"]} == there, status


# One bad change never spoils its batch ------------------------------------------------------------------------------

FIELDS = WORKER
BAD: dict[str, dict[str, Any]] = {
    "kind missing": {"kind": None},
    "kind a number": {"kind": 7},
    "kind a list": {"kind": ["worker"]},
    "kind with a NUL": {"kind": "worker\0"},
    "kind with half a character": {"kind": LONE},
    "kind very long": {"kind": "w" * 1_000_000},
    "kind with capitals": {"kind": "Worker"},
    "a desk's kind": {"kind": "link", "record": "link:a-1:b-1", "fields": {"same": True, "a": "a-1", "b": "b-1"}},
    "a desk's field": {"kind": "contribution", "fields": {"worker": "x-1", "confirmed": True}},
    "a desk's value": {"fields": FIELDS | {"status": "verified"}},
    "record missing": {"record": None},
    "record a number": {"record": 1},
    "record empty": {"record": ""},
    "record with a NUL": {"record": "ab-1\0"},
    "record with half a character": {"record": "ab-" + LONE},
    "record of 5 MB squeezed": {"record": "a" * 3_000_000},
    "record of 65": {"record": "a" * 65},
    "record with a blank": {"record": "a b"},
    "record with a newline": {"record": "ab-1\n"},
    "record in other digits": {"record": "ab-١"},
    "village missing": {"village": None},
    "village a list": {"village": [VILLAGE]},
    "village with a NUL": {"village": VILLAGE + "\0"},
    "village with half a character": {"village": LONE},
    "village no code": {"village": "Muara Kaman"},
    "village that is not his": {"village": ELSEWHERE},
    "village that there is not": {"village": "99.99.99.9999"},
    "village with other digits": {"village": "٦٤.02.11.2005"},
    "at missing": {"at": None},
    "at a number": {"at": 1763600000},
    "at in the year 0": {"at": "0000-01-01T00:00:00.000Z"},
    "at with half a character": {"at": "2026-11-20T08:11:12.003" + LONE},
    "at with a NUL": {"at": "2026-11-20T08:11:12.00\0Z"},
    "at the 30th of February": {"at": "2026-02-30T00:00:00.000Z"},
    "seen a list": {"seen": []},
    "seen a list of pairs": {"seen": [["ab", 1]]},
    "seen a text": {"seen": "all"},
    "seen ahead": {"seen": {"zzzzzz": 1}},
    "seen of a desk ahead": {"seen": {"hq1": 10**15}},
    "seen of half a character": {"seen": {LONE: 1}},
    "seen of a NUL": {"seen": {"\0": 0}},
    "seen of nobody": {"seen": {"": 0}},
    "seen negative": {"seen": {"ab": -1}},
    "seen true": {"seen": {"ab": True}},
    "seen a fraction": {"seen": {"ab": 0.5}},
    "seen beyond 64 bits": {"seen": {"ab": 2**64}},
    "seen beyond a double": {"seen": {"ab": 10**500}},
    "seen of 2,000 devices": {"seen": {f"d{number}": 0 for number in range(2000)}},
    "form a number": {"form": 2},
    "form with a NUL": {"form": "worker\0@2"},
    "form with half a character": {"form": LONE},
    "form very long": {"form": "f" * 500},
    "fields missing": {"fields": None},
    "fields a list": {"fields": [1]},
    "fields a text": {"fields": "nik"},
    "a field with a NUL": {"fields": FIELDS | {"full_name": "Nur\0"}},
    "a field with half a character": {"fields": FIELDS | {"full_name": "Nur" + LONE}},
    "a field named with a NUL": {"fields": FIELDS | {"\0": 1}},
    "a field named with half a character": {"fields": FIELDS | {"extra." + LONE: 1}},
    "a field named very long": {"fields": FIELDS | {"extra." + "x" * 5000: 1}},
    "an unknown field with a NUL inside": {"fields": FIELDS | {"extra.a": {"b": ["\0"]}}},
    "an unknown field with half a character inside": {"fields": FIELDS | {"extra.a": {"b": {LONE: 1}}}},
    "an unknown number beyond 64 bits": {"fields": FIELDS | {"extra.a": 2**64}},
    "an unknown number of 5,000 digits": {"fields": FIELDS | {"extra.a": 10**399}},
    "an income beyond 64 bits": {"fields": FIELDS | {"monthly_income": 10**30}},
    "an income that is true": {"fields": FIELDS | {"monthly_income": True}},
    "a name that is a number": {"fields": FIELDS | {"full_name": 5}},
    "a name that is an object": {"fields": FIELDS | {"full_name": {}}},
    "a name of 3 MB": {"fields": FIELDS | {"full_name": "x" * 3_000_000}},
    "a birth date in the future": {"fields": FIELDS | {"birth_date": "9999-12-31"}},
    "a birth date in the year 0": {"fields": FIELDS | {"birth_date": "0000-01-01"}},
    "programs that are not": {"fields": FIELDS | {"programs": ["JKK", "JKM", LONE]}},
    "programs an object": {"fields": FIELDS | {"programs": {"JKK": 1}}},
    "heirs who are numbers": {"fields": FIELDS | {"heirs": [1, None, []]}},
    "gps beyond the poles": {"fields": FIELDS | {"gps": {"lat": 1e308, "lon": -1e308, "accuracy": -1}}},
    "a photo without a hash": {"fields": FIELDS | {"photo_ktp": {"sha256": "x", "size": -1, "type": "\0"}}},
    "a home that there is not": {"fields": FIELDS | {"village": "64.02.11.9999"}},
    "a home that is a number": {"fields": FIELDS | {"village": 6402112005}},
}


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD.keys())
def test_a_bad_change_is_quarantined_and_the_rest_of_the_batch_is_merged(
    shared: tuple[Installation, Phone], bad: dict[str, Any]
) -> None:
    check_quarantined(*shared, bad)


@pytest.mark.postgres
def test_bad_changes_are_quarantined_on_postgresql_too(postgres_settings: Settings) -> None:
    server = Installation(postgres_settings)
    siti = server.enrolled()
    for bad in BAD.values():
        check_quarantined(server, siti, bad)
    check_desk_can_look(server)
    server.close()


def test_a_desk_can_look_at_whatever_was_quarantined(server: Installation) -> None:
    siti = server.enrolled()
    siti.sync(*({key: value for key, value in (siti.change() | bad).items() if value is not None}
                for name, bad in BAD.items() if "MB" not in name))  # fmt: skip
    check_desk_can_look(server)


def check_desk_can_look(server: Installation) -> None:
    auditor, told, cursor = server.person("auditor", "id"), 0, None
    while True:
        page = auditor.get("/api/v1/quarantine", **({"cursor": cursor} if cursor else {}))
        assert page.status_code == 200, page.get_data(as_text=True)
        told, cursor = told + len(page.json["changes"]), page.json["next"]
        if cursor is None:
            break
    assert told > len(BAD) - 10 and auditor.get("/api/v1/waiting", all=1).status_code == 200


def check_quarantined(server: Installation, siti: Phone, bad: dict[str, Any]) -> None:
    before, acked = sizes(server), siti.seq
    good, ill, also_good = siti.change(), siti.change(), siti.change()
    ill = {key: value for key, value in (ill | bad).items() if value is not None}
    answer = siti.post({"changes": [good, ill, also_good], "cursors": siti.cursors}, squeeze=True)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    results = answer.json["results"]
    assert [result["status"] for result in results] == ["merged", "quarantined", "merged"], results
    assert answer.json["acked"] == acked + 3 and results[1]["errors"]
    assert all(sentence for sentences in results[1]["errors"].values() for sentence in sentences)
    after = sizes(server)
    assert (after["change"] - before["change"], after["record"] - before["record"]) == (3, 2)
    again = siti.post({"changes": [good, ill, also_good]})
    assert again.status_code == 200 and again.json["results"] == results
    assert sizes(server) == after


KEPT = {
    "the year 1": {"at": "0001-01-01T00:00:00.000Z"},
    "the year 1, far east": {"at": "0001-01-01T00:00:00+23:59"},
    "the year 9999": {"at": "9999-12-31T23:59:59.999Z"},
    "the year 9999, far west": {"at": "9999-12-31T23:59:59.999999-23:59"},
    "a kind that nobody knows": {
        "kind": "boat",
        "fields": {"engine": 15, "": "nothing", "extra": [1.5, None, {"a": []}]},
    },
    "members that nobody knows": {"colour": "blue", "deep": {"a": [1, {"b": 2**63 - 1}]}, "\0": LONE},
    "a number as a fraction": {"fields": FIELDS | {"monthly_income": 1_500_000.0}},
    "a NIK with a reason": {"fields": FIELDS | {"nik": "O1", "nik_reason": "kartu rusak"}},
    "no fields at all": {"fields": {}},
    "seen of itself": {"seen": {"__self__": 10**15}},
    "seen of a device that said nothing": {"seen": {"zzzzzz": 0}},
}


def test_what_is_merely_odd_is_merged(either_server: Installation) -> None:
    for case, odd in KEPT.items():
        siti, budi = either_server.enrolled(), either_server.enrolled()
        change = siti.change() | odd
        if "__self__" in change.get("seen", {}):
            change["seen"] = {siti.id: 10**15}
        answer = siti.post({"changes": [change], "sent_at": change["at"]})
        assert answer.status_code == 200, (case, answer.get_data(as_text=True))
        status = answer.json["results"][0]["status"]
        assert status in ("merged", "quarantined") and answer.json["acked"] == 1, (case, answer.json)
        assert [again["status"] for again in siti.post({"changes": [change]}).json["results"]] == [status], case
        assert budi.post({"changes": []}).status_code == 200, case


# Other people's things ----------------------------------------------------------------------------------------------


def test_another_villages_record_can_not_be_touched(either_server: Installation) -> None:
    far, siti = either_server.enrolled(ELSEWHERE), either_server.enrolled()
    far.sync(far.change())
    edit = siti.change(f"{far.id}-1", {"full_name": "Bukan Dia"}, seen={far.id: 1})
    moved = siti.change(f"{far.id}-1", {"village": VILLAGE}, seen={far.id: 1})
    claimed = siti.change(f"{far.id}-1", {"full_name": "Bukan Dia"}, village=ELSEWHERE)
    answer = siti.sync(edit, moved, claimed)
    assert [result["status"] for result in answer["results"]] == ["quarantined"] * 3
    assert answer["records"] == []
    assert far.sync(status={})["records"] == [] or "Bukan Dia" not in json.dumps(far.sync())


def test_another_devices_ids_can_not_be_created(either_server: Installation) -> None:
    budi, siti = either_server.enrolled(NEIGHBOUR), either_server.enrolled()
    results = siti.sync(siti.change(f"{budi.id}-5"), siti.change("hq1-5"), siti.change("zzzzzz-1"))["results"]
    assert [result["status"] for result in results] == ["received"] * 3
    assert either_server.counts()["record"] == 0
    assert budi.sync()["records"] == []


def test_a_device_has_its_own_seqs_alone(either_server: Installation) -> None:
    """Budi sends what Siti has sent, word for word: it counts as his own, under his own seq."""
    siti, budi = either_server.enrolled(), either_server.enrolled()
    change = siti.change()
    siti.sync(change)
    result = budi.sync(change)["results"][0]
    assert result["seq"] == 1 and result["status"] in ("merged", "conflict", "quarantined")
    assert either_server.counts()["change"] == 2 and siti.sync()["acked"] == 1


def test_one_seq_twice_in_a_batch_is_one_change_or_a_fork(either_server: Installation) -> None:
    siti = either_server.enrolled()
    change = siti.change()
    answer = siti.post({"changes": [change, dict(change), dict(change)]})
    assert answer.status_code == 200 and answer.json["acked"] == 1 and len(answer.json["results"]) == 1
    before = either_server.counts()
    other = siti.change()
    refused(siti.post({"changes": [other, other | {"fields": {"full_name": "Lain"}}]}), 409, "forked")
    after = either_server.counts()
    assert {name for name in after if after[name] != before[name]} <= {"evidence"}


def test_what_a_twin_says_is_kept_as_evidence_whatever_it_is(either_server: Installation) -> None:
    siti = either_server.enrolled()
    siti.sync(siti.change())
    for bad in BAD.values():
        twin = siti.change(seq=1) | {"fields": {"notes": "twin"}} | bad
        refused(siti.post({"changes": [twin]}, squeeze=True), 409, "forked")
    counts = either_server.counts()
    assert counts["evidence"] > len(BAD) - 10 and counts["change"] == 1


def test_a_gap_and_a_far_seq_take_nothing(either_server: Installation) -> None:
    siti = either_server.enrolled()
    for seq in (2, 1000, MAX_SEQ):
        before = either_server.counts()
        answer = siti.post({"changes": [siti.change(seq=seq)]})
        refused(answer, 409, "gap")
        assert answer.json["acked"] == 0 and either_server.counts() == before


def test_lost_to_the_end_of_all_numbers_is_believed_once_and_breaks_nothing(either_server: Installation) -> None:
    siti = either_server.enrolled()
    assert siti.sync(lost_to=MAX_SEQ)["acked"] == MAX_SEQ
    late = siti.sync(siti.change(seq=5))
    assert late["results"][0]["status"] == "quarantined" and late["acked"] == MAX_SEQ
    refused(siti.post({"changes": [{"seq": MAX_SEQ + 1}]}), 400, "bad-request")


def test_of_ten_thousand_changes_the_first_thousand_are_taken(either_server: Installation) -> None:
    siti = either_server.enrolled()
    most = either_server.settings.max_changes
    changes = [siti.change(fields={"full_name": "N"}) for _ in range(10_000)]
    answer = siti.post({"changes": changes}, squeeze=True)
    assert answer.status_code == 200 and answer.json["acked"] == most == len(answer.json["results"])
    assert either_server.counts()["change"] == most


def test_the_same_record_in_a_thousand_changes_is_one_record(either_server: Installation) -> None:
    siti = either_server.enrolled()
    siti.sync(siti.change(), *(siti.change(1, {"notes": f"{number}"}) for number in range(998)))
    counts = either_server.counts()
    assert (counts["record"], counts["change"]) == (1, 999)


# Small bodies -------------------------------------------------------------------------------------------------------

ODD_VALUES: list[Any] = [
    None, True, 0, -1, 1.5, 10**30, "", "\0", LONE, "x" * 3000, [], {}, [[]], {"\0": LONE}, "64.02\0", "١٢"
]  # fmt: skip
SMALL = {
    "/api/v1/enrol": ("code", "attempt", "name", "platform", "former"),
    "/api/v1/login": ("name", "password", "code"),
    "/api/v1/settle": ("record", "seen", "fields"),
    "/api/v1/link": ("a", "b", "same", "reason"),
    "/api/v1/waiting": ("device", "seq", "do"),
}
USUAL: dict[str, Any] = {
    "code": "0000-0000", "name": "x", "password": "x", "record": "ab-1", "seen": {}, "fields": {"full_name": "x"},
    "a": "ab-1", "b": "ab-2", "same": True, "device": "ab", "seq": 1, "do": "create",
}  # fmt: skip


@pytest.mark.parametrize("path", SMALL)
def test_no_odd_value_in_a_small_body_breaks_anything(either_server: Installation, path: str) -> None:
    headers = either_server.person("admin", "id").headers
    client = either_server.client
    before = either_server.counts()
    for member in SMALL[path]:
        for value in ODD_VALUES:
            body = {name: USUAL[name] for name in SMALL[path] if name in USUAL} | {member: value}
            answer = client.post(path, json=body, headers=headers)
            assert 400 <= answer.status_code < 500, (member, value)
            assert answer.content_type == "application/problem+json"
    for body in (b"", b"[]", b"null", b"{}", b"{", b"\xff", b"[" * 100_000, b'{"a":' * 70 + b"1" + b"}" * 70):
        answer = client.post(path, data=body, headers=headers, content_type="application/json")
        assert answer.status_code in (400, 422, 429), body[:20]
    assert either_server.counts() == before


def test_no_odd_field_at_a_desk_breaks_anything(either_server: Installation) -> None:
    siti, operator = either_server.enrolled(), either_server.person("operator", "64.02")
    siti.sync(siti.change())
    seen = {siti.id: 1}
    for name in ("full_name", "nik", "village", "programs", "heirs", "extra.a", "", "\0", LONE, "x" * 200):
        for value in ODD_VALUES:
            asked = {"record": f"{siti.id}-1", "seen": seen, "fields": {name: value}}
            answer = operator.post("/api/v1/settle", asked)
            assert answer.status_code in (200, 409, 422), (name, value, answer.get_data(as_text=True))
            seen = answer.json.get("seen", seen)
    assert siti.sync()["acked"] == 1


def test_no_odd_query_breaks_anything(either_server: Installation) -> None:
    admin = either_server.person("admin", "id")
    odd = [
        "",
        "\0",
        "%00",
        "id\0",
        "64.02.",
        "64..02",
        "6402",
        "64.02.11.20055",
        "x" * 5000,
        "٦٤",
        "-1",
        "1e9",
        "9" * 30,
        "~",
        "1~~",
        "0~a~1",
        "9~a~99999999999999999",
    ]
    for path in ("conflicts", "quarantine", "waiting", "devices", "regions", "coverage"):
        for member in ("within", "cursor", "limit", "depth", "silent", "all", "month"):
            for value in odd:
                answer = admin.get(f"/api/v1/{path}", **{member: value})
                assert answer.status_code in (200, 404, 422), (path, member, value, answer.get_data(as_text=True))
        no_text = f"/api/v1/{path}?within=%ff%fe&limit=%ed%a0%80"
        assert either_server.client.get(no_text, headers=admin.headers).status_code in (404, 422, 200), path


def test_no_odd_path_breaks_anything(either_server: Installation) -> None:
    siti = either_server.enrolled()
    for path in (
        "forms/%00@1", "forms/worker@0", "forms/worker@" + "9" * 400, "forms/@", "forms/%ff@1", "forms/worker@1@1",
        "forms/" + "x" * 4000 + "@1", "forms/worker@١", "forms/worker", "%00",
    ):  # fmt: skip
        answer = either_server.client.get(f"/api/v1/{path}", headers=siti.headers)
        refusal = answer.json["type"]
        assert answer.status_code == 404 and refusal in ("urn:sambung:not-found", "urn:sambung:form-unknown"), path


# Over a real socket -------------------------------------------------------------------------------------------------


@pytest.fixture
def served(server: Installation) -> Iterator[tuple[Installation, int]]:
    """The application behind a real waitress."""
    waitress = create_server(server.app, host="127.0.0.1", port=0, threads=2, channel_timeout=5)
    thread = threading.Thread(target=waitress.run, daemon=True)
    thread.start()
    yield server, int(waitress.effective_port)
    waitress.close()
    thread.join(5)


def say(port: int, *parts: bytes, wait: float = 0) -> bytes:
    """Send bytes as they are, and give what comes back until the other side closes or falls silent."""
    with socket.create_connection(("127.0.0.1", port), timeout=3) as line:
        for part in parts:
            line.sendall(part)
            time.sleep(wait)
        line.shutdown(socket.SHUT_WR)
        heard = b""
        try:
            while chunk := line.recv(65536):
                heard += chunk
        except (TimeoutError, ConnectionResetError):
            pass
        return heard


def request(siti: Phone, body: bytes, *headers: str, length: int | None = None) -> bytes:
    """A sync request's bytes; length: what it says of its body, when that is not so."""
    lines = [
        "POST /api/v1/sync HTTP/1.1", "Host: x", f"Authorization: Bearer {siti.token}",
        "Content-Type: application/json",
        "Connection: close", f"Content-Length: {len(body) if length is None else length}", *headers,
    ]  # fmt: skip
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def test_half_a_request_stores_nothing_and_the_server_goes_on(served: tuple[Installation, int]) -> None:
    server, port = served
    siti = server.enrolled()
    body = json.dumps({"changes": [siti.change(), siti.change()]}).encode()
    before = server.counts()
    for cut in (1, len(body) // 2, len(body) - 1):
        heard = say(port, request(siti, body[:cut], length=len(body)))
        assert not heard.startswith(b"HTTP/1.1 5") and not heard.startswith(b"HTTP/1.1 200")
    squeezed = gzip.compress(body)
    for cut in (1, len(squeezed) // 2, len(squeezed) - 1):
        heard = say(port, request(siti, squeezed[:cut], "Content-Encoding: gzip"))
        assert heard.startswith(b"HTTP/1.1 400")
    for nonsense in (
        b"",
        b"\r\n\r\n",
        b"\x16\x03\x01\x02\x00",
        b"GET",
        b"POST /api/v1/sync HTTP/9.9\r\n\r\n",
        b"\0" * 5000,
    ):
        assert not say(port, nonsense).startswith(b"HTTP/1.1 5")
    assert server.counts() == before
    heard = say(port, request(siti, body))
    assert heard.startswith(b"HTTP/1.1 200") and server.counts()["change"] == 2


def test_chunked_and_contradictory_lengths_do_not_slip_past_the_bound(served: tuple[Installation, int]) -> None:
    server, port = served
    siti = server.enrolled()
    head = request(siti, b"", length=0).replace(b"Content-Length: 0", b"Transfer-Encoding: chunked")
    chunk = b"40000\r\n" + b"x" * 0x40000 + b"\r\n"
    heard = say(port, head, *([chunk] * 20), b"0\r\n\r\n")
    assert not heard.startswith(b"HTTP/1.1 5") and not heard.startswith(b"HTTP/1.1 200")
    for length in ("-1", "x", "1e3", "99999999999999999999", "0, 5"):
        heard = say(port, request(siti, b"{}").replace(b"Content-Length: 2", f"Content-Length: {length}".encode()))
        assert heard.startswith(b"HTTP/1.1 4") or heard == b"", heard[:80]
    assert server.counts()["change"] == 0
