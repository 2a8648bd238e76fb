"""The device protocol from the device's side: real HTTP by urllib3, one round trip where one is enough."""

from __future__ import annotations

import base64
import gzip
import random
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import orjson
import urllib3
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NameResolutionError, NewConnectionError

from schemas.change import dumps, from_ms
from sync.device.outbox import Asked, Clock, NotEnrolled, Outbox, now_ms
from sync.device.own import Batch
from sync.device.pace import MOST_PULL, Pace, after_failure, after_success, after_too_large, wait_seconds

APP = "0.1.0"
# We count and space our retries ourselves, and follow nobody who would send the token elsewhere.
ONCE: dict[str, Any] = {"retries": False, "redirect": False, "timeout": urllib3.Timeout(connect=15.0, read=90.0)}
WORTH_GZIP_BYTES = 200  # below that gzip's own 20 bytes are not won back
STATUS_EVERY_MS = 24 * 3600 * 1000
NOT_EVEN_REACHED = (NewConnectionError, NameResolutionError, ConnectTimeoutError)


class SyncError(Exception):
    """This sync did not come to its end. Whatever was entered is still in the outbox."""


class LineLost(SyncError):
    """No answer, or a broken one: try again. retry_after: seconds that the server asked for, if it did."""

    def __init__(self, why: str, retry_after: float | None = None) -> None:
        super().__init__(why)
        self.retry_after = retry_after


class Refused(SyncError):
    """The server answered no, and would again. problem: its `application/problem+json`, {} if it gave none."""

    def __init__(self, status: int, problem: Mapping[str, Any]) -> None:
        says = problem.get("detail") or problem.get("title") or ""
        super().__init__(f"{status} {problem.get('type', '')} {says}".strip())
        self.status, self.problem = status, problem


class NeedsCode(SyncError):
    """The server does not know this device (any more): everything is kept; call `enrol` with a new code."""


class DeviceRevoked(SyncError):
    """This device may not sync any more.

    What is unsent stays in the file, to be sealed into a bundle (protocol section 6) and only then wiped.
    """


class Stalled(SyncError):
    """The server answers, but takes and tells nothing more, although there is more to send."""


class Reply(Protocol):
    status: int
    data: bytes

    @property
    def headers(self) -> Mapping[str, str]: ...


class Http(Protocol):
    """What is asked of urllib3's pool, and of whatever stands in for it."""

    def request(self, method: str, url: str, *, body: bytes, headers: Mapping[str, str], **more: Any) -> Reply: ...


@dataclass
class Tally:
    """What this client has cost its line so far: bodies as they travelled, headers not counted."""

    requests: int = 0
    lost: int = 0
    bytes_up: int = 0
    bytes_down: int = 0


class Client:
    """Speaks for one outbox. Safe to kill at any point: what matters is in the outbox before and after each answer."""

    def __init__(
        self,
        url: str,
        outbox: Outbox,
        *,
        clock: Clock = now_ms,
        rng: random.Random | None = None,
        http: Http | urllib3.PoolManager | None = None,
    ) -> None:
        self.url, self.outbox, self.clock = url.rstrip("/"), outbox, clock
        self.rng = rng or random.SystemRandom()
        self.http = http or urllib3.PoolManager(num_pools=1, maxsize=1)
        self.tally = Tally()
        self._syncing = threading.Lock()

    # Enrolling

    def enrol(self, code: str, name: str = "", platform: str = "Python") -> None:
        """Become a device of the officer for whom the code was made.

        May be repeated with the same code after a lost answer, also after a kill. Raises LineLost, Refused.
        """
        self.outbox.note(name=name, platform=platform)
        self._enrol(code)

    def _enrol(self, code: str) -> None:
        about = {"name": self.outbox.disk.get("name", ""), "platform": self.outbox.disk.get("platform", "")}
        status, answer = self._post("enrol", dumps(self.outbox.begin_enrolment(code, self._draw_attempt) | about), None)
        if status != 201:
            raise Refused(status, answer)
        _must_hold(answer, device=str, token=str, epoch=str, acked=int, villages=list, server_time=str)
        self.outbox.become(answer)

    def _draw_attempt(self) -> str:
        return base64.b64encode(self.rng.getrandbits(128).to_bytes(16, "big")).decode()

    # Syncing

    def keep_syncing(self, tries: int = 8, sleep: Callable[[float], object] = time.sleep) -> None:
        """Sync, and try again after a lost line, `tries` times in all; then the LineLost is left to rise."""
        for attempt in range(tries):
            try:
                return self.sync()
            except LineLost as lost:
                if attempt == tries - 1:
                    raise
                sleep(wait_seconds(attempt, self.rng, lost.retry_after))

    def sync(self) -> None:
        """Send all that waits and take in all that is new; one request unless there is more of either.

        Raises LineLost, NeedsCode, DeviceRevoked, Refused, Stalled; what was taken in until then stays.
        """
        with self._syncing:
            while self._round():
                pass

    def _round(self) -> bool:
        """One request and its answer. Returns whether there is more to do."""
        outbox = self.outbox
        if not outbox.disk.get("device"):
            raise NotEnrolled("Enrol this device first.")
        if outbox.disk.get("revoked"):
            raise DeviceRevoked("Seal and hand over what is unsent.")
        if outbox.disk.get("forked_from"):
            self._be_another()
        pace = Pace(*outbox.disk.get("pace", Pace()))
        asked = outbox.ask(pace)
        before = self._progress()
        status, answer = self._send(asked, pace)
        more = self._read(status, answer, asked, pace)
        if more and self._progress() == before and not answer.get("records"):
            raise Stalled("The server takes no more of what is sent.")
        return more

    def _be_another(self) -> None:
        """The old token serves once in place of a code (promise 4)."""
        try:
            self._enrol(self.outbox.disk.get("token"))
        except Refused as refused:
            raise NeedsCode("Another phone goes by this one's name; a new code is needed.") from refused

    def _progress(self) -> tuple:
        disk = self.outbox.disk
        return (
            *(disk.get(key) for key in ("device", "epoch", "acked", "forked_from", "pace")),
            self.outbox.own.unanswered(),
            disk.value("SELECT count(*) FROM changes WHERE given_up"),
            disk.rows("SELECT * FROM cursors"),
        )

    def _send(self, asked: Asked, pace: Pace) -> tuple[int, dict[str, Any]]:
        try:
            return self._post("sync", self._request(asked, pace), self.outbox.disk.get("token"))
        except _NotReached as lost:
            raise LineLost(str(lost)) from lost  # says nothing of how much the line would bear
        except LineLost:
            self.outbox.note(pace=list(after_failure(pace, len(asked.batch.seqs))))
            raise

    def _request(self, asked: Asked, pace: Pace) -> str:
        """The body. The changes are put in as the very text that the outbox holds; `sent_at` is of this attempt."""
        about: dict[str, Any] = {"sent_at": from_ms(self.clock()), "epoch": asked.epoch, "cursors": asked.cursors}
        if pace.pull < MOST_PULL:
            about["limit"] = pace.pull
        if asked.batch.lost_to is not None:
            about["lost_to"] = asked.batch.lost_to
        if self._status_is_due(asked):
            about["status"] = {"app": APP, **self.outbox.status()}
        return f'{{"changes":[{",".join(asked.batch.texts)}],{dumps(about)[1:]}'

    def _status_is_due(self, asked: Asked) -> bool:
        last = self.outbox.disk.get("status_at")
        return bool(asked.batch.seqs) or last is None or abs(self.clock() - last) > STATUS_EVERY_MS

    def _read(self, status: int, answer: dict[str, Any], asked: Asked, pace: Pace) -> bool:
        outbox = self.outbox
        if status == 200:
            return self._take(answer, asked, pace)
        kind = str(answer.get("type", "")).removeprefix("urn:sambung:")
        if status == 401:
            self._locked_out(kind)
        if status == 409 and kind == "forked" and type(answer.get("seq")) is int:
            outbox.note(forked_from=answer["seq"])
        elif status == 409 and kind == "gap" and type(answer.get("acked")) is int:
            outbox.take_standing(answer.get("epoch"), answer["acked"], asked)
        elif status == 413 and len(asked.batch.seqs) == 1:
            outbox.give_up(asked.batch.seqs[0])
        elif status == 413 and asked.batch.seqs:
            outbox.note(pace=list(after_too_large(pace, len(asked.batch.seqs))))
        else:
            raise Refused(status, answer)
        return True

    def _take(self, answer: dict[str, Any], asked: Asked, pace: Pace) -> bool:
        _must_hold(answer, server_time=str, epoch=str, acked=int, results=list, records=list, cursors=dict)
        again = self.outbox.take(answer, asked)
        most = self.outbox.disk.get("limits", {}).get("max_changes", 1000)
        news = {"pace": list(after_success(pace, most)), "unknown": False, "wanted": answer.get("wanted", [])}
        if type(answer.get("server_key")) is dict:
            news["server_key"] = answer["server_key"]
        if self._status_is_due(asked):
            news["status_at"] = self.clock()
        self.outbox.note(**news)
        own = self.outbox.own
        return bool(
            again or answer.get("more") or own.waiting() or own.unanswered() or self.outbox.disk.get("forked_from")
        )

    def _locked_out(self, kind: str) -> None:
        if kind == "device-revoked":
            self.outbox.note(revoked=True)
            raise DeviceRevoked("This device was revoked; what is unsent is kept.")
        # A token that nobody knows may be of a device enrolled after the backup that was restored.
        self.outbox.note(unknown=True)
        raise NeedsCode("The server does not know this device; enrol it with a new code.")

    def ask_again(self) -> list[int]:
        """Send everything acknowledged that is still held once more; the seqs whose result is not told back.

        Changes nothing anywhere: that is what it is for. Raises as `sync`, and Stalled if `acked` moves.
        """
        missing: list[int] = []
        acked = self.outbox.disk.get("acked", 0)
        rows = self.outbox.disk.rows(
            "SELECT seq, body FROM changes WHERE device = ? AND seq <= ? AND given_up = 0 ORDER BY seq",
            self.outbox.disk.get("device"), acked,
        )  # fmt: skip
        for start in range(0, len(rows), 100):
            missing += self._ask_again(rows[start : start + 100], acked)
        return missing

    def _ask_again(self, rows: list[tuple], acked: int) -> list[int]:
        asked = self.outbox.ask(Pace())
        again = asked._replace(batch=Batch([], [text for _, text in rows], None))
        status, answer = self._post("sync", self._request(again, Pace(pull=1)), self.outbox.disk.get("token"))
        if status != 200:
            raise Refused(status, answer)
        if answer["acked"] != acked:
            raise Stalled(f"Repeating what was acknowledged moved acked from {acked} to {answer['acked']}.")
        told = {result["seq"] for result in answer["results"]}
        return [seq for seq, _ in rows if seq not in told]

    # The line

    def _post(self, call: str, text: str, token: str | None) -> tuple[int, dict[str, Any]]:
        """Status and JSON of the answer; raises LineLost for all that may be different next time."""
        body, headers = _packed(text.encode())
        if token:
            headers["Authorization"] = f"Bearer {token}"
        self.tally.requests += 1
        self.tally.bytes_up += len(body)
        try:
            reply = self.http.request("POST", f"{self.url}/api/v1/{call}", body=body, headers=headers, **ONCE)
            status, data = reply.status, reply.data
        except (HTTPError, OSError) as error:
            self.tally.lost += 1
            raise (_NotReached if isinstance(error, NOT_EVEN_REACHED) else LineLost)(str(error)) from error
        self.tally.bytes_down += _travelled(reply)
        return status, self._parsed(status, data, reply.headers)

    def _parsed(self, status: int, data: bytes, headers: Mapping[str, str]) -> dict[str, Any]:
        if status == 429 or status >= 500:
            raise LineLost(f"The server is busy ({status}).", _seconds(headers.get("Retry-After")))
        try:
            answer = orjson.loads(data)
        except orjson.JSONDecodeError:
            answer = None
        if isinstance(answer, dict):
            return answer
        if status == 413:
            return {}  # a proxy on the way has a limit of its own
        # Half a reply, or the login page of a café's network, which says 200 too.
        self.tally.lost += 1
        raise LineLost(f"The answer ({status}) was none of the server's.")


class _NotReached(LineLost):
    pass


def _packed(body: bytes) -> tuple[bytes, dict[str, str]]:
    headers = {"Content-Type": "application/json", "Accept-Encoding": "gzip", "Accept-Language": "id"}
    if len(body) < WORTH_GZIP_BYTES:
        return body, headers
    # The smallest: a thirtieth less than usual, for half a millisecond of a phone.
    return gzip.compress(body, 9, mtime=0), {**headers, "Content-Encoding": "gzip"}


def _travelled(reply: Any) -> int:
    """Bytes of the body before inflating, which urllib3 tells of its own replies."""
    tell = getattr(reply, "tell", None)
    return tell() if tell else len(reply.data)


def _seconds(retry_after: str | None) -> float | None:
    return float(retry_after) if retry_after and retry_after.isdecimal() and len(retry_after) < 7 else None


def _must_hold(answer: Mapping[str, Any], **types: type) -> None:
    for name, kind in types.items():
        if type(answer.get(name)) is not kind:
            raise LineLost(f"The answer lacks {name!r}: it was none of the server's.")
