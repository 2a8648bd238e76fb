"""A replay draws every view from the log, sees whatever else is stored, and sets it right."""

import pytest
from sqlalchemy import delete, insert, select, text, update

from schemas.change import loads
from server.actions.replay import replay
from server.clock import now_ms
from server.db import transaction
from server.store import tables as t
from tests.server.installation import NEIGHBOUR, VILLAGE
from tests.server.story import check, everything, told


def spoil(server, *statements):
    with server.app.app_context(), transaction() as connection:
        for statement in statements:
            connection.execute(statement)


def mend(server):
    with server.app.app_context():
        return replay(server.settings, now_ms(), check=False).differences


def row(server, record):
    with server.reading() as connection:
        return connection.execute(select(t.record).where(t.record.c.id == record)).first()


def of(record, **values):
    return update(t.record).where(t.record.c.id == record).values(**values)


def test_what_phones_and_desks_did_is_what_the_log_says(either_server):
    told(either_server)
    before = everything(either_server)
    assert check(either_server) == []
    with either_server.app.app_context():
        assert replay(either_server.settings, now_ms(), check=False).records > 12
    assert everything(either_server) == before


SPOILT = {
    "kind": {"kind": "visit"},
    "home": {"home": NEIGHBOUR, "position": 7777},
    "fields": {"fields": '{"full_name":"Orang Lain"}'},
    "heads": {"heads": '{"*":["zzzzzz",1]}'},
    "seen": {"seen": "{}"},
    "ahead": {"ahead": '{"zzzzzz":9}'},
    "conflicts": {"conflicts": "[not even JSON"},
    "waiting_since": {"waiting_since": 1},
    "created_at": {"created_at": 1},
    "status_at": {"status_at": 1},
    "erased": {"erased": True},
    "incomplete": {"incomplete": True},
    "nik": {"nik": "6402000000009999"},
    "refers": {"refers": "zzzzzz-1"},
    "carrier": {"carrier": "zzzzzz-1"},
    "version": {"version": 1},
    "position": {"position": -5},
    "sole": {"sole": "zzzzzz"},
    "others_at": {"others_at": 99999},
}  # fmt: skip


NUMBERED = ("version", "position", "sole", "others_at", "derived")


@pytest.mark.parametrize("which", ["edited", "joined"])
def test_each_column_that_was_changed_by_hand_is_found_and_set_right(server, which):
    story = told(server)
    record = story.records[which]
    if which == "joined":
        record = min(record, story.records["joined too"])
    for column, values in SPOILT.items():
        if which == "joined" and column == "sole":
            continue  # of joined records nobody is the only author
        good = row(server, record)
        spoil(server, of(record, **values))
        found = check(server)
        assert ("record", record, column) in found
        assert row(server, record) != good, "a check changes nothing"
        assert mend(server) == found and check(server) == []
        mended = row(server, record)
        assert mended.version > values.get("version", good.version) and mended.position > good.position
        assert [name for name in good._fields if name not in NUMBERED and not same(mended, good, name)] == []


def same(mended, good, name):
    """Whether a column says the same; the keys of JSON may stand in another order."""
    now, before = getattr(mended, name), getattr(good, name)
    return now == before or loads(now) == loads(before)


def test_a_mended_record_is_told_to_the_phones_again(server):
    story = told(server)
    story.siti.sync()
    record = story.records["edited"]
    spoil(server, of(record, fields='{"full_name":"Orang Lain"}'))
    mend(server)
    answer = story.siti.sync()
    assert [each["fields"]["full_name"] for each in answer["records"] if each["record"] == record] == ["Nur Hayati"]


def test_an_alias_that_holds_something_is_emptied_again(server):
    story = told(server)
    alias = max(story.records["joined"], story.records["joined too"])
    spoil(server, of(alias, fields='{"full_name":"Orang Lain"}', nik="6402000000009999"))
    assert {difference.column for difference in check(server)} == {"fields", "nik"}
    mend(server)
    assert check(server) == [] and row(server, alias).fields == "{}"


def test_a_record_that_vanished_is_drawn_again(either_server):
    story = told(either_server)
    record = story.records["conflict"]
    good = row(either_server, record)
    spoil(either_server, delete(t.record).where(t.record.c.id == record))
    assert check(either_server) == [("record", record, "-")]
    mend(either_server)
    assert check(either_server) == []
    assert row(either_server, record).conflicts == good.conflicts
    assert record in [each["record"] for each in story.budi.sync()["records"]]


def test_a_record_that_the_log_does_not_know_goes_and_phones_are_told(either_server):
    story = told(either_server)
    story.siti.sync()
    with either_server.reading() as connection:
        strange = connection.execute(select(t.record).where(t.record.c.id == story.records["plain"])).mappings().one()
    spoil(
        either_server,
        insert(t.record).values(**{**strange, "id": "zzzzzz-1", "position": 800}),
        update(t.stream).where(t.stream.c.village == VILLAGE).values(position=800),
    )
    assert check(either_server) == [("record", "zzzzzz-1", "-")]
    mend(either_server)
    assert check(either_server) == [] and row(either_server, "zzzzzz-1") is None
    assert {"record": "zzzzzz-1", "gone": "erased"} in story.siti.sync()["records"]


def test_a_link_that_stands_or_fell_by_hand_is_set_right(either_server):
    story = told(either_server)
    a, b = sorted([story.records["joined"], story.records["joined too"]])
    good = row(either_server, a)
    spoil(either_server, delete(t.edge), of(a, carrier=None), of(b, carrier=None))
    assert ("edge", a, b) in check(either_server)
    mend(either_server)
    assert check(either_server) == [] and row(either_server, a).seen == good.seen
    c, d = sorted([story.records["parted"], story.records["parted too"]])
    spoil(either_server, insert(t.edge).values(a=c, b=d, device="hqzz", seq=1))
    assert check(either_server) == [("edge", c, d)]
    mend(either_server)
    assert check(either_server) == []


@pytest.mark.parametrize("which", ["moved", "joined", "erased"])
def test_a_tombstone_that_is_missing_is_put_back(either_server, which):
    story = told(either_server)
    record = story.records[which]
    if which == "joined":
        record = max(record, story.records["joined too"])
    stones = select(t.gone.c.village, t.gone.c.why, t.gone.c.into).where(t.gone.c.record == record)
    with either_server.reading() as connection:
        good = connection.execute(stones).all()
    spoil(either_server, delete(t.gone).where(t.gone.c.record == record))
    assert check(either_server) == [("gone", record, "-")]
    mend(either_server)
    with either_server.reading() as connection:
        assert connection.execute(stones).all() == good
    assert check(either_server) == []


def test_a_tombstone_where_the_record_stands_is_taken_away(server):
    story = told(server)
    record = story.records["plain"]
    spoil(server, insert(t.gone).values(village=VILLAGE, record=record, position=3, why="moved", into=NEIGHBOUR))
    spoil(server, insert(t.gone).values(village=VILLAGE, record="zzzzzz-5", position=4, why="linked", into="a-1"))
    assert set(check(server)) == {("gone", record, "-"), ("gone", "zzzzzz-5", "-")}
    mend(server)
    assert check(server) == []


def test_a_change_that_waits_unnoticed_is_noticed(either_server):
    story = told(either_server)
    with either_server.reading() as connection:
        good = connection.execute(select(t.waiting.c.device, t.waiting.c.seq, t.waiting.c.record)).all()
    assert [each.record for each in good] == [story.records["never made"]]
    spoil(either_server, delete(t.waiting))
    spoil(either_server, insert(t.waiting).values(
        device=story.siti.id, seq=1, record=story.records["plain"], village=VILLAGE, since=1, why="busy"
    ))  # fmt: skip
    assert {difference.table for difference in check(either_server)} == {"waiting"}
    mend(either_server)
    assert check(either_server) == []
    with either_server.reading() as connection:
        assert connection.execute(select(t.waiting.c.device, t.waiting.c.seq, t.waiting.c.record)).all() == good


def test_counters_that_fell_behind_are_raised(either_server):
    story = told(either_server)
    spoil(
        either_server,
        update(t.device).where(t.device.c.id == story.siti.id).values(acked=2),
        update(t.stream).where(t.stream.c.village == VILLAGE).values(position=1, desk_seq=0),
    )
    found = {(difference.table, difference.column) for difference in check(either_server)}
    assert found == {("device", "acked"), ("stream", "position"), ("stream", "desk_seq")}
    mend(either_server)
    assert check(either_server) == []
    assert story.siti.sync(story.siti.change())["results"][0]["status"] == "merged"


def test_a_value_that_an_erasure_left_is_found_and_erased(server):
    story = told(server)
    record = story.records["erased"]
    spoil(
        server,
        text("DROP TRIGGER change_fixed"),
        update(t.change).where(t.change.c.record == record).values(fields='{"full_name":"Nur Hayati"}'),
    )
    assert ("change", record, "fields") in check(server)
    mend(server)
    assert check(server) == []
    with server.reading() as connection:
        assert connection.scalars(select(t.change.c.fields).where(t.change.c.record == record)).all() == [None]


def test_what_is_printed_of_a_difference_names_no_value(server):
    story = told(server)
    spoil(server, of(story.records["plain"], nik="6402000000009999"))
    assert [str(difference) for difference in check(server)] == [f"record {story.records['plain']}: nik"]
