"""Workers who may be one person are found as they come in, by what their officers wrote; who they are a person decides."""

import threading
import time

import pytest
from sqlalchemy import select

from server.actions import duplicates, people_index
from server.actions.replay import replay
from server.actions.settle import erase, link, settle
from server.clock import now_ms
from server.db import transaction
from server.linkage.engine import Pair
from server.linkage.model import Comparison
from server.linkage.online import Likeness
from server.store import desk_tables as d
from server.store import tables as t
from server.store.duplicates import APART, JOINED, OPEN
from tests.server.installation import NEIGHBOUR, VILLAGE, WORKER, Installation

ELSEWHERE = "64.03.04.2003"  # Long Ayap, in Berau
OTHER_NIK = "6402115207909002"
ANOTHER = {"nik": "6402111503859003", "full_name": "Budi Santoso", "birth_date": "1985-03-15", "sex": "male"}


def look(server) -> int:
    with server.app.app_context():
        people_index.follow(server.settings, now_ms())
        return duplicates.find_duplicates(server.settings, now_ms())


def pairs(server) -> dict[tuple[str, str], str]:
    """Which two, and what is said of them, after a look."""
    look(server)
    return {(row.a, row.b): row.state for row in rows(server)}


def rows(server):
    with server.reading() as connection:
        return connection.execute(select(d.pair).order_by(d.pair.c.a, d.pair.c.b)).all()


def both(a: str, b: str) -> tuple[str, str]:
    return min(a, b), max(a, b)


def registered(server, village: str, **fields) -> str:
    phone = server.enrolled(village)
    phone.sync(phone.change(fields=WORKER | fields))
    return f"{phone.id}-1"


def linked(server, a: str, b: str, same: bool) -> None:
    with server.app.app_context():
        link(a, b, same, "diperiksa di meja", None, now_ms())


def test_one_nik_in_two_regencies_is_found_and_a_nik_of_ones_own_is_not(either_server):
    a, b = registered(either_server, VILLAGE), registered(either_server, ELSEWHERE)
    registered(either_server, NEIGHBOUR, **ANOTHER)
    assert pairs(either_server) == {both(a, b): OPEN}
    (row,) = rows(either_server)
    assert row.same_nik and row.probability > 0.9 and {row.home_a, row.home_b} == {VILLAGE, ELSEWHERE}
    assert WORKER["nik"] not in row.comparisons and "Hayati" not in row.comparisons


def test_a_slip_in_the_nik_does_not_hide_a_double_of_the_same_village(either_server):
    a = registered(either_server, VILLAGE)
    b = registered(either_server, VILLAGE, nik=OTHER_NIK, full_name="Nurhayati")
    assert pairs(either_server) == {both(a, b): OPEN}
    assert not rows(either_server)[0].same_nik


def test_looking_again_changes_nothing_and_keeps_the_day_of_the_find(server):
    registered(server, VILLAGE), registered(server, VILLAGE)
    assert look(server) == 1
    before = rows(server)
    assert look(server) == 0 and rows(server) == before


def test_a_worker_whose_coverage_alone_moved_is_not_compared_again(server, monkeypatch):
    record = registered(server, VILLAGE)
    look(server)
    with server.app.app_context(), duplicates.transaction() as connection:
        connection.execute(t.record.update().where(t.record.c.id == record).values(position=t.record.c.position + 5))
        connection.execute(t.stream.update().values(position=t.stream.c.position + 5))
    monkeypatch.setattr(duplicates, "_found_for", lambda connection, records: pytest.fail("compared") if records else {})
    look(server)
    with server.reading() as connection:
        assert connection.execute(select(d.judged.c.position)).scalar() == 6


def test_joined_then_parted_then_joined_again_the_pair_says_so_at_once(either_server):
    a, b = registered(either_server, VILLAGE), registered(either_server, NEIGHBOUR)
    assert pairs(either_server) == {both(a, b): OPEN}
    for same, state in ((True, JOINED), (False, APART), (True, JOINED)):
        linked(either_server, a, b, same)
        assert [row.state for row in rows(either_server)] == [state]
        assert pairs(either_server) == {both(a, b): state}


def test_both_phones_are_told_of_a_join_and_of_its_undoing_and_nobody_loses_a_value(server):
    siti, joko = server.enrolled(VILLAGE), server.enrolled(NEIGHBOUR, officer="Joko")
    siti.sync(siti.change(fields=WORKER | {"phone": "+6281200000001"}))
    joko.sync(joko.change(fields=WORKER | {"address": "RT 3"}))
    a, b = sorted([f"{siti.id}-1", f"{joko.id}-1"])
    siti.sync(), joko.sync()
    linked(server, a, b, True)
    told = [record for phone in (siti, joko) for record in phone.sync()["records"]]
    carried = [record for record in told if record["record"] == a and "fields" in record]
    assert carried and {"phone", "address"} <= carried[0]["fields"].keys()
    assert any(record.get("gone") == "linked" and record["into"] == a for record in told if record["record"] == b)
    linked(server, a, b, False)
    again = {record["record"]: record for phone in (siti, joko) for record in phone.sync()["records"] if "fields" in record}
    assert again.keys() >= {b}
    with server.app.app_context():
        assert replay(server.settings, now_ms(), check=True).differences == []


def test_a_third_of_that_nik_is_set_beside_the_one_who_carries_the_joined_two(server):
    a, b = sorted([registered(server, VILLAGE), registered(server, NEIGHBOUR)])
    c = registered(server, ELSEWHERE)
    assert len(pairs(server)) == 3
    linked(server, a, b, True)
    assert {key: row for key, row in pairs(server).items() if row == OPEN} == {both(a, c): OPEN}


def test_whom_the_joined_one_may_be_is_asked_of_the_person_that_carries_him_now(server):
    third = {"nik": "6402110102709004", "full_name": "Eko Prasetyo", "birth_date": "1970-02-01", "sex": "male"}
    a, b = sorted([registered(server, VILLAGE), registered(server, NEIGHBOUR, **ANOTHER)])
    c = registered(server, ELSEWHERE, **third)
    with server.app.app_context():
        duplicates.take_in([Pair(*both(b, c), 0.8, 2.0, (Comparison("sex", "same", 1.0),))], now_ms())
    linked(server, a, b, True)
    assert {(row.a, row.b): row.state for row in rows(server)} == {both(a, b): JOINED, both(a, c): OPEN}


def test_who_was_told_apart_stays_so_also_when_one_of_them_is_joined_with_another(server):
    a, b = registered(server, VILLAGE), registered(server, NEIGHBOUR)
    linked(server, a, b, False)
    assert pairs(server) == {both(a, b): APART}
    c = registered(server, ELSEWHERE)
    assert pairs(server) == {both(a, b): APART, both(a, c): OPEN, both(b, c): OPEN}
    linked(server, b, c, True)
    told = pairs(server)
    assert OPEN not in told.values() and told[both(a, b)] == APART and told[both(b, c)] == JOINED


def test_a_new_run_of_the_model_remembers_who_was_told_apart(server):
    a, b = registered(server, VILLAGE), registered(server, NEIGHBOUR)
    linked(server, a, b, False)
    with server.app.app_context():
        duplicates.take_in([Pair(*both(a, b), 0.99, 6.6, (Comparison("nik", "same", 12.0),))], now_ms())
    assert [(row.state, row.by) for row in rows(server)] == [(APART, "model")]


def test_what_the_model_no_longer_finds_goes_unless_both_bear_one_nik(server):
    a, b = registered(server, VILLAGE), registered(server, NEIGHBOUR, **ANOTHER)
    c = registered(server, ELSEWHERE)
    look(server)
    with server.app.app_context():
        found = [Pair(*both(x, y), 0.8, 2.0, (Comparison("sex", "different", -1.0),)) for x, y in ((a, b), (a, c))]
        assert duplicates.take_in(found, 1000) == 1
        assert duplicates.take_in([], 2000) == 1
    assert [(row.a, row.b) for row in rows(server)] == [both(a, c)]


def test_a_corrected_nik_and_an_erased_worker_are_found_no_more(server):
    a, b, c = registered(server, VILLAGE), registered(server, NEIGHBOUR), registered(server, ELSEWHERE)
    assert len(pairs(server)) == 3
    with server.app.app_context():
        settle(a, None, ANOTHER, None, now_ms())
    assert pairs(server) == {both(b, c): OPEN}
    with server.app.app_context():
        erase([b], "UU PDP pasal 8", None, server.settings, now_ms())
    assert rows(server) == []
    assert pairs(server) == {}


@pytest.mark.parametrize("odd", ["HILANG", "0000000000000000"])
def test_what_stands_where_a_card_is_odd_makes_nobody_a_duplicate(server, odd):
    for village, name, day in ((VILLAGE, "Nur Hayati", "1990-07-12"), (ELSEWHERE, "Budi Santoso", "1985-03-15")):
        registered(server, village, nik=odd, nik_reason="kartu rusak", full_name=name, birth_date=day)
    assert pairs(server) == {}


def test_a_nik_that_a_whole_village_bears_is_kept_as_a_star(server, monkeypatch):
    monkeypatch.setattr(duplicates, "MOST_OF_ONE_NIK", 3)
    phone = server.enrolled(VILLAGE)
    names = ["Adi Nugraha", "Budi Santoso", "Cahyo Wibowo", "Dewi Lestari", "Eko Prasetyo"]
    days = ["1970-02-03", "1981-05-06", "1962-08-09", "1993-11-12", "1954-01-15"]
    changes = [phone.change(fields=WORKER | {"full_name": n, "birth_date": b}) for n, b in zip(names, days, strict=True)]
    phone.sync(*changes)
    found = pairs(server)
    first = min(each["record"] for each in changes)
    assert len(found) == len(names) - 1 and all(a == first for a, _ in found)


def test_a_link_that_was_made_where_no_pair_was_known_can_be_taken_back_from_the_list(server):
    a, b = registered(server, VILLAGE), registered(server, NEIGHBOUR, **ANOTHER)
    linked(server, a, b, True)
    assert pairs(server) == {both(a, b): JOINED}
    linked(server, a, b, False)
    assert pairs(server) == {both(a, b): APART}


def test_whose_data_is_restricted_is_compared_with_nobody_and_leaves_the_list(server):
    a, _ = registered(server, VILLAGE), registered(server, NEIGHBOUR)
    assert len(pairs(server)) == 1
    with server.app.app_context():
        with duplicates.transaction() as connection:
            connection.execute(d.restriction.insert().values(record=a, region=VILLAGE, since=1, reason="diminta"))
            connection.execute(d.person.update().where(d.person.c.record == a).values(restricted=True))
            connection.execute(d.compared.delete())
            connection.execute(d.judged.delete())
        duplicates.mend(now_ms())
    assert rows(server) == [] and pairs(server) == {}


def test_the_nightly_job_mends_what_pairs_say_and_finds_by_the_model_where_it_is_installed(server):
    a, b = registered(server, VILLAGE), registered(server, NEIGHBOUR)
    look(server)
    linked(server, a, b, False)
    with server.app.app_context():
        with duplicates.transaction() as connection:
            connection.execute(d.pair.update().values(state=OPEN, home_a="64"))
        assert duplicates.link_all(server.settings, now_ms()) >= 1
    (row,) = rows(server)
    assert row.state == APART and {row.home_a, row.home_b} == {VILLAGE, NEIGHBOUR}


@pytest.mark.postgres
def test_a_desk_that_links_and_the_job_that_looks_never_wait_for_each_other_s_pairs(postgres_settings):
    server = Installation(postgres_settings)
    a, b, c = sorted(registered(server, village) for village in (VILLAGE, NEIGHBOUR, ELSEWHERE))
    assert len(pairs(server)) == 3
    like = Likeness(0.9, 3.0, ())
    desk = threading.Thread(target=linked, args=(server, a, c, True))
    with server.app.app_context(), transaction() as connection:
        duplicates._take(connection, {both(b, c): like}, (), "model", now_ms())
        desk.start()
        time.sleep(0.5)  # it has written its link, and comes to the pairs that name one of the two
        duplicates._take(connection, {both(a, c): like}, (), "model", now_ms())
    desk.join()
    assert pairs(server) == {both(a, c): JOINED, both(a, b): OPEN}
    server.close()
