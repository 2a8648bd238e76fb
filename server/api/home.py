"""`GET /`: what this is, for whoever comes by with a browser; one small page, no script."""

from __future__ import annotations

from flask import Blueprint, Response, current_app, render_template

from server.api.docs import POLICY, STYLE
from server.api.openapi import VERSION

home = Blueprint("home", __name__, template_folder="templates")


@home.get("/")
def page() -> Response:
    html = render_template("home.html", style=STYLE, version=VERSION, is_public=current_app.extensions["sambung"].is_public)
    return Response(html, content_type="text/html; charset=utf-8", headers={"Content-Security-Policy": POLICY})
