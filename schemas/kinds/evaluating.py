"""Monitoring and evaluation: cycles with their findings and meetings, what camat and village heads say, what worked."""

from __future__ import annotations

from schemas.fields import OPEN, Choice, Day, Real, RegionCode, Table, Text, Things, Truth, Whole, record_id
from schemas.kinds.regional import RegionalKind, month
from schemas.policy import REVIEW

INDICATORS = (
    "rate", "active", "growth", "retention", "arrears", "verified", "unconfirmed", "claims_in_time", "conversions",
    "apparatus",
)  # fmt: skip


class Goal(Table):
    """target: of a share in percent."""

    indicator = Choice(*INDICATORS, required=True)
    target = Real(0, 10**9, required=True)


class CycleTable(Table):
    """frozen_on: the day of the snapshot that its figures are taken from."""

    title = Text(200, 1, policy=REVIEW, needed=True, privacy=OPEN)
    state = Choice("planned", "running", "closed", policy=REVIEW, needed=True, privacy=OPEN)
    first_month = month(policy=REVIEW, needed=True)
    last_month = month(policy=REVIEW, needed=True)
    frozen_on = Day(policy=REVIEW, privacy=OPEN)
    goals = Things(Goal, 20, policy=REVIEW, privacy=OPEN)
    conclusions = Text(10000, policy=REVIEW, privacy=OPEN)
    closed_on = Day(policy=REVIEW, privacy=OPEN)
    notes = Text(4000, privacy=OPEN)


class FindingTable(Table):
    """about: the region it was found in. visit: the monitoring visit it comes from."""

    cycle = record_id(policy=REVIEW, needed=True, privacy=OPEN)
    about = RegionCode(policy=REVIEW, privacy=OPEN)
    visit = record_id(policy=REVIEW, privacy=OPEN)
    indicator = Choice(*INDICATORS, policy=REVIEW, privacy=OPEN)
    text = Text(4000, 1, policy=REVIEW, needed=True)
    recommendation = Text(4000, policy=REVIEW)
    responsible = Text(200, policy=REVIEW)
    due = Day(policy=REVIEW, privacy=OPEN)
    state = Choice("open", "in_progress", "done", "dropped", policy=REVIEW, needed=True, privacy=OPEN)
    follow_up = Text(4000, policy=REVIEW)
    followed_up_on = Day(policy=REVIEW, privacy=OPEN)


class Attendee(Table):
    name = Text(100, 1, required=True)
    office = Text(200)
    signed = Truth()


class MeetingTable(Table):
    """attendance: all who came; attendees: those whose name was written down."""

    cycle = record_id(policy=REVIEW, privacy=OPEN)
    title = Text(200, 1, policy=REVIEW, needed=True, privacy=OPEN)
    date = Day(policy=REVIEW, needed=True, privacy=OPEN)
    place = Text(200, policy=REVIEW, privacy=OPEN)
    agenda = Text(4000, policy=REVIEW)
    attendance = Whole(0, 10**6, policy=REVIEW, privacy=OPEN)
    attendees = Things(Attendee, 500, policy=REVIEW)
    minutes = Text(20000, policy=REVIEW)
    decisions = Text(10000, policy=REVIEW)


class FeedbackTable(Table):
    """What a camat, a village head or others want to be heard, entered at a desk; phones send it as a visit."""

    by = Choice("camat", "kades", "officer", "worker", policy=REVIEW, needed=True, privacy=OPEN)
    who = Text(200, policy=REVIEW)
    date = Day(policy=REVIEW, needed=True, privacy=OPEN)
    theme = Text(200, 1, policy=REVIEW, needed=True, privacy=OPEN)
    text = Text(4000, 1, policy=REVIEW, needed=True)
    state = Choice("open", "answered", "escalated", "done", policy=REVIEW, needed=True, privacy=OPEN)
    answer = Text(4000, policy=REVIEW)
    answered_on = Day(policy=REVIEW, privacy=OPEN)
    escalated_to = RegionCode(policy=REVIEW, privacy=OPEN)
    escalated_on = Day(policy=REVIEW, privacy=OPEN)


class SolutionTable(Table):
    """What worked somewhere, for others to take up. feedback: the record that asked."""

    title = Text(200, 1, policy=REVIEW, needed=True, privacy=OPEN)
    theme = Text(200, 1, policy=REVIEW, needed=True, privacy=OPEN)
    challenge = Text(4000, 1, policy=REVIEW, needed=True, privacy=OPEN)
    what_worked = Text(4000, 1, policy=REVIEW, needed=True, privacy=OPEN)
    outcome = Text(2000, policy=REVIEW, privacy=OPEN)
    place = RegionCode(policy=REVIEW, privacy=OPEN)
    feedback = record_id(policy=REVIEW, privacy=OPEN)
    published = Truth(policy=REVIEW, privacy=OPEN)  # shown to every region


CYCLE = RegionalKind("cycle", CycleTable)
FINDING = RegionalKind("finding", FindingTable)
MEETING = RegionalKind("meeting", MeetingTable)
FEEDBACK = RegionalKind("feedback", FeedbackTable)
SOLUTION = RegionalKind("solution", SolutionTable)
