"""`/healthz`, `/readyz` and `/metrics`: for whoever watches over the server. Nothing here names a person or a place."""

from __future__ import annotations

import secrets
from typing import Any

from flask import Blueprint, Flask, Response, current_app, request
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from schemas import problem
from server import metrics
from server.actions.readiness import Ready, count, look
from server.api import door
from server.clock import now_ms
from server.problems import Refusal

health = Blueprint("health", __name__)
LOOKED_AGAIN_MS = 1000  # a probe anybody may call costs the database one look a second at the most
LOOPBACK = ("127.0.0.1", "::1", "::ffff:127.0.0.1")
SAID_BY_PROXIES = ("X-Forwarded-For", "Forwarded", "X-Real-IP", "Via")


@health.get("/healthz")
def healthz() -> Response:
    """The process answers."""
    return door.answer({"status": "ok"})


@health.get("/readyz")
def readyz() -> Response:
    """It can do its work: 200, else 503 with the names of what it lacks."""
    ready = _looked()
    if not all(ready):
        missing = [name for name, holds in ready._asdict().items() if not holds]
        raise Refusal(problem.UNAVAILABLE, {"Retry-After": "10"}, missing=missing)
    return door.answer({"status": "ready"})


def _looked() -> Ready:
    kept: dict[str, Any] = current_app.extensions["sambung.readiness"]
    now = now_ms()
    if now - kept["at"] >= LOOKED_AGAIN_MS or now < kept["at"]:
        scheduled = kept["started"] if "sambung_scheduler" in current_app.extensions else None
        kept["ready"], kept["at"] = look(door.settings(), scheduled, now), now
    ready: Ready = kept["ready"]
    return ready


@health.get("/metrics")
def told_metrics() -> Response:
    """In Prometheus' text format: to this machine itself, or to the bearer of the setting `metrics_token`."""
    if not (_is_local() or _has_token()):
        raise Refusal(problem.FORBIDDEN)
    scheduler = current_app.extensions.get("sambung_scheduler")
    metrics.show(count(), scheduler is not None and scheduler.is_leading, now_ms())
    return Response(generate_latest(), content_type=CONTENT_TYPE_LATEST)


def _is_local() -> bool:
    """A reverse proxy on this machine calls from here too, so whoever comes through one is not local."""
    return request.remote_addr in LOOPBACK and not any(name in request.headers for name in SAID_BY_PROXIES)


def _has_token() -> bool:
    wanted, given = door.settings().metrics_token, door.bearer()
    return bool(wanted) and given is not None and secrets.compare_digest(given.encode(), wanted.encode())


def init_health(app: Flask) -> None:
    app.extensions["sambung.readiness"] = {"at": 0, "started": now_ms(), "ready": None}
    app.register_blueprint(health)
