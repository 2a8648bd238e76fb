"""Whoever holds the phone can use it, by thumb, by keyboard or with a screen reader; and nobody else learns of anything."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from tests.browser import harness
from tests.browser.form import Form, Person, begin_registration, fill_registration
from tests.browser.handset import LAPTOP, PIN, SMALL, Handset, until
from tests.browser.installation import ServedApp
from tests.browser.line import Line
from tests.browser.words import said
from tests.protocol.world import ROOT, Phone

AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
SCREENS = [
    "", "search", "tasks", "drafts", "waiting", "settings", "about", "code", "cash", "list", "practice", "moving",
    "handover",
]  # fmt: skip
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
# Links inside a sentence need no size of their own (WCAG 2.5.8); what cannot be seen or pressed has none.
TARGETS = "button, a[href], input, select, textarea, summary, label.pick, [role=option]"
SMALL_TARGETS = """(targets) => [...document.querySelectorAll(targets)]
  .filter((one) => {
    const box = one.getBoundingClientRect()
    const style = getComputedStyle(one)
    if (!box.width || style.visibility === 'hidden' || one.disabled || one.closest('[inert], .unseen, .skip')) return false
    if (style.display === 'inline') return false
    const label = one.closest('label')
    const target = label ? label.getBoundingClientRect() : box
    return target.height < 47.5 || target.width < 47.5
  })
  .map((one) => {
    const { width, height } = one.getBoundingClientRect()
    return `${one.outerHTML.slice(0, 120)} is ${Math.round(width)}x${Math.round(height)}`
  })"""


def faults(page: Any) -> list[str]:
    """What axe finds, each as one line."""
    if not page.evaluate("typeof axe !== 'undefined'"):
        page.evaluate(AXE.read_text())
    found = page.evaluate("rules => axe.run(document, { runOnly: rules })", RULES)
    every = [(one["id"], node) for one in found["violations"] for node in one["nodes"]]
    return [f"{rule}: {node['html'][:160]} ({node['failureSummary'][:200]})" for rule, node in every]


def wrong_with(page: Any, where: str) -> list[str]:
    """What is wrong with the screen for somebody: axe's findings, sideways scrolling, targets that a thumb misses."""
    wrong = faults(page)
    if page.evaluate(WIDE) > 0:
        wrong.append(f"scrolls sideways by {page.evaluate(WIDE)} px")
    wrong += [f"small target: {one}" for one in page.evaluate(SMALL_TARGETS, TARGETS)]
    return [f"{where}: {one}" for one in wrong]


@pytest.fixture
def filled(served: ServedApp, village: str, core: Path, siti: Handset, colleague: Phone) -> tuple[Handset, str]:
    """Siti's phone with something on every screen: workers, a conflict, something to correct, a draft, something unsent."""
    fine, wrong = Person(1, village), Person(2, village)
    with harness.unlocked(siti, core, PIN, by_itself=False) as phone:
        made = phone.evaluate(harness.SAVE, ["worker", None, village, fine.fields(), {"form": "worker@1"}])
        phone.evaluate(harness.SAVE, ["worker", None, village, wrong.fields() | {"phone": "kosong"}, {"form": "worker@1"}])
        phone.evaluate("phone.syncNow()")
        record = made["record"]
        colleague.pull()
        colleague.sync(colleague.edit(record, full_name="Siti Lestariningsih"))
        phone.evaluate(harness.SAVE, ["worker", record, village, {"full_name": "Siti Lestari"}, {"form": "worker_update@1"}])
        phone.evaluate("phone.syncNow()")
        phone.evaluate(harness.SAVE, ["worker", None, village, Person(3, village).fields(), {"form": "worker@1"}])
    siti.go_offline()
    form = begin_registration(siti, served.known_form("worker"))
    form.type("full_name", "Nur Setengah Jadi")
    form.kept()
    siti.home()
    return siti, record


@pytest.mark.parametrize(
    "size", [pytest.param(SMALL, id="phone"), pytest.param(LAPTOP, id="laptop", marks=pytest.mark.slow)]
)
def test_no_screen_keeps_anybody_out(
    served: ServedApp, village: str, filled: tuple[Handset, str], size: dict[str, int]
):
    siti, record = filled
    page = siti.page
    page.set_viewport_size(size)
    wrong: list[str] = []
    for screen in [*SCREENS, f"worker/{record}", f"slip/{record}", f"new/contribution/{record}"]:
        siti.visit(screen)
        page.wait_for_selector("main")
        page.wait_for_timeout(250)
        wrong += wrong_with(page, screen or "home")
    form = begin_registration(siti, served.known_form("worker"))
    form.phone.page.click(".turn .main")
    page.wait_for_selector(".faults")
    wrong += wrong_with(page, "a page of the form with what is wrong")
    fill_registration(form, Person(9, village))
    wrong += wrong_with(page, "the last page of the form")
    siti.start()
    wrong += wrong_with(page, "locked")
    siti.press(said("unlock.forgot"))
    wrong += wrong_with(page, "a forgotten PIN")
    assert not wrong, "\n".join(dict.fromkeys(wrong))


def test_the_first_start_keeps_nobody_out(served: ServedApp, handset: Callable[..., Handset], line: Line):
    fresh = handset(line)
    fresh.start_anywhere()
    fresh.sees(said("start.step", n=1))
    wrong = wrong_with(fresh.page, "code")
    fresh.page.fill("#code", served.code(served.village()))
    fresh.press(said("next"))
    fresh.page.wait_for_selector("#phone-name")
    wrong += wrong_with(fresh.page, "name")
    fresh.press(said("start.name.next"))
    fresh.page.wait_for_selector("#pin")
    wrong += wrong_with(fresh.page, "PIN")
    assert not wrong, "\n".join(wrong)


def test_a_worker_is_registered_by_keyboard_alone_on_a_laptop(
    served: ServedApp, village: str, siti: Handset, colleague: Phone
):
    page, keys, person = siti.page, siti.page.keyboard, Person(4, village)
    page.set_viewport_size(LAPTOP)
    siti.home()

    def tab_to(selector: str) -> None:
        for _ in range(60):
            if page.evaluate("(wanted) => document.activeElement?.matches(wanted) ?? false", selector):
                return
            keys.press("Tab")
        raise AssertionError(f"the Tab key never comes to {selector}")

    def question(name: str, part: str = "") -> str:
        return f"#q-{paths[name]}{part}"

    def turn() -> None:
        step = page.inner_text(".progress p")
        tab_to(".turn .main")
        keys.press("Enter")
        until(lambda: page.inner_text(".progress p") != step, 5, every=0.02)

    tab_to(".tile.big")
    keys.press("Enter")
    page.wait_for_selector("form.asking")
    paths = Form(siti, served.known_form("worker")).paths
    tab_to(question("nik"))
    keys.type(person.nik)
    tab_to(question("full_name"))
    keys.type(person.name)
    turn()
    tab_to(question("village"))
    keys.press("ArrowDown")
    turn()
    tab_to(question("segment"))
    keys.press("Space")
    tab_to(question("occupation"))
    keys.type("penoreh")
    keys.press("ArrowDown")
    keys.press("Enter")
    tab_to(question("monthly_income"))
    keys.type("1500000")
    for _ in range(4):
        turn()
    tab_to(question("purposes"))
    keys.press("Space")
    tab_to("input[type=radio]")
    keys.press("ArrowUp")  # the last: by word of mouth
    tab_to(question("witness"))
    keys.type("Budi Santoso")
    turn()
    tab_to(".turn .main")
    keys.press("Enter")
    page.wait_for_selector(".doing")
    siti.sent()
    (told,) = colleague.pull().values()
    assert told["fields"]["full_name"] == person.name and told["fields"]["consent"]["method"] == "oral"


def test_nothing_is_asked_of_anybody_else_and_no_address_names_a_person(
    served: ServedApp, village: str, siti: Handset, line: Line
):
    person = Person(5, village)
    fill = begin_registration(siti, served.known_form("worker"))
    fill_registration(fill, person)
    fill.save()
    siti.sent()
    assert siti.find(person.name) == [person.name]
    addresses = [unquote(one) for one in [*siti.asked, *line.asked, siti.page.url]]
    assert len(line.asked) > 10
    assert [one for one in siti.asked if not one.startswith((siti.url, "blob:", "data:"))] == []
    words = [person.nik, *(part for part in person.name.split() if len(part) > 2)]
    assert [one for one in addresses for word in words if word.lower() in one.lower()] == []
    assert [one for one in addresses if re.search(r"\d{16}", one)] == []
    log = (served.folder / "serve.log").read_text(errors="replace")
    assert person.nik not in log and person.name not in log
