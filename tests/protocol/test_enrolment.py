"""Section 2: a code becomes a device with a token of its own."""

from __future__ import annotations

import base64
import re
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from tests.protocol.world import Phone, Served, read_moment, some_attempt

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def test_a_code_has_8_random_characters_of_crockfords_base_32(served: Served, village: str) -> None:
    codes = [served.code(village) for _ in range(4)]
    assert len(set(codes)) == 4
    for code in codes:
        letters = code.replace("-", "")
        assert len(letters) == 8 and set(letters) <= set(CROCKFORD)


def test_the_app_address_holds_the_code_in_its_fragment_and_a_code_lasts_72_hours(served: Served, village: str) -> None:
    told = served.run("enrol", "--officer", "Siti", "--village", village, "--json").json
    assert set(told) == {"code", "url", "expires"}
    assert told["url"].partition("#")[2].replace("-", "") == told["code"].replace("-", "")
    left = read_moment(told["expires"]) - datetime.now(UTC)
    assert timedelta(hours=71, minutes=59) < left <= timedelta(hours=72)


@pytest.mark.parametrize("typed", [str.lower, lambda code: code.replace("-", ""), lambda code: f" {code} ",
                                   lambda code: code.replace("1", "I").replace("0", "o")])  # fmt: skip
def test_a_code_is_read_as_people_type_it(served: Served, village: str, typed: Callable[[str], str]) -> None:
    assert served.enrol(code=typed(served.code(village))).status == 201


def test_the_answer_to_an_enrolment_is_complete(served: Served, village: str) -> None:
    code = served.code(village, officer="Siti Aminah")
    answer = served.enrol(code=code, name="Samsung A05 kantor desa", platform="Android 13; Chrome 126")
    told = answer.json
    assert answer.status == 201
    assert told.keys() >= {
        "device",
        "token",
        "officer",
        "epoch",
        "villages",
        "acked",
        "limits",
        "server_key",
        "server_time",
    }
    assert told["officer"]["name"] == "Siti Aminah" and isinstance(told["officer"]["id"], int)
    assert [place["code"] for place in told["villages"]] == [village] and told["villages"][0]["name"]
    assert told["acked"] == 0 and told["limits"] == {"max_changes": 1000, "max_bytes": 4194304}
    assert told["server_key"].keys() >= {"id", "public"} and told["server_key"]["public"]
    assert abs((read_moment(told["server_time"]) - datetime.now(UTC)).total_seconds()) < 60


def test_a_device_of_two_villages_is_told_both(served: Served) -> None:
    villages = [served.village(), served.village()]
    assert sorted(served.phone(*villages).villages) == sorted(villages)


def test_the_token_holds_256_random_bits(siti: Phone) -> None:
    assert len(base64.urlsafe_b64decode(siti.token + "=" * (-len(siti.token) % 4))) >= 32


def test_the_server_stores_only_the_tokens_hash(serve: Callable[..., Served]) -> None:
    served = serve()
    phone = served.phone(served.village())
    phone.sync(phone.change())
    with sqlite3.connect(f"file:{served.folder}/sambung.db?mode=ro", uri=True) as file:
        dumped = "\n".join(file.iterdump())
    assert phone.id in dumped and phone.token not in dumped
    raw = base64.urlsafe_b64decode(phone.token + "=" * (-len(phone.token) % 4))
    assert raw.hex().upper() not in dumped.upper()
    assert phone.token.encode() not in b"".join(file.read_bytes() for file in served.folder.iterdir() if file.is_file())


def test_the_same_code_with_the_same_attempt_is_answered_again_with_the_same_device_and_a_fresh_token(
    served: Served, village: str
) -> None:
    asked = {"code": served.code(village), "attempt": some_attempt()}
    first, second, third = (served.enrol(**asked) for _ in range(3))
    assert [answer.status for answer in (first, second, third)] == [201, 201, 201]
    assert len({answer.json["device"] for answer in (first, second, third)}) == 1
    assert len({answer.json["token"] for answer in (first, second, third)}) == 3
    assert [served.call("GET", "/api/v1/me", token=answer.json["token"]).status for answer in (first, second)] == [
        401
    ] * 2
    assert served.call("GET", "/api/v1/me", token=third.json["token"]).status == 200


@pytest.mark.parametrize("call", ["sync", "me", "forms"])
def test_after_the_devices_first_other_call_the_code_is_used(served: Served, village: str, call: str) -> None:
    asked = {"code": served.code(village), "attempt": some_attempt()}
    phone = Phone(served, served.enrol(**asked).json)
    answer = phone.post({"changes": []}) if call == "sync" else served.call("GET", f"/api/v1/{call}", token=phone.token)
    assert answer.status == 200
    refused = served.enrol(**asked)
    assert (refused.status, refused.slug) == (403, "enrolment-refused")
    assert phone.post({"changes": []}).status == 200


def test_without_the_same_attempt_a_code_is_single_use(served: Served, village: str) -> None:
    for first, second in (
        ({}, {}),
        ({"attempt": "a"}, {"attempt": "b"}),
        ({"attempt": "a"}, {}),
        ({}, {"attempt": "a"}),
    ):
        code = served.code(village)
        assert served.enrol(code=code, **first).status == 201
        assert served.enrol(code=code, **second).status == 403


def test_a_wrong_a_used_and_an_expired_code_get_the_same_answer(serve: Callable[..., Served]) -> None:
    served = serve()
    village = served.village()
    used, expired = served.code(village), served.code(village)
    assert served.enrol(code=used).status == 201
    with sqlite3.connect(served.folder / "sambung.db") as file:  # three days pass
        file.execute("UPDATE enrolment SET expires_at = expires_at - 73 * 3600 * 1000")
    file.close()
    answers = [
        served.enrol(code=code, attempt="a") for code in ("0000-0000", used, expired, "x", "ZZZZ-ZZZZ-ZZZZ", "U" * 90)
    ]
    assert {answer.status for answer in answers} == {403} and {answer.slug for answer in answers} == {
        "enrolment-refused"
    }
    assert len({answer.body for answer in answers}) == 1


@pytest.mark.parametrize(
    "asked", [{}, {"code": 7}, {"code": None}, {"code": "a\0b"}, [], "x", {"code": "X", "attempt": 5}]
)
def test_a_body_that_is_no_enrolment_is_a_clients_mistake(served: Served, asked: object) -> None:
    assert served.call("POST", "/api/v1/enrol", asked).status in (400, 403, 422)


def test_only_refusals_count_towards_the_limit_above_which_the_answer_is_429_with_retry_after(
    serve: Callable[..., Served],
) -> None:
    served = serve(refusals_per_address="3", refusals_altogether="100")
    village = served.village()
    assert all(served.enrol(code=served.code(village)).status == 201 for _ in range(6))
    assert [served.enrol(code="0000-0000").status for _ in range(3)] == [403] * 3
    for code in ("0000-0000", served.code(village)):
        answer = served.enrol(code=code)
        assert answer.status == 429 and answer.slug and re.fullmatch(r"[1-9]\d*", answer.headers["Retry-After"])


def test_refusals_count_altogether_too(serve: Callable[..., Served]) -> None:
    served = serve(refusals_per_address="100", refusals_altogether="2")
    assert [served.enrol(code="0000-0000").status for _ in range(3)] == [403, 403, 429]


@pytest.mark.parametrize(
    "authorization",
    [None, "", "Bearer", "Bearer ", "Bearer x", "Basic c2l0aTp4", "bearer \xe9", "Bearer " + "A" * 5000],
)
def test_no_or_a_wrong_token_is_401(served: Served, authorization: str | None) -> None:
    headers = {} if authorization is None else {"Authorization": authorization.encode("latin-1").decode("latin-1")}
    for method, path, asked in (("POST", "/api/v1/sync", {"changes": []}), ("GET", "/api/v1/me", None),
                                ("GET", "/api/v1/regions?within=64", None)):  # fmt: skip
        answer = served.call(method, path, asked, **headers)
        assert answer.status == 401 and answer.slug and answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_revoked_device_gets_401_device_revoked_and_nothing_of_it_is_stored(served: Served, siti: Phone) -> None:
    siti.sync(siti.change())
    assert served.run("revoke", siti.id).code == 0
    answer = siti.post({"changes": [siti.change()]})
    assert (answer.status, answer.slug) == (401, "device-revoked")
    assert served.call("GET", "/api/v1/me", token=siti.token).slug == "device-revoked"
    assert next(one for one in served.run("devices", "--json").json if one["id"] == siti.id)["acked"] == 1


def test_what_a_revoked_device_had_merged_stays(served: Served, siti: Phone, budi: Phone) -> None:
    record = siti.worker()
    served.run("revoke", siti.id)
    assert record in budi.pull()


def test_a_revoked_devices_token_does_not_serve_in_place_of_a_code(served: Served, siti: Phone) -> None:
    served.run("revoke", siti.id)
    assert served.enrol(code=siti.token).status == 403


def test_handing_a_phone_to_another_officer_is_a_new_enrolment(served: Served, village: str) -> None:
    first, second = served.phone(village, officer="Siti Aminah"), served.phone(village, officer="Budi Santoso")
    assert first.id != second.id and first.enrolled["officer"] != second.enrolled["officer"]
    again = served.phone(village, officer="Siti Aminah")
    assert again.enrolled["officer"] == first.enrolled["officer"]
    me = [served.call("GET", "/api/v1/me", token=phone.token).json["officer"]["name"] for phone in (first, second)]
    assert me == ["Siti Aminah", "Budi Santoso"]
