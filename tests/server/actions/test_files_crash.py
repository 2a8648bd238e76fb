"""The server dies between any two steps of a photo's way in or out, on the disk or in the database."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from server.actions import files
from server.actions.settle import erase
from server.clock import now_ms
from server.config import Settings
from server.store import contents
from server.store.contents import Part
from tests.server.actions.test_crash import Killed, killed_at
from tests.server.api.test_files import PREFIX, Tus, photo, worker_with
from tests.server.installation import DAY_MS, VILLAGE, Installation, Phone

CONTENT = photo(5000)
NAME = sha256(CONTENT).hexdigest()


@contextmanager
def dying_at(server: Installation, n: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """The n-th step is not taken, and none after it: of the database, and of those that change the disk."""
    with server.app.app_context(), killed_at(n) as steps, monkeypatch.context() as patched:

        def counted(act: Callable[..., Any]) -> Callable[..., Any]:
            def acting(*args: Any, **named: Any) -> Any:
                steps[0] += 1
                if steps[0] == n:
                    raise Killed
                return None if steps[0] > n else act(*args, **named)  # a dead process tidies nothing up

            return acting

        for place, act in ((os, "fsync"), (os, "replace"), (Path, "unlink"), (Part, "_put")):
            patched.setattr(place, act, counted(getattr(place, act)))
        yield steps


def started(base: Path, folder: Path, settings: Settings, phone: Phone) -> tuple[Installation, Phone]:
    shutil.copytree(base, folder)
    server = Installation(replace(settings, data_dir=folder, database_url=""))
    again = Phone(server.client, {"device": phone.id, "token": phone.token, "epoch": phone.epoch, "villages": []})
    again.villages, again.seq = phone.villages, phone.seq
    return server, again


def bring(server: Installation, siti: Phone, change: dict[str, Any], place: str | None) -> Iterator[str]:
    """What a phone does, on from what it knows; gives where its upload is."""
    siti.sync(change)
    tus = Tus(server, siti)
    head = tus.head(place) if place else None
    if head is None or head.status_code != 200:
        answer = tus.create(CONTENT)
        place, offset = answer.headers["Location"], int(answer.headers["Upload-Offset"])
        yield place
    else:
        offset = int(head.headers["Upload-Offset"])
    while offset < len(CONTENT):
        offset = int(tus.patch(place, offset, CONTENT[offset : offset + 2500]).headers["Upload-Offset"])


def everything_is_right(server: Installation, siti: Phone, change: dict[str, Any]) -> None:
    assert siti.sync(change)["wanted"] == []
    assert server.client.get(f"{PREFIX}/{NAME}", headers=siti.headers).data == CONTENT
    assert server.counts()["file"] == server.counts()["naming"] == 1
    for path in server.settings.files.rglob("*"):
        os.utime(path, (1, 1))
    with server.app.app_context():
        files.tidy(server.settings, now_ms() + 15 * DAY_MS)
    left = [path.name for path in server.settings.files.rglob("*") if path.is_file()]
    assert left == [f"{NAME}.sealed"]


def test_however_often_the_server_dies_while_a_photo_comes_it_is_there_in_the_end(
    server: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    siti = server.enrolled(VILLAGE)
    change = worker_with(siti, CONTENT)
    server.close()
    for n in range(1, 400):
        other, phone = started(server.settings.data_dir, tmp_path / f"died {n}", server.settings, siti)
        place: list[str] = []
        with dying_at(other, n, monkeypatch) as steps:
            try:
                place += bring(other, phone, change, None)
            except Killed:
                pass
        if steps[0] < n:
            other.close()
            break
        list(bring(other, phone, change, place[-1] if place else None))
        everything_is_right(other, phone, change)
        other.close()
    assert 30 < n < 399


def test_however_the_server_dies_while_it_erases_no_photo_of_anothers_goes_and_none_of_his_stays(
    server: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    siti, other_photo = server.enrolled(VILLAGE), photo(mark=7)
    siti.sync(worker_with(siti, CONTENT), worker_with(siti, other_photo))
    for content in (CONTENT, other_photo):
        Tus(server, siti).send(content, step=5000)
    server.close()
    for n in range(1, 200):
        other, phone = started(server.settings.data_dir, tmp_path / f"died {n}", server.settings, siti)
        with dying_at(other, n, monkeypatch) as steps:
            try:
                erase([f"{siti.id}-1"], "diminta", None, other.settings, now_ms())
            except Killed:
                pass
        if steps[0] >= n:
            with other.app.app_context():
                erase([f"{siti.id}-1"], "diminta", None, other.settings, now_ms())
        for path in other.settings.files.rglob("*"):
            os.utime(path, (1, 1))
        with other.app.app_context():
            files.tidy(other.settings, now_ms())
        assert list(contents.of(other.settings).all()) == [sha256(other_photo).hexdigest()]
        assert other.client.get(f"{PREFIX}/{NAME}", headers=phone.headers).status_code == 404
        other.close()
        if steps[0] < n:
            break
    assert 10 < n < 199
