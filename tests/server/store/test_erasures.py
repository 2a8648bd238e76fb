"""What the law's erasure leaves of somebody whom a desk had ranked and put on a decree: no reason why."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from server.actions import decrees, rankings, settle
from server.actions.replay import replay
from server.clock import day_at, now_ms
from server.store import tables as t
from server.store.programme_tables import decree_work
from tests.server.installation import Installation, copied
from tests.server.planning import REGENCY, Office


@pytest.fixture(scope="module")
def office(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    server = Installation(copied(template, tmp_path_factory.mktemp("erasures") / "var"))
    with server.app.app_context():
        yield Office(server)
    server.close()


def told_of(office: Office, record: str) -> list[str]:
    """Wherever his id stands beside what a score is made of."""
    with office.server.reading() as connection:
        rows = [
            *connection.execute(select(decree_work.c.totals)), *connection.execute(select(t.record.c.id, t.record.c.fields)),
            *connection.execute(select(t.change)),
        ]  # fmt: skip
    said = [" ".join(x.decode(errors="replace") if isinstance(x, bytes) else str(x) for x in row) for row in rows]
    return [each for each in said if record in each and "decile:" in each]


def test_why_he_was_chosen_goes_with_him_from_rankings_and_from_a_decree_of_above(office: Office) -> None:
    gone, stays = office.worker(dtsen_decile=1), office.worker(dtsen_decile=2)
    scenario = office.scenario()
    line = office.line(scenario)
    office.adopted(scenario)
    office.follows()
    ruled = rankings.ruled_by(rankings.DEFAULT, REGENCY, day_at(now_ms(), REGENCY))
    assert rankings.look(office.scope, ruled, office.dewi, now_ms())
    decree = office.decree(line)
    office.filled(decree, 2)
    assert len(told_of(office, gone)) >= 3 and len(office.names(decree)) == 2
    village_desk = office.staff(region="64.02.11.2005", role="operator")  # the decree is not of his region, the person is
    erased = settle.erase([gone], "hak penghapusan", village_desk, office.server.settings, now_ms())
    assert erased == [gone, decrees.name_of(decree, gone)]
    assert told_of(office, gone) == []
    office.follows()
    assert [name.worker for name in office.names(decree)] == [stays] and told_of(office, stays)
    assert [one.record for one in rankings.page_of(office.scope, ruled, 0, 9).people] == [stays]
    assert told_of(office, gone) == []


def test_a_replay_of_the_log_finds_him_gone_there_too(office: Office) -> None:
    told = replay(office.server.settings, now_ms(), check=True)
    assert told.differences == []
