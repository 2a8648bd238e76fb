"""A served installation as somebody sees it who has the protocol's page alone: a program, an address, JSON over HTTP.

Nothing of ours is imported here. `Served` starts `sambung serve` on a port of its own; `Phone` counts changes, `Desk`
signs in.
"""

from __future__ import annotations

import gzip
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import urllib3

ROOT = Path(__file__).resolve().parents[2]
SAMBUNG = (sys.executable, "-c", "from server.cli import main; main()")
PASSWORD = "ketinting-menyusuri-mahakam"
START_WITHIN_SECONDS = 30

NIK = "6402115207909001"
WORKER: dict[str, Any] = {
    "nik": NIK, "full_name": "Nur Hayati", "birth_date": "1990-07-12", "sex": "female",
    "occupation": "farmer", "programs": ["JKK", "JKM"],
    "consent": {"version": "1", "at": "2026-11-20T08:11:12.003Z", "method": "oral", "purposes": ["registration"]},
}  # fmt: skip
Json = dict[str, Any]


def moment(**ago: float) -> str:
    """A time before now on the wire: moment(days=3)."""
    then = datetime.now(UTC) - timedelta(**ago)
    return then.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def read_moment(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


@dataclass
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def slug(self) -> str:
        """What an error is, after RFC 9457: `gap` for urn:sambung:gap."""
        assert self.headers["Content-Type"].split(";")[0] == "application/problem+json", self
        assert self.json["status"] == self.status and self.json["title"] and self.json["detail"]
        return self.json["type"].removeprefix("urn:sambung:")


@dataclass
class Told:
    """What a command answered."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        assert self.code == 0, self.err
        return json.loads(self.out)


def sambung(words: tuple[str, ...], given: str = "", **environment: str) -> Told:
    """Run the real command once."""
    done = subprocess.run(
        [*SAMBUNG, *words], input=given, capture_output=True, text=True, timeout=60, cwd=ROOT,
        env=clean_environment() | environment,
    )  # fmt: skip
    return Told(done.returncode, done.stdout, done.stderr)


def clean_environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("SAMBUNG_")}


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


class Typist:
    """The command, kept warm in a process of its own; serves every installation of these tests."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.protocol.typist"], cwd=ROOT, text=True, env=clean_environment(),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip
        assert self.process.stdin and self.process.stdout
        self.paper, self.answers = self.process.stdin, self.process.stdout

    def type(self, words: tuple[str, ...], given: str, environment: Mapping[str, str]) -> Told:
        self.paper.write(json.dumps({"words": words, "given": given, "environment": environment}) + "\n")
        self.paper.flush()
        return Told(*json.loads(self.answers.readline()))

    def close(self) -> None:
        self.paper.close()
        self.process.wait(20)
        self.answers.close()


class Served:
    """`sambung init` and `sambung serve` in a folder of their own; ended by their own process ids.

    settings: SAMBUNG_<NAME> by name, in lower case. words: more for `serve`; by default no scheduler runs, so that a
    test says itself when `merge` runs. room: where the packages that it serves from lie.
    """

    room = ROOT

    def __init__(self, folder: Path, typist: Typist, *words: str, **settings: str) -> None:
        self.folder = folder
        self.port = free_port()
        # Every phone here calls from one address, and many are refused on purpose.
        usual = {"device_requests_per_minute": "1000000", "refusals_per_address": "1000000",
                 "refusals_altogether": "1000000"}  # fmt: skip
        named = {f"SAMBUNG_{name.upper()}": value for name, value in (usual | settings).items()}
        self.environment = {"SAMBUNG_DATA_DIR": str(folder), **named}
        self.words = words or ("--no-scheduler",)
        self.http = urllib3.PoolManager(retries=False, timeout=30)
        self.typist = typist
        self._desks: dict[tuple[str, str], Desk] = {}
        if settings.get("database_url") or not (folder / "sambung.db").exists():
            done = self.run("init")
            assert done.code == 0, done.err
        self.start()
        self._villages = self._village_codes()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        self.log = (self.folder / "serve.log").open("ab")
        self.process = subprocess.Popen(
            [*SAMBUNG, "serve", "--port", str(self.port), *self.words],
            cwd=self.room, env=clean_environment() | self.environment, stdout=self.log, stderr=self.log,
        )  # fmt: skip
        end = time.monotonic() + START_WITHIN_SECONDS
        while time.monotonic() < end and self.process.poll() is None:
            with socket.socket() as trial:
                if trial.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.05)
        raise AssertionError((self.folder / "serve.log").read_text(errors="replace")[-2000:])

    def kill(self) -> None:
        """As a power cut does it: nothing is told to the program."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)
        self.log.close()
        self.http.clear()

    def stop(self) -> int:
        self.process.terminate()
        code = self.process.wait(20)
        self.log.close()
        return code

    def close(self) -> None:
        if self.process.poll() is None:
            self.stop()

    # --- the command

    def run(self, *words: str, given: str = "") -> Told:
        """A command of the operator's, on this installation."""
        return self.typist.type(words, given, self.environment)

    def merge_now(self) -> None:
        done = self.run("jobs", "run", "merge")
        assert done.code == 0, done.err

    # --- the door

    def call(
        self, method: str, path: str, asked: Any = None, *, token: str | None = None, data: bytes | None = None,
        **headers: str,
    ) -> Answer:  # fmt: skip
        """One call; asked: JSON, or data: bytes as they are. Header names have _ for -. Nothing is decoded."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if token is not None:
            sent["Authorization"] = f"Bearer {token}"
        if asked is not None:
            data = json.dumps(asked).encode()
        if data is not None:
            sent.setdefault("Content-Type", "application/json")
        got = self.http.request(method, self.url + path, body=data, headers=sent, decode_content=False)
        return Answer(got.status, got.headers, got.data)

    # --- who takes part

    def village(self) -> str:
        """A village that no other test knows."""
        return next(self._villages)

    def _village_codes(self) -> Iterator[str]:
        for province in ("64", "63", "62", "61"):
            found = self.desk("operator", "id").get(f"/api/v1/regions?within={province}&depth=3")
            assert found.status == 200, found
            yield from (region["code"] for region in found.json["regions"] if region["code"].count(".") == 3)

    def code(self, *villages: str, officer: str = "Siti Aminah") -> str:
        words = [word for village in villages for word in ("--village", village)]
        done = self.run("enrol", "--officer", officer, "--json", *words)
        assert done.code == 0, done.err
        return done.json["code"]

    def enrol(self, **asked: Any) -> Answer:
        return self.call("POST", "/api/v1/enrol", asked)

    def phone(self, *villages: str, officer: str = "Siti Aminah", **asked: Any) -> Phone:
        answer = self.enrol(code=self.code(*villages, officer=officer), **asked)
        assert answer.status == 201, answer
        return Phone(self, answer.json)

    def desk(self, role: str = "operator", region: str = "id") -> Desk:
        """Somebody with that role in that region, signed in; the same each time."""
        if (role, region) not in self._desks:
            name = f"{role} {region}"
            done = self.run("user", "add", name, "--role", role, "--region", region, given=PASSWORD + "\n")
            assert done.code == 0, done.err
            answer = self.call("POST", "/api/v1/login", {"name": name, "password": PASSWORD})
            assert answer.status == 200, answer
            self._desks[role, region] = Desk(self, name, answer.json["token"])
        return self._desks[role, region]


@dataclass
class Desk:
    served: Served
    name: str
    token: str

    def get(self, path: str, **headers: str) -> Answer:
        return self.served.call("GET", path, token=self.token, **headers)

    def post(self, path: str, asked: Any, **headers: str) -> Answer:
        return self.served.call("POST", path, asked, token=self.token, **headers)

    def settle(self, record: Json, **fields: Any) -> Json:
        """Settle what was told of a record; gives it as it now is."""
        answer = self.post("/api/v1/settle", {"record": record["record"], "seen": record["seen"], "fields": fields})
        assert answer.status == 200, answer
        return answer.json

    def link(self, a: str, b: str, same: bool = True) -> Json:
        answer = self.post("/api/v1/link", {"a": a, "b": b, "same": same, "reason": "NIK sama"})
        assert answer.status == 200, answer
        return answer.json


@dataclass
class Phone:
    """An enrolled device: it counts its changes, and keeps what it was told, as the page says."""

    served: Served
    enrolled: Json
    seq: int = 0
    cursors: Json = field(default_factory=dict)
    held: dict[str, Json] = field(default_factory=dict)

    @property
    def id(self) -> str:
        return self.enrolled["device"]

    @property
    def token(self) -> str:
        return self.enrolled["token"]

    @property
    def villages(self) -> list[str]:
        return [village["code"] for village in self.enrolled["villages"]]

    def change(self, record: str | None = None, fields: Json | None = None, **more: Any) -> Json:
        """Its next change; without a record one that makes a new worker. What is None in `more` is left out."""
        self.seq = more.pop("seq", self.seq + 1)
        made = {
            "seq": self.seq, "kind": "worker", "record": record or f"{self.id}-{self.seq}", "village": self.villages[0],
            "at": moment(hours=1), "fields": dict(WORKER) if fields is None else fields,
        }  # fmt: skip
        return {name: value for name, value in (made | more).items() if value is not None}

    def edit(self, record: str, **fields: Any) -> Json:
        """Its next change to a record as it holds it, with what it has seen."""
        seen = self.held.get(record, {}).get("seen", {})
        return self.change(record, fields, seen=seen)

    def post(self, asked: Any = None, **headers: str) -> Answer:
        return self.served.call("POST", "/api/v1/sync", asked, token=self.token, **headers)

    def send(self, *changes: Json, **more: Any) -> Json:
        """Send without touching what it keeps; asserts 200."""
        asked = {"sent_at": moment(), "changes": list(changes), "cursors": {}, "epoch": self.enrolled["epoch"]} | more
        answer = self.post({name: value for name, value in asked.items() if value is not None})
        assert answer.status == 200, answer
        return answer.json

    def sync(self, *changes: Json, **more: Any) -> Json:
        """Send with its cursors, and keep cursors and records."""
        answer = self.send(*changes, cursors=self.cursors, **more)
        self.keep(answer)
        return answer

    def keep(self, answer: Json) -> None:
        self.cursors = answer["cursors"]
        for record in answer["records"]:
            if "gone" in record:
                self.held.pop(record["record"], None)
            else:
                self.held[record["record"]] = record

    def pull(self) -> dict[str, Json]:
        """Take what is due; gives all that it holds."""
        self.sync()
        return self.held

    def status_of(self, *changes: Json) -> list[str]:
        """Send changes; what became of each."""
        told = {result["seq"]: result["status"] for result in self.sync(*changes)["results"]}
        return [told[change["seq"]] for change in changes]

    def worker(self, **fields: Any) -> str:
        """A new worker of its own, sent and merged; gives the record's id."""
        change = self.change(fields=WORKER | fields)
        assert self.status_of(change) == ["merged"]
        return change["record"]

    def told(self, record: str) -> Json:
        """The record as it is told now to somebody who asks for everything; KeyError where it is not told."""
        cursors: Json = {}
        found = None
        while True:
            answer = self.send(cursors=cursors)
            found = next((told for told in answer["records"] if told["record"] == record), found)
            cursors = answer["cursors"]
            if not answer["more"]:
                break
        if found is None:
            raise KeyError(record)
        return found


def squeezed(asked: Any) -> bytes:
    return gzip.compress(json.dumps(asked).encode())


def some_attempt() -> str:
    return secrets.token_urlsafe(16)
