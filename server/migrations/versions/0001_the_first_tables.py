"""The first tables; the log is guarded by the database itself."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

ID = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

IS_NO_ERASURE = "NEW.fields IS NOT NULL OR NEW.sent IS NOT NULL OR NEW.hash <> OLD.hash OR NEW.seen <> OLD.seen"
SQLITE_TRIGGERS = (
    "CREATE TRIGGER change_kept BEFORE DELETE ON change "
    "BEGIN SELECT RAISE(ABORT, 'the log is only ever added to'); END",
    f"CREATE TRIGGER change_fixed BEFORE UPDATE ON change WHEN {IS_NO_ERASURE} "
    "BEGIN SELECT RAISE(ABORT, 'a change is fixed once it is received'); END",
)
POSTGRESQL_TRIGGERS = (
    "CREATE FUNCTION change_fixed() RETURNS trigger LANGUAGE plpgsql AS "
    "$$ BEGIN RAISE EXCEPTION 'the log is only ever added to'; END $$",
    "CREATE TRIGGER change_kept BEFORE DELETE ON change FOR EACH ROW EXECUTE FUNCTION change_fixed()",
    f"CREATE TRIGGER change_fixed BEFORE UPDATE ON change FOR EACH ROW WHEN ({IS_NO_ERASURE}) "
    "EXECUTE FUNCTION change_fixed()",
)


def upgrade() -> None:
    op.create_table(
        "account",
        sa.Column("id", SERIAL, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("password", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("region", ID, nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("closed_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name", name="uq_account_name"),
    )
    op.create_table(
        "change",
        sa.Column("device", ID, nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("record", ID, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("village", sa.Text(), nullable=False),
        sa.Column("officer", sa.BigInteger(), nullable=True),
        sa.Column("form", sa.Text(), nullable=True),
        sa.Column("at", sa.Text(), nullable=True),
        sa.Column("effective", sa.BigInteger(), nullable=False),
        sa.Column("received", sa.BigInteger(), nullable=False),
        sa.Column("seen", sa.Text(), nullable=False),
        sa.Column("fields", sa.Text(), nullable=True),
        sa.Column("sent", sa.Text(), nullable=True),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=True),
        sa.Column("errors", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("device", "seq"),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_change_quarantined", "change", ["received", "device", "seq"], unique=False,
        sqlite_where=sa.text("status = 'quarantined'"), postgresql_where=sa.text("status = 'quarantined'"),
    )  # fmt: skip
    op.create_index("ix_change_record", "change", ["record"], unique=False)

    op.create_table(
        "cover",
        sa.Column("village", ID, nullable=False),
        sa.Column("record", ID, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("first_month", sa.Integer(), nullable=False),
        sa.Column("letters", sa.Text(), nullable=False),
        sa.Column("why_not", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("village", "record"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_cover_record", "cover", ["record"], unique=False)

    op.create_table(
        "device",
        sa.Column("id", ID, nullable=False),
        sa.Column("officer", sa.BigInteger(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=True),
        sa.Column("enrolled_at", sa.BigInteger(), nullable=False),
        sa.Column("acked", sa.BigInteger(), nullable=False),
        sa.Column("effective_at", sa.BigInteger(), nullable=False),
        sa.Column("offset_ms", sa.BigInteger(), nullable=False),
        sa.Column("mailed", sa.BigInteger(), nullable=False),
        sa.Column("heard_epoch", sa.Text(), nullable=False),
        sa.Column("contact_at", sa.BigInteger(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("former", ID, nullable=True),
        sa.Column("attempt_hash", sa.LargeBinary(), nullable=True),
        sa.Column("successor", ID, nullable=True),
        sa.Column("forked_at", sa.BigInteger(), nullable=True),
        sa.Column("silent_since", sa.BigInteger(), nullable=True),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("token_hash", name="uq_device_token_hash"),
    )
    op.create_table(
        "device_village",
        sa.Column("device", ID, nullable=False),
        sa.Column("village", ID, nullable=False),
        sa.PrimaryKeyConstraint("device", "village"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_device_village_village", "device_village", ["village"], unique=False)

    op.create_table(
        "duplicate",
        sa.Column("nik_hash", sa.LargeBinary(), nullable=False),
        sa.Column("record", ID, nullable=False),
        sa.Column("found_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("nik_hash", "record"),
    )
    op.create_table(
        "edge",
        sa.Column("a", ID, nullable=False),
        sa.Column("b", ID, nullable=False),
        sa.Column("device", ID, nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("a", "b"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_edge_b", "edge", ["b"], unique=False)

    op.create_table(
        "enrolment",
        sa.Column("code_hash", sa.LargeBinary(), nullable=False),
        sa.Column("officer", sa.BigInteger(), nullable=False),
        sa.Column("villages", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("attempt_hash", sa.LargeBinary(), nullable=True),
        sa.Column("device", ID, nullable=True),
        sa.PrimaryKeyConstraint("code_hash"),
    )
    op.create_table(
        "erasure",
        sa.Column("record", ID, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("record"),
    )
    op.create_table(
        "evidence",
        sa.Column("device", ID, nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("record", ID, nullable=False),
        sa.Column("sent", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("device", "seq", "hash"),
    )
    op.create_index("ix_evidence_record", "evidence", ["record"], unique=False)
    op.create_table(
        "figure",
        sa.Column("month", sa.Integer(), nullable=False),
        sa.Column("village", ID, nullable=False),
        sa.Column("registered", sa.Integer(), nullable=False),
        sa.Column("active", sa.Integer(), nullable=False),
        sa.Column("in_arrears", sa.Integer(), nullable=False),
        sa.Column("inactive", sa.Integer(), nullable=False),
        sa.Column("awaiting", sa.Integer(), nullable=False),
        sa.Column("proposed", sa.Integer(), nullable=False),
        sa.Column("covered", sa.Integer(), nullable=False),
        sa.Column("unconfirmed", sa.Integer(), nullable=False),
        sa.Column("ended", sa.Integer(), nullable=False),
        sa.Column("incomplete", sa.Integer(), nullable=False),
        sa.Column("segment", sa.Integer(), nullable=False),
        sa.Column("age", sa.Integer(), nullable=False),
        sa.Column("eligible", sa.Integer(), nullable=True),
        sa.Column("eligible_month", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("month", "village"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_figure_village", "figure", ["village"], unique=False)

    op.create_table(
        "form",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("published_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", "version"),
    )
    op.create_table(
        "gone",
        sa.Column("village", ID, nullable=False),
        sa.Column("record", ID, nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("into", ID, nullable=True),
        sa.PrimaryKeyConstraint("village", "record"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_gone_record", "gone", ["record"], unique=False)
    op.create_index("ix_gone_village_position", "gone", ["village", "position"], unique=False)

    op.create_table(
        "job_run",
        sa.Column("id", SERIAL, nullable=False),
        sa.Column("job", sa.Text(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("rows", sa.BigInteger(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_job_run_job", "job_run", ["job", "started_at"], unique=False)

    op.create_table(
        "life",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("epoch", sa.Text(), nullable=False),
        sa.Column("restored", sa.Boolean(), nullable=False),
        sa.Column("began_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "lost",
        sa.Column("device", ID, nullable=False),
        sa.Column("first", sa.BigInteger(), nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("device", "first"),
    )
    op.create_table(
        "mail",
        sa.Column("id", SERIAL, nullable=False),
        sa.Column("device", ID, nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=True),
        sa.Column("seq", sa.BigInteger(), nullable=True),
        sa.Column("record", ID, nullable=True),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_mail_device", "mail", ["device", "position"], unique=False)

    op.create_table(
        "officer",
        sa.Column("id", SERIAL, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("district", ID, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_officer_name", "officer", ["name", "district"], unique=False)

    op.create_table(
        "outcome",
        sa.Column("device", ID, nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=True),
        sa.Column("errors", sa.Text(), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("device", "seq"),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_outcome_quarantined", "outcome", ["device", "seq"], unique=False,
        sqlite_where=sa.text("status = 'quarantined'"), postgresql_where=sa.text("status = 'quarantined'"),
    )  # fmt: skip

    op.create_table(
        "record",
        sa.Column("id", ID, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("home", ID, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("sole", ID, nullable=True),
        sa.Column("others_at", sa.BigInteger(), nullable=False),
        sa.Column("carrier", ID, nullable=True),
        sa.Column("fields", sa.Text(), nullable=False),
        sa.Column("heads", sa.Text(), nullable=False),
        sa.Column("seen", sa.Text(), nullable=False),
        sa.Column("ahead", sa.Text(), nullable=True),
        sa.Column("conflicts", sa.Text(), nullable=True),
        sa.Column("waiting_since", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("status_at", sa.BigInteger(), nullable=True),
        sa.Column("erased", sa.Boolean(), nullable=False),
        sa.Column("incomplete", sa.Boolean(), nullable=False),
        sa.Column("nik", ID, nullable=True),
        sa.Column("refers", ID, nullable=True),
        sa.Column("derived", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "ix_record_carrier",
        "record",
        ["carrier"],
        unique=False,
        sqlite_where=sa.text("carrier IS NOT NULL"),
        postgresql_where=sa.text("carrier IS NOT NULL"),
    )
    op.create_index("ix_record_home_position", "record", ["home", "position"], unique=True)
    op.create_index(
        "ix_record_nik",
        "record",
        ["nik"],
        unique=False,
        sqlite_where=sa.text("nik IS NOT NULL"),
        postgresql_where=sa.text("nik IS NOT NULL"),
    )
    op.create_index(
        "ix_record_others",
        "record",
        ["home", "sole", "others_at"],
        unique=False,
        sqlite_where=sa.text("others_at > 0"),
        postgresql_where=sa.text("others_at > 0"),
    )
    op.create_index(
        "ix_record_refers",
        "record",
        ["refers"],
        unique=False,
        sqlite_where=sa.text("refers IS NOT NULL"),
        postgresql_where=sa.text("refers IS NOT NULL"),
    )
    op.create_index(
        "ix_record_waiting",
        "record",
        ["waiting_since", "id"],
        unique=False,
        sqlite_where=sa.text("waiting_since IS NOT NULL"),
        postgresql_where=sa.text("waiting_since IS NOT NULL"),
    )

    op.create_table(
        "refusal",
        sa.Column("id", SERIAL, nullable=False),
        sa.Column("door", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_refusal_door_at", "refusal", ["door", "at"], unique=False)

    op.create_table(
        "region",
        sa.Column("code", ID, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("parent", ID, nullable=False),
        sa.PrimaryKeyConstraint("code"),
    )
    op.create_index("ix_region_parent", "region", ["parent", "code"], unique=False)

    op.create_table(
        "server_key",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("public", sa.Text(), nullable=False),
        sa.Column("sealed_private", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "session",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("account", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("token_hash"),
    )
    op.create_index("ix_session_account", "session", ["account"], unique=False)

    op.create_table(
        "snapshot",
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("month", sa.Integer(), nullable=False),
        sa.Column("village", ID, nullable=False),
        sa.Column("registered", sa.Integer(), nullable=False),
        sa.Column("active", sa.Integer(), nullable=False),
        sa.Column("in_arrears", sa.Integer(), nullable=False),
        sa.Column("inactive", sa.Integer(), nullable=False),
        sa.Column("awaiting", sa.Integer(), nullable=False),
        sa.Column("proposed", sa.Integer(), nullable=False),
        sa.Column("covered", sa.Integer(), nullable=False),
        sa.Column("unconfirmed", sa.Integer(), nullable=False),
        sa.Column("ended", sa.Integer(), nullable=False),
        sa.Column("incomplete", sa.Integer(), nullable=False),
        sa.Column("segment", sa.Integer(), nullable=False),
        sa.Column("age", sa.Integer(), nullable=False),
        sa.Column("eligible", sa.Integer(), nullable=True),
        sa.Column("eligible_month", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("day", "month", "village"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "stream",
        sa.Column("village", ID, nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("desk_seq", sa.BigInteger(), nullable=False),
        sa.Column("covered", sa.BigInteger(), nullable=False),
        sa.Column("covered_on", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("village"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "touched",
        sa.Column("id", SERIAL, nullable=False),
        sa.Column("village", ID, nullable=False),
        sa.Column("record", ID, nullable=False),
        sa.Column("passed_on", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_touched_village", "touched", ["village"], unique=False)
    op.create_table(
        "waiting",
        sa.Column("device", ID, nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("record", ID, nullable=False),
        sa.Column("village", ID, nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("device", "seq"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_waiting_record", "waiting", ["record"], unique=False)
    op.create_index("ix_waiting_since", "waiting", ["since"], unique=False)
    sqlite = op.get_bind().dialect.name == "sqlite"
    for trigger in SQLITE_TRIGGERS if sqlite else POSTGRESQL_TRIGGERS:
        op.execute(trigger)


def downgrade() -> None:
    raise NotImplementedError("before the first tables there is nothing")
