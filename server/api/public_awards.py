"""`GET /publik/penghargaan`: awards for everybody. Criteria from the day they are published, winners once released.

Villages, ranks and scores; no person, and no number of a village's people. A page a language, made anew when an award
changes.
"""

from __future__ import annotations

import gzip
import time
from hashlib import sha256
from threading import Lock
from typing import Any, NamedTuple

from flask import Blueprint, Flask, Response, current_app, render_template, request

from schemas import problem
from schemas.problem import ENGLISH, INDONESIAN, language
from server.actions import awards as acts
from server.actions.entries import Entry
from server.actions.regions import region_names
from server.api.public import AN_HOUR, POLICY, STYLE
from server.clock import now_ms
from server.config import Settings
from server.console.awards import STEP_SAYS, winners_told
from server.console.words import Words
from server.problems import Refusal

public_awards = Blueprint("public_awards", __name__, template_folder="templates")

LOOK_AGAIN_SECONDS = 60
MOST = 30  # awards on the page, the newest first


class Kept(NamedTuple):
    """A page, and what it was made of."""

    of: str
    raw: bytes
    pressed: bytes


class Page:
    """The page in each language; awards are looked at again after a minute, however many ask."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._kept: dict[str, Kept] = {}
        self._looked_at: dict[str, float] = {}

    def find(self, lang: str) -> Kept:
        with self._lock:
            known = self._kept.get(lang)
            if known is not None and time.monotonic() - self._looked_at[lang] < LOOK_AGAIN_SECONDS:
                return known
        found = acts.public_awards()[:MOST]
        of = sha256(repr([(each.record, each.version) for each in found]).encode()).hexdigest()
        if known is None or known.of != of:
            raw = " ".join(_html(found, lang).split()).replace("> <", "><").encode()
            known = Kept(of, raw, gzip.compress(raw, 9, mtime=0))
        with self._lock:
            self._kept[lang], self._looked_at[lang] = known, time.monotonic()
        return known


@public_awards.get("/publik/penghargaan")
def awards_for_everybody() -> Response:
    settings: Settings = current_app.extensions["sambung"]
    if not settings.is_public:
        raise Refusal(problem.NOT_FOUND)
    asked = request.args.get("lang")
    lang = asked if asked in (INDONESIAN, ENGLISH) else language(request.headers.get("Accept-Language"))
    page: Page = current_app.extensions["sambung.public_awards"]
    kept = page.find(lang)
    pressed = request.accept_encodings["gzip"] > 0
    headers = {"Content-Security-Policy": POLICY, "Content-Language": lang, "Cache-Control": AN_HOUR}
    response = Response(kept.pressed if pressed else kept.raw, content_type="text/html; charset=utf-8", headers=headers)
    if pressed:
        response.headers["Content-Encoding"] = "gzip"
    response.vary.update(("Accept-Encoding", "Accept-Language"))
    response.set_etag(sha256(kept.raw).hexdigest()[:32], weak=True)  # weak: pressed or not, it says the same
    response.make_conditional(request)
    return response


def _html(found: list[Entry], lang: str) -> str:
    words = Words(lang)
    names = region_names(sorted({each.home for each in found}))
    now = now_ms()
    told: list[dict[str, Any]] = [
        {
            "entry": each, "region": names.get(each.home, each.home), "state": words.pick(STEP_SAYS[acts.state_of(each)]),
            "criteria": acts.criteria_told(each, now), "is_released": acts.state_of(each) == acts.RELEASED,
            "winners": winners_told(each) if acts.state_of(each) == acts.RELEASED else [],
        }
        for each in found
    ]  # fmt: skip

    def t(indonesian: str, english: str) -> str:
        return english if lang == ENGLISH else indonesian

    other = INDONESIAN if lang == ENGLISH else ENGLISH
    return render_template("publik_awards.html", awards=told, lang=lang, other=other, t=t, words=words, style=STYLE)


def init_public_awards(app: Flask) -> None:
    app.extensions["sambung.public_awards"] = Page()
    app.register_blueprint(public_awards)
