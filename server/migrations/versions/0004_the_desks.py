"""The desks: who looked and did what, who is found by which words, lists that come in and go out, people's rights."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

ID = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

SQLITE_TRIGGERS = (
    "CREATE TRIGGER audit_kept BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit log is only ever added to'); END",
    "CREATE TRIGGER audit_fixed BEFORE UPDATE ON audit "
    "BEGIN SELECT RAISE(ABORT, 'the audit log is only ever added to'); END",
)
POSTGRESQL_TRIGGERS = (
    "CREATE FUNCTION audit_fixed() RETURNS trigger LANGUAGE plpgsql AS "
    "$$ BEGIN RAISE EXCEPTION 'the audit log is only ever added to'; END $$",
    "CREATE TRIGGER audit_kept BEFORE DELETE OR UPDATE ON audit FOR EACH ROW EXECUTE FUNCTION audit_fixed()",
)


def upgrade() -> None:
    op.create_table(
        "audit",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("who", ID, nullable=False),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("region", ID, nullable=True),
        sa.Column("record", ID, nullable=True),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_audit_act", "audit", ["act", "id"])
    op.create_index("ix_audit_region", "audit", ["region", "id"])
    op.create_index("ix_audit_who", "audit", ["who", "id"])
    op.create_table(
        "audit_head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "audit_record",
        sa.Column("record", ID, nullable=False),
        sa.Column("audit", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("record", "audit"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_audit_record_audit", "audit_record", ["audit", "record"])
    op.create_table(
        "breach",
        sa.Column("id", SERIAL, nullable=False),
        sa.Column("region", ID, nullable=False),
        sa.Column("noticed_at", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("measures", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("source_id", ID, nullable=True),
        sa.Column("happened", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("people_told_at", sa.BigInteger(), nullable=True),
        sa.Column("authority_told_at", sa.BigInteger(), nullable=True),
        sa.Column("closed_at", sa.BigInteger(), nullable=True),
        sa.Column("by", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "breach_person",
        sa.Column("breach", sa.BigInteger(), nullable=False),
        sa.Column("record", ID, nullable=False),
        sa.Column("home", ID, nullable=False),
        sa.PrimaryKeyConstraint("breach", "record"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_breach_person_record", "breach_person", ["record"])
    op.create_table(
        "compared",
        sa.Column("record", ID, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("record"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "drill",
        sa.Column("id", SERIAL, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("backup_at", sa.BigInteger(), nullable=True),
        sa.Column("records", sa.BigInteger(), nullable=True),
        sa.Column("changes", sa.BigInteger(), nullable=True),
        sa.Column("seconds", sa.Float(), nullable=True),
        sa.Column("is_good", sa.Boolean(), nullable=False),
        sa.Column("why", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "export",
        sa.Column("id", SERIAL, nullable=False),
        sa.Column("account", sa.BigInteger(), nullable=False),
        sa.Column("region", ID, nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("format", sa.Text(), nullable=False),
        sa.Column("asked", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("done_rows", sa.BigInteger(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("touched_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_export_account", "export", ["account"])
    op.create_index("ix_export_state", "export", ["state", "id"])
    op.create_table(
        "hand_over",
        sa.Column("device", ID, nullable=False),
        sa.Column("officer", sa.BigInteger(), nullable=False),
        sa.Column("code_hash", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("device"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "indexed",
        sa.Column("village", ID, nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("village"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "judged",
        sa.Column("village", ID, nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("village"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "list_file",
        sa.Column("id", SERIAL, nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("account", sa.BigInteger(), nullable=True),
        sa.Column("region", ID, nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=True),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("got", sa.BigInteger(), nullable=False),
        sa.Column("format", sa.Text(), nullable=True),
        sa.Column("columns", sa.Text(), nullable=True),
        sa.Column("mapping", sa.Text(), nullable=True),
        sa.Column("as_of", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("done_rows", sa.BigInteger(), nullable=False),
        sa.Column("totals", sa.Text(), nullable=True),
        sa.Column("accepts", sa.Text(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("touched_at", sa.BigInteger(), nullable=False),
        sa.Column("busy_until", sa.BigInteger(), nullable=True),
        sa.Column("gone_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_list_file_region", "list_file", ["region", "id"])
    op.create_index(op.f("ix_list_file_sha256"), "list_file", ["sha256"])
    op.create_index("ix_list_file_state", "list_file", ["state", "id"])
    op.create_table(
        "list_mapping",
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("headings", sa.Text(), nullable=False),
        sa.Column("mapping", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("purpose", "headings"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "list_row",
        sa.Column("list", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("said", sa.Text(), nullable=True),
        sa.Column("person", sa.LargeBinary(), nullable=True),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("village", ID, nullable=False),
        sa.Column("record", ID, nullable=True),
        sa.Column("about", sa.Text(), nullable=True),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.Column("decided_by", sa.BigInteger(), nullable=True),
        sa.Column("done_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("list", "number"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_list_row_found", "list_row", ["list", "verdict", "decision", "village", "number"])
    op.create_index("ix_list_row_person", "list_row", ["list", "person"])
    op.create_index("ix_list_row_record", "list_row", ["record", "list"])
    op.create_table(
        "pair",
        sa.Column("a", ID, nullable=False),
        sa.Column("b", ID, nullable=False),
        sa.Column("home_a", ID, nullable=False),
        sa.Column("home_b", ID, nullable=False),
        sa.Column("same_nik", sa.Boolean(), nullable=False),
        sa.Column("probability", sa.Float(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("comparisons", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("found_at", sa.BigInteger(), nullable=False),
        sa.Column("judged_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("a", "b"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_pair_b", "pair", ["b"])
    op.create_index("ix_pair_found", "pair", ["state", "found_at", "a", "b"])
    op.create_index("ix_pair_home_a", "pair", ["home_a", "state"])
    op.create_index("ix_pair_home_b", "pair", ["home_b", "state"])
    op.create_index("ix_pair_state", "pair", ["state", "probability", "a", "b"])
    op.create_table(
        "person",
        sa.Column("record", ID, nullable=False),
        sa.Column("home", ID, nullable=False),
        sa.Column("full_name", sa.Text(), nullable=False),
        sa.Column("name_key", ID, nullable=False),
        sa.Column("nik", ID, nullable=True),
        sa.Column("kk_number", ID, nullable=True),
        sa.Column("kpj", ID, nullable=True),
        sa.Column("birth_date", ID, nullable=True),
        sa.Column("sex", sa.Text(), nullable=True),
        sa.Column("mother_name", sa.Text(), nullable=True),
        sa.Column("phone", ID, nullable=True),
        sa.Column("occupation", sa.Text(), nullable=True),
        sa.Column("segment", sa.Text(), nullable=False),
        sa.Column("funding", sa.Text(), nullable=True),
        sa.Column("vulnerable", sa.Boolean(), nullable=True),
        sa.Column("dtsen_decile", sa.Integer(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("incomplete", sa.Boolean(), nullable=False),
        sa.Column("waits", sa.Boolean(), nullable=False),
        sa.Column("restricted", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("registered_on", ID, nullable=True),
        sa.Column("coverage", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("record"),
    )
    op.create_index("ix_person_born", "person", ["birth_date", "home"])
    op.create_index("ix_person_coverage", "person", ["coverage", "home", "name_key", "record"])
    op.create_index(
        "ix_person_home",
        "person",
        [
            "home",
            "name_key",
            "record",
            "sex",
            "segment",
            "funding",
            "vulnerable",
            "dtsen_decile",
            "registered_on",
            "restricted",
        ],
    )
    op.create_index(
        "ix_person_incomplete",
        "person",
        ["home", "name_key", "record"],
        sqlite_where=sa.text("incomplete = 1"),
        postgresql_where=sa.text("incomplete"),
    )
    op.create_index("ix_person_kk", "person", ["kk_number", "home", "record"])
    op.create_index("ix_person_kpj", "person", ["kpj", "home", "record"])
    op.create_index("ix_person_nik", "person", ["nik", "home", "record"])
    op.create_index("ix_person_occupation", "person", ["occupation", "home", "name_key", "record"])
    op.create_index("ix_person_phone", "person", ["phone", "home", "record"])
    op.create_index("ix_person_status", "person", ["status", "home", "name_key", "record"])
    op.create_index(
        "ix_person_waits",
        "person",
        ["home", "name_key", "record"],
        sqlite_where=sa.text("waits = 1"),
        postgresql_where=sa.text("waits"),
    )
    op.create_table(
        "person_word",
        sa.Column("word", sa.BigInteger(), nullable=False),
        sa.Column("home", ID, nullable=False),
        sa.Column("record", ID, nullable=False),
        sa.PrimaryKeyConstraint("word", "home", "record"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_person_word_record", "person_word", ["record"])
    op.create_table(
        "restriction",
        sa.Column("record", ID, nullable=False),
        sa.Column("region", ID, nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("record"),
    )
    op.create_table(
        "retention_due",
        sa.Column("record", ID, nullable=False),
        sa.Column("home", ID, nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("record"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_retention_due_home", "retention_due", ["home", "record"])
    op.create_table(
        "returned",
        sa.Column("device", ID, nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("record", ID, nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("by", sa.BigInteger(), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("device", "seq"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_returned_record", "returned", ["record"])
    op.create_table(
        "rights_request",
        sa.Column("id", SERIAL, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("record", ID, nullable=True),
        sa.Column("region", ID, nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("proven_by", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("opened_by", sa.BigInteger(), nullable=True),
        sa.Column("closed_by", sa.BigInteger(), nullable=True),
        sa.Column("closed_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_rights_request_record", "rights_request", ["record"])
    op.create_index("ix_rights_request_state", "rights_request", ["state", "due_at"])
    op.create_table(
        "succession",
        sa.Column("old", ID, nullable=False),
        sa.Column("new", ID, nullable=False),
        sa.Column("since", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("by", sa.BigInteger(), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("old", "new"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "word",
        sa.Column("id", SERIAL, nullable=False),
        sa.Column("word", ID, nullable=False),
        sa.Column("skeleton", ID, nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("word", name="uq_word_word"),
    )
    op.create_index("ix_word_skeleton", "word", ["skeleton"])
    op.drop_table("duplicate")
    op.add_column("account", sa.Column("must_change", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("account", sa.Column("sealed_totp", sa.LargeBinary(), nullable=True))
    op.add_column("account", sa.Column("totp_step", sa.BigInteger(), nullable=True))
    op.add_column("account", sa.Column("officer", sa.BigInteger(), nullable=True))
    op.add_column("account", sa.Column("seen_at", sa.BigInteger(), nullable=True))
    op.add_column("change", sa.Column("row_hash", sa.LargeBinary(), nullable=True))
    op.add_column("mail", sa.Column("note", sa.Text(), nullable=True))
    op.add_column("region", sa.Column("added_at", sa.BigInteger(), nullable=True))
    op.add_column("region", sa.Column("ended_on", sa.Text(), nullable=True))
    op.add_column("session", sa.Column("door", sa.Text(), server_default="api", nullable=False))
    op.add_column("session", sa.Column("began_at", sa.BigInteger(), server_default="0", nullable=False))
    op.execute(sa.text("INSERT INTO audit_head (id, last, hash) VALUES (1, 0, :nothing)").bindparams(nothing=bytes(32)))
    for trigger in SQLITE_TRIGGERS if op.get_bind().dialect.name == "sqlite" else POSTGRESQL_TRIGGERS:
        op.execute(trigger)


def downgrade() -> None:
    op.drop_column("session", "began_at")
    op.drop_column("session", "door")
    op.drop_column("region", "ended_on")
    op.drop_column("region", "added_at")
    op.drop_column("mail", "note")
    op.drop_column("change", "row_hash")
    op.drop_column("account", "seen_at")
    op.drop_column("account", "officer")
    op.drop_column("account", "totp_step")
    op.drop_column("account", "sealed_totp")
    op.drop_column("account", "must_change")
    op.drop_table("word")
    op.drop_table("succession")
    op.drop_table("rights_request")
    op.drop_table("returned")
    op.drop_table("retention_due")
    op.drop_table("restriction")
    op.drop_table("person_word")
    op.drop_table("person")
    op.drop_table("pair")
    op.drop_table("list_row")
    op.drop_table("list_mapping")
    op.drop_table("list_file")
    op.drop_table("judged")
    op.drop_table("indexed")
    op.drop_table("hand_over")
    op.drop_table("export")
    op.drop_table("drill")
    op.drop_table("compared")
    op.drop_table("breach_person")
    op.drop_table("breach")
    op.drop_table("audit_record")
    op.drop_table("audit_head")
    op.drop_table("audit")
    op.create_table(
        "duplicate",
        sa.Column("nik_hash", sa.LargeBinary(), nullable=False),
        sa.Column("record", ID, nullable=False),
        sa.Column("found_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("nik_hash", "record"),
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION audit_fixed()")
