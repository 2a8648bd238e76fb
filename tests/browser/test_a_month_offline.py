"""A village without a network: what an officer writes there arrives, each form once."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.browser.form import Person, begin_edit, register
from tests.browser.handset import Handset
from tests.browser.installation import ServedApp
from tests.browser.line import Line
from tests.protocol.world import Json, Phone


def all_told(phone: Phone) -> dict[str, Json]:
    """All that a phone is told that asks from the start."""
    while phone.sync().get("more"):
        pass
    return phone.held


@pytest.mark.parametrize("workers", [4, pytest.param(30, marks=pytest.mark.slow)])
def test_workers_registered_without_a_network_arrive_once_over_a_line_that_cuts_and_delays(
    served: ServedApp, village: str, handset: Callable[..., Handset], line: Line, siti: Handset, workers: int
):
    form = served.known_form("worker")
    people = [Person(n, village) for n in range(workers)]
    siti.go_offline()
    siti.start()
    siti.unlock()
    for person in people[:-1]:
        register(siti, form, person)
    assert siti.count("home.today") == siti.count("home.unsent") == workers - 1

    siti.die()
    siti = handset(line, profile=siti.profile)
    siti.go_offline()
    siti.start()
    siti.unlock()
    register(siti, form, people[-1])
    assert sorted(siti.find("")) == sorted(person.name for person in people)
    assert siti.find(people[0].nik) == [people[0].name]
    siti.open_worker(people[0].name)
    assert siti.tick == "here"
    edit = begin_edit(siti, served.known_form("worker_update"))
    edit.to("phone")
    edit.type("phone", "0813 9999 1234")
    edit.save()
    assert siti.count("home.unsent") == workers + 1

    line.delay, line.cut_up, line.cut_down, line.most_cuts = 0.02, 900, 700, 4
    siti.go_online()
    siti.sent(120)
    assert line.cuts >= 3

    newcomer = served.phone(village, officer="Budi Santoso")
    held = all_told(newcomer)
    assert sorted(told["fields"]["full_name"] for told in held.values()) == sorted(person.name for person in people)
    assert [told["version"] for told in held.values()].count(1) == workers - 1
    (edited,) = [told for told in held.values() if told["version"] == 2]
    assert edited["fields"]["full_name"] == people[0].name and edited["fields"]["phone"] == "+6281399991234"
    assert served.run("replay", "--check").code == 0
    siti.open_worker(people[0].name)
    assert siti.tick == "merged"
