"""A dead battery, a wrong clock, a full disk, two tabs, a sign-in page: the days on which forms are lost elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.browser import harness
from tests.browser.form import Form, Person, begin_edit, begin_registration, fill_registration, register
from tests.browser.handset import PIN, Handset
from tests.browser.installation import ServedApp
from tests.browser.line import Line
from tests.browser.words import said
from tests.protocol.world import Phone, read_moment

SEED = """async ([village, people]) => {
  for (const fields of people) await phone.save('worker', null, village, fields, { form: 'worker@1' })
}"""


def test_a_battery_that_dies_while_an_officer_types_takes_at_most_the_last_word(
    served: ServedApp, village: str, handset: Callable[..., Handset], line: Line, siti: Handset
):
    nik = Person(1, village).nik
    form = begin_registration(siti, served.known_form("worker"))
    form.type("nik", nik)
    form.type_by_thumb("full_name", "Nur Hayati binti Abdullah")
    siti.page.wait_for_timeout(1000)
    siti.page.keyboard.type(" Rahman")
    siti.die()
    siti = handset(line, profile=siti.profile)
    siti.go_offline()
    siti.start()
    siti.unlock()
    siti.page.click(".unfinished a")
    siti.page.wait_for_selector("form.asking")
    form = Form(siti, served.known_form("worker"))
    assert siti.page.input_value(form.id("full_name")).startswith("Nur Hayati binti Abdullah")
    assert siti.page.input_value(form.id("nik")).replace(" ", "") == nik


@pytest.mark.parametrize("forms", [120, pytest.param(500, marks=pytest.mark.slow)])
def test_hundreds_of_forms_go_over_a_bad_line_in_smaller_pieces_and_arrive_once(
    served: ServedApp, village: str, siti: Handset, line: Line, core: Path, forms: int
):
    people = [Person(n, village) for n in range(forms)]
    siti.go_offline()
    with harness.unlocked(siti, core, PIN, by_itself=False) as phone:
        phone.evaluate(SEED, [village, [person.fields() for person in people]])
    device = siti.id
    assert siti.count("home.unsent") == forms
    before = line.asked.count("/api/v1/sync")
    line.cut_up, line.most_cuts, line.delay = 4000, 3, 0.01
    siti.go_online()
    siti.sent(120)
    assert line.cuts == 3
    assert line.asked.count("/api/v1/sync") - before >= 3 + 2, "after each cut less was sent at a time"
    assert served.acked(device) == forms
    newcomer = served.phone(village)
    while newcomer.sync().get("more"):
        pass
    assert sorted(told["fields"]["nik"] for told in newcomer.held.values()) == sorted(person.nik for person in people)
    assert {told["version"] for told in newcomer.held.values()} == {1}


@pytest.mark.parametrize("years", [-2, pytest.param(2, marks=pytest.mark.slow)])
def test_a_clock_two_years_off_is_put_right_and_nothing_is_dropped_as_old(
    served: ServedApp, village: str, siti: Handset, colleague: Phone, years: int
):
    compiled, update = served.known_form("worker"), served.known_form("worker_update")
    siti.go_offline()
    siti.context.clock.install(time=datetime.now() + timedelta(days=365 * years))
    siti.start()
    siti.unlock()
    person = Person(20 + years, village)
    record = register(siti, compiled, person)
    siti.go_online()
    siti.sent()
    colleague.pull()
    siti.go_offline()
    edit = begin_edit(siti, update, record)
    edit.to("full_name")
    edit.type("full_name", "Nur Salah Jam")
    edit.save()
    colleague.sync(colleague.edit(record, full_name="Nur Benar Jam"))
    siti.go_online()
    siti.sent()
    heads = {head["value"]: read_moment(head["at"]) for head in colleague.told(record)["conflicts"]["full_name"]}
    assert abs((heads["Nur Salah Jam"] - datetime.now(UTC)).total_seconds()) < 180

    siti.context.clock.install(time=datetime.now())
    siti.start()
    siti.unlock()
    siti.visit(f"worker/{record}")
    siti.page.wait_for_selector(".history")
    assert siti.page.locator(".history > li").count() >= 2, "own changes are still here"
    edit = begin_edit(siti, update, record)
    edit.type("notes", "Jam sudah benar")
    edit.save()
    siti.sent()
    assert colleague.told(record)["fields"]["notes"] == "Jam sudah benar"


def test_two_tabs_show_the_same_and_only_one_sends(
    served: ServedApp, village: str, siti: Handset, line: Line, colleague: Phone
):
    other = siti.another_tab()
    with siti.looking_at(other):
        siti.unlock()
    siti.go_offline()
    person = Person(30, village)
    record = register(siti, served.known_form("worker"), person)
    with siti.looking_at(other):
        assert siti.find(person.name) == [person.name]
        assert siti.count("home.unsent") == 1
    posts = len([one for one in siti.asked if one.endswith("/api/v1/sync")])
    siti.go_online()
    with siti.looking_at(other):
        siti.sent()
        assert siti.count("home.unsent") == 0
    assert siti.count("home.unsent") == 0
    siti.visit(f"worker/{record}")
    siti.page.wait_for_selector(".doing")
    assert siti.tick == "merged"
    assert len([one for one in siti.asked if one.endswith("/api/v1/sync")]) - posts <= 6
    assert [told["version"] for told in colleague.pull().values()] == [1]


def test_a_sign_in_page_of_a_cafe_is_told_as_such_and_costs_nothing(
    served: ServedApp, village: str, siti: Handset, line: Line, colleague: Phone
):
    person = Person(40, village)
    siti.go_offline()
    register(siti, served.known_form("worker"), person)
    line.portal, line.down = True, False
    siti.context.set_offline(False)
    siti.home()
    siti.send()
    siti.sees(said("portal.title"))
    assert siti.count("home.unsent") == 1
    siti.start()
    siti.unlock()
    assert siti.find(person.name) == [person.name]
    line.come_up()
    siti.sent()
    assert [told["fields"]["full_name"] for told in colleague.pull().values()] == [person.name]


def test_a_full_disk_is_said_clearly_and_the_form_is_saved_once_there_is_room(
    served: ServedApp, village: str, handset: Callable[..., Handset], line: Line, siti: Handset, colleague: Phone
):
    person = Person(50, village)
    used = siti.page.evaluate("navigator.storage.estimate().then((it) => it.usage)")
    siti.close()
    siti = handset(line, profile=siti.profile)
    quota(siti, used + 600_000)
    siti.start()
    siti.unlock()
    form = begin_registration(siti, served.known_form("worker"))
    form.type("nik", person.nik)
    form.type("full_name", person.name)
    form.kept()
    form.type("birth_place", "Muara Kaman " * 80_000)
    siti.sees(said("form.full"))
    siti.sees(said("form.not-kept"))
    assert siti.page.input_value(form.id("full_name")) == person.name

    quota(siti, None)
    siti.press(said("form.keep-again"))
    form.kept(10)
    assert not siti.page.get_by_text(said("form.full")).count()
    form.type("birth_place", "Muara Kaman")
    fill_registration(form, person)
    form.save()
    siti.sent()
    assert [told["fields"]["full_name"] for told in colleague.pull().values()] == [person.name]


def quota(phone: Handset, size: int | None) -> None:
    """How many bytes the browser lets the app have; None: as many as there are."""
    session = phone.context.new_cdp_session(phone.page)
    session.send("Storage.overrideQuotaForOrigin", {"origin": phone.url, **({} if size is None else {"quotaSize": size})})
