"""A phone as an officer holds it: Chromium with a folder of its own, and what a thumb does."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

CHROMIUM = "/usr/bin/chromium"
QUIET = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
]  # fmt: skip
PIN = "481516"
SMALL, LAPTOP = {"width": 360, "height": 640}, {"width": 1280, "height": 800}


class Handset:
    """One phone. `page` is the tab that is looked at; texts are those that the screen shows, in Indonesian."""

    def __init__(
        self, playwright: Any, url: str, profile: Path, viewport: dict[str, int] | None = None, **more: Any
    ) -> None:
        self.url, self.profile = url, profile
        self.complaints: list[str] = []
        self.context = playwright.chromium.launch_persistent_context(
            str(profile), executable_path=CHROMIUM, args=QUIET, headless=True, viewport=viewport or SMALL,
            locale="id-ID", timezone_id="Asia/Makassar", service_workers="allow", accept_downloads=True, **more,
        )  # fmt: skip
        self.context.set_default_timeout(20_000)
        self.page = self.context.pages[0] if self.context.pages else self.context.new_page()
        self._listen(self.page)

    def _listen(self, page: Any) -> None:
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

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
        for _ in range(100):
            if not Path(f"/proc/{number}").exists():
                break
            time.sleep(0.05)
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


def until(what: Callable[[], Any], seconds: float = 20, every: float = 0.1) -> Any:
    """What it gives as soon as that is true. Raises AssertionError when it never is."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if value := what():
            return value
        time.sleep(every)
    raise AssertionError(f"not within {seconds} s")
