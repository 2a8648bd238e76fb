"""Forms are XLSForms: beside what the phone renders stands their XForm, what they are for, and what they were made of."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Empty in what was published as bare JSON before: that stays served by its name, and is offered to no phone.
    for name in ("kind", "does", "title", "xform", "source"):
        op.add_column("form", sa.Column(name, sa.Text(), nullable=True))
    op.add_column("form", sa.Column("shipped", sa.Boolean(), nullable=False, server_default=sa.false()))
