"""One edit of one record, and how times are written."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import Any, NamedTuple

import orjson

MAX_SEQ = 2**53 - 1
DESK_PREFIX = "hq"
NOTHING_SEEN: Mapping[str, int] = {}


class Dot(NamedTuple):
    """The identity of a change, for ever."""

    device: str
    seq: int


class Change(NamedTuple):
    """One accepted or judged edit: what its author set, and what he had seen.

    at, effective, received: milliseconds since 1970, UTC. `at` is what the author's clock said, `effective` the time
    the change counts for (see `sync.effective_time`), `received` when the server first had it.
    village: the record's home as the author knew it. fields: normalised values; None once the law has erased them.
    seen: for each other device the highest seq that the author's copy was made of; of a desk's change also its own.
    """

    device: str
    seq: int
    kind: str
    record: str
    village: str
    seen: Mapping[str, int]
    at: str | None
    effective: int
    received: int
    fields: Mapping[str, Any] | None

    @property
    def dot(self) -> Dot:
        return Dot(self.device, self.seq)

    def has_seen(self, other: Change | Dot) -> bool:
        """Whether the author had `other` before him: said in `seen`, or understood for what his own phone did before.

        Of a desk nothing is understood, since several people work at one (protocol section 4).
        """
        if other.device == self.device and not is_desk(self.device):
            return other.seq < self.seq
        return other.seq <= self.seen.get(other.device, 0)


def is_desk(device: str) -> bool:
    """Settling, imports and jobs are devices too; no phone's id begins as theirs do."""
    return device.startswith(DESK_PREFIX)


def dumps(value: Any) -> str:
    """JSON text of anything a phone can send, also of what orjson refuses: lone surrogates and huge numbers."""
    try:
        return orjson.dumps(value).decode()
    except (orjson.JSONEncodeError, RecursionError):
        return json.dumps(value, separators=(",", ":"))


def loads(text: str | bytes) -> Any:
    """Read again what `dumps` wrote."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return json.loads(text)


def canonical(value: Any) -> bytes:
    """The same bytes for the same JSON, whatever the order of its keys."""
    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    except (orjson.JSONEncodeError, RecursionError):
        return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def content_hash(sent: Mapping[str, Any]) -> bytes:
    """16 bytes by which a change is known again when it comes a second time; no `seen` counts as an empty one."""
    if sent.get("seen", True) in (None, {}):
        sent = {key: value for key, value in sent.items() if key != "seen"}
    return blake2b(canonical(sent), digest_size=16).digest()


def to_ms(text: object) -> int | None:
    """Milliseconds since 1970 of an RFC 3339 time, or None when it is none (a time without its offset is none)."""
    if type(text) is not str or not 20 <= len(text) <= 40 or not text.isascii() or text[10] not in "Tt ":
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        return None
    return round((moment - EPOCH_START).total_seconds() * 1000)


def from_ms(ms: int) -> str:
    """RFC 3339 in UTC with milliseconds, as all times on the wire."""
    return (EPOCH_START + timedelta(milliseconds=ms)).isoformat(timespec="milliseconds")[:23] + "Z"


EPOCH_START = datetime(1970, 1, 1, tzinfo=UTC)
