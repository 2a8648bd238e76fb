"""The story's phones and desks: they go through the same door as everybody, without a network between."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from flask import Flask
from flask.testing import FlaskClient

from schemas.change import from_ms
from server.actions.enrol import make_code
from server.clock import now_ms
from server.config import Settings
from sync.device.client import Client
from sync.device.files import Photos, Sender
from sync.device.outbox import Outbox

PLATFORM = "Cerita / story"
MORNING = time(1, 0, tzinfo=UTC)  # nine o'clock in East Kalimantan


class Login(NamedTuple):
    """Who may sign in to the demo; region: a code of any level, `id` the nation."""

    name: str
    password: str
    role: str
    region: str


@dataclass
class Answer:
    """What a device's client reads of an answer."""

    status: int
    data: bytes
    headers: Mapping[str, str]


class Door:
    """Stands in for a device's network: its requests go straight to the application."""

    def __init__(self, client: FlaskClient) -> None:
        self._client = client

    def request(self, method: str, url: str, *, body: bytes, headers: Mapping[str, str], **more: Any) -> Answer:
        plain = {name: value for name, value in headers.items() if name.lower() != "accept-encoding"}
        answer = self._client.open(urlsplit(url).path, method=method, data=body, headers=plain)
        return Answer(answer.status_code, answer.get_data(), dict(answer.headers))


class Phone:
    """An officer's phone, a real device but for its network; its outbox is in memory, and what it does has its day."""

    def __init__(self, app: Flask, settings: Settings, officer: str, villages: list[str]) -> None:
        self._at: int | None = None
        self._outbox = Outbox("story", clock=self._now, connect=_in_memory)
        self._door = app.test_client()
        self._client = Client("http://story", self._outbox, clock=self._now, http=Door(self._door))
        self._photos = Photos(self._outbox)
        self._client.enrol(make_code(officer, villages, settings, now_ms()).code, f"HP {officer}", PLATFORM)

    def _now(self) -> int:
        return now_ms() if self._at is None else min(self._at, now_ms())

    def writes(self, day: date, kind: str, record: str | None, village: str, fields: Mapping[str, Any]) -> str:
        """Enter something on a day, one after the other; gives the record's id."""
        morning = int(datetime.combine(day, MORNING).timestamp() * 1000)
        self._at = max(morning, (self._at or 0) + 60_000)
        saved = self._outbox.save(kind, record, village, fields)
        assert saved is not None  # the story never says again what is known
        return saved.record

    def syncs(self) -> None:
        """By a clock that goes right: what a wrong one would do to the times is another story."""
        self._at, was = None, self._at
        self._client.sync()
        self._at = was

    def keeps(self, picture: bytes) -> dict[str, Any]:
        """A picture just taken; gives the value for the field that names it."""
        return self._photos.keep(picture, "image/png")

    def brings_pictures(self) -> None:
        """After a sync, in which the server said what it lacks."""
        Sender(self._client, self._photos).send_wanted()

    def says(self, **status: Any) -> None:
        """Sync with a word on itself that the story makes up: how much waits, since when, whether its storage is safe."""
        asked = {"sent_at": from_ms(now_ms()), "changes": [], "cursors": {}, "status": status}
        self._door.post("/api/v1/sync", json=asked, headers=self._headers())

    def sends_as_is(self, change: Mapping[str, Any], sent_at: int | None = None) -> int:
        """One change as it stands, past the outbox, by whatever clock; gives the answer's status."""
        asked = {"sent_at": from_ms(now_ms() if sent_at is None else sent_at), "changes": [dict(change)], "cursors": {}}
        return self._door.post("/api/v1/sync", json=asked, headers=self._headers()).status_code

    @property
    def id(self) -> str:
        device: str = self._outbox.disk.get("device")
        return device

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._outbox.disk.get('token')}"}

    def reads(self, record: str) -> dict[str, Any]:
        opened = self._outbox.open(record)
        assert opened is not None
        return dict(opened.fields)

    def puts_away(self) -> None:
        self._outbox.close()


def _in_memory(path: str, **options: Any) -> sqlite3.Connection:
    return sqlite3.connect(":memory:", **options)


class Desk:
    """An operator who has signed in."""

    def __init__(self, app: Flask, name: str, password: str) -> None:
        self._client = app.test_client()
        told = self._client.post("/api/v1/login", json={"name": name, "password": password}).get_json()
        self._headers = {"Authorization": f"Bearer {told['token']}"}

    def sees(self, path: str) -> dict[str, Any]:
        return self._checked(self._client.get(path, headers=self._headers))

    def does(self, path: str, what: Mapping[str, Any]) -> dict[str, Any]:
        return self._checked(self._client.post(path, json=what, headers=self._headers))

    @staticmethod
    def _checked(answer: Any) -> dict[str, Any]:
        told: dict[str, Any] = answer.get_json()
        if answer.status_code != 200:
            raise RuntimeError(f"the story was refused: {told.get('type')}")
        return told


def days_ago(today: date, days: int) -> date:
    return today - timedelta(days=days)
