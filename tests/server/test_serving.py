"""The server as it is called over a real line."""

from __future__ import annotations

import gc
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
import urllib3

from server.serving import Service, listen
from tests.server.installation import Installation

PHONES = 130


@pytest.fixture
def served(server: Installation) -> Iterator[tuple[str, int]]:
    """Host and port of a server that is at work."""
    threshold = gc.get_threshold()
    taken = listen("127.0.0.1", 0)
    service = Service(server.app, server.settings, taken, scheduled=False)
    thread = threading.Thread(target=service.run)
    thread.start()
    yield taken.getsockname()[:2]
    service.stop()
    thread.join(20)
    gc.unfreeze()
    gc.set_threshold(*threshold)


def test_a_phone_is_answered_while_many_others_keep_their_lines_open(served: tuple[str, int]):
    host, port = served
    with ExitStack() as open_lines:
        for _ in range(PHONES):
            open_lines.enter_context(socket.create_connection(served, timeout=5))
        answer = urllib3.request("GET", f"http://{host}:{port}/healthz", timeout=5, retries=False)
    assert answer.status == 200
