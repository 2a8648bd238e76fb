"""What monitors are told, and who may read the metrics."""

from __future__ import annotations

from collections import namedtuple
from dataclasses import replace
from typing import Any

import pytest

from server.actions import readiness
from server.clock import now_ms
from server.config import Settings
from server.db import transaction
from server.store import runs
from tests.server.api.world import build
from tests.server.installation import Installation

TOKEN = "kunci metrik " * 3
Usage = namedtuple("Usage", "total used free")


def lacking(server: Installation) -> list[str]:
    """What the server says it lacks; empty when it is ready."""
    server.app.extensions["sambung.readiness"]["at"] = 0
    answer = server.client.get("/readyz")
    if answer.status_code == 200:
        return []
    assert answer.status_code == 503 and answer.headers["Retry-After"] == "10"
    return list(answer.json["missing"])


def test_a_server_that_can_work_says_so(either_server: Installation) -> None:
    assert either_server.client.get("/healthz").json == {"status": "ok"}
    assert lacking(either_server) == []


def test_without_its_database_it_is_alive_and_not_ready(settings: Settings) -> None:
    server = Installation(replace(settings, database_url="sqlite:////nowhere/at/all.db"))
    assert server.client.get("/healthz").status_code == 200
    assert "database" in lacking(server) and "nowhere" not in server.client.get("/readyz").get_data(as_text=True)


def test_tables_of_an_older_version_are_not_ready(either_server: Installation) -> None:
    with either_server.app.app_context(), transaction() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0000'")
    assert lacking(either_server) == ["migrations"]


def test_a_full_disk_is_not_ready(server: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readiness.shutil, "disk_usage", lambda path: Usage(10**12, 10**12, 10**6))
    assert lacking(server) == ["disk"]


class Leading:
    is_leading = True


def test_a_scheduler_that_has_not_merged_for_long_is_not_ready(server: Installation) -> None:
    server.app.extensions["sambung_scheduler"] = Leading()
    assert lacking(server) == []  # it has just begun
    server.app.extensions["sambung.readiness"]["started"] = now_ms() - 10 * 60_000
    assert lacking(server) == ["scheduler"]
    with server.app.app_context(), transaction() as connection:
        runs.begin(connection, "merge", now_ms() - 5_000)
    assert lacking(server) == []


def test_a_node_without_a_scheduler_does_not_answer_for_one(server: Installation) -> None:
    server.app.extensions["sambung.readiness"]["started"] = 0
    assert lacking(server) == []


def test_probes_cost_the_database_one_look_a_second(server: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[int] = []
    monkeypatch.setattr("server.api.health.look", lambda *_: looks.append(1) or readiness.Ready(True, True, True, True))
    monkeypatch.setattr("server.api.health.now_ms", lambda: 10**12)
    assert [server.client.get("/readyz").status_code for _ in range(20)] == [200] * 20
    assert len(looks) == 1


def test_the_metrics_count_what_waits(server: Installation) -> None:
    build(server)
    told = server.client.get("/metrics")
    assert told.status_code == 200 and told.content_type.startswith("text/plain")
    lines = told.get_data(as_text=True).splitlines()
    for line in (
        "sambung_database_up 1.0", "sambung_waiting_changes 1.0", "sambung_conflict_records 1.0",
        'sambung_devices{silent="no"} 3.0',
    ):  # fmt: skip
        assert line in lines


METRICS_CALLERS: list[tuple[str, dict[str, str], int]] = [
    ("127.0.0.1", {}, 200),
    ("::1", {}, 200),
    ("10.0.0.5", {}, 403),
    ("127.0.0.1", {"X-Forwarded-For": "10.0.0.5"}, 403),
    ("127.0.0.1", {"X-Forwarded-For": ""}, 403),
    ("127.0.0.1", {"Forwarded": "for=10.0.0.5"}, 403),
    ("127.0.0.1", {"X-Real-IP": "10.0.0.5"}, 403),
    ("10.0.0.5", {"Authorization": f"Bearer {TOKEN}"}, 200),
    ("10.0.0.5", {"Authorization": f"Bearer {TOKEN}x"}, 403),
    ("10.0.0.5", {"Authorization": "Bearer "}, 403),
    ("10.0.0.5", {"Authorization": f"Basic {TOKEN}"}, 403),
]


@pytest.mark.parametrize(("address", "headers", "status"), METRICS_CALLERS)
def test_metrics_are_for_this_machine_or_for_the_bearer_of_their_token(
    settings: Settings, address: str, headers: dict[str, str], status: int
) -> None:
    server = Installation(replace(settings, metrics_token=TOKEN.strip()))
    told = server.client.get("/metrics", headers=headers, environ_base={"REMOTE_ADDR": address})
    assert told.status_code == status
    server.close()


@pytest.mark.parametrize("sent", [{}, {"Authorization": "Bearer "}, {"Authorization": "Bearer x"}])
def test_without_the_setting_no_token_opens_the_metrics(server: Installation, sent: dict[str, Any]) -> None:
    told = server.client.get("/metrics", headers=sent, environ_base={"REMOTE_ADDR": "10.0.0.5"})
    assert told.status_code == 403
