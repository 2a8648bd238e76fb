"""What is worked out of the records for the programme's desks, and what was frozen of it.

`funded` and `clock` are drawn from the records and may be drawn again. What was frozen (`snapshot_day`, `closed_month`,
`award_line` …) is kept as it was on its day, and triggers refuse to change it. Nothing here takes part in merging.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Float, Index, Integer, PrimaryKeyConstraint, Table, Text, text

from server.store.tables import Id, Serial, metadata

MEASURES = (
    "before", "retained", "retained_of", "verified", "verified_of", "accidents", "in_time", "sessions", "attendance",
    "registered", "activated",
)  # fmt: skip
"""What an evaluation counts besides the figures: see `programme.evaluation`; `before` are the active before the period."""

snapshot_day = Table(
    "snapshot_day", metadata,  # a day whose figures were frozen: by which rules, and a seal over its rows
    Column("day", Text, primary_key=True),
    Column("taken_at", BigInteger, nullable=False),
    Column("rows", Integer, nullable=False),
    Column("seal", Text, nullable=False),  # SHA-256 over its rows in the order of month and village
    Column("rules", Text, nullable=False),  # hash of the rules in force, see `kept_rules`
    sqlite_with_rowid=False,
)  # fmt: skip

kept_rules = Table(
    "kept_rules", metadata,  # the programme's rules as they stood when something was frozen
    Column("hash", Text, primary_key=True),
    Column("body", Text, nullable=False),  # JSON, as `programme.rules.Rules.describe` tells them, in both languages
    Column("kept_at", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)  # fmt: skip

closed_month = Table(
    "closed_month", metadata,  # a month of which the last figures were frozen
    Column("month", Integer, primary_key=True),  # year * 12 + month - 1
    Column("day", Text, nullable=False),  # of the snapshot that tells it
    Column("at", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)  # fmt: skip

funded = Table(
    "funded", metadata,  # confirmed contributions of a village by month and payer; drawn from its records
    Column("village", Id, nullable=False),
    Column("month", Integer, nullable=False),
    Column("funding", Text, nullable=False),
    Column("budget", Id, nullable=False),  # the budget line that they name; else empty
    Column("people", Integer, nullable=False),
    Column("amount", BigInteger, nullable=False),  # rupiah; of a payment for several months its share
    PrimaryKeyConstraint("village", "month", "funding", "budget"),
    Index("ix_funded_budget", "budget", "month"),
    sqlite_with_rowid=False,
)  # fmt: skip

followed = Table(
    "followed", metadata,  # up to where something followed a village's stream
    Column("what", Text, nullable=False),
    Column("village", Id, nullable=False),
    Column("position", BigInteger, nullable=False),
    PrimaryKeyConstraint("what", "village"),
    sqlite_with_rowid=False,
)  # fmt: skip

clock = Table(
    "clock", metadata,  # terms that run: found by the job `clocks`, shown until they are met
    Column("what", Text, nullable=False),  # accident | papers | agreement | finding | feedback | budget | card …
    Column("record", Id, nullable=False),
    Column("region", Id, nullable=False),
    Column("due_at", BigInteger, nullable=False),
    Column("since", BigInteger, nullable=False),
    PrimaryKeyConstraint("what", "record"),
    Index("ix_clock_region", "what", "region", "due_at"),
    sqlite_with_rowid=False,
)  # fmt: skip

activity = Table(
    "activity", metadata,  # visits, feedback and accidents by what desks look for them; drawn from the records
    Column("record", Id, primary_key=True),
    Column("kind", Text, nullable=False),  # visit | feedback | claim
    Column("home", Id, nullable=False),
    Column("purpose", Text, nullable=False),  # outreach | monitoring | feedback | meeting | accident
    Column("date", Text, nullable=False),
    Column("state", Text),
    Column("theme", Text),
    Column("by", Text),
    Column("holder", Id),  # the region whose desk has it now
    Column("officer", BigInteger),  # who held the phone on which it began
    Column("attendance", Integer),
    Column("has_finding", Boolean, nullable=False),
    Column("in_time", Boolean),  # of an accident: told to the branch in time; None: not told yet
    Column("registered", Integer),  # of an outreach session: workers newly registered, and newly active, after it
    Column("activated", Integer),
    Index("ix_activity_home", "purpose", "home", "date"),
    Index("ix_activity_date", "purpose", "date", "record"),
    sqlite_with_rowid=False,
)  # fmt: skip

measure = Table(
    "measure", metadata,  # what an evaluation asks of a village besides its figures; drawn from cover rows and records
    Column("village", Id, nullable=False),
    Column("month", Integer, nullable=False),
    Column("retained", Integer, nullable=False),  # active in each of the twelve months up to this one
    Column("retained_of", Integer, nullable=False),  # active in the first of them
    Column("verified", Integer, nullable=False),  # counted workers with a valid NIK and a verified registration, as of now
    Column("verified_of", Integer, nullable=False),
    PrimaryKeyConstraint("month", "village"),
    sqlite_with_rowid=False,
)  # fmt: skip

cycle_day = Table(
    "cycle_day", metadata,  # a cycle whose measures were frozen for its day
    Column("cycle", Id, nullable=False),
    Column("day", Text, nullable=False),
    Column("first_month", Integer, nullable=False),  # of its period, as it was then
    Column("last_month", Integer, nullable=False),
    Column("taken_at", BigInteger, nullable=False),
    PrimaryKeyConstraint("cycle", "day"),
    sqlite_with_rowid=False,
)  # fmt: skip

cycle_line = Table(
    "cycle_line", metadata,  # what a frozen cycle rests on besides the day's figures, village by village; never changed
    Column("cycle", Id, nullable=False),
    Column("day", Text, nullable=False),
    Column("village", Id, nullable=False),
    *(Column(name, Integer, nullable=False) for name in MEASURES),
    PrimaryKeyConstraint("cycle", "day", "village"),
    sqlite_with_rowid=False,
)  # fmt: skip

claim_case = Table(
    "claim_case", metadata,  # what each claim has come to, by the rules; drawn from its record
    Column("record", Id, primary_key=True),
    Column("region", Id, nullable=False),  # its village
    Column("worker", Id, nullable=False),
    Column("program", Text, nullable=False),
    Column("event", Text, nullable=False),
    Column("stage", Text, nullable=False),  # see `programme.claim.STAGES`
    Column("step", Text),  # what is due next; None: closed
    Column("due_at", BigInteger),  # and until when
    Column("reported_at", BigInteger, nullable=False),
    Column("reported_on", Text, nullable=False),  # days by the village's clock
    Column("event_on", Text),
    Column("reported_in_time", Text),  # of an accident: met | unclear | missed
    Column("told_in_time", Text),
    Column("decided_on", Text),
    Column("paid_on", Text),
    Column("handed_on", Text),
    Column("outcome", Text),
    Column("refused_for", Text),
    Column("amount", BigInteger),
    Column("children", Integer),
    Column("decile", Integer),  # of the worker's family, as it was known when the row was drawn: every night at the latest
    Column("waits", Boolean, nullable=False),  # a field waits for a person
    Index("ix_claim_case_due", "due_at", "record",
          sqlite_where=text("due_at IS NOT NULL"), postgresql_where=text("due_at IS NOT NULL")),
    Index("ix_claim_case_region", "region", "reported_on"),
    Index("ix_claim_case_paid", "paid_on", sqlite_where=text("paid_on IS NOT NULL"),
          postgresql_where=text("paid_on IS NOT NULL")),
    Index("ix_claim_case_handed", "handed_on", "record", sqlite_where=text("handed_on IS NOT NULL"),
          postgresql_where=text("handed_on IS NOT NULL")),
    sqlite_with_rowid=False,
)  # fmt: skip

decree_work = Table(
    "decree_work", metadata,  # a decree's list that is being filled: by its ranking, or from a list that was brought
    Column("id", Serial, primary_key=True),
    Column("decree", Id, nullable=False, index=True),
    Column("region", Id, nullable=False),  # the decree's
    Column("asked", Text, nullable=False),  # JSON: from where, how many, with which ranking
    Column("account", BigInteger),
    Column("state", Text, nullable=False),  # waiting | working | done | failed
    Column("rows", BigInteger, nullable=False),
    Column("done_rows", BigInteger, nullable=False),
    Column("totals", Text),
    Column("error", Text),
    Column("made_at", BigInteger, nullable=False),
    Column("touched_at", BigInteger, nullable=False),
    Index("ix_decree_work_state", "state", "id"),
)  # fmt: skip

double_funding = Table(
    "double_funding", metadata,  # whom two pay for in one month: by two standing decrees, or by confirmed contributions
    Column("record", Id, primary_key=True),  # the worker's; of joined ones the carrier
    Column("home", Id, nullable=False),
    Column("first_month", Integer, nullable=False),
    Column("last_month", Integer, nullable=False),
    Column("about", Text, nullable=False),  # JSON: see `server.actions.funded`
    Index("ix_double_funding_home", "home", "record"),
    sqlite_with_rowid=False,
)  # fmt: skip

award_line = Table(
    "award_line", metadata,  # what one village came to in one criterion, with its evidence; never changed
    Column("award", Id, nullable=False),
    Column("run", Integer, nullable=False),  # scored anew, it is another run
    Column("village", Id, nullable=False),
    Column("criterion", Text, nullable=False),
    Column("numerator", Float),
    Column("denominator", Float),
    Column("value", Float),  # None: cannot be said
    Column("points", Float),  # 0 to 100
    Column("evidence", Text, nullable=False),  # JSON
    PrimaryKeyConstraint("award", "run", "village", "criterion"),
    sqlite_with_rowid=False,
)  # fmt: skip

award_standing = Table(
    "award_standing", metadata,  # a village in one run: its band, its points together, and why it is out; never changed
    Column("award", Id, nullable=False),
    Column("run", Integer, nullable=False),
    Column("village", Id, nullable=False),
    Column("band", Text, nullable=False),
    Column("score", Float),
    Column("is_out", Boolean, nullable=False),
    Column("why", Text, nullable=False),  # JSON: reasons of a disqualification, with their numbers
    PrimaryKeyConstraint("award", "run", "village"),
    sqlite_with_rowid=False,
)  # fmt: skip

award_work = Table(
    "award_work", metadata,  # an award that is to be scored: it goes in the transaction that keeps the run
    Column("award", Id, primary_key=True),
    Column("region", Id, nullable=False),  # the award's
    Column("day", Text, nullable=False),  # of the frozen figures
    Column("seen", Text, nullable=False),  # JSON: the award as whoever asked saw it
    Column("account", BigInteger, nullable=False),
    Column("asked_at", BigInteger, nullable=False),
    Column("error", Text),  # JSON: why it can't be done, in both languages; None while it is to be done
    sqlite_with_rowid=False,
)  # fmt: skip

held_payment = Table(
    "held_payment", metadata,  # a confirmed contribution that a phone changed since: what was confirmed holds. Drawn
    Column("contribution", Id, primary_key=True),
    Column("region", Id, nullable=False),  # its home
    Column("worker", Id, nullable=False),  # for whom it was confirmed
    Column("at", BigInteger, nullable=False),  # when the first such change came in
    Index("ix_held_payment_region", "region", "at", "contribution"),
    Index("ix_held_payment_worker", "worker"),
    sqlite_with_rowid=False,
)  # fmt: skip

followup = Table(
    "followup", metadata,  # what is to be done about a worker's contribution or card, as his village was last drawn
    Column("village", Id, nullable=False),
    Column("record", Id, nullable=False),
    Column("what", Text, nullable=False),  # due_soon | arrears_1 | arrears_2 … | lapsed | reactivated | card
    Column("is_paid", Boolean, nullable=False),  # this month is paid for, and not confirmed
    Column("officer", BigInteger),  # who registered him; None: a desk did
    Column("since", Text),  # the day from which he is in that state
    PrimaryKeyConstraint("village", "record", "what"),
    Index("ix_followup_counts", "village", "what", "officer", "is_paid"),
    Index("ix_followup_what", "what", "village", "record"),
    Index("ix_followup_officer", "officer", "village", "record"),
    sqlite_with_rowid=False,
)  # fmt: skip

PERSONAL = frozenset({"activity", "claim_case", "clock", "decree_work", "double_funding", "followup", "held_payment"})
"""As `desk_tables.PERSONAL`: what a desk reads of them must be cut to its region."""
