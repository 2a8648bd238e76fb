"""A server of a test's own: the application over a fresh database, with phones and people who call it."""

from __future__ import annotations

import gzip
import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient

from schemas.change import from_ms
from server.actions.enrol import make_code
from server.actions.initialise import initialise
from server.app import create_app
from server.clock import now_ms
from server.config import Settings
from server.db import db, reading, transaction
from server.sealing import hash_token, new_token
from server.store import accounts
from server.store.tables import metadata
from tests.postgres import Cluster
from tests.server import compiled

compiled.once()

VILLAGE, NEIGHBOUR = "64.02.11.2005", "64.02.11.2004"  # Muara Kaman Ulu, and a village of the same district
ELSEWHERE = "64.03.05.1003"  # in another regency
WORKER: dict[str, Any] = {
    "nik": "6402115207909001", "full_name": "Nur Hayati", "birth_date": "1990-07-12", "sex": "female",
    "occupation": "farmer", "programs": ["JKK", "JKM"],
    "consent": {"version": "1", "at": "2026-11-20T08:11:12.003Z", "method": "oral", "purposes": ["registration"]},
}  # fmt: skip
DAY_MS = 24 * 60 * 60 * 1000


def prepare(settings: Settings) -> None:
    """Make the database that the settings name; leaves no connection open, so that it can be copied."""
    app = create_app(settings)
    with app.app_context():
        initialise(settings, now_ms())
        db.engine.dispose()


class Phone:
    """An enrolled device as a test plays it: it counts its changes, and keeps its cursors when told to."""

    def __init__(self, client: FlaskClient, enrolled: Mapping[str, Any]) -> None:
        self._client = client
        self.id: str = enrolled["device"]
        self.token: str = enrolled["token"]
        self.villages = [village["code"] for village in enrolled["villages"]]
        self.epoch: str = enrolled["epoch"]
        self.seq = 0
        self.cursors: dict[str, int] = {}

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    def change(
        self, record: int | str | None = None, fields: Mapping[str, Any] | None = None, **more: Any
    ) -> dict[str, Any]:
        """Its next change. record: the number of one of its own, a whole id, or None for a new record of its own."""
        self.seq = more.pop("seq", self.seq + 1)
        record = self.seq if record is None else record
        made = {
            "seq": self.seq, "kind": "worker", "record": f"{self.id}-{record}" if isinstance(record, int) else record,
            "village": self.villages[0], "at": from_ms(now_ms() - DAY_MS),
            "fields": dict(WORKER if fields is None else fields),
        }  # fmt: skip
        return made | more

    def sync(self, *changes: Mapping[str, Any], **more: Any) -> Any:
        """Send changes and read the answer's JSON; the cursors go along, and are kept. Asserts that it was 200."""
        response = self.post({"changes": list(changes), "cursors": self.cursors, "epoch": self.epoch, **more})
        assert response.status_code == 200, response.get_data(as_text=True)
        self.cursors = response.json["cursors"]
        return response.json

    def post(self, asked: Any, *, squeeze: bool = False) -> Any:
        """A sync request of any kind, as it is; gives the response."""
        return self.post_bytes(json.dumps(asked).encode(), squeeze=squeeze)

    def post_bytes(self, body: bytes, *, squeeze: bool = False, **headers: str) -> Any:
        sent = self.headers | ({"Content-Encoding": "gzip"} if squeeze else {}) | headers
        return self._client.post(
            "/api/v1/sync", data=gzip.compress(body) if squeeze else body, headers=sent, content_type="application/json"
        )


class Person:
    """Somebody who has signed in."""

    def __init__(self, client: FlaskClient, account: int, token: str, role: str, region: str) -> None:
        self._client, self.id, self.token, self.role, self.region = client, account, token, role, region

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    def get(self, path: str, **query: Any) -> Any:
        return self._client.get(path, query_string=query or None, headers=self.headers)

    def post(self, path: str, asked: Any) -> Any:
        return self._client.post(path, json=asked, headers=self.headers)


class Installation:
    """One application over one database."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.app: Flask = create_app(settings)
        self.client: FlaskClient = self.app.test_client()

    def enrolled(self, *villages: str, officer: str = "Siti Aminah") -> Phone:
        """A phone of that officer for these villages, enrolled through the door."""
        with self.app.app_context():
            code = make_code(officer, villages or (VILLAGE,), self.settings, now_ms()).code
        response = self.client.post("/api/v1/enrol", json={"code": code})
        assert response.status_code == 201, response.get_data(as_text=True)
        return Phone(self.client, response.json)

    def person(self, role: str, region: str, password: str = "-") -> Person:
        """Somebody with that role in that region, signed in; password: a hash, if it matters."""
        token = new_token()
        with self.app.app_context(), transaction() as connection:
            name = f"{role} {region} {token[:6]}"
            account = accounts.add_account(connection, name, password, role, region, now_ms())
            accounts.add_session(connection, hash_token(token), account, "api", now_ms() + DAY_MS, now_ms())
        return Person(self.client, account, token, role, region)

    @contextmanager
    def reading(self) -> Iterator[Any]:
        """A connection that only reads, for looking at what is stored."""
        with self.app.app_context(), reading() as connection:
            yield connection

    def counts(self) -> dict[str, int]:
        """How many rows each table has; left out are those where even what is refused is counted or noted."""
        counted = [t.name for t in metadata.sorted_tables if t.name not in ("refusal", "audit", "audit_record")]
        asked = ", ".join(f'(SELECT count(*) FROM "{name}")' for name in counted)
        with self.reading() as connection:
            return dict(zip(counted, connection.exec_driver_sql(f"SELECT {asked}").one(), strict=True))

    def close(self) -> None:
        with self.app.app_context():
            db.engine.dispose()


@contextmanager
def on_engine(request: Any, template: Path, folder: Path) -> Iterator[Installation]:
    """The installation of a fixture of any scope whose param is an engine, "sqlite" or "postgresql"."""
    settings, url = copied(template, folder / "var"), None
    if request.param == "postgresql":
        cluster = request.getfixturevalue("postgres_cluster")
        url = cluster.database(filled_template(cluster, template, folder))
        settings = replace(settings, database_url=url)
    made = Installation(settings)
    yield made
    made.close()
    if url:
        cluster.drop(url)


def filled_template(cluster: Cluster, template: Path, folder: Path) -> str:
    """The name of a PostgreSQL database to copy, made in a folder of its own below `folder`, once for each server.

    Its keys are sealed under the secret in `template`; the tests of another folder have one of their own.
    """

    def fill(url: str) -> None:
        prepare(copied(template, folder / "filling", database_url=url))

    return cluster.template(f"sambung {template}", fill)


def copied(template: Path, data_dir: Path, **settings: Any) -> Settings:
    """Settings over a copy of a prepared data directory."""
    shutil.copytree(template, data_dir, dirs_exist_ok=True)
    return replace(Settings(data_dir=data_dir, device_requests_per_minute=100_000), **settings)
