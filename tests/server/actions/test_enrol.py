"""A device goes on under a new id, once."""

import pytest

from server.actions import enrol as enrol_action
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


def test_two_phones_that_ask_for_one_former_id_at_once_are_two_phones(server, monkeypatch):
    first = server.enrolled()
    blind = iter([first.id])  # the other's id was not there yet when this one looked
    monkeypatch.setattr(enrol_action, "_own_id_again", lambda *_: next(blind, None))
    assert server.enrolled().id != first.id
