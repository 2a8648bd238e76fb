"""Whatever desks join and part, in whatever order: each pair says what the links say, at once and after a look."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from server.actions import duplicates, people_index
from server.actions.settle import link
from server.clock import now_ms
from server.store import desk_tables as d
from server.store.duplicates import APART, JOINED, OPEN
from tests.server.installation import NEIGHBOUR, VILLAGE, WORKER, Installation, copied

PEOPLE = 4
number = count()
steps = st.lists(
    st.tuples(st.sampled_from(list(combinations(range(PEOPLE), 2))), st.booleans(), st.booleans()), min_size=1, max_size=6
)


@pytest.fixture(scope="module")
def server(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    made = Installation(copied(template, tmp_path_factory.mktemp("laws") / "var"))
    yield made
    made.close()


class Said:
    """What desks have said of some records, as anybody would keep it on paper."""

    def __init__(self, records: list[str]) -> None:
        self.records = records
        self.links: dict[frozenset[str], bool] = {}

    def group(self, record: str) -> set[str]:
        found, todo = {record}, [record]
        while todo:
            one = todo.pop()
            for other in self.records:
                if other not in found and self.links.get(frozenset((one, other))):
                    found.add(other)
                    todo.append(other)
        return found

    def state(self, a: str, b: str) -> str:
        if b in self.group(a):
            return JOINED
        said = (self.links.get(frozenset((x, y))) for x in self.group(a) for y in self.group(b))
        return APART if any(each is False for each in said) else OPEN

    def to_tell(self) -> set[tuple[str, str]]:
        """The pairs that a list must have: all bear one NIK, so each may be the other."""
        return set(combinations(sorted({min(self.group(record)) for record in self.records}), 2))


def registered(server: Installation) -> list[str]:
    """Four records of one NIK, in two villages, that nobody of an earlier example can be taken for."""
    n = next(number)
    day, month = 1 + n % 28, 1 + n // 28 % 12
    fields = WORKER | {"nik": f"640211{day + 40:02}{month:02}90{9000 + n}", "birth_date": f"1990-{month:02}-{day:02}"}
    records = []
    for village in (VILLAGE, NEIGHBOUR):
        phone = server.enrolled(village)
        changes = [phone.change(fields=fields) for _ in range(PEOPLE // 2)]
        phone.sync(*changes)
        records += [each["record"] for each in changes]
    return sorted(records)


def look(server: Installation) -> None:
    people_index.follow(server.settings, now_ms())
    duplicates.find_duplicates(server.settings, now_ms())


def known(server: Installation, records: list[str]) -> dict[tuple[str, str], str]:
    with server.reading() as connection:
        rows = connection.execute(select(d.pair.c.a, d.pair.c.b, d.pair.c.state))
        return {(a, b): state for a, b, state in rows if a in records and b in records}


@given(steps)
@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
def test_each_pair_says_what_the_links_say(server, done):
    said = Said(registered(server))
    with server.app.app_context():
        look(server)
        is_whole = True  # until somebody is parted, whose own pairs only the next look finds again
        for (i, j), same, looks in done:
            a, b = said.records[i], said.records[j]
            link(a, b, same, "uji", None, now_ms())
            said.links[frozenset((a, b))] = same
            if looks:
                look(server)
            is_whole = looks or (is_whole and same)
            assert not is_whole or known(server, said.records).keys() >= said.to_tell()
            for (x, y), state in known(server, said.records).items():
                assert state == said.state(x, y)
                assert state != OPEN or {x, y} == {min(said.group(x)), min(said.group(y))}
        look(server)
        assert known(server, said.records).keys() >= said.to_tell()
        assert duplicates.mend(now_ms()) == 0
