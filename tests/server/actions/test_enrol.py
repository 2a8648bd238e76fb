"""A device goes on under a new id, once."""

import pytest

from server.actions.enrol import EnrolmentRefused, enrol
from server.clock import now_ms
from server.db import reading
from server.sealing import hash_token
from server.store import devices


def test_two_calls_with_one_old_token_at_once_make_one_new_device(server, monkeypatch):
    siti = server.enrolled()
    with server.app.app_context():
        with reading() as connection:
            as_both_calls_find_it = devices.by_token(connection, hash_token(siti.token))
        monkeypatch.setattr(devices, "by_token", lambda *_: as_both_calls_find_it)
        asked = (siti.token, None, "", "", None, "10.0.0.1", server.settings, now_ms())
        enrol(*asked)
        with pytest.raises(EnrolmentRefused):
            enrol(*asked)
    assert server.counts()["device"] == 2
