"""A server in memory behind real HTTP, and phones that speak to it."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sync.device.client import Client
from sync.device.outbox import Outbox
from tests.sync.device.fake_server import FakeServer, Served

KAMAN, TERATAK = "64.02.11.2005", "64.02.11.2003"
NUR = {"nik": "6402115207909001", "full_name": "Nur Hayati", "phone": "+6281250001111"}


@pytest.fixture
def served() -> Iterator[Served]:
    served = Served()
    yield served
    served.close()


@pytest.fixture
def server(served: Served) -> FakeServer:
    return served.server


@pytest.fixture
def phone(served: Served, tmp_path: Path) -> Callable[..., Client]:
    """phone("Siti", KAMAN): an enrolled device with a file of its own."""

    def enrolled(officer: str = "Siti", *villages: str) -> Client:
        client = stranger(served.url, tmp_path / f"{officer}.db")
        client.enrol(served.server.code(officer, list(villages or (KAMAN,))), officer)
        return client

    return enrolled


def stranger(url: str, path: Path) -> Client:
    return Client(url, Outbox(path), rng=random.Random(7))
