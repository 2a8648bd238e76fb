"""`python -m server.demo` (make run): an installation of its own in `var/demo`, served, with officers at work."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import FrameType

from flask import Flask

from server import log
from server.actions.enrol import make_code
from server.actions.initialise import initialise
from server.app import create_app
from server.cli import check_rooms
from server.clock import now_ms
from server.config import BadSetting, Settings, load_settings
from server.demo.places import AT_WORK, MEETING
from server.demo.stage import Login
from server.demo.story import tell_story
from server.demo.telling import Screen, say, show_app, show_desks, show_logins, show_what_to_try
from server.demo.web import Onlooker, Operator
from server.serving import CannotListen, Service, listen, url_of
from sync.device.simulate import simulate

HOST, FIRST_PORT, PORTS = "127.0.0.1", 8000, 100
OFFICERS = 6
PACE_SECONDS = 3.0  # from one act of an officer to his next
NEWCOMERS = 0.15
LOOK_SECONDS, DESK_EVERY, FIGURES_EVERY = 2.0, 8, 3
NEW_OFFICERS = ("Petugas Baru", "Petugas Terminal")
TOLD = "demo.json"  # there once the story is told to its end


def main() -> None:
    check_rooms()
    try:
        taken = take_port()
        settings = demo_settings(url_of(taken))
    except (BadSetting, CannotListen) as error:
        sys.exit(f"sambung: {error}")
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, frame: _stop(stop, number, frame))
    fresh = not (settings.data_dir / TOLD).exists()
    if fresh:
        shutil.rmtree(settings.data_dir, ignore_errors=True)  # a story that was cut short is told anew
        settings.data_dir.mkdir(parents=True)
    with open(settings.data_dir / "server.log", "a", encoding="utf-8", buffering=1) as lines:
        log.write_to(lines)
        app = create_app(settings)
        with app.app_context():
            logins = make_story(app, settings) if fresh else read_story(app, settings)
            run(app, settings, taken, logins, stop)
        log.write_to(sys.stderr)


def _stop(stop: threading.Event, number: int, frame: FrameType | None) -> None:
    if stop.is_set():
        os._exit(130)  # whoever asks twice does not want to wait
    stop.set()


def demo_settings(url: str) -> Settings:
    """The demo's own installation, whatever database and folders the environment names.

    Invented people belong nowhere else, and its tidying would drop photos that its own database does not know.
    """
    given = load_settings()
    return replace(
        given, data_dir=given.data_dir / "demo", database_url="", public_url=url, backup_dir="", files_dir="",
        merge_seconds=5, coverage_seconds=5, people_seconds=3, duplicates_seconds=10,
    )  # fmt: skip


def take_port() -> socket.socket:
    """The usual port, or the next that is free. Raises CannotListen."""
    for port in range(FIRST_PORT, FIRST_PORT + PORTS):
        try:
            return listen(HOST, port)
        except CannotListen:
            continue
    raise CannotListen(f"{HOST}: {FIRST_PORT} ... {FIRST_PORT + PORTS - 1}")


def make_story(app: Flask, settings: Settings) -> list[Login]:
    say("Menyiapkan demo / preparing the demo: basis data dan wilayah / database and regions")
    initialise(settings, now_ms())
    logins = tell_story(app, settings, now_ms(), lambda village: say(f"  {village}"))
    handle = os.open(settings.data_dir / TOLD, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as file:
        json.dump([login._asdict() for login in logins], file, indent=1)
    return logins


def read_story(app: Flask, settings: Settings) -> list[Login]:
    initialise(settings, now_ms())  # a newer version may have to migrate
    return [Login(**login) for login in json.loads((settings.data_dir / TOLD).read_text())]


def run(
    app: Flask, settings: Settings, taken: socket.socket, logins: list[Login], stop: threading.Event
) -> None:
    """Serve, and let the officers work, until `stop`."""
    url = settings.public_url
    service = Service(app, settings, taken)
    serving = threading.Thread(target=service.run, name="serving")
    serving.start()

    def new_code(officer: str, villages: list[str]) -> str:
        with app.app_context():
            return make_code(officer, villages, settings, now_ms()).code

    try:
        greet(settings, logins, [new_code(officer, [MEETING.code]) for officer in NEW_OFFICERS])
        working = threading.Thread(target=work, args=(url, new_code, stop), name="officers", daemon=True)
        working.start()
        watch(url, settings.data_dir, new_code, logins[0], stop)
        say("", "Berhenti / stopping")
        working.join(15)
    finally:
        stop.set()
        service.stop()
        serving.join()


def greet(settings: Settings, logins: list[Login], codes: list[str]) -> None:
    """codes: one for the app in a browser, one to try in a terminal; each makes one device."""
    url = settings.public_url
    say("", f"Sambung Desa: {url}", f"  {url}/docs", f"  {url}/healthz")
    show_app(url, codes[0])
    show_desks(url)
    show_logins(logins)
    program = Path(sys.executable).with_name("sambung")
    shown = os.path.relpath(program) if program.exists() else f"{sys.executable} -m server"
    show_what_to_try(url, codes[1], logins[0], f"SAMBUNG_DATA_DIR={settings.data_dir} {shown}")


def work(url: str, new_code: Callable[[str, list[str]], str], stop: threading.Event) -> None:
    """The officers: the real device client over real HTTP, on lines that break."""
    villages = [(place.code, place.name) for place in AT_WORK]
    with tempfile.TemporaryDirectory(prefix="sambung-demo-") as folder:
        try:
            simulate(
                url, new_code, villages, OFFICERS, 0, time.time_ns(), folder=folder, pace=PACE_SECONDS, forever=True,
                newcomers=NEWCOMERS, stop=stop, check=False, threads=OFFICERS,
            )  # fmt: skip
        except Exception as error:  # the demo goes on without its officers, and says so
            log.failed(error)
            say(f"Petugas rekaan berhenti / the invented officers stopped: {type(error).__name__}")


def watch(
    url: str, folder: Path, new_code: Callable[[str, list[str]], str], operator: Login, stop: threading.Event
) -> None:
    onlooker = Onlooker(url, folder / "onlooker.db", new_code)
    screen = Screen(onlooker, Operator(url, operator.name, operator.password))
    looks = 0
    while not stop.wait(LOOK_SECONDS):
        looks += 1
        screen.looks()
        if looks % DESK_EVERY == 0:
            screen.desk_works()
        if looks % FIGURES_EVERY == 0:
            screen.looks_at_figures()
    onlooker.leaves()


if __name__ == "__main__":
    main()
