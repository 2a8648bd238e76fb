"""Phones as they are measured: what they send, and what their copies were made of."""

from __future__ import annotations

import gzip
import random
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import orjson

from bench.workers import worker
from schemas.change import from_ms
from server.clock import now_ms

DAY_MS = 24 * 60 * 60 * 1000


class Answer(NamedTuple):
    status: str
    headers: Mapping[str, str]
    body: bytes  # as it travelled


class Village:
    """What the records of a village are made of: record -> {device: highest seq}, and before another's last edit."""

    def __init__(self, code: str) -> None:
        self.code = code
        self.made_of: dict[str, dict[str, int]] = {}
        self.last: dict[str, tuple[str, dict[str, int]]] = {}  # record -> (who changed it last, made of what before)

    def note(self, record: str, device: str, seq: int) -> None:
        before = self.made_of.get(record, {})
        if self.last.get(record, ("",))[0] != device:
            self.last[record] = (device, before)
        self.made_of[record] = before | {device: seq}

    def changed_by_others(self, device: str) -> list[str]:
        return [record for record, (last, _) in self.last.items() if last != device]


class Phone:
    """An enrolled device: counts its changes, and keeps its cursors."""

    def __init__(self, device: str, token: str, villages: tuple[str, ...]) -> None:
        self.id, self.villages, self.seq = device, villages, 0
        self.cursors: dict[str, int] = {}
        self.headers = {
            "Authorization": f"Bearer {token}", "Content-Encoding": "gzip", "Accept-Encoding": "gzip",
            "Accept-Language": "id",
        }  # fmt: skip

    def registrations(self, count: int, rng: random.Random, village: Village) -> list[dict[str, Any]]:
        """New workers."""
        return [self._change(None, worker(self.seq + 1, village.code, rng), village) for _ in range(count)]

    def edits(self, count: int, rng: random.Random, village: Village, stale: float = 0.1) -> list[dict[str, Any]]:
        """Edits of three fields of any workers of the village.

        stale: the part of them whose record another had changed meanwhile, unseen.
        """
        records, theirs = list(village.made_of), village.changed_by_others(self.id)
        made = []
        for number in range(count):
            is_stale = theirs and number < count * stale
            made.append(self._edit(rng.choice(theirs if is_stale else records), village, bool(is_stale)))
        return made

    def _edit(self, record: str, village: Village, is_stale: bool) -> dict[str, Any]:
        last, before = village.last[record]
        seen = before if is_stale and last != self.id else village.made_of[record]
        number = self.seq + 1
        fields = {"phone": f"+62813{number:08d}", "address": f"Jalan Mulawarman {number}", "monthly_income": 1_500_000}
        return self._change(record, fields, village, {other: seq for other, seq in seen.items() if other != self.id})

    def _change(
        self, record: str | None, fields: dict[str, Any], village: Village, seen: Mapping[str, int] | None = None
    ) -> dict[str, Any]:
        self.seq += 1
        record = record or f"{self.id}-{self.seq}"
        village.note(record, self.id, self.seq)
        return {
            "seq": self.seq, "kind": "worker", "record": record, "village": village.code,
            **({"seen": seen} if seen else {}),
            "at": from_ms(now_ms() - DAY_MS), "form": "worker@2", "fields": fields,
        }  # fmt: skip

    def body(self, changes: Sequence[dict[str, Any]]) -> bytes:
        """A sync request as it travels."""
        asked = {"sent_at": from_ms(now_ms()), "changes": changes, "cursors": self.cursors}
        return gzip.compress(orjson.dumps(asked), 6, mtime=0)

    def take(self, answer: Answer) -> dict[str, Any]:
        """Read an answer, which must be a good one, and keep its cursors."""
        told = read(answer)
        assert answer.status.startswith("200"), told
        self.cursors = told["cursors"]
        return told


def read(answer: Answer) -> dict[str, Any]:
    packed = answer.headers.get("Content-Encoding") == "gzip"
    told: dict[str, Any] = orjson.loads(gzip.decompress(answer.body) if packed else answer.body)
    return told
