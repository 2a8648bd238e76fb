"""The tables of the desks: who looked and did what, who is found by which words, lists that came in and went out.

Nothing here takes part in merging. `person`, `word`, `person_word` and `pair` are drawn from the records and may be
drawn again; the rest is the desks' own memory. What holds values of people is emptied by an erasure too.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    false,
    text,
)

from server.store.tables import Id, Serial, metadata

# Who looked and did what ----------------------------------------------------------------------------------------------

audit = Table(
    "audit", metadata,  # a chain: each entry's hash covers the one before it; see `server.audit`
    Column("id", BigInteger, primary_key=True, autoincrement=False),  # 1, 2, 3 … without gaps
    Column("at", BigInteger, nullable=False),
    Column("who", Id, nullable=False),  # account:<id> | device:<id> | job:<name> | machine
    Column("act", Text, nullable=False),
    Column("region", Id),
    Column("record", Id),
    Column("about", Text, nullable=False),  # canonical JSON; names of fields and numbers, never a person's values
    Column("hash", LargeBinary, nullable=False),
    Index("ix_audit_who", "who", "id"),
    Index("ix_audit_act", "act", "id"),
    Index("ix_audit_region", "region", "id"),
)  # fmt: skip

audit_record = Table(
    "audit_record", metadata,  # which people an entry is about: who has looked at whom
    Column("record", Id, nullable=False),
    Column("audit", BigInteger, nullable=False),
    PrimaryKeyConstraint("record", "audit"),
    Index("ix_audit_record_audit", "audit", "record"),
    sqlite_with_rowid=False,
)  # fmt: skip

audit_head = Table(
    "audit_head", metadata,  # one row: its lock puts entries in a row
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("last", BigInteger, nullable=False),
    Column("hash", LargeBinary, nullable=False),
)  # fmt: skip

# Who is found by which words ------------------------------------------------------------------------------------------

person = Table(
    "person", metadata,  # one row a worker that stands: not erased, and of joined ones the carrier. See `people_index`
    Column("record", Id, primary_key=True),
    Column("home", Id, nullable=False),
    Column("full_name", Text, nullable=False),
    Column("name_key", Id, nullable=False),  # as lists are sorted: plain capital letters
    Column("nik", Id),
    Column("kk_number", Id),
    Column("kpj", Id),
    Column("birth_date", Id),
    Column("sex", Text),
    Column("mother_name", Text),
    Column("phone", Id),
    Column("occupation", Text),
    Column("segment", Text, nullable=False),
    Column("funding", Text),
    Column("vulnerable", Boolean),
    Column("dtsen_decile", Integer),
    Column("status", Text, nullable=False),  # proposed where nothing is said
    Column("incomplete", Boolean, nullable=False),
    Column("waits", Boolean, nullable=False),  # a field waits for a person
    Column("restricted", Boolean, nullable=False, server_default=false()),
    Column("registered_on", Id),
    Column("coverage", Text, nullable=False),  # the state of his membership, as phones are told; proposed where nothing is
    Column("position", BigInteger, nullable=False),  # the record's, as it was drawn from
    # Lists are read in the order of this one, and cut down by what it holds before a row is looked at.
    Index("ix_person_home", "home", "name_key", "record", "sex", "segment", "funding", "vulnerable", "dtsen_decile",
          "registered_on", "restricted"),
    # A list of few among many must not read the many: each of these holds them in the list's order.
    Index("ix_person_status", "status", "home", "name_key", "record"),
    Index("ix_person_coverage", "coverage", "home", "name_key", "record"),
    Index("ix_person_occupation", "occupation", "home", "name_key", "record"),
    Index("ix_person_waits", "home", "name_key", "record", sqlite_where=text("waits = 1"), postgresql_where=text("waits")),
    Index("ix_person_incomplete", "home", "name_key", "record",
          sqlite_where=text("incomplete = 1"), postgresql_where=text("incomplete")),
    Index("ix_person_nik", "nik", "home", "record"),
    Index("ix_person_kk", "kk_number", "home", "record"),
    Index("ix_person_kpj", "kpj", "home", "record"),
    Index("ix_person_phone", "phone", "home", "record"),
    Index("ix_person_born", "birth_date", "home"),
)  # fmt: skip

indexed = Table(
    "indexed", metadata,  # up to where the index of people has followed each village's stream
    Column("village", Id, primary_key=True),
    Column("position", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)  # fmt: skip

word = Table(
    "word", metadata,  # every word that a name holds, once; only ever added to, so that a process may keep them
    Column("id", Serial, primary_key=True),
    Column("word", Id, nullable=False, unique=True),
    Column("skeleton", Id, nullable=False, index=True),  # what is left of it however it is spelt
)  # fmt: skip

person_word = Table(
    "person_word", metadata,
    Column("word", BigInteger, nullable=False),
    Column("home", Id, nullable=False),
    Column("record", Id, nullable=False),
    PrimaryKeyConstraint("word", "home", "record"),
    Index("ix_person_word_record", "record"),
    sqlite_with_rowid=False,
)  # fmt: skip

pair = Table(
    "pair", metadata,  # two records that may be one person; a < b. See `server.actions.duplicates`
    Column("a", Id, nullable=False),
    Column("b", Id, nullable=False),
    Column("home_a", Id, nullable=False),
    Column("home_b", Id, nullable=False),
    Column("same_nik", Boolean, nullable=False),
    Column("probability", Float, nullable=False),  # that they are one, by the last that judged them
    Column("by", Text, nullable=False),  # entry | model | desk
    Column("comparisons", Text, nullable=False),  # JSON: [[field, level, weight in bits], …]; no values
    Column("state", Text, nullable=False),  # open | joined | apart: as the desks' links say now
    Column("found_at", BigInteger, nullable=False),
    Column("judged_at", BigInteger, nullable=False),
    PrimaryKeyConstraint("a", "b"),
    Index("ix_pair_b", "b"),
    Index("ix_pair_state", "state", "probability", "a", "b"),
    Index("ix_pair_found", "state", "found_at", "a", "b"),
    Index("ix_pair_home_a", "home_a", "state"),
    Index("ix_pair_home_b", "home_b", "state"),
    sqlite_with_rowid=False,
)  # fmt: skip

judged = Table(
    "judged", metadata,  # up to where the search for doubles has followed the index of people, village by village
    Column("village", Id, primary_key=True),
    Column("position", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)  # fmt: skip

compared = Table(
    "compared", metadata,  # which version of whom was compared: coverage moves records on without changing what they say
    Column("record", Id, primary_key=True),
    Column("version", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)  # fmt: skip

# Phones and what goes back to them ------------------------------------------------------------------------------------

returned = Table(
    "returned", metadata,  # quarantined changes sent back to their officer, with a note
    Column("device", Id, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("record", Id, nullable=False),
    Column("note", Text, nullable=False),
    Column("by", BigInteger),
    Column("at", BigInteger, nullable=False),
    PrimaryKeyConstraint("device", "seq"),
    Index("ix_returned_record", "record"),
    sqlite_with_rowid=False,
)  # fmt: skip

hand_over = Table(
    "hand_over", metadata,  # phones that another officer is to have: revoked when nothing of the former one's is left
    Column("device", Id, primary_key=True),
    Column("officer", BigInteger, nullable=False),  # who is to have it
    Column("code_hash", LargeBinary, nullable=False),  # of the code that was made for him
    Column("at", BigInteger, nullable=False),
    Column("by", BigInteger),
    sqlite_with_rowid=False,
)  # fmt: skip

# Lists that come in ---------------------------------------------------------------------------------------------------

list_file = Table(
    "list_file", metadata,  # a list that was brought: the branch's members, a regency's workers, deciles, decrees, matches
    Column("id", Serial, primary_key=True),
    Column("purpose", Text, nullable=False),  # members | workers | deciles | decree | population
    Column("account", BigInteger),  # who brought it; None: at the machine
    Column("region", Id, nullable=False),
    Column("title", Text, nullable=False),  # what the desk calls it; the file's own name is not kept
    Column("sha256", Text, index=True),
    Column("size", BigInteger, nullable=False),
    Column("got", BigInteger, nullable=False),  # bytes that have come, so that a cut upload goes on
    Column("format", Text),  # xlsx | csv; None until it is known
    Column("columns", Text),  # JSON: sheet, headings and their row, some rows to show; None once past its time
    Column("mapping", Text),  # JSON: {"columns": {number: field}, "month", "funding"}
    Column("as_of", Text, nullable=False),  # the day of which it tells
    Column("state", Text, nullable=False),  # uploading | mapping | reading | matching | ready | accepting | done | failed
    Column("rows", BigInteger, nullable=False),
    Column("done_rows", BigInteger, nullable=False),  # of the step that is at work: where a killed one goes on
    Column("totals", Text),  # JSON: how many rows have which verdict and decision, and what is only here
    Column("accepts", Text),  # JSON: the verdict whose open rows are being accepted, and by whom
    Column("error", Text),
    Column("made_at", BigInteger, nullable=False),
    Column("touched_at", BigInteger, nullable=False),
    Column("busy_until", BigInteger),  # somebody is at work on it until then, unless he says so again
    Column("gone_at", BigInteger),  # its file and its rows' values were dropped
    Index("ix_list_file_state", "state", "id"),
    Index("ix_list_file_region", "region", "id"),
)  # fmt: skip

list_row = Table(
    "list_row", metadata,
    Column("list", BigInteger, nullable=False),
    Column("number", Integer, nullable=False),  # the file's own row
    Column("said", Text),  # JSON: what the row says, by our fields; None once erased or past its time
    Column("person", LargeBinary),  # hash of the number that names the person: rows of one person are one claim
    Column("verdict", Text, nullable=False),  # new | same | safe | differs | likely | only_there | wrong | outside
    Column("village", Id, nullable=False),  # of the record it is about; else as the row says, or empty
    Column("record", Id),
    Column("about", Text),  # JSON: fields that differ, candidates with their likeness, complaints
    Column("decision", Text, nullable=False),  # open | accept | leave | done
    Column("decided_by", BigInteger),
    Column("done_at", BigInteger),
    PrimaryKeyConstraint("list", "number"),
    Index("ix_list_row_found", "list", "verdict", "decision", "village", "number"),
    Index("ix_list_row_person", "list", "person"),
    Index("ix_list_row_record", "record", "list"),
    sqlite_with_rowid=False,
)  # fmt: skip

list_mapping = Table(
    "list_mapping", metadata,  # columns that were mapped once are known again by their headings
    Column("purpose", Text, nullable=False),
    Column("headings", Text, nullable=False),  # hash of the headings
    Column("mapping", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    PrimaryKeyConstraint("purpose", "headings"),
    sqlite_with_rowid=False,
)  # fmt: skip

# Lists that go out ----------------------------------------------------------------------------------------------------

export = Table(
    "export", metadata,
    Column("id", Serial, primary_key=True),
    Column("account", BigInteger, nullable=False, index=True),
    Column("region", Id, nullable=False),
    Column("what", Text, nullable=False),
    Column("format", Text, nullable=False),  # csv | xlsx | sqlite | parquet
    Column("asked", Text, nullable=False),  # JSON: filters, day, whether NIKs are whole
    Column("state", Text, nullable=False),  # waiting | working | ready | failed | gone
    Column("rows", BigInteger, nullable=False),
    Column("done_rows", BigInteger, nullable=False),
    Column("size", BigInteger),
    Column("error", Text),
    Column("made_at", BigInteger, nullable=False),
    Column("touched_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger),
    Index("ix_export_state", "state", "id"),
)  # fmt: skip

# People's rights ------------------------------------------------------------------------------------------------------

rights_request = Table(
    "rights_request", metadata,  # what somebody asks about his own data, and the clock that runs
    Column("id", Serial, primary_key=True),
    Column("kind", Text, nullable=False),  # access | correction | withdrawal | restriction | lifting | erasure
    Column("record", Id, index=True),
    Column("region", Id, nullable=False),
    Column("asked_by", Text, nullable=False),  # person | heir | guardian | proxy
    Column("proven_by", Text, nullable=False),  # how it was made sure who asks: card | known | paper
    Column("rule", Text, nullable=False),  # the rule whose clock runs, see `programme/rules/data_law.toml`
    Column("asked_at", BigInteger, nullable=False),
    Column("due_at", BigInteger, nullable=False),
    Column("state", Text, nullable=False),  # open | done | refused
    Column("note", Text, nullable=False),
    Column("answer", Text),
    Column("opened_by", BigInteger),
    Column("closed_by", BigInteger),
    Column("closed_at", BigInteger),
    Index("ix_rights_request_state", "state", "due_at"),
)  # fmt: skip

restriction = Table(
    "restriction", metadata,  # whose data is kept and not used while it stands
    Column("record", Id, primary_key=True),
    Column("region", Id, nullable=False),
    Column("since", BigInteger, nullable=False),
    Column("by", BigInteger),
    Column("reason", Text, nullable=False),
)  # fmt: skip

breach = Table(
    "breach", metadata,
    Column("id", Serial, primary_key=True),
    Column("region", Id, nullable=False),
    Column("noticed_at", BigInteger, nullable=False),
    Column("due_at", BigInteger, nullable=False),
    Column("what", Text, nullable=False),
    Column("data", Text, nullable=False),  # which kinds of data
    Column("measures", Text, nullable=False),
    Column("source", Text, nullable=False),  # device | export | other
    Column("source_id", Id),
    Column("happened", Text, nullable=False),  # when and how, in words of the desk
    Column("rule", Text, nullable=False),
    Column("people_told_at", BigInteger),
    Column("authority_told_at", BigInteger),
    Column("closed_at", BigInteger),
    Column("by", BigInteger),
)  # fmt: skip

breach_person = Table(
    "breach_person", metadata,
    Column("breach", BigInteger, nullable=False),
    Column("record", Id, nullable=False),
    Column("home", Id, nullable=False),  # where the record was at home when it was listed
    PrimaryKeyConstraint("breach", "record"),
    Index("ix_breach_person_record", "record"),
    sqlite_with_rowid=False,
)  # fmt: skip

retention_due = Table(
    "retention_due", metadata,  # whose time has run out, and who must be asked: see `server.actions.retention`
    Column("record", Id, primary_key=True),
    Column("home", Id, nullable=False),
    Column("rule", Text, nullable=False),
    Column("since", BigInteger, nullable=False),  # from when on nothing was done with it
    Index("ix_retention_due_home", "home", "record"),
    sqlite_with_rowid=False,
)  # fmt: skip

# Running it -----------------------------------------------------------------------------------------------------------

succession = Table(
    "succession", metadata,  # a region's code that ended, and what follows it
    Column("old", Id, nullable=False),
    Column("new", Id, nullable=False),
    Column("since", Text, nullable=False),
    Column("why", Text, nullable=False),
    Column("by", BigInteger),
    Column("at", BigInteger, nullable=False),
    PrimaryKeyConstraint("old", "new"),
    sqlite_with_rowid=False,
)  # fmt: skip

drill = Table(
    "drill", metadata,  # restores that were tried, beside the running server
    Column("id", Serial, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("backup_at", BigInteger),
    Column("records", BigInteger),
    Column("changes", BigInteger),
    Column("seconds", Float),
    Column("is_good", Boolean, nullable=False),
    Column("why", Text),
)  # fmt: skip

PERSONAL = frozenset({
    "record", "change", "evidence", "waiting", "mail", "naming", "cover", "device", "officer", "person", "person_word",
    "pair", "compared", "returned", "list_file", "list_row", "export", "rights_request", "restriction", "breach",
    "breach_person", "retention_due", "audit", "audit_record", "touched", "outcome",
})  # fmt: skip
"""Tables that tell of people: what a desk reads of them must be cut to its region, see `server.store.scoping`."""
