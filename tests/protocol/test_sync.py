"""Section 3: the request and the answer of one round trip."""

from __future__ import annotations

import json

import pytest

from tests.protocol.world import WORKER, Phone, Served, moment, read_moment


def test_an_answer_has_every_member_that_the_page_shows(siti: Phone) -> None:
    answer = siti.send(siti.change())
    assert set(answer) >= {
        "server_time",
        "epoch",
        "acked",
        "results",
        "records",
        "cursors",
        "more",
        "wanted",
        "notices",
    }
    assert answer["acked"] == 1 and answer["more"] is False
    assert answer["wanted"] == [] and answer["notices"] == []
    assert answer["results"] == [{"seq": 1, "status": "merged", "version": 1}]
    assert set(answer["cursors"]) == {siti.villages[0], "device"}
    assert all(type(cursor) is int for cursor in answer["cursors"].values())


def test_the_request_that_the_page_shows_is_taken(siti: Phone, budi: Phone, shared: str) -> None:
    answer = budi.sync(
        budi.change(form="worker@2", at="2026-11-20T08:11:12.003Z"), budi.edit(shared, full_name="Siti Rahmah"),
        limit=65536,
        status={"app": "0.1.0", "queued": 31, "oldest": "2026-11-18T01:00:00.000Z", "persisted": True,
         "free_bytes": 812000000},
    )  # fmt: skip
    assert [result["status"] for result in answer["results"]] == ["merged", "merged"]


def test_changes_may_be_empty(siti: Phone, shared: str) -> None:
    assert siti.send()["results"] == [] and siti.send()["acked"] == 1


@pytest.mark.parametrize("missing", ["sent_at", "cursors", "epoch"])
def test_what_is_optional_may_be_left_out(siti: Phone, missing: str) -> None:
    assert siti.send(siti.change(), **{missing: None})["acked"] == 1


@pytest.mark.parametrize("status", [None, {}, 7, "x", [], {"app": 5, "queued": "many", "oldest": "never",
 "free_bytes": 2**70},
                                    {"queued": -1, "persisted": "yes"}, {"app": "a\0b"},
                                    {"app": "x" * 10_000}])  # fmt: skip
@pytest.mark.parametrize("epoch", ["other", 5])
def test_a_status_of_any_content_costs_no_change(siti: Phone, status: object, epoch: object) -> None:
    answer = siti.post({"changes": [siti.change()], "status": status, "epoch": epoch})
    assert answer.status == 200 and answer.json["acked"] == 1


def test_what_a_device_says_of_itself_is_shown_to_the_operator(served: Served, siti: Phone) -> None:
    siti.sync(
        status={"app": "0.1.0", "queued": 31, "oldest": "2026-11-18T01:00:00.000Z", "persisted": True, "free_bytes": 9}
    )
    shown = next(one for one in served.run("devices", "--json").json if one["id"] == siti.id)
    assert shown["queued"] == 31 and shown["oldest"] == "2026-11-18T01:00:00.000Z"


def test_a_record_is_told_as_the_page_shows_it(siti: Phone, budi: Phone) -> None:
    change = siti.change(at="2026-11-20T08:11:12.003Z")
    siti.sync(change)
    told = budi.pull()[change["record"]]
    assert told["kind"] == "worker" and told["village"] == siti.villages[0] and told["version"] == 1
    assert told["seen"] == {siti.id: 1}
    assert told["fields"] == WORKER | {"village": told["village"]} or told["fields"] == WORKER
    assert not told.get("conflicts")


def test_a_conflict_has_one_entry_for_each_head_first_the_one_that_stands(
    siti: Phone, budi: Phone, shared: str
) -> None:
    early, late = moment(minutes=30), moment(minutes=20)
    siti.sync(siti.change(shared, {"birth_date": "1990-12-07"}, at=early))
    answer = budi.sync(budi.edit(shared, birth_date="1990-07-21") | {"at": late})
    assert answer["results"] == [{"seq": 1, "status": "conflict", "version": 3, "fields": ["birth_date"]}]
    told = budi.told(shared)
    assert told["fields"]["birth_date"] == "1990-12-07"
    assert told["conflicts"] == {"birth_date": [
        {"value": "1990-12-07", "by": siti.id, "at": early}, {"value": "1990-07-21", "by": budi.id, "at": late},
    ]}  # fmt: skip


def test_derived_tells_warnings_in_the_language_asked_for(siti: Phone, budi: Phone) -> None:
    record = siti.worker(birth_date="1991-07-12")
    texts = []
    for lang in ("id", "en"):
        answer = budi.post({"changes": [], "cursors": {}}, Accept_Language=lang)
        (told,) = [told for told in answer.json["records"] if told["record"] == record]
        (warning,) = [one for one in told["derived"]["warnings"] if one["field"] in ("birth_date", "nik")]
        texts.append(warning["text"])
    assert texts[0] and texts[1]


def test_a_record_that_lacks_a_required_field_is_kept_and_told_as_incomplete(siti: Phone, budi: Phone) -> None:
    change = siti.change(fields={"full_name": "Nur Hayati"})
    assert siti.status_of(change) == ["merged"]
    derived = budi.pull()[change["record"]]["derived"]
    assert set(derived["incomplete"]) >= {"nik", "birth_date", "sex", "occupation", "programs", "consent"}
    whole = siti.worker()
    assert not budi.pull()[whole].get("derived", {}).get("incomplete")


def test_limit_bounds_the_uncompressed_bytes_of_records(siti: Phone, budi: Phone) -> None:
    siti.sync(*(siti.change() for _ in range(30)))
    for limit in (2000, 5000):
        answer = budi.send(limit=limit)
        size = len(json.dumps(answer["records"], separators=(",", ":")).encode())
        assert 1 < len(answer["records"]) < 30 and answer["more"] is True and size <= limit + 200
    assert (
        len(budi.send(limit=0)["records"])
        == len(budi.send()["records"])
        == len(budi.send(limit=2**40)["records"])
        == 30
    )


def test_at_least_one_due_record_is_told_however_small_limit_is(siti: Phone, budi: Phone) -> None:
    siti.sync(siti.change(), siti.change())
    answer = budi.send(limit=1)
    assert len(answer["records"]) == 1 and answer["more"] is True


@pytest.mark.parametrize("asked", [
    [], "x", 7, None, {}, {"changes": None}, {"changes": {}}, {"changes": "x"}, {"changes": [7]}, {"changes": [[]]},
    {"changes": [{}]}, {"changes": [{"seq": "1"}]}, {"changes": [{"seq": 0}]}, {"changes": [{"seq": -1}]},
    {"changes": [{"seq": 1.5}]}, {"changes": [{"seq": True}]}, {"changes": [{"seq": None}]},
    {"changes": [{"seq": 2**53}]},
    {"changes": [{"seq": 10**30}]}, {"changes": [], "sent_at": 5}, {"changes": [], "sent_at": {}},
    {"changes": [], "cursors": []}, {"changes": [], "cursors": "x"}, {"changes": [], "cursors": {"device": "1"}},
    {"changes": [], "limit": "10"}, {"changes": [], "limit": []},
], ids=str)  # fmt: skip
def test_a_body_that_is_no_sync_request_is_400_and_stores_and_acknowledges_nothing(siti: Phone, asked: object) -> None:
    good = siti.change()
    if isinstance(asked, dict) and isinstance(asked.get("changes"), list):
        asked = asked | {"changes": [good, *asked["changes"]]}
    answer = siti.served.call("POST", "/api/v1/sync", asked, token=siti.token, data=b"null" if asked is None else None)
    assert answer.status == 400 and answer.slug
    assert siti.send()["acked"] == 0


def nested(depth: int) -> object:
    value: object = 1
    for _ in range(depth):
        value = [value]
    return value


def test_nesting_deeper_than_64_is_400(siti: Phone) -> None:
    shallow = siti.change(fields={"extra.a": nested(40)})
    deepest, deep = siti.change(fields={"extra.a": nested(60)}), siti.change(fields={"extra.a": nested(61)})
    answer = siti.post({"changes": [shallow, deepest, deep]})
    assert answer.status == 400 and siti.send()["acked"] == 0
    body = b'{"changes": [' + b"[" * 100_000 + b"]" * 100_000 + b"]}"
    assert siti.served.call("POST", "/api/v1/sync", data=body, token=siti.token).status == 400
    assert siti.sync(shallow, deepest)["acked"] == 2


def test_a_missing_sent_at_measures_nothing(siti: Phone, budi: Phone) -> None:
    at = moment(days=2)
    siti.sync(siti.change(at=at, fields={"notes": "a"}), sent_at=None)
    record = f"{siti.id}-1"
    budi.pull()
    budi.sync(budi.change(record, {"notes": "b", "full_name": "X"}, at=at))
    assert read_moment(at) and budi.told(record)["fields"]["full_name"] == "X"
