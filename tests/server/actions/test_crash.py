"""The server dies between any two statements: what is stored is as before or as after, and the retry ends the same."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from sqlalchemy import event

from schemas.change import from_ms
from schemas.wire import load_sync
from server.actions.merge_received import merge_received
from server.actions.receive import Refused, receive
from server.actions.settle import erase, link, settle
from server.clock import now_ms
from server.config import Settings
from server.db import db, reading
from server.sealing import hash_token
from server.store import devices
from tests.postgres import Cluster
from tests.server.installation import NEIGHBOUR, VILLAGE, WORKER, Installation
from tests.server.story import Story, check, everything, told


class Killed(BaseException):
    """The process ends here."""


@contextmanager
def killed_at(n: int) -> Iterator[list[int]]:
    """Let the n-th step to the database kill the process: a statement before it runs, or a commit before it counts."""
    steps = [0]

    def step(*args: Any) -> None:
        steps[0] += 1
        if steps[0] == n:
            raise Killed

    events = ("before_cursor_execute", "commit")
    for name in events:
        event.listen(db.engine, name, step)
    try:
        yield steps
    finally:
        for name in events:
            event.remove(db.engine, name, step)


@dataclass
class Scene:
    """A base that each attempt starts from anew. NOW is the same moment in all of them."""

    story: Story
    start: Callable[[], Installation]
    now: int


Act = Callable[[Installation, Story, int], None]


def a_batch(server: Installation, story: Story, now: int) -> None:
    """One request with all that can happen to a change."""
    siti, ids = story.siti, story.records
    seen = {story.budi.id: story.budi.seq, story.wati.id: story.wati.seq}

    def change(n: int, record: str, fields: dict, **more: Any) -> dict:
        told = {"seq": siti.seq + n, "kind": "worker", "record": record, "village": VILLAGE, "at": from_ms(now)}
        return told | {"fields": fields, "seen": seen} | more

    asked = {
        "changes": [
            change(1, f"{siti.id}-{siti.seq + 1}", WORKER),
            change(2, ids["edited"], {"notes": "dua kali"}),
            change(3, ids["plain"], {"village": NEIGHBOUR}),
            change(4, ids["joined"], {"rt": "001"}),
            change(5, f"{siti.id}-{siti.seq + 5}", {"nik": "1"}),
            change(6, "zzzzzz-1", {"notes": "belum ada"}),
            change(7, ids["conflict"], {"full_name": "Nur Hidayati"}),
        ],
        "cursors": {},
        "sent_at": from_ms(now),
    }
    with reading() as connection:
        device = devices.by_token(connection, hash_token(siti.token))
    try:
        receive(load_sync(json.dumps(asked).encode()), device, now, server.settings)
    except Refused as refused:
        raise AssertionError(refused) from None


def a_fork(server: Installation, story: Story, now: int) -> None:
    twin = {"seq": 1, "kind": "worker", "record": f"{story.siti.id}-1", "village": VILLAGE, "fields": {"rt": "9"}}
    with reading() as connection:
        device = devices.by_token(connection, hash_token(story.siti.token))
    with pytest.raises(Refused):
        receive(load_sync(json.dumps({"changes": [twin], "cursors": {}}).encode()), device, now, server.settings)


def a_settlement(server: Installation, story: Story, now: int) -> None:
    settle(story.records["conflict"], story.seen_of_conflict, {"full_name": "Nur Hayati"}, None, now)


def a_link(server: Installation, story: Story, now: int) -> None:
    link(story.records["edited"], story.records["joined"], True, "NIK sama", None, now)


def a_parting(server: Installation, story: Story, now: int) -> None:
    link(story.records["joined"], story.records["joined too"], False, "bukan", None, now)


def an_erasure(server: Installation, story: Story, now: int) -> None:
    erase([story.records["joined"]], "atas permintaan", None, server.settings, now)


def a_merge_run(server: Installation, story: Story, now: int) -> None:
    """Wati makes the record that Siti's change waits for; it merges on the schedule."""
    assert merge_received(server.settings, now) in (0, 1)


ACTS: dict[str, Act] = {
    "batch": a_batch, "fork": a_fork, "settlement": a_settlement, "link": a_link, "parting": a_parting,
    "erasure": an_erasure, "merge run": a_merge_run,
}  # fmt: skip


def prepared(server: Installation) -> Story:
    """A village of which one change waits for a record that has come meanwhile."""
    story = told(server)
    waits = f"{story.wati.id}-{story.wati.seq + 1}"
    story.siti.sync(story.siti.change(waits, {"notes": "tunggu"}))
    story.wati.sync(story.wati.change(None, WORKER, village=VILLAGE))
    answer = story.budi.post({"changes": [], "cursors": {}}).json
    [conflict] = [each for each in answer["records"] if each["record"] == story.records["conflict"]]
    story.seen_of_conflict = conflict["seen"]  # type: ignore[attr-defined]
    return story


@pytest.fixture
def on_sqlite(settings: Settings, tmp_path: Path) -> Iterator[Scene]:
    base = Installation(settings)
    story = prepared(base)
    base.close()
    made: list[Installation] = []

    def start() -> Installation:
        while made:
            made.pop().close()
        folder = tmp_path / "again"
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(settings.data_dir, folder)
        made.append(Installation(replace(settings, data_dir=folder)))
        return made[-1]

    yield Scene(story, start, now_ms())
    made.pop().close()


@pytest.fixture
def on_postgres(postgres_settings: Settings, postgres_cluster: Cluster, tmp_path: Path) -> Iterator[Scene]:
    base = Installation(postgres_settings)
    story = prepared(base)
    base.close()
    template = postgres_settings.url.split("@/")[1].split("?")[0]
    made: list[Installation] = []

    def start() -> Installation:
        while made:
            old = made.pop()
            old.close()
            postgres_cluster.drop(old.settings.url)
        folder = tmp_path / "again"
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(postgres_settings.data_dir, folder)
        url = postgres_cluster.database(template)
        made.append(Installation(replace(postgres_settings, data_dir=folder, database_url=url)))
        return made[-1]

    yield Scene(story, start, now_ms())
    old = made.pop()
    old.close()
    postgres_cluster.drop(old.settings.url)


def outcome(server: Installation, act: Act, scene: Scene, n: int = 0) -> tuple[int, dict[str, list[Any]]]:
    """How many steps it took (or until it was killed), and what is stored then."""
    stopped_clock = patch("server.audit.now_ms", lambda: scene.now)  # entries of the audit log can then be compared
    with server.app.app_context(), stopped_clock, killed_at(n) as steps:
        try:
            act(server, scene.story, scene.now)
        except Killed:
            steps[0] = 0
        db.engine.dispose()
    return steps[0], everything(server)


def crash_everywhere(scene: Scene, act: Act, stride: int, first: int = 1) -> int:
    """Kill it at every `stride`-th step; gives how many steps it has."""
    server = scene.start()
    before = everything(server)
    total, after = outcome(server, act, scene)
    assert before != after and check(server) == []
    for n in range(first, total + 1, stride):
        server = scene.start()
        steps, found = outcome(server, act, scene, n)
        assert steps == 0, f"step {n} was never reached"
        assert found in (before, after), f"killed at step {n} of {total}: neither as before nor as after"
        assert check(server) == []
        if found == before or act in (a_batch, a_merge_run):
            assert outcome(server, act, scene)[1] == after, f"the retry after step {n} ended otherwise"
    return total


@pytest.mark.parametrize("name", sorted(ACTS))
def test_a_crash_at_any_step_leaves_nothing_half_done(on_sqlite, name):
    assert crash_everywhere(on_sqlite, ACTS[name], stride=1) >= 4


@pytest.mark.postgres
@pytest.mark.parametrize("name", ["batch", "parting"])
def test_a_crash_at_some_steps_leaves_nothing_half_done_on_postgresql(on_postgres, name):
    crash_everywhere(on_postgres, ACTS[name], stride=9, first=5)


@pytest.mark.slow
@pytest.mark.postgres
@pytest.mark.parametrize("name", sorted(ACTS))
def test_a_crash_at_any_step_leaves_nothing_half_done_on_postgresql(on_postgres, name):
    crash_everywhere(on_postgres, ACTS[name], stride=1)
