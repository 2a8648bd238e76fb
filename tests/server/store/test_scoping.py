"""What somebody reads is cut to his region, whoever wrote the query."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select

from server.db import reading, transaction
from server.store import desk_tables as d
from server.store import tables as t
from server.store.scoping import Scope, Unscoped, asking_within, for_itself, inside
from tests.server.installation import ELSEWHERE, NEIGHBOUR, VILLAGE, Installation, on_engine

DISTRICT, REGENCY = Scope("64.02.11"), Scope("64.02")
PEOPLE = select(t.record.c.id)


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def filled(
    request: pytest.FixtureRequest, template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Installation]:
    """A worker in each of three villages, on either engine; whoever asks only reads."""
    with on_engine(request, template, tmp_path_factory.mktemp("filled")) as made:
        for village in (VILLAGE, NEIGHBOUR, ELSEWHERE):
            phone = made.enrolled(village)
            phone.sync(phone.change())
        yield made


def test_a_query_that_forgets_the_region_is_refused_before_it_is_run(filled: Installation) -> None:
    forgetful = (
        PEOPLE,
        select(func.count()).select_from(t.change),
        select(t.region.c.name).where(t.region.c.code.in_(select(t.record.c.home))),
        PEOPLE.union_all(select(d.person.c.record)),
        PEOPLE.where(inside(t.record.c.home, "64.03")),  # another's region
        PEOPLE.where(inside(t.record.c.home, "64")),  # more than his own
        PEOPLE.where(inside(t.record.c.home, "id")),
        PEOPLE.where(inside(t.record.c.home, "64.02"), inside(t.record.c.home, "64.03")),
    )
    with filled.app.app_context(), asking_within(REGENCY), reading() as connection:
        for query in forgetful:
            with pytest.raises(Unscoped):
                connection.execute(query).all()


def test_a_query_that_is_cut_to_the_region_finds_its_people_and_no_others(filled: Installation) -> None:
    homes = select(t.record.c.home).where(t.record.c.kind == "worker").order_by(t.record.c.home)
    with filled.app.app_context(), asking_within(REGENCY), reading() as connection:
        assert list(connection.scalars(homes.where(inside(t.record.c.home, REGENCY)))) == [NEIGHBOUR, VILLAGE]
        assert list(connection.scalars(homes.where(inside(t.record.c.home, DISTRICT)))) == [NEIGHBOUR, VILLAGE]
        assert list(connection.scalars(homes.where(inside(t.record.c.home, VILLAGE)))) == [VILLAGE]
        said = select(t.change.c.device).where(inside(t.change.c.village, VILLAGE))  # a column without the byte order
        assert len(connection.execute(said).all()) == 1


def test_the_server_reads_for_itself_and_the_nation_sees_everybody(filled: Installation) -> None:
    with filled.app.app_context(), reading() as connection:
        assert len(connection.execute(PEOPLE).all()) == 3
        with asking_within(Scope("id")):
            assert len(connection.execute(PEOPLE).all()) == 3
        with asking_within(REGENCY), for_itself():
            assert len(connection.execute(PEOPLE).all()) == 3


def test_what_tells_of_nobody_needs_no_region(filled: Installation) -> None:
    with filled.app.app_context(), asking_within(DISTRICT), reading() as connection:
        assert connection.scalar(select(func.count()).select_from(t.region)) == 38 + 514 + 7285 + 83762 + 1


def test_a_code_that_only_begins_alike_lies_elsewhere(filled: Installation) -> None:
    with filled.app.app_context(), transaction() as connection:
        column = t.record.c.home
        for scope, code in (("64.02.1", VILLAGE), ("64.0", VILLAGE), ("6", VILLAGE), ("64.02.11.200", VILLAGE)):
            assert connection.scalar(select(column).where(column == code, inside(column, scope))) is None


def test_who_had_the_thread_before_is_forgotten_with_his_request(filled: Installation) -> None:
    operator = filled.person("operator", REGENCY)
    assert operator.get("/api/v1/conflicts").status_code == 200
    with filled.app.app_context(), reading() as connection:
        assert len(connection.execute(PEOPLE).all()) == 3
