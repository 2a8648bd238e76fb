"""Whoever registers, moves, is joined, told apart or erased: the index of people is what is drawn of the records from
scratch, and whom an erasure takes out is gone from it with the same commit."""

from __future__ import annotations

import tempfile
from contextlib import suppress
from pathlib import Path
from random import Random
from threading import Event, Thread
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import func, insert, select

from server.actions import people_index
from server.actions.settle import DeskError, erase, link
from server.db import transaction
from server.linkage import people
from server.store import desk_tables as d
from server.store import people_drawn as store
from server.store import tables as t
from tests.server.actions.test_cover_laws import Story
from tests.server.installation import ELSEWHERE, NEIGHBOUR, VILLAGE, WORKER, Installation, copied
from tests.server.village import days_of

NAMES = ["Siti Aminah", "Nur Hayati", "Nurhayati", "Sumiati", "H. Abdul Kadir bin Djafar", "Soekarno"]


class Crowd(Story):
    """The same story, in which people have several names and change them, and the index follows now and then."""

    def register(self) -> None:
        super().register()
        self.rename()

    def rename(self) -> None:
        self.send("worker", {"full_name": self.rng.choice(NAMES)}, self.someone())

    def join(self) -> None:
        with suppress(DeskError):
            super().join()

    def act(self) -> None:
        if self.rng.random() < 0.1 and len(self.people) > 1:
            self.join()
        elif self.rng.random() < 0.2:
            self.days.do(people_index.follow_village, self.village(), self.rng.choice([1, 2, 400]))
        elif self.rng.random() < 0.1:
            self.rename() if self.people else None
        else:
            super().act()


def drawn(made: Installation) -> dict[str, list[Any]]:
    with made.reading() as connection:
        people_rows = sorted(tuple(row) for row in connection.execute(select(d.person)))
        words = select(d.word.c.word, d.person_word.c.home, d.person_word.c.record).join(
            d.person_word, d.person_word.c.word == d.word.c.id
        )
        return {"people": people_rows, "words": sorted(tuple(row) for row in connection.execute(words))}


def standing(made: Installation) -> set[str]:
    itself = (t.record.c.carrier.is_(None)) | (t.record.c.carrier == t.record.c.id)
    query = select(t.record.c.id).where(t.record.c.kind == "worker", ~t.record.c.erased, itself)
    with made.reading() as connection:
        return set(connection.scalars(query))


def check(made: Installation, seed: int, length: int) -> None:
    with days_of(made) as days:
        crowd = Crowd(days, Random(seed))
        for _ in range(length):
            crowd.act()
        for village in ("64.02.11.2005", "64.02.11.2004", "91.71.01.1001"):
            days.phone(village)
        days.do(people_index.follow, days.settings, days.now)
        followed = drawn(made)
        assert days.do(people_index.follow, days.settings, days.now) == 0, "it must come to an end"
        assert {row[0] for row in followed["people"]} == standing(made)
        assert {word[0] for word in followed["words"]} <= {w for name in [*NAMES, "Nur Hayati", "Belum Lengkap"]
                                                           for w in people.words(name)}  # fmt: skip
        days.do(people_index.draw_anew, days.settings, days.now)
        assert drawn(made) == followed


@settings(max_examples=6, deadline=None)
@given(seed=st.integers(0, 10**9))
def test_an_index_that_followed_equals_one_drawn_from_scratch(template, seed):
    with tempfile.TemporaryDirectory(prefix="sambung-") as folder:
        made = Installation(copied(template, Path(folder) / "var"))
        try:
            check(made, seed, 40)
        finally:
            made.close()


@pytest.mark.postgres
def test_it_does_so_on_postgresql_too(postgres_settings):
    made = Installation(postgres_settings)
    try:
        check(made, 4417, 60)
    finally:
        made.close()


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100))
def test_an_index_that_followed_equals_one_drawn_from_scratch_through_long_stories(server, seed):
    check(server, seed, 150)


def test_whoever_moved_is_found_in_his_new_village_alone(either_server: Installation):
    with days_of(either_server) as days:
        worker = days.register(VILLAGE)
        days.phone(ELSEWHERE)
        days.do(people_index.follow, days.settings, days.now)
        days.desk(worker, village=ELSEWHERE)
        days.do(people_index.follow, days.settings, days.now)
        found = drawn(either_server)
    assert [row[1] for row in found["people"]] == [ELSEWHERE]
    assert {home for _, home, _ in found["words"]} == {ELSEWHERE}


def test_joined_workers_are_one_person_and_parted_ones_two_again(either_server: Installation):
    with days_of(either_server) as days:
        first, second = days.register(VILLAGE, full_name="Siti"), days.register(NEIGHBOUR, full_name="Siti Aminah")
        days.do(people_index.follow, days.settings, days.now)
        assert {row[0] for row in drawn(either_server)["people"]} == {first, second}
        days.do(link, first, second, True, "-", None, days.now)
        days.do(people_index.follow, days.settings, days.now)
        assert [row[0] for row in drawn(either_server)["people"]] == [min(first, second)]
        days.do(link, first, second, False, "-", None, days.now)
        days.do(people_index.follow, days.settings, days.now)
        assert {row[0] for row in drawn(either_server)["people"]} == {first, second}


def test_an_erasure_empties_the_index_and_the_desks_memory_at_once(either_server: Installation):
    with days_of(either_server) as days:
        worker, other = days.register(VILLAGE), days.register(NEIGHBOUR, full_name="Siti")
        days.do(people_index.follow, days.settings, days.now)
        with either_server.app.app_context(), transaction() as connection:
            row = {"list": 1, "number": 1, "said": "{}", "person": b"1", "verdict": "same", "village": VILLAGE,
                   "record": worker, "about": "{}", "decision": "open"}  # fmt: skip
            connection.execute(insert(d.list_row), [row])
            connection.execute(insert(d.returned), [{"device": "p", "seq": 1, "record": worker, "note": "-", "at": 1}])
            connection.execute(insert(d.restriction), [{"record": worker, "region": VILLAGE, "since": 1, "reason": "-"}])
            connection.execute(insert(t.mail), [{"device": "p", "record": worker, "code": "returned", "note": "-", "at": 1}])
        days.do(erase, [worker], "-", None, days.settings, days.now)
        found = drawn(either_server)
        with either_server.reading() as connection:
            kept = connection.execute(select(d.list_row.c.said, d.list_row.c.about, d.list_row.c.person)).one()
            counts = [
                connection.scalar(select(func.count()).select_from(table).where(table.c.record == worker))
                for table in (d.returned, d.restriction)
            ]
            notes = connection.scalar(select(func.count()).select_from(t.mail).where(t.mail.c.note.is_not(None)))
    assert [row[0] for row in found["people"]] == [other]
    assert {record for _, _, record in found["words"]} == {other}
    assert tuple(kept) == (None, None, None)
    assert counts == [0, 0] and notes == 0


def test_whose_use_is_restricted_shows_at_once_and_stays_so(either_server: Installation):
    with days_of(either_server) as days:
        worker = days.register(VILLAGE)
        days.do(people_index.follow, days.settings, days.now)
        with either_server.app.app_context(), transaction() as connection:
            connection.execute(insert(d.restriction), [{"record": worker, "region": VILLAGE, "since": 1, "reason": "-"}])
            store.mark_restricted(connection, worker, True)
        assert is_restricted(either_server, worker)
        days.desk(worker, rt="7")
        days.do(people_index.follow, days.settings, days.now)
        assert is_restricted(either_server, worker)


def is_restricted(made: Installation, worker: str) -> bool:
    with made.reading() as connection:
        return bool(connection.scalar(select(d.person.c.restricted).where(d.person.c.record == worker)))


@pytest.mark.postgres
def test_an_erasure_beside_a_drawing_lets_nobody_come_back(postgres_settings, monkeypatch):
    """The drawing has read the worker when the erasure begins: it must wait, and then takes out what was drawn."""
    made = Installation(postgres_settings)
    has_read, may_write = Event(), Event()
    real = store.put_people

    def slow(connection, rows):
        has_read.set()
        may_write.wait(5)
        real(connection, rows)

    try:
        with days_of(made) as days:
            worker = days.register(VILLAGE)
            monkeypatch.setattr(store, "put_people", slow)
            drawing = Thread(target=days.do, args=(people_index.follow, days.settings, days.now))
            drawing.start()
            assert has_read.wait(5)
            erasing = Thread(target=days.do, args=(erase, [worker], "-", None, days.settings, days.now))
            erasing.start()
            erasing.join(0.3)
            may_write.set()
            drawing.join(10), erasing.join(10)
            assert drawn(made) == {"people": [], "words": []}
            days.do(people_index.follow, days.settings, days.now)
            assert drawn(made) == {"people": [], "words": []}
    finally:
        may_write.set()
        made.close()


def test_a_village_that_can_not_be_drawn_stops_no_other(server: Installation, monkeypatch):
    with days_of(server) as days:
        days.register(NEIGHBOUR), days.register(VILLAGE)
        real = people_index.person_of

        def failing(row, restricted):
            if row.home == NEIGHBOUR:
                raise RuntimeError
            return real(row, restricted)

        monkeypatch.setattr(people_index, "person_of", failing)
        with pytest.raises(RuntimeError):
            days.do(people_index.follow, days.settings, days.now)
        assert [row[1] for row in drawn(server)["people"]] == [VILLAGE]


def test_a_drawing_that_was_cut_goes_on_where_it_stopped(either_server: Installation):
    with days_of(either_server) as days:
        workers = {days.register(VILLAGE, full_name=name) for name in NAMES}
        real, seen = people_index._draw, []

        def stops(connection, rows):
            real(connection, rows)
            seen.extend(row.id for row in rows)
            if len(seen) == 4:
                raise KeyboardInterrupt

        people_index._draw = stops
        try:
            with pytest.raises(KeyboardInterrupt):
                days.do(people_index.follow_village, VILLAGE, 2)
        finally:
            people_index._draw = real
        assert len(drawn(either_server)["people"]) == 2
        assert days.do(people_index.follow, days.settings, days.now) == 4
        assert {row[0] for row in drawn(either_server)["people"]} == workers
    assert WORKER["full_name"] in NAMES
