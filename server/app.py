"""The application, put together from its parts; importing it does nothing."""

from __future__ import annotations

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from server.api import (  # noqa: F401  each offers its calls when read
    awards,
    budget,
    bundles,
    claims,
    conflicts,
    coverage,
    desk,
    duties,
    enrol,
    entries,
    evaluation,
    files,
    forms,
    gaps,
    memberships,
    people,
    recovery,
    regions,
    sync,
)
from server.api.app import init_app
from server.api.docs import docs
from server.api.door import init_door, lang
from server.api.headers import init_headers
from server.api.health import init_health
from server.api.home import home
from server.api.openapi import described
from server.api.public import init_publik
from server.api.public_awards import init_public_awards
from server.api.routes import api
from server.config import Settings
from server.console import pages  # noqa: F401  each desk offers its pages when read
from server.console.door import init_console
from server.db import init_db
from server.problems import init_problems


def create_app(settings: Settings) -> Flask:
    """An application over the database that the settings name; `sambung init` must have made it."""
    app = Flask("server", static_folder=None)
    app.extensions["sambung"] = settings
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.wsgi_app = files.heed_override(app.wsgi_app)  # type: ignore[method-assign]
    if settings.trusted_proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=settings.trusted_proxies)  # type: ignore[method-assign]
    init_db(app, settings)
    init_problems(app, lang)
    init_door(app)
    init_headers(app, settings)
    init_health(app)
    init_app(app)
    init_console(app)
    init_public_awards(app)
    init_publik(app)
    for part in (api, described, docs, home):
        app.register_blueprint(part)
    return app
