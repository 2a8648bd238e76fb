"""Finding people: by any part of the name however it is spelt, by any number, inside the region and page by page."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from server.db import reading, transaction
from server.linkage import people
from server.linkage.people import Person
from server.store import people_drawn, places
from server.store.people_index import (
    NO_FILTERS,
    Asked,
    Filters,
    as_person,
    by_kpj,
    by_nik,
    candidates,
    find,
    people_of,
    plain_kpj,
)
from server.store.scoping import Scope, Unscoped, asking_within
from tests.server.installation import ELSEWHERE, NEIGHBOUR, VILLAGE, Installation, on_engine

DISTRICT, REGENCY, NATION = VILLAGE[:8], VILLAGE[:5], "id"
ROWS: list[dict[str, Any]] = [
    {"record": "a-1", "full_name": "Siti Aminah", "nik": "6402115207909001", "kk_number": "6402110101109001"},
    {"record": "a-2", "full_name": "SITI NUR HAYATI", "nik": "6402115207909002", "kpj": "19012345678"},
    {"record": "a-3", "full_name": "Nurhayati", "phone": "+6281234567890", "status": "deceased"},
    {"record": "a-4", "full_name": "H. Soekarno bin Djafar, S.Pd.", "birth_date": "1960-05-04"},
    {"record": "a-5", "full_name": "Sumiati", "home": NEIGHBOUR, "coverage": "in_arrears", "registered_on": "2026-03-01"},
    {"record": "a-6", "full_name": "Siti Aminah", "home": ELSEWHERE, "nik": "6403055207909001", "waits": True},
    {"record": "a-7", "full_name": "Aminah", "home": NEIGHBOUR, "incomplete": True, "birth_date": "1960-04-05"},
    {"record": "a-8", "full_name": "", "home": NEIGHBOUR, "dtsen_decile": 2, "vulnerable": True},
]


def row_of(given: dict[str, Any]) -> dict[str, Any]:
    usual = {
        "home": VILLAGE, "nik": None, "kk_number": None, "kpj": None, "birth_date": "1990-07-12", "sex": "female",
        "mother_name": None, "phone": None, "occupation": "farmer", "segment": "bpu", "funding": None, "vulnerable": None,
        "dtsen_decile": None, "status": "proposed", "incomplete": False, "waits": False, "restricted": False,
        "registered_on": "2026-01-05", "coverage": "proposed", "position": 1,
    }  # fmt: skip
    return usual | {"name_key": " ".join(people.words(given["full_name"]))} | given


def fill(server: Installation, rows: list[dict[str, Any]]) -> None:
    with server.app.app_context(), transaction() as connection:
        drawn = [row_of(row) for row in rows]
        people_drawn.put_people(connection, drawn)
        named = {row["record"]: (row["home"], people.words(row["full_name"])) for row in drawn}
        people_drawn.put_words(connection, named)


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def crowd(
    request: pytest.FixtureRequest, template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Installation]:
    with on_engine(request, template, tmp_path_factory.mktemp("crowd")) as made:
        fill(made, ROWS)
        yield made


def found(server: Installation, text: str, scope: str = REGENCY, most: int = 25, **filters: Any) -> list[str]:
    """Who is found, page by page to the end."""
    asked, after, records = Asked(text, NO_FILTERS._replace(**filters)), None, []
    with server.app.app_context():
        for _ in range(50):
            with asking_within(Scope(scope)), reading() as connection:
                page = find(connection, scope, asked, after, most)
            assert len(page.rows) <= most
            records += [row.record for row in page.rows]
            if page.next is None:
                return records
            after = page.next
    raise AssertionError("the list must come to an end")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Siti Aminah", ["a-1"]),
        ("aminah siti", ["a-1"]),
        ("aminah", ["a-7", "a-1"]),  # in the order of villages
        ("amin", ["a-7", "a-1"]),
        ("Amniah", ["a-7", "a-1"]),
        ("sukarno", ["a-4"]),
        ("Soekarno", ["a-4"]),
        ("Pak Sukarno", ["a-4"]),
        ("djapar", ["a-4"]),
        ("jafar soekarno", ["a-4"]),
        ("Nur Hayati", ["a-2", "a-3"]),
        ("nurhayati", ["a-3", "a-2"]),
        ("Sumiyati", ["a-5"]),
        ("sumi", ["a-5"]),
        ("6402115207909001", ["a-1"]),
        ("6402 1152 0790 9001", ["a-1"]),
        ("640211520790", ["a-1", "a-2"]),
        ("6402110101109001", ["a-1"]),
        ("1901 2345 678", ["a-2"]),
        ("0812-3456-7890", ["a-3"]),
        ("+62 812 3456", ["a-3"]),
        ("a-3", ["a-3"]),
        ("a-6", []),
        ("6403055207909001", []),
        ("Tidak Ada", []),
        ("%", []),
        ("'; DROP TABLE person", []),
    ],
)
def test_whoever_is_looked_for_is_found_and_nobody_of_another_region(crowd, text, expected):
    assert found(crowd, text) == expected
    assert found(crowd, text, most=1) == expected, "page by page the same"


def test_central_staff_find_him_in_the_whole_nation(crowd):
    assert found(crowd, "siti aminah", NATION) == ["a-1", "a-6"]
    assert found(crowd, "a-6", NATION) == ["a-6"]


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"status": "deceased"}, ["a-3"]),
        ({"coverage": "in_arrears"}, ["a-5"]),
        ({"incomplete": True}, ["a-7"]),
        ({"waits": True}, []),
        ({"vulnerable": True}, ["a-8"]),
        ({"decile": 3}, ["a-8"]),
        ({"registered_from": "2026-02-01", "registered_to": "2026-03-01"}, ["a-5"]),
        ({"villages": (NEIGHBOUR,)}, ["a-8", "a-7", "a-5"]),
        ({"villages": ()}, []),
    ],
)
def test_a_list_is_cut_down_by_filters(crowd, filters, expected):
    assert found(crowd, "", **filters) == expected
    assert found(crowd, "", most=1, **filters) == expected
    with crowd.reading() as connection:
        assert [row.record for row in people_of(connection, REGENCY, Filters(**filters))] == expected


def test_a_name_and_filters_together(crowd):
    assert found(crowd, "aminah", incomplete=True) == ["a-7"]
    assert found(crowd, "aminah", villages=(VILLAGE,)) == ["a-1"]


def test_a_misspelt_name_goes_on_behind_many_who_do_not_pass(server, monkeypatch):
    """The one who passes lies behind more than are looked at for one page."""
    from server.store import people_index

    monkeypatch.setattr(people_index, "AT_ONCE", 5)
    monkeypatch.setattr(people_index, "LOOKED_AT", 10)
    rows = [
        {"record": f"b-{n:02d}", "full_name": "Siti", "status": "deceased" if n == 33 else "proposed"} for n in range(40)
    ]
    fill(server, rows)
    assert found(server, "siti", status="deceased") == ["b-33"]
    assert found(server, "siti", most=7) == sorted(row["record"] for row in rows)


def test_a_word_that_came_in_meanwhile_is_known(server):
    fill(server, [ROWS[0]])
    assert found(server, "wayan") == []
    fill(server, [{"record": "b-1", "full_name": "Wayan"}])
    assert found(server, "wayan") == ["b-1"]


def test_a_query_of_a_foreign_region_is_refused(crowd):
    with crowd.app.app_context(), asking_within(Scope(REGENCY)), reading() as connection:
        for ask in (lambda: find(connection, NATION, Asked("siti")), lambda: by_nik(connection, ["6403055207909001"])):
            with pytest.raises(Unscoped):
                ask()


def test_lists_and_doubles_find_whom_they_compare(crowd):
    with crowd.reading() as connection:
        assert [row.record for row in by_nik(connection, ["6402115207909001", "x"])["6402115207909001"]] == ["a-1"]
        assert [row.record for row in by_kpj(connection, [plain_kpj("19-0123 45678") or ""])["19012345678"]] == ["a-2"]
        swapped = Person("new", VILLAGE, birth_date="1960-04-05")
        assert {row.record for row in candidates(connection, swapped)} == {"a-4", "a-7"}
        named = Person("new", VILLAGE, full_name="Sitti Aminah")
        assert {row.record for row in candidates(connection, named)} == {"a-1", "a-2"}
        row = candidates(connection, Person("new", None, nik="6403055207909001"))[0]
        assert as_person(row).full_name == "Siti Aminah"


@pytest.mark.parametrize(
    ("text", "scope", "expected"),
    [
        ("Muara Kaman Ulu", NATION, "64.02.11.2005"),
        ("muara kaman ulu", REGENCY, "64.02.11.2005"),
        ("Muara Kman Ulu", REGENCY, "64.02.11.2005"),
        ("kaman ulu", REGENCY, "64.02.11.2005"),
        ("64.02.11.2005", REGENCY, "64.02.11.2005"),
        ("64.03.05.1003", REGENCY, None),
        ("Kabupaten Kutai Kartanegara", NATION, "64.02"),
        ("xx", NATION, None),
        ("", NATION, None),
    ],
)
def test_a_village_is_known_by_its_name_also_misspelt(crowd, text, scope, expected):
    with crowd.reading() as connection:
        meant = [region.code for region in places.like(connection, scope, text)]
        assert meant[:1] == ([expected] if expected else [])
        if expected:
            villages = places.villages_in(connection, meant[:1])
            assert all(village.startswith(expected) for village in villages) and villages
