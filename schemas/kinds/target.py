"""What a region wants to have reached by the end of a year: so many workers covered, or such a share of them."""

from __future__ import annotations

import re

from schemas import region
from schemas.fields import OPEN, Day, Real, Table, Text, Whole
from schemas.kinds.kind import Kind
from schemas.policy import REVIEW

YEAR = re.compile(r"20[2-9][0-9]")


class TargetTable(Table):
    workers = Whole(0, 10**9, policy=REVIEW, privacy=OPEN)
    rate = Real(0, 100, policy=REVIEW, privacy=OPEN)  # percent of the informal workers
    source = Text(200, policy=REVIEW, privacy=OPEN)
    set_on = Day(policy=REVIEW, privacy=OPEN)
    notes = Text(2000, privacy=OPEN)


class Target(Kind):
    has_fixed_ids = True

    def fixed_id(self, record: str) -> str | None:
        """The region in `target:<region>:<year>`; its home, of whatever level it is."""
        parts = record.split(":")
        is_ours = len(parts) == 3 and parts[0] == self.name and region.is_shape(parts[1]) and YEAR.fullmatch(parts[2])
        return parts[1] if is_ours else None


TARGET = Target("target", TargetTable, desk_only=True, to_phones=False)
