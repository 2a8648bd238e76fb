"""`GET /app/`: the phone's app, as Vite built it into the package; the same for everybody, so nobody is asked for a token.

Its files are read into memory once, pressed, and served from there: a request names one of them or none, and no path
of the disk is ever made of what was asked.
"""

from __future__ import annotations

import gzip
import mimetypes
from collections.abc import Iterator, Mapping
from hashlib import sha256
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from threading import Lock
from typing import NamedTuple

from flask import Blueprint, Flask, Response, current_app, render_template, request

from schemas import problem
from server.api.docs import POLICY, STYLE
from server.problems import Refusal

page = Blueprint("app", __name__, template_folder="templates")

INDEX = "index.html"
BROTLI = ".br"  # pressed when the app was built: Python has no brotli of its own
FOR_GOOD = "assets/"  # Vite names what lies there after its content
# Nothing from elsewhere, nothing inline. `blob:` and `data:` are pictures just taken, shown before they are sent.
APP_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; "
    "manifest-src 'self'; worker-src 'self'; font-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
HEADERS = {
    "Content-Security-Policy": APP_POLICY,  # on the worker too: it fetches by its own policy
    "Permissions-Policy": "camera=(self), geolocation=(self), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}
A_YEAR, EACH_TIME = "public, max-age=31536000, immutable", "no-cache"
TYPES = {".js": "text/javascript", ".webmanifest": "application/manifest+json", ".webp": "image/webp"}
_TEXTS = ("text/", "application/json", "application/manifest+json", "image/svg+xml")
_RETRY_SECONDS = "60"


class Served(NamedTuple):
    """A file of the app. pressed: by its name in `Accept-Encoding`, the smallest first; empty where it is not worth it."""

    raw: bytes
    pressed: Mapping[str, bytes]
    type: str
    etag: str
    kept: str


class Shell:
    """What is served of a folder, as it was built last."""

    def __init__(self, folder: Traversable) -> None:
        self._folder = folder
        self._built: object = None
        self._files: dict[str, Served] = {}
        self._one_at_a_time = Lock()

    def files(self) -> dict[str, Served]:
        """Name -> file; nothing at all where the app is not built. Built anew while we serve, it is read anew."""
        built = self._moment()
        with self._one_at_a_time:
            if built != self._built:
                found = dict(_walk(self._folder)) if built else {}
                self._files = {
                    name: _served(name, raw, found.get(name + BROTLI))
                    for name, raw in found.items()
                    if not name.endswith(BROTLI)
                }
                self._built = built
            return self._files

    def _moment(self) -> object:
        index = self._folder / INDEX
        if isinstance(index, Path):  # a package inside a zip never changes
            try:
                return index.stat().st_mtime_ns
            except OSError:
                return None
        return index.is_file() or None


def _walk(folder: Traversable, above: str = "") -> Iterator[tuple[str, bytes]]:
    for entry in folder.iterdir():
        if entry.is_dir():
            yield from _walk(entry, f"{above}{entry.name}/")
        elif not entry.name.startswith("."):
            yield above + entry.name, entry.read_bytes()


def _served(name: str, raw: bytes, brotli: bytes | None) -> Served:
    kind = TYPES.get(name[name.rfind(".") :]) or mimetypes.guess_type(name)[0] or "application/octet-stream"
    is_text = kind.startswith(_TEXTS)
    ways = {"br": brotli, "gzip": gzip.compress(raw, 9, mtime=0) if is_text else None}
    pressed = {way: small for way, small in ways.items() if small is not None and len(small) < len(raw)}
    return Served(
        raw, pressed, f"{kind}; charset=utf-8" if kind.startswith("text/") else kind,
        sha256(raw).hexdigest()[:32], A_YEAR if name.startswith(FOR_GOOD) else EACH_TIME,
    )  # fmt: skip


@page.get("/app")
def without_slash() -> Response:
    """The browser keeps the code behind `#` through this."""
    return Response(status=308, headers={"Location": "app/", "Cache-Control": EACH_TIME})


@page.get("/app/")
def index() -> Response:
    return serve(INDEX)


@page.get("/app/<path:name>")
def serve(name: str) -> Response:
    shell: Shell = current_app.extensions["sambung.shell"]
    found = shell.files()
    if not found:
        return _not_built()
    file = found.get(name)
    if file is None:
        raise Refusal(problem.NOT_FOUND)
    return _answer(file)


def _answer(file: Served) -> Response:
    way = next((way for way in file.pressed if request.accept_encodings[way] > 0), None)
    response = Response(file.pressed[way] if way else file.raw, content_type=file.type, headers=HEADERS)
    response.headers["Cache-Control"] = file.kept
    if way:
        response.headers["Content-Encoding"] = way
    if file.pressed:
        response.vary.add("Accept-Encoding")
    response.set_etag(file.etag, weak=True)  # weak: pressed or not, it says the same
    response.make_conditional(request)
    return response


def _not_built() -> Response:
    html = render_template("unbuilt.html", style=STYLE)
    headers = {"Content-Security-Policy": POLICY, "Retry-After": _RETRY_SECONDS}
    return Response(html, 503, content_type="text/html; charset=utf-8", headers=headers)


def init_app(app: Flask, folder: Traversable | None = None) -> None:
    """folder: what was built; the package's own unless another is given."""
    app.extensions["sambung.shell"] = Shell(folder if folder is not None else files("field_forms") / "app")
    app.register_blueprint(page)
