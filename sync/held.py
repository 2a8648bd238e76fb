"""A record as it is stored: what it holds, drawn from a fold or carried on change by change, with the same result.

The ordinary edit has seen every head of the fields that it sets: it simply takes their place (`advance`). For all
else (edits side by side, joined records, claims that run ahead) `advance` declines, and the record is folded anew
from its changes (`sync.merge`). So nothing that decides a merge is written twice.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from schemas.change import Change, Dot, from_ms
from schemas.kinds import Kind
from sync.merge import RecordState

Head = list[Any]  # [device, seq], as it stands in JSON
FIRST = "*"
"""The key in `heads` under which the dot of the change that made the record stands, once for all fields it still heads."""


class Held:
    """One record's stored state.

    fields: values that stand. heads: {"*": dot, field: dot | [dot, ...]}, a field listed only when it differs from "*".
    seen, ahead: see `RecordState`. conflicts: field -> [{"value", "by", "at"}], the one that stands first.
    waiting_since: when the longest waiting conflict arose, None without one. created_at, status_at: effective times
    of the change that made it and of the one that set its `status`. All times in milliseconds.
    """

    __slots__ = (
        "kind", "home", "fields", "heads", "seen", "ahead", "conflicts",
        "waiting_since", "created_at", "status_at", "erased",
    )  # fmt: skip

    def __init__(self, kind: str, home: str, fields: dict[str, Any], heads: dict[str, Any], seen: dict[str, int]) -> None:
        self.kind, self.home, self.fields, self.heads, self.seen = kind, home, fields, heads, seen
        self.ahead: dict[str, int] = {}
        self.conflicts: dict[str, list[dict[str, Any]]] = {}
        self.waiting_since: int | None = None
        self.created_at = 0
        self.status_at: int | None = None
        self.erased = False

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Held) and all(getattr(self, name) == getattr(other, name) for name in self.__slots__)

    def __repr__(self) -> str:
        return f"Held({', '.join(f'{name}={getattr(self, name)!r}' for name in self.__slots__)})"

    def head(self, field: str) -> Head | list[Head]:
        """The dot of a set field's one head, or the dots of its several."""
        return self.heads.get(field) or self.heads[FIRST]


def first(change: Change, kind: Kind) -> Held:
    """The state of a record of which one change is known."""
    fields = dict(change.fields or {})
    home = (fields.get(kind.home_field) if kind.home_field else None) or kind.fixed_id(change.record) or change.village
    held = Held(kind.name, home, fields, {FIRST: [change.device, change.seq]}, {change.device: change.seq})
    held.created_at = change.effective
    held.status_at = change.effective if "status" in fields else None
    if change.seen:
        held.ahead = {device: seq for device, seq in sorted(change.seen.items()) if seq > held.seen.get(device, 0)}
    held.erased = change.fields is None
    return held


def advance(held: Held, change: Change, kind: Kind) -> bool:
    """Carry the state on by one change, if it is the ordinary case; False, and nothing done, if a fold must say.

    change: not yet part of `held`, and of no joined record.
    """
    if not _is_ordinary(held, change, kind):
        return False
    dot: Head = [change.device, change.seq]
    for field, value in (change.fields or {}).items():
        held.fields[field] = value
        held.heads[field] = dot
        if held.conflicts:
            held.conflicts.pop(field, None)
    if "status" in change.fields:
        held.status_at = change.effective
    if not held.conflicts:
        held.waiting_since = None
    if kind.home_field in change.fields:
        held.home = change.fields[kind.home_field]
    see(held, change)
    return True


def _is_ordinary(held: Held, change: Change, kind: Kind) -> bool:
    if held.erased or change.fields is None or change.seq <= held.ahead.get(change.device, 0):
        return False
    if kind.home_field in change.fields and not change.fields[kind.home_field]:
        return False  # the home falls back on what the creator claimed
    if held.conflicts and not held.conflicts.keys() <= change.fields.keys() and held.conflicts.keys() & change.fields.keys():
        return False  # some conflicts end, some wait on: since when, the fold knows
    return not _may_be_creator(held, change) and all(
        _has_seen_all(change, held.head(field)) for field in change.fields if field in held.fields
    )


def keeps_home(held: Held, change: Change, kind: Kind) -> bool:
    """Whether the record stays where it is, whatever a fold with this change will say of its fields."""
    return (
        not held.erased and change.fields is not None and kind.home_field not in change.fields
        and not _may_be_creator(held, change)
    )  # fmt: skip


def _may_be_creator(held: Held, change: Change) -> bool:
    device, seq = held.heads[FIRST]
    if change.record.startswith(device + "-"):
        return change.device == device and change.seq < seq
    named = change.record.startswith(change.device + "-")
    return named or (change.effective, change.device, change.seq) < (held.created_at, device, seq)


def _has_seen_all(change: Change, head: Head | list[Head]) -> bool:
    if isinstance(head[0], list):
        return all(change.has_seen(Dot(*dot)) for dot in head)
    return change.has_seen(Dot(*head))


def see(held: Held, change: Change) -> None:
    """Take the change's dot into what the record is made of, and keep what it claims beyond that."""
    seen, ahead = held.seen, held.ahead
    if change.seq > seen.get(change.device, 0):
        seen[change.device] = change.seq
    for device, seq in change.seen.items():
        if seq > seen.get(device, 0) and seq > ahead.get(device, 0):
            ahead[device] = seq
    if ahead:
        held.ahead = {device: seq for device, seq in ahead.items() if seq > seen.get(device, 0)}


def hold(state: RecordState) -> Held:
    """The stored form of what a fold says."""
    fields = {field: held.value for field, held in state.fields.items()}
    made: Head = list(state.creator.dot)
    heads: dict[str, Any] = {FIRST: made}
    for field, standing in state.fields.items():
        if standing.heads != (state.creator,):
            dots = sorted(list(head.dot) for head in standing.heads)
            heads[field] = dots[0] if len(dots) == 1 else dots
    held = Held(state.kind, state.home, fields, heads, dict(state.seen))
    held.ahead, held.created_at, held.erased = dict(state.ahead), state.creator.effective, state.erased
    held.conflicts = {f: [_told(head, f) for head in s.heads] for f, s in state.fields.items() if s.in_conflict}
    held.waiting_since = _waiting_since(s.heads for s in state.fields.values() if s.in_conflict)
    held.status_at = state.fields["status"].heads[0].effective if "status" in state.fields else None
    return held


def _told(head: Change, field: str) -> dict[str, Any]:
    return {"value": head.fields[field], "by": head.device, "at": from_ms(head.effective)}


def _waiting_since(conflicts: Iterable[tuple[Change, ...]]) -> int | None:
    """A field is in conflict since the second of its heads came in."""
    return min((sorted(head.received for head in heads)[1] for heads in conflicts), default=None)


def as_alias(alone: Held, home: str) -> Held:
    """What is kept of a record that is one with others by now: who made it, and when. All else stands in its carrier.

    alone: what it would hold by itself. home: in whose stream devices are told that it is gone.
    """
    kept = Held(alone.kind, home, {}, {FIRST: alone.heads[FIRST]}, {})
    kept.created_at = alone.created_at
    return kept


def waits_in(held: Held, dot: tuple[str, int], fields: Iterable[str]) -> list[str]:
    """Those of a merged change's fields that now wait for a person, because it is one of several heads."""
    return [f for f in fields if f in held.conflicts and list(dot) in held.heads[f]]

