"""What an award counts of a village's people, payments and pairs: numbers alone, each of the right village."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from schemas.change import dumps
from server.actions.awards_facts import _People, _stayed, is_sound
from server.db import transaction
from server.store import awards as store
from server.store import desk_tables as d
from server.store import tables as t
from server.store.awards import Person, Story
from server.store.bulk import add
from tests.server.installation import ELSEWHERE, NEIGHBOUR, VILLAGE, Installation

MONTH = 2026 * 12
GOOD = Person(VILLAGE, "6402115207909001", "1990-07-12", "female", "verified", False, "2026-03-01")


def test_who_stayed_is_counted_of_those_who_were_there_and_have_not_left() -> None:
    told = [
        Story(VILLAGE, MONTH, "a" * 12, 5), Story(VILLAGE, MONTH - 3, "aaa" + "a" * 11 + "b", 2),  # all the year
        Story(VILLAGE, MONTH, "aaaaarriiiaa", 3),  # was there, and lapsed
        Story(VILLAGE, MONTH, "aaaaaaeeeeee", 4),  # died or moved: in neither number
        Story(VILLAGE, MONTH + 1, "a" * 11, 8), Story(VILLAGE, MONTH, "-" + "a" * 11, 8),  # came later
        Story(NEIGHBOUR, MONTH, "ppppppaaaaaa", 6),
    ]  # fmt: skip
    assert _stayed(told, MONTH, MONTH + 11) == {VILLAGE: (7, 10)}


def test_people_are_counted_by_what_their_record_says() -> None:
    counted = _People(date(2026, 11, 5))
    for person in (
        GOOD, GOOD._replace(status="proposed"), GOOD._replace(incomplete=True), GOOD._replace(nik=None),
        GOOD._replace(registered_on="1980-01-01"), GOOD._replace(registered_on="2026-11-06"),
        GOOD._replace(registered_on="2026-10-30"), GOOD._replace(registered_on="2026-10-29"),
        GOOD._replace(status="deceased"), GOOD._replace(home=NEIGHBOUR, registered_on=None, birth_date="1991-07-12"),
    ):  # fmt: skip
        counted.add(person)
    told = counted.of(VILLAGE)
    assert (told.registered, told.verified, told.odd) == (8, 5, 2)  # incomplete is neither verified nor odd
    assert (told.born_after, told.in_future, told.last_week, told.same_day, told.same_birth) == (1, 1, 1, 4, 8)
    assert (counted.of(NEIGHBOUR).registered, counted.of(NEIGHBOUR).odd) == (1, 1)  # the NIK says 1990


@pytest.mark.parametrize(
    ("said", "sound"),
    [({}, True), ({"birth_date": "1990-07-13"}, False), ({"sex": "male"}, False), ({"nik": "640211"}, False),
     ({"nik": None}, False), ({"sex": None, "birth_date": None}, True)],
)  # fmt: skip
def test_a_nik_is_sound_when_it_agrees_with_the_card(said: dict[str, Any], sound: bool) -> None:
    assert is_sound(GOOD._replace(**said)) is sound


def _record(name: str, kind: str, home: str, refers: str | None, confirmed: bool, position: int) -> dict[str, Any]:
    fields = {"worker": refers} | ({"confirmed": True} if confirmed else {}) if refers else {}
    return {
        "id": name, "kind": kind, "home": home, "version": 1, "position": position, "sole": None, "others_at": 0,
        "carrier": None, "fields": dumps(fields), "heads": "{}", "seen": "{}", "ahead": None, "conflicts": None,
        "waiting_since": None, "created_at": 1, "status_at": None, "erased": False, "incomplete": False, "nik": None,
        "refers": refers, "derived": None,
    }  # fmt: skip


def test_payments_of_nobody_and_pairs_are_those_of_their_villages(either_server: Installation) -> None:
    pair = {
        "same_nik": True, "probability": 0.99, "by": "desk", "comparisons": "[]", "found_at": 1, "judged_at": 1,
    }  # fmt: skip
    with either_server.app.app_context(), transaction() as connection:
        add(connection, t.record, [
            _record("w-1", "worker", VILLAGE, None, False, 1), _record("c-1", "contribution", VILLAGE, "w-1", True, 2),
            _record("c-2", "contribution", VILLAGE, "w-9", True, 3),
            _record("c-3", "contribution", VILLAGE, "w-9", False, 4),
            _record("c-4", "contribution", NEIGHBOUR, "w-8", True, 1),
            _record("c-5", "contribution", ELSEWHERE, "w-8", True, 1),
            _record("k-1", "claim", VILLAGE, "w-7", True, 5),
        ])  # fmt: skip
        add(connection, d.pair, [
            pair | {"a": "a", "b": "b", "home_a": VILLAGE, "home_b": VILLAGE, "state": "open"},
            pair | {"a": "a", "b": "c", "home_a": VILLAGE, "home_b": NEIGHBOUR, "state": "joined"},
            pair | {"a": "a", "b": "d", "home_a": VILLAGE, "home_b": ELSEWHERE, "state": "apart"},
            pair | {"a": "a", "b": "e", "home_a": ELSEWHERE, "home_b": VILLAGE, "state": "open"},
        ])  # fmt: skip
    with either_server.reading() as connection:
        assert dict(store.orphans(connection, "64.02")) == {VILLAGE: 1, NEIGHBOUR: 1}
        assert dict(store.pairs(connection, "64.02")) == {VILLAGE: 3, NEIGHBOUR: 1}
