"""What a phone's browser asks for and what that weighs, the tabs' and the service worker's alike."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple
from urllib.parse import urlsplit

# Playwright tells of what a service worker asks for only when asked so, before it starts.
os.environ["PW_EXPERIMENTAL_SERVICE_WORKER_NETWORK_EVENTS"] = "1"


class Asked(NamedTuple):
    """One request with its answer, in bytes as they travelled. path: without a query."""

    path: str
    up: int
    down: int
    headers: int
    by_worker: bool

    @property
    def bodies(self) -> int:
        return self.up + self.down


class Weight(NamedTuple):
    """bodies: as they were pressed. headers: both ways."""

    requests: int
    bodies: int
    headers: int


def weight(all_asked: list[Asked]) -> Weight:
    return Weight(len(all_asked), sum(one.bodies for one in all_asked), sum(one.headers for one in all_asked))


class Wire:
    """Listens to a browser context from now on; what its cache answered is none of it."""

    def __init__(self, context: Any) -> None:
        self._requests: list[Any] = []
        context.on("requestfinished", lambda request: self._requests.append(request))

    @contextmanager
    def listening(self) -> Iterator[list[Asked]]:
        """What is asked for inside; the list is filled at the end."""
        before, heard = len(self._requests), list[Asked]()
        yield heard
        time.sleep(0.2)  # the last answer is told after what it brought is on the screen
        heard += [one for one in map(_asked, self._requests[before:]) if one is not None]


def _asked(request: Any) -> Asked | None:
    sizes = request.sizes()
    if sizes["responseBodySize"] < 0 or not request.url.startswith("http"):  # out of the cache
        return None
    headers = sizes["requestHeadersSize"] + sizes["responseHeadersSize"]
    by_worker = request.service_worker is not None
    return Asked(urlsplit(request.url).path, sizes["requestBodySize"], sizes["responseBodySize"], headers, by_worker)
