"""Workers who bear one NIK are found across villages, and kept under a hash; a person decides who they are."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from server.actions.duplicates import find_duplicates
from server.actions.settle import erase, link, settle
from server.clock import now_ms
from server.store import tables as t
from tests.server.installation import NEIGHBOUR, VILLAGE, WORKER

ELSEWHERE = "64.03.04.2003"  # Long Ayap, in Berau
OTHER_NIK = "6402115207909002"


def found(server, settings=None) -> list[str]:
    with server.app.app_context():
        find_duplicates(settings or server.settings, now_ms())
    return sorted(row.record for row in rows(server))


def rows(server):
    with server.reading() as connection:
        return connection.execute(select(t.duplicate)).all()


def registered(server, village: str, **fields) -> str:
    phone = server.enrolled(village)
    phone.sync(phone.change(fields=WORKER | fields))
    return f"{phone.id}-1"


def test_one_nik_in_two_regencies_is_found_and_a_nik_of_ones_own_is_not(either_server):
    twice = [registered(either_server, VILLAGE), registered(either_server, ELSEWHERE)]
    registered(either_server, NEIGHBOUR, nik=OTHER_NIK)
    assert found(either_server) == sorted(twice)


def test_looking_again_changes_nothing_and_keeps_the_day_of_the_find(server):
    registered(server, VILLAGE), registered(server, VILLAGE)
    with server.app.app_context():
        assert find_duplicates(server.settings, 1000) == 2
        assert find_duplicates(server.settings, 2000) == 0
    assert {row.found_at for row in rows(server)} == {1000}


def test_the_nik_itself_is_not_kept_and_another_installation_hashes_it_otherwise(server, tmp_path):
    registered(server, VILLAGE), registered(server, ELSEWHERE)
    found(server)
    before = {bytes(row.nik_hash) for row in rows(server)}
    assert len(before) == 1 and WORKER["nik"].encode() not in before.pop()
    other = replace(server.settings, secret="A" * 43)
    found(server, other)
    assert not before & {bytes(row.nik_hash) for row in rows(server)}


def test_who_was_joined_is_found_no_more_and_is_found_again_when_the_link_is_undone(server):
    a, b = registered(server, VILLAGE), registered(server, NEIGHBOUR)
    assert found(server) == sorted([a, b])
    with server.app.app_context():
        link(a, b, True, "satu orang", None, now_ms())
    assert found(server) == []
    c = registered(server, ELSEWHERE)
    assert found(server) == sorted([min(a, b), c])


def test_who_was_told_apart_is_found_no_more_but_a_third_of_that_nik_is(server):
    a, b = registered(server, VILLAGE), registered(server, NEIGHBOUR)
    with server.app.app_context():
        link(a, b, False, "dua orang, satu NIK salah ketik", None, now_ms())
    assert found(server) == []
    c = registered(server, ELSEWHERE)
    assert found(server) == sorted([a, b, c])


def test_a_corrected_nik_and_an_erased_worker_are_found_no_more(server):
    a, b, c = registered(server, VILLAGE), registered(server, NEIGHBOUR), registered(server, ELSEWHERE)
    assert found(server) == sorted([a, b, c])
    with server.app.app_context():
        settle(a, None, {"nik": OTHER_NIK}, None, now_ms())
    assert found(server) == sorted([b, c])
    with server.app.app_context():
        erase([b], "UU PDP pasal 8", None, server.settings, now_ms())
    assert found(server) == []


@pytest.mark.parametrize("odd", ["HILANG", "0000000000000000"])
def test_what_stands_where_a_card_is_odd_makes_nobody_a_duplicate(server, odd):
    for village in (VILLAGE, NEIGHBOUR):
        registered(server, village, nik=odd, nik_reason="kartu rusak")
    assert found(server) == []
