"""The clocks that run: found anew each time, so that late or twice ends in the same; each seen in its own region."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from programme import claim
from server.actions import clocks
from server.db import reading, transaction
from server.store import clocks as store
from server.store.clocks import Term
from server.store.programme_tables import clock
from server.store.scoping import Scope, Unscoped, asking_within
from tests.server.installation import ELSEWHERE, VILLAGE, Installation, copied

LATE, SOON, FAR = Term("a-1", VILLAGE, 100), Term("a-2", VILLAGE, 300), Term("b-1", ELSEWHERE, 200)
NOW = 150
ALL = dict(clocks.FINDERS)


@pytest.fixture(scope="module")
def server(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    made = Installation(copied(template, tmp_path_factory.mktemp("clocks") / "var"))
    with made.app.app_context():
        yield made
    made.close()


@pytest.fixture(autouse=True)
def found(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[Term]]:
    """What a test's only finder finds."""
    told: dict[str, list[Term]] = {"test": [LATE, SOON, FAR]}
    monkeypatch.setattr(clocks, "FINDERS", {"test": lambda connection, now: told["test"]})
    return told


def stored() -> list[Any]:
    with reading() as connection:
        query = select(clock.c.record, clock.c.due_at, clock.c.since).where(clock.c.what == "test").order_by(clock.c.record)
        return [tuple(row) for row in connection.execute(query)]


def test_a_run_that_comes_twice_changes_nothing_and_what_is_met_goes(server: Installation, found: Any) -> None:
    clocks.run(server.settings, NOW)
    before = stored()
    assert clocks.run(server.settings, NOW + 5) == 0 and stored() == before
    found["test"] = [LATE._replace(due_at=120), FAR]
    assert clocks.run(server.settings, NOW + 9) == 3, "one moved, and so was taken out and put in; one is met"
    assert stored() == [("a-1", 120, NOW + 9), ("b-1", 200, NOW)]
    found["test"] = []
    clocks.run(server.settings, NOW)
    assert stored() == []


def test_each_region_counts_its_own_the_soonest_first(server: Installation) -> None:
    clocks.run(server.settings, NOW)
    assert clocks.counted(Scope("64.02"), "test", NOW) == (2, 1)
    assert clocks.counted(Scope("64"), "test", NOW) == (3, 1) and clocks.counted(Scope("64.02"), "other", NOW) == (0, 0)
    assert clocks.soonest(Scope("64"), "test") == [LATE, FAR, SOON] and clocks.soonest(Scope("64"), "test", 1) == [LATE]
    assert clocks.soonest(Scope("64.03"), "test") == [FAR]


def test_a_desk_can_read_no_terms_without_its_region(server: Installation) -> None:
    with asking_within(Scope("64.02")), reading() as connection, pytest.raises(Unscoped):
        connection.execute(select(clock))


def test_a_finder_that_fails_stops_no_other_and_is_told(
    server: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(connection: Any, now: int) -> list[Term]:
        raise LookupError("no rule")

    finders = {"broken": fails, "test": lambda connection, now: [SOON]}
    monkeypatch.setattr(clocks, "FINDERS", finders)
    with pytest.raises(LookupError):
        clocks.run(server.settings, NOW)
    assert [row[0] for row in stored()] == ["a-2"]


def test_terms_of_one_kind_are_kept_apart_from_those_of_another(server: Installation) -> None:
    with transaction() as connection:
        store.keep(connection, "one", [LATE], NOW)
        store.keep(connection, "two", [LATE, FAR], NOW)
        store.keep(connection, "one", [], NOW)
        assert store.soonest(connection, "64", "two", 9) == [LATE, FAR] and store.soonest(connection, "64", "one", 9) == []


def test_every_step_of_a_claim_has_its_finder() -> None:
    assert {"accident", *(f"claim_{step}" for step in claim.STEPS if step != claim.ACCIDENT)} <= ALL.keys()
