"""The server dies between any two steps of the work on a list: the next run goes on, and it ends as if nothing had been."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Any

import pytest

from server.actions import lists, lists_work
from server.clock import now_ms
from server.store import lists as store
from tests.server.actions.test_crash import Killed, killed_at
from tests.server.actions.test_lists import (
    BUDI,
    MONTH_END,
    REGENCY,
    RINA,
    SITI,
    Desk,
    as_csv,
    contributions,
    fields_of,
    line,
    village,
)
from tests.server.installation import Installation, copied
from tests.server.story import check

ROWS = [*MONTH_END, line(SITI, "Nurhayati", "21001", "Nov 2026"), line(RINA, "Orang Baru", "21003"), line(BUDI, "Lain", "")]
TRIES = 10


@pytest.fixture(scope="module")
def base(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, int, str, str]]:
    """A village, and a list whose columns were just named."""
    folder = tmp_path_factory.mktemp("lists") / "base"
    server = Installation(copied(template, folder))
    _, siti, budi = village(server)
    desk = Desk(server)
    number = desk.sent(as_csv(ROWS))
    desk.start(number)
    server.close()
    yield folder, number, siti, budi


def to_the_end(desk: Desk, number: int) -> None:
    """Whatever is still to be done, until nothing is."""
    desk.work()
    if desk.one(number).totals["rows"].get(store.SAFE, {}).get(store.OPEN):
        desk.do(lists.accept_all, REGENCY, number, store.SAFE, None, now_ms())
        desk.work()


def outcome(server: Installation, desk: Desk, number: int, *people: str) -> Any:
    found = desk.one(number)
    return (
        found.state, found.totals["rows"], found.totals["written"], contributions(server),
        [fields_of(server, each) for each in people], server.counts()["change"],
    )  # fmt: skip


def test_a_kill_at_any_step_costs_nothing(base, tmp_path, monkeypatch):
    folder, number, siti, budi = base
    monkeypatch.setattr(lists_work, "LEASE_MS", -60_000)  # whoever died holds nothing
    for name in ("READ_AT_ONCE", "MATCH_AT_ONCE", "ACCEPT_AT_ONCE"):
        monkeypatch.setattr(lists_work, name, 2)  # so that there are many steps between which to die
    whole = Installation(copied(folder, tmp_path / "whole"))
    with whole.app.app_context(), killed_at(10**9) as steps:
        to_the_end(Desk(whole), number)
        most = steps[0]
    expected = outcome(whole, Desk(whole), number, siti, budi)
    assert expected[2] == {"kpj": 1, "confirm": 1, "new": 1} and expected[1]["wrong"] == {"open": 2}
    whole.close()
    for n in sorted(Random(11).sample(range(1, most), TRIES)):
        server = Installation(copied(folder, tmp_path / f"at{n}"))
        desk = Desk(server)
        with server.app.app_context(), suppress(Killed), killed_at(n):
            to_the_end(desk, number)
        to_the_end(desk, number)
        assert outcome(server, desk, number, siti, budi) == expected, n
        assert check(server) == [], n
        server.close()
