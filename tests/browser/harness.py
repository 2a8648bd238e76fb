"""The app's core on a bare page of the same origin, to fill a phone faster than thumbs do: `window.sambung`."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.protocol.world import ROOT

if TYPE_CHECKING:
    from tests.browser.handset import Handset

CLIENT = ROOT / "field_forms" / "client"
PATH = "/harness/"  # outside the app's scope, where its worker answers for every page
TYPES = {".js": "text/javascript", ".html": "text/html", ".css": "text/css", ".json": "application/json"}


def build(folder: Path) -> Path:
    """Bundle the core into `folder` as it now stands."""
    words = [
        "node",
        str(ROOT / "node_modules" / "vite" / "bin" / "vite.js"),
        "build",
        "--config",
        "test/harness/vite.config.ts",
    ]
    path = f"{ROOT / '.venv' / 'bin'}:{os.environ['PATH']}"
    done = subprocess.run(
        words,
        cwd=CLIENT,
        env=os.environ | {"HARNESS_OUT": str(folder), "PATH": path},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (folder / "index.html").write_text(
        f'<!doctype html><meta charset="utf-8"><script type="module" src="{PATH}harness.js"></script>'
    )
    return folder


def open_in(context: Any, url: str, folder: Path) -> Any:
    """A tab of the phone with nothing but the core in it: `window.sambung`."""

    def answer(route: Any) -> None:
        name = route.request.url.partition(PATH)[2].partition("?")[0] or "index.html"
        file = folder / name
        if file.is_file():
            route.fulfill(body=file.read_bytes(), content_type=TYPES[file.suffix])
        else:
            route.fulfill(status=404)

    page = context.new_page()
    page.route(f"**{PATH}**", answer)
    page.goto(url + PATH)
    page.wait_for_function("window.sambung")
    return page


OPEN = """([pin, byItself]) => {
  sambung.around.auto = byItself
  return sambung.unlock(pin).then((phone) => { window.phone = phone })
}"""
SAVE = "([kind, record, village, fields, how]) => phone.save(kind, record, village, fields, how)"


@contextlib.contextmanager
def unlocked(handset: Handset, folder: Path, pin: str, by_itself: bool = True) -> Iterator[Any]:
    """A tab of that phone in which `window.phone` is the open phone; by_itself: whether it sends without being asked."""
    page = open_in(handset.context, handset.url, folder)
    page.evaluate(OPEN, [pin, by_itself])
    yield page
    page.close()
