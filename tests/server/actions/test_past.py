"""What was known on a past day is folded from the log by today's law: it says what was said on that day."""

from __future__ import annotations

import time
from datetime import date
from typing import Any

import pytest
from hypothesis import settings
from hypothesis.stateful import invariant, run_state_machine_as_test

from server.actions.past import Past, Today, end_of
from server.actions.settle import erase, link
from server.clock import now_ms
from server.db import snapshot
from server.store.exports import Standing
from server.store.scoping import Scope, asking_within
from tests.server.installation import ELSEWHERE, NEIGHBOUR, VILLAGE, WORKER, Installation
from tests.server.test_entering_laws import Village

SCOPES = ("id", "64.02.11", "64.02.11.2005", "64.02.12.2001")
KINDS = ("worker", None)


def listed(source: Past | Today, kind: str | None) -> dict[str, Standing]:
    """By record; what only the views know (membership) left out."""
    return {each.record: each._replace(coverage=None) for some in source.records(kind) for each in some}


def seen_now(server: Installation) -> dict[tuple[str, str | None], dict[str, Standing]]:
    found = {}
    with server.app.app_context():
        for scope in SCOPES:
            with asking_within(Scope(scope)), snapshot() as connection:
                found |= {(scope, kind): listed(Today(connection, Scope(scope)), kind) for kind in KINDS}
    return found


def seen_then(server: Installation, until: int) -> dict[tuple[str, str | None], dict[str, Standing]]:
    found = {}
    with server.app.app_context():
        for scope in SCOPES:
            with asking_within(Scope(scope)), snapshot() as connection:
                past = Past(connection, Scope(scope), lambda village: until)
                found |= {(scope, kind): listed(past, kind) for kind in KINDS}
    return found


class Remembered(Village):
    """The village of phones, desks and busy neighbours: its lists are kept at each step, and asked for at the end."""

    def __init__(self) -> None:
        super().__init__()
        self.kept: list[tuple[int, Any]] = []

    def _moment(self) -> int:
        """Desks and phones go by one clock here, which a list of a past moment is about."""
        self.clock = max(self.clock + 1, now_ms())
        while now_ms() < self.clock:
            time.sleep(0.001)
        return self.clock

    def erases(self, pick: int, sure: int) -> None:
        """What was erased since is not told of the past either: that is another test."""

    @invariant()
    def the_lists_of_now_are_kept(self) -> None:
        self.kept.append((self._moment() + 1, seen_now(self.server)))
        self._moment(), self._moment()

    def nobody_misses_a_record(self) -> None:
        super().nobody_misses_a_record()
        for until, told in self.kept:
            assert seen_then(self.server, until) == told


@pytest.mark.parametrize(("villages", "steps"), [(4, 10), pytest.param(100, 25, marks=pytest.mark.slow, id="many")])
def test_the_list_of_a_past_moment_is_the_list_of_that_moment(template, villages, steps):
    machine = type("Remembered", (Remembered,), {"template": template})
    run_state_machine_as_test(
        machine, settings=settings(max_examples=villages, stateful_step_count=steps, deadline=None)
    )


def test_a_day_ends_at_midnight_of_the_villages_own_clock():
    until = end_of(date(2026, 11, 26))
    west, middle = until("31.71.01.1001"), until(VILLAGE)
    assert west - middle == 60 * 60 * 1000  # Jakarta's midnight comes an hour after Makassar's
    assert middle == 1795708800000  # 2026-11-26T16:00:00Z


def stands_then(server: Installation, scope: str, until: int) -> dict[str, str]:
    with server.app.app_context(), asking_within(Scope(scope)), snapshot() as connection:
        past = Past(connection, Scope(scope), lambda village: until)
        return {record: each.fields["full_name"] for record, each in listed(past, "worker").items()}


def pause() -> int:
    """A moment that lies between what came before and what comes after."""
    moment = now_ms() + 1
    while now_ms() <= moment:
        time.sleep(0.001)
    return moment


def test_who_was_erased_since_is_not_told_of_the_past_either(either_server):
    phone = either_server.enrolled(VILLAGE)
    phone.sync(phone.change(), phone.change(None, WORKER | {"full_name": "Aminah"}))
    then = pause()
    with either_server.app.app_context():
        erase([f"{phone.id}-1"], "asked for", None, either_server.settings, now_ms())
    assert stands_then(either_server, VILLAGE, then) == {f"{phone.id}-2": "Aminah"}


def test_who_moved_away_stands_in_his_old_village_then_and_in_his_new_one_now(either_server):
    phone = either_server.enrolled(VILLAGE, NEIGHBOUR)
    phone.sync(phone.change(village=VILLAGE))
    then = pause()
    phone.sync(phone.change(1, {"village": NEIGHBOUR}, seen={phone.id: 1}, village=VILLAGE))
    later, record = pause(), f"{phone.id}-1"
    assert stands_then(either_server, VILLAGE, then).keys() == {record}
    assert stands_then(either_server, NEIGHBOUR, then) == {}
    assert stands_then(either_server, VILLAGE, later) == {}
    assert stands_then(either_server, NEIGHBOUR, later).keys() == {record}
    assert stands_then(either_server, ELSEWHERE, then) == stands_then(either_server, ELSEWHERE, later) == {}


def test_two_that_were_one_for_a_while_are_one_in_the_lists_of_that_while_alone(server):
    phone = server.enrolled(VILLAGE)
    phone.sync(phone.change(), phone.change(None, WORKER | {"full_name": "Aminah"}))
    one, other = f"{phone.id}-1", f"{phone.id}-2"
    moments = [pause()]
    for same in (True, False):
        with server.app.app_context():
            link(one, other, same, "kartu sama", None, now_ms())
        moments.append(pause())
    assert [len(stands_then(server, VILLAGE, moment)) for moment in moments] == [2, 1, 2]
