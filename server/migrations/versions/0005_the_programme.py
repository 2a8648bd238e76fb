"""The programme: figures by programme and segment, frozen days with their rules, funding, clocks, decrees, awards."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

ID = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
FROZEN = (
    "snapshot", "snapshot_day", "kept_rules", "closed_month", "award_line", "award_standing", "cycle_day", "cycle_line",
)  # fmt: skip
"""What was once said in public, or may be: only ever added to."""


def upgrade() -> None:
    op.create_table(
        "double_funding",
        sa.Column("record", ID, nullable=False),
        sa.Column("home", ID, nullable=False),
        sa.Column("first_month", sa.Integer(), nullable=False),
        sa.Column("last_month", sa.Integer(), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("record"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_double_funding_home", "double_funding", ["home", "record"])
    op.create_table(
        "activity",
        sa.Column("record", ID, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("home", ID, nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("date", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=True),
        sa.Column("theme", sa.Text(), nullable=True),
        sa.Column("by", sa.Text(), nullable=True),
        sa.Column("holder", ID, nullable=True),
        sa.Column("officer", sa.BigInteger(), nullable=True),
        sa.Column("attendance", sa.Integer(), nullable=True),
        sa.Column("has_finding", sa.Boolean(), nullable=False),
        sa.Column("in_time", sa.Boolean(), nullable=True),
        sa.Column("registered", sa.Integer(), nullable=True),
        sa.Column("activated", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("record"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_activity_date", "activity", ["purpose", "date", "record"])
    op.create_index("ix_activity_home", "activity", ["purpose", "home", "date"])
    op.create_table(
        "measure",
        sa.Column("village", ID, nullable=False),
        sa.Column("month", sa.Integer(), nullable=False),
        sa.Column("retained", sa.Integer(), nullable=False),
        sa.Column("retained_of", sa.Integer(), nullable=False),
        sa.Column("verified", sa.Integer(), nullable=False),
        sa.Column("verified_of", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("month", "village"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "cycle_day",
        sa.Column("cycle", ID, nullable=False),
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("first_month", sa.Integer(), nullable=False),
        sa.Column("last_month", sa.Integer(), nullable=False),
        sa.Column("taken_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("cycle", "day"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "cycle_line",
        sa.Column("cycle", ID, nullable=False),
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("village", ID, nullable=False),
        sa.Column("before", sa.Integer(), nullable=False),
        sa.Column("retained", sa.Integer(), nullable=False),
        sa.Column("retained_of", sa.Integer(), nullable=False),
        sa.Column("verified", sa.Integer(), nullable=False),
        sa.Column("verified_of", sa.Integer(), nullable=False),
        sa.Column("accidents", sa.Integer(), nullable=False),
        sa.Column("in_time", sa.Integer(), nullable=False),
        sa.Column("sessions", sa.Integer(), nullable=False),
        sa.Column("attendance", sa.Integer(), nullable=False),
        sa.Column("registered", sa.Integer(), nullable=False),
        sa.Column("activated", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("cycle", "day", "village"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "award_line",
        sa.Column("award", ID, nullable=False),
        sa.Column("run", sa.Integer(), nullable=False),
        sa.Column("village", ID, nullable=False),
        sa.Column("criterion", sa.Text(), nullable=False),
        sa.Column("numerator", sa.Float(), nullable=True),
        sa.Column("denominator", sa.Float(), nullable=True),
        sa.Column("value", sa.Float(), nullable=True),
        sa.Column("points", sa.Float(), nullable=True),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("award", "run", "village", "criterion"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "award_standing",
        sa.Column("award", ID, nullable=False),
        sa.Column("run", sa.Integer(), nullable=False),
        sa.Column("village", ID, nullable=False),
        sa.Column("band", sa.Text(), nullable=False),
        sa.Column("score", sa.Float(), nullable=True),
        sa.Column("is_out", sa.Boolean(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("award", "run", "village"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "award_work",
        sa.Column("award", ID, nullable=False),
        sa.Column("region", ID, nullable=False),
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("seen", sa.Text(), nullable=False),
        sa.Column("account", sa.BigInteger(), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("award"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "claim_case",
        sa.Column("record", ID, nullable=False),
        sa.Column("region", ID, nullable=False),
        sa.Column("worker", ID, nullable=False),
        sa.Column("program", sa.Text(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("step", sa.Text(), nullable=True),
        sa.Column("due_at", sa.BigInteger(), nullable=True),
        sa.Column("reported_at", sa.BigInteger(), nullable=False),
        sa.Column("reported_on", sa.Text(), nullable=False),
        sa.Column("event_on", sa.Text(), nullable=True),
        sa.Column("reported_in_time", sa.Text(), nullable=True),
        sa.Column("told_in_time", sa.Text(), nullable=True),
        sa.Column("decided_on", sa.Text(), nullable=True),
        sa.Column("paid_on", sa.Text(), nullable=True),
        sa.Column("handed_on", sa.Text(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("refused_for", sa.Text(), nullable=True),
        sa.Column("amount", sa.BigInteger(), nullable=True),
        sa.Column("children", sa.Integer(), nullable=True),
        sa.Column("decile", sa.Integer(), nullable=True),
        sa.Column("waits", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("record"),
        sqlite_with_rowid=False,
    )
    for name, columns in (
        ("due", ["due_at", "record"]), ("paid", ["paid_on"]), ("handed", ["handed_on", "record"]),
    ):  # fmt: skip
        where = sa.text(f"{columns[0]} IS NOT NULL")
        op.create_index(f"ix_claim_case_{name}", "claim_case", columns, sqlite_where=where, postgresql_where=where)
    op.create_index("ix_claim_case_region", "claim_case", ["region", "reported_on"])
    op.create_table(
        "clock",
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("record", ID, nullable=False),
        sa.Column("region", ID, nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("what", "record"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_clock_region", "clock", ["what", "region", "due_at"])
    op.create_table(
        "closed_month",
        sa.Column("month", sa.Integer(), nullable=False),
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("month"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "decree_work",
        sa.Column("id", SERIAL, nullable=False),
        sa.Column("decree", ID, nullable=False),
        sa.Column("region", ID, nullable=False),
        sa.Column("asked", sa.Text(), nullable=False),
        sa.Column("account", sa.BigInteger(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("done_rows", sa.BigInteger(), nullable=False),
        sa.Column("totals", sa.Text(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("touched_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_decree_work_decree", "decree_work", ["decree"])
    op.create_index("ix_decree_work_state", "decree_work", ["state", "id"])
    op.create_table(
        "followed",
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("village", ID, nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("what", "village"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "followup",
        sa.Column("village", ID, nullable=False),
        sa.Column("record", ID, nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("is_paid", sa.Boolean(), nullable=False),
        sa.Column("officer", sa.BigInteger(), nullable=True),
        sa.Column("since", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("village", "record", "what"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_followup_counts", "followup", ["village", "what", "officer", "is_paid"])
    op.create_index("ix_followup_what", "followup", ["what", "village", "record"])
    op.create_index("ix_followup_officer", "followup", ["officer", "village", "record"])
    op.create_table(
        "held_payment",
        sa.Column("contribution", ID, nullable=False),
        sa.Column("region", ID, nullable=False),
        sa.Column("worker", ID, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("contribution"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_held_payment_region", "held_payment", ["region", "at", "contribution"])
    op.create_index("ix_held_payment_worker", "held_payment", ["worker"])
    op.create_table(
        "funded",
        sa.Column("village", ID, nullable=False),
        sa.Column("month", sa.Integer(), nullable=False),
        sa.Column("funding", sa.Text(), nullable=False),
        sa.Column("budget", ID, nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("village", "month", "funding", "budget"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_funded_budget", "funded", ["budget", "month"])
    op.create_table(
        "kept_rules",
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("kept_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("hash"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "snapshot_day",
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("taken_at", sa.BigInteger(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("seal", sa.Text(), nullable=False),
        sa.Column("rules", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("day"),
        sqlite_with_rowid=False,
    )
    op.add_column("cover", sa.Column("programs", sa.Text(), server_default="", nullable=False))
    op.add_column("cover", sa.Column("segment", sa.Text(), nullable=True))
    op.add_column("cover", sa.Column("tasks", sa.Text(), nullable=True))
    op.create_index(
        "ix_cover_tasks",
        "cover",
        ["village", "record"],
        sqlite_where=sa.text("tasks IS NOT NULL"),
        postgresql_where=sa.text("tasks IS NOT NULL"),
    )
    op.add_column("figure", sa.Column("jkk", sa.Integer(), server_default="0", nullable=False))
    op.add_column("figure", sa.Column("jkm", sa.Integer(), server_default="0", nullable=False))
    op.add_column("figure", sa.Column("jht", sa.Integer(), server_default="0", nullable=False))
    op.add_column("figure", sa.Column("wage_earners", sa.Integer(), server_default="0", nullable=False))
    op.add_column("figure", sa.Column("wage_earners_active", sa.Integer(), server_default="0", nullable=False))
    op.add_column("figure", sa.Column("apparatus", sa.Integer(), server_default="0", nullable=False))
    op.add_column("figure", sa.Column("apparatus_active", sa.Integer(), server_default="0", nullable=False))
    op.add_column("snapshot", sa.Column("jkk", sa.Integer(), nullable=True))
    op.add_column("snapshot", sa.Column("jkm", sa.Integer(), nullable=True))
    op.add_column("snapshot", sa.Column("jht", sa.Integer(), nullable=True))
    op.add_column("snapshot", sa.Column("wage_earners", sa.Integer(), nullable=True))
    op.add_column("snapshot", sa.Column("wage_earners_active", sa.Integer(), nullable=True))
    op.add_column("snapshot", sa.Column("apparatus", sa.Integer(), nullable=True))
    op.add_column("snapshot", sa.Column("apparatus_active", sa.Integer(), nullable=True))
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE FUNCTION frozen() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'what was frozen is only ever added to'; END $$"
        )
        for table in FROZEN:
            op.execute(
                f"CREATE TRIGGER {table}_frozen BEFORE DELETE OR UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION frozen()"
            )
    else:
        for table in FROZEN:
            for act in ("DELETE", "UPDATE"):
                op.execute(
                    f"CREATE TRIGGER {table}_{act.lower()} BEFORE {act} ON {table} "
                    "BEGIN SELECT RAISE(ABORT, 'what was frozen is only ever added to'); END"
                )
    # Every village is drawn anew: its rows say more than they did.
    op.execute("UPDATE stream SET covered_on = NULL")


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION frozen() CASCADE")
    else:
        for act in ("delete", "update"):
            op.execute(f"DROP TRIGGER snapshot_{act}")
    op.drop_index("ix_cover_tasks", "cover")
    op.drop_column("snapshot", "apparatus_active")
    op.drop_column("snapshot", "apparatus")
    op.drop_column("snapshot", "wage_earners_active")
    op.drop_column("snapshot", "wage_earners")
    op.drop_column("snapshot", "jht")
    op.drop_column("snapshot", "jkm")
    op.drop_column("snapshot", "jkk")
    op.drop_column("figure", "apparatus_active")
    op.drop_column("figure", "apparatus")
    op.drop_column("figure", "wage_earners_active")
    op.drop_column("figure", "wage_earners")
    op.drop_column("figure", "jht")
    op.drop_column("figure", "jkm")
    op.drop_column("figure", "jkk")
    op.drop_column("cover", "tasks")
    op.drop_column("cover", "segment")
    op.drop_column("cover", "programs")
    op.drop_table("snapshot_day")
    op.drop_table("kept_rules")
    op.drop_table("double_funding")
    op.drop_table("funded")
    op.drop_table("held_payment")
    op.drop_table("followup")
    op.drop_table("followed")
    op.drop_table("decree_work")
    op.drop_table("closed_month")
    op.drop_table("clock")
    op.drop_table("claim_case")
    op.drop_table("award_work")
    op.drop_table("award_standing")
    op.drop_table("award_line")
    op.drop_table("cycle_line")
    op.drop_table("cycle_day")
    op.drop_table("measure")
    op.drop_table("activity")
