"""A phone as an officer holds it: Chromium with a folder of its own, and what a thumb does."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tests.browser.line import Line
from tests.browser.words import said

NAMES = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM = next((found for name in NAMES if (found := shutil.which(name))), "/usr/bin/chromium")
QUIET = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
]  # fmt: skip
PIN = "481516"
SMALL, LAPTOP = {"width": 360, "height": 640}, {"width": 1280, "height": 800}


class Handset:
    """One phone. `page` is the tab that is looked at; texts are those that the screen shows, in Indonesian.

    line: what it reaches the server by; without it `url` leads straight there.
    """

    def __init__(
        self, playwright: Any, url: str, profile: Path, viewport: dict[str, int] | None = None, line: Line | None = None,
        **more: Any,
    ) -> None:  # fmt: skip
        self.url, self.profile, self.line = url, profile, line
        self.complaints: list[str] = []
        self.asked: list[str] = []
        """Addresses of all that any tab or worker of it ever asked for."""
        words = {"locale": "id-ID", "timezone_id": "Asia/Makassar"} | more
        self.context = playwright.chromium.launch_persistent_context(
            str(profile), executable_path=CHROMIUM, args=QUIET, headless=True, viewport=viewport or SMALL,
            service_workers="allow", accept_downloads=True, **words,
        )  # fmt: skip
        self.context.set_default_timeout(20_000)
        self.context.on("request", lambda request: self.asked.append(request.url))
        self.page = self.context.pages[0] if self.context.pages else self.context.new_page()
        self._listen(self.page)

    def _listen(self, page: Any) -> None:
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    # --- where it is

    def go_offline(self) -> None:
        """Out of the village: nobody is reached, and the browser knows it."""
        if self.line:
            self.line.go_down()
        self.context.set_offline(True)

    def go_online(self) -> None:
        if self.line:
            self.line.come_up()
        self.context.set_offline(False)

    def visit(self, screen: str = "") -> None:
        """Open the app, or go to a screen of it: `worker/k7f3q2-9`."""
        address = f"{self.url}/app/#/{screen}"
        if self.page.url.startswith(f"{self.url}/app/"):
            self.page.evaluate("where => { location.hash = where }", f"#/{screen}")
        else:
            self.page.goto(address)

    def start_anywhere(self) -> None:
        """Tap the icon: the app from its beginning, whatever it shows."""
        self.page.goto(f"{self.url}/app/")

    def start(self) -> None:
        """Tap the icon: the app from its beginning, locked."""
        self.start_anywhere()
        self.page.wait_for_selector("#pin")

    def another_tab(self) -> Any:
        page = self.context.new_page()
        self._listen(page)
        page.goto(f"{self.url}/app/")
        return page

    @contextlib.contextmanager
    def looking_at(self, page: Any) -> Iterator[None]:
        """What is done inside is done in that tab."""
        before, self.page = self.page, page
        page.bring_to_front()
        yield
        self.page = before
        before.bring_to_front()

    # --- first start, and every other

    def enrol(self, code: str, pin: str = PIN) -> None:
        """By the address that the operator's QR code holds, until the first screen."""
        self.page.goto(f"{self.url}/app/#{code}")
        self.page.fill("#phone-name", "HP uji")
        self.press(said("start.name.next"))
        self.new_pin(pin)
        self.page.wait_for_selector("main.home", timeout=30_000)
        self.sent()
        until(lambda: self.page.evaluate(WHOLE), seconds=60)

    def new_pin(self, pin: str = PIN) -> None:
        for hint in ("start.pin.label", "start.again.label"):
            self.page.get_by_label(said(hint)).fill(pin)
            self.page.click(".keys .ok")

    def type_pin(self, pin: str) -> None:
        self.page.fill("#pin", pin)
        self.page.click(".keys .ok")

    def unlock(self, pin: str = PIN) -> None:
        self.type_pin(pin)
        self.page.wait_for_selector(".syncbar, form.asking", timeout=30_000)

    @property
    def id(self) -> str:
        """The device, as the server calls it; read where the app keeps it open."""
        return str(self.stored("meta", "device"))

    # --- what is on the screen

    def press(self, name: str, exact: bool = True) -> None:
        """A button or a link by what it says."""
        button = self.page.get_by_role("button", name=name, exact=exact)
        self.page.get_by_role("link", name=name, exact=exact).or_(button).first.click()

    def home(self) -> None:
        self.visit()
        self.page.wait_for_selector("main.home")

    @property
    def text(self) -> str:
        return str(self.page.inner_text("body"))

    def sees(self, text: str, seconds: float = 20) -> None:
        self.page.get_by_text(text).first.wait_for(timeout=seconds * 1000)

    def count(self, key: str) -> int:
        """A number of the first screen: `home.today`, `home.unsent`, `home.records`."""
        self.home()
        row = self.page.locator(".today > div").filter(has_text=said(key))
        until(lambda: row.locator("dd").inner_text() != "…")
        return int(row.locator("dd").inner_text().replace(".", ""))

    def find(self, text: str) -> list[str]:
        """What the search shows for what is typed: the names."""
        self.visit("search")
        self.page.fill("#search", text)
        return self.page.locator(".rows .row strong").all_inner_texts()

    def open_worker(self, text: str) -> None:
        self.find(text)
        self.page.locator(".rows .row").first.click()
        self.page.wait_for_selector(".doing")

    @property
    def tick(self) -> str:
        """How far the record on the screen has come: here, received, merged, conflict, correct."""
        return str(self.page.locator(".head .ticks").get_attribute("class")).split()[-1]

    def tasks(self) -> list[str]:
        """The tasks that the screen shows, each as one text."""
        self.visit("tasks")
        self.page.wait_for_selector(".cards, .empty")
        return self.page.locator(".task").all_inner_texts()

    # --- sending

    @property
    def phase(self) -> str:
        return str(self.page.locator(".syncbar").get_attribute("class")).split()[-1]

    def send(self, seconds: float = 60) -> None:
        """Press the button, and wait for the end of that attempt, whatever came of it."""
        button = self.page.locator(".syncbar button")
        at_rest = self.page.locator(".syncbar button:not([aria-busy])")
        at_rest.wait_for(timeout=seconds * 1000)
        button.click()
        self.page.evaluate("() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))")
        at_rest.wait_for(timeout=seconds * 1000)

    def sent(self, seconds: float = 60) -> None:
        """Press the button until an attempt has come to its end and the bar says that all is sent."""
        bar = self.page.locator(".syncbar")

        def all_is_sent() -> bool:
            self.send(seconds)
            return self.phase == "idle" and said("sync.all") in bar.inner_text()

        until(all_is_sent, seconds)

    # --- what lies on its disk

    def stored(self, store: str, key: Any) -> Any:
        return self.page.evaluate(ONE, [store, key])

    def everything_stored(self) -> str:
        """Every value of every database, as text: bytes as the letters that they would be."""
        return str(self.page.evaluate(ALL))

    # --- its end

    def shot(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(Exception):
            self.page.screenshot(path=str(path), full_page=True)

    def close(self) -> None:
        with contextlib.suppress(Exception):
            self.context.close()

    def die(self) -> None:
        """The battery is empty: the browser is killed, nothing is told to it."""
        number = self._process()
        os.kill(number, signal.SIGKILL)
        until(lambda: not Path(f"/proc/{number}/exe").exists(), 5, every=0.02)
        with contextlib.suppress(Exception):
            self.context.close()
        for lock in self.profile.glob("Singleton*"):
            lock.unlink(missing_ok=True)

    def _process(self) -> int:
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            with contextlib.suppress(OSError):
                words = (entry / "cmdline").read_bytes().split(b"\0")
                if f"--user-data-dir={self.profile}".encode() in words and not any(w.startswith(b"--type=") for w in words):
                    return int(entry.name)
        raise LookupError("the browser is not running")


# Whether every part of the app that its worker names is kept: from then on each screen opens without a line.
WHOLE = """async () => {
  const named = (await (await fetch('sw.js')).text()).match(/assets\\/[\\w.-]+/g)
  for (const name of named) if (!(await caches.match(name))) return false
  return true
}"""


def until(what: Callable[[], Any], seconds: float = 20, every: float = 0.1) -> Any:
    """What it gives as soon as that is true. Raises AssertionError when it never is."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if value := what():
            return value
        time.sleep(every)
    raise AssertionError(f"not within {seconds} s")


ONE = """([store, key]) => new Promise((resolve, reject) => {
  const opening = indexedDB.open('sambung')
  opening.onerror = () => reject(opening.error)
  opening.onsuccess = () => {
    const asked = opening.result.transaction(store).objectStore(store).get(key)
    asked.onsuccess = () => { opening.result.close(); resolve(asked.result ?? null) }
    asked.onerror = () => reject(asked.error)
  }
})"""
ALL = """async () => {
  const done = (asked) => new Promise((resolve, reject) => {
    asked.onsuccess = () => resolve(asked.result)
    asked.onerror = () => reject(asked.error)
  })
  const plain = (value) => {
    if (value instanceof ArrayBuffer) return plain(new Uint8Array(value))
    if (ArrayBuffer.isView(value)) return new TextDecoder('latin1').decode(value)
    if (value instanceof CryptoKey) return '(a key that cannot be read)'
    if (Array.isArray(value)) return value.map(plain)
    if (!value || typeof value !== 'object') return value
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, plain(one)]))
  }
  const found = {}
  for (const { name } of await indexedDB.databases()) {
    const db = await done(indexedDB.open(name))
    for (const store of db.objectStoreNames) {
      const held = () => db.transaction(store).objectStore(store)
      found[`${name}/${store}`] = [plain(await done(held().getAll())), plain(await done(held().getAllKeys()))]
    }
    db.close()
  }
  return JSON.stringify(found)
}"""
