"""Files that changes name, uploads on their way, and codes to recover a phone."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from schemas.change import loads
from schemas.files import MARK, files_in

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

ID = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
IS_WANTED = sa.text("state = 'wanted'")


def upgrade() -> None:
    op.add_column("device", sa.Column("wants", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_table(
        "file",
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("by", ID, nullable=False),
        sa.Column("stored_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("sha256"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "naming",
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("record", ID, nullable=False),
        sa.Column("device", ID, nullable=False),
        sa.Column("village", ID, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("sha256", "record", "device"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_naming_record", "naming", ["record"])
    op.create_index(
        "ix_naming_wanted", "naming", ["device", "at"], sqlite_where=IS_WANTED, postgresql_where=IS_WANTED
    )
    _name_what_was_named()
    op.create_table(
        "upload",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("device", ID, nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("touched_at", sa.BigInteger(), nullable=False),
        sa.Column("done_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_upload_device", "upload", ["device", "touched_at"])
    op.create_table(
        "recovery",
        sa.Column("code_hash", sa.LargeBinary(), nullable=False),
        sa.Column("device", ID, nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("code_hash"),
    )


def _name_what_was_named() -> None:
    """Changes received before there were files may name some, also those set aside: they are wanted from now on."""
    connection = op.get_bind()
    names = ("device", "record", "village", "received", "fields", "sent")
    log = sa.table("change", *(sa.column(name) for name in names))
    named_some = log.c.fields.contains(MARK) | log.c.sent.contains(MARK)
    naming = sa.table("naming", *(sa.column(name) for name in ("sha256", "record", "device", "village", "at", "state")))
    rows: dict[tuple[str, str, str], tuple[str, int]] = {}
    for device, record, village, received, *told in connection.execute(sa.select(log).where(named_some)):
        for named in files_in([loads(text) for text in told if text is not None]):
            rows.setdefault((named.sha256, record, device), (village, received))
    told = [
        {"sha256": key[0], "record": key[1], "device": key[2], "village": village, "at": at, "state": "wanted"}
        for key, (village, at) in rows.items()
    ]
    if told:
        connection.execute(naming.insert(), told)
        device = sa.table("device", sa.column("id"), sa.column("wants", sa.Boolean()))
        connection.execute(device.update().where(device.c.id.in_({row["device"] for row in told})).values(wants=True))


def downgrade() -> None:
    for table in ("recovery", "upload", "naming", "file"):
        op.drop_table(table)
    with op.batch_alter_table("device") as device:
        device.drop_column("wants")
