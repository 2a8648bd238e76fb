"""Headers on every answer: no browser may run, frame, sniff or keep what comes from here unless the answer says so."""

from __future__ import annotations

from flask import Flask, Response

from server.config import Settings

NOTHING = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Content-Security-Policy": NOTHING,  # JSON has nothing to load; a page names what it needs
    "Cache-Control": "no-store",
}
A_YEAR = "max-age=31536000"


def init_headers(app: Flask, settings: Settings) -> None:
    """Put them on whatever is answered, refusals and failures too; an answer's own word stands."""
    chosen = ALWAYS | ({"Strict-Transport-Security": A_YEAR} if settings.public_url.startswith("https:") else {})

    @app.after_request
    def add_headers(response: Response) -> Response:
        for name, value in chosen.items():
            response.headers.setdefault(name, value)
        return response
