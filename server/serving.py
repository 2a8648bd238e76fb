"""Serve the application: waitress in front, the scheduler beside it, and an end that loses nothing half done."""

from __future__ import annotations

import threading
import time

from flask import Flask
from waitress import wasyncore
from waitress.server import create_server

from server.config import Settings
from server.jobs.scheduler import Scheduler

DRAIN_SECONDS = 10
_LOOK_AROUND_SECONDS = 1.0
# The door refuses what is too large with a problem that says so; only far above that the line is cut short.
_BODY_BEYOND_BOUND = 4


class CannotListen(OSError):
    """The address can't be had."""


class Service:
    """One process that serves. Once made it has its address. `run` works until any thread or signal calls `stop`."""

    def __init__(self, app: Flask, settings: Settings, host: str, port: int, scheduled: bool = True) -> None:
        """port: 0 takes any free one. Raises CannotListen."""
        self._channels: dict[int, wasyncore.dispatcher] = {}
        self._stopping = threading.Event()
        try:
            self._server = create_server(
                app, map=self._channels, host=host, port=port, threads=settings.threads, ident=None,
                max_request_body_size=settings.max_bytes * _BODY_BEYOND_BOUND, asyncore_use_poll=True,
                # Who calls is what a trusted proxy says; the application reads that itself, if there is one.
                clear_untrusted_proxy_headers=not settings.trusted_proxies,
            )  # fmt: skip
        except (OSError, ValueError) as error:
            raise CannotListen(f"{host}:{port}: {error}") from None
        if not hasattr(self._server, "effective_port"):  # "localhost" may be two addresses, and then there are two
            raise CannotListen(f"{host}:{port}: more than one address")
        self.host, self.port = host, int(self._server.effective_port)
        self._scheduler = Scheduler(app, settings) if scheduled else None
        if self._scheduler:
            app.extensions["sambung_scheduler"] = self._scheduler

    @property
    def url(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"

    def run(self) -> None:
        """Serve until `stop`; then answer what has come in, let running jobs end, and return."""
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
