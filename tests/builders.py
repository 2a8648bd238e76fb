"""Changes for tests, and the law's answer in the words of `tests.reference`."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from schemas.change import Change, Dot
from sync.held import Held, hold
from sync.links import Joined, Link
from sync.merge import merge_record
from tests import reference
from tests.strategies import ULU


def change(
    device: str, seq: int, fields: Mapping[str, Any] | None, seen: Mapping[str, int] | None = None, *,
    record: str = "ani4-1", kind: str = "worker", village: str = ULU,
    effective: int | None = None, received: int = 10**6,
) -> Change:  # fmt: skip
    """One accepted change; what is not said of it is usual. Without a time it counts for its own seq's second."""
    effective = seq * 1000 if effective is None else effective
    return Change(device, seq, kind, record, village, seen or {}, None, effective, received, fields)


def joined(record: str, links: Collection[reference.Link]) -> Joined | None:
    members = reference.one_with(record, links)
    standing = [Link(a, b, Dot(device, seq)) for a, b, device, seq in links]
    return Joined(members, standing) if len(members) > 1 else None


def held(record: str, changes: Collection[Change], links: Collection[reference.Link] = ()) -> Held:
    """What the law holds of a record and of all that is joined with it."""
    members = reference.one_with(record, links)
    return hold(merge_record(record, [one for one in changes if one.record in members], joined(record, links)))


def shown(one: Held) -> dict[str, Any]:
    """What is held, as `tests.reference` says it: every field with the list of its heads."""
    heads = {field: one.head(field) for field in one.fields}
    return {
        "kind": one.kind, "home": one.home, "erased": one.erased, "fields": one.fields, "seen": one.seen,
        "heads": {field: head if isinstance(head[0], list) else [head] for field, head in heads.items()},
        "conflicts": one.conflicts, "waiting_since": one.waiting_since,
    }  # fmt: skip
