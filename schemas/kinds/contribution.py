"""A contribution paid or promised for a worker; whether it arrived is said by the import of the branch's list."""

from __future__ import annotations

from schemas.fields import OPEN, SENSITIVE, Choice, Day, Members, Months, Table, Text, Truth, record_id, rupiah
from schemas.kinds.kind import Kind
from schemas.kinds.parts import FUNDING, PROGRAMS
from schemas.policy import GREATEST, REVIEW


class ContributionTable(Table):
    worker = record_id(policy=REVIEW, needed=True)
    months = Months(policy=REVIEW, needed=True, privacy=OPEN)
    programs = Members(PROGRAMS, may_be_empty=False, policy=REVIEW, needed=True, privacy=OPEN)
    amount = rupiah(policy=REVIEW, needed=True, privacy=SENSITIVE)
    funding = Choice(*FUNDING, policy=REVIEW, needed=True, privacy=OPEN)
    budget = record_id(privacy=OPEN)
    paid_on = Day(policy=REVIEW, needed=True, privacy=OPEN)
    collected_by = Text(200)
    handed_in_on = Day(privacy=OPEN)
    receipt = Text(200)
    confirmed = Truth(policy=GREATEST, privacy=OPEN, desk_only=True)
    confirmed_on = Day(policy=GREATEST, privacy=OPEN, desk_only=True)


CONTRIBUTION = Kind("contribution", ContributionTable, refers="worker")
