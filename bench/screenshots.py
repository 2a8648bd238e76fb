"""`python -m bench.screenshots [name ...]`: pictures of the app's screens, from a real run with invented people.

They go to field_forms/screenshots, which git ignores; `make screenshots` makes all of them in a minute or two. `small/` is
the phone that the app is made for (360x640), `laptop/` a window of 1280x800.
"""

from __future__ import annotations

import contextlib
import random
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bench.process import ROOT, Process, room_for_the_app
from bench.served import VILLAGE, say_nothing
from bench.thumb import HAJRAH, NEXT, Form
from bench.workers import registration
from tests.browser import harness
from tests.browser.handset import LAPTOP, PIN, Handset, until
from tests.browser.line import Line
from tests.browser.words import said

OUT = ROOT / "field_forms" / "screenshots"
NEIGHBOUR = "64.02.11.2006"
PEOPLE = 26
QUIET = {"DEVICE_REQUESTS_PER_MINUTE": "1000000"}
# One woman is registered twice: the second time the phone asks whether she is the first.
AGAIN = HAJRAH | {"method": "signature", "full_name": "Hajrah Lung"}


class Album:
    """Pictures of one phone. only: parts of names, to make only those; none: all."""

    def __init__(self, phone: Handset, folder: Path, only: list[str]) -> None:
        self.phone, self.folder, self.only = phone, folder, only
        folder.mkdir(parents=True, exist_ok=True)

    def take(self, name: str, whole: bool = False) -> None:
        """whole: all of a long page, not what is seen of it at first."""
        if self.only and not any(part in f"{self.folder.name}/{name}" for part in self.only):
            return
        page, window = self.phone.page, self.phone.page.viewport_size
        page.wait_for_timeout(350)
        if whole:  # a window as long as the page, so that bars stand where they belong
            page.set_viewport_size({**window, "height": page.evaluate("document.documentElement.scrollHeight")})
            page.wait_for_timeout(150)
        page.screenshot(path=str(self.folder / f"{name}.png"), animations="disabled")
        page.set_viewport_size(window)

    def screen(self, where: str, name: str, whole: bool = False) -> None:
        self.phone.visit(where)
        self.phone.page.wait_for_timeout(500)
        self.take(name, whole)


def main(only: list[str]) -> None:
    from playwright.sync_api import sync_playwright

    say_nothing()
    if not only:
        shutil.rmtree(OUT, ignore_errors=True)
    with TemporaryDirectory(prefix="sambung-shots-", ignore_cleanup_errors=True) as name, sync_playwright() as playwright:
        folder = Path(name)
        core = harness.build(folder / "harness")
        with Process(folder / "server", room_for_the_app(folder), **QUIET) as server:
            line = Line(int(server.url.rpartition(":")[2]))
            phones = [
                Handset(playwright, line.url, folder / "phone", line=line),
                Handset(playwright, server.url, folder / "other"),
                Handset(playwright, server.url, folder / "laptop", viewport=LAPTOP),
            ]
            try:
                _phone(Album(phones[0], OUT / "small", only), phones[1], server, core)
                _laptop(Album(phones[2], OUT / "laptop", only), server)
            except Exception:
                phones[0].shot(OUT / "stopped-here.png")
                raise
            finally:
                for one in phones:
                    one.close()
                line.close()
    print(f"{len(list(OUT.rglob('*.png')))} pictures in {OUT.relative_to(ROOT)}")


def _phone(album: Album, other: Handset, server: Process, core: Path) -> None:
    phone = album.phone
    _first_start(album, server.code(VILLAGE, NEIGHBOUR))
    record = _registered(album)
    _filled(phone, core)
    _colleague(other, server.code(VILLAGE, NEIGHBOUR), core)
    _apart(phone, other, core, record)
    _day(album, record)
    _without_a_line(album, core)
    _rarely(album)
    _locked(album)


def _first_start(album: Album, code: str) -> None:
    phone = album.phone
    phone.page.goto(f"{phone.url}/app/")
    phone.page.wait_for_selector("#code")
    album.take("start")
    phone.page.goto(f"{phone.url}/app/?#{code}")
    phone.page.wait_for_selector("#phone-name")
    album.take("start-name")
    phone.press(said("start.name.next"))
    phone.page.get_by_label(said("start.pin.label")).fill(PIN)
    album.take("start-pin")
    phone.page.click(".keys .ok")
    phone.page.get_by_label(said("start.again.label")).fill(PIN)
    phone.page.click(".keys .ok")
    phone.page.wait_for_selector("main.home")
    phone.sent()
    phone.page.evaluate("scrollTo(0, 0)")
    album.take("home-empty")


def _registered(album: Album) -> str:
    """Two registrations by thumb, the second of a woman who is here already. Gives the record of the first."""
    phone = album.phone

    def seen(page: str) -> None:
        album.take(f"form-{page}")

    def seen_whole(page: str) -> None:
        if page in ("card", "insurance", "agreement", "review"):
            album.take(f"form-{page}-whole", whole=True)

    Form(phone, seen).register(HAJRAH)
    phone.page.wait_for_selector(".doing")
    album.take("saved")
    first = phone.page.url.rpartition("/")[2].partition("?")[0]
    again = Form(phone, seen_whole)
    again.begin()
    phone.page.click(NEXT)
    album.take("form-faults")
    for page in (again.card, again.home, again.work, again.insurance, again.heirs, again.more, again.agreement):
        page(AGAIN)
    again.save()
    phone.page.wait_for_selector("[role=dialog], dialog")
    album.take("double")
    phone.press(said("form.double-other"))
    phone.page.wait_for_selector(".doing")
    return first


def _filled(phone: Handset, core: Path) -> None:
    """A busy week, through the app's core."""
    rng = random.Random(11)
    people = [((VILLAGE, NEIGHBOUR)[number % 3 == 0], number) for number in range(1, PEOPLE)]
    with _core(phone, core) as page:
        saved = page.evaluate(SAVE, [[village, registration(number, village, rng)] for village, number in people])
        page.evaluate(PAY, saved[:9])
        page.evaluate("phone.syncNow()")
    phone.start()
    phone.unlock()


def _colleague(other: Handset, code: str, core: Path) -> None:
    """Another officer's phone, which has been told all that there is."""
    harness.open_in(other.context, other.url, core).evaluate(BEGIN, code)


@contextlib.contextmanager
def _core(phone: Handset, core: Path) -> Iterator[Any]:
    page = harness.open_in(phone.context, phone.url, core)
    page.evaluate("async (pin) => { window.phone = await sambung.unlock(pin) }", PIN)
    yield page
    page.evaluate("phone.lock()")
    page.close()


def _apart(phone: Handset, other: Handset, core: Path, record: str) -> None:
    """Two officers write two names for one woman without a line between them, and one change can't be taken as it is."""
    theirs = next(page for page in other.context.pages if harness.PATH in page.url)
    with _core(phone, core) as page:
        page.evaluate(EDIT, [record, {"full_name": "Hajrah Lung Ngau"}])
        page.evaluate(SAVE, [[VILLAGE, registration(99, VILLAGE, random.Random(3)) | {"birth_date": "1985-02-30"}]])
        theirs.evaluate(EDIT, [record, {"full_name": "Hajrah Lung Belareq"}])
        theirs.evaluate("phone.syncNow()")
        page.evaluate("phone.syncNow()")
        page.evaluate("phone.syncNow()")
    phone.start()
    phone.unlock()


def _day(album: Album, record: str) -> None:
    phone = album.phone
    phone.home()
    until(lambda: "…" not in phone.page.inner_text(".today"))
    album.take("home-busy")
    album.take("home-busy-whole", whole=True)
    album.screen("tasks", "tasks")
    album.screen("search", "search-recent")
    phone.find("haj")
    album.take("search")
    phone.find("zzz")
    album.take("search-none")
    album.screen(f"worker/{record}", "worker-conflict")
    album.take("worker-conflict-whole", whole=True)
    album.screen(f"slip/{record}", "slip")
    album.take("slip-whole", whole=True)
    album.screen(f"edit/{record}", "edit")
    phone.page.click(NEXT)
    album.screen(f"new/contribution/{record}", "contribution")
    album.take("contribution-whole", whole=True)
    album.screen("new/visit", "visit")
    album.screen("new/claim", "claim")


def _without_a_line(album: Album, core: Path) -> None:
    """Six more registrations in a valley, and how they leave it."""
    phone, line = album.phone, album.phone.line
    assert line is not None
    line.go_down()
    with _core(phone, core) as page:
        rng = random.Random(12)
        page.evaluate(SAVE, [[VILLAGE, registration(200 + number, VILLAGE, rng)] for number in range(6)])
    phone.go_offline()
    phone.home()
    phone.page.wait_for_timeout(3000)
    phone.page.evaluate("scrollTo(0, 0)")
    album.take("offline")
    album.screen("waiting", "waiting")
    album.screen("handover", "handover")
    phone.home()
    line.rate = 200  # so slow that the picture finds it under way
    phone.go_online()
    phone.page.wait_for_timeout(500)
    phone.send()
    phone.page.evaluate("scrollTo(0, 0)")
    album.take("sending")
    line.rate = None
    phone.sent()


def _rarely(album: Album) -> None:
    phone = album.phone
    for screen in ("cash", "list", "drafts", "settings", "moving", "about", "practice", "code"):
        album.screen(screen, screen)
        album.take(f"{screen}-whole", whole=True)
    phone.visit("practice")
    phone.press(said("practice.start"))
    phone.page.wait_for_selector("form.asking")
    album.take("practice-form")
    phone.visit()
    phone.page.evaluate("() => localStorage.setItem('lang', 'en')")
    phone.start()
    phone.unlock()
    phone.page.wait_for_timeout(800)
    album.take("home-english")
    album.screen("new/worker", "form-english")
    phone.page.evaluate("() => localStorage.setItem('lang', 'id')")


def _locked(album: Album) -> None:
    phone = album.phone
    phone.home()
    phone.page.wait_for_timeout(1000)  # a draft that is still being kept would ask whether to leave
    phone.start()
    album.take("unlock")
    phone.type_pin("111111")
    phone.page.wait_for_timeout(1500)
    album.take("unlock-wrong")
    phone.press(said("unlock.forgot"))
    album.take("forgot")


def _laptop(album: Album, server: Process) -> None:
    phone = album.phone
    phone.page.goto(f"{phone.url}/app/?")  # the address of the code is then another page
    phone.page.wait_for_selector("#code")
    album.take("start")
    phone.enrol(server.code(VILLAGE, NEIGHBOUR))
    phone.home()
    until(lambda: "…" not in phone.page.inner_text(".today"))
    album.take("home")
    phone.find("haj")
    album.take("search")
    phone.page.locator(".rows .row").first.click()
    phone.page.wait_for_selector(".doing")
    album.take("worker")
    form = Form(phone)
    form.begin()
    album.take("form")
    form.card(HAJRAH)
    form.home(HAJRAH)
    form.work(HAJRAH)
    album.take("form-insurance")
    for screen in ("tasks", "cash", "list", "settings", "practice"):
        album.screen(screen, screen)


# --- what is done in the page

BEGIN = "async (code) => { window.phone = await sambung.begin(code, '481516', 'HP Budi'); await phone.syncNow() }"
SAVE = """async (people) => {
  const records = []
  for (const [village, fields] of people) {
    records.push((await phone.save('worker', null, village, fields, { form: 'worker@1' })).record)
  }
  return records
}"""
PAY = """async (workers) => {
  for (const [n, worker] of workers.entries()) {
    const { village } = await phone.open(worker)
    const months = ['2026-10', '2026-11'].slice(n % 2)
    const paid = { amount: 16800 * months.length, paid_on: `2026-11-${10 + n}`, programs: ['JKK', 'JKM'], funding: 'self' }
    await phone.save('contribution', null, village, { worker, village, months, ...paid }, { form: 'contribution@1' })
  }
}"""
EDIT = """async ([record, fields]) => {
  const opened = await phone.open(record)
  await phone.save(opened.kind, record, opened.village, fields, { form: 'worker_update@1', opened })
}"""


if __name__ == "__main__":
    main(sys.argv[1:])
