"""An installation that serves an app of its own, so that a test may publish a newer one, and a build may run meanwhile."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import sqlite3
import time
from pathlib import Path
from typing import Any

from tests.protocol.world import ROOT, Phone, Served, Typist

PACKAGE = ROOT / "field_forms"
APP = PACKAGE / "app"
NEXT = "next"


def copy_of_the_app(target: Path) -> None:
    """A whole one: a build that empties the folder meanwhile is waited for."""
    for _ in range(100):
        shutil.rmtree(target, ignore_errors=True)
        with contextlib.suppress(OSError, shutil.Error):
            shutil.copytree(APP, target, ignore=shutil.ignore_patterns("*.br"))  # pressed beforehand: of what it was
            named = set(re.findall(r"assets/[\w.-]+", (target / "sw.js").read_text()))
            if named and all((target / name).is_file() for name in named):
                return
        time.sleep(0.1)
    raise AssertionError("the app is not whole; `make setup` builds it")


class ServedApp(Served):
    """`sambung serve` with the app copied beside the data: `app` is the folder that it serves."""

    def __init__(self, folder: Path, typist: Typist, *words: str, **settings: str) -> None:
        self.room = folder / "room"
        self.app = self.room / "field_forms" / "app"
        if not self.room.exists():
            self.app.parent.mkdir(parents=True)
            for entry in PACKAGE.iterdir():
                if entry.name != APP.name:
                    (self.app.parent / entry.name).symlink_to(entry)
            copy_of_the_app(self.app)
        self._forms: dict[str, dict[str, Any]] = {}
        super().__init__(folder, typist, *words, **settings)

    def publish_newer_app(self) -> None:
        """The app as the next release brings it: its parts have other names, the old are gone; it says `data-release`."""
        assets = self.app / "assets"
        names = {part.name: f"{part.stem}n{part.suffix}" for part in assets.iterdir()}
        any_name = re.compile("|".join(re.escape(name) for name in sorted(names, key=len, reverse=True)))
        for part in [*assets.iterdir(), self.app / "index.html", self.app / "sw.js"]:
            part.write_text(any_name.sub(lambda found: names[found[0]], part.read_text()))
        for old, new in names.items():
            (assets / old).rename(assets / new)
        worker = self.app / "sw.js"
        worker.write_text(re.sub(r"([\"'`])[0-9a-f]{12}\1", r"\g<1>0123456789ab\1", worker.read_text()))
        index = self.app / "index.html"
        index.write_text(index.read_text().replace("<html ", f'<html data-release="{NEXT}" '))
        stamp = index.stat().st_mtime_ns + 5_000_000_000  # the server looks at this alone
        os.utime(index, ns=(stamp, stamp))

    def form(self, name: str) -> dict[str, Any]:
        """A form as it is published now, compiled."""
        phone: Phone = self.phone(self.village())
        listed = self.call("GET", "/api/v1/forms", token=phone.token).json["forms"]
        version = next(one["version"] for one in listed if one["name"] == name)
        answer = self.call("GET", f"/api/v1/forms/{name}@{version}", token=phone.token)
        assert answer.status == 200, answer
        return answer.json

    def known_form(self, name: str) -> dict[str, Any]:
        """As `form`, asked once."""
        if name not in self._forms:
            self._forms[name] = self.form(name)
        return self._forms[name]

    def acked(self, device: str) -> int:
        """How many changes of that phone the server has."""
        with sqlite3.connect(f"file:{self.folder / 'sambung.db'}?mode=ro", uri=True) as reading:
            return int(reading.execute("SELECT count(*) FROM change WHERE device = ?", (device,)).fetchone()[0])
