"""Serve the application: waitress in front, the scheduler beside it, and an end that loses nothing half done."""

from __future__ import annotations

import gc
import os
import socket
import threading
import time

from flask import Flask
from waitress import wasyncore
from waitress.server import create_server

from server.config import Settings
from server.jobs.scheduler import Scheduler

BACKLOG = 1024
# Each phone keeps its line open for a while. With waitress's own 100, the next one is heard when some other leaves.
LINES = 1000
DRAIN_SECONDS = 10
_LOOK_AROUND_SECONDS = 1.0
# The door refuses what is too large with a problem that says so; only far above that the line is cut short.
_BODY_BEYOND_BOUND = 4


def settle_memory() -> None:
    """What is loaded by now stays, so Python's collector of circles need not go through it again and again.

    A batch of 200 makes thousands of objects and hardly a circle among them. Looked for every 700 objects, as Python
    does unasked, they cost 5 % of its time, and every so often a pause of 60 ms.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


class CannotListen(OSError):
    """The address can't be had."""


def listen(host: str, port: int) -> socket.socket:
    """Take an address; from here on it is ours, and who calls waits until we serve. Raises CannotListen.

    port: 0 takes any free one. Of a name with several addresses the first is taken.
    """
    taken: socket.socket | None = None
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        taken = socket.socket(family, kind, protocol)
        if os.name == "posix":  # elsewhere it would let two servers share one port
            taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(address)
        taken.listen(BACKLOG)  # only now another that took it in the same moment is found out
        return taken
    except OSError as error:
        if taken is not None:
            taken.close()
        raise CannotListen(f"{host}:{port}: {error}") from None


def url_of(taken: socket.socket) -> str:
    host, port = taken.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


class Service:
    """One process that serves at an address that `listen` took, until any thread or signal calls `stop`."""

    def __init__(self, app: Flask, settings: Settings, taken: socket.socket, scheduled: bool = True) -> None:
        self._channels: dict[int, wasyncore.dispatcher] = {}
        self._stopping = threading.Event()
        self._server = create_server(
            app, map=self._channels, sockets=[taken], threads=settings.threads, ident=None,
            max_request_body_size=max(settings.max_bytes, settings.max_file_bytes) * _BODY_BEYOND_BOUND,
            asyncore_use_poll=True,
            connection_limit=LINES,
            # Who calls is what a trusted proxy says; the application reads that itself, if there is one.
            clear_untrusted_proxy_headers=not settings.trusted_proxies,
        )  # fmt: skip
        self._scheduler = Scheduler(app, settings) if scheduled else None
        if self._scheduler:
            app.extensions["sambung_scheduler"] = self._scheduler

    def run(self) -> None:
        """Serve until `stop`; then answer what has come in, let running jobs end, and return."""
        settle_memory()
        if self._scheduler:
            self._scheduler.start()
        try:
            while not self._stopping.is_set():
                self._look(_LOOK_AROUND_SECONDS)
        finally:
            self._end()

    def stop(self) -> None:
        self._stopping.set()
        self._server.pull_trigger()

    def _look(self, seconds: float) -> None:
        wasyncore.loop(timeout=seconds, map=self._channels, use_poll=True, count=1)

    def _end(self) -> None:
        self._server.accepting = False
        self._server.del_channel()
        self._server.socket.close()
        deadline = time.monotonic() + DRAIN_SECONDS
        while self._is_answering() and time.monotonic() < deadline:
            self._look(0.05)
        self._server.task_dispatcher.shutdown(timeout=max(0.1, deadline - time.monotonic()))
        if self._scheduler:
            self._scheduler.stop()

    def _is_answering(self) -> bool:
        """Whether a request is at work, or part of an answer has not left yet."""
        return any(channel.requests or channel.total_outbufs_len for channel in self._server.active_channels.values())
