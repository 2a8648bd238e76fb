"""The demo's operator and its onlooker: one calls the API as anybody may, the other is a device that only listens."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import urllib3

from schemas.change import loads
from server.demo.places import AT_WORK, PLACES
from sync.device.client import Client, SyncError
from sync.device.outbox import Outbox

# Where nobody works the story stays as it was told.
_AT_WORK = f"village IN ({', '.join(repr(place.code) for place in AT_WORK)})"
TIMEOUT = urllib3.Timeout(connect=5.0, read=20.0)


class Operator:
    """Somebody who signs in over HTTP when he first has something to do, and again when his session ends."""

    def __init__(self, url: str, name: str, password: str) -> None:
        self._url, self._login = url + "/api/v1", {"name": name, "password": password}
        self._http = urllib3.PoolManager(num_pools=1, maxsize=1)
        self._token = ""

    def sees(self, path: str) -> dict[str, Any] | None:
        return self._call("GET", path, None)

    def does(self, path: str, what: dict[str, Any]) -> bool:
        """Whether it was taken; a record that changed a moment ago is looked at another time."""
        return self._call("POST", path, what) is not None

    def _call(self, method: str, path: str, what: dict[str, Any] | None, again: bool = True) -> dict[str, Any] | None:
        if not self._token:
            told = self._send("POST", "/login", self._login)
            self._token = json.loads(told.data)["token"] if told.status == 200 else ""
        answer = self._send(method, path, what)
        if answer.status == 401 and again:
            self._token = ""
            return self._call(method, path, what, again=False)
        return json.loads(answer.data) if answer.status == 200 else None

    def _send(self, method: str, path: str, what: dict[str, Any] | None) -> Any:
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {self._token}"}
        body = None if what is None else json.dumps(what)
        return self._http.request(method, self._url + path, body=body, headers=headers, timeout=TIMEOUT, retries=False)


class Seen(NamedTuple):
    """A record as the onlooker's copy has it."""

    record: str
    village: str
    fields: dict[str, Any]
    seen: dict[str, int]
    conflicts: dict[str, list[dict[str, Any]]]


class Onlooker:
    """A device of all the demo's villages that writes nothing."""

    NAME = "Layar demo"

    def __init__(self, url: str, file: Path, new_code: Callable[[str, list[str]], str]) -> None:
        self._outbox = Outbox(file)
        self._client = Client(url, self._outbox)
        if not self._outbox.disk.get("device"):
            self._client.enrol(new_code(self.NAME, [place.code for place in PLACES]), self.NAME, "Demo")

    def looks(self) -> None:
        """Take in what is new; what can't be had now comes the next time."""
        try:
            self._client.sync()
        except SyncError:
            pass

    def conflicts(self) -> list[Seen]:
        return list(self._where("conflicts != '{}' ORDER BY record"))

    def unconfirmed(self, most: int) -> list[Seen]:
        condition = "kind = 'contribution' AND json_extract(fields, '$.confirmed') IS NULL"
        return list(self._where(f"{condition} AND {_AT_WORK}", most))

    def unverified(self, most: int) -> list[Seen]:
        condition = "kind = 'worker' AND json_extract(fields, '$.status') IS NULL AND conflicts = '{}'"
        return list(self._where(f"{condition} AND {_AT_WORK}", most))

    def _where(self, condition: str, most: int = 1000) -> Iterator[Seen]:
        columns = "record, village, fields, seen, conflicts"
        query = f"SELECT {columns} FROM records WHERE epoch != '-' AND {condition} LIMIT ?"
        rows = self._outbox.disk.rows(query, most)
        for record, village, fields, seen, conflicts in rows:
            yield Seen(record, village, loads(fields), loads(seen), loads(conflicts))

    def leaves(self) -> None:
        self._outbox.close()
