"""Migrations meet databases that are filled, on both engines."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import Connection

from schemas.change import dumps
from server.app import create_app
from server.config import Settings
from server.db import db, transaction
from server.store import files, schema

SHAS = ["a" * 64, "b" * 64, "c" * 64]


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def old_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Connection]:
    """One of the first version, in which a device has a photo, one that was set aside, and one that was erased."""
    settings = Settings(data_dir=tmp_path)
    if request.param == "postgresql":
        settings = replace(settings, database_url=request.getfixturevalue("postgres_url"))
    with create_app(settings).app_context():
        with transaction() as connection:
            schema.migrate(connection, "0001")
            fill(connection)
        with transaction() as connection:
            yield connection
        db.engine.dispose()


def fill(connection: Connection) -> None:
    tables = sa.MetaData()
    tables.reflect(connection)
    device = {
        "id": "k7f3q2", "name": "", "platform": "", "enrolled_at": 1, "acked": 4, "effective_at": 1, "offset_ms": 0,
        "mailed": 0, "heard_epoch": "x", "status": "{}",
    }  # fmt: skip
    connection.execute(tables.tables["device"].insert(), [device, device | {"id": "p2m8aa"}])
    connection.execute(tables.tables["form"].insert(), [{"name": "worker", "version": 1, "body": "{}", "published_at": 1}])
    connection.execute(tables.tables["change"].insert(), [
        change(1, {"photo_ktp": named(SHAS[0])}),
        change(2, {}, sent={"seq": 2, "fields": {"extra.x": [named(SHAS[1])], "sex": "?"}}, status="quarantined"),
        change(3, None), change(4, {"full_name": '"sha256"'}),
    ])  # fmt: skip


def named(sha256: str) -> dict[str, Any]:
    return {"sha256": sha256, "size": 3000, "type": "image/webp"}


def change(seq: int, fields: dict[str, Any] | None, sent: Any = None, status: str = "merged") -> dict[str, Any]:
    return {
        "device": "k7f3q2", "seq": seq, "record": f"k7f3q2-{seq}", "kind": "worker", "village": "64.02.11.2005",
        "effective": 1, "received": seq, "seen": "{}", "hash": b"x", "status": status,
        "fields": None if fields is None else dumps(fields), "sent": None if sent is None else dumps(sent),
    }  # fmt: skip


def test_photos_named_before_there_were_photos_are_wanted_and_all_else_stays(old_database: Connection) -> None:
    schema.migrate(old_database)
    assert schema.is_current(old_database)
    assert files.lacked(old_database, "k7f3q2", 10) == [SHAS[1], SHAS[0]] and files.lacked(old_database, "p2m8aa", 10) == []
    wants = old_database.exec_driver_sql("SELECT id, wants FROM device ORDER BY id").all()
    assert [(row[0], bool(row[1])) for row in wants] == [("k7f3q2", True), ("p2m8aa", False)]
    form = old_database.exec_driver_sql("SELECT name, kind, shipped FROM form").one()
    assert tuple(form)[:2] == ("worker", None) and not form[2]
    assert old_database.exec_driver_sql("SELECT count(*) FROM change").scalar() == 4
