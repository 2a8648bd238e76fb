"""Filling in a form, question by question, by the names that its sheet gives them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.browser.handset import Handset, until
from tests.browser.words import said
from tests.protocol.world import moment

Json = dict[str, Any]


class Form:
    """The form that is open on a phone. compiled: as published, which tells where a question stands, and its choices."""

    def __init__(self, phone: Handset, compiled: Json) -> None:
        self.phone, self.page, self.compiled = phone, phone.page, compiled
        self.paths: dict[str, str] = {}
        self.nodes: dict[str, Json] = {}
        self._learn(compiled["questions"], "")

    def _learn(self, nodes: list[Json], above: str) -> None:
        for node in nodes:
            path = f"{above}{node['name']}"
            self.paths.setdefault(node["name"], path)
            self.nodes.setdefault(node["name"], node)
            self._learn(node.get("nodes", []), f"{path}-0-" if node["type"] == "repeat" else f"{path}-")

    def id(self, question: str) -> str:
        return f"#q-{self.paths[question]}"

    def type(self, question: str, text: str) -> None:
        self.page.fill(self.id(question), text)

    def type_by_thumb(self, question: str, text: str) -> None:
        """Key by key, as a thumb does it."""
        self.page.click(self.id(question))
        self.page.keyboard.type(text, delay=5)

    def choose(self, question: str, *values: str) -> None:
        """Tap these choices: rows, or the phone's own list."""
        node = self.nodes[question]
        if "minimal" in node.get("appearance", []):
            self.page.select_option(self.id(question), values[0])
            return
        order = [choice["value"] for choice in self.compiled["choices"][node["list"]]]
        for value in values:
            at = order.index(value)
            self.page.click(f"label.pick:has({self.id(question)}{f'-{at}' if at else ''})")

    def look_up(self, question: str, text: str) -> None:
        """Type into a long list, and tap the first that is found."""
        self.page.fill(self.id(question), text)
        self.page.locator(f"{self.id(question)}-o0").click()

    def day(self, question: str, day: str, month: str, year: str) -> None:
        self.page.fill(self.id(question), day)
        self.page.fill(f"{self.id(question)}-month", month)
        self.page.fill(f"{self.id(question)}-year", year)

    def next(self) -> None:
        """The button at the end of the page; the next page is there when it returns."""
        step = self.page.locator(".progress p")
        before = step.inner_text()
        self.page.click(".turn .main")
        until(lambda: step.inner_text() != before, 5, every=0.02)

    def to(self, question: str) -> None:
        """Turn pages until the question is there."""
        for _ in range(12):
            if self.page.locator(self.id(question)).count():
                return
            self.next()
        raise AssertionError(f"{question} is on no page")

    def to_the_end(self) -> None:
        """Page after page to the last one, where all stands once more."""
        while not self.page.locator(".review").count():
            self.next()

    def kept(self, seconds: float = 3) -> None:
        """Wait until the mark says that all is on the phone."""
        self.page.locator("[data-kept=kept]").wait_for(timeout=seconds * 1000)

    def save(self) -> None:
        """The last page's button; the record is on the screen when it returns."""
        self.to_the_end()
        self.page.click(".turn .main")
        other = self.page.get_by_role("button", name=said("form.double-other"))
        until(lambda: other.count() or not self.page.locator("form.asking").count(), 10, every=0.02)
        if other.count():
            other.click()
        self.page.locator("form.asking").wait_for(state="detached")


@dataclass(frozen=True)
class Person:
    """Somebody who does not exist. n: which of them, below 1000."""

    n: int
    village: str

    @property
    def name(self) -> str:
        given = "Nur Siti Rahmi Dayang Wening Marlena Sutinah Yosefa Rukayah Halimah".split()
        family = "Hayati Lestari Anggraini Mulyani Puspita Kartika Sari Handayani Utami Wulandari".split()
        return f"{given[self.n % 10]} {family[self.n // 10 % 10]} {chr(65 + self.n // 100)}{chr(65 + self.n % 26)}"

    @property
    def nik(self) -> str:
        day, month = 41 + self.n % 28, 1 + self.n % 12
        return f"{self.village.replace('.', '')[:6]}{day:02}{month:02}{60 + self.n % 39:02}{9000 + self.n}"

    def fields(self) -> Json:
        """As a change holds them, for who needs no thumb."""
        born = f"19{60 + self.n % 39:02}-{1 + self.n % 12:02}-{1 + self.n % 28:02}"
        consent = {"version": "2026-11", "at": moment(hours=1), "method": "oral", "witness": "Budi"}
        return {
            "nik": self.nik, "full_name": self.name, "birth_date": born, "sex": "female", "village": self.village,
            "occupation": "farmer", "segment": "bpu", "monthly_income": 1_000_000, "programs": ["JKK", "JKM"],
            "funding": "self", "payment_months": 1, "status": "proposed", "registered_at": moment()[:10],
            "consent": consent | {"purposes": ["registration"]},
        }  # fmt: skip


def begin_registration(phone: Handset, compiled: Json) -> Form:
    """From the first screen by its large button."""
    phone.home()
    phone.page.click(".tile.big")
    phone.page.wait_for_selector("form.asking")
    return Form(phone, compiled)


def begin_edit(phone: Handset, compiled: Json, record: str | None = None) -> Form:
    """From the worker's page that is on the screen, or from that record's."""
    if record:
        phone.visit(f"worker/{record}")
    phone.press(said("worker.edit"))
    phone.page.wait_for_selector("form.asking")
    return Form(phone, compiled)


def fill_registration(form: Form, person: Person, **more: Any) -> None:
    """All that must be answered, up to the last page. sign: by thumb on the glass instead of by word of mouth."""
    form.type("nik", person.nik)
    form.type("full_name", person.name)
    form.next()
    form.choose("village", person.village)
    if "phone" in more:
        form.type("phone", more["phone"])
    form.next()
    form.choose("segment", "bpu")
    form.look_up("occupation", more.get("occupation", "petani"))
    form.type("monthly_income", "1000000")
    form.next()
    form.next()  # JKK and JKM, paid by himself for a month: as proposed
    form.next()  # no heirs
    if "photo" in more:
        form.page.set_input_files(form.id("photo_ktp"), more["photo"])
        form.page.locator(".shot .says").wait_for()
    form.next()
    form.choose("purposes", "registration")
    if more.get("sign"):
        sign(form)
    else:
        form.choose("method", "oral")
        form.type("witness", "Budi Santoso")
    form.to_the_end()


def sign(form: Form) -> None:
    """The worker draws her name with a finger."""
    form.choose("method", "signature")
    pad = form.page.locator(form.id("signature"))
    pad.scroll_into_view_if_needed()
    box = pad.bounding_box()
    assert box
    mouse = form.page.mouse
    mouse.move(box["x"] + 30, box["y"] + 60)
    mouse.down()
    for step in range(12):
        mouse.move(box["x"] + 30 + step * 18, box["y"] + 60 + (30 if step % 2 else -20))
    mouse.up()
    form.page.locator(".sign .button.main").click()
    form.page.locator(".sign img").wait_for()


def register(phone: Handset, compiled: Json, person: Person, **more: Any) -> str:
    """One worker by the screen. Gives the record's id."""
    form = begin_registration(phone, compiled)
    fill_registration(form, person, **more)
    form.save()
    phone.page.wait_for_selector(".doing")
    return str(phone.page.url.partition("#/worker/")[2].partition("?")[0])
