"""How many informal workers a village has: what coverage is measured against, one record a village and month."""

from __future__ import annotations

from schemas import month, region
from schemas.fields import OPEN, Day, Table, Text, Whole
from schemas.kinds.kind import Kind
from schemas.policy import REVIEW


class EligibleTable(Table):
    workers = Whole(0, 10**7, policy=REVIEW, needed=True, privacy=OPEN)
    source = Text(200, policy=REVIEW, privacy=OPEN)
    method = Text(2000, policy=REVIEW, privacy=OPEN)
    as_of = Day(policy=REVIEW, privacy=OPEN)


class Eligible(Kind):
    has_fixed_ids = True

    def fixed_id(self, record: str) -> str | None:
        """The village in `eligible:<village>:<month>`: any of its phones may begin that record."""
        parts = record.split(":")
        is_ours = len(parts) == 3 and parts[0] == self.name and region.is_village(parts[1]) and month.is_month(parts[2])
        return parts[1] if is_ours else None


ELIGIBLE = Eligible("eligible", EligibleTable)
