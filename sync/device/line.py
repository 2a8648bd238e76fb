"""A village's line: requests that never leave, answers that are lost after the server acted, halves of either."""

from __future__ import annotations

import http.client
from collections import Counter
from collections.abc import Mapping
from random import Random
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import urllib3
from urllib3.exceptions import ProtocolError

FATES = ("never sent", "torn request", "answer lost", "cut reply")


class NoLine(OSError):
    """The officer is out of reach."""


class Half(NamedTuple):
    """The part of a reply that arrived."""

    status: int
    headers: Mapping[str, str]
    data: bytes


class LossyLine:
    """Stands in for urllib3's pool. loss: how many of 1.0 requests go wrong; each way of `FATES` as often.

    away: while it is set nothing leaves the phone.
    """

    def __init__(self, http: urllib3.PoolManager, rng: Random, loss: float) -> None:
        self.http, self.rng, self.loss = http, rng, loss
        self.away = False
        self.went_wrong: Counter[str] = Counter()

    def request(self, method: str, url: str, *, body: bytes, headers: Mapping[str, str], **more: Any) -> Any:
        if self.away:
            raise NoLine("no signal behind the hill")
        fate = self.rng.choice(FATES) if self.rng.random() < self.loss else "good"
        if fate == "good":
            return self.http.request(method, url, body=body, headers=headers, **more)
        self.went_wrong[fate] += 1
        if fate == "torn request":
            _send_half(method, url, body, headers)
        elif fate != "never sent":
            reply = self.http.request(method, url, body=body, headers=headers, **more)
            if fate == "cut reply":
                return Half(reply.status, reply.headers, reply.data[: self.rng.randrange(len(reply.data) + 1) // 2])
        raise ProtocolError(fate)


def _send_half(method: str, url: str, body: bytes, headers: Mapping[str, str]) -> None:
    """The server is promised the whole body, gets half of it, and then nothing more."""
    parts = urlsplit(url)
    if parts.scheme != "http" or not parts.hostname:
        return
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=5)
    try:
        connection.putrequest(method, parts.path)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            connection.putheader(name, value)
        connection.endheaders(body[: len(body) // 2])
    except OSError:
        pass  # it was to break anyway
    finally:
        connection.close()
