"""Desks are devices too: one for each village and epoch, so that no two villages wait for one counter."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from schemas.change import DESK_PREFIX, Change, content_hash, from_ms
from server.db import Connection
from server.store import changes as log
from server.store import streams
from server.store.life import Life

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


def desk_of(epoch: str, region: str) -> str:
    """The desk of a region: new with each epoch, so that a restored server never gives a number out twice."""
    number, letters = int(region.replace(".", "") or 0) if region != "id" else 0, ""
    while number:
        number, digit = divmod(number, 36)
        letters = _DIGITS[digit] + letters
    return f"{DESK_PREFIX}{epoch}{letters or '0'}"


def region_of(epoch: str, desk: str) -> str | None:
    """The region whose desk this is in this epoch; None for a desk of another life."""
    start = DESK_PREFIX + epoch
    if not desk.startswith(start):
        return None
    try:
        digits = str(int(desk[len(start) :], 36))
    except ValueError:
        return None
    digits = digits if len(digits) % 2 == 0 else ""
    parts = [digits[:2], digits[2:4], digits[4:6], digits[6:10]]
    return ".".join(part for part in parts if part) or "id"


def desk_acked(connection: Connection, life: Life, desks: Collection[str]) -> dict[str, int | None]:
    """Up to where anybody may have seen each desk; None for one of another life of a restored server."""
    if not desks:
        return {}
    regions = {desk: region_of(life.epoch, desk) for desk in desks}
    seqs = streams.desk_seqs(connection, [region for region in regions.values() if region])
    unknown = None if life.restored else 0
    return {desk: seqs.get(region, 0) if region else unknown for desk, region in regions.items()}


def desk_change(
    desk: str, seq: int, kind: str, record: str, region: str, seen: Mapping[str, int], fields: Mapping[str, Any], now: int
) -> Change:
    """A change of the desk's, made now by the server's clock."""
    return Change(desk, seq, kind, record, region, seen, from_ms(now), now, now, fields)


def log_row(
    change: Change, account: int | None, status: str, version: int | None, source: str | None = None
) -> dict[str, Any]:
    """The log's row of a desk's change. account: who sat at the desk, None for a job."""
    sent = {"seq": change.seq, "kind": change.kind, "record": change.record, "fields": change.fields}
    return log.row_of(change, account, source, content_hash(sent), status, version)
