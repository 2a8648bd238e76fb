"""Photos of a device in Python: kept like what was entered, and brought over any line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Any

import pytest

from server.actions.enrol import make_code
from server.clock import now_ms
from server.config import Settings
from sync.device.client import Client, LineLost, Refused
from sync.device.files import Photos, Sender
from sync.device.outbox import Outbox
from tests.server.installation import VILLAGE, WORKER, Installation, prepare


def photo(size: int, seed: int = 1) -> bytes:
    return b"\xff\xd8\xff" + Random(seed).randbytes(size - 3)


class Line:
    """Straight to the application; some requests are never sent, and of some the answer is lost."""

    def __init__(self, server: Installation, losses: float = 0.0, seed: int = 1) -> None:
        self.client, self.losses, self.random = server.client, losses, Random(seed)

    def request(self, method: str, url: str, *, body: bytes, headers: Mapping[str, str], **more: Any) -> Any:
        if self.random.random() < self.losses:
            raise OSError("never sent")
        plain = {name: value for name, value in headers.items() if name.lower() != "accept-encoding"}
        answer = self.client.open(url.removeprefix("http://server"), method=method, data=body, headers=plain)
        if self.random.random() < self.losses:
            raise OSError("no answer")
        return type("Reply", (), {"status": answer.status_code, "data": answer.data, "headers": answer.headers})


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Installation]:
    """The real one: what only resembles it would take any upload."""
    settings = Settings(data_dir=tmp_path / "var", device_requests_per_minute=100_000)
    prepare(settings)
    made = Installation(settings)
    yield made
    made.close()


@pytest.fixture
def laptop(server: Installation, tmp_path: Path) -> tuple[Outbox, Client]:
    with server.app.app_context():
        code = make_code("Siti", [VILLAGE], server.settings, now_ms()).code
    outbox = Outbox(tmp_path / "siti.db")
    client = Client("http://server", outbox, http=Line(server))
    client.enrol(code)
    return outbox, client


def seen(server: Installation, outbox: Outbox, content: bytes) -> bytes | None:
    headers = {"Authorization": f"Bearer {outbox.disk.get('token')}"}
    answer = server.client.get(f"/api/v1/files/{sha256(content).hexdigest()}", headers=headers)
    return answer.data if answer.status_code == 200 else None


def test_the_data_goes_first_then_the_photo_that_it_names(server: Installation, laptop: tuple[Outbox, Client]) -> None:
    outbox, client = laptop
    photos, content = Photos(outbox), photo(150_000)
    outbox.save("worker", None, VILLAGE, WORKER | {"photo_ktp": photos.keep(content, "image/jpeg")})
    assert Sender(client, photos).send_wanted() == 0  # nobody has asked yet
    client.sync()
    assert Sender(client, photos).send_wanted() == 1 and seen(server, outbox, content) == content
    client.sync()
    assert photos.wanted() == []


@pytest.mark.parametrize("seed", range(4))
def test_over_a_line_that_breaks_a_photo_comes_whole(
    server: Installation, laptop: tuple[Outbox, Client], seed: int
) -> None:
    outbox, client = laptop
    photos, content = Photos(outbox), photo(40_000, seed)
    outbox.save("worker", None, VILLAGE, WORKER | {"photo_ktp": photos.keep(content, "image/jpeg")})
    client.sync()
    client.http = Line(server, losses=0.3, seed=seed)
    for _ in range(200):
        try:
            Sender(client, Photos(outbox), chunk=4000).send_wanted()  # as after a kill: nothing is kept in memory
            break
        except LineLost:
            continue
    assert seen(server, outbox, content) == content and client.tally.lost > 3


def test_an_upload_that_the_server_has_forgotten_begins_anew(server: Installation, laptop: tuple[Outbox, Client]) -> None:
    outbox, client = laptop
    photos, content = Photos(outbox), photo(10_000)
    outbox.save("worker", None, VILLAGE, WORKER | {"photo_ktp": photos.keep(content, "image/jpeg")})
    client.sync()
    photos.note_place(sha256(content).hexdigest(), "/api/v1/files/" + "A" * 24)
    assert Sender(client, photos).send_wanted() == 1 and seen(server, outbox, content) == content


def test_what_the_server_never_takes_is_said(laptop: tuple[Outbox, Client]) -> None:
    outbox, client = laptop
    photos = Photos(outbox)
    value = photos.keep(b"<svg/>", "image/svg+xml")
    outbox.save("worker", None, VILLAGE, WORKER | {"photo_ktp": value})
    client.sync()
    with pytest.raises(Refused) as refused:
        Sender(client, photos).send_wanted()
    assert refused.value.status == 415
