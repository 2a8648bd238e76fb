"""Kinds that desks alone write about a region of any level, from a village to the nation; phones are not told of them.

The id of such a record is `<kind>:<region>:<key>`: the region is the record's home, and whose desk writes it.
"""

from __future__ import annotations

import re
from typing import Any

from schemas import region
from schemas.fields import OPEN, Pattern, Table
from schemas.kinds.kind import Kind

KEY = re.compile(r"[a-z0-9][a-z0-9.-]{0,34}")
"""Small letters and digits; what it means, each kind says: a year, or nothing."""


class RegionalKind(Kind):
    """key: what the last part of an id looks like."""

    has_fixed_ids = True

    def __init__(self, name: str, table: type[Table], key: re.Pattern[str] = KEY, refers: str | None = None) -> None:
        super().__init__(name, table, desk_only=True, to_phones=False, refers=refers)
        self.key = key

    def fixed_id(self, record: str) -> str | None:
        """The region in `<kind>:<region>:<key>`; its home, of whatever level it is."""
        parts = record.split(":")
        is_ours = len(parts) == 3 and parts[0] == self.name and region.is_shape(parts[1]) and self.key.fullmatch(parts[2])
        return parts[1] if is_ours else None

    def id_of(self, region_code: str, key: str) -> str:
        """The record of that key in a region. Raises ValueError for what is no key."""
        record = f"{self.name}:{region_code}:{key}"
        if self.fixed_id(record) is None:
            raise ValueError(f"not an id of {self.name}")
        return record


def month(**told: Any) -> Pattern:
    """One month, `YYYY-MM`."""
    return Pattern(r"20[0-9]{2}-(?:0[1-9]|1[0-2])", "bad-month", 100, privacy=OPEN, **told)
