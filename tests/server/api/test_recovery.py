"""A phone whose PIN was forgotten: an operator's code opens its data key, once, and nothing else tells of it."""

from __future__ import annotations

import io
import json
import os
import sys
from dataclasses import replace
from typing import Any

import pytest

from server import log
from server.actions.fleet import revoke
from server.actions.recovery import INFO, NoSuchDevice, make_recovery
from server.clock import now_ms
from server.config import Settings
from server.store import life
from sync.device.hpke import base64url, seal, unbase64url
from tests.server.installation import VILLAGE, Installation, Phone

KEY = os.urandom(32)
HOUR_MS = 60 * 60 * 1000


@pytest.fixture
def siti(server: Installation) -> Phone:
    return server.enrolled(VILLAGE)


def code_for(server: Installation, phone: Phone, now: int | None = None) -> str:
    with server.app.app_context():
        return make_recovery(phone.id, server.settings, now or now_ms()).code


def wrapped(server: Installation, phone: Phone, plain: bytes = KEY, about: str | None = None) -> dict[str, str]:
    with server.reading() as connection:
        key_id, public = life.newest_key(connection) or ("", "")
    return {"key_id": key_id, "wrapped": base64url(seal(public, plain, INFO, (about or phone.id).encode()))}


def ask(server: Installation, phone: Phone, code: str, **more: str) -> Any:
    asked = {"device": phone.id, "code": code} | wrapped(server, phone) | more
    return server.client.post("/api/v1/recover", json=asked)


def is_refused(answer: Any) -> bool:
    return answer.status_code == 403 and answer.json["type"] == "urn:sambung:recovery-refused"


def test_with_the_operators_code_a_phone_has_its_key_again_and_once_only(either_server: Installation) -> None:
    siti = either_server.enrolled(VILLAGE)
    code = code_for(either_server, siti)
    answer = ask(either_server, siti, code.lower().replace("-", " "))
    assert answer.status_code == 200 and set(answer.json) == {"key"} and unbase64url(answer.json["key"]) == KEY
    assert answer.headers["Cache-Control"] == "no-store"
    assert is_refused(ask(either_server, siti, code))


def test_all_that_is_wrong_is_refused_with_the_same_words_and_uses_up_no_code(server: Installation, siti: Phone) -> None:
    budi = server.enrolled(VILLAGE, officer="Budi")
    code, bodies = code_for(server, siti), []
    for wrong in (
        ask(server, siti, "0000-0000"), ask(server, budi, code), ask(server, siti, code, device="zzzzzz"),
        ask(server, siti, code, key_id="9"), ask(server, siti, code, wrapped="AAAA"), ask(server, siti, code, wrapped="ä"),
        ask(server, siti, code, **wrapped(server, siti, about=budi.id)),
        ask(server, siti, code, **wrapped(server, siti, b"x")),
    ):  # fmt: skip
        assert is_refused(wrong)
        bodies.append(wrong.get_data(as_text=True))
    assert len(set(bodies)) == 1
    assert ask(server, siti, code).status_code == 200


def test_a_code_runs_out_after_a_day_and_a_newer_one_takes_its_place(server: Installation, siti: Phone) -> None:
    assert is_refused(ask(server, siti, code_for(server, siti, now_ms() - 25 * HOUR_MS)))
    first, second = code_for(server, siti), code_for(server, siti)
    assert is_refused(ask(server, siti, first)) and ask(server, siti, second).status_code == 200
    assert server.counts()["recovery"] == 0


def test_a_revoked_phone_is_not_opened_again(server: Installation, siti: Phone) -> None:
    code = code_for(server, siti)
    with server.app.app_context():
        revoke(siti.id, server.settings, now_ms())
        assert is_refused(ask(server, siti, code))
        with pytest.raises(NoSuchDevice):
            make_recovery(siti.id, server.settings, now_ms())


def test_who_tries_codes_has_to_wait(settings: Settings) -> None:
    server = Installation(replace(settings, refusals_per_address=3))
    siti = server.enrolled(VILLAGE)
    code = code_for(server, siti)
    assert all(is_refused(ask(server, siti, f"0000-000{n}")) for n in range(3))
    answer = ask(server, siti, code)
    assert answer.status_code == 429 and int(answer.headers["Retry-After"]) > 0
    assert server.client.post("/api/v1/enrol", json={"code": "x"}).status_code == 403  # another door, counted apart
    server.close()


def test_the_log_says_that_it_happened_and_nothing_secret(server: Installation, siti: Phone) -> None:
    lines = io.StringIO()
    log.write_to(lines)
    try:
        code = code_for(server, siti)
        ask(server, siti, code)
    finally:
        log.write_to(sys.stderr)
    said = lines.getvalue()
    events = [(one["event"], one["device"]) for one in map(json.loads, said.splitlines())]
    assert events == [("recovery-code", siti.id), ("recovered", siti.id)]
    assert code not in said and code.replace("-", "") not in said and base64url(KEY) not in said


def test_of_a_code_only_its_hash_is_kept_and_no_backup_holds_it(server: Installation, siti: Phone) -> None:
    from server.store.whole import layouts

    code = code_for(server, siti).replace("-", "")
    with server.reading() as connection:
        rows = connection.exec_driver_sql("SELECT * FROM recovery").all()
    assert code not in str(rows) and "recovery" not in {layout.name for layout in layouts()}
