"""The first page: what waits for whoever has signed in, the most urgent first, and how his region stands this month."""

from __future__ import annotations

from flask import Response

from schemas.region import level
from server.actions.figures import current_month, figures_of
from server.console.door import TO_DO, Asking, desk


@desk("/", "see figures")
def home(asking: Asking) -> Response:
    found = [made for made in (tell(asking) for tell in TO_DO) if made is not None]
    month = current_month(asking.scope, asking.now)
    return asking.render(
        "home.html", found=sorted(found, key=lambda each: (not each.urgent, each.count == 0)),
        figures=figures_of(asking.scope, month, asking.now), is_village=level(asking.scope) == "village",
    )  # fmt: skip
