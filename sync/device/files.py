"""Photos of a device in Python: kept beside the outbox until the server has them, and sent by tus (protocol section 5)."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from hashlib import sha1, sha256
from typing import Any

from urllib3.exceptions import HTTPError

from schemas.files import FileValue
from sync.device.client import ONCE, Client, LineLost, Refused
from sync.device.outbox import Outbox

PATH = "/api/v1/files"
TUS = {"Tus-Resumable": "1.0.0"}
CHUNK_BYTES = 64 * 1024
LATER = (408, 423, 429)
GONE = (404, 410)
MOST_TRIES = 100  # of one photo in one go: each carries a part, or finds out how far it came


class Photos:
    """The contents that this file's changes name. Durable like the outbox: they lie in the same SQLite file."""

    def __init__(self, outbox: Outbox) -> None:
        self._disk = outbox.disk
        with self._disk.transaction():
            self._disk.db.table("photos").create(
                {"sha256": str, "type": str, "body": bytes, "place": str}, pk="sha256", if_not_exists=True
            )

    def keep(self, content: bytes, kind: str = "image/webp") -> dict[str, Any]:
        """Keep a content; gives the value for the field that names it. Durable when it returns."""
        value = FileValue(sha256(content).hexdigest(), len(content), kind)
        with self._disk.transaction():
            self._disk.do(
                "INSERT OR IGNORE INTO photos (sha256, type, body) VALUES (?, ?, ?)", value.sha256, kind, content
            )
        return value.field

    def held(self) -> list[str]:
        return [digest for (digest,) in self._disk.rows("SELECT sha256 FROM photos ORDER BY length(body), sha256")]

    def read(self, digest: str) -> tuple[bytes, str, str | None]:
        """Content, type, and where its upload was begun. Raises KeyError."""
        rows = self._disk.rows("SELECT body, type, place FROM photos WHERE sha256 = ?", digest)
        if not rows:
            raise KeyError(digest)
        return rows[0]

    def note_place(self, digest: str, place: str | None) -> None:
        with self._disk.transaction():
            self._disk.do("UPDATE photos SET place = ? WHERE sha256 = ?", place, digest)

    def wanted(self) -> list[str]:
        """What the server said last that it lacks, and that is here; the smallest first."""
        asked = {name.removeprefix("sha256:") for name in self._disk.get("wanted", [])}
        return [digest for digest in self.held() if digest in asked]


class Sender:
    """Sends what is wanted. Safe to kill at any point: it goes on where the server says that it came to."""

    def __init__(self, client: Client, photos: Photos, chunk: int = CHUNK_BYTES) -> None:
        self._client, self._photos, self._chunk = client, photos, chunk

    def send_wanted(self, said: Callable[[str], object] = lambda digest: None) -> int:
        """Send all that is wanted; gives how many were. Raises LineLost, and Refused for what the server never takes."""
        wanted = self._photos.wanted()
        for digest in wanted:
            self._send(digest)
            said(digest)
        return len(wanted)

    def _send(self, digest: str) -> None:
        content, kind, place = self._photos.read(digest)
        offset = None
        for _ in range(MOST_TRIES + len(content) // self._chunk):
            if place is None:
                place, offset = self._create(digest, len(content), kind)
                self._photos.note_place(digest, place)
            elif offset is None:
                place, offset = self._find(place)
            if offset == len(content):
                return self._photos.note_place(digest, None)
            if place is not None and offset is not None:
                place, offset = self._send_part(place, offset, content)
        raise LineLost("A photo would not come to its end.")

    def _create(self, digest: str, size: int, kind: str) -> tuple[str, int]:
        said = f"sha256 {_base64(digest.encode())},type {_base64(kind.encode())}"
        reply = self._call("POST", PATH, {"Upload-Length": str(size), "Upload-Metadata": said})
        return reply.headers["Location"], int(reply.headers.get("Upload-Offset", 0))

    def _find(self, place: str) -> tuple[str | None, int | None]:
        reply = self._call("HEAD", place, {}, may_be=GONE)
        return (None, None) if reply.status in GONE else (place, int(reply.headers["Upload-Offset"]))

    def _send_part(self, place: str, offset: int, content: bytes) -> tuple[str | None, int | None]:
        part = content[offset : offset + self._chunk]
        headers = {
            "Content-Type": "application/offset+octet-stream", "Upload-Offset": str(offset),
            "Upload-Checksum": f"sha1 {_base64(sha1(part).digest())}",
        }  # fmt: skip
        reply = self._call("PATCH", place, headers, part, may_be=(*GONE, 409, 460))
        if reply.status in GONE:
            return None, None
        return place, int(reply.headers["Upload-Offset"]) if reply.status == 204 else None

    def _call(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes = b"", may_be: tuple[int, ...] = ()
    ) -> Any:
        client = self._client
        sent = TUS | {"Authorization": f"Bearer {client.outbox.disk.get('token')}"} | dict(headers)
        client.tally.requests += 1
        client.tally.bytes_up += len(body)
        try:
            reply = client.http.request(method, client.url + path, body=body, headers=sent, **ONCE)
        except (HTTPError, OSError) as error:
            client.tally.lost += 1
            raise LineLost(str(error)) from error
        if reply.status in LATER or reply.status >= 500:
            raise LineLost(f"The server is busy ({reply.status}).")
        if reply.status not in may_be and not 200 <= reply.status < 300:
            raise Refused(reply.status, {})
        if "Tus-Resumable" not in reply.headers:
            raise LineLost(f"The answer ({reply.status}) was none of the server's.")
        return reply


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()
