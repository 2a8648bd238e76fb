"""That two records are the same person, or are not after all: said at a desk, never by a phone."""

from __future__ import annotations

from schemas.fields import OPEN, Table, Text, Truth
from schemas.kinds.kind import Kind


class LinkTable(Table):
    same = Truth(needed=True, privacy=OPEN)
    reason = Text(2000)


LINK = Kind("link", LinkTable, desk_only=True, to_phones=False)
