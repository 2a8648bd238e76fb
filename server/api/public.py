"""`GET /publik`: coverage for everybody; frozen figures only, small numbers hidden, no script, one request, a few kilobytes.

A page is made once for each region and language, and answered from memory until another day is frozen.
"""

from __future__ import annotations

import base64
import gzip
from collections import OrderedDict
from hashlib import sha256
from threading import Lock
from typing import Any, NamedTuple

from flask import Blueprint, Flask, Response, current_app, render_template, request

from programme.rules import load
from schemas import problem
from schemas.problem import ENGLISH, INDONESIAN, language
from schemas.region import is_shape
from server.actions.public import RULES, Line, Page, Publication
from server.api.headers import NOTHING
from server.config import Settings
from server.console.words import Words
from server.problems import Refusal

publik = Blueprint("publik", __name__, template_folder="templates")

PAGES_KEPT = 2_000  # of them the least asked for is forgotten first
AN_HOUR = "public, max-age=3600"
ROBOTS = "User-agent: *\nDisallow: /console/\nDisallow: /api/\nDisallow: /app/\nAllow: /\n"
STYLE = " ".join("""
:root{color-scheme:light;--i:#14261f;--s:#4b5f57;--l:#d5ded8;--g:#0b5d43}
*{box-sizing:border-box}
body{font:1rem/1.5 system-ui,sans-serif;color:var(--i);background:#f3f6f2;margin:0}
header{background:var(--g);color:#fff}
header>div,main{max-width:60rem;margin:0 auto;padding:.75rem 1rem}
header a{color:#fff}
h1{font-size:1.4rem;line-height:1.25;margin:.25rem 0}
h2{font-size:1.1rem;margin:1.25rem 0 .4rem}
p{margin:.3rem 0}
a{color:var(--g)}
section{background:#fff;border:1px solid var(--l);border-radius:.4rem;padding:.75rem 1rem;margin:0 0 .9rem}
section h2:first-child{margin-top:0}
.big{font-size:2rem;font-weight:700;line-height:1.1;margin:0}
.s{color:var(--s)}
.w{background:#fff3dc;border-left:4px solid #8a4b00;padding:.4rem .7rem}
nav,.x{font-size:.925rem}
nav a,.x a{display:inline-block;padding:.2rem 0}
dl{display:flex;flex-wrap:wrap;gap:.4rem 2rem;margin:.6rem 0}
dt{color:var(--s);font-size:.875rem}
dd{margin:0;font-weight:600}
table{width:100%;border-collapse:collapse;font-size:.925rem}
th,td{text-align:left;padding:.35rem .5rem;border-bottom:1px solid var(--l);vertical-align:top}
thead th{color:var(--s);font-weight:600}
.n{text-align:right;font-variant-numeric:tabular-nums}
tbody th{font-weight:400}
tbody a{display:inline-block;padding:.15rem 0}
svg{display:block;width:100%;max-width:30rem;height:auto}
summary{cursor:pointer;padding:.25rem 0;color:var(--g)}
li{margin:.2rem 0}
footer{max-width:60rem;margin:0 auto;padding:0 1rem 1.5rem;font-size:.875rem;color:var(--s)}
@media(max-width:40rem){thead{position:absolute;left:-99rem}
tr{display:block;padding:.4rem 0;border-bottom:1px solid var(--l)}
tbody th,td{display:flex;justify-content:space-between;gap:1rem;border:0;padding:.1rem 0}tbody th{font-weight:600}
td::before{content:attr(data-label);color:var(--s);font-weight:400}}
@media print{body{background:#fff}header{background:#fff;color:#000}header a,a{color:#000;text-decoration:none}
section{border:0;padding:0;break-inside:avoid}.x{display:none}}
""".split())
"""On one line, as pages are pressed: the policy names its hash."""
_HASH = base64.b64encode(sha256(STYLE.encode()).digest()).decode()
POLICY = NOTHING.replace("default-src 'none'", f"default-src 'none'; img-src data:; style-src 'sha256-{_HASH}'")


class Kept(NamedTuple):
    raw: bytes
    pressed: bytes
    etag: str


class Pages:
    """What was made, by region and language; of the last frozen day alone."""

    def __init__(self) -> None:
        self.publication = Publication()
        self._lock = Lock()
        self._kept: OrderedDict[tuple[str | None, str], Kept] = OrderedDict()
        self._of: tuple[str, str] | None = None

    def find(self, code: str | None, lang: str) -> Kept | None:
        """None where there is no such page."""
        last = self.publication.last()
        with self._lock:
            if last != self._of:
                self._kept.clear()
                self._of = last
            found = self._kept.get((code, lang))
            if found is not None:
                self._kept.move_to_end((code, lang))
                return found
        made = self._make(code, lang)
        if made is not None:
            with self._lock:
                self._kept[code, lang] = made
                while len(self._kept) > PAGES_KEPT:
                    self._kept.popitem(last=False)
        return made

    def _make(self, code: str | None, lang: str) -> Kept | None:
        page = self.publication.page(code)
        if page is None and code is not None:
            return None
        raw = " ".join(_html(page, lang).split()).replace("> <", "><").encode()
        return Kept(raw, gzip.compress(raw, 9, mtime=0), sha256(raw).hexdigest()[:32])


@publik.get("/publik")
def country() -> Response:
    """The whole, or the one province that there is."""
    return _answer(None)


@publik.get("/publik/<code>")
def of_region(code: str) -> Response:
    """A province, regency or kecamatan with its parts; villages stand on the page of their kecamatan."""
    if not is_shape(code) or len(code) > 8:
        raise Refusal(problem.NOT_FOUND)
    return _answer(code)


@publik.get("/robots.txt")
def robots() -> Response:
    return Response(ROBOTS, content_type="text/plain; charset=utf-8", headers={"Cache-Control": AN_HOUR})


def _answer(code: str | None) -> Response:
    settings: Settings = current_app.extensions["sambung"]
    if not settings.is_public:
        raise Refusal(problem.NOT_FOUND)
    asked = request.args.get("lang")
    lang = asked if asked in (INDONESIAN, ENGLISH) else language(request.headers.get("Accept-Language"))
    pages: Pages = current_app.extensions["sambung.publik"]
    kept = pages.find(code, lang)
    if kept is None:
        raise Refusal(problem.NOT_FOUND)
    pressed = request.accept_encodings["gzip"] > 0
    headers = {"Content-Security-Policy": POLICY, "Content-Language": lang, "Cache-Control": AN_HOUR}
    response = Response(kept.pressed if pressed else kept.raw, content_type="text/html; charset=utf-8", headers=headers)
    if pressed:
        response.headers["Content-Encoding"] = "gzip"
    response.vary.update(("Accept-Encoding", "Accept-Language"))
    response.set_etag(kept.etag, weak=True)  # weak: pressed or not, it says the same
    response.make_conditional(request)
    return response


def _html(page: Page | None, lang: str) -> str:
    words = Words(lang)

    def t(indonesian: str, english: str) -> str:
        return english if lang == ENGLISH else indonesian

    def percent(share: float | None) -> str:
        return "–" if share is None else f"{share * 100:.0f}" + t(" %", "%")

    def count(line: Line, name: str = "active") -> str:
        """A rounded count, or that it is hidden."""
        if line.eligible is None:
            return "–"
        shown = getattr(line.shown, name)
        return t("disamarkan", "hidden") if shown is None else words.number(shown)

    return render_template(
        "publik.html", page=page, lang=lang, t=t, words=words, percent=percent, count=count, style=STYLE,
        trend=_trend(page) if page else "", rules=_rules(page, lang) if page else [],
        other=INDONESIAN if lang == ENGLISH else ENGLISH,
    )  # fmt: skip


def _trend(page: Page) -> str:
    """The line through the months' shares: the path of an SVG of 300 by 80; empty under two of them."""
    known = [share for _, share in page.trend if share is not None]
    if len(known) < 2:
        return ""
    top, room = max(1.0, *known), max(len(page.trend) - 1, 1)
    path, goes_on = [], False
    for place, (_, share) in enumerate(page.trend):
        if share is None:
            goes_on = False
            continue
        path.append(f"{'L' if goes_on else 'M'}{round(place / room * 300)} {round(80 - share / top * 78, 1)}")
        goes_on = True
    return "".join(path)


def _rules(page: Page, lang: str) -> list[dict[str, Any]]:
    """The rules of the day that was frozen; how numbers are hidden follows today's."""
    then = {rule["name"]: rule for rule in page.rules.describe(lang)}
    now = {rule["name"]: rule for rule in load().describe(lang)}
    told = (now.get(name) if name.startswith("public") else then.get(name, now.get(name)) for name in RULES)
    return [rule for rule in told if rule]


def init_publik(app: Flask) -> None:
    app.extensions["sambung.publik"] = Pages()
    app.register_blueprint(publik)
