"""The server as it is run: a process of its own behind waitress, called over 127.0.0.1."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from server.actions.enrol import make_code
from server.actions.initialise import initialise
from server.app import create_app
from server.clock import now_ms
from server.config import Settings
from server.db import db
from tests.browser.installation import copy_of_the_app

ROOT = Path(__file__).parent.parent
STOP_WITHIN_SECONDS = 20


def room_for_the_app(folder: Path) -> Path:
    """A room with the app as it is now: a build meanwhile takes nothing away from a phone that is being measured."""
    package = ROOT / "field_forms"
    room = folder / "room" / "field_forms"
    room.mkdir(parents=True)
    for entry in package.iterdir():
        if entry.name != "app":
            (room / entry.name).symlink_to(entry)
    copy_of_the_app(room / "app")
    return room.parent


class Process:
    """`sambung serve` over a database of its own, from `with` on; ended by its own process id."""

    def __init__(self, folder: Path, room: Path = ROOT, **settings: str) -> None:
        """folder: empty, or with an installation in it. room: where the packages that it serves from lie.

        settings: further ones, as their environment variables are called without SAMBUNG_.
        """
        folder.mkdir(parents=True, exist_ok=True)
        self.room, self.settings = room, Settings(data_dir=folder)
        self._app = create_app(self.settings)
        with self._app.app_context():
            initialise(self.settings, now_ms())
        chosen = {f"SAMBUNG_{name}": value for name, value in settings.items()}
        self._environment = chosen | {"SAMBUNG_DATA_DIR": str(folder)}

    def __enter__(self) -> Process:
        self._server = subprocess.Popen(
            [sys.executable, "-m", "server", "serve", "--port", "0", "--no-scheduler"], cwd=self.room,
            env=os.environ | self._environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip
        assert self._server.stdout is not None
        for line in self._server.stdout:
            if found := re.search(r"http://\S+", line):
                self.url, self.pid = found[0], self._server.pid
                return self
        raise RuntimeError("the server did not start")

    def __exit__(self, *_: object) -> None:
        self._server.terminate()
        self._server.wait(STOP_WITHIN_SECONDS)
        with self._app.app_context():
            db.engine.dispose()

    def code(self, *villages: str) -> str:
        """A fresh enrolment code."""
        with self._app.app_context():
            return make_code("Petugas", villages, self.settings, now_ms()).code
