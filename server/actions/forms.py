"""Publish a form, and find the ones that were published."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from field_forms.document import BadForm, read_form
from schemas.change import canonical, dumps, loads
from server.db import reading, transaction
from server.store import forms
from server.store.forms import Form


def publish(name: str, body: dict[str, Any], now: int) -> Form:
    """Publish a form as a new version; harmless to repeat: what is published already stays the version it is.

    body: as `field_forms.document` reads it, without a version of its own.
    """
    with transaction() as connection:
        known = next(iter(forms.newest(connection, name)), None)
        if known and canonical(_without_version(loads(known.body))) == canonical(body):
            return known
        version = known.version + 1 if known else 1
        form = Form(name, version, dumps({"name": name, "version": version} | body), now)
        forms.publish(connection, form)
        return form


def _without_version(body: dict[str, Any]) -> dict[str, Any]:
    return {member: value for member, value in body.items() if member != "version"}


def publish_file(path: Path, now: int) -> Form:
    """Publish the form that a file holds. Raises BadForm, which says in both languages what to do; OSError."""
    body = read_form(path)
    return publish(body["name"], body, now)


def newest_forms() -> list[Form]:
    with reading() as connection:
        return forms.newest(connection)


def find_form(name: str, version: int) -> Form | None:
    with reading() as connection:
        return forms.read(connection, name, version)


__all__ = ["BadForm", "find_form", "newest_forms", "publish", "publish_file"]
