"""What institutions owe by the presidential instruction, half a year at a time; and agreements with their terms."""

from __future__ import annotations

from schemas.fields import OPEN, Choice, Day, Pattern, Table, Text, Whole, record_id, rupiah
from schemas.kinds.regional import RegionalKind
from schemas.policy import REVIEW

HALF = r"20[2-9][0-9]-[12]"


class DutyTable(Table):
    """duty: as `programme/rules/duties.toml` names it. half: `2026-2` is July to December 2026."""

    duty = Pattern("[a-z_]{1,40}", "bad-duty", 40, policy=REVIEW, needed=True, privacy=OPEN)
    institution = Text(200, 1, policy=REVIEW, needed=True, privacy=OPEN)
    half = Pattern(HALF, "bad-half", 100, policy=REVIEW, needed=True, privacy=OPEN)
    state = Choice("not_begun", "in_progress", "done", policy=REVIEW, needed=True, privacy=OPEN)
    document = Text(200, policy=REVIEW, privacy=OPEN)  # the number of a regulation, a budget, a decree
    dated = Day(policy=REVIEW, privacy=OPEN)
    amount = rupiah(policy=REVIEW, privacy=OPEN)
    people = Whole(0, 10**9, policy=REVIEW, privacy=OPEN)
    evidence = Text(4000, policy=REVIEW, privacy=OPEN)
    responsible = Text(200, policy=REVIEW)
    notes = Text(4000, privacy=OPEN)


class AgreementTable(Table):
    """parties: one a line. renewed_by: the agreement that follows it."""

    title = Text(200, 1, policy=REVIEW, needed=True, privacy=OPEN)
    form = Choice("mou", "pks", "other", policy=REVIEW, needed=True, privacy=OPEN)
    number = Text(100, policy=REVIEW, privacy=OPEN)
    parties = Text(2000, 1, policy=REVIEW, needed=True, privacy=OPEN)
    subject = Text(4000, policy=REVIEW, privacy=OPEN)
    signed_on = Day(policy=REVIEW, privacy=OPEN)
    starts_on = Day(policy=REVIEW, needed=True, privacy=OPEN)
    ends_on = Day(policy=REVIEW, needed=True, privacy=OPEN)
    state = Choice("in_force", "ended", "renewed", "cancelled", policy=REVIEW, needed=True, privacy=OPEN)
    renewed_by = record_id(policy=REVIEW, privacy=OPEN)
    responsible = Text(200, policy=REVIEW)
    notes = Text(4000, privacy=OPEN)


DUTY = RegionalKind("duty", DutyTable)
AGREEMENT = RegionalKind("agreement", AgreementTable)
