"""People sign in and out; nobody learns from a refusal whether a name exists."""

from __future__ import annotations

from dataclasses import replace
from statistics import median
from time import process_time
from typing import Any

import pytest

from server.auth import hash_password
from server.clock import now_ms
from server.config import Settings
from server.db import transaction
from server.store import accounts
from tests.server.installation import DAY_MS, VILLAGE, Installation

PASSWORD = "sungai Mahakam 7"


@pytest.fixture
def rina(server: Installation) -> str:
    """An operator who has a password; gives her name."""
    with server.app.app_context(), transaction() as connection:
        accounts.add_account(connection, "rina", hash_password(PASSWORD), "operator", "64.02", now_ms())
    return "rina"


def sign_in(server: Installation, name: str, password: str, **more: Any) -> Any:
    return server.client.post("/api/v1/login", json={"name": name, "password": password} | more)


def test_who_signs_in_has_a_token_and_after_signing_out_none(server: Installation, rina: str) -> None:
    answer = sign_in(server, rina, PASSWORD, code=None)
    assert answer.status_code == 200 and (answer.json["role"], answer.json["region"]) == ("operator", "64.02")
    headers = {"Authorization": f"Bearer {answer.json['token']}"}
    told = server.client.get("/api/v1/me", headers=headers).json
    assert (told["user"], told["role"], told["region"], told["officer"]) == ("rina", "operator", "64.02", None)
    other = sign_in(server, rina, PASSWORD).json["token"]
    answer = server.client.post("/api/v1/logout", headers=headers)
    assert answer.status_code == 204 and answer.data == b""
    assert server.client.get("/api/v1/me", headers=headers).status_code == 401
    assert server.client.get("/api/v1/me", headers={"Authorization": f"bearer {other}"}).status_code == 200


def test_a_session_ends_by_itself(server: Installation, rina: str, monkeypatch: pytest.MonkeyPatch) -> None:
    headers = {"Authorization": f"Bearer {sign_in(server, rina, PASSWORD).json['token']}"}
    monkeypatch.setattr("server.api.door.now_ms", lambda: now_ms() + DAY_MS)
    assert server.client.get("/api/v1/me", headers=headers).status_code == 401


def test_an_unknown_name_and_a_wrong_password_are_answered_alike(server: Installation, rina: str) -> None:
    wrong, unknown = sign_in(server, rina, "salah"), sign_in(server, "tidak ada", PASSWORD)
    assert wrong.status_code == unknown.status_code == 401
    assert wrong.json == unknown.json and wrong.json["type"] == "urn:sambung:login-refused"
    assert dict(wrong.headers) == dict(unknown.headers)


def test_an_unknown_name_costs_as_much_time_as_a_wrong_password(server: Installation, rina: str) -> None:
    def costs(name: str) -> float:
        began = process_time()
        sign_in(server, name, "salah")
        return process_time() - began

    sign_in(server, rina, PASSWORD)
    wrong, unknown = zip(*((costs(rina), costs(f"tidak ada {n}")) for n in range(3)), strict=True)
    assert 0.5 < median(unknown) / median(wrong) < 2


def test_after_ten_refusals_a_name_has_to_wait_even_with_the_right_password(server: Installation, rina: str) -> None:
    for number in range(server.settings.refusals_per_address):
        answer = server.client.post(
            "/api/v1/login", json={"name": rina, "password": "salah"},
            environ_base={"REMOTE_ADDR": f"10.0.0.{number}"},
        )  # fmt: skip
        assert answer.status_code == 401
    answer = server.client.post(
        "/api/v1/login", json={"name": rina, "password": PASSWORD}, environ_base={"REMOTE_ADDR": "10.0.1.1"}
    )
    assert answer.status_code == 429 and 0 < int(answer.headers["Retry-After"]) <= 600
    assert sign_in(server, "lain", "salah").status_code == 401


def test_after_ten_refusals_an_address_has_to_wait_whatever_names_it_tries(server: Installation, rina: str) -> None:
    for number in range(server.settings.refusals_per_address):
        assert sign_in(server, f"nama {number}", "salah").status_code == 401
    assert sign_in(server, rina, PASSWORD).status_code == 429


def test_names_are_kept_as_hashes_where_refusals_are_counted(server: Installation) -> None:
    sign_in(server, "seseorang", "salah")
    with server.reading() as connection:
        kept = [row[0] for row in connection.exec_driver_sql("select key from refusal")]
    assert len(kept) == 2 and not any("seseorang" in key or "127.0.0.1" in key for key in kept)


def test_a_phone_asks_whose_it_is(server: Installation) -> None:
    siti = server.enrolled(VILLAGE)
    told = server.client.get("/api/v1/me", headers=siti.headers).json
    assert (told["device"], told["officer"]["name"], told["role"]) == (siti.id, "Siti Aminah", "officer")
    assert told["villages"] == [{"code": VILLAGE, "name": "Muara Kaman Ulu"}]
    assert told["epoch"] == siti.epoch and told["app"].count(".") == 2


def test_one_phone_that_calls_too_often_waits_and_no_other_does(settings: Settings) -> None:
    server = Installation(replace(settings, device_requests_per_minute=5))
    siti, budi = server.enrolled(), server.enrolled()
    codes = [server.client.get("/api/v1/me", headers=siti.headers).status_code for _ in range(7)]
    answer = server.client.get("/api/v1/me", headers=siti.headers)
    assert codes[:5] == [200] * 5 and answer.status_code == 429 and int(answer.headers["Retry-After"]) >= 1
    assert server.client.get("/api/v1/me", headers=budi.headers).status_code == 200
    server.close()
