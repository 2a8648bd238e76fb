"""What a field, then a record, holds, given the accepted changes. The order they came in plays no part (section 4)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

from schemas.change import Change, canonical, is_desk
from schemas.kinds import Kind, kind_of
from schemas.policy import GREATEST, REVIEW, UNION
from sync.links import Joined

HasSeen = Callable[[Change, Change], bool]


class FieldState(NamedTuple):
    """The value that stands, the changes that nothing replaced (the one that stands first), whether a person must look."""

    value: Any
    heads: tuple[Change, ...]
    in_conflict: bool


class RecordState(NamedTuple):
    """What a record holds.

    seen: what it is made of, device -> highest seq, as told to devices. ahead: what its changes claim to have seen
    beyond that. creator: the change that made it. erased: the law took its values.
    """

    kind: str
    home: str
    fields: dict[str, FieldState]
    seen: dict[str, int]
    ahead: dict[str, int]
    creator: Change
    erased: bool


def merge_field(changes: Collection[Change], field: str, kind: Kind, has_seen: HasSeen = Change.has_seen) -> FieldState:
    """Say what one field holds.

    changes: one or more that set it, of one record or of records joined by links; order and repeats play no part.
    has_seen: `Change.has_seen`, or `Joined.has_seen` across ids.
    """
    if len(changes) == 1:
        (only,) = changes
        return FieldState(only.fields[field], (only,), False)
    by_dot = {change.dot: change for change in changes}
    heads = _heads(list(by_dot.values()), has_seen)
    if len(heads) == 1:
        return FieldState(heads[0].fields[field], tuple(heads), False)
    return _decide(heads, field, kind)


def field_as_seen(
    changes: Iterable[Change], author: Change, field: str, kind: Kind, has_seen: HasSeen = Change.has_seen
) -> FieldState | None:
    """Say what a field held for the author of a change, given the changes of its record; None: nothing, for him."""
    before = [b for b in changes if b.dot != author.dot and field in (b.fields or ()) and has_seen(author, b)]
    return merge_field(before, field, kind, has_seen) if before else None


def _heads(changes: list[Change], has_seen: HasSeen) -> list[Change]:
    """The changes that no other has seen. Two that claim to have seen each other have not; if none is left, all are."""
    if len(changes) == 1:
        return changes
    most = _most_seen(changes) if has_seen is Change.has_seen else None
    heads = [b for b in changes if not _is_replaced(b, changes, has_seen, most)]
    return heads or changes


def _most_seen(changes: Iterable[Change]) -> dict[str, tuple[int, Change]]:
    """For each device the highest seq that any of the changes has seen, and who: spares comparing all with all."""
    most: dict[str, tuple[int, Change]] = {}
    for a in changes:
        understood = {} if is_desk(a.device) else {a.device: a.seq - 1}
        for device, seq in {**a.seen, **understood}.items():
            if seq > most.get(device, (0,))[0]:
                most[device] = (seq, a)
    return most


def _is_replaced(b: Change, changes: list[Change], has_seen: HasSeen, most: Mapping[str, tuple[int, Change]] | None) -> bool:
    if most is not None:
        seq, a = most.get(b.device, (0, b))
        if seq < b.seq:
            return False
        if a is not b and not has_seen(b, a):
            return True
    return any(a is not b and has_seen(a, b) and not has_seen(b, a) for a in changes)


def _decide(heads: list[Change], field: str, kind: Kind) -> FieldState:
    """Several heads: the field's policy says what stands, by the heads alone."""
    policy = kind.policy(field)
    if policy == REVIEW:
        heads.sort(key=lambda head: (not is_desk(head.device), head.effective, head.device, head.seq))
    else:
        heads.sort(key=lambda head: (head.effective, head.device, head.seq), reverse=True)
    values = [head.fields[field] for head in heads]
    standing, in_conflict = values[0], policy == REVIEW
    if len(set(map(canonical, values))) == 1:
        in_conflict = False
    elif policy == UNION:
        standing = sorted({member for value in values for member in value or ()})
    elif policy == GREATEST:
        standing = max(values, key=partial(kind.order, field))
    return FieldState(standing, tuple(heads), in_conflict)


def merge_record(record: str, changes: Collection[Change], joined: Joined | None = None) -> RecordState:
    """Say what a record holds; with `joined`, what the records held together by links hold as one under its id.

    changes: all accepted ones addressed to it, or to any of the joined ids; at least one.
    """
    known = list({change.dot: change for change in changes}.values())
    kind = kind_of(min(known, key=lambda change: change.dot).kind)
    has_seen = joined.has_seen if joined else Change.has_seen
    setters: dict[str, list[Change]] = {}
    for change in known:
        for field in change.fields or ():
            setters.setdefault(field, []).append(change)
    fields = {field: merge_field(setters[field], field, kind, has_seen) for field in sorted(setters)}
    creator = _creator(record, known, joined)
    seen = made_of(known)
    for dot in joined.dots if joined else ():
        seen[dot.device] = max(dot.seq, seen.get(dot.device, 0))
    return RecordState(
        kind.name,
        home_of(record, kind, fields, creator),
        fields,
        seen,
        _ahead(known, seen),
        creator,
        any(change.fields is None for change in known),
    )


def made_of(changes: Iterable[Change]) -> dict[str, int]:
    """Device -> highest seq among the changes: the `seen` of what they add up to."""
    seen: dict[str, int] = {}
    for change in changes:
        if change.seq > seen.get(change.device, 0):
            seen[change.device] = change.seq
    return dict(sorted(seen.items()))


def _ahead(changes: Iterable[Change], seen: Mapping[str, int]) -> dict[str, int]:
    ahead: dict[str, int] = {}
    for change in changes:
        for device, seq in change.seen.items():
            if seq > seen.get(device, 0) and seq > ahead.get(device, 0):
                ahead[device] = seq
    return dict(sorted(ahead.items()))


def _creator(record: str, changes: Sequence[Change], joined: Joined | None) -> Change:
    """The change that made the record: the first of the device whose id it bears, else the earliest of all."""
    own = [c for c in changes if c.record == record] if joined else changes
    named = [c for c in own if record.startswith(c.device + "-")]
    if named:
        return min(named, key=lambda change: change.seq)
    return min(own or changes, key=lambda change: (change.effective, change.device, change.seq))


def home_of(record: str, kind: Kind, fields: Mapping[str, FieldState], creator: Change) -> str:
    """The record's village: what its home field says, else what its fixed id says, else what its creator claimed."""
    standing = fields.get(kind.home_field) if kind.home_field else None
    return (standing.value if standing else None) or kind.fixed_id(record) or creator.village


def home_as_seen(record: str, changes: Collection[Change], author: Change) -> str | None:
    """Where the record was at home for the author of a change, among the given ones; None if he saw nothing of it."""
    before = [change for change in changes if change.dot != author.dot and author.has_seen(change)]
    return home_among(record, before) if before else None


def home_among(record: str, changes: Sequence[Change]) -> str:
    """Where these changes put a record that is by itself: as `merge_record` says, without merging its other fields."""
    kind = kind_of(min(changes, key=lambda change: change.dot).kind)
    setters = [change for change in changes if kind.home_field and kind.home_field in (change.fields or ())]
    fields = {kind.home_field: merge_field(setters, kind.home_field, kind)} if kind.home_field and setters else {}
    return home_of(record, kind, fields, _creator(record, changes, None))


def blank(change: Change) -> Change:
    """What the law's erasure leaves of a change: who, when and what was seen, without a single value."""
    return change._replace(fields=None)
