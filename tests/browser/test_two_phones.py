"""Two officers in one village, and a desk: what they wrote differently, and what the server could not take."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.browser import harness
from tests.browser.form import Form, Person, begin_edit, register
from tests.browser.handset import PIN, Handset, until
from tests.browser.installation import ServedApp
from tests.browser.line import Line
from tests.browser.words import said
from tests.protocol.world import Phone


def rename(phone: Handset, served: ServedApp, record: str, name: str) -> None:
    """The officer writes another name for a worker."""
    form = begin_edit(phone, served.known_form("worker_update"), record)
    form.to("full_name")
    form.type("full_name", name)
    form.save()


def test_two_names_for_one_worker_are_shown_on_both_phones_and_a_desk_settles_them(
    served: ServedApp, village: str, siti: Handset, colleague: Phone
):
    record = register(siti, served.known_form("worker"), Person(1, village))
    siti.sent()
    colleague.pull()
    siti.go_offline()
    rename(siti, served, record, "Siti Lestari")
    colleague.sync(colleague.edit(record, full_name="Siti Lestariningsih"))
    siti.go_online()
    siti.sent()

    siti.home()
    siti.sees(said("home.conflicts"))
    (task,) = siti.tasks()
    assert "Siti Lestari" in task and "Siti Lestariningsih" in task
    siti.press(said("tasks.look"))
    siti.page.wait_for_selector("section.conflict")
    shown = siti.page.inner_text("section.conflict")
    assert said("by.me") in shown and said("by.others") in shown and siti.tick == "conflict"
    assert set(colleague.told(record)["conflicts"]) == {"full_name"}

    desk = served.desk()
    (waiting,) = desk.get(f"/api/v1/conflicts?within={village}").json["records"]
    assert {head["value"] for head in waiting["conflicts"]["full_name"]} == {"Siti Lestari", "Siti Lestariningsih"}
    desk.settle(waiting, full_name="Siti Lestariningsih")
    siti.sent()
    assert siti.tasks() == []
    assert siti.find("Lestariningsih") == ["Siti Lestariningsih"]
    siti.open_worker("Lestariningsih")
    assert siti.tick == "merged" and not siti.page.locator("section.conflict").count()


@pytest.mark.slow
def test_a_conflict_shows_on_both_officers_phones_and_goes_from_both(
    served: ServedApp, village: str, siti: Handset, handset: Callable[..., Handset]
):
    way = Line(served.port)
    budi = handset(way)
    budi.enrol(served.code(village, officer="Budi Santoso"))
    record = register(siti, served.known_form("worker"), Person(2, village))
    siti.sent()
    budi.sent()
    for phone, name in ((siti, "Rahmi Anggraini"), (budi, "Rahmi Anggreini")):
        phone.go_offline()
        rename(phone, served, record, name)
    for phone in (siti, budi, siti):
        phone.go_online()
        phone.sent()
    for phone in (siti, budi):
        phone.visit(f"worker/{record}")
        phone.page.wait_for_selector("section.conflict")
        shown = phone.page.inner_text("section.conflict")
        assert "Rahmi Anggraini" in shown and "Rahmi Anggreini" in shown
        assert len(phone.tasks()) == 1
    desk = served.desk()
    (waiting,) = desk.get(f"/api/v1/conflicts?within={village}").json["records"]
    desk.settle(waiting, full_name="Rahmi Anggraini")
    for phone in (siti, budi):
        phone.sent()
        assert phone.tasks() == [] and phone.find("Rahmi") == ["Rahmi Anggraini"]
    way.close()


def test_what_the_server_could_not_take_becomes_a_task_that_opens_the_right_question(
    served: ServedApp, village: str, siti: Handset, colleague: Phone, core: Path
):
    good, bad = Person(3, village), Person(4, village)
    with harness.unlocked(siti, core, PIN, by_itself=False) as phone:
        for person, more in ((good, {}), (bad, {"phone": "kosong"})):
            phone.evaluate(harness.SAVE, ["worker", None, village, person.fields() | more, {"form": "worker@1"}])
    siti.sent()
    siti.home()
    siti.sees(said("home.correct"))
    (task,) = siti.tasks()
    assert bad.name in task
    siti.press(said("tasks.correct"))
    siti.page.wait_for_selector("form.asking")
    form = Form(siti, served.known_form("worker"))
    until(lambda: siti.page.evaluate("document.activeElement.id") == form.id("phone")[1:], 5)
    form.type("phone", "0812 3456 0000")
    form.save()
    siti.sent()
    assert siti.tasks() == []
    held = colleague.pull()
    assert {told["fields"]["full_name"]: told["fields"].get("phone") for told in held.values()} == {
        good.name: None, bad.name: "+6281234560000",
    }  # fmt: skip
    quarantined = served.desk().get(f"/api/v1/quarantine?within={village}").json["changes"]
    assert [one["sent"]["fields"]["phone"] for one in quarantined] == ["kosong"]
    siti.open_worker(bad.name)
    assert siti.tick == "merged"
