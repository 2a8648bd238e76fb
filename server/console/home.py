"""The first page: what waits for whoever has signed in, the most urgent first."""

from __future__ import annotations

from flask import Response

from server.console.door import TO_DO, Asking, desk


@desk("/", "see figures")
def home(asking: Asking) -> Response:
    found = [made for made in (tell(asking) for tell in TO_DO) if made is not None]
    return asking.render("home.html", found=sorted(found, key=lambda each: (not each.urgent, each.count == 0)))
