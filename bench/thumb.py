"""A registration typed into the real form, question by question, as an officer's thumb does it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from bench.served import VILLAGE
from tests.browser.handset import Handset
from tests.browser.words import said

STROKE = [(0.1, 0.7), (0.2, 0.2), (0.28, 0.8), (0.4, 0.3), (0.5, 0.7), (0.62, 0.4), (0.7, 0.65), (0.9, 0.5)]
NEXT = "form.asking .turn button[type=submit]"

# An invented woman of Muara Kaman; the serial of her NIK was never given out.
HAJRAH: dict[str, Any] = {
    "nik": "6402116507909014", "full_name": "Hajrah Lung", "birth_place": "Muara Kaman",
    "rt": "004", "rw": "002", "address": "Jalan Pelabuhan, dekat dermaga ketinting", "phone": "0813 4655 9014",
    "occupation": ("penoreh", 0), "monthly_income": "1500000", "funding": "self", "months": "3",
    "heirs": [{"name": "Rusdi Lung", "relation": "anak"}],
    "kk_number": "6402110101159014", "mother_name": "Juhrah", "notes": "Rumah panggung hijau",
    "method": "oral", "witness": "Maspah Ngau",
}  # fmt: skip


class Form:
    """The form that is open on a phone. seen: called with the name of each page before it is left."""

    def __init__(self, phone: Handset, seen: Callable[[str], None] = lambda page: None) -> None:
        self.phone, self.page, self.seen = phone, phone.page, seen

    def register(self, worker: Mapping[str, Any]) -> None:
        """A new registration, from the first screen to the saved worker."""
        self.begin()
        self.card(worker)
        self.home(worker)
        self.work(worker)
        self.insurance(worker)
        self.heirs(worker)
        self.more(worker)
        self.agreement(worker)
        self.save()

    def begin(self) -> None:
        self.phone.home()
        self.phone.press(said("home.register"))
        self.page.wait_for_selector("#q-card-nik")

    def fill(self, question: str, answer: str) -> None:
        self.page.locator(f"#q-{question}").fill(answer)

    def pick(self, question: str, value: str) -> None:
        self.page.locator(f'input[name="q-{question}"][value="{value}"]').check()

    def search(self, question: str, text: str, at: int = 0) -> None:
        field = self.page.locator(f"#q-{question}")
        field.click()
        field.press_sequentially(text)
        self.seen(f"{question.rpartition('-')[2]}-search")
        self.page.locator(f"#q-{question}-o{at}").click()

    def turn(self, name: str) -> None:
        """To the next page, which must let us."""
        self.seen(name)
        before = self.page.locator("form.asking h2").inner_text()
        self.page.click(NEXT)
        self.page.wait_for_function("before => document.querySelector('form.asking h2')?.innerText !== before", arg=before)

    def card(self, worker: Mapping[str, Any]) -> None:
        self.page.locator("#q-card-nik").press_sequentially(worker["nik"])
        self.seen("nik")
        self.fill("card-full_name", worker["full_name"])
        self.fill("card-birth_place", worker.get("birth_place", ""))
        self.turn("card")

    def home(self, worker: Mapping[str, Any]) -> None:
        self.page.locator("#q-home-village").select_option(VILLAGE)
        for question in ("rt", "rw", "address", "phone"):
            self.fill(f"home-{question}", worker[question])
        self.turn("home")

    def work(self, worker: Mapping[str, Any]) -> None:
        self.pick("work-segment", "bpu")
        self.search("work-occupation", *worker["occupation"])
        self.fill("work-monthly_income", worker["monthly_income"])
        self.turn("work")

    def insurance(self, worker: Mapping[str, Any]) -> None:
        self.page.locator("#q-insurance-funding").select_option(worker["funding"])
        self.pick("insurance-payment_months", worker["months"])
        self.turn("insurance")

    def heirs(self, worker: Mapping[str, Any]) -> None:
        for at, heir in enumerate(worker["heirs"]):
            if not self.page.locator(f"#q-heirs-{at}-heir_name").count():
                self.page.get_by_role("button", name=said("form.add")).click()
            self.fill(f"heirs-{at}-heir_name", heir["name"])
            self.page.locator(f"#q-heirs-{at}-relation").select_option(heir["relation"])
        self.turn("heirs")

    def more(self, worker: Mapping[str, Any]) -> None:
        for question in ("kk_number", "mother_name", "notes"):
            self.fill(f"more-{question}", worker[question])
        self.turn("more")

    def agreement(self, worker: Mapping[str, Any]) -> None:
        self.page.locator("#q-agreement-consent-purposes").check()
        self.pick("agreement-consent-method", worker["method"])
        if worker["method"] != "signature":
            self.fill("agreement-consent-witness", worker["witness"])
        if worker["method"] != "oral":
            self.sign()
        self.turn("agreement")

    def sign(self) -> None:
        """Something like a name, drawn on the glass."""
        pad = self.page.locator("canvas")
        pad.scroll_into_view_if_needed()
        box = pad.bounding_box()
        for x, y in STROKE:
            self.page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"], steps=6)
            self.page.mouse.down()
        self.page.mouse.up()
        self.page.get_by_role("button", name=said("form.sign-done")).click()

    def save(self) -> None:
        self.seen("review")
        self.page.click(NEXT)
