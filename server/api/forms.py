"""`GET /api/v1/forms` and `/forms/<name>@<version>`: the forms that were published."""

from __future__ import annotations

import re

from flask import Response

from schemas import problem
from schemas.change import from_ms, loads
from server.actions.forms import find_form, newest_forms
from server.api import door, messages
from server.api.routes import call
from server.problems import Refusal

_VERSION = re.compile(r"[1-9][0-9]{0,8}\Z")


@call(
    "GET", "/forms",
    ("Versi terbaru tiap formulir yang bisa diisi di HP.", "The newest version of every form that phones can fill in."),
    who="device or person", answers=messages.Forms(), cached=True,
)  # fmt: skip
def forms() -> Response:
    door.who()
    return door.answer_cached({
        "forms": [
            {"name": form.name, "version": form.version, "kind": form.kind, "does": form.does,
             "title": loads(form.title or "{}"), "etag": f'W/"{door.etag_of(form.body)}"',
             "published_at": from_ms(form.published_at)}
            for form in newest_forms() if form.kind
        ]
    })  # fmt: skip


@call(
    "GET", "/forms/<name>@<version>",
    ("Sebuah formulir seperti diterbitkan; versi lama tetap ada.", "A form as it was published; old versions stay."),
    who="device or person", answers=messages.FormBody(), cached=True, problems=(problem.FORM_UNKNOWN,),
)  # fmt: skip
def form(name: str, version: str) -> Response:
    door.who()
    found = find_form(name, int(version)) if "\0" not in name and _VERSION.match(version) else None
    if found is None:
        raise Refusal(problem.FORM_UNKNOWN, form=f"{name}@{version}"[:100])
    return door.answer_cached(found.body)
