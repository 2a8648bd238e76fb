"""Every table. `change` is the truth, only ever added to; `record`, `gone`, `edge`, `cover`, `figure` are drawn from it.

Ids compare byte by byte on both engines (collation "C" on PostgreSQL), because the smallest id carries a joined record.
Times are milliseconds since 1970, UTC. JSON is kept as text: it is read and told whole, never searched.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    false,
    text,
)  # fmt: skip

metadata = MetaData(
    naming_convention={"ix": "ix_%(table_name)s_%(column_0_N_name)s", "uq": "uq_%(table_name)s_%(column_0_N_name)s"}
)

Id = Text().with_variant(Text(collation="C"), "postgresql")
Serial = BigInteger().with_variant(Integer, "sqlite")  # SQLite numbers by itself only what is declared INTEGER

COUNTS = (
    "registered", "active", "in_arrears", "inactive", "awaiting", "proposed", "covered", "unconfirmed", "ended",
    "incomplete", "segment", "age", "jkk", "jkm", "jht", "wage_earners", "wage_earners_active", "apparatus",
    "apparatus_active",
)  # fmt: skip
"""What is counted of each village and month: see `programme.indicators`."""
NOT_KEPT_BEFORE = COUNTS[12:]
"""Counts that snapshots of before did not have: there they are null."""

life = Table(
    "life", metadata,
    Column("id", Integer, primary_key=True),
    Column("epoch", Text, nullable=False),
    Column("restored", Boolean, nullable=False),  # a backup was restored once: phones may know more than we do
    Column("began_at", BigInteger, nullable=False),
)  # fmt: skip

server_key = Table(
    "server_key", metadata,
    Column("id", Text, primary_key=True),
    Column("public", Text, nullable=False),
    Column("sealed_private", LargeBinary, nullable=False),
    Column("made_at", BigInteger, nullable=False),
)  # fmt: skip

region = Table(
    "region", metadata,
    Column("code", Id, primary_key=True),
    Column("name", Text, nullable=False),
    Column("parent", Id, nullable=False),
    Column("added_at", BigInteger),  # of one that a desk added; None for those of the package
    Column("ended_on", Text),  # the day from which others follow it: see `succession`
    Index("ix_region_parent", "parent", "code"),
)  # fmt: skip

stream = Table(
    "stream", metadata,
    Column("village", Id, primary_key=True),
    Column("position", BigInteger, nullable=False),  # the last one given out; its row is the village's lock
    Column("desk_seq", BigInteger, nullable=False),  # the village's own desk counts apart: no two villages wait for it
    Column("covered", BigInteger, nullable=False),  # up to where coverage has followed
    Column("covered_on", Text),  # the village's day for which its coverage was last drawn; None: never
    sqlite_with_rowid=False,
)  # fmt: skip

account = Table(
    "account", metadata,
    Column("id", Serial, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("password", Text, nullable=False),  # Argon2id
    Column("role", Text, nullable=False),
    Column("region", Id, nullable=False),
    Column("made_at", BigInteger, nullable=False),
    Column("closed_at", BigInteger),
    Column("must_change", Boolean, nullable=False, server_default=false()),  # his password was set by somebody else
    Column("sealed_totp", LargeBinary),  # the secret of his second factor; None: he has none
    Column("totp_step", BigInteger),  # the last one used: a code serves once
    Column("officer", BigInteger),  # the officer that he is as well: nobody settles what he wrote himself
    Column("seen_at", BigInteger),
)  # fmt: skip

session = Table(
    "session", metadata,
    Column("token_hash", LargeBinary, primary_key=True),
    Column("account", BigInteger, nullable=False, index=True),
    Column("expires_at", BigInteger, nullable=False),
    Column("door", Text, nullable=False, server_default="api"),  # api | console | half: the second factor is still due
    Column("began_at", BigInteger, nullable=False, server_default="0"),
)  # fmt: skip

refusal = Table(
    "refusal", metadata,
    Column("id", Serial, primary_key=True),
    Column("door", Text, nullable=False),  # enrol | login
    Column("key", Text, nullable=False),  # hash of the address or of the name asked for
    Column("at", BigInteger, nullable=False),
    Index("ix_refusal_door_at", "door", "at"),
)  # fmt: skip

officer = Table(
    "officer", metadata,
    Column("id", Serial, primary_key=True),
    Column("name", Text, nullable=False),
    Column("district", Id, nullable=False),
    Index("ix_officer_name", "name", "district"),
)  # fmt: skip

enrolment = Table(
    "enrolment", metadata,
    Column("code_hash", LargeBinary, primary_key=True),
    Column("officer", BigInteger, nullable=False),
    Column("villages", Text, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("attempt_hash", LargeBinary),
    Column("device", Id),  # which one it made; then it is used
)  # fmt: skip

device = Table(
    "device", metadata,
    Column("id", Id, primary_key=True),
    Column("officer", BigInteger),
    Column("name", Text, nullable=False),
    Column("platform", Text, nullable=False),
    Column("token_hash", LargeBinary, unique=True),
    Column("enrolled_at", BigInteger, nullable=False),
    Column("acked", BigInteger, nullable=False),
    Column("effective_at", BigInteger, nullable=False),  # of its last change: the next is not before it
    Column("offset_ms", BigInteger, nullable=False),  # what its clock lacks, as last measured directly
    Column("mailed", BigInteger, nullable=False),  # the last position given out in its own mail
    Column("heard_epoch", Text, nullable=False),  # the epoch in which it was last heard
    Column("contact_at", BigInteger),  # None until its first call after enrolment
    Column("status", Text, nullable=False),  # what it last said of itself
    Column("former", Id),  # the device that this one continues
    Column("attempt_hash", LargeBinary),  # of the enrolment that used this device's token in place of a code
    Column("successor", Id),
    Column("forked_at", BigInteger),
    Column("silent_since", BigInteger),
    Column("revoked_at", BigInteger),
    Column("wants", Boolean, nullable=False, server_default=false()),  # it named files that may not be here yet
)  # fmt: skip

device_village = Table(
    "device_village", metadata,
    Column("device", Id, nullable=False),
    Column("village", Id, nullable=False),
    PrimaryKeyConstraint("device", "village"),
    Index("ix_device_village_village", "village"),
    sqlite_with_rowid=False,
)  # fmt: skip

change = Table(
    "change", metadata,
    Column("device", Id, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("record", Id, nullable=False),
    Column("kind", Text, nullable=False),
    Column("village", Text, nullable=False),  # the record's home as the author knew it
    Column("officer", BigInteger),  # who held the device at that moment; of a desk's change the account
    Column("form", Text),
    Column("at", Text),
    Column("effective", BigInteger, nullable=False),
    Column("received", BigInteger, nullable=False),
    Column("seen", Text, nullable=False),
    Column("fields", Text),  # as normalised; null once erased
    Column("sent", Text),  # the whole as it was sent, where that says more than the columns
    Column("hash", LargeBinary, nullable=False),
    Column("status", Text, nullable=False),  # at its receipt: merged | received | quarantined
    Column("version", BigInteger),
    Column("errors", Text),
    Column("row_hash", LargeBinary),  # of this row as it was written; the audit log's chain stands over it
    PrimaryKeyConstraint("device", "seq"),
    Index("ix_change_record", "record"),
    Index("ix_change_quarantined", "received", "device", "seq",
          sqlite_where=text("status = 'quarantined'"), postgresql_where=text("status = 'quarantined'")),
    sqlite_with_rowid=False,
)  # fmt: skip

outcome = Table(
    "outcome", metadata,  # what became of a change that was only received
    Column("device", Id, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("status", Text, nullable=False),  # merged | quarantined
    Column("version", BigInteger),
    Column("errors", Text),
    Column("at", BigInteger, nullable=False),
    PrimaryKeyConstraint("device", "seq"),
    Index("ix_outcome_quarantined", "device", "seq",
          sqlite_where=text("status = 'quarantined'"), postgresql_where=text("status = 'quarantined'")),
    sqlite_with_rowid=False,
)  # fmt: skip

waiting = Table(
    "waiting", metadata,  # received, and not yet merged
    Column("device", Id, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("record", Id, nullable=False),
    Column("village", Id, nullable=False),
    Column("since", BigInteger, nullable=False),
    Column("why", Text, nullable=False),
    PrimaryKeyConstraint("device", "seq"),
    Index("ix_waiting_record", "record"),
    Index("ix_waiting_since", "since"),
    sqlite_with_rowid=False,
)  # fmt: skip

record = Table(
    "record", metadata,
    Column("id", Id, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("home", Id, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("position", BigInteger, nullable=False),  # in its home's stream: its last change of all
    Column("sole", Id),  # the device that alone added all that came after `others_at`, merged as it was sent
    Column("others_at", BigInteger, nullable=False),  # position of the last thing that `sole` did not add; else 0
    Column("carrier", Id),  # of records joined by links: the smallest id, which holds what they are together
    Column("fields", Text, nullable=False),
    Column("heads", Text, nullable=False),
    Column("seen", Text, nullable=False),
    Column("ahead", Text),
    Column("conflicts", Text),
    Column("waiting_since", BigInteger),
    Column("created_at", BigInteger, nullable=False),
    Column("status_at", BigInteger),
    Column("erased", Boolean, nullable=False),
    Column("incomplete", Boolean, nullable=False),
    Column("nik", Id),
    Column("refers", Id),  # the worker that a contribution or claim is of
    Column("derived", Text),  # what the server worked out for phones; takes no part in merging
    Index("ix_record_home_position", "home", "position", unique=True),
    Index("ix_record_others", "home", "sole", "others_at",
          sqlite_where=text("others_at > 0"), postgresql_where=text("others_at > 0")),
    Index("ix_record_nik", "nik", sqlite_where=text("nik IS NOT NULL"), postgresql_where=text("nik IS NOT NULL")),
    Index("ix_record_refers", "refers", sqlite_where=text("refers IS NOT NULL"),
          postgresql_where=text("refers IS NOT NULL")),
    Index("ix_record_carrier", "carrier", sqlite_where=text("carrier IS NOT NULL"),
          postgresql_where=text("carrier IS NOT NULL")),
    Index("ix_record_waiting", "waiting_since", "id", sqlite_where=text("waiting_since IS NOT NULL"),
          postgresql_where=text("waiting_since IS NOT NULL")),
)  # fmt: skip

gone = Table(
    "gone", metadata,  # told to devices of a village where a record is no longer
    Column("village", Id, nullable=False),
    Column("record", Id, nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("why", Text, nullable=False),  # moved | linked | erased
    Column("into", Id),  # the carrier of a linked one; the new home of a moved one
    PrimaryKeyConstraint("village", "record"),
    Index("ix_gone_record", "record"),
    Index("ix_gone_village_position", "village", "position"),
    sqlite_with_rowid=False,
)  # fmt: skip

edge = Table(
    "edge", metadata,  # the links that stand
    Column("a", Id, nullable=False),
    Column("b", Id, nullable=False),
    Column("device", Id, nullable=False),
    Column("seq", BigInteger, nullable=False),
    PrimaryKeyConstraint("a", "b"),
    Index("ix_edge_b", "b"),
    sqlite_with_rowid=False,
)  # fmt: skip

erasure = Table(
    "erasure", metadata,
    Column("record", Id, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("by", BigInteger),
    Column("reason", Text, nullable=False),
)  # fmt: skip

mail = Table(
    "mail", metadata,  # results told later, and notices; numbered when first told
    Column("id", Serial, primary_key=True),
    Column("device", Id, nullable=False),
    Column("position", BigInteger),
    Column("seq", BigInteger),  # a change of the device whose result is told
    Column("record", Id),
    Column("code", Text),  # of a notice: what is said, in the reader's language
    Column("note", Text),  # of a notice: what a desk wrote, as it wrote it
    Column("at", BigInteger, nullable=False),
    Index("ix_mail_device", "device", "position"),
)  # fmt: skip

lost = Table(
    "lost", metadata,  # what a device said it no longer holds
    Column("device", Id, nullable=False),
    Column("first", BigInteger, nullable=False),
    Column("last", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
    PrimaryKeyConstraint("device", "first"),
)  # fmt: skip

evidence = Table(
    "evidence", metadata,  # what a forked device sent, and why
    Column("device", Id, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Column("record", Id, nullable=False, index=True),
    Column("sent", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    PrimaryKeyConstraint("device", "seq", "hash"),
)  # fmt: skip

touched = Table(
    "touched", metadata,  # workers whose cover a village must draw anew though its own stream did not move
    Column("id", Serial, primary_key=True),  # only ever added and taken, so that no two writers wait for each other
    Column("village", Id, nullable=False),
    Column("record", Id, nullable=False),
    Column("passed_on", Boolean, nullable=False),  # by the worker's own village, which has drawn its part
    Index("ix_touched_village", "village"),
)  # fmt: skip

cover = Table(
    "cover", metadata,  # each worker's membership as a village sees it; of one who moved on, the part that he was here
    Column("village", Id, nullable=False),
    Column("record", Id, nullable=False),
    Column("state", Text, nullable=False),
    Column("first_month", Integer, nullable=False),  # year * 12 + month - 1
    Column("letters", Text, nullable=False),  # a state a month, from `first_month` on: see `programme.coverage`
    Column("why_not", Text),  # why the worker is not counted
    Column("programs", Text, nullable=False, server_default=""),  # a digit a month, as `letters`: 1 JKK, 2 JKM, 4 JHT active
    Column("segment", Text),  # wage_earner | apparatus; None: bpu
    Column("tasks", Text),  # k: his card is not handed over yet; a: reactivated of late
    PrimaryKeyConstraint("village", "record"),
    Index("ix_cover_record", "record"),
    Index("ix_cover_tasks", "village", "record",
          sqlite_where=text("tasks IS NOT NULL"), postgresql_where=text("tasks IS NOT NULL")),
    sqlite_with_rowid=False,
)  # fmt: skip

figure = Table(
    "figure", metadata,  # per village and month
    Column("month", Integer, nullable=False),
    Column("village", Id, nullable=False),
    *(Column(name, Integer, nullable=False, server_default="0" if name in NOT_KEPT_BEFORE else None) for name in COUNTS),
    Column("eligible", Integer),  # the denominator that serves this month
    Column("eligible_month", Integer),  # and the month that it was entered for
    PrimaryKeyConstraint("month", "village"),
    Index("ix_figure_village", "village"),
    sqlite_with_rowid=False,
)  # fmt: skip

snapshot = Table(
    "snapshot", metadata,  # figures as they were known on a day; never changed
    Column("day", Text, nullable=False),
    Column("month", Integer, nullable=False),
    Column("village", Id, nullable=False),
    *(Column(name, Integer, nullable=name in NOT_KEPT_BEFORE) for name in COUNTS),
    Column("eligible", Integer),
    Column("eligible_month", Integer),
    PrimaryKeyConstraint("day", "month", "village"),
    sqlite_with_rowid=False,
)  # fmt: skip

form = Table(
    "form", metadata,
    Column("name", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("body", Text, nullable=False),
    Column("published_at", BigInteger, nullable=False),
    # Empty in what was published as bare JSON, before forms were XLSForms.
    Column("kind", Text),
    Column("does", Text),
    Column("title", Text),  # JSON, by language
    Column("xform", Text),
    Column("source", Text),  # hash of the file that it was made of
    Column("shipped", Boolean, nullable=False, server_default=false()),  # made of a file that comes with the program
    PrimaryKeyConstraint("name", "version"),
)  # fmt: skip

job_run = Table(
    "job_run", metadata,
    Column("id", Serial, primary_key=True),
    Column("job", Text, nullable=False),
    Column("started_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger),
    Column("rows", BigInteger),
    Column("error", Text),
    Index("ix_job_run_job", "job", "started_at"),
)  # fmt: skip

file = Table(
    "file", metadata,  # contents that lie on the disk, each once: see `server.store.contents`
    Column("sha256", Text, primary_key=True),
    Column("size", BigInteger, nullable=False),
    Column("type", Text, nullable=False),
    Column("by", Id, nullable=False),  # the device that brought it first
    Column("stored_at", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)  # fmt: skip

naming = Table(
    "naming", metadata,  # which device's changes to which record name which file
    Column("sha256", Text, nullable=False),
    Column("record", Id, nullable=False),
    Column("device", Id, nullable=False),
    Column("village", Id, nullable=False),  # the record's home as the author knew it, where the record is not here
    Column("at", BigInteger, nullable=False),
    Column("state", Text, nullable=False),  # wanted | kept: see `server.store.files`
    PrimaryKeyConstraint("sha256", "record", "device"),
    Index("ix_naming_record", "record"),
    Index("ix_naming_wanted", "device", "at",
          sqlite_where=text("state = 'wanted'"), postgresql_where=text("state = 'wanted'")),
    sqlite_with_rowid=False,
)  # fmt: skip

upload = Table(
    "upload", metadata,  # what has come of them lies in part files
    Column("id", Text, primary_key=True),
    Column("device", Id, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("type", Text, nullable=False),
    Column("touched_at", BigInteger, nullable=False),
    Column("done_at", BigInteger),  # kept a while: the answer to the last part may have been lost
    Index("ix_upload_device", "device", "touched_at"),
)  # fmt: skip

recovery = Table(
    "recovery", metadata,  # codes by which a phone opens its data again after its PIN was forgotten
    Column("code_hash", LargeBinary, primary_key=True),
    Column("device", Id, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
)  # fmt: skip
