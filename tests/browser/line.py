"""The line between a phone and the server, as it is in the valleys: a TCP proxy that delays, cuts, and goes away.

It needs no root and runs where the tests run. The browser only knows this address, so when the line is down, the
network is really off.
"""

from __future__ import annotations

import contextlib
import re
import socket
import threading
import time
from collections.abc import Iterator
from queue import Queue

CHUNK = 4096
ASKED = re.compile(rb"(?:GET|POST|HEAD|PATCH|PUT|DELETE) (/[\x21-\x7e]*) HTTP/1\.1\r\n")
PORTAL = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 45\r\nConnection: close\r\n\r\n"
    b"<html><body>Silakan masuk dulu.</body></html>"
)  # what a cafe's WiFi answers to everything until somebody has signed in


class Line:
    """Passes bytes on to `port` of this machine until told otherwise; every rule may change while it runs.

    down: nobody gets through. portal: everything is answered by a page that asks to sign in. delay: seconds before each
    piece, both ways. rate: bytes a second that all connections share, each way; trip: seconds that each byte is under way,
    while others follow it. cut_up, cut_down: a connection breaks after so many bytes that way; `cuts` counts how often.
    passed: bytes that went (up, down). asked: the addresses that were asked for, also by the app's worker.
    """

    def __init__(self, port: int) -> None:
        self.to = port
        self.down = self.portal = False
        self.delay = self.trip = 0.0
        self.rate: float | None = None
        self.cut_up: int | None = None
        self.cut_down: int | None = None
        self.most_cuts = 10**9
        self.cuts = 0
        self.passed = [0, 0]
        self.asked: list[str] = []
        self._free_at = [0.0, 0.0]  # when what is on the line now has left its beginning
        self._pacing = threading.Lock()
        self._open: set[socket.socket] = set()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                phone, _ = self._listening.accept()
            except OSError:
                return  # closed
            threading.Thread(target=self._carry, args=(phone,), daemon=True).start()

    def _carry(self, phone: socket.socket) -> None:
        if self.down:
            return _reset(phone)
        if self.portal:
            with phone, contextlib.suppress(OSError):
                phone.recv(65536)
                phone.sendall(PORTAL)
            return None
        time.sleep(2 * self.trip)  # the greeting of TCP crosses it both ways
        try:
            server = socket.create_connection(("127.0.0.1", self.to), timeout=20)
        except OSError:
            return _reset(phone)
        self._open |= {phone, server}
        back = threading.Thread(target=self._pipe, args=(server, phone, 1), daemon=True)
        back.start()
        self._pipe(phone, server, 0)
        back.join(60)
        self._open -= {phone, server}
        for end in (phone, server):
            end.close()
        return None

    def _pipe(self, source: socket.socket, sink: socket.socket, way: int) -> None:
        carried = 0
        with contextlib.suppress(OSError), contextlib.closing(_FarEnd(sink, self.trip)) as far:
            while piece := source.recv(CHUNK):
                if self.delay:
                    time.sleep(self.delay)
                self._pace(len(piece), way)
                carried += len(piece)
                if way == 0:
                    self.asked += [found.decode() for found in ASKED.findall(piece)]
                most = (self.cut_up, self.cut_down)[way]
                if self.down or (most is not None and carried > most and self.cuts < self.most_cuts):
                    self.cuts += not self.down
                    far.close()
                    for end in (source, sink):
                        _reset(end)
                    return
                far.send(piece)
                self.passed[way] += len(piece)
        with contextlib.suppress(OSError):
            sink.shutdown(socket.SHUT_WR)

    def _pace(self, size: int, way: int) -> None:
        """Wait until so many bytes have gone onto the line after all that went before."""
        if not self.rate:
            return
        with self._pacing:
            self._free_at[way] = max(self._free_at[way], time.monotonic()) + size / self.rate
            gone = self._free_at[way]
        time.sleep(max(0.0, gone - time.monotonic()))

    def go_down(self) -> None:
        """The phone leaves the valley's mouth: what is under way breaks, and nobody gets through any more."""
        self.down = True
        for end in list(self._open):
            _reset(end)

    def come_up(self) -> None:
        self.down = self.portal = False

    @contextlib.contextmanager
    def lost(self) -> Iterator[None]:
        self.go_down()
        yield
        self.come_up()

    def close(self) -> None:
        self.go_down()
        self._listening.close()


class _FarEnd:
    """Hands pieces over so many seconds after they were sent, however many are under way."""

    def __init__(self, sink: socket.socket, trip: float) -> None:
        self._sink, self._trip = sink, trip
        self._under_way = Queue[tuple[float, bytes]]()
        self._arriving = threading.Thread(target=self._arrive, daemon=True)
        if trip:
            self._arriving.start()

    def send(self, piece: bytes) -> None:
        if self._trip:
            self._under_way.put((time.monotonic() + self._trip, piece))
        else:
            self._sink.sendall(piece)

    def _arrive(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                at, piece = self._under_way.get()
                if not piece:
                    return
                time.sleep(max(0.0, at - time.monotonic()))
                self._sink.sendall(piece)

    def close(self) -> None:
        """What is under way arrives; then nothing more."""
        if self._trip:
            self._under_way.put((0.0, b""))
            self._arriving.join(60)


def _reset(end: socket.socket) -> None:
    """Break a connection as a lost signal does, with no goodbye."""
    with contextlib.suppress(OSError):
        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
        end.shutdown(socket.SHUT_RDWR)
    with contextlib.suppress(OSError):
        end.close()
