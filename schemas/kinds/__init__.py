"""The kinds of records, each one table (protocol section 9)."""

from __future__ import annotations

from schemas.fields import Table
from schemas.kinds.claim import CLAIM
from schemas.kinds.contribution import CONTRIBUTION
from schemas.kinds.eligible import ELIGIBLE
from schemas.kinds.kind import Judged, Kind
from schemas.kinds.link import LINK
from schemas.kinds.target import TARGET
from schemas.kinds.visit import VISIT
from schemas.kinds.worker import WORKER

KINDS: dict[str, Kind] = {kind.name: kind for kind in (WORKER, CONTRIBUTION, CLAIM, VISIT, ELIGIBLE, LINK, TARGET)}
_OPEN = Kind("", Table)


def kind_of(name: str) -> Kind:
    """The kind of that name; of a name that only a newer app knows, a kind that keeps every field as it is."""
    return KINDS.get(name) or _OPEN.named(name)


__all__ = ["KINDS", "Judged", "Kind", "kind_of"]
