"""Newer forms and a newer app come to a phone on which a form is open: nothing that was typed is touched."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.browser.form import Form, Person, begin_registration, fill_registration, register
from tests.browser.handset import Handset, until
from tests.browser.installation import NEXT, PACKAGE, ServedApp
from tests.browser.words import said
from tests.protocol.world import Phone

sync_api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")


def publish_with_another_question(served: ServedApp, folder: Path) -> None:
    """Staff add a question to the registration, in the sheet and by the command line alone."""
    lines = (PACKAGE / "forms" / "worker.md").read_text().split("\n")
    at = next(n for n, line in enumerate(lines) if "| birth_place " in line)
    added = lines[at].replace("birth_place", "nickname").replace("Tempat lahir", "Panggilan").replace("Place of", "Nick of")
    (folder / "worker.md").write_text("\n".join([*lines[: at + 1], added, *lines[at + 1 :]]))
    done = served.run("forms", "publish", str(folder / "worker.md"))
    assert done.code == 0, done.err


def test_a_draft_goes_on_with_its_own_form_and_the_next_worker_is_asked_by_the_new_one(
    own_served: ServedApp, village: str, siti: Handset, colleague: Phone, tmp_path: Path
):
    before = own_served.form("worker")
    first, second = Person(1, village), Person(2, village)
    form = begin_registration(siti, before)
    form.type("nik", first.nik)
    form.type("full_name", first.name)
    form.kept()
    draft = siti.page.url

    publish_with_another_question(own_served, tmp_path)
    after = own_served.form("worker")
    assert after["version"] == before["version"] + 1
    siti.home()
    siti.sent()
    assert siti.stored("forms", f"worker@{after['version']}")

    siti.page.goto(draft)
    siti.start()
    siti.unlock()
    siti.home()
    siti.page.click(".unfinished a")
    siti.page.wait_for_selector("form.asking")
    assert siti.page.input_value(form.id("full_name")) == first.name
    assert not siti.page.locator("#q-card-nickname").count()
    fill_registration(Form(siti, before), first)
    form.save()

    form = begin_registration(siti, after)
    form.type("nickname", "Ujang")
    fill_registration(form, second)
    form.save()
    siti.sent()

    told = {one["fields"]["full_name"]: one["fields"].get("extra.nickname") for one in colleague.pull().values()}
    assert told == {first.name: None, second.name: "Ujang"}
    forms = own_served.run("waiting", "--json")
    assert forms.code == 0 and siti.tasks() == []


def test_a_new_version_of_the_app_waits_while_a_form_is_open_and_is_taken_up_afterwards(
    own_served: ServedApp, village: str, siti: Handset, colleague: Phone
):
    person = Person(3, village)
    compiled = own_served.form("worker")
    until(lambda: siti.page.evaluate("caches.keys().then((all) => all.length)") == 1)
    form = begin_registration(siti, compiled)
    form.type("nik", person.nik)
    form.type("full_name", person.name)
    form.kept()

    own_served.publish_newer_app()
    siti.page.evaluate("navigator.serviceWorker.getRegistration().then((it) => it.update())")
    until(lambda: siti.page.evaluate("navigator.serviceWorker.getRegistration().then((it) => it.waiting !== null)"))
    assert not release(siti), "the app was replaced under an open form"
    fill_registration(form, person)
    form.save()
    assert siti.page.evaluate("navigator.serviceWorker.getRegistration().then((it) => it.waiting !== null)")

    siti.go_offline()
    form = begin_registration(siti, compiled)
    form.type("nik", Person(4, village).nik)
    form.type("full_name", "Nur Setengah Jadi")
    form.kept()
    siti.home()
    siti.sees(said("update.title"))
    siti.press(said("update.now"))
    siti.page.wait_for_selector("#pin")
    assert release(siti) == NEXT
    siti.unlock()
    siti.home()
    siti.sees("Nur Setengah Jadi")
    siti.page.click(".unfinished a")
    siti.page.wait_for_selector("form.asking")
    assert siti.page.input_value(form.id("full_name")) == "Nur Setengah Jadi"
    assert siti.find(person.name) == [person.name]
    siti.go_online()
    siti.sent()
    assert [told["fields"]["full_name"] for told in colleague.pull().values()] == [person.name]


@pytest.mark.slow
def test_a_version_that_came_while_the_phone_was_away_is_taken_up_at_the_next_start(
    own_served: ServedApp, village: str, siti: Handset
):
    register(siti, own_served.form("worker"), Person(5, village))
    own_served.publish_newer_app()
    siti.page.evaluate("navigator.serviceWorker.getRegistration().then((it) => it.update())")
    until(lambda: siti.page.evaluate("navigator.serviceWorker.getRegistration().then((it) => it.waiting !== null)"))
    siti.go_offline()
    for _ in range(3):  # only a start that is quick enough takes it up by itself: nobody's typing is interrupted
        siti.page.goto(f"{siti.url}/app/", wait_until="commit")
        siti.page.wait_for_timeout(2000)
        if release(siti) == NEXT:
            break
    assert release(siti) == NEXT
    siti.page.wait_for_selector("#pin")
    siti.unlock()
    assert siti.count("home.unsent") + siti.count("home.records") >= 1


def release(phone: Handset) -> str | None:
    """What the page says that it is; asked through the restart, if one comes in between."""
    return phone.page.locator("html").get_attribute("data-release")
