"""An outreach session, a monitoring visit, a meeting, or what a camat or village head wants to be heard."""

from __future__ import annotations

from schemas.fields import OPEN, Choice, Day, RegionCode, Table, Text, VillageCode, Whole
from schemas.kinds.kind import Kind


class VisitTable(Table):
    village = VillageCode(needed=True, privacy=OPEN)  # where it was; the record's home is not moved by it
    date = Day(needed=True, privacy=OPEN)
    purpose = Choice("outreach", "monitoring", "feedback", "meeting", needed=True, privacy=OPEN)
    attendance = Whole(0, 10**6, privacy=OPEN)
    theme = Text(200, privacy=OPEN)
    text = Text(4000)
    by = Choice("camat", "kades", "officer", "worker", privacy=OPEN)
    finding = Text(4000)
    recommendation = Text(4000)
    responsible = Text(200)
    due = Day(privacy=OPEN)
    answer = Text(4000)
    answered_on = Day(privacy=OPEN)
    state = Choice("open", "answered", "escalated", "done", privacy=OPEN)
    escalated_to = RegionCode(privacy=OPEN, desk_only=True)  # whose desk has it now
    escalated_on = Day(privacy=OPEN, desk_only=True)


VISIT = Kind("visit", VisitTable)
