"""A phone that is revoked, whose PIN is forgotten, or whose server was set back: nothing is lost."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.browser import harness
from tests.browser.form import Person, begin_registration, register
from tests.browser.handset import PIN, Handset, until
from tests.browser.installation import ServedApp
from tests.browser.line import Line
from tests.browser.words import said
from tests.protocol.world import Phone

OTHER_PIN = "902734"


def readable(phone: Handset, *people: Person) -> list[str]:
    """What of these people can be read on the phone's disk by whoever copies it."""
    held = phone.everything_stored()
    return [text for person in people for text in (person.name, person.nik) if text in held]


def test_a_revoked_phone_hands_over_what_waits_and_keeps_nothing(
    served: ServedApp, village: str, siti: Handset, colleague: Phone
):
    sent, unsent = Person(1, village), Person(2, village)
    compiled = served.known_form("worker")
    register(siti, compiled, sent)
    siti.sent()
    device = siti.id
    siti.go_offline()
    register(siti, compiled, unsent)
    form = begin_registration(siti, compiled)
    form.type("full_name", "Nur Setengah Jadi")
    form.kept()
    siti.home()
    assert readable(siti, sent, unsent) == [] and "Setengah" not in siti.everything_stored()

    assert served.run("revoke", device).code == 0
    siti.send()
    assert siti.count("home.unsent") == 1 and siti.count("home.records") == 2, "without a line nothing is erased"
    siti.go_online()
    desk = served.desk()

    def handed_over() -> list[str]:
        quarantined = desk.get(f"/api/v1/quarantine?within={village}").json["changes"]
        return [one["sent"]["fields"]["full_name"] for one in quarantined if one["device"] == device]

    assert until(handed_over) == [unsent.name]
    siti.sees(said("revoked.title"))
    assert siti.page.locator(".unfinished").count(), "what is half filled goes in no file: its officer has a day for it"
    siti.visit("drafts")
    siti.press(said("drafts.drop"), exact=False)
    siti.page.locator("dialog").get_by_role("button", name=said("drafts.drop")).click()
    siti.page.wait_for_selector(".empty")
    siti.page.locator(".syncbar button").click()
    siti.sees(said("end.wiped.title"), 40)

    assert handed_over() == [unsent.name]
    assert [told["fields"]["full_name"] for told in colleague.pull().values()] == [sent.name]
    siti.start_anywhere()
    siti.sees(said("end.wiped.title"))
    left = siti.everything_stored()
    assert not [text for text in (sent.name, sent.nik, unsent.name, unsent.nik, device) if text in left]
    for store in ("changes", "records", "drafts", "sealed", "summary", "files"):
        assert f'"sambung/{store}":[[],[]]' in left, store


def test_a_forgotten_pin_costs_a_call_to_the_operator_and_no_form(
    served: ServedApp, village: str, handset: Callable[..., Handset], line: Line, siti: Handset
):
    waits = Person(3, village)
    siti.go_offline()
    register(siti, served.known_form("worker"), waits)
    device = siti.id
    siti.start()
    for _ in range(3):
        siti.type_pin("111111")
        until(lambda: siti.page.input_value("#pin") == "" and siti.page.inner_text("#pin-error"))
    siti.page.fill("#pin", PIN)
    assert siti.page.inner_text("#pin-error").startswith(said("error.pin.wait"))
    assert siti.page.locator(".keys .ok").is_disabled(), "the right one has to wait as well"

    siti.go_online()
    siti.press(said("unlock.forgot"))
    siti.sees(device)
    done = served.run("recover", device, "--json")
    assert done.code == 0, done.err
    siti.page.fill("#code", done.json["code"])
    siti.press(said("next"))
    siti.new_pin(OTHER_PIN)
    siti.page.wait_for_selector(".syncbar", timeout=30_000)
    assert siti.find(waits.name) == [waits.name]
    siti.sent()
    siti.start()
    siti.unlock(OTHER_PIN)
    siti.open_worker(waits.name)
    assert siti.tick == "merged"


def test_a_server_restored_from_a_backup_is_filled_again_by_the_phones(
    own_served: ServedApp, village: str, siti: Handset, tmp_path: Path, core: Path
):
    before, after, waits = Person(7, village), Person(8, village), Person(9, village)
    save = lambda person: ["worker", None, village, person.fields(), {"form": "worker@1"}]  # noqa: E731
    device = siti.id

    def arrives(phone: Any, number: int) -> None:
        phone.evaluate("phone.syncNow()")  # where another tab is at it this one only says so
        until(lambda: own_served.acked(device) == number)

    with harness.unlocked(siti, core, PIN, by_itself=False) as phone:
        phone.evaluate(harness.SAVE, save(before))
        arrives(phone, 1)
        copy = tmp_path / "salinan"
        done = own_served.run("backup", str(copy))
        assert done.code == 0, done.err
        phone.evaluate(harness.SAVE, save(after))
        arrives(phone, 2)
        phone.evaluate(harness.SAVE, save(waits))
    assert len(own_served.phone(village).pull()) == 2
    own_served.stop()
    done = own_served.run("restore", str(copy))
    assert done.code == 0, done.err
    own_served.start()
    assert len(own_served.phone(village).pull()) == 1

    siti.sent()
    names = [told["fields"]["full_name"] for told in own_served.phone(village).pull().values()]
    assert sorted(names) == sorted(person.name for person in (before, after, waits))
    assert own_served.run("replay", "--check").code == 0
    assert siti.tasks() == [] and siti.count("home.unsent") == 0


@pytest.mark.slow
def test_a_phone_that_a_restored_server_does_not_know_asks_for_a_code_and_sends_all(
    own_served: ServedApp, handset: Callable[..., Handset], tmp_path: Path
):
    village = own_served.village()
    copy = tmp_path / "salinan"
    assert own_served.run("backup", str(copy)).code == 0
    line = Line(own_served.port)
    siti = handset(line)
    siti.enrol(own_served.code(village))
    person = Person(10, village)
    register(siti, own_served.form("worker"), person)
    siti.sent()
    own_served.stop()
    assert own_served.run("restore", str(copy)).code == 0
    own_served.start()
    siti.home()
    siti.send()
    siti.press(said("needs.go"))
    siti.page.fill("#code", own_served.code(village))
    siti.page.keyboard.press("Enter")
    siti.page.wait_for_selector("main.home")
    siti.sent()
    assert [told["fields"]["full_name"] for told in own_served.phone(village).pull().values()] == [person.name]
    line.close()
