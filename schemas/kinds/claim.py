"""A claim, from the village's first report to its closing. The branch decides; the village never does."""

from __future__ import annotations

from schemas.fields import OPEN, SENSITIVE, Choice, Day, Pattern, Table, Text, Thing, Truth, Whole, Words, record_id, rupiah
from schemas.kinds.kind import Kind
from schemas.policy import GREATEST, REVIEW, UNION


REFUSED_FOR = ("not_active", "not_insured", "not_heir", "papers", "late", "other")
"""Why claims are refused, as it may be counted; in whose words stands beside it."""


class Handover(Table):
    """The ceremony. Whether names and pictures may be shown is asked apart from the claim."""

    date = Day(required=True)
    place = Text(200, required=True)
    by = Text(200, required=True)
    recipient = Text(200, required=True)
    publicity_consent = Truth(required=True)


class ClaimTable(Table):
    worker = record_id(policy=REVIEW, needed=True)
    program = Choice("JKK", "JKM", "JHT", "scholarship", policy=REVIEW, needed=True, privacy=OPEN)
    event = Choice(
        "accident",
        "illness",
        "death",
        "age",
        "stopped",
        "schooling",
        policy=REVIEW,
        needed=True,
        privacy=SENSITIVE,
    )
    event_date = Day(policy=REVIEW, needed=True, privacy=SENSITIVE)
    event_time = Pattern("(?:[01][0-9]|2[0-3]):[0-5][0-9]", "bad-time", 5, privacy=SENSITIVE)  # by the village's clock
    event_place = Text(200, privacy=SENSITIVE)
    chronology = Text(4000, privacy=SENSITIVE)
    documents = Words(bag=True, policy=UNION)
    status = Choice(
        "reported",
        "incomplete",
        "submitted",
        "decided",
        "paid",
        "handed_over",
        "closed",
        policy=GREATEST,
        privacy=OPEN,
    )
    branch_told_on = Day(privacy=OPEN)  # the first report of an accident, whose clock runs
    submitted_on = Day(privacy=OPEN)
    outcome = Choice("granted", "refused", "withdrawn", policy=REVIEW)
    amount = rupiah(policy=REVIEW, privacy=SENSITIVE, desk_only=True)
    decided_on = Day(policy=REVIEW, privacy=OPEN, desk_only=True)
    paid_on = Day(policy=REVIEW, privacy=OPEN, desk_only=True)
    refused_for = Choice(*REFUSED_FOR, policy=REVIEW, privacy=OPEN, desk_only=True)
    refusal = Text(2000, policy=REVIEW, privacy=SENSITIVE, desk_only=True)
    children = Whole(0, 20, policy=REVIEW, privacy=SENSITIVE, desk_only=True)  # for whom a scholarship is paid
    # The branch wants more: said beside the status, which only goes up, and taken back when it is sent in again.
    returned_on = Day(privacy=OPEN, desk_only=True)
    returned_papers = Words(privacy=OPEN, desk_only=True)
    returned_why = Text(2000, privacy=SENSITIVE, desk_only=True)
    handover = Thing(Handover)


CLAIM = Kind("claim", ClaimTable, refers="worker")
