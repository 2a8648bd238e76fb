"""Equal states have equal digests, however they came about; what is not the state takes no part."""

import pytest
from sqlalchemy import delete, insert, update

from server.actions.digest import digest
from server.actions.replay import replay
from server.actions.settle import erase
from server.clock import now_ms
from server.db import transaction
from server.store import tables as t
from tests.server.installation import NEIGHBOUR, VILLAGE, WORKER
from tests.server.story import told


def of(server, village=None):
    with server.app.app_context():
        return digest(village)


def alter(server, *statements):
    with server.app.app_context(), transaction() as connection:
        for statement in statements:
            connection.execute(statement)


def test_an_empty_server_has_a_digest_of_nothing(either_server):
    assert of(either_server) == ("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", 0, 0)


def test_what_the_server_numbers_and_times_takes_no_part(either_server):
    story = told(either_server)
    before = of(either_server)
    own = t.record.c.id == story.records["conflict"]
    numbered = {"version": 99, "position": 9999, "waiting_since": 5, "derived": "{}", "created_at": 1, "sole": "aaaaaa"}
    for values in ({name: value} for name, value in numbered.items()):
        alter(either_server, update(t.record).where(own).values(**values))
        assert of(either_server) == before


@pytest.mark.parametrize(
    "values",
    [
        {"fields": "{}"}, {"heads": '{"*":["aaaaaa",1]}'}, {"seen": "{}"}, {"conflicts": None}, {"home": NEIGHBOUR},
        {"kind": "visit"}, {"erased": True}, {"carrier": "aaaaaa-1"},
    ],
    ids=lambda values: next(iter(values)),
)  # fmt: skip
def test_all_that_a_record_holds_takes_part(server, values):
    story = told(server)
    before = of(server).digest
    alter(server, update(t.record).where(t.record.c.id == story.records["conflict"]).values(position=9999, **values))
    assert of(server).digest != before


def test_keys_written_in_another_order_are_the_same_state(server):
    phone = server.enrolled(VILLAGE)
    phone.sync(phone.change())
    before = of(server)
    turned = {"fields": '{"b":2,"a":1}'}, {"fields": '{"a":1,"b":2}'}
    alter(server, update(t.record).values(**turned[0]))
    one = of(server)
    alter(server, update(t.record).values(**turned[1]))
    assert one == of(server) != before


def test_it_counts_records_and_the_changes_they_are_made_of(either_server):
    phone, guest = either_server.enrolled(VILLAGE), either_server.enrolled(NEIGHBOUR)
    phone.sync(phone.change(), phone.change(), phone.change(1, {"notes": "lagi"}), phone.change(fields={"nik": "1"}))
    guest.sync(guest.change())
    assert of(either_server)[1:] == (3, 4)
    assert of(either_server, VILLAGE)[1:] == (2, 3) and of(either_server, NEIGHBOUR)[1:] == (1, 1)
    assert of(either_server, "64.02.11.2001")[1:] == (0, 0)


def test_a_village_holds_what_is_joined_to_a_record_of_its_own(either_server):
    story = told(either_server)
    a, b = sorted([story.records["joined"], story.records["joined too"]])
    before, neighbour = of(either_server, VILLAGE), of(either_server, NEIGHBOUR)
    alter(either_server, delete(t.record).where(t.record.c.id == b))
    assert of(either_server, VILLAGE) != before and of(either_server, NEIGHBOUR) == neighbour


def test_a_server_that_blanked_a_record_and_one_that_never_had_it_hold_the_same(server):
    phone = server.enrolled(VILLAGE)
    phone.sync(phone.change())
    before = of(server)
    phone.sync(phone.change(None, WORKER | {"full_name": "Ida"}))
    assert of(server) != before
    with server.app.app_context():
        erase([f"{phone.id}-{phone.seq}"], "atas permintaan", None, server.settings, now_ms())
    assert of(server) == before


def test_a_replay_that_mends_gives_the_digest_back(server):
    story = told(server)
    before = of(server)
    alter(
        server,
        delete(t.record).where(t.record.c.id.in_([story.records["joined"], story.records["conflict"]])),
        delete(t.edge),
        insert(t.edge).values(a=story.records["plain"], b=story.records["settled"], device="hqaa", seq=1),
    )
    assert of(server) != before
    with server.app.app_context():
        replay(server.settings, now_ms(), check=False)
    assert of(server) == before
